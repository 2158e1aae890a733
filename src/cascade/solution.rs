//! What a solve is asked and what it answers.

#![expect(
    clippy::indexing_slicing,
    reason = "places come from the compiled network that was solved"
)]

use super::system::Coupling;
use super::{CascadeError, Network};

/// Smallest tolerance: below it rounding keeps messages moving.
pub(super) const SMALLEST_EPS: f64 = 1e-13;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Largest change of a churn probability in the last sweep, at least 1e-13. Default 1e-9.
    pub eps: f64,
    /// Most sweeps before giving up; [`Report::converged`] tells. Default 1,000.
    pub max_sweeps: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            eps: 1e-9,
            max_sweeps: 1_000,
        }
    }
}

impl Options {
    pub(super) fn check(&self) -> Result<(), CascadeError> {
        if self.eps.is_finite() && self.eps >= SMALLEST_EPS {
            Ok(())
        } else {
            Err(CascadeError::Tolerance(self.eps))
        }
    }
}

/// How an iteration ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Sweeps over all ties, or what amounts to as many.
    pub sweeps: u32,
    /// Largest change of a churn probability in the last sweep.
    pub change: f64,
    /// No churn probability is farther than this from its fixed point.
    pub error_bound: f64,
    /// Whether the tolerance was met.
    pub converged: bool,
}

/// The cascade's answer for one network and one list of own churn.
#[derive(Clone, Debug)]
pub struct Solution {
    pub(super) own: Vec<f64>,
    pub(super) churn: Vec<f64>,
    /// Churn probability by place in the network.
    pub(super) placed: Vec<f64>,
    /// Number of ties of the network.
    pub(super) ties: usize,
    /// Largest sum of what a customer follows, (1 - own churn) times the sum of its weights.
    pub(super) pull: f64,
    pub(super) expected_loss: f64,
    pub(super) report: Report,
}

impl Solution {
    /// Own churn that the answer rests on.
    pub fn own(&self) -> &[f64] {
        &self.own
    }

    /// Churn probability of each customer, in `[own churn, 1]`.
    pub fn churn(&self) -> &[f64] {
        &self.churn
    }

    /// Expected loss of value over the horizon, in the unit of the values.
    pub fn expected_loss(&self) -> f64 {
        self.expected_loss
    }

    /// How the iteration ended.
    pub fn report(&self) -> Report {
        self.report
    }

    /// Memory that the solution takes, in bytes.
    pub fn bytes(&self) -> usize {
        8 * (self.own.len() + self.churn.len() + self.placed.len())
    }

    /// Loss probability of each link of `network`, in the order of the description: the
    /// probability that either end is lost.
    pub fn link_loss(&self, network: &Network) -> Vec<f64> {
        let layout = &network.layout;
        let own = network.by_place(&self.own);
        let mut losses = Vec::with_capacity(network.links());
        for place in 0..network.customers() {
            let ties = layout.uppers[place]..layout.uppers[place + 1];
            let row = layout.row(place);
            for (arc, tie) in (row.start + layout.lowers(place)..row.end).zip(ties) {
                let partner = layout.partners[arc] as usize;
                let coupling = Coupling::new(
                    (1.0 - own[place]) * network.weights[arc],
                    (1.0 - own[partner]) * network.partner_weights[arc],
                );
                let loss = coupling.loss(self.placed[place], self.placed[partner]);
                losses.extend(network.slots(tie as usize).map(|_| loss));
            }
        }
        let slots = network.slot_of_link.iter();
        slots.map(|slot| losses[*slot as usize]).collect()
    }
}
