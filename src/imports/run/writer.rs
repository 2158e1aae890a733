//! The writing side of an import: it writes what is read and counts what became of it.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

use serde_json::json;

use super::Place;
use super::error::ImportError;
use super::progress::Progress;
use super::reader::Message;
use crate::api::batch::Outcome;
use crate::db::{Conn, UtcTime};
use crate::ids::ImportId;
use crate::imports::read::{Reject, Shape};
use crate::imports::row::RawRows;
use crate::imports::spill::Spill;
use crate::imports::store::{self, KeptReject, Outcome as Result_};
use crate::shipments::write::{Done, Writer, Written};

/// Lines of repeated keys that the report names at most.
const NAMED: usize = 100;

/// What the writing side counts.
#[derive(Default)]
struct Tally<'a> {
    result: Result_,
    columns: Vec<String>,
    shape: Shape,
    /// Where rejects go that must outlive the transaction.
    spill: Option<&'a mut Spill>,
    duplicate_lines: Vec<u64>,
    reasons: BTreeMap<String, u64>,
}

/// Writes everything that comes from the reader; what became of it.
pub fn write(
    conn: &mut Conn,
    place: &Place<'_>,
    id: ImportId,
    spill: Option<&mut Spill>,
    receive: &Receiver<Message>,
    progress: &Progress,
) -> Result<Result_, ImportError> {
    let now = UtcTime::from(place.clock.now());
    let mut writer = Writer::new(conn, place.zone, Some(id), now)?;
    let mut tally = Tally {
        spill,
        ..Tally::default()
    };
    let mut rows_done = 0;
    loop {
        match receive.recv().map_err(|_| ImportError::ReaderDied)? {
            Message::Begun { columns, shape } => (tally.columns, tally.shape) = (columns, shape),
            Message::Rows {
                raw,
                drafts,
                rejects,
                bytes,
            } => {
                rows_done += (drafts.len() + rejects.len()) as u64;
                let written = writer.write(conn, drafts)?;
                tally.chunk(conn, id, &raw, written, rejects)?;
                progress.set(bytes, rows_done);
            }
            Message::Failed(error) => return Err(error.into()),
            Message::End {
                rows_read,
                unmapped,
                sha256,
            } => {
                tally.end(rows_read, &unmapped, sha256);
                break;
            }
        }
    }
    let mut result = tally.result;
    "done".clone_into(&mut result.status);
    result.customers_created = i64::try_from(writer.customers_created()).unwrap_or(i64::MAX);
    result.first_id = Some(writer.after());
    result.last_id = Some(crate::shipments::store::last_id(conn)?);
    writer.finish(conn)?;
    result.finished_at = Some(place.clock.now().into());
    debug_assert_eq!(
        result.rows_read,
        result.created + result.changed + result.unchanged + result.duplicates + result.rejected,
        "every row is accounted for",
    );
    Ok(result)
}

impl Tally<'_> {
    fn chunk(
        &mut self,
        conn: &mut Conn,
        id: ImportId,
        raw: &RawRows,
        written: Vec<Written>,
        mut rejects: Vec<Reject>,
    ) -> Result<(), ImportError> {
        for ((line, cells), written) in raw.iter().zip(written) {
            match written {
                Err(reasons) => {
                    let raw = cells.to_vec();
                    let mut reject = Reject { line, reasons, raw };
                    self.shape.restore(&mut reject);
                    rejects.push(reject);
                }
                Ok(done) => self.count(line, &done),
            }
        }
        rejects.sort_by_key(|reject| reject.line);
        self.refuse(conn, id, &rejects)
    }

    fn count(&mut self, line: u64, done: &Done) {
        let result = &mut self.result;
        if done.repeated {
            result.duplicates += 1;
            if self.duplicate_lines.len() < NAMED {
                self.duplicate_lines.push(line);
            }
            return;
        }
        *match done.outcome {
            Outcome::Created => &mut result.created,
            Outcome::Updated => &mut result.changed,
            _ => &mut result.unchanged,
        } += 1;
    }

    fn refuse(
        &mut self,
        conn: &mut Conn,
        id: ImportId,
        rejects: &[Reject],
    ) -> Result<(), ImportError> {
        self.result.rejected += i64::try_from(rejects.len()).unwrap_or(i64::MAX);
        let mut kept = Vec::with_capacity(rejects.len());
        for reject in rejects {
            for reason in &reject.reasons {
                let kind = format!("{}: {}", reason.field, reason.code);
                *self.reasons.entry(kind).or_default() += 1;
            }
            kept.push(KeptReject::new(id, reject)?);
        }
        match &mut self.spill {
            None => Ok(store::insert_rejects(conn, &kept)?),
            Some(spill) => Ok(spill.push(&kept)?),
        }
    }

    fn end(&mut self, rows_read: u64, unmapped: &[String], sha256: String) {
        self.result.rows_read = i64::try_from(rows_read).unwrap_or(i64::MAX);
        self.result.file_sha256 = Some(sha256);
        self.result.report = Some(
            json!({
                "columns": self.columns,
                "columns_unmapped": unmapped,
                "duplicate_lines": self.duplicate_lines,
                "reject_reasons": self.reasons,
            })
            .to_string(),
        );
    }
}
