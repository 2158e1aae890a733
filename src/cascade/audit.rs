//! Audit: do the messages and the worlds agree?

use super::{CascadeError, Estimate, Network, Solution, Worlds};

/// What the comparison of messages and worlds came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// Whether all of them agree within 4 standard errors or what corresponds to that.
    pub agrees: bool,
    /// Number of worlds.
    pub worlds: u32,
    /// Expected loss by the messages.
    pub expected_loss: f64,
    /// Expected loss by the worlds.
    pub simulated_loss: Estimate,
    /// Their difference in standard errors, messages less worlds; `None` if the worlds do not differ.
    pub loss_z: Option<f64>,
    /// Root mean square of the customers' differences of churn.
    pub rms: f64,
    /// What noise alone gives.
    pub rms_noise: f64,
}

/// Compares.
pub fn audit(
    _network: &Network,
    _solution: &Solution,
    _worlds: &Worlds,
) -> Result<Audit, CascadeError> {
    unimplemented!()
}
