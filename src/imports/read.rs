//! From a stream of bytes to shipments, one at a time.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use chrono_tz::Tz;

use super::csv_rows::CsvRows;
use super::decode::Decoder;
use super::draft::Drafter;
use super::error::nearest;
pub use super::error::{FileError, MissingColumn, ReadError, Reject};
use super::mapping::{Delimiter, Encoding, Format, Mapping};
use super::ndjson::NdjsonRows;
use super::row::RawRow;
use super::source::Source;
use crate::shipments::model::ShipmentDraft;

/// Bytes at the start of a file in which a NUL byte shows that it is no text.
const BINARY_PREFIX: usize = 8 << 10;

/// Reads the shipments of one file.
///
/// An iterator over the rows: each is a draft with the number of its line, or what is wrong with
/// it. After [`ReadError::File`] there is nothing more. Memory does not grow with the file: see
/// [`buffer_bytes`](Self::buffer_bytes).
///
/// ```
/// use hawser::imports::{mapping::{Format, Mapping}, read::ShipmentReader};
///
/// let file = "external_id,external_system,shipper.name,consignee.name,booked_at\n\
///             7,tms,Mill,Bakery,2024-05-01\n";
/// let mapping = Mapping::export(Format::Csv);
/// let mut reader = ShipmentReader::open(file.as_bytes(), &mapping, chrono_tz::Tz::UTC)?;
/// let (line, shipment) = reader.next().expect("a row")?;
/// assert_eq!((line, shipment.external_id.id.as_str()), (2, "7"));
/// assert!(reader.next().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ShipmentReader<R> {
    rows: Rows<R>,
    drafter: Drafter,
    row: RawRow,
    columns: Vec<String>,
    unmapped: Vec<String>,
    rows_read: u64,
    done: bool,
}

#[derive(Debug)]
enum Rows<R> {
    Csv(Box<CsvRows<R>>),
    Ndjson(Box<NdjsonRows<R>>),
}

impl<R: Read> ShipmentReader<R> {
    /// Looks at the start of the file and ties `mapping` to its columns. `zone` is the instance's.
    ///
    /// # Errors
    ///
    /// [`FileError`] if the file is empty, binary or unreadable, or lacks columns that the mapping
    /// names.
    pub fn open(reader: R, mapping: &Mapping, zone: Tz) -> Result<Self, FileError> {
        let mut source = Source::new(reader);
        while source.window().len() < BINARY_PREFIX && source.fill()? {}
        let marked = check_start(source.window())?;
        if marked {
            source.consume(3);
        }
        if source.window().trim_ascii().is_empty() && !source.fill()? {
            return Err(FileError::Empty);
        }
        let decoder = Decoder::new(if marked {
            Encoding::Utf8
        } else {
            mapping.encoding
        });
        match mapping.format {
            Format::Csv => Self::open_csv(source, decoder, mapping, zone),
            Format::Ndjson => Ok(Self::open_ndjson(source, decoder, mapping, zone)),
        }
    }

    fn open_csv(
        mut source: Source<R>,
        decoder: Decoder,
        mapping: &Mapping,
        zone: Tz,
    ) -> Result<Self, FileError> {
        let delimiter = match mapping.delimiter {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
            Delimiter::Auto => find_delimiter(&mut source, &decoder, mapping)?,
        };
        let mut rows = CsvRows::new(source, decoder, delimiter);
        let columns = header(&mut rows)?;
        let mut index: HashMap<&str, usize> = HashMap::new();
        let mut twice = BTreeSet::new();
        for (at, name) in columns.iter().enumerate() {
            if index.insert(name, at).is_some() {
                twice.insert(name.as_str());
            }
        }
        check_columns(mapping, &columns, &twice)?;

        let mapped: BTreeSet<&str> = mapping.columns().map(|(name, _)| name).collect();
        let unmapped = columns
            .iter()
            .filter(|name| !mapped.contains(name.as_str()))
            .cloned()
            .collect();
        let drafter = Drafter::new(mapping, zone, |name| index.get(name).copied());
        Ok(Self::new(
            Rows::Csv(Box::new(rows)),
            drafter,
            columns,
            unmapped,
        ))
    }

    fn open_ndjson(source: Source<R>, decoder: Decoder, mapping: &Mapping, zone: Tz) -> Self {
        let names: BTreeSet<&str> = mapping.columns().map(|(name, _)| name).collect();
        let columns: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let rows = NdjsonRows::new(source, decoder, &columns, mapping.ignore_unknown);
        let drafter = Drafter::new(mapping, zone, |name| {
            columns.iter().position(|column| column == name)
        });
        Self::new(
            Rows::Ndjson(Box::new(rows)),
            drafter,
            vec!["json".to_owned()],
            Vec::new(),
        )
    }

    fn new(rows: Rows<R>, drafter: Drafter, columns: Vec<String>, unmapped: Vec<String>) -> Self {
        Self {
            rows,
            drafter,
            row: RawRow::default(),
            columns,
            unmapped,
            rows_read: 0,
            done: false,
        }
    }

    /// The columns of the file in order, as a list of rejects repeats them: the header of a CSV
    /// file; of NDJSON `json` alone, the line.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What nothing maps: the columns of a CSV file, known from the start; of NDJSON the members
    /// met so far (the first hundred), where the mapping ignores unknown ones.
    pub fn columns_unmapped(&self) -> Vec<&str> {
        let ignored = match &self.rows {
            Rows::Csv(_) => None,
            Rows::Ndjson(rows) => Some(&rows.ignored),
        };
        self.unmapped
            .iter()
            .chain(ignored.into_iter().flatten())
            .map(String::as_str)
            .collect()
    }

    /// The row that was read last, as it stands in the file.
    pub fn row(&self) -> &RawRow {
        &self.row
    }

    /// Rows read so far, rejected ones included.
    pub fn rows_read(&self) -> u64 {
        self.rows_read
    }

    /// Bytes of the file read into rows so far, for progress.
    pub fn bytes_read(&self) -> u64 {
        match &self.rows {
            Rows::Csv(rows) => rows.source.position(),
            Rows::Ndjson(rows) => rows.source.position(),
        }
    }

    /// The encoding; [`Encoding::Auto`] as long as only ASCII has been met.
    pub fn encoding(&self) -> Encoding {
        match &self.rows {
            Rows::Csv(rows) => rows.decoder.encoding(),
            Rows::Ndjson(rows) => rows.decoder.encoding(),
        }
    }

    /// Bytes held by every buffer of the reader: bounded by a small multiple of the longest line
    /// taken (1 MiB), whatever the file holds.
    pub fn buffer_bytes(&self) -> usize {
        let rows = match &self.rows {
            Rows::Csv(rows) => rows.capacity(),
            Rows::Ndjson(rows) => rows.capacity(),
        };
        rows + self.row.capacity()
    }
}

impl<R: Read> Iterator for ShipmentReader<R> {
    type Item = Result<(u64, ShipmentDraft), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let read = match &mut self.rows {
            Rows::Csv(rows) => rows.read(&mut self.row),
            Rows::Ndjson(rows) => rows.read(&mut self.row),
        };
        match read {
            Ok(false) => {
                self.done = true;
                return None;
            }
            Err(error @ ReadError::File(_)) => {
                self.done = true;
                return Some(Err(error));
            }
            Err(error) => {
                self.rows_read += 1;
                return Some(Err(error));
            }
            Ok(true) => self.rows_read += 1,
        }
        if let Rows::Csv(_) = self.rows
            && let Some(reject) = self.row.unless_cells(self.columns.len())
        {
            return Some(Err(reject.into()));
        }
        let draft = self.drafter.draft(&self.row);
        Some(
            draft
                .map(|draft| (self.row.line(), draft))
                .map_err(ReadError::from),
        )
    }
}

/// Whether the file begins with the byte order mark of UTF-8.
fn check_start(start: &[u8]) -> Result<bool, FileError> {
    if start.starts_with(&[0xff, 0xfe])
        || start.starts_with(&[0xfe, 0xff])
        || start.starts_with(&[0, 0, 0xfe, 0xff])
    {
        return Err(FileError::Utf16);
    }
    let prefix = start.get(..BINARY_PREFIX).unwrap_or(start);
    if let Some(at) = memchr::memchr(0, prefix) {
        return Err(FileError::Binary { byte: at + 1 });
    }
    Ok(start.starts_with("\u{feff}".as_bytes()))
}

/// The names in the header line.
fn header<R: Read>(rows: &mut CsvRows<R>) -> Result<Vec<String>, FileError> {
    let mut row = RawRow::default();
    match rows.read(&mut row) {
        Ok(true) => Ok(row
            .cells()
            .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
            .collect()),
        Ok(false) => Err(FileError::Empty),
        Err(ReadError::File(error)) => Err(error),
        Err(ReadError::Row(reject)) => Err(FileError::Header {
            line: reject.line,
            rule: reject
                .reasons
                .iter()
                .map(|reason| reason.rule.as_str())
                .collect::<Vec<_>>()
                .join("; "),
        }),
    }
}

/// The delimiter that finds most of the mapped columns in the first line; among equals the one that
/// makes most cells.
fn find_delimiter<R: Read>(
    source: &mut Source<R>,
    decoder: &Decoder,
    mapping: &Mapping,
) -> Result<u8, FileError> {
    while memchr::memchr(b'\n', source.window().trim_ascii_start()).is_none() && source.fill()? {}
    let window = source.window().trim_ascii_start();
    let end = memchr::memchr2(b'\n', b'\r', window).unwrap_or(window.len());
    let line = window.get(..end).unwrap_or_default();
    let mapped: BTreeSet<&str> = mapping.columns().map(|(name, _)| name).collect();

    let score = |delimiter: u8| {
        let mut rows = CsvRows::new(Source::new(line), decoder.clone(), delimiter);
        let names = header(&mut rows).unwrap_or_default();
        let found = names
            .iter()
            .filter(|name| mapped.contains(name.as_str()))
            .count();
        (found, names.len())
    };
    // The last of equals wins: a header of one column is taken for comma.
    Ok([b'\t', b';', b',']
        .into_iter()
        .max_by_key(|delimiter| score(*delimiter))
        .unwrap_or(b','))
}

/// Checks that every column the mapping needs is there, once.
fn check_columns(
    mapping: &Mapping,
    columns: &[String],
    twice: &BTreeSet<&str>,
) -> Result<(), FileError> {
    let mut missing = Vec::new();
    for (target, field) in &mapping.fields {
        for name in field.source.columns() {
            if twice.contains(name.as_str()) {
                return Err(FileError::DuplicateColumn(name.clone()));
            }
            if !field.optional && !columns.contains(name) {
                missing.push(MissingColumn {
                    column: name.clone(),
                    target: target.word(),
                    nearest: nearest(name, columns.iter().map(String::as_str)),
                });
            }
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(FileError::MissingColumns(missing))
    }
}
