//! What a run keeps of each model it fitted, so that anybody can see what the numbers rest on.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::assessment::model::Evidence;
use crate::churn::rfm::MIN_LABELLED;
use crate::churn::{
    self, ChurnError, History, Model, Parameters, RfmModel, Season, Selection, ServiceModel,
    Variant,
};

crate::word_enum! {
    /// The part of own churn that a model serves.
    Component {
        /// Shipping days: the BTYD family.
        ShippingDays = "shipping_days",
        /// The logit of recency, frequency and value.
        Rfm = "rfm",
        /// The logit of service covariates on top.
        Service = "service",
        /// Renewal of contracts.
        Renewal = "renewal",
        /// The portfolio's season.
        Season = "season",
    }
}

/// A model as a run fitted it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModelFit {
    /// What it serves.
    pub component: Component,
    /// Whom it was fitted to: `all`, `shippers`, `consignees` or `links`.
    pub segment: String,
    /// Its name, such as `MBG/CNBD-2`.
    pub model: String,
    /// Its parameters by name.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// Log-likelihood of the data, without the prior.
    pub log_likelihood: Option<f64>,
    /// Customers, links, rows or contracts that it was fitted to.
    pub entities: i64,
    /// Events among them: repeated shipping days, or departures.
    pub events: i64,
    /// `enough`, `low` or `none`: whether that is enough to be read as it stands.
    pub evidence: Evidence,
    /// Whether the segment was too small and took the parameters of its parent.
    pub pooled: bool,
    /// Change since the run before.
    pub drift: Option<Drift>,
}

/// How a model moved since the run before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Drift {
    /// As-of date of the run before.
    pub since: NaiveDate,
    /// Change of the logarithm of each parameter; alpha per phase, so that any k compare.
    #[schema(value_type = Object)]
    pub ln_parameters: Map<String, Value>,
    /// Whether the number of phases or the variant is another.
    pub other_model: bool,
    /// Mean change of the probability to be active over the horizon, for today's histories.
    pub mean: Option<f64>,
    /// Mean absolute change of it.
    pub mean_absolute: Option<f64>,
}

/// Models of the run before, to tell by how much they moved.
#[derive(Clone, Debug)]
pub struct Previous {
    /// As-of date of that run.
    pub as_of: NaiveDate,
    /// Its models.
    pub fits: Vec<ModelFit>,
}

/// Customers, rows and departures that a logit learnt from.
pub type Sizes = (usize, usize, usize);

impl ModelFit {
    /// The record of a fit to the shipping days of a segment; `previous` is that of the run before.
    ///
    /// # Errors
    ///
    /// [`ChurnError`] if the horizon is out of range.
    pub fn shipping_days(
        segment: &str,
        fitted: &Selection,
        histories: &[History],
        (pooled, horizon): (bool, f64),
        previous: Option<&Previous>,
    ) -> Result<Self, ChurnError> {
        let fit = &fitted.fit;
        let Parameters { r, alpha, a, b } = fit.model.parameters();
        let mut parameters = numbers(&[("r", r), ("alpha", alpha), ("a", a), ("b", b)]);
        parameters.insert("k".to_owned(), fit.model.k().into());
        let tried: Map<String, Value> = fitted
            .tried
            .iter()
            .map(|tried| (tried.model.k().to_string(), tried.log_likelihood.into()))
            .collect();
        parameters.insert("log_likelihood_by_k".to_owned(), tried.into());
        let before = previous.and_then(|previous| {
            let same =
                |fit: &&Self| fit.component == Component::ShippingDays && fit.segment == segment;
            let model = previous.fits.iter().find(same)?.as_model()?;
            Some((previous.as_of, model))
        });
        let drift = match before {
            Some((since, model)) => Some(Drift::of(since, &model, &fit.model, histories, horizon)?),
            None => None,
        };
        Ok(Self {
            component: Component::ShippingDays,
            segment: segment.to_owned(),
            model: fit.model.to_string(),
            parameters,
            log_likelihood: Some(fit.log_likelihood),
            entities: count(histories.len()),
            events: i64::try_from(histories.iter().map(History::x).sum::<u64>())
                .unwrap_or(i64::MAX),
            evidence: match fit.evidence {
                churn::Evidence::Low => Evidence::Low,
                churn::Evidence::Sufficient => Evidence::Enough,
            },
            pooled,
            drift,
        })
    }

    /// The record of the logit of recency, frequency and value.
    pub fn rfm(model: &RfmModel, sizes: Sizes) -> Self {
        let names = [
            "intercept",
            "ln_idle",
            "ln_repeats",
            "ln_age",
            "ln_idle_per_interval",
            "ln_recent",
            "ln_recent_change",
            "ln_mean_value",
        ];
        let logit = model.logit();
        let mut parameters = Map::new();
        for (name, (beta, sd)) in names
            .into_iter()
            .zip(logit.coefficients.iter().zip(&logit.sd))
        {
            parameters.insert(
                name.to_owned(),
                numbers(&[("beta", *beta), ("sd", *sd)]).into(),
            );
        }
        Self::logit(Component::Rfm, "ridge logit, C 0.1", parameters, sizes)
    }

    /// The record of the logit of service covariates.
    pub fn service(model: &ServiceModel, sizes: Sizes) -> Self {
        let logit = model.logit();
        let mut parameters = Map::new();
        for (name, (beta, sd)) in ["intercept", "base"]
            .into_iter()
            .zip(logit.coefficients.iter().zip(&logit.sd))
        {
            parameters.insert(
                name.to_owned(),
                numbers(&[("beta", *beta), ("sd", *sd)]).into(),
            );
        }
        for effect in model.effects() {
            let mut told = numbers(&[
                ("beta", effect.coefficient),
                ("sd", effect.sd),
                ("mean", effect.mean),
                ("spread", effect.spread),
            ]);
            told.insert("known".to_owned(), effect.known.into());
            told.insert("shown".to_owned(), effect.shown.into());
            parameters.insert(effect.covariate.word().to_owned(), told.into());
        }
        Self::logit(Component::Service, "MAP logit", parameters, sizes)
    }

    fn logit(
        component: Component,
        model: &str,
        parameters: Map<String, Value>,
        (customers, rows, departures): Sizes,
    ) -> Self {
        let mut parameters = parameters;
        parameters.insert("rows".to_owned(), rows.into());
        Self {
            component,
            segment: "all".to_owned(),
            model: model.to_owned(),
            parameters,
            log_likelihood: None,
            entities: count(customers),
            events: count(departures),
            evidence: if customers >= MIN_LABELLED {
                Evidence::Enough
            } else {
                Evidence::Low
            },
            pooled: false,
            drift: None,
        }
    }

    /// The record of the portfolio's season, fitted to so many shipping days of customers.
    pub fn season(season: &Season, customers: usize, days: usize) -> Self {
        let index: Vec<Value> = season.index().iter().map(|week| (*week).into()).collect();
        let mut parameters = Map::new();
        parameters.insert("years".to_owned(), season.years().into());
        parameters.insert("index_by_week".to_owned(), index.into());
        Self {
            component: Component::Season,
            segment: "all".to_owned(),
            model: "week of the year".to_owned(),
            parameters,
            log_likelihood: None,
            entities: count(customers),
            events: count(days),
            evidence: Evidence::Enough,
            pooled: false,
            drift: None,
        }
    }

    /// The BTYD model that the record tells of; `None` if it tells of another.
    fn as_model(&self) -> Option<Model> {
        let number = |name: &str| self.parameters.get(name)?.as_f64();
        let parameters = Parameters {
            r: number("r")?,
            alpha: number("alpha")?,
            a: number("a")?,
            b: number("b")?,
        };
        let variant = if self.model.starts_with("MBG") {
            Variant::Mbg
        } else {
            Variant::Bg
        };
        let k = u32::try_from(self.parameters.get("k")?.as_u64()?).ok()?;
        Model::new(variant, k, parameters).ok()
    }
}

impl Drift {
    fn of(
        since: NaiveDate,
        before: &Model,
        now: &Model,
        histories: &[History],
        horizon: f64,
    ) -> Result<Self, ChurnError> {
        let moved = churn::drift(before, now, histories, horizon)?;
        Ok(Self {
            since,
            ln_parameters: numbers(&[
                ("r", moved.r),
                ("alpha", moved.alpha),
                ("a", moved.a),
                ("b", moved.b),
            ]),
            other_model: moved.other_model,
            mean: moved.mean,
            mean_absolute: moved.mean_absolute,
        })
    }
}

fn numbers(members: &[(&str, f64)]) -> Map<String, Value> {
    members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::SelectOptions;

    #[test]
    fn a_fit_reads_back_as_the_model_it_tells_of() {
        let histories: Vec<History> = (1..60)
            .map(|number| History::new(2, 3.0, f64::from(number) + 4.0, 0.5).unwrap())
            .collect();
        let fitted = churn::select(&histories, None, &SelectOptions::default()).unwrap();
        let record =
            ModelFit::shipping_days("links", &fitted, &histories, (false, 13.0), None).unwrap();
        assert_eq!(record.as_model(), Some(fitted.fit.model));
        assert_eq!((record.entities, record.events), (59, 118));

        let previous = Previous {
            as_of: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(),
            fits: vec![record],
        };
        let again =
            ModelFit::shipping_days("links", &fitted, &histories, (false, 13.0), Some(&previous))
                .unwrap();
        let drift = again.drift.unwrap();
        assert_eq!(
            (drift.since, drift.mean_absolute),
            (previous.as_of, Some(0.0))
        );
    }
}
