//! Our own people in the database.

mod input;

pub use input::UserInput;

use diesel::prelude::*;
use serde::Serialize;

use crate::access::preferences::{self, Frequency, RollUp};
use crate::db::schema::users;
use crate::db::select::{Collection, Field, Kind};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::UserId;

/// One of our own people.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = users)]
pub struct User {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: UserId,
    /// The person's name.
    pub name: String,
    /// Where mails go; lower case, unique.
    pub email: String,
    /// `en` or `zh`.
    pub language: String,
    /// The team; without one the person hears of every customer.
    pub team_id: Option<i64>,
    /// Whether alerts are mailed; `false`: never, whatever else is set.
    pub mail_alerts: bool,
    /// How alerts of high severity are told.
    #[schema(value_type = Frequency)]
    pub mail_high: String,
    /// How those of medium severity are.
    #[schema(value_type = Frequency)]
    pub mail_medium: String,
    /// How those of low severity are.
    #[schema(value_type = Frequency)]
    pub mail_low: String,
    /// The person's time zone; `null`: the instance's.
    pub time_zone: Option<String>,
    /// From when on no mail is sent, `HH:MM`.
    #[serde(serialize_with = "preferences::maybe_time")]
    #[schema(value_type = Option<String>)]
    pub quiet_from: Option<i64>,
    /// Until when.
    #[serde(serialize_with = "preferences::maybe_time")]
    #[schema(value_type = Option<String>)]
    pub quiet_until: Option<i64>,
    /// When digests come, `HH:MM`.
    #[serde(serialize_with = "preferences::time")]
    #[schema(value_type = String)]
    pub digest_at: i64,
    /// On which day the weekly one comes: 1 Monday to 7 Sunday.
    pub digest_weekday: i64,
    /// How many mails of their own alerts may send in a calendar month; what comes beyond waits for
    /// the daily digest. `null`: no limit.
    pub mail_budget: Option<i64>,
    /// How often the roll-up of the team's alerts comes.
    #[schema(value_type = RollUp)]
    pub roll_up: String,
    /// Since when mails to the address come back: none is written until it changes.
    pub mail_failed_at: Option<UtcTime>,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

/// Lists of users.
pub const USERS: Collection = Collection {
    columns: "u.*",
    from: "users u",
    id: "u.id",
    updated: Some("u.updated_at"),
    alive: Some("u.deleted_at IS NULL"),
    fields: &[
        field!("id", "u.id", Kind::Int, sortable),
        field!("name", "u.name", Kind::Text, sortable),
        field!("email", "u.email", Kind::Text, sortable),
        field!("team_id", "u.team_id", Kind::Int),
        field!("updated_at", "u.updated_at", Kind::Time, sortable),
    ],
    default_sort: "id",
};

/// The user with this id, unless deleted.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn user(conn: &mut Conn, id: i64) -> DbResult<Option<User>> {
    Ok(on!(conn, |c| users::table
        .filter(users::id.eq(id))
        .filter(users::deleted_at.is_null())
        .select(User::as_select())
        .first(c)
        .optional())?)
}

/// The user with this address, deleted or not.
pub fn user_by_email(conn: &mut Conn, email: &str) -> DbResult<Option<User>> {
    Ok(on!(conn, |c| users::table
        .filter(users::email.eq(email))
        .select(User::as_select())
        .first(c)
        .optional())?)
}

/// Makes a user.
pub fn insert_user(conn: &mut Conn, input: &UserInput, now: UtcTime) -> DbResult<User> {
    Ok(on!(conn, |c| diesel::insert_into(users::table)
        .values((
            input.row(),
            users::created_at.eq(now),
            users::updated_at.eq(now),
        ))
        .returning(User::as_returning())
        .get_result(c))?)
}

/// Changes a user; one that was deleted comes back.
/// Mails to another address have not failed yet.
pub fn update_user(conn: &mut Conn, id: UserId, input: &UserInput, now: UtcTime) -> DbResult<User> {
    on!(conn, |c| diesel::update(users::table.find(id.0))
        .filter(users::email.ne(&input.email))
        .set((
            users::mail_failed_at.eq(None::<UtcTime>),
            users::mail_failure.eq(None::<String>),
        ))
        .execute(c))?;
    Ok(on!(conn, |c| diesel::update(users::table.find(id.0))
        .set((
            input.row(),
            users::updated_at.eq(now),
            users::deleted_at.eq(None::<UtcTime>),
            users::version.eq(users::version + 1),
        ))
        .returning(User::as_returning())
        .get_result(c))?)
}

/// Marks a user as deleted.
pub fn delete_user(conn: &mut Conn, id: UserId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(users::table.find(id.0))
        .set((
            users::deleted_at.eq(Some(now)),
            users::updated_at.eq(now),
            users::version.eq(users::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
