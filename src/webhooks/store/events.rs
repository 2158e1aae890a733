//! What happened, as endpoints are told it.

use diesel::prelude::*;

use crate::db::schema::webhook_events;
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
