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
    /// The other end of the link: as told, else that of the shipment.
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
    /// Whether something is claimed for the shipment.
    pub claimed: bool,
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
    #[diesel(sql_type = Nullable<BigInt>)]
    shipper_id: Option<CustomerId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    consignee_id: Option<CustomerId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    claimed: Option<i64>,
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

/// Complaints received in `[from, until)` as they were known at `until`, of one customer or of all, by
/// time of receipt; those that were withdrawn or deleted by then are left out.
///
/// # Errors
///
/// The database's.
pub fn service(
    conn: &mut Conn,
    customer: Option<CustomerId>,
    (from, until): (UtcTime, UtcTime),
) -> DbResult<Vec<ComplaintAt>> {
    let mut sql = Statement::new(
        "SELECT v.id, v.customer_id, v.partner_id, v.department_id, v.shipment_id, s.shipper_id, \
         s.consignee_id, s.claim_amount AS claimed, v.received_at, v.claim_amount, v.settled_on \
         FROM complaints v LEFT JOIN shipments s ON s.id = v.shipment_id WHERE v.received_at >= ",
    );
    received(&mut sql, customer, (from, until));
    sql.push(" AND (v.deleted_at IS NULL OR v.deleted_at >= ")
        .bind(Value::Time(until));
    sql.push(") ORDER BY v.received_at, v.id");
    let rows: Vec<Stored> = sql.load(conn)?;
    let mut happened = happened(conn, customer, (from, until))?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let events = happened.remove(&row.id).unwrap_or_default();
            let known = known_at(&events, until);
            (!known.withdrawn).then(|| ComplaintAt {
                customer: row.customer_id,
                partner: row.partner_id.or(row.other_end()),
                department: row.department_id,
                shipment: row.shipment_id,
                received_at: row.received_at,
                first_response_at: known.first_response_at,
                answered_at: known.answered_at,
                confirmed_at: known.confirmed_at,
                justified: known.justified,
                claimed: row.claimed.is_some_and(|amount| amount > 0),
                claim_amount: row.claim_amount.filter(|_| known.settled),
                settled_on: row.settled_on.filter(|_| known.settled),
            })
        })
        .collect())
}

impl Stored {
    fn other_end(&self) -> Option<CustomerId> {
        let (shipper, consignee) = self.shipper_id.zip(self.consignee_id)?;
        if self.customer_id == shipper {
            Some(consignee)
        } else {
            (self.customer_id == consignee).then_some(shipper)
        }
    }
}

/// Goes on behind `v.received_at >= `.
fn received(sql: &mut Statement, customer: Option<CustomerId>, (from, until): (UtcTime, UtcTime)) {
    sql.bind(Value::Time(from));
    sql.push(" AND v.received_at < ").bind(Value::Time(until));
    if let Some(customer) = customer {
        sql.push(" AND v.customer_id = ")
            .bind(Value::Int(customer.0));
    }
}

/// What happened before `until` to complaints received in `[from, until)`, in order.
fn happened(
    conn: &mut Conn,
    customer: Option<CustomerId>,
    (from, until): (UtcTime, UtcTime),
) -> DbResult<HashMap<i64, Vec<Happened>>> {
    let mut sql = Statement::new(
        "SELECT e.complaint_id, e.kind, e.at FROM complaint_events e \
         JOIN complaints v ON v.id = e.complaint_id WHERE v.received_at >= ",
    );
    received(&mut sql, customer, (from, until));
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
