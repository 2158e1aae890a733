//! Churn from recency, frequency and money: a ridge logit on seven features.

use super::ChurnError;
use super::logit::{Logit, Normal};
use super::scale::Scale;
use crate::units::Probability;

/// Below so many labelled customers there is no such model: the other one alone is better.
pub const MIN_LABELLED: usize = 250;
/// Inverse strength of the ridge: the penalty is `½ ‖β‖² / C` on standardised features. A design
/// choice.
pub const RIDGE_C: f64 = 0.1;
const FEATURES: usize = 7;

/// What is known of a customer at a date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RfmInput {
    /// Weeks since the last shipping day.
    pub idle_weeks: f64,
    /// Shipping days after the first.
    pub x: u64,
    /// Weeks since the first shipping day.
    pub age_weeks: f64,
    /// Mean weeks between shipping days; 0 with fewer than two. Below 1 it counts as 1.
    pub mean_interval_weeks: f64,
    /// Shipping days in the last 13 weeks.
    pub n13: u64,
    /// Shipping days in the 13 weeks before those.
    pub n13_previous: u64,
    /// Mean value of a shipping day, at least 0, in any unit that is the same for all.
    pub mean_value: f64,
}

impl RfmInput {
    fn features(&self) -> Result<[f64; FEATURES], ChurnError> {
        for (field, value) in [
            ("idle_weeks", self.idle_weeks),
            ("age_weeks", self.age_weeks),
            ("mean_interval_weeks", self.mean_interval_weeks),
            ("mean_value", self.mean_value),
        ] {
            if !(0.0..=1e15).contains(&value) {
                return Err(ChurnError::Number {
                    field,
                    value,
                    rule: "a number between 0 and 1e15",
                });
            }
        }
        let recent = (self.n13 as f64).ln_1p();
        Ok([
            self.idle_weeks.ln_1p(),
            (self.x as f64).ln_1p(),
            self.age_weeks.ln_1p(),
            (self.idle_weeks / self.mean_interval_weeks.max(1.0)).ln_1p(),
            recent,
            recent - (self.n13_previous as f64).ln_1p(),
            self.mean_value.ln_1p(),
        ])
    }
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub struct RfmModel {
    scales: [Scale; FEATURES],
    logit: Logit,
    labelled: usize,
}

impl RfmModel {
    /// Fits to customers of whom it is known whether they were silent over the horizon afterwards.
    ///
    /// Features must be of a date at least a horizon ago, labels of the horizon after it. Rows of
    /// several dates may be stacked; whether there are [`MIN_LABELLED`] *customers* is then for the
    /// caller to see.
    ///
    /// `None` with fewer than 250 rows, or if all have the same label: there is nothing to tell
    /// apart.
    ///
    /// # Errors
    ///
    /// [`ChurnError::Row`] for a number that is NaN, infinite or negative.
    pub fn fit(rows: &[(RfmInput, bool)]) -> Result<Option<Self>, ChurnError> {
        let features = rows
            .iter()
            .enumerate()
            .map(|(row, (input, _))| input.features().map_err(|e| e.in_row(row)))
            .collect::<Result<Vec<_>, _>>()?;
        let outcomes: Vec<bool> = rows.iter().map(|(_, churned)| *churned).collect();
        let churned = outcomes.iter().filter(|churned| **churned).count();
        if rows.len() < MIN_LABELLED || churned == 0 || churned == rows.len() {
            return Ok(None);
        }
        let scales: [Scale; FEATURES] = std::array::from_fn(|place| {
            Scale::of(features.iter().filter_map(|row| row.get(place).copied()))
        });
        let design: Vec<f64> = features.iter().flat_map(|f| row(&scales, f)).collect();
        let mut priors = [Normal {
            mean: 0.0,
            sd: RIDGE_C.sqrt(),
        }; FEATURES + 1];
        priors[0].sd = f64::INFINITY;
        Ok(Some(Self {
            scales,
            logit: Logit::fit(&design, &outcomes, &priors)?,
            labelled: rows.len(),
        }))
    }

    /// Probability of silence over the horizon the labels were of.
    ///
    /// # Errors
    ///
    /// [`ChurnError::Number`] for a number that is NaN, infinite or negative.
    pub fn churn(&self, input: &RfmInput) -> Result<Probability, ChurnError> {
        self.logit
            .probability(&row(&self.scales, &input.features()?))
    }

    /// Rows the model rests on.
    pub fn labelled(&self) -> usize {
        self.labelled
    }

    /// The regression: intercept, then ln(1 + idle), ln(1 + x), ln(1 + age), ln(1 + idle ÷ interval),
    /// ln(1 + recent), its change, ln(1 + mean value), each per standard deviation.
    pub fn logit(&self) -> &Logit {
        &self.logit
    }
}

/// One row of the design: a one, then the standardised features.
fn row(scales: &[Scale; FEATURES], features: &[f64; FEATURES]) -> [f64; FEATURES + 1] {
    let mut row = [1.0; FEATURES + 1];
    for (cell, (scale, value)) in row.iter_mut().skip(1).zip(scales.iter().zip(features)) {
        *cell = scale.z(*value);
    }
    row
}
