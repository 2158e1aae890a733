//! Why a customer is at risk, and who would follow if it left.

#![expect(
    clippy::indexing_slicing,
    reason = "the customer is checked on the way in; all other indices come from a compiled network"
)]

use std::collections::{HashMap, HashSet, VecDeque};

use super::adjoint::check_match;
use super::compile::Side;
use super::solve::SMALLEST_EPS;
use super::{CascadeError, Network, Solution};

/// What one partner adds to a customer's churn probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Index of the partner.
    pub partner: u32,
    /// Probability added: (1 - own churn) * weight * probability that the partner is lost.
    pub contribution: f64,
    /// The partner's share in the customer's business, in `[0, 1]`.
    pub share: f64,
    /// Probability that the partner is lost, this tie left aside.
    pub partner_loss: f64,
    /// Probability that the freight between the two is lost.
    pub link_loss: f64,
}

/// A customer's churn probability, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Churn probability: the sum of `own` and all contributions.
    pub churn: f64,
    /// Own churn.
    pub own: f64,
    /// One part for each partner, the largest contribution first, then by index.
    pub parts: Vec<Part>,
    /// Share of the customer's business expected to be lost, whichever side leaves: at least
    /// `churn`. `None` if it has no business.
    pub business_at_risk: Option<f64>,
}

/// A customer that would follow another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Follower {
    /// Index of the customer.
    pub customer: u32,
    /// Its churn probability once the other has left.
    pub churn: f64,
    /// By how much that is more than before.
    pub rise: f64,
}

/// Takes the churn probability of `customer` apart into its own part and one for each partner.
///
/// Own business counts as lost with the customer alone, a link's with either end. O(d log d), d
/// being the number of partners.
///
/// # Errors
///
/// [`CascadeError::UnknownCustomer`]; [`CascadeError::Length`] if the solution is of a network of
/// another size.
pub fn customer(
    network: &Network,
    solution: &Solution,
    customer: usize,
) -> Result<Explanation, CascadeError> {
    check_customer(network, solution, customer)?;
    let own = solution.own[customer];
    let churn = solution.churn()[customer];
    let business = network.business[customer];

    let mut parts = Vec::new();
    let mut lost = network.own_business[customer] * churn;
    for side in network.sides(customer) {
        let partner_loss = received(solution, &side);
        let link_loss = solution.tie_loss(side.tie);
        let freight = network.worth[side.tie].business;
        lost += freight * link_loss;
        parts.push(Part {
            partner: side.partner,
            contribution: (1.0 - own) * side.weight * partner_loss,
            share: if business > 0.0 {
                freight / business
            } else {
                0.0
            },
            partner_loss,
            link_loss,
        });
    }
    parts.sort_by(|a, b| {
        b.contribution
            .total_cmp(&a.contribution)
            .then(a.partner.cmp(&b.partner))
    });
    Ok(Explanation {
        churn,
        own,
        parts,
        business_at_risk: (business > 0.0).then(|| (lost / business).min(1.0)),
    })
}

/// The customers whose churn probability would rise if `customer` left, the largest rise first.
///
/// Sets the customer's own churn to 1 and pushes the changes outward from the converged messages;
/// what is smaller than `eps` is not pushed on, so only the neighbourhood that matters is touched.
/// At most `limit` are returned. The same as a new solve, up to `eps`.
///
/// # Errors
///
/// [`CascadeError::UnknownCustomer`]; [`CascadeError::Tolerance`]; [`CascadeError::Length`] if the
/// solution is of a network of another size.
pub fn followers(
    network: &Network,
    solution: &Solution,
    customer: usize,
    eps: f64,
    limit: usize,
) -> Result<Vec<Follower>, CascadeError> {
    check_customer(network, solution, customer)?;
    if !(eps.is_finite() && eps >= SMALLEST_EPS) {
        return Err(CascadeError::Tolerance(eps));
    }
    let mut push = Push::new(network, solution, customer, eps);
    push.run();

    let mut found: Vec<Follower> = push
        .totals
        .into_iter()
        .map(|(other, total)| {
            let index = other as usize;
            let before = solution.churn()[index];
            let rise = ((1.0 - solution.own[index]) * total).clamp(0.0, 1.0 - before);
            Follower {
                customer: other,
                churn: before + rise,
                rise,
            }
        })
        .filter(|follower| follower.rise > 0.0)
        .collect();
    found.sort_by(|a, b| b.rise.total_cmp(&a.rise).then(a.customer.cmp(&b.customer)));
    found.truncate(limit);
    Ok(found)
}

fn check_customer(
    network: &Network,
    solution: &Solution,
    customer: usize,
) -> Result<(), CascadeError> {
    check_match(network, solution)?;
    if customer >= network.customers() {
        return Err(CascadeError::UnknownCustomer {
            customer,
            customers: network.customers(),
        });
    }
    Ok(())
}

/// The message that the customer of this side gets from its partner.
fn received(solution: &Solution, side: &Side) -> f64 {
    let message = &solution.messages[side.tie];
    if side.in_row {
        message.to_row
    } else {
        message.to_column
    }
}

/// The message that the customer of this side sends to its partner.
fn sent(solution: &Solution, side: &Side) -> f64 {
    let message = &solution.messages[side.tie];
    if side.in_row {
        message.to_column
    } else {
        message.to_row
    }
}

/// Changes against a solution, kept only where there are any.
struct Push<'a> {
    network: &'a Network,
    solution: &'a Solution,
    source: usize,
    eps: f64,
    /// Change of the total of a customer.
    totals: HashMap<u32, f64>,
    /// Change of a message: tie, and whether the row's customer sends it.
    messages: HashMap<(usize, bool), f64>,
    queue: VecDeque<u32>,
    queued: HashSet<u32>,
}

impl<'a> Push<'a> {
    fn new(network: &'a Network, solution: &'a Solution, source: usize, eps: f64) -> Self {
        let mut push = Self {
            network,
            solution,
            source,
            eps,
            totals: HashMap::new(),
            messages: HashMap::new(),
            queue: VecDeque::new(),
            queued: HashSet::new(),
        };
        for side in network.sides(source) {
            push.change(&side, 1.0 - sent(solution, &side));
        }
        push
    }

    fn run(&mut self) {
        while let Some(customer) = self.queue.pop_front() {
            self.queued.remove(&customer);
            let stay = 1.0 - self.solution.own[customer as usize];
            let total = self.totals.get(&customer).copied().unwrap_or(0.0);
            let network = self.network;
            for side in network.sides(customer as usize) {
                // What the source hears changes nothing: it has left.
                if side.partner as usize == self.source {
                    continue;
                }
                let heard = self.message(side.tie, !side.in_row);
                let wanted = stay * (total - side.weight * heard);
                let step = wanted - self.message(side.tie, side.in_row);
                if step.abs() > self.eps {
                    self.change(&side, step);
                }
            }
        }
    }

    fn message(&self, tie: usize, from_row: bool) -> f64 {
        self.messages.get(&(tie, from_row)).copied().unwrap_or(0.0)
    }

    /// Changes what the customer of this side sends to its partner by `step`.
    fn change(&mut self, side: &Side, step: f64) {
        *self.messages.entry((side.tie, side.in_row)).or_default() += step;
        *self.totals.entry(side.partner).or_default() += side.partner_weight * step;
        if self.queued.insert(side.partner) {
            self.queue.push_back(side.partner);
        }
    }
}
