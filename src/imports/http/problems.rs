//! What callers are told of a mapping, a file or an import that is refused.

use super::no_import;
use crate::error::{Error, ProblemPart};
use crate::imports::error::FileError;
use crate::imports::mapping::MappingError;
use crate::imports::run::error::ImportError;

/// 422 `bad_mapping`.
pub fn bad_mapping(detail: String, errors: Vec<ProblemPart>) -> Error {
    Error::Unprocessable {
        code: "bad_mapping",
        detail,
        errors,
    }
}

impl From<MappingError> for Error {
    fn from(error: MappingError) -> Self {
        let part = |key: &str, detail: &str| ProblemPart {
            pointer: key.to_owned(),
            code: "bad_mapping".to_owned(),
            detail: detail.to_owned(),
        };
        let parts = match &error {
            MappingError::Syntax(text) => vec![part("", text)],
            MappingError::Keys(keys) => keys.iter().map(|bad| part(&bad.key, &bad.rule)).collect(),
        };
        bad_mapping(error.to_string(), parts)
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        let code = match &error {
            FileError::Read(_) => return Self::internal(error),
            FileError::Empty => "file_empty",
            FileError::Binary { .. } => "file_binary",
            FileError::Utf16 => "file_utf16",
            FileError::Header { .. } => "file_header",
            FileError::MissingColumns(_) => "missing_column",
            FileError::DuplicateColumn(_) => "duplicate_column",
            FileError::UnknownColumn { .. } => "unknown_column",
            FileError::Quotes { .. } => "file_quotes",
        };
        let errors = match &error {
            FileError::MissingColumns(missing) => missing
                .iter()
                .map(|column| ProblemPart {
                    pointer: column.column.clone(),
                    code: code.to_owned(),
                    detail: column.to_string(),
                })
                .collect(),
            _ => Vec::new(),
        };
        Self::Unprocessable {
            code,
            detail: error.to_string(),
            errors,
        }
    }
}

impl From<ImportError> for Error {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::File(error) => error.into(),
            ImportError::Db(error) => error.into(),
            ImportError::NotFound(id) => no_import(id),
            ImportError::NotRevertible { .. } => {
                Self::conflict("not_revertible", error.to_string())
            }
            other => Self::internal(other),
        }
    }
}
