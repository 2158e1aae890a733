//! Why an import failed, and what its record says of that.

use std::io;

use crate::db::DbError;
use crate::imports::error::FileError;
use crate::imports::store::Outcome;

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// There is no such import.
    #[error("there is no import {0}")]
    NotFound(i64),
    /// It cannot be reverted.
    #[error("import {id} cannot be reverted: {why}")]
    NotRevertible {
        /// Which.
        id: i64,
        /// Why.
        why: String,
    },
    /// The reading thread died.
    #[error("the reader stopped without a word")]
    ReaderDied,
    /// Another process took this import for dead, and said so in its record.
    #[error("another process took the import for dead")]
    TakenForDead,
    /// The rejects of a dry run cannot be put aside.
    #[error("a temporary file cannot be used: {0}")]
    Spill(#[from] io::Error),
    /// A dry run is done: what it wrote is to be undone.
    #[error("dry run")]
    DryRun(Box<Outcome>),
}

impl ImportError {
    /// What the record says, which everybody with a key may read: of the database's troubles no
    /// more than that it had some.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Db(error) if error.is_unique_violation() => {
                "somebody else made the same customer or shipment at the same time; nothing was \
                 imported: import the file again"
                    .to_owned()
            }
            Self::Db(_) => "the database failed; nothing was imported".to_owned(),
            other => format!("{other}; nothing was imported"),
        }
    }
}
