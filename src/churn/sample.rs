//! The histories that parameters are fitted to: identical ones merged, summed in a fixed order.

use rayon::iter::ParallelIterator;
use rayon::slice::{ParallelSlice, ParallelSliceMut};

use super::{ChurnError, History, Model};

/// Logarithms of parameters stay within plus and minus this.
pub(super) const CLAMP: f64 = 12.0;
/// Rows summed by one task; fixed, so that the sum does not depend on the number of threads.
const CHUNK: usize = 4_096;
/// Multiples of it, whole parts left out, lie evenly between 0 and 1.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Histories with weights: those of the same x, `t_x` and T merged, sorted by these.
///
/// Single intervals need not be kept: their logarithms enter the likelihood by their sum alone.
pub(super) struct Sample {
    rows: Vec<(History, f64)>,
    entities: usize,
    sums: Sums,
}

/// Weighted sums.
#[derive(Clone, Copy, Default)]
struct Sums {
    weight: f64,
    events: f64,
    weeks: f64,
    litt: f64,
}

impl Sample {
    /// Merges histories; `weights` has one for each.
    pub fn new(histories: &[History], weights: Option<&[f64]>) -> Result<Self, ChurnError> {
        let mut rows = weighted(histories, weights)?;
        let entities = rows.len();
        rows.par_sort_unstable_by(|(a, v), (b, w)| {
            let key = |history: &History| (history.x, history.t_x.to_bits(), history.age.to_bits());
            let order = key(a).cmp(&key(b)).then_with(|| a.litt.total_cmp(&b.litt));
            order.then_with(|| v.total_cmp(w))
        });
        let mut sums = Sums::default();
        for (history, weight) in &rows {
            sums.weight += weight;
            sums.events += weight * history.x as f64;
            sums.weeks += weight * history.age;
            sums.litt += weight * history.litt;
        }
        rows.dedup_by(|(next, more), (kept, weight)| {
            let same = (next.x, next.t_x, next.age) == (kept.x, kept.t_x, kept.age);
            if same {
                *weight += *more;
            }
            same
        });
        if rows.is_empty() {
            return Err(ChurnError::NoData);
        }
        Ok(Self {
            rows,
            entities,
            sums,
        })
    }

    /// At most `limit` rows that stand for all: of each run of neighbours one, with the weight of
    /// the run. Histories are sorted, so that every x and every silence is represented; which of a
    /// run it is goes through the runs evenly, by weight, so that no kind is preferred.
    pub fn thinned(&self, limit: usize) -> Self {
        let run = self.rows.len().div_ceil(limit.max(1));
        let rows = self
            .rows
            .chunks(run)
            .enumerate()
            .filter_map(|(place, rows)| {
                let all: f64 = rows.iter().map(|(_, weight)| weight).sum();
                let goal = all * (place as f64 * GOLDEN).fract();
                let mut passed = 0.0;
                let chosen = rows.iter().find(|(_, weight)| {
                    passed += weight;
                    passed > goal
                });
                chosen.or(rows.last()).map(|(history, _)| (*history, all))
            });
        Self {
            rows: rows.collect(),
            ..*self
        }
    }

    /// Number of histories of positive weight.
    pub fn entities(&self) -> usize {
        self.entities
    }

    /// Number of different histories.
    pub fn different(&self) -> usize {
        self.rows.len()
    }

    /// Weighted number of events after the first.
    pub fn events(&self) -> f64 {
        self.sums.events
    }

    /// Centre of the pooled prior, on the log scale.
    pub fn centre(&self) -> [f64; 4] {
        let rate = (self.sums.events + 1.0) / self.sums.weeks.max(1.0);
        clamped(&[0.7, 0.7 / rate, 0.8, 3.0].map(f64::ln))
    }

    /// Places to start from, `mean` or else the pooled prior's centre first.
    pub fn starts(&self, mean: Option<[f64; 4]>) -> [[f64; 4]; 3] {
        let age = (self.sums.weeks / self.sums.weight).max(1e-3);
        let centre = mean.unwrap_or_else(|| self.centre());
        [
            clamped(&centre),
            clamped(&[1.0, 0.2 * age, 1.0, 3.0].map(f64::ln)),
            clamped(&[0.3, 0.1 * age, 0.5, 2.0].map(f64::ln)),
        ]
    }

    /// Weighted log-likelihood.
    pub fn log_likelihood(&self, model: &Model) -> f64 {
        let sums = self.by_chunks(|rows| {
            let mut sum = 0.0;
            for rows in same_x(rows) {
                let mut weights = 0.0;
                for (history, weight) in rows {
                    sum += weight * model.rest(history);
                    weights += weight;
                }
                sum += weights * rows.first().map_or(0.0, |(h, _)| model.base(h.x));
            }
            sum
        });
        sums.iter().sum::<f64>() + model.spread(self.sums.events, self.sums.litt)
    }

    /// Weighted log-likelihood with its derivatives by the logarithms of the parameters.
    pub fn log_likelihood_gradient(&self, model: &Model) -> (f64, [f64; 4]) {
        let sums = self.by_chunks(|rows| chunk_gradient(rows, model));
        let spread = model.spread(self.sums.events, self.sums.litt);
        let (value, gradient) = sums.iter().fold((0.0, [0.0; 4]), |sum, (value, gradient)| {
            (sum.0 + value, add(sum.1, 1.0, gradient))
        });
        (value + spread, gradient)
    }

    /// What each chunk of rows comes to, in order. A single one is not worth a trip to other threads.
    fn by_chunks<T: Send>(&self, sum: impl Fn(&[(History, f64)]) -> T + Send + Sync) -> Vec<T> {
        if self.rows.len() <= CHUNK {
            return vec![sum(&self.rows)];
        }
        self.rows.par_chunks(CHUNK).map(sum).collect()
    }
}

fn chunk_gradient(rows: &[(History, f64)], model: &Model) -> (f64, [f64; 4]) {
    let (mut sum, mut gradient) = (0.0, [0.0; 4]);
    for rows in same_x(rows) {
        let mut weights = 0.0;
        for (history, weight) in rows {
            let (value, rest) = model.rest_gradient(history);
            sum += weight * value;
            gradient = add(gradient, *weight, &rest);
            weights += weight;
        }
        // What depends on x alone is computed once for each x.
        if let Some((history, _)) = rows.first() {
            sum += weights * model.base(history.x);
            gradient = add(gradient, weights, &model.base_gradient(history.x));
        }
    }
    (sum, gradient)
}

fn same_x(rows: &[(History, f64)]) -> impl Iterator<Item = &[(History, f64)]> {
    rows.chunk_by(|(a, _), (b, _)| a.x == b.x)
}

fn add(mut sum: [f64; 4], weight: f64, more: &[f64; 4]) -> [f64; 4] {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += weight * more;
    }
    sum
}

/// Histories of positive weight.
fn weighted(
    histories: &[History],
    weights: Option<&[f64]>,
) -> Result<Vec<(History, f64)>, ChurnError> {
    let Some(weights) = weights else {
        return Ok(histories.iter().map(|history| (*history, 1.0)).collect());
    };
    if weights.len() != histories.len() {
        return Err(ChurnError::Rule {
            field: "weights",
            rule: "one weight for each history",
        });
    }
    if let Some(&value) = weights.iter().find(|w| !(0.0..=1e9).contains(*w)) {
        return Err(ChurnError::Number {
            field: "weights",
            value,
            rule: "a number between 0 and 1e9",
        });
    }
    let rows = histories.iter().copied().zip(weights.iter().copied());
    Ok(rows.filter(|(_, weight)| *weight > 0.0).collect())
}

/// Logarithms of parameters, kept within bounds.
pub(super) fn clamped(theta: &[f64; 4]) -> [f64; 4] {
    theta.map(|value| value.clamp(-CLAMP, CLAMP))
}
