//! Departments that judge us.

use crate::customers::model::DepartmentKind;
use crate::ids::DepartmentId;

/// A department that judges us.
#[derive(Clone, Debug, PartialEq)]
pub struct DepartmentOf {
    /// Its id; `None` for a standard department of a customer that has none recorded.
    pub id: Option<DepartmentId>,
    /// What it does.
    pub kind: DepartmentKind,
    /// What it is called.
    pub name: String,
    /// Its weight in the account's score.
    pub weight: f64,
    /// Whether the account needs it satisfied.
    pub required: bool,
}

/// The departments that stand in for those of a customer that has none recorded. Default.
pub const STANDARD: [DepartmentKind; 6] = [
    DepartmentKind::Purchasing,
    DepartmentKind::Planning,
    DepartmentKind::Warehouse,
    DepartmentKind::Quality,
    DepartmentKind::Finance,
    DepartmentKind::Management,
];

/// The standard departments: equal weights, all required.
pub fn standard_departments() -> Vec<DepartmentOf> {
    STANDARD
        .into_iter()
        .map(|kind| DepartmentOf {
            id: None,
            kind,
            name: kind.word().to_owned(),
            weight: 1.0,
            required: true,
        })
        .collect()
}
