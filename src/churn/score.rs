//! The churn number of an entity, with what is needed to read it.

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::{ChurnError, Evidence, Fit, History};
use crate::units::Probability;

/// Horizon in weeks: a quarter.
pub const HORIZON_WEEKS: f64 = 13.0;
/// Below this age in weeks an entity is new: no red, no green.
pub const NEW_WEEKS: f64 = 8.0;
/// Nobody is safer than this, nobody more lost than its complement: extremes cost more log-loss
/// than they are worth.
pub const CLIP: f64 = 0.02;
/// Fewest histories that are worth a task of their own.
const MIN_LENGTH: usize = 256;

/// Churn of one entity over a horizon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Own churn: 1 - `p_active`, clipped to `[0.02, 0.98]`.
    pub churn: Probability,
    /// Probability of at least one event within the horizon.
    pub p_active: Probability,
    /// Probability of being alive at the as-of date. Secondary; never a churn number.
    pub p_alive: Probability,
    /// Expected number of events within the horizon.
    pub expected_events: f64,
    /// Whether the entity is younger than eight weeks.
    pub is_new: bool,
    /// How much data the parameters rest on.
    pub evidence: Evidence,
}

/// Scores one history over `horizon` weeks with fitted parameters.
///
/// # Errors
///
/// [`ChurnError::Number`] if the horizon is out of range.
pub fn score(fit: &Fit, history: &History, horizon: f64) -> Result<Score, ChurnError> {
    let outlook = fit.model.outlook(history, horizon)?;
    Ok(Score {
        churn: clipped(1.0 - outlook.p_active)?,
        p_active: probability("p_active", outlook.p_active)?,
        p_alive: probability("p_alive", outlook.p_alive)?,
        expected_events: outlook.expected_events,
        is_new: history.age() < NEW_WEEKS,
        evidence: fit.evidence,
    })
}

/// Scores many histories, in their order, on all threads.
///
/// # Errors
///
/// [`ChurnError::Row`] names the first history that cannot be scored.
pub fn score_all(fit: &Fit, histories: &[History], horizon: f64) -> Result<Vec<Score>, ChurnError> {
    let scores: Vec<Result<Score, ChurnError>> = histories
        .par_iter()
        .with_min_len(MIN_LENGTH)
        .map(|history| score(fit, history, horizon))
        .collect();
    let rows = scores.into_iter().enumerate();
    rows.map(|(row, score)| score.map_err(|error| error.in_row(row)))
        .collect()
}

/// A churn probability, kept away from 0 and 1.
pub(super) fn clipped(churn: f64) -> Result<Probability, ChurnError> {
    probability("churn", churn.clamp(CLIP, 1.0 - CLIP))
}

fn probability(field: &'static str, value: f64) -> Result<Probability, ChurnError> {
    Probability::new(value).map_err(|_| ChurnError::Number {
        field,
        value,
        rule: "a probability",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::{Model, Parameters, Variant};

    fn published() -> Fit {
        let parameters = Parameters {
            r: 0.243,
            alpha: 4.414,
            a: 0.793,
            b: 2.426,
        };
        Fit {
            model: Model::new(Variant::Bg, 1, parameters).unwrap(),
            log_likelihood: -9582.4,
            objective: 9582.4,
            iterations: 0,
            entities: 2357,
            evidence: Evidence::Sufficient,
        }
    }

    #[test]
    fn churn_is_the_complement_of_being_active_and_the_young_are_new() {
        let newcomer = History::new(0, 0.0, 0.0, 0.0).unwrap();
        let score = score(&published(), &newcomer, HORIZON_WEEKS).unwrap();
        // Reference case "brand-new customer, T=0".
        assert!((score.churn.get() - (1.0 - 0.283_599_449_904)).abs() < 1e-9);
        assert!((score.expected_events - 0.534_439_541_094).abs() < 1e-9);
        assert!(score.is_new);
    }

    #[test]
    fn a_burst_and_then_silence_is_clipped_below_certainty() {
        // Reference case: p_at_least_one_event_13 is 2.2e-6.
        let silent = History::new(10, 5.0, 38.86, 0.0).unwrap();
        let score = score(&published(), &silent, HORIZON_WEEKS).unwrap();
        assert!((score.churn.get() - 0.98).abs() < 1e-15);
        assert!(!score.is_new);
    }
}
