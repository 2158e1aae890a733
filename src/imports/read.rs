//! From a stream of bytes to shipments, one at a time.

use std::borrow::Cow;
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
use super::rejects::LEAD;
use super::row::RawRow;
use super::source::Source;
use crate::shipments::model::ShipmentDraft;
use crate::text::recover;

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
    shape: Shape,
    rows_read: u64,
    done: bool,
}

/// How the cells of a file differ from what its sender wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Cells in front of each row that are ours: a file of rejects has two.
    lead: usize,
    /// Whether cells carry the apostrophe of a spreadsheet-safe export.
    neutralised: bool,
}

impl Shape {
    /// Makes the cells of a reject those that the sender wrote: what is rejected once more reads
    /// as it did the first time.
    pub fn restore(self, reject: &mut Reject) {
        if self.lead > 0 && reject.raw.len() > self.lead {
            reject.raw.drain(..self.lead);
        }
        if self.neutralised {
            for cell in &mut reject.raw {
                if let Cow::Owned(original) = recovered(cell) {
                    *cell = original;
                }
            }
        }
    }
}

/// The cell without its apostrophe; owned only if it had one.
fn recovered(cell: &str) -> Cow<'_, str> {
    let original = recover(cell);
    if original.len() == cell.len() {
        Cow::Borrowed(cell)
    } else {
        Cow::Owned(original.to_owned())
    }
}

/// The rows of a file of either format.
#[derive(Debug)]
pub(super) enum Rows<R> {
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
        let (source, decoder) = opened(reader, mapping.encoding)?;
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
            Delimiter::Auto => {
                let mapped = mapping.columns().map(|(name, _)| name).collect();
                find_delimiter(&mut source, &decoder, &mapped)?
            }
        };
        let mut rows = CsvRows::new(source, decoder, delimiter);
        let mut columns = header(&mut rows)?;
        // A file of rejects, corrected: whatever the mapping says, its cells are spreadsheet-safe.
        let rejects = columns.get(..LEAD.len()).is_some_and(|lead| lead == LEAD);
        let shape = Shape {
            lead: if rejects { LEAD.len() } else { 0 },
            neutralised: mapping.neutralised || rejects,
        };
        let mapping = &Mapping {
            neutralised: shape.neutralised,
            ..mapping.clone()
        };
        if shape.neutralised {
            for name in &mut columns {
                *name = recover(name).to_owned();
            }
        }
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
            .skip(shape.lead)
            .filter(|name| !mapped.contains(name.as_str()))
            .cloned()
            .collect();
        let drafter = Drafter::new(mapping, zone, |name| index.get(name).copied());
        Ok(Self::new(
            Rows::Csv(Box::new(rows)),
            drafter,
            columns,
            unmapped,
            shape,
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
            Shape::default(),
        )
    }

    fn new(
        rows: Rows<R>,
        drafter: Drafter,
        columns: Vec<String>,
        unmapped: Vec<String>,
        shape: Shape,
    ) -> Self {
        Self {
            rows,
            drafter,
            row: RawRow::default(),
            columns,
            unmapped,
            shape,
            rows_read: 0,
            done: false,
        }
    }

    /// The columns of the file in order, as a list of rejects repeats them: the header of a CSV
    /// file, without those that an earlier list of rejects put in front; of NDJSON `json` alone,
    /// the line.
    pub fn columns(&self) -> &[String] {
        self.columns.get(self.shape.lead..).unwrap_or_default()
    }

    /// How to turn the cells of [`row`](Self::row) into what the sender wrote; rejects that the
    /// reader gives have been turned already.
    pub fn shape(&self) -> Shape {
        self.shape
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

impl<R> ShipmentReader<R> {
    fn refuse<T>(&self, mut reject: Reject) -> Result<T, ReadError> {
        self.shape.restore(&mut reject);
        Err(reject.into())
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
            Err(ReadError::Row(reject)) => {
                self.rows_read += 1;
                return Some(self.refuse(reject));
            }
            Ok(true) => self.rows_read += 1,
        }
        if let Rows::Csv(_) = self.rows
            && let Some(reject) = self.row.unless_cells(self.columns.len())
        {
            return Some(self.refuse(reject));
        }
        match self.drafter.draft(&self.row) {
            Ok(draft) => Some(Ok((self.row.line(), draft))),
            Err(reject) => Some(self.refuse(reject)),
        }
    }
}

/// Looks at the start of a file: whether it is text, and in which encoding.
pub(super) fn opened<R: Read>(
    reader: R,
    encoding: Encoding,
) -> Result<(Source<R>, Decoder), FileError> {
    let mut source = Source::new(reader);
    while source.window().len() < BINARY_PREFIX && source.fill()? {}
    let marked = check_start(source.window())?;
    if marked {
        source.consume(3);
    }
    if source.window().trim_ascii().is_empty() && !source.fill()? {
        return Err(FileError::Empty);
    }
    let decoder = Decoder::new(if marked { Encoding::Utf8 } else { encoding });
    Ok((source, decoder))
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
pub(super) fn header<R: Read>(rows: &mut CsvRows<R>) -> Result<Vec<String>, FileError> {
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

/// The delimiter that finds most of the wanted columns in the first line; among equals the one that
/// makes most cells.
pub(super) fn find_delimiter<R: Read>(
    source: &mut Source<R>,
    decoder: &Decoder,
    wanted: &BTreeSet<&str>,
) -> Result<u8, FileError> {
    while memchr::memchr(b'\n', source.window().trim_ascii_start()).is_none() && source.fill()? {}
    let window = source.window().trim_ascii_start();
    let end = memchr::memchr2(b'\n', b'\r', window).unwrap_or(window.len());
    let line = window.get(..end).unwrap_or_default();

    let score = |delimiter: u8| {
        let mut rows = CsvRows::new(Source::new(line), decoder.clone(), delimiter);
        let names = header(&mut rows).unwrap_or_default();
        let found = names
            .iter()
            .filter(|name| wanted.contains(name.as_str()))
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
