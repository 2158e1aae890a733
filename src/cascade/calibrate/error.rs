//! Why strength cannot be learnt: always names the field and the index.

use crate::evaluation::EvaluationError;

/// Input of a calibration that breaks a rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// A number is NaN, infinite or outside its range.
    #[error("{field}: {value}: expected {rule}")]
    Number {
        /// Field and index, such as `observations[3].own_churn`.
        field: String,
        /// The offending value.
        value: f64,
        /// What a valid value looks like.
        rule: &'static str,
    },

    /// Several fields contradict each other.
    #[error("{field}: expected {rule}")]
    Rule {
        /// Field and index.
        field: String,
        /// What valid input looks like.
        rule: &'static str,
    },

    /// The fit did not settle.
    #[error("kappa: not settled after {0} iterations")]
    NotConverged(u32),

    /// The hold-out could not be judged.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
}
