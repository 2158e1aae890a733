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

#[cfg(test)]
mod tests {
    use super::*;

    /// 1, 2, …, 100, in any order.
    fn hundred() -> Distribution {
        let losses: Vec<f64> = (0..100_u32).map(|i| f64::from(i * 37 % 100 + 1)).collect();
        Distribution::of(&losses)
    }

    #[test]
    fn quantiles_are_order_statistics_with_binomial_intervals() {
        let found = hundred();
        let values: Vec<f64> = found.quantiles.iter().map(|one| one.value).collect();
        assert_eq!(values, [5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0]);
        // Conover, Practical Nonparametric Statistics: the median of 100 lies between the 40th and
        // the 61st; of Binomial(100, 1/2) 1.8 % is at most 39, 2.8 % at most 40.
        let median = found.quantiles[2];
        assert_eq!((median.lower, median.upper), (Some(40.0), Some(61.0)));
        // 99 % of 100: P(all 100 are below) = 0.99^100 = 0.366, so there is no upper end.
        let last = found.quantiles[6];
        assert_eq!(last.upper, None);
        // P(at most 96) = 1.8 %, P(at most 97) = 7.9 %.
        assert_eq!(last.lower, Some(97.0));
        // P(at most 0 of 100 at 5 %) = 0.6 %, at most 1: 3.7 %; at most 9: 97.2 %, at most 10: 98.9 %.
        let first = found.quantiles[0];
        assert_eq!((first.lower, first.upper), (Some(1.0), Some(11.0)));
    }

    #[test]
    fn the_shortfall_is_the_mean_of_the_worst_with_the_spread_of_the_excess() {
        let found = hundred().shortfall;
        // Mean of 96 … 100. Excess over 95: 1 … 5 in five of 100, each times 20: mean 3, squares
        // 400 * 55 = 22000, so (22000 - 900) / 99 / 100 = 2.1313.
        assert!((found.value - 98.0).abs() < 1e-9, "{found:?}");
        assert!((found.standard_error - 2.131_313_f64.sqrt()).abs() < 1e-6);
    }

    #[test]
    fn two_worlds_have_a_median_without_an_interval() {
        let found = Distribution::of(&[3.0, -1.0]);
        let values = (found.quantiles[2].value, found.quantiles[6].value);
        assert_eq!(values, (-1.0, 3.0));
        let median = found.quantiles[2];
        assert_eq!((median.lower, median.upper), (None, None));
        // Both lie below the 5 % quantile once in 400.
        assert_eq!(found.quantiles[0].upper, Some(3.0));
        assert!((found.shortfall.value - 3.0).abs() < 1e-12);
    }

    /// Binomial(10, 0.3): 0.0282 at none, 0.1493 at most 1, 0.6496 at most 3.
    #[test]
    fn tails_are_those_of_the_tables() {
        for (k, want) in [(0, 0.0282), (1, 0.1493), (3, 0.6496), (10, 1.0)] {
            assert!((at_most(10, 0.3, k) - want).abs() < 5e-5, "{k}");
        }
        assert_eq!((at_most(10, 0.0, 0), at_most(10, 1.0, 9)), (1.0, 0.0));
    }
}
