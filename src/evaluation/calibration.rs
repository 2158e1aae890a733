//! Whether probabilities mean what they say: curve, calibration error, in the large.

use super::Predictions;

/// Bins of the calibration curve unless told otherwise.
pub const DEFAULT_BINS: usize = 10;

/// A group of cases with neighbouring probabilities.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
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
    /// probabilities. Equal probabilities are never split.
    pub fn curve(&self, bins: usize) -> Option<Curve> {
        let _ = bins;
        todo!()
    }
}
