//! Why a figure of a relationship cannot be computed: always names the field.

/// Input of the relationship formulas that breaks a rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field}: {value}: expected {rule}")]
pub struct RelationshipError {
    /// Field, with its index where it is a list.
    pub field: String,
    /// The offending value.
    pub value: f64,
    /// What a valid value looks like.
    pub rule: &'static str,
}

/// Largest number that the formulas take; keeps every sum finite.
const LARGEST: f64 = 1e12;

impl RelationshipError {
    pub(super) fn new(field: impl Into<String>, value: f64, rule: &'static str) -> Self {
        Self {
            field: field.into(),
            value,
            rule,
        }
    }
}

/// Checks that a number is 0 or more and not absurdly large.
pub(super) fn at_least_zero(
    field: impl Fn() -> String,
    value: f64,
) -> Result<(), RelationshipError> {
    within(field, value, 0.0, LARGEST, "a number between 0 and 1e12")
}

/// Checks that a number is positive and not absurdly large or small.
pub(super) fn positive(field: impl Fn() -> String, value: f64) -> Result<(), RelationshipError> {
    let rule = "a number between 1e-12 and 1e12";
    within(field, value, 1e-12, LARGEST, rule)
}

/// Checks that a number is finite and not absurdly large.
pub(super) fn finite(field: impl Fn() -> String, value: f64) -> Result<(), RelationshipError> {
    let rule = "a number between -1e12 and 1e12";
    within(field, value, -LARGEST, LARGEST, rule)
}

/// Checks that a number lies in `[0, 1]`.
pub(super) fn in_unit(field: impl Fn() -> String, value: f64) -> Result<(), RelationshipError> {
    within(field, value, 0.0, 1.0, "a number between 0 and 1")
}

/// Checks that a number lies in `[lo, hi]`.
pub(super) fn within(
    field: impl Fn() -> String,
    value: f64,
    lo: f64,
    hi: f64,
    rule: &'static str,
) -> Result<(), RelationshipError> {
    if (lo..=hi).contains(&value) {
        Ok(())
    } else {
        Err(RelationshipError::new(field(), value, rule))
    }
}
