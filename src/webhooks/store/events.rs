//! What happened, as endpoints are told it.

use diesel::prelude::*;

use crate::db::schema::webhook_events;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, on};

/// An event to be kept.
#[derive(Debug, Insertable)]
#[diesel(table_name = webhook_events)]
pub struct EventRow {
    /// `msg_…`: the `webhook-id` of every attempt.
    pub uid: String,
    /// As [`EventType`](crate::webhooks::EventType) words it.
    pub kind: &'static str,
    /// The customer concerned.
    pub customer_id: Option<i64>,
    /// The customer's team when it happened.
    pub team_id: Option<i64>,
    /// JSON.
    pub data: String,
    /// When.
    pub occurred_at: UtcTime,
}

/// Keeps an event; its id.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn insert(conn: &mut Conn, event: &EventRow) -> DbResult<i64> {
    Ok(on!(conn, |c| diesel::insert_into(webhook_events::table)
        .values(event)
        .returning(webhook_events::id)
        .get_result(c))?)
}

/// What is kept of an event.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = webhook_events)]
pub struct Event {
    /// `msg_…`.
    pub uid: String,
    /// As [`EventType`](crate::webhooks::EventType) words it.
    pub kind: String,
    /// JSON.
    pub data: String,
    /// When it happened.
    pub occurred_at: UtcTime,
}

/// The event with this `webhook-id`.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn find(conn: &mut Conn, uid: &str) -> DbResult<Option<Event>> {
    Ok(on!(conn, |c| webhook_events::table
        .filter(webhook_events::uid.eq(uid))
        .select(Event::as_select())
        .first(c)
        .optional())?)
}

/// Forgets events from before `until` that nobody waits for, with their deliveries and attempts,
/// `limit` at most; how many there were.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn forget(conn: &mut Conn, until: UtcTime, limit: i64) -> DbResult<usize> {
    let mut sql = Statement::new(
        "DELETE FROM webhook_events WHERE id IN (SELECT v.id FROM webhook_events v \
         WHERE v.occurred_at < ",
    );
    sql.bind(Value::Time(until))
        .push(
            " AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = v.id \
             AND d.status = 'queued') ORDER BY v.occurred_at LIMIT ",
        )
        .bind(Value::Int(limit))
        .push(")");
    sql.execute(conn)
}
