//! The outbox in the database.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::Serialize;

use crate::access::Teams;
use crate::db::schema::{
    complaints, contacts, mail_images, mails, survey_invitations, surveys, users,
};
use crate::db::select::{Collection, Field, Kind, Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::ids::{AlertId, ContactId, CustomerId, MailId, RunId, UserId};
use crate::mail::mailer::InlineImage;
use crate::mail::model::{MailKind, MailStatus};

/// A mail without what it says.
#[derive(Clone, Debug, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct Mail {
    /// Its id.
    #[schema(value_type = i64)]
    #[diesel(sql_type = BigInt)]
    pub id: MailId,
    /// What it is about.
    #[schema(value_type = MailKind)]
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The customer that it is about; `null`: several, or our own data.
    #[schema(value_type = Option<i64>)]
    #[diesel(sql_type = Nullable<BigInt>)]
    pub customer_id: Option<CustomerId>,
    /// The alert it tells of.
    #[schema(value_type = Option<i64>)]
    #[diesel(sql_type = Nullable<BigInt>)]
    pub alert_id: Option<AlertId>,
    /// The person of ours it goes to.
    #[schema(value_type = Option<i64>)]
    #[diesel(sql_type = Nullable<BigInt>)]
    pub user_id: Option<UserId>,
    /// The contact it goes to.
    #[schema(value_type = Option<i64>)]
    #[diesel(sql_type = Nullable<BigInt>)]
    pub contact_id: Option<ContactId>,
    /// The run that wrote it, if one did.
    #[schema(value_type = Option<i64>)]
    #[diesel(sql_type = Nullable<BigInt>)]
    pub run_id: Option<RunId>,
    /// The invitation or the complaint that it is about, by `kind`.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub about_id: Option<i64>,
    /// Its `Message-ID`.
    #[diesel(sql_type = Text)]
    pub message_id: String,
    /// The first mail of its thread; `null` for the first.
    #[diesel(sql_type = Nullable<Text>)]
    pub in_reply_to: Option<String>,
    /// The address it goes to.
    #[diesel(sql_type = Text)]
    pub to_address: String,
    /// The language it is in.
    #[diesel(sql_type = Text)]
    pub language: String,
    /// Where it stands.
    #[schema(value_type = MailStatus)]
    #[diesel(sql_type = Text)]
    pub status: String,
    /// Attempts to send it so far.
    #[diesel(sql_type = BigInt)]
    pub attempts: i64,
    /// When it was first tried since it was queued.
    #[diesel(sql_type = Nullable<Instant>)]
    pub trying_since: Option<UtcTime>,
    /// Not tried again before.
    #[diesel(sql_type = Instant)]
    pub next_attempt_at: UtcTime,
    /// Why the last attempt failed, in the server's words.
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
    /// When it was written.
    #[diesel(sql_type = Instant)]
    pub created_at: UtcTime,
    /// When it last changed.
    #[diesel(sql_type = Instant)]
    pub updated_at: UtcTime,
    /// When a server took it.
    #[diesel(sql_type = Nullable<Instant>)]
    pub sent_at: Option<UtcTime>,
    /// When it came back.
    #[diesel(sql_type = Nullable<Instant>)]
    pub bounced_at: Option<UtcTime>,
    /// What was said about that: `failed` or `delayed`, the status code (RFC 3463), and why.
    #[diesel(sql_type = Nullable<Text>)]
    pub bounce: Option<String>,
}

macro_rules! field {
    ($name:literal, $kind:expr) => {
        field!($name, concat!("m.", $name), $kind, false)
    };
    ($name:literal, $kind:expr, sortable) => {
        field!($name, concat!("m.", $name), $kind, true)
    };
    ($name:literal, $sql:expr, $kind:expr, $sortable:literal) => {
        Field {
            name: $name,
            sql: $sql,
            kind: $kind,
            sortable: $sortable,
        }
    };
}

/// Lists of mails.
pub const MAILS: Collection = Collection {
    columns: "m.id, m.kind, m.customer_id, m.alert_id, m.user_id, m.contact_id, m.run_id, m.about_id, \
              m.message_id, m.in_reply_to, m.to_address, m.language, m.status, m.attempts, \
              m.trying_since, m.next_attempt_at, m.last_error, m.created_at, m.updated_at, m.sent_at, \
              m.bounced_at, m.bounce",
    from: "mails m LEFT JOIN customers c ON c.id = m.customer_id LEFT JOIN users u ON u.id = m.user_id",
    id: "m.id",
    updated: Some("m.updated_at"),
    alive: None,
    fields: &[
        field!("id", Kind::Int, sortable),
        field!("status", Kind::Words(MailStatus::WORDS)),
        field!("kind", Kind::Words(MailKind::WORDS)),
        field!("alert_id", Kind::Int),
        field!("customer_id", Kind::Int),
        field!("user_id", Kind::Int),
        field!("contact_id", Kind::Int),
        field!("run_id", Kind::Int),
        field!("message_id", Kind::Text),
        field!("bounced_at", Kind::Time),
        field!("attempts", Kind::Int, sortable),
        field!("created_at", Kind::Time, sortable),
        field!("updated_at", Kind::Time, sortable),
        field!("next_attempt_at", Kind::Time, sortable),
    ],
    default_sort: "-id",
};

/// Restricts mails to those that teams may see: about their customers, to their people or to the
/// customer's. A mail to one of ours without a team may name customers of every team; one that is
/// about no single customer names what its reader may see.
pub fn restrict(teams: &Teams, sql: &mut Statement) {
    teams.restrict(
        sql,
        "CASE WHEN m.customer_id IS NULL THEN u.team_id ELSE c.team_id END",
    );
    // What goes to a contact names nobody but the contact's own customer.
    teams.restrict(
        sql,
        "CASE WHEN m.user_id IS NULL THEN c.team_id ELSE u.team_id END",
    );
}

/// A mail to be queued.
#[derive(Clone, Debug, Default, Insertable)]
#[diesel(table_name = mails)]
pub struct NewMail<'a> {
    /// As [`MailKind`] words it.
    pub kind: &'static str,
    /// The customer that it is about, if it is about one.
    pub customer_id: Option<i64>,
    /// The alert, for alerts.
    pub alert_id: Option<i64>,
    /// The person of ours that it goes to; either this or `contact_id`.
    pub user_id: Option<i64>,
    /// The contact that it goes to.
    pub contact_id: Option<i64>,
    /// The run that wrote it, for alerts.
    pub run_id: Option<i64>,
    /// The invitation or the complaint.
    pub about_id: Option<i64>,
    /// Its `Message-ID`.
    pub message_id: &'a str,
    /// The mail before it in its thread.
    pub in_reply_to: Option<&'a str>,
    /// All mails before it in its thread, the first one first, with spaces between.
    pub reply_chain: Option<&'a str>,
    /// Where it goes.
    pub to_address: &'a str,
    /// The name to show.
    pub to_name: &'a str,
    /// Its language.
    pub language: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The same as HTML.
    pub html: &'a str,
    /// Where one `POST` ends such mails (RFC 8058).
    pub unsubscribe_url: Option<&'a str>,
}

/// A picture that stands in a mail's HTML as `cid:CONTENT_ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImage {
    /// Unique in the mail, such as `course@firm.example`.
    pub content_id: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// The picture.
    pub png: Vec<u8>,
}

/// Queues a mail in the transaction of its cause; `None` if one with its `Message-ID` was queued
/// before.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn queue(conn: &mut Conn, mail: &NewMail<'_>, now: UtcTime) -> DbResult<Option<MailId>> {
    let status = MailStatus::Queued.word();
    Ok(on!(conn, |c| diesel::insert_into(mails::table)
        .values((
            mail,
            mails::status.eq(status),
            mails::next_attempt_at.eq(now),
            mails::created_at.eq(now),
            mails::updated_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .returning(mails::id)
        .get_result::<MailId>(c)
        .optional())?)
}

/// Adds the pictures of a mail, in the transaction that queued it.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn attach(conn: &mut Conn, mail: MailId, images: &[NewImage]) -> DbResult<()> {
    for image in images {
        on!(conn, |c| diesel::insert_into(mail_images::table)
            .values((
                mail_images::mail_id.eq(mail.0),
                mail_images::content_id.eq(&image.content_id),
                mail_images::alt.eq(&image.alt),
                mail_images::png.eq(&image.png),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// The mail with this id, if `teams` may see it.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn find(conn: &mut Conn, id: i64, teams: &Teams) -> DbResult<Option<Mail>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(MAILS.columns).push(" FROM ").push(MAILS.from);
    sql.push(" WHERE m.id = ").bind(Value::Int(id));
    restrict(teams, &mut sql);
    Ok(sql.load(conn)?.pop())
}

/// The mails of an alert that `teams` may see, the oldest first.
pub fn of_alert(conn: &mut Conn, alert: AlertId, teams: &Teams) -> DbResult<Vec<Mail>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(MAILS.columns).push(" FROM ").push(MAILS.from);
    sql.push(" WHERE m.alert_id = ").bind(Value::Int(alert.0));
    restrict(teams, &mut sql);
    sql.push(" ORDER BY m.id");
    sql.load(conn)
}

/// Subject and plain text of a mail.
pub fn words(conn: &mut Conn, id: MailId) -> DbResult<Option<(String, String)>> {
    Ok(on!(conn, |c| mails::table
        .find(id.0)
        .select((mails::subject, mails::text))
        .first(c)
        .optional())?)
}

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

/// To whom a mail goes, about what.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mails)]
pub struct Cause {
    /// As [`MailKind`] words it.
    pub kind: String,
    /// The person of ours that it goes to.
    pub user_id: Option<i64>,
    /// The contact that it goes to.
    pub contact_id: Option<i64>,
    /// The invitation or the complaint, by `kind`.
    pub about_id: Option<i64>,
    /// When it was written.
    #[diesel(column_name = created_at)]
    pub written_at: UtcTime,
}

/// Whether a mail can go to the person it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To this address and name, as they are today.
    At {
        /// The address.
        address: String,
        /// The name to show.
        name: String,
    },
    /// The person was removed, has no address, or wants no such mails, or what the mail is about is
    /// over.
    Nowhere,
    /// Mails to the address come back, and this is what was said about it.
    Failing(String),
}

/// Address, name, since when mails to it come back, and what was said.
type AddressRow = (Option<String>, String, Option<UtcTime>, Option<String>);

impl Reach {
    fn at(row: Option<AddressRow>) -> Self {
        match row {
            None | Some((None, ..)) => Self::Nowhere,
            Some((_, _, Some(_), why)) => Self::Failing(why.unwrap_or_default()),
            Some((Some(address), name, None, _)) => Self::At { address, name },
        }
    }
}

/// Where a mail goes by `now`.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn recipient(conn: &mut Conn, cause: &Cause, now: UtcTime) -> DbResult<Reach> {
    if let Some(user) = cause.user_id {
        let row = on!(conn, |c| users::table
            .find(user)
            .filter(users::deleted_at.is_null())
            .filter(users::mail_alerts.eq(true))
            .select((
                users::email.nullable(),
                users::name,
                users::mail_failed_at,
                users::mail_failure,
            ))
            .first(c)
            .optional())?;
        return Ok(Reach::at(row));
    }
    let Some(contact) = cause.contact_id else {
        return Ok(Reach::Nowhere);
    };
    if !stands(conn, cause, contact, now)? {
        return Ok(Reach::Nowhere);
    }
    let found: Option<(AddressRow, Option<String>)> = on!(conn, |c| contacts::table
        .find(contact)
        .filter(contacts::deleted_at.is_null())
        .select((
            (
                contacts::email,
                contacts::name,
                contacts::mail_failed_at,
                contacts::mail_failure,
            ),
            contacts::survey_consent,
        ))
        .first(c)
        .optional())?;
    // Who wants no surveys is still told what became of a complaint.
    let is_survey = cause.kind != MailKind::Complaint.word();
    let wanted = found.filter(|(_, consent)| !is_survey || consent.as_deref() != Some("refused"));
    Ok(Reach::at(wanted.map(|(person, _)| person)))
}

/// Whether what a mail to a contact is about still concerns that contact: an invitation that waits for
/// an answer that can be given, and whose link is the mail's; a complaint of this contact's.
fn stands(conn: &mut Conn, cause: &Cause, contact: i64, now: UtcTime) -> DbResult<bool> {
    let Some(about) = cause.about_id else {
        return Ok(false);
    };
    let found: i64 = if cause.kind == MailKind::Complaint.word() {
        on!(conn, |c| complaints::table
            .filter(complaints::id.eq(about))
            .filter(complaints::deleted_at.is_null())
            .filter(complaints::contact_id.eq(contact))
            .count()
            .get_result(c))?
    } else {
        on!(conn, |c| survey_invitations::table
            .inner_join(surveys::table.on(surveys::id.eq(survey_invitations::survey_id)))
            .filter(survey_invitations::id.eq(about))
            .filter(survey_invitations::contact_id.eq(contact))
            .filter(survey_invitations::status.eq("invited"))
            // Whoever was asked anew since has another link, and a mail with it.
            .filter(survey_invitations::invited_at.le(cause.written_at))
            .filter(surveys::status.eq("open"))
            .filter(surveys::deleted_at.is_null())
            .filter(surveys::closes_at.gt(now))
            .count()
            .get_result(c))?
    };
    Ok(found > 0)
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

/// All dead letters, the oldest first.
pub fn dead(conn: &mut Conn) -> DbResult<Vec<MailId>> {
    Ok(on!(conn, |c| mails::table
        .filter(mails::status.eq(MailStatus::Dead.word()))
        .order(mails::id)
        .select(mails::id)
        .load::<MailId>(c))?)
}

/// Queues a dead letter anew, to the address the person has now; where that is. Nothing is queued
/// if it is no dead letter, or if it can go nowhere.
pub fn requeue(conn: &mut Conn, id: MailId, now: UtcTime) -> DbResult<Reach> {
    let cause: Option<Cause> = on!(conn, |c| mails::table
        .find(id.0)
        .filter(mails::status.eq(MailStatus::Dead.word()))
        .select(Cause::as_select())
        .first(c)
        .optional())?;
    let Some(cause) = cause else {
        return Ok(Reach::Nowhere);
    };
    let reach = recipient(conn, &cause, now)?;
    let Reach::At { address, name } = &reach else {
        return Ok(reach);
    };
    on!(conn, |c| diesel::update(mails::table.find(id.0))
        .set((
            mails::status.eq(MailStatus::Queued.word()),
            mails::to_address.eq(address),
            mails::to_name.eq(name),
            mails::attempts.eq(0_i64),
            mails::trying_since.eq(None::<UtcTime>),
            mails::next_attempt_at.eq(now),
            mails::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(reach)
}
