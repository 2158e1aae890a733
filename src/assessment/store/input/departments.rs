//! Departments as a run reads them: those there are, and what the removed ones did.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::assessment::inputs::DepartmentOf;
use crate::customers::model::DepartmentKind;
use crate::db::schema::departments;
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::ids::{CustomerId, DepartmentId};

/// The columns of a [`Row`].
macro_rules! columns {
    () => {
        (
            departments::id,
            departments::customer_id,
            departments::kind,
            departments::name,
            departments::weight,
            departments::required,
            departments::deleted_at,
        )
    };
}

type Row = (
    DepartmentId,
    CustomerId,
    String,
    String,
    f64,
    bool,
    Option<UtcTime>,
);

/// The departments by customer, and the kinds of those that were removed.
type Recorded = (
    HashMap<CustomerId, Vec<DepartmentOf>>,
    HashMap<DepartmentId, DepartmentKind>,
);

/// The recorded departments.
pub fn recorded(conn: &mut Conn) -> DbResult<Recorded> {
    let rows: Vec<Row> = on!(conn, |c| departments::table
        .order(departments::id)
        .select(columns!())
        .load(c))?;
    sorted(rows)
}

/// The departments of one customer.
pub fn of_customer(conn: &mut Conn, customer: CustomerId) -> DbResult<Vec<DepartmentOf>> {
    let rows: Vec<Row> = on!(conn, |c| departments::table
        .filter(departments::customer_id.eq(customer.0))
        .order(departments::id)
        .select(columns!())
        .load(c))?;
    let (mut by_customer, _) = sorted(rows)?;
    Ok(by_customer.remove(&customer).unwrap_or_default())
}

fn sorted(rows: Vec<Row>) -> DbResult<Recorded> {
    let mut by_customer: HashMap<CustomerId, Vec<DepartmentOf>> = HashMap::new();
    let mut removed = HashMap::new();
    for (id, customer, kind, name, weight, required, deleted_at) in rows {
        let kind = DepartmentKind::parse(&kind)
            .ok_or_else(|| DbError::corrupt("departments.kind", kind))?;
        if deleted_at.is_some() {
            removed.insert(id, kind);
            continue;
        }
        by_customer.entry(customer).or_default().push(DepartmentOf {
            id: Some(id),
            kind,
            name,
            weight,
            required,
        });
    }
    Ok((by_customer, removed))
}
