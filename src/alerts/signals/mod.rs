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

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use super::facts::Warning;
use super::model::AlertReason;
use crate::assessment::model::CascadeTerm;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::ids::{CustomerId, RunId};
use crate::network::measures::BusinessBasis;

mod complaints;
mod contracts;
mod coverage;
pub mod defaults;
pub mod department;
pub mod fate;
mod key_person;
mod money;
mod noise;
mod partner;
mod payment;
mod promises;
mod stale;
mod store;

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
    /// What is told of it; names of other customers are still to be filled in.
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
        /// `no_year_of_shipments`, `no_recent_shipments`.
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

impl Readings {
    fn found(reason: AlertReason, signals: Vec<Signal>) -> Self {
        Self {
            reason,
            data: Data::There,
            signals,
        }
    }

    fn missing(reason: AlertReason, want: &'static str) -> Self {
        Self {
            reason,
            data: Data::Missing { want },
            signals: Vec::new(),
        }
    }
}

/// The run whose snapshots are read.
#[derive(Clone, Debug, PartialEq)]
pub struct RunContext {
    /// Its id.
    pub run: RunId,
    /// The day for which its figures hold: what was known before it begins.
    pub as_of: NaiveDate,
    /// How many weeks its probabilities look ahead.
    pub horizon_weeks: u32,
    /// Days before `as_of` of whose traffic its network is made.
    pub window_days: u32,
    /// What its business is counted in.
    pub business_basis: BusinessBasis,
    /// What history says of the part of churn that comes from partners.
    pub cascade_term: CascadeTerm,
    /// The run to compare with, and its as-of date.
    pub before: Option<(RunId, NaiveDate)>,
    /// The zone that days are in.
    pub zone: Tz,
}

/// What the rules see that look at a run's snapshots, or at records as of its day: each of their
/// reasons once. Customers and departments that were deleted are left out; names of other customers
/// are left empty in warnings.
///
/// # Errors
///
/// The database's, or a stored value that makes no sense.
pub fn of_run(conn: &mut Conn, run: &RunContext) -> DbResult<Vec<Readings>> {
    let mut found = vec![
        partner::read(conn, run)?,
        department::unsatisfied(conn, run)?,
        department::fall(conn, run)?,
        coverage::read(conn, run)?,
    ];
    found.extend(money::read(conn, run)?);
    found.push(key_person::read(conn, run)?);
    found.push(payment::read(conn, run)?);
    Ok(found)
}

/// What the rules see that look at records whatever the newest run: each of their reasons once.
/// `today` is the day of `now` in `zone`.
///
/// # Errors
///
/// As [`of_run`].
pub fn of_today(
    conn: &mut Conn,
    now: UtcTime,
    today: NaiveDate,
    zone: Tz,
) -> DbResult<Vec<Readings>> {
    let mut found = Vec::new();
    found.extend(complaints::read(conn, now)?);
    found.extend(promises::read(conn, now, today)?);
    found.push(contracts::read(conn, today)?);
    found.push(stale::read(conn, now, zone)?);
    Ok(found)
}

/// A stored number of `[0, 1]`, without what rounding adds.
fn unit(what: &'static str, value: f64) -> DbResult<f64> {
    const ROUNDING: f64 = 1e-6;
    if (-ROUNDING..=1.0 + ROUNDING).contains(&value) {
        Ok(value.clamp(0.0, 1.0))
    } else {
        Err(DbError::corrupt(what, value))
    }
}

/// Days from one moment to another, with their fractions.
fn days_between(from: UtcTime, to: UtcTime) -> f64 {
    to.0.signed_duration_since(from.0).as_seconds_f64() / 86_400.0
}
