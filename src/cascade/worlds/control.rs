//! Control variate: a sum over worlds that goes with the loss, and whose expectation is known exactly.
//!
//! Every customer is followed for at most two picks. It counts 1 if that meets one who churned, and
//! otherwise the probability with which, by the messages, the last one met is lost by its own pick.
//! Up to there customers are all different ones, so that their draws are independent, and
//!
//! ```text
//! E = h_i + (1 - h_i) * sum over j of w_ij * (h_j + (1 - h_j) * sum over k other than i of w_jk * (h_k + (1 - h_k) * t_k))
//! ```
//!
//! is exact whatever the numbers t are, and whatever the weights by which customers are summed: the
//! messages make the control variate useful, and cannot make it wrong. The weight of a customer is what
//! it costs to lose it, followers at the first and second remove left out: those count by
//! themselves.

#![expect(
    clippy::indexing_slicing,
    reason = "customers are those of a compiled network, which checked them"
)]

use super::super::{CascadeError, Network, Options, blast_radius, solve_with};
use super::play::{LOST, SAFE};

#[derive(Clone, Copy)]
struct Node {
    weight: f64,
    /// t: probability of being lost by the own pick, unless it churns by itself.
    behind: f64,
}

pub(super) struct Control {
    nodes: Vec<Node>,
    expected: f64,
}

/// What the messages say, roughly.
struct Outlook {
    churn: Vec<f64>,
    blast: Vec<f64>,
    /// Whether they converged.
    useful: bool,
}

impl Outlook {
    fn of(network: &Network, own: &[f64]) -> Result<Self, CascadeError> {
        let options = Options {
            eps: 1e-4,
            max_sweeps: 1_000,
        };
        let solution = solve_with(network, own, &options)?;
        let blast = blast_radius(network, &solution, &options)?;
        Ok(Self {
            churn: solution.churn().to_vec(),
            useful: solution.report().converged && blast.converged,
            blast: blast.values,
        })
    }
}

impl Control {
    pub fn new(network: &Network, own: &[f64]) -> Result<Self, CascadeError> {
        let outlook = Outlook::of(network, own)?;
        let (churn, blast) = (outlook.churn, outlook.blast);
        // Weights that came out anyhow would drown the loss.
        let weigh = |weight: f64| if outlook.useful { weight } else { 0.0 };
        let partners = |customer: usize| network.sides(customer);
        let sum = |customer: usize, of: &dyn Fn(usize) -> f64| -> f64 {
            partners(customer)
                .map(|side| side.weight * of(side.partner as usize))
                .sum()
        };

        let customers = 0..network.customers();
        let behind: Vec<f64> = customers
            .clone()
            .map(|customer| sum(customer, &|partner| churn[partner]).min(0.999))
            .collect();
        let lost = |k: usize| own[k] + (1.0 - own[k]) * behind[k];
        let two: Vec<f64> = customers.clone().map(|j| sum(j, &lost)).collect();
        let expected = |i: usize| {
            let picked: f64 = partners(i)
                .map(|side| {
                    let j = side.partner as usize;
                    let onward = two[j] - side.partner_weight * lost(i);
                    side.weight * (own[j] + (1.0 - own[j]) * onward)
                })
                .sum();
            own[i] + (1.0 - own[i]) * picked
        };

        let direct: Vec<f64> = customers
            .clone()
            .map(|i| {
                let ties = partners(i)
                    .map(|side| network.tie_value(side.tie) * (1.0 - churn[side.partner as usize]));
                network.own_values()[i] + ties.sum::<f64>()
            })
            .collect();
        let followers = |direct: &[f64]| -> Vec<f64> {
            customers
                .clone()
                .map(|j| {
                    partners(j)
                        .map(|side| {
                            let i = side.partner as usize;
                            direct[i] * (1.0 - own[i]) * side.partner_weight
                        })
                        .sum()
                })
                .collect()
        };
        let first = followers(&direct);
        let second = followers(&first);
        let nodes: Vec<Node> = customers
            .clone()
            .map(|i| Node {
                weight: weigh(blast[i] / (1.0 - behind[i]) - first[i] - second[i]),
                behind: behind[i],
            })
            .collect();
        let expected = customers.map(|i| nodes[i].weight * expected(i)).sum();
        Ok(Self { nodes, expected })
    }

    /// By how much the sum is more than expected in a world whose picks are not followed yet.
    pub fn deviation(&self, states: &[u32]) -> f64 {
        let mut sum = 0.0;
        for (customer, (&state, node)) in states.iter().zip(&self.nodes).enumerate() {
            if state == LOST {
                sum += node.weight;
            } else if state != SAFE {
                sum += node.weight * self.picked(states, customer, state as usize);
            }
        }
        sum - self.expected
    }

    fn picked(&self, states: &[u32], customer: usize, partner: usize) -> f64 {
        match states[partner] {
            LOST => 1.0,
            SAFE => 0.0,
            next if next as usize == customer => 0.0,
            next => match states[next as usize] {
                LOST => 1.0,
                _ => self.nodes[next as usize].behind,
            },
        }
    }
}
