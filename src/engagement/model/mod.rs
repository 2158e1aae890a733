//! What can be told of contracts and invoices, and the rules each must keep.

mod contract;
mod invoice;
#[cfg(test)]
mod tests;

pub use contract::{ContractInput, ContractOutcome, ContractStatus, Term};
pub use invoice::{InvoiceInput, InvoiceStatus, Payment, Unusable};

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::ids::ExternalId;
use crate::problem::FieldProblem;

/// Characters of a system's name at most.
const SYSTEM: usize = 100;
/// Characters of a key in another system at most.
const EXTERNAL_ID: usize = 300;
/// Years that dates may lie in; others are slips of the pen.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// Another record, by our id or by its key in another system: one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordKey {
    /// Our id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Another system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
}

impl From<i64> for RecordKey {
    fn from(id: i64) -> Self {
        Self {
            id: Some(id),
            external_id: None,
        }
    }
}

/// The key without white space around its parts; notes what is wrong with it.
pub(crate) fn tidy_key(key: &mut ExternalId, wrong: &mut Vec<FieldProblem>) {
    const FIELD: &str = "external_id";
    key.system = key.system.trim().to_owned();
    key.id = key.id.trim().to_owned();
    text(FIELD, &key.system, SYSTEM, wrong);
    text(FIELD, &key.id, EXTERNAL_ID, wrong);
    if key.system.contains(':') {
        let rule = "expected a system without colon: ext:SYSTEM:ID could not be read back";
        wrong.push(FieldProblem::new(FIELD, "colon", rule));
    }
}

/// Notes whether `key` names nothing, or two things.
pub(crate) fn one_of(field: &'static str, key: &mut RecordKey, wrong: &mut Vec<FieldProblem>) {
    if key.id.is_some() == key.external_id.is_some() {
        let rule = "expected either id or external_id";
        wrong.push(FieldProblem::new(field, "one_of", rule));
    }
    if let Some(external) = &mut key.external_id {
        external.system = external.system.trim().to_owned();
        external.id = external.id.trim().to_owned();
    }
}

fn text(field: &'static str, value: &str, most: usize, wrong: &mut Vec<FieldProblem>) {
    if value.contains(char::is_control) {
        let rule = "expected text without control characters such as NUL and line breaks";
        wrong.push(FieldProblem::new(field, "control_character", rule));
    } else if value.is_empty() || value.chars().count() > most {
        let rule = format!("expected 1 to {most} characters");
        wrong.push(FieldProblem::new(field, "length", rule));
    }
}

fn whole(
    field: &'static str,
    value: Option<i64>,
    range: std::ops::RangeInclusive<i64>,
    wrong: &mut Vec<FieldProblem>,
) {
    if value.is_some_and(|value| !range.contains(&value)) {
        let rule = format!(
            "expected a whole number from {} to {}",
            range.start(),
            range.end()
        );
        wrong.push(FieldProblem::new(field, "out_of_range", rule));
    }
}

fn day(field: &'static str, value: Option<NaiveDate>, wrong: &mut Vec<FieldProblem>) {
    if value.is_some_and(|day| !YEARS.contains(&day.year())) {
        let rule = format!(
            "expected a day of the years {} to {}",
            YEARS.start(),
            YEARS.end()
        );
        wrong.push(FieldProblem::new(field, "out_of_range", rule));
    }
}
