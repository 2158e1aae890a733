//! A play as it is shown.

use chrono::NaiveDate;
use serde::Serialize;

use super::model::{OutcomeBy, PlayOutcome, PlayStatus};
use super::store::{Row, Step};
use crate::db::{DbResult, UtcTime};

/// A play. Amounts are minor units of the reporting currency.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Play {
    /// Its id.
    pub id: i64,
    /// Whom it is to keep.
    pub customer_id: i64,
    /// Its name.
    pub customer_name: String,
    /// Code of its template.
    pub template: String,
    /// The alert that it answers.
    pub alert_id: Option<i64>,
    /// What it is called.
    pub title: String,
    /// For those who read it.
    pub note: Option<String>,
    /// Who of our own people does it.
    pub owner_id: Option<i64>,
    /// Where it stands.
    pub status: PlayStatus,
    /// What it costs; `null`: not known.
    pub cost: Option<i64>,
    /// When it is to begin.
    pub starts_on: NaiveDate,
    /// Until when.
    pub due_on: NaiveDate,
    /// Whether it is past that day, and neither done nor given up.
    pub overdue: bool,
    /// When it did begin: from then on its outcome counts.
    pub begun_on: Option<NaiveDate>,
    /// When it was done or given up.
    pub ended_on: Option<NaiveDate>,
    /// The first day on which the record can tell its outcome.
    pub decided_from: Option<NaiveDate>,
    /// What came of it: the person's word if there is one, else the record's; `null`: not begun.
    pub outcome: Option<PlayOutcome>,
    /// Who says so.
    pub outcome_by: Option<OutcomeBy>,
    /// Since when.
    pub outcome_on: Option<NaiveDate>,
    /// How the person knows.
    pub outcome_note: Option<String>,
    /// What the customer's shipments say, whatever a person says; the effect is measured by this.
    pub record_outcome: Option<PlayOutcome>,
    /// The newest run when it began.
    pub run_id: Option<i64>,
    /// The customer's churn probability in that run.
    pub churn_probability: Option<f64>,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

/// A play with its steps.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PlayDetail {
    /// The play.
    #[serde(flatten)]
    pub play: Play,
    /// What is to be done, in order.
    pub steps: Vec<Step>,
}

impl Play {
    /// As it stands on a day.
    ///
    /// # Errors
    ///
    /// The database's, if it holds what makes no sense.
    pub fn of(row: &Row, today: NaiveDate) -> DbResult<Self> {
        let values = &row.values;
        let status = values.status()?;
        let told = values.outcome()?;
        let undecided = values
            .begun_on
            .map(|_| (PlayOutcome::TooEarly, OutcomeBy::Record));
        let (outcome, outcome_by) = told.or(undecided).unzip();
        let open = matches!(status, PlayStatus::Planned | PlayStatus::Running);
        Ok(Self {
            id: row.id.0,
            customer_id: values.customer_id.0,
            customer_name: row.customer_name.clone(),
            template: row.template.clone(),
            alert_id: values.alert_id.map(|alert| alert.0),
            title: values.title.clone(),
            note: values.note.clone(),
            owner_id: values.owner_id.map(|owner| owner.0),
            status,
            cost: values.cost,
            starts_on: values.starts_on,
            due_on: values.due_on,
            overdue: open && values.due_on < today,
            begun_on: values.begun_on,
            ended_on: values.ended_on,
            decided_from: values.decided_from()?,
            outcome,
            outcome_by,
            outcome_on: values.outcome_on,
            outcome_note: values.outcome_note.clone(),
            record_outcome: values.record()?,
            run_id: values.run_id.map(|run| run.0),
            churn_probability: values.churn_probability,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        })
    }
}
