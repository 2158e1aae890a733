//! Satisfaction of one department: prior, facts and answers in one formula.

use super::answers::{Answer, HALF_LIFE_DAYS, Respondent, respondents, votes};
use super::error::{at_least_zero, in_unit, positive};
use super::indices::r_wg;
use super::kpi::{self, WeightedKpi};
use super::{SatisfactionError, Z90};

/// Satisfaction of a department of which nothing is known, before there are data. Default.
pub const PRIOR_MEAN: f64 = 0.70;

/// Scores are compared on a scale of so many points where agreement is measured.
const AGREEMENT_POINTS: f64 = 5.0;
/// Below this agreement a department is divided. Default (James, Demaree and Wolf 1984).
const DIVIDED_BELOW: f64 = 0.5;

/// What was read out of a department's words: one more voice, of low weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sentiment {
    /// In `[0, 1]`; ½ is as the company's customers usually sound.
    pub score: f64,
    /// In answers, 0 or more; below 1, because words were not said to be scored.
    pub weight: f64,
}

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
    /// People whose answers count.
    pub respondents: usize,
    /// How far they agree, `r_wg` in `[0, 1]`; `None` below two.
    pub agreement: Option<f64>,
    /// The voice of the department's words, where there was enough text.
    pub sentiment: Option<Sentiment>,
}

impl Department {
    /// Whether anything but the prior stands behind the score.
    pub fn has_data(&self) -> bool {
        self.is_heard() || self.kpi_score.is_some()
    }

    /// Whether somebody of the department has spoken: an answer, or words enough to read.
    pub fn is_heard(&self) -> bool {
        self.survey_mean.is_some() || self.sentiment.is_some()
    }

    /// Whether three people or more disagree, `r_wg` below 0.5. Default.
    pub fn is_divided(&self) -> bool {
        self.respondents >= 3 && self.agreement.is_some_and(|found| found < DIVIDED_BELOW)
    }

    /// Standard deviation of the score.
    pub fn sd(&self) -> f64 {
        self.var.sqrt()
    }

    /// Whether feeling and facts differ by more than 0.2 on two answers or more. Default.
    pub fn gap_is_notable(&self) -> bool {
        self.gap.is_some_and(|gap| gap.abs() > 0.2) && self.n_eff >= 2.0
    }

    /// What `theta` is made of; the parts sum to it.
    pub fn parts(&self, prior_mean: f64, settings: &DepartmentSettings) -> Parts {
        let masses = self.masses(prior_mean, settings);
        let total: f64 = masses.iter().map(|mass| mass.weight).sum();
        let [prior, kpis, answers, sentiment] = masses.map(|mass| mass.weight * mass.mean / total);
        Parts {
            prior,
            kpis,
            answers,
            sentiment,
        }
    }

    /// What is averaged in formula (5): prior, KPIs, answers, sentiment, each with its weight.
    pub fn masses(&self, prior_mean: f64, settings: &DepartmentSettings) -> [Mass; 4] {
        let mass = |weight, mean: Option<f64>| Mass {
            weight,
            mean: mean.unwrap_or(0.0),
        };
        [
            mass(settings.prior_weight, Some(prior_mean)),
            mass(settings.kpi_weight * self.kpi_coverage, self.kpi_score),
            mass(self.n_eff, self.survey_mean),
            mass(
                self.sentiment.map_or(0.0, |voice| voice.weight),
                self.sentiment.map(|voice| voice.score),
            ),
        ]
    }
}

/// A term of formula (5).
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Mass {
    /// In answers, 0 or more.
    pub weight: f64,
    /// In `[0, 1]`.
    pub mean: f64,
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
    /// From the words.
    pub sentiment: f64,
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
    score_with(answers, kpis, None, prior_mean, settings)
}

/// [`score`] with the department's words as one more respondent of formula (5).
///
/// Feeling ([`Department::survey_mean`], gap, agreement) stays what was answered: what is read out of
/// words only moves θ and narrows its interval.
///
/// # Errors
///
/// [`SatisfactionError`] names the first member that is out of range.
pub fn score_with(
    answers: &[Answer],
    kpis: &[WeightedKpi],
    sentiment: Option<Sentiment>,
    prior_mean: f64,
    settings: &DepartmentSettings,
) -> Result<Department, SatisfactionError> {
    in_unit(|| "mu0".to_owned(), prior_mean)?;
    // A prior of no weight would leave a department without data undefined.
    positive(|| "kappa0".to_owned(), settings.prior_weight)?;
    at_least_zero(|| "kappaK".to_owned(), settings.kpi_weight)?;
    at_least_zero(|| "sigma".to_owned(), settings.sigma)?;
    if let Some(voice) = sentiment {
        in_unit(|| "sentiment.score".to_owned(), voice.score)?;
        at_least_zero(|| "sentiment.weight".to_owned(), voice.weight)?;
    }
    let mut people = respondents(answers, settings.half_life_days)?;
    // A weight of 0 ignores the respondent: as a voice, as a head and as one who disagrees.
    people.retain(|person| person.weight > 0.0);
    let votes = votes(&people);
    let facts = kpi::pool(kpis)?;
    let mut found = Department {
        theta: 0.0,
        var: 0.0,
        lo: 0.0,
        hi: 1.0,
        n_eff: votes.n_eff,
        survey_mean: votes.mean,
        kpi_score: facts.score,
        kpi_coverage: facts.coverage,
        gap: votes.mean.zip(facts.score).map(|(m, k)| m - k),
        respondents: people.len(),
        agreement: agreement(&people)?,
        sentiment: sentiment.filter(|voice| voice.weight > 0.0),
    };
    let masses = found.masses(prior_mean, settings);
    let total: f64 = masses.iter().map(|mass| mass.weight).sum();
    let sum: f64 = masses.iter().map(|mass| mass.weight * mass.mean).sum();
    found.theta = (sum / total).clamp(0.0, 1.0);
    found.var = settings.sigma.powi(2) / total;
    let reach = Z90 * found.var.sqrt();
    found.lo = (found.theta - reach).max(0.0);
    found.hi = (found.theta + reach).min(1.0);
    Ok(found)
}

fn agreement(people: &[Respondent]) -> Result<Option<f64>, SatisfactionError> {
    if people.len() < 2 {
        return Ok(None);
    }
    let points: Vec<f64> = people
        .iter()
        .map(|person| 1.0 + (AGREEMENT_POINTS - 1.0) * person.mean)
        .collect();
    r_wg(&points, AGREEMENT_POINTS).map(Some)
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
        assert!(
            (parts.prior + parts.kpis + parts.answers + parts.sentiment - department.theta).abs()
                < 1e-12
        );
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

    fn said(respondent: &str, score: f64, role_weight: f64) -> Answer {
        Answer {
            respondent: respondent.to_owned(),
            score,
            age_days: 0.0,
            role_weight,
            confidence: 1.0,
        }
    }

    #[test]
    fn words_are_one_more_voice_and_no_feeling() {
        let kpi = WeightedKpi {
            weight: 1.0,
            desirability: Some(0.9),
        };
        let voice = Sentiment {
            score: 0.3,
            weight: 0.5,
        };
        let settings = DepartmentSettings::default();
        let found =
            score_with(&[said("a", 0.5, 1.0)], &[kpi], Some(voice), 0.7, &settings).unwrap();
        // (1 · .7 + 2 · .9 + 1 · .5 + .5 · .3) / 4.5
        assert!((found.theta - 3.15 / 4.5).abs() < 1e-12);
        assert!((found.var - 0.0625 / 4.5).abs() < 1e-12);
        assert_eq!(found.survey_mean, Some(0.5));
        assert!((found.gap.unwrap() + 0.4).abs() < 1e-12);
        assert!((found.parts(0.7, &settings).sentiment - 0.15 / 4.5).abs() < 1e-12);
        assert!(
            score_with(&[], &[], Some(voice), 0.7, &settings)
                .unwrap()
                .is_heard()
                && !score(&[], &[kpi], 0.7, &settings).unwrap().is_heard()
        );
        let wrong = Sentiment {
            score: 1.5,
            weight: 0.5,
        };
        assert!(score_with(&[], &[], Some(wrong), 0.7, &settings).is_err());
    }

    #[test]
    fn three_who_disagree_are_divided_and_a_weight_of_zero_is_nobody() {
        let settings = DepartmentSettings::default();
        let divided = [
            said("a", 0.0, 1.0),
            said("b", 1.0, 1.0),
            said("c", 1.0, 1.0),
        ];
        let found = score(&divided, &[], 0.7, &settings).unwrap();
        // On 1 to 5: 1, 5, 5; s² = 16/3, noise (25 - 1)/12 = 2: 1 - 2.67 < 0.
        assert_eq!((found.respondents, found.agreement), (3, Some(0.0)));
        assert!(found.is_divided());
        let agreed = [
            said("a", 0.75, 1.0),
            said("b", 0.75, 1.0),
            said("c", 0.5, 1.0),
        ];
        let found = score(&agreed, &[], 0.7, &settings).unwrap();
        // 4, 4, 3: s² = 1/3, 1 - (1/3)/2 = 5/6
        assert!((found.agreement.unwrap() - 5.0 / 6.0).abs() < 1e-12 && !found.is_divided());
        let nobody = [said("a", 0.0, 0.0), said("b", 1.0, 0.0)];
        let found = score(&nobody, &[], 0.7, &settings).unwrap();
        assert_eq!(
            (found.respondents, found.survey_mean, found.theta),
            (0, None, 0.7)
        );
        assert!(!found.has_data());
    }
}
