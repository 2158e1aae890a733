//! What if: the cascade after a set of changes, found from the answer before them.

#![expect(
    clippy::indexing_slicing,
    reason = "customers and links are checked on the way in; places come from a compiled network"
)]

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::adjoint::check_match;
use super::changes::Revision;
use super::compile::share;
use super::push::{OtherTie, Push};
use super::solution::SMALLEST_EPS;
use super::solve::{error_bound, solve_from};
use super::system::Coupling;
use super::{CascadeError, Network, Options, Report, Solution, Strengths};
use crate::shipments::model::FreightTerms;

/// One thing that is taken to be otherwise than described.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Own churn of a customer: 1 takes it as lost, 0 as protected.
    OwnChurn {
        /// Index of the customer.
        customer: u32,
        /// Probability, in `[0, 1]`.
        probability: f64,
    },
    /// Strengths of everybody.
    Strengths(Strengths),
    /// Strength of one customer in all its roles, as a multiple of what its classes say.
    CustomerStrength {
        /// Index of the customer.
        customer: u32,
        /// At least 0, and no strength may come to 1 by it.
        factor: f64,
    },
    /// Business of a link.
    LinkBusiness {
        /// Index of the link, in the order of the description.
        link: u32,
        /// 0 or more, in the unit of the description.
        business: f64,
    },
    /// Value of a link.
    LinkValue {
        /// Index of the link, in the order of the description.
        link: u32,
        /// May be negative.
        value: f64,
    },
    /// Freight terms of a link.
    LinkTerms {
        /// Index of the link, in the order of the description.
        link: u32,
        /// Who pays the freight.
        terms: FreightTerms,
    },
}

/// A customer that a set of changes moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affected {
    /// Index of the customer.
    pub customer: u32,
    /// Churn probability before the changes.
    pub churn_before: f64,
    /// Churn probability after them.
    pub churn_after: f64,
    /// Expected value kept before: its links' and its own. A link counts with both its ends.
    pub value_before: f64,
    /// Expected value kept after.
    pub value_after: f64,
}

/// What a set of changes comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Expected loss of value before.
    pub expected_loss_before: f64,
    /// Expected loss of value after.
    pub expected_loss_after: f64,
    /// Who moves, the largest change of expected value first, then by index.
    pub affected: Vec<Affected>,
    /// Customers whose churn was computed anew.
    pub touched: usize,
    /// How the iteration ended.
    pub report: Report,
}

/// Answers what-ifs on one network and its solution, one after the other.
///
/// Opening it takes memory and time in proportion to the customers; a question after that only in
/// proportion to what it touches.
#[derive(Clone, Debug)]
pub struct Session<'a> {
    network: &'a Network,
    solution: &'a Solution,
    /// 1 - own churn, by place.
    stay: Vec<f64>,
    push: Push<'a>,
}

impl<'a> Session<'a> {
    /// Prepares for questions about one network and its solution.
    ///
    /// # Errors
    ///
    /// [`CascadeError::Length`] if the solution is of a network of another size.
    pub fn new(network: &'a Network, solution: &'a Solution) -> Result<Self, CascadeError> {
        check_match(network, solution)?;
        let stay: Vec<f64> = network
            .by_place(&solution.own)
            .iter()
            .map(|own| 1.0 - own)
            .collect();
        Ok(Self {
            network,
            solution,
            push: Push::new(network, stay.iter().copied()),
            stay,
        })
    }

    /// The cascade with all `changes` together; what moves a customer's churn by no more than `eps`
    /// is not followed. A later change of the same thing replaces an earlier one.
    ///
    /// Starts from the answer before, so that only what moves is touched; where that is much of the
    /// network, or if the strengths of everybody change, it solves anew from that answer instead.
    ///
    /// # Errors
    ///
    /// [`CascadeError`] names the change that breaks a rule; [`CascadeError::Tolerance`].
    pub fn what_if(&mut self, changes: &[Change], eps: f64) -> Result<Outcome, CascadeError> {
        if !(eps.is_finite() && eps >= SMALLEST_EPS) {
            return Err(CascadeError::Tolerance(eps));
        }
        let revision = Revision::of(self.network, changes)?;
        let nearby = self.nearby(&revision, eps);
        self.push.forget();
        Ok(nearby.unwrap_or_else(|| self.anew(&revision, eps)))
    }

    /// Pushes the changes outward; `None` if they reach too far.
    fn nearby(&mut self, revision: &Revision, eps: f64) -> Option<Outcome> {
        self.prepare(revision, eps)?;
        let budget = 10_000 + self.network.layout.partners.len();
        if !self.push.run(eps, budget) {
            return None;
        }
        let mut loss = Sum::default();
        let mut affected = Vec::new();
        let revised: BTreeSet<u32> = self.ends(revision).into_iter().collect();
        for place in self.push.touched() {
            let change = self.compare(*place as usize, revision, &mut loss);
            let moved = (change.churn_after - change.churn_before).abs() > eps;
            let value_moved = change.value_after.to_bits() != change.value_before.to_bits();
            if moved || (value_moved && revised.contains(place)) {
                affected.push(change);
            }
        }
        Some(Outcome {
            expected_loss_before: self.solution.expected_loss,
            expected_loss_after: self.solution.expected_loss + loss.0,
            affected: sorted(affected),
            touched: self.push.touched().len(),
            report: Report {
                sweeps: 0,
                change: eps,
                error_bound: error_bound(eps, 1.0 - self.push.pull.max(self.solution.pull)),
                converged: true,
            },
        })
    }

    /// Tells the work list what is otherwise and what that leaves of the equations; `None` if it
    /// cannot be told as a change of few.
    fn prepare(&mut self, revision: &Revision, eps: f64) -> Option<()> {
        if revision.strengths.is_some() {
            return None;
        }
        let changed = self.change_weights(revision)?;
        let solution = self.solution;
        for place in &changed {
            let place = *place as usize;
            let customer = self.network.layout.customers[place];
            let mine = solution.placed[place];
            let own = revision
                .own
                .get(&customer)
                .map_or(0.0, |own| own - solution.own[customer as usize]);
            let mut left = own;
            let mut others = Vec::new();
            for ((partner, then), (_, before)) in self.push.arcs(place).zip(self.arcs(place)) {
                let theirs = solution.placed[partner];
                left += then.pull * then.received(mine, theirs)
                    - before.pull * before.received(mine, theirs);
                if !changed.contains(&u32::try_from(partner).unwrap_or(u32::MAX)) {
                    others.push((
                        partner,
                        then.back * then.sent(mine, theirs)
                            - before.back * before.sent(mine, theirs),
                    ));
                }
            }
            self.push.touch(place);
            self.push.add(place, left, eps);
            for (partner, left) in others {
                self.push.add(partner, left, eps);
            }
        }
        Some(())
    }

    /// Sets own churn and weights; answers the places where any is otherwise.
    fn change_weights(&mut self, revision: &Revision) -> Option<BTreeSet<u32>> {
        let (network, layout) = (self.network, &self.network.layout);
        let place_of = |customer: u32| layout.places[customer as usize];
        let mut changed: BTreeSet<u32> = revision
            .own
            .keys()
            .chain(revision.factors.keys())
            .map(|customer| place_of(*customer))
            .collect();
        let ends = self.ends(revision);
        changed.extend(&ends);
        // Business of the ends: all of it is summed anew, so that nothing is lost to rounding.
        let ties: BTreeMap<u32, (u32, u32)> = revision
            .links
            .keys()
            .map(|slot| self.tie_at(*slot))
            .collect();
        let mut scales = BTreeMap::new();
        for place in &changed {
            let customer = layout.customers[*place as usize];
            let before = network.business[customer as usize];
            let after = if ends.contains(place) {
                self.business(*place as usize, revision)
            } else {
                before
            };
            let factor = network.factors.get(&customer).copied().unwrap_or(1.0);
            let new_factor = revision.factors.get(&customer).copied().unwrap_or(factor);
            if factor == 0.0 && new_factor > 0.0 {
                return None;
            }
            let multiple = if factor > 0.0 {
                new_factor / factor
            } else {
                1.0
            };
            // All business is in the ties that change if there was none before.
            let scale = multiple
                * if before > 0.0 {
                    share(before, after)
                } else {
                    1.0
                };
            let own = revision.own.get(&customer).copied();
            let stay = own.map_or(self.stay[*place as usize], |own| 1.0 - own);
            self.push.set_follow(*place as usize, stay * scale);
            scales.insert(*place, (factor, if before > 0.0 { before } else { after }));
        }
        for (tie, places) in ties {
            let pull = revision.tie_pull(network, tie as usize);
            let weight = |place: u32, pull: f64| {
                scales
                    .get(&place)
                    .map_or(0.0, |(factor, business)| factor * share(pull, *business))
            };
            self.push.set_tie(OtherTie {
                places,
                weights: (weight(places.0, pull.row), weight(places.1, pull.column)),
            });
        }
        Some(changed)
    }

    /// Tie of the link in a slot, and the places of its customers.
    fn tie_at(&self, slot: usize) -> (u32, (u32, u32)) {
        let layout = &self.network.layout;
        let tie = layout
            .slots
            .partition_point(|first| *first as usize <= slot)
            - 1;
        let row = layout
            .uppers
            .partition_point(|first| *first as usize <= tie)
            - 1;
        let at = layout.rows[row] + layout.lowers(row) + tie - layout.uppers[row] as usize;
        let narrow = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        (narrow(tie), (narrow(row), layout.partners[at]))
    }

    /// Places of the customers of revised links.
    fn ends(&self, revision: &Revision) -> Vec<u32> {
        let ties = revision.links.keys().map(|slot| self.tie_at(*slot));
        ties.flat_map(|(_, (row, column))| [row, column]).collect()
    }

    /// All business of a customer after the changes.
    fn business(&self, place: usize, revision: &Revision) -> f64 {
        let customer = self.network.layout.customers[place] as usize;
        let ties = self.network.layout.ties_of(place);
        ties.fold(self.network.own_business[customer], |sum, tie| {
            sum + revision.tie_pull(self.network, tie as usize).business
        })
    }

    /// Partner and coupling of each arc of a customer, before any change.
    fn arcs(&self, place: usize) -> impl Iterator<Item = (usize, Coupling)> + '_ {
        arcs(self.network, &self.stay, place)
    }

    /// A touched customer before and after; adds what its links and its own value add to the loss.
    fn compare(&self, place: usize, revision: &Revision, loss: &mut Sum) -> Affected {
        let (network, placed) = (self.network, &self.solution.placed);
        let customer = network.layout.customers[place];
        let before = placed[place];
        let after = (before + self.push.delta(place)).clamp(0.0, 1.0);
        let own_value = network.own_value[customer as usize];
        let (mut kept_before, mut kept_after) =
            (own_value * (1.0 - before), own_value * (1.0 - after));
        loss.0 += own_value * (after - before);
        let ties = network.layout.ties_of(place);
        let arcs = self.arcs(place).zip(self.push.arcs(place)).zip(ties);
        for (((partner, old), (_, new)), tie) in arcs {
            let value = network.tie_value(tie as usize);
            let new_value = if revision.links.is_empty() {
                value
            } else {
                revision.tie_value(network, tie as usize)
            };
            let theirs = placed[partner];
            let loss_before = old.loss(before, theirs);
            let loss_after = new.loss(after, (theirs + self.push.delta(partner)).clamp(0.0, 1.0));
            kept_before += value * (1.0 - loss_before);
            kept_after += new_value * (1.0 - loss_after);
            let part = if self.push.is_touched(partner) {
                0.5
            } else {
                1.0
            };
            loss.0 += part * (new_value * loss_after - value * loss_before);
        }
        Affected {
            customer,
            churn_before: before,
            churn_after: after,
            value_before: kept_before,
            value_after: kept_after,
        }
    }

    /// Solves the changed network, starting from the answer before.
    fn anew(&self, revision: &Revision, eps: f64) -> Outcome {
        let of_customers = revision.strengths.is_none()
            && revision.factors.is_empty()
            && revision.links.is_empty();
        let made = (!of_customers).then(|| revision.made(self.network));
        let network = made.as_ref().unwrap_or(self.network);
        let own = revision.own_from(&self.solution.own);
        let options = Options {
            eps,
            ..Options::default()
        };
        let after = solve_from(network, &own, Some(&self.solution.placed), &options);
        let new_stay: Vec<f64> = network.by_place(&own).iter().map(|own| 1.0 - own).collect();
        let revised: BTreeSet<u32> = self.ends(revision).into_iter().collect();
        let affected = (0..network.customers())
            .into_par_iter()
            .with_min_len(1024)
            .filter_map(|place| {
                let (churn_before, churn_after) =
                    (self.solution.placed[place], after.placed[place]);
                let is_revised = u32::try_from(place).is_ok_and(|place| revised.contains(&place));
                if (churn_after - churn_before).abs() <= eps && !is_revised {
                    return None;
                }
                Some(Affected {
                    customer: network.layout.customers[place],
                    churn_before,
                    churn_after,
                    value_before: kept(self.network, &self.stay, &self.solution.placed, place),
                    value_after: kept(network, &new_stay, &after.placed, place),
                })
            })
            .collect();
        Outcome {
            expected_loss_before: self.solution.expected_loss,
            expected_loss_after: after.expected_loss,
            affected: sorted(affected),
            touched: network.customers(),
            report: after.report,
        }
    }
}

/// A sum that is added to in passing.
#[derive(Default)]
struct Sum(f64);

/// Partner and coupling of each arc of a customer.
fn arcs<'n>(
    network: &'n Network,
    stay: &'n [f64],
    place: usize,
) -> impl Iterator<Item = (usize, Coupling)> + 'n {
    let row = network.layout.row(place);
    let own = stay[place];
    let weights = network.weights[row.clone()]
        .iter()
        .zip(&network.partner_weights[row.clone()]);
    let partners = network.layout.partners[row].iter();
    partners.zip(weights).map(move |(partner, (weight, back))| {
        let partner = *partner as usize;
        (partner, Coupling::new(own * weight, stay[partner] * back))
    })
}

/// Expected value kept of a customer's links and its own.
fn kept(network: &Network, stay: &[f64], placed: &[f64], place: usize) -> f64 {
    let customer = network.layout.customers[place] as usize;
    let own = network.own_value[customer] * (1.0 - placed[place]);
    let ties = network.layout.ties_of(place);
    arcs(network, stay, place)
        .zip(ties)
        .fold(own, |sum, ((partner, arc), tie)| {
            sum + network.tie_value(tie as usize) * (1.0 - arc.loss(placed[place], placed[partner]))
        })
}

/// The largest change of expected value first, then by index.
fn sorted(mut affected: Vec<Affected>) -> Vec<Affected> {
    let moved = |one: &Affected| (one.value_after - one.value_before).abs();
    affected.par_sort_unstable_by(|a, b| {
        moved(b)
            .total_cmp(&moved(a))
            .then(a.customer.cmp(&b.customer))
    });
    affected
}

/// The cascade of a network with all `changes` together: see [`Session::what_if`]. Open a
/// [`Session`] to ask more than once.
///
/// # Errors
///
/// [`CascadeError`] names the change that breaks a rule; [`CascadeError::Tolerance`];
/// [`CascadeError::Length`] if the solution is of a network of another size.
pub fn what_if(
    network: &Network,
    solution: &Solution,
    changes: &[Change],
    eps: f64,
) -> Result<Outcome, CascadeError> {
    Session::new(network, solution)?.what_if(changes, eps)
}
