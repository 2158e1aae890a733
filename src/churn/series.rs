//! Sums and logarithms that the formulas share.

use statrs::function::gamma::ln_gamma;

/// `Q(M) = Σ_{i ≤ M} q_i`: events that happen of M that the timing allows, dying after each possible.
pub(super) struct Survival {
    a: f64,
    b: f64,
    counted: u64,
    q: f64,
    sum: f64,
}

impl Survival {
    /// `a` and `b` are the shapes of dying after an event, what is known of it taken in.
    pub fn new(a: f64, b: f64) -> Self {
        Self {
            a,
            b,
            counted: 0,
            q: 1.0,
            sum: 0.0,
        }
    }

    /// Q of `events`, which must not fall from call to call.
    pub fn expected_of(&mut self, events: u64) -> f64 {
        while self.counted < events {
            self.sum += self.q;
            let i = self.counted as f64;
            self.q *= (self.b + i) / (self.a + self.b + i);
            self.counted += 1;
        }
        self.sum
    }
}

/// `lnB(a, b)`.
pub(super) fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// `ln(e^u + e^v)` without overflow; one of the two may be −∞.
pub(super) fn ln_add_exp(u: f64, v: f64) -> f64 {
    let (high, low) = if u >= v { (u, v) } else { (v, u) };
    if high == f64::NEG_INFINITY {
        return high;
    }
    high + (low - high).exp().ln_1p()
}

/// `ln(1 − e^v)` for v ≤ 0.
pub(super) fn ln_one_minus_exp(v: f64) -> f64 {
    (-v.exp_m1()).ln()
}
