//! Who ships to whom, how often, on which terms.

use std::collections::HashSet;

use super::{
    customers::{DemoCustomer, Profile},
    dice::{Dice, Part, Urn},
    places::Distance,
    plan::DemoPlan,
    sectors::SECTORS,
    shipments::Calendar,
};
use crate::shipments::model::{FreightTerms, Incoterm, Service};

/// A shipper that sends to a consignee through us.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoLink {
    /// Position of the shipper in [`super::DemoWorld::customers`].
    pub shipper: u32,
    /// Position of the consignee; never the shipper's.
    pub consignee: u32,
    /// Position of the payer, where it is neither of the two.
    pub payer: Option<u32>,
    /// Who controls the routing.
    pub freight_terms: FreightTerms,
    /// Delivery term, where there is one.
    pub incoterm: Option<Incoterm>,
    /// What is done most of the time.
    pub service: Service,
    /// Freight of a year at full pace, relative to that of other links.
    pub business: f64,
    /// How many shipments history has, 1 at least.
    pub shipments: u32,
    /// Orders at full pace, relative to other links.
    pub(super) pace: f64,
    /// Usual weight of a shipment, kg.
    pub(super) weight_kg: f64,
    /// Days of history: the first, the one from which little is ordered, the one after the last.
    pub(super) days: [u32; 3],
}

/// Shape of the Gamma law of order rates over links.
const RATE_SHAPE: f64 = 0.8;
/// Days between a link's last booking and the day its first end is gone, so that nothing is picked
/// up from that day on.
const LAST_BOOKING: u32 = 5;
/// Draws in proportion to pull before a pair is drawn evenly, as the large ones are used up.
const PATIENCE: u32 = 40;

/// Draws all links: first one for every customer, then by the pull of both ends.
pub(super) fn draw(
    plan: &DemoPlan,
    customers: &[DemoCustomer],
    profiles: &[Profile],
) -> Vec<DemoLink> {
    let mut dice = Dice::new(plan.seed(), Part::Links);
    let shippers = Side::new(customers, profiles, |customer| customer.role.ships());
    let consignees = Side::new(customers, profiles, |customer| customer.role.receives());
    let mut linked = vec![false; customers.len()];
    let mut known = HashSet::with_capacity(plan.links());
    let mut pairs = Vec::with_capacity(plan.links());

    for (number, customer) in (0_u32..).zip(customers) {
        if linked.get(number as usize) == Some(&true) {
            continue;
        }
        let pair = loop {
            let pair = if customer.role.ships() {
                (number, consignees.draw(&mut dice))
            } else {
                (shippers.draw(&mut dice), number)
            };
            if pair.0 != pair.1 && known.insert(pair) {
                break pair;
            }
        };
        for end in [pair.0, pair.1] {
            if let Some(seen) = linked.get_mut(end as usize) {
                *seen = true;
            }
        }
        pairs.push(pair);
    }
    while pairs.len() < plan.links() {
        let mut tries = 0;
        pairs.push(loop {
            tries += 1;
            let pair = if tries <= PATIENCE {
                (shippers.draw(&mut dice), consignees.draw(&mut dice))
            } else {
                (shippers.any(&mut dice), consignees.any(&mut dice))
            };
            if pair.0 != pair.1 && known.insert(pair) {
                break pair;
            }
        });
    }
    pairs
        .into_iter()
        .map(|pair| link(pair, profiles, &mut dice))
        .collect()
}

/// The customers that can stand on one end of a link.
struct Side {
    numbers: Vec<u32>,
    urn: Urn,
}

impl Side {
    fn new(
        customers: &[DemoCustomer],
        profiles: &[Profile],
        stands_here: impl Fn(&DemoCustomer) -> bool,
    ) -> Self {
        let (numbers, pulls): (Vec<_>, Vec<_>) = (0_u32..)
            .zip(customers.iter().zip(profiles))
            .filter(|(_, (customer, _))| stands_here(customer))
            .map(|(number, (_, profile))| (number, profile.pull))
            .unzip();
        Self {
            numbers,
            urn: Urn::new(pulls.into_iter()),
        }
    }

    /// One of them, in proportion to pull.
    #[expect(
        clippy::indexing_slicing,
        reason = "the urn has an entry for each number"
    )]
    fn draw(&self, dice: &mut Dice) -> u32 {
        self.numbers[self.urn.draw(dice)]
    }

    /// One of them, each as likely as the other.
    fn any(&self, dice: &mut Dice) -> u32 {
        *dice.pick(&self.numbers)
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "ends of a link are numbers of customers"
)]
fn link(pair: (u32, u32), profiles: &[Profile], dice: &mut Dice) -> DemoLink {
    let (shipper, consignee) = (&profiles[pair.0 as usize], &profiles[pair.1 as usize]);
    let sector = &SECTORS[shipper.sector];
    let (freight_terms, incoterm) = terms(dice);
    let payer = (freight_terms == FreightTerms::ThirdParty)
        .then(|| dice.below(u32::try_from(profiles.len()).unwrap_or(u32::MAX)))
        .filter(|&payer| payer != pair.0 && payer != pair.1);
    let service = if dice.chance(0.8) {
        sector.services[0]
    } else {
        *dice.pick(&sector.services)
    };
    let weight_kg = sector.weight_kg * dice.between(0.4, 1.6);
    let pace = dice.gamma(RATE_SHAPE);
    DemoLink {
        shipper: pair.0,
        consignee: pair.1,
        payer,
        freight_terms,
        incoterm,
        service,
        business: pace * tariff(Distance::between(shipper.place, consignee.place), weight_kg),
        shipments: 0,
        pace,
        weight_kg,
        days: [0; 3],
    }
}

/// Who pays, and the delivery term that says so.
fn terms(dice: &mut Dice) -> (FreightTerms, Option<Incoterm>) {
    const USUAL: &[Incoterm] = &[
        Incoterm::Exw,
        Incoterm::Fca,
        Incoterm::Fca,
        Incoterm::Fob,
        Incoterm::Fob,
        Incoterm::Cif,
        Incoterm::Cpt,
        Incoterm::Cip,
        Incoterm::Dap,
        Incoterm::Dap,
        Incoterm::Dap,
        Incoterm::Ddp,
    ];
    match dice.below(100) {
        0..4 => (FreightTerms::ThirdParty, None),
        4..10 => (FreightTerms::Unknown, None),
        _ => {
            let term = *dice.pick(USUAL);
            (term.freight_terms(), Some(term))
        }
    }
}

/// What the tariff asks for a shipment, minor units.
pub(super) fn tariff(distance: Distance, weight_kg: f64) -> f64 {
    let (least, per_kg) = distance.tariff();
    let root = weight_kg.sqrt();
    least + per_kg * root * root.sqrt()
}

/// Gives every link its days and its shipments: one each, the others by pace and time.
#[expect(
    clippy::indexing_slicing,
    reason = "ends of a link are numbers of customers"
)]
pub(super) fn schedule(plan: &DemoPlan, profiles: &[Profile], links: &mut [DemoLink]) {
    let calendar = Calendar::new(plan);
    let last = plan.days();
    let mut sum = 0.0;
    let demand: Vec<f64> = links
        .iter_mut()
        .map(|link| {
            let ends = [link.shipper, link.consignee].map(|end| &profiles[end as usize]);
            let from = ends.map(|end| end.starts).into_iter().max().unwrap_or(0);
            let gone = ends.iter().filter_map(|end| end.leaves).min();
            let until = gone.map_or(last, |day| day.saturating_sub(LAST_BOOKING).max(from + 1));
            let fades = ends.iter().filter_map(|end| end.fades).min();
            let fades = fades.unwrap_or(until).clamp(from, until);
            link.days = [from, fades, until];
            sum += link.pace * calendar.length(link.days);
            sum
        })
        .collect();
    let spare = (plan.shipments() - links.len()) as f64;
    let mut given = 0;
    for (link, demanded) in links.iter_mut().zip(demand) {
        let upto = whole(spare * (demanded / sum));
        link.shipments = 1 + (upto - given);
        given = upto;
    }
}

/// The whole part of a number of shipments.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a plan has 0 to 2 billion shipments"
)]
fn whole(number: f64) -> u32 {
    number as u32
}
