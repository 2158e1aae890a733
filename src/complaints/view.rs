//! A complaint as it is shown.

use chrono::NaiveDate;
use serde::Serialize;

use super::life::{Severity, Status};
use super::model::Channel;
use super::store::{Event, Row};
use crate::db::{DbResult, UtcTime};
use crate::i18n::line::single_line;
use crate::ids::ExternalId;

/// A complaint. Amounts are minor units of the reporting currency.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Complaint {
    /// Its id.
    pub id: i64,
    /// Key in the sender's system, or ours.
    pub external_id: ExternalId,
    /// Who complains.
    pub customer_id: i64,
    /// Its name.
    pub customer_name: String,
    /// The department that complains.
    pub department_id: Option<i64>,
    /// The person who complains.
    pub contact_id: Option<i64>,
    /// The other end of the link.
    pub partner_id: Option<i64>,
    /// The shipment.
    pub shipment_id: Option<i64>,
    /// Who of our own people looks after it.
    pub owner_id: Option<i64>,
    /// How it came.
    pub channel: Channel,
    /// How bad it is.
    pub severity: Severity,
    /// In one line.
    pub subject: String,
    /// In the customer's words.
    pub text: Option<String>,
    /// Code of its cause.
    pub cause: Option<String>,
    /// What is done about it.
    pub remedy: Option<String>,
    /// What keeps it from happening again.
    pub action: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// Whether the customer has not confirmed that it is settled, nor withdrawn it.
    pub open: bool,
    /// Whether a response or an answer is overdue now.
    pub overdue: bool,
    /// Whether it is justified; `null`: not judged.
    pub justified: Option<bool>,
    /// Of the judgement.
    pub evidence: Option<String>,
    /// What is claimed; what was paid, if only that was told.
    pub claim_amount: Option<i64>,
    /// When the claim was settled.
    pub settled_on: Option<NaiveDate>,
    /// When it came.
    pub received_at: UtcTime,
    /// First response due.
    pub acknowledge_due_at: UtcTime,
    /// First response.
    pub acknowledged_at: Option<UtcTime>,
    /// Answer due.
    pub answer_due_at: UtcTime,
    /// Last answer.
    pub answered_at: Option<UtcTime>,
    /// First answer.
    pub first_answered_at: Option<UtcTime>,
    /// Closed by the customer.
    pub confirmed_at: Option<UtcTime>,
    /// Reopened, the last time.
    pub reopened_at: Option<UtcTime>,
    /// How often it was reopened.
    pub reopened: i64,
    /// When the action was found to work.
    pub action_verified_at: Option<UtcTime>,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

/// A complaint with everything that happened to it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ComplaintDetail {
    /// The complaint.
    #[serde(flatten)]
    pub complaint: Complaint,
    /// In order.
    pub events: Vec<Event>,
}

impl ComplaintDetail {
    /// For people at a terminal.
    pub fn lines(&self) -> Vec<String> {
        let complaint = &self.complaint;
        let mut lines = vec![
            format!("{}: {}", complaint.id, complaint.subject),
            format!(
                "{} of {}, {}; {}",
                complaint.severity, complaint.customer_name, complaint.channel, complaint.status
            ),
        ];
        if complaint.open {
            lines.push(format!(
                "First response due {}, answer due {}",
                minute(complaint.acknowledge_due_at),
                minute(complaint.answer_due_at)
            ));
        }
        for event in &self.events {
            let text = event.text.as_deref().map(single_line).unwrap_or_default();
            let line = format!(
                "{}  {}  {}  {text}",
                minute(event.at),
                event.kind,
                event.actor
            );
            lines.push(line.trim_end().to_owned());
        }
        lines
    }
}

fn minute(time: UtcTime) -> String {
    time.0.format("%Y-%m-%d %H:%M").to_string()
}

impl Complaint {
    /// A line of a table for people: id, day, severity, status, customer, overdue, subject.
    pub fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.received_at.0.date_naive().to_string(),
            self.severity.word().to_owned(),
            self.status.word().to_owned(),
            single_line(&self.customer_name),
            if self.overdue { "yes" } else { "" }.to_owned(),
            self.subject.clone(),
        ]
    }

    /// What is shown of a row.
    ///
    /// # Errors
    ///
    /// The database's, if it holds words that are none.
    pub fn of(row: &Row, now: UtcTime) -> DbResult<Self> {
        let (told, life) = (&row.values.told, &row.values.life);
        let status = row.values.status()?;
        Ok(Self {
            id: row.id,
            external_id: row.values.key(),
            customer_id: told.customer_id.0,
            customer_name: row.customer_name.clone(),
            department_id: told.department_id.map(|id| id.0),
            contact_id: told.contact_id.map(|id| id.0),
            partner_id: told.partner_id.map(|id| id.0),
            shipment_id: told.shipment_id.map(|id| id.0),
            owner_id: told.owner_id.map(|id| id.0),
            channel: row.values.channel()?,
            severity: row.values.severity()?,
            subject: told.subject.clone(),
            text: told.text.clone(),
            cause: told.cause.clone(),
            remedy: told.remedy.clone(),
            action: told.action.clone(),
            status,
            open: status.is_open(),
            overdue: match status {
                Status::Received | Status::Reopened => {
                    life.acknowledge_due_at < now || life.answer_due_at < now
                }
                Status::Acknowledged => life.answer_due_at < now,
                Status::Answered | Status::Confirmed | Status::Withdrawn => false,
            },
            justified: life.justified,
            evidence: life.evidence.clone(),
            claim_amount: life.claim_amount,
            settled_on: life.settled_on,
            received_at: told.received_at,
            acknowledge_due_at: life.acknowledge_due_at,
            acknowledged_at: life.acknowledged_at,
            answer_due_at: life.answer_due_at,
            answered_at: life.answered_at,
            first_answered_at: life.first_answered_at,
            confirmed_at: life.confirmed_at,
            reopened_at: life.reopened_at,
            reopened: life.reopened,
            action_verified_at: life.action_verified_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        })
    }
}
