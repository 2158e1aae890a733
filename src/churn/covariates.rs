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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::simulated::Random;

    fn p(value: f64) -> Probability {
        Probability::new(value).unwrap()
    }

    /// Late deliveries raise the logit by two per standard deviation.
    fn rows(count: usize) -> Vec<ServiceRow> {
        let mut random = Random(6);
        (0..count)
            .map(|_| {
                let late = random.uniform();
                let eta = 2.0 * (late - 0.5) * 12.0_f64.sqrt();
                let covariates = Covariates {
                    late_share: Some(late),
                    satisfaction_change: (late > 0.3).then_some(0.1 * random.uniform()),
                    contract_expires: Some(false),
                    ..Covariates::default()
                };
                ServiceRow {
                    base: p(0.5),
                    covariates,
                    churned: random.uniform() < 1.0 / (1.0 + (-eta).exp()),
                }
            })
            .collect()
    }

    #[test]
    fn without_labels_the_base_is_the_answer_to_the_bit() {
        let model = ServiceModel::fit(&[], &ServicePriors::default()).unwrap();
        for base in [0.0, 0.123_456_789, 1.0] {
            let covariates = rows(1)[0].covariates;
            assert_eq!(model.churn(p(base), &covariates), Ok(p(base)));
        }
        assert_eq!((model.rows(), model.effects().len()), (0, 0));
    }

    #[test]
    fn what_drives_churn_is_found_and_what_nobody_knows_is_left_out() {
        let model = ServiceModel::fit(&rows(2_000), &ServicePriors::default()).unwrap();
        let [late, change] = model.effects() else {
            panic!("{:?}", model.effects());
        };
        assert_eq!(late.covariate, Covariate::LateShare);
        // The truth is 2; the prior pulls a little.
        assert!((late.coefficient - 2.0).abs() < 0.25, "{late:?}");
        assert!(late.shown && late.known == 2_000);
        assert_eq!(change.covariate, Covariate::SatisfactionChange);
        assert!(change.coefficient.abs() < 3.0 * change.sd, "{change:?}");

        let late = |late_share| Covariates {
            late_share,
            ..Covariates::default()
        };
        let churn = |share| model.churn(p(0.5), &late(share)).unwrap().get();
        assert!(churn(Some(0.9)) > churn(None) && churn(None) > churn(Some(0.1)));
        assert!((0.02..=0.98).contains(&churn(Some(1.0))));
    }

    #[test]
    fn too_few_events_are_no_effect_to_show() {
        // Two covariates need twenty events of either kind each.
        let model = ServiceModel::fit(&rows(30), &ServicePriors::default()).unwrap();
        assert!(model.effects().iter().all(|effect| !effect.shown));
    }

    #[test]
    fn what_is_out_of_range_is_refused_with_its_row_and_field() {
        for bad in [f64::NAN, -0.1, 1.1] {
            let mut rows = rows(3);
            rows[2].covariates.late_share = Some(bad);
            let error = ServiceModel::fit(&rows, &ServicePriors::default()).unwrap_err();
            assert!(
                error.to_string().starts_with("row 2: late_share: "),
                "{error}"
            );
        }
        let covariates = Covariates {
            terms_trend_days: Some(f64::INFINITY),
            ..Covariates::default()
        };
        let model = ServiceModel::fit(&[], &ServicePriors::default()).unwrap();
        assert!(model.churn(p(0.5), &covariates).is_err());
    }
}
