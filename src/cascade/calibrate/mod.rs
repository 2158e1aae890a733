//! Learning strength (kappa) from history, and saying when it is not there.
//!
//! ```text
//! LinkDays, own churn ──> panel ──> Observation ──> calibrate ──> Calibration ──> strengths()
//! (shipping days)        (lagged and same period)    ├─ posterior and likelihood, by class
//!                                                    ├─ placebo (partners permuted)
//!                                                    ├─ hold-out (later periods)
//!                                                    └─ Verdict
//! ```
//!
//! A customer that has lost the share `x_c` of its business on links of class c leaves with probability
//!
//! ```text
//! p = 1 − (1 − h) (1 − Σ kappa_c x_c)
//! ```
//!
//! where h is its own churn, moved on the logit scale by effects of its region, of the period and of
//! both together, which are learnt along: else a region where everybody leaves looks like contagion.
//! The log-likelihood is concave in kappa, for p is affine in it. Everything is pure, and the same to
//! the bit on any number of threads.

mod class;
mod dense;
mod error;
mod fit;
mod holdout;
mod likelihood;
mod newton;
mod panel;
mod placebo;
mod problem;
mod result;
mod settings;
#[cfg(test)]
mod simulation;

use newton::Beta;
use problem::{Grouping, Problem};

use crate::evaluation::{self, Z90};

// Their own names are for the API, where there are other classes and verdicts.
pub use class::{CLASSES, StrengthClass as Class};
pub use error::CalibrationError;
pub use panel::{Case, History, LinkDays, Panels, panels};
pub use result::{
    Calibration, ClassStrength, Estimate, Evidence, Holdout, Observation, Placebo, RoleClass,
    StrengthVerdict as Verdict,
};
pub use settings::Settings;

/// Learns strengths from the lagged panel; the same-period one is estimated beside it.
///
/// O(observations × iterations) for each of the fits: about 100, plus three for each permutation.
///
/// # Errors
///
/// [`CalibrationError`] names the first observation or setting that breaks a rule.
pub fn calibrate(
    lagged: &[Observation],
    same_period: &[Observation],
    settings: &Settings,
) -> Result<Calibration, CalibrationError> {
    problem::check_settings(settings)?;
    problem::check("observations", lagged)?;
    problem::check("same_period", same_period)?;

    let evidence = evidence(lagged);
    let holdout = holdout::holdout(lagged, settings)?;
    let plain = Settings {
        effects: false,
        ..*settings
    };
    let overall = overall(lagged, settings)?;
    let placebo = overall_placebo(lagged, settings)?;
    let verdict = match (&overall, &placebo, &holdout) {
        (Some(overall), Some(placebo), Some(holdout)) if enough(&evidence, settings) => {
            let worse = holdout.auc.verdict == evaluation::Verdict::Worse;
            verdict(overall, placebo, !worse)
        }
        _ => Verdict::TooFew,
    };
    Ok(Calibration {
        evidence,
        classes: classes(lagged, settings)?,
        overall,
        without_effects: self::overall(lagged, &plain)?,
        same_period: self::overall(same_period, settings)?,
        placebo,
        same_period_placebo: overall_placebo(same_period, settings)?,
        holdout,
        verdict,
    })
}

/// Means of the priors, and the priors.
fn priors(settings: &Settings) -> [(f64, Beta); CLASSES] {
    std::array::from_fn(|index| {
        let class = Class::ALL.get(index);
        let mean = class.map_or(0.5, |class| class.of(&settings.prior));
        let beta = Beta {
            leaves: settings.prior_weight * mean,
            stays: settings.prior_weight * (1.0 - mean),
        };
        (mean, beta)
    })
}

/// One strength for everybody, by likelihood; `None` without exposure.
fn overall(
    observations: &[Observation],
    settings: &Settings,
) -> Result<Option<Estimate>, CalibrationError> {
    if lost_share(observations) <= 0.0 {
        return Ok(None);
    }
    let problem = Problem::new(
        observations.iter(),
        Grouping::Overall,
        settings.effects,
        settings,
    );
    let top = fit::likeliest(&problem)?;
    fit::profile(&problem, &top, 0).map(Some)
}

fn overall_placebo(
    observations: &[Observation],
    settings: &Settings,
) -> Result<Option<Placebo>, CalibrationError> {
    if lost_share(observations) <= 0.0 {
        return Ok(None);
    }
    let strengths = placebo::strengths(observations, Grouping::Overall, settings)?;
    Ok(Some(placebo::placebo(&strengths, 0)))
}

/// What was learnt of each class.
fn classes(
    observations: &[Observation],
    settings: &Settings,
) -> Result<Vec<ClassStrength>, CalibrationError> {
    let problem = Problem::new(
        observations.iter(),
        Grouping::Classes,
        settings.effects,
        settings,
    );
    let prior = priors(settings);
    let start = likelihood::Place::start(&problem, prior.map(|(mean, _)| mean));
    let betas = prior.map(|(_, beta)| beta);
    let posterior = fit::fit(&problem, &betas, start, [false; CLASSES])?;
    let top = fit::likeliest(&problem)?;
    let placebos = if lost_share(observations) > 0.0 {
        placebo::strengths(observations, Grouping::Classes, settings)?
    } else {
        Vec::new()
    };
    let learnt = Class::ALL.iter().zip(prior).zip(posterior.place.kappa);
    learnt
        .zip(posterior.deviations)
        .map(|(((&class, (mean, _)), kappa), deviation)| {
            let evidence = evidence_of(observations, class);
            let exposed = evidence.exposed > 0;
            let likelihood = exposed
                .then(|| fit::profile(&problem, &top, class.index()))
                .transpose()?;
            let placebo = exposed.then(|| placebo::placebo(&placebos, class.index()));
            let verdict = match (&likelihood, &placebo) {
                (Some(found), Some(placebo)) if enough(&evidence, settings) => {
                    verdict(found, placebo, true)
                }
                _ => Verdict::TooFew,
            };
            let (low, high) = logit_interval(kappa, deviation);
            Ok(ClassStrength {
                class,
                kappa,
                low,
                high,
                prior: mean,
                likelihood,
                placebo,
                exposed: evidence.exposed_customers,
                events: evidence.exposed_departures,
                verdict,
            })
        })
        .collect()
}

/// 90 % interval of a strength with this standard deviation, on the logit scale.
fn logit_interval(kappa: f64, deviation: f64) -> (f64, f64) {
    let logit = (kappa / (1.0 - kappa)).ln();
    let half = Z90 * deviation / (kappa * (1.0 - kappa));
    let at = |logit: f64| 1.0 / (1.0 + (-logit).exp());
    (at(logit - half), at(logit + half))
}

/// The rule: enough to go by, above the placebo, and later periods not predicted worse.
fn verdict(found: &Estimate, placebo: &Placebo, holds: bool) -> Verdict {
    if found.low > placebo.high && holds {
        Verdict::Supported
    } else {
        Verdict::NotSupported
    }
}

fn enough(evidence: &Evidence, settings: &Settings) -> bool {
    let stayed = evidence.observations - evidence.departures;
    evidence.exposed_customers >= settings.min_exposed
        && evidence.lost_share >= settings.min_lost_share
        && evidence.departures.min(stayed) >= settings.min_events
}

fn lost_share(observations: &[Observation]) -> f64 {
    let shares = observations.iter().flat_map(|o| o.exposure);
    shares.sum()
}

fn evidence(observations: &[Observation]) -> Evidence {
    count(observations, |o| o.exposure.iter().sum())
}

fn evidence_of(observations: &[Observation], class: Class) -> Evidence {
    count(observations, |o| {
        o.exposure.get(class.index()).copied().unwrap_or(0.0)
    })
}

fn count(observations: &[Observation], share: impl Fn(&Observation) -> f64) -> Evidence {
    let mut found = Evidence {
        observations: observations.len(),
        ..Evidence::default()
    };
    let mut customers = Vec::new();
    for observation in observations {
        let lost = share(observation);
        found.departures += usize::from(observation.left);
        found.lost_share += lost;
        if lost > 0.0 {
            found.exposed += 1;
            found.exposed_departures += usize::from(observation.left);
            customers.push(observation.customer);
        }
    }
    customers.sort_unstable();
    customers.dedup();
    found.exposed_customers = customers.len();
    found
}
