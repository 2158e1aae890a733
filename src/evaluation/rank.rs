//! Cases grouped by score, from the highest down: all that any metric needs; and metrics of the order.
//!
//! Equal scores are one group, so that no metric depends on the order in which cases were given.

use super::Predictions;

/// Cases with the same score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Group {
    pub score: f64,
    /// Cases, each as often as it was drawn.
    pub count: f64,
    /// Those among them in which it happened.
    pub events: f64,
}

/// Cases sorted once by falling score, to be counted with any multiplicities.
pub(super) struct Ordered {
    /// Place in the list, score, outcome.
    cases: Vec<(u32, f64, bool)>,
    pub probabilities: bool,
}

impl Ordered {
    pub fn new(predictions: &Predictions<'_>) -> Self {
        let pairs = predictions.score.iter().zip(predictions.happened);
        let mut cases: Vec<(u32, f64, bool)> = (0_u32..)
            .zip(pairs)
            .map(|(place, (&score, &happened))| (place, score, happened))
            .collect();
        cases.sort_unstable_by(|a, b| b.1.total_cmp(&a.1));
        Self {
            cases,
            probabilities: predictions.probabilities,
        }
    }

    /// Groups of the cases themselves.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups = Vec::new();
        self.fill(|_| 1, &mut groups);
        groups
    }

    #[expect(
        clippy::float_cmp,
        reason = "equal scores are ties, nearly equal ones are not"
    )]
    /// Groups with each case drawn `times(place)` times, in place of what `groups` held.
    pub fn fill(&self, times: impl Fn(u32) -> u32, groups: &mut Vec<Group>) {
        groups.clear();
        for &(place, score, happened) in &self.cases {
            let count = f64::from(times(place));
            if count == 0.0 {
                continue;
            }
            let events = if happened { count } else { 0.0 };
            match groups.last_mut() {
                Some(group) if group.score == score => {
                    group.count += count;
                    group.events += events;
                }
                _ => groups.push(Group {
                    score,
                    count,
                    events,
                }),
            }
        }
    }
}

/// Number of cases, and of those in which it happened.
pub(super) fn counts(groups: &[Group]) -> (f64, f64) {
    groups.iter().fold((0.0, 0.0), |(count, events), group| {
        (count + group.count, events + group.events)
    })
}

/// Area under the ROC curve (Mann and Whitney 1947); ties count half.
pub(super) fn auc(groups: &[Group]) -> Option<f64> {
    let (count, events) = counts(groups);
    let others = count - events;
    let mut below = others;
    let mut wins = 0.0;
    for group in groups {
        let here = group.count - group.events;
        below -= here;
        wins += group.events * (below + 0.5 * here);
    }
    (events > 0.0 && others > 0.0).then(|| wins / (events * others))
}

/// Σ (recall gained at a threshold) × (precision there), over the distinct scores.
pub(super) fn average_precision(groups: &[Group]) -> Option<f64> {
    let (_, events) = counts(groups);
    let (mut taken, mut hits, mut sum) = (0.0, 0.0, 0.0);
    for group in groups {
        taken += group.count;
        hits += group.events;
        sum += group.events * hits / taken;
    }
    (events > 0.0).then(|| sum / events)
}

/// Share that happened among the ⌈n × `share`⌉ cases with the highest scores, over the share among
/// all. Of a group that the cut divides each case counts in part.
pub(super) fn lift(groups: &[Group], share: f64) -> Option<f64> {
    let (count, events) = counts(groups);
    // Else 0.1 × 30 would take a fourth case for its last bit.
    let top = (count * share - 1e-9).ceil().max(1.0);
    let (mut room, mut hits) = (top, 0.0);
    for group in groups {
        let taken = group.count.min(room);
        hits += group.events * taken / group.count;
        room -= taken;
        if room <= 0.0 {
            break;
        }
    }
    (events > 0.0).then(|| (hits / top) / (events / count))
}
