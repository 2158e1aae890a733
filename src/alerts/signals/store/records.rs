//! Records as readers look at them: complaints, promises, contracts, invoices, imports.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};

use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime};
use crate::ids::CustomerId;

/// A complaint that waits for us.
#[derive(Clone, Debug, QueryableByName)]
pub struct ComplaintRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Text)]
    pub subject: String,
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = Instant)]
    pub acknowledge_due_at: UtcTime,
    #[diesel(sql_type = Instant)]
    pub answer_due_at: UtcTime,
    #[diesel(sql_type = BigInt)]
    pub reopened: i64,
    #[diesel(sql_type = Nullable<Instant>)]
    pub reopened_at: Option<UtcTime>,
}

/// Complaints that are not answered.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn unanswered(conn: &mut Conn) -> DbResult<Vec<ComplaintRow>> {
    Statement::new(
        "SELECT v.id, v.customer_id, v.subject, v.status, v.acknowledge_due_at, v.answer_due_at, \
         v.reopened, v.reopened_at FROM complaints v JOIN customers c ON c.id = v.customer_id \
         WHERE v.deleted_at IS NULL AND c.deleted_at IS NULL \
         AND v.status IN ('received', 'acknowledged', 'reopened') ORDER BY v.id",
    )
    .load(conn)
}

/// A promise.
#[derive(Clone, Debug, QueryableByName)]
pub struct PromiseRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Text)]
    pub text: String,
    #[diesel(sql_type = Date)]
    pub due_on: NaiveDate,
    #[diesel(sql_type = Bool)]
    pub is_measured: bool,
    #[diesel(sql_type = Double)]
    pub weight: f64,
    #[diesel(sql_type = Nullable<Double>)]
    pub value: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    pub level: Option<f64>,
}

const PROMISES: &str = "SELECT v.id, v.customer_id, v.text, v.due_on, \
    (v.kpi IS NOT NULL) AS is_measured, v.weight, v.value, v.level \
    FROM promises v JOIN customers c ON c.id = v.customer_id \
    WHERE v.deleted_at IS NULL AND c.deleted_at IS NULL";

/// Open promises due up to a day.
pub fn due_promises(conn: &mut Conn, until: NaiveDate) -> DbResult<Vec<PromiseRow>> {
    let mut sql = Statement::new(PROMISES);
    sql.push(" AND v.status = 'open' AND v.due_on <= ")
        .bind(Value::Date(until))
        .push(" ORDER BY v.id");
    sql.load(conn)
}

/// Promises that count, were found broken from `since` on, and have no next one.
pub fn broken_promises(conn: &mut Conn, since: UtcTime) -> DbResult<Vec<PromiseRow>> {
    let mut sql = Statement::new(PROMISES);
    sql.push(
        " AND v.status = 'broken' AND v.renewed_by IS NULL AND v.weight > 0 AND v.decided_at >= ",
    )
    .bind(Value::Time(since))
    .push(" ORDER BY v.id");
    sql.load(conn)
}

/// A contract that ends.
#[derive(Clone, Debug, QueryableByName)]
pub struct ContractRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub partner_id: Option<i64>,
    #[diesel(sql_type = Date)]
    pub ends_on: NaiveDate,
    #[diesel(sql_type = Bool)]
    pub auto_renews: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub notice_days: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub value_per_year: Option<i64>,
}

/// Contracts that end from `today` to `until`, or renew themselves unless notice is given, of which
/// nobody has said what becomes of them and which no next one replaces.
pub fn ending_contracts(
    conn: &mut Conn,
    today: NaiveDate,
    until: NaiveDate,
) -> DbResult<Vec<ContractRow>> {
    let mut sql = Statement::new(
        "SELECT v.id, v.customer_id, v.partner_id, v.ends_on, v.auto_renews, v.notice_days, \
         v.value_per_year FROM contracts v JOIN customers c ON c.id = v.customer_id \
         LEFT JOIN contracts n ON n.id = v.renewed_by \
         WHERE v.deleted_at IS NULL AND c.deleted_at IS NULL AND v.outcome IS NULL \
         AND (v.renewed_by IS NULL OR n.deleted_at IS NOT NULL) AND v.ends_on >= ",
    );
    sql.bind(Value::Date(today))
        .push(" AND (v.ends_on <= ")
        .bind(Value::Date(until))
        .push(" OR (v.auto_renews AND v.notice_days IS NOT NULL)) ORDER BY v.id");
    sql.load(conn)
}

/// How late a customer pays: counts, sums and sums of squares of days.
#[derive(Clone, Debug, QueryableByName)]
pub struct PaymentRow {
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = BigInt)]
    pub recent: i64,
    #[diesel(sql_type = BigInt)]
    pub recent_sum: i64,
    #[diesel(sql_type = BigInt)]
    pub recent_squares: i64,
    #[diesel(sql_type = BigInt)]
    pub earlier: i64,
    #[diesel(sql_type = BigInt)]
    pub earlier_sum: i64,
    #[diesel(sql_type = BigInt)]
    pub earlier_squares: i64,
}

/// Days late of invoices due from `from` on and before `as_of`, those due from `recent_from` on apart;
/// of customers with `fewest` invoices in each span. What is not paid before `as_of` is late up to
/// then. Disputed invoices, those with nothing to pay and those due before they were issued are
/// left out.
pub fn payments(
    conn: &mut Conn,
    (from, recent_from, as_of): (NaiveDate, NaiveDate, NaiveDate),
    fewest: i64,
) -> DbResult<Vec<PaymentRow>> {
    // Days between two dates: a whole number on PostgreSQL, Julian days on SQLite.
    let (open, between, close) = if conn.is_postgres() {
        ("", " - ", "")
    } else {
        ("CAST(julianday(", ") - julianday(", ") AS INTEGER)")
    };
    let mut sql = Statement::new(
        "SELECT x.customer_id, \
         CAST(SUM(x.recent) AS BIGINT) AS recent, \
         CAST(SUM(x.recent * x.late) AS BIGINT) AS recent_sum, \
         CAST(SUM(x.recent * x.late * x.late) AS BIGINT) AS recent_squares, \
         CAST(SUM(1 - x.recent) AS BIGINT) AS earlier, \
         CAST(SUM((1 - x.recent) * x.late) AS BIGINT) AS earlier_sum, \
         CAST(SUM((1 - x.recent) * x.late * x.late) AS BIGINT) AS earlier_squares \
         FROM (SELECT v.customer_id, CASE WHEN v.due_on >= ",
    );
    sql.bind(Value::Date(recent_from))
        .push(" THEN 1 ELSE 0 END AS recent, ")
        .push(open)
        .push("CASE WHEN v.paid_on < ")
        .bind(Value::Date(as_of))
        .push(" THEN v.paid_on ELSE ")
        .bind(Value::Date(as_of))
        .push(" END")
        .push(between)
        .push("v.due_on")
        .push(close);
    sql.push(
        " AS late FROM invoices v JOIN customers c ON c.id = v.customer_id \
         WHERE v.deleted_at IS NULL AND c.deleted_at IS NULL AND NOT v.disputed \
         AND v.amount > 0 AND v.due_on >= v.issued_on AND v.due_on >= ",
    )
    .bind(Value::Date(from))
    .push(" AND v.due_on < ")
    .bind(Value::Date(as_of))
    .push(") x GROUP BY x.customer_id HAVING SUM(x.recent) >= ")
    .bind(Value::Int(fewest))
    .push(" AND SUM(1 - x.recent) >= ")
    .bind(Value::Int(fewest))
    .push(" ORDER BY x.customer_id");
    sql.load(conn)
}

#[derive(QueryableByName)]
struct ImportKind {
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(QueryableByName)]
struct ImportTime {
    #[diesel(sql_type = Instant)]
    finished_at: UtcTime,
}

/// What imports ever brought.
pub fn import_kinds(conn: &mut Conn) -> DbResult<Vec<String>> {
    let sql = Statement::new("SELECT DISTINCT i.kind FROM imports i ORDER BY i.kind");
    let rows: Vec<ImportKind> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| row.kind).collect())
}

/// When the last import of a kind ended that brought something and was not taken back; of those that
/// ended before `until`, if it is given.
pub fn last_import(
    conn: &mut Conn,
    kind: &str,
    until: Option<UtcTime>,
) -> DbResult<Option<UtcTime>> {
    let mut sql = Statement::new(
        "SELECT i.finished_at FROM imports i WHERE i.status = 'done' AND NOT i.dry_run \
         AND i.reverted_at IS NULL AND i.finished_at IS NOT NULL AND i.created + i.changed > 0 \
         AND i.kind = ",
    );
    sql.bind(Value::Text(kind.to_owned()));
    if let Some(until) = until {
        sql.push(" AND i.finished_at < ").bind(Value::Time(until));
    }
    sql.push(" ORDER BY i.finished_at DESC LIMIT 1");
    let rows: Vec<ImportTime> = sql.load(conn)?;
    Ok(rows.first().map(|row| row.finished_at))
}
