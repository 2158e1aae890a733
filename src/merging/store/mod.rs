//! What merging reads and writes.

pub mod alerts;
pub mod people;
pub mod records;
pub mod shipments;

use super::Pair;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime};

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

fn count(conn: &mut Conn, sql: Statement) -> DbResult<i64> {
    let rows: Vec<Count> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| row.count).sum())
}

/// Lets a column that names `from` name `into`; how many rows did.
fn repoint(
    conn: &mut Conn,
    (table, column): (&str, &str),
    (from, into): (i64, i64),
) -> DbResult<usize> {
    let mut sql = Statement::new("UPDATE ");
    sql.push(table).push(" SET ").push(column).push(" = ");
    sql.bind(Value::Int(into)).push(" WHERE ").push(column);
    sql.push(" = ").bind(Value::Int(from));
    sql.execute(conn)
}

/// The same for tables whose rows know when they last changed.
fn repoint_time(
    conn: &mut Conn,
    (table, column): (&str, &str),
    (from, into): (i64, i64),
    now: UtcTime,
) -> DbResult<usize> {
    let mut sql = Statement::new("UPDATE ");
    sql.push(table).push(" SET ").push(column).push(" = ");
    sql.bind(Value::Int(into)).push(", updated_at = ");
    sql.bind(Value::Time(now))
        .push(" WHERE ")
        .push(column)
        .push(" = ");
    sql.bind(Value::Int(from));
    sql.execute(conn)
}

/// The same for tables whose rows have versions.
fn repoint_version(
    conn: &mut Conn,
    (table, column): (&str, &str),
    (from, into): (i64, i64),
    now: UtcTime,
) -> DbResult<usize> {
    let mut sql = Statement::new("UPDATE ");
    sql.push(table).push(" SET ").push(column).push(" = ");
    sql.bind(Value::Int(into))
        .push(", version = version + 1, updated_at = ")
        .bind(Value::Time(now));
    sql.push(" WHERE ").push(column).push(" = ");
    sql.bind(Value::Int(from));
    sql.execute(conn)
}

/// Deletes the customer that goes, and notes where it went; the one that stays has changed.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn finish(conn: &mut Conn, pair: Pair, now: UtcTime) -> DbResult<()> {
    let ends = (pair.from.0, pair.into.0);
    // Who was merged into the one before went on with it.
    repoint(conn, ("customers", "merged_into_id"), ends)?;
    let mut gone = Statement::new("UPDATE customers SET merged_into_id = ");
    gone.bind(Value::Int(pair.into.0))
        .push(", parent_id = NULL, version = version + 1, deleted_at = ")
        .bind(Value::Time(now))
        .push(", updated_at = ")
        .bind(Value::Time(now))
        .push(" WHERE id = ")
        .bind(Value::Int(pair.from.0));
    gone.execute(conn)?;
    let mut stays = Statement::new("UPDATE customers SET version = version + 1, updated_at = ");
    stays
        .bind(Value::Time(now))
        .push(" WHERE id = ")
        .bind(Value::Int(pair.into.0));
    stays.execute(conn)?;
    Ok(())
}
