//! The distribution of the loss: mean, quantiles, expected shortfall, each with its uncertainty.

use statrs::function::beta::beta_reg;

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
    /// The smallest loss that so many worlds do not exceed.
    pub value: f64,
    /// Lower end of its 95 % interval; `None` if there are too few worlds for one.
    pub lower: Option<f64>,
    /// Upper end of its 95 % interval; `None` if there are too few worlds for one.
    pub upper: Option<f64>,
}

/// Distribution of the loss of value over the horizon; a negative loss is a gain.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// At the levels of [`LEVELS`].
    pub quantiles: Vec<Quantile>,
    /// Expected shortfall: the mean loss in the worst 5 % of the worlds.
    pub shortfall: Estimate,
}

/// Levels of the quantiles that are told.
pub const LEVELS: [f64; 7] = [0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// Level from which on the expected shortfall averages.
pub const SHORTFALL_LEVEL: f64 = 0.95;

impl Estimate {
    /// Mean of independent values, at least two of them.
    pub(in crate::cascade) fn mean(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let value = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|one| (one - value).powi(2)).sum();
        Self {
            value,
            standard_error: (squares / (count - 1.0) / count).sqrt(),
        }
    }
}

impl Distribution {
    /// Of at least two losses.
    pub(super) fn of(losses: &[f64]) -> Self {
        let mut sorted = losses.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Self {
            quantiles: LEVELS
                .iter()
                .map(|&level| quantile(&sorted, level))
                .collect(),
            shortfall: shortfall(&sorted),
        }
    }
}

/// Order statistics. How many losses lie below the true quantile is binomial, whatever the
/// distribution: the interval leaves out at most 2.5 % on either side.
fn quantile(sorted: &[f64], level: f64) -> Quantile {
    let count = sorted.len();
    let at = |position: usize| sorted.get(position).copied();
    let rank = partition(count, |rank| rank as f64 >= level * count as f64);
    // One above the largest rank r with P(fewer than r below) <= 2.5 %; one below the smallest with
    // P(fewer than r below) >= 97.5 %.
    let lower = partition(count, |r| r > 0 && at_most(count, level, r - 1) > 0.025);
    let upper = partition(count, |r| at_most(count, level, r) >= 0.975);
    Quantile {
        level,
        // Ranks are one more than positions.
        value: rank.checked_sub(1).and_then(at).unwrap_or_default(),
        lower: lower.checked_sub(2).and_then(at),
        upper: at(upper),
    }
}

/// Smallest of `0..=count` for which `holds`, which holds from there on; `count + 1` if for none.
fn partition(count: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count + 1);
    while low < high {
        let middle = usize::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// P(X <= k) of a binomial X of so many trials.
pub(in crate::cascade) fn at_most(trials: usize, probability: f64, k: usize) -> f64 {
    if k >= trials {
        return 1.0;
    }
    beta_reg((trials - k) as f64, k as f64 + 1.0, 1.0 - probability)
}

/// Rockafellar and Uryasev 2000: q + E(loss - q)+ / (1 - level), which is least at the quantile q, so
/// that the error of q does not count in the first order.
fn shortfall(sorted: &[f64]) -> Estimate {
    let q = quantile(sorted, SHORTFALL_LEVEL).value;
    let excess: Vec<f64> = sorted
        .iter()
        .map(|loss| (loss - q).max(0.0) / (1.0 - SHORTFALL_LEVEL))
        .collect();
    let mean = Estimate::mean(&excess);
    Estimate {
        value: q + mean.value,
        ..mean
    }
}
