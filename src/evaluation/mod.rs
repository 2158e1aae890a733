//! Judging predictions: metrics against outcomes, their intervals, and which of two is better.
//!
//! ```text
//! probabilities, outcomes ──> Predictions ──┬─> metric, metrics      numbers
//!                                           ├─> curve                calibration by bins
//!                                           ├─> interval             bootstrap, 90 %
//!                                           └─> compare              a against b: verdict
//! expected and actual counts ─> totals
//! two groups in strata ─> risk_reduction                          Mantel–Haenszel, 90 %
//! ```
//!
//! What cannot be said is `None`, never NaN: the AUC without any event, the Brier score of scores that
//! are no probabilities. Nothing depends on the order of the observations, nor on the number of
//! threads. Everything is pure.

mod bootstrap;
mod calibration;
mod compare;
mod error;
mod metrics;
mod predictions;
mod rank;
mod scale;
mod stratified;
mod totals;

pub(crate) use bootstrap::quantile;
pub use bootstrap::{Difference, Interval, Resampling, difference, interval};
pub use calibration::{Bin, Curve, DEFAULT_BINS};
// Its own name is for the API, where there are other verdicts.
pub use compare::{Comparison, ComparisonVerdict as Verdict, MIN_EVENTS, compare};
pub use error::EvaluationError;
pub use metrics::{LOG_LOSS_CLIP, Metric, Metrics};
pub use predictions::Predictions;
pub use scale::Scaling;
pub use stratified::{Reduction, Stratum, risk_reduction};
pub use totals::{Totals, totals};

/// Two-sided 90 %: the 95 % quantile of the standard normal distribution.
pub(crate) const Z90: f64 = 1.644_853_626_951_472_2;
