//! Loyalty spread: who is won next, and because of whom.
//!
//! The cascade on gains. A partner of our customers whose freight we carry, but who does not pay us
//! yet or no longer, is **open**. It is won within the horizon by itself with its start probability; and
//! when a part x of its potential business runs with us through partners that stand by us, it is
//! won with probability `kappa * x`. Partners that do pay are not won again: theirs is the probability
//! of becoming an advocate within the horizon (or 1, if they are), and nobody makes them one.
//!
//! The network is compiled for this question: the **own business** of an open customer is what it ships
//! or receives without us, so that a link's share in its business is the share of its potential that already runs with us, and
//! strengths are those of winning. Then, as for losses,
//!
//! ```text
//! m[i->j] = s_i + (1 - s_i) * sum over partners k other than j of w_ik * m[k->i]     i open
//! m[i->j] = s_i                                                                      i not open
//! won_i   = s_i + (1 - s_i) * sum over partners k              of w_ik * m[k->i]     i open
//! ```
//!
//! so that the probability splits into the customer's own and a part for each partner.
//!
//! Limits: no history has been asked whether gains spread, nor how strongly; the potential is an
//! estimate; a customer can be won by what runs with us alone, not by word of mouth beyond its
//! own partners. What it says is who to talk to first, and whom to name when talking.

use super::{CascadeError, Change, Network, Options, changed, explain_customer, solve_with};

/// What one partner adds to the probability that a customer is won.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Source {
    /// Index of the partner.
    pub partner: u32,
    /// Probability added.
    pub contribution: f64,
    /// Share of the customer's potential business that runs with us on the links with the partner.
    pub share: f64,
}

/// An open customer, and how likely it is to be won.
#[derive(Clone, Debug, PartialEq)]
pub struct Prospect {
    /// Index of the customer.
    pub customer: u32,
    /// Probability that it is won within the horizon: `start` and all contributions.
    pub won: f64,
    /// Probability that it is won by itself.
    pub start: f64,
    /// Its potential business, with us or without, in the unit of the network's business.
    pub potential: f64,
    /// Partners that add to it, the largest contribution first, then by index.
    pub sources: Vec<Source>,
}

/// Ranks the customers that are `open` by how likely they are to be won, then by index.
///
/// `start` has for each customer the probability that within the horizon it is won by itself, if it
/// is open, or becomes an advocate, if it is not.
///
/// # Errors
///
/// [`CascadeError::Amount`] for a start probability out of range, [`CascadeError::Length`];
/// [`CascadeError::NotConverged`].
///
/// # Example
///
/// ```
/// use hawser::cascade::{Description, Link, Network, Strengths, spread};
/// use hawser::shipments::model::FreightTerms;
///
/// // A mill that pays us ships 30 to a bakery, which has 70 more carried by others.
/// let links = [Link {
///     shipper: 0,
///     consignee: 1,
///     business: 30.0,
///     value: 0.0,
///     terms: FreightTerms::Prepaid,
/// }];
/// let network = Network::compile(&Description {
///     own_churn: &[0.0, 0.0],
///     own_business: &[0.0, 70.0],
///     own_value: &[0.0, 0.0],
///     links: &links,
///     strengths: Strengths::uniform(0.5),
/// })?;
/// let prospects = spread(&network, &[0.8, 0.1], &[false, true])?;
///
/// // 0.1 + 0.9 * 0.5 * 0.3 * 0.8
/// assert_eq!(prospects.len(), 1);
/// assert!((prospects[0].won - 0.208).abs() < 1e-12);
/// assert_eq!(prospects[0].sources[0].partner, 0);
/// # Ok::<(), hawser::cascade::CascadeError>(())
/// ```
pub fn spread(
    network: &Network,
    start: &[f64],
    open: &[bool],
) -> Result<Vec<Prospect>, CascadeError> {
    if open.len() != network.customers() {
        return Err(CascadeError::Length {
            field: "open",
            found: open.len(),
            expected: network.customers(),
        });
    }
    check_start(start, network.customers())?;
    let closed = (0_u32..).zip(open).filter(|(_, open)| !**open);
    let alone = closed.map(|(customer, _)| Change::CustomerStrength {
        customer,
        factor: 0.0,
    });
    let (network, _) = changed(network, &alone.collect::<Vec<_>>())?;
    let solution = solve_with(&network, start, &Options::default())?;
    if !solution.report().converged {
        return Err(CascadeError::NotConverged(solution.report().sweeps));
    }
    let mut prospects = Vec::new();
    for (customer, _) in (0_u32..).zip(open).filter(|(_, open)| **open) {
        let why = explain_customer(&network, &solution, customer as usize)?;
        let parts = why.parts.iter().filter(|part| part.contribution > 0.0);
        prospects.push(Prospect {
            customer,
            won: why.churn,
            start: why.own,
            potential: network.business(customer as usize).unwrap_or_default(),
            sources: parts
                .map(|part| Source {
                    partner: part.partner,
                    contribution: part.contribution,
                    share: part.share,
                })
                .collect(),
        });
    }
    prospects.sort_by(|a, b| b.won.total_cmp(&a.won).then(a.customer.cmp(&b.customer)));
    Ok(prospects)
}

/// As for own churn, but by its name here.
fn check_start(start: &[f64], customers: usize) -> Result<(), CascadeError> {
    if start.len() != customers {
        return Err(CascadeError::Length {
            field: "start",
            found: start.len(),
            expected: customers,
        });
    }
    let mut all = start.iter().enumerate();
    match all.find(|(_, start)| !(0.0..=1.0).contains(*start)) {
        Some((index, &value)) => Err(CascadeError::Amount {
            field: format!("start[{index}]"),
            value,
            rule: "a number between 0 and 1",
        }),
        None => Ok(()),
    }
}
