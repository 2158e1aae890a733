//! What is open at a customer.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Double, Nullable, Text};
use serde::Serialize;

use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime};
use crate::ids::CustomerId;

/// Rows of each kind at most.
const MOST: i64 = 200;

/// A complaint that the customer has not closed.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct OpenComplaint {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// What it is about.
    #[diesel(sql_type = Text)]
    pub subject: String,
    /// How severe.
    #[diesel(sql_type = Text)]
    pub severity: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// When it came.
    #[diesel(sql_type = Instant)]
    pub received_at: UtcTime,
    /// By when it must be answered.
    #[diesel(sql_type = Instant)]
    pub answer_due_at: UtcTime,
}

/// A promise that is neither kept nor broken.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct OpenPromise {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// What was promised.
    #[diesel(sql_type = Text)]
    pub text: String,
    /// When it is due.
    #[diesel(sql_type = Date)]
    pub due_on: NaiveDate,
    /// Who made it.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub made_by: Option<i64>,
}

/// A contract that ends within a year.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct EndingContract {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Its key in another system.
    #[diesel(sql_type = Text)]
    pub external_id: String,
    /// Its last day.
    #[diesel(sql_type = Date)]
    pub ends_on: NaiveDate,
    /// Days of notice.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub notice_days: Option<i64>,
    /// Minor units.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub value_per_year: Option<i64>,
}

/// An interaction of late.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct LastInteraction {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// When it was.
    #[diesel(sql_type = Instant)]
    pub at: UtcTime,
    /// How.
    #[diesel(sql_type = Text)]
    pub channel: String,
    /// Whose words.
    #[diesel(sql_type = Text)]
    pub direction: String,
    /// With whom.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub contact_id: Option<i64>,
    /// Who of ours.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub user_id: Option<i64>,
    /// The subject.
    #[diesel(sql_type = Nullable<Text>)]
    pub subject: Option<String>,
    /// The feeling.
    #[diesel(sql_type = Nullable<Double>)]
    pub polarity: Option<f64>,
}

/// Somebody who was asked and has not answered.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct Unanswered {
    /// The invitation's id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The survey.
    #[diesel(sql_type = BigInt)]
    pub survey_id: i64,
    /// What it is called.
    #[diesel(sql_type = Text)]
    pub survey: String,
    /// Who was asked.
    #[diesel(sql_type = BigInt)]
    pub contact_id: i64,
    /// When.
    #[diesel(sql_type = Instant)]
    pub invited_at: UtcTime,
    /// Until when the answer may come.
    #[diesel(sql_type = Instant)]
    pub closes_at: UtcTime,
}

/// An alert that is not resolved.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct OpenAlert {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// What opened it.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// How urgent.
    #[diesel(sql_type = Text)]
    pub severity: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// What the alert's rule measures, in the rule's unit.
    #[diesel(sql_type = Double)]
    pub measure: f64,
    /// Since when.
    #[diesel(sql_type = Instant)]
    pub opened_at: UtcTime,
}

/// A contact's name and part.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct Person {
    /// The contact.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// What the person is called.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The department.
    #[diesel(sql_type = Nullable<Text>)]
    pub department: Option<String>,
    /// The part in decisions.
    #[diesel(sql_type = Nullable<Text>)]
    pub buying_role: Option<String>,
}

fn of(head: &str, customer: CustomerId, tail: &str) -> Statement {
    let mut sql = Statement::new(head);
    sql.bind(Value::Int(customer.0)).push(tail);
    sql
}

/// Complaints that the customer has not closed, the most urgent first.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn complaints(conn: &mut Conn, customer: CustomerId) -> DbResult<Vec<OpenComplaint>> {
    let mut sql = of(
        "SELECT k.id, k.subject, k.severity, k.status, k.received_at, k.answer_due_at \
         FROM complaints k WHERE k.deleted_at IS NULL \
         AND k.status NOT IN ('confirmed', 'withdrawn') AND k.customer_id = ",
        customer,
        " ORDER BY k.answer_due_at, k.id LIMIT ",
    );
    sql.bind(Value::Int(MOST));
    sql.load(conn)
}

/// Promises that are neither kept nor broken, the next due first.
pub fn promises(conn: &mut Conn, customer: CustomerId) -> DbResult<Vec<OpenPromise>> {
    let mut sql = of(
        "SELECT p.id, p.text, p.due_on, p.made_by FROM promises p \
         WHERE p.deleted_at IS NULL AND p.status = 'open' AND p.customer_id = ",
        customer,
        " ORDER BY p.due_on, p.id LIMIT ",
    );
    sql.bind(Value::Int(MOST));
    sql.load(conn)
}

/// Contracts that end from a day on and before another, and what follows is not known.
pub fn contracts(
    conn: &mut Conn,
    customer: CustomerId,
    from: NaiveDate,
    to: NaiveDate,
) -> DbResult<Vec<EndingContract>> {
    let mut sql = of(
        "SELECT k.id, k.external_id, k.ends_on, k.notice_days, k.value_per_year \
         FROM contracts k WHERE k.deleted_at IS NULL AND k.outcome IS NULL \
         AND k.renewed_by IS NULL AND k.customer_id = ",
        customer,
        " AND k.ends_on >= ",
    );
    sql.bind(Value::Date(from));
    sql.push(" AND k.ends_on < ").bind(Value::Date(to));
    sql.push(" ORDER BY k.ends_on, k.id LIMIT ")
        .bind(Value::Int(MOST));
    sql.load(conn)
}

/// The last interactions before a moment, the newest first.
pub fn interactions(
    conn: &mut Conn,
    customer: CustomerId,
    until: UtcTime,
    most: i64,
) -> DbResult<Vec<LastInteraction>> {
    let mut sql = of(
        "SELECT i.id, i.at, i.channel, i.direction, i.contact_id, i.user_id, i.subject, i.polarity \
         FROM interactions i WHERE i.deleted_at IS NULL AND i.customer_id = ",
        customer,
        " AND i.at < ",
    );
    sql.bind(Value::Time(until));
    sql.push(" ORDER BY i.at DESC, i.id DESC LIMIT ")
        .bind(Value::Int(most));
    sql.load(conn)
}

/// Who was asked in an open survey and has not answered.
pub fn unanswered(conn: &mut Conn, customer: CustomerId) -> DbResult<Vec<Unanswered>> {
    let mut sql = of(
        "SELECT v.id, v.survey_id, s.name AS survey, v.contact_id, v.invited_at, s.closes_at \
         FROM survey_invitations v JOIN surveys s ON s.id = v.survey_id \
         WHERE v.status = 'invited' AND s.status = 'open' AND s.deleted_at IS NULL \
         AND v.customer_id = ",
        customer,
        " ORDER BY v.invited_at, v.id LIMIT ",
    );
    sql.bind(Value::Int(MOST));
    sql.load(conn)
}

/// Alerts that are not resolved, the newest first.
pub fn alerts(conn: &mut Conn, customer: CustomerId) -> DbResult<Vec<OpenAlert>> {
    let mut sql = of(
        "SELECT a.id, a.reason, a.severity, a.state, a.measure, a.opened_at \
         FROM alerts a WHERE a.state <> 'resolved' AND a.customer_id = ",
        customer,
        " ORDER BY a.opened_at DESC, a.id DESC LIMIT ",
    );
    sql.bind(Value::Int(MOST));
    sql.load(conn)
}

/// The customer's living contacts, with the names of their departments.
pub fn people(conn: &mut Conn, customer: CustomerId) -> DbResult<Vec<Person>> {
    of(
        "SELECT p.id, p.name, d.name AS department, p.buying_role FROM contacts p \
         LEFT JOIN departments d ON d.id = p.department_id \
         WHERE p.deleted_at IS NULL AND p.customer_id = ",
        customer,
        " ORDER BY p.id",
    )
    .load(conn)
}
