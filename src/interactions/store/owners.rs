//! Who of our own people looks after a customer, and since when.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::{customer_owners, customers, users};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::{CustomerId, UserId};

/// Somebody who looks after a customer, or did.
#[derive(Clone, Debug, PartialEq, Serialize, Queryable, utoipa::ToSchema)]
pub struct Owner {
    /// Its id.
    pub id: i64,
    /// The person.
    #[schema(value_type = i64)]
    pub user_id: UserId,
    /// What the person is called.
    pub name: String,
    /// The first day.
    pub from_on: NaiveDate,
    /// The first day of the next owner; `null`: there is none yet.
    pub until_on: Option<NaiveDate>,
    /// Who told it.
    pub actor: String,
    /// When it was told.
    pub created_at: UtcTime,
}

/// The owners of a customer, the last first.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn history(conn: &mut Conn, customer: CustomerId) -> DbResult<Vec<Owner>> {
    Ok(on!(conn, |c| customer_owners::table
        .inner_join(users::table.on(users::id.eq(customer_owners::user_id)))
        .filter(customer_owners::customer_id.eq(customer))
        .order((customer_owners::from_on.desc(), customer_owners::id.desc()))
        .select((
            customer_owners::id,
            customer_owners::user_id,
            users::name,
            customer_owners::from_on,
            customer_owners::until_on,
            customer_owners::actor,
            customer_owners::created_at,
        ))
        .load(c))?)
}

/// The living customers that a person owns on a day, by id.
pub fn owned_by(conn: &mut Conn, user: UserId, day: NaiveDate) -> DbResult<Vec<CustomerId>> {
    Ok(on!(conn, |c| customer_owners::table
        .inner_join(customers::table.on(customers::id.eq(customer_owners::customer_id)))
        .filter(customer_owners::user_id.eq(user))
        .filter(customer_owners::from_on.le(day))
        .filter(
            customer_owners::until_on
                .is_null()
                .or(customer_owners::until_on.gt(Some(day))),
        )
        .filter(customers::deleted_at.is_null())
        .order(customer_owners::customer_id)
        .select(customer_owners::customer_id)
        .load(c))?)
}

/// Ends an ownership before a day.
pub fn end(conn: &mut Conn, id: i64, until_on: NaiveDate) -> DbResult<()> {
    on!(conn, |c| diesel::update(customer_owners::table.find(id))
        .set(customer_owners::until_on.eq(Some(until_on)))
        .execute(c))?;
    Ok(())
}

/// Puts another person in an ownership's place.
pub fn replace(conn: &mut Conn, id: i64, user: UserId, actor: &str, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(customer_owners::table.find(id))
        .set((
            customer_owners::user_id.eq(user),
            customer_owners::actor.eq(actor),
            customer_owners::created_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// Begins an ownership, from a day on and before another.
pub fn begin(
    conn: &mut Conn,
    customer: CustomerId,
    user: UserId,
    (from_on, until_on): (NaiveDate, Option<NaiveDate>),
    (actor, now): (&str, UtcTime),
) -> DbResult<()> {
    on!(conn, |c| diesel::insert_into(customer_owners::table)
        .values((
            customer_owners::customer_id.eq(customer),
            customer_owners::user_id.eq(user),
            customer_owners::from_on.eq(from_on),
            customer_owners::until_on.eq(until_on),
            customer_owners::actor.eq(actor),
            customer_owners::created_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}
