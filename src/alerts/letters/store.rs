//! What telling people of alerts reads and writes.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use chrono_tz::Tz;
use diesel::prelude::*;

use crate::access::preferences::Frequency;
use crate::alerts::model::{AlertDeed, AlertSeverity};
use crate::db::schema::{alerts, digest_entries, mails, users};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::i18n::Language;
use crate::ids::{AlertId, MailId, UserId};
use crate::mail::model::MailKind;

/// Somebody who is told of alerts.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct Recipient {
    pub id: UserId,
    pub name: String,
    pub email: String,
    language: String,
    pub team_id: Option<i64>,
    mail_high: String,
    mail_medium: String,
    mail_low: String,
    time_zone: Option<String>,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    pub mail_budget: Option<i64>,
}

impl Recipient {
    pub fn language(&self) -> DbResult<Language> {
        self.language
            .parse()
            .map_err(|error| DbError::corrupt("users.language", error))
    }

    /// How alerts of this severity are told.
    pub fn frequency(&self, severity: AlertSeverity) -> DbResult<Frequency> {
        let (what, word) = match severity {
            AlertSeverity::High => ("users.mail_high", &self.mail_high),
            AlertSeverity::Medium => ("users.mail_medium", &self.mail_medium),
            AlertSeverity::Low => ("users.mail_low", &self.mail_low),
        };
        Frequency::parse(word).ok_or_else(|| DbError::corrupt(what, word))
    }

    pub fn zone(&self, instance: Tz) -> DbResult<Tz> {
        zone(self.time_zone.as_deref(), instance)
    }

    /// From and until which minute of the day nothing is sent.
    pub fn quiet(&self) -> Option<(i64, i64)> {
        self.quiet_from.zip(self.quiet_until)
    }
}

/// A person's zone; the instance's without one.
pub fn zone(kept: Option<&str>, instance: Tz) -> DbResult<Tz> {
    kept.map_or(Ok(instance), |name| {
        Tz::from_str(name).map_err(|error| DbError::corrupt("users.time_zone", error))
    })
}

/// Everybody who wants alerts mailed, with whether mails to them come back.
pub fn recipients(conn: &mut Conn) -> DbResult<Vec<(Recipient, bool)>> {
    let rows: Vec<(Recipient, Option<UtcTime>)> = on!(conn, |c| users::table
        .filter(users::mail_alerts.eq(true))
        .filter(users::deleted_at.is_null())
        .order(users::id)
        .select((Recipient::as_select(), users::mail_failed_at))
        .load(c))?;
    let known = |(recipient, failed): (Recipient, Option<UtcTime>)| (recipient, failed.is_some());
    Ok(rows.into_iter().map(known).collect())
}

/// The mails of an alert to somebody, the oldest first, by their `Message-ID`.
pub fn thread(conn: &mut Conn, alert: AlertId, user: UserId) -> DbResult<Vec<String>> {
    Ok(on!(conn, |c| mails::table
        .filter(mails::alert_id.eq(alert.0))
        .filter(mails::user_id.eq(user.0))
        .order(mails::id)
        .select(mails::message_id)
        .load(c))?)
}

/// What the alert measured when people were last told, and when that was; `None` if they never were.
pub fn told_before(conn: &mut Conn, alert: AlertId) -> DbResult<Option<(f64, UtcTime)>> {
    let measure: Option<f64> = on!(conn, |c| alerts::table
        .find(alert.0)
        .select(alerts::measure_mailed)
        .first(c)
        .optional())?
    .flatten();
    let mailed: Option<UtcTime> = on!(conn, |c| mails::table
        .filter(mails::alert_id.eq(alert.0))
        .order(mails::id.desc())
        .select(mails::created_at)
        .first(c)
        .optional())?;
    let noted: Option<UtcTime> = on!(conn, |c| digest_entries::table
        .filter(digest_entries::alert_id.eq(alert.0))
        .order(digest_entries::id.desc())
        .select(digest_entries::created_at)
        .first(c)
        .optional())?;
    let at = match (mailed, noted) {
        (Some(mailed), Some(noted)) => Some(if mailed.0 > noted.0 { mailed } else { noted }),
        (mailed, noted) => mailed.or(noted),
    };
    Ok(measure.zip(at))
}

/// How many mails alerts have sent everybody since then; who got none is not in it.
pub fn mails_since(conn: &mut Conn, since: UtcTime) -> DbResult<BTreeMap<i64, i64>> {
    let rows: Vec<(Option<i64>, i64)> = on!(conn, |c| mails::table
        .filter(mails::kind.eq(MailKind::Alert.word()))
        .filter(mails::user_id.is_not_null())
        .filter(mails::created_at.ge(since))
        .group_by(mails::user_id)
        .select((mails::user_id, diesel::dsl::count_star()))
        .load(c))?;
    let known = |(user, count): (Option<i64>, i64)| user.map(|user| (user, count));
    Ok(rows.into_iter().filter_map(known).collect())
}

/// Whether an alert waits for a digest of somebody's already.
pub fn waits(conn: &mut Conn, user: UserId, alert: AlertId) -> DbResult<bool> {
    Ok(on!(conn, |c| diesel::select(diesel::dsl::exists(
        digest_entries::table
            .filter(digest_entries::user_id.eq(user.0))
            .filter(digest_entries::alert_id.eq(alert.0))
            .filter(digest_entries::mail_id.is_null())
    ))
    .get_result(c))?)
}

/// Keeps a mail that was just queued back until then.
pub fn hold(conn: &mut Conn, mail: MailId, until: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(mails::table.find(mail.0))
        .set(mails::next_attempt_at.eq(until))
        .execute(c))?;
    Ok(())
}

/// Why an alert is told in a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The person wants it so.
    Preference,
    /// It would have been a mail, had the month's budget not been spent.
    Budget,
    /// Mails to the person come back: it waits for an address that works.
    Bounced,
}

impl Why {
    fn word(self) -> &'static str {
        match self {
            Self::Preference => "preference",
            Self::Budget => "budget",
            Self::Bounced => "bounced",
        }
    }
}

/// What a person's digest is to tell.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub user: UserId,
    pub alert: AlertId,
    pub deed: AlertDeed,
    pub frequency: Frequency,
    pub why: Why,
    pub severity: AlertSeverity,
    pub measure: f64,
}

/// Keeps it for the digest.
pub fn keep(conn: &mut Conn, entry: &Entry, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::insert_into(digest_entries::table)
        .values((
            digest_entries::user_id.eq(entry.user.0),
            digest_entries::alert_id.eq(entry.alert.0),
            digest_entries::deed.eq(entry.deed.word()),
            digest_entries::frequency.eq(entry.frequency.word()),
            digest_entries::why.eq(entry.why.word()),
            digest_entries::severity.eq(entry.severity.word()),
            digest_entries::measure.eq(entry.measure),
            digest_entries::created_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}
