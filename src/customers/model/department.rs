//! What can be told of a department.

use serde::{Deserialize, Serialize};

use super::{DepartmentKind, NAME, text};
use crate::problem::FieldProblem;

/// What can be told of a department.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepartmentInput {
    /// What it does.
    pub kind: DepartmentKind,
    /// What it is called, unique within the customer; default: its kind.
    #[serde(default)]
    pub name: Option<String>,
    /// Its share in the account's score, 0 or more, relative to the others; default 1.
    #[serde(default = "one")]
    pub weight: f64,
    /// Whether the account needs it satisfied; default true.
    #[serde(default = "yes")]
    pub required: bool,
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

/// A department that keeps the rules.
#[derive(Clone, Debug, PartialEq)]
pub struct DepartmentDraft {
    /// What it does.
    pub kind: DepartmentKind,
    /// What it is called.
    pub name: String,
    /// Its share in the account's score, 0 or more.
    pub weight: f64,
    /// Whether the account needs it satisfied.
    pub required: bool,
}

impl DepartmentInput {
    /// Tidies it and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(self) -> Result<DepartmentDraft, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        let name = match &self.name {
            Some(name) => text("name", name, NAME, &mut wrong),
            None => self.kind.word().to_owned(),
        };
        if !(self.weight.is_finite() && self.weight >= 0.0) {
            let rule = "expected a number, 0 or more";
            wrong.push(FieldProblem::new("weight", "negative", rule));
        }
        if wrong.is_empty() {
            Ok(DepartmentDraft {
                kind: self.kind,
                name,
                weight: self.weight,
                required: self.required,
            })
        } else {
            Err(wrong)
        }
    }
}
