//! Predictions beside what happened: checked once, trusted afterwards.

use super::EvaluationError;

/// Predictions and outcomes of the same cases, in any order.
#[derive(Clone, Copy, Debug)]
pub struct Predictions<'a> {
    pub(super) score: &'a [f64],
    pub(super) happened: &'a [bool],
    pub(super) probabilities: bool,
}

impl<'a> Predictions<'a> {
    /// Probabilities in `[0, 1]`: every metric applies.
    ///
    /// # Errors
    ///
    /// [`EvaluationError`] if the lengths differ or a probability is none.
    pub fn probabilities(
        probability: &'a [f64],
        happened: &'a [bool],
    ) -> Result<Self, EvaluationError> {
        let rule = "a number between 0 and 1";
        Self::new(probability, happened, "probability", rule, |p| {
            (0.0..=1.0).contains(&p)
        })
    }

    /// Scores within ±1e100, higher for what is more likely: only metrics of the order apply.
    ///
    /// # Errors
    ///
    /// [`EvaluationError`] if the lengths differ or a score is none.
    pub fn scores(score: &'a [f64], happened: &'a [bool]) -> Result<Self, EvaluationError> {
        let rule = "a number between -1e100 and 1e100";
        let ranking = Self::new(score, happened, "score", rule, |score| score.abs() <= 1e100)?;
        Ok(Self {
            probabilities: false,
            ..ranking
        })
    }

    fn new(
        score: &'a [f64],
        happened: &'a [bool],
        field: &'static str,
        rule: &'static str,
        allowed: impl Fn(f64) -> bool,
    ) -> Result<Self, EvaluationError> {
        if score.len() != happened.len() {
            return Err(EvaluationError::Length {
                field: "happened",
                found: happened.len(),
                expected: score.len(),
            });
        }
        if u32::try_from(score.len()).is_err() {
            return Err(EvaluationError::Setting {
                field: "cases",
                value: score.len() as u64,
                rule: "at most 4294967295",
            });
        }
        match score
            .iter()
            .enumerate()
            .find(|(_, value)| !allowed(**value))
        {
            Some((index, &value)) => Err(EvaluationError::Number {
                field,
                index,
                value,
                rule,
            }),
            None => Ok(Self {
                score,
                happened,
                probabilities: true,
            }),
        }
    }

    /// Number of cases.
    pub fn count(&self) -> usize {
        self.score.len()
    }

    /// Number of cases in which it happened.
    pub fn events(&self) -> usize {
        self.happened.iter().filter(|happened| **happened).count()
    }

    /// Whether the scores are probabilities.
    pub fn are_probabilities(&self) -> bool {
        self.probabilities
    }
}
