//! What a solve is asked and what it answers.

#![expect(
    clippy::indexing_slicing,
    reason = "positions of ties come from the compiled network that was solved"
)]

use super::{CascadeError, Network};

/// Smallest tolerance: below it rounding keeps messages moving.
pub(super) const SMALLEST_EPS: f64 = 1e-13;

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Largest change of a message in the last sweep, at least 1e-13. Default 1e-9.
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
    /// Sweeps over all ties.
    pub sweeps: u32,
    /// Largest change of a message in the last sweep.
    pub change: f64,
    /// No message is farther than this from its fixed point, and hence no churn probability.
    pub error_bound: f64,
    /// Whether the tolerance was met.
    pub converged: bool,
}

/// The two messages of a tie.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Message {
    /// From the row's customer to the column's.
    pub to_column: f64,
    /// From the column's customer to the row's.
    pub to_row: f64,
}

/// The cascade's answer for one network and one list of own churn.
#[derive(Clone, Debug)]
pub struct Solution {
    pub(super) own: Vec<f64>,
    /// Sum of w times m over the partners of each customer.
    pub(super) totals: Vec<f64>,
    pub(super) messages: Vec<Message>,
    pub(super) churn: Vec<f64>,
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

    /// Loss probability of each link of `network`, in the order of the description: the
    /// probability that either end is lost.
    pub fn link_loss(&self, network: &Network) -> Vec<f64> {
        network
            .tie_of_link
            .iter()
            .map(|&tie| self.tie_loss(tie as usize))
            .collect()
    }

    pub(super) fn tie_loss(&self, tie: usize) -> f64 {
        let Message { to_column, to_row } = self.messages[tie];
        // 1 - (1 - a)(1 - b), written so that small probabilities keep their digits.
        to_column + to_row - to_column * to_row
    }
}
