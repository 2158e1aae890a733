//! The audit of a run: the cascade's answer beside worlds drawn from the same network.

use serde::Serialize;

use super::Solved;
use crate::assessment::inputs::Inputs;
use crate::cascade::{self, CascadeError, Compared, Quantile, WorldOptions};

/// Worlds that a run is audited with. A design choice: a run of 100,000 customers spends a second or
/// two on them.
pub const WORLDS: u32 = 400;
/// The worlds of every run are drawn from this number, so that the same inputs give the same audit.
const SEED: u64 = 1;

/// What the audit of a run came to, and how the loss is distributed.
#[derive(Clone, Debug, Serialize)]
pub struct RunAudit {
    /// Whether messages and worlds agree within what noise explains (4 standard errors).
    pub agrees: bool,
    /// Number of worlds.
    pub worlds: u32,
    /// What they were drawn from.
    pub seed: u64,
    /// Expected loss of value, both ways.
    pub expected_loss: BothWays,
    /// Expected number of customers lost, both ways.
    pub customers_lost: BothWays,
    /// Root mean square of the differences of churn.
    pub rms: f64,
    /// What noise alone gives.
    pub rms_of_noise: f64,
    /// The customer with the difference that chance explains least.
    pub worst: Option<WorstOff>,
    /// Quantiles of the loss of value.
    pub quantiles: Vec<LossQuantile>,
    /// Mean loss of the worst 5 % of worlds.
    pub expected_shortfall: f64,
    /// Standard error of the latter.
    pub expected_shortfall_error: f64,
}

/// A number by messages and by worlds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BothWays {
    /// By messages: what the run shows.
    pub messages: f64,
    /// By worlds.
    pub worlds: f64,
    /// Standard error of the latter.
    pub standard_error: f64,
}

/// A customer whose churn differs.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct WorstOff {
    /// Which.
    pub customer_id: i64,
    /// Churn probability by messages.
    pub messages: f64,
    /// By worlds.
    pub worlds: f64,
}

/// A quantile of the loss with its 95 % interval; an end without enough worlds is `None`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LossQuantile {
    /// Such as 0.95.
    pub level: f64,
    /// Loss of value over the horizon.
    pub value: f64,
    /// Lower end.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}

/// Draws worlds and compares; `None` if no worlds are wanted or there is nobody.
pub(super) fn audited(
    inputs: &Inputs,
    solved: &Solved,
    worlds: u32,
) -> Result<Option<RunAudit>, CascadeError> {
    if worlds == 0 || inputs.customers.is_empty() {
        return Ok(None);
    }
    let options = WorldOptions { worlds, seed: SEED };
    let drawn = cascade::simulate(&solved.network, solved.solution.own(), &options)?;
    let audit = cascade::audit(&solved.network, &solved.solution, &drawn)?;
    let distribution = drawn.distribution();
    Ok(Some(RunAudit {
        agrees: audit.agrees,
        worlds: audit.worlds,
        seed: audit.seed,
        expected_loss: both_ways(&audit.loss),
        customers_lost: both_ways(&audit.size),
        rms: audit.together.rms,
        rms_of_noise: audit.together.noise,
        worst: audit.worst.and_then(|worst| {
            let customer = inputs.customers.get(worst.customer as usize)?;
            Some(WorstOff {
                customer_id: customer.0,
                messages: worst.messages,
                worlds: worst.worlds,
            })
        }),
        quantiles: distribution.quantiles.iter().map(quantile).collect(),
        expected_shortfall: distribution.shortfall.value,
        expected_shortfall_error: distribution.shortfall.standard_error,
    }))
}

fn both_ways(compared: &Compared) -> BothWays {
    BothWays {
        messages: compared.messages,
        worlds: compared.worlds.value,
        standard_error: compared.worlds.standard_error,
    }
}

fn quantile(quantile: &Quantile) -> LossQuantile {
    LossQuantile {
        level: quantile.level,
        value: quantile.value,
        lower: quantile.lower,
        upper: quantile.upper,
    }
}
