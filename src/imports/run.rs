//! Running an import: one thread reads and maps, one writes, all in one transaction.
//!
//! ```text
//! begin (a record says `running`)
//!   └─ transaction ─ reader ══chunks══> Writer ─ rejects ─ roll-ups ─ result ─ commit
//! on any error: everything is undone, the record says `failed` and why
//! ```
//!
//! Nothing is ever half imported: a process that dies leaves a record that says `running` and no
//! row; [`abandoned::recover`] finds such records.

pub mod abandoned;
pub mod error;
pub mod progress;
mod reader;
mod writer;

use std::io::Read;
use std::sync::mpsc::sync_channel;

use chrono_tz::Tz;

use super::mapping::Mapping;
use super::spill::Spill;
use super::store::{self, Import, Outcome};
use super::told;
use crate::access::audit::{self, Actor, Deed};
use crate::db::{Conn, Db, DbError, UtcTime};
use crate::ids::ImportId;
use crate::state::Clock;
use crate::webhooks::EventType;
use error::ImportError;
use progress::Progress;
use reader::read;
use writer::write;

/// Rows written together.
const CHUNK: usize = 2_500;
/// Chunks that wait between reader and writer at most.
const WAITING: usize = 3;

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
/// the database cannot be reached any more: then [`abandoned::recover`] will say so later.
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
    result: Outcome,
    spill: Option<Spill>,
) -> Result<(), ImportError> {
    let kept = Outcome {
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
