//! Contacts as surveys see them: who may be asked, and who answered.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};

use super::word;
use crate::access::Teams;
use crate::customers::model::{DepartmentKind, SurveyConsent};
use crate::db::schema::{contacts, survey_invitations};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime};
use crate::ids::{ContactId, CustomerId, DepartmentId, InvitationId, ShipmentId, SurveyId};
use crate::surveys::model::{InvitationStatus, Side};

/// Ids in one statement at most; SQLite refuses statements with very many parameters.
const CHUNK: usize = 500;

/// A contact.
#[derive(Clone, Debug)]
pub struct Person {
    /// Its id.
    pub id: ContactId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The department.
    pub department_id: Option<DepartmentId>,
    /// The name.
    pub name: String,
    /// The address.
    pub email: Option<String>,
    /// The language, BCP 47.
    pub language: Option<String>,
    /// What was said about being asked.
    pub consent: Option<SurveyConsent>,
    /// Whether contact or customer was deleted.
    pub deleted: bool,
    /// What the department does.
    pub kind: Option<DepartmentKind>,
    /// When the person was last asked anything.
    pub asked_at: Option<UtcTime>,
}

#[derive(QueryableByName)]
#[diesel(table_name = contacts)]
struct Raw {
    id: ContactId,
    customer_id: CustomerId,
    department_id: Option<i64>,
    name: String,
    email: Option<String>,
    language: Option<String>,
    survey_consent: Option<String>,
    #[diesel(sql_type = Bool)]
    deleted: bool,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<Instant>)]
    asked_at: Option<UtcTime>,
}

impl Raw {
    fn typed(self) -> DbResult<Person> {
        let (said, kind) = (self.survey_consent, self.kind);
        let said = said.map(|one| word("contacts.survey_consent", SurveyConsent::parse, &one));
        let kind = kind.map(|one| word("departments.kind", DepartmentKind::parse, &one));
        Ok(Person {
            id: self.id,
            customer_id: self.customer_id,
            department_id: self.department_id.map(DepartmentId),
            name: self.name,
            email: self.email,
            language: self.language,
            consent: said.transpose()?,
            deleted: self.deleted,
            kind: kind.transpose()?,
            asked_at: self.asked_at,
        })
    }
}

/// A revoked invitation that nobody was told of asked nobody.
const PEOPLE: &str = "SELECT p.id, p.customer_id, p.department_id, p.name, p.email, p.language, \
     p.survey_consent, (p.deleted_at IS NOT NULL OR c.deleted_at IS NOT NULL) AS deleted, d.kind, \
     (SELECT MAX(i.invited_at) FROM survey_invitations i WHERE i.contact_id = p.id \
      AND (i.status <> 'revoked' OR i.mails > 0 OR i.answered_at IS NOT NULL)) AS asked_at \
     FROM contacts p JOIN customers c ON c.id = p.customer_id \
     LEFT JOIN departments d ON d.id = p.department_id WHERE 1 = 1";

/// How contacts are chosen; all conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Of these departments.
    pub departments: Option<Vec<i64>>,
    /// Of departments of these kinds.
    pub kinds: Option<Vec<DepartmentKind>>,
    /// Of these customers.
    pub customers: Option<Vec<CustomerId>>,
    /// Of customers with traffic as this end, of which the other end is this partner if one is
    /// given.
    pub traffic: Option<(Side, Option<CustomerId>)>,
}

/// The living contacts that are chosen and these teams may see, by id; `most` at most.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn chosen(
    conn: &mut Conn,
    choice: &Choice,
    teams: &Teams,
    most: usize,
) -> DbResult<Vec<Person>> {
    let mut sql = Statement::new(PEOPLE);
    sql.push(" AND p.deleted_at IS NULL AND c.deleted_at IS NULL");
    teams.restrict(&mut sql, "c.team_id");
    one_of(
        &mut sql,
        "p.department_id",
        choice
            .departments
            .iter()
            .flatten()
            .map(|id| Value::Int(*id)),
        choice.departments.is_some(),
    );
    one_of(
        &mut sql,
        "p.customer_id",
        choice.customers.iter().flatten().map(|id| Value::Int(id.0)),
        choice.customers.is_some(),
    );
    let kinds = choice
        .kinds
        .iter()
        .flatten()
        .map(|kind| Value::Text(kind.word().to_owned()));
    one_of(&mut sql, "d.kind", kinds, choice.kinds.is_some());
    if let Some((side, partner)) = choice.traffic {
        let (own, other) = ends(side);
        sql.push(" AND EXISTS (SELECT 1 FROM link_months l WHERE l.shipments > 0 AND l.");
        sql.push(own).push(" = p.customer_id");
        if let Some(partner) = partner {
            sql.push(" AND l.")
                .push(other)
                .push(" = ")
                .bind(Value::Int(partner.0));
        }
        sql.push(")");
    }
    sql.push(" ORDER BY p.id LIMIT ")
        .bind(Value::Int(i64::try_from(most).unwrap_or(i64::MAX)));
    let rows: Vec<Raw> = sql.load(conn)?;
    rows.into_iter().map(Raw::typed).collect()
}

fn one_of(sql: &mut Statement, column: &str, values: impl Iterator<Item = Value>, given: bool) {
    if given {
        // A list that begins with NULL is valid SQL even if nothing follows, and NULL equals none.
        sql.push(" AND ").push(column).push(" IN (NULL");
        for value in values {
            sql.push(", ").bind(value);
        }
        sql.push(")");
    }
}

/// The columns of `link_months` for the customer and for the other end.
fn ends(side: Side) -> (&'static str, &'static str) {
    match side {
        Side::Shipper => ("shipper_id", "consignee_id"),
        Side::Consignee => ("consignee_id", "shipper_id"),
    }
}

/// Those of these contacts that the teams may see, deleted ones too.
pub fn people(conn: &mut Conn, ids: &[i64], teams: &Teams) -> DbResult<HashMap<i64, Person>> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let mut sql = Statement::new(PEOPLE);
        sql.push(" AND p.id IN (");
        sql.bind_list(chunk.iter().map(|id| Value::Int(*id)))
            .push(")");
        teams.restrict(&mut sql, "c.team_id");
        let rows: Vec<Raw> = sql.load(conn)?;
        for row in rows {
            let person = row.typed()?;
            found.insert(person.id.0, person);
        }
    }
    Ok(found)
}

/// The living contacts of a customer with this address, whatever its capitals.
pub fn by_email(conn: &mut Conn, customer: CustomerId, email: &str) -> DbResult<Vec<Person>> {
    let mut sql = Statement::new(PEOPLE);
    sql.push(" AND p.deleted_at IS NULL AND p.customer_id = ")
        .bind(Value::Int(customer.0));
    sql.push(" AND LOWER(p.email) = ")
        .bind(Value::Text(email.to_ascii_lowercase()));
    sql.push(" ORDER BY p.id");
    let rows: Vec<Raw> = sql.load(conn)?;
    rows.into_iter().map(Raw::typed).collect()
}

#[derive(QueryableByName)]
#[diesel(table_name = contacts)]
struct Linked {
    customer_id: CustomerId,
}

/// Those of these customers that are this end of a link with the partner.
pub fn linked(
    conn: &mut Conn,
    customers: &HashSet<CustomerId, impl BuildHasher>,
    side: Side,
    partner: CustomerId,
) -> DbResult<HashSet<CustomerId>> {
    let (own, other) = ends(side);
    let mut sql = Statement::new("SELECT DISTINCT l.");
    sql.push(own)
        .push(" AS customer_id FROM link_months l WHERE l.shipments > 0 AND l.");
    sql.push(other).push(" = ").bind(Value::Int(partner.0));
    let rows: Vec<Linked> = sql.load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| row.customer_id)
        .filter(|id| customers.contains(id))
        .collect())
}

/// What makes an invitation of a survey unique: who is asked about what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Who.
    pub contact: ContactId,
    /// About which shipment.
    pub shipment: Option<ShipmentId>,
    /// The other end.
    pub partner: Option<CustomerId>,
    /// Which end the customer is.
    pub side: Option<Side>,
}

#[derive(QueryableByName)]
#[diesel(table_name = survey_invitations)]
struct Standing {
    id: InvitationId,
    contact_id: ContactId,
    shipment_id: Option<ShipmentId>,
    partner_id: Option<CustomerId>,
    side: Option<String>,
    status: String,
}

/// The invitations of a survey, of one contact or of all.
pub fn asked(
    conn: &mut Conn,
    survey: SurveyId,
    contact: Option<ContactId>,
) -> DbResult<HashMap<Asked, (InvitationId, InvitationStatus)>> {
    let mut sql = Statement::new(
        "SELECT id, contact_id, shipment_id, partner_id, side, status FROM survey_invitations \
         WHERE survey_id = ",
    );
    sql.bind(Value::Int(survey.0));
    if let Some(contact) = contact {
        sql.push(" AND contact_id = ").bind(Value::Int(contact.0));
    }
    let rows: Vec<Standing> = sql.load(conn)?;
    let read = |row: Standing| {
        let side = row
            .side
            .map(|side| word("survey_invitations.side", Side::parse, &side));
        let asked = Asked {
            contact: row.contact_id,
            shipment: row.shipment_id,
            partner: row.partner_id,
            side: side.transpose()?,
        };
        let status = word(
            "survey_invitations.status",
            InvitationStatus::parse,
            &row.status,
        )?;
        Ok((asked, (row.id, status)))
    };
    rows.into_iter().map(read).collect()
}
