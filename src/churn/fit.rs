//! Parameters of a population: maximum a posteriori.
//!
//! The basin is found by Nelder-Mead from three starts, on all histories or, if there are many, on
//! two thousand that stand for all; the last steps are quasi-Newton's, on ten times more and then on
//! all of them.

use super::btyd::Parameters;
use super::minimise::{Minimum, nelder_mead};
use super::polish::{curvature, polish};
use super::sample::{CLAMP, Sample, clamped};
use super::{ChurnError, History, Model, Variant};

/// Below so many entities the prior speaks louder than the data.
pub const LOW_EVIDENCE_BELOW: usize = 10;
/// Most different histories among which the basin is looked for.
const THINNED: usize = 2_000;
/// So many times more show the way from there to the minimum of all.
const MORE: usize = 10;
/// Spread of the objective, relative to its size, at which the simplex has found the basin.
const TOLERANCE: f64 = 1e-6;
/// The same where it has to find the minimum itself.
const FINE: f64 = 1e-10;

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
/// fixed starts; the minimum is that of all histories, however many there are. `weights` has one
/// weight of 0 or more for each history; `None` weighs all alike. Identical histories are counted,
/// not repeated. Deterministic on any number of threads.
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
    fit_from(sample, options, warm, THINNED)
}

/// [`fit_sample`], the basin looked for among `thinned` different histories.
fn fit_from(
    sample: &Sample,
    options: &FitOptions,
    warm: Option<&Model>,
    thinned: usize,
) -> Result<Fit, ChurnError> {
    let penalty = Penalty::new(options.prior, sample)?;
    // Fails here, once, if k is out of range.
    Model::new(options.variant, options.k, parameters(&sample.centre()))?;
    let few = sample.thinned(thinned);
    let problem = |sample| Problem {
        sample,
        options,
        penalty,
    };
    let (all, few) = (problem(sample), problem(&few));

    let starts = match warm {
        None => sample.starts(penalty.mean).to_vec(),
        Some(model) => {
            let [centre, ..] = sample.starts(penalty.mean);
            vec![clamped(&logarithms(model, options.k)), centre]
        }
    };
    let mut best: Option<Minimum<4>> = None;
    let mut iterations = 0;
    for start in starts {
        let found = nelder_mead(|theta| few.objective(theta), start, TOLERANCE)?;
        iterations += found.iterations;
        if best.is_none_or(|best| found.cost < best.cost) {
            best = Some(found);
        }
    }
    let mut place = clamped(&best.ok_or(ChurnError::NoData)?.place);
    let mut curved = curvature(|theta| few.gradient(theta), &place)?;
    let more = sample.thinned(thinned.saturating_mul(MORE));
    if more.different() < sample.different() {
        let more = problem(&more);
        let polished = polish(|theta| more.gradient(theta), place, curved)?;
        iterations += polished.iterations;
        place = polished.place;
        curved = curvature(|theta| more.gradient(theta), &place)?;
    }
    let polished = polish(|theta| all.gradient(theta), place, curved)?;
    iterations += polished.iterations;
    place = polished.place;
    if !polished.settled {
        let found = nelder_mead(|theta| all.objective(theta), place, FINE)?;
        iterations += found.iterations;
        if found.cost < polished.cost {
            place = clamped(&found.place);
        }
    }
    let model = all.model(&place)?;
    let log_likelihood = sample.log_likelihood(&model);
    Ok(Fit {
        model,
        log_likelihood,
        objective: penalty.at(&place) - log_likelihood,
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

    fn slope(&self, theta: &[f64; 4]) -> [f64; 4] {
        let mut slope = [0.0; 4];
        if let Some(mean) = self.mean {
            let away = theta.iter().zip(mean).zip(self.sd);
            for (slope, ((theta, mean), sd)) in slope.iter_mut().zip(away) {
                *slope = (theta - mean) / (sd * sd);
            }
        }
        slope
    }
}

struct Problem<'a> {
    sample: &'a Sample,
    options: &'a FitOptions,
    penalty: Penalty,
}

impl Problem<'_> {
    fn model(&self, theta: &[f64; 4]) -> Result<Model, ChurnError> {
        Model::new(self.options.variant, self.options.k, parameters(theta))
    }

    fn objective(&self, theta: &[f64; 4]) -> Result<f64, ChurnError> {
        let theta = clamped(theta);
        Ok(self.penalty.at(&theta) - self.sample.log_likelihood(&self.model(&theta)?))
    }

    /// The objective with its derivatives.
    fn gradient(&self, theta: &[f64; 4]) -> Result<(f64, [f64; 4]), ChurnError> {
        let (value, slope) = self.sample.log_likelihood_gradient(&self.model(theta)?);
        let mut gradient = self.penalty.slope(theta);
        for (sum, slope) in gradient.iter_mut().zip(slope) {
            *sum -= slope;
        }
        let cost = self.penalty.at(theta) - value;
        if cost.is_finite() && gradient.iter().all(|slope| slope.is_finite()) {
            return Ok((cost, gradient));
        }
        Err(ChurnError::Optimiser(format!(
            "the objective is {cost} at {theta:?}"
        )))
    }
}

/// Logarithms of a model's parameters, as they would be for `k` phases: the same rate of events.
fn logarithms(model: &Model, k: u32) -> [f64; 4] {
    let Parameters { r, alpha, a, b } = model.parameters();
    let phases = f64::from(k) / f64::from(model.k());
    [r, alpha / phases, a, b].map(f64::ln)
}

fn parameters(theta: &[f64; 4]) -> Parameters {
    let [r, alpha, a, b] = theta.map(f64::exp);
    Parameters { r, alpha, a, b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::simulated;

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

    /// The plain way: the simplex alone, on all histories, to the end.
    fn plain(sample: &Sample, options: &FitOptions) -> [f64; 4] {
        let penalty = Penalty::new(options.prior, sample).unwrap();
        let problem = Problem {
            sample,
            options,
            penalty,
        };
        let found = sample.starts(penalty.mean).map(|start| {
            let first = nelder_mead(|theta| problem.objective(theta), start, 1e-13).unwrap();
            nelder_mead(|theta| problem.objective(theta), first.place, 1e-13).unwrap()
        });
        let best = found.into_iter().min_by(|a, b| a.cost.total_cmp(&b.cost));
        best.unwrap().place
    }

    fn assert_same(found: &Fit, theta: [f64; 4]) {
        let Parameters { r, alpha, a, b } = found.model.parameters();
        for (found, theta) in [r, alpha, a, b].into_iter().zip(theta) {
            assert!(
                (found / theta.exp() - 1.0).abs() < 1e-4,
                "{found} {}",
                theta.exp()
            );
        }
    }

    fn cdnow() -> Vec<History> {
        let rows = include_str!("../../tests/oracle/cdnow_cbs.csv")
            .lines()
            .skip(1);
        rows.map(|row| {
            let cells: Vec<&str> = row.split(',').collect();
            let number = |place: usize| cells[place].parse().unwrap();
            history(cells[1].parse().unwrap(), number(2), number(3))
        })
        .collect()
    }

    #[test]
    fn few_that_stand_for_all_lead_to_the_same_minimum_as_the_plain_way() {
        let sample = Sample::new(&cdnow(), None).unwrap();
        assert!(sample.different() > 1_000);
        for (variant, prior) in [
            (Variant::Mbg, Prior::Pooled),
            (Variant::Bg, Prior::Flat),
            (Variant::Mbg, Prior::Flat),
        ] {
            let options = FitOptions {
                variant,
                prior,
                k: 1,
            };
            let plain = plain(&sample, &options);
            for thinned in [50, 400, THINNED] {
                assert_same(&fit_from(&sample, &options, None, thinned).unwrap(), plain);
            }
            let warm = fit_from(&sample, &options, None, 400).unwrap().model;
            assert_same(
                &fit_from(&sample, &options, Some(&warm), 400).unwrap(),
                plain,
            );
        }

        let simulated = simulated::population(&simulated::KNOWN, 2, 3_000, 7);
        let histories: Vec<History> = simulated.iter().map(|entity| entity.history).collect();
        let sample = Sample::new(&histories, None).unwrap();
        for k in [1, 2, 3] {
            let options = FitOptions {
                k,
                ..FitOptions::default()
            };
            let found = fit_from(&sample, &options, None, 300).unwrap();
            assert_same(&found, plain(&sample, &options));
        }
    }

    #[test]
    fn what_was_simulated_is_found_again() {
        let simulated = simulated::population(&simulated::KNOWN, 1, 20_000, 3);
        let histories: Vec<History> = simulated.iter().map(|entity| entity.history).collect();
        let found = fit(&histories, None, &FitOptions::default()).unwrap();
        let (found, known) = (found.model.parameters(), simulated::KNOWN);
        // Standard errors of this size by the same simulation with other seeds: below 4 %.
        for (found, known) in [
            (found.r, known.r),
            (found.alpha, known.alpha),
            (found.a, known.a),
            (found.b, known.b),
        ] {
            assert!((found / known).ln().abs() < 0.12, "{found} {known}");
        }
    }

    #[test]
    fn any_number_of_threads_comes_to_the_same_bits() {
        let simulated = simulated::population(&simulated::KNOWN, 2, 10_000, 5);
        let histories: Vec<History> = simulated.iter().map(|entity| entity.history).collect();
        let options = FitOptions {
            k: 2,
            ..FitOptions::default()
        };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build()
                .unwrap()
                .install(|| fit(&histories, None, &options).unwrap())
        };
        assert_eq!(on(1), on(3));
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
