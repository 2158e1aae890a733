//! Departments.

use diesel::prelude::*;
use serde::Serialize;

use crate::access::Teams;
use crate::customers::model::{DepartmentDraft, DepartmentInput, DepartmentKind};
use crate::db::schema::{contacts, departments};
use crate::db::select::{self, Collection, Field, Kind, Listing, Statement, Value};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::ids::{CustomerId, DepartmentId};

/// A department of a customer.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = departments)]
pub struct Department {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: DepartmentId,
    /// The customer it belongs to.
    #[schema(value_type = i64)]
    pub customer_id: CustomerId,
    /// What it does.
    #[schema(value_type = DepartmentKind)]
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// Its share in the account's score, 0 or more, relative to the others.
    pub weight: f64,
    /// Whether the account needs it satisfied.
    pub required: bool,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

impl Department {
    /// What could be told to make it as it is; a name that follows from the kind is not told.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored kind is none.
    pub fn input(&self) -> DbResult<DepartmentInput> {
        let kind = DepartmentKind::parse(&self.kind)
            .ok_or_else(|| DbError::corrupt("departments.kind", &self.kind))?;
        Ok(DepartmentInput {
            kind,
            name: (self.name != kind.word()).then(|| self.name.clone()),
            weight: self.weight,
            required: self.required,
        })
    }
}

const fn field(name: &'static str, sql: &'static str, kind: Kind, sortable: bool) -> Field {
    Field {
        name,
        sql,
        kind,
        sortable,
    }
}

/// Lists of departments.
pub const DEPARTMENTS: Collection = Collection {
    columns: "d.*",
    from: "departments d JOIN customers c ON c.id = d.customer_id",
    id: "d.id",
    updated: Some("d.updated_at"),
    alive: Some("d.deleted_at IS NULL"),
    fields: &[
        field("id", "d.id", Kind::Int, true),
        field("customer_id", "d.customer_id", Kind::Int, true),
        field("kind", "d.kind", Kind::Words(DepartmentKind::WORDS), false),
        field("name", "d.name", Kind::Text, true),
        field("required", "d.required", Kind::Bool, false),
        field("updated_at", "d.updated_at", Kind::Time, true),
    ],
    default_sort: "id",
};

/// One page of departments, of one customer or of all that these teams may see.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn page(
    conn: &mut Conn,
    listing: &Listing,
    teams: &Teams,
    customer: Option<CustomerId>,
) -> DbResult<Vec<Department>> {
    select::page(conn, &DEPARTMENTS, listing, |sql| {
        teams.restrict(sql, "c.team_id");
        if let Some(customer) = customer {
            sql.push(" AND d.customer_id = ")
                .bind(Value::Int(customer.0));
        }
    })
}

/// The department with this id, unless it was deleted or these teams may not see it.
pub fn find(conn: &mut Conn, id: i64, teams: &Teams) -> DbResult<Option<Department>> {
    let mut sql = Statement::new(
        "SELECT d.* FROM departments d JOIN customers c ON c.id = d.customer_id \
         WHERE d.deleted_at IS NULL AND d.id = ",
    );
    sql.bind(Value::Int(id));
    teams.restrict(&mut sql, "c.team_id");
    Ok(sql.load(conn)?.pop())
}

/// Makes a department; a unique key is violated if the customer has one of this name.
pub fn insert(
    conn: &mut Conn,
    customer: CustomerId,
    draft: &DepartmentDraft,
    now: UtcTime,
) -> DbResult<Department> {
    Ok(on!(conn, |c| diesel::insert_into(departments::table)
        .values((
            departments::customer_id.eq(customer),
            departments::kind.eq(draft.kind.word()),
            departments::name.eq(&draft.name),
            departments::weight.eq(draft.weight),
            departments::required.eq(draft.required),
            departments::created_at.eq(now),
            departments::updated_at.eq(now),
        ))
        .returning(Department::as_returning())
        .get_result(c))?)
}

/// Changes a department; a unique key is violated if the customer has another of this name.
pub fn update(
    conn: &mut Conn,
    id: DepartmentId,
    draft: &DepartmentDraft,
    now: UtcTime,
) -> DbResult<Department> {
    Ok(on!(conn, |c| diesel::update(
        departments::table.find(id.0)
    )
    .set((
        departments::kind.eq(draft.kind.word()),
        departments::name.eq(&draft.name),
        departments::weight.eq(draft.weight),
        departments::required.eq(draft.required),
        departments::updated_at.eq(now),
        departments::version.eq(departments::version + 1),
    ))
    .returning(Department::as_returning())
    .get_result(c))?)
}

/// Marks a department as deleted; its contacts stay with the customer, in no department.
pub fn delete(conn: &mut Conn, id: DepartmentId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(contacts::table)
        .filter(contacts::department_id.eq(id))
        .filter(contacts::deleted_at.is_null())
        .set((
            contacts::department_id.eq(None::<i64>),
            contacts::updated_at.eq(now),
            contacts::version.eq(contacts::version + 1),
        ))
        .execute(c))?;
    on!(conn, |c| diesel::update(departments::table.find(id.0))
        .set((
            departments::deleted_at.eq(Some(now)),
            departments::updated_at.eq(now),
            departments::version.eq(departments::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
