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
