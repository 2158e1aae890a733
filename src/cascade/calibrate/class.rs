//! Classes of strength: the customer's role on the link, and whether it controls the routing there.

use crate::cascade::Strengths;
use crate::shipments::model::FreightTerms;

/// Number of classes.
pub const CLASSES: usize = 6;

crate::word_enum! {
    /// Role of the customer on a link, and whether it controls the routing there.
    Class {
        /// A shipper that controls the routing.
        ShipperControls = "shipper.controls",
        /// A shipper that does not.
        ShipperDoesNot = "shipper.does_not",
        /// A shipper; who controls the routing is not known.
        ShipperUnknown = "shipper.unknown",
        /// A consignee that controls the routing.
        ConsigneeControls = "consignee.controls",
        /// A consignee that does not.
        ConsigneeDoesNot = "consignee.does_not",
        /// A consignee; who controls the routing is not known.
        ConsigneeUnknown = "consignee.unknown",
    }
}

impl Class {
    /// Classes of shipper and consignee on a link with these terms.
    pub fn on(terms: FreightTerms) -> (Self, Self) {
        match terms {
            FreightTerms::Prepaid => (Self::ShipperControls, Self::ConsigneeDoesNot),
            FreightTerms::Collect => (Self::ShipperDoesNot, Self::ConsigneeControls),
            FreightTerms::ThirdParty => (Self::ShipperDoesNot, Self::ConsigneeDoesNot),
            FreightTerms::Unknown => (Self::ShipperUnknown, Self::ConsigneeUnknown),
        }
    }

    /// Place in [`Class::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The class's strength in a table.
    pub fn of(self, table: &Strengths) -> f64 {
        match self {
            Self::ShipperControls => table.shipper.controls,
            Self::ShipperDoesNot => table.shipper.does_not,
            Self::ShipperUnknown => table.shipper.unknown,
            Self::ConsigneeControls => table.consignee.controls,
            Self::ConsigneeDoesNot => table.consignee.does_not,
            Self::ConsigneeUnknown => table.consignee.unknown,
        }
    }

    /// The same place in a table, to be set.
    pub fn of_mut(self, table: &mut Strengths) -> &mut f64 {
        match self {
            Self::ShipperControls => &mut table.shipper.controls,
            Self::ShipperDoesNot => &mut table.shipper.does_not,
            Self::ShipperUnknown => &mut table.shipper.unknown,
            Self::ConsigneeControls => &mut table.consignee.controls,
            Self::ConsigneeDoesNot => &mut table.consignee.does_not,
            Self::ConsigneeUnknown => &mut table.consignee.unknown,
        }
    }
}
