//! The hold-out: strengths learnt from earlier periods, judged on later ones.

use super::fit::fit;
use super::likelihood::Place;
use super::problem::{Grouping, Problem};
use super::{CLASSES, CalibrationError, Holdout, Observation, Settings, priors};
use crate::evaluation::{
    EvaluationError, MIN_EVENTS, Metric, Predictions, Resampling, Scaling, compare,
};

/// Judges the latest periods; `None` with fewer than two periods.
///
/// # Errors
///
/// [`CalibrationError::NotConverged`], or what the evaluation refuses.
pub(super) fn holdout(
    observations: &[Observation],
    settings: &Settings,
) -> Result<Option<Holdout>, CalibrationError> {
    let Some(taught_through) = split(observations, settings.holdout) else {
        return Ok(None);
    };
    let (earlier, later): (Vec<Observation>, Vec<Observation>) = observations
        .iter()
        .partition(|observation| observation.period <= taught_through);

    let problem = Problem::new(
        earlier.iter(),
        Grouping::Classes,
        settings.effects,
        settings,
    );
    let prior = priors(settings);
    let start = Place::start(&problem, prior.map(|(mean, _)| mean));
    let betas = prior.map(|(_, beta)| beta);
    let kappa = fit(&problem, &betas, start, [false; CLASSES])?.place.kappa;

    let left: Vec<bool> = later.iter().map(|o| o.left).collect();
    let own: Vec<f64> = later.iter().map(|o| o.own_churn).collect();
    let with: Vec<f64> = later.iter().map(|o| churn(o, &kappa)).collect();
    let recency = scaled(&earlier, &later, |o| o.idle_weeks.ln_1p())?;
    let frequency = scaled(&earlier, &later, |o| -o.activity.ln_1p())?;

    let own = Predictions::probabilities(&own, &left)?;
    let with = Predictions::probabilities(&with, &left)?;
    let clusters: Vec<u64> = later.iter().map(|o| o.customer).collect();
    let resampling = Resampling {
        clusters: Some(&clusters),
        resamples: settings.resamples,
        seed: settings.seed,
    };
    Ok(Some(Holdout {
        taught_through,
        own: own.metrics(),
        cascade: with.metrics(),
        recency: Predictions::probabilities(&recency, &left)?.metrics(),
        frequency: Predictions::probabilities(&frequency, &left)?.metrics(),
        auc: compare(&with, &own, Metric::Auc, &resampling, MIN_EVENTS)?,
        brier: compare(&with, &own, Metric::Brier, &resampling, MIN_EVENTS)?,
    }))
}

/// The last period that teaches.
fn split(observations: &[Observation], held_out: f64) -> Option<u32> {
    let mut periods: Vec<u32> = observations.iter().map(|o| o.period).collect();
    periods.sort_unstable();
    periods.dedup();
    let last = periods.len().checked_sub(2)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count"
    )]
    let held_out = (periods.len() as f64 * held_out).round() as usize;
    let teaching = periods.len().saturating_sub(held_out + 1).min(last);
    periods.get(teaching).copied()
}

/// h + (1 − h) Σ kappa x: as a run says it, without effects that only hindsight knows.
fn churn(observation: &Observation, kappa: &[f64; CLASSES]) -> f64 {
    let pairs = kappa.iter().zip(observation.exposure);
    let follows: f64 = pairs.map(|(kappa, share)| kappa * share).sum();
    let own = observation.own_churn;
    (own + (1.0 - own) * follows.min(1.0)).clamp(0.0, 1.0)
}

/// A score made a probability on the earlier periods.
fn scaled(
    earlier: &[Observation],
    later: &[Observation],
    score: impl Fn(&Observation) -> f64,
) -> Result<Vec<f64>, EvaluationError> {
    let scores: Vec<f64> = earlier.iter().map(&score).collect();
    let left: Vec<bool> = earlier.iter().map(|o| o.left).collect();
    let scaling = Scaling::fit(&Predictions::scores(&scores, &left)?);
    let scores = later.iter().map(score);
    Ok(scores.map(|score| scaling.probability(score)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::RoleClass;
    use super::*;

    fn observation(period: u32) -> Observation {
        Observation {
            customer: 1,
            period,
            region: 0,
            own_churn: 0.2,
            exposure: [0.5, 0.0, 0.0, 0.25, 0.0, 0.0],
            activity: 1.0,
            idle_weeks: 1.0,
            role: RoleClass::Both,
            left: false,
        }
    }

    #[test]
    fn the_latest_third_is_held_out_and_at_least_one_period() {
        let periods = |list: &[u32]| -> Vec<Observation> {
            list.iter().map(|period| observation(*period)).collect()
        };
        let nine = periods(&[3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(split(&nine, 1.0 / 3.0), Some(8));
        assert_eq!(split(&nine, 0.0), Some(10));
        assert_eq!(split(&periods(&[3, 8]), 0.9), Some(3));
        assert_eq!(split(&periods(&[3, 3]), 0.3), None);
        assert_eq!(split(&[], 0.3), None);
    }

    #[test]
    fn churn_with_cascade_by_pencil() {
        // 0.2 + 0.8 × (0.6 × 0.5 + 0.4 × 0.25) = 0.52.
        let kappa = [0.6, 0.9, 0.9, 0.4, 0.9, 0.9];
        assert!((churn(&observation(1), &kappa) - 0.52).abs() < 1e-12);
    }
}
