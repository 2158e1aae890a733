//! What plays need to know of alerts, runs and shipments.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{PLAYS, Row};
use crate::db::schema::{alerts, customer_risks, plays, runs};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::{AlertId, CustomerId, PlayId, RunId};
use crate::plays::model::PlayOutcome;

/// Whose an alert is: `None` if there is no such alert, `Some(None)` if it is no customer's.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn alert(conn: &mut Conn, id: AlertId) -> DbResult<Option<Option<CustomerId>>> {
    Ok(on!(conn, |c| alerts::table
        .find(id.0)
        .select(alerts::customer_id)
        .first(c)
        .optional())?)
}

/// How a customer stands when a play begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtStart {
    /// The newest finished run as of that day.
    pub run: RunId,
    /// Its horizon.
    pub horizon_weeks: i64,
    /// The customer's churn probability in it; `None`: the run does not know the customer.
    pub churn_probability: Option<f64>,
}

/// The newest finished run whose as-of date is this day or before it, and what it says of a customer.
pub fn standing_at(
    conn: &mut Conn,
    customer: CustomerId,
    day: NaiveDate,
) -> DbResult<Option<AtStart>> {
    let run: Option<(RunId, i64)> = on!(conn, |c| runs::table
        .filter(runs::status.eq("done"))
        .filter(runs::as_of.le(day))
        .order((runs::as_of.desc(), runs::id.desc()))
        .select((runs::id, runs::horizon_weeks))
        .first(c)
        .optional())?;
    let Some((run, horizon_weeks)) = run else {
        return Ok(None);
    };
    let churn_probability = on!(conn, |c| customer_risks::table
        .find((run.0, customer.0))
        .select(customer_risks::churn_probability)
        .first(c)
        .optional())?;
    Ok(Some(AtStart {
        run,
        horizon_weeks,
        churn_probability,
    }))
}

/// Every play that was begun, by id.
pub fn begun(conn: &mut Conn) -> DbResult<Vec<Row>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(PLAYS.columns).push(" FROM ").push(PLAYS.from);
    sql.push(
        " WHERE v.deleted_at IS NULL AND c.deleted_at IS NULL AND v.begun_on IS NOT NULL \
         ORDER BY v.id",
    );
    sql.load(conn)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "only whether there is one counts")]
    id: i64,
}

/// Whether a customer had a shipping day in `[from, until)`, on either side.
pub fn shipped(
    conn: &mut Conn,
    customer: CustomerId,
    (from, until): (NaiveDate, NaiveDate),
) -> DbResult<bool> {
    for party in ["s.shipper_id", "s.consignee_id"] {
        let mut sql = Statement::new("SELECT s.id FROM shipments s WHERE ");
        sql.push(party).push(" = ").bind(Value::Int(customer.0));
        sql.push(" AND s.activity_on >= ").bind(Value::Date(from));
        sql.push(" AND s.activity_on < ").bind(Value::Date(until));
        sql.push(" AND s.deleted_at IS NULL AND s.status <> 'cancelled' LIMIT 1");
        let rows: Vec<Found> = sql.load(conn)?;
        if !rows.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notes what the record says of a play; with `shown` that becomes its outcome.
pub fn set_record(
    conn: &mut Conn,
    play: PlayId,
    (outcome, shown): (PlayOutcome, bool),
    (today, now): (NaiveDate, UtcTime),
) -> DbResult<()> {
    let told = Some(outcome.word());
    on!(conn, |c| diesel::update(plays::table.find(play.0))
        .set((
            plays::record_outcome.eq(told),
            plays::updated_at.eq(now),
            plays::version.eq(plays::version + 1),
        ))
        .execute(c))?;
    if shown {
        on!(conn, |c| diesel::update(plays::table.find(play.0))
            .set((
                plays::outcome.eq(told),
                plays::outcome_by.eq(Some("record")),
                plays::outcome_on.eq(Some(today)),
            ))
            .execute(c))?;
    }
    Ok(())
}
