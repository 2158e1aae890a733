//! Rows of an NDJSON file: one JSON object a line, its members picked by name.

use std::collections::BTreeSet;
use std::io::Read;

use super::decode::{Decoder, excerpt};
use super::error::{FileError, ReadError, Reject};
use super::members::{MAX_NAMES, Members};
use super::row::RawRow;
use super::source::{LINE_LIMIT, Source};
use crate::problem::FieldProblem;

/// The rows of an NDJSON file.
#[derive(Debug)]
pub(super) struct NdjsonRows<R> {
    pub source: Source<R>,
    pub decoder: Decoder,
    line: u64,
    members: Members,
    ignore_unknown: bool,
    /// Members met that nothing maps.
    pub ignored: BTreeSet<String>,
}

impl<R: Read> NdjsonRows<R> {
    /// Picks the members `columns`, in that order.
    pub(super) fn new(
        source: Source<R>,
        decoder: Decoder,
        columns: &[String],
        ignore_unknown: bool,
    ) -> Self {
        let members = Members::new(columns);
        Self {
            source,
            decoder,
            line: 0,
            members,
            ignore_unknown,
            ignored: BTreeSet::new(),
        }
    }

    /// Bytes held, apart from the row.
    pub(super) fn capacity(&self) -> usize {
        self.source.capacity() + self.members.capacity()
    }

    /// Reads the next row into `row`; `false` at the end. Blank lines are no rows.
    pub(super) fn read(&mut self, row: &mut RawRow) -> Result<bool, ReadError> {
        let mut text = row.whole.take().unwrap_or_default();
        let read = self.next_line(&mut text);
        row.begin(self.line);
        let outcome = match read {
            Ok(true) => self
                .pick(&text, row)
                .map(|()| true)
                .map_err(ReadError::from),
            other => other,
        };
        row.whole = Some(text);
        outcome
    }

    fn next_line(&mut self, text: &mut String) -> Result<bool, ReadError> {
        loop {
            let Some(raw) = self.cut()? else {
                return Ok(false);
            };
            self.line += 1;
            if raw > LINE_LIMIT {
                let reject = self.reject(
                    "too_long",
                    format!("expected a line of at most {LINE_LIMIT} bytes"),
                    raw,
                );
                self.source.skip_line().map_err(FileError::from)?;
                return Err(reject.into());
            }
            let decoded = self.decoder.line(raw, self.source.window(), text);
            let rejected = decoded.err().map(|bad| {
                let at = self.source.position() + bad.byte as u64 + 1;
                let rule = format!(
                    "expected {}, found something else at byte {} of the row, {at} of the file",
                    bad.expected,
                    bad.byte + 1
                );
                self.reject("encoding", rule, raw)
            });
            self.source.consume(raw);
            if let Some(reject) = rejected {
                return Err(reject.into());
            }
            text.truncate(text.trim_end().len());
            if !text.is_empty() {
                return Ok(true);
            }
        }
    }

    /// Length of the line at the start of the window, its end included; more than the limit if it
    /// is too long. `None` at the end of the file.
    fn cut(&mut self) -> Result<Option<usize>, FileError> {
        let mut seen = 0;
        loop {
            let window = self.source.window();
            if let Some(at) = memchr::memchr(b'\n', window.get(seen..).unwrap_or_default()) {
                return Ok(Some(seen + at + 1));
            }
            seen = window.len();
            if seen > LINE_LIMIT || !self.source.fill()? {
                return Ok((seen > 0).then_some(seen));
            }
        }
    }

    fn pick(&mut self, text: &str, row: &mut RawRow) -> Result<(), Reject> {
        let members = &mut self.members;
        let read = members.pick(text);
        if self.ignore_unknown {
            while let Some(name) = members.unknown.pop_first() {
                if self.ignored.len() < MAX_NAMES {
                    self.ignored.insert(name);
                }
            }
        }

        let mut reasons = Vec::new();
        if let Err(error) = read {
            let rule = format!("expected a JSON object: {error}");
            reasons.push(FieldProblem::new("row", "not_json", rule));
        }
        for (code, rule, names) in [
            (
                "duplicate_member",
                "each member once, found twice:",
                &members.twice,
            ),
            (
                "list",
                "text, a number or a truth, found a list:",
                &members.lists,
            ),
            (
                "unknown_member",
                "only members that the mapping names, found",
                &members.unknown,
            ),
        ] {
            if !names.is_empty() {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let rule = format!("expected {rule} {}", names.join(", "));
                reasons.push(FieldProblem::new("row", code, rule));
            }
        }
        if !reasons.is_empty() {
            return Err(Reject {
                line: self.line,
                reasons,
                raw: vec![text.to_owned()],
            });
        }
        for cell in members.cells() {
            row.push(cell);
        }
        Ok(())
    }

    fn reject(&self, code: &'static str, rule: String, raw: usize) -> Reject {
        let bytes = self.source.window().get(..raw).unwrap_or_default();
        Reject {
            line: self.line,
            reasons: vec![FieldProblem::new("row", code, rule)],
            raw: vec![excerpt(bytes)],
        }
    }
}
