//! Shipments in the database.

pub mod parties;
pub mod rollup;

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::model::{FreightTerms, Incoterm, Service, ShipmentFacts, Status};
use crate::db::schema::{import_changes, shipments};
use crate::db::select::{Collection, Field, Kind, Statement, Value};
use crate::db::{Conn, DbError, DbResult, UtcTime, insert_all, on};
use crate::ids::ExternalId;
use crate::ids::{CustomerId, ImportId, ShipmentId};

/// A shipment without its id: what is inserted, and what a change is judged by.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    Queryable,
    Selectable,
    QueryableByName,
    Insertable,
    AsChangeset,
)]
#[diesel(table_name = shipments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Data {
    /// The system whose key `external_id` is.
    pub source: String,
    /// Key in that system.
    pub external_id: String,
    /// First party.
    pub shipper_id: CustomerId,
    /// Second party.
    pub consignee_id: CustomerId,
    /// Who pays, where told.
    pub payer_id: Option<CustomerId>,
    /// A word of [`FreightTerms`].
    pub freight_terms: Cow<'static, str>,
    /// A word of [`Incoterm`].
    pub incoterm: Option<Cow<'static, str>>,
    /// As in [`ShipmentFacts`], and so all that follow.
    pub origin_country: Option<String>,
    /// UN/LOCODE.
    pub origin_locode: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub destination_country: Option<String>,
    /// UN/LOCODE.
    pub destination_locode: Option<String>,
    /// A word of [`Service`].
    pub service: Cow<'static, str>,
    /// Ordered.
    pub booked_at: Option<UtcTime>,
    /// Promised, at the earliest.
    pub promised_from: Option<UtcTime>,
    /// Promised, at the latest.
    pub promised_to: Option<UtcTime>,
    /// Picked up.
    pub picked_up_at: Option<UtcTime>,
    /// Delivered.
    pub delivered_at: Option<UtcTime>,
    /// Pieces.
    pub pieces: Option<i64>,
    /// Kilograms.
    pub weight_kg: Option<f64>,
    /// Minor units, and so the amounts below.
    pub goods_value: Option<i64>,
    /// Billed.
    pub revenue: Option<i64>,
    /// What it cost us.
    pub direct_cost: Option<i64>,
    /// The whole quantity arrived.
    pub in_full: Option<bool>,
    /// Goods were damaged.
    pub damaged: Option<bool>,
    /// The invoice was right.
    pub invoice_correct: Option<bool>,
    /// Claimed from us.
    pub claim_amount: Option<i64>,
    /// A word of [`Status`].
    pub status: Cow<'static, str>,
    /// Shipping day, in the instance's zone.
    pub activity_on: NaiveDate,
    /// Whether it came after the promised end.
    pub late: Option<bool>,
    /// The import that wrote it last; `None`: the API.
    pub import_id: Option<ImportId>,
    /// Goes up with every change.
    pub version: i64,
    /// When it came.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

/// A shipment as it stands in the database.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = shipments)]
pub struct Row {
    /// Its id.
    pub id: ShipmentId,
    /// Everything else.
    #[diesel(embed)]
    pub data: Data,
}

/// The parties of a shipment, known to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties {
    /// First party.
    pub shipper: CustomerId,
    /// Second party.
    pub consignee: CustomerId,
    /// Who pays, where told.
    pub payer: Option<CustomerId>,
}

impl Data {
    /// A new row; `None` if the facts hold no date at all, which [`ShipmentFacts::problems`] tells.
    pub fn new(
        key: ExternalId,
        parties: Parties,
        facts: ShipmentFacts,
        zone: Tz,
        (import_id, now): (Option<ImportId>, UtcTime),
    ) -> Option<Self> {
        let (activity_on, late) = (facts.activity_on(zone)?, facts.late(zone));
        Some(Self {
            source: key.system,
            external_id: key.id,
            shipper_id: parties.shipper,
            consignee_id: parties.consignee,
            payer_id: parties.payer,
            freight_terms: facts.freight_terms.word().into(),
            incoterm: facts.incoterm.map(|term| term.word().into()),
            origin_country: facts.origin_country,
            origin_locode: facts.origin_locode,
            destination_country: facts.destination_country,
            destination_locode: facts.destination_locode,
            service: facts.service.word().into(),
            booked_at: facts.booked_at.map(UtcTime::from),
            promised_from: facts.promised_from.map(UtcTime::from),
            promised_to: facts.promised_to.map(UtcTime::from),
            picked_up_at: facts.picked_up_at.map(UtcTime::from),
            delivered_at: facts.delivered_at.map(UtcTime::from),
            pieces: facts.pieces,
            weight_kg: facts.weight_kg,
            goods_value: facts.goods_value,
            revenue: facts.revenue,
            direct_cost: facts.direct_cost,
            in_full: facts.in_full,
            damaged: facts.damaged,
            invoice_correct: facts.invoice_correct,
            claim_amount: facts.claim_amount,
            status: facts.status.word().into(),
            activity_on,
            late,
            import_id,
            version: 1,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        })
    }

    /// The facts, read back.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] for a word that is none.
    pub fn facts(&self) -> DbResult<ShipmentFacts> {
        let wrong = |what, word: &str| DbError::corrupt(what, word);
        Ok(ShipmentFacts {
            freight_terms: FreightTerms::parse(&self.freight_terms)
                .ok_or_else(|| wrong("shipments.freight_terms", &self.freight_terms))?,
            incoterm: match &self.incoterm {
                None => None,
                Some(word) => {
                    Some(Incoterm::parse(word).ok_or_else(|| wrong("shipments.incoterm", word))?)
                }
            },
            origin_country: self.origin_country.clone(),
            origin_locode: self.origin_locode.clone(),
            destination_country: self.destination_country.clone(),
            destination_locode: self.destination_locode.clone(),
            service: Service::parse(&self.service)
                .ok_or_else(|| wrong("shipments.service", &self.service))?,
            booked_at: self.booked_at.map(Into::into),
            promised_from: self.promised_from.map(Into::into),
            promised_to: self.promised_to.map(Into::into),
            picked_up_at: self.picked_up_at.map(Into::into),
            delivered_at: self.delivered_at.map(Into::into),
            pieces: self.pieces,
            weight_kg: self.weight_kg,
            goods_value: self.goods_value,
            revenue: self.revenue,
            direct_cost: self.direct_cost,
            in_full: self.in_full,
            damaged: self.damaged,
            invoice_correct: self.invoice_correct,
            claim_amount: self.claim_amount,
            status: Status::parse(&self.status)
                .ok_or_else(|| wrong("shipments.status", &self.status))?,
        })
    }

    /// This row as a change of `old`: what must outlive a change is taken over.
    #[must_use]
    pub fn replacing(mut self, old: &Self) -> Self {
        self.version = old.version + 1;
        self.created_at = old.created_at;
        self
    }

    /// Whether `old` already says the same and is not deleted.
    pub fn says_the_same_as(&self, old: &Self) -> bool {
        let told = Self {
            import_id: old.import_id,
            version: old.version,
            created_at: old.created_at,
            updated_at: old.updated_at,
            ..self.clone()
        };
        told == *old
    }

    /// The cell of `link_months` that it counts in.
    pub fn cell(&self) -> rollup::Cell {
        rollup::Cell::of(self.shipper_id, self.consignee_id, self.activity_on)
    }
}

macro_rules! fields {
    ($($name:literal $sql:literal $kind:expr, $sortable:literal;)+) => {
        &[$(Field { name: $name, sql: $sql, kind: $kind, sortable: $sortable }),+]
    };
}

/// Lists of shipments.
pub const SHIPMENTS: Collection = Collection {
    columns: "s.*",
    from: "shipments s",
    id: "s.id",
    updated: Some("s.updated_at"),
    alive: Some("s.deleted_at IS NULL"),
    fields: fields! {
        "id" "s.id" Kind::Int, true;
        "source" "s.source" Kind::Text, false;
        "external_id" "s.external_id" Kind::Text, false;
        "shipper_id" "s.shipper_id" Kind::Int, false;
        "consignee_id" "s.consignee_id" Kind::Int, false;
        "payer_id" "s.payer_id" Kind::Int, false;
        "freight_terms" "s.freight_terms" Kind::Words(FreightTerms::WORDS), false;
        "service" "s.service" Kind::Words(Service::WORDS), false;
        "status" "s.status" Kind::Words(Status::WORDS), false;
        "origin_country" "s.origin_country" Kind::Text, false;
        "destination_country" "s.destination_country" Kind::Text, false;
        "late" "s.late" Kind::Bool, false;
        "damaged" "s.damaged" Kind::Bool, false;
        "import_id" "s.import_id" Kind::Int, false;
        "activity_on" "s.activity_on" Kind::Date, true;
        "delivered_at" "s.delivered_at" Kind::Time, false;
        "updated_at" "s.updated_at" Kind::Time, true;
    },
    default_sort: "id",
};

/// Restricts a statement on `shipments s` to those with a party in the teams.
pub fn restrict(teams: &crate::access::Teams, sql: &mut Statement) {
    if let crate::access::Teams::Only(ids) = teams {
        if ids.is_empty() {
            sql.push(" AND 1 = 0");
            return;
        }
        let party = |column: &str, sql: &mut Statement| {
            sql.push(column)
                .push(" IN (SELECT c.id FROM customers c WHERE c.team_id IN (");
            sql.bind_list(ids.iter().copied().map(Value::Int))
                .push("))");
        };
        sql.push(" AND (");
        party("s.shipper_id", sql);
        sql.push(" OR ");
        party("s.consignee_id", sql);
        sql.push(")");
    }
}

/// The shipment with this id, deleted or not.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Row>> {
    Ok(on!(conn, |c| shipments::table
        .filter(shipments::id.eq(id))
        .select(Row::as_select())
        .first(c)
        .optional())?)
}

/// The shipments with these keys of one system, deleted or not, by key.
pub fn by_external_ids(
    conn: &mut Conn,
    source: &str,
    keys: &[&str],
) -> DbResult<HashMap<String, Row>> {
    let mut found = HashMap::new();
    // SQLite takes 32,766 parameters in one statement.
    for keys in keys.chunks(10_000) {
        let rows: Vec<Row> = on!(conn, |c| shipments::table
            .filter(shipments::source.eq(source))
            .filter(shipments::external_id.eq_any(keys))
            .select(Row::as_select())
            .load(c))?;
        found.extend(
            rows.into_iter()
                .map(|row| (row.data.external_id.clone(), row)),
        );
    }
    Ok(found)
}

/// Shipments that are not deleted, behind an id, in order.
pub fn alive_after(conn: &mut Conn, after: i64, limit: i64) -> DbResult<Vec<Row>> {
    Ok(on!(conn, |c| shipments::table
        .filter(shipments::id.gt(after))
        .filter(shipments::deleted_at.is_null())
        .order(shipments::id)
        .limit(limit)
        .select(Row::as_select())
        .load(c))?)
}

/// Inserts new rows.
pub fn insert(conn: &mut Conn, rows: &[Data]) -> DbResult<()> {
    Ok(insert_all!(conn, shipments::table, rows)?)
}

/// Replaces a row.
pub fn update(conn: &mut Conn, id: ShipmentId, data: &Data) -> DbResult<()> {
    on!(conn, |c| diesel::update(shipments::table.find(id.0))
        .set(data)
        .execute(c))?;
    Ok(())
}

/// The greatest id there is; 0 if there is none.
pub fn last_id(conn: &mut Conn) -> DbResult<i64> {
    let last: Option<i64> = on!(conn, |c| shipments::table
        .select(diesel::dsl::max(shipments::id))
        .first(c))?;
    Ok(last.unwrap_or(0))
}

/// Deletes the shipments that an import created and nobody wrote since, ids above `after` up to
/// `last`; how many there were. They stay as tombstones.
pub fn delete_created(
    conn: &mut Conn,
    import: ImportId,
    (after, last): (i64, i64),
    now: UtcTime,
) -> DbResult<usize> {
    Ok(on!(conn, |c| diesel::update(shipments::table)
        .filter(shipments::id.gt(after))
        .filter(shipments::id.le(last))
        .filter(shipments::import_id.eq(Some(import.0)))
        .filter(shipments::deleted_at.is_null())
        .set((
            shipments::deleted_at.eq(Some(now)),
            shipments::updated_at.eq(now),
            shipments::version.eq(shipments::version + 1),
        ))
        .execute(c))?)
}

/// How a row looked before an import changed it.
#[derive(Debug, Insertable)]
#[diesel(table_name = import_changes, treat_none_as_default_value = false)]
pub struct Kept {
    import_id: ImportId,
    shipment_id: ShipmentId,
    before: String,
}

impl Kept {
    /// What is kept of `row`.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if it cannot be written as JSON.
    pub fn new(import: ImportId, row: &Row) -> DbResult<Self> {
        let before = serde_json::to_string(&row.data);
        Ok(Self {
            import_id: import,
            shipment_id: row.id,
            before: before.map_err(|error| DbError::corrupt("shipments", error))?,
        })
    }
}

/// Keeps how rows looked.
pub fn keep_before(conn: &mut Conn, rows: &[Kept]) -> DbResult<()> {
    Ok(insert_all!(conn, import_changes::table, rows)?)
}
