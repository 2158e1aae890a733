//! The histories that parameters are fitted to: identical ones merged, summed in a fixed order.

use std::collections::HashMap;

use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use super::{ChurnError, History, Model};

/// Logarithms of parameters stay within plus and minus this.
pub(super) const CLAMP: f64 = 12.0;
/// Rows summed by one task; fixed, so that the sum does not depend on the number of threads.
const CHUNK: usize = 4_096;

/// Histories with weights: identical ones merged, sorted by x.
pub(super) struct Sample {
    rows: Vec<(History, f64)>,
    entities: usize,
}

impl Sample {
    /// Merges histories; `weights` has one for each.
    pub fn new(histories: &[History], weights: Option<&[f64]>) -> Result<Self, ChurnError> {
        if weights.is_some_and(|weights| weights.len() != histories.len()) {
            return Err(ChurnError::Rule {
                field: "weights",
                rule: "one weight for each history",
            });
        }
        let mut merged: HashMap<(u64, u64, u64, u64), (History, f64)> = HashMap::new();
        let mut entities = 0;
        for (index, history) in histories.iter().enumerate() {
            let weight = weights.and_then(|weights| weights.get(index)).copied();
            let weight = weight.unwrap_or(1.0);
            if !(0.0..=1e9).contains(&weight) {
                return Err(ChurnError::Number {
                    field: "weights",
                    value: weight,
                    rule: "a number between 0 and 1e9",
                });
            }
            if weight > 0.0 {
                entities += 1;
                let key = (
                    history.x(),
                    history.t_x().to_bits(),
                    history.age().to_bits(),
                    history.litt().to_bits(),
                );
                merged.entry(key).or_insert((*history, 0.0)).1 += weight;
            }
        }
        let mut rows: Vec<_> = merged.into_iter().collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        if rows.is_empty() {
            return Err(ChurnError::NoData);
        }
        Ok(Self {
            rows: rows.into_iter().map(|(_, row)| row).collect(),
            entities,
        })
    }

    /// Number of histories of positive weight.
    pub fn entities(&self) -> usize {
        self.entities
    }

    /// Number of different histories.
    pub fn different(&self) -> usize {
        self.rows.len()
    }

    /// Weighted sums: weights, events, weeks.
    fn sums(&self) -> (f64, f64, f64) {
        self.rows
            .iter()
            .fold((0.0, 0.0, 0.0), |sum, (history, weight)| {
                (
                    sum.0 + weight,
                    sum.1 + weight * history.x() as f64,
                    sum.2 + weight * history.age(),
                )
            })
    }

    /// Weighted number of events after the first.
    pub fn events(&self) -> f64 {
        self.sums().1
    }

    /// Centre of the pooled prior, on the log scale.
    pub fn centre(&self) -> [f64; 4] {
        let (_, events, weeks) = self.sums();
        let rate = (events + 1.0) / weeks.max(1.0);
        clamped(&[0.7, 0.7 / rate, 0.8, 3.0].map(f64::ln))
    }

    /// Places to start from, `mean` or else the pooled prior's centre first.
    pub fn starts(&self, mean: Option<[f64; 4]>) -> [[f64; 4]; 3] {
        let (all, _, weeks) = self.sums();
        let age = (weeks / all).max(1e-3);
        let centre = mean.unwrap_or_else(|| self.centre());
        [
            clamped(&centre),
            clamped(&[1.0, 0.2 * age, 1.0, 3.0].map(f64::ln)),
            clamped(&[0.3, 0.1 * age, 0.5, 2.0].map(f64::ln)),
        ]
    }

    /// Weighted log-likelihood; the part that depends on x alone is computed once for each x.
    pub fn log_likelihood(&self, model: &Model) -> f64 {
        let sums: Vec<f64> = self
            .rows
            .par_chunks(CHUNK)
            .map(|rows| {
                let mut sum = 0.0;
                let mut known: Option<(u64, f64)> = None;
                for (history, weight) in rows {
                    let base = match known {
                        Some((x, base)) if x == history.x() => base,
                        _ => model.base(history.x()),
                    };
                    known = Some((history.x(), base));
                    sum += weight * (base + model.rest(history));
                }
                sum
            })
            .collect();
        sums.iter().sum()
    }
}

/// Logarithms of parameters, kept within bounds.
pub(super) fn clamped(theta: &[f64; 4]) -> [f64; 4] {
    theta.map(|value| value.clamp(-CLAMP, CLAMP))
}
