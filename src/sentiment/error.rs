//! Why a sentiment figure or model cannot be computed: always names the field.

/// Input of the sentiment formulas that breaks a rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SentimentError {
    /// A number is NaN, infinite or outside its range.
    #[error("{field}: {value}: expected {rule}")]
    Number {
        /// Field, with its index where it is a list.
        field: String,
        /// The offending value.
        value: f64,
        /// What a valid value looks like.
        rule: &'static str,
    },

    /// A field is not what it should be.
    #[error("{field}: expected {rule}")]
    Rule {
        /// Name of the field.
        field: &'static str,
        /// What a valid value looks like.
        rule: &'static str,
    },

    /// Stored bytes are not a model that this version reads.
    #[error("model: {0}")]
    Damaged(&'static str),
}

/// Checks that a number lies in `low..=high`; NaN and infinities never do.
pub(super) fn within(
    field: impl Fn() -> String,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
    rule: &'static str,
) -> Result<(), SentimentError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(SentimentError::Number {
        field: field(),
        value,
        rule,
    })
}
