//! Alerts in the database, as merging moves them.

use diesel::prelude::*;

use crate::alerts::model::{AlertState, Ending};
use crate::db::schema::{alerts, plays};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::AlertId;
use crate::merging::Pair;

/// An alert as far as merging needs it.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = alerts)]
pub struct AlertRow {
    pub id: AlertId,
    pub customer_id: Option<i64>,
    pub reason: String,
    pub subject: String,
    pub severity: String,
    pub state: String,
    pub owner_id: Option<i64>,
    pub measure: f64,
    pub snoozed_until: Option<UtcTime>,
    pub acknowledged_at: Option<UtcTime>,
}

/// Every alert of both customers, and those of others whose subject is one of `subjects`; in order.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn concerned(conn: &mut Conn, pair: Pair, subjects: &[String]) -> DbResult<Vec<AlertRow>> {
    Ok(on!(conn, |c| alerts::table
        .filter(
            alerts::customer_id
                .eq_any([pair.from.0, pair.into.0])
                .or(alerts::subject.eq_any(subjects).nullable())
        )
        .order(alerts::id)
        .select(AlertRow::as_select())
        .load(c))?)
}

/// Gives an alert to a customer, under a subject, with an owner and as awake as it is now.
pub fn place(conn: &mut Conn, row: &AlertRow, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(alerts::table.find(row.id.0))
        .set((
            alerts::customer_id.eq(row.customer_id),
            alerts::subject.eq(&row.subject),
            alerts::owner_id.eq(row.owner_id),
            alerts::state.eq(&row.state),
            alerts::snoozed_until.eq(row.snoozed_until),
            alerts::acknowledged_at.eq(row.acknowledged_at),
            alerts::updated_at.eq(now),
            alerts::version.eq(alerts::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Ends an alert that became one with another, or is about nothing any more.
pub fn end(conn: &mut Conn, row: &AlertRow, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(alerts::table.find(row.id.0))
        .set((
            alerts::state.eq(AlertState::Resolved.word()),
            alerts::resolution.eq(Some(Ending::Merged.word())),
            alerts::resolved_at.eq(Some(now)),
            alerts::snoozed_until.eq(None::<UtcTime>),
            alerts::customer_id.eq(row.customer_id),
            alerts::subject.eq(&row.subject),
            alerts::updated_at.eq(now),
            alerts::version.eq(alerts::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Plays that answer the one alert answer the other.
pub fn answer(conn: &mut Conn, (ended, kept): (AlertId, AlertId), now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(plays::table)
        .filter(plays::alert_id.eq(ended.0))
        .set((
            plays::alert_id.eq(kept.0),
            plays::updated_at.eq(now),
            plays::version.eq(plays::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
