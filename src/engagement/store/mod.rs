//! Contracts and invoices in the database, and what the tables of all kinds of records share.

pub mod contracts;
pub mod history;
pub mod invoices;
mod row;

pub use row::{Listed, Row, Stored};
pub(crate) use row::{collection, writes};

use std::collections::HashSet;

use diesel::prelude::*;

use crate::access::Teams;
use crate::db::schema::customers;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, on};

/// Ids in one statement at most; SQLite refuses statements with very many parameters.
const CHUNK: usize = 500;

/// Those of these customers that the teams may see.
///
/// # Errors
///
/// The database's.
pub fn visible(
    conn: &mut Conn,
    ids: impl Iterator<Item = i64>,
    teams: &Teams,
) -> DbResult<HashSet<i64>> {
    let ids: HashSet<i64> = ids.collect();
    if *teams == Teams::All {
        return Ok(ids);
    }
    let ids: Vec<i64> = ids.into_iter().collect();
    let mut visible = HashSet::new();
    for chunk in ids.chunks(CHUNK) {
        let found: Vec<(i64, Option<i64>)> = on!(conn, |c| customers::table
            .filter(customers::id.eq_any(chunk))
            .select((customers::id, customers::team_id))
            .load(c))?;
        let allowed = found.into_iter().filter(|(_, team)| teams.allow(*team));
        visible.extend(allowed.map(|(id, _)| id));
    }
    Ok(visible)
}

/// Keeps others from writing the row until the transaction ends. SQLite has one writer anyway.
pub(crate) fn lock(conn: &mut Conn, table: &str, id: i64) -> DbResult<()> {
    if conn.is_postgres() {
        let mut sql = Statement::new("SELECT id FROM ");
        sql.push(table).push(" WHERE id = ").bind(Value::Int(id));
        sql.push(" FOR NO KEY UPDATE");
        sql.execute(conn)?;
    }
    Ok(())
}
