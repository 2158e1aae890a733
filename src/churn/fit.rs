//! Parameters of a population: maximum a posteriori by Nelder-Mead from three starts.

use super::btyd::Parameters;
use super::minimise::nelder_mead;
use super::sample::{CLAMP, Sample, clamped};
use super::{ChurnError, History, Model, Variant};

/// Below so many entities the prior speaks louder than the data.
pub const LOW_EVIDENCE_BELOW: usize = 10;

crate::word_enum! {
    /// How much data stands behind fitted parameters.
    Evidence {
        /// Fewer than ten entities, or all of them identical: mostly the prior.
        Low = "low",
        /// Ten different entities or more.
        Sufficient = "sufficient",
    }
}

/// Normal prior on the logarithms of r, alpha, a and b.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Prior {
    /// Centred at r 0.7, alpha 0.7 over the pooled rate of events, a 0.8, b 3, with standard
    /// deviation 1: free of units. The pooled rate is (events + 1) / (weeks, at least 1).
    Pooled,
    /// Given means and standard deviations.
    Fixed {
        /// Means of ln r, ln alpha, ln a, ln b.
        mean: [f64; 4],
        /// Standard deviations, positive.
        sd: [f64; 4],
    },
    /// None: plain maximum likelihood, which runs to corners on some real data.
    Flat,
}

/// What to fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitOptions {
    /// Whether death at the first event is possible. Default MBG.
    pub variant: Variant,
    /// Phases of an interval. Default 1.
    pub k: u32,
    /// Prior. Default pooled.
    pub prior: Prior,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            variant: Variant::Mbg,
            k: 1,
            prior: Prior::Pooled,
        }
    }
}

/// A fitted model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The model with its parameters.
    pub model: Model,
    /// Weighted log-likelihood, without the prior.
    pub log_likelihood: f64,
    /// What was minimised: -log-likelihood plus the prior's penalty.
    pub objective: f64,
    /// Iterations over all starts.
    pub iterations: u64,
    /// Entities of positive weight.
    pub entities: usize,
    /// Whether that is enough.
    pub evidence: Evidence,
}

/// Fits the parameters to histories.
///
/// Minimises `-Σ w ll + ½ Σ ((θ - mean)/sd)²` over the logarithms θ, from the prior's centre and two
/// fixed starts. `weights` has one weight of 0 or more for each history; `None` weighs all alike.
/// Identical histories are counted, not repeated. Deterministic on any number of threads.
///
/// # Errors
///
/// [`ChurnError::NoData`] without a history of positive weight; [`ChurnError::Number`] or
/// [`ChurnError::Rule`] for a bad weight, prior or k; [`ChurnError::Optimiser`].
pub fn fit(
    histories: &[History],
    weights: Option<&[f64]>,
    options: &FitOptions,
) -> Result<Fit, ChurnError> {
    let sample = Sample::new(histories, weights)?;
    fit_sample(&sample, options, None)
}

/// Fits the parameters to a sample; `warm` is where to look first.
pub(super) fn fit_sample(
    sample: &Sample,
    options: &FitOptions,
    warm: Option<&Model>,
) -> Result<Fit, ChurnError> {
    let penalty = Penalty::new(options.prior, sample)?;
    // Fails here, once, if k is out of range.
    Model::new(options.variant, options.k, parameters(&sample.centre()))?;
    let problem = Problem {
        sample,
        options: *options,
        penalty,
    };
    let _ = warm;

    let mut best: Option<(f64, [f64; 4])> = None;
    let mut iterations = 0;
    for start in sample.starts(penalty.mean) {
        let found = nelder_mead(|theta| problem.objective(theta), start, 1e-10)?;
        iterations += found.iterations;
        if best.is_none_or(|(cost, _)| found.cost < cost) {
            best = Some((found.cost, found.place));
        }
    }
    let (objective, theta) = best.ok_or(ChurnError::NoData)?;
    let theta = clamped(&theta);
    let model = Model::new(options.variant, options.k, parameters(&theta))?;
    Ok(Fit {
        model,
        log_likelihood: sample.log_likelihood(&model),
        objective,
        iterations,
        entities: sample.entities(),
        evidence: evidence(sample),
    })
}

fn evidence(sample: &Sample) -> Evidence {
    if sample.entities() < LOW_EVIDENCE_BELOW || sample.different() == 1 {
        Evidence::Low
    } else {
        Evidence::Sufficient
    }
}

/// The prior, made plain.
#[derive(Clone, Copy)]
struct Penalty {
    /// `None` for a flat prior.
    mean: Option<[f64; 4]>,
    sd: [f64; 4],
}

impl Penalty {
    fn new(prior: Prior, sample: &Sample) -> Result<Self, ChurnError> {
        let (mean, sd) = match prior {
            Prior::Pooled => (Some(sample.centre()), [1.0; 4]),
            Prior::Fixed { mean, sd } => (Some(mean), sd),
            Prior::Flat => (None, [1.0; 4]),
        };
        for value in mean.iter().flatten() {
            if !(-CLAMP..=CLAMP).contains(value) {
                return Err(ChurnError::Number {
                    field: "prior.mean",
                    value: *value,
                    rule: "a number between -12 and 12",
                });
            }
        }
        for value in sd {
            if !(1e-6..=1e6).contains(&value) {
                return Err(ChurnError::Number {
                    field: "prior.sd",
                    value,
                    rule: "a number between 1e-6 and 1e6",
                });
            }
        }
        Ok(Self { mean, sd })
    }

    fn at(&self, theta: &[f64; 4]) -> f64 {
        let Some(mean) = self.mean else {
            return 0.0;
        };
        let squares = theta.iter().zip(mean).zip(self.sd);
        squares
            .map(|((theta, mean), sd)| ((theta - mean) / sd).powi(2))
            .sum::<f64>()
            / 2.0
    }
}

#[derive(Clone, Copy)]
struct Problem<'a> {
    sample: &'a Sample,
    options: FitOptions,
    penalty: Penalty,
}

impl Problem<'_> {
    fn objective(&self, theta: &[f64; 4]) -> Result<f64, ChurnError> {
        let theta = clamped(theta);
        let model = Model::new(self.options.variant, self.options.k, parameters(&theta))?;
        Ok(self.penalty.at(&theta) - self.sample.log_likelihood(&model))
    }
}

fn parameters(theta: &[f64; 4]) -> Parameters {
    let [r, alpha, a, b] = theta.map(f64::exp);
    Parameters { r, alpha, a, b }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(x: u64, t_x: f64, age: f64) -> History {
        History::new(x, t_x, age, 0.0).unwrap()
    }

    #[test]
    fn a_weight_of_two_is_the_same_as_two_entities() {
        let a = history(3, 9.0, 12.0);
        let b = history(0, 0.0, 30.0);
        let options = FitOptions::default();
        let twice = fit(&[a, a, b], None, &options).unwrap();
        let weighted = fit(&[a, b], Some(&[2.0, 1.0]), &options).unwrap();
        assert_eq!(twice.model, weighted.model);
        assert_eq!((twice.entities, weighted.entities), (3, 2));
        assert_eq!(twice.evidence, Evidence::Low);
    }

    #[test]
    fn one_entity_that_has_just_appeared_leaves_the_prior_nearly_where_it_was() {
        // T = 0: BG's likelihood is 1 whatever the parameters, so the prior's centre is the answer.
        let options = FitOptions {
            variant: Variant::Bg,
            ..FitOptions::default()
        };
        let fitted = fit(&[history(0, 0.0, 0.0)], None, &options).unwrap();
        let found = fitted.model.parameters();
        for (found, centre) in [found.r, found.alpha, found.a, found.b]
            .into_iter()
            .zip([0.7, 0.7, 0.8, 3.0])
        {
            assert!((found / centre - 1.0).abs() < 1e-3, "{found} {centre}");
        }
    }

    #[test]
    fn nothing_to_fit_and_bad_weights_are_refused() {
        let options = FitOptions::default();
        let one = [history(1, 1.0, 2.0)];
        assert_eq!(fit(&[], None, &options), Err(ChurnError::NoData));
        assert_eq!(fit(&one, Some(&[0.0]), &options), Err(ChurnError::NoData));
        assert!(fit(&one, Some(&[f64::NAN]), &options).is_err());
        assert!(fit(&one, Some(&[1.0, 1.0]), &options).is_err());
        let bad = FitOptions { k: 0, ..options };
        assert!(fit(&one, None, &bad).is_err());
    }
}
