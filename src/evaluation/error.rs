//! Why predictions cannot be judged: always names the field and the index.

/// Input of an evaluation that breaks a rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    /// A number is NaN, infinite or outside its range.
    #[error("{field}[{index}]: {value}: expected {rule}")]
    Number {
        /// Name of the list.
        field: &'static str,
        /// Place in the list.
        index: usize,
        /// The offending value.
        value: f64,
        /// What a valid value looks like.
        rule: &'static str,
    },

    /// Two lists that belong together differ in length.
    #[error("{field}: has {found} values: expected {expected}")]
    Length {
        /// Name of the list.
        field: &'static str,
        /// Its length.
        found: usize,
        /// The length it must have.
        expected: usize,
    },

    /// A setting is out of range.
    #[error("{field}: {value}: expected {rule}")]
    Setting {
        /// Name of the setting.
        field: &'static str,
        /// The offending value.
        value: u64,
        /// What a valid value looks like.
        rule: &'static str,
    },

    /// Two predictors that are compared were not judged on the same outcomes.
    #[error("happened[{0}]: the outcomes of the two predictors differ: expected the same cases")]
    OtherOutcomes(usize),
}
