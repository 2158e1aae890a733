//! The outbox in the database.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::Serialize;

use crate::access::Teams;
use crate::alerts::model::MailStatus;
use crate::db::schema::{mails, users};
use crate::db::select::{Collection, Field, Kind, Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::ids::{AlertId, CustomerId, MailId, RunId, UserId};

/// A mail without what it says.
#[derive(Clone, Debug, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct Mail {
    /// Its id.
    #[schema(value_type = i64)]
    #[diesel(sql_type = BigInt)]
    pub id: MailId,
    /// The alert it tells of.
    #[schema(value_type = i64)]
    #[diesel(sql_type = BigInt)]
    pub alert_id: AlertId,
    /// The customer that the alert is about.
    #[schema(value_type = i64)]
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    /// The person it goes to.
    #[schema(value_type = i64)]
    #[diesel(sql_type = BigInt)]
    pub user_id: UserId,
    /// The run that wrote it.
    #[schema(value_type = i64)]
    #[diesel(sql_type = BigInt)]
    pub run_id: RunId,
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
    columns: "m.id, m.alert_id, a.customer_id, m.user_id, m.run_id, m.message_id, m.in_reply_to, \
              m.to_address, m.language, m.status, m.attempts, m.trying_since, m.next_attempt_at, \
              m.last_error, m.created_at, m.updated_at, m.sent_at",
    from: "mails m JOIN alerts a ON a.id = m.alert_id JOIN customers c ON c.id = a.customer_id \
           JOIN users u ON u.id = m.user_id",
    id: "m.id",
    updated: Some("m.updated_at"),
    alive: None,
    fields: &[
        field!("id", Kind::Int, sortable),
        field!("status", Kind::Words(MailStatus::WORDS)),
        field!("alert_id", Kind::Int),
        field!("customer_id", "a.customer_id", Kind::Int, false),
        field!("user_id", Kind::Int),
        field!("run_id", Kind::Int),
        field!("attempts", Kind::Int, sortable),
        field!("created_at", Kind::Time, sortable),
        field!("updated_at", Kind::Time, sortable),
        field!("next_attempt_at", Kind::Time, sortable),
    ],
    default_sort: "-id",
};

/// Restricts mails to those that teams may see: about their customers, to their people. A mail to
/// somebody without a team may name customers of every team.
pub fn restrict(teams: &Teams, sql: &mut Statement) {
    teams.restrict(sql, "c.team_id");
    teams.restrict(sql, "u.team_id");
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

/// Mails that are due and that nobody has, those that wait longest first.
pub fn due(conn: &mut Conn, now: UtcTime, limit: i64) -> DbResult<Vec<MailId>> {
    Ok(on!(conn, |c| mails::table
        .filter(mails::status.eq(MailStatus::Queued.word()))
        .filter(mails::next_attempt_at.le(now))
        .filter(mails::lease_until.is_null().or(mails::lease_until.lt(now)))
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
#[derive(Clone, Debug, Queryable)]
pub struct Due {
    /// Its id.
    pub id: MailId,
    /// Its `Message-ID`.
    pub message_id: String,
    /// The first of its thread.
    pub in_reply_to: Option<String>,
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
    /// Attempts, the one about to be made included.
    pub attempts: i64,
    /// When it was first tried since it was queued.
    pub trying_since: Option<UtcTime>,
    /// When it was written.
    pub created_at: UtcTime,
    /// Until when the worker has it; marks the claim.
    pub lease_until: Option<UtcTime>,
    /// Whether the person still wants it.
    pub wanted: bool,
}

/// Takes a mail until `lease`; `None` if somebody else has it or it is not due any more.
pub fn claim(conn: &mut Conn, id: MailId, now: UtcTime, lease: UtcTime) -> DbResult<Option<Due>> {
    let claimed = on!(conn, |c| diesel::update(mails::table.find(id.0))
        .filter(mails::status.eq(MailStatus::Queued.word()))
        .filter(mails::next_attempt_at.le(now))
        .filter(mails::lease_until.is_null().or(mails::lease_until.lt(now)))
        .set((
            mails::lease_until.eq(Some(lease)),
            mails::attempts.eq(mails::attempts + 1),
            mails::updated_at.eq(now),
        ))
        .execute(c))?;
    if claimed == 0 {
        return Ok(None);
    }
    on!(conn, |c| diesel::update(mails::table.find(id.0))
        .filter(mails::trying_since.is_null())
        .set(mails::trying_since.eq(Some(now)))
        .execute(c))?;
    Ok(on!(conn, |c| mails::table
        .inner_join(users::table.on(users::id.eq(mails::user_id)))
        .filter(mails::id.eq(id.0))
        .select((
            mails::id,
            mails::message_id,
            mails::in_reply_to,
            mails::to_address,
            mails::to_name,
            mails::language,
            mails::subject,
            mails::text,
            mails::html,
            mails::attempts,
            mails::trying_since,
            mails::created_at,
            mails::lease_until,
            users::mail_alerts.and(users::deleted_at.is_null()),
        ))
        .first(c)
        .optional())?)
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

/// Queues a dead letter anew, to the address the person has now; `false` if it is no dead letter or
/// the person was removed.
pub fn requeue(conn: &mut Conn, id: MailId, now: UtcTime) -> DbResult<bool> {
    let person: Option<(String, String)> = on!(conn, |c| mails::table
        .inner_join(users::table.on(users::id.eq(mails::user_id)))
        .filter(mails::id.eq(id.0))
        .filter(users::deleted_at.is_null())
        .filter(users::mail_alerts.eq(true))
        .select((users::email, users::name))
        .first(c)
        .optional())?;
    let Some((email, name)) = person else {
        return Ok(false);
    };
    let queued = on!(conn, |c| diesel::update(mails::table.find(id.0))
        .filter(mails::status.eq(MailStatus::Dead.word()))
        .set((
            mails::status.eq(MailStatus::Queued.word()),
            mails::to_address.eq(&email),
            mails::to_name.eq(&name),
            mails::attempts.eq(0_i64),
            mails::trying_since.eq(None::<UtcTime>),
            mails::next_attempt_at.eq(now),
            mails::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(queued == 1)
}
