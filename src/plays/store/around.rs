//! What plays need to know of alerts, runs and shipments.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::db::schema::{alerts, customer_risks, plays, runs};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::{AlertId, CustomerId, PlayId, RunId};
use crate::plays::model::{OutcomeBy, PlayOutcome};

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

/// A play about which shipments say something new.
#[derive(Debug, QueryableByName)]
pub struct News {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: PlayId,
    #[diesel(sql_type = Nullable<Text>)]
    outcome: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    outcome_by: Option<String>,
    /// Whether its customer had a shipping day in its horizon, on either side.
    #[diesel(sql_type = Bool)]
    pub shipped: bool,
}

impl News {
    /// What is shown of it, and who says so.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`](crate::db::DbError::Corrupt) if a stored word is none.
    pub fn outcome(&self) -> DbResult<Option<(PlayOutcome, OutcomeBy)>> {
        super::outcome(self.outcome.as_deref(), self.outcome_by.as_deref())
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Plays that began and have a horizon, of customers that stand; to be followed by more conditions.
const BEGUN: &str = "FROM plays v JOIN customers c ON c.id = v.customer_id \
                     WHERE v.deleted_at IS NULL AND c.deleted_at IS NULL \
                     AND v.begun_on IS NOT NULL AND v.horizon_weeks IS NOT NULL";

/// The first day after the horizon of a play `v`. Days are added in each database's own way; the sum
/// compares with stored days in both.
fn until(conn: &Conn) -> &'static str {
    if conn.is_postgres() {
        "(v.begun_on + CAST(v.horizon_weeks * 7 AS INTEGER))"
    } else {
        "date(v.begun_on, '+' || (v.horizon_weeks * 7) || ' days')"
    }
}

/// How many plays' horizons had passed by a day, but are not seen yet.
pub fn waiting_for_data(
    conn: &mut Conn,
    today: NaiveDate,
    seen_until: Option<NaiveDate>,
) -> DbResult<u64> {
    let until = until(conn);
    let mut sql = Statement::new("SELECT COUNT(*) AS count ");
    sql.push(BEGUN).push(" AND ").push(until).push(" <= ");
    sql.bind(Value::Date(today));
    if let Some(seen) = seen_until {
        sql.push(" AND ").push(until).push(" > ");
        sql.bind(Value::Date(seen));
    }
    let rows: Vec<Count> = sql.load(conn)?;
    let counted = rows.into_iter().map(|row| row.count).sum::<i64>();
    Ok(u64::try_from(counted).unwrap_or_default())
}

/// The plays whose horizon had passed by a day and of which shipments say something else than was told
/// of them, or something for the first time; by id. One statement, however many plays there are.
pub fn untold(conn: &mut Conn, day: NaiveDate) -> DbResult<Vec<News>> {
    let until = until(conn);
    let mut sql =
        Statement::new("SELECT x.id, x.outcome, x.outcome_by, x.shipped FROM (SELECT v.id, ");
    sql.push("v.outcome, v.outcome_by, v.record_outcome, (");
    for (party, or) in [("s.shipper_id", " OR "), ("s.consignee_id", "")] {
        sql.push("EXISTS (SELECT 1 FROM shipments s WHERE ")
            .push(party);
        sql.push(" = v.customer_id AND s.activity_on >= v.begun_on AND s.activity_on < ")
            .push(until);
        sql.push(" AND s.deleted_at IS NULL AND s.status <> 'cancelled')")
            .push(or);
    }
    sql.push(") AS shipped ").push(BEGUN).push(" AND ");
    sql.push(until).push(" <= ").bind(Value::Date(day));
    sql.push(
        ") x WHERE x.record_outcome IS NULL \
         OR x.record_outcome <> (CASE WHEN x.shipped THEN 'kept' ELSE 'lost' END) ORDER BY x.id",
    );
    sql.load(conn)
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
