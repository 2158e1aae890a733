//! What is done with complaints, each step in one transaction with its event and its audit record.

use chrono::NaiveDate;
use serde_json::json;

use super::letter;
use super::life::{self, EventKind, Status, Step};
use super::model::{Settlement, claim, prose};
use super::record::note_findings;
use super::store::{Life, Row, Values, add_event};
use crate::access::audit::{self, Deed};
use crate::api::etag::IfMatch;
use crate::api::reference::Reference;
use crate::customers::edit::Writer;
use crate::db::{Conn, UtcTime};
use crate::engagement::edit::{self, Record as _};
use crate::engagement::store::Stored as _;
use crate::error::{Answer, Error};
use crate::mail::public_url::PublicUrl;

/// A step, with what is said.
#[derive(Clone, Debug)]
pub enum Act {
    /// The customer knows that we are at it; perhaps what it was told.
    Acknowledge(Option<String>),
    /// The answer to the customer, and the remedy if it is another one than told before.
    Answer {
        /// What the customer reads.
        text: String,
        /// What is done about it.
        remedy: Option<String>,
    },
    /// The customer says that it is settled; how that is known.
    Confirm(Evidence),
    /// The customer says that it is not settled; why.
    Reopen(Option<String>),
    /// Whether it is justified, with evidence.
    Judge {
        /// Whether it is.
        justified: bool,
        /// Needed if it is not.
        evidence: Option<String>,
    },
    /// What was paid.
    Settle(Settlement),
    /// The action works; perhaps how that is known.
    VerifyAction(Option<String>),
    /// The customer took it back; how that is known.
    Withdraw(String),
}

/// How it is known that a customer says so.
#[derive(Clone, Debug)]
pub enum Evidence {
    /// One of ours tells how.
    Told(String),
    /// The customer clicked on the link.
    Link,
}

impl Act {
    fn step(&self) -> Step {
        match self {
            Self::Acknowledge(_) => Step::Acknowledge,
            Self::Answer { .. } => Step::Answer,
            Self::Confirm(_) => Step::Confirm,
            Self::Reopen(_) => Step::Reopen,
            Self::Judge { .. } => Step::Judge,
            Self::Settle(_) => Step::Settle,
            Self::VerifyAction(_) => Step::VerifyAction,
            Self::Withdraw(_) => Step::Withdraw,
        }
    }
}

/// What a step needs to know of the instance.
#[derive(Clone, Debug)]
pub struct Office {
    /// Where people reach it.
    pub public_url: PublicUrl,
    /// Today, in its time zone.
    pub today: NaiveDate,
}

/// What a step did.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// The complaint's id.
    pub id: i64,
    /// Whether a mail to the customer was queued.
    pub mailed: bool,
}

/// Carries out a step.
///
/// # Errors
///
/// 404, 412, 409 for a step that may not follow ([`life::LifeError`]), 422 for what is said.
pub fn perform(
    conn: &mut Conn,
    writer: &Writer,
    (reference, condition): (&Reference, &IfMatch),
    act: &Act,
    office: &Office,
) -> Answer<Done> {
    let row: Row = edit::standing(conn, reference, &writer.teams)?;
    condition.check(row.version)?;
    let status = life::after(row.values.status()?, act.step())
        .map_err(|error| Error::conflict(error.code(), error.to_string()))?;
    let (id, now) = (row.id, writer.now);
    let mut values = row.values.clone();
    values.aside.actor.clone_from(&writer.actor.name);
    status.word().clone_into(&mut values.life.status);
    let (kind, text) = apply(&row, &mut values, act, (office.today, now))?;
    values.update(conn, id, now)?;
    note_findings(conn, id, Some(&row.values.told), &values, now)?;
    let event = (kind, now, text.as_deref());
    add_event(conn, id, event, (&writer.actor.name, now))?;
    let deed = Deed {
        action: act.step().word(),
        entity: Values::WHAT,
        id: Some(id),
        detail: Some(json!({ "status": status })),
    };
    audit::record(conn, &writer.actor, &deed, now)?;
    let mailed = match (kind, &text) {
        (EventKind::Answered, Some(answer)) => {
            letter::queue(conn, &Row { values, ..row }, answer, office, now)?
        }
        _ => false,
    };
    Ok(Done { id, mailed })
}

/// Notes what the customer wrote where no step can follow; it changes nothing else, but those who look
/// for changes find it.
///
/// # Errors
///
/// 404, 422 for the text.
pub fn note(conn: &mut Conn, writer: &Writer, reference: &Reference, text: &str) -> Answer<i64> {
    let row: Row = edit::standing(conn, reference, &writer.teams)?;
    let (id, now) = (row.id, writer.now);
    let text = told("text", text)?;
    row.values.update(conn, id, now)?;
    let event = (EventKind::Note, now, Some(text.as_str()));
    add_event(conn, id, event, (&writer.actor.name, now))?;
    let deed = Deed {
        action: EventKind::Note.word(),
        entity: Values::WHAT,
        id: Some(id),
        detail: Some(json!({ "status": row.values.life.status })),
    };
    audit::record(conn, &writer.actor, &deed, now)?;
    Ok(id)
}

/// Lays a step over what stands; the event that it is.
fn apply(
    row: &Row,
    values: &mut Values,
    act: &Act,
    (today, now): (NaiveDate, UtcTime),
) -> Answer<(EventKind, Option<String>)> {
    let life = &mut values.life;
    Ok(match act {
        Act::Acknowledge(text) => {
            life.acknowledged_at.get_or_insert(now);
            (EventKind::Acknowledged, optional("text", text.as_deref())?)
        }
        Act::Answer { text, remedy } => {
            life.acknowledged_at.get_or_insert(now);
            life.first_answered_at.get_or_insert(now);
            life.answered_at = Some(now);
            if let Some(remedy) = optional("remedy", remedy.as_deref())? {
                values.told.remedy = Some(remedy);
            }
            (EventKind::Answered, Some(told("text", text)?))
        }
        Act::Confirm(evidence) => {
            life.confirmed_at = Some(now);
            let text = match evidence {
                Evidence::Told(text) => Some(told("evidence", text)?),
                Evidence::Link => None,
            };
            (EventKind::Confirmed, text)
        }
        Act::Reopen(reason) => {
            let due = row.values.severity()?.deadlines(now);
            life.confirmed_at = None;
            life.reopened_at = Some(now);
            life.reopened += 1;
            life.acknowledge_due_at = due.acknowledge;
            life.answer_due_at = due.answer;
            (EventKind::Reopened, optional("reason", reason.as_deref())?)
        }
        Act::Judge {
            justified,
            evidence,
        } => judge(life, *justified, evidence.as_deref())?,
        Act::Settle(settlement) => settle(life, row, *settlement, today)?,
        Act::VerifyAction(text) => {
            if values.told.action.is_none() {
                let detail =
                    "nothing is told that keeps it from happening again: give `action` first";
                return Err(Error::conflict("no_action", detail));
            }
            life.action_verified_at = Some(now);
            (
                EventKind::ActionVerified,
                optional("text", text.as_deref())?,
            )
        }
        Act::Withdraw(evidence) => (EventKind::Withdrawn, Some(told("evidence", evidence)?)),
    })
}

fn judge(
    life: &mut Life,
    justified: bool,
    evidence: Option<&str>,
) -> Answer<(EventKind, Option<String>)> {
    let text = optional("evidence", evidence)?;
    if !justified && text.is_none() {
        let rule = "expected the evidence: a complaint is not called unjustified without";
        return Err(Error::invalid("evidence", "missing", rule));
    }
    life.justified = Some(justified);
    life.evidence.clone_from(&text);
    let kind = if justified {
        EventKind::Justified
    } else {
        EventKind::Unjustified
    };
    Ok((kind, text))
}

fn settle(
    life: &mut Life,
    row: &Row,
    settlement: Settlement,
    today: NaiveDate,
) -> Answer<(EventKind, Option<String>)> {
    let Some(amount) = settlement.claim_amount.or(life.claim_amount) else {
        let rule = "expected what was paid, as nothing is told to be claimed";
        return Err(Error::invalid("claim_amount", "missing", rule));
    };
    let amount = claim(amount).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let day = settlement.settled_on.unwrap_or(today);
    let received_on = row.values.told.received_at.0.date_naive();
    // Its local day of receipt may be the one before or after.
    let first = received_on.pred_opt().unwrap_or(received_on);
    if let Some(rule) = life::settled_day_problem(day, first, today) {
        return Err(Error::invalid("settled_on", "out_of_range", rule));
    }
    // What was claimed stays: what was paid is told by the event.
    life.claim_amount.get_or_insert(amount);
    life.settled_on = Some(day);
    Ok((EventKind::Settled, Some(format!("{amount} on {day}"))))
}

fn told(field: &'static str, text: &str) -> Answer<String> {
    prose(field, text).map_err(Error::Invalid)
}

fn optional(field: &'static str, text: Option<&str>) -> Answer<Option<String>> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => told(field, text).map(Some),
    }
}

/// Whether a complaint may go on by its customer's click: what the page offers.
pub fn offers(status: Status) -> (bool, bool) {
    let may = |step| life::after(status, step).is_ok();
    (may(Step::Confirm), may(Step::Reopen))
}
