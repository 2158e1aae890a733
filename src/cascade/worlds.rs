//! Live-edge Monte Carlo: the cascade played through, world by world.
//!
//! In a world every customer churns by itself with its own churn, and picks at most one partner j,
//! with probability `w_ij`. It is lost if it churned, or if the partner that it picked is lost; a ring
//! of picks in which nobody churned loses nobody. That is the linear threshold model again (Kempe,
//! Kleinberg and Tardos 2003, theorem 2.5), so what happens in many worlds is unbiased, loops or not,
//! and has a distribution, where the messages of [`solve`](fn@super::solve) have expectations alone.
//!
//! ```text
//! dice (seed, world, customer) ──> play: churn and picks, who is lost, value lost ──> Worlds
//!                 picks (alias tables) ──┘                                              └──> Distribution
//! ```
//!
//! Draws are keyed by seed, world and customer: any number of threads gives the same bits, and two
//! what-ifs with the same seed live through the same worlds, so that their difference is known better
//! than either.

mod control;
mod dice;
mod distribution;
mod picks;
mod play;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::check::check_own;
use super::{CascadeError, Network};
pub(super) use distribution::at_most;
pub use distribution::{Distribution, Estimate, LEVELS, Quantile, SHORTFALL_LEVEL};
use play::{Played, Setting, Stage};

/// Most worlds at once.
pub const MOST_WORLDS: u32 = 1_000_000;

/// Batches that worlds are counted in, whose counts must fit `u16`.
const BATCHES: u32 = 32;

/// How many worlds, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorldOptions {
    /// Number of worlds, between 2 and 1,000,000. Default 1,000.
    pub worlds: u32,
    /// Which worlds: the same seed gives the same worlds. Default 1.
    pub seed: u64,
}

impl Default for WorldOptions {
    fn default() -> Self {
        Self {
            worlds: 1_000,
            seed: 1,
        }
    }
}

impl WorldOptions {
    /// Checks the number of worlds.
    pub(super) fn check(&self) -> Result<(), CascadeError> {
        if (2..=MOST_WORLDS).contains(&self.worlds) {
            return Ok(());
        }
        Err(CascadeError::Amount {
            field: "worlds".to_owned(),
            value: f64::from(self.worlds),
            rule: "a whole number between 2 and 1000000",
        })
    }
}

/// A part of the worlds, counted apart so that the spread of counts can be told.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// How many worlds.
    pub worlds: u32,
    /// In how many of them each customer was lost.
    pub lost: Vec<u16>,
}

/// What happened in many worlds.
#[derive(Clone, Debug)]
pub struct Worlds {
    options: WorldOptions,
    own: Vec<f64>,
    pub(super) batches: Vec<Batch>,
    losses: Vec<f64>,
    /// The losses less a control variate.
    controlled: Vec<f64>,
    /// How many customers were lost in each world.
    sizes: Vec<u32>,
}

/// Plays worlds of a network with own churn `own`.
///
/// Each world is O(customers + ties of those lost). Memory: a few numbers for each tie, customer and
/// world, and for each customer and thread. Deterministic, on any number of threads.
///
/// # Errors
///
/// [`CascadeError::OwnChurn`], [`CascadeError::Length`]; [`CascadeError::Amount`] for the number of
/// worlds; [`CascadeError::TooMany`] for 2,147,483,648 ties or more.
///
/// # Example
///
/// ```
/// use hawser::cascade::{Description, Link, Network, Strengths, WorldOptions, simulate};
/// use hawser::shipments::model::FreightTerms;
///
/// let links = [Link {
///     shipper: 0,
///     consignee: 1,
///     business: 50.0,
///     value: 10.0,
///     terms: FreightTerms::Unknown,
/// }];
/// let network = Network::compile(&Description {
///     own_churn: &[0.1, 0.2],
///     own_business: &[0.0, 50.0],
///     own_value: &[0.0, 0.0],
///     links: &links,
///     strengths: Strengths::uniform(0.5),
/// })?;
/// let options = WorldOptions { worlds: 10_000, seed: 7 };
/// let worlds = simulate(&network, network.own_churn(), &options)?;
///
/// // The link is lost with either: 10 * (1 - 0.9 * 0.8)
/// let loss = worlds.expected_loss();
/// assert!((loss.value - 2.8).abs() < 4.0 * loss.standard_error);
/// // In a world the link is lost or it is not.
/// assert_eq!(worlds.distribution().quantiles[4].value, 10.0);
/// # Ok::<(), hawser::cascade::CascadeError>(())
/// ```
pub fn simulate(
    network: &Network,
    own: &[f64],
    options: &WorldOptions,
) -> Result<Worlds, CascadeError> {
    check_own(own, network.customers())?;
    options.check()?;
    let setting = Setting::new(network, own)?;
    let batches: Vec<(Batch, Vec<Played>)> = (0..BATCHES.min(options.worlds))
        .into_par_iter()
        .map(|batch| play_batch(&setting, options, batch))
        .collect();

    let mut worlds = Worlds {
        options: *options,
        own: own.to_vec(),
        batches: Vec::with_capacity(batches.len()),
        losses: Vec::with_capacity(options.worlds as usize),
        controlled: Vec::with_capacity(options.worlds as usize),
        sizes: Vec::with_capacity(options.worlds as usize),
    };
    for (batch, played) in batches {
        worlds.batches.push(batch);
        for world in played {
            worlds.losses.push(world.loss);
            worlds.controlled.push(world.controlled);
            worlds.sizes.push(world.lost);
        }
    }
    Ok(worlds)
}

fn play_batch(setting: &Setting, options: &WorldOptions, batch: u32) -> (Batch, Vec<Played>) {
    let batches = BATCHES.min(options.worlds);
    // At most a million times 32.
    let bound = |batch| options.worlds * batch / batches;
    let range = bound(batch)..bound(batch + 1);
    let mut stage = Stage::new(setting, options.seed);
    let mut lost = vec![0; setting.customers()];
    let played = stage.play(range.clone(), &mut lost);
    let worlds = range.end - range.start;
    (Batch { worlds, lost }, played)
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
        &self.own
    }

    /// In how many worlds each customer was lost.
    pub fn lost(&self) -> Vec<u32> {
        let mut sum = vec![0; self.own.len()];
        for batch in &self.batches {
            for (sum, &lost) in sum.iter_mut().zip(&batch.lost) {
                *sum += u32::from(lost);
            }
        }
        sum
    }

    /// Churn probability of each customer: the share of worlds in which it was lost.
    ///
    /// The standard error is 0 for a customer that was lost in no world or in all of them; it is not
    /// one to build an interval on there.
    pub fn churn(&self) -> Vec<Estimate> {
        let count = f64::from(self.options.worlds);
        self.lost()
            .into_iter()
            .map(|lost| {
                let value = f64::from(lost) / count;
                Estimate {
                    value,
                    standard_error: (value * (1.0 - value) / (count - 1.0)).sqrt(),
                }
            })
            .collect()
    }

    /// Expected loss of value, with the help of a control variate: unbiased, and its standard error
    /// is less than that of the mean of [`losses`](Self::losses).
    pub fn expected_loss(&self) -> Estimate {
        Estimate::mean(&self.controlled)
    }

    /// The mean of [`losses`](Self::losses), without help.
    pub fn mean_loss(&self) -> Estimate {
        Estimate::mean(&self.losses)
    }

    /// How many customers are lost on average.
    pub fn expected_size(&self) -> Estimate {
        let sizes: Vec<f64> = self.sizes.iter().map(|&size| f64::from(size)).collect();
        Estimate::mean(&sizes)
    }

    /// Loss of value in each world, in order of the worlds.
    pub fn losses(&self) -> &[f64] {
        &self.losses
    }

    /// Quantiles and expected shortfall of the loss of value.
    pub fn distribution(&self) -> Distribution {
        Distribution::of(&self.losses)
    }

    /// By how much more is lost here on average than in `other`, world by world.
    ///
    /// # Errors
    ///
    /// [`CascadeError::Unlike`] unless both have the same number of worlds from the same seed;
    /// [`CascadeError::Length`] if they have not as many customers.
    pub fn difference(&self, other: &Self) -> Result<Estimate, CascadeError> {
        if self.options.worlds != other.options.worlds {
            return Err(CascadeError::Unlike { field: "worlds" });
        }
        if self.options.seed != other.options.seed {
            return Err(CascadeError::Unlike { field: "seed" });
        }
        if self.own.len() != other.own.len() {
            return Err(CascadeError::Length {
                field: "own",
                found: other.own.len(),
                expected: self.own.len(),
            });
        }
        let pairs = self.controlled.iter().zip(&other.controlled);
        let differences: Vec<f64> = pairs.map(|(here, there)| here - there).collect();
        Ok(Estimate::mean(&differences))
    }
}
