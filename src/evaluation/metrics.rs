//! The metrics, by name and all at once.

use super::Predictions;

crate::word_enum! {
    /// A number that says how good predictions were.
    Metric {
        /// Probability that a case that happened had the higher score than one that did not; ties count half.
        Auc = "auc",
        /// Mean precision over the thresholds at which recall rises; equal scores are one threshold.
        AveragePrecision = "average_precision",
        /// Mean squared difference of probability and outcome.
        Brier = "brier",
        /// 1 − Brier ÷ the Brier score of always saying the share that happened.
        BrierSkill = "brier_skill",
        /// Mean of −ln of the probability given to what happened; probabilities clipped at [`LOG_LOSS_CLIP`].
        LogLoss = "log_loss",
        /// Mean absolute difference of mean probability and observed share over ten equal-count bins.
        CalibrationError = "calibration_error",
        /// Share that happened among the tenth with the highest scores, over the share among all.
        TopDecileLift = "top_decile_lift",
        /// The same for the hundredth with the highest scores.
        TopPercentLift = "top_percent_lift",
    }
}

/// Probabilities are clipped this far from 0 and 1 in the log loss.
pub const LOG_LOSS_CLIP: f64 = 1e-15;

/// All metrics of one predictor.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Metrics {
    /// Number of cases.
    pub count: usize,
    /// Number of cases in which it happened.
    pub events: usize,
    /// [`Metric::Auc`]; `None` if all cases ended alike.
    pub auc: Option<f64>,
    /// [`Metric::AveragePrecision`]; `None` if nothing happened.
    pub average_precision: Option<f64>,
    /// [`Metric::Brier`]; `None` without cases or probabilities.
    pub brier: Option<f64>,
    /// [`Metric::BrierSkill`]; `None` if all cases ended alike, or without probabilities.
    pub brier_skill: Option<f64>,
    /// [`Metric::LogLoss`]; `None` without cases or probabilities.
    pub log_loss: Option<f64>,
    /// [`Metric::CalibrationError`]; `None` without cases or probabilities.
    pub calibration_error: Option<f64>,
    /// [`Metric::TopDecileLift`]; `None` if nothing happened.
    pub top_decile_lift: Option<f64>,
    /// [`Metric::TopPercentLift`]; `None` if nothing happened.
    pub top_percent_lift: Option<f64>,
}

impl Metric {
    /// Whether a higher value is a better one.
    pub fn higher_is_better(self) -> bool {
        !matches!(self, Self::Brier | Self::LogLoss | Self::CalibrationError)
    }
}

impl Predictions<'_> {
    /// One metric; `None` where it is not defined.
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        let _ = metric;
        todo!()
    }

    /// All metrics. O(n log n).
    pub fn metrics(&self) -> Metrics {
        todo!()
    }
}
