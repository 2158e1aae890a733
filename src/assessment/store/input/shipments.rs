//! Shipments as a run reads them: signs of life, deliveries, freight against goods.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::Spans;
use crate::assessment::inputs::{Collector, Count, Delivery, Portfolio, Sign};
use crate::db::schema::shipments;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, each_row, on};
use crate::ids::{CustomerId, ShipmentId};
use crate::satisfaction::kpi::MIN_OBSERVATIONS;

/// Shipping days this long before a delivery are looked at; nothing is delivered years after.
pub const LONGEST_TRANSIT_DAYS: u64 = 728;

#[derive(Queryable)]
struct SignRow {
    id: ShipmentId,
    shipper: CustomerId,
    consignee: CustomerId,
    on: NaiveDate,
    revenue: Option<i64>,
    delivered_at: Option<UtcTime>,
    late: Option<bool>,
    claim_amount: Option<i64>,
}

/// The signs of life; a claim for a shipment in `complained` is told by its complaint.
pub fn signs(
    conn: &mut Conn,
    spans: &Spans,
    complained: &HashSet<ShipmentId>,
    collector: &mut Collector,
) -> DbResult<()> {
    each_row!(
        conn,
        shipments::table
            .filter(shipments::activity_on.ge(spans.signs_from))
            .filter(shipments::activity_on.lt(spans.as_of))
            .filter(shipments::deleted_at.is_null())
            .filter(shipments::status.ne("cancelled"))
            .select((
                shipments::id,
                shipments::shipper_id,
                shipments::consignee_id,
                shipments::activity_on,
                shipments::revenue,
                shipments::delivered_at,
                shipments::late,
                shipments::claim_amount,
            )),
        |row: SignRow| collector.sign(row.known_at(spans, complained))
    );
    Ok(())
}

impl SignRow {
    /// What was known of the shipment before the as-of date.
    fn known_at(self, spans: &Spans, complained: &HashSet<ShipmentId>) -> Sign {
        let delivered = self.delivered_at.filter(|at| *at < spans.as_of_at);
        Sign {
            shipper: self.shipper,
            consignee: self.consignee,
            on: self.on,
            revenue: self.revenue,
            delivered_on: delivered.map(|at| spans.day(at)),
            late: self.late,
            claimed: self.claim_amount.is_some_and(|amount| amount > 0)
                && !complained.contains(&self.id),
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
    payer: Option<CustomerId>,
    freight_terms: String,
    revenue: Option<i64>,
    goods_value: Option<i64>,
}

/// The columns of a [`DeliveryRow`].
macro_rules! delivery_columns {
    () => {
        (
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
            shipments::payer_id,
            shipments::freight_terms,
            shipments::revenue,
            shipments::goods_value,
        )
    };
}

/// The deliveries of the KPI window.
pub fn deliveries(conn: &mut Conn, spans: &Spans, collector: &mut Collector) -> DbResult<()> {
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
            .select(delivery_columns!()),
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
        let payer = row.payer.or(match row.freight_terms.as_str() {
            "prepaid" => Some(row.shipper),
            "collect" => Some(row.consignee),
            _ => None,
        });
        let freight = row.revenue.zip(row.goods_value.filter(|goods| *goods > 0));
        Self {
            payer,
            freight: freight.map(|(freight, goods)| (freight as f64, goods as f64)),
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

/// What is asked of live: instants of delivery, and the shipping days that may belong to them.
#[derive(Clone, Copy, Debug)]
pub struct Delivered {
    /// From this instant on.
    pub from: UtcTime,
    /// Before this one.
    pub until: UtcTime,
    /// Shipping days from here on.
    pub shipped_from: NaiveDate,
}

/// The deliveries of one customer, as shipper, consignee or payer.
pub fn deliveries_of(
    conn: &mut Conn,
    customer: CustomerId,
    span: Delivered,
) -> DbResult<Vec<Delivery>> {
    let rows: Vec<DeliveryRow> = on!(conn, |c| shipments::table
        .filter(
            shipments::shipper_id
                .eq(customer.0)
                .or(shipments::consignee_id.eq(customer.0))
                .or(shipments::payer_id.eq(Some(customer.0)))
        )
        .filter(shipments::activity_on.ge(span.shipped_from))
        .filter(shipments::delivered_at.ge(span.from))
        .filter(shipments::delivered_at.lt(span.until))
        .filter(shipments::deleted_at.is_null())
        .filter(shipments::status.ne("cancelled"))
        .select(delivery_columns!())
        .load(c))?;
    Ok(rows.into_iter().map(Delivery::from).collect())
}

#[derive(QueryableByName)]
struct PortfolioRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    on_time: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    on_time_of: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    damaged: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    damaged_of: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    correct: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    correct_of: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    claimed: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    claimed_of: Option<i64>,
}

/// The shares over all deliveries.
pub fn portfolio(conn: &mut Conn, span: Delivered) -> DbResult<Portfolio> {
    let mut sql = Statement::new(
        "SELECT \
         CAST(SUM(CASE WHEN NOT s.late AND (s.in_full IS NULL OR s.in_full) THEN 1 ELSE 0 END) AS BIGINT) AS on_time, \
         CAST(COUNT(s.late) AS BIGINT) AS on_time_of, \
         CAST(SUM(CASE WHEN s.damaged THEN 1 ELSE 0 END) AS BIGINT) AS damaged, \
         CAST(COUNT(s.damaged) AS BIGINT) AS damaged_of, \
         CAST(SUM(CASE WHEN s.invoice_correct THEN 1 ELSE 0 END) AS BIGINT) AS correct, \
         CAST(COUNT(s.invoice_correct) AS BIGINT) AS correct_of, \
         CAST(SUM(CASE WHEN s.claim_amount > 0 THEN 1 ELSE 0 END) AS BIGINT) AS claimed, \
         CAST(COUNT(s.claim_amount) AS BIGINT) AS claimed_of \
         FROM shipments s WHERE s.deleted_at IS NULL AND s.status <> 'cancelled' AND s.activity_on >= ",
    );
    sql.bind(Value::Date(span.shipped_from));
    sql.push(" AND s.delivered_at >= ")
        .bind(Value::Time(span.from));
    sql.push(" AND s.delivered_at < ")
        .bind(Value::Time(span.until));
    let rows: Vec<PortfolioRow> = sql.load(conn)?;
    let count = |hits: Option<i64>, of: Option<i64>| {
        let number = |value: Option<i64>| u64::try_from(value.unwrap_or(0)).unwrap_or(0);
        Count {
            hits: number(hits),
            of: number(of),
        }
    };
    Ok(rows.first().map_or_else(Portfolio::default, |row| {
        Portfolio::of_counts([
            count(row.on_time, row.on_time_of),
            count(row.damaged, row.damaged_of),
            count(row.correct, row.correct_of),
            count(row.claimed, row.claimed_of),
        ])
    }))
}

#[derive(QueryableByName)]
struct BudgetRow {
    #[diesel(sql_type = BigInt)]
    payer: CustomerId,
    #[diesel(sql_type = BigInt)]
    freight: i64,
    #[diesel(sql_type = BigInt)]
    goods: i64,
    #[diesel(sql_type = BigInt)]
    shipments: i64,
}

/// Freight cost over goods value by who pays, of shipping days from `from` on and before `until`;
/// none where too few shipments tell both.
pub fn budgets(
    conn: &mut Conn,
    from: NaiveDate,
    until: NaiveDate,
    customer: Option<CustomerId>,
) -> DbResult<HashMap<CustomerId, f64>> {
    let mut sql = Statement::new(
        "SELECT p.payer, CAST(SUM(p.revenue) AS BIGINT) AS freight, \
         CAST(SUM(p.goods_value) AS BIGINT) AS goods, COUNT(*) AS shipments FROM (\
         SELECT COALESCE(s.payer_id, CASE s.freight_terms WHEN 'prepaid' THEN s.shipper_id \
         WHEN 'collect' THEN s.consignee_id END) AS payer, s.revenue, s.goods_value \
         FROM shipments s WHERE s.deleted_at IS NULL AND s.status <> 'cancelled' \
         AND s.revenue IS NOT NULL AND s.goods_value > 0 AND s.activity_on >= ",
    );
    sql.bind(Value::Date(from));
    sql.push(" AND s.activity_on < ").bind(Value::Date(until));
    if let Some(customer) = customer {
        sql.push(" AND (s.payer_id = ").bind(Value::Int(customer.0));
        sql.push(" OR s.shipper_id = ").bind(Value::Int(customer.0));
        sql.push(" OR s.consignee_id = ")
            .bind(Value::Int(customer.0));
        sql.push(")");
    }
    sql.push(") p WHERE p.payer IS NOT NULL GROUP BY p.payer HAVING COUNT(*) >= ");
    sql.bind(Value::Int(
        i64::try_from(MIN_OBSERVATIONS).unwrap_or(i64::MAX),
    ));
    let rows: Vec<BudgetRow> = sql.load(conn)?;
    Ok(rows
        .into_iter()
        .filter(|row| row.shipments > 0 && row.goods > 0 && row.freight > 0)
        .map(|row| (row.payer, row.freight as f64 / row.goods as f64))
        .collect())
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
