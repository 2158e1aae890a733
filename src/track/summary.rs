//! Several runs taken together, none of whose outcomes counts twice: pure.

use serde::Serialize;

use super::score::Outcome;
use crate::evaluation::{Z90, quantile};
use crate::ids::RunId;
use crate::satisfaction::indices::wilson;

/// A share of cases, with Wilson's 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// `count` ÷ `of`.
    pub share: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Share {
    /// `None` of nothing.
    pub fn new(count: u64, of: u64) -> Option<Self> {
        let interval = wilson(count as f64, of as f64, Z90).ok()?;
        Some(Self {
            count,
            of,
            share: count as f64 / of as f64,
            low: interval.lo,
            high: interval.hi,
        })
    }
}

/// Alerts right and wrong, losses missed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Tally {
    /// Customers with an alert that were lost.
    pub right: u64,
    /// Customers with an alert that were not.
    pub wrong: u64,
    /// Customers that were lost without an alert.
    pub missed: u64,
}

impl Tally {
    /// Adds so many of an outcome.
    pub fn add(&mut self, outcome: Outcome, count: u64) {
        match outcome {
            Outcome::Right => self.right += count,
            Outcome::Wrong => self.wrong += count,
            Outcome::Missed => self.missed += count,
        }
    }

    /// Share of the alerts that were right.
    pub fn precision(&self) -> Option<Share> {
        Share::new(self.right, self.right + self.wrong)
    }

    /// Share of the losses that had an alert.
    pub fn recall(&self) -> Option<Share> {
        Share::new(self.right, self.right + self.missed)
    }
}

/// How early alerts that were right warned, in days; see [`outcomes`](super::score::outcomes).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Warning {
    /// A quarter warned later than that.
    pub lower_quartile: f64,
    /// Half of them warned earlier.
    pub median: f64,
    /// A quarter warned earlier than that.
    pub upper_quartile: f64,
}

impl Warning {
    /// `None` without an alert that was right.
    pub fn of(mut days: Vec<f64>) -> Option<Self> {
        days.sort_by(f64::total_cmp);
        (!days.is_empty()).then(|| Self {
            lower_quartile: quantile(&days, 0.25),
            median: quantile(&days, 0.5),
            upper_quartile: quantile(&days, 0.75),
        })
    }
}

/// A scored run, as far as it is chosen by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub id: RunId,
    /// Days since a common start: its as-of date.
    pub as_of: i64,
    /// Days ahead.
    pub horizon: i64,
    /// Whether it was made in time.
    pub in_time: bool,
}

/// The runs to be taken together, the newest first: of those made in time the newest, then back from
/// it always the newest whose horizon ends before the next begins.
///
/// Weekly runs look at the same weeks over and over: the same loss would count in thirteen of them,
/// and the intervals would claim thirteen times the evidence.
///
/// ```
/// use hawser::ids::RunId;
/// use hawser::track::summary::{Candidate, apart};
///
/// let run = |id, as_of| Candidate { id: RunId(id), as_of, horizon: 91, in_time: true };
/// let weekly: Vec<_> = (0..30).map(|week| run(week, 7 * week)).collect();
/// assert_eq!(apart(&weekly), [RunId(29), RunId(16), RunId(3)]);
/// ```
pub fn apart(runs: &[Candidate]) -> Vec<RunId> {
    let mut newest_first: Vec<&Candidate> = runs.iter().filter(|run| run.in_time).collect();
    newest_first.sort_by_key(|run| std::cmp::Reverse((run.as_of, run.id)));
    let mut chosen = Vec::new();
    let mut before = i64::MAX;
    for run in newest_first {
        if run.as_of.saturating_add(run.horizon) <= before {
            chosen.push(run.id);
            before = run.as_of;
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: i64, as_of: i64, horizon: i64, in_time: bool) -> Candidate {
        Candidate {
            id: RunId(id),
            as_of,
            horizon,
            in_time,
        }
    }

    #[test]
    fn of_two_runs_of_a_day_the_later_counts_and_hindsight_never() {
        let runs = [
            run(1, 0, 91, true),
            run(2, 91, 91, true),
            run(3, 91, 91, true),
            run(4, 500, 91, false),
        ];
        assert_eq!(apart(&runs), [RunId(3), RunId(1)]);
        // A day short of a horizon.
        assert_eq!(
            apart(&[run(1, 1, 91, true), run(2, 91, 91, true)]),
            [RunId(2)]
        );
        assert_eq!(apart(&[]), []);
    }

    #[test]
    fn shares_have_wilsons_interval() {
        let tally = Tally {
            right: 1,
            wrong: 0,
            missed: 3,
        };
        // n = 1, k = 1, z = 1.6449: centre (1 + 1.3528) / (1 + 2.7055) = .6349, reach
        // 1.6449 · √(2.7055 / 4) / 3.7055 = .3651; so from .2699 to 1.
        let precision = tally.precision().unwrap();
        assert_eq!(
            (precision.count, precision.of, precision.share),
            (1, 1, 1.0)
        );
        assert!((precision.low - 0.2699).abs() < 1e-4);
        assert!((precision.high - 1.0).abs() < 1e-12);
        assert!((tally.recall().unwrap().share - 0.25).abs() < 1e-12);
        assert_eq!(Tally::default().precision(), None);
    }

    #[test]
    fn warnings_by_quartile() {
        let warning = Warning::of(vec![40.0, 10.0, 20.0, 30.0, 50.0]).unwrap();
        let told = (
            warning.lower_quartile,
            warning.median,
            warning.upper_quartile,
        );
        assert_eq!(told, (20.0, 30.0, 40.0));
        assert_eq!(Warning::of(vec![]), None);
    }
}
