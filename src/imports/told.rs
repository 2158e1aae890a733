//! Tells webhooks what became of an import: one event for all that it wrote.

use serde_json::json;

use super::store;
use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::ImportId;
use crate::webhooks::{self, EventType, NewEvent};

/// Tells it in the transaction that writes it down. Of dry runs nothing is told: they change nothing.
///
/// # Errors
///
/// The database's.
pub fn tell(conn: &mut Conn, kind: EventType, id: ImportId, now: UtcTime) -> DbResult<()> {
    if !webhooks::anybody_wants(conn, kind)? {
        return Ok(());
    }
    let Some(import) = store::find(conn, id.0)?.filter(|import| !import.dry_run) else {
        return Ok(());
    };
    let event = NewEvent {
        kind,
        customer: None,
        // A file holds customers of every team.
        team: None,
        data: json!({
            "id": import.id,
            "kind": import.kind,
            "status": import.status,
            "rows_read": import.rows_read,
            "created": import.created,
            "changed": import.changed,
            "unchanged": import.unchanged,
            "duplicates": import.duplicates,
            "rejected": import.rejected,
            "customers_created": import.customers_created,
            "error": import.error,
        }),
    };
    webhooks::emit(conn, &event, now)
}
