//! A shipment as callers see it.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::Serialize;

use crate::db::UtcTime;
use crate::ids::ExternalId;
use crate::shipments::store::Row;

/// A shipment. Amounts are minor units of the reporting currency.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Shipment {
    /// Its id.
    id: i64,
    /// Key in the sender's system.
    external_id: ExternalId,
    /// First party.
    shipper_id: i64,
    /// Second party.
    consignee_id: i64,
    /// Who pays, if told.
    payer_id: Option<i64>,
    /// Who pays the freight.
    freight_terms: String,
    /// Delivery term.
    incoterm: Option<String>,
    /// ISO 3166-1 alpha-2.
    origin_country: Option<String>,
    /// UN/LOCODE.
    origin_locode: Option<String>,
    /// ISO 3166-1 alpha-2.
    destination_country: Option<String>,
    /// UN/LOCODE.
    destination_locode: Option<String>,
    /// What was done.
    service: String,
    /// When it was ordered.
    booked_at: Option<UtcTime>,
    /// Start of the promised window.
    promised_from: Option<UtcTime>,
    /// End of the promised window.
    promised_to: Option<UtcTime>,
    /// When it was picked up.
    picked_up_at: Option<UtcTime>,
    /// When it was delivered.
    delivered_at: Option<UtcTime>,
    /// Number of pieces.
    pieces: Option<i64>,
    /// Kilograms.
    weight_kg: Option<f64>,
    /// Value of the goods.
    goods_value: Option<i64>,
    /// What we billed.
    revenue: Option<i64>,
    /// What it cost us.
    direct_cost: Option<i64>,
    /// Revenue less direct cost, where both are known.
    margin: Option<i64>,
    /// Whether the whole quantity arrived; `null`: unknown.
    in_full: Option<bool>,
    /// Whether goods were damaged.
    damaged: Option<bool>,
    /// Whether our invoice was right the first time.
    invoice_correct: Option<bool>,
    /// Claimed from us.
    claim_amount: Option<i64>,
    /// How far it has come.
    status: String,
    /// The day it counts as a sign of life, in the instance's zone.
    activity_on: NaiveDate,
    /// Whether it came after the promised end; `null`: not known yet.
    late: Option<bool>,
    /// The import that wrote it last.
    import_id: Option<i64>,
    /// Goes up with every change.
    version: i64,
    /// When it came.
    created_at: UtcTime,
    /// When it last changed.
    updated_at: UtcTime,
    /// When it was deleted, if it was.
    deleted_at: Option<UtcTime>,
}

impl From<Row> for Shipment {
    fn from(Row { id, data }: Row) -> Self {
        Self {
            id: id.0,
            margin: data
                .revenue
                .zip(data.direct_cost)
                .map(|(r, c)| r.saturating_sub(c)),
            external_id: ExternalId {
                system: data.source,
                id: data.external_id,
            },
            shipper_id: data.shipper_id.0,
            consignee_id: data.consignee_id.0,
            payer_id: data.payer_id.map(|id| id.0),
            freight_terms: data.freight_terms.into_owned(),
            incoterm: data.incoterm.map(Cow::into_owned),
            origin_country: data.origin_country,
            origin_locode: data.origin_locode,
            destination_country: data.destination_country,
            destination_locode: data.destination_locode,
            service: data.service.into_owned(),
            booked_at: data.booked_at,
            promised_from: data.promised_from,
            promised_to: data.promised_to,
            picked_up_at: data.picked_up_at,
            delivered_at: data.delivered_at,
            pieces: data.pieces,
            weight_kg: data.weight_kg,
            goods_value: data.goods_value,
            revenue: data.revenue,
            direct_cost: data.direct_cost,
            in_full: data.in_full,
            damaged: data.damaged,
            invoice_correct: data.invoice_correct,
            claim_amount: data.claim_amount,
            status: data.status.into_owned(),
            activity_on: data.activity_on,
            late: data.late,
            import_id: data.import_id.map(|id| id.0),
            version: data.version,
            created_at: data.created_at,
            updated_at: data.updated_at,
            deleted_at: data.deleted_at,
        }
    }
}
