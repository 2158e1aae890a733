//! Departments.

use diesel::prelude::*;
use serde::Serialize;

use super::parts::{Head, Part, collection};
use crate::customers::model::{DepartmentDraft, DepartmentInput, DepartmentKind};
use crate::db::schema::{contacts, departments};
use crate::db::select::{Collection, Kind, field};
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

/// Lists of departments.
const DEPARTMENTS: Collection = collection(
    "departments p JOIN customers c ON c.id = p.customer_id",
    &[
        field("id", "p.id", Kind::Int, true),
        field("customer_id", "p.customer_id", Kind::Int, true),
        field("kind", "p.kind", Kind::Words(DepartmentKind::WORDS), false),
        field("name", "p.name", Kind::Text, true),
        field("required", "p.required", Kind::Bool, false),
        field("updated_at", "p.updated_at", Kind::Time, true),
    ],
);

impl Part for Department {
    const WHAT: &'static str = "department";
    const LIST: &'static Collection = &DEPARTMENTS;

    fn head(&self) -> Head<'_> {
        Head {
            id: self.id.0,
            customer_id: self.customer_id,
            name: &self.name,
            version: self.version,
            updated_at: self.updated_at,
        }
    }
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
