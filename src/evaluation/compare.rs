//! Which of two predictors is better, or whether that cannot be told.

use super::{Difference, EvaluationError, Metric, Predictions, Resampling};

/// Events and non-events, each counted once for each cluster, below which nothing is said.
pub const MIN_EVENTS: usize = 20;

crate::word_enum! {
    /// Outcome of comparing predictor a with predictor b.
    Verdict {
        /// The whole 90 % interval of the paired difference is on a's side.
        Better = "better",
        /// The whole interval is on b's side.
        Worse = "worse",
        /// The interval holds 0.
        NoDifference = "no_difference",
        /// Too few events or non-events, or the metric is not defined.
        TooFew = "too_few",
    }
}

/// Predictor a compared with predictor b by one metric.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Comparison {
    /// By which metric.
    pub metric: Metric,
    /// The metric of a.
    pub a: Option<f64>,
    /// The metric of b.
    pub b: Option<f64>,
    /// a − b with its interval.
    pub difference: Option<Difference>,
    /// Clusters (or cases) in which it happened.
    pub events: usize,
    /// Clusters (or cases) in which it did not.
    pub non_events: usize,
    /// Is a better than b?
    pub verdict: Verdict,
}

/// Compares a with b; `min_events` is usually [`MIN_EVENTS`].
///
/// The verdict is [`Verdict::TooFew`] with fewer than `min_events` events or non-events (of several
/// of one cluster one counts); else better or worse if the 90 % interval of the paired difference
/// excludes 0, in the direction in which the metric is good; else no difference.
///
/// # Errors
///
/// [`EvaluationError`] as for [`super::difference`].
pub fn compare(
    a: &Predictions<'_>,
    b: &Predictions<'_>,
    metric: Metric,
    resampling: &Resampling<'_>,
    min_events: usize,
) -> Result<Comparison, EvaluationError> {
    let _ = (a, b, metric, resampling, min_events);
    todo!()
}
