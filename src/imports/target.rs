//! The fields of a shipment that a file can fill, and what kind of value each takes.

use crate::word_enum;

word_enum! {
    /// A field of a shipment, as a mapping and the export name it.
    Target {
        /// Key of the shipment in the sender's system; required.
        ExternalId = "external_id",
        /// Name of that system; required.
        ExternalSystem = "external_system",
        /// Key of the shipper.
        ShipperExternalId = "shipper.external_id",
        /// System of the shipper's key.
        ShipperExternalSystem = "shipper.external_system",
        /// Name of the shipper.
        ShipperName = "shipper.name",
        /// Country of the shipper.
        ShipperCountry = "shipper.country",
        /// Key of the consignee.
        ConsigneeExternalId = "consignee.external_id",
        /// System of the consignee's key.
        ConsigneeExternalSystem = "consignee.external_system",
        /// Name of the consignee.
        ConsigneeName = "consignee.name",
        /// Country of the consignee.
        ConsigneeCountry = "consignee.country",
        /// Key of the payer.
        PayerExternalId = "payer.external_id",
        /// System of the payer's key.
        PayerExternalSystem = "payer.external_system",
        /// Name of the payer.
        PayerName = "payer.name",
        /// Country of the payer.
        PayerCountry = "payer.country",
        /// Who pays the freight; without a value it follows from the Incoterm, where there is one.
        FreightTerms = "freight_terms",
        /// Delivery term.
        Incoterm = "incoterm",
        /// Origin country.
        OriginCountry = "origin_country",
        /// Origin place.
        OriginLocode = "origin_locode",
        /// Destination country.
        DestinationCountry = "destination_country",
        /// Destination place.
        DestinationLocode = "destination_locode",
        /// What was done; `transport` without a value.
        Service = "service",
        /// When it was ordered.
        BookedAt = "booked_at",
        /// Start of the promised window.
        PromisedFrom = "promised_from",
        /// End of the promised window.
        PromisedTo = "promised_to",
        /// When it was picked up.
        PickedUpAt = "picked_up_at",
        /// When it was delivered.
        DeliveredAt = "delivered_at",
        /// Number of pieces.
        Pieces = "pieces",
        /// Weight.
        WeightKg = "weight_kg",
        /// Value of the goods.
        GoodsValue = "goods_value",
        /// What we billed.
        Revenue = "revenue",
        /// What it cost us.
        DirectCost = "direct_cost",
        /// Whether the whole quantity arrived.
        InFull = "in_full",
        /// Whether goods were damaged.
        Damaged = "damaged",
        /// Whether our invoice was right.
        InvoiceCorrect = "invoice_correct",
        /// Claimed from us.
        ClaimAmount = "claim_amount",
        /// How far it has come; without a value it follows from the times.
        Status = "status",
    }
}

/// What kind of value a target takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A key: text taken as it stands.
    Key,
    /// A name: text with line breaks made spaces.
    Name,
    /// A country.
    Country,
    /// A UN/LOCODE.
    Locode,
    /// One of a set of words.
    Word,
    /// A date or a time.
    Time,
    /// A whole number.
    Count,
    /// A weight.
    Weight,
    /// An amount of money.
    Amount,
    /// Yes or no.
    Truth,
}

impl Target {
    /// What kind of value it takes.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::ExternalId
            | Self::ExternalSystem
            | Self::ShipperExternalId
            | Self::ShipperExternalSystem
            | Self::ConsigneeExternalId
            | Self::ConsigneeExternalSystem
            | Self::PayerExternalId
            | Self::PayerExternalSystem => Kind::Key,
            Self::ShipperName | Self::ConsigneeName | Self::PayerName => Kind::Name,
            Self::ShipperCountry
            | Self::ConsigneeCountry
            | Self::PayerCountry
            | Self::OriginCountry
            | Self::DestinationCountry => Kind::Country,
            Self::OriginLocode | Self::DestinationLocode => Kind::Locode,
            Self::FreightTerms | Self::Incoterm | Self::Service | Self::Status => Kind::Word,
            Self::BookedAt
            | Self::PromisedFrom
            | Self::PromisedTo
            | Self::PickedUpAt
            | Self::DeliveredAt => Kind::Time,
            Self::Pieces => Kind::Count,
            Self::WeightKg => Kind::Weight,
            Self::GoodsValue | Self::Revenue | Self::DirectCost | Self::ClaimAmount => Kind::Amount,
            Self::InFull | Self::Damaged | Self::InvoiceCorrect => Kind::Truth,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_export_names_its_columns_as_the_import_does() {
        assert_eq!(Target::WORDS, crate::shipments::export::COLUMNS);
    }
}
