//! What the rules look at: for each reason the subjects that it may warn about, with their measure.
//!
//! ```text
//! run's snapshots ─┐
//! records, today  ─┼─> a reader for each reason ─> Signal { subject, measure, warning } ─> rules
//! imports         ─┘
//! ```
//!
//! A reader tells every subject whose measure could matter for any level a team may set, and says
//! nothing of subjects it has no data for; what it has no data for at all it says by [`Readings::data`].

use serde::Serialize;

use super::facts::Warning;
use super::model::AlertReason;
use crate::ids::CustomerId;

/// What a rule sees of one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The customer; `None`: it is about our own data.
    pub customer: Option<CustomerId>,
    /// Of several subjects of one customer which: `customer`, `department:12`, `partner:7`,
    /// `complaint:3`, `promise:4`, `contract:5`, `user:6`, `import:shipments`.
    pub subject: String,
    /// What the rule measures, in its unit; larger is worse; finite.
    pub measure: f64,
    /// Whether it rests on enough to alarm: without, it is never of high severity.
    pub certain: bool,
    /// What is told of it.
    pub warning: Warning,
}

/// Whether a rule has anything to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "data")]
pub enum Data {
    /// It has.
    There,
    /// It stays silent, for this want.
    Missing {
        /// What is missing, as a code: `no_run`, `no_earlier_run`, `no_answers`, `no_complaints`,
        /// `no_promises`, `no_contracts`, `no_interactions`, `no_paid_invoices`, `too_few_imports`,
        /// `no_year_of_shipments`.
        want: &'static str,
    },
}

/// What a reader found.
#[derive(Clone, Debug, PartialEq)]
pub struct Readings {
    /// Which rule it is for.
    pub reason: AlertReason,
    /// Whether there was anything to look at.
    pub data: Data,
    /// The subjects.
    pub signals: Vec<Signal>,
}
