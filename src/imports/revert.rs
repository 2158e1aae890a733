//! Taking an import back, exactly: what it created goes, what it changed is as it was.

use chrono_tz::Tz;
use serde::Serialize;

use super::run::Place;
use super::run::error::ImportError;
use super::store::{self, Import};
use super::told;
use crate::access::audit::{self, Actor, Deed};
use crate::db::{Conn, UtcTime};
use crate::ids::ImportId;
use crate::shipments::write::Writer;
use crate::webhooks::EventType;

/// Rows taken back together.
const CHUNK: i64 = 2_000;

/// What a revert did.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Reverted {
    /// The import, as it stands now.
    pub import: Import,
    /// Shipments that went.
    pub removed: u64,
    /// Shipments that are as they were.
    pub restored: u64,
    /// Customers that went.
    pub customers_removed: u64,
    /// Customers that stay because others need them, or somebody edited them.
    pub customers_kept: u64,
}

/// Reverts an import in one transaction.
///
/// # Errors
///
/// [`ImportError::NotRevertible`] if it was a dry run, failed, was reverted before, or if anything
/// it wrote was written again since: reverting would then lose the later change.
pub fn revert(place: &Place<'_>, id: ImportId, actor: &Actor) -> Result<Reverted, ImportError> {
    let now = UtcTime::from(place.clock.now());
    place
        .db
        .write_when_free(|conn| within(conn, id, place.zone, (actor, now)))
}

/// [`revert`] in the caller's transaction.
///
/// # Errors
///
/// As there.
pub fn within(
    conn: &mut Conn,
    id: ImportId,
    zone: Tz,
    (actor, now): (&Actor, UtcTime),
) -> Result<Reverted, ImportError> {
    let import = store::find(conn, id.0)?.ok_or(ImportError::NotFound(id.0))?;
    check(conn, &import)?;
    let mut writer = Writer::new(conn, zone, None, now)?;
    let ids = (import.first_id.unwrap_or(0), import.last_id.unwrap_or(0));
    let removed = writer.delete_created(conn, id, ids)? as u64;
    let restored = restore(conn, &mut writer, id)?;
    writer.finish(conn)?;
    let (gone, stayed) = store::remove_customers(conn, id, now)?;
    store::reverted(conn, id, now)?;
    told::tell(conn, EventType::ImportReverted, id, now)?;
    let deed = Deed {
        action: "reverted",
        entity: "import",
        id: Some(id.0),
        detail: None,
    };
    audit::record(conn, actor, &deed, now)?;
    Ok(Reverted {
        import: store::find(conn, id.0)?.ok_or(ImportError::NotFound(id.0))?,
        removed,
        restored,
        customers_removed: gone as u64,
        customers_kept: stayed as u64,
    })
}

fn check(conn: &mut Conn, import: &Import) -> Result<(), ImportError> {
    let refuse = |why: String| {
        Err(ImportError::NotRevertible {
            id: import.id.0,
            why,
        })
    };
    if import.dry_run {
        return refuse("it was a dry run and wrote nothing".to_owned());
    }
    if import.status != "done" {
        return refuse(format!("it is {}", import.status));
    }
    match store::touched_since(conn, import)? {
        0 => Ok(()),
        touched => refuse(format!(
            "{touched} of its shipments were written again since; revert what wrote them first"
        )),
    }
}

fn restore(conn: &mut Conn, writer: &mut Writer, id: ImportId) -> Result<u64, ImportError> {
    let (mut restored, mut after) = (0, 0);
    loop {
        let rows = store::changed_after(conn, id, after, CHUNK)?;
        let Some((last, _)) = rows.last() else {
            return Ok(restored);
        };
        after = last.id.0;
        for (row, before) in rows {
            writer.restore(conn, &row, before)?;
            restored += 1;
        }
    }
}
