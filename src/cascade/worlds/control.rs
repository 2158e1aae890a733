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

use super::super::{CascadeError, Network, Options, Solution, blast_radius, solve_with};
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

impl Control {
    pub fn new(network: &Network, own: &[f64]) -> Result<Self, CascadeError> {
        let options = Options {
            eps: 1e-4,
            max_sweeps: 1_000,
        };
        let solution = solve_with(network, own, &options)?;
        let blast = blast_radius(network, &solution, &options)?;
        let behind: Vec<f64> = (0..network.customers())
            .map(|customer| pull(network, customer, |partner| solution.churn()[partner]).min(0.999))
            .collect();
        let mut control = Self {
            nodes: behind
                .iter()
                .map(|&behind| Node {
                    weight: 0.0,
                    behind,
                })
                .collect(),
            expected: 0.0,
        };
        // Weights that came out anyhow would drown the loss.
        if solution.report().converged && blast.converged {
            control.weigh(network, &solution, &blast.values);
        }
        Ok(control)
    }

    /// Sets weights and what they make the expectation.
    fn weigh(&mut self, network: &Network, solution: &Solution, blast: &[f64]) {
        let (own, churn) = (solution.own(), solution.churn());
        let direct: Vec<f64> = (0..network.customers())
            .map(|customer| {
                let ties = network
                    .sides(customer)
                    .map(|side| network.tie_value(side.tie) * (1.0 - churn[side.partner as usize]));
                network.own_values()[customer] + ties.sum::<f64>()
            })
            .collect();
        let first = followers(network, own, &direct);
        let second = followers(network, own, &first);
        for (customer, node) in self.nodes.iter_mut().enumerate() {
            let reach = blast[customer] / (1.0 - node.behind);
            node.weight = reach - first[customer] - second[customer];
        }

        let lost = |k: usize| own[k] + (1.0 - own[k]) * self.nodes[k].behind;
        let second: Vec<f64> = (0..network.customers())
            .map(|customer| pull(network, customer, lost))
            .collect();
        let expected = |i: usize| {
            let picked = network.sides(i).map(|side| {
                let j = side.partner as usize;
                let onward = second[j] - side.partner_weight * lost(i);
                side.weight * (own[j] + (1.0 - own[j]) * onward)
            });
            own[i] + (1.0 - own[i]) * picked.sum::<f64>()
        };
        self.expected = (0..network.customers())
            .map(|customer| self.nodes[customer].weight * expected(customer))
            .sum();
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

/// The sum of weight times `of` over the partners of a customer.
fn pull(network: &Network, customer: usize, of: impl Fn(usize) -> f64) -> f64 {
    let sides = network.sides(customer);
    sides
        .map(|side| side.weight * of(side.partner as usize))
        .sum()
}

/// What those who follow a customer at the next remove cost, each as much as told.
fn followers(network: &Network, own: &[f64], costs: &[f64]) -> Vec<f64> {
    (0..network.customers())
        .map(|customer| {
            let followers = network.sides(customer).map(|side| {
                let i = side.partner as usize;
                costs[i] * (1.0 - own[i]) * side.partner_weight
            });
            followers.sum()
        })
        .collect()
}
