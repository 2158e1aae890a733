//! Records that an interaction names, as far as they must fit it.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable};

use crate::access::Teams;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult};
use crate::engagement::model::RecordKey;
use crate::ids::{CustomerId, DepartmentId};

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// A contact's customer and department.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct ContactOf {
    /// Whose contact it is.
    #[diesel(sql_type = BigInt)]
    pub customer_id: CustomerId,
    /// The department it is in.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub department_id: Option<i64>,
}

/// The contact, unless it was deleted.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn contact(conn: &mut Conn, id: i64) -> DbResult<Option<ContactOf>> {
    let mut sql = Statement::new(
        "SELECT p.customer_id, p.department_id FROM contacts p \
         WHERE p.deleted_at IS NULL AND p.id = ",
    );
    sql.bind(Value::Int(id));
    Ok(sql.load(conn)?.pop())
}

/// Whether this is a department of the customer, not deleted.
pub fn is_department_of(conn: &mut Conn, id: i64, customer: CustomerId) -> DbResult<bool> {
    let mut sql =
        Statement::new("SELECT d.id FROM departments d WHERE d.deleted_at IS NULL AND d.id = ");
    sql.bind(Value::Int(id));
    sql.push(" AND d.customer_id = ")
        .bind(Value::Int(customer.0));
    Ok(!sql.load::<Id>(conn)?.is_empty())
}

/// The shipment that `key` names, if the customer is a party of it.
pub fn shipment(conn: &mut Conn, key: &RecordKey, customer: CustomerId) -> DbResult<Option<i64>> {
    let mut sql = Statement::new("SELECT s.id FROM shipments s WHERE s.deleted_at IS NULL AND ");
    if !keyed(&mut sql, key, ("s.id", "s.source", "s.external_id")) {
        return Ok(None);
    }
    sql.push(" AND (s.shipper_id = ")
        .bind(Value::Int(customer.0));
    sql.push(" OR s.consignee_id = ")
        .bind(Value::Int(customer.0));
    sql.push(" OR s.payer_id = ").bind(Value::Int(customer.0));
    sql.push(")");
    Ok(sql.load::<Id>(conn)?.pop().map(|row| row.id))
}

/// The customer's complaint that `key` names.
pub fn complaint(conn: &mut Conn, key: &RecordKey, customer: CustomerId) -> DbResult<Option<i64>> {
    let mut sql = Statement::new("SELECT k.id FROM complaints k WHERE k.deleted_at IS NULL AND ");
    if !keyed(&mut sql, key, ("k.id", "k.system", "k.external_id")) {
        return Ok(None);
    }
    sql.push(" AND k.customer_id = ")
        .bind(Value::Int(customer.0));
    Ok(sql.load::<Id>(conn)?.pop().map(|row| row.id))
}

/// Adds the condition that a record is the one named; `false` if nothing can be called so.
fn keyed(sql: &mut Statement, key: &RecordKey, columns: (&str, &str, &str)) -> bool {
    match (&key.id, &key.external_id) {
        (Some(id), _) => {
            sql.push(columns.0).push(" = ").bind(Value::Int(*id));
        }
        (None, Some(external)) => {
            // PostgreSQL takes no NUL in a text.
            if external.system.contains('\0') || external.id.contains('\0') {
                return false;
            }
            sql.push(columns.1)
                .push(" = ")
                .bind(Value::Text(external.system.clone()));
            sql.push(" AND ")
                .push(columns.2)
                .push(" = ")
                .bind(Value::Text(external.id.clone()));
        }
        (None, None) => return false,
    }
    true
}

#[derive(QueryableByName)]
struct KindRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = diesel::sql_types::Text)]
    kind: String,
}

/// What the departments of living customers that these teams may see do, by id.
pub fn department_kinds(conn: &mut Conn, teams: &Teams) -> DbResult<BTreeMap<i64, String>> {
    let mut sql = Statement::new(
        "SELECT d.id, d.kind FROM departments d JOIN customers c ON c.id = d.customer_id \
         WHERE d.deleted_at IS NULL AND c.deleted_at IS NULL",
    );
    teams.restrict(&mut sql, "c.team_id");
    let rows: Vec<KindRow> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| (row.id, row.kind)).collect())
}

#[derive(QueryableByName)]
struct HeirRow {
    #[diesel(sql_type = BigInt)]
    id: DepartmentId,
    #[diesel(sql_type = diesel::sql_types::Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    removed: bool,
}

/// For each removed department of a customer the first of its kind that is left: it speaks for what
/// the removed one said. None for those of whose kind none is left.
pub fn heirs(
    conn: &mut Conn,
    customer: CustomerId,
) -> DbResult<HashMap<DepartmentId, DepartmentId>> {
    let mut sql = Statement::new(
        "SELECT d.id, d.kind, (d.deleted_at IS NOT NULL) AS removed FROM departments d \
         WHERE d.customer_id = ",
    );
    sql.bind(Value::Int(customer.0)).push(" ORDER BY d.id");
    let rows: Vec<HeirRow> = sql.load(conn)?;
    let heir = |kind: &str| {
        let left = rows.iter().find(|row| !row.removed && row.kind == kind);
        left.map(|row| row.id)
    };
    let removed = rows.iter().filter(|row| row.removed);
    Ok(removed
        .filter_map(|row| Some((row.id, heir(&row.kind)?)))
        .collect())
}
