//! What went over a link, and what business is measured in.

use chrono::NaiveDate;
use serde::Serialize;

use crate::ids::CustomerId;

crate::word_enum! {
    /// What business is measured in, for the whole network at once.
    BusinessBasis {
        /// Freight billed, minor units.
        Revenue = "revenue",
        /// Kilograms.
        Weight = "weight",
        /// Number of shipments.
        Shipments = "shipments",
    }
}

/// What went over a link (shipper to consignee) within some days. Cancelled and deleted shipments
/// do not count. Amounts are minor units of the reporting currency, summed over the shipments for
/// which they are known; `…_known` says how many those are.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LinkMeasures {
    /// Who hands the goods over.
    #[serde(rename = "shipper_id")]
    #[schema(value_type = i64)]
    pub shipper: CustomerId,
    /// Who receives them.
    #[serde(rename = "consignee_id")]
    #[schema(value_type = i64)]
    pub consignee: CustomerId,
    /// Shipments, 1 or more.
    pub shipments: u32,
    /// Freight billed, minor units; credits lower it.
    pub revenue: i64,
    /// Shipments whose revenue is known.
    pub revenue_known: u32,
    /// Revenue less direct cost, minor units, where both are known.
    pub margin: i64,
    /// Shipments whose revenue and direct cost are known.
    pub margin_known: u32,
    /// Weight, kilograms.
    pub weight_kg: f64,
    /// Shipments whose weight is known.
    pub weight_known: u32,
    /// Value of the goods, minor units.
    pub goods_value: i64,
    /// Shipments that came after the promised end.
    pub late: u32,
    /// Shipments of which it is known whether they were late.
    pub late_known: u32,
    /// Shipments that were damaged.
    pub damaged: u32,
    /// Shipments of which it is known whether they were damaged.
    pub damaged_known: u32,
    /// Shipments that came complete.
    pub in_full: u32,
    /// Shipments of which it is known whether they came complete.
    pub in_full_known: u32,
    /// Shipments whose freight the shipper pays.
    pub prepaid: u32,
    /// Shipments whose freight the consignee pays.
    pub collect: u32,
    /// Shipments whose freight somebody else pays. Who pays the rest is not known.
    pub third_party: u32,
    /// Day of the first shipment that counts.
    pub first_on: NaiveDate,
    /// Day of the last.
    pub last_on: NaiveDate,
}

/// A sum is too large for its type: amounts in the database make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {measure} of the link from {shipper} to {consignee} is beyond all measure")]
pub struct TooMuch {
    measure: &'static str,
    shipper: CustomerId,
    consignee: CustomerId,
}

impl LinkMeasures {
    /// The customers at both ends: shipper, consignee.
    pub fn ends(&self) -> (CustomerId, CustomerId) {
        (self.shipper, self.consignee)
    }

    /// Shipments of which it is not known who pays the freight.
    pub fn terms_unknown(&self) -> u32 {
        self.shipments
            .saturating_sub(self.prepaid)
            .saturating_sub(self.collect)
            .saturating_sub(self.third_party)
    }

    /// The business of the link in `basis` (minor units, kilograms or shipments), never negative:
    /// a link whose credits outweigh what was billed has none.
    pub fn business(&self, basis: BusinessBasis) -> f64 {
        match basis {
            BusinessBasis::Revenue => self.revenue.max(0) as f64,
            BusinessBasis::Weight => self.weight_kg.max(0.0),
            BusinessBasis::Shipments => f64::from(self.shipments),
        }
    }

    /// Adds what went over the same link on other days.
    ///
    /// # Errors
    ///
    /// [`TooMuch`] if a sum does not fit; `self` is then of no use.
    pub fn absorb(&mut self, other: &Self) -> Result<(), TooMuch> {
        let (shipper, consignee) = self.ends();
        let too_much = |measure| TooMuch {
            measure,
            shipper,
            consignee,
        };
        macro_rules! add {
            ($($measure:ident)*) => { $(
                self.$measure = self
                    .$measure
                    .checked_add(other.$measure)
                    .ok_or_else(|| too_much(stringify!($measure)))?;
            )* };
        }
        add!(shipments revenue revenue_known margin margin_known weight_known goods_value);
        add!(late late_known damaged damaged_known in_full in_full_known);
        add!(prepaid collect third_party);
        self.weight_kg += other.weight_kg;
        self.first_on = self.first_on.min(other.first_on);
        self.last_on = self.last_on.max(other.last_on);
        Ok(())
    }
}

/// What business is measured in over the whole network at once: the configured basis, or the
/// first of revenue and weight that links with at least 80 % of the shipments have, else the
/// number of shipments. A link has a measure if its total is positive: what one line of a
/// consignment bears for the others still counts once.
///
/// 80 % is a design choice: below it, links whose source tells no amounts would look too small to
/// depend on. The basis is never mixed within a network.
pub fn choose_basis(links: &[LinkMeasures], configured: Option<BusinessBasis>) -> BusinessBasis {
    if let Some(basis) = configured {
        return basis;
    }
    let shipments = |wanted: &dyn Fn(&LinkMeasures) -> bool| -> u64 {
        let counted = links.iter().filter(|link| wanted(link));
        counted.map(|link| u64::from(link.shipments)).sum()
    };
    let all = shipments(&|_| true);
    let fits = |basis: &BusinessBasis| {
        let measured = shipments(&|link| link.business(*basis) > 0.0);
        measured > 0 && measured.saturating_mul(5) >= all.saturating_mul(4)
    };
    [BusinessBasis::Revenue, BusinessBasis::Weight]
        .into_iter()
        .find(fits)
        .unwrap_or(BusinessBasis::Shipments)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// So many shipments over a link, each billed at 1.00 and of 2 kg, on 2026-01-15.
    pub fn link(shipper: i64, consignee: i64, shipments: u32) -> LinkMeasures {
        let day = NaiveDate::from_ymd_opt(2026, 1, 15).unwrap();
        LinkMeasures {
            shipper: CustomerId(shipper),
            consignee: CustomerId(consignee),
            shipments,
            revenue: 100 * i64::from(shipments),
            revenue_known: shipments,
            margin: 20 * i64::from(shipments),
            margin_known: shipments,
            weight_kg: 2.0 * f64::from(shipments),
            weight_known: shipments,
            goods_value: 0,
            late: 0,
            late_known: 0,
            damaged: 0,
            damaged_known: 0,
            in_full: 0,
            in_full_known: 0,
            prepaid: shipments,
            collect: 0,
            third_party: 0,
            first_on: day,
            last_on: day,
        }
    }

    #[test]
    fn the_basis_is_the_first_that_links_with_four_fifths_of_the_shipments_have() {
        let known = |shipments, (revenue, weight): (i64, f64)| {
            let mut other = link(3, 4, shipments);
            (other.revenue, other.weight_kg) = (revenue, weight);
            choose_basis(&[link(1, 2, 8), other], None)
        };
        // 8 of 10 shipments are 80 %, 8 of 11 are not.
        assert_eq!(known(2, (0, 0.0)), BusinessBasis::Revenue);
        assert_eq!(known(3, (0, 1.0)), BusinessBasis::Weight);
        assert_eq!(known(3, (0, 0.0)), BusinessBasis::Shipments);
        // What one line of a consignment bears for the others makes its link known.
        assert_eq!(known(3, (1, 0.0)), BusinessBasis::Revenue);
    }

    #[test]
    fn a_basis_without_any_amount_is_passed_over_and_a_configured_one_holds() {
        let mut free = link(1, 2, 5);
        free.revenue = 0;
        assert_eq!(choose_basis(&[free.clone()], None), BusinessBasis::Weight);
        free.weight_kg = 0.0;
        assert_eq!(
            choose_basis(&[free.clone()], None),
            BusinessBasis::Shipments
        );
        assert_eq!(
            choose_basis(&[free], Some(BusinessBasis::Revenue)),
            BusinessBasis::Revenue
        );
        assert_eq!(choose_basis(&[], None), BusinessBasis::Shipments);
    }

    #[test]
    fn credits_that_outweigh_what_was_billed_are_no_business() {
        let mut credited = link(1, 2, 5);
        credited.revenue = -700;
        assert!(credited.business(BusinessBasis::Revenue).abs() < f64::EPSILON);
        assert!((credited.business(BusinessBasis::Weight) - 10.0).abs() < f64::EPSILON);
    }

    #[test]
    fn measures_of_other_days_add_up_and_days_widen() {
        let mut sum = link(1, 2, 5);
        let mut later = link(1, 2, 3);
        later.last_on = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
        sum.absorb(&later).unwrap();
        assert_eq!((sum.shipments, sum.revenue, sum.margin), (8, 800, 160));
        assert!((sum.weight_kg - 16.0).abs() < f64::EPSILON);
        assert_eq!(sum.first_on.to_string(), "2026-01-15");
        assert_eq!(sum.last_on.to_string(), "2026-02-28");

        later.revenue = i64::MAX;
        let error = sum.absorb(&later).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("revenue of the link from 1 to 2")
        );
    }
}
