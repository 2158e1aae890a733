//! From a score to a probability: so that recency alone can be judged by its Brier score.

use super::Predictions;

/// Logistic curve over one score: σ(intercept + slope × (score − mean) ÷ spread).
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Scaling {
    mean: f64,
    spread: f64,
    intercept: f64,
    slope: f64,
}

impl Scaling {
    /// Learns the curve from earlier cases (Platt 1999), with a weak normal prior on the slope so that
    /// separable cases have an answer. Without cases it says one half for every score.
    pub fn fit(earlier: &Predictions<'_>) -> Self {
        let _ = earlier;
        todo!()
    }

    /// Probability for a score.
    pub fn probability(&self, score: f64) -> f64 {
        let _ = score;
        todo!()
    }
}
