//! Loyalty spread: who is won next, and because of whom.

use super::{CascadeError, Network};

/// What one partner adds to the probability that a customer is won.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Source {
    /// Index of the partner.
    pub partner: u32,
    /// Probability added.
    pub contribution: f64,
    /// Share of the customer's potential business that already runs with us because of the partner.
    pub share: f64,
}

/// A customer that is open, and how likely it is to be won.
#[derive(Clone, Debug, PartialEq)]
pub struct Prospect {
    /// Index of the customer.
    pub customer: u32,
    /// Probability that it is won within the horizon.
    pub won: f64,
    /// Probability that it is won by itself.
    pub start: f64,
    /// Its potential business.
    pub potential: f64,
    /// Because of whom, the largest first.
    pub sources: Vec<Source>,
}

/// Ranks the open customers by how likely they are to be won.
pub fn spread(
    _network: &Network,
    _start: &[f64],
    _open: &[bool],
) -> Result<Vec<Prospect>, CascadeError> {
    unimplemented!()
}
