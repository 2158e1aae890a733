//! Live-edge Monte Carlo: the cascade played through, world by world.

use super::{CascadeError, Network};

/// How many worlds, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorldOptions {
    /// Number of worlds, between 2 and 1,000,000. Default 1,000.
    pub worlds: u32,
    /// Which worlds: the same seed gives the same worlds, on any number of threads. Default 1.
    pub seed: u64,
}

/// An estimate and its standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// A quantile of the loss of value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// Which: 0.95 for the loss that is not exceeded in 95 % of the worlds.
    pub level: f64,
    /// The loss at this level.
    pub value: f64,
    /// Lower end of its 95 % interval; `None` if there are too few worlds for one.
    pub lower: Option<f64>,
    /// Upper end of its 95 % interval; `None` if there are too few worlds for one.
    pub upper: Option<f64>,
}

/// Distribution of the loss of value over the horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// At 5, 25, 50, 75, 90, 95 and 99 %.
    pub quantiles: Vec<Quantile>,
    /// Mean loss in the worst 5 % of the worlds (expected shortfall).
    pub shortfall: Estimate,
}

/// What happened in many worlds.
#[derive(Clone, Debug)]
pub struct Worlds {
    pub(super) options: WorldOptions,
}

impl Worlds {
    /// Number of worlds.
    pub fn worlds(&self) -> u32 {
        self.options.worlds
    }
    /// The seed they grew from.
    pub fn seed(&self) -> u64 {
        self.options.seed
    }
    /// Own churn that the worlds rest on.
    pub fn own(&self) -> &[f64] {
        unimplemented!()
    }
    /// How often each customer was lost, as a share of the worlds, with its standard error.
    pub fn churn(&self) -> Vec<Estimate> {
        unimplemented!()
    }
    /// Expected loss of value.
    pub fn expected_loss(&self) -> Estimate {
        unimplemented!()
    }
    /// Loss of value in each world.
    pub fn losses(&self) -> &[f64] {
        unimplemented!()
    }
    /// Quantiles and expected shortfall of the loss of value.
    pub fn distribution(&self) -> Distribution {
        unimplemented!()
    }
    /// By how much the expected loss here is more than in `other`, which shares the draws.
    pub fn difference(&self, _other: &Self) -> Result<Estimate, CascadeError> {
        unimplemented!()
    }
}

/// Plays so many worlds of a network with own churn `own`.
pub fn simulate(
    _network: &Network,
    _own: &[f64],
    _options: &WorldOptions,
) -> Result<Worlds, CascadeError> {
    unimplemented!()
}
