//! Why own churn cannot be computed: always names the field.

use chrono::NaiveDate;

/// Input of the churn models that breaks a rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChurnError {
    /// A number is NaN, infinite or outside its range.
    #[error("{field}: {value}: expected {rule}")]
    Number {
        /// Name of the field.
        field: &'static str,
        /// The offending value.
        value: f64,
        /// What a valid value looks like.
        rule: &'static str,
    },

    /// Several fields contradict each other, or a count is out of range.
    #[error("{field}: expected {rule}")]
    Rule {
        /// Name of the field.
        field: &'static str,
        /// What a valid value looks like.
        rule: &'static str,
    },

    /// Shipping days are not in ascending order, or one stands twice.
    #[error("days: {day} follows {previous}: expected distinct days in ascending order")]
    Order {
        /// The day that is out of order.
        day: NaiveDate,
        /// The day before it in the list.
        previous: NaiveDate,
    },

    /// The as-of date lies before the last shipping day that was counted.
    #[error("as_of: {as_of} is before the last shipping day, {last}")]
    AsOf {
        /// The as-of date.
        as_of: NaiveDate,
        /// The last shipping day.
        last: NaiveDate,
    },

    /// A row of a list breaks a rule.
    #[error("row {row}: {source}")]
    Row {
        /// Position of the row, from 0.
        row: usize,
        /// What is wrong with it.
        source: Box<ChurnError>,
    },

    /// There is nothing to fit.
    #[error("histories: expected at least one with a positive weight")]
    NoData,

    /// The optimiser gave up.
    #[error("fit: {0}")]
    Optimiser(String),
}

impl ChurnError {
    /// Says in which row of a list it happened.
    pub(super) fn in_row(self, row: usize) -> Self {
        Self::Row {
            row,
            source: Box::new(self),
        }
    }
}
