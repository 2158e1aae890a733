//! Shipments as rows of a file: what is written here, the import reads back as the same.
//!
//! ```text
//! Data + its parties ─ cells ─> Cell × COLUMNS ─┬─ csv_text (spreadsheet-safe)
//!                                               └─ object (one JSON object a line)
//! ```
//!
//! Amounts are minor units of the reporting currency, weights kilograms, times RFC 3339 in UTC; what
//! is unknown is empty. A customer that has no external id goes by name and country: where several
//! customers share these, the import cannot tell them apart and says so.

use std::borrow::Cow;

use chrono::SecondsFormat;
use serde_json::{Map, Value};

use super::store::Data;
use crate::db::UtcTime;
use crate::ids::ExternalId;
use crate::text::neutralise;

/// The columns, in order; a dot leads into an object where the file is JSON.
pub const COLUMNS: [&str; 36] = [
    "external_id",
    "external_system",
    "shipper.external_id",
    "shipper.external_system",
    "shipper.name",
    "shipper.country",
    "consignee.external_id",
    "consignee.external_system",
    "consignee.name",
    "consignee.country",
    "payer.external_id",
    "payer.external_system",
    "payer.name",
    "payer.country",
    "freight_terms",
    "incoterm",
    "origin_country",
    "origin_locode",
    "destination_country",
    "destination_locode",
    "service",
    "booked_at",
    "promised_from",
    "promised_to",
    "picked_up_at",
    "delivered_at",
    "pieces",
    "weight_kg",
    "goods_value",
    "revenue",
    "direct_cost",
    "in_full",
    "damaged",
    "invoice_correct",
    "claim_amount",
    "status",
];

/// What a row says of a party.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// One of its keys; the first by system, where it has several.
    pub external_id: Option<ExternalId>,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Unknown.
    Nothing,
    /// Text.
    Text(Cow<'a, str>),
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// Yes or no.
    Bool(bool),
}

impl<'a> Cell<'a> {
    fn text(value: Option<&'a str>) -> Self {
        value.map_or(Self::Nothing, |text| Self::Text(text.into()))
    }

    fn int(value: Option<i64>) -> Self {
        value.map_or(Self::Nothing, Self::Int)
    }

    fn bool(value: Option<bool>) -> Self {
        value.map_or(Self::Nothing, Self::Bool)
    }

    fn time(value: Option<UtcTime>) -> Self {
        let written = |at: UtcTime| at.0.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        value.map_or(Self::Nothing, |at| Self::Text(written(at).into()))
    }

    /// The cell of a CSV file; spreadsheets will not take it for a formula.
    pub fn csv_text(&self) -> Cow<'_, str> {
        match self {
            Self::Nothing => Cow::Borrowed(""),
            Self::Text(text) => neutralise(text),
            Self::Int(number) => Cow::Owned(neutralise(&number.to_string()).into_owned()),
            Self::Real(number) => Cow::Owned(number.to_string()),
            Self::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Text(text) => text.as_ref().into(),
            Self::Int(number) => (*number).into(),
            Self::Real(number) => (*number).into(),
            Self::Bool(truth) => (*truth).into(),
        }
    }
}

/// The values of a shipment, in the order of [`COLUMNS`].
pub fn cells<'a>(
    data: &'a Data,
    shipper: &'a Party,
    consignee: &'a Party,
    payer: Option<&'a Party>,
) -> Vec<Cell<'a>> {
    let mut cells = Vec::with_capacity(COLUMNS.len());
    cells.push(Cell::text(Some(&data.external_id)));
    cells.push(Cell::text(Some(&data.source)));
    for party in [Some(shipper), Some(consignee), payer] {
        let key = party.and_then(|party| party.external_id.as_ref());
        cells.push(Cell::text(key.map(|key| &*key.id)));
        cells.push(Cell::text(key.map(|key| &*key.system)));
        cells.push(Cell::text(party.map(|party| &*party.name)));
        cells.push(Cell::text(party.and_then(|party| party.country.as_deref())));
    }
    cells.extend([
        Cell::text(Some(&data.freight_terms)),
        Cell::text(data.incoterm.as_deref()),
        Cell::text(data.origin_country.as_deref()),
        Cell::text(data.origin_locode.as_deref()),
        Cell::text(data.destination_country.as_deref()),
        Cell::text(data.destination_locode.as_deref()),
        Cell::text(Some(&data.service)),
        Cell::time(data.booked_at),
        Cell::time(data.promised_from),
        Cell::time(data.promised_to),
        Cell::time(data.picked_up_at),
        Cell::time(data.delivered_at),
        Cell::int(data.pieces),
        data.weight_kg.map_or(Cell::Nothing, Cell::Real),
        Cell::int(data.goods_value),
        Cell::int(data.revenue),
        Cell::int(data.direct_cost),
        Cell::bool(data.in_full),
        Cell::bool(data.damaged),
        Cell::bool(data.invoice_correct),
        Cell::int(data.claim_amount),
        Cell::text(Some(&data.status)),
    ]);
    cells
}

/// A row as a JSON object; what is unknown is left out.
pub fn object(cells: &[Cell<'_>]) -> Value {
    let mut object = Map::new();
    for (name, cell) in COLUMNS.iter().zip(cells) {
        if *cell == Cell::Nothing {
            continue;
        }
        let value = cell.json();
        match name.split_once('.') {
            None => {
                object.insert((*name).to_owned(), value);
            }
            Some((outer, inner)) => {
                let entry = object
                    .entry(outer)
                    .or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(members) = entry {
                    members.insert(inner.to_owned(), value);
                }
            }
        }
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_harmless_in_csv_and_plain_in_json() {
        let cells = [
            Cell::Text("=1".into()),
            Cell::Int(-5),
            Cell::Real(0.1),
            Cell::Bool(true),
            Cell::Nothing,
        ];
        let texts: Vec<_> = cells.iter().map(Cell::csv_text).collect();
        assert_eq!(texts, ["'=1", "'-5", "0.1", "true", ""]);
        let values: Vec<_> = cells.iter().map(Cell::json).collect();
        assert_eq!(
            serde_json::to_string(&values).unwrap(),
            r#"["=1",-5,0.1,true,null]"#
        );
    }

    #[test]
    fn dots_lead_into_objects() {
        let mut cells = vec![Cell::Nothing; COLUMNS.len()];
        cells[0] = Cell::Text("7".into());
        cells[4] = Cell::Text("Mill".into());
        assert_eq!(
            object(&cells).to_string(),
            r#"{"external_id":"7","shipper":{"name":"Mill"}}"#
        );
    }
}
