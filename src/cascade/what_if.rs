//! What if: the cascade after a set of changes, found from the answer before them.

#![expect(
    clippy::indexing_slicing,
    reason = "customers and links are checked on the way in"
)]

use super::{CascadeError, Network, Options, Report, Solution, Strengths, solve_with};
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

/// One step in a chain of dependence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The customer that is hit.
    pub customer: u32,
    /// (1 - own churn) * weight: with what probability it follows the step before.
    pub weight: f64,
}

/// A chain of dependence by which one customer's loss reaches another.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// From the first customer hit to the target; the source is left out.
    pub steps: Vec<Step>,
    /// Product of the weights along the chain.
    pub strength: f64,
}

/// Answers what-ifs on one network and its solution, one after the other, without memory of the
/// network's size for each.
#[derive(Clone, Debug)]
pub struct Session<'a> {
    network: &'a Network,
    solution: &'a Solution,
}

impl<'a> Session<'a> {
    /// Prepares for questions about one network and its solution.
    ///
    /// # Errors
    ///
    /// [`CascadeError::Length`] if the solution is of a network of another size.
    pub fn new(network: &'a Network, solution: &'a Solution) -> Result<Self, CascadeError> {
        super::adjoint::check_match(network, solution)?;
        Ok(Self { network, solution })
    }

    /// The cascade with all `changes` together; changes of churn up to `eps` are left out.
    ///
    /// A later change of the same thing replaces an earlier one.
    ///
    /// # Errors
    ///
    /// [`CascadeError`] names the change that breaks a rule.
    pub fn what_if(&mut self, changes: &[Change], eps: f64) -> Result<Outcome, CascadeError> {
        let (network, own) = changed(self.network, changes)?;
        let options = Options {
            eps,
            ..Options::default()
        };
        let after = solve_with(&network, &own, &options)?;
        let kept = |network: &Network, solution: &Solution| -> Vec<f64> {
            let mut kept: Vec<f64> = network
                .own_value
                .iter()
                .zip(solution.churn())
                .map(|(value, churn)| value * (1.0 - churn))
                .collect();
            for (link, loss) in network.links.iter().zip(solution.link_loss(network)) {
                kept[link.shipper as usize] += link.value * (1.0 - loss);
                kept[link.consignee as usize] += link.value * (1.0 - loss);
            }
            kept
        };
        let (before, then) = (kept(self.network, self.solution), kept(&network, &after));
        let mut affected: Vec<Affected> = (0_u32..)
            .zip(self.solution.churn().iter().zip(after.churn()))
            .zip(before.into_iter().zip(then))
            .filter(|((_, (before, after)), _)| (*before - *after).abs() > eps)
            .map(
                |((customer, (churn_before, churn_after)), (value_before, value_after))| Affected {
                    customer,
                    churn_before: *churn_before,
                    churn_after: *churn_after,
                    value_before,
                    value_after,
                },
            )
            .collect();
        let moved = |one: &Affected| (one.value_after - one.value_before).abs();
        affected.sort_by(|a, b| {
            moved(b)
                .total_cmp(&moved(a))
                .then(a.customer.cmp(&b.customer))
        });
        Ok(Outcome {
            expected_loss_before: self.solution.expected_loss(),
            expected_loss_after: after.expected_loss(),
            affected,
            touched: network.customers(),
            report: after.report(),
        })
    }
}

/// The cascade of a network with all `changes` together: see [`Session::what_if`].
///
/// # Errors
///
/// [`CascadeError`] names the change that breaks a rule.
pub fn what_if(
    network: &Network,
    solution: &Solution,
    changes: &[Change],
    eps: f64,
) -> Result<Outcome, CascadeError> {
    Session::new(network, solution)?.what_if(changes, eps)
}

/// The network with all `changes` made, and its own churn.
///
/// # Errors
///
/// [`CascadeError`] names the change that breaks a rule.
pub fn changed(network: &Network, changes: &[Change]) -> Result<(Network, Vec<f64>), CascadeError> {
    let mut own = network.own_churn.clone();
    let mut links = network.links.clone();
    let mut strengths = network.strengths;
    let mut factors = network.factors.clone();
    for change in changes {
        match *change {
            Change::OwnChurn {
                customer,
                probability,
            } => own[network.known(customer)?] = probability,
            Change::Strengths(other) => strengths = other,
            Change::CustomerStrength { customer, factor } => {
                network.known(customer)?;
                factors.insert(customer, factor);
            }
            Change::LinkBusiness { link, business } => {
                links[network.known_link(link)?].business = business
            }
            Change::LinkValue { link, value } => links[network.known_link(link)?].value = value,
            Change::LinkTerms { link, terms } => links[network.known_link(link)?].terms = terms,
        }
    }
    let description = super::Description {
        own_churn: &own,
        own_business: &network.own_business,
        own_value: &network.own_value,
        links: &links,
        strengths,
    };
    let network = Network::build(&description, factors)?;
    Ok((network, own))
}

/// The strongest chains of dependence, of up to four steps, by which the loss of `source` reaches
/// `target`; at most `limit`, the strongest first.
///
/// # Errors
///
/// [`CascadeError::UnknownCustomer`]; [`CascadeError::Length`].
pub fn paths(
    network: &Network,
    solution: &Solution,
    source: u32,
    target: u32,
    limit: usize,
) -> Result<Vec<Path>, CascadeError> {
    super::adjoint::check_match(network, solution)?;
    let (source, target) = (network.known(source)?, network.known(target)?);
    let mut found = Vec::new();
    let mut open = vec![(vec![source], Vec::<Step>::new(), 1.0)];
    while let Some((visited, steps, strength)) = open.pop() {
        let at = *visited.last().unwrap_or(&source);
        if at == target && !steps.is_empty() {
            found.push(Path { steps, strength });
            continue;
        }
        if steps.len() == 4 {
            continue;
        }
        for side in network.sides(at) {
            let next = side.partner as usize;
            let weight = (1.0 - solution.own()[next]) * side.partner_weight;
            if visited.contains(&next) || weight == 0.0 {
                continue;
            }
            let mut visited = visited.clone();
            visited.push(next);
            let mut steps = steps.clone();
            steps.push(Step {
                customer: side.partner,
                weight,
            });
            open.push((visited, steps, strength * weight));
        }
    }
    found.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    found.truncate(limit);
    Ok(found)
}
