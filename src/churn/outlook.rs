//! What a model expects of an entity's future: whether it is active, and how many events.
//!
//! Given that it is alive, the entity is in phase j of the running interval with a known weight; the
//! phases that pass within the horizon are negative binomial, an event is due at every k-th, and
//! happens if the entity has survived those before. Sums of positive terms: nothing cancels.

use super::btyd::{MAX_K, Model, Parameters};
use super::{ChurnError, History};

/// Most terms of the series for expected events.
const MAX_TERMS: f64 = 5e6;
/// Probabilities below e to this are followed by their logarithms, lest they vanish.
const FAINT: f64 = -600.0;

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

impl Model {
    /// All three at once, for less than each alone.
    ///
    /// # Errors
    ///
    /// As [`expected_events`](Self::expected_events).
    pub fn outlook(&self, history: &History, horizon: f64) -> Result<Outlook, ChurnError> {
        check_horizon(horizon)?;
        let phases = Phases::of(self, history);
        let p_alive = self.alive_given(history, phases.sum);
        let (mut active, mut events) = (0.0, 0.0);
        for (phase, weight) in phases.weights() {
            let ahead = Ahead::from(self, history, horizon, phase);
            active += weight * ahead.active();
            events += weight * ahead.events()?;
        }
        Ok(Outlook {
            p_alive,
            p_active: (p_alive * active).clamp(0.0, 1.0),
            expected_events: p_alive * events,
        })
    }

    /// Expected number of events in the `horizon` weeks after the as-of date (formula 3).
    ///
    /// # Errors
    ///
    /// [`ChurnError::Number`] if the horizon is NaN, negative or above 10,000 weeks, or if so many
    /// events are expected that the series would need more than five million terms.
    pub fn expected_events(&self, history: &History, horizon: f64) -> Result<f64, ChurnError> {
        Ok(self.outlook(history, horizon)?.expected_events)
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
        let phases = Phases::of(self, history);
        let active: f64 = phases
            .weights()
            .map(|(phase, weight)| weight * Ahead::from(self, history, horizon, phase).active())
            .sum();
        let p_alive = self.alive_given(history, phases.sum);
        Ok((p_alive * active).clamp(0.0, 1.0))
    }
}

/// How likely the entity is in each phase of the running interval.
struct Phases {
    terms: [f64; MAX_K as usize],
    sum: f64,
    k: u32,
}

impl Phases {
    fn of(model: &Model, history: &History) -> Self {
        let mut terms = [0.0; MAX_K as usize];
        let mut sum = 0.0;
        for (place, term) in terms.iter_mut().zip(model.phases(history)) {
            *place = term;
            sum += term;
        }
        let k = model.k();
        Self { terms, sum, k }
    }

    /// Phases with their probabilities, given that the entity is alive.
    fn weights(&self) -> impl Iterator<Item = (u32, f64)> {
        (0..self.k).zip(self.terms.iter().map(|term| term / self.sum))
    }
}

/// What lies ahead of an entity that is alive and in a certain phase.
struct Ahead {
    k: u32,
    phase: u32,
    horizon: f64,
    /// Size of the negative binomial number of phases.
    size: f64,
    /// Weeks the rate is known from, prior included.
    scale: f64,
    /// Logarithm of its probability of success.
    ln_success: f64,
    /// Its probability of failure.
    failure: f64,
    /// Shapes of dying after an event.
    a: f64,
    b: f64,
}

impl Ahead {
    fn from(model: &Model, history: &History, horizon: f64, phase: u32) -> Self {
        let Parameters { alpha, a, b, .. } = model.parameters();
        let scale = alpha + history.age;
        Self {
            k: model.k(),
            phase,
            horizon,
            size: model.shape(history.x) + f64::from(phase),
            scale,
            ln_success: -(horizon / scale).ln_1p(),
            failure: horizon / (scale + horizon),
            a,
            b: b + history.x as f64 + model.first_death(),
        }
    }

    /// `1 − Σ_{n < k − j} NB(n)`: the next event falls within the horizon.
    fn active(&self) -> f64 {
        let ln_none = self.size * self.ln_success;
        let mut term = ln_none.exp();
        let mut active = -ln_none.exp_m1();
        for n in 1..self.k - self.phase {
            let n = f64::from(n);
            term *= (self.size + n - 1.0) / n * self.failure;
            active -= term;
        }
        active.max(0.0)
    }

    /// `Σ NB(n) · Q(⌊(n + j)/k⌋)`, Q(M) the events that happen of M that are due.
    fn events(&self) -> Result<f64, ChurnError> {
        if self.horizon == 0.0 {
            return Ok(0.0);
        }
        let ratio = self.horizon / self.scale;
        let mean = self.size * ratio;
        let spread = (mean * (1.0 + ratio)).sqrt();
        if mean + 40.0 * spread + 40.0 * (1.0 + ratio) > MAX_TERMS {
            return Err(ChurnError::Number {
                field: "horizon",
                value: self.horizon,
                rule: "fewer expected events",
            });
        }
        let mut ln_term = self.size * self.ln_success;
        let mut term = ln_term.exp();
        let (mut sum, mut cumulated) = (0.0, 0.0);
        let (mut happening, mut surviving, mut due) = (0.0, 1.0, 0.0);
        let (mut n, mut phase) = (0.0, self.phase);
        loop {
            let gain = term * happening;
            sum += gain;
            cumulated += term;
            let settled = n > mean && gain <= 1e-14 * sum && 1.0 - cumulated < 1e-10;
            if settled || n > MAX_TERMS {
                return Ok(sum);
            }
            let factor = (self.size + n) / (n + 1.0) * self.failure;
            if ln_term < FAINT {
                ln_term += factor.ln();
                term = ln_term.exp();
            } else {
                term *= factor;
            }
            n += 1.0;
            phase += 1;
            if phase == self.k {
                phase = 0;
                happening += surviving;
                surviving *= (self.b + due) / (self.a + self.b + due);
                due += 1.0;
            }
        }
    }
}

pub(super) fn check_horizon(horizon: f64) -> Result<(), ChurnError> {
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
    use crate::churn::{Variant, simulated};

    #[test]
    fn nobody_dies_so_the_mean_is_that_of_the_phases_even_where_single_terms_vanish() {
        // a = 1e-9: every event that is due happens, and with k = 1 there are s h/(α + T) of them.
        let parameters = Parameters {
            r: 0.5,
            alpha: 2.0,
            a: 1e-9,
            b: 5.0,
        };
        let model = Model::new(Variant::Mbg, 1, parameters).unwrap();
        for x in [3, 700, 90_000] {
            let history = History::new(x, 104.0, 104.0, 0.0).unwrap();
            let found = model.expected_events(&history, 13.0).unwrap();
            let want = model.p_alive(&history) * (0.5 + x as f64) * 13.0 / 106.0;
            assert!((found / want - 1.0).abs() < 1e-8, "{x}: {found} {want}");
        }
    }

    #[test]
    fn a_simulated_population_ships_as_expected() {
        for k in [1, 3] {
            let simulated = simulated::population(&simulated::KNOWN, k, 20_000, 11);
            let model = Model::new(Variant::Mbg, k, simulated::KNOWN).unwrap();
            let (mut active, mut events, mut wanted) = (0.0, 0.0, (0.0, 0.0));
            for entity in &simulated {
                let outlook = model.outlook(&entity.history, 13.0).unwrap();
                active += outlook.p_active;
                events += outlook.expected_events;
                wanted.0 += f64::from(u8::from(entity.future > 0));
                wanted.1 += entity.future as f64;
            }
            // Four standard errors: of a share below ½, and of counts whose spread is theirs.
            assert!((active - wanted.0).abs() < 4.0 * 0.5 * 20_000_f64.sqrt());
            let spread = simulated
                .iter()
                .map(|entity| (entity.future as f64).powi(2));
            assert!((events - wanted.1).abs() < 4.0 * spread.sum::<f64>().sqrt());
        }
    }

    #[test]
    fn one_at_a_time_comes_to_the_same_as_all_at_once() {
        let model = Model::new(Variant::Bg, 3, simulated::KNOWN).unwrap();
        let history = History::new(7, 20.0, 31.0, 6.0).unwrap();
        let outlook = model.outlook(&history, 13.0).unwrap();
        assert_eq!(Ok(outlook.p_active), model.p_active(&history, 13.0));
        assert!((outlook.p_alive - model.p_alive(&history)).abs() < 1e-15);
    }
}
