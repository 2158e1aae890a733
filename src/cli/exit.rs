//! Why a command failed, and the exit code that says so (sysexits.h).

use std::process::ExitCode;

use crate::config::ConfigError;
use crate::db::{DbError, MigrationError};
use crate::error::Error;

/// Wrong arguments.
pub const USAGE: u8 = 64;
/// The data given make no sense.
pub const DATA: u8 = 65;
/// A file given cannot be read.
pub const NO_INPUT: u8 = 66;
/// The database cannot be reached, or a migration failed.
pub const UNAVAILABLE: u8 = 69;
/// Our fault.
pub const SOFTWARE: u8 = 70;
/// A file cannot be written.
pub const IO: u8 = 74;
/// A setting cannot be used.
pub const CONFIG: u8 = 78;

/// A command's failure: the text for people, the code for programs.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Exit code.
    pub code: u8,
    /// What went wrong.
    pub message: String,
}

impl Failure {
    /// A failure with a code of this module.
    pub fn new(code: u8, message: impl std::fmt::Display) -> Self {
        Self {
            code,
            message: message.to_string(),
        }
    }

    /// Prints it and gives its code.
    pub fn report(&self) -> ExitCode {
        // An output that nobody reads any more is no failure worth a word.
        if !self.message.is_empty() {
            eprintln!("hawser: {}", self.message);
        }
        ExitCode::from(self.code)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(CONFIG, error)
    }
}

impl From<MigrationError> for Failure {
    fn from(error: MigrationError) -> Self {
        Self::new(UNAVAILABLE, error)
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        let code = match error {
            DbError::Busy | DbError::Unreachable(_) | DbError::Stopping => UNAVAILABLE,
            DbError::Query(_) | DbError::Corrupt { .. } => SOFTWARE,
        };
        Self::new(code, error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Internal(cause) => Self::new(SOFTWARE, cause),
            Error::Unavailable(_) => Self::new(UNAVAILABLE, error),
            other => Self::new(DATA, other),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::new(0, "");
        }
        Self::new(IO, error)
    }
}
