//! Random numbers that are the same on every machine.
//!
//! `ChaCha` supplies the bits. What is made of them uses the basic operations of IEEE arithmetic,
//! which are exact everywhere, and `libm`'s logarithm, exponential and power, which are computed in
//! Rust; the ones of the standard library differ between systems in their last digits.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// Which part of a world is drawn: each part has its own numbers, so that more customers do not
/// reshuffle the teams.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Customers,
    Links,
    Departures,
    Shipments,
    Voices,
}

/// A source of random numbers.
#[derive(Clone, Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The numbers for `part` of the world that grows from `seed`.
    pub fn new(seed: u64, part: Part) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(part as u64);
        Self(rng)
    }

    /// Uniform in [0, 1), in steps of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform among 0, 1, …, `bound` - 1; 0 if `bound` is 0. The bias is below 2^-32.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// True with `probability`.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of `items`.
    #[expect(
        clippy::indexing_slicing,
        reason = "only used on constant, non-empty lists"
    )]
    #[expect(clippy::cast_possible_truncation, reason = "the lists are short")]
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u32) as usize]
    }

    /// Standard normal, by the polar method.
    fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (self.between(-1.0, 1.0), self.between(-1.0, 1.0));
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * libm::log(square) / square).sqrt();
            }
        }
    }

    /// Gamma with this shape (above 0) and scale 1 (Marsaglia and Tsang 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = libm::pow(1.0 - self.unit(), 1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let mode = shape - 1.0 / 3.0;
        let spread = 1.0 / (9.0 * mode).sqrt();
        loop {
            let deviate = self.normal();
            let root = 1.0 + spread * deviate;
            if root <= 0.0 {
                continue;
            }
            let cube = root * root * root;
            let bound = 0.5 * deviate * deviate + mode * (1.0 - cube + libm::log(cube));
            if libm::log(1.0 - self.unit()) < bound {
                return mode * cube;
            }
        }
    }

    /// The least of `points` uniform numbers in [0, 1), drawn at once.
    pub fn least_of(&mut self, points: f64) -> f64 {
        1.0 - libm::exp(libm::log(1.0 - self.unit()) / points)
    }
}

/// Draws from `weights` in proportion to them.
#[derive(Clone, Debug)]
pub(super) struct Urn(Vec<f64>);

impl Urn {
    /// An urn over weights of 0 or more.
    pub fn new(weights: impl Iterator<Item = f64>) -> Self {
        Self(
            weights
                .scan(0.0, |sum, weight| {
                    *sum += weight;
                    Some(*sum)
                })
                .collect(),
        )
    }

    /// The position of the weight drawn.
    pub fn draw(&self, dice: &mut Dice) -> usize {
        let total = self.0.last().copied().unwrap_or(0.0);
        let mark = dice.unit() * total;
        let found = self.0.partition_point(|&sum| sum <= mark);
        found.min(self.0.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_numbers_have_the_mean_and_variance_of_their_shape() {
        let mut dice = Dice::new(7, Part::Links);
        for shape in [0.5, 1.0, 4.0] {
            let draws: Vec<f64> = (0..40_000).map(|_| dice.gamma(shape)).collect();
            let mean = draws.iter().sum::<f64>() / 40_000.0;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 40_000.0;
            // Both are the shape; five standard errors of the mean are 0.05 at shape 4.
            assert!((mean - shape).abs() < 0.05, "{shape}: mean {mean}");
            assert!(
                (variance / shape - 1.0).abs() < 0.1,
                "{shape}: variance {variance}"
            );
        }
    }

    #[test]
    fn an_urn_draws_in_proportion_and_never_a_weight_of_nothing() {
        let mut dice = Dice::new(7, Part::Links);
        let urn = Urn::new([3.0, 0.0, 1.0].into_iter());
        let mut drawn = [0; 3];
        for _ in 0..8_000 {
            drawn[urn.draw(&mut dice)] += 1;
        }
        assert_eq!(drawn[1], 0);
        // 8000 · 3/4 = 6000, standard deviation 39.
        assert!((5_800..6_200).contains(&drawn[0]), "{drawn:?}");
    }

    #[test]
    fn the_least_of_three_points_lies_at_a_quarter_on_average() {
        let mut dice = Dice::new(7, Part::Links);
        let mean = (0..20_000).map(|_| dice.least_of(3.0)).sum::<f64>() / 20_000.0;
        assert!((mean - 0.25).abs() < 0.01, "{mean}");
    }
}
