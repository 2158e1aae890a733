//! Makes attempts at what is due, and writes down what came of them.
//!
//! ```text
//! queued ── claim: lease, attempt + 1 ──> request ── 2xx ────────────────> delivered
//!    ^                                      │ ├───── 410, five days bad ─> dead, endpoint off
//!    │<── lease ran out (the process died) ─┤ └───── tenth failure ─────> dead ── replay ─┐
//!    └<── another attempt after a pause ────┘<──────────────────────────────────────────────┘
//! ```
//!
//! Any number of threads and instances may share the queue: a claim is one `UPDATE` that finds the row
//! free for one of them only, and no other row of its endpoint taken. No request is made inside a
//! transaction.

use std::time::Instant;

use chrono::TimeDelta;
use serde_json::Value as Json;

use super::model::{DeliveryStatus, DisabledReason, Envelope};
use super::payload::{self, Told};
use super::retry::{self, MOST_ATTEMPTS};
use super::secret::Secret;
use super::sender::{NoReply, Reply, Request, Sender};
use super::store::deliveries::{self, Attempt, Due};
use super::store::{endpoints, events};
use crate::db::{Conn, DbResult, UtcTime};
use crate::state::AppState;

/// A lease is longer than any attempt by this.
const LEASE_RESERVE: TimeDelta = TimeDelta::seconds(60);
/// So often others may be faster before a round ends.
const TRIES: usize = 50;
/// An endpoint that fails for so long is switched off …
const PATIENCE: TimeDelta = TimeDelta::days(5);
/// … if so many requests failed meanwhile: a single one long ago says little.
const FAILURES: i64 = 10;
/// Old events deleted in one transaction.
const FORGET: i64 = 1000;

/// What became of the deliveries that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Delivered {
    /// The endpoints took them.
    pub delivered: u64,
    /// They will be tried again.
    pub retried: u64,
    /// They were given up.
    pub dead: u64,
}

/// Sends what is due now, on the calling thread.
///
/// # Errors
///
/// The database's. A delivery that was made just before is then made again later.
pub fn deliver_due(state: &AppState, sender: &Sender) -> DbResult<Delivered> {
    deliver_while(state, sender, || true)
}

/// The same, as long as `go_on` says so before each request.
///
/// # Errors
///
/// As there.
pub fn deliver_while(
    state: &AppState,
    sender: &Sender,
    go_on: impl Fn() -> bool,
) -> DbResult<Delivered> {
    let mut counted = Delivered::default();
    while go_on() {
        let Some(due) = next(state, sender)? else {
            break;
        };
        attempt(state, sender, &due, &go_on, &mut counted)?;
    }
    Ok(counted)
}

/// Takes the delivery that has been due for longest.
fn next(state: &AppState, sender: &Sender) -> DbResult<Option<Due>> {
    let now = UtcTime::from(state.clock.now());
    let timeout = TimeDelta::from_std(sender.timeout()).unwrap_or(TimeDelta::minutes(1));
    let lease = UtcTime::from(now.0 + timeout + LEASE_RESERVE);
    for _ in 0..TRIES {
        // Read anew after every defeat: the endpoint of the next one may be the one just taken.
        let found = (state.db).read_now(|conn| deliveries::due(conn, now, 1))?;
        let Some(id) = found.first().copied() else {
            break;
        };
        if let Some(due) = state
            .db
            .write_now(|conn| deliveries::claim(conn, id, now, lease))?
        {
            return Ok(Some(due));
        }
    }
    Ok(None)
}

fn attempt(
    state: &AppState,
    sender: &Sender,
    due: &Due,
    go_on: impl Fn() -> bool,
    counted: &mut Delivered,
) -> DbResult<()> {
    let at = UtcTime::from(state.clock.now());
    let begun = Instant::now();
    let outcome = request(state, sender, due, at);
    let millis = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    let now = UtcTime::from(state.clock.now());
    let record = Attempt {
        at,
        code: outcome.as_ref().ok().map(|reply| i64::from(reply.code)),
        millis,
        error: outcome.as_ref().err().map(ToString::to_string),
        answer: outcome
            .as_ref()
            .ok()
            .map(|reply| reply.text.clone())
            .filter(|text| !text.is_empty()),
    };
    let verdict = verdict(due, &outcome, now);
    // What is not written down now is sent again.
    let status = state.db.write_surely(go_on, |conn| {
        // Whoever claims or edits locks the endpoint first, too.
        endpoints::lock(conn, due.endpoint_id)?;
        deliveries::log(conn, due.id, &record)?;
        settle(conn, due, &verdict, (at, now))
    })?;
    let (delivery, code) = (due.id, record.code);
    match status {
        DeliveryStatus::Delivered => counted.delivered += 1,
        DeliveryStatus::Queued => {
            counted.retried += 1;
            tracing::warn!(
                delivery,
                code,
                "Webhook delivery {delivery} failed; it waits"
            );
        }
        DeliveryStatus::Dead => {
            counted.dead += 1;
            tracing::warn!(delivery, code, "Gave webhook delivery {delivery} up");
        }
    }
    Ok(())
}

/// Signs and posts.
fn request(state: &AppState, sender: &Sender, due: &Due, at: UtcTime) -> Result<Reply, NoReply> {
    let broken = |what: &str| NoReply(format!("the stored {what} makes no sense"));
    if due.attempts > MOST_ATTEMPTS {
        // Attempts that ended with the process left no failure to decide by.
        return Err(NoReply("every attempt ended before an answer came".into()));
    }
    let envelope = Envelope::parse(&due.envelope).ok_or_else(|| broken("envelope"))?;
    let data: Json = serde_json::from_str(&due.data).map_err(|_| broken("event"))?;
    let told = Told {
        uid: &due.uid,
        kind: &due.kind,
        occurred_at: due.occurred_at,
        data,
    };
    let body = payload::body(envelope, &told, &state.config.public_url).to_string();
    let timestamp = at.0.timestamp();
    let signatures: Vec<String> = secrets(due, at)
        .map(|text| {
            Secret::parse(text)
                .map(|secret| secret.sign(&due.uid, timestamp, &body))
                .map_err(|_| broken("secret"))
        })
        .collect::<Result<_, _>>()?;
    sender.send(&Request {
        url: &due.url,
        id: &due.uid,
        timestamp,
        signature: &signatures.join(" "),
        content_type: payload::content_type(envelope),
        body: &body,
    })
}

/// What signs: the secret, and the one before it until its time is over.
fn secrets(due: &Due, at: UtcTime) -> impl Iterator<Item = &str> {
    let old = due.old_secret.as_deref();
    let old = old.filter(|_| due.old_secret_until.is_some_and(|until| at < until));
    std::iter::once(due.secret.as_str()).chain(old)
}

/// What an attempt means for the delivery.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Delivered,
    Again(UtcTime, String),
    Dead(String),
    Gone,
}

fn verdict(due: &Due, outcome: &Result<Reply, NoReply>, now: UtcTime) -> Verdict {
    let (words, asked) = match outcome {
        Ok(reply) if (200..300).contains(&reply.code) => return Verdict::Delivered,
        Ok(reply) if reply.code == 410 => return Verdict::Gone,
        Ok(reply) => {
            let asked = reply
                .retry_after
                .as_deref()
                .filter(|_| matches!(reply.code, 429 | 503))
                .and_then(|value| retry::retry_after(value, now.0));
            (said(reply.code), asked)
        }
        Err(error) => (error.to_string(), None),
    };
    match retry::pause(due.attempts, random(now), asked) {
        Some(pause) => Verdict::Again(UtcTime::from(now.0 + pause), words),
        None => Verdict::Dead(format!("given up after {} attempts: {words}", due.attempts)),
    }
}

fn said(code: u16) -> String {
    if (300..400).contains(&code) {
        format!("HTTP {code}: redirects are not followed")
    } else {
        format!("HTTP {code}")
    }
}

/// A number in [0, 1).
fn random(now: UtcTime) -> f64 {
    // Without random numbers the microseconds of the clock spread deliveries well enough.
    let bits = getrandom::u32().unwrap_or_else(|_| now.0.timestamp_subsec_micros().rotate_left(12));
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

/// Writes a verdict down: what became of the delivery, and what is held against its endpoint for the
/// request made at `at`, if that is still where it was.
fn settle(
    conn: &mut Conn,
    due: &Due,
    verdict: &Verdict,
    (at, now): (UtcTime, UtcTime),
) -> DbResult<DeliveryStatus> {
    let is_there = endpoints::is_at(conn, due.endpoint_id, &due.url)?;
    let status = match verdict {
        Verdict::Delivered => {
            deliveries::delivered(conn, due.id, now)?;
            if is_there {
                endpoints::forgive(conn, due.endpoint_id)?;
            }
            return Ok(DeliveryStatus::Delivered);
        }
        Verdict::Gone if is_there => {
            deliveries::failed(conn, due, None, "HTTP 410: the endpoint is gone", now)?;
            switch_off(conn, due.endpoint_id, DisabledReason::Gone, now)?;
            return Ok(DeliveryStatus::Dead);
        }
        Verdict::Gone => {
            let words = "HTTP 410 from an address that the endpoint has left";
            deliveries::failed(conn, due, Some(now), words, now)?;
            DeliveryStatus::Queued
        }
        Verdict::Again(next, words) => {
            deliveries::failed(conn, due, Some(*next), words, now)?;
            DeliveryStatus::Queued
        }
        Verdict::Dead(words) => {
            deliveries::failed(conn, due, None, words, now)?;
            DeliveryStatus::Dead
        }
    };
    if is_there {
        blame(conn, due.endpoint_id, (at, now))?;
    }
    Ok(status)
}

/// Holds a failure against an endpoint, and switches it off if that was one too many.
fn blame(conn: &mut Conn, id: i64, (at, now): (UtcTime, UtcTime)) -> DbResult<()> {
    let Some(since) = endpoints::fails(conn, id, at)? else {
        return Ok(());
    };
    let enough = usize::try_from(FAILURES).unwrap_or(usize::MAX);
    if now.0 - since.0 >= PATIENCE && deliveries::made_since(conn, id, since, FAILURES)? >= enough {
        switch_off(conn, id, DisabledReason::Failing, now)?;
    }
    Ok(())
}

/// Switches an endpoint off and gives up what waits for it.
fn switch_off(conn: &mut Conn, id: i64, why: DisabledReason, now: UtcTime) -> DbResult<()> {
    endpoints::disable(conn, id, why, now)?;
    let words = match why {
        DisabledReason::Gone => "the endpoint was switched off: it answered 410",
        DisabledReason::Failing => "the endpoint was switched off: it failed for five days",
    };
    let buried = deliveries::bury_all(conn, id, words, now)?;
    tracing::warn!(
        webhook = id,
        buried,
        "Webhook {id} is switched off ({why}); {buried} deliveries were given up"
    );
    Ok(())
}

/// Forgets old events that nobody waits for, and the secrets whose time is over; how many events.
///
/// # Errors
///
/// The database's.
pub fn forget_old(state: &AppState) -> DbResult<usize> {
    forget_while(state, || true)
}

/// The same, as long as `go_on` says so between two transactions.
///
/// # Errors
///
/// As there.
pub fn forget_while(state: &AppState, go_on: impl Fn() -> bool) -> DbResult<usize> {
    let now = UtcTime::from(state.clock.now());
    (state.db).write_now(|conn| endpoints::forget_secrets(conn, now))?;
    let days = i64::from(state.config.webhooks.retention_days);
    let until = UtcTime::from(now.0 - TimeDelta::days(days));
    let mut forgotten = 0;
    while go_on() {
        let some = state
            .db
            .write_now(|conn| events::forget(conn, until, FORGET))?;
        forgotten += some;
        if some == 0 {
            break;
        }
    }
    Ok(forgotten)
}
