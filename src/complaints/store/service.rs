//! Complaints as they were known at a time of the past.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text};

use crate::complaints::life::{EventKind, Happened, known_at};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime};
use crate::ids::{CustomerId, DepartmentId, ShipmentId};

/// A complaint as it was known at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplaintAt {
    /// Who complained.
    pub customer: CustomerId,
    /// The other end of the link.
    pub partner: Option<CustomerId>,
    /// The department that complained.
    pub department: Option<DepartmentId>,
    /// The shipment.
    pub shipment: Option<ShipmentId>,
    /// When it came.
    pub received_at: UtcTime,
    /// When the customer was first responded to.
    pub first_response_at: Option<UtcTime>,
    /// When the customer was last answered.
    pub answered_at: Option<UtcTime>,
    /// When the customer said that it is settled, unless it was reopened since.
    pub confirmed_at: Option<UtcTime>,
    /// The judgement, if there was one.
    pub justified: Option<bool>,
    /// What was paid, minor units, if the claim was settled.
    pub claim_amount: Option<i64>,
    /// When the claim was settled.
    pub settled_on: Option<NaiveDate>,
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Nullable<BigInt>)]
    partner_id: Option<CustomerId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    department_id: Option<DepartmentId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    shipment_id: Option<ShipmentId>,
    #[diesel(sql_type = Instant)]
    received_at: UtcTime,
    #[diesel(sql_type = Nullable<BigInt>)]
    claim_amount: Option<i64>,
    #[diesel(sql_type = Nullable<Date>)]
    settled_on: Option<NaiveDate>,
}

#[derive(QueryableByName)]
struct StoredEvent {
    #[diesel(sql_type = BigInt)]
    complaint_id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Instant)]
    at: UtcTime,
}

/// Complaints received in `[from, until)` as they were known at `until`, by time of receipt; those
/// that were withdrawn or deleted by then are left out.
///
/// # Errors
///
/// The database's.
pub fn service(conn: &mut Conn, from: UtcTime, until: UtcTime) -> DbResult<Vec<ComplaintAt>> {
    let mut sql = Statement::new(
        "SELECT id, customer_id, partner_id, department_id, shipment_id, received_at, claim_amount, \
         settled_on FROM complaints WHERE received_at >= ",
    );
    sql.bind(Value::Time(from));
    sql.push(" AND received_at < ").bind(Value::Time(until));
    sql.push(" AND (deleted_at IS NULL OR deleted_at >= ")
        .bind(Value::Time(until));
    sql.push(") ORDER BY received_at, id");
    let rows: Vec<Stored> = sql.load(conn)?;
    let mut happened = happened(conn, from, until)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let events = happened.remove(&row.id).unwrap_or_default();
            let known = known_at(&events, until);
            (!known.withdrawn).then(|| ComplaintAt {
                customer: row.customer_id,
                partner: row.partner_id,
                department: row.department_id,
                shipment: row.shipment_id,
                received_at: row.received_at,
                first_response_at: known.first_response_at,
                answered_at: known.answered_at,
                confirmed_at: known.confirmed_at,
                justified: known.justified,
                claim_amount: row.claim_amount.filter(|_| known.settled),
                settled_on: row.settled_on.filter(|_| known.settled),
            })
        })
        .collect())
}

/// What happened before `until` to complaints received in `[from, until)`, in order.
fn happened(
    conn: &mut Conn,
    from: UtcTime,
    until: UtcTime,
) -> DbResult<HashMap<i64, Vec<Happened>>> {
    let mut sql = Statement::new(
        "SELECT e.complaint_id, e.kind, e.at FROM complaint_events e \
         JOIN complaints v ON v.id = e.complaint_id WHERE v.received_at >= ",
    );
    sql.bind(Value::Time(from));
    sql.push(" AND v.received_at < ").bind(Value::Time(until));
    sql.push(" AND e.at < ").bind(Value::Time(until));
    sql.push(" ORDER BY e.complaint_id, e.at, e.id");
    let stored: Vec<StoredEvent> = sql.load(conn)?;
    let mut happened: HashMap<i64, Vec<Happened>> = HashMap::new();
    for event in stored {
        let kind = EventKind::parse(&event.kind)
            .ok_or_else(|| DbError::corrupt("complaint_events.kind", &event.kind))?;
        let list = happened.entry(event.complaint_id).or_default();
        list.push(Happened { kind, at: event.at });
    }
    Ok(happened)
}
