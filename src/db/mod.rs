//! Connections, transactions and migrations for both databases.
//!
//! ```text
//! Db ── permit (a fair queue) ──> pool ──> Conn::{Sqlite, Postgres}
//!  ├ read:  any reader; on SQLite a connection that cannot write
//!  └ write: a transaction; on SQLite the single writer, BEGIN IMMEDIATE
//! ```
//!
//! A query is written once: [`on!`](crate::db::on) compiles the same diesel expression for each
//! database and runs the one that is connected. Only this folder knows which there are.

mod bulk;
mod instant;
mod migrate;
mod open;
#[expect(missing_docs, reason = "the migrations explain the columns")]
pub mod schema;
pub mod select;

pub(crate) use bulk::{each_row, insert_all};
pub use instant::{Instant, UtcTime};
pub use migrate::{MigrationError, migrate, unmigrate};
pub use open::{Target, UrlError};

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::{Connection, SimpleConnection, TransactionManager};
use diesel::r2d2;
use diesel::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// How long a request waits for a connection before it is told that the service is busy.
const PATIENCE: Duration = Duration::from_secs(10);
/// KiB that SQLite keeps in memory for a write of minutes: indexes are written all over.
const MUCH_CACHE: u32 = 96 << 10;

/// A connection to whichever database this instance runs on.
pub enum Conn {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// The production database.
    #[cfg(feature = "postgres")]
    Postgres(diesel::pg::PgConnection),
}

/// Compiles one diesel expression once per database and runs the matching copy.
macro_rules! on {
    ($conn:expr, |$inner:ident| $query:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite($inner) => $query,
            #[cfg(feature = "postgres")]
            $crate::db::Conn::Postgres($inner) => $query,
        }
    };
}
pub(crate) use on;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A statement failed.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// Every connection stayed in use for too long; worth another try.
    #[error("no database connection became free in time")]
    Busy,
    /// No connection could be made.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// A stored value is not what the schema promises.
    #[error("stored value of {what} makes no sense: {detail}")]
    Corrupt {
        /// Table and column.
        what: &'static str,
        /// What was found.
        detail: String,
    },
    /// The work was given up because the process stops.
    #[error("the service is stopping")]
    Stopping,
}

impl DbError {
    /// Whether a unique key was violated.
    pub fn is_unique_violation(&self) -> bool {
        use diesel::result::{DatabaseErrorKind, Error};
        matches!(
            self,
            Self::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
        )
    }

    /// A stored value that cannot be read back.
    pub fn corrupt(what: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Corrupt {
            what,
            detail: detail.to_string(),
        }
    }
}

/// What stores return.
pub type DbResult<T> = Result<T, DbError>;

/// The database: pools, and the ways to use them.
#[derive(Clone)]
pub struct Db {
    target: Target,
    readers: Lane,
    writers: Lane,
}

/// A pool with a fair queue in front: the pool's own hands connections to whoever wakes first,
/// which at 32 callers costs 230 ms at the 99th percentile where this costs 3 to 16.
#[derive(Clone)]
struct Lane {
    pool: r2d2::Pool<open::Manager>,
    queue: Arc<Semaphore>,
}

impl Lane {
    async fn permit(&self) -> DbResult<OwnedSemaphorePermit> {
        tokio::time::timeout(PATIENCE, Arc::clone(&self.queue).acquire_owned())
            .await
            .map_err(|_| DbError::Busy)?
            .map_err(|_| DbError::Stopping)
    }

    /// A permit, on a thread of its own that may wait.
    fn wait(&self) -> DbResult<OwnedSemaphorePermit> {
        loop {
            match Arc::clone(&self.queue).try_acquire_owned() {
                Ok(permit) => return Ok(permit),
                Err(TryAcquireError::NoPermits) => std::thread::sleep(Duration::from_millis(10)),
                Err(TryAcquireError::Closed) => return Err(DbError::Stopping),
            }
        }
    }

    fn connection(&self) -> DbResult<r2d2::PooledConnection<open::Manager>> {
        self.pool
            .get()
            .map_err(|error| DbError::Unreachable(error.to_string()))
    }
}

impl Db {
    /// Opens the database, creating a SQLite file that is not there, and brings its schema up to
    /// date. `connections` is the number of readers (and on PostgreSQL of writers) at most.
    ///
    /// # Errors
    ///
    /// [`MigrationError`] if it cannot be reached or a migration fails.
    pub fn open(target: &Target, connections: u32) -> Result<Self, MigrationError> {
        migrate::up(target)?;
        Self::connect(target, connections).map_err(MigrationError::Database)
    }

    /// Opens pools on a database whose schema is up to date.
    ///
    /// # Errors
    ///
    /// [`DbError::Unreachable`].
    pub fn connect(target: &Target, connections: u32) -> DbResult<Self> {
        let lane = |kind, size: u32| -> DbResult<Lane> {
            let pool = r2d2::Pool::builder()
                .max_size(size)
                // None in reserve: a connection made in the background while the process ends
                // runs into OpenSSL's own end, and the exit code is lost to a signal.
                .min_idle(Some(0))
                .test_on_check_out(false)
                .connection_timeout(PATIENCE)
                .build(open::Manager::new(target.clone(), kind))
                .map_err(|error| DbError::Unreachable(error.to_string()))?;
            Ok(Lane {
                pool,
                queue: Arc::new(Semaphore::new(size as usize)),
            })
        };
        let writers = match target {
            Target::Sqlite(_) => 1,
            #[cfg(feature = "postgres")]
            Target::Postgres(_) => connections,
        };
        Ok(Self {
            target: target.clone(),
            writers: lane(open::Kind::Writer, writers)?,
            readers: lane(open::Kind::Reader, connections)?,
        })
    }

    /// Which database this is.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Whether the schema is the one this binary was built for.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn schema_is_current(&self) -> DbResult<bool> {
        migrate::is_current(&mut *self.readers.connection()?)
    }

    /// Runs `work` on a reading connection, off the async threads.
    ///
    /// # Errors
    ///
    /// Those of `work`, or [`DbError`] if no connection was to be had.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let permit = self.readers.permit().await?;
        let db = self.clone();
        // The permit travels with the work: a caller who gives up does not free a connection
        // that is still in use.
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            db.read_now(work)
        })
        .await
        .map_err(|_| DbError::Stopping)?
    }

    /// Runs `work` in a transaction, off the async threads: all of it happens, or nothing.
    ///
    /// # Errors
    ///
    /// Those of `work`, which roll back, or [`DbError`].
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let permit = self.writers.permit().await?;
        let db = self.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            db.write_now(work)
        })
        .await
        .map_err(|_| DbError::Stopping)?
    }

    /// [`read`](Self::read) on the calling thread.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read_now<T, E: From<DbError>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        work(&mut *self.readers.connection()?)
    }

    /// Several reads that see the database at one moment, on the calling thread.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn snapshot_now<T, E: From<DbError>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.readers.connection()?;
        conn.begin_snapshot().map_err(DbError::from)?;
        let outcome = work(&mut conn);
        // Nothing was written: how it ends makes no difference to the data.
        on!(&mut *conn, |c| rollback(c)).map_err(DbError::from)?;
        outcome
    }

    /// [`write`](Self::write) on the calling thread.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn write_now<T, E: From<DbError>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        self.writers.connection()?.transaction(work)
    }

    /// [`write`](Self::write) on the calling thread for work that takes minutes: waits its turn
    /// behind other writers, however long that takes.
    ///
    /// # Errors
    ///
    /// Those of `work`, which roll back, or [`DbError`].
    pub fn write_when_free<T, E: From<DbError>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let _permit = self.writers.wait()?;
        let mut conn = self.writers.connection()?;
        conn.set_cache(MUCH_CACHE)?;
        let outcome = loop {
            // Another process may be the one that writes; nothing of `work` has run yet.
            match conn.begin() {
                Ok(()) => break conn.run_begun(work),
                Err(DbError::Busy) => {}
                Err(error) => break Err(error.into()),
            }
        };
        // What was written stands, whatever becomes of the cache.
        if let Err(error) = conn.set_cache(open::CACHE) {
            tracing::warn!(error.cause = %error, "cache not made smaller: {error}");
        }
        outcome
    }

    /// [`write_now`](Self::write_now), tried again as long as somebody else keeps SQLite's only
    /// writer or no connection is to be had, and `go_on` says so: for what has happened outside and
    /// happens again if it is not written down.
    ///
    /// # Errors
    ///
    /// Those of `work`, which roll back, or [`DbError`].
    pub fn write_surely<T>(
        &self,
        go_on: impl Fn() -> bool,
        work: impl Fn(&mut Conn) -> DbResult<T>,
    ) -> DbResult<T> {
        loop {
            // Each try waits for its turn itself, for as long as a request would.
            match self.write_now(&work) {
                Err(DbError::Busy | DbError::Unreachable(_)) if go_on() => {}
                other => return other,
            }
        }
    }

    /// [`write_now`](Self::write_now), unless another process is writing to SQLite at this moment:
    /// then [`DbError::Busy`] at once.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn write_if_free<T, E: From<DbError>>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let Ok(_permit) = Arc::clone(&self.writers.queue).try_acquire_owned() else {
            return Err(DbError::Busy.into());
        };
        let mut conn = self.writers.connection()?;
        conn.set_patience(Duration::ZERO)?;
        let outcome = conn.transaction(work);
        conn.set_patience(PATIENCE)?;
        outcome
    }
}

impl Conn {
    /// How much SQLite keeps in memory, in KiB; PostgreSQL has its own memory.
    fn set_cache(&mut self, kibibytes: u32) -> DbResult<()> {
        match self {
            Self::Sqlite(c) => {
                let sql = format!("PRAGMA cache_size = -{kibibytes}; PRAGMA shrink_memory;");
                Ok(c.batch_execute(&sql)?)
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
        }
    }

    /// How long SQLite waits for another process's lock; PostgreSQL has queues of its own.
    fn set_patience(&mut self, patience: Duration) -> DbResult<()> {
        match self {
            Self::Sqlite(c) => {
                let sql = format!("PRAGMA busy_timeout = {}", patience.as_millis());
                Ok(c.batch_execute(&sql)?)
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Runs `work` in a transaction. On SQLite it takes the write lock at once: a transaction that
    /// reads first and writes later fails when another wrote in between, whatever the timeout.
    fn transaction<T, E: From<DbError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin()?;
        self.run_begun(work)
    }

    /// Runs `work` in the transaction that has begun, and ends it.
    fn run_begun<T, E: From<DbError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        match work(self) {
            Ok(value) => {
                on!(self, |c| commit(c)).map_err(DbError::from)?;
                Ok(value)
            }
            Err(error) => {
                if let Err(rollback) = on!(self, |c| rollback(c)) {
                    tracing::error!(error.cause = %rollback, "rollback failed: {rollback}");
                }
                Err(error)
            }
        }
    }

    fn begin(&mut self) -> DbResult<()> {
        match self {
            Self::Sqlite(c) => diesel::connection::AnsiTransactionManager::begin_transaction_sql(
                c,
                "BEGIN IMMEDIATE",
            )
            .map_err(|error| match error {
                // SQLITE_BUSY, which diesel tells by its text alone.
                diesel::result::Error::DatabaseError(_, told)
                    if told.message() == "database is locked" =>
                {
                    DbError::Busy
                }
                other => other.into(),
            }),
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => {
                Ok(diesel::connection::AnsiTransactionManager::begin_transaction(c)?)
            }
        }
    }

    fn begin_snapshot(&mut self) -> diesel::QueryResult<()> {
        let sql = if self.is_postgres() {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        } else {
            "BEGIN"
        };
        on!(self, |c| {
            diesel::connection::AnsiTransactionManager::begin_transaction_sql(c, sql)
        })
    }

    /// Runs SQL text without parameters; several statements may stand in it.
    pub(crate) fn batch(&mut self, sql: &str) -> DbResult<()> {
        Ok(on!(self, |c| c.batch_execute(sql))?)
    }

    /// Whether this is PostgreSQL, for the few statements that have no common form.
    pub(crate) fn is_postgres(&self) -> bool {
        !matches!(self, Self::Sqlite(_))
    }
}

fn commit<C>(conn: &mut C) -> diesel::QueryResult<()>
where
    C: Connection,
{
    C::TransactionManager::commit_transaction(conn)
}

fn rollback<C>(conn: &mut C) -> diesel::QueryResult<()>
where
    C: Connection,
{
    C::TransactionManager::rollback_transaction(conn)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn what_is_to_be_written_surely_outlasts_another_writer_but_not_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(folder.path().join("hawser.db"));
        let db = Db::open(&target, 1).unwrap();
        let other = Db::connect(&target, 1).unwrap();
        // The test need not wait as long as a request would.
        let hasty = |db: &Db| {
            let mut conn = db.writers.connection().unwrap();
            conn.set_patience(Duration::ZERO).unwrap();
        };
        hasty(&db);
        let ((begun, has_begun), (end, ends)) = (channel(), channel::<()>());
        let holder = std::thread::spawn(move || {
            other.write_now(|_| {
                begun.send(()).unwrap();
                ends.recv().map_err(|_| DbError::Stopping)
            })
        });
        has_begun.recv().unwrap();
        let stopped = db.write_surely(|| false, |_| Ok(()));
        assert!(matches!(stopped, Err(DbError::Busy)), "{stopped:?}");
        // Freed only after it was found busy.
        let free = || {
            // Gone when it has ended.
            let _ = end.send(());
            true
        };
        let written = db.write_surely(free, |_| Ok(7));
        assert_eq!(written.unwrap(), 7);
        assert!(holder.join().unwrap().is_ok());
        // What is wrong with the work itself is not tried again.
        let wrong = db.write_surely(|| true, |_| Err::<(), _>(DbError::corrupt("x", "y")));
        assert!(matches!(wrong, Err(DbError::Corrupt { .. })));
    }
}
