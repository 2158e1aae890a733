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
    /// The member, and the members inside it.
    path: &'static [&'static str],
    kind: Cell,
}

/// What stands in the cells of a column.
#[derive(Clone, Copy, Debug)]
pub enum Cell {
    /// Any text.
    Text,
    /// A whole number.
    Whole,
    /// A number with a decimal point.
    Number,
    /// `true` or `false`, or other words for them.
    Truth,
}

/// Records that come in files.
pub trait Filed: Record {
    /// The columns that a file may have.
    const COLUMNS: &'static [Column];
}

/// A column that fills the member at a path.
pub const fn column(name: &'static str, path: &'static [&'static str], kind: Cell) -> Column {
    Column { name, path, kind }
}

impl Filed for contracts::Row {
    const COLUMNS: &'static [Column] = &[
        column("external_id", &["external_id", "id"], Cell::Text),
        column("external_system", &["external_id", "system"], Cell::Text),
        column("customer.id", &["customer", "id"], Cell::Whole),
        column(
            "customer.external_id",
            &["customer", "external_id", "id"],
            Cell::Text,
        ),
        column(
            "customer.external_system",
            &["customer", "external_id", "system"],
            Cell::Text,
        ),
        column("partner.id", &["partner", "id"], Cell::Whole),
        column(
            "partner.external_id",
            &["partner", "external_id", "id"],
            Cell::Text,
        ),
        column(
            "partner.external_system",
            &["partner", "external_id", "system"],
            Cell::Text,
        ),
        column("kind", &["kind"], Cell::Text),
        column("service", &["service"], Cell::Text),
        column("starts_on", &["starts_on"], Cell::Text),
        column("ends_on", &["ends_on"], Cell::Text),
        column("term_months", &["term_months"], Cell::Whole),
        column("notice_days", &["notice_days"], Cell::Whole),
        column("renewals", &["renewals"], Cell::Whole),
        column("auto_renews", &["auto_renews"], Cell::Truth),
        column("share", &["share"], Cell::Number),
        column("value_per_year", &["value_per_year"], Cell::Whole),
        column("outcome", &["outcome"], Cell::Text),
        column("renewed_by.id", &["renewed_by", "id"], Cell::Whole),
        column(
            "renewed_by.external_id",
            &["renewed_by", "external_id", "id"],
            Cell::Text,
        ),
        column(
            "renewed_by.external_system",
            &["renewed_by", "external_id", "system"],
            Cell::Text,
        ),
    ];
}

impl Filed for invoices::Row {
    const COLUMNS: &'static [Column] = &[
        column("external_id", &["external_id", "id"], Cell::Text),
        column("external_system", &["external_id", "system"], Cell::Text),
        column("customer.id", &["customer", "id"], Cell::Whole),
        column(
            "customer.external_id",
            &["customer", "external_id", "id"],
            Cell::Text,
        ),
        column(
            "customer.external_system",
            &["customer", "external_id", "system"],
            Cell::Text,
        ),
        column("issued_on", &["issued_on"], Cell::Text),
        column("due_on", &["due_on"], Cell::Text),
        column("amount", &["amount"], Cell::Whole),
        column("paid_on", &["paid_on"], Cell::Text),
        column("disputed", &["disputed"], Cell::Truth),
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
    let names: Vec<&'static str> = R::COLUMNS.iter().map(|column| column.name).collect();
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

/// The record that a row tells; empty cells are left out.
fn record<R: Filed>(row: &TableRow<'_>) -> Result<Json, Vec<FieldProblem>> {
    let mut record = Json::Object(Map::new());
    let mut wrong = Vec::new();
    for (place, column) in R::COLUMNS.iter().enumerate() {
        let text = row.cell(place);
        if text.is_empty() {
            continue;
        }
        match value(column.kind, text) {
            Ok(value) => put(&mut record, column.path, value),
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

fn put(record: &mut Json, path: &[&str], value: Json) {
    let Some((member, inside)) = path.split_first() else {
        *record = value;
        return;
    };
    if let Json::Object(members) = record {
        let empty = || Json::Object(Map::new());
        put(members.entry(*member).or_insert_with(empty), inside, value);
    }
}
