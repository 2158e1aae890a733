//! "Buy till you die": the (M)BG/CNBD-k family, one set of formulas for four published models.
//!
//! While alive, an entity ships at Erlang-k intervals with rate lambda (k phases each);
//! lambda ~ Gamma(r, rate alpha). After each event it dies with probability p ~ Beta(a, b). BG:
//! nobody dies at the first event; MBG: that is possible, too.
//!
//! | k | BG | MBG |
//! |---|---|---|
//! | 1 | BG/NBD (Fader, Hardie and Lee 2005) | MBG/NBD (Batislam, Denizel and Filiztekin 2007) |
//! | 2 and more | BG/CNBD-k | MBG/CNBD-k (Reutterer, Platzer and Schröder 2021) |
//!
//! Everything is summed in log space with positive terms only: no hypergeometric function, no
//! cancellation, no singularity at a = 1. Times are weeks.

use statrs::function::gamma::ln_gamma;

use super::series::{Survival, ln_add_exp, ln_beta, ln_one_minus_exp};
use super::{ChurnError, History};

crate::word_enum! {
    /// Whether an entity may die right after its first event.
    Variant {
        /// Beta-geometric: it may not; with no repeat event P(alive) is 1.
        Bg = "bg",
        /// Modified beta-geometric: it may.
        Mbg = "mbg",
    }
}

/// Largest number of phases.
pub const MAX_K: u32 = 32;
/// Most terms of the series for expected events.
const MAX_TERMS: f64 = 5e6;

/// Parameters of the population, all positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Shape of the rates' gamma distribution.
    pub r: f64,
    /// Rate of the rates' gamma distribution, weeks.
    pub alpha: f64,
    /// First shape of the beta distribution of dying after an event.
    pub a: f64,
    /// Second shape of the beta distribution of dying after an event.
    pub b: f64,
}

/// What a model says of one history over a horizon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Probability of being alive at the as-of date (formula 2), in `[0, 1]`.
    pub p_alive: f64,
    /// Probability of at least one event within the horizon (formula 4), in `[0, 1]`.
    pub p_active: f64,
    /// Expected number of events within the horizon (formula 3).
    pub expected_events: f64,
}

/// One model of the family with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    variant: Variant,
    k: u32,
    parameters: Parameters,
}

impl std::fmt::Display for Model {
    /// The name in the literature: `BG/NBD`, `MBG/NBD`, `BG/CNBD-k` or `MBG/CNBD-k`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let variant = match self.variant {
            Variant::Bg => "BG",
            Variant::Mbg => "MBG",
        };
        match self.k {
            1 => write!(f, "{variant}/NBD"),
            k => write!(f, "{variant}/CNBD-{k}"),
        }
    }
}

impl Model {
    /// Checks k (1 to 32) and the parameters (positive, at most 1e9).
    ///
    /// # Errors
    ///
    /// [`ChurnError`] names the field that breaks a rule.
    pub fn new(variant: Variant, k: u32, parameters: Parameters) -> Result<Self, ChurnError> {
        if !(1..=MAX_K).contains(&k) {
            return Err(ChurnError::Rule {
                field: "k",
                rule: "a whole number between 1 and 32",
            });
        }
        let Parameters { r, alpha, a, b } = parameters;
        for (field, value) in [("r", r), ("alpha", alpha), ("a", a), ("b", b)] {
            if !(1e-9..=1e9).contains(&value) {
                return Err(ChurnError::Number {
                    field,
                    value,
                    rule: "a number between 1e-9 and 1e9",
                });
            }
        }
        Ok(Self {
            variant,
            k,
            parameters,
        })
    }

    /// The variant.
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// Number of phases of an interval.
    pub fn k(&self) -> u32 {
        self.k
    }

    /// The population's parameters.
    pub fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// Log-likelihood of one history (formula 1).
    pub fn log_likelihood(&self, history: &History) -> f64 {
        self.base(history.x) + self.rest(history)
    }

    /// The part of formula (1) that depends on x alone:
    /// `lnΓ(s) − lnΓ(r) + r ln α + lnB(a, b+x+m) − lnB(a, b)`, s = r + k x.
    pub(super) fn base(&self, x: u64) -> f64 {
        let Parameters { r, alpha, a, b } = self.parameters;
        let deaths = x as f64 + self.first_death();
        ln_gamma(self.shape(x)) - ln_gamma(r) + r * alpha.ln() + ln_beta(a, b + deaths)
            - ln_beta(a, b)
    }

    /// The rest of formula (1).
    pub(super) fn rest(&self, history: &History) -> f64 {
        let (alive, dead) = self.ln_alive_dead(history);
        let mut sum = ln_add_exp(alive, dead);
        if self.k > 1 {
            let k = f64::from(self.k);
            sum += (k - 1.0) * history.litt - history.x as f64 * ln_gamma(k);
        }
        sum
    }

    /// All three at once, for less than each alone.
    ///
    /// # Errors
    ///
    /// As [`expected_events`](Self::expected_events).
    pub fn outlook(&self, history: &History, horizon: f64) -> Result<Outlook, ChurnError> {
        Ok(Outlook {
            p_alive: self.p_alive(history),
            p_active: self.p_active(history, horizon)?,
            expected_events: self.expected_events(history, horizon)?,
        })
    }

    /// Probability that the entity is alive at the as-of date (formula 2), in `[0, 1]`.
    ///
    /// Not a churn number: BG gives every entity without a repeat event 1.
    pub fn p_alive(&self, history: &History) -> f64 {
        let (alive, dead) = self.ln_alive_dead(history);
        1.0 / (1.0 + (dead - alive).exp())
    }

    /// Expected number of events in the `horizon` weeks after the as-of date (formula 3).
    ///
    /// # Errors
    ///
    /// [`ChurnError::Number`] if the horizon is NaN, negative or above 10,000 weeks, or if so many
    /// events are expected that the series would need more than five million terms.
    pub fn expected_events(&self, history: &History, horizon: f64) -> Result<f64, ChurnError> {
        check_horizon(horizon)?;
        let mut sum = 0.0;
        for (phase, weight) in (0..self.k).zip(self.phase_weights(history)) {
            sum += weight * self.events_from_phase(history, horizon, phase)?;
        }
        Ok(self.p_alive(history) * sum)
    }

    /// Probability of at least one event in the `horizon` weeks after the as-of date (formula 4),
    /// in `[0, 1]`. Its complement is the churn number.
    ///
    /// # Errors
    ///
    /// [`ChurnError::Number`] if the horizon is NaN, negative or above 10,000 weeks.
    ///
    /// # Example
    ///
    /// ```
    /// use hawser::churn::{History, Model, Parameters, Variant};
    ///
    /// let published = Parameters { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
    /// let model = Model::new(Variant::Bg, 1, published)?;
    /// let newcomer = History::new(0, 0.0, 0.0, 0.0)?;
    ///
    /// // 1 - (4.414 / (4.414 + 13))^0.243
    /// let active = model.p_active(&newcomer, 13.0)?;
    /// assert!((active - 0.2836).abs() < 1e-4);
    /// # Ok::<(), hawser::churn::ChurnError>(())
    /// ```
    pub fn p_active(&self, history: &History, horizon: f64) -> Result<f64, ChurnError> {
        check_horizon(horizon)?;
        let ln_success = -(horizon / (self.parameters.alpha + history.age)).ln_1p();
        let mut sum = 0.0;
        for (phase, weight) in (0..self.k).zip(self.phase_weights(history)) {
            let size = self.shape(history.x) + f64::from(phase);
            // The event needs k - phase further phases: none of the smaller counts may happen.
            let silent = -(size * ln_success).exp_m1();
            let mut ln_term = size * ln_success;
            let ln_failure = ln_one_minus_exp(ln_success);
            let mut some = 0.0;
            for n in 1..self.k - phase {
                let n = f64::from(n);
                ln_term += ((size + n - 1.0) / n).ln() + ln_failure;
                some += ln_term.exp();
            }
            sum += weight * (silent - some).max(0.0);
        }
        Ok((self.p_alive(history) * sum).clamp(0.0, 1.0))
    }

    /// 1 if death is possible at the first event, else 0: `m` in the formulas.
    fn first_death(&self) -> f64 {
        match self.variant {
            Variant::Bg => 0.0,
            Variant::Mbg => 1.0,
        }
    }

    /// `s = r + k x`.
    fn shape(&self, x: u64) -> f64 {
        self.parameters.r + f64::from(self.k) * x as f64
    }

    /// `lnAlive` and `lnDead`.
    fn ln_alive_dead(&self, history: &History) -> (f64, f64) {
        let Parameters { alpha, a, b, .. } = self.parameters;
        let shape = self.shape(history.x);
        let phases: f64 = self.phases(history).sum();
        let alive = -shape * (alpha + history.age).ln() + phases.ln();
        let dead = if self.variant == Variant::Mbg || history.x > 0 {
            a.ln()
                - (b + history.x as f64 - 1.0 + self.first_death()).ln()
                - shape * (alpha + history.t_x).ln()
        } else {
            f64::NEG_INFINITY
        };
        (alive, dead)
    }

    /// `(s)_j / j! · u^j` for j = 0 … k − 1, `u = (T − t_x)/(α + T)`.
    fn phases(&self, history: &History) -> impl Iterator<Item = f64> + use<> {
        let shape = self.shape(history.x);
        let u = (history.age - history.t_x) / (self.parameters.alpha + history.age);
        let mut term = 1.0;
        (0..self.k).map(move |j| {
            let j = f64::from(j);
            if j > 0.0 {
                term *= (shape + j - 1.0) / j * u;
            }
            term
        })
    }

    /// Weight of each phase of the running interval, given that the entity is alive.
    fn phase_weights(&self, history: &History) -> impl Iterator<Item = f64> + use<> {
        let sum: f64 = self.phases(history).sum();
        self.phases(history).map(move |phase| phase / sum)
    }

    /// `Σ NB_j(n) · Q(⌊(n + j)/k⌋)`: events expected from phase j on, given that it is alive.
    fn events_from_phase(
        &self,
        history: &History,
        horizon: f64,
        phase: u32,
    ) -> Result<f64, ChurnError> {
        if horizon == 0.0 {
            return Ok(0.0);
        }
        let size = self.shape(history.x) + f64::from(phase);
        let scale = self.parameters.alpha + history.age;
        let ln_success = -(horizon / scale).ln_1p();
        let ln_failure = ln_one_minus_exp(ln_success);
        let mean = size * horizon / scale;
        let spread = (mean * (1.0 + horizon / scale)).sqrt();
        if mean + 40.0 * spread + 40.0 * (1.0 + horizon / scale) > MAX_TERMS {
            return Err(ChurnError::Number {
                field: "horizon",
                value: horizon,
                rule: "fewer expected events",
            });
        }

        let Parameters { a, b, .. } = self.parameters;
        let mut survival = Survival::new(a, b + history.x as f64 + self.first_death());
        let mut ln_term = size * ln_success;
        let (mut sum, mut cumulated) = (0.0, 0.0);
        let mut count = 0_u64;
        loop {
            let n = count as f64;
            let probability = ln_term.exp();
            let events = (count + u64::from(phase)) / u64::from(self.k);
            let term = probability * survival.expected_of(events);
            sum += term;
            cumulated += probability;
            let settled = n > mean && term <= 1e-14 * sum && 1.0 - cumulated < 1e-10;
            if settled || n > MAX_TERMS {
                return Ok(sum);
            }
            ln_term += ((size + n) / (n + 1.0)).ln() + ln_failure;
            count += 1;
        }
    }
}

fn check_horizon(horizon: f64) -> Result<(), ChurnError> {
    if (0.0..=10_000.0).contains(&horizon) {
        Ok(())
    } else {
        Err(ChurnError::Number {
            field: "horizon",
            value: horizon,
            rule: "weeks between 0 and 10000",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::history::MAX_EVENTS;

    fn published() -> Model {
        let parameters = Parameters {
            r: 0.243,
            alpha: 4.414,
            a: 0.793,
            b: 2.426,
        };
        Model::new(Variant::Bg, 1, parameters).unwrap()
    }

    #[test]
    fn the_published_example_expects_1_226_events_in_39_weeks() {
        // Fader, Hardie and Lee 2005, section 5: a customer with x = 2, t_x = 30.43, T = 38.86.
        let history = History::new(2, 30.43, 38.86, 0.0).unwrap();
        let expected = published().expected_events(&history, 39.0).unwrap();
        assert!((expected - 1.226).abs() < 5e-4, "{expected}");
    }

    #[test]
    fn no_horizon_no_events() {
        let history = History::new(3, 9.0, 10.0, 3.0).unwrap();
        for k in [1, 2, 5] {
            let model = Model::new(Variant::Mbg, k, published().parameters()).unwrap();
            assert!(model.expected_events(&history, 0.0).unwrap().abs() < 1e-15);
            assert!(model.p_active(&history, 0.0).unwrap().abs() < 1e-15);
        }
    }

    #[test]
    fn bad_input_is_named() {
        for (x, t_x, age, litt, field) in [
            (1, 3.0, 2.0, 0.0, "t_x"),
            (1, -1.0, 2.0, 0.0, "t_x"),
            (0, 1.0, 2.0, 0.0, "t_x"),
            (1, 1.0, -2.0, 0.0, "T"),
            (1, 1.0, f64::NAN, 0.0, "T"),
            (1, f64::NAN, 2.0, 0.0, "t_x"),
            (1, 1.0, 2.0, f64::INFINITY, "litt"),
            (0, 0.0, 2.0, 0.3, "litt"),
            (MAX_EVENTS + 1, 1.0, 2.0, 0.0, "x"),
        ] {
            let text = History::new(x, t_x, age, litt).unwrap_err().to_string();
            assert!(text.starts_with(&format!("{field}:")), "{text}");
        }
        let history = History::new(0, 0.0, 1.0, 0.0).unwrap();
        assert!(published().p_active(&history, -1.0).is_err());
        assert!(published().expected_events(&history, f64::NAN).is_err());
        let parameters = Parameters {
            a: 0.0,
            ..published().parameters()
        };
        let error = Model::new(Variant::Bg, 1, parameters).unwrap_err();
        assert!(error.to_string().starts_with("a:"));
        assert!(Model::new(Variant::Bg, 0, published().parameters()).is_err());
    }
}
