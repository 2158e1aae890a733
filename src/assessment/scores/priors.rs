//! What is usual: the mean of each kind of department, and how customers usually sound.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::Priors;
use crate::assessment::AssessmentError;
use crate::assessment::inputs::{Text, Voices};
use crate::customers::model::DepartmentKind;
use crate::ids::CustomerId;
use crate::satisfaction::department::{PRIOR_MEAN, Sentiment};
use crate::sentiment::company::{Median, Pair, median, pair};
use crate::sentiment::{Index, Voice};

/// A kind has a mean of its own from so many departments with answers. Default.
const ENOUGH_DEPARTMENTS: usize = 10;
/// The general prior counts as so many departments beside them. Default.
const GENERAL_WEIGHT: f64 = 10.0;
/// Words of a department count as half an answer at most. A design choice: they were not said to be
/// scored, and three-class accuracy of the engine is modest.
const WORDS_AT_MOST: f64 = 0.5;

/// The prior of a kind of department.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PriorMean {
    /// μ0, in `[0, 1]`.
    pub mean: f64,
    /// Departments of the kind with answers.
    pub departments: usize,
}

/// μ0 by kind: the mean of what its departments answered, over all accounts, drawn towards 0.70 that
/// counts as ten; 0.70 itself below ten departments with answers.
///
/// Each department counts once, whatever its number of people: the prior is about departments.
pub fn prior_means(feelings: impl Iterator<Item = (DepartmentKind, f64)>) -> Priors {
    let mut sums: BTreeMap<DepartmentKind, (f64, usize)> = BTreeMap::new();
    for (kind, mean) in feelings {
        let entry = sums.entry(kind).or_default();
        entry.0 += mean;
        entry.1 += 1;
    }
    let prior = |(sum, departments): (f64, usize)| PriorMean {
        mean: if departments < ENOUGH_DEPARTMENTS {
            PRIOR_MEAN
        } else {
            (GENERAL_WEIGHT * PRIOR_MEAN + sum) / (GENERAL_WEIGHT + departments as f64)
        },
        departments,
    };
    sums.into_iter()
        .map(|(kind, sum)| (kind, prior(sum)))
        .collect()
}

/// How the company's customers sound.
#[derive(Clone, Debug, Default)]
pub struct Companys {
    /// Median over customers with enough text.
    pub median: Median,
    /// Indices of each customer with scored words.
    customers: HashMap<CustomerId, Pair>,
}

impl Companys {
    /// Over all words: a customer's index is drawn towards the company's median.
    pub fn of(voices: &Voices) -> Result<Self, AssessmentError> {
        let scored = |texts: &Vec<Text>| texts.iter().filter_map(|text| text.voice).collect();
        let words: Vec<(CustomerId, Vec<Voice>)> = voices
            .texts
            .iter()
            .map(|(customer, texts)| (*customer, scored(texts)))
            .collect();
        let median = median(words.iter().map(|(_, own)| own.as_slice()))?;
        let mut customers = HashMap::with_capacity(words.len());
        for (customer, own) in words {
            let found = pair(&own, median.of)?;
            if found.slow.texts > 0 {
                customers.insert(customer, found);
            }
        }
        Ok(Self { median, customers })
    }

    /// The index of a customer's words; `None` without any.
    pub fn customer(&self, customer: CustomerId) -> Option<Index> {
        self.customers.get(&customer).map(|found| found.slow)
    }

    /// The index of a department's words, drawn towards the customer's.
    pub fn department(
        &self,
        customer: CustomerId,
        words: &[Voice],
    ) -> Result<Option<Index>, AssessmentError> {
        let above = self.customers.get(&customer);
        let parent = above.map_or(self.median.of, |found| (*found).into());
        let found = pair(words, parent)?.slow;
        Ok((found.texts > 0).then_some(found))
    }

    /// The index as a voice in formula (5): relative to how customers usually sound, with the weight
    /// `½ W / (W + 3)`. `None` where there is too little text.
    pub fn voice(&self, found: &Index) -> Option<Sentiment> {
        let median = self.median.known()?;
        found.enough.then(|| Sentiment {
            score: f64::midpoint(1.0, found.value - median).clamp(0.0, 1.0),
            weight: WORDS_AT_MOST * found.weight / (found.weight + 3.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentiment::Parent;

    #[test]
    fn ten_departments_make_a_mean_drawn_towards_the_general_one() {
        let few = prior_means(std::iter::repeat_n((DepartmentKind::Finance, 0.3), 9));
        let finance = few[&DepartmentKind::Finance];
        assert_eq!((finance.mean, finance.departments), (PRIOR_MEAN, 9));
        let enough = prior_means(std::iter::repeat_n((DepartmentKind::Finance, 0.3), 10));
        // (10 · .7 + 10 · .3) / 20
        assert!((enough[&DepartmentKind::Finance].mean - 0.5).abs() < 1e-12);
    }

    #[test]
    fn words_are_told_from_the_median_and_count_half_an_answer_at_most() {
        let company = Companys {
            median: Median {
                of: Parent {
                    slow: 0.2,
                    fast: 0.1,
                },
                customers: 1,
            },
            customers: HashMap::new(),
        };
        let voice = Voice {
            age_days: 0.0,
            weight: 1.0,
            polarity: -0.8,
            confidence: 1.0,
            neutral: false,
        };
        let found = company
            .department(CustomerId(1), &[voice; 3])
            .unwrap()
            .unwrap();
        // Index (3 · -.8 + 3 · .2)/6 = -.3; (1 - .3 - .2)/2 = .25; ½ · 3/6
        let told = company.voice(&found).unwrap();
        assert!((told.score - 0.25).abs() < 1e-12 && (told.weight - 0.25).abs() < 1e-12);
        let few = company
            .department(CustomerId(1), &[voice; 2])
            .unwrap()
            .unwrap();
        assert_eq!(company.voice(&few), None);
        assert_eq!(company.department(CustomerId(1), &[]).unwrap(), None);
    }
}
