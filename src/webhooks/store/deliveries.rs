//! Who is to be told of an event, and what came of it.

use diesel::prelude::*;

use crate::db::schema::webhook_deliveries;
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::webhooks::model::DeliveryStatus;

/// Queues an event for these endpoints, due at once.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn queue(conn: &mut Conn, event: i64, endpoints: &[i64], now: UtcTime) -> DbResult<()> {
    for endpoint in endpoints {
        on!(conn, |c| diesel::insert_into(webhook_deliveries::table)
            .values((
                webhook_deliveries::event_id.eq(event),
                webhook_deliveries::endpoint_id.eq(endpoint),
                webhook_deliveries::status.eq(DeliveryStatus::Queued.word()),
                webhook_deliveries::next_attempt_at.eq(now),
                webhook_deliveries::created_at.eq(now),
                webhook_deliveries::updated_at.eq(now),
            ))
            .execute(c))?;
    }
    Ok(())
}
