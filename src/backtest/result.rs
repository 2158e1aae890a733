//! What a back-test found: the document that is stored, answered and drawn.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::cascade::Strengths;
use crate::cascade::calibrate::Calibration;
use crate::evaluation::{self, Metric};
use crate::network::measures::BusinessBasis;

crate::word_enum! {
    /// Whom or what a prediction is about.
    Group {
        /// Every customer of a run.
        All = "all",
        /// Those of them that shipped or received in the horizon before.
        Active = "active",
        /// Customers that shipped in the statistics' window.
        Shippers = "shippers",
        /// Customers that received in it; who did both is in both groups.
        Consignees = "consignees",
        /// Links of the business window.
        Links = "links",
    }
}

crate::word_enum! {
    /// What predicts.
    Predictor {
        /// Own churn; of a link, that it stays silent by its own shipping days.
        Own = "own",
        /// Own churn and the cascade with its default strengths; of a link, that either end leaves.
        Cascade = "cascade",
        /// Own churn and the cascade with the strengths learnt on earlier dates.
        CascadeLearnt = "cascade_learnt",
        /// Weeks since the last shipping day, alone.
        Recency = "recency",
        /// Shipping days in the window, alone: the fewer, the likelier to be silent.
        Frequency = "frequency",
    }
}

/// A number with its 90 % interval, where there is one.
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
    /// Figures by metric: `auc`, `average_precision`, `brier`, `brier_skill`, `calibration_error`,
    /// `top_decile_lift`. A metric that is not defined here is left out.
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

/// Two predictors compared on the same cases, over all dates at which both can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Paired {
    /// The one.
    pub predictor: Predictor,
    /// The other.
    pub against: Predictor,
    /// By which metric.
    #[schema(value_type = String)]
    pub metric: Metric,
    /// The metric of the one.
    pub of_predictor: Option<f64>,
    /// The metric of the other.
    pub of_against: Option<f64>,
    /// The one's less the other's, with the interval of the difference.
    pub difference: Option<Figure>,
    /// `better`, `worse`, `no_difference` or `too_few` (events to say).
    #[schema(value_type = String)]
    pub verdict: evaluation::Verdict,
}

/// What was found in a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GroupResult {
    /// The group.
    pub group: Group,
    /// Customers; of links their shippers. Each is drawn as a whole for the intervals.
    pub clusters: u64,
    /// What predicted, and how well.
    pub predictors: Vec<PredictorResult>,
    /// Differences that the verdicts rest on.
    pub comparisons: Vec<Paired>,
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
    /// How many of them were expected to, as the sum of their loss probabilities.
    pub links_lost_expected: f64,
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
    pub judgement: super::verdict::Judgement,
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

/// What the history says of the cascade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CascadeResult {
    /// Strengths by class with interval and placebo, lagged and same-period estimates, hold-out.
    #[schema(value_type = Object)]
    pub calibration: Calibration,
    /// Customers times periods left out because all of their partners went silent.
    pub unjudged: u64,
}

/// The result of a back-test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BacktestResult {
    /// Version of the models.
    pub model_version: String,
    /// Weeks ahead.
    pub horizon_weeks: u32,
    /// Days of business.
    pub window_days: u32,
    /// Days from one as-of date to the next.
    pub every_days: u32,
    /// What business is measured in where strengths are learnt.
    pub business_basis: BusinessBasis,
    /// Judgements, in words, the most important first.
    pub verdicts: Vec<Verdict>,
    /// The as-of dates.
    pub dates: Vec<DateResult>,
    /// What was found of whom.
    pub groups: Vec<GroupResult>,
    /// What was found of the cascade.
    pub cascade: CascadeResult,
}

impl BacktestResult {
    /// What was found in a group.
    pub fn group(&self, group: Group) -> Option<&GroupResult> {
        self.groups.iter().find(|found| found.group == group)
    }
}

impl GroupResult {
    /// How well a predictor did.
    pub fn predictor(&self, predictor: Predictor) -> Option<&PredictorResult> {
        let mut found = self.predictors.iter();
        found.find(|found| found.predictor == predictor)
    }

    /// How two predictors compare.
    pub fn compared(
        &self,
        predictor: Predictor,
        against: Predictor,
        metric: Metric,
    ) -> Option<&Paired> {
        self.comparisons.iter().find(|found| {
            (found.predictor, found.against, found.metric) == (predictor, against, metric)
        })
    }
}

impl Figure {
    /// A number without an interval.
    pub fn bare(value: f64) -> Self {
        Self {
            value,
            low: None,
            high: None,
        }
    }

    /// A number with its interval.
    pub fn with(value: f64, low: f64, high: f64) -> Self {
        Self {
            value,
            low: Some(low),
            high: Some(high),
        }
    }
}
