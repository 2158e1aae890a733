//! Departments and people in the database, as merging moves them.

use diesel::prelude::*;

use super::{records, repoint, repoint_time, repoint_version};
use crate::customers::model::SurveyConsent;
use crate::db::schema::{contacts, departments};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::CustomerId;
use crate::merging::Pair;

/// Tables whose rows name a department.
const IN_DEPARTMENT: [&str; 4] = ["contacts", "complaints", "promises", "interactions"];
/// Tables whose rows name a person, and have versions.
const BY_PERSON: [&str; 3] = ["complaints", "promises", "interactions"];

/// A department as far as merging needs it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = departments)]
pub struct DepartmentRow {
    pub id: i64,
    pub kind: String,
    pub name: String,
}

/// The departments of a customer that are not deleted, the oldest first.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn departments(conn: &mut Conn, customer: CustomerId) -> DbResult<Vec<DepartmentRow>> {
    Ok(on!(conn, |c| departments::table
        .filter(departments::customer_id.eq(customer.0))
        .filter(departments::deleted_at.is_null())
        .order(departments::id)
        .select(DepartmentRow::as_select())
        .load(c))?)
}

/// Gives everything of a department to another, and deletes it.
pub fn join_department(conn: &mut Conn, id: i64, into: i64, now: UtcTime) -> DbResult<()> {
    for table in IN_DEPARTMENT {
        repoint_version(conn, (table, "department_id"), (id, into), now)?;
    }
    repoint_time(
        conn,
        ("survey_invitations", "department_id"),
        (id, into),
        now,
    )?;
    on!(conn, |c| diesel::update(departments::table.find(id))
        .set((
            departments::deleted_at.eq(Some(now)),
            departments::updated_at.eq(now),
            departments::version.eq(departments::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Gives a department to a customer, under a name that is free there.
pub fn move_department(
    conn: &mut Conn,
    (id, into): (i64, CustomerId),
    name: &str,
    now: UtcTime,
) -> DbResult<()> {
    on!(conn, |c| diesel::update(departments::table.find(id))
        .set((
            departments::customer_id.eq(into.0),
            departments::name.eq(name),
            departments::updated_at.eq(now),
            departments::version.eq(departments::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Deleted departments go along: answers and complaints may name them.
pub fn move_deleted_departments(conn: &mut Conn, pair: Pair) -> DbResult<()> {
    let ends = (pair.from.0, pair.into.0);
    repoint(conn, ("departments", "customer_id"), ends)?;
    Ok(())
}

/// A person as far as merging needs it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = contacts)]
pub struct PersonRow {
    pub id: i64,
    pub department_id: Option<i64>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub language: Option<String>,
    pub buying_role: Option<String>,
    pub survey_consent: Option<String>,
    pub survey_consent_at: Option<UtcTime>,
}

/// The people of a customer who are not deleted, the oldest first.
pub fn people(conn: &mut Conn, customer: CustomerId) -> DbResult<Vec<PersonRow>> {
    Ok(on!(conn, |c| contacts::table
        .filter(contacts::customer_id.eq(customer.0))
        .filter(contacts::deleted_at.is_null())
        .order(contacts::id)
        .select(PersonRow::as_select())
        .load(c))?)
}

/// Gives everything of a person to another, who is the same one: what is not known of the one, the
/// other tells; a word against surveys holds, whoever said it.
pub fn join_person(
    conn: &mut Conn,
    theirs: &PersonRow,
    own: &PersonRow,
    now: UtcTime,
) -> DbResult<()> {
    for table in BY_PERSON {
        repoint_version(conn, (table, "contact_id"), (theirs.id, own.id), now)?;
    }
    repoint_time(conn, ("mails", "contact_id"), (theirs.id, own.id), now)?;
    records::repoint_invitations(conn, "contact_id", (theirs.id, own.id), now)?;
    let refused = Some(SurveyConsent::Refused.word());
    let their_word = own.survey_consent.is_none()
        || (theirs.survey_consent.as_deref() == refused
            && own.survey_consent.as_deref() != refused);
    let word = if their_word { theirs } else { own };
    let first = |own: &Option<String>, theirs: &Option<String>| own.clone().or(theirs.clone());
    on!(conn, |c| diesel::update(contacts::table.find(own.id))
        .set((
            contacts::department_id.eq(own.department_id.or(theirs.department_id)),
            contacts::phone.eq(first(&own.phone, &theirs.phone)),
            contacts::language.eq(first(&own.language, &theirs.language)),
            contacts::buying_role.eq(first(&own.buying_role, &theirs.buying_role)),
            contacts::survey_consent.eq(&word.survey_consent),
            contacts::survey_consent_at.eq(word.survey_consent_at),
            contacts::updated_at.eq(now),
            contacts::version.eq(contacts::version + 1),
        ))
        .execute(c))?;
    on!(conn, |c| diesel::update(contacts::table.find(theirs.id))
        .set((
            contacts::deleted_at.eq(Some(now)),
            contacts::survey_consent.eq(&word.survey_consent),
        ))
        .execute(c))?;
    Ok(())
}

/// Gives the people of a customer to another, deleted ones too.
pub fn move_people(conn: &mut Conn, pair: Pair, now: UtcTime) -> DbResult<()> {
    let ends = (pair.from.0, pair.into.0);
    repoint_version(conn, ("contacts", "customer_id"), ends, now)?;
    Ok(())
}
