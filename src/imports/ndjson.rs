//! Rows of an NDJSON file: one JSON object a line, its members picked by name.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::decode::{Decoder, excerpt};
use super::error::{FileError, ReadError, Reject};
use super::row::RawRow;
use super::source::{LINE_LIMIT, Source};
use crate::shipments::model::FieldProblem;

/// Most names of unknown members kept.
const MAX_NAMES: usize = 100;

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

/// The members of one object.
#[derive(Debug, Default)]
struct Members {
    index: HashMap<String, usize>,
    cells: Vec<Option<String>>,
    /// Names from the top to where we are, with dots.
    path: String,
    unknown: BTreeSet<String>,
    twice: BTreeSet<String>,
    lists: BTreeSet<String>,
}

impl<R: Read> NdjsonRows<R> {
    /// Picks the members `columns`, in that order.
    pub(super) fn new(
        source: Source<R>,
        decoder: Decoder,
        columns: &[String],
        ignore_unknown: bool,
    ) -> Self {
        let index = columns
            .iter()
            .enumerate()
            .map(|(index, name)| (name.clone(), index))
            .collect();
        let members = Members {
            index,
            cells: vec![None; columns.len()],
            ..Members::default()
        };
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
        let cells = self.members.cells.iter().flatten().map(String::capacity);
        self.source.capacity() + cells.sum::<usize>()
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
        members.begin();
        let mut json = serde_json::Deserializer::from_str(text);
        let read = Node {
            members: &mut *members,
            top: true,
        }
        .deserialize(&mut json)
        .and_then(|()| json.end());

        let mut reasons = Vec::new();
        let mut note = |code, rule| reasons.push(FieldProblem::new("row", code, rule));
        if let Err(error) = read {
            note("not_json", format!("expected a JSON object: {error}"));
        }
        if !members.twice.is_empty() {
            note(
                "duplicate_member",
                format!(
                    "expected each member once, found twice: {}",
                    join(&members.twice)
                ),
            );
        }
        if !members.lists.is_empty() {
            note(
                "list",
                format!(
                    "expected text, a number or a truth, found a list: {}",
                    join(&members.lists)
                ),
            );
        }
        if self.ignore_unknown {
            while let Some(name) = members.unknown.pop_first() {
                if self.ignored.len() < MAX_NAMES {
                    self.ignored.insert(name);
                }
            }
        } else if !members.unknown.is_empty() {
            note(
                "unknown_member",
                format!(
                    "expected only members that the mapping names, found {}",
                    join(&members.unknown)
                ),
            );
        }
        if !reasons.is_empty() {
            return Err(Reject {
                line: self.line,
                reasons,
                raw: vec![text.to_owned()],
            });
        }
        for cell in &members.cells {
            row.push(cell.as_deref().unwrap_or_default());
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

fn join(names: &BTreeSet<String>) -> String {
    names
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

impl Members {
    fn begin(&mut self) {
        self.cells.fill(None);
        self.path.clear();
        self.unknown.clear();
        self.twice.clear();
        self.lists.clear();
    }

    fn put(&mut self, text: &str) {
        match self
            .index
            .get(&self.path)
            .and_then(|index| self.cells.get_mut(*index))
        {
            Some(Some(_)) => note(&mut self.twice, &self.path),
            Some(cell) => *cell = Some(text.to_owned()),
            None => note(&mut self.unknown, &self.path),
        }
    }

    /// Whether the current path is that of an object with members that are mapped.
    fn leads_on(&self) -> bool {
        let below = |name: &String| {
            name.strip_prefix(&self.path)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        self.index.keys().any(below)
    }

    fn list(&mut self) {
        let known = self.index.contains_key(&self.path);
        note(
            if known {
                &mut self.lists
            } else {
                &mut self.unknown
            },
            &self.path,
        );
    }
}

/// Keeps `name`, unless there are too many already.
fn note(names: &mut BTreeSet<String>, name: &str) {
    if names.len() < MAX_NAMES {
        names.insert(name.to_owned());
    }
}

/// A value at the current path.
struct Node<'a> {
    members: &'a mut Members,
    top: bool,
}

impl Node<'_> {
    fn put<E: Error>(self, text: &str) -> Result<(), E> {
        if self.top {
            return Err(E::custom("the line holds no object"));
        }
        self.members.put(text);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let depth = self.members.path.len();
        loop {
            if !self.top {
                self.members.path.push('.');
            }
            if map.next_key_seed(Key(&mut self.members.path))?.is_none() {
                break;
            }
            map.next_value_seed(Node {
                members: &mut *self.members,
                top: false,
            })?;
            self.members.path.truncate(depth);
        }
        self.members.path.truncate(depth);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if self.top {
            return Err(A::Error::custom("the line holds a list"));
        }
        self.members.list();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.put(text)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if !self.top && self.members.leads_on() {
            return Ok(());
        }
        self.put("")
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<(), E> {
        self.put(if truth { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.put(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.put(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        // The shortest text that reads as the same number, never with an exponent.
        self.put(&number.to_string())
    }
}

/// Appends the name of a member to the path.
struct Key<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<(), E> {
        self.0.push_str(name);
        Ok(())
    }
}
