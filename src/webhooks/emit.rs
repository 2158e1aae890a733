//! Says that something happened, in the transaction in which it does.

use serde_json::Value as Json;

use super::model::EventType;
use super::store::events::{self, EventRow};
use super::store::{deliveries, endpoints};
use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::CustomerId;

/// Something that happened.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What.
    pub kind: EventType,
    /// The customer concerned, if it is one.
    pub customer: Option<CustomerId>,
    /// The team that looks after the customer; `None`: only endpoints that may see everything are told.
    pub team: Option<i64>,
    /// What there is to say. It goes to everybody who may see the customer: it holds no names of other
    /// customers.
    pub data: Json,
}

/// Queues an event for every active endpoint that wants it and may see it; where there is none,
/// nothing is written. Belongs into the transaction of the cause: if that is rolled back, nobody is
/// told.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn emit(conn: &mut Conn, event: &NewEvent, now: UtcTime) -> DbResult<()> {
    let listeners = endpoints::listeners(conn, event.kind, event.team)?;
    queue(conn, event, &listeners, now).map(drop)
}

/// [`emit`] for what concerns another team's customers as well: endpoints of that team are told, too, and
/// none is told twice.
///
/// # Errors
///
/// The database's.
pub fn emit_to_both(
    conn: &mut Conn,
    event: &NewEvent,
    other: Option<i64>,
    now: UtcTime,
) -> DbResult<()> {
    let told = endpoints::listeners(conn, event.kind, event.team)?;
    queue(conn, event, &told, now)?;
    let mut others = endpoints::listeners(conn, event.kind, other)?;
    others.retain(|endpoint| !told.contains(endpoint));
    // An event of its own: an endpoint is told, and shown, what its team may know.
    let event = NewEvent {
        team: other,
        ..event.clone()
    };
    queue(conn, &event, &others, now).map(drop)
}

/// Whether any active endpoint wants events of this type: what it takes to tell of one needs to be
/// fetched only then.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn anybody_wants(conn: &mut Conn, kind: EventType) -> DbResult<bool> {
    endpoints::anybody_wants(conn, kind)
}

/// Queues an event for these endpoints; the ids of its deliveries.
pub(super) fn queue(
    conn: &mut Conn,
    event: &NewEvent,
    endpoints: &[i64],
    now: UtcTime,
) -> DbResult<Vec<i64>> {
    if endpoints.is_empty() {
        return Ok(Vec::new());
    }
    let row = EventRow {
        uid: format!("msg_{}", uuid::Uuid::now_v7().simple()),
        kind: event.kind.word(),
        customer_id: event.customer.map(|customer| customer.0),
        team_id: event.team,
        data: event.data.to_string(),
        occurred_at: now,
    };
    let id = events::insert(conn, &row)?;
    deliveries::queue(conn, id, endpoints, now)
}
