//! Counts behind the results of a survey and behind coverage.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};

use super::word;
use crate::access::Teams;
use crate::customers::model::DepartmentKind;
use crate::db::schema::customers as customers_table;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::{CustomerId, DepartmentId, SurveyId};
use crate::surveys::model::Side;

/// Who gives an answer: the kind of department, and the end of the link asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    /// What the department does; `None`: in no department.
    pub kind: Option<DepartmentKind>,
    /// Which end; `None`: its own experience.
    pub side: Option<Side>,
}

/// How many were asked, and answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turnout {
    /// Who.
    pub group: Group,
    /// Asked; of those whose invitation was revoked only who had answered.
    pub invited: u64,
    /// Answered.
    pub answered: u64,
}

/// How many gave the same answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// Who.
    pub group: Group,
    /// The question's code.
    pub question: String,
    /// On its scale; `None` for words.
    pub value: Option<f64>,
    /// Its score.
    pub score: Option<f64>,
    /// How many.
    pub count: u64,
    /// How many texts have a feeling.
    pub felt: u64,
    /// Sum of their polarities.
    pub polarity: f64,
}

#[derive(QueryableByName)]
struct TurnoutRaw {
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    side: Option<String>,
    #[diesel(sql_type = BigInt)]
    invited: i64,
    #[diesel(sql_type = BigInt)]
    answered: i64,
}

#[derive(QueryableByName)]
struct TallyRaw {
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    side: Option<String>,
    #[diesel(sql_type = Text)]
    question: String,
    #[diesel(sql_type = Nullable<Double>)]
    value: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    score: Option<f64>,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = BigInt)]
    felt: i64,
    #[diesel(sql_type = Double)]
    polarity: f64,
}

fn group(kind: Option<String>, side: Option<String>) -> DbResult<Group> {
    let kind = kind.map(|kind| word("departments.kind", DepartmentKind::parse, &kind));
    let side = side.map(|side| word("survey_invitations.side", Side::parse, &side));
    Ok(Group {
        kind: kind.transpose()?,
        side: side.transpose()?,
    })
}

/// Who of the customers that these teams may see was asked and answered.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn turnout(conn: &mut Conn, survey: SurveyId, teams: &Teams) -> DbResult<Vec<Turnout>> {
    let mut sql = Statement::new(
        "SELECT d.kind, i.side, COUNT(*) AS invited, COUNT(i.answered_at) AS answered \
         FROM survey_invitations i JOIN customers c ON c.id = i.customer_id \
         LEFT JOIN departments d ON d.id = i.department_id \
         WHERE (i.status <> 'revoked' OR i.answered_at IS NOT NULL) AND i.survey_id = ",
    );
    sql.bind(Value::Int(survey.0));
    teams.restrict(&mut sql, "c.team_id");
    sql.push(" GROUP BY d.kind, i.side");
    let rows: Vec<TurnoutRaw> = sql.load(conn)?;
    let read = |row: TurnoutRaw| {
        Ok(Turnout {
            group: group(row.kind, row.side)?,
            invited: row.invited.unsigned_abs(),
            answered: row.answered.unsigned_abs(),
        })
    };
    rows.into_iter().map(read).collect()
}

/// The answers of the customers that these teams may see, equal ones counted together.
pub fn tallies(conn: &mut Conn, survey: SurveyId, teams: &Teams) -> DbResult<Vec<Tally>> {
    let mut sql = Statement::new(
        "SELECT d.kind, i.side, a.question, a.value, a.score, COUNT(*) AS count, \
         COUNT(a.polarity) AS felt, COALESCE(SUM(a.polarity), 0.0) AS polarity \
         FROM survey_answers a JOIN survey_invitations i ON i.id = a.invitation_id \
         JOIN customers c ON c.id = i.customer_id \
         LEFT JOIN departments d ON d.id = i.department_id WHERE i.survey_id = ",
    );
    sql.bind(Value::Int(survey.0));
    teams.restrict(&mut sql, "c.team_id");
    sql.push(" GROUP BY d.kind, i.side, a.question, a.value, a.score");
    sql.push(" ORDER BY a.question, a.value, d.kind, i.side");
    let rows: Vec<TallyRaw> = sql.load(conn)?;
    let read = |row: TallyRaw| {
        Ok(Tally {
            group: group(row.kind, row.side)?,
            question: row.question,
            value: row.value,
            score: row.score,
            count: row.count.unsigned_abs(),
            felt: row.felt.unsigned_abs(),
            polarity: row.polarity,
        })
    };
    rows.into_iter().map(read).collect()
}

/// What a customer's shipments came to; a shipment counts for both of its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Business {
    /// Shipments.
    pub shipments: i64,
    /// Those with known margin.
    pub margin_known: i64,
    /// Minor units.
    pub margin: i64,
    /// Those with known revenue.
    pub revenue_known: i64,
    /// Minor units.
    pub revenue: i64,
}

#[derive(QueryableByName)]
struct BusinessRaw {
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = BigInt)]
    shipments: i64,
    #[diesel(sql_type = BigInt)]
    margin_known: i64,
    #[diesel(sql_type = BigInt)]
    margin: i64,
    #[diesel(sql_type = BigInt)]
    revenue_known: i64,
    #[diesel(sql_type = BigInt)]
    revenue: i64,
}

/// The business of the living customers that these teams may see, in these months.
pub fn business(
    conn: &mut Conn,
    (first, last): (NaiveDate, NaiveDate),
    teams: &Teams,
) -> DbResult<HashMap<CustomerId, Business>> {
    let mut found: HashMap<CustomerId, Business> = HashMap::new();
    for end in ["shipper_id", "consignee_id"] {
        let mut sql = Statement::new("SELECT l.");
        sql.push(end).push(
            " AS customer_id, CAST(SUM(l.shipments) AS BIGINT) AS shipments, \
             CAST(SUM(l.margin_known) AS BIGINT) AS margin_known, \
             CAST(SUM(l.margin) AS BIGINT) AS margin, \
             CAST(SUM(l.revenue_known) AS BIGINT) AS revenue_known, \
             CAST(SUM(l.revenue) AS BIGINT) AS revenue \
             FROM link_months l JOIN customers c ON c.id = l.",
        );
        sql.push(end)
            .push(" WHERE c.deleted_at IS NULL AND l.month >= ")
            .bind(Value::Date(first));
        sql.push(" AND l.month <= ").bind(Value::Date(last));
        teams.restrict(&mut sql, "c.team_id");
        sql.push(" GROUP BY l.").push(end);
        for row in sql.load::<BusinessRaw>(conn)? {
            let sum = found.entry(row.customer_id).or_default();
            sum.shipments += row.shipments;
            sum.margin_known += row.margin_known;
            sum.margin += row.margin;
            sum.revenue_known += row.revenue_known;
            sum.revenue += row.revenue;
        }
    }
    Ok(found)
}

#[derive(QueryableByName)]
struct Heard {
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Nullable<BigInt>)]
    department_id: Option<DepartmentId>,
}

/// The customers and departments that gave a scored answer from `from` until before `until`.
pub fn heard(
    conn: &mut Conn,
    from: UtcTime,
    until: UtcTime,
    teams: &Teams,
) -> DbResult<(HashSet<CustomerId>, HashSet<DepartmentId>)> {
    let mut sql = Statement::new(
        "SELECT DISTINCT i.customer_id, i.department_id FROM survey_invitations i \
         JOIN customers c ON c.id = i.customer_id JOIN survey_answers a ON a.invitation_id = i.id \
         WHERE a.score IS NOT NULL AND i.answered_at >= ",
    );
    sql.bind(Value::Time(from))
        .push(" AND a.answered_at >= ")
        .bind(Value::Time(from));
    sql.push(" AND a.answered_at < ").bind(Value::Time(until));
    teams.restrict(&mut sql, "c.team_id");
    let rows: Vec<Heard> = sql.load(conn)?;
    let departments = rows.iter().filter_map(|row| row.department_id).collect();
    Ok((
        rows.iter().map(|row| row.customer_id).collect(),
        departments,
    ))
}

/// A department that an account needs satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// Its id.
    pub id: DepartmentId,
    /// What it does.
    pub kind: DepartmentKind,
    /// What it is called.
    pub name: String,
    /// The customer.
    pub customer_id: CustomerId,
    /// What the customer is called.
    pub customer_name: String,
}

#[derive(QueryableByName)]
struct RequiredRaw {
    #[diesel(sql_type = BigInt)]
    id: DepartmentId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Text)]
    customer_name: String,
}

/// The living required departments of customers that these teams may see.
pub fn required(conn: &mut Conn, teams: &Teams) -> DbResult<Vec<Required>> {
    let mut sql = Statement::new(
        "SELECT d.id, d.kind, d.name, d.customer_id, c.name AS customer_name FROM departments d \
         JOIN customers c ON c.id = d.customer_id \
         WHERE d.required AND d.deleted_at IS NULL AND c.deleted_at IS NULL",
    );
    teams.restrict(&mut sql, "c.team_id");
    let rows: Vec<RequiredRaw> = sql.load(conn)?;
    let read = |row: RequiredRaw| {
        Ok(Required {
            id: row.id,
            kind: word("departments.kind", DepartmentKind::parse, &row.kind)?,
            name: row.name,
            customer_id: row.customer_id,
            customer_name: row.customer_name,
        })
    };
    rows.into_iter().map(read).collect()
}

#[derive(QueryableByName)]
#[diesel(table_name = customers_table)]
struct Living {
    id: CustomerId,
}

/// The living customers that these teams may see.
pub fn customers(conn: &mut Conn, teams: &Teams) -> DbResult<HashSet<CustomerId>> {
    let mut sql = Statement::new("SELECT c.id FROM customers c WHERE c.deleted_at IS NULL");
    teams.restrict(&mut sql, "c.team_id");
    let rows: Vec<Living> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
