//! Logistic regression with a normal prior on each coefficient: maximum a posteriori by Newton.

use super::ChurnError;
use super::linear::Cholesky;
use crate::units::Probability;

/// A Newton step changes no coefficient by more than this.
const STEP: f64 = 2.0;
/// Newton stops when no coefficient changes by more than this.
const SETTLED: f64 = 1e-9;
const MAX_ITERATIONS: u32 = 200;
/// Largest value of a column, either way.
const LARGEST: f64 = 1e6;
/// Logits of probabilities nearer to 0 or 1 than this are taken here.
const EDGE: f64 = 1e-12;

/// Normal prior of a coefficient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, above 0; infinite for a coefficient that is free, which only an
    /// intercept may be.
    pub sd: f64,
}

/// A fitted logistic regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Logit {
    /// Coefficients, one for each column.
    pub coefficients: Vec<f64>,
    /// Posterior standard deviations by the curvature at the mode; infinite for a free coefficient
    /// without data.
    pub sd: Vec<f64>,
    /// What was minimised: `-log-likelihood + ½ Σ ((β - mean)/sd)²`.
    pub objective: f64,
    /// Newton steps.
    pub iterations: u32,
}

impl Logit {
    /// Fits the coefficients to outcomes.
    ///
    /// `design` has one row for each outcome, one after the other, with as many columns as there are
    /// priors; an intercept is a column of ones. With g = Xᵀ(y − p) − (β − μ)/sd² and
    /// H = Xᵀ diag(p(1 − p)) X + diag(1/sd²), each step is H⁻¹g, cut to 2 and halved until the
    /// objective does not rise. Without outcomes the answer is the priors' means. The priors keep
    /// separable data from running away.
    ///
    /// # Errors
    ///
    /// [`ChurnError`] if sizes differ, a number is NaN, infinite or beyond a million, an infinite
    /// standard deviation stands for a column that is no intercept, or the intercept is free and all
    /// outcomes are alike: it would be infinite.
    pub fn fit(design: &[f64], outcomes: &[bool], priors: &[Normal]) -> Result<Self, ChurnError> {
        let problem = Problem::new(design, outcomes, priors)?;
        let mut beta: Vec<f64> = priors.iter().map(|prior| prior.mean).collect();
        if outcomes.is_empty() {
            return Ok(Self {
                coefficients: beta,
                sd: priors.iter().map(|prior| prior.sd).collect(),
                objective: 0.0,
                iterations: 0,
            });
        }
        let mut objective = problem.objective(&beta);
        for iterations in 1..=MAX_ITERATIONS {
            let (gradient, curvature) = problem.derivatives(&beta);
            let cholesky = Cholesky::new(&curvature).ok_or_else(not_definite)?;
            let step = cholesky.solve(&gradient);
            let largest = step.iter().fold(0.0_f64, |most, step| most.max(step.abs()));
            let mut scale = if largest > STEP { STEP / largest } else { 1.0 };
            let mut next = moved(&beta, &step, scale);
            let mut found = problem.objective(&next);
            // A convex objective falls along Newton's direction: rounding alone ends this.
            while found > objective && scale * largest > SETTLED {
                scale /= 2.0;
                next = moved(&beta, &step, scale);
                found = problem.objective(&next);
            }
            (beta, objective) = (next, found);
            if scale * largest < SETTLED {
                let (_, curvature) = problem.derivatives(&beta);
                let cholesky = Cholesky::new(&curvature).ok_or_else(not_definite)?;
                let variances = cholesky.inverse_diagonal();
                return Ok(Self {
                    coefficients: beta,
                    sd: variances.into_iter().map(f64::sqrt).collect(),
                    objective,
                    iterations,
                });
            }
        }
        Err(ChurnError::Optimiser(format!(
            "the logit has not settled after {MAX_ITERATIONS} steps"
        )))
    }

    /// Probability of a row with one value for each column.
    ///
    /// # Errors
    ///
    /// [`ChurnError`] if the number of values differs, or one is NaN or beyond a million.
    pub fn probability(&self, row: &[f64]) -> Result<Probability, ChurnError> {
        if row.len() != self.coefficients.len() {
            return Err(ChurnError::Rule {
                field: "row",
                rule: "one value for each coefficient",
            });
        }
        row.iter().try_for_each(|&value| column_value(value))?;
        sigmoid(dot(row, &self.coefficients))
    }
}

/// The probability whose logit is the mean of the logits of two: `σ((logit p1 + logit p2)/2)`.
///
/// Logits are taken of probabilities between 1e-12 and its complement. Symmetric, and between the
/// two.
///
/// # Example
///
/// ```
/// use hawser::{churn::logit::average, units::Probability};
///
/// // Odds 1/4 and 3/2: the root of their product is 0.6124, and 0.6124 / 1.6124 = 0.3798.
/// let mean = average(Probability::new(0.2)?, Probability::new(0.6)?);
/// assert!((mean.get() - 0.3798).abs() < 1e-4);
/// # Ok::<(), hawser::units::NotAProbability>(())
/// ```
pub fn average(p1: Probability, p2: Probability) -> Probability {
    let eta = f64::midpoint(logit(p1), logit(p2));
    sigmoid(eta).unwrap_or(p1)
}

/// Logit of a probability, which is taken to lie between 1e-12 and its complement.
pub fn logit(p: Probability) -> f64 {
    let p = p.get().clamp(EDGE, 1.0 - EDGE);
    p.ln() - (-p).ln_1p()
}

/// `σ(eta)`.
pub(super) fn sigmoid(eta: f64) -> Result<Probability, ChurnError> {
    let p = 1.0 / (1.0 + (-eta).exp());
    Probability::new(p).map_err(|_| ChurnError::Number {
        field: "eta",
        value: eta,
        rule: "a number",
    })
}

struct Problem<'a> {
    design: &'a [f64],
    outcomes: &'a [bool],
    priors: &'a [Normal],
}

impl<'a> Problem<'a> {
    fn new(
        design: &'a [f64],
        outcomes: &'a [bool],
        priors: &'a [Normal],
    ) -> Result<Self, ChurnError> {
        let rule = |field, rule| Err(ChurnError::Rule { field, rule });
        if priors.is_empty() || design.len() != outcomes.len() * priors.len() {
            return rule("design", "a row for each outcome, a column for each prior");
        }
        for prior in priors {
            if !(-LARGEST..=LARGEST).contains(&prior.mean) {
                return Err(ChurnError::Number {
                    field: "prior.mean",
                    value: prior.mean,
                    rule: "a number between -1e6 and 1e6",
                });
            }
            if !((1e-6..=1e6).contains(&prior.sd) || prior.sd == f64::INFINITY) {
                return Err(ChurnError::Number {
                    field: "prior.sd",
                    value: prior.sd,
                    rule: "a number between 1e-6 and 1e6, or infinity",
                });
            }
        }
        design.iter().try_for_each(|&value| column_value(value))?;
        let problem = Self {
            design,
            outcomes,
            priors,
        };
        let free: Vec<usize> = (0..priors.len())
            .filter(|&place| priors.get(place).is_some_and(|p| p.sd.is_infinite()))
            .collect();
        let is_one = |place: usize| {
            let mut rows = problem.rows();
            rows.all(|row| row.get(place).is_some_and(|&value| value == 1.0))
        };
        if free.len() > 1 || !free.iter().all(|&place| is_one(place)) {
            return rule("prior.sd", "infinite for one column of ones at most");
        }
        let churned = outcomes.iter().filter(|outcome| **outcome).count();
        let alike = churned == 0 || churned == outcomes.len();
        if !free.is_empty() && alike && !outcomes.is_empty() {
            return rule("outcomes", "of both kinds, because the intercept is free");
        }
        Ok(problem)
    }

    fn rows(&self) -> impl Iterator<Item = &'a [f64]> {
        self.design.chunks_exact(self.priors.len())
    }

    fn objective(&self, beta: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (row, &outcome) in self.rows().zip(self.outcomes) {
            let eta = dot(row, beta);
            // −ln σ(±eta), without overflow.
            let eta = if outcome { -eta } else { eta };
            sum += eta.max(0.0) + (-eta.abs()).exp().ln_1p();
        }
        let away = self.priors.iter().zip(beta);
        sum + away
            .map(|(prior, beta)| ((beta - prior.mean) / prior.sd).powi(2) / 2.0)
            .sum::<f64>()
    }

    /// Gradient of the log-posterior, and the negative of its second derivatives.
    fn derivatives(&self, beta: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let size = beta.len();
        let mut gradient = vec![0.0; size];
        let mut curvature = vec![vec![0.0; size]; size];
        for (row, &outcome) in self.rows().zip(self.outcomes) {
            let p = 1.0 / (1.0 + (-dot(row, beta)).exp());
            let surprise = f64::from(u8::from(outcome)) - p;
            let weight = p * (1.0 - p);
            for ((gradient, line), &value) in gradient.iter_mut().zip(&mut curvature).zip(row) {
                *gradient += surprise * value;
                for (cell, &other) in line.iter_mut().zip(row) {
                    *cell += weight * value * other;
                }
            }
        }
        let own = self.priors.iter().zip(beta).enumerate();
        for (place, (prior, beta)) in own {
            let precision = prior.sd.powi(-2);
            if let Some(gradient) = gradient.get_mut(place) {
                *gradient -= (beta - prior.mean) * precision;
            }
            if let Some(cell) = curvature.get_mut(place).and_then(|l| l.get_mut(place)) {
                *cell += precision;
            }
        }
        (gradient, curvature)
    }
}

fn column_value(value: f64) -> Result<(), ChurnError> {
    if (-LARGEST..=LARGEST).contains(&value) {
        return Ok(());
    }
    Err(ChurnError::Number {
        field: "design",
        value,
        rule: "a number between -1e6 and 1e6",
    })
}

fn not_definite() -> ChurnError {
    ChurnError::Optimiser("the logit has no curvature".to_owned())
}

fn moved(beta: &[f64], step: &[f64], scale: f64) -> Vec<f64> {
    beta.iter().zip(step).map(|(b, s)| b + scale * s).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
