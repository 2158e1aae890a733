//! Customers, departments and contacts in the database, and what other features ask of them.

pub mod contacts;
pub mod customers;
pub mod departments;
pub mod external_ids;
pub mod parts;

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::access::Teams;
use crate::api::reference::Reference;
use crate::db::schema::customers as customers_table;
use crate::db::select::{Statement, Value, escape_like};
use crate::db::{Conn, DbError, DbResult, on};
use crate::ids::CustomerId;

/// Ids in one statement at most; SQLite refuses statements with very many parameters.
const CHUNK: usize = 500;

/// As much of a customer as is needed to point to it.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct CustomerBrief {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: CustomerId,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The team that looks after it.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub team_id: Option<i64>,
    /// Whether it was deleted.
    #[diesel(sql_type = Bool)]
    pub deleted: bool,
}

/// The living customers whose normalised name begins so, by name; `most` of them at most.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn beginning_with(conn: &mut Conn, name: &str, most: i64) -> DbResult<Vec<CustomerBrief>> {
    if name.contains('\0') {
        return Ok(Vec::new());
    }
    let mut sql = Statement::new(
        "SELECT c.id, c.name, c.team_id, (c.deleted_at IS NOT NULL) AS deleted FROM customers c \
         WHERE c.deleted_at IS NULL AND c.search_name LIKE ",
    );
    sql.bind(Value::Text(format!("{}%", escape_like(name))));
    sql.push(" ESCAPE '\\' ORDER BY c.search_name, c.id LIMIT ")
        .bind(Value::Int(most));
    sql.load(conn)
}

/// The customer that `reference` names, deleted or not; `None` if there is none, or none that
/// these teams may see.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn resolve(
    conn: &mut Conn,
    reference: &Reference,
    teams: &Teams,
) -> DbResult<Option<CustomerBrief>> {
    let mut sql = Statement::new(
        "SELECT c.id, c.name, c.team_id, (c.deleted_at IS NOT NULL) AS deleted FROM customers c",
    );
    match reference {
        Reference::Id(id) => {
            sql.push(" WHERE c.id = ").bind(Value::Int(*id));
        }
        // PostgreSQL takes no NUL in a text, hence nothing is called so.
        Reference::External(external) if holds_nul(&external.system, &external.id) => {
            return Ok(None);
        }
        Reference::External(external) => {
            sql.push(" JOIN customer_external_ids x ON x.customer_id = c.id WHERE x.system = ")
                .bind(Value::Text(external.system.clone()))
                .push(" AND x.external_id = ")
                .bind(Value::Text(external.id.clone()));
        }
    }
    teams.restrict(&mut sql, "c.team_id");
    Ok(sql.load(conn)?.pop())
}

fn holds_nul(system: &str, id: &str) -> bool {
    system.contains('\0') || id.contains('\0')
}

/// The names of these customers, deleted ones too; an id that does not exist is left out.
///
/// # Errors
///
/// The database's.
pub fn names(conn: &mut Conn, ids: &[CustomerId]) -> DbResult<HashMap<CustomerId, String>> {
    let mut names = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let wanted = chunk.iter().map(|id| id.0);
        let found: Vec<(CustomerId, String)> = on!(conn, |c| customers_table::table
            .filter(customers_table::id.eq_any(wanted))
            .select((customers_table::id, customers_table::name))
            .load(c))?;
        names.extend(found);
    }
    Ok(names)
}

/// Runs `work` so that its failure undoes no more than what it did itself: PostgreSQL gives up a
/// whole transaction after an error, unless there is a savepoint to go back to.
///
/// # Errors
///
/// Those of `work`, or the database's.
pub fn attempt<T, E: From<DbError>>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    conn.batch("SAVEPOINT attempt")?;
    let outcome = work(conn);
    conn.batch(match outcome {
        Ok(_) => "RELEASE SAVEPOINT attempt",
        Err(_) => "ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt",
    })?;
    outcome
}

/// What two transactions must not do at the same time. SQLite has one writer anyway.
#[derive(Clone, Copy, Debug)]
pub enum Exclusive {
    /// Moving customers between groups: two moves, each sound by itself, could close a circle.
    Groups,
    /// Writing a batch: two batches would wait for each other's rows.
    Batch,
}

/// Waits until no other transaction does this, and keeps others from it until this one ends.
///
/// # Errors
///
/// The database's.
pub fn exclude(conn: &mut Conn, what: Exclusive) -> DbResult<()> {
    if conn.is_postgres() {
        conn.batch(match what {
            Exclusive::Groups => "SELECT pg_advisory_xact_lock(7301001)",
            Exclusive::Batch => "SELECT pg_advisory_xact_lock(7301002)",
        })?;
    }
    Ok(())
}

/// Waits until no other transaction writes this customer or what belongs to it, and keeps others
/// from it until this one ends: what is read behind it stays true.
///
/// # Errors
///
/// The database's.
pub fn lock(conn: &mut Conn, customer: CustomerId) -> DbResult<()> {
    if conn.is_postgres() {
        let mut sql = Statement::new("SELECT id FROM customers WHERE id = ");
        sql.bind(Value::Int(customer.0)).push(" FOR NO KEY UPDATE");
        sql.execute(conn)?;
    }
    Ok(())
}
