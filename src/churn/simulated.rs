//! Populations with known parameters, for tests: the story of the model, told by a seeded generator.

use super::{History, Parameters};

/// Parameters that tests can know the truth by.
pub(super) const KNOWN: Parameters = Parameters {
    r: 1.2,
    alpha: 4.0,
    a: 0.8,
    b: 3.5,
};

/// An entity with its past and its future.
pub(super) struct Simulated {
    pub history: History,
    /// Events in the 13 weeks after the as-of date.
    pub future: usize,
}

/// `SplitMix64` with the distributions the story needs.
pub(super) struct Random(pub u64);

impl Random {
    /// Uniform in `(0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    fn gaussian(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Gamma with rate 1 (Marsaglia and Tsang 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.gaussian();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Beta as a ratio of gammas.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        x / (x + y)
    }
}

/// Entities of MBG/CNBD-k, first seen up to two years ago and followed for 13 weeks more.
pub(super) fn population(known: &Parameters, k: u32, count: usize, seed: u64) -> Vec<Simulated> {
    let mut random = Random(seed);
    (0..count)
        .map(|_| {
            let age = 104.0 * random.uniform();
            let rate = random.gamma(known.r) / known.alpha;
            let dying = random.beta(known.a, known.b);
            let mut events = Vec::new();
            let mut now = 0.0;
            // Death is possible after every event, the first included.
            while random.uniform() > dying {
                now += (0..k).map(|_| random.exponential()).sum::<f64>() / rate;
                if now > age + 13.0 {
                    break;
                }
                events.push(now);
            }
            let (mut x, mut last, mut litt) = (0, 0.0, 0.0);
            for &event in events.iter().filter(|event| **event <= age) {
                litt += (event - last).ln();
                last = event;
                x += 1;
            }
            Simulated {
                history: History::new(x, last, age, litt).unwrap(),
                future: events.iter().filter(|event| **event > age).count(),
            }
        })
        .collect()
}
