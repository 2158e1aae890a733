//! A mapping tied to the columns of one file: targets to cell numbers, looked up once.

use std::borrow::Cow;
use std::collections::HashMap;

use super::mapping::{AmountRule, Field, Ignored, Mapping, Source, Target};
use super::row::RawRow;
use super::values::{DateFormat, NumberStyle, Zones};
use crate::text;

/// What fills every target.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub external_id: Cell,
    pub external_system: Cell,
    pub shipper: PartyPlan,
    pub consignee: PartyPlan,
    pub payer: PartyPlan,
    pub freight_terms: Cell,
    pub incoterm: Cell,
    pub origin_country: Cell,
    pub origin_locode: Cell,
    pub destination_country: Cell,
    pub destination_locode: Cell,
    pub service: Cell,
    pub booked_at: Cell,
    pub promised_from: Cell,
    pub promised_to: Cell,
    pub picked_up_at: Cell,
    pub delivered_at: Cell,
    pub pieces: Cell,
    pub weight_kg: Cell,
    pub goods_value: Cell,
    pub revenue: Cell,
    pub direct_cost: Cell,
    pub in_full: Cell,
    pub damaged: Cell,
    pub invoice_correct: Cell,
    pub claim_amount: Cell,
    pub status: Cell,
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// Where times are local.
    pub zones: Zones,
    null_values: Vec<String>,
    neutralised: bool,
}

/// What fills the targets of a party.
#[derive(Clone, Debug)]
pub(super) struct PartyPlan {
    pub external_id: Cell,
    pub external_system: Cell,
    pub name: Cell,
    pub country: Cell,
}

/// What fills one target.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub target: Target,
    pub formats: Vec<DateFormat>,
    pub amount: AmountRule,
    pub kilograms: f64,
    pub required: bool,
    origin: Origin,
    ignore: Vec<Ignored>,
    values: HashMap<String, String>,
    values_default: Option<String>,
}

#[derive(Clone, Debug)]
enum Origin {
    Nothing,
    Constant(String),
    One(usize),
    Joined(Vec<usize>, String),
}

impl Plan {
    /// Ties `mapping` to a file in which `column` gives the cell number of a name.
    pub(super) fn new(
        mapping: &Mapping,
        zones: Zones,
        column: impl Fn(&str) -> Option<usize>,
    ) -> Self {
        use Target as T;

        let cell = |target: T| Cell::new(target, mapping.fields.get(&target), &column);
        let party = |external_id, external_system, name, country| PartyPlan {
            external_id: cell(external_id),
            external_system: cell(external_system),
            name: cell(name),
            country: cell(country),
        };
        Self {
            external_id: cell(T::ExternalId),
            external_system: cell(T::ExternalSystem),
            shipper: party(
                T::ShipperExternalId,
                T::ShipperExternalSystem,
                T::ShipperName,
                T::ShipperCountry,
            ),
            consignee: party(
                T::ConsigneeExternalId,
                T::ConsigneeExternalSystem,
                T::ConsigneeName,
                T::ConsigneeCountry,
            ),
            payer: party(
                T::PayerExternalId,
                T::PayerExternalSystem,
                T::PayerName,
                T::PayerCountry,
            ),
            freight_terms: cell(T::FreightTerms),
            incoterm: cell(T::Incoterm),
            origin_country: cell(T::OriginCountry),
            origin_locode: cell(T::OriginLocode),
            destination_country: cell(T::DestinationCountry),
            destination_locode: cell(T::DestinationLocode),
            service: cell(T::Service),
            booked_at: cell(T::BookedAt),
            promised_from: cell(T::PromisedFrom),
            promised_to: cell(T::PromisedTo),
            picked_up_at: cell(T::PickedUpAt),
            delivered_at: cell(T::DeliveredAt),
            pieces: cell(T::Pieces),
            weight_kg: cell(T::WeightKg),
            goods_value: cell(T::GoodsValue),
            revenue: cell(T::Revenue),
            direct_cost: cell(T::DirectCost),
            in_full: cell(T::InFull),
            damaged: cell(T::Damaged),
            invoice_correct: cell(T::InvoiceCorrect),
            claim_amount: cell(T::ClaimAmount),
            status: cell(T::Status),
            numbers: mapping.numbers,
            zones,
            null_values: mapping.null_values.clone(),
            neutralised: mapping.neutralised,
        }
    }

    /// What `row` says for `cell`, value tables applied; `None` where it says nothing.
    pub(super) fn text<'a>(&'a self, cell: &'a Cell, row: &'a RawRow) -> Option<Cow<'a, str>> {
        let found: Cow<'a, str> = match &cell.origin {
            Origin::Nothing => return None,
            Origin::Constant(text) => return Some(Cow::Borrowed(text)),
            Origin::One(index) => Cow::Borrowed(self.known(row.cell(*index))?),
            Origin::Joined(indices, join) => {
                let parts: Vec<&str> = indices
                    .iter()
                    .filter_map(|index| self.known(row.cell(*index)))
                    .collect();
                if parts.is_empty() {
                    return None;
                }
                Cow::Owned(parts.join(join))
            }
        };
        if cell.ignore.iter().any(|words| words.covers(&found)) {
            return None;
        }
        if cell.values.is_empty() {
            return Some(found);
        }
        match cell
            .values
            .get(found.as_ref())
            .or(cell.values_default.as_ref())
        {
            Some(word) if word.is_empty() => None,
            Some(word) => Some(Cow::Borrowed(word)),
            None => Some(found),
        }
    }

    /// `cell` without white space around it; `None` where that is a null value.
    fn known<'a>(&self, cell: &'a str) -> Option<&'a str> {
        let cell = if self.neutralised {
            text::recover(cell)
        } else {
            cell
        };
        let cell = cell.trim();
        (!cell.is_empty() && !self.null_values.iter().any(|null| null == cell)).then_some(cell)
    }
}

impl Cell {
    fn new(target: Target, field: Option<&Field>, column: impl Fn(&str) -> Option<usize>) -> Self {
        let nothing = Field::from(Source::Constant(String::new()));
        let (origin, field) = match field {
            None => (Origin::Nothing, &nothing),
            Some(field) => (Origin::new(&field.source, column), field),
        };
        Self {
            target,
            origin,
            formats: field.date_formats.clone(),
            amount: field.amount,
            kilograms: field.kilograms,
            required: field.required,
            ignore: field.ignore.clone(),
            values: field.values.clone().into_iter().collect(),
            values_default: field.values_default.clone(),
        }
    }
}

impl Origin {
    fn new(source: &Source, column: impl Fn(&str) -> Option<usize>) -> Self {
        match source {
            Source::Constant(text) => Self::Constant(text.clone()),
            Source::Columns { names, join } => {
                let indices: Vec<usize> = names.iter().filter_map(|name| column(name)).collect();
                match *indices {
                    [] => Self::Nothing,
                    [index] => Self::One(index),
                    _ => Self::Joined(indices, join.clone()),
                }
            }
        }
    }
}
