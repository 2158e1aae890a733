//! What raising alerts reads and writes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};

use crate::alerts::model::{AlertReason, AlertSeverity, AlertState, Ending, Settlement};
use crate::alerts::rules::{Limits, ROUNDING};
use crate::alerts::store::IS_GONE;
use crate::db::schema::{alerts, customers, runs};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::{AlertId, CustomerId, RunId};

/// Keeps others from raising or changing alerts until the transaction ends. On SQLite the
/// transaction has the only pen anyway.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn lock(conn: &mut Conn) -> DbResult<()> {
    if conn.is_postgres() {
        conn.batch("LOCK TABLE alerts IN SHARE ROW EXCLUSIVE MODE")?;
    }
    Ok(())
}

/// A run as far as alerts need it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = runs)]
pub struct Run {
    pub id: RunId,
    pub as_of: NaiveDate,
    pub horizon_weeks: i64,
    pub business_basis: Option<String>,
    pub value_basis: Option<String>,
    pub cascade_term: Option<String>,
}

pub fn run(conn: &mut Conn, id: RunId) -> DbResult<Option<Run>> {
    Ok(on!(conn, |c| runs::table
        .find(id.0)
        .select(Run::as_select())
        .first(c)
        .optional())?)
}

/// Whether another run that is done has a later as-of date.
pub fn is_outdated(conn: &mut Conn, run: &Run) -> DbResult<bool> {
    Ok(on!(conn, |c| diesel::select(diesel::dsl::exists(
        runs::table
            .filter(runs::status.eq("done"))
            .filter(runs::as_of.gt(run.as_of))
            .filter(runs::id.ne(run.id.0))
    ))
    .get_result(c))?)
}

/// The run to compare with: done, the latest as-of date before this one's, the same horizon.
pub fn run_before(conn: &mut Conn, run: &Run) -> DbResult<Option<Run>> {
    Ok(on!(conn, |c| runs::table
        .filter(runs::status.eq("done"))
        .filter(runs::as_of.lt(run.as_of))
        .filter(runs::horizon_weeks.eq(run.horizon_weeks))
        .order((runs::as_of.desc(), runs::id.desc()))
        .select(Run::as_select())
        .first(c)
        .optional())?)
}

/// A customer whose alerts may change, with what the run says of it.
#[derive(Clone, Debug, QueryableByName)]
pub struct Candidate {
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub team_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub team: Option<String>,
    #[diesel(sql_type = Text)]
    pub role: String,
    #[diesel(sql_type = Double)]
    pub churn_probability: f64,
    #[diesel(sql_type = Nullable<Double>)]
    pub before: Option<f64>,
    #[diesel(sql_type = Bool)]
    pub is_new: bool,
    #[diesel(sql_type = Bool)]
    pub is_gone: bool,
    #[diesel(sql_type = Text)]
    pub evidence: String,
    #[diesel(sql_type = Double)]
    pub value_at_risk: f64,
    #[diesel(sql_type = BigInt)]
    pub partners: i64,
    #[diesel(sql_type = BigInt)]
    pub partners_silent: i64,
    #[diesel(sql_type = Text)]
    pub parts: String,
    #[diesel(sql_type = Text)]
    pub followers: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub light: Option<String>,
}

/// Customers at the level, risen by a step, or with an open alert; in order of their ids.
///
/// The limits are asked a rounding error too low; the rules decide.
pub fn candidates(
    conn: &mut Conn,
    run: &Run,
    before: Option<&Run>,
    limits: &Limits,
) -> DbResult<Vec<Candidate>> {
    let mut sql = Statement::new(
        "SELECT r.customer_id, c.name, c.team_id, t.name AS team, r.role, r.churn_probability, \
         p.churn_probability AS before, r.is_new, ",
    );
    sql.push(IS_GONE).push(
        " AS is_gone, r.evidence, r.value_at_risk, r.partners, \
         r.partners_silent, r.parts, r.followers, s.light \
         FROM customer_risks r JOIN customers c ON c.id = r.customer_id \
         JOIN runs u ON u.id = r.run_id \
         LEFT JOIN teams t ON t.id = c.team_id \
         LEFT JOIN account_satisfactions s ON s.run_id = r.run_id AND s.customer_id = r.customer_id \
         LEFT JOIN customer_risks p ON p.customer_id = r.customer_id AND p.run_id = ",
    );
    sql.bind(Value::Int(before.map_or(-1, |run| run.id.0)))
        .push(" WHERE r.run_id = ")
        .bind(Value::Int(run.id.0))
        .push(" AND c.deleted_at IS NULL AND (r.churn_probability >= ")
        .bind(Value::Real(limits.level.get() - 2.0 * ROUNDING))
        .push(" OR r.churn_probability - p.churn_probability >= ")
        .bind(Value::Real(limits.step.get() - 2.0 * ROUNDING))
        .push(
            " OR EXISTS (SELECT 1 FROM alerts a WHERE a.customer_id = r.customer_id \
             AND a.reason IN ('churn_level', 'churn_rise') AND a.state <> 'resolved')) ORDER BY r.customer_id",
        );
    sql.load(conn)
}

/// The reasons that are about churn itself.
const CHURN: [AlertReason; 2] = [AlertReason::ChurnLevel, AlertReason::ChurnRise];

/// An alert that is not resolved.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = alerts)]
pub struct OpenAlert {
    pub id: AlertId,
    #[diesel(select_expression = alerts::customer_id.assume_not_null())]
    pub customer_id: CustomerId,
    pub reason: String,
    pub state: String,
    pub run_id: Option<RunId>,
    pub measure_mailed: Option<f64>,
    pub facts: String,
    pub version: i64,
}

/// Every alert about churn that is not resolved, by customer.
pub fn open_alerts(conn: &mut Conn) -> DbResult<BTreeMap<CustomerId, Vec<OpenAlert>>> {
    let rows: Vec<OpenAlert> = on!(conn, |c| alerts::table
        .filter(alerts::state.ne(AlertState::Resolved.word()))
        .filter(alerts::customer_id.is_not_null())
        .filter(alerts::reason.eq_any(CHURN.map(AlertReason::word)))
        .order(alerts::id)
        .select(OpenAlert::as_select())
        .load(c))?;
    let mut by_customer: BTreeMap<CustomerId, Vec<OpenAlert>> = BTreeMap::new();
    for row in rows {
        by_customer.entry(row.customer_id).or_default().push(row);
    }
    Ok(by_customer)
}

/// The newest alert of a customer that a person resolved.
#[derive(Clone, Debug, QueryableByName)]
pub struct SettledRow {
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Double)]
    pub measure: f64,
    #[diesel(sql_type = Text)]
    pub resolution: String,
    #[diesel(sql_type = Date)]
    pub as_of: NaiveDate,
    #[diesel(sql_type = Nullable<Double>)]
    pub lowest: Option<f64>,
}

/// The newest alert of each customer that a person resolved, with the lowest probability of the
/// runs between it and `run`.
pub fn settled(conn: &mut Conn, run: &Run) -> DbResult<BTreeMap<CustomerId, SettledRow>> {
    let words = || {
        Settlement::WORDS
            .iter()
            .map(|word| Value::Text((*word).into()))
    };
    let mut sql = Statement::new(
        "SELECT a.customer_id, a.measure, a.resolution, u.as_of, \
         (SELECT MIN(x.churn_probability) FROM customer_risks x JOIN runs q ON q.id = x.run_id \
         WHERE x.customer_id = a.customer_id AND q.status = 'done' AND q.as_of > u.as_of \
         AND q.as_of < ",
    );
    sql.bind(Value::Date(run.as_of))
        .push(" AND q.horizon_weeks = ")
        .bind(Value::Int(run.horizon_weeks))
        .push(
            ") AS lowest FROM alerts a JOIN runs u ON u.id = a.run_id \
             WHERE a.state = 'resolved' AND a.reason IN ('churn_level', 'churn_rise') AND a.resolution IN (",
        )
        .bind_list(words())
        .push(
            ") AND NOT EXISTS (SELECT 1 FROM alerts b WHERE b.customer_id = a.customer_id \
             AND b.reason IN ('churn_level', 'churn_rise') AND b.id > a.id AND b.state = 'resolved' \
             AND b.resolution IN (",
        )
        .bind_list(words())
        .push("))");
    let rows: Vec<SettledRow> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| (row.customer_id, row)).collect())
}

/// Name and team of customers, deleted ones too.
pub fn names(conn: &mut Conn, ids: &[i64]) -> DbResult<BTreeMap<i64, (String, Option<i64>)>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<(i64, String, Option<i64>)> = on!(conn, |c| customers::table
            .filter(customers::id.eq_any(chunk))
            .select((customers::id, customers::name, customers::team_id))
            .load(c))?;
        found.extend(rows.into_iter().map(|(id, name, team)| (id, (name, team))));
    }
    Ok(found)
}

/// What a run writes into an alert.
pub struct AlertValues<'a> {
    pub severity: AlertSeverity,
    pub run: RunId,
    pub measure: f64,
    pub before: Option<f64>,
    pub facts: &'a str,
}

pub fn insert(
    conn: &mut Conn,
    customer: CustomerId,
    reason: AlertReason,
    values: &AlertValues<'_>,
    now: UtcTime,
) -> DbResult<AlertId> {
    Ok(on!(conn, |c| diesel::insert_into(alerts::table)
        .values((
            alerts::customer_id.eq(customer.0),
            alerts::reason.eq(reason.word()),
            alerts::severity.eq(values.severity.word()),
            alerts::state.eq(AlertState::Open.word()),
            alerts::run_id.eq(values.run.0),
            alerts::measure.eq(values.measure),
            alerts::measure_before.eq(values.before),
            alerts::facts.eq(values.facts),
            alerts::opened_at.eq(now),
            alerts::updated_at.eq(now),
        ))
        .returning(alerts::id)
        .get_result::<AlertId>(c))?)
}

/// Takes a run's numbers; `state` is left where `None`.
pub fn update(
    conn: &mut Conn,
    id: AlertId,
    values: &AlertValues<'_>,
    state: AlertState,
    now: UtcTime,
) -> DbResult<()> {
    on!(conn, |c| diesel::update(alerts::table.find(id.0))
        .set((
            alerts::severity.eq(values.severity.word()),
            alerts::state.eq(state.word()),
            alerts::run_id.eq(values.run.0),
            alerts::measure.eq(values.measure),
            alerts::measure_before.eq(values.before),
            alerts::facts.eq(values.facts),
            alerts::updated_at.eq(now),
            alerts::version.eq(alerts::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Notes what the last mail said.
pub fn note_mailed(conn: &mut Conn, id: AlertId, measure: f64) -> DbResult<()> {
    on!(conn, |c| diesel::update(alerts::table.find(id.0))
        .set(alerts::measure_mailed.eq(Some(measure)))
        .execute(c))?;
    Ok(())
}

/// Ends an alert; the facts stay as they were last told.
pub fn end(
    conn: &mut Conn,
    id: AlertId,
    ending: Ending,
    (run, measure, before): (RunId, f64, Option<f64>),
    now: UtcTime,
) -> DbResult<()> {
    on!(conn, |c| diesel::update(alerts::table.find(id.0))
        .set((
            alerts::state.eq(AlertState::Resolved.word()),
            alerts::resolution.eq(Some(ending.word())),
            alerts::run_id.eq(run.0),
            alerts::measure.eq(measure),
            alerts::measure_before.eq(before),
            alerts::resolved_at.eq(Some(now)),
            alerts::updated_at.eq(now),
            alerts::version.eq(alerts::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Ends the alerts of customers that were deleted; how many.
pub fn end_of_deleted(conn: &mut Conn, now: UtcTime) -> DbResult<usize> {
    let deleted = customers::table
        .filter(customers::deleted_at.is_not_null())
        .select(customers::id.nullable());
    Ok(on!(conn, |c| diesel::update(alerts::table)
        .filter(alerts::state.ne(AlertState::Resolved.word()))
        .filter(alerts::customer_id.eq_any(deleted))
        .set((
            alerts::state.eq(AlertState::Resolved.word()),
            alerts::resolution.eq(Some(Ending::CustomerDeleted.word())),
            alerts::resolved_at.eq(Some(now)),
            alerts::updated_at.eq(now),
            alerts::version.eq(alerts::version + 1),
        ))
        .execute(c))?)
}
