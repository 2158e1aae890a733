//! Bootstrap intervals: of a metric, and of the difference between two predictors.

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
/// half of the resamples.
///
/// # Errors
///
/// [`EvaluationError`] if the clusters' length or the number of resamples is wrong.
pub fn interval(
    predictions: &Predictions<'_>,
    metric: Metric,
    resampling: &Resampling<'_>,
) -> Result<Option<Interval>, EvaluationError> {
    let _ = (predictions, metric, resampling);
    todo!()
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
    let _ = (a, b, metric, resampling);
    todo!()
}
