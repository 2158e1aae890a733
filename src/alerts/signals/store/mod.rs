//! What readers ask the database; each asks for all customers at once.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::schema::customers;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, on};
use crate::ids::{CustomerId, RunId};

pub mod fates;
pub mod records;
pub mod run;

/// Rows looked up by id in one statement.
const CHUNK: usize = 500;

#[derive(QueryableByName)]
struct One {
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "that there is a row is all that matters")]
    one: i64,
}

/// Whether there is a row of this table and condition, SQL text from the code.
///
/// # Errors
///
/// The database's, as everywhere here.
fn any(conn: &mut Conn, from: &str, condition: impl FnOnce(&mut Statement)) -> DbResult<bool> {
    let mut sql = Statement::new("SELECT CAST(1 AS BIGINT) AS one FROM ");
    sql.push(from).push(" WHERE ");
    condition(&mut sql);
    sql.push(" LIMIT 1");
    let rows: Vec<One> = sql.load(conn)?;
    Ok(!rows.is_empty())
}

/// Whether there is a row of this table that was not deleted.
pub fn any_alive(conn: &mut Conn, table: &'static str) -> DbResult<bool> {
    any(conn, table, |sql| {
        sql.push("deleted_at IS NULL");
    })
}

/// Whether customers ever said anything: an answer to a survey, or a talk.
pub fn any_voice(conn: &mut Conn) -> DbResult<bool> {
    Ok(any_alive(conn, "interactions")?
        || any(conn, "survey_answers", |sql| {
            sql.push("1 = 1");
        })?)
}

/// Whether a run knows a fact, an answer or words of any department.
pub fn any_department_known(conn: &mut Conn, run: RunId) -> DbResult<bool> {
    any(conn, "department_satisfactions d", |sql| {
        sql.push(
            "(d.kpi_score IS NOT NULL OR d.answers > 0 OR d.sentiment IS NOT NULL) AND d.run_id = ",
        )
        .bind(Value::Int(run.0));
    })
}

/// Whether any invoice was ever paid.
pub fn any_payment(conn: &mut Conn) -> DbResult<bool> {
    any(conn, "invoices", |sql| {
        sql.push("paid_on IS NOT NULL AND deleted_at IS NULL");
    })
}

/// Those of these customers that were not deleted.
pub fn alive(conn: &mut Conn, ids: &[CustomerId]) -> DbResult<BTreeSet<CustomerId>> {
    let mut alive = BTreeSet::new();
    for chunk in ids.chunks(CHUNK) {
        let found: Vec<CustomerId> = on!(conn, |c| customers::table
            .filter(customers::id.eq_any(chunk.iter().map(|id| id.0)))
            .filter(customers::deleted_at.is_null())
            .select(customers::id)
            .load(c))?;
        alive.extend(found);
    }
    Ok(alive)
}
