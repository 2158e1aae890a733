//! Tells webhooks what is done with alerts.

use diesel::prelude::*;
use serde_json::json;

use super::history::Change;
use crate::alerts::model::{AlertDeed, AlertState};
use crate::db::schema::{alert_events, alerts, customers};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::CustomerId;
use crate::webhooks::{self, EventType, NewEvent};

/// What other systems are told of a deed that left an alert in `state`; `None`: it is of no interest
/// outside.
fn kind(deed: AlertDeed, state: AlertState) -> Option<EventType> {
    match deed {
        AlertDeed::Opened => Some(EventType::AlertOpened),
        AlertDeed::Worsened => Some(EventType::AlertUpdated),
        AlertDeed::Reopened | AlertDeed::Woken => Some(EventType::AlertReopened),
        AlertDeed::Acknowledged => Some(EventType::AlertAcknowledged),
        AlertDeed::Snoozed => Some(EventType::AlertSnoozed),
        AlertDeed::Assigned => Some(EventType::AlertAssigned),
        AlertDeed::Resolved => Some(EventType::AlertResolved),
        // Another alert goes on in its place.
        AlertDeed::Merged if state == AlertState::Resolved => Some(EventType::AlertResolved),
        AlertDeed::Updated | AlertDeed::Merged => None,
    }
}

/// Customer, reason, subject, measure, team.
type Row = (Option<CustomerId>, String, String, f64, Option<i64>);

/// Tells of a change in its transaction. Nobody is named: whoever may see the alert's customer need
/// not know those that it trades with.
///
/// # Errors
///
/// The database's, as everywhere here.
pub(super) fn tell(conn: &mut Conn, change: &Change<'_>, now: UtcTime) -> DbResult<()> {
    let Some(kind) = kind(change.deed, change.state) else {
        return Ok(());
    };
    // A run changes thousands of alerts: where nobody listens that costs one look each.
    if !webhooks::anybody_wants(conn, kind)? {
        return Ok(());
    }
    if change.deed == AlertDeed::Merged && was_resolved(conn, change)? {
        return Ok(());
    }
    let (customer, reason, subject, measure, team): Row = on!(conn, |c| alerts::table
        .left_join(customers::table.on(customers::id.nullable().eq(alerts::customer_id)))
        .filter(alerts::id.eq(change.alert.0))
        .select((
            alerts::customer_id,
            alerts::reason,
            alerts::subject,
            alerts::measure,
            customers::team_id.nullable(),
        ))
        .first(c))?;
    let event = NewEvent {
        kind,
        customer,
        team,
        data: json!({
            "id": change.alert,
            "customer_id": customer,
            "reason": reason,
            "subject": subject,
            "severity": change.severity,
            "state": change.state,
            "measure": change.measure.unwrap_or(measure),
            "deed": change.deed,
        }),
    };
    webhooks::emit(conn, &event, now)
}

/// Whether an alert was resolved before the change that was written down last.
fn was_resolved(conn: &mut Conn, change: &Change<'_>) -> DbResult<bool> {
    let before: Option<String> = on!(conn, |c| alert_events::table
        .filter(alert_events::alert_id.eq(change.alert.0))
        .order(alert_events::id.desc())
        .offset(1)
        .select(alert_events::state)
        .first(c)
        .optional())?;
    Ok(before.is_some_and(|state| state == AlertState::Resolved.word()))
}
