//! From a plain description of the network to the compact arrays that the solver runs on.

#![expect(
    clippy::indexing_slicing,
    reason = "indices are checked on the way in or come from the layout"
)]

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::check::check;
use super::layout::{Layout, split};
use super::{CascadeError, Strengths};
use crate::shipments::model::FreightTerms;

/// Freight from one customer to another over the trailing window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Index of the shipper.
    pub shipper: u32,
    /// Index of the consignee.
    pub consignee: u32,
    /// Business over the window, 0 or more, in one unit for the whole network.
    pub business: f64,
    /// Contribution margin expected over the horizon; may be negative.
    pub value: f64,
    /// Who pays the freight.
    pub terms: FreightTerms,
}

/// A network at an as-of date, told plainly; the lists have one entry for each customer.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// Own churn: probability that the customer leaves within the horizon by itself.
    pub own_churn: &'a [f64],
    /// Contract business tied to no partner, 0 or more, in the unit of the links' business.
    pub own_business: &'a [f64],
    /// Value tied to no partner; may be negative.
    pub own_value: &'a [f64],
    /// Links in any order; parallel ones and those of opposite direction add up to one tie.
    pub links: &'a [Link],
    /// Strength by class.
    pub strengths: Strengths,
}

/// A tie as one of its two customers sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    /// The customer at the other end.
    pub partner: u32,
    /// Number of the tie.
    pub tie: usize,
    /// Whether the customer is at the lower place of the two: true for one of them, false for the
    /// other.
    pub in_row: bool,
    /// By how much the customer depends on the partner.
    pub weight: f64,
    /// By how much the partner depends on the customer.
    pub partner_weight: f64,
}

/// Who ships on a link, and who pays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub terms: FreightTerms,
    /// Whether the customer at the lower place ships.
    pub from_row: bool,
}

/// Business of a tie, and strength times business of its customers at the lower and at the higher
/// place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pull {
    pub business: f64,
    pub row: f64,
    pub column: f64,
}

impl Pull {
    /// Adds a link.
    pub fn add(&mut self, strengths: &Strengths, kind: Kind, business: f64) {
        let (shipper, consignee) = strengths.on(kind.terms);
        let (row, column) = if kind.from_row {
            (shipper, consignee)
        } else {
            (consignee, shipper)
        };
        self.business += business;
        self.row += row * business;
        self.column += column * business;
    }
}

/// A compiled network: immutable, checked, ready to be solved any number of times.
#[derive(Clone, Debug)]
pub struct Network {
    pub(super) own_churn: Vec<f64>,
    pub(super) own_business: Vec<f64>,
    pub(super) own_value: Vec<f64>,
    /// All business of a customer: links and own.
    pub(super) business: Vec<f64>,
    pub(super) layout: Layout,
    /// By how much the customer of an arc depends on the partner.
    pub(super) weights: Vec<f64>,
    /// By how much the partner depends on the customer.
    pub(super) partner_weights: Vec<f64>,
    /// Slot of each link, as described; what follows is by slot.
    pub(super) slot_of_link: Vec<u32>,
    pub(super) link_business: Vec<f64>,
    pub(super) link_values: Vec<f64>,
    pub(super) link_kinds: Vec<Kind>,
    pub(super) strengths: Strengths,
    /// Customers whose strengths are a multiple of what their classes say.
    pub(super) factors: BTreeMap<u32, f64>,
}

impl Network {
    /// Checks and compiles a description.
    ///
    /// Shares are taken in all business of a customer, own business included; a customer without
    /// any business depends on nobody. O(n log n + m log d) for n customers and m links, d being
    /// the most links of a customer.
    ///
    /// # Errors
    ///
    /// [`CascadeError`] names the first field and index that breaks a rule.
    pub fn compile(description: &Description<'_>) -> Result<Self, CascadeError> {
        check(description)?;
        let links = description.links;
        let mut layout = Layout::of(description.own_churn.len(), links);
        let order = std::mem::take(&mut layout.link_of_slot);
        let by_slot = || order.par_iter().map(|link| &links[*link as usize]);
        let mut slot_of_link = vec![0; links.len()];
        for (slot, link) in (0_u32..).zip(&order) {
            slot_of_link[*link as usize] = slot;
        }
        let mut network = Self {
            own_churn: description.own_churn.to_vec(),
            own_business: description.own_business.to_vec(),
            own_value: description.own_value.to_vec(),
            business: Vec::new(),
            weights: Vec::new(),
            partner_weights: Vec::new(),
            slot_of_link,
            link_business: by_slot().map(|link| link.business).collect(),
            link_values: by_slot().map(|link| link.value).collect(),
            link_kinds: by_slot()
                .map(|link| Kind {
                    terms: link.terms,
                    from_row: layout.places[link.shipper as usize]
                        < layout.places[link.consignee as usize],
                })
                .collect(),
            layout,
            strengths: description.strengths,
            factors: BTreeMap::new(),
        };
        network.weigh();
        Ok(network)
    }

    /// Computes what depends on business, terms and strengths.
    pub(super) fn weigh(&mut self) {
        let layout = &self.layout;
        let factors: BTreeMap<usize, f64> = self
            .factors
            .iter()
            .map(|(customer, factor)| (layout.places[*customer as usize] as usize, *factor))
            .collect();
        let factor = |place: usize| {
            if factors.is_empty() {
                1.0
            } else {
                factors.get(&place).copied().unwrap_or(1.0)
            }
        };
        let of_tie: Vec<Pull> = (0..layout.ties())
            .into_par_iter()
            .with_min_len(4096)
            .map(|tie| self.tie_pull(tie))
            .collect();
        let business: Vec<f64> = (0..self.customers())
            .into_par_iter()
            .with_min_len(256)
            .map(|place| {
                let ties = layout.ties_of(place);
                let customer = layout.customers[place] as usize;
                ties.fold(self.own_business[customer], |sum, tie| {
                    sum + of_tie[tie as usize].business
                })
            })
            .collect();
        let arcs = layout.partners.len();
        let mut weights = vec![0.0; arcs];
        let mut partner_weights = vec![0.0; arcs];
        split(&mut weights, &layout.rows, &layout.cuts)
            .into_par_iter()
            .zip(split(&mut partner_weights, &layout.rows, &layout.cuts))
            .for_each(|((places, weights), (_, partner_weights))| {
                let mut next = weights.iter_mut().zip(partner_weights);
                for place in places {
                    let (total, own_factor) = (business[place], factor(place));
                    let row = layout.row(place);
                    let lowers = layout.lowers(place);
                    let ties = layout.partners[row].iter().zip(layout.ties_of(place));
                    // The slots come last: a zip takes from its left first.
                    for ((at, (partner, tie)), (weight, back)) in
                        ties.enumerate().zip(next.by_ref())
                    {
                        let pull = &of_tie[tie as usize];
                        let partner = *partner as usize;
                        let (own, other) = if at < lowers {
                            (pull.column, pull.row)
                        } else {
                            (pull.row, pull.column)
                        };
                        *weight = own_factor * share(own, total);
                        *back = factor(partner) * share(other, business[partner]);
                    }
                }
            });
        self.business = self.by_customer(&business);
        self.weights = weights;
        self.partner_weights = partner_weights;
    }

    /// Business, and strength times business, summed over a tie's links.
    fn tie_pull(&self, tie: usize) -> Pull {
        let mut sum = Pull::default();
        for slot in self.slots(tie) {
            let (business, kind) = (self.link_business[slot], self.link_kinds[slot]);
            sum.add(&self.strengths, kind, business);
        }
        sum
    }

    /// Slots of a tie's links.
    pub(super) fn slots(&self, tie: usize) -> std::ops::Range<usize> {
        self.layout.slots[tie] as usize..self.layout.slots[tie + 1] as usize
    }

    /// Business of a tie: the sum over its links.
    pub(super) fn tie_business(&self, tie: usize) -> f64 {
        self.link_business[self.slots(tie)].iter().sum()
    }

    /// Value of a tie: the sum over its links.
    #[inline]
    pub(super) fn tie_value(&self, tie: usize) -> f64 {
        // Mostly there are no parallel links, and a look-up less.
        if self.ties() == self.links() {
            return self.link_values[tie];
        }
        self.link_values[self.slots(tie)].iter().sum()
    }

    /// What is listed by customer, by place.
    pub(super) fn by_place<T: Copy + Send + Sync>(&self, list: &[T]) -> Vec<T> {
        let customers = self.layout.customers.par_iter().with_min_len(4096);
        customers.map(|customer| list[*customer as usize]).collect()
    }

    /// What is listed by place, by customer.
    pub(super) fn by_customer<T: Copy + Send + Sync>(&self, list: &[T]) -> Vec<T> {
        let places = self.layout.places.par_iter().with_min_len(4096);
        places.map(|place| list[*place as usize]).collect()
    }

    /// The index of a customer, if there is such a customer.
    pub(super) fn known(&self, customer: u32) -> Result<usize, CascadeError> {
        let (customer, customers) = (customer as usize, self.customers());
        if customer < customers {
            Ok(customer)
        } else {
            Err(CascadeError::UnknownCustomer {
                customer,
                customers,
            })
        }
    }

    /// The slot of a link, if there is such a link.
    pub(super) fn known_link(&self, link: u32) -> Result<usize, CascadeError> {
        let slot = self.slot_of_link.get(link as usize);
        slot.map(|slot| *slot as usize)
            .ok_or(CascadeError::UnknownLink {
                link: link as usize,
                links: self.links(),
            })
    }

    /// Number of customers.
    pub fn customers(&self) -> usize {
        self.own_churn.len()
    }

    /// Number of links, as described.
    pub fn links(&self) -> usize {
        self.slot_of_link.len()
    }

    /// Number of ties: pairs of customers that do business with each other.
    pub fn ties(&self) -> usize {
        self.layout.ties()
    }

    /// Memory that the network takes, in bytes.
    pub fn bytes(&self) -> usize {
        let layout = &self.layout;
        let of_customers = 8 * (4 * self.customers() + layout.rows.len() + layout.cuts.len())
            + 4 * (layout.places.len() + layout.customers.len() + layout.uppers.len());
        let of_ties = 4 * (layout.partners.len() + layout.lower_ties.len() + layout.slots.len())
            + 8 * (self.weights.len() + self.partner_weights.len());
        of_customers + of_ties + self.links() * (4 + 8 + 8 + size_of::<Kind>())
    }

    /// Own churn of each customer, as described.
    pub fn own_churn(&self) -> &[f64] {
        &self.own_churn
    }

    /// Value of each customer that is tied to no partner, as described.
    pub(super) fn own_values(&self) -> &[f64] {
        &self.own_value
    }

    /// The same network with other values: what `revise` makes of each customer's own and of the sum
    /// of each tie.
    pub(super) fn revalued(&self, revise: impl Fn(f64) -> f64) -> Self {
        let mut network = self.clone();
        for value in &mut network.own_value {
            *value = revise(*value);
        }
        for tie in 0..self.ties() {
            let sum = revise(self.tie_value(tie));
            let slots = &mut network.link_values[self.slots(tie)];
            slots.fill(0.0);
            if let Some(first) = slots.first_mut() {
                *first = sum;
            }
        }
        network
    }

    /// All business of a customer, links and own; `None` if there is no such customer.
    pub fn business(&self, customer: usize) -> Option<f64> {
        self.business.get(customer).copied()
    }

    /// The ties of a customer, in an order that is always the same.
    pub(super) fn sides(&self, customer: usize) -> impl Iterator<Item = Side> + '_ {
        let place = self.layout.places[customer] as usize;
        let row = self.layout.row(place);
        let lowers = self.layout.lowers(place);
        let weights = self.weights[row.clone()]
            .iter()
            .zip(&self.partner_weights[row.clone()]);
        let partners = self.layout.partners[row]
            .iter()
            .zip(self.layout.ties_of(place));
        partners.zip(weights).enumerate().map(
            move |(at, ((partner, tie), (weight, partner_weight)))| Side {
                partner: self.layout.customers[*partner as usize],
                tie: tie as usize,
                in_row: at >= lowers,
                weight: *weight,
                partner_weight: *partner_weight,
            },
        )
    }
}

pub(super) fn share(part: f64, total: f64) -> f64 {
    if total > 0.0 { part / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(shipper: u32, consignee: u32, business: f64) -> Link {
        Link {
            shipper,
            consignee,
            business,
            value: 1.0,
            terms: FreightTerms::Unknown,
        }
    }

    fn described<'a>(own: &'a [f64], zeros: &'a [f64], links: &'a [Link]) -> Description<'a> {
        Description {
            own_churn: own,
            own_business: zeros,
            own_value: zeros,
            links,
            strengths: Strengths::by_role(0.5, 0.8),
        }
    }

    fn refusal(own: &[f64], zeros: &[f64], links: &[Link]) -> String {
        Network::compile(&described(own, zeros, links))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn links_both_ways_and_in_parallel_are_one_tie_whose_weights_add() {
        let links = [
            link(0, 1, 20.0),
            link(1, 0, 30.0),
            link(0, 1, 10.0),
            link(2, 0, 40.0),
        ];
        let network = Network::compile(&described(&[0.1; 3], &[0.0; 3], &links)).unwrap();

        assert_eq!((network.links(), network.ties()), (4, 2));
        // Customer 0 ships 30 and receives 30 of its 100 in this tie: 0.5 * 0.3 + 0.8 * 0.3.
        let side = network.sides(0).next().unwrap();
        assert!((side.weight - 0.39).abs() < 1e-12);
        // Customer 1 receives 30 and ships 30 of its 60: 0.8 * 0.5 + 0.5 * 0.5.
        assert!((side.partner_weight - 0.65).abs() < 1e-12);
        // Customer 2 sees customer 0 from its column.
        let side = network.sides(2).next().unwrap();
        assert_eq!((side.partner, side.in_row), (0, false));
        assert!((side.weight - 0.5).abs() < 1e-12);
    }

    #[test]
    fn zero_business_makes_nobody_depend_on_anybody() {
        let links = [link(0, 1, 0.0)];
        let network = Network::compile(&described(&[0.1; 2], &[0.0; 2], &links)).unwrap();
        assert!(network.sides(0).all(|side| side.weight == 0.0));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_index() {
        let fine = [link(0, 1, 1.0)];
        for (text, expected) in [
            (refusal(&[0.1, 1.5], &[0.0; 2], &fine), "own[1]: 1.5"),
            (refusal(&[f64::NAN, 0.5], &[0.0; 2], &fine), "own[0]: NaN"),
            (refusal(&[0.1; 2], &[0.0; 3], &fine), "own_business: has 3"),
            (refusal(&[0.1; 2], &[f64::NAN; 2], &fine), "own_business[0]"),
            (
                refusal(&[0.1; 2], &[0.0; 2], &[link(0, 2, 1.0)]),
                "links[0].consignee: there is no customer 2",
            ),
            (
                refusal(&[0.1; 2], &[0.0; 2], &[link(1, 1, 1.0)]),
                "links[0]: customer 1 ships to itself",
            ),
            (
                refusal(&[0.1; 2], &[0.0; 2], &[link(0, 1, -1.0)]),
                "links[0].business: -1",
            ),
            (
                refusal(&[0.1; 2], &[0.0; 2], &[link(0, 1, f64::INFINITY)]),
                "links[0].business: inf",
            ),
        ] {
            assert!(text.starts_with(expected), "{text}");
        }
    }
}
