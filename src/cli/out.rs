//! Results on standard output: for people, or as JSON.

use std::io::{self, Write as _};

use serde::Serialize;

/// How results are printed.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// As JSON.
    pub json: bool,
}

impl Out {
    /// Prints a line for people.
    #[expect(clippy::unused_self, reason = "read as: on this output")]
    pub fn line(self, text: impl AsRef<str>) -> io::Result<()> {
        writeln!(io::stdout().lock(), "{}", text.as_ref())
    }

    /// Prints a value as JSON.
    pub fn json(self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.line(text)
    }

    /// Prints a value as JSON, or what `lines` makes of it for people.
    pub fn show<T: Serialize>(
        self,
        value: &T,
        lines: impl FnOnce(&T) -> Vec<String>,
    ) -> io::Result<()> {
        if self.json {
            return self.json(value);
        }
        for line in lines(value) {
            self.line(line)?;
        }
        Ok(())
    }
}

/// A table for people: columns as wide as their widest cell, numbers to the right.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let width = |text: &str| text.chars().map(cell_width).sum::<usize>();
    let mut widths: Vec<usize> = head.iter().map(|title| width(title)).collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let numeric = |column: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(column)).peekable();
        cells.peek().is_some()
            && cells.all(|cell| {
                cell.chars()
                    .all(|letter| letter.is_ascii_digit() || " .,%+-–".contains(letter))
            })
    };
    let right: Vec<bool> = (0..head.len()).map(numeric).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for ((cell, widest), right) in cells.zip(&widths).zip(&right) {
            let gap = " ".repeat(widest - width(cell));
            let padded = if *right {
                format!("{gap}{cell}")
            } else {
                format!("{cell}{gap}")
            };
            line.push_str(&padded);
            line.push_str("  ");
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(&mut head.iter().copied())];
    lines.extend(
        rows.iter()
            .map(|row| line(&mut row.iter().map(String::as_str))),
    );
    lines
}

/// Columns that a character takes on a terminal: two for East Asian wide ones.
fn cell_width(letter: char) -> usize {
    let wide = matches!(u32::from(letter), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6);
    if wide { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_line_up_and_numbers_stand_right() {
        let rows = vec![
            vec!["Müller".to_owned(), "9 %".to_owned()],
            vec!["物流".to_owned(), "10 %".to_owned()],
        ];
        assert_eq!(
            table(&["name", "risk"], &rows),
            ["name    risk", "Müller   9 %", "物流    10 %"]
        );
    }
}
