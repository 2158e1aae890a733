//! Sets of changes, checked and brought together, and the network that they make.

#![expect(
    clippy::indexing_slicing,
    reason = "customers and links are checked on the way in"
)]

use std::collections::BTreeMap;

use super::check::{check_business, check_value};
use super::compile::{Kind, Pull};
use super::{CascadeError, Change, Network, Strengths};

/// What a link becomes.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewLink {
    pub business: f64,
    pub value: f64,
    pub kind: Kind,
}

/// A set of changes: what each thing becomes in the end.
#[derive(Clone, Debug, Default)]
pub(super) struct Revision {
    /// Own churn by customer.
    pub own: BTreeMap<u32, f64>,
    pub strengths: Option<Strengths>,
    /// Multiple of the strengths by customer.
    pub factors: BTreeMap<u32, f64>,
    /// By slot.
    pub links: BTreeMap<usize, NewLink>,
}

impl Revision {
    /// Checks changes and brings them together; a later one of the same thing replaces an earlier.
    pub fn of(network: &Network, changes: &[Change]) -> Result<Self, CascadeError> {
        let mut revision = Self::default();
        for (index, change) in changes.iter().enumerate() {
            revision.take(network, index, change)?;
        }
        revision.check_factors(network, changes)?;
        Ok(revision)
    }

    fn take(
        &mut self,
        network: &Network,
        index: usize,
        change: &Change,
    ) -> Result<(), CascadeError> {
        match *change {
            Change::OwnChurn {
                customer,
                probability,
            } => {
                let known = network.known(customer)?;
                if !(0.0..=1.0).contains(&probability) {
                    return Err(CascadeError::OwnChurn {
                        customer: known,
                        value: probability,
                    });
                }
                self.own.insert(customer, probability);
            }
            Change::Strengths(strengths) => {
                strengths.check()?;
                self.strengths = Some(strengths);
            }
            Change::CustomerStrength { customer, factor } => {
                network.known(customer)?;
                check_business(factor, || format!("changes[{index}].factor"))?;
                self.factors.insert(customer, factor);
            }
            Change::LinkBusiness { link, business } => {
                check_business(business, || format!("changes[{index}].business"))?;
                self.link(network, link)?.business = business;
            }
            Change::LinkValue { link, value } => {
                check_value(value, || format!("changes[{index}].value"))?;
                self.link(network, link)?.value = value;
            }
            Change::LinkTerms { link, terms } => self.link(network, link)?.kind.terms = terms,
        }
        Ok(())
    }

    fn link(&mut self, network: &Network, link: u32) -> Result<&mut NewLink, CascadeError> {
        let slot = network.known_link(link)?;
        Ok(self.links.entry(slot).or_insert_with(|| NewLink {
            business: network.link_business[slot],
            value: network.link_values[slot],
            kind: network.link_kinds[slot],
        }))
    }

    /// No multiple may bring a strength to 1 on any link of its customer.
    fn check_factors(&self, network: &Network, changes: &[Change]) -> Result<(), CascadeError> {
        let strengths = self.strengths.unwrap_or(network.strengths);
        let all = network.factors.iter().chain(&self.factors);
        for (customer, own) in all {
            let factor = *self.factors.get(customer).unwrap_or(own);
            let strongest = self.strongest(network, *customer, &strengths);
            if factor * strongest < 1.0 {
                continue;
            }
            let index = changes.iter().rposition(|change| {
                matches!(change, Change::CustomerStrength { customer: other, .. } if other == customer)
                    || matches!(change, Change::Strengths(_))
            });
            return Err(CascadeError::Amount {
                field: format!("changes[{}].factor", index.unwrap_or(0)),
                value: factor,
                rule: "a factor that keeps the customer's strengths below 1",
            });
        }
        Ok(())
    }

    /// The largest strength that a customer has on any of its links.
    fn strongest(&self, network: &Network, customer: u32, strengths: &Strengths) -> f64 {
        let sides = network.sides(customer as usize);
        sides
            .flat_map(|side| network.slots(side.tie).map(move |slot| (side.in_row, slot)))
            .map(|(in_row, slot)| {
                let link = self.links.get(&slot);
                let kind = link.map_or(network.link_kinds[slot], |link| link.kind);
                let (shipper, consignee) = strengths.on(kind.terms);
                if in_row == kind.from_row {
                    shipper
                } else {
                    consignee
                }
            })
            .fold(0.0, f64::max)
    }

    /// Business and pull of a tie after the changes.
    pub fn tie_pull(&self, network: &Network, tie: usize) -> Pull {
        let strengths = self.strengths.unwrap_or(network.strengths);
        let mut sum = Pull::default();
        for slot in network.slots(tie) {
            let (business, kind) = match self.links.get(&slot) {
                Some(link) => (link.business, link.kind),
                None => (network.link_business[slot], network.link_kinds[slot]),
            };
            sum.add(&strengths, kind, business);
        }
        sum
    }

    /// Value of a tie after the changes.
    pub fn tie_value(&self, network: &Network, tie: usize) -> f64 {
        let value = |slot| {
            self.links
                .get(&slot)
                .map_or(network.link_values[slot], |link| link.value)
        };
        network.slots(tie).map(value).sum()
    }

    /// The network with these changes made.
    pub fn made(&self, network: &Network) -> Network {
        let mut network = network.clone();
        for (customer, own) in &self.own {
            network.own_churn[*customer as usize] = *own;
        }
        for (slot, link) in &self.links {
            network.link_business[*slot] = link.business;
            network.link_values[*slot] = link.value;
            network.link_kinds[*slot] = link.kind;
        }
        network.strengths = self.strengths.unwrap_or(network.strengths);
        network.factors.extend(&self.factors);
        network.weigh();
        network
    }

    /// Own churn by customer with these changes made.
    pub fn own_from(&self, own: &[f64]) -> Vec<f64> {
        let mut own = own.to_vec();
        for (customer, probability) in &self.own {
            own[*customer as usize] = *probability;
        }
        own
    }
}

/// The network with all `changes` made, and its own churn.
///
/// A later change of the same thing replaces an earlier one. Use it where the changed network is
/// needed as such: [`what_if`](fn@super::what_if) needs no copy.
///
/// # Errors
///
/// [`CascadeError`] names the change that breaks a rule.
pub fn changed(network: &Network, changes: &[Change]) -> Result<(Network, Vec<f64>), CascadeError> {
    let network = Revision::of(network, changes)?.made(network);
    let own = network.own_churn.clone();
    Ok((network, own))
}
