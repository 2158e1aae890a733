//! When the next mail may go to a mail server: one row for each, whatever the number of instances.

use diesel::prelude::*;

use crate::db::schema::mail_paces;
use crate::db::{Conn, DbResult, UtcTime, on};

/// From when on the next mail may go to this server; `None`: none has gone there yet.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn free_at(conn: &mut Conn, server: &str) -> DbResult<Option<UtcTime>> {
    Ok(on!(conn, |c| mail_paces::table
        .find(server)
        .select(mail_paces::free_at)
        .first(c)
        .optional())?)
}

/// Takes the next place, if it is there by `now`, or lies so far ahead (behind `ahead`) that it makes
/// no sense: the one after it is there from `next` on. For one of several who try at once only.
pub fn take_place(
    conn: &mut Conn,
    server: &str,
    now: UtcTime,
    (next, ahead): (UtcTime, UtcTime),
) -> DbResult<bool> {
    let taken = on!(conn, |c| diesel::update(mail_paces::table.find(server))
        .filter((mail_paces::free_at.le(now)).or(mail_paces::free_at.gt(ahead)))
        .set(mail_paces::free_at.eq(next))
        .execute(c))?;
    if taken == 1 {
        return Ok(true);
    }
    // The very first mail finds no row.
    let first = on!(conn, |c| diesel::insert_into(mail_paces::table)
        .values((mail_paces::server.eq(server), mail_paces::free_at.eq(next)))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(first == 1)
}
