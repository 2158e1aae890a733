//! Satisfaction of one department: prior, facts and answers in one formula.

use super::answers::{Answer, HALF_LIFE_DAYS, pool};
use super::error::{at_least_zero, in_unit, positive};
use super::kpi::{self, WeightedKpi};
use super::{SatisfactionError, Z90};

/// Satisfaction of a department of which nothing is known, before there are data. Default.
pub const PRIOR_MEAN: f64 = 0.70;

/// How much prior, facts and answers weigh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DepartmentSettings {
    /// κ0: the prior counts as so many answers. Default 1.
    pub prior_weight: f64,
    /// κK: fully covered KPIs count as so many answers. Default 2.
    pub kpi_weight: f64,
    /// σ: standard deviation of one answer. Default 0.25.
    pub sigma: f64,
    /// Days in which an answer loses half of its weight. Default 180.
    pub half_life_days: f64,
}

impl Default for DepartmentSettings {
    fn default() -> Self {
        Self {
            prior_weight: 1.0,
            kpi_weight: 2.0,
            sigma: 0.25,
            half_life_days: HALF_LIFE_DAYS,
        }
    }
}

/// Satisfaction of a department.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Department {
    /// θ: satisfaction in `[0, 1]`.
    pub theta: f64,
    /// V: its variance.
    pub var: f64,
    /// Lower end of the 90 % interval, cut at 0.
    pub lo: f64,
    /// Upper end of the 90 % interval, cut at 1.
    pub hi: f64,
    /// N: weight of the answers; 1 is one ordinary answer of today.
    pub n_eff: f64,
    /// m: mean of the answers; `None` without answers.
    pub survey_mean: Option<f64>,
    /// k: mean desirability of the KPIs; `None` without KPIs.
    pub kpi_score: Option<f64>,
    /// c: share of the KPIs' weight that was observed.
    pub kpi_coverage: f64,
    /// Feeling minus facts, m - k; `None` unless both are known.
    pub gap: Option<f64>,
}

impl Department {
    /// Whether anything but the prior stands behind the score.
    pub fn has_data(&self) -> bool {
        self.survey_mean.is_some() || self.kpi_score.is_some()
    }

    /// Standard deviation of the score.
    pub fn sd(&self) -> f64 {
        self.var.sqrt()
    }

    /// Whether feeling and facts differ by more than 0.2 on two answers or more. Default.
    pub fn gap_is_notable(&self) -> bool {
        self.gap.is_some_and(|gap| gap.abs() > 0.2) && self.n_eff >= 2.0
    }

    /// What `theta` is made of; the three parts sum to it.
    pub fn parts(&self, prior_mean: f64, settings: &DepartmentSettings) -> Parts {
        let facts = settings.kpi_weight * self.kpi_coverage;
        let total = settings.prior_weight + facts + self.n_eff;
        Parts {
            prior: settings.prior_weight * prior_mean / total,
            kpis: facts * self.kpi_score.unwrap_or(0.0) / total,
            answers: self.n_eff * self.survey_mean.unwrap_or(0.0) / total,
        }
    }
}

/// Additive parts of a department's satisfaction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts {
    /// From the prior.
    pub prior: f64,
    /// From the KPIs.
    pub kpis: f64,
    /// From the answers.
    pub answers: f64,
}

/// Satisfaction of a department (formula 5):
///
/// ```text
/// θ = (κ0 μ0 + κK c k + N m) / (κ0 + κK c + N),   V = σ² / (κ0 + κK c + N)
/// ```
///
/// Precision-weighted pooling, the same as Bühlmann-Straub credibility with volumes: the prior
/// counts as one answer, fully covered KPIs as two. `prior_mean` is μ0, the mean of departments of
/// this kind over all accounts.
///
/// # Errors
///
/// [`SatisfactionError`] names the first member that is out of range.
pub fn score(
    answers: &[Answer],
    kpis: &[WeightedKpi],
    prior_mean: f64,
    settings: &DepartmentSettings,
) -> Result<Department, SatisfactionError> {
    in_unit(|| "mu0".to_owned(), prior_mean)?;
    // A prior of no weight would leave a department without data undefined.
    positive(|| "kappa0".to_owned(), settings.prior_weight)?;
    at_least_zero(|| "kappaK".to_owned(), settings.kpi_weight)?;
    at_least_zero(|| "sigma".to_owned(), settings.sigma)?;
    let votes = pool(answers, settings.half_life_days)?;
    let facts = kpi::pool(kpis)?;

    let fact_weight = settings.kpi_weight * facts.coverage;
    let total = settings.prior_weight + fact_weight + votes.n_eff;
    let sum = settings.prior_weight * prior_mean
        + fact_weight * facts.score.unwrap_or(0.0)
        + votes.n_eff * votes.mean.unwrap_or(0.0);
    let theta = (sum / total).clamp(0.0, 1.0);
    let var = settings.sigma.powi(2) / total;
    let reach = Z90 * var.sqrt();
    Ok(Department {
        theta,
        var,
        lo: (theta - reach).max(0.0),
        hi: (theta + reach).min(1.0),
        n_eff: votes.n_eff,
        survey_mean: votes.mean,
        kpi_score: facts.score,
        kpi_coverage: facts.coverage,
        gap: votes
            .mean
            .zip(facts.score)
            .map(|(mean, score)| mean - score),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_of_zero_pulls_half_way_and_the_parts_sum_to_the_score() {
        let answer = Answer {
            respondent: "a".to_owned(),
            score: 0.0,
            age_days: 0.0,
            role_weight: 1.0,
            confidence: 1.0,
        };
        let settings = DepartmentSettings::default();
        let department = score(&[answer], &[], PRIOR_MEAN, &settings).unwrap();
        assert!((department.theta - 0.35).abs() < 1e-12);
        let parts = department.parts(PRIOR_MEAN, &settings);
        assert!((parts.prior + parts.kpis + parts.answers - department.theta).abs() < 1e-12);
        assert!(department.has_data() && !department.gap_is_notable());
    }

    #[test]
    fn a_prior_without_weight_is_refused() {
        let settings = DepartmentSettings {
            prior_weight: 0.0,
            ..DepartmentSettings::default()
        };
        assert!(score(&[], &[], PRIOR_MEAN, &settings).is_err());
        assert!(score(&[], &[], f64::NAN, &DepartmentSettings::default()).is_err());
    }
}
