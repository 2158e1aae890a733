//! The outbox: mails wait here from the transaction that caused them until a server took them.
//!
//! ```text
//! queued ── claim: lease, attempt + 1 ──> sending ── taken ──────────────> sent
//!    ^                                      │ └───── refused, too old ───> dead ── retry ─┐
//!    │<── lease ran out (the worker died) ──┤                                             │
//!    └<── another attempt after a pause ────┘<────────────────────────────────────────────┘
//! ```
//!
//! Any number of workers and instances may share it: a claim is one `UPDATE` that finds the row free
//! for one of them only. Nothing is sent inside a transaction.
//!
//! Delivery is **at least once**. If the server takes a mail and the process or the database fails
//! before that is written down, the mail is sent again when its lease has run out; it keeps its
//! `Message-ID`, by which mail programs and people recognise the repeat.
//!
//! What was queued is sent, even if its alert was resolved meanwhile: it says what held on its as-of
//! date, and the outbox is the record of what people were told. Only mails to people who were removed
//! or want no more mails are withdrawn (as dead letters), mails of alerts to people who may not see the
//! customer any more, and mails to customers whose cause is over: an invitation that was answered,
//! revoked or closed, a complaint that became somebody else's. While no mail server is configured
//! nothing is sent and mails wait; that they waited is not held against them, only failing for two
//! days is.

use chrono::TimeDelta;

use super::bounce;
use super::mailer::{InlineImage, MailAddress, MessageId, OutgoingMail, SendError};
use super::model::MailStatus;
use super::retry::{Decision, FailureKind, GiveUp, Jitter, MOST_ATTEMPTS, decide};
use crate::access::Teams;
use crate::access::audit::{self, Actor, Deed};
use crate::db::{Conn, Db, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::UnknownLanguage;
use crate::ids::MailId;
use crate::state::Clock;
use crate::telemetry;

mod pace;
mod post;
mod round;
pub mod store;
mod worker;

pub use pace::Place;
pub use post::{BadPost, Post};
pub use worker::Worker;

use round::Round;
use store::{Due, Reach};

/// Why a mail is withdrawn.
const UNWANTED: &str = "the person was removed or wants no more mails, or what it is about is over";

/// What became of the mails that were due.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Delivered {
    /// The server took them.
    pub sent: u64,
    /// They will be tried again.
    pub retried: u64,
    /// They were given up.
    pub dead: u64,
    /// The server's last words, if it could not be used and the rest was left waiting.
    pub stopped_by: Option<String>,
}

impl Delivered {
    /// Whether anything was done.
    pub fn any(&self) -> bool {
        self.sent + self.retried + self.dead > 0
    }
}

/// Sends what is due now, `max` mails at most; returns when that is done.
///
/// # Errors
///
/// The database's. A mail that was sent just before is then sent again later.
pub fn deliver_due(db: &Db, post: &Post, clock: &Clock, max: u64) -> DbResult<Delivered> {
    deliver_while(db, post, clock, max, || true)
}

/// The same, as long as `go_on` says so between two mails.
fn deliver_while(
    db: &Db,
    post: &Post,
    clock: &Clock,
    max: u64,
    go_on: impl Fn() -> bool + Sync,
) -> DbResult<Delivered> {
    Round::new(db, post, clock, max, go_on).run()
}

/// Whether the next mail would fail the same way.
fn blames_server(error: &SendError) -> bool {
    match error.kind {
        FailureKind::Configuration => true,
        FailureKind::Transient => error.code.is_none_or(|code| code == 421),
        FailureKind::Permanent | FailureKind::BadAddress => false,
    }
}

/// Makes one attempt at a claimed mail and writes down what came of it.
fn deliver(
    db: &Db,
    post: &Post,
    clock: &Clock,
    due: &Due,
    go_on: impl Fn() -> bool,
    delivered: &mut Delivered,
) -> DbResult<Option<SendError>> {
    let asked = UtcTime::from(clock.now());
    let (reach, images) = db.read_now(|conn| {
        let reach = store::recipient(conn, &due.cause, asked)?;
        DbResult::Ok((reach, store::images(conn, due.id)?))
    })?;
    let outcome = if let Some(why) = reach.withdrawn() {
        Err(refused(&why))
    } else if due.attempts > i64::from(MOST_ATTEMPTS) {
        // Attempts that ended with the process left no failure to decide by.
        Err(refused("every attempt ended before the server answered"))
    } else {
        compose(due, images, &post.from).and_then(|mail| post.mailer.send(&mail))
    };
    let now = UtcTime::from(clock.now());
    let id = due.id;
    match outcome {
        Ok(receipt) => {
            // What is not written down now is sent again.
            db.write_surely(go_on, |conn| store::sent(conn, id, now))?;
            delivered.sent += 1;
            telemetry::count_mail("sent");
            tracing::info!(mail_id = id.0, code = receipt.code, "Sent mail {id}");
            Ok(None)
        }
        Err(error) => {
            let buried = db.write_surely(go_on, |conn| failed(conn, due, &error, now))?;
            // The server's words may quote the address: they stay in the record of the mail.
            let (kind, code) = (error.kind, error.code);
            if buried {
                delivered.dead += 1;
                telemetry::count_mail("dead");
                tracing::warn!(mail_id = id.0, ?kind, code, "Gave mail {id} up ({kind:?})");
            } else {
                delivered.retried += 1;
                telemetry::count_mail("retried");
                tracing::warn!(mail_id = id.0, ?kind, code, "Mail {id} waits ({kind:?})");
            }
            Ok(Some(error))
        }
    }
}

/// Writes a failure down; whether the mail was given up.
fn failed(conn: &mut Conn, due: &Due, error: &SendError, now: UtcTime) -> DbResult<bool> {
    let attempts = u32::try_from(due.attempts).unwrap_or(u32::MAX);
    // A clock that was set back makes a mail young, not old.
    let since = due.trying_since.unwrap_or(now);
    let age = (now.0 - since.0).to_std().unwrap_or_default();
    let words = match error.code {
        Some(code) if !error.text.starts_with(&code.to_string()) => {
            format!("{code} {}", error.text)
        }
        _ => error.text.clone(),
    };
    match decide(error.kind, attempts, age, jitter(now)) {
        Decision::RetryAfter(pause) => {
            let pause = TimeDelta::from_std(pause).unwrap_or(TimeDelta::hours(2));
            let next = UtcTime::from(now.0 + pause);
            store::postpone(conn, due, next, &words, now)?;
            Ok(false)
        }
        Decision::GiveUp(why) => {
            let words = match why {
                GiveUp::Refused => words,
                GiveUp::TooOld => format!("given up after two days of trying: {words}"),
            };
            store::bury(conn, due, &words, now)?;
            if error.blames_address() {
                let words = format!("refused: {words}");
                bounce::refused(conn, (due.id, &due.to_address), &words, now)?;
            }
            Ok(true)
        }
    }
}

fn jitter(now: UtcTime) -> Jitter {
    // Without random numbers the microseconds of the clock spread mails well enough.
    let bits = getrandom::u64()
        .unwrap_or_else(|_| u64::from(now.0.timestamp_subsec_micros()).rotate_left(44));
    Jitter::from_bits(bits)
}

fn compose(
    due: &Due,
    images: Vec<InlineImage>,
    from: &MailAddress,
) -> Result<OutgoingMail, SendError> {
    let id = |text: &str| MessageId::parse(text).map_err(|error| refused(&error.to_string()));
    let before = due.in_reply_to.as_deref().map(id).transpose()?;
    let chain = due.reply_chain.as_deref().or(due.in_reply_to.as_deref());
    let references = chain.into_iter().flat_map(str::split_whitespace);
    Ok(OutgoingMail {
        message_id: id(&due.message_id)?,
        date: due.created_at.0,
        from: from.clone(),
        to: MailAddress::parse(&due.to_address, Some(&due.to_name))?,
        subject: due.subject.clone(),
        text: due.text.clone(),
        html: due.html.clone(),
        images,
        references: references.map(id).collect::<Result<_, _>>()?,
        in_reply_to: before,
        unsubscribe_url: due.unsubscribe_url.clone(),
        language: due
            .language
            .parse()
            .map_err(|error: UnknownLanguage| refused(&error.to_string()))?,
    })
}

impl Reach {
    /// Why a mail to this person is not sent, if it is not.
    fn withdrawn(&self) -> Option<String> {
        match self {
            Self::At { .. } => None,
            Self::Nowhere => Some(UNWANTED.to_owned()),
            Self::Failing(why) => Some(format!("mails to this address come back: {why}")),
        }
    }
}

/// A mail that another attempt would not help.
fn refused(why: &str) -> SendError {
    SendError {
        kind: FailureKind::Permanent,
        code: None,
        text: why.to_owned(),
    }
}

/// What became of the dead letters that were to be sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Retried {
    /// They are queued.
    pub queued: u64,
    /// They stay dead: they would be withdrawn.
    pub left: u64,
}

/// Puts every dead letter that can go somewhere back into the queue, as [`retry`] does.
///
/// # Errors
///
/// The database's.
pub fn retry_all(conn: &mut Conn, actor: &Actor, now: UtcTime) -> DbResult<Retried> {
    let mut retried = Retried::default();
    for id in store::dead(conn)? {
        match store::requeue(conn, id, now)? {
            Reach::At { .. } => retried.queued += 1,
            Reach::Nowhere | Reach::Failing(_) => retried.left += 1,
        }
    }
    let deed = Deed {
        action: "retried",
        entity: "mail",
        id: None,
        detail: Some(serde_json::json!(retried)),
    };
    audit::record(conn, actor, &deed, now)?;
    Ok(retried)
}

/// Puts a dead letter back into the queue, to the person's address of today.
///
/// # Errors
///
/// 404 if there is no such mail, 409 if it is no dead letter, its recipient was removed, its cause is
/// over, or mails to the address come back.
pub fn retry(
    conn: &mut Conn,
    id: i64,
    teams: &Teams,
    actor: &Actor,
    now: UtcTime,
) -> Answer<store::Mail> {
    let mail = store::find(conn, id, teams)?.ok_or_else(|| Error::not_found("mail", id))?;
    if mail.status != MailStatus::Dead.word() {
        return Err(Error::conflict(
            "not_dead",
            format!(
                "the mail is {}, only a dead letter can be sent again",
                mail.status
            ),
        ));
    }
    match store::requeue(conn, MailId(id), now)? {
        Reach::At { .. } => {}
        Reach::Nowhere => return Err(Error::conflict("recipient_removed", UNWANTED)),
        Reach::Failing(why) => {
            let detail = format!(
                "mails to the address come back ({why}): change it, or clear it if it is right"
            );
            return Err(Error::conflict("address_fails", detail));
        }
    }
    let deed = Deed {
        action: "retried",
        entity: "mail",
        id: Some(id),
        detail: None,
    };
    audit::record(conn, actor, &deed, now)?;
    store::find(conn, id, teams)?.ok_or_else(|| Error::not_found("mail", id))
}
