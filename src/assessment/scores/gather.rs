//! What each department of a customer said: answers and words, each with the department it speaks for.

use std::collections::BTreeMap;
use std::iter::Sum;

use chrono::NaiveDate;
use serde::Serialize;

use crate::assessment::AssessmentError;
use crate::assessment::inputs::{DepartmentOf, Place, Voices};
use crate::customers::model::DepartmentKind;
use crate::ids::CustomerId;
use crate::satisfaction::answers::{Answer, HALF_LIFE_DAYS, pool};
use crate::sentiment::Voice;
use crate::surveys::model::Dimension;

/// A department counts as heard for so many days after it spoke: the half-life of an answer.
pub const HEARD_DAYS: f64 = HALF_LIFE_DAYS;

/// What one department said.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Answers that count for its score.
    pub answers: Vec<Answer>,
    /// Scored words.
    pub words: Vec<Voice>,
    /// The last answer or words.
    pub last_on: Option<NaiveDate>,
    /// Whether one of them is younger than [`HEARD_DAYS`].
    pub lately: bool,
    /// Mean of the answers.
    pub mean: Option<f64>,
}

impl Said {
    fn heard(&mut self, on: NaiveDate, age_days: f64) {
        self.last_on = self.last_on.max(Some(on));
        self.lately |= age_days <= HEARD_DAYS;
    }
}

/// Answers of a dimension of service quality, such as timeliness.
#[derive(Clone, Debug, PartialEq)]
pub struct DimensionScore {
    /// The department; empty for answers that speak for none.
    pub department: String,
    /// The dimension.
    pub dimension: Dimension,
    /// Mean, one vote for each person, in `[0, 1]`.
    pub score: f64,
    /// Answers behind it.
    pub answers: usize,
}

/// Answers by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unplaced {
    /// Count for a department's score.
    pub counted: u64,
    /// To questions that are not for the kind of the department: heard, kept by dimension.
    pub other_question: u64,
    /// Of people without a department that could be told: the account is heard, no score moves.
    pub without_department: u64,
}

impl Sum for Unplaced {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            counted: sum.counted + one.counted,
            other_question: sum.other_question + one.other_question,
            without_department: sum.without_department + one.without_department,
        })
    }
}

/// What a customer said.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Which customer.
    pub customer: CustomerId,
    /// Its departments, each with what it said.
    pub departments: Vec<(DepartmentOf, Said)>,
    /// Answers by dimension.
    pub dimensions: Vec<DimensionScore>,
    /// What became of the answers.
    pub unplaced: Unplaced,
}

impl Gathered {
    /// What each department feels, where it said so.
    pub fn feelings(&self) -> impl Iterator<Item = (DepartmentKind, f64)> {
        self.departments
            .iter()
            .filter_map(|(of, said)| Some((of.kind, said.mean?)))
    }
}

/// Finds the department of everything that a customer said.
pub fn gather(
    customer: CustomerId,
    departments: &[DepartmentOf],
    voices: &Voices,
) -> Result<Gathered, AssessmentError> {
    let mut said: Vec<Said> = vec![Said::default(); departments.len()];
    let mut unplaced = Unplaced::default();
    let mut dimensions: BTreeMap<(String, &'static str), (Dimension, Vec<Answer>)> =
        BTreeMap::new();
    let name_of = |at: Option<usize>| {
        let found = at.and_then(|at| departments.get(at));
        found.map(|of| of.name.clone()).unwrap_or_default()
    };
    for spoken in voices.answers.get(&customer).into_iter().flatten() {
        let (at, counts) = match voices.place(spoken, departments) {
            Place::Department(at) => (Some(at), true),
            Place::OtherQuestion(at) => (Some(at), false),
            Place::Account => (None, false),
        };
        match (at, counts) {
            (Some(_), true) => unplaced.counted += 1,
            (Some(_), false) => unplaced.other_question += 1,
            (None, _) => unplaced.without_department += 1,
        }
        if let Some(dimension) = spoken.dimension {
            let key = (name_of(at), dimension.word());
            let (_, of_it) = dimensions.entry(key).or_insert((dimension, Vec::new()));
            of_it.push(spoken.answer());
        }
        if let Some(said) = at.and_then(|at| said.get_mut(at)) {
            said.heard(spoken.on, spoken.age_days);
            said.answers.extend(counts.then(|| spoken.answer()));
        }
    }
    for text in voices.texts.get(&customer).into_iter().flatten() {
        let at = text
            .department
            .and_then(|id| voices.department(id, departments));
        if let Some(said) = at.and_then(|at| said.get_mut(at)) {
            said.heard(text.on, text.age_days);
            said.words.extend(text.voice);
        }
    }
    for one in &mut said {
        one.mean = pool(&one.answers, HALF_LIFE_DAYS)?.mean;
    }
    Ok(Gathered {
        customer,
        departments: departments.iter().cloned().zip(said).collect(),
        dimensions: by_dimension(dimensions)?,
        unplaced,
    })
}

fn by_dimension(
    answers: BTreeMap<(String, &'static str), (Dimension, Vec<Answer>)>,
) -> Result<Vec<DimensionScore>, AssessmentError> {
    let mut scores = Vec::with_capacity(answers.len());
    for ((department, _), (dimension, answers)) in answers {
        if let Some(score) = pool(&answers, HALF_LIFE_DAYS)?.mean {
            scores.push(DimensionScore {
                department,
                dimension,
                score,
                answers: answers.len(),
            });
        }
    }
    Ok(scores)
}
