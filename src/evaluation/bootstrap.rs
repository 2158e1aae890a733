//! Bootstrap intervals: of a metric, and of the difference between two predictors.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "there are at most u32::MAX cases, and quantiles lie within their list"
)]

use std::cmp::Ordering;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::rank::{Group, Ordered};
use super::{EvaluationError, Metric, Predictions};

/// How to draw again.
#[derive(Clone, Copy, Debug)]
pub struct Resampling<'a> {
    /// For each case whom it belongs to: a customer that is judged at several dates is ONE cluster,
    /// drawn as a whole. Without clusters cases are drawn one by one, those that happened and those
    /// that did not apart.
    pub clusters: Option<&'a [u64]>,
    /// How often to draw, 1 to 100,000. Default 500.
    pub resamples: u32,
    /// Same seed, same answer.
    pub seed: u64,
}

impl Default for Resampling<'_> {
    fn default() -> Self {
        Self {
            clusters: None,
            resamples: 500,
            seed: 1,
        }
    }
}

/// A metric with its percentile interval (90 %).
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = BootstrapInterval)]
pub struct Interval {
    /// The metric on the cases themselves.
    pub estimate: f64,
    /// 5 % quantile over the resamples.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
    /// Resamples in which the metric was defined.
    pub resamples: u32,
}

/// Metric of one predictor less that of another, on the same cases and the same resamples.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = PairedDifference)]
pub struct Difference {
    /// a − b on the cases themselves.
    pub estimate: f64,
    /// 5 % quantile over the resamples.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
    /// Share of the resamples in which a − b is above 0; ties count half.
    pub above_zero: f64,
    /// Resamples in which both metrics were defined.
    pub resamples: u32,
}

/// A metric with its bootstrap interval; `None` where the metric is not defined, on the cases or on
/// more than half of the resamples. O(n log n + resamples × n).
///
/// # Errors
///
/// [`EvaluationError`] if the clusters' length or the number of resamples is wrong.
pub fn interval(
    predictions: &Predictions<'_>,
    metric: Metric,
    resampling: &Resampling<'_>,
) -> Result<Option<Interval>, EvaluationError> {
    let draws = Draws::new(predictions, predictions, resampling)?;
    let ordered = Ordered::new(predictions);
    let Some(estimate) = metric.of(&ordered.groups(), ordered.probabilities) else {
        return Ok(None);
    };
    let values = draws.values(|times, groups| {
        ordered.fill(times, groups);
        metric.of(groups, ordered.probabilities)
    });
    Ok(draws.enough(&values).then(|| Interval {
        estimate,
        low: quantile(&values, 0.05),
        high: quantile(&values, 0.95),
        resamples: count(&values),
    }))
}

/// The paired difference a − b; `None` where either metric is not defined.
///
/// # Errors
///
/// [`EvaluationError`] as for [`interval`], and if the two were not judged on the same outcomes.
pub fn difference(
    a: &Predictions<'_>,
    b: &Predictions<'_>,
    metric: Metric,
    resampling: &Resampling<'_>,
) -> Result<Option<Difference>, EvaluationError> {
    let draws = Draws::new(a, b, resampling)?;
    let (first, second) = (Ordered::new(a), Ordered::new(b));
    let of = |ordered: &Ordered, groups: &[Group]| metric.of(groups, ordered.probabilities);
    let (Some(of_a), Some(of_b)) = (of(&first, &first.groups()), of(&second, &second.groups()))
    else {
        return Ok(None);
    };
    let values = draws.values(|times, groups| {
        first.fill(times, groups);
        let of_a = of(&first, groups)?;
        second.fill(times, groups);
        Some(of_a - of(&second, groups)?)
    });
    let above = |value: &f64| match value.partial_cmp(&0.0) {
        Some(Ordering::Greater) => 1.0,
        Some(Ordering::Equal) => 0.5,
        _ => 0.0,
    };
    Ok(draws.enough(&values).then(|| Difference {
        estimate: of_a - of_b,
        low: quantile(&values, 0.05),
        high: quantile(&values, 0.95),
        above_zero: values.iter().map(above).sum::<f64>() / values.len() as f64,
        resamples: count(&values),
    }))
}

/// What is drawn: units, each of one or several cases, within one or two strata.
struct Draws {
    /// Unit of each case.
    unit: Vec<u32>,
    /// Sizes of the strata; units are numbered through.
    strata: Vec<u32>,
    resamples: u32,
    seed: u64,
}

impl Draws {
    fn new(
        a: &Predictions<'_>,
        b: &Predictions<'_>,
        resampling: &Resampling<'_>,
    ) -> Result<Self, EvaluationError> {
        same_outcomes(a, b)?;
        if !(1..=100_000).contains(&resampling.resamples) {
            return Err(EvaluationError::Setting {
                field: "resamples",
                value: u64::from(resampling.resamples),
                rule: "a number between 1 and 100000",
            });
        }
        let (unit, strata) = match resampling.clusters {
            Some(clusters) => {
                check_length("clusters", clusters.len(), a.count())?;
                let (unit, units) = clustered(clusters);
                (unit, vec![units])
            }
            None => stratified(a, b),
        };
        Ok(Self {
            unit,
            strata,
            resamples: resampling.resamples,
            seed: resampling.seed,
        })
    }

    /// A value for each resample in which there is one, ascending.
    fn values(
        &self,
        of: impl Fn(&dyn Fn(u32) -> u32, &mut Vec<Group>) -> Option<f64> + Sync,
    ) -> Vec<f64> {
        let mut values: Vec<f64> = (0..self.resamples)
            .into_par_iter()
            .map_init(
                || (Vec::new(), Vec::new()),
                |(drawn, groups), resample| {
                    self.draw(resample, drawn);
                    let times = |case: u32| {
                        let unit = self.unit.get(case as usize);
                        let drawn = unit.and_then(|unit| drawn.get(*unit as usize));
                        drawn.copied().unwrap_or(0)
                    };
                    of(&times, groups)
                },
            )
            .flatten_iter()
            .collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    /// How often each unit is drawn. Each resample has a stream of random numbers of its own, so that
    /// threads do not matter.
    fn draw(&self, resample: u32, drawn: &mut Vec<u32>) {
        drawn.clear();
        drawn.resize(self.strata.iter().sum::<u32>() as usize, 0);
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(u64::from(resample));
        let mut first = 0;
        for &size in &self.strata {
            for _ in 0..size {
                let unit = first + below(&mut rng, size) as usize;
                if let Some(times) = drawn.get_mut(unit) {
                    *times += 1;
                }
            }
            first += size as usize;
        }
    }

    fn enough(&self, values: &[f64]) -> bool {
        values.len() * 2 >= self.resamples as usize && !values.is_empty()
    }
}

/// Uniform among 0, 1, …, `bound` − 1; the bias is below 2^-32.
fn below(rng: &mut ChaCha8Rng, bound: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(bound)) >> 32) as u32
}

/// Clusters numbered by their rank, so that the order of the cases does not matter.
fn clustered(clusters: &[u64]) -> (Vec<u32>, u32) {
    let mut distinct = clusters.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let rank = |cluster: &u64| distinct.partition_point(|other| other < cluster) as u32;
    (clusters.iter().map(rank).collect(), distinct.len() as u32)
}

/// Every case for itself, in two strata; numbered by what is known of it, for the same reason.
fn stratified(a: &Predictions<'_>, b: &Predictions<'_>) -> (Vec<u32>, Vec<u32>) {
    let known = a.happened.iter().zip(a.score).zip(b.score);
    let mut cases: Vec<(bool, f64, f64, u32)> = known
        .zip(0_u32..)
        .map(|(((&happened, &a), &b), place)| (happened, a, b, place))
        .collect();
    cases.sort_unstable_by(|x, y| {
        (x.0.cmp(&y.0))
            .then(x.1.total_cmp(&y.1))
            .then(x.2.total_cmp(&y.2))
    });
    let mut places: Vec<(u32, u32)> = cases.iter().map(|case| case.3).zip(0..).collect();
    places.sort_unstable();
    let events = a.events() as u32;
    let unit = places.into_iter().map(|(_, unit)| unit).collect();
    (unit, vec![cases.len() as u32 - events, events])
}

pub(super) fn same_outcomes(
    a: &Predictions<'_>,
    b: &Predictions<'_>,
) -> Result<(), EvaluationError> {
    check_length("b", b.count(), a.count())?;
    let mut both = a.happened.iter().zip(b.happened);
    match both.position(|(a, b)| a != b) {
        Some(place) => Err(EvaluationError::OtherOutcomes(place)),
        None => Ok(()),
    }
}

pub(super) fn check_length(
    field: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), EvaluationError> {
    if found == expected {
        return Ok(());
    }
    Err(EvaluationError::Length {
        field,
        found,
        expected,
    })
}

fn count(values: &[f64]) -> u32 {
    values.len() as u32
}

/// Quantile of an ascending list, between its neighbours (Hyndman and Fan 1996, type 7); NaN only
/// for an empty one.
pub(crate) fn quantile(ascending: &[f64], share: f64) -> f64 {
    let place = share * (ascending.len().saturating_sub(1)) as f64;
    let value = |index: f64| ascending.get(index as usize).copied();
    let low = value(place.floor()).unwrap_or(f64::NAN);
    let high = value(place.ceil()).unwrap_or(low);
    low + (high - low) * place.fract()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "exact numbers are meant")]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_pencil() {
        let list = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quantile(&list, 0.0), 1.0);
        assert_eq!(quantile(&list, 0.5), 3.0);
        // 0.95 × 3 = 2.85: 4 + 0.85 × 4.
        assert!((quantile(&list, 0.95) - 7.4).abs() < 1e-12);
        assert_eq!(quantile(&[5.0], 0.95), 5.0);
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_theory() {
        // Brier of saying 0 is the share that happened: clusters of one case each make it binomial,
        // standard deviation √(0.2 × 0.8 / 500) = 0.0179, times 1.645 to either side.
        let happened: Vec<bool> = (0..500).map(|i| i % 5 == 0).collect();
        let clusters: Vec<u64> = (0..500).collect();
        let p = [0.0; 500];
        let predictions = Predictions::probabilities(&p, &happened).unwrap();
        let resampling = Resampling {
            clusters: Some(&clusters),
            resamples: 4_000,
            seed: 7,
        };
        let found = interval(&predictions, Metric::Brier, &resampling);
        let found = found.unwrap().unwrap();
        assert!((found.estimate - 0.2).abs() < 1e-12);
        assert!((found.low - (0.2 - 0.0294)).abs() < 0.003, "{found:?}");
        assert!((found.high - (0.2 + 0.0294)).abs() < 0.003, "{found:?}");

        // Ten cases a cluster, all alike: as wide as fifty cases make it, √10 times.
        let clusters: Vec<u64> = (0..500).map(|i| i / 10).collect();
        let happened: Vec<bool> = clusters.iter().map(|c| c % 5 == 0).collect();
        let predictions = Predictions::probabilities(&p, &happened).unwrap();
        let resampling = Resampling {
            clusters: Some(&clusters),
            ..resampling
        };
        let found = interval(&predictions, Metric::Brier, &resampling);
        let found = found.unwrap().unwrap();
        assert!((found.high - found.low - 0.186).abs() < 0.02, "{found:?}");
    }

    #[test]
    fn strata_keep_their_size() {
        // Always as many events as there are: the Brier score of saying 0 does not move at all.
        let happened = [true, false, false, false];
        let predictions = Predictions::probabilities(&[0.0; 4], &happened).unwrap();
        let found = interval(&predictions, Metric::Brier, &Resampling::default());
        let found = found.unwrap().unwrap();
        assert_eq!((found.low, found.high), (0.25, 0.25));
    }

    #[test]
    fn a_predictor_differs_from_itself_by_nothing() {
        let p: Vec<f64> = (0..60).map(|i| f64::from(i) / 60.0).collect();
        let happened: Vec<bool> = (0..60).map(|i| i % 3 == 0 || i > 50).collect();
        let predictions = Predictions::probabilities(&p, &happened).unwrap();
        for metric in Metric::ALL {
            let found = difference(&predictions, &predictions, *metric, &Resampling::default());
            let found = found.unwrap().unwrap();
            assert_eq!((found.low, found.high), (0.0, 0.0), "{metric}");
            assert_eq!(found.above_zero, 0.5);
        }
    }

    #[test]
    fn settings_and_lists_that_do_not_fit_are_named() {
        let predictions = Predictions::probabilities(&[0.5, 0.6], &[true, false]).unwrap();
        let other = Predictions::probabilities(&[0.5, 0.6], &[true, true]).unwrap();
        let found = difference(&predictions, &other, Metric::Auc, &Resampling::default());
        assert_eq!(found, Err(EvaluationError::OtherOutcomes(1)));
        let none = Resampling {
            resamples: 0,
            ..Resampling::default()
        };
        assert!(interval(&predictions, Metric::Auc, &none).is_err());
        let short = Resampling {
            clusters: Some(&[1]),
            ..Resampling::default()
        };
        assert!(interval(&predictions, Metric::Auc, &short).is_err());
    }
}
