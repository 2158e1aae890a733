//! Endpoints for complaints.

mod causes;
mod figures;
mod life;
mod page;
mod records;

pub use page::routes as pages;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::deed::Office;
use super::life::{Severity, Status};
use super::model::Channel;
use super::store::{self, Event, Row};
use crate::db::{Conn, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::line::single_line;
use crate::ids::ExternalId;
use crate::mail::public_url::NotAPublicUrl;
use crate::state::AppState;

pub use figures::{FigureParams, count, midnight};

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    figures::routes(config);
    records::routes(config);
    life::routes(config);
    causes::routes(config);
}

/// A complaint. Amounts are minor units of the reporting currency.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Complaint {
    /// Its id.
    id: i64,
    /// Key in the sender's system, or ours.
    external_id: ExternalId,
    /// Who complains.
    customer_id: i64,
    /// Its name.
    customer_name: String,
    /// The department that complains.
    department_id: Option<i64>,
    /// The person who complains.
    contact_id: Option<i64>,
    /// The other end of the link.
    partner_id: Option<i64>,
    /// The shipment.
    shipment_id: Option<i64>,
    /// Who of our own people looks after it.
    owner_id: Option<i64>,
    /// How it came.
    channel: Channel,
    /// How bad it is.
    severity: Severity,
    /// In one line.
    subject: String,
    /// In the customer's words.
    text: Option<String>,
    /// Code of its cause.
    cause: Option<String>,
    /// What is done about it.
    remedy: Option<String>,
    /// What keeps it from happening again.
    action: Option<String>,
    /// Where it stands.
    status: Status,
    /// Whether the customer has not confirmed that it is settled, nor withdrawn it.
    open: bool,
    /// Whether a response or an answer is overdue now.
    overdue: bool,
    /// Whether it is justified; `null`: not judged.
    justified: Option<bool>,
    /// Of the judgement.
    evidence: Option<String>,
    /// What was paid.
    claim_amount: Option<i64>,
    /// When that was.
    settled_on: Option<NaiveDate>,
    /// When it came.
    received_at: UtcTime,
    /// First response due.
    acknowledge_due_at: UtcTime,
    /// First response.
    acknowledged_at: Option<UtcTime>,
    /// Answer due.
    answer_due_at: UtcTime,
    /// Last answer.
    answered_at: Option<UtcTime>,
    /// First answer.
    first_answered_at: Option<UtcTime>,
    /// Closed by the customer.
    confirmed_at: Option<UtcTime>,
    /// Reopened, the last time.
    reopened_at: Option<UtcTime>,
    /// How often it was reopened.
    reopened: i64,
    /// When the action was found to work.
    action_verified_at: Option<UtcTime>,
    /// Goes up with every change.
    version: i64,
    /// When it was made.
    created_at: UtcTime,
    /// When it last changed.
    updated_at: UtcTime,
    /// When it was deleted, if it was.
    deleted_at: Option<UtcTime>,
}

/// A complaint with everything that happened to it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ComplaintDetail {
    #[serde(flatten)]
    complaint: Complaint,
    /// In order.
    events: Vec<Event>,
}

impl ComplaintDetail {
    /// A complaint and its events.
    pub fn new(complaint: Complaint, events: Vec<Event>) -> Self {
        Self { complaint, events }
    }

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
        let status = row.status()?;
        Ok(Self {
            id: row.id.0,
            external_id: row.values.key(),
            customer_id: told.customer_id.0,
            customer_name: row.customer_name.clone(),
            department_id: told.department_id.map(|id| id.0),
            contact_id: told.contact_id.map(|id| id.0),
            partner_id: told.partner_id.map(|id| id.0),
            shipment_id: told.shipment_id.map(|id| id.0),
            owner_id: told.owner_id.map(|id| id.0),
            channel: row.channel()?,
            severity: row.severity()?,
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

/// The complaint that was just written.
fn written(conn: &mut Conn, id: i64, now: UtcTime) -> Answer<Complaint> {
    let row = store::find(conn, id)?.ok_or_else(|| Error::not_found("complaint", id))?;
    Ok(Complaint::of(&row, now)?)
}

/// What a step needs to know of this instance.
fn office(state: &AppState) -> Answer<Office> {
    Ok(Office {
        public_url: state
            .config
            .public_url
            .parse()
            .map_err(|error: NotAPublicUrl| Error::internal(error))?,
        today: state.today(),
    })
}
