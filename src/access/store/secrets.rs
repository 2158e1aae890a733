//! Secrets of the instance.

use diesel::prelude::*;

use crate::db::schema::instance_secrets;
use crate::db::{Conn, DbResult, UtcTime, on};

/// The instance's secret of this name: `fresh` (base64) if there was none before.
///
/// # Errors
///
/// The database's.
pub fn secret(conn: &mut Conn, name: &str, fresh: &str, now: UtcTime) -> DbResult<String> {
    on!(conn, |c| diesel::insert_into(instance_secrets::table)
        .values((
            instance_secrets::name.eq(name),
            instance_secrets::value.eq(fresh),
            instance_secrets::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(on!(conn, |c| instance_secrets::table
        .find(name)
        .select(instance_secrets::value)
        .first(c))?)
}

/// The secret of this name, if it was made.
pub fn known_secret(conn: &mut Conn, name: &str) -> DbResult<Option<String>> {
    Ok(on!(conn, |c| instance_secrets::table
        .find(name)
        .select(instance_secrets::value)
        .first(c)
        .optional())?)
}
