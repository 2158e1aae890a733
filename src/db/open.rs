//! Opening a connection: the URL's scheme chooses the database, each connection is set up alike.

use std::path::PathBuf;

use diesel::connection::{Connection, SimpleConnection, TransactionManager};
use diesel::r2d2::ManageConnection;
use diesel::sqlite::SqliteConnection;

use super::{Conn, on};

/// Where the data live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL, password and all: not for logs.
    #[cfg(feature = "postgres")]
    Postgres(String),
}

/// The URL names no database that this binary can open.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Neither scheme.
    #[error("expected sqlite://PATH or postgres://USER@HOST/DATABASE")]
    Scheme,
    /// No file named.
    #[error("sqlite:// needs the path of a file behind it")]
    NoPath,
    /// Built without the `postgres` feature.
    #[error("this binary was built without PostgreSQL: build it with `--features postgres`")]
    NoPostgres,
}

impl Target {
    /// Reads a database URL.
    ///
    /// # Errors
    ///
    /// [`UrlError`] says what is allowed.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            return match path {
                "" | ":memory:" => Err(UrlError::NoPath),
                path => Ok(Self::Sqlite(path.into())),
            };
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            #[cfg(feature = "postgres")]
            return Ok(Self::Postgres(url.to_owned()));
            #[cfg(not(feature = "postgres"))]
            return Err(UrlError::NoPostgres);
        }
        Err(UrlError::Scheme)
    }

    /// The URL without its password, for people.
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => without_password(url),
        }
    }

    /// Whether only one connection can write at a time.
    pub fn has_one_writer(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// The kind of database, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

#[cfg(any(test, feature = "postgres"))]
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "postgres://…".to_owned();
    };
    // Parameters may hold a password, too.
    let rest = rest.split_once('?').map_or(rest, |(base, _)| base);
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split_once(':').map_or(user, |(name, _)| name);
            format!("{scheme}://{user}@{host}")
        }
        None => format!("{scheme}://{rest}"),
    }
}

/// KiB that a connection to SQLite keeps in memory.
pub(super) const CACHE: u32 = 32 << 10;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Reads only; SQLite refuses writes on it.
    Reader,
    /// Writes.
    Writer,
}

/// Makes connections for a pool.
#[derive(Clone, Debug)]
pub(super) struct Manager {
    target: Target,
    kind: Kind,
}

impl Manager {
    pub(super) fn new(target: Target, kind: Kind) -> Self {
        Self { target, kind }
    }
}

/// A connection could not be made, or is of no more use.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    #[error(transparent)]
    Connection(#[from] diesel::ConnectionError),
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
}

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = OpenError;

    fn connect(&self) -> Result<Conn, OpenError> {
        open(&self.target, self.kind)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), OpenError> {
        Ok(on!(conn, |c| c.batch_execute("SELECT 1"))?)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || on!(conn, |c| is_broken(c))
    }
}

fn is_broken<C: Connection>(conn: &mut C) -> bool {
    C::TransactionManager::is_broken_transaction_manager(conn)
}

/// Opens and sets up one connection.
pub(super) fn open(target: &Target, kind: Kind) -> Result<Conn, OpenError> {
    match target {
        Target::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
            // The time-out first: a fresh connection has none, and WAL may have to wait.
            // Sorts that outgrow the cache go to temporary files (the default), never to memory.
            conn.batch_execute(&format!(
                "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; \
                 PRAGMA synchronous = NORMAL; PRAGMA cache_size = -{CACHE};"
            ))?;
            match kind {
                Kind::Writer => conn.batch_execute("PRAGMA journal_mode = WAL;")?,
                Kind::Reader => conn.batch_execute("PRAGMA query_only = ON;")?,
            }
            Ok(Conn::Sqlite(conn))
        }
        #[cfg(feature = "postgres")]
        Target::Postgres(url) => {
            let mut conn = diesel::pg::PgConnection::establish(url)?;
            conn.batch_execute("SET TIME ZONE 'UTC'; SET client_min_messages = warning;")?;
            Ok(Conn::Postgres(conn))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_chooses_the_database() {
        assert_eq!(
            Target::parse("sqlite://a/b.db"),
            Ok(Target::Sqlite("a/b.db".into()))
        );
        assert_eq!(Target::parse("sqlite://"), Err(UrlError::NoPath));
        assert_eq!(Target::parse("sqlite://:memory:"), Err(UrlError::NoPath));
        for bad in ["", "mysql://x", "host=localhost dbname=x", "hawser.db"] {
            assert_eq!(Target::parse(bad), Err(UrlError::Scheme), "{bad}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        for (url, shown) in [
            ("postgres://u:p@h/d", "postgres://u@h/d"),
            (
                "postgres://u:a@b@h:5432/d?password=x",
                "postgres://u@h:5432/d",
            ),
            ("postgres://h/d", "postgres://h/d"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
