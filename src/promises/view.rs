//! A promise as it is shown.

use chrono::NaiveDate;
use serde::Serialize;

use super::model::PromiseStatus;
use super::store::Row;
use crate::db::{DbResult, UtcTime};
use crate::ids::ExternalId;
use crate::satisfaction::Kpi;
use crate::satisfaction::kpi::MIN_OBSERVATIONS;

/// A promise.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Promise {
    /// Its id.
    pub id: i64,
    /// Key in the sender's system, or ours.
    pub external_id: ExternalId,
    /// To whom.
    pub customer_id: i64,
    /// By name.
    pub customer_name: String,
    /// To which department.
    pub department_id: Option<i64>,
    /// To which person.
    pub contact_id: Option<i64>,
    /// Measured on the link with this partner only.
    pub partner_id: Option<i64>,
    /// Which of our own people promised.
    pub made_by: Option<i64>,
    /// What was promised.
    pub text: String,
    /// What it is measured by; `null`: a person decides.
    pub kpi: Option<Kpi>,
    /// What is to be reached.
    pub level: Option<f64>,
    /// When it was made.
    pub made_on: NaiveDate,
    /// First day measured.
    pub from_on: NaiveDate,
    /// Last day measured, or the day it is due.
    pub due_on: NaiveDate,
    /// How much it counts.
    pub weight: f64,
    /// Where it stands.
    pub status: PromiseStatus,
    /// Whether it is open and its day is past.
    pub overdue: bool,
    /// Why it is open though it was measured: `too_few_deliveries`.
    pub undecided: Option<&'static str>,
    /// `measured`, or who decided.
    pub decided_by: Option<String>,
    /// When it was decided.
    pub decided_at: Option<UtcTime>,
    /// The KPI as measured.
    pub value: Option<f64>,
    /// Deliveries of which it is known.
    pub observations: Option<i64>,
    /// Why a person decided so.
    pub reason: Option<String>,
    /// The next one.
    pub renewed_by: Option<i64>,
    /// Goes up with every change.
    pub version: i64,
    /// When it was first written.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

impl Promise {
    /// What is shown of a row.
    ///
    /// # Errors
    ///
    /// The database's, if it holds words that are none.
    pub fn of(row: &Row, today: NaiveDate) -> DbResult<Self> {
        let (values, target) = (&row.values, row.values.target()?);
        let status = values.status()?;
        let few = |n: i64| u64::try_from(n).is_ok_and(|n| n < MIN_OBSERVATIONS);
        let open = status == PromiseStatus::Open;
        Ok(Self {
            id: row.id,
            external_id: values.key(),
            customer_id: values.customer_id.0,
            customer_name: row.customer_name.clone(),
            department_id: values.department_id.map(|id| id.0),
            contact_id: values.contact_id.map(|id| id.0),
            partner_id: values.partner_id.map(|id| id.0),
            made_by: values.made_by.map(|id| id.0),
            text: values.text.clone(),
            kpi: target.map(|(kpi, _)| kpi),
            level: target.map(|(_, level)| level),
            made_on: values.made_on,
            from_on: values.from_on,
            due_on: values.due_on,
            weight: values.weight,
            status,
            overdue: open && values.due_on < today,
            undecided: (open && values.observations.is_some_and(few))
                .then_some("too_few_deliveries"),
            decided_by: values.decided_by.clone(),
            decided_at: values.decided_at,
            value: values.value,
            observations: values.observations,
            reason: values.reason.clone(),
            renewed_by: values.renewed_by.map(|id| id.0),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        })
    }
}
