//! Rejected rows as a file: to read, to correct, to import again.

use std::io::Write;

use serde::Deserialize;

use super::error::Reject;
use crate::text::neutralise;

/// The columns in front of those of the file; by them a file of rejects is known.
pub(super) const LEAD: [&str; 2] = ["reject_line", "reject_reasons"];

/// A reason as it is kept.
#[derive(Deserialize)]
struct Reason {
    field: String,
    rule: String,
}

/// Writes rejected rows as CSV: `reject_line`, `reject_reasons`, then the columns of the file.
///
/// The file is safe to open in a spreadsheet: cells that would be taken for formulas begin with an
/// apostrophe ([`neutralise`]), which [`crate::text::recover`] takes off again. Corrected, it can
/// be imported with the mapping it came from: the reader knows it by the two columns in front.
/// (Rows of NDJSON stand whole in the column `json`.)
///
/// Nothing is buffered beyond what `csv` does; [`finish`](Self::finish) writes what is left.
#[derive(Debug)]
pub struct RejectsWriter<W: Write> {
    csv: csv::Writer<W>,
}

impl<W: Write> RejectsWriter<W> {
    /// Writes the header; `columns` are those of the file.
    ///
    /// # Errors
    ///
    /// What writing to `out` gives.
    pub fn new(out: W, columns: &[String]) -> csv::Result<Self> {
        let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(out);
        let names = columns.iter().map(|name| neutralise(name));
        let header = LEAD.into_iter().map(Into::into).chain(names);
        csv.write_record(header.map(|name| name.as_bytes().to_vec()))?;
        Ok(Self { csv })
    }

    /// Goes on where another writer ended: no header.
    pub fn behind(out: W) -> Self {
        let csv = csv::WriterBuilder::new().flexible(true).from_writer(out);
        Self { csv }
    }

    /// Writes a row.
    ///
    /// # Errors
    ///
    /// What writing to the file gives.
    pub fn write(&mut self, reject: &Reject) -> csv::Result<()> {
        let reasons: Vec<String> = reject.reasons.iter().map(ToString::to_string).collect();
        self.write_cells(&reject.line.to_string(), &reasons, &reject.raw)
    }

    /// Writes a row that was kept: its line, its reasons and its cells as JSON.
    ///
    /// # Errors
    ///
    /// What is kept is not what was written, or what writing to the file gives.
    pub fn write_kept(&mut self, line: i64, reasons: &str, cells: &str) -> csv::Result<()> {
        let reasons: Vec<Reason> = serde_json::from_str(reasons).map_err(std::io::Error::from)?;
        let cells: Vec<String> = serde_json::from_str(cells).map_err(std::io::Error::from)?;
        let reasons: Vec<String> = reasons
            .into_iter()
            .map(|reason| format!("{}: {}", reason.field, reason.rule))
            .collect();
        self.write_cells(&line.to_string(), &reasons, &cells)
    }

    fn write_cells(&mut self, line: &str, reasons: &[String], cells: &[String]) -> csv::Result<()> {
        self.csv.write_field(line)?;
        self.csv
            .write_field(neutralise(&reasons.join("; ")).as_bytes())?;
        for cell in cells {
            self.csv.write_field(neutralise(cell).as_bytes())?;
        }
        self.csv.write_record(None::<&[u8]>)
    }

    /// Writes what is left and gives back the file.
    ///
    /// # Errors
    ///
    /// What writing to the file gives.
    pub fn finish(self) -> std::io::Result<W> {
        self.csv
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::FieldProblem;
    use crate::text::recover;

    #[test]
    fn rejects_are_safe_in_a_spreadsheet_and_the_original_comes_back() {
        let raw: Vec<String> = ["=1+1", "'=1", " @x", "a,\"b\"", "", "-5"]
            .map(str::to_owned)
            .into();
        let reject = Reject {
            line: 7,
            reasons: vec![
                FieldProblem::new("pieces", "negative", "expected 0 or more"),
                FieldProblem::new("row", "cells", "expected 2 cells"),
            ],
            raw: raw.clone(),
        };
        let mut writer =
            RejectsWriter::new(Vec::new(), &["a".to_owned(), "+b".to_owned()]).unwrap();
        writer.write(&reject).unwrap();
        let file = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert_eq!(
            file,
            "reject_line,reject_reasons,a,'+b\n\
             7,pieces: expected 0 or more; row: expected 2 cells,'=1+1,''=1,' @x,\"a,\"\"b\"\"\",,'-5\n"
        );

        let mut lines = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(file.as_bytes());
        let row = lines.records().next().unwrap().unwrap();
        let cells: Vec<&str> = row.iter().skip(2).map(recover).collect();
        assert_eq!(cells, raw);
    }
}
