//! Workers look for mails, take them, and write down what came of it.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::Cause;
use crate::db::schema::{mail_images, mails};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::MailId;
use crate::mail::mailer::InlineImage;
use crate::mail::model::MailStatus;

/// No mail waits longer for its next attempt: one that would was put off while the clock was ahead.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(3);
/// No lease is longer: one that is was taken while the clock was ahead.
const LONGEST_LEASE: TimeDelta = TimeDelta::hours(3);

/// Whether a mail may be tried now.
macro_rules! is_due {
    ($now:expr) => {
        (mails::next_attempt_at.le($now))
            .or(mails::next_attempt_at.gt(UtcTime::from($now.0 + LONGEST_WAIT)))
    };
}

/// Whether nobody has a mail.
macro_rules! is_free {
    ($now:expr) => {
        (mails::lease_until.is_null())
            .or(mails::lease_until.lt($now))
            .or(mails::lease_until.gt(UtcTime::from($now.0 + LONGEST_LEASE)))
    };
}

/// Mails that are due and that nobody has, those that wait longest first.
pub fn due(conn: &mut Conn, now: UtcTime, limit: i64) -> DbResult<Vec<MailId>> {
    Ok(on!(conn, |c| mails::table
        .filter(mails::status.eq(MailStatus::Queued.word()))
        .filter(is_due!(now))
        .filter(is_free!(now))
        .order((mails::next_attempt_at, mails::id))
        .limit(limit)
        .select(mails::id)
        .load::<MailId>(c))?)
}

/// How many mails wait, due or not.
pub fn waiting(conn: &mut Conn) -> DbResult<i64> {
    Ok(on!(conn, |c| mails::table
        .filter(mails::status.eq(MailStatus::Queued.word()))
        .count()
        .get_result(c))?)
}

/// A mail that a worker has for itself.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mails)]
pub struct Due {
    /// Its id.
    pub id: MailId,
    /// Its `Message-ID`.
    pub message_id: String,
    /// The one before it in its thread.
    pub in_reply_to: Option<String>,
    /// All before it in its thread, the first one first, with spaces between.
    pub reply_chain: Option<String>,
    /// The address.
    pub to_address: String,
    /// The name to show.
    pub to_name: String,
    /// Its language.
    pub language: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// Where one `POST` ends such mails.
    pub unsubscribe_url: Option<String>,
    /// Attempts, the one about to be made included.
    pub attempts: i64,
    /// When it was first tried since it was queued.
    pub trying_since: Option<UtcTime>,
    /// When it was written.
    pub created_at: UtcTime,
    /// Until when the worker has it; marks the claim.
    pub lease_until: Option<UtcTime>,
    /// To whom it goes, about what.
    #[diesel(embed)]
    pub cause: Cause,
}

/// Takes a mail until `lease`; `None` if somebody else has it or it is not due any more.
pub fn claim(conn: &mut Conn, id: MailId, now: UtcTime, lease: UtcTime) -> DbResult<Option<Due>> {
    let claimed: Option<Due> = on!(conn, |c| diesel::update(mails::table.find(id.0))
        .filter(mails::status.eq(MailStatus::Queued.word()))
        .filter(is_due!(now))
        .filter(is_free!(now))
        .set((
            mails::lease_until.eq(Some(lease)),
            mails::attempts.eq(mails::attempts + 1),
            mails::updated_at.eq(now),
        ))
        .returning(Due::as_returning())
        .get_result(c)
        .optional())?;
    if let Some(Due {
        trying_since: None, ..
    }) = claimed
    {
        on!(conn, |c| diesel::update(mails::table.find(id.0))
            .set(mails::trying_since.eq(Some(now)))
            .execute(c))?;
    }
    Ok(claimed.map(|due| Due {
        trying_since: due.trying_since.or(Some(now)),
        ..due
    }))
}

/// The pictures of a mail, in the order of their ids.
pub fn images(conn: &mut Conn, mail: MailId) -> DbResult<Vec<InlineImage>> {
    type Row = (String, String, Vec<u8>);
    let rows: Vec<Row> = on!(conn, |c| mail_images::table
        .filter(mail_images::mail_id.eq(mail.0))
        .order(mail_images::content_id)
        .select((mail_images::content_id, mail_images::alt, mail_images::png))
        .load(c))?;
    let image = |(content_id, alt, png)| InlineImage {
        content_id,
        alt,
        png,
    };
    Ok(rows.into_iter().map(image).collect())
}

/// A server took it. That holds whoever has the lease meanwhile.
pub fn sent(conn: &mut Conn, id: MailId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(mails::table.find(id.0))
        .set((
            mails::status.eq(MailStatus::Sent.word()),
            mails::sent_at.eq(Some(now)),
            mails::lease_until.eq(None::<UtcTime>),
            mails::last_error.eq(None::<String>),
            mails::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// It is to be tried again at `next`; nothing happens if another worker has taken it over.
pub fn postpone(
    conn: &mut Conn,
    due: &Due,
    next: UtcTime,
    words: &str,
    now: UtcTime,
) -> DbResult<()> {
    on!(conn, |c| diesel::update(mails::table.find(due.id.0))
        .filter(mails::status.eq(MailStatus::Queued.word()))
        .filter(mails::lease_until.eq(due.lease_until))
        .set((
            mails::next_attempt_at.eq(next),
            mails::lease_until.eq(None::<UtcTime>),
            mails::last_error.eq(Some(words)),
            mails::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// It is given up; nothing happens if another worker has taken it over.
pub fn bury(conn: &mut Conn, due: &Due, words: &str, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(mails::table.find(due.id.0))
        .filter(mails::status.eq(MailStatus::Queued.word()))
        .filter(mails::lease_until.eq(due.lease_until))
        .set((
            mails::status.eq(MailStatus::Dead.word()),
            mails::lease_until.eq(None::<UtcTime>),
            mails::last_error.eq(Some(words)),
            mails::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}
