//! Answers what-ifs from the converged churn probabilities, touching only what moves.

#![expect(
    clippy::indexing_slicing,
    reason = "customers and links are checked on the way in; places come from a compiled network"
)]

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::adjoint::check_match;
use super::changes::Revision;
use super::outset::SLIGHT;
use super::push::Push;
use super::solution::SMALLEST_EPS;
use super::solve::{error_bound, solve_from};
use super::system::Coupling;
use super::{Affected, CascadeError, Change, Network, Options, Outcome, Report, Solution};

/// Answers what-ifs on one network and its solution, one after the other.
///
/// Opening it takes memory and time in proportion to the customers; a question after that only in
/// proportion to what it touches.
#[derive(Clone, Debug)]
pub struct Session<'a> {
    pub(super) network: &'a Network,
    pub(super) solution: &'a Solution,
    /// 1 - own churn, by place.
    pub(super) stay: Vec<f64>,
    pub(super) push: Push<'a>,
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
            push: Push::new(network, &stay, &solution.placed),
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
        let budget = 10_000 + self.network.layout.partners.len() / 4;
        if !self.push.run(eps, budget) {
            return None;
        }
        let mut loss = 0.0;
        let mut affected = Vec::new();
        let revised: BTreeSet<u32> = self.ends(revision).into_iter().collect();
        for place in &revised {
            self.push.touch(*place as usize);
        }
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
            expected_loss_after: self.solution.expected_loss + loss,
            affected: sorted(affected),
            touched: self.push.touched().len(),
            report: Report {
                sweeps: 0,
                change: eps,
                error_bound: error_bound(
                    (1.0 + SLIGHT) * eps,
                    1.0 - self.push.pull.max(self.solution.pull),
                ),
                converged: true,
            },
        })
    }

    /// A customer before and after; adds what its links and its own value add to the loss.
    fn compare(&self, place: usize, revision: &Revision, loss: &mut f64) -> Affected {
        let network = self.network;
        let customer = network.layout.customers[place];
        let before = self.solution.placed[place];
        let after = (before + self.push.delta(place)).clamp(0.0, 1.0);
        let own_value = network.own_value[customer as usize];
        let mut kept = (own_value * (1.0 - before), own_value * (1.0 - after));
        *loss += own_value * (after - before);
        let ties = network.layout.ties_of(place);
        for (arc, tie) in self.push.arcs(place).zip(ties) {
            let value = network.tie_value(tie as usize);
            let new_value = if revision.links.is_empty() {
                value
            } else {
                revision.tie_value(network, tie as usize)
            };
            let theirs = (arc.churn + arc.delta).clamp(0.0, 1.0);
            let loss_before = arc.before.loss(before, arc.churn);
            let loss_after = arc.after.loss(after, theirs);
            kept.0 += value * (1.0 - loss_before);
            kept.1 += new_value * (1.0 - loss_after);
            // The other end adds the other half if it is compared as well.
            let part = if self.push.is_touched(arc.partner) {
                0.5
            } else {
                1.0
            };
            *loss += part * (new_value * loss_after - value * loss_before);
        }
        Affected {
            customer,
            churn_before: before,
            churn_after: after,
            value_before: kept.0,
            value_after: kept.1,
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
