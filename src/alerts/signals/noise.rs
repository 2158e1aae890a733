//! Whether a difference is more than chance brings: pure.

use statrs::distribution::{ContinuousCDF as _, StudentsT};
use statrs::function::beta::beta_reg;

/// Probability of chance below which a difference is believed. Chosen: a network has thousands of
/// customers that are looked at every week, and one in twenty would be far too many false alarms.
pub const CHANCE: f64 = 0.01;

/// Probability that, of two counts over equally long spans with the same rate, the later is as small
/// as `now` or smaller: of `now + then` events each falls into either span with probability one half
/// (the conditional test of Przyborowski and Wilenski 1940).
pub fn chance_of_fewer(now: u64, then: u64) -> f64 {
    if then == 0 {
        return 1.0;
    }
    // P(X <= now), X binomial of now + then and 1/2, is I_{1/2}(then, now + 1).
    beta_reg(then as f64, now as f64 + 1.0, 0.5)
}

/// What is known of a span's values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// How many.
    pub n: f64,
    /// Their mean.
    pub mean: f64,
    /// Their variance, that of the sample.
    pub variance: f64,
}

impl Sample {
    /// From the number of values, their sum and the sum of their squares; `None` for fewer than two.
    pub fn of(n: i64, sum: i64, squares: i64) -> Option<Self> {
        if n < 2 {
            return None;
        }
        let (n, sum, squares) = (n as f64, sum as f64, squares as f64);
        let mean = sum / n;
        Some(Self {
            n,
            mean,
            variance: ((squares - sum * mean) / (n - 1.0)).max(0.0),
        })
    }

    /// Variance of the mean.
    fn of_mean(&self) -> f64 {
        self.variance / self.n
    }
}

/// Probability that the mean of `later` lies as far above that of `earlier` if both have the same
/// (Welch 1947, one-sided). Without any spread on either side a difference is no chance.
pub fn chance_of_rise(later: &Sample, earlier: &Sample) -> f64 {
    let (one, other) = (later.of_mean(), earlier.of_mean());
    let (rise, variance) = (later.mean - earlier.mean, one + other);
    if variance <= 0.0 {
        return if rise > 0.0 { 0.0 } else { 1.0 };
    }
    let freedom =
        variance.powi(2) / (one.powi(2) / (later.n - 1.0) + other.powi(2) / (earlier.n - 1.0));
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |law| law.sf(rise / variance.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_differ_by_more_than_chance_as_coins_say() {
        // Of 10 fair coins at most 0 heads: 1/1024; of 12 at most 2: (1 + 12 + 66)/4096; of 11 at
        // most 1: 12/2048; of 20 at most 10, by symmetry: (1 + C(20,10)/2^20)/2.
        let cases = [
            (0, 10, 1.0 / 1024.0),
            (2, 10, 79.0 / 4096.0),
            (1, 10, 12.0 / 2048.0),
            (10, 10, f64::midpoint(1.0, 184_756.0 / 1_048_576.0)),
            (5, 0, 1.0),
        ];
        for (now, then, chance) in cases {
            let found = chance_of_fewer(now, then);
            assert!((found - chance).abs() < 1e-12, "{now} {then}: {found}");
        }
    }

    #[test]
    fn means_differ_by_more_than_chance_as_the_t_law_says() {
        // 1 2 3 against 4 5 6: variances 1, t = 3/sqrt(2/3), 4 degrees of freedom.
        let (low, high) = (
            Sample::of(3, 6, 14).unwrap(),
            Sample::of(3, 15, 77).unwrap(),
        );
        assert_eq!((low.mean, low.variance), (2.0, 1.0));
        let t = 3.0 / (2.0_f64 / 3.0).sqrt();
        // Student's law with 4 degrees has a closed form: with s = t/sqrt(4 + t^2) it is
        // F(t) = 1/2 + s/2 * (1 + (1 - s^2)/2).
        let s = t / (4.0 + t * t).sqrt();
        let expected = 0.5 - s / 2.0 * (1.0 + (1.0 - s * s) / 2.0);
        let found = chance_of_rise(&high, &low);
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        assert!((chance_of_rise(&low, &high) - (1.0 - expected)).abs() < 1e-9);
    }

    #[test]
    fn without_spread_any_rise_is_real_and_one_value_is_no_sample() {
        let flat = |mean: i64| Sample::of(5, 5 * mean, 5 * mean * mean).unwrap();
        assert!(chance_of_rise(&flat(12), &flat(0)) < 1e-12);
        assert!(chance_of_rise(&flat(0), &flat(0)) > 0.99);
        assert_eq!(Sample::of(1, 3, 9), None);
    }
}
