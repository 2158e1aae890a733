//! Why a satisfaction score cannot be computed: always names the field.

/// Input of the satisfaction formulas that breaks a rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SatisfactionError {
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

    /// A list is too short or does not fit another, or fields contradict each other.
    #[error("{field}: expected {rule}")]
    Rule {
        /// Name of the field.
        field: &'static str,
        /// What a valid value looks like.
        rule: &'static str,
    },
}

impl SatisfactionError {
    pub(super) fn number(field: impl Into<String>, value: f64, rule: &'static str) -> Self {
        Self::Number {
            field: field.into(),
            value,
            rule,
        }
    }

    pub(super) fn rule(field: &'static str, rule: &'static str) -> Self {
        Self::Rule { field, rule }
    }
}

/// Largest number that the formulas take; keeps every sum finite.
const LARGEST: f64 = 1e12;

/// Checks that a number is 0 or more and not absurdly large.
pub(super) fn at_least_zero(
    field: impl Fn() -> String,
    value: f64,
) -> Result<(), SatisfactionError> {
    if (0.0..=LARGEST).contains(&value) {
        Ok(())
    } else {
        let rule = "a number between 0 and 1e12";
        Err(SatisfactionError::number(field(), value, rule))
    }
}

/// Checks that a number is positive and not absurdly large or small.
pub(super) fn positive(field: impl Fn() -> String, value: f64) -> Result<(), SatisfactionError> {
    if (1e-12..=LARGEST).contains(&value) {
        Ok(())
    } else {
        let rule = "a number between 1e-12 and 1e12";
        Err(SatisfactionError::number(field(), value, rule))
    }
}

/// Checks that a number is finite and not absurdly large.
pub(super) fn finite(field: impl Fn() -> String, value: f64) -> Result<(), SatisfactionError> {
    if (-LARGEST..=LARGEST).contains(&value) {
        Ok(())
    } else {
        let rule = "a number between -1e12 and 1e12";
        Err(SatisfactionError::number(field(), value, rule))
    }
}

/// Checks that a number lies in `[0, 1]`.
pub(super) fn in_unit(field: impl Fn() -> String, value: f64) -> Result<(), SatisfactionError> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        let rule = "a number between 0 and 1";
        Err(SatisfactionError::number(field(), value, rule))
    }
}
