//! Answers to surveys: scales to `[0, 1]`, ageing, and one vote for each person.

use super::SatisfactionError;
use super::error::{at_least_zero, in_unit, positive};
use crate::customers::model::BuyingRole;

/// An answer loses half of its weight in so many days. Default.
pub const HALF_LIFE_DAYS: f64 = 180.0;

crate::word_enum! {
    /// How a question is answered.
    Scale {
        /// Satisfaction, 1 to 5.
        Csat5 = "csat5",
        /// Satisfaction, 1 to 7.
        Csat7 = "csat7",
        /// Likelihood to recommend, 0 to 10.
        Nps = "nps",
        /// "It was easy", 1 to 7; 7 is good.
        Ces7 = "ces7",
        /// Logistics service quality item, 1 to 5.
        Lsq5 = "lsq5",
        /// Logistics service quality item, 1 to 7.
        Lsq7 = "lsq7",
    }
}

impl Scale {
    /// Lowest and highest answer.
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::Csat5 | Self::Lsq5 => (1.0, 5.0),
            Self::Csat7 | Self::Ces7 | Self::Lsq7 => (1.0, 7.0),
            Self::Nps => (0.0, 10.0),
        }
    }

    /// The answer in `[0, 1]`: `(v - lo)/(hi - lo)`, or its complement for a reversed item.
    ///
    /// # Errors
    ///
    /// [`SatisfactionError::Number`] if the value is not on the scale.
    pub fn score(self, value: f64, reversed: bool) -> Result<f64, SatisfactionError> {
        let (lo, hi) = self.range();
        if !(lo..=hi).contains(&value) {
            let rule = "a number on the question's scale";
            return Err(SatisfactionError::number("value", value, rule));
        }
        let score = (value - lo) / (hi - lo);
        Ok(if reversed { 1.0 - score } else { score })
    }
}

impl BuyingRole {
    /// Weight of an answer from this role. Default.
    pub fn weight(self) -> f64 {
        match self {
            Self::Decider => 2.0,
            Self::Buyer => 1.5,
            Self::Influencer | Self::User => 1.0,
            Self::Gatekeeper => 0.5,
        }
    }
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Who gave it: any key that tells people apart.
    pub respondent: String,
    /// In `[0, 1]`.
    pub score: f64,
    /// Days before the as-of date, 0 or more.
    pub age_days: f64,
    /// Weight of the respondent's role, 0 or more; 0 ignores the respondent.
    pub role_weight: f64,
    /// How much the respondent knows of the matter, in `[0, 1]`.
    pub confidence: f64,
}

/// What the answers of a department come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Votes {
    /// N: sum of the respondents' weights; 1 is one ordinary answer of today.
    pub n_eff: f64,
    /// Weighted mean; `None` without any weight.
    pub mean: Option<f64>,
}

/// One person among those who answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Respondent {
    /// m: mean of what the person said, the newest answers first.
    pub mean: f64,
    /// W: weight of the vote, 0 or more.
    pub weight: f64,
}

/// The people behind answers, in the order of their keys: one person has one vote, however often he
/// answers.
///
/// With `δ = 2^(-age / half life)`, respondent j has the mean `m_j = Σ δ s / Σ δ` and the weight
/// `W_j = role * confidence * max δ`, role and confidence being those of his newest answer.
///
/// # Errors
///
/// [`SatisfactionError::Number`] names the first member that is out of range.
pub fn respondents(
    answers: &[Answer],
    half_life_days: f64,
) -> Result<Vec<Respondent>, SatisfactionError> {
    positive(|| "half_life_days".to_owned(), half_life_days)?;
    for (index, answer) in answers.iter().enumerate() {
        let field = |name| move || format!("answers[{index}].{name}");
        in_unit(field("score"), answer.score)?;
        at_least_zero(field("age_days"), answer.age_days)?;
        at_least_zero(field("role_weight"), answer.role_weight)?;
        in_unit(field("confidence"), answer.confidence)?;
    }

    // Newest first, and people in the order of their names: the same sum whatever the order given.
    let mut order: Vec<&Answer> = answers.iter().collect();
    order.sort_by(|a, b| {
        (a.respondent.cmp(&b.respondent))
            .then(a.age_days.total_cmp(&b.age_days))
            .then(a.score.total_cmp(&b.score))
    });
    let mut people = Vec::new();
    for person in order.chunk_by(|a, b| a.respondent == b.respondent) {
        let Some(newest) = person.first() else {
            continue;
        };
        // Relative to the newest answer, so that very old answers still have a mean.
        let decays = person
            .iter()
            .map(|answer| (-(answer.age_days - newest.age_days) / half_life_days).exp2());
        let total: f64 = decays.clone().sum();
        let scores: f64 = decays
            .zip(person)
            .map(|(decay, answer)| decay * answer.score)
            .sum();
        let newest_decay = (-newest.age_days / half_life_days).exp2();
        people.push(Respondent {
            mean: (scores / total).clamp(0.0, 1.0),
            weight: newest.role_weight * newest.confidence * newest_decay,
        });
    }
    Ok(people)
}

/// Pools the answers of [`respondents`].
///
/// # Errors
///
/// [`SatisfactionError::Number`] names the first member that is out of range.
pub fn pool(answers: &[Answer], half_life_days: f64) -> Result<Votes, SatisfactionError> {
    Ok(votes(&respondents(answers, half_life_days)?))
}

/// What people come to together: `N = Σ W`, `m = Σ W m / N`.
pub(super) fn votes(people: &[Respondent]) -> Votes {
    let (mut weights, mut sum) = (0.0, 0.0);
    for person in people {
        weights += person.weight;
        sum += person.weight * person.mean;
    }
    Votes {
        n_eff: weights,
        mean: (weights > 0.0).then(|| (sum / weights).clamp(0.0, 1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(respondent: &str, score: f64, age_days: f64) -> Answer {
        Answer {
            respondent: respondent.to_owned(),
            score,
            age_days,
            role_weight: 1.0,
            confidence: 1.0,
        }
    }

    #[test]
    fn scales_end_at_zero_and_one_and_reversed_items_turn() {
        assert_eq!(Scale::Csat5.score(4.0, false), Ok(0.75));
        assert_eq!(Scale::Nps.score(10.0, false), Ok(1.0));
        assert_eq!(Scale::Ces7.score(7.0, true), Ok(0.0));
        assert!(Scale::Csat5.score(0.0, false).is_err());
        assert!(Scale::Nps.score(f64::NAN, false).is_err());
    }

    #[test]
    fn a_half_life_halves_the_vote_and_answering_twice_does_not_double_it() {
        let old = pool(&[answer("a", 0.4, 180.0)], 180.0).unwrap();
        assert_eq!(
            old,
            Votes {
                n_eff: 0.5,
                mean: Some(0.4)
            }
        );

        // Weights 1 and 1/2: (0.9 + 0.3 / 2) / 1.5 = 0.7, with the vote of today's answer.
        let twice = pool(&[answer("a", 0.9, 0.0), answer("a", 0.3, 180.0)], 180.0).unwrap();
        assert!((twice.n_eff - 1.0).abs() < 1e-15);
        assert!((twice.mean.unwrap() - 0.7).abs() < 1e-12);
    }

    #[test]
    fn nobody_who_counts_is_no_mean() {
        let mut ignored = answer("a", 0.9, 0.0);
        ignored.role_weight = 0.0;
        assert_eq!(pool(&[ignored], 180.0), Ok(Votes::default()));
        assert_eq!(pool(&[], 180.0), Ok(Votes::default()));
        assert_eq!(pool(&[answer("a", 0.9, 1e9)], 180.0), Ok(Votes::default()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let text = pool(&[answer("a", 0.5, 1.0), answer("b", 1.5, 1.0)], 180.0)
            .unwrap_err()
            .to_string();
        assert_eq!(
            text,
            "answers[1].score: 1.5: expected a number between 0 and 1"
        );
        assert!(pool(&[answer("a", 0.5, -1.0)], 180.0).is_err());
    }
}
