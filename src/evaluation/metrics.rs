//! The metrics, by name and all at once.

use super::Predictions;
use super::calibration::{Curve, DEFAULT_BINS};
use super::rank::{self, Group, Ordered, counts};

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

    /// The metric over groups from the highest score down; `None` where it is not defined.
    pub(super) fn of(self, groups: &[Group], probabilities: bool) -> Option<f64> {
        match self {
            Self::Auc => rank::auc(groups),
            Self::AveragePrecision => rank::average_precision(groups),
            Self::TopDecileLift => rank::lift(groups, 0.1),
            Self::TopPercentLift => rank::lift(groups, 0.01),
            _ if !probabilities => None,
            Self::Brier => mean(groups, |p| (1.0 - p).powi(2), |p| p.powi(2)),
            Self::BrierSkill => brier_skill(groups),
            Self::LogLoss => mean(groups, |p| -clipped(p).ln(), |p| -clipped(1.0 - p).ln()),
            Self::CalibrationError => Curve::of(groups, DEFAULT_BINS).map(|c| c.calibration_error),
        }
    }
}

/// Mean over the cases of one loss where it happened and another where it did not.
fn mean(groups: &[Group], happened: impl Fn(f64) -> f64, not: impl Fn(f64) -> f64) -> Option<f64> {
    let (count, _) = counts(groups);
    let losses = groups.iter().map(|group| {
        group.events * happened(group.score) + (group.count - group.events) * not(group.score)
    });
    let sum: f64 = losses.sum();
    (count > 0.0).then(|| sum / count)
}

fn brier_skill(groups: &[Group]) -> Option<f64> {
    let (count, events) = counts(groups);
    let rate = events / count;
    let brier = Metric::Brier.of(groups, true)?;
    (events > 0.0 && events < count).then(|| 1.0 - brier / (rate * (1.0 - rate)))
}

fn clipped(p: f64) -> f64 {
    p.clamp(LOG_LOSS_CLIP, 1.0 - LOG_LOSS_CLIP)
}

impl Predictions<'_> {
    /// One metric; `None` where it is not defined. O(n log n).
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        metric.of(&Ordered::new(self).groups(), self.probabilities)
    }

    /// All metrics. O(n log n).
    pub fn metrics(&self) -> Metrics {
        let groups = Ordered::new(self).groups();
        let of = |metric: Metric| metric.of(&groups, self.probabilities);
        Metrics {
            count: self.count(),
            events: self.events(),
            auc: of(Metric::Auc),
            average_precision: of(Metric::AveragePrecision),
            brier: of(Metric::Brier),
            brier_skill: of(Metric::BrierSkill),
            log_loss: of(Metric::LogLoss),
            calibration_error: of(Metric::CalibrationError),
            top_decile_lift: of(Metric::TopDecileLift),
            top_percent_lift: of(Metric::TopPercentLift),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(metric: Metric, p: &[f64], happened: &[u8]) -> Option<f64> {
        let happened: Vec<bool> = happened.iter().map(|y| *y == 1).collect();
        let predictions = Predictions::probabilities(p, &happened).unwrap();
        predictions.metric(metric)
    }

    fn near(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
    }

    #[test]
    fn average_precision_by_pencil() {
        // Events at ranks 1 and 3 of four: (1/1 + 2/3) / 2.
        let p = [0.9, 0.8, 0.7, 0.1];
        near(of(Metric::AveragePrecision, &p, &[1, 0, 1, 0]), 5.0 / 6.0);
        // The second and third tie: one threshold with two hits of three, (1 + 2/3) / 2.
        let tied = [0.9, 0.7, 0.7, 0.1];
        near(
            of(Metric::AveragePrecision, &tied, &[1, 0, 1, 0]),
            5.0 / 6.0,
        );
        near(
            of(Metric::AveragePrecision, &tied, &[0, 1, 1, 0]),
            2.0 / 3.0,
        );
        // All equal: the base rate.
        near(of(Metric::AveragePrecision, &[0.5; 4], &[1, 0, 0, 0]), 0.25);
    }

    #[test]
    fn lift_by_pencil() {
        // Twenty cases, four events, base rate 0.2. The top decile is two cases, the top percent one.
        let p: Vec<f64> = (0..20).map(|i| 1.0 - f64::from(i) / 20.0).collect();
        let mut y = [0; 20];
        (y[0], y[5], y[6], y[19]) = (1, 1, 1, 1);
        near(of(Metric::TopDecileLift, &p, &y), 0.5 / 0.2);
        near(of(Metric::TopPercentLift, &p, &y), 1.0 / 0.2);
        // The first three tie, one of them left: each is two thirds in the top two, so 2/3 of an event.
        let mut tied = p.clone();
        (tied[1], tied[2]) = (tied[0], tied[0]);
        near(
            of(Metric::TopDecileLift, &tied, &y),
            (2.0 / 3.0 / 2.0) / 0.2,
        );
        // Thirty cases: the top decile is three, not four.
        let p: Vec<f64> = (0..30).map(|i| 1.0 - f64::from(i) / 30.0).collect();
        let mut y = [0; 30];
        (y[2], y[3], y[4]) = (1, 1, 1);
        near(of(Metric::TopDecileLift, &p, &y), (1.0 / 3.0) / 0.1);
    }

    #[test]
    fn brier_skill_and_log_loss_by_pencil() {
        // Brier (0.04 + 0.04 + 0.64 + 0.64) / 4 = 0.34 against 0.25 for always a half.
        let (p, y) = ([0.8, 0.2, 0.2, 0.8], [1, 0, 1, 0]);
        near(of(Metric::Brier, &p, &y), 0.34);
        near(of(Metric::BrierSkill, &p, &y), 1.0 - 0.34 / 0.25);
        // Sure and wrong is −ln of the clip, not infinite.
        let sure = of(Metric::LogLoss, &[0.0, 1.0], &[1, 0]).unwrap();
        assert!((sure + LOG_LOSS_CLIP.ln()).abs() < 0.1, "{sure}");
        near(of(Metric::LogLoss, &[0.0, 1.0], &[0, 1]), 0.0);
    }

    #[test]
    fn what_is_not_defined_is_none() {
        for metric in Metric::ALL {
            assert_eq!(of(*metric, &[], &[]), None, "{metric}");
        }
        assert_eq!(of(Metric::Auc, &[0.1, 0.2], &[1, 1]), None);
        assert_eq!(of(Metric::Auc, &[0.1, 0.2], &[0, 0]), None);
        assert_eq!(of(Metric::BrierSkill, &[0.1, 0.2], &[0, 0]), None);
        assert_eq!(of(Metric::AveragePrecision, &[0.1, 0.2], &[0, 0]), None);
        assert_eq!(of(Metric::TopDecileLift, &[0.1, 0.2], &[0, 0]), None);
        near(of(Metric::Brier, &[0.5], &[1]), 0.25);

        let scores = Predictions::scores(&[7.0, -3.0], &[true, false]).unwrap();
        assert_eq!(scores.metric(Metric::Auc), Some(1.0));
        let metrics = scores.metrics();
        assert_eq!((metrics.brier, metrics.calibration_error), (None, None));
    }

    #[test]
    fn bad_input_is_named() {
        let error = |p: &[f64], y: &[bool]| {
            let found = Predictions::probabilities(p, y);
            found.unwrap_err().to_string()
        };
        assert_eq!(
            error(&[0.1, 1.5], &[true, false]),
            "probability[1]: 1.5: expected a number between 0 and 1"
        );
        assert_eq!(error(&[0.1], &[]), "happened: has 0 values: expected 1");
        assert!(Predictions::probabilities(&[f64::NAN], &[true]).is_err());
        assert!(Predictions::scores(&[f64::INFINITY], &[true]).is_err());
    }
}
