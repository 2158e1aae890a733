//! One row of a file as text.

use super::error::Reject;
use crate::problem::FieldProblem;

/// A row: the number of its line, and its cells as written.
///
/// The reader fills the same row again and again, so that reading allocates nothing per row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawRow {
    /// Number of the line on which it begins, from 1.
    pub(super) line: u64,
    /// All cells, one after the other.
    pub(super) text: String,
    /// Where each cell ends in `text`.
    pub(super) ends: Vec<usize>,
    /// The whole line, where the cells were picked out of it (NDJSON).
    pub(super) whole: Option<String>,
}

impl RawRow {
    /// Number of the line on which it begins, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The cell at `index`, from 0; empty if there is none.
    pub fn cell(&self, index: usize) -> &str {
        let start = match index.checked_sub(1) {
            None => Some(0),
            Some(before) => self.ends.get(before).copied(),
        };
        let range = start.zip(self.ends.get(index).copied());
        range
            .and_then(|(start, end)| self.text.get(start..end))
            .unwrap_or_default()
    }

    /// Every cell in order.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|index| self.cell(index))
    }

    /// This row as a reject.
    pub fn reject(&self, reasons: Vec<FieldProblem>) -> Reject {
        Reject {
            line: self.line,
            reasons,
            raw: self.original(),
        }
    }

    /// What a list of rejects repeats: the cells, or the whole line.
    pub(super) fn original(&self) -> Vec<String> {
        match &self.whole {
            Some(line) => vec![line.clone()],
            None => self.cells().map(str::to_owned).collect(),
        }
    }

    /// The reject that it is unless it has `expected` cells.
    pub(super) fn unless_cells(&self, expected: usize) -> Option<Reject> {
        let found = self.ends.len();
        (found != expected).then(|| Reject {
            line: self.line,
            reasons: vec![FieldProblem::new(
                "row",
                "cells",
                format!("expected {expected} cells as in the header, found {found}"),
            )],
            raw: self.original(),
        })
    }

    /// Bytes held.
    pub(super) fn capacity(&self) -> usize {
        let whole = self.whole.as_ref().map_or(0, String::capacity);
        self.text.capacity() + whole + self.ends.capacity() * size_of::<usize>()
    }

    /// Empties it for a row that begins on `line`.
    pub(super) fn begin(&mut self, line: u64) {
        self.line = line;
        self.text.clear();
        self.ends.clear();
    }

    /// Adds a cell.
    pub(super) fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }
}

/// Many rows, kept close together in case some are rejected later.
#[derive(Debug, Default)]
pub struct RawRows {
    /// Of each row the line, and the number of its cells.
    rows: Vec<(u64, usize)>,
    /// All cells, one after the other.
    text: String,
    /// How long each cell is.
    lengths: Vec<usize>,
}

impl RawRows {
    /// Adds a row.
    pub fn push(&mut self, row: &RawRow) {
        let cells = if let Some(line) = &row.whole {
            self.text.push_str(line);
            self.lengths.push(line.len());
            1
        } else {
            self.text.push_str(&row.text);
            let mut start = 0;
            for end in &row.ends {
                self.lengths.push(end - start);
                start = *end;
            }
            row.ends.len()
        };
        self.rows.push((row.line, cells));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The number of each row's line, from 1, and its cells as [`RawRow::reject`] repeats them.
    pub fn iter(&self) -> impl Iterator<Item = (u64, RawCells<'_>)> {
        let (mut text, mut lengths) = (self.text.as_str(), self.lengths.as_slice());
        self.rows.iter().map(move |(line, count)| {
            let (own, others) = lengths.split_at_checked(*count).unwrap_or_default();
            let bytes = own.iter().sum();
            let (cells, behind) = text.split_at_checked(bytes).unwrap_or_default();
            (text, lengths) = (behind, others);
            let cells = RawCells {
                text: cells,
                lengths: own,
            };
            (*line, cells)
        })
    }
}

/// The cells of one of many rows.
#[derive(Clone, Copy, Debug)]
pub struct RawCells<'a> {
    text: &'a str,
    lengths: &'a [usize],
}

impl RawCells<'_> {
    /// The cells, each by itself.
    pub fn to_vec(self) -> Vec<String> {
        let mut text = self.text;
        self.lengths
            .iter()
            .map(|length| {
                let (cell, behind) = text.split_at_checked(*length).unwrap_or_default();
                text = behind;
                cell.to_owned()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_kept_together_read_as_each_alone() {
        let mut rows = RawRows::default();
        let mut row = RawRow::default();
        for (line, cells) in [(2, vec!["a", "", "ü"]), (3, vec![]), (5, vec!["", "x"])] {
            row.begin(line);
            for cell in &cells {
                row.push(cell);
            }
            rows.push(&row);
        }
        row.whole = Some("{\"a\": 1}".to_owned());
        rows.push(&row);
        let found: Vec<_> = rows
            .iter()
            .map(|(line, cells)| (line, cells.to_vec().join("|")))
            .collect();
        let expected = [(2, "a||ü"), (3, ""), (5, "|x"), (5, "{\"a\": 1}")];
        assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
    }
}
