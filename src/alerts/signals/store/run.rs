//! Snapshots of a run as readers look at them.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};

use crate::alerts::store::IS_GONE;
use crate::db::schema::link_months;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::ids::{CustomerId, RunId};

/// A customer's churn and what it is made of.
#[derive(Clone, Debug, QueryableByName)]
pub struct RiskRow {
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Double)]
    pub churn_probability: f64,
    #[diesel(sql_type = Text)]
    pub evidence: String,
    #[diesel(sql_type = Bool)]
    pub is_new: bool,
    #[diesel(sql_type = Text)]
    pub parts: String,
    #[diesel(sql_type = Bool)]
    pub is_gone: bool,
    #[diesel(sql_type = Bool)]
    pub is_deleted: bool,
}

/// The customers of a run with a churn probability of `floor` or more, deleted ones too.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn risks(conn: &mut Conn, run: RunId, floor: f64) -> DbResult<Vec<RiskRow>> {
    let mut sql = Statement::new(
        "SELECT r.customer_id, r.churn_probability, r.evidence, r.is_new, r.parts, ",
    );
    sql.push(IS_GONE).push(
        " AS is_gone, (c.deleted_at IS NOT NULL) AS is_deleted \
         FROM customer_risks r JOIN runs u ON u.id = r.run_id \
         JOIN customers c ON c.id = r.customer_id WHERE r.run_id = ",
    );
    sql.bind(Value::Int(run.0))
        .push(" AND r.churn_probability >= ")
        .bind(Value::Real(floor))
        .push(" ORDER BY r.customer_id");
    sql.load(conn)
}

/// How satisfied a department is.
#[derive(Clone, Debug, QueryableByName)]
pub struct DepartmentRow {
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub department_id: Option<i64>,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub department: String,
    #[diesel(sql_type = Double)]
    pub score: f64,
    #[diesel(sql_type = Double)]
    pub low: f64,
    #[diesel(sql_type = Double)]
    pub high: f64,
}

/// Departments that score `most` or less, and are surely below `target` or were heard: answers, or
/// words enough to read.
pub fn departments(
    conn: &mut Conn,
    run: RunId,
    target: f64,
    most: f64,
) -> DbResult<Vec<DepartmentRow>> {
    let mut sql = Statement::new(
        "SELECT d.customer_id, d.department_id, d.kind, d.department, d.score, d.low, d.high \
         FROM department_satisfactions d JOIN customers c ON c.id = d.customer_id \
         LEFT JOIN departments p ON p.id = d.department_id \
         WHERE c.deleted_at IS NULL AND p.deleted_at IS NULL AND d.run_id = ",
    );
    sql.bind(Value::Int(run.0))
        .push(" AND d.score <= ")
        .bind(Value::Real(most))
        .push(" AND (d.high < ")
        .bind(Value::Real(target))
        .push(
            " OR d.answers > 0 OR d.sentiment IS NOT NULL) \
             ORDER BY d.customer_id, d.department",
        );
    sql.load(conn)
}

/// How satisfied a customer is, and was in another run.
#[derive(Clone, Debug, QueryableByName)]
pub struct FallRow {
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Double)]
    pub score: f64,
    #[diesel(sql_type = Double)]
    pub low: f64,
    #[diesel(sql_type = Double)]
    pub high: f64,
    #[diesel(sql_type = Text)]
    pub evidence: String,
    #[diesel(sql_type = Double)]
    pub before: f64,
    #[diesel(sql_type = Double)]
    pub before_low: f64,
    #[diesel(sql_type = Double)]
    pub before_high: f64,
    #[diesel(sql_type = Bool)]
    pub heard: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub weakest: Option<String>,
}

/// Customers whose score fell by `least` or more since another run in which the same number of
/// departments counted; `heard`: somebody was in both.
pub fn falls(conn: &mut Conn, run: RunId, before: RunId, least: f64) -> DbResult<Vec<FallRow>> {
    let mut sql = Statement::new(
        "SELECT s.customer_id, s.score, s.low, s.high, s.evidence, \
         b.score AS before, b.low AS before_low, b.high AS before_high, \
         (s.departments_heard > 0 AND b.departments_heard > 0) AS heard, d.kind AS weakest \
         FROM account_satisfactions s JOIN customers c ON c.id = s.customer_id \
         JOIN account_satisfactions b ON b.customer_id = s.customer_id \
         AND b.departments_required = s.departments_required \
         LEFT JOIN department_satisfactions d ON d.run_id = s.run_id \
         AND d.customer_id = s.customer_id AND d.department = s.weakest \
         WHERE c.deleted_at IS NULL AND s.run_id = ",
    );
    sql.bind(Value::Int(run.0))
        .push(" AND b.run_id = ")
        .bind(Value::Int(before.0))
        .push(" AND b.score - s.score >= ")
        .bind(Value::Real(least))
        .push(" ORDER BY s.customer_id");
    sql.load(conn)
}

/// When a department was last heard.
#[derive(Clone, Debug, QueryableByName)]
pub struct CoverageRow {
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = BigInt)]
    pub department_id: i64,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Nullable<Date>)]
    pub last_heard_on: Option<NaiveDate>,
    /// When anybody of the customer first spoke, complained and answered; looked up for departments
    /// that were never heard.
    #[diesel(sql_type = Nullable<Instant>)]
    pub first_talk: Option<UtcTime>,
    #[diesel(sql_type = Nullable<Instant>)]
    pub first_complaint: Option<UtcTime>,
    #[diesel(sql_type = Nullable<Instant>)]
    pub first_answer: Option<UtcTime>,
}

/// Recorded departments that have to be heard and were not after `until`, of customers that are not
/// gone.
pub fn unheard(conn: &mut Conn, run: RunId, until: NaiveDate) -> DbResult<Vec<CoverageRow>> {
    let mut sql = Statement::new(
        "SELECT d.customer_id, p.id AS department_id, p.kind, p.name, d.last_heard_on, \
         CASE WHEN d.last_heard_on IS NULL THEN (SELECT MIN(i.at) FROM interactions i \
         WHERE i.customer_id = d.customer_id AND i.direction = 'inbound' AND i.deleted_at IS NULL) \
         END AS first_talk, \
         CASE WHEN d.last_heard_on IS NULL THEN (SELECT MIN(k.received_at) FROM complaints k \
         WHERE k.customer_id = d.customer_id AND k.deleted_at IS NULL) END AS first_complaint, \
         CASE WHEN d.last_heard_on IS NULL THEN (SELECT MIN(v.answered_at) FROM survey_invitations v \
         WHERE v.customer_id = d.customer_id) END AS first_answer \
         FROM department_satisfactions d \
         JOIN departments p ON p.id = d.department_id \
         JOIN customers c ON c.id = d.customer_id \
         JOIN customer_risks r ON r.run_id = d.run_id AND r.customer_id = d.customer_id \
         JOIN runs u ON u.id = r.run_id \
         WHERE c.deleted_at IS NULL AND p.deleted_at IS NULL AND p.required AND NOT ",
    );
    sql.push(IS_GONE)
        .push(" AND d.run_id = ")
        .bind(Value::Int(run.0))
        .push(" AND (d.last_heard_on <= ")
        .bind(Value::Date(until))
        // Where nobody was ever heard, nobody was asked.
        .push(
            " OR (d.last_heard_on IS NULL AND EXISTS (SELECT 1 FROM department_satisfactions o \
             WHERE o.run_id = d.run_id AND o.customer_id = d.customer_id \
             AND o.last_heard_on IS NOT NULL))) ORDER BY d.customer_id, p.id",
        );
    sql.load(conn)
}

/// A customer that is not gone, and how satisfied it is.
#[derive(Clone, Debug, QueryableByName)]
pub struct StandingRow {
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Nullable<Double>)]
    pub score: Option<f64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub light: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub evidence: Option<String>,
}

/// Customers that have shipped for `weeks` or longer and are not gone.
pub fn standing(conn: &mut Conn, run: RunId, weeks: f64) -> DbResult<Vec<StandingRow>> {
    let mut sql = Statement::new(
        "SELECT r.customer_id, s.score, s.light, s.evidence \
         FROM customer_risks r JOIN runs u ON u.id = r.run_id \
         JOIN customers c ON c.id = r.customer_id \
         LEFT JOIN account_satisfactions s \
         ON s.run_id = r.run_id AND s.customer_id = r.customer_id \
         WHERE c.deleted_at IS NULL AND NOT ",
    );
    sql.push(IS_GONE)
        .push(" AND r.run_id = ")
        .bind(Value::Int(run.0))
        .push(" AND r.age_weeks >= ")
        .bind(Value::Real(weeks))
        .push(" ORDER BY r.customer_id");
    sql.load(conn)
}

/// The day of the first shipment that counts.
pub fn first_shipment(conn: &mut Conn) -> DbResult<Option<NaiveDate>> {
    let month: Option<NaiveDate> = on!(conn, |c| link_months::table
        .select(diesel::dsl::min(link_months::month))
        .first(c))?;
    let Some(month) = month else {
        return Ok(None);
    };
    Ok(on!(conn, |c| link_months::table
        .filter(link_months::month.eq(month))
        .select(diesel::dsl::min(link_months::first_on))
        .first(c))?)
}
