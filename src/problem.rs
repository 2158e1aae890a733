//! What is wrong with a record, field by field.

use serde::Serialize;

/// A rule that a record breaks, and the field that breaks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct FieldProblem {
    /// Name of the field, as the API writes it.
    pub field: &'static str,
    /// Stable word for the kind of problem, such as `negative`.
    pub code: &'static str,
    /// What a valid value looks like.
    pub rule: String,
}

impl FieldProblem {
    /// Names the `field`, the kind of problem and the rule.
    pub fn new(field: &'static str, code: &'static str, rule: impl Into<String>) -> Self {
        Self {
            field,
            code,
            rule: rule.into(),
        }
    }
}
