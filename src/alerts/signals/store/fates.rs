//! Records that readers do not tell any more, and the satisfaction of customers that fell.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Double, Nullable, Text};

use super::CHUNK;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult};
use crate::ids::{CustomerId, RunId};

/// Whether a record was deleted.
#[derive(Clone, Debug, QueryableByName)]
pub struct Deleted {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Bool)]
    pub is_deleted: bool,
}

fn among(select: &str, ids: &[i64]) -> Statement {
    let mut sql = Statement::new(select);
    sql.push(" WHERE v.id IN (")
        .bind_list(ids.iter().copied().map(Value::Int))
        .push(")");
    sql
}

/// Whether these records of a table, a name from the code, were deleted; those that never were are
/// left out.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn deleted(conn: &mut Conn, table: &'static str, ids: &[i64]) -> DbResult<BTreeMap<i64, bool>> {
    let select = format!("SELECT v.id, (v.deleted_at IS NOT NULL) AS is_deleted FROM {table} v");
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<Deleted> = among(&select, chunk).load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.id, row.is_deleted)));
    }
    Ok(found)
}

/// How a promise stands.
#[derive(Clone, Debug, QueryableByName)]
pub struct PromiseFate {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Bool)]
    pub is_deleted: bool,
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = Date)]
    pub due_on: NaiveDate,
    #[diesel(sql_type = Bool)]
    pub is_measured: bool,
    /// Whether it would be told, had it been broken today.
    #[diesel(sql_type = Bool)]
    pub counts: bool,
}

pub fn promises(conn: &mut Conn, ids: &[i64]) -> DbResult<BTreeMap<i64, PromiseFate>> {
    const SELECT: &str = "SELECT v.id, (v.deleted_at IS NOT NULL) AS is_deleted, v.status, v.due_on, \
        (v.kpi IS NOT NULL) AS is_measured, (v.renewed_by IS NULL AND v.weight > 0) AS counts \
        FROM promises v";
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<PromiseFate> = among(SELECT, chunk).load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// How a contract stands.
#[derive(Clone, Debug, QueryableByName)]
pub struct ContractFate {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Bool)]
    pub is_deleted: bool,
    /// Whether somebody said what becomes of it, or another takes its place.
    #[diesel(sql_type = Bool)]
    pub is_settled: bool,
    #[diesel(sql_type = Date)]
    pub ends_on: NaiveDate,
    #[diesel(sql_type = Bool)]
    pub auto_renews: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub notice_days: Option<i64>,
}

pub fn contracts(conn: &mut Conn, ids: &[i64]) -> DbResult<BTreeMap<i64, ContractFate>> {
    const SELECT: &str = "SELECT v.id, (v.deleted_at IS NOT NULL) AS is_deleted, \
        (v.outcome IS NOT NULL OR (n.id IS NOT NULL AND n.deleted_at IS NULL)) AS is_settled, \
        v.ends_on, v.auto_renews, v.notice_days \
        FROM contracts v LEFT JOIN contracts n ON n.id = v.renewed_by";
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<ContractFate> = among(SELECT, chunk).load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// How satisfied a customer is.
#[derive(Clone, Debug, QueryableByName)]
pub struct ScoreRow {
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    #[diesel(sql_type = Double)]
    pub score: f64,
    #[diesel(sql_type = Text)]
    pub evidence: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub weakest: Option<String>,
}

/// How satisfied these customers are in a run; `weakest`: the kind of the department with the lowest
/// score.
pub fn scores(conn: &mut Conn, run: RunId, ids: &[i64]) -> DbResult<Vec<ScoreRow>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut sql = Statement::new(
            "SELECT s.customer_id, s.score, s.evidence, d.kind AS weakest \
             FROM account_satisfactions s JOIN customers c ON c.id = s.customer_id \
             LEFT JOIN department_satisfactions d ON d.run_id = s.run_id \
             AND d.customer_id = s.customer_id AND d.department = s.weakest \
             WHERE c.deleted_at IS NULL AND s.run_id = ",
        );
        sql.bind(Value::Int(run.0))
            .push(" AND s.customer_id IN (")
            .bind_list(chunk.iter().copied().map(Value::Int))
            .push(") ORDER BY s.customer_id");
        found.extend(sql.load::<ScoreRow>(conn)?);
    }
    Ok(found)
}
