//! Rejects of a dry run, put aside in a temporary file until the transaction they came in is undone.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _};

use super::run::error::ImportError;
use super::store::KeptReject;

/// A temporary file without a name: it goes with the process, however that ends.
#[derive(Debug)]
pub(super) struct Spill(BufWriter<File>);

impl Spill {
    /// An empty one.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(BufWriter::new(tempfile::tempfile()?)))
    }

    /// Adds rejects.
    pub(super) fn push(&mut self, rows: &[KeptReject]) -> io::Result<()> {
        for row in rows {
            serde_json::to_writer(&mut self.0, row)?;
            self.0.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Hands over everything in the order in which it came, so many rows at a time.
    pub(super) fn drain(
        self,
        chunk: usize,
        mut take: impl FnMut(&[KeptReject]) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let mut file = self
            .0
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let mut rows = Vec::new();
        for line in BufReader::new(file).lines() {
            rows.push(serde_json::from_str(&line?).map_err(io::Error::from)?);
            if rows.len() >= chunk {
                take(&rows)?;
                rows.clear();
            }
        }
        take(&rows)
    }
}
