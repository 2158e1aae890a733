//! What the pages read and write of our own people.

use diesel::prelude::*;

use crate::db::schema::users;
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::UserId;

/// How alerts are mailed to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct Reader {
    pub id: UserId,
    pub language: String,
    pub mail_alerts: bool,
    pub mail_high: String,
    pub mail_medium: String,
    pub mail_low: String,
    pub roll_up: String,
}

/// The person with this id, unless removed.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn reader(conn: &mut Conn, id: i64) -> DbResult<Option<Reader>> {
    Ok(on!(conn, |c| users::table
        .find(id)
        .filter(users::deleted_at.is_null())
        .select(Reader::as_select())
        .first(c)
        .optional())?)
}

/// Mails alerts of every severity to a person so; `false` if that was so.
pub fn mail(conn: &mut Conn, to: &Reader, now: UtcTime) -> DbResult<bool> {
    if reader(conn, to.id.0)?.as_ref() == Some(to) {
        return Ok(false);
    }
    let touched = on!(conn, |c| diesel::update(users::table.find(to.id.0))
        .filter(users::deleted_at.is_null())
        .set((
            users::mail_alerts.eq(to.mail_alerts),
            users::mail_high.eq(&to.mail_high),
            users::mail_medium.eq(&to.mail_medium),
            users::mail_low.eq(&to.mail_low),
            users::roll_up.eq(&to.roll_up),
            users::updated_at.eq(now),
            users::version.eq(users::version + 1),
        ))
        .execute(c))?;
    Ok(touched == 1)
}
