//! What raising alerts reads of runs and customers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};

use crate::alerts::rules::ROUNDING;
use crate::alerts::store::IS_GONE;
use crate::db::schema::{customer_risks, customers, runs, teams};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, on};
use crate::ids::{CustomerId, RunId, UserId};

pub mod alerts;

/// Customers asked for at once.
const CHUNK: usize = 500;
/// Runs whose churn probabilities make the course of an alert.
const COURSE: usize = 12;

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
    pub window_days: i64,
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

/// The run that is done with the latest as-of date.
pub fn newest_run(conn: &mut Conn) -> DbResult<Option<Run>> {
    Ok(on!(conn, |c| runs::table
        .filter(runs::status.eq("done"))
        .order((runs::as_of.desc(), runs::id.desc()))
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
    #[diesel(sql_type = Nullable<BigInt>)]
    pub team_id: Option<i64>,
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

/// What a run says of every customer that stands, up to further conditions.
fn risks(run: &Run, before: Option<&Run>) -> Statement {
    let mut sql = Statement::new(
        "SELECT r.customer_id, c.team_id, r.role, r.churn_probability, \
         p.churn_probability AS before, r.is_new, ",
    );
    sql.push(IS_GONE).push(
        " AS is_gone, r.evidence, r.value_at_risk, r.partners, \
         r.partners_silent, r.parts, r.followers, s.light \
         FROM customer_risks r JOIN customers c ON c.id = r.customer_id \
         JOIN runs u ON u.id = r.run_id \
         LEFT JOIN account_satisfactions s ON s.run_id = r.run_id AND s.customer_id = r.customer_id \
         LEFT JOIN customer_risks p ON p.customer_id = r.customer_id AND p.run_id = ",
    );
    sql.bind(Value::Int(before.map_or(-1, |run| run.id.0)))
        .push(" WHERE r.run_id = ")
        .bind(Value::Int(run.id.0))
        .push(" AND c.deleted_at IS NULL");
    sql
}

/// Customers at the level, risen by a step, or with an open alert about churn; in order of their ids.
///
/// The limits are asked a rounding error too low; the rules decide.
pub fn candidates(
    conn: &mut Conn,
    run: &Run,
    before: Option<&Run>,
    (level, rise): (f64, f64),
) -> DbResult<Vec<Candidate>> {
    let mut sql = risks(run, before);
    sql.push(" AND (r.churn_probability >= ")
        .bind(Value::Real(level - 2.0 * ROUNDING))
        .push(" OR r.churn_probability - p.churn_probability >= ")
        .bind(Value::Real(rise - 2.0 * ROUNDING))
        .push(
            " OR EXISTS (SELECT 1 FROM alerts a WHERE a.customer_id = r.customer_id \
             AND a.reason IN ('churn_level', 'churn_rise') AND a.state <> 'resolved')) ORDER BY r.customer_id",
        );
    sql.load(conn)
}

/// What a run says of these customers; those that are not in it are left out.
pub fn risks_of(
    conn: &mut Conn,
    run: &Run,
    before: Option<&Run>,
    ids: &[i64],
) -> DbResult<BTreeMap<i64, Candidate>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let mut sql = risks(run, before);
        sql.push(" AND r.customer_id IN (")
            .bind_list(chunk.iter().copied().map(Value::Int))
            .push(")");
        let rows: Vec<Candidate> = sql.load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.customer_id.0, row)));
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct Present {
    #[diesel(sql_type = BigInt)]
    customer_id: i64,
    #[diesel(sql_type = Bool)]
    is_gone: bool,
}

/// Which of these customers are in a run, and whether they have left.
pub fn in_run(conn: &mut Conn, run: RunId, ids: &[i64]) -> DbResult<BTreeMap<i64, bool>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let mut sql = Statement::new("SELECT r.customer_id, ");
        sql.push(IS_GONE)
            .push(
                " AS is_gone FROM customer_risks r JOIN runs u ON u.id = r.run_id \
                 WHERE r.run_id = ",
            )
            .bind(Value::Int(run.0))
            .push(" AND r.customer_id IN (")
            .bind_list(chunk.iter().copied().map(Value::Int))
            .push(")");
        let rows: Vec<Present> = sql.load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.customer_id, row.is_gone)));
    }
    Ok(found)
}

/// The value at risk of these customers in a run.
pub fn values_at_risk(conn: &mut Conn, run: RunId, ids: &[i64]) -> DbResult<BTreeMap<i64, f64>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(i64, f64)> = on!(conn, |c| customer_risks::table
            .filter(customer_risks::run_id.eq(run.0))
            .filter(customer_risks::customer_id.eq_any(chunk))
            .select((customer_risks::customer_id, customer_risks::value_at_risk))
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct OwnerRow {
    #[diesel(sql_type = BigInt)]
    customer_id: i64,
    #[diesel(sql_type = BigInt)]
    user_id: UserId,
}

/// Who looks after these customers today: people who are still there and see the customer.
pub fn owners(conn: &mut Conn, ids: &[i64]) -> DbResult<BTreeMap<i64, UserId>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let mut sql = Statement::new(
            "SELECT o.customer_id, o.user_id FROM customer_owners o \
             JOIN users w ON w.id = o.user_id JOIN customers c ON c.id = o.customer_id \
             WHERE o.until_on IS NULL AND w.deleted_at IS NULL \
             AND (w.team_id IS NULL OR w.team_id = c.team_id) AND o.customer_id IN (",
        );
        sql.bind_list(chunk.iter().copied().map(Value::Int))
            .push(") ORDER BY o.id");
        let rows: Vec<OwnerRow> = sql.load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.customer_id, row.user_id)));
    }
    Ok(found)
}

/// The runs that make a course up to `run`, it included: one for each as-of date, the oldest first.
pub fn course_of_runs(conn: &mut Conn, run: &Run) -> DbResult<Vec<(RunId, NaiveDate)>> {
    let mut sql = Statement::new(
        "SELECT MAX(u.id) AS id, u.as_of FROM runs u WHERE u.status = 'done' AND u.as_of < ",
    );
    sql.bind(Value::Date(run.as_of))
        .push(" AND u.horizon_weeks = ")
        .bind(Value::Int(run.horizon_weeks))
        .push(" GROUP BY u.as_of ORDER BY u.as_of DESC LIMIT ")
        .bind(Value::Int(i64::try_from(COURSE).unwrap_or(i64::MAX) - 1));
    let rows: Vec<CourseRun> = sql.load(conn)?;
    let mut course: Vec<_> = rows.iter().rev().map(|row| (row.id, row.as_of)).collect();
    course.push((run.id, run.as_of));
    Ok(course)
}

#[derive(QueryableByName)]
struct CourseRun {
    #[diesel(sql_type = BigInt)]
    id: RunId,
    #[diesel(sql_type = Date)]
    as_of: NaiveDate,
}

/// The churn probabilities of these customers in these runs.
pub fn courses(
    conn: &mut Conn,
    course: &[(RunId, NaiveDate)],
    ids: &[i64],
) -> DbResult<BTreeMap<(i64, RunId), f64>> {
    let runs: Vec<i64> = course.iter().map(|(run, _)| run.0).collect();
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(i64, RunId, f64)> = on!(conn, |c| customer_risks::table
            .filter(customer_risks::run_id.eq_any(&runs))
            .filter(customer_risks::customer_id.eq_any(chunk))
            .select((
                customer_risks::customer_id,
                customer_risks::run_id,
                customer_risks::churn_probability,
            ))
            .load(c))?;
        found.extend(rows.into_iter().map(|(id, run, p)| ((id, run), p)));
    }
    Ok(found)
}

/// A customer as alerts name it.
#[derive(Clone, Debug, Queryable)]
pub struct Known {
    pub name: String,
    pub team_id: Option<i64>,
    pub team: Option<String>,
}

/// Customers by id, deleted ones too.
pub fn known(conn: &mut Conn, ids: &[i64]) -> DbResult<BTreeMap<i64, Known>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(i64, Known)> = on!(conn, |c| customers::table
            .left_join(teams::table.on(teams::id.nullable().eq(customers::team_id)))
            .filter(customers::id.eq_any(chunk))
            .select((
                customers::id,
                (customers::name, customers::team_id, teams::name.nullable(),),
            ))
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

/// The team of every customer that stands.
pub fn teams_of_all(conn: &mut Conn) -> DbResult<BTreeMap<i64, Option<i64>>> {
    let rows: Vec<(i64, Option<i64>)> = on!(conn, |c| customers::table
        .filter(customers::deleted_at.is_null())
        .select((customers::id, customers::team_id))
        .load(c))?;
    Ok(rows.into_iter().collect())
}
