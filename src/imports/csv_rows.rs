//! Rows of a CSV file, cut by `csv-core`, one record held at a time.
//!
//! The `csv` package above it keeps a record however long; this one must not.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::decode::{Decoder, excerpt};
use super::error::{FileError, ReadError, Reject};
use super::row::RawRow;
use super::source::{LINE_LIMIT, Source};
use crate::problem::FieldProblem;

/// Most cells taken of a row.
const MAX_CELLS: usize = 1 << 14;
/// Quotes that may open and never close before the file is given up: each costs reading a megabyte
/// again.
const MAX_UNCLOSED: u32 = 100;

/// The rows of a CSV file.
#[derive(Debug)]
pub(super) struct CsvRows<R> {
    pub source: Source<R>,
    pub decoder: Decoder,
    core: Reader,
    out: Vec<u8>,
    ends: Vec<usize>,
    /// Number of the line at the start of the window.
    line: u64,
    /// Whether the last record ended in a carriage return, whose line feed may follow.
    after_return: bool,
    unclosed: u32,
}

/// A record at the start of the window.
enum Cut {
    End,
    /// Its length, and how much of `out` and `ends` it fills.
    Whole {
        raw: usize,
        out: usize,
        ends: usize,
    },
    TooMany {
        raw: usize,
    },
    TooLong {
        seen: usize,
    },
    Unclosed {
        seen: usize,
    },
}

impl<R: Read> CsvRows<R> {
    pub(super) fn new(source: Source<R>, decoder: Decoder, delimiter: u8) -> Self {
        Self {
            source,
            decoder,
            core: ReaderBuilder::new().delimiter(delimiter).build(),
            out: vec![0; 4 << 10],
            ends: vec![0; 64],
            line: 1,
            after_return: false,
            unclosed: 0,
        }
    }

    /// Bytes held.
    pub(super) fn capacity(&self) -> usize {
        self.source.capacity() + self.out.capacity() + self.ends.capacity() * size_of::<usize>()
    }

    /// Reads the next row into `row`; `false` at the end. Blank lines are no rows.
    pub(super) fn read(&mut self, row: &mut RawRow) -> Result<bool, ReadError> {
        self.skip_blank_lines()?;
        row.begin(self.line);
        match self.cut()? {
            Cut::End => Ok(false),
            Cut::Whole { raw, out, ends } => {
                let cells = (
                    self.out.get(..out).unwrap_or_default(),
                    self.ends.get(..ends).unwrap_or_default(),
                );
                let decoded = self.decoder.cells(cells, raw, self.source.window(), row);
                let rejected = decoded.err().map(|bad| {
                    let at = self.source.position() + bad.byte as u64 + 1;
                    let rule = format!(
                        "expected {}, found something else at byte {} of the row, {at} of the file",
                        bad.expected,
                        bad.byte + 1
                    );
                    self.reject("encoding", rule, raw)
                });
                self.pass(raw);
                rejected.map_or(Ok(true), |reject| Err(reject.into()))
            }
            Cut::TooMany { raw } => {
                let reject = self.reject(
                    "too_many_cells",
                    format!("expected at most {MAX_CELLS} cells"),
                    raw,
                );
                self.pass(raw);
                Err(reject.into())
            }
            Cut::TooLong { seen } => {
                let reject = self.reject(
                    "too_long",
                    format!("expected a line of at most {LINE_LIMIT} bytes"),
                    seen,
                );
                self.source.skip_line().map_err(FileError::from)?;
                self.restart();
                Err(reject.into())
            }
            Cut::Unclosed { seen } => {
                let rule = format!(
                    "expected a quote to close within {LINE_LIMIT} bytes; reading goes on with the next line"
                );
                let reject = self.reject("quote", rule, seen);
                self.unclosed += 1;
                if self.unclosed > MAX_UNCLOSED {
                    return Err(FileError::Quotes {
                        line: self.line,
                        limit: MAX_UNCLOSED,
                    }
                    .into());
                }
                self.source.skip_line().map_err(FileError::from)?;
                self.restart();
                Err(reject.into())
            }
        }
    }

    /// Cuts the record at the start of the window, without consuming it.
    fn cut(&mut self) -> Result<Cut, FileError> {
        let (mut seen, mut out, mut ends, mut too_many) = (0, 0, 0, false);
        loop {
            let unseen = self.source.window().get(seen..).unwrap_or_default();
            let at_end = unseen.is_empty() && seen <= LINE_LIMIT && !self.source.fill()?;
            if at_end && seen == 0 {
                return Ok(Cut::End);
            }
            // A line feed that does not end the last record is one inside quotes.
            let unseen = if at_end {
                b"\n"
            } else {
                self.source.window().get(seen..).unwrap_or_default()
            };
            let (result, read, written, counted) = self.core.read_record(
                unseen,
                self.out.get_mut(out..).unwrap_or_default(),
                self.ends.get_mut(ends..).unwrap_or_default(),
            );
            (seen, out, ends) = (
                if at_end { seen } else { seen + read },
                out + written,
                ends + counted,
            );
            let ended = matches!(
                result,
                ReadRecordResult::Record | ReadRecordResult::InputEmpty
            );
            if ended && seen > LINE_LIMIT {
                return Ok(self.too_long(seen));
            }
            match result {
                ReadRecordResult::Record if too_many => return Ok(Cut::TooMany { raw: seen }),
                ReadRecordResult::Record => {
                    return Ok(Cut::Whole {
                        raw: seen,
                        out,
                        ends,
                    });
                }
                ReadRecordResult::InputEmpty if at_end => return Ok(Cut::Unclosed { seen }),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.out.resize(self.out.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() < MAX_CELLS => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull => (ends, too_many) = (0, true),
                ReadRecordResult::End => return Ok(Cut::End),
            }
        }
    }

    /// More than one line of text: a quote that closes too late. Else one line that is too long.
    fn too_long(&self, seen: usize) -> Cut {
        let record = self.source.window().get(..seen).unwrap_or_default();
        match memchr::memchr(b'\n', record) {
            Some(at) if at + 1 < seen => Cut::Unclosed { seen },
            _ => Cut::TooLong { seen },
        }
    }

    fn reject(&self, code: &'static str, rule: String, raw: usize) -> Reject {
        let bytes = self.source.window().get(..raw).unwrap_or_default();
        Reject {
            line: self.line,
            reasons: vec![FieldProblem::new("row", code, rule)],
            raw: vec![excerpt(bytes)],
        }
    }

    /// Consumes a record of `raw` bytes and counts its lines.
    fn pass(&mut self, raw: usize) {
        let record = self.source.window().get(..raw).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', record).count() as u64;
        self.after_return = record.ends_with(b"\r");
        self.source.consume(raw);
    }

    /// Begins afresh on the next line.
    fn restart(&mut self) {
        self.line += 1;
        self.after_return = false;
        self.core.reset();
    }

    /// Consumes line ends in front of the next record and counts them.
    fn skip_blank_lines(&mut self) -> Result<(), FileError> {
        loop {
            if self.source.window().is_empty() && !self.source.fill()? {
                return Ok(());
            }
            match self.source.window().first() {
                Some(b'\n') => {
                    self.line += 1;
                    self.after_return = false;
                }
                Some(b'\r') => {
                    self.line += u64::from(self.after_return);
                    self.after_return = true;
                }
                _ => {
                    self.line += u64::from(self.after_return);
                    self.after_return = false;
                    return Ok(());
                }
            }
            self.source.consume(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::imports::mapping::Encoding;

    /// Gives at most so many bytes at a time.
    struct Sips<'a>(&'a [u8], usize);

    impl Read for Sips<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let count = into.len().min(self.1);
            self.0.read(into.get_mut(..count).unwrap_or_default())
        }
    }

    /// Rows with their lines; `None` if a row is rejected.
    fn ours(text: &str, sip: usize) -> Option<Vec<(u64, Vec<String>)>> {
        let source = Source::new(Sips(text.as_bytes(), sip));
        let mut rows = CsvRows::new(source, Decoder::new(Encoding::Utf8), b',');
        let (mut found, mut row) = (Vec::new(), RawRow::default());
        while rows.read(&mut row).ok()? {
            found.push((row.line(), row.cells().map(str::to_owned).collect()));
        }
        Some(found)
    }

    fn of_the_csv_package(text: &str) -> Vec<Vec<String>> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes())
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }

    proptest! {
        #[test]
        fn rows_are_those_of_the_csv_package(text in "([abé,\"\n\r ]|\r\n|,\"){0,60}", sip in 1_usize..9) {
            if let Some(rows) = ours(&text, sip) {
                let cells: Vec<_> = rows.iter().map(|row| row.1.clone()).collect();
                prop_assert_eq!(&cells, &of_the_csv_package(&text));
                prop_assert!(rows.is_sorted_by(|left, right| left.0 < right.0));

                // Read from its own line on, the file gives the same rows.
                for (index, (line, _)) in rows.iter().enumerate() {
                    if !text.contains('\r') {
                        let skipped = usize::try_from(line - 1).unwrap();
                        let rest: String = text.split_inclusive('\n').skip(skipped).collect();
                        let again: Vec<_> = ours(&rest, sip).unwrap().into_iter().map(|row| row.1).collect();
                        prop_assert_eq!(&again, &cells[index..]);
                    }
                }
            }
        }
    }
}
