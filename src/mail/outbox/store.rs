//! The outbox in the database: its mails as people look at them, and in the files below what becomes
//! of them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::Serialize;

use crate::access::Teams;
use crate::db::schema::mails;
use crate::db::select::{Collection, Field, Kind, Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::ids::{AlertId, ContactId, CustomerId, MailId, RunId, UserId};
use crate::mail::model::{MailKind, MailStatus};

mod claim;
mod dead;
mod pace;
mod queue;
mod recipient;

pub use claim::{Due, bury, claim, due, images, postpone, sent, waiting};
pub use dead::{dead, requeue};
pub(super) use pace::{free_at, take_place};
pub use queue::{NewImage, NewMail, attach, queue};
pub use recipient::{Cause, Reach, recipient};

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
