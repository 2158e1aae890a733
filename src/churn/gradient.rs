//! Derivatives of the log-likelihood by the logarithms of r, alpha, a and b.

use statrs::function::gamma::digamma;

use super::History;
use super::btyd::{Model, Parameters};

impl Model {
    /// Derivatives of the part of formula (1) that depends on x alone.
    pub(super) fn base_gradient(&self, x: u64) -> [f64; 4] {
        let Parameters { r, alpha, a, b } = self.parameters();
        let deaths = x as f64 + self.first_death();
        let all = digamma(a + b) - digamma(a + b + deaths);
        [
            r * (digamma(self.shape(x)) - digamma(r) + alpha.ln()),
            r,
            a * all,
            b * (all + digamma(b + deaths) - digamma(b)),
        ]
    }

    /// The rest of formula (1) and its derivatives.
    pub(super) fn rest_gradient(&self, history: &History) -> (f64, [f64; 4]) {
        let Parameters { r, alpha, a, b } = self.parameters();
        let shape = self.shape(history.x);
        let (now, last) = (alpha + history.age, alpha + history.t_x);
        let (ln_now, ln_last) = (now.ln(), last.ln());
        let spent = self.spent(shape, (history.age - history.t_x) / now);
        let alive = spent.ln - shape * ln_now;
        if !self.may_be_dead(history) {
            let by_alpha = -(shape + spent.by_ln_u) / now;
            return (
                alive,
                [r * (spent.by_shape - ln_now), alpha * by_alpha, 0.0, 0.0],
            );
        }
        let survived = b + history.x as f64 - 1.0 + self.first_death();
        let dead = (a / survived).ln() - shape * ln_last;
        let odds = (dead - alive).exp();
        let p_alive = 1.0 / (1.0 + odds);
        let p_dead = 1.0 - p_alive;
        let value = if odds <= 1.0 {
            alive + odds.ln_1p()
        } else {
            dead + odds.recip().ln_1p()
        };
        let by_r = p_alive * (spent.by_shape - ln_now) - p_dead * ln_last;
        let by_alpha = -p_alive * (shape + spent.by_ln_u) / now - p_dead * shape / last;
        let gradient = [r * by_r, alpha * by_alpha, p_dead, -b * p_dead / survived];
        (value, gradient)
    }

    /// `ln Σ_j (s)_j / j! · u^j` with its derivatives.
    fn spent(&self, shape: f64, u: f64) -> Spent {
        if self.k() == 1 {
            return Spent::default();
        }
        let (mut term, mut sum) = (1.0, 1.0);
        let (mut inverse, mut by_shape, mut by_ln_u) = (0.0, 0.0, 0.0);
        for j in 1..self.k() {
            let j = f64::from(j);
            let factor = shape + j - 1.0;
            term *= factor / j * u;
            inverse += factor.recip();
            sum += term;
            by_shape += term * inverse;
            by_ln_u += term * j;
        }
        Spent {
            ln: sum.ln(),
            by_shape: by_shape / sum,
            by_ln_u: by_ln_u / sum,
        }
    }
}

/// Logarithm of the sum over the phases of the running interval, and its derivatives.
#[derive(Default)]
struct Spent {
    ln: f64,
    by_shape: f64,
    by_ln_u: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::Variant;

    #[test]
    fn derivatives_are_those_of_small_differences() {
        let theta = [-0.5_f64, 1.7, -0.3, 0.9];
        let model = |theta: [f64; 4], variant, k| {
            let [r, alpha, a, b] = theta.map(f64::exp);
            Model::new(variant, k, Parameters { r, alpha, a, b }).unwrap()
        };
        for variant in [Variant::Bg, Variant::Mbg] {
            for k in [1, 2, 4] {
                for (x, t_x, age) in [(0, 0.0, 0.0), (0, 0.0, 30.0), (5, 9.0, 40.0), (9, 9.0, 9.0)]
                {
                    let history = History::new(x, t_x, age, 0.0).unwrap();
                    let here = model(theta, variant, k);
                    let (value, rest) = here.rest_gradient(&history);
                    let base = here.base_gradient(x);
                    assert!((value - here.rest(&history)).abs() < 1e-12);
                    for place in 0..4 {
                        let at = |step: f64| {
                            let mut theta = theta;
                            theta[place] += step;
                            model(theta, variant, k).log_likelihood(&history)
                        };
                        let want = (at(1e-5) - at(-1e-5)) / 2e-5;
                        let got = base[place] + rest[place];
                        assert!(
                            (got - want).abs() < 1e-7,
                            "{variant} {k} {x} {place}: {got} {want}"
                        );
                    }
                }
            }
        }
    }
}
