//! Strength (kappa): with what probability a customer leaves when it has lost all of its business.

use serde::{Deserialize, Serialize};

use super::CascadeError;
use crate::shipments::model::FreightTerms;

/// Strengths of the customers that play one role on a link, each in `[0, 1)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleStrengths {
    /// The customer controls the routing on the link.
    pub controls: f64,
    /// Somebody else controls the routing.
    pub does_not: f64,
    /// It is not known who does.
    pub unknown: f64,
}

impl RoleStrengths {
    /// The same strength whoever controls the routing.
    pub const fn uniform(kappa: f64) -> Self {
        Self {
            controls: kappa,
            does_not: kappa,
            unknown: kappa,
        }
    }
}

/// Strength by class: the customer's role on the link, and whether it controls the routing there.
///
/// Having lost the share x of its business, a customer leaves with probability `kappa * x`.
///
/// The defaults are a design choice that no data has confirmed, until a calibration replaces them: a
/// customer that pays the freight chose us for that freight and chooses anew once it is gone (0.5);
/// one that does not was brought to us by its partner and has less to decide (0.35); where the
/// terms are unknown, something between (0.4). Both roles start alike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strengths {
    /// Customers as shippers.
    pub shipper: RoleStrengths,
    /// Customers as consignees.
    pub consignee: RoleStrengths,
}

impl Default for Strengths {
    fn default() -> Self {
        let role = RoleStrengths {
            controls: 0.5,
            does_not: 0.35,
            unknown: 0.4,
        };
        Self {
            shipper: role,
            consignee: role,
        }
    }
}

impl Strengths {
    /// One strength for everybody.
    pub const fn uniform(kappa: f64) -> Self {
        Self::by_role(kappa, kappa)
    }

    /// One strength for shippers and one for consignees.
    pub const fn by_role(shipper: f64, consignee: f64) -> Self {
        Self {
            shipper: RoleStrengths::uniform(shipper),
            consignee: RoleStrengths::uniform(consignee),
        }
    }

    /// The strengths of shipper and consignee on a link with these terms.
    ///
    /// Prepaid: the shipper controls the routing. Collect: the consignee does. A third party:
    /// neither does.
    pub fn on(&self, terms: FreightTerms) -> (f64, f64) {
        match terms {
            FreightTerms::Prepaid => (self.shipper.controls, self.consignee.does_not),
            FreightTerms::Collect => (self.shipper.does_not, self.consignee.controls),
            FreightTerms::ThirdParty => (self.shipper.does_not, self.consignee.does_not),
            FreightTerms::Unknown => (self.shipper.unknown, self.consignee.unknown),
        }
    }

    /// Checks every strength.
    ///
    /// # Errors
    ///
    /// [`CascadeError::Strength`] names the first that is NaN or outside `[0, 1)`.
    pub fn check(&self) -> Result<(), CascadeError> {
        let classes = [
            ("kappa.shipper.controls", self.shipper.controls),
            ("kappa.shipper.does_not", self.shipper.does_not),
            ("kappa.shipper.unknown", self.shipper.unknown),
            ("kappa.consignee.controls", self.consignee.controls),
            ("kappa.consignee.does_not", self.consignee.does_not),
            ("kappa.consignee.unknown", self.consignee.unknown),
        ];
        match classes
            .into_iter()
            .find(|(_, value)| !(0.0..1.0).contains(value))
        {
            Some((field, value)) => Err(CascadeError::Strength { field, value }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_pays_controls_the_routing_and_a_third_party_leaves_it_to_neither() {
        let role = |base: f64| RoleStrengths {
            controls: base + 0.1,
            does_not: base + 0.2,
            unknown: base + 0.3,
        };
        let table = Strengths {
            shipper: role(0.0),
            consignee: role(0.5),
        };
        assert_eq!(table.on(FreightTerms::Prepaid), (0.1, 0.7));
        assert_eq!(table.on(FreightTerms::Collect), (0.2, 0.6));
        assert_eq!(table.on(FreightTerms::ThirdParty), (0.2, 0.7));
        assert_eq!(table.on(FreightTerms::Unknown), (0.3, 0.8));
    }

    #[test]
    fn a_strength_of_one_is_named() {
        let mut table = Strengths::default();
        assert_eq!(table.check(), Ok(()));
        table.consignee.does_not = 1.0;
        assert_eq!(
            table.check().unwrap_err().to_string(),
            "kappa.consignee.does_not: 1: expected a number of at least 0 and below 1"
        );
        table.consignee.does_not = f64::NAN;
        assert!(table.check().is_err());
    }
}
