//! What telling people of alerts reads and writes.

use diesel::prelude::*;

use crate::db::schema::{mails, users};
use crate::db::{Conn, DbResult, on};
use crate::ids::{AlertId, UserId};

/// Somebody who is told of alerts.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct Recipient {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub language: String,
    pub team_id: Option<i64>,
}

/// Everybody who wants alerts mailed.
pub fn recipients(conn: &mut Conn) -> DbResult<Vec<Recipient>> {
    Ok(on!(conn, |c| users::table
        .filter(users::mail_alerts.eq(true))
        .filter(users::deleted_at.is_null())
        .order(users::id)
        .select(Recipient::as_select())
        .load(c))?)
}

/// The first mail of an alert to somebody: the head of their thread.
pub fn first_mail(conn: &mut Conn, alert: AlertId, user: UserId) -> DbResult<Option<String>> {
    Ok(on!(conn, |c| mails::table
        .filter(mails::alert_id.eq(alert.0))
        .filter(mails::user_id.eq(user.0))
        .order(mails::id)
        .select(mails::message_id)
        .first(c)
        .optional())?)
}
