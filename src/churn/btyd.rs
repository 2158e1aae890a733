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

use super::series::{ln_add_exp, ln_beta};
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
        self.base(history.x) + self.rest(history) + self.spread(history.x as f64, history.litt)
    }

    /// The part of formula (1) that depends on x alone:
    /// `lnΓ(s) − lnΓ(r) + r ln α + lnB(a, b+x+m) − lnB(a, b)`, s = r + k x.
    pub(super) fn base(&self, x: u64) -> f64 {
        let Parameters { r, alpha, a, b } = self.parameters;
        let deaths = x as f64 + self.first_death();
        ln_gamma(self.shape(x)) - ln_gamma(r) + r * alpha.ln() + ln_beta(a, b + deaths)
            - ln_beta(a, b)
    }

    /// The part of formula (1) that depends on `t_x` and T, too: `ln(Alive + Dead)`.
    pub(super) fn rest(&self, history: &History) -> f64 {
        let (alive, dead) = self.ln_alive_dead(history, self.phases(history).sum());
        ln_add_exp(alive, dead)
    }

    /// The part of formula (1) that knows no parameter but k, of so many intervals with this sum of
    /// logarithms: `(k − 1) litt − x lnΓ(k)`.
    pub(super) fn spread(&self, x: f64, litt: f64) -> f64 {
        let k = f64::from(self.k);
        if self.k == 1 {
            return 0.0;
        }
        (k - 1.0) * litt - x * ln_gamma(k)
    }

    /// Probability that the entity is alive at the as-of date (formula 2), in `[0, 1]`.
    ///
    /// Not a churn number: BG gives every entity without a repeat event 1.
    pub fn p_alive(&self, history: &History) -> f64 {
        self.alive_given(history, self.phases(history).sum())
    }

    /// [`p_alive`](Self::p_alive), the sum of the phases known.
    pub(super) fn alive_given(&self, history: &History, phases: f64) -> f64 {
        let (alive, dead) = self.ln_alive_dead(history, phases);
        1.0 / (1.0 + (dead - alive).exp())
    }

    /// 1 if death is possible at the first event, else 0: `m` in the formulas.
    pub(super) fn first_death(&self) -> f64 {
        match self.variant {
            Variant::Bg => 0.0,
            Variant::Mbg => 1.0,
        }
    }

    /// `s = r + k x`.
    pub(super) fn shape(&self, x: u64) -> f64 {
        self.parameters.r + f64::from(self.k) * x as f64
    }

    /// Whether the entity may have died at its last event.
    pub(super) fn may_be_dead(&self, history: &History) -> bool {
        self.variant == Variant::Mbg || history.x > 0
    }

    /// `lnAlive` and `lnDead`, the sum of the phases known.
    fn ln_alive_dead(&self, history: &History, phases: f64) -> (f64, f64) {
        let Parameters { alpha, a, b, .. } = self.parameters;
        let shape = self.shape(history.x);
        let alive = -shape * (alpha + history.age).ln() + phases.ln();
        let dead = if self.may_be_dead(history) {
            a.ln()
                - (b + history.x as f64 - 1.0 + self.first_death()).ln()
                - shape * (alpha + history.t_x).ln()
        } else {
            f64::NEG_INFINITY
        };
        (alive, dead)
    }

    /// `(s)_j / j! · u^j` for j = 0 … k − 1, `u = (T − t_x)/(α + T)`.
    pub(super) fn phases(&self, history: &History) -> impl Iterator<Item = f64> + use<> {
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
