//! What people's deeds write into an alert.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::Alert;
use super::facts::{parsed, written};
use crate::alerts::model::{AlertSeverity, AlertState};
use crate::db::schema::alerts;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::AlertId;

/// An alert as far as people change it.
#[derive(Clone, Debug, PartialEq, AsChangeset)]
#[diesel(table_name = alerts, treat_none_as_null = true)]
pub struct Standing {
    /// A word of [`AlertState`].
    pub state: String,
    /// Who is at it.
    pub owner_id: Option<i64>,
    /// Until when it is left alone.
    pub snoozed_until: Option<UtcTime>,
    /// Why it is resolved.
    pub resolution: Option<String>,
    /// How often it was opened again.
    pub reopened: i64,
    /// When somebody first said to be at it.
    pub acknowledged_at: Option<UtcTime>,
    /// When it was resolved.
    pub resolved_at: Option<UtcTime>,
}

impl Standing {
    /// As the alert stands.
    pub fn of(alert: &Alert) -> Self {
        Self {
            state: alert.state.clone(),
            owner_id: alert.owner_id.map(|owner| owner.0),
            snoozed_until: alert.snoozed_until,
            resolution: alert.resolution.clone(),
            reopened: alert.reopened,
            acknowledged_at: alert.acknowledged_at,
            resolved_at: alert.resolved_at,
        }
    }
}

/// Keeps others from raising or changing alerts until the transaction ends. On SQLite the
/// transaction has the only pen anyway.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn exclude(conn: &mut Conn) -> DbResult<()> {
    if conn.is_postgres() {
        conn.batch("LOCK TABLE alerts IN SHARE ROW EXCLUSIVE MODE")?;
    }
    Ok(())
}

/// Writes how an alert stands; `false` if it has changed since `known` was read.
pub fn set(conn: &mut Conn, known: &Alert, to: &Standing, now: UtcTime) -> DbResult<bool> {
    let touched = on!(conn, |c| diesel::update(alerts::table.find(known.id.0))
        .filter(alerts::version.eq(known.version))
        .set((
            to,
            alerts::updated_at.eq(now),
            alerts::version.eq(alerts::version + 1),
        ))
        .execute(c))?;
    Ok(touched == 1)
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    #[expect(dead_code, reason = "that there is a row is all that is asked")]
    id: AlertId,
}

/// Whether another alert of the same customer, reason and subject is not resolved.
pub fn another_stands(conn: &mut Conn, alert: &Alert) -> DbResult<bool> {
    let mut sql = Statement::new(
        "SELECT a.id FROM alerts a WHERE a.state <> 'resolved' AND COALESCE(a.customer_id, 0) = ",
    );
    let customer = alert.customer_id.map_or(0, |customer| customer.0);
    sql.bind(Value::Int(customer))
        .push(" AND a.reason = ")
        .bind(Value::Text(alert.reason.clone()))
        .push(" AND a.subject = ")
        .bind(Value::Text(alert.subject.clone()))
        .push(" AND a.id <> ")
        .bind(Value::Int(alert.id.0))
        .push(" LIMIT 1");
    let found: Vec<Id> = sql.load(conn)?;
    Ok(!found.is_empty())
}

/// Alerts that are left alone no longer than until `now`: id and severity, in order.
pub fn slept_out(conn: &mut Conn, now: UtcTime) -> DbResult<Vec<(AlertId, String)>> {
    Ok(on!(conn, |c| alerts::table
        .filter(alerts::state.eq(AlertState::Snoozed.word()))
        .filter(alerts::snoozed_until.le(now))
        .order(alerts::id)
        .select((alerts::id, alerts::severity))
        .load(c))?)
}

/// Opens a snoozed alert; `false` if somebody did something else with it meanwhile.
pub fn wake(conn: &mut Conn, id: AlertId, now: UtcTime) -> DbResult<bool> {
    let touched = on!(conn, |c| diesel::update(alerts::table.find(id.0))
        .filter(alerts::state.eq(AlertState::Snoozed.word()))
        .set((
            alerts::state.eq(AlertState::Open.word()),
            alerts::snoozed_until.eq(None::<UtcTime>),
            alerts::updated_at.eq(now),
            alerts::version.eq(alerts::version + 1),
        ))
        .execute(c))?;
    Ok(touched == 1)
}

/// Gives the next step of an alert that is open again a new day, counted from `today`.
///
/// # Errors
///
/// The database's, and those of [`parsed`].
pub fn renew(
    conn: &mut Conn,
    id: AlertId,
    severity: AlertSeverity,
    today: NaiveDate,
) -> DbResult<()> {
    let text: String = on!(conn, |c| alerts::table
        .find(id.0)
        .select(alerts::facts)
        .first(c))?;
    let mut facts = parsed(&text)?;
    facts.renew(today, severity);
    let text = written(&facts)?;
    on!(conn, |c| diesel::update(alerts::table.find(id.0))
        .set(alerts::facts.eq(&text))
        .execute(c))?;
    Ok(())
}
