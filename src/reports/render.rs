//! Rows as CSV, JSON and NDJSON, piece by piece, so that a report of any length needs little memory.
//!
//! CSV is RFC 4180 in UTF-8: a head line, commas, lines that end in CR LF, quotes where needed, an
//! empty cell where a value is missing, a point as decimal mark, no exponents. Text that a
//! spreadsheet would take for a formula is neutralised (see [`neutralise`]); numbers are not.

use std::fmt::Write as _;

use chrono::NaiveDate;

use super::datasets::Dataset;
use crate::text::neutralise;

crate::word_enum! {
    /// How a report is written.
    Format {
        /// Comma-separated values.
        Csv = "csv",
        /// One array of objects.
        Json = "json",
        /// An object a line.
        Ndjson = "ndjson",
    }
}

impl Format {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// The format that an `Accept` header likes best; `None` if it names none of ours.
    ///
    /// ```
    /// use hawser::reports::render::Format;
    /// assert_eq!(Format::accepted("text/csv;q=0.5, application/json"), Some(Format::Json));
    /// assert_eq!(Format::accepted("text/csv"), Some(Format::Csv));
    /// assert_eq!(Format::accepted("image/png"), None);
    /// ```
    pub fn accepted(accept: &str) -> Option<Self> {
        let mut best: Option<(f64, Self)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let format = match parts
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
                .as_str()
            {
                "text/csv" | "text/*" => Self::Csv,
                "application/json" | "application/*" | "*/*" => Self::Json,
                "application/x-ndjson" | "application/ndjson" => Self::Ndjson,
                _ => continue,
            };
            let quality = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(Ok(1.0), str::parse)
                .unwrap_or(0.0);
            // Of equals the first.
            if quality > best.map_or(0.0, |(quality, _)| quality) {
                best = Some((quality, format));
            }
        }
        best.map(|(_, format)| format)
    }
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Missing.
    Missing,
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// Text.
    Text(String),
    /// true or false.
    Boolean(bool),
    /// A day.
    Date(NaiveDate),
}

/// Writes a report piece by piece: what goes before the rows, rows, what goes behind them.
#[derive(Debug)]
pub struct Renderer {
    dataset: &'static Dataset,
    format: Format,
    begun: bool,
    any_row: bool,
}

impl Renderer {
    /// Of a dataset.
    pub fn new(dataset: &'static Dataset, format: Format) -> Self {
        Self {
            dataset,
            format,
            begun: false,
            any_row: false,
        }
    }

    /// Writes rows; what goes before them too, the first time.
    pub fn rows(&mut self, rows: &[Vec<Cell>], out: &mut String) {
        let first = !self.begun;
        self.begun = true;
        match self.format {
            Format::Csv => {
                if first {
                    let names = self.dataset.columns.iter().map(|column| column.name);
                    csv_line(out, names, String::push_str);
                }
                for row in rows {
                    csv_line(out, row, csv_cell);
                }
            }
            Format::Json => {
                if first {
                    out.push('[');
                }
                for row in rows {
                    out.push_str(if self.any_row { ",\n" } else { "\n" });
                    self.any_row = true;
                    self.object(row, out);
                }
            }
            Format::Ndjson => {
                for row in rows {
                    self.object(row, out);
                    out.push('\n');
                }
            }
        }
    }

    /// Writes what goes behind the rows.
    pub fn end(mut self, out: &mut String) {
        self.rows(&[], out);
        if self.format == Format::Json {
            out.push_str("\n]\n");
        }
    }

    fn object(&self, row: &[Cell], out: &mut String) {
        for (place, (column, cell)) in self.dataset.columns.iter().zip(row).enumerate() {
            out.push(if place == 0 { '{' } else { ',' });
            // The names are plain words.
            out.push('"');
            out.push_str(column.name);
            out.push_str("\":");
            json_value(out, cell);
        }
        out.push('}');
    }
}

fn csv_line<T>(out: &mut String, cells: impl IntoIterator<Item = T>, write: fn(&mut String, T)) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        write(out, cell);
    }
    out.push_str("\r\n");
}

fn csv_cell(out: &mut String, cell: &Cell) {
    match cell {
        Cell::Missing => {}
        Cell::Text(text) => {
            let safe = neutralise(text);
            if safe.contains([',', '"', '\r', '\n']) {
                out.push('"');
                out.push_str(&safe.replace('"', "\"\""));
                out.push('"');
            } else {
                out.push_str(&safe);
            }
        }
        other => plain(out, other),
    }
}

fn json_value(out: &mut String, cell: &Cell) {
    match cell {
        Cell::Missing => out.push_str("null"),
        Cell::Text(text) => out.push_str(&serde_json::Value::from(text.as_str()).to_string()),
        Cell::Date(day) => {
            let _ = write!(out, "\"{day}\"");
        }
        other => plain(out, other),
    }
}

/// Numbers to the last bit: the shortest decimal that reads back the same.
fn plain(out: &mut String, cell: &Cell) {
    // Writing to a String cannot fail.
    let _ = match cell {
        Cell::Integer(number) => write!(out, "{number}"),
        Cell::Number(number) => write!(out, "{number}"),
        Cell::Boolean(word) => write!(out, "{word}"),
        Cell::Date(day) => write!(out, "{day}"),
        Cell::Text(_) | Cell::Missing => Ok(()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::datasets::Runs;
    use crate::reports::datasets::{Column, RISK, Source, Type};

    const fn column(name: &'static str, kind: Type) -> Column {
        Column {
            name,
            kind,
            unit: "",
            nullable: true,
            meaning: "",
            source: Source::View,
        }
    }

    const THINGS: Dataset = Dataset {
        name: "things",
        summary: "",
        view: "",
        key: &[],
        filters: &[],
        of: &[],
        runs: Runs::Finished,
        columns: &[
            column("name", Type::Text),
            column("change", Type::Number),
            column("day", Type::Date),
            column("fit", Type::Boolean),
        ],
    };

    fn row(name: &str, change: Cell) -> Vec<Cell> {
        let day = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
        vec![
            Cell::Text(name.into()),
            change,
            Cell::Date(day),
            Cell::Boolean(true),
        ]
    }

    fn write(format: Format, pages: &[Vec<Vec<Cell>>]) -> String {
        let mut text = String::new();
        let mut renderer = Renderer::new(&THINGS, format);
        for page in pages {
            renderer.rows(page, &mut text);
        }
        renderer.end(&mut text);
        text
    }

    #[test]
    fn formulas_are_neutralised_and_negative_numbers_are_not() {
        let rows = vec![
            row("=1+1", Cell::Number(-0.25)),
            row("a \"b\", c\nd", Cell::Missing),
            row("Müller", Cell::Number(1e-7)),
            row("-x", Cell::Number(1e21)),
        ];
        assert_eq!(
            write(Format::Csv, &[rows]),
            "name,change,day,fit\r\n\
             '=1+1,-0.25,2026-01-31,true\r\n\
             \"a \"\"b\"\", c\nd\",,2026-01-31,true\r\n\
             Müller,0.0000001,2026-01-31,true\r\n\
             '-x,1000000000000000000000,2026-01-31,true\r\n"
        );
    }

    #[test]
    fn pages_join_without_a_seam() {
        let pages = [
            vec![],
            vec![row("=1", Cell::Number(2.0))],
            vec![row("b", Cell::Missing), row("c\u{1}\"", Cell::Number(0.5))],
        ];
        let joined = [pages.concat()];
        for format in Format::ALL {
            assert_eq!(write(*format, &pages), write(*format, &joined), "{format}");
        }
        let json = write(Format::Json, &pages);
        let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            parsed,
            serde_json::json!([
                {"name": "=1", "change": 2, "day": "2026-01-31", "fit": true},
                {"name": "b", "change": null, "day": "2026-01-31", "fit": true},
                {"name": "c\u{1}\"", "change": 0.5, "day": "2026-01-31", "fit": true},
            ])
        );
        let lines: Vec<serde_json::Value> = write(Format::Ndjson, &pages)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(serde_json::Value::from(lines), parsed);
    }

    #[test]
    fn a_report_without_rows_is_whole() {
        assert_eq!(write(Format::Csv, &[vec![]]), "name,change,day,fit\r\n");
        assert_eq!(write(Format::Ndjson, &[vec![]]), "");
        let empty = write(Format::Json, &[vec![]]);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&empty).unwrap(),
            serde_json::json!([])
        );
        assert_eq!(write(Format::Csv, &[]), "name,change,day,fit\r\n");
    }

    #[test]
    fn accept_chooses_by_quality_then_by_order() {
        for (accept, expected) in [
            ("text/csv", Some(Format::Csv)),
            ("TEXT/CSV; charset=utf-8", Some(Format::Csv)),
            ("*/*", Some(Format::Json)),
            ("application/x-ndjson, */*;q=0.1", Some(Format::Ndjson)),
            ("application/json;q=0.5, text/csv;q=0.9", Some(Format::Csv)),
            ("text/csv, application/json", Some(Format::Csv)),
            ("text/csv;q=0, application/json;q=0.1", Some(Format::Json)),
            ("text/html", None),
            ("", None),
        ] {
            assert_eq!(Format::accepted(accept), expected, "{accept}");
        }
    }

    #[test]
    fn every_column_name_is_a_plain_word() {
        for column in RISK.columns {
            assert!(
                column
                    .name
                    .chars()
                    .all(|letter| letter.is_ascii_lowercase() || letter == '_')
            );
        }
    }
}
