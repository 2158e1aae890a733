//! Files of records that need no mapping: columns named as the fields are, cells as text.
//!
//! CSV and NDJSON are read as files of shipments are: the same encodings, delimiters, limits on
//! lines, and rejects that name their line.

use std::collections::BTreeSet;
use std::io::Read;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::csv_rows::CsvRows;
use super::error::{FileError, ReadError, Reject, nearest};
use super::mapping::Format;
use super::ndjson::NdjsonRows;
use super::read::{Rows, find_delimiter, header, opened};
use super::row::RawRow;

/// The rows of one file, as cells of known columns.
#[derive(Debug)]
pub struct Table<R> {
    rows: Rows<R>,
    row: RawRow,
    /// Where each known column stands in the file.
    places: Vec<Option<usize>>,
    width: usize,
    done: bool,
}

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub struct TableRow<'a> {
    row: &'a RawRow,
    places: &'a [Option<usize>],
}

impl TableRow<'_> {
    /// Number of the line on which it begins, from 1.
    pub fn line(&self) -> u64 {
        self.row.line()
    }

    /// What stands in a known column, by its place among them; empty where the file has none.
    pub fn cell(&self, column: usize) -> &str {
        let place = self.places.get(column).copied().flatten();
        place.map_or("", |place| self.row.cell(place).trim())
    }
}

/// The point in time that a cell tells: ISO 8601, in `zone` where it names none; a day alone is its
/// first instant. `None` if it is none, or not of the years 1900 to 2199.
pub fn time(cell: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let zones = super::values::Zones {
        instance: zone,
        file: zone,
    };
    super::values::time(cell, &[], zones)
}

impl<R: Read> Table<R> {
    /// Looks at the start of the file and finds the columns.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the file is empty, binary or unreadable, or has a column twice or one that
    /// is not known.
    pub fn open(reader: R, format: Format, columns: &[&str]) -> Result<Self, FileError> {
        let (mut source, decoder) = opened(reader, super::mapping::Encoding::Auto)?;
        if format == Format::Ndjson {
            let names: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
            return Ok(Self {
                rows: Rows::Ndjson(Box::new(NdjsonRows::new(source, decoder, &names, false))),
                row: RawRow::default(),
                places: (0..columns.len()).map(Some).collect(),
                width: columns.len(),
                done: false,
            });
        }
        let known: BTreeSet<&str> = columns.iter().copied().collect();
        let delimiter = find_delimiter(&mut source, &decoder, &known)?;
        let mut rows = CsvRows::new(source, decoder, delimiter);
        let header = header(&mut rows)?;
        for (at, name) in header.iter().enumerate() {
            if header.iter().skip(at + 1).any(|other| other == name) {
                return Err(FileError::DuplicateColumn(name.clone()));
            }
            if !known.contains(name.as_str()) {
                return Err(FileError::UnknownColumn {
                    column: name.clone(),
                    nearest: nearest(name, columns.iter().copied()),
                });
            }
        }
        let place = |name: &&str| header.iter().position(|column| column == name);
        Ok(Self {
            places: columns.iter().map(place).collect(),
            width: header.len(),
            rows: Rows::Csv(Box::new(rows)),
            row: RawRow::default(),
            done: false,
        })
    }

    /// The next row; `None` at the end, and after [`ReadError::File`].
    ///
    /// # Errors
    ///
    /// [`ReadError`]: a row that cannot be read, or the file.
    pub fn read(&mut self) -> Option<Result<TableRow<'_>, ReadError>> {
        if self.done {
            return None;
        }
        let read = match &mut self.rows {
            Rows::Csv(rows) => rows.read(&mut self.row),
            Rows::Ndjson(rows) => rows.read(&mut self.row),
        };
        match read {
            Ok(true) => {}
            Ok(false) => {
                self.done = true;
                return None;
            }
            Err(error) => {
                self.done = matches!(error, ReadError::File(_));
                return Some(Err(error));
            }
        }
        let cells: Option<Reject> = match &self.rows {
            Rows::Csv(_) => self.row.unless_cells(self.width),
            Rows::Ndjson(_) => None,
        };
        Some(match cells {
            Some(reject) => Err(reject.into()),
            None => Ok(TableRow {
                row: &self.row,
                places: &self.places,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[&str] = &["id", "name", "paid_on"];

    fn all(text: &str, format: Format) -> Vec<Result<(u64, Vec<String>), String>> {
        let mut table = Table::open(text.as_bytes(), format, COLUMNS).unwrap();
        let mut rows = Vec::new();
        while let Some(read) = table.read() {
            rows.push(match read {
                Ok(row) => Ok((
                    row.line(),
                    (0..3).map(|at| row.cell(at).to_owned()).collect(),
                )),
                Err(error) => Err(error.to_string()),
            });
        }
        rows
    }

    fn row(line: u64, cells: [&str; 3]) -> (u64, Vec<String>) {
        (line, cells.map(str::to_owned).to_vec())
    }

    #[test]
    fn cells_are_found_by_the_names_of_their_columns() {
        let text = "\u{feff}name;id\r\n\"Müller; Söhne\";7\r\n\r\n 物流 ;8\r\n9\r\n";
        let rows = all(text, Format::Csv);
        assert_eq!(
            rows[..2],
            [
                Ok(row(2, ["7", "Müller; Söhne", ""])),
                Ok(row(4, ["8", "物流", ""]))
            ]
        );
        assert!(
            rows[2].as_ref().unwrap_err().contains("expected 2 cells"),
            "{rows:?}"
        );
        let lines = "{\"id\": 7, \"name\": null}\n{\"id\": 8, \"colour\": 1}\n";
        let rows = all(lines, Format::Ndjson);
        assert_eq!(rows[0], Ok(row(1, ["7", "", ""])));
        assert!(rows[1].as_ref().unwrap_err().contains("colour"), "{rows:?}");
    }

    #[test]
    fn a_column_that_nobody_knows_or_that_stands_twice_is_told() {
        let open = |text: &str| Table::open(text.as_bytes(), Format::Csv, COLUMNS).map(drop);
        let unknown = open("id,pay_on\n1,2\n").unwrap_err().to_string();
        assert!(
            unknown.contains("pay_on") && unknown.contains("paid_on"),
            "{unknown}"
        );
        assert!(
            matches!(open("id,id\n1,2\n"), Err(FileError::DuplicateColumn(name)) if name == "id")
        );
        assert!(matches!(open(""), Err(FileError::Empty)));
    }
}
