//! What people do with an alert: see it, resolve it.

use serde_json::json;

use super::model::{AlertState, Settlement};
use super::store::{self, Alert};
use crate::access::Teams;
use crate::access::audit::{self, Actor, Deed};
use crate::api::etag::IfMatch;
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error};

/// Who does something, and what they may see.
#[derive(Clone, Debug)]
pub struct Person {
    /// Whom the audit log names.
    pub actor: Actor,
    /// Whose customers they may see.
    pub teams: Teams,
    /// What they know of the alert.
    pub condition: IfMatch,
}

impl Person {
    /// Somebody at the command line of the machine.
    pub fn cli() -> Self {
        Self {
            actor: Actor::cli(),
            teams: Teams::All,
            condition: IfMatch::Absent,
        }
    }
}

/// Notes that somebody is at it. Doing so twice changes nothing.
///
/// # Errors
///
/// 404 if there is no such alert for this person, 409 if it is resolved, 412 if it has changed.
pub fn acknowledge(conn: &mut Conn, id: i64, person: &Person, now: UtcTime) -> Answer<Alert> {
    let alert = standing(conn, id, person)?;
    if alert.state == AlertState::Acknowledged.word() {
        return Ok(alert);
    }
    if !store::acknowledge(conn, &alert, now)? {
        return Err(changed(conn, id, person));
    }
    record(conn, id, person, ("acknowledged", None), now)?;
    found(conn, id, person)
}

/// Ends it. Later runs open another one only if something new happens (see [`rules`](super::rules)).
///
/// # Errors
///
/// 404 if there is no such alert for this person, 409 if it is resolved, 412 if it has changed.
pub fn resolve(
    conn: &mut Conn,
    id: i64,
    settlement: Settlement,
    person: &Person,
    now: UtcTime,
) -> Answer<Alert> {
    let alert = standing(conn, id, person)?;
    if !store::resolve(conn, &alert, settlement, now)? {
        return Err(changed(conn, id, person));
    }
    record(conn, id, person, ("resolved", Some(settlement)), now)?;
    found(conn, id, person)
}

/// The alert, if it is not resolved and is what the person thinks it is.
fn standing(conn: &mut Conn, id: i64, person: &Person) -> Answer<Alert> {
    let alert = found(conn, id, person)?;
    person.condition.check(alert.version)?;
    if alert.state == AlertState::Resolved.word() {
        let why = alert.resolution.unwrap_or_default();
        return Err(Error::conflict(
            "already_resolved",
            format!("alert {id} is resolved already: {why}"),
        ));
    }
    Ok(alert)
}

fn found(conn: &mut Conn, id: i64, person: &Person) -> Answer<Alert> {
    store::find(conn, id, &person.teams)?.ok_or_else(|| Error::not_found("alert", id))
}

/// Somebody was faster between our reading and our writing.
fn changed(conn: &mut Conn, id: i64, person: &Person) -> Error {
    match found(conn, id, person) {
        Ok(alert) => Error::PreconditionFailed {
            now: crate::api::etag::of(alert.version),
        },
        Err(error) => error,
    }
}

fn record(
    conn: &mut Conn,
    id: i64,
    person: &Person,
    (action, settlement): (&str, Option<Settlement>),
    now: UtcTime,
) -> Answer<()> {
    let deed = Deed {
        action,
        entity: "alert",
        id: Some(id),
        detail: settlement.map(|settlement| json!({"resolution": settlement})),
    };
    Ok(audit::record(conn, &person.actor, &deed, now)?)
}
