//! Links of a run as the cascade takes them, and what they come to for each customer.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use super::super::model::{BusinessBasis, ValueBasis};
use super::Scope;
use crate::cascade::Link;
use crate::ids::CustomerId;
use crate::network::LinkMeasures;
use crate::shipments::model::FreightTerms;

/// Share of shipments whose amount must be known for it to be the network's measure. Default.
const KNOWN_SHARE: f64 = 0.8;

pub(super) fn choose_value_basis(links: &[LinkMeasures], basis: BusinessBasis) -> ValueBasis {
    let sum = |count: fn(&LinkMeasures) -> u32| {
        links.iter().map(|link| f64::from(count(link))).sum::<f64>()
    };
    let shipments = sum(|link| link.shipments);
    if shipments > 0.0 && sum(|link| link.margin_known) >= KNOWN_SHARE * shipments {
        ValueBasis::Margin
    } else if basis == BusinessBasis::Revenue {
        ValueBasis::Revenue
    } else {
        ValueBasis::Business
    }
}

/// The terms under which most of a link's shipments went; a tie is unknown.
pub(in crate::assessment) fn terms(link: &LinkMeasures) -> FreightTerms {
    let counted = [
        (link.prepaid, FreightTerms::Prepaid),
        (link.collect, FreightTerms::Collect),
        (link.third_party, FreightTerms::ThirdParty),
    ];
    let half = link.shipments / 2;
    counted
        .into_iter()
        .find(|(count, _)| *count > half)
        .map_or(FreightTerms::Unknown, |(_, terms)| terms)
}

pub(super) fn compiled_links(
    links: &[LinkMeasures],
    index: &HashMap<CustomerId, u32>,
    (basis, value_basis): (BusinessBasis, ValueBasis),
    horizon_share: f64,
) -> Vec<Link> {
    links
        .iter()
        .filter_map(|link| {
            // A link inside the window makes both ends customers of the run; see `Inputs`.
            let (shipper, consignee) = (index.get(&link.shipper)?, index.get(&link.consignee)?);
            // Credits may outweigh what was billed; a share cannot be negative.
            let business = link.business(basis).max(0.0);
            let value = match value_basis {
                ValueBasis::Margin => link.margin as f64,
                ValueBasis::Revenue => link.revenue as f64,
                ValueBasis::Business => business,
            };
            Some(Link {
                shipper: *shipper,
                consignee: *consignee,
                business,
                value: value * horizon_share,
                terms: terms(link),
            })
        })
        .collect()
}

/// What the links of a customer come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    pub business: f64,
    pub value: f64,
    pub value_at_risk: f64,
    pub ships: bool,
    pub receives: bool,
    /// Partners, each with whether it was silent for a whole horizon.
    pub partners: Vec<(u32, bool)>,
}

pub(super) fn sides(
    measures: &[LinkMeasures],
    links: &[Link],
    link_loss: &[f64],
    customers: usize,
    scope: &Scope,
) -> Vec<Side> {
    let mut sides = vec![Side::default(); customers];
    let horizon = Days::new(u64::from(scope.horizon_weeks) * 7);
    let silent_before = scope
        .as_of
        .checked_sub_days(horizon)
        .unwrap_or(NaiveDate::MIN);
    for ((measure, link), loss) in measures.iter().zip(links).zip(link_loss) {
        let silent = measure.last_on < silent_before;
        for (at, partner, ships) in [
            (link.shipper, link.consignee, true),
            (link.consignee, link.shipper, false),
        ] {
            let Some(side) = sides.get_mut(at as usize) else {
                continue;
            };
            side.business += link.business;
            side.value += link.value;
            side.value_at_risk += link.value * loss;
            side.ships |= ships;
            side.receives |= !ships;
            side.partners.push((partner, silent));
        }
    }
    sides
}
