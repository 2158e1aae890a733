//! Answers remembered under idempotency keys.

use diesel::prelude::*;

use crate::db::schema::idempotency_keys;
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::KeyId;

/// An answer that is remembered under an idempotency key.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
pub struct Remembered {
    /// Of method, path and body.
    pub fingerprint: String,
    /// `None` while the first request is in flight.
    pub status: Option<i64>,
    /// Of the answer.
    pub content_type: Option<String>,
    /// Of the answer.
    pub location: Option<String>,
    /// Of the answer.
    pub body: Option<String>,
    /// When the first request came.
    pub created_at: UtcTime,
}

/// Claims an idempotency key for a request; what stands under it already, if anything does.
///
/// What is older than `forget` is forgotten first; a claim without an answer older than `abandoned`
/// belongs to a request that died.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn claim_idempotency(
    conn: &mut Conn,
    caller: KeyId,
    idem_key: &str,
    fingerprint: &str,
    (now, forget, abandoned): (UtcTime, UtcTime, UtcTime),
) -> DbResult<Option<Remembered>> {
    on!(conn, |c| diesel::delete(idempotency_keys::table)
        .filter(
            idempotency_keys::created_at
                .lt(forget)
                .or(idempotency_keys::status
                    .is_null()
                    .and(idempotency_keys::created_at.lt(abandoned)))
        )
        .execute(c))?;
    let inserted = on!(conn, |c| diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::key_id.eq(caller.0),
            idempotency_keys::idem_key.eq(idem_key),
            idempotency_keys::fingerprint.eq(fingerprint),
            idempotency_keys::created_at.eq(now),
        ))
        .on_conflict((idempotency_keys::key_id, idempotency_keys::idem_key))
        .do_nothing()
        .execute(c))?;
    if inserted == 1 {
        return Ok(None);
    }
    Ok(on!(conn, |c| idempotency_keys::table
        .find((caller.0, idem_key))
        .select(Remembered::as_select())
        .first(c)
        .optional())?)
}

/// Remembers the answer to a claimed key.
pub fn remember(
    conn: &mut Conn,
    caller: KeyId,
    idem_key: &str,
    (status, content_type, location, body): (i64, Option<&str>, Option<&str>, &str),
) -> DbResult<()> {
    on!(conn, |c| diesel::update(
        idempotency_keys::table.find((caller.0, idem_key))
    )
    .set((
        idempotency_keys::status.eq(Some(status)),
        idempotency_keys::content_type.eq(content_type),
        idempotency_keys::location.eq(location),
        idempotency_keys::body.eq(Some(body)),
    ))
    .execute(c))?;
    Ok(())
}

/// Gives a claim up, so that the request can be tried again.
pub fn forget(conn: &mut Conn, caller: KeyId, idem_key: &str) -> DbResult<()> {
    on!(conn, |c| diesel::delete(
        idempotency_keys::table.find((caller.0, idem_key))
    )
    .execute(c))?;
    Ok(())
}
