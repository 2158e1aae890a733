//! What people do with an alert.
//!
//! ```text
//!            acknowledge          snooze
//!   open ───────────────> acknowledged ───> snoozed ── wake, wake_due ──> open
//!     ^                        │               │
//!     └── reopen ── resolved <─┴── resolve ────┘
//! ```
//!
//! Every deed is checked against the version that the person knows, written into the alert's history
//! and recorded, in one transaction. Doing what is done already changes nothing.

use chrono::{NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use super::model::{AlertDeed, AlertSeverity, AlertState, Settlement};
use super::store::history::{self, Change};
use super::store::life::{self as rows, Standing};
use super::store::{self, Alert, nonce};
use crate::access::audit::{self, Actor, Deed};
use crate::access::store::User;
use crate::access::{Teams, store as people};
use crate::api::etag::IfMatch;
use crate::api::request_id;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::{AlertId, UserId};
use crate::problem::FieldProblem;

/// An alert can be left alone for so many days.
pub const SNOOZE_DAYS: i64 = 365;
/// Characters of a note at most.
pub const NOTE: usize = 2_000;

/// The moment at which a day begins in a time zone; in UTC where the clocks skip it.
pub fn beginning_of(day: NaiveDate, zone: Tz) -> UtcTime {
    let midnight = day.and_time(NaiveTime::MIN);
    let local = midnight.and_local_timezone(zone).earliest();
    local
        .map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
        .into()
}

/// Who does something, and what they may see.
#[derive(Clone, Debug)]
pub struct Person {
    /// Whom the audit log names.
    pub actor: Actor,
    /// Whose customers they may see.
    pub teams: Teams,
    /// What they know of the alert.
    pub condition: IfMatch,
    /// Which of our people it is; `None` behind a key or a command, which several may use.
    pub user: Option<UserId>,
}

impl Person {
    /// Somebody at the command line of the machine.
    pub fn cli() -> Self {
        Self {
            actor: Actor::cli(),
            teams: Teams::All,
            condition: IfMatch::Absent,
            user: None,
        }
    }

    /// One of our people, who sees the customers of the own team, or without one all.
    pub fn user(user: &User) -> Self {
        Self {
            actor: Actor {
                name: format!("user:{}", user.id),
                request_id: request_id::current(),
            },
            teams: sees(user),
            condition: IfMatch::Absent,
            user: Some(user.id),
        }
    }
}

/// Whose customers one of our people may see.
pub fn sees(user: &User) -> Teams {
    user.team_id
        .map_or(Teams::All, |team| Teams::Only(vec![team]))
}

/// Notes that somebody is at it, and gives it to that person if nobody has it. A snoozed alert is
/// awake then.
///
/// # Errors
///
/// 404 if there is no such alert for this person, 409 if it is resolved, 412 if it has changed.
pub fn acknowledge(conn: &mut Conn, id: i64, person: &Person, now: UtcTime) -> Answer<Alert> {
    let alert = standing(conn, id, person)?;
    if alert.state == AlertState::Acknowledged.word() {
        return Ok(alert);
    }
    let owner = alert.owner_id.or(person.user);
    let given = person.user.filter(|_| alert.owner_id.is_none());
    let to = Standing {
        state: AlertState::Acknowledged.word().to_owned(),
        owner_id: owner.map(|owner| owner.0),
        snoozed_until: None,
        acknowledged_at: alert.acknowledged_at.or(Some(now)),
        ..Standing::of(&alert)
    };
    let detail = given.map(|user| json!({"user_id": user}));
    change(
        conn,
        (&alert, &to),
        person,
        (AlertDeed::Acknowledged, detail),
        now,
    )
}

/// Leaves it alone until a point in time, or until it has become worse.
///
/// # Errors
///
/// As [`acknowledge`]; 422 if `until` is not in the future, or more than [`SNOOZE_DAYS`] ahead.
pub fn snooze(
    conn: &mut Conn,
    id: i64,
    until: UtcTime,
    person: &Person,
    now: UtcTime,
) -> Answer<Alert> {
    let alert = standing(conn, id, person)?;
    if until <= now || until.0 > now.0 + TimeDelta::days(SNOOZE_DAYS) {
        let rule = format!("expected a time in the future, at most {SNOOZE_DAYS} days ahead");
        return Err(Error::Invalid(vec![FieldProblem::new(
            "until",
            "out_of_range",
            rule,
        )]));
    }
    let to = Standing {
        state: AlertState::Snoozed.word().to_owned(),
        snoozed_until: Some(until),
        ..Standing::of(&alert)
    };
    if to == Standing::of(&alert) {
        return Ok(alert);
    }
    let detail = Some(json!({"until": until}));
    change(
        conn,
        (&alert, &to),
        person,
        (AlertDeed::Snoozed, detail),
        now,
    )
}

/// Ends the snoozing; the next step has a new day then, counted from `today`.
///
/// # Errors
///
/// As [`acknowledge`]; 409 `not_snoozed`.
pub fn wake(
    conn: &mut Conn,
    id: i64,
    person: &Person,
    (now, today): (UtcTime, NaiveDate),
) -> Answer<Alert> {
    let alert = standing(conn, id, person)?;
    if alert.state != AlertState::Snoozed.word() {
        let state = &alert.state;
        let detail = format!("alert {id} is {state}, not snoozed");
        return Err(Error::conflict("not_snoozed", detail));
    }
    let to = Standing {
        state: AlertState::Open.word().to_owned(),
        snoozed_until: None,
        ..Standing::of(&alert)
    };
    rows::renew(conn, alert.id, severity_of(&alert.severity)?, today)?;
    change(conn, (&alert, &to), person, (AlertDeed::Woken, None), now)
}

/// Gives it to one of our people, or to nobody.
///
/// # Errors
///
/// As [`acknowledge`]; 422 for a user who does not exist (`unknown`) or may not see the customer
/// (`other_team`).
pub fn assign(
    conn: &mut Conn,
    id: i64,
    to: Option<UserId>,
    person: &Person,
    now: UtcTime,
) -> Answer<Alert> {
    let alert = standing(conn, id, person)?;
    if let Some(user) = to {
        check_owner(conn, &alert, user)?;
    }
    if alert.owner_id == to {
        return Ok(alert);
    }
    let after = Standing {
        owner_id: to.map(|user| user.0),
        ..Standing::of(&alert)
    };
    let detail = Some(json!({"user_id": to}));
    change(
        conn,
        (&alert, &after),
        person,
        (AlertDeed::Assigned, detail),
        now,
    )
}

fn check_owner(conn: &mut Conn, alert: &Alert, user: UserId) -> Answer<()> {
    let refuse = |code, rule: &str| {
        let problem = FieldProblem::new("user_id", code, rule);
        Err(Error::Invalid(vec![problem]))
    };
    let Some(found) = people::user(conn, user.0)? else {
        return refuse("unknown", "expected the id of a user who is not removed");
    };
    if sees(&found).allow(alert.team_id) {
        Ok(())
    } else {
        let rule = "expected a user of the customer's team, or one without a team";
        refuse("other_team", rule)
    }
}

/// Why an alert is ended.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// In a word.
    pub settlement: Settlement,
    /// In more words.
    pub note: Option<String>,
}

impl From<Settlement> for Resolution {
    fn from(settlement: Settlement) -> Self {
        Self {
            settlement,
            note: None,
        }
    }
}

/// Ends it. Later runs open another one only if something new happens (see [`rules`](super::rules)).
///
/// # Errors
///
/// As [`acknowledge`]; 422 for a note of more than [`NOTE`] characters.
pub fn resolve(
    conn: &mut Conn,
    id: i64,
    resolution: &Resolution,
    person: &Person,
    now: UtcTime,
) -> Answer<Alert> {
    let alert = standing(conn, id, person)?;
    let note = checked(resolution.note.as_deref())?;
    let to = Standing {
        state: AlertState::Resolved.word().to_owned(),
        snoozed_until: None,
        resolution: Some(resolution.settlement.word().to_owned()),
        resolved_at: Some(now),
        ..Standing::of(&alert)
    };
    let mut detail = json!({"resolution": resolution.settlement});
    if let (Some(note), Some(fields)) = (note, detail.as_object_mut()) {
        fields.insert("note".to_owned(), note.into());
    }
    change(
        conn,
        (&alert, &to),
        person,
        (AlertDeed::Resolved, Some(detail)),
        now,
    )
}

/// A note without the white space around it; `None` where nothing is left.
fn checked(note: Option<&str>) -> Answer<Option<&str>> {
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > NOTE || note.contains('\0')) {
        let rule = format!("expected at most {NOTE} characters, none of them NUL");
        let problem = FieldProblem::new("note", "bad_text", rule);
        return Err(Error::Invalid(vec![problem]));
    }
    Ok(note)
}

/// Opens a resolved alert again; the links in its old mails open nothing any more, and the next step
/// has a new day, counted from `today`.
///
/// # Errors
///
/// As [`acknowledge`]; 409 `not_resolved`, or `another_open` if another alert of the same customer,
/// reason and subject is not resolved.
pub fn reopen(
    conn: &mut Conn,
    id: i64,
    person: &Person,
    (now, today): (UtcTime, NaiveDate),
) -> Answer<Alert> {
    rows::exclude(conn)?;
    let alert = found(conn, id, person)?;
    person.condition.check(alert.version)?;
    if alert.state != AlertState::Resolved.word() {
        let detail = format!("alert {id} is {}, not resolved", alert.state);
        return Err(Error::conflict("not_resolved", detail));
    }
    if rows::another_stands(conn, &alert)? {
        let detail = format!("another alert stands where alert {id} stood");
        return Err(Error::conflict("another_open", detail));
    }
    let to = Standing {
        state: AlertState::Open.word().to_owned(),
        resolution: None,
        resolved_at: None,
        reopened: alert.reopened + 1,
        ..Standing::of(&alert)
    };
    let fresh = store::fresh_nonce().map_err(Error::internal)?;
    nonce::set_nonce(conn, alert.id, &fresh)?;
    rows::renew(conn, alert.id, severity_of(&alert.severity)?, today)?;
    let detail = alert.resolution.as_ref();
    let detail = detail.map(|why| json!({"resolution_before": why}));
    change(
        conn,
        (&alert, &to),
        person,
        (AlertDeed::Reopened, detail),
        now,
    )
}

/// Opens the alerts whose snoozing is over, with a new day for the next step; which they are.
///
/// # Errors
///
/// The database's.
pub fn wake_due(conn: &mut Conn, now: UtcTime, today: NaiveDate) -> DbResult<Vec<AlertId>> {
    let mut woken = Vec::new();
    for (id, severity) in rows::slept_out(conn, now)? {
        if !rows::wake(conn, id, now)? {
            continue;
        }
        let severity = severity_of(&severity)?;
        rows::renew(conn, id, severity, today)?;
        let change = Change {
            alert: id,
            actor: "check",
            deed: AlertDeed::Woken,
            state: AlertState::Open,
            severity,
            measure: None,
            run: None,
            detail: None,
        };
        history::note(conn, &change, now)?;
        woken.push(id);
    }
    Ok(woken)
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

fn severity_of(word: &str) -> DbResult<AlertSeverity> {
    AlertSeverity::parse(word).ok_or_else(|| DbError::corrupt("alerts.severity", word))
}

/// Writes what was done, notes it and records it.
fn change(
    conn: &mut Conn,
    (alert, to): (&Alert, &Standing),
    person: &Person,
    (deed, detail): (AlertDeed, Option<Json>),
    now: UtcTime,
) -> Answer<Alert> {
    if !rows::set(conn, alert, to, now)? {
        // Somebody was faster between our reading and our writing.
        let now = found(conn, alert.id.0, person)?;
        return Err(Error::PreconditionFailed {
            now: crate::api::etag::of(now.version),
        });
    }
    let noted = Change {
        alert: alert.id,
        actor: &person.actor.name,
        deed,
        state: AlertState::parse(&to.state)
            .ok_or_else(|| DbError::corrupt("alerts.state", &to.state))?,
        severity: severity_of(&alert.severity)?,
        measure: None,
        run: None,
        detail: detail.clone(),
    };
    history::note(conn, &noted, now)?;
    let recorded = Deed {
        action: deed.word(),
        entity: "alert",
        id: Some(alert.id.0),
        detail,
    };
    audit::record(conn, &person.actor, &recorded, now)?;
    found(conn, alert.id.0, person)
}
