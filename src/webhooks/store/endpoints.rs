//! Who is told.

use diesel::prelude::*;

use crate::db::schema::webhook_endpoints;
use crate::db::{Conn, DbError, DbResult, on};
use crate::webhooks::model::{EndpointStatus, EventType};

/// The active endpoints that want events of this type and may see those of this team.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn listeners(conn: &mut Conn, kind: EventType, team: Option<i64>) -> DbResult<Vec<i64>> {
    let wanting = active(conn, kind)?;
    Ok(wanting
        .into_iter()
        .filter(|(_, of)| of.is_none() || *of == team)
        .map(|(id, _)| id)
        .collect())
}

/// Whether any active endpoint wants events of this type.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn anybody_wants(conn: &mut Conn, kind: EventType) -> DbResult<bool> {
    Ok(!active(conn, kind)?.is_empty())
}

/// The active endpoints that want events of this type, with the team that each is limited to.
fn active(conn: &mut Conn, kind: EventType) -> DbResult<Vec<(i64, Option<i64>)>> {
    let rows: Vec<(i64, Option<i64>, String)> = on!(conn, |c| webhook_endpoints::table
        .filter(webhook_endpoints::status.eq(EndpointStatus::Active.word()))
        .filter(webhook_endpoints::deleted_at.is_null())
        .order(webhook_endpoints::id)
        .select((
            webhook_endpoints::id,
            webhook_endpoints::team_id,
            webhook_endpoints::events,
        ))
        .load(c))?;
    let mut wanting = Vec::new();
    for (id, team, events) in rows {
        let events = types(&events)?;
        if events.is_empty() || events.contains(&kind) {
            wanting.push((id, team));
        }
    }
    Ok(wanting)
}

/// The event types that stand in the database as JSON.
///
/// # Errors
///
/// [`DbError::Corrupt`].
pub fn types(json: &str) -> DbResult<Vec<EventType>> {
    serde_json::from_str(json).map_err(|error| DbError::corrupt("webhook_endpoints.events", error))
}
