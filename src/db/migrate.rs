//! Bringing the schema up to date, by one instance at a time.

use diesel::connection::SimpleConnection;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::open::{Kind, open};
use super::{Conn, DbError, DbResult, Target};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Held while migrations run: without it 28 of 40 simultaneous starts failed, with it none.
#[cfg(feature = "postgres")]
const ADVISORY_LOCK: i64 = 0x4841_5753_4552; // "HAWSER"

/// The schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database could not be used.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A migration failed; everything it did was undone.
    #[error("migration failed: {0}")]
    Failed(String),
}

/// Applies what is pending. Safe when several instances start at once.
pub(super) fn up(target: &Target) -> Result<(), MigrationError> {
    let mut conn =
        open(target, Kind::Writer).map_err(|error| DbError::Unreachable(error.to_string()))?;
    // An import in another process may hold SQLite's write lock for minutes: ask for it only if
    // there is something to do. (A new file has no table to ask, and that is something to do.)
    if matches!(is_current(&mut conn), Ok(true)) {
        return Ok(());
    }
    run(&mut conn, |conn| match conn {
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(drop),
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => c.run_pending_migrations(POSTGRES).map(drop),
    })
}

/// Reverts every migration: all data are lost. For tests of the migrations.
pub(super) fn down(target: &Target) -> Result<(), MigrationError> {
    let mut conn =
        open(target, Kind::Writer).map_err(|error| DbError::Unreachable(error.to_string()))?;
    run(&mut conn, |conn| match conn {
        Conn::Sqlite(c) => c.revert_all_migrations(SQLITE).map(drop),
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => c.revert_all_migrations(POSTGRES).map(drop),
    })
}

type Harness<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn run(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> Harness<()>) -> Result<(), MigrationError> {
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| MigrationError::Failed(error.to_string());
    match conn {
        // One transaction around all: the others wait for the write lock, then find nothing to do.
        Conn::Sqlite(_) => conn.transaction(|conn| work(conn).map_err(failed)),
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => {
            conn.batch(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))?;
            let outcome = work(conn).map_err(failed);
            conn.batch(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})"))?;
            outcome
        }
    }
}

/// Whether every migration of this binary is applied.
pub(super) fn is_current(conn: &mut Conn) -> DbResult<bool> {
    let pending = match conn {
        Conn::Sqlite(c) => {
            c.batch_execute("SELECT 1")?;
            MigrationHarness::<Sqlite>::has_pending_migration(c, SQLITE)
        }
        #[cfg(feature = "postgres")]
        Conn::Postgres(c) => {
            c.batch_execute("SELECT 1")?;
            c.has_pending_migration(POSTGRES)
        }
    };
    pending
        .map(|pending| !pending)
        .map_err(|error| DbError::corrupt("schema", error))
}

/// Brings a database's schema up to date without keeping a connection.
///
/// # Errors
///
/// [`MigrationError`].
pub fn migrate(target: &Target) -> Result<(), MigrationError> {
    up(target)
}

/// Takes every table away again. For tests of the migrations.
///
/// # Errors
///
/// [`MigrationError`].
pub fn unmigrate(target: &Target) -> Result<(), MigrationError> {
    down(target)
}
