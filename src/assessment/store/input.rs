//! What a run reads: signs of life, deliveries, links, departments.

use std::collections::HashMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;

use super::super::inputs::{Collector, Delivery, DepartmentOf, Inputs, Sign};
use crate::customers::model::DepartmentKind;
use crate::db::schema::{departments, shipments};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::ids::{CustomerId, DepartmentId};
use crate::network::LinkMeasures;

/// The days of a run, all before its as-of date.
#[derive(Clone, Copy, Debug)]
pub struct Spans {
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// The as-of date as an instant: local midnight.
    pub as_of_at: UtcTime,
    /// The zone whose days count.
    pub zone: Tz,
    /// First day of the signs of life: the statistics' window and the slices that models learn from.
    pub signs_from: NaiveDate,
    /// First day of the statistics.
    pub history_from: NaiveDate,
    /// First day of business.
    pub business_from: NaiveDate,
    /// First instant of the KPI window.
    pub kpis_from: UtcTime,
}

/// Runs `$body` for every row of a query as it arrives, without holding them all.
macro_rules! each_row {
    ($conn:expr, $query:expr, |$row:ident: $type:ty| $body:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite(c) => {
                for $row in $query.load_iter::<$type, diesel::connection::DefaultLoadingMode>(c)? {
                    let $row = $row?;
                    $body
                }
            }
            #[cfg(feature = "postgres")]
            $crate::db::Conn::Postgres(c) => {
                for $row in $query.load_iter::<$type, diesel::pg::PgRowByRowLoadingMode>(c)? {
                    let $row = $row?;
                    $body
                }
            }
        }
    };
}
pub(crate) use each_row;

/// Reads everything that a run needs.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn read(conn: &mut Conn, spans: &Spans) -> DbResult<Inputs> {
    let mut collector = Collector::default();
    signs(conn, spans, &mut collector)?;
    deliveries(conn, spans, &mut collector)?;
    let links: Vec<LinkMeasures> =
        crate::network::store::links(conn, spans.business_from, spans.as_of)?;
    let departments = recorded_departments(conn)?;
    Ok(collector.finish(spans.as_of, links, departments))
}

#[derive(Queryable)]
struct SignRow {
    shipper: CustomerId,
    consignee: CustomerId,
    on: NaiveDate,
    revenue: Option<i64>,
    delivered_at: Option<UtcTime>,
    late: Option<bool>,
    claim_amount: Option<i64>,
}

fn signs(conn: &mut Conn, spans: &Spans, collector: &mut Collector) -> DbResult<()> {
    each_row!(
        conn,
        shipments::table
            .filter(shipments::activity_on.ge(spans.signs_from))
            .filter(shipments::activity_on.lt(spans.as_of))
            .filter(shipments::deleted_at.is_null())
            .filter(shipments::status.ne("cancelled"))
            .select((
                shipments::shipper_id,
                shipments::consignee_id,
                shipments::activity_on,
                shipments::revenue,
                shipments::delivered_at,
                shipments::late,
                shipments::claim_amount,
            )),
        |row: SignRow| collector.sign(row.known_at(spans))
    );
    Ok(())
}

impl SignRow {
    /// What was known of the shipment before the as-of date.
    fn known_at(self, spans: &Spans) -> Sign {
        let delivered = self.delivered_at.filter(|at| *at < spans.as_of_at);
        Sign {
            shipper: self.shipper,
            consignee: self.consignee,
            on: self.on,
            revenue: self.revenue,
            delivered_on: delivered.map(|at| at.0.with_timezone(&spans.zone).date_naive()),
            late: self.late,
            claimed: self.claim_amount.is_some_and(|amount| amount > 0),
        }
    }
}

#[derive(Queryable)]
struct DeliveryRow {
    shipper: CustomerId,
    consignee: CustomerId,
    late: Option<bool>,
    in_full: Option<bool>,
    damaged: Option<bool>,
    invoice_correct: Option<bool>,
    claim_amount: Option<i64>,
    booked_at: Option<UtcTime>,
    picked_up_at: Option<UtcTime>,
    delivered_at: Option<UtcTime>,
}

fn deliveries(conn: &mut Conn, spans: &Spans, collector: &mut Collector) -> DbResult<()> {
    each_row!(
        conn,
        shipments::table
            // The index is by shipping day; nothing is delivered years after it.
            .filter(shipments::activity_on.ge(spans.history_from))
            .filter(shipments::activity_on.lt(spans.as_of))
            .filter(shipments::delivered_at.ge(spans.kpis_from))
            .filter(shipments::delivered_at.lt(spans.as_of_at))
            .filter(shipments::deleted_at.is_null())
            .filter(shipments::status.ne("cancelled"))
            .select((
                shipments::shipper_id,
                shipments::consignee_id,
                shipments::late,
                shipments::in_full,
                shipments::damaged,
                shipments::invoice_correct,
                shipments::claim_amount,
                shipments::booked_at,
                shipments::picked_up_at,
                shipments::delivered_at,
            )),
        |row: DeliveryRow| collector.delivery(&row.into())
    );
    Ok(())
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        let begun = row.picked_up_at.or(row.booked_at);
        let lead_days = begun.zip(row.delivered_at).map(|(begun, delivered)| {
            (delivered.0 - begun.0).num_minutes().max(0) as f64 / (24.0 * 60.0)
        });
        Self {
            shipper: row.shipper,
            consignee: row.consignee,
            late: row.late,
            in_full: row.in_full,
            damaged: row.damaged,
            invoice_correct: row.invoice_correct,
            claimed: row.claim_amount.map(|amount| amount > 0),
            lead_days,
        }
    }
}

fn recorded_departments(conn: &mut Conn) -> DbResult<HashMap<CustomerId, Vec<DepartmentOf>>> {
    type Row = (DepartmentId, CustomerId, String, String, f64, bool);
    let rows: Vec<Row> = on!(conn, |c| departments::table
        .filter(departments::deleted_at.is_null())
        .order(departments::id)
        .select((
            departments::id,
            departments::customer_id,
            departments::kind,
            departments::name,
            departments::weight,
            departments::required,
        ))
        .load(c))?;
    let mut by_customer: HashMap<CustomerId, Vec<DepartmentOf>> = HashMap::new();
    for (id, customer, kind, name, weight, required) in rows {
        let kind = DepartmentKind::parse(&kind)
            .ok_or_else(|| DbError::corrupt("departments.kind", kind))?;
        by_customer.entry(customer).or_default().push(DepartmentOf {
            id: Some(id),
            kind,
            name,
            weight,
            required,
        });
    }
    Ok(by_customer)
}

/// The newest change among the shipments that a run may use.
pub fn newest(conn: &mut Conn, as_of: NaiveDate) -> DbResult<Option<UtcTime>> {
    Ok(on!(conn, |c| shipments::table
        .filter(shipments::activity_on.lt(as_of))
        .order((shipments::updated_at.desc(), shipments::id.desc()))
        .select(shipments::updated_at)
        .first(c)
        .optional())?)
}
