//! What service does to churn: a logit on top of the churn number, which is its strong prior.

use super::ChurnError;
use super::logit::{Logit, Normal, logit};
use super::scale::Scale;
use super::score::clipped;
use crate::units::Probability;

/// Churn events per covariate from which on an effect may be shown (events per variable, a rule of
/// thumb).
pub const EVENTS_PER_COVARIATE: usize = 10;
const COUNT: usize = 5;

crate::word_enum! {
    /// A service covariate.
    Covariate {
        /// Share of the last five deliveries that were late.
        LateShare = "late_share",
        /// ln(1 + complaints in the last 13 weeks).
        Complaints = "complaints",
        /// Change of satisfaction over 26 weeks.
        SatisfactionChange = "satisfaction_change",
        /// Trend of the days paid beyond terms.
        TermsTrend = "terms_trend",
        /// Whether the contract expires within the horizon.
        ContractExpires = "contract_expires",
    }
}

/// What is known of the service a customer had at a date; `None` is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Covariates {
    /// Share of the last five deliveries that were late, in `[0, 1]`.
    pub late_share: Option<f64>,
    /// Complaints in the last 13 weeks.
    pub complaints_13w: Option<u64>,
    /// Satisfaction now less satisfaction 26 weeks ago, in `[-1, 1]`.
    pub satisfaction_change: Option<f64>,
    /// Mean days paid beyond terms lately less that before, in days: positive is later and later.
    pub terms_trend_days: Option<f64>,
    /// Whether the contract expires within the horizon.
    pub contract_expires: Option<bool>,
}

impl Covariates {
    fn values(&self) -> Result<[Option<f64>; COUNT], ChurnError> {
        for (field, value, low, high, rule) in [
            (
                "late_share",
                self.late_share,
                0.0,
                1.0,
                "a number between 0 and 1",
            ),
            (
                "satisfaction_change",
                self.satisfaction_change,
                -1.0,
                1.0,
                "a number between -1 and 1",
            ),
            (
                "terms_trend_days",
                self.terms_trend_days,
                -1e5,
                1e5,
                "a number between -100000 and 100000",
            ),
        ] {
            if let Some(value) = value.filter(|value| !(low..=high).contains(value)) {
                return Err(ChurnError::Number { field, value, rule });
            }
        }
        Ok([
            self.late_share,
            self.complaints_13w.map(|count| (count as f64).ln_1p()),
            self.satisfaction_change,
            self.terms_trend_days,
            self.contract_expires.map(|yes| f64::from(u8::from(yes))),
        ])
    }
}

/// A customer at a date, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServiceRow {
    /// Churn probability without knowledge of service.
    pub base: Probability,
    /// Service up to that date.
    pub covariates: Covariates,
    /// Whether the customer was silent over the horizon afterwards.
    pub churned: bool,
}

/// Priors of the coefficients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServicePriors {
    /// Of the intercept. Default N(0, 0.5²).
    pub intercept: Normal,
    /// Of the logit of the base. Default N(1, 0.3²).
    pub base: Normal,
    /// Of each covariate per standard deviation. Default N(0, 0.5²).
    pub covariate: Normal,
}

impl Default for ServicePriors {
    fn default() -> Self {
        let normal = |mean, sd| Normal { mean, sd };
        Self {
            intercept: normal(0.0, 0.5),
            base: normal(1.0, 0.3),
            covariate: normal(0.0, 0.5),
        }
    }
}

/// What a covariate does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Which one.
    pub covariate: Covariate,
    /// Change of the logit of churn per standard deviation of the covariate.
    pub coefficient: f64,
    /// Posterior standard deviation of the coefficient.
    pub sd: f64,
    /// Mean of the covariate where it is known.
    pub mean: f64,
    /// Standard deviation of the covariate where it is known.
    pub spread: f64,
    /// Rows in which it is known.
    pub known: usize,
    /// Whether it may be shown as an effect: of the rows in which it is known, as many as
    /// [`EVENTS_PER_COVARIATE`] for each covariate of the model churned, and as many did not.
    pub shown: bool,
}

/// The fitted logit: `η = β0 + β1 · logit(base) + Σ γ_j z_j`.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceModel {
    logit: Logit,
    effects: Vec<Effect>,
    rows: usize,
    events: usize,
}

impl ServiceModel {
    /// Fits to customers of whom it is known whether they were silent over the horizon afterwards.
    ///
    /// A covariate that is unknown for a row enters at its mean; one that is unknown everywhere, or
    /// the same everywhere, is left out. Without rows [`churn`](Self::churn) is the base.
    ///
    /// # Errors
    ///
    /// [`ChurnError::Row`] for a covariate that is NaN or out of range; [`ChurnError::Number`] or
    /// [`ChurnError::Rule`] for a bad prior.
    pub fn fit(rows: &[ServiceRow], priors: &ServicePriors) -> Result<Self, ChurnError> {
        let values = rows
            .iter()
            .enumerate()
            .map(|(row, given)| given.covariates.values().map_err(|e| e.in_row(row)))
            .collect::<Result<Vec<_>, _>>()?;
        let mut effects: Vec<Effect> = Covariate::ALL
            .iter()
            .filter_map(|&covariate| column(covariate, &values))
            .collect();
        let design: Vec<f64> = rows
            .iter()
            .zip(&values)
            .flat_map(|(row, values)| design_row(row.base, values, &effects))
            .collect();
        let outcomes: Vec<bool> = rows.iter().map(|row| row.churned).collect();
        let mut all = vec![priors.intercept, priors.base];
        all.extend(effects.iter().map(|_| priors.covariate));
        let fitted = Logit::fit(&design, &outcomes, &all)?;

        let needed = EVENTS_PER_COVARIATE * effects.len();
        let found = fitted.coefficients.iter().zip(&fitted.sd).skip(2);
        for (effect, (&coefficient, &sd)) in effects.iter_mut().zip(found) {
            (effect.coefficient, effect.sd) = (coefficient, sd);
            let churned = values
                .iter()
                .zip(&outcomes)
                .filter(|(values, churned)| **churned && value(effect.covariate, values).is_some())
                .count();
            effect.shown = churned.min(effect.known - churned) >= needed;
        }
        Ok(Self {
            logit: fitted,
            effects,
            rows: rows.len(),
            events: outcomes.iter().filter(|churned| **churned).count(),
        })
    }

    /// Churn with service taken into account, between 0.02 and 0.98; without rows, the base as it is.
    ///
    /// # Errors
    ///
    /// [`ChurnError::Number`] for a covariate that is NaN or out of range.
    pub fn churn(
        &self,
        base: Probability,
        covariates: &Covariates,
    ) -> Result<Probability, ChurnError> {
        let values = covariates.values()?;
        if self.rows == 0 {
            return Ok(base);
        }
        let row = design_row(base, &values, &self.effects);
        clipped(self.logit.probability(&row)?.get())
    }

    /// What each covariate of the model does.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// The regression: intercept, logit of the base, then the [`effects`](Self::effects).
    pub fn logit(&self) -> &Logit {
        &self.logit
    }

    /// Rows the model rests on.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Rows that churned.
    pub fn events(&self) -> usize {
        self.events
    }
}

/// The covariate's value, if it is known.
fn value(covariate: Covariate, values: &[Option<f64>; COUNT]) -> Option<f64> {
    let mut all = Covariate::ALL.iter().zip(values);
    all.find_map(|(other, value)| value.filter(|_| *other == covariate))
}

/// The covariate's place in the model, still without a coefficient; `None` if it tells nothing.
fn column(covariate: Covariate, rows: &[[Option<f64>; COUNT]]) -> Option<Effect> {
    let known = rows.iter().filter_map(|values| value(covariate, values));
    let scale = Scale::of(known.clone());
    (scale.sd > 0.0).then(|| Effect {
        covariate,
        coefficient: 0.0,
        sd: 0.0,
        mean: scale.mean,
        spread: scale.sd,
        known: known.count(),
        shown: false,
    })
}

/// One row of the design: a one, the logit of the base, then the z of each covariate of the model.
fn design_row(base: Probability, values: &[Option<f64>; COUNT], effects: &[Effect]) -> Vec<f64> {
    let mut row = vec![1.0, logit(base)];
    row.extend(effects.iter().map(|effect| {
        value(effect.covariate, values).map_or(0.0, |value| (value - effect.mean) / effect.spread)
    }));
    row
}
