//! Whether probabilities mean what they say: curve, calibration error, in the large.

use super::rank::{Group, Ordered, counts};
use super::{Predictions, Z90};

/// Bins of the calibration curve unless told otherwise.
pub const DEFAULT_BINS: usize = 10;

/// A group of cases with neighbouring probabilities.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = CalibrationBin)]
pub struct Bin {
    /// Number of cases.
    pub count: usize,
    /// Mean probability.
    pub predicted: f64,
    /// Share that happened.
    pub observed: f64,
    /// Lower end of Wilson's 90 % interval of the share.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Calibration curve with what follows from it; bins ascend by probability.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = CalibrationCurve)]
pub struct Curve {
    /// Bins of nearly equal count; fewer than asked for where many probabilities are equal.
    pub bins: Vec<Bin>,
    /// Σ share of the bin × |predicted − observed|.
    pub calibration_error: f64,
    /// Σ share of the bin × (predicted − observed)² (Murphy 1973): 0 is best.
    pub reliability: f64,
    /// Σ share of the bin × (observed − overall)²: higher is better.
    pub resolution: f64,
    /// Calibration in the large: sum of the probabilities.
    pub predicted: f64,
    /// How many happened.
    pub actual: f64,
    /// `predicted` ÷ `actual`; `None` if nothing happened.
    pub ratio: Option<f64>,
}

impl Predictions<'_> {
    /// Calibration curve with up to so many equal-count bins (at least one); `None` without cases or
    /// probabilities. Equal probabilities are never split. O(n log n).
    pub fn curve(&self, bins: usize) -> Option<Curve> {
        let groups = Ordered::new(self).groups();
        self.probabilities
            .then(|| Curve::of(&groups, bins))
            .flatten()
    }
}

impl Curve {
    /// The curve of groups from the highest probability down.
    pub(super) fn of(groups: &[Group], bins: usize) -> Option<Self> {
        let (count, events) = counts(groups);
        if count <= 0.0 {
            return None;
        }
        let overall = events / count;
        let bins = cut(groups, count, bins.max(1));
        let sum = |term: &dyn Fn(&Bin) -> f64| -> f64 {
            bins.iter()
                .map(|bin| bin.count as f64 / count * term(bin))
                .sum()
        };
        let predicted = groups.iter().map(|group| group.count * group.score).sum();
        Some(Self {
            calibration_error: sum(&|bin| (bin.predicted - bin.observed).abs()),
            reliability: sum(&|bin| (bin.predicted - bin.observed).powi(2)),
            resolution: sum(&|bin| (bin.observed - overall).powi(2)),
            predicted,
            actual: events,
            ratio: (events > 0.0).then(|| predicted / events),
            bins,
        })
    }
}

/// Ascending bins: one ends with the group that brings the count to the next multiple of n ÷ bins.
fn cut(groups: &[Group], count: f64, wanted: usize) -> Vec<Bin> {
    let mut bins = Vec::new();
    let (mut taken, mut full) = (0.0, 0.0);
    let (mut here, mut events, mut predicted) = (0.0, 0.0, 0.0);
    for group in groups.iter().rev() {
        here += group.count;
        events += group.events;
        predicted += group.count * group.score;
        let before = full;
        full = ((taken + here) * wanted as f64 / count + 1e-9).floor();
        if full > before {
            bins.push(bin(here, events, predicted));
            taken += here;
            (here, events, predicted) = (0.0, 0.0, 0.0);
        }
    }
    bins
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of cases, made a float on the way in"
)]
fn bin(count: f64, events: f64, predicted: f64) -> Bin {
    let (low, high) = wilson(events, count);
    Bin {
        count: count as usize,
        // The mean of equal numbers is that number, also in its last bit.
        predicted: (predicted / count).min(1.0),
        observed: events / count,
        low,
        high,
    }
}

/// Wilson's 90 % interval of `hits` among `n` > 0.
fn wilson(hits: f64, n: f64) -> (f64, f64) {
    let share = hits / n;
    let z2 = Z90 * Z90;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z90 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // Rounding aside the share lies within.
    (
        (centre - half).clamp(0.0, share),
        (centre + half).clamp(share, 1.0),
    )
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "exact numbers are meant")]
mod tests {
    use super::*;

    fn curve(p: &[f64], happened: &[u8], bins: usize) -> Option<Curve> {
        let happened: Vec<bool> = happened.iter().map(|y| *y == 1).collect();
        Predictions::probabilities(p, &happened)
            .unwrap()
            .curve(bins)
    }

    #[test]
    fn two_bins_by_pencil() {
        let found = curve(&[0.9, 0.1, 0.3, 0.7], &[1, 0, 1, 1], 2).unwrap();
        let [low, high] = found.bins[..] else {
            panic!("{found:?}")
        };
        assert_eq!((low.count, high.count), (2, 2));
        assert!((low.predicted - 0.2).abs() < 1e-12 && (low.observed - 0.5).abs() < 1e-12);
        assert!((high.predicted - 0.8).abs() < 1e-12 && (high.observed - 1.0).abs() < 1e-12);
        // |0.2 − 0.5| and |0.8 − 1|, half each; squared 0.09 and 0.04; around 0.75 each 0.0625.
        assert!((found.calibration_error - 0.25).abs() < 1e-12);
        assert!((found.reliability - 0.065).abs() < 1e-12);
        assert!((found.resolution - 0.0625).abs() < 1e-12);
        assert!((found.predicted - 2.0).abs() < 1e-12);
        assert_eq!(found.actual, 3.0);
        assert!((found.ratio.unwrap() - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn equal_probabilities_stay_together_and_nothing_is_lost() {
        // Eight equal ones fill the first two bins of four at once.
        let p = [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.5, 0.6, 0.7, 0.8];
        let found = curve(&p, &[0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1], 4).unwrap();
        let counts: Vec<usize> = found.bins.iter().map(|bin| bin.count).collect();
        assert_eq!(counts, [8, 1, 3]);
        let found = curve(&[0.2; 7], &[0; 7], 10).unwrap();
        assert_eq!(found.bins.len(), 1);
        assert_eq!((found.bins[0].count, found.ratio), (7, None));
        assert_eq!(curve(&[], &[], 10), None);
    }

    #[test]
    fn wilson_by_its_quadratic() {
        // The ends are where |share − end| = z √(end (1 − end) / n).
        for (hits, n) in [(3.0, 10.0), (0.0, 5.0), (5.0, 5.0), (1.0, 400.0)] {
            let (low, high) = wilson(hits, n);
            for end in [low, high] {
                let distance = (hits / n - end).abs();
                let expected = Z90 * (end * (1.0 - end) / n).sqrt();
                assert!((distance - expected).abs() < 1e-9, "{hits} of {n}: {end}");
            }
            assert!(low < high);
        }
    }
}
