//! Running an import: one thread reads and maps, one writes, all in one transaction.
//!
//! ```text
//! begin (a record says `running`)
//!   └─ transaction ─ reader ══chunks══> Writer ─ rejects ─ roll-ups ─ result ─ commit
//! on any error: everything is undone, the record says `failed` and why
//! ```
//!
//! Nothing is ever half imported: a process that dies leaves a record that says `running` and no
//! row; [`recover`] finds such records.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono_tz::Tz;
use data_encoding::HEXLOWER;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::mapping::Mapping;
use super::read::{FileError, ReadError, Reject, Shape, ShipmentReader};
use super::row::RawRows;
use super::spill::Spill;
use super::store::{self, Import, KeptReject, Outcome as Result_};
use super::told;
use crate::access::audit::{self, Actor, Deed};
use crate::api::batch::Outcome;
use crate::db::{Conn, Db, DbError, UtcTime};
use crate::ids::ImportId;
use crate::shipments::model::ShipmentDraft;
use crate::shipments::write::{Done, Writer, Written};
use crate::state::Clock;
use crate::webhooks::EventType;

/// Rows written together.
const CHUNK: usize = 2_500;
/// Chunks that wait between reader and writer at most.
const WAITING: usize = 3;
/// How often imports are looked for whose process died.
const RECOVER_EVERY: Duration = Duration::from_secs(30);
/// Lines of repeated keys that the report names at most.
const NAMED: usize = 100;

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// There is no such import.
    #[error("there is no import {0}")]
    NotFound(i64),
    /// It cannot be reverted.
    #[error("import {id} cannot be reverted: {why}")]
    NotRevertible {
        /// Which.
        id: i64,
        /// Why.
        why: String,
    },
    /// The reading thread died.
    #[error("the reader stopped without a word")]
    ReaderDied,
    /// Another process took this import for dead, and said so in its record.
    #[error("another process took the import for dead")]
    TakenForDead,
    /// The rejects of a dry run cannot be put aside.
    #[error("a temporary file cannot be used: {0}")]
    Spill(#[from] io::Error),
    /// A dry run is done: what it wrote is to be undone.
    #[error("dry run")]
    DryRun(Box<Result_>),
}

impl ImportError {
    /// What the record says, which everybody with a key may read: of the database's troubles no
    /// more than that it had some.
    fn told(&self) -> String {
        match self {
            Self::Db(error) if error.is_unique_violation() => {
                "somebody else made the same customer or shipment at the same time; nothing was \
                 imported: import the file again"
                    .to_owned()
            }
            Self::Db(_) => "the database failed; nothing was imported".to_owned(),
            other => format!("{other}; nothing was imported"),
        }
    }
}

/// What is to be imported, and how.
pub struct Request<'a> {
    /// Name of the file, for people.
    pub file_name: &'a str,
    /// The mapping as text, to be kept.
    pub mapping_text: &'a str,
    /// The mapping.
    pub mapping: &'a Mapping,
    /// Whether nothing is to be written.
    pub dry_run: bool,
    /// Who imports.
    pub actor: Actor,
}

/// How far an import has come; shared with those who ask.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<(u64, u64)>>);

impl Progress {
    /// Bytes and rows done.
    pub fn get(&self) -> (u64, u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, bytes: u64, rows: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (bytes, rows);
    }
}

/// Where an import runs.
pub struct Place<'a> {
    /// The database.
    pub db: &'a Db,
    /// The instance's time zone.
    pub zone: Tz,
    /// What time it is.
    pub clock: &'a Clock,
}

/// Notes that an import begins.
///
/// # Errors
///
/// The database's.
pub fn begin(place: &Place<'_>, request: &Request<'_>) -> Result<ImportId, ImportError> {
    let now = UtcTime::from(place.clock.now());
    place.db.write_now(|conn| {
        let what = (request.file_name, request.mapping_text, request.dry_run);
        Ok(store::begin(conn, what, &request.actor.name, now)?)
    })
}

/// Imports a file under a record made by [`begin`]; the record as it then stands.
///
/// # Errors
///
/// [`ImportError`]; nothing of the file is in the database, and the record says `failed`, unless
/// the database cannot be reached any more: then [`recover`] will say so later.
pub fn run(
    place: &Place<'_>,
    id: ImportId,
    file: impl Read + Send,
    request: &Request<'_>,
    progress: &Progress,
) -> Result<Import, ImportError> {
    let mut spill = None;
    let outcome = std::thread::scope(|scope| {
        let (send, receive) = sync_channel(WAITING);
        let zone = place.zone;
        scope.spawn(move || read(file, request.mapping, zone, &send));
        place.db.write_when_free(|conn| {
            if !store::lock(conn, id)? || !is_running(conn, id)? {
                return Err(ImportError::TakenForDead);
            }
            store::take_turn(conn)?;
            if request.dry_run {
                spill = Some(Spill::new()?);
            }
            let result = write(conn, place, id, spill.as_mut(), &receive, progress)?;
            if request.dry_run {
                return Err(ImportError::DryRun(Box::new(result)));
            }
            store::finish(conn, id, &result)?;
            told::tell(conn, EventType::ImportDone, id, place.clock.now().into())?;
            let deed = Deed {
                action: "imported",
                entity: "import",
                id: Some(id.0),
                detail: None,
            };
            audit::record(conn, &request.actor, &deed, place.clock.now().into())?;
            Ok(())
        })
    });
    match outcome {
        Ok(()) => {}
        Err(ImportError::DryRun(result)) => keep_dry_run(place, id, *result, spill)?,
        Err(error) => {
            note_failure(place, id, &error);
            return Err(error);
        }
    }
    place
        .db
        .read_now(|conn| store::find(conn, id.0)?.ok_or(ImportError::NotFound(id.0)))
}

fn is_running(conn: &mut Conn, id: ImportId) -> Result<bool, DbError> {
    Ok(store::find(conn, id.0)?.is_some_and(|import| import.status == "running"))
}

/// Writes down what a dry run found, after everything else it did was undone.
fn keep_dry_run(
    place: &Place<'_>,
    id: ImportId,
    result: Result_,
    spill: Option<Spill>,
) -> Result<(), ImportError> {
    let kept = Result_ {
        first_id: None,
        last_id: None,
        ..result
    };
    place.db.write_when_free(|conn| {
        if let Some(spill) = spill {
            spill.drain(CHUNK, |rows| Ok(store::insert_rejects(conn, rows)?))?;
        }
        Ok(store::finish(conn, id, &kept)?)
    })
}

/// Writes down that an import failed, and tells of it.
///
/// # Errors
///
/// The database's.
pub fn fail(conn: &mut Conn, id: ImportId, error: &str, now: UtcTime) -> Result<(), DbError> {
    store::fail(conn, id, error, now)?;
    told::tell(conn, EventType::ImportFailed, id, now)
}

/// Says in the record why it failed; what keeps that from being written goes to the log.
fn note_failure(place: &Place<'_>, id: ImportId, error: &ImportError) {
    tracing::warn!(import.id = %id, error.cause = %error, "import failed: {error}");
    if let ImportError::TakenForDead = error {
        return;
    }
    let noted = place
        .db
        .write_when_free(|conn| fail(conn, id, &error.told(), place.clock.now().into()));
    if let Err(error) = noted {
        tracing::error!(import.id = %id, error.cause = %error, "failure not noted: {error}");
    }
}

/// From the reading thread to the writing one.
enum Message {
    /// The file can be read: its columns, and how its cells are to be shown.
    Begun { columns: Vec<String>, shape: Shape },
    /// Rows that could be read, and rows that could not.
    Rows {
        raw: RawRows,
        drafts: Vec<ShipmentDraft>,
        rejects: Vec<Reject>,
        bytes: u64,
    },
    /// The file ended.
    End {
        rows_read: u64,
        unmapped: Vec<String>,
        sha256: String,
    },
    /// The file cannot be read any further.
    Failed(FileError),
}

/// Passes bytes on and sums them up.
struct Hashed<R> {
    inner: R,
    digest: Arc<Mutex<Sha256>>,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(bytes) = buffer.get(..count) {
            let mut digest = self.digest.lock().unwrap_or_else(PoisonError::into_inner);
            digest.update(bytes);
        }
        Ok(count)
    }
}

/// Reads and maps until the end, or until nobody listens any more.
fn read(file: impl Read, mapping: &Mapping, zone: Tz, send: &SyncSender<Message>) {
    let digest = Arc::new(Mutex::new(Sha256::new()));
    let file = Hashed {
        inner: file,
        digest: Arc::clone(&digest),
    };
    let mut reader = match ShipmentReader::open(file, mapping, zone) {
        Ok(reader) => reader,
        Err(error) => {
            let _ = send.send(Message::Failed(error));
            return;
        }
    };
    let begun = Message::Begun {
        columns: reader.columns().to_vec(),
        shape: reader.shape(),
    };
    if send.send(begun).is_err() {
        return;
    }
    let (mut raw, mut drafts) = (RawRows::default(), Vec::with_capacity(CHUNK));
    let mut rejects = Vec::new();
    loop {
        let item = reader.next();
        let ended = item.is_none();
        match item {
            None => {}
            Some(Ok((_, draft))) => {
                raw.push(reader.row());
                drafts.push(draft);
            }
            Some(Err(ReadError::Row(reject))) => rejects.push(reject),
            Some(Err(ReadError::File(error))) => {
                let _ = send.send(Message::Failed(error));
                return;
            }
        }
        if ended || drafts.len() + rejects.len() >= CHUNK {
            let message = Message::Rows {
                raw: std::mem::take(&mut raw),
                drafts: std::mem::replace(&mut drafts, Vec::with_capacity(CHUNK)),
                rejects: std::mem::take(&mut rejects),
                bytes: reader.bytes_read(),
            };
            if send.send(message).is_err() {
                return;
            }
        }
        if ended {
            break;
        }
    }
    let _ = send.send(end(&reader, &digest));
}

fn end<R: Read>(reader: &ShipmentReader<R>, digest: &Mutex<Sha256>) -> Message {
    let sum = digest.lock().unwrap_or_else(PoisonError::into_inner);
    let unmapped = reader.columns_unmapped().into_iter();
    Message::End {
        rows_read: reader.rows_read(),
        unmapped: unmapped.map(str::to_owned).collect(),
        sha256: HEXLOWER.encode(&sum.clone().finalize()),
    }
}

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

fn write(
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

/// Marks imports as failed whose process died; returns how many there were. For every start.
///
/// # Errors
///
/// The database's.
pub fn recover(db: &Db, now: UtcTime) -> Result<usize, DbError> {
    recover_begun_before(db, now, now)
}

/// An import is not locked in the instant after its record is made: those that came since `before`
/// are left alone.
fn recover_begun_before(db: &Db, now: UtcTime, before: UtcTime) -> Result<usize, DbError> {
    let left: Vec<ImportId> = db.read_now(|conn| store::running(conn, before))?;
    let mut found = 0;
    for id in left {
        let outcome = db.write_if_free(|conn| {
            if !is_running(conn, id)? || !store::lock(conn, id)? {
                return Ok::<_, DbError>(0);
            }
            let why = "the process ended while it ran; nothing was imported";
            fail(conn, id, why, now)?;
            Ok(1)
        });
        found += match outcome {
            // Somebody is writing: on SQLite that may be this very import.
            Err(DbError::Busy) => 0,
            other => other?,
        };
    }
    Ok(found)
}

/// [`recover`]s now, and every half minute on a thread of its own: the database may notice only
/// later that a process is gone.
///
/// # Errors
///
/// The database's, of the first time.
pub fn keep_recovering(db: &Db, clock: &Clock) -> Result<(), DbError> {
    let (db, clock) = (db.clone(), clock.clone());
    let once = move |grace: Duration| {
        let now = clock.now();
        let found = recover_begun_before(&db, now.into(), (now - grace).into())?;
        if found > 0 {
            tracing::warn!(imports = found, "Found imports whose process had ended");
        }
        Ok(())
    };
    once(Duration::ZERO)?;
    let watch = move || {
        loop {
            std::thread::sleep(RECOVER_EVERY);
            if let Err(error) = once(RECOVER_EVERY) {
                let error: DbError = error;
                tracing::warn!(error.cause = %error, "imports not checked: {error}");
            }
        }
    };
    let started = std::thread::Builder::new().name("imports".to_owned());
    if let Err(error) = started.spawn(watch) {
        tracing::error!(error.cause = %error, "imports are not watched: {error}");
    }
    Ok(())
}
