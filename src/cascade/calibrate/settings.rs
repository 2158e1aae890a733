//! Settings of a calibration; their defaults are design choices.

use crate::cascade::Strengths;

/// How strength is learnt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Means of the Beta priors. Default [`Strengths::default`]. A strength of 0 is not allowed here.
    pub prior: Strengths,
    /// Weight of each prior, as so many customers that had lost all of their business. Default 10.
    pub prior_weight: f64,
    /// Learn effects of region, period and both together. Default true; without them anything that
    /// neighbours share looks like contagion.
    pub effects: bool,
    /// Standard deviation (logits) of the prior on the effect of a region or of a period. Default 1.
    pub effect_sd: f64,
    /// The same for a region in one period, on top of both. Default 0.5.
    pub cell_sd: f64,
    /// How often partners are permuted for the placebo. Default 20.
    pub permutations: u32,
    /// Share of the periods, the latest, that is held out. Default 1/3; at least one period.
    pub holdout: f64,
    /// Bootstrap resamples of the hold-out's comparisons. Default 500.
    pub resamples: u32,
    /// Seed of permutations and resamples. Same seed, same answer.
    pub seed: u64,
    /// Different exposed customers below which nothing is said. Default 30.
    pub min_exposed: usize,
    /// Sum of lost shares below which nothing is said. Default 10: as many customers that lost all.
    pub min_lost_share: f64,
    /// Departures, and customers that stayed, below which nothing is said. Default 20.
    pub min_events: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prior: Strengths::default(),
            prior_weight: 10.0,
            effects: true,
            effect_sd: 1.0,
            cell_sd: 0.5,
            permutations: 20,
            holdout: 1.0 / 3.0,
            resamples: 500,
            seed: 1,
            min_exposed: 30,
            min_lost_share: 10.0,
            min_events: 20,
        }
    }
}
