//! Complaints as a run reads them: what was known of each before the as-of date.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable};

use super::Spans;
use crate::assessment::inputs::{Collector, Complaint};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime};
use crate::ids::{CustomerId, ShipmentId};
use crate::relationship::survival::Watched;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
    #[diesel(sql_type = Nullable<BigInt>)]
    partner_id: Option<CustomerId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    shipment_id: Option<ShipmentId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    shipper_id: Option<CustomerId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    consignee_id: Option<CustomerId>,
    #[diesel(sql_type = Instant)]
    received_at: UtcTime,
    #[diesel(sql_type = Nullable<Instant>)]
    acknowledged_at: Option<UtcTime>,
    #[diesel(sql_type = Nullable<Instant>)]
    first_answered_at: Option<UtcTime>,
    #[diesel(sql_type = Nullable<BigInt>)]
    claim_amount: Option<i64>,
    #[diesel(sql_type = Nullable<Date>)]
    settled_on: Option<NaiveDate>,
}

/// Which complaints are looked at, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Received from here on.
    pub received_from: UtcTime,
    /// The KPI window begins here.
    pub recent_from: UtcTime,
    /// What happened before counts.
    pub until: UtcTime,
    /// The same as a day.
    pub until_on: NaiveDate,
    /// The zone whose days count.
    pub zone: Tz,
}

/// Gives the collector the complaints; the shipments that they are about.
pub fn read(
    conn: &mut Conn,
    spans: &Spans,
    collector: &mut Collector,
) -> DbResult<HashSet<ShipmentId>> {
    let window = Window {
        received_from: spans.signs_from_at,
        recent_from: spans.kpis_from,
        until: spans.as_of_at,
        until_on: spans.as_of,
        zone: spans.zone,
    };
    let mut complained = HashSet::new();
    for complaint in between(conn, window, None)? {
        complained.extend(complaint.shipment);
        collector.complaint(complaint);
    }
    Ok(complained)
}

/// The complaints of a window, of one customer or of all; those withdrawn are left out.
pub fn between(
    conn: &mut Conn,
    window: Window,
    customer: Option<CustomerId>,
) -> DbResult<Vec<Complaint>> {
    let mut sql = Statement::new(
        "SELECT k.customer_id, k.partner_id, k.shipment_id, s.shipper_id, s.consignee_id, \
         k.received_at, k.acknowledged_at, k.first_answered_at, k.claim_amount, k.settled_on \
         FROM complaints k LEFT JOIN shipments s ON s.id = k.shipment_id \
         WHERE k.deleted_at IS NULL AND k.status <> 'withdrawn' AND k.received_at >= ",
    );
    sql.bind(Value::Time(window.received_from));
    sql.push(" AND k.received_at < ")
        .bind(Value::Time(window.until));
    if let Some(customer) = customer {
        sql.push(" AND k.customer_id = ")
            .bind(Value::Int(customer.0));
    }
    sql.push(" ORDER BY k.id");
    let rows: Vec<Row> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| row.known(&window)).collect())
}

impl Row {
    /// What was known of it then: a response or settlement that came later had not come.
    fn known(self, window: &Window) -> Complaint {
        let on = self.received_at.0.with_timezone(&window.zone).date_naive();
        let response = [self.acknowledged_at, self.first_answered_at]
            .into_iter()
            .flatten()
            .filter(|at| *at < window.until)
            .min();
        let settled = self.settled_on.filter(|day| *day < window.until_on);
        let ends = self.shipper_id.zip(self.consignee_id);
        let other_end = ends.and_then(|(shipper, consignee)| {
            if self.customer_id == shipper {
                Some(consignee)
            } else {
                (self.customer_id == consignee).then_some(shipper)
            }
        });
        Complaint {
            customer: self.customer_id,
            partner: self.partner_id.or(other_end),
            shipment: self.shipment_id,
            on,
            recent: self.received_at >= window.recent_from,
            response_hours: Watched {
                time: hours(self.received_at.0, response.unwrap_or(window.until).0),
                ended: response.is_some(),
            },
            settlement_days: self
                .claim_amount
                .filter(|amount| *amount > 0)
                .map(|_| Watched {
                    time: (settled.unwrap_or(window.until_on) - on).num_days().max(0) as f64,
                    ended: settled.is_some(),
                }),
        }
    }
}

fn hours(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).num_seconds().max(0) as f64 / 3_600.0
}
