//! Complaints as records: what a write names must exist and fit, and no write tells their life.

use super::life::{EventKind, Severity, Status};
use super::model::ComplaintInput;
use super::named::{cause, contact, department, shipment, user};
use super::store::{self, Aside, Life, Row, Told, Values};
use crate::access::ticket;
use crate::db::{Conn, DbResult, UtcTime};
use crate::engagement::edit::{Desk, Record};
use crate::error::{Answer, Error};
use crate::ids::ExternalId;
use crate::problem::FieldProblem;

impl Record for Values {
    const WHAT: &'static str = "complaint";
    const MANY: &'static str = "complaints";
    const KEYS: &'static [&'static str] = &["customer", "partner", "shipment"];
    type Input = ComplaintInput;

    fn checked(input: ComplaintInput) -> Result<ComplaintInput, Vec<FieldProblem>> {
        input.checked()
    }

    fn key_of(input: &ComplaintInput) -> &ExternalId {
        &input.external_id
    }

    fn input(&self) -> DbResult<ComplaintInput> {
        let (told, life) = (&self.told, &self.life);
        Ok(ComplaintInput {
            external_id: self.key(),
            customer: told.customer_id.0.into(),
            department_id: told.department_id.map(|id| id.0),
            contact_id: told.contact_id.map(|id| id.0),
            partner: told.partner_id.map(|id| id.0.into()),
            shipment: told.shipment_id.map(|id| id.0.into()),
            owner_id: told.owner_id.map(|id| id.0),
            channel: self.channel()?,
            severity: self.severity()?,
            subject: told.subject.clone(),
            text: told.text.clone(),
            cause: told.cause.clone(),
            remedy: told.remedy.clone(),
            action: told.action.clone(),
            claim_amount: life.claim_amount,
            received_at: Some(told.received_at),
            acknowledged_at: life.acknowledged_at,
            answered_at: life.answered_at,
            // How the customer's word is known stands among the events.
            confirmed_at: None,
            confirmation: None,
        })
    }

    fn resolved(
        conn: &mut Conn,
        desk: &mut Desk<'_>,
        input: &ComplaintInput,
        standing: Option<&Row>,
    ) -> Answer<Self> {
        let told = told(conn, desk, input, standing)?;
        let now = desk.writer.now;
        if told.received_at > now {
            let rule = format!("expected a time up to now, {}", now.0.to_rfc3339());
            return Err(Error::invalid("received_at", "future", rule));
        }
        let life = match standing {
            Some(row) => going_on(row, &told, input)?,
            None => begun(&told, input, now)?,
        };
        let aside = Aside {
            actor: desk.writer.actor.name.clone(),
            confirmation: input.confirmation.clone(),
        };
        Ok(Self { told, life, aside })
    }

    fn follow(
        &self,
        conn: &mut Conn,
        id: i64,
        before: Option<&Self>,
        now: UtcTime,
    ) -> DbResult<()> {
        if before.is_none() {
            let (told, life, aside) = (&self.told, &self.life, &self.aside);
            let by = (aside.actor.as_str(), now);
            let received = (EventKind::Received, told.received_at, told.text.as_deref());
            store::add_event(conn, id, received, by)?;
            for (kind, at, text) in [
                (EventKind::Acknowledged, life.acknowledged_at, None),
                (
                    EventKind::Answered,
                    life.answered_at,
                    told.remedy.as_deref(),
                ),
                (
                    EventKind::Confirmed,
                    life.confirmed_at,
                    aside.confirmation.as_deref(),
                ),
            ] {
                if let Some(at) = at {
                    store::add_event(conn, id, (kind, at, text), by)?;
                }
            }
        }
        note_findings(conn, id, before.map(|values| &values.told), self, now)
    }
}

/// Notes a cause or a remedy that is new.
///
/// # Errors
///
/// The database's.
pub(super) fn note_findings(
    conn: &mut Conn,
    id: i64,
    before: Option<&Told>,
    values: &Values,
    now: UtcTime,
) -> DbResult<()> {
    let told = &values.told;
    for (kind, was, is) in [
        (
            EventKind::Cause,
            before.and_then(|told| told.cause.as_deref()),
            told.cause.as_deref(),
        ),
        (
            EventKind::Remedy,
            before.and_then(|told| told.remedy.as_deref()),
            told.remedy.as_deref(),
        ),
    ] {
        if is.is_some() && is != was {
            store::add_event(conn, id, (kind, now, is), (&values.aside.actor, now))?;
        }
    }
    Ok(())
}

impl Values {
    /// The key in the sender's system.
    pub fn key(&self) -> ExternalId {
        ExternalId {
            system: self.told.system.clone(),
            id: self.told.external_id.clone(),
        }
    }
}

fn told(
    conn: &mut Conn,
    desk: &mut Desk<'_>,
    input: &ComplaintInput,
    standing: Option<&Row>,
) -> Answer<Told> {
    let before = standing.map(|row| &row.values.told);
    let owner = before.map(|told| told.customer_id);
    let customer_id = desk.customer(conn, "customer", &input.customer, owner)?;
    let standing_partner = before.and_then(|told| told.partner_id);
    // What belongs to a customer does not stay with another.
    let same = before.filter(|told| told.customer_id == customer_id);
    let partner_id = desk.partner(conn, input.partner.as_ref(), standing_partner, customer_id)?;
    let ExternalId { system, id } = input.external_id.clone();
    let now = desk.writer.now;
    Ok(Told {
        system,
        external_id: id,
        customer_id,
        department_id: department(
            conn,
            input.department_id,
            customer_id,
            same.and_then(|told| told.department_id),
        )?,
        contact_id: contact(
            conn,
            input.contact_id,
            customer_id,
            same.and_then(|told| told.contact_id),
        )?,
        partner_id,
        shipment_id: shipment(
            conn,
            input.shipment.as_ref(),
            customer_id,
            same.and_then(|told| told.shipment_id),
        )?,
        owner_id: user(
            conn,
            "owner_id",
            input.owner_id,
            before.and_then(|told| told.owner_id),
        )?,
        channel: input.channel.word().to_owned(),
        severity: input.severity.word().to_owned(),
        subject: input.subject.clone(),
        text: input.text.clone(),
        cause: cause(
            conn,
            input.cause.as_deref(),
            before.and_then(|told| told.cause.as_deref()),
        )?,
        remedy: input.remedy.clone(),
        action: input.action.clone(),
        received_at: input
            .received_at
            .or(before.map(|told| told.received_at))
            .unwrap_or(now),
    })
}

fn severity_of(told: &Told) -> Severity {
    // What was just checked is a word of ours.
    Severity::parse(&told.severity).unwrap_or(Severity::Critical)
}

/// The life of a new complaint, with what happened to it elsewhere.
fn begun(told: &Told, input: &ComplaintInput, now: UtcTime) -> Answer<Life> {
    let steps = [
        ("acknowledged_at", input.acknowledged_at),
        ("answered_at", input.answered_at),
        ("confirmed_at", input.confirmed_at),
    ];
    let mut before = ("received_at", told.received_at);
    for (field, at) in steps {
        let Some(at) = at else {
            continue;
        };
        if at < before.1 || at > now {
            let rule = format!("expected a time from {} to now", before.0);
            return Err(Error::invalid(field, "out_of_order", rule));
        }
        before = (field, at);
    }
    if input.confirmed_at.is_some() && input.answered_at.is_none() {
        let rule = "expected when it was answered, as the customer confirmed that answer";
        return Err(Error::invalid("answered_at", "missing", rule));
    }
    let status = if input.confirmed_at.is_some() {
        Status::Confirmed
    } else if input.answered_at.is_some() {
        Status::Answered
    } else if input.acknowledged_at.is_some() {
        Status::Acknowledged
    } else {
        Status::Received
    };
    let due = severity_of(told).deadlines(told.received_at);
    Ok(Life {
        status: status.word().to_owned(),
        justified: None,
        evidence: None,
        claim_amount: input.claim_amount,
        settled_on: None,
        acknowledge_due_at: due.acknowledge,
        acknowledged_at: input.acknowledged_at.or(input.answered_at),
        answer_due_at: due.answer,
        answered_at: input.answered_at,
        first_answered_at: input.answered_at,
        confirmed_at: input.confirmed_at,
        reopened_at: None,
        reopened: 0,
        action_verified_at: None,
        nonce: ticket::nonce().map_err(Error::internal)?,
    })
}

/// The life of one that stands: as it was, with deadlines that fit and, for another contact, another
/// link.
fn going_on(row: &Row, told: &Told, input: &ComplaintInput) -> Answer<Life> {
    let (was, mut life) = (&row.values.told, row.values.life.clone());
    for (field, given, stands) in [
        (
            "acknowledged_at",
            input.acknowledged_at,
            life.acknowledged_at,
        ),
        ("answered_at", input.answered_at, life.answered_at),
        ("confirmed_at", input.confirmed_at, life.confirmed_at),
    ] {
        if given.is_some() && given != stands {
            let detail = format!("{field} is told by the complaint's actions once it is here");
            return Err(Error::conflict("life_by_actions", detail));
        }
    }
    if was.received_at != told.received_at
        && life
            .acknowledged_at
            .or(life.answered_at)
            .is_some_and(|at| at < told.received_at)
    {
        let rule = "expected a time before the first response";
        return Err(Error::invalid("received_at", "out_of_order", rule));
    }
    if was.severity != told.severity || was.received_at != told.received_at {
        let due = severity_of(told).deadlines(life.reopened_at.unwrap_or(told.received_at));
        life.acknowledge_due_at = due.acknowledge;
        life.answer_due_at = due.answer;
    }
    // A claim that was settled does not vanish with a sender who tells none.
    let settled = life.claim_amount.filter(|_| life.settled_on.is_some());
    life.claim_amount = input.claim_amount.or(settled);
    if was.contact_id != told.contact_id {
        // Whoever had the link before is not asked any more.
        life.nonce = ticket::nonce().map_err(Error::internal)?;
    }
    Ok(life)
}
