//! Files of contracts and invoices: all of a file or nothing, rejected rows named by their line.
//!
//! A row is a whole record, as a `PUT` is: what it does not tell is cleared.

use std::io::Read;

use serde_json::{Map, Value as Json, json};

use super::edit::{self, Desk, Record, Writer};
use super::store::{contracts, invoices};
use crate::access::audit::{self, Deed};
use crate::api::batch::Outcome;
use crate::api::body::parse_value;
use crate::api::etag::IfMatch;
use crate::db::{Conn, DbError};
use crate::error::{Answer, Error};
use crate::imports::mapping::Format;
use crate::imports::read::{FileError, ReadError};
use crate::imports::table::{Table, TableRow};
use crate::problem::FieldProblem;

/// Rejected rows that are named; of more, only their number is told.
pub const NAMED: usize = 1_000;

/// A column of a file, and the member of the record that it fills.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    name: &'static str,
    member: &'static str,
    /// The members inside it that lead to what the column fills.
    inside: &'static [&'static str],
    kind: Cell,
}

/// What stands in the cells of a column.
#[derive(Clone, Copy, Debug)]
pub enum Cell {
    /// As it stands.
    Text,
    /// A whole number.
    Whole,
    /// A number with a decimal point.
    Number,
    /// true or false.
    Truth,
}

/// Records that come in files.
pub trait Filed: Record {
    /// The columns that a file may have, in groups.
    const COLUMNS: &'static [&'static [Column]];
}

impl Column {
    /// The column of the member of this name.
    pub const fn of(name: &'static str, kind: Cell) -> Self {
        Self::within(name, name, &[], kind)
    }

    /// The column of what stands in `member`, at `inside`.
    pub const fn within(
        name: &'static str,
        member: &'static str,
        inside: &'static [&'static str],
        kind: Cell,
    ) -> Self {
        Self {
            name,
            member,
            inside,
            kind,
        }
    }
}

/// The columns of a record's own key.
pub(crate) const KEY: &[Column] = &[
    Column::within("external_id", "external_id", &["id"], Cell::Text),
    Column::within("external_system", "external_id", &["system"], Cell::Text),
];

/// The columns of a member that names another record.
macro_rules! record_key {
    ($member:literal) => {
        &[
            Column::within(concat!($member, ".id"), $member, &["id"], Cell::Whole),
            Column::within(
                concat!($member, ".external_id"),
                $member,
                &["external_id", "id"],
                Cell::Text,
            ),
            Column::within(
                concat!($member, ".external_system"),
                $member,
                &["external_id", "system"],
                Cell::Text,
            ),
        ]
    };
}
pub(crate) use record_key;

impl Filed for contracts::Values {
    const COLUMNS: &'static [&'static [Column]] = &[
        KEY,
        record_key!("customer"),
        record_key!("partner"),
        &[
            Column::of("kind", Cell::Text),
            Column::of("service", Cell::Text),
            Column::of("starts_on", Cell::Text),
            Column::of("ends_on", Cell::Text),
            Column::of("term_months", Cell::Whole),
            Column::of("notice_days", Cell::Whole),
            Column::of("renewals", Cell::Whole),
            Column::of("auto_renews", Cell::Truth),
            Column::of("share", Cell::Number),
            Column::of("value_per_year", Cell::Whole),
            Column::of("outcome", Cell::Text),
        ],
        record_key!("renewed_by"),
    ];
}

impl Filed for invoices::Values {
    const COLUMNS: &'static [&'static [Column]] = &[
        KEY,
        record_key!("customer"),
        &[
            Column::of("issued_on", Cell::Text),
            Column::of("due_on", Cell::Text),
            Column::of("amount", Cell::Whole),
            Column::of("paid_on", Cell::Text),
            Column::of("disputed", Cell::Truth),
        ],
    ];
}

/// What a file did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Loaded {
    /// Records that did not exist before.
    pub created: u64,
    /// Records that were changed.
    pub updated: u64,
    /// Records that already were as the file has them.
    pub unchanged: u64,
}

/// A row that was refused.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Refused {
    /// Number of the line on which it begins, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// Why nothing of a file was written.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Rows were refused.
    #[error("{count} rows are refused; nothing was written")]
    Refused {
        /// How many.
        count: u64,
        /// The first of them, [`NAMED`] at most.
        rows: Vec<Refused>,
    },
    /// The database, or something else that is no mistake of a row.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<DbError> for LoadError {
    fn from(error: DbError) -> Self {
        Self::Other(error.into())
    }
}

/// Makes or replaces every record of a file, in the caller's transaction.
///
/// # Errors
///
/// [`LoadError`]; the caller must then roll back.
pub fn load<R: Filed>(
    conn: &mut Conn,
    writer: &Writer,
    (file, format, file_name): (impl Read, Format, &str),
) -> Result<Loaded, LoadError> {
    let names: Vec<&str> = columns::<R>().map(|column| column.name).collect();
    let mut table = Table::open(file, format, &names)?;
    let mut loading = Loading::<R> {
        desk: Desk::new(writer),
        loaded: Loaded::default(),
        refused: Vec::new(),
        refused_count: 0,
        kind: std::marker::PhantomData,
    };
    // Records that name the next of their kind wait until all others are there.
    let mut waiting: Vec<(u64, Json)> = Vec::new();
    while let Some(read) = table.read() {
        match read {
            Err(ReadError::File(error)) => return Err(error.into()),
            Err(ReadError::Row(reject)) => loading.refuse(reject.line, reasons(&reject.reasons)),
            Ok(row) => match record::<R>(&row) {
                Err(wrong) => loading.refuse(row.line(), reasons(&wrong)),
                Ok(record) if record.get("renewed_by").is_some() => {
                    waiting.push((row.line(), record));
                }
                Ok(record) => loading.write(conn, row.line(), &record)?,
            },
        }
    }
    // The next term begins later: from the last to the first, each finds the one behind it.
    let begins = |record: &Json| record.get("starts_on").map(ToString::to_string);
    waiting.sort_by_key(|(line, record)| (std::cmp::Reverse(begins(record)), *line));
    for (line, record) in &waiting {
        loading.write(conn, *line, record)?;
    }
    let loaded = loading.finish()?;
    let deed = Deed {
        action: "imported",
        entity: R::WHAT,
        id: None,
        detail: Some(json!({ "file": file_name, "loaded": &loaded })),
    };
    audit::record(conn, &writer.actor, &deed, writer.now)?;
    Ok(loaded)
}

struct Loading<'a, R> {
    desk: Desk<'a>,
    loaded: Loaded,
    refused: Vec<Refused>,
    refused_count: u64,
    kind: std::marker::PhantomData<R>,
}

impl<R: Filed> Loading<'_, R> {
    fn write(&mut self, conn: &mut Conn, line: u64, record: &Json) -> Result<(), LoadError> {
        match self.written(conn, record) {
            Ok(Outcome::Created) => self.loaded.created += 1,
            Ok(Outcome::Updated) => self.loaded.updated += 1,
            Ok(_) => self.loaded.unchanged += 1,
            Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error.into()),
            Err(error) => self.refuse(line, error.to_string()),
        }
        Ok(())
    }

    fn written(&mut self, conn: &mut Conn, record: &Json) -> Answer<Outcome> {
        let input = R::checked(parse_value(record)?).map_err(Error::Invalid)?;
        let (outcome, _) = edit::upsert::<R>(conn, &mut self.desk, &IfMatch::Absent, &input)?;
        Ok(outcome)
    }

    fn refuse(&mut self, line: u64, reason: String) {
        self.refused_count += 1;
        if self.refused.len() < NAMED {
            self.refused.push(Refused { line, reason });
        }
    }

    fn finish(mut self) -> Result<Loaded, LoadError> {
        if self.refused_count == 0 {
            return Ok(self.loaded);
        }
        self.refused.sort_by_key(|row| row.line);
        Err(LoadError::Refused {
            count: self.refused_count,
            rows: self.refused,
        })
    }
}

fn reasons(wrong: &[FieldProblem]) -> String {
    let texts: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

fn columns<R: Filed>() -> impl Iterator<Item = &'static Column> {
    R::COLUMNS.iter().copied().flatten()
}

/// The record that a row tells; empty cells are left out.
fn record<R: Filed>(row: &TableRow<'_>) -> Result<Json, Vec<FieldProblem>> {
    let mut record = Json::Object(Map::new());
    let mut wrong = Vec::new();
    for (place, column) in columns::<R>().enumerate() {
        let text = row.cell(place);
        if text.is_empty() {
            continue;
        }
        match value(column.kind, text) {
            Ok(value) => put(&mut record, column.member, column.inside, value),
            Err(rule) => wrong.push(FieldProblem::new(column.name, "bad_value", rule)),
        }
    }
    if wrong.is_empty() {
        Ok(record)
    } else {
        Err(wrong)
    }
}

fn value(kind: Cell, text: &str) -> Result<Json, &'static str> {
    match kind {
        Cell::Text => Ok(text.into()),
        Cell::Whole => text
            .parse::<i64>()
            .map(Json::from)
            .map_err(|_| "expected a whole number"),
        Cell::Number => text
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map(Json::from)
            .ok_or("expected a number with a decimal point"),
        Cell::Truth => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(Json::Bool(true)),
            "false" | "no" | "0" => Ok(Json::Bool(false)),
            _ => Err("expected true or false"),
        },
    }
}

fn put(record: &mut Json, member: &str, inside: &[&str], value: Json) {
    let Json::Object(members) = record else {
        return;
    };
    match inside.split_first() {
        None => {
            members.insert(member.to_owned(), value);
        }
        Some((next, inside)) => {
            let empty = || Json::Object(Map::new());
            let within = members.entry(member).or_insert_with(empty);
            put(within, next, inside, value);
        }
    }
}
