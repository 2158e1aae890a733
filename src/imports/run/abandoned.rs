//! Imports whose process died: found, and marked as failed.

use std::time::Duration;

use super::{fail, is_running};
use crate::db::{Db, DbError, UtcTime};
use crate::ids::ImportId;
use crate::imports::store;
use crate::state::Clock;

/// How often imports are looked for whose process died.
const RECOVER_EVERY: Duration = Duration::from_secs(30);

/// Marks imports as failed whose process died; returns how many there were. For every start.
///
/// # Errors
///
/// The database's.
pub fn recover(db: &Db, now: UtcTime) -> Result<usize, DbError> {
    recover_begun_before(db, now, now)
}

/// An import is not locked in the instant after its record is made: those that came since `before`
/// are left alone.
fn recover_begun_before(db: &Db, now: UtcTime, before: UtcTime) -> Result<usize, DbError> {
    let left: Vec<ImportId> = db.read_now(|conn| store::running(conn, before))?;
    let mut found = 0;
    for id in left {
        let outcome = db.write_if_free(|conn| {
            if !is_running(conn, id)? || !store::lock(conn, id)? {
                return Ok::<_, DbError>(0);
            }
            let why = "the process ended while it ran; nothing was imported";
            fail(conn, id, why, now)?;
            Ok(1)
        });
        found += match outcome {
            // Somebody is writing: on SQLite that may be this very import.
            Err(DbError::Busy) => 0,
            other => other?,
        };
    }
    Ok(found)
}

/// [`recover`]s now, and every half minute on a thread of its own: the database may notice only
/// later that a process is gone.
///
/// # Errors
///
/// The database's, of the first time.
pub fn keep_recovering(db: &Db, clock: &Clock) -> Result<(), DbError> {
    let (db, clock) = (db.clone(), clock.clone());
    let once = move |grace: Duration| {
        let now = clock.now();
        let found = recover_begun_before(&db, now.into(), (now - grace).into())?;
        if found > 0 {
            tracing::warn!(imports = found, "Found imports whose process had ended");
        }
        Ok(())
    };
    once(Duration::ZERO)?;
    let watch = move || {
        loop {
            std::thread::sleep(RECOVER_EVERY);
            if let Err(error) = once(RECOVER_EVERY) {
                let error: DbError = error;
                tracing::warn!(error.cause = %error, "imports not checked: {error}");
            }
        }
    };
    let started = std::thread::Builder::new().name("imports".to_owned());
    if let Err(error) = started.spawn(watch) {
        tracing::error!(error.cause = %error, "imports are not watched: {error}");
    }
    Ok(())
}
