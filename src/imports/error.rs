//! What can be wrong with a file, and with a row of it.

use std::io;

use crate::problem::FieldProblem;

/// Why a file cannot be imported at all, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Reading failed.
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// A NUL byte near the start.
    #[error("the file is binary (byte {byte} is NUL): expected CSV or NDJSON text")]
    Binary {
        /// Where, from 1.
        byte: usize,
    },
    /// A byte order mark of UTF-16 or UTF-32.
    #[error("the file is encoded in UTF-16 or UTF-32: save it as UTF-8 or GB18030")]
    Utf16,
    /// The header line is too long, has too many cells, or cannot be decoded.
    #[error("line {line}, the header, cannot be read: {rule}")]
    Header {
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong.
        rule: String,
    },
    /// The mapping names columns that the file lacks.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    MissingColumns(Vec<MissingColumn>),
    /// A column of a file that is read without a mapping names no field.
    #[error("no field is called as the column `{column}`; nearest: {}", .nearest.join(", "))]
    UnknownColumn {
        /// Its name.
        column: String,
        /// The most similar fields.
        nearest: Vec<String>,
    },
    /// A column that is read stands twice in the header.
    #[error("the column `{0}` stands more than once in the header: nobody can tell which is meant")]
    DuplicateColumn(String),
    /// Quotes that open and never close, again and again.
    #[error(
        "line {line}: more than {limit} quotes open and never close; is the delimiter or the format another?"
    )]
    Quotes {
        /// Number of the line at which reading stopped, from 1.
        line: u64,
        /// How many were tolerated.
        limit: u32,
    },
}

/// A column that the mapping names and the file lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mapping reads {target} from the column `{column}`, which the file lacks; nearest: {}", .nearest.join(", "))]
pub struct MissingColumn {
    /// Its name in the mapping.
    pub column: String,
    /// The field it fills.
    pub target: &'static str,
    /// The most similar columns of the file.
    pub nearest: Vec<String>,
}

/// A row that cannot be imported: where, why (everything at once), and what it said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}", .reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Reject {
    /// Number of the line on which the row begins, from 1.
    pub line: u64,
    /// Every problem found.
    pub reasons: Vec<FieldProblem>,
    /// Its cells as written (NDJSON: one, the line). Of a line too long or undecodable, the
    /// beginning only, with bytes that are no text as `\xNN`.
    pub raw: Vec<String>,
}

/// What a reader can meet.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A row cannot be imported; the next may be read.
    #[error(transparent)]
    Row(#[from] Reject),
    /// The file cannot be read any further.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The up to three of `known` that are most like `name`, best first.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let name = name.to_lowercase();
    let mut ranked: Vec<(f64, &str)> = known
        .map(|other| (strsim::jaro_winkler(&name, &other.to_lowercase()), other))
        .collect();
    ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
    ranked
        .into_iter()
        .take(3)
        .map(|(_, other)| other.to_owned())
        .collect()
}
