//! What a back-test found: the document that is stored, answered and drawn.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::cascade::Strengths;

crate::word_enum! {
    /// Whom or what a prediction is about.
    Group {
        /// Every customer of a run.
        All = "all",
        /// Those of them that shipped or received in the horizon before.
        Active = "active",
        /// Customers that ship more than they receive.
        Shippers = "shippers",
        /// Customers that receive more than they ship.
        Consignees = "consignees",
        /// Links of the business window.
        Links = "links",
    }
}

crate::word_enum! {
    /// What predicts.
    Predictor {
        /// Own churn; of a link, that either end leaves by itself.
        Own = "own",
        /// Own churn and the cascade with its default strengths.
        Cascade = "cascade",
        /// Own churn and the cascade with the strengths learnt on earlier dates.
        CascadeLearnt = "cascade_learnt",
        /// Weeks since the last shipping day, alone.
        Recency = "recency",
        /// Shipping days in the window, alone: the fewer, the likelier to be silent.
        Frequency = "frequency",
    }
}

crate::word_enum! {
    /// What a metric measures.
    Metric {
        /// Area under the receiver operating characteristic: 0.5 is chance, 1 is perfect.
        Auc = "auc",
        /// Average precision: the base rate is chance, 1 is perfect.
        AveragePrecision = "average_precision",
        /// Mean squared error of the probability: 0 is perfect.
        Brier = "brier",
        /// Brier score against that of the base rate: 0 is no better, 1 is perfect.
        BrierSkill = "brier_skill",
        /// Mean distance of predicted from observed shares, over bins: 0 is perfect.
        CalibrationError = "calibration_error",
        /// Events among the tenth ranked highest, against the base rate: 1 is chance.
        TopDecileLift = "top_decile_lift",
    }
}

/// A number with its 95 % interval, where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Figure {
    /// The number.
    pub value: f64,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
}

/// A bin of a calibration curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CurvePoint {
    /// Mean of the predicted probabilities.
    pub predicted: f64,
    /// Share of events that were observed, with its interval.
    pub observed: Figure,
    /// Predictions in the bin.
    pub count: u64,
}

/// How well a predictor did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Scores {
    /// Predictions.
    pub observations: u64,
    /// Of them, how many came to pass.
    pub events: u64,
    /// Figures; a metric that is not defined here is left out.
    #[schema(value_type = Object)]
    pub figures: BTreeMap<Metric, Figure>,
    /// The calibration curve; empty where there are no probabilities.
    pub curve: Vec<CurvePoint>,
}

/// How well a predictor did at one date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DatedScores {
    /// The as-of date.
    pub as_of: NaiveDate,
    /// How well it did.
    #[serde(flatten)]
    pub scores: Scores,
}

/// How well a predictor did in a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PredictorResult {
    /// What predicted.
    pub predictor: Predictor,
    /// Over all dates. Metrics of probabilities are over the dates at which every predictor has one.
    pub pooled: Scores,
    /// Date by date.
    pub by_date: Vec<DatedScores>,
}

/// A difference between two predictors on the same customers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Comparison {
    /// The one.
    pub predictor: Predictor,
    /// The other.
    pub against: Predictor,
    /// By which metric.
    pub metric: Metric,
    /// The one's less the other's, with the interval of the difference.
    pub difference: Figure,
}

/// What was found in a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GroupResult {
    /// The group.
    pub group: Group,
    /// Customers or links, each counted once.
    pub members: u64,
    /// What predicted, and how well.
    pub predictors: Vec<PredictorResult>,
    /// Differences that the verdicts rest on.
    pub comparisons: Vec<Comparison>,
}

/// An as-of date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DateResult {
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// The first day that is no longer of its horizon.
    pub until: NaiveDate,
    /// Customers judged.
    pub customers: u64,
    /// Of them, silent over the horizon.
    pub silent: u64,
    /// Links judged.
    pub links: u64,
    /// Of them, without a shipment over the horizon.
    pub links_lost: u64,
    /// Shipping days of those customers that were expected over the horizon.
    pub days_expected: f64,
    /// Those that came.
    pub days_seen: u64,
    /// Whether baselines have probabilities: outcomes of earlier dates were known by then.
    pub baseline_probabilities: bool,
    /// Strengths learnt by then; `null` where no earlier outcome was known: the defaults stand.
    #[schema(value_type = Option<Object>)]
    pub strengths: Option<Strengths>,
}

/// A word about a part of the model, with what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Verdict {
    /// What is judged.
    pub component: super::verdict::Component,
    /// The judgement.
    pub word: super::verdict::Word,
    /// Observations behind it.
    pub observations: u64,
    /// Events among them.
    pub events: u64,
    /// Numbers that it rests on, by name.
    #[schema(value_type = Object)]
    pub figures: BTreeMap<String, Figure>,
    /// In words.
    pub text: Texts,
}

/// The same text in every language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Texts {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}
