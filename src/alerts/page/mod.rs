//! The pages behind the links in an alert's mails.
//!
//! ```text
//! /a/TICKET        ─ GET: what the alert is, one button    ─ POST: done, as the person it was mailed to
//! /a/mails/TICKET  ─ GET: how alerts are mailed to you     ─ POST: changed; mail programs POST here (RFC 8058)
//! ```
//!
//! The first kind names one deed, one alert and one person, and ends after [`DAYS`] days, or when the
//! alert is opened again.

pub mod http;
mod mails;
mod store;
mod view;
mod words;

pub use mails::Wish;

use chrono::TimeDelta;

use crate::access::ticket::{Grant, Purpose, Signer};
use crate::db::UtcTime;
use crate::ids::{AlertId, UserId};
use crate::mail::public_url::PublicUrl;

/// How long a link in a mail works, in days.
pub const DAYS: i64 = 14;

/// What the mail of an alert links to; each leads to a page that asks before it acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// Say that one is at it.
    pub acknowledge: String,
    /// Leave it alone for a while.
    pub snooze: String,
    /// Resolve it.
    pub resolve: String,
}

/// The links of an alert that has this nonce, for a person; they end [`DAYS`] days after `now`.
pub fn links(
    signer: &Signer,
    public_url: &PublicUrl,
    alert: AlertId,
    nonce: &str,
    user: UserId,
    now: UtcTime,
) -> Links {
    let grant = Grant {
        id: alert.0,
        user: user.0,
        expires: (now.0 + TimeDelta::days(DAYS)).timestamp(),
    };
    let to = |purpose| {
        let ticket = signer.granting(purpose, grant, nonce);
        public_url.page(&format!("a/{ticket}"))
    };
    Links {
        acknowledge: to(Purpose::AlertAcknowledge),
        snooze: to(Purpose::AlertSnooze),
        resolve: to(Purpose::AlertResolve),
    }
}

/// Where a person who has this nonce changes how alerts are mailed, for `List-Unsubscribe` too: it
/// works until the nonce changes.
pub fn unsubscribe_url(
    signer: &Signer,
    public_url: &PublicUrl,
    user: UserId,
    nonce: &str,
) -> String {
    let ticket = signer.ticket(Purpose::AlertMails, user.0, nonce);
    public_url.page(&format!("a/mails/{ticket}"))
}
