//! The nonces that the links in an alert's mails are signed with.

use diesel::prelude::*;

use crate::access::ticket::{NoRandomness, SignerError, nonce};
use crate::db::schema::{alerts, users};
use crate::db::{Conn, DbResult, on};
use crate::ids::{AlertId, UserId};

/// A nonce for an alert that is inserted, or opened again: links made before it open nothing more.
///
/// # Errors
///
/// [`NoRandomness`] if the system has none to give.
pub fn fresh_nonce() -> Result<String, NoRandomness> {
    nonce()
}

/// The alert's nonce; an alert that was written without one gets one.
///
/// # Errors
///
/// The database's, and [`NoRandomness`].
pub fn nonce_of(conn: &mut Conn, alert: AlertId) -> Result<String, SignerError> {
    let kept = kept(conn, alert.0)?.unwrap_or_default();
    if !kept.is_empty() {
        return Ok(kept);
    }
    let fresh = nonce()?;
    set_nonce(conn, alert, &fresh)?;
    Ok(fresh)
}

/// The nonce that an alert has, if there is such an alert; empty where it was written without one.
///
/// # Errors
///
/// The database's.
pub fn kept(conn: &mut Conn, alert: i64) -> DbResult<Option<String>> {
    Ok(on!(conn, |c| alerts::table
        .find(alert)
        .select(alerts::nonce)
        .first(c)
        .optional())?)
}

/// Gives an alert another nonce.
///
/// # Errors
///
/// The database's.
pub fn set_nonce(conn: &mut Conn, alert: AlertId, nonce: &str) -> DbResult<()> {
    on!(conn, |c| diesel::update(alerts::table.find(alert.0))
        .set(alerts::nonce.eq(nonce))
        .execute(c))?;
    Ok(())
}

/// The nonce of a user's links that change how alerts are mailed; a user without one gets one.
///
/// # Errors
///
/// The database's, and [`NoRandomness`].
pub fn nonce_of_user(conn: &mut Conn, user: UserId) -> Result<String, SignerError> {
    let kept = kept_by_user(conn, user.0)?.unwrap_or_default();
    if !kept.is_empty() {
        return Ok(kept);
    }
    let fresh = nonce()?;
    set_nonce_of_user(conn, user, &fresh)?;
    Ok(fresh)
}

/// The nonce that a user has, if there is such a user and it was not removed.
///
/// # Errors
///
/// The database's.
pub fn kept_by_user(conn: &mut Conn, user: i64) -> DbResult<Option<String>> {
    Ok(on!(conn, |c| users::table
        .find(user)
        .filter(users::deleted_at.is_null())
        .select(users::nonce)
        .first(c)
        .optional())?)
}

fn set_nonce_of_user(conn: &mut Conn, user: UserId, nonce: &str) -> DbResult<()> {
    on!(conn, |c| diesel::update(users::table.find(user.0))
        .set(users::nonce.eq(nonce))
        .execute(c))?;
    Ok(())
}
