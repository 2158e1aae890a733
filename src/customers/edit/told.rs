//! Tells webhooks what becomes of customers that people and programs write one by one.

use serde_json::json;

use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::{CustomerId, ExternalId};
use crate::webhooks::{self, EventType, NewEvent};

/// Tells whoever may see customers of `team`, in the transaction of the write.
pub(super) fn tell(
    conn: &mut Conn,
    kind: EventType,
    (id, team): (CustomerId, Option<i64>),
    external_ids: &[ExternalId],
    now: UtcTime,
) -> DbResult<()> {
    let event = NewEvent {
        kind,
        customer: Some(id),
        team,
        data: json!({ "id": id, "team_id": team, "external_ids": external_ids }),
    };
    webhooks::emit(conn, &event, now)
}
