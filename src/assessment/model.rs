//! What a run says of a customer, apart from plain columns.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::ids::DepartmentId;
pub use crate::network::measures::BusinessBasis;
use crate::satisfaction::Kpi;
use crate::satisfaction::changes::Change;

/// What a department's score is made of: prior, KPIs, answers and sentiment sum to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DepartmentParts {
    /// Mean of departments of this kind, which the prior is.
    pub prior_mean: f64,
    /// What is generally so for departments of this kind.
    pub prior: f64,
    /// From facts.
    pub kpis: f64,
    /// From answers.
    pub answers: f64,
    /// From what was read out of words, a voice of low weight.
    pub sentiment: f64,
    /// What the words come to, in `[0, 1]`; ½ is as customers usually sound. `null`: too little text.
    pub sentiment_score: Option<f64>,
    /// What they count as, in answers.
    pub sentiment_weight: f64,
}

/// What would turn an account green.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GreenPath {
    /// It is green.
    pub green: bool,
    /// The smallest change of one input that passes the gate; `null` if none does, or if it is green.
    pub step: Option<GreenStep>,
    /// The departments that lack, where no single input suffices.
    pub lacking: Vec<String>,
}

/// A change of one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GreenStep {
    /// `kpi`, `answers` (the mean of what the department answered) or `one_more_answer`.
    pub input: String,
    /// Which KPI.
    pub kpi: Option<Kpi>,
    /// The departments that it moves.
    pub departments: Vec<String>,
    /// Where it stands, in `[0, 1]`; for one more answer, the department's score.
    pub from: f64,
    /// Where it must be at least, in `[0, 1]`.
    pub to: f64,
    /// The KPI as it stands, in its unit.
    pub value_from: Option<f64>,
    /// The KPI as it must be, in its unit.
    pub value_to: Option<f64>,
}

/// Why an account's score is another than in the run before; the departments sum to the difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ScoreChanges {
    /// The run before.
    pub run_id: i64,
    /// Its as-of date.
    pub since: NaiveDate,
    /// The score then.
    pub before: f64,
    /// The score now.
    pub after: f64,
    /// What each department adds, by input.
    pub departments: Vec<Change>,
}

/// The weight of each department in its account, `None` where it does not count.
///
/// Those count that are required and have weight; all where there are none such, alike where all
/// weights are 0.
pub fn counted_weights(departments: impl Iterator<Item = (f64, bool)> + Clone) -> Vec<Option<f64>> {
    let counts = |(weight, required): (f64, bool)| required && weight > 0.0;
    let any = departments.clone().any(counts);
    let weightless = departments.clone().all(|(weight, _)| weight <= 0.0);
    departments
        .map(|one| match (any, weightless) {
            (true, _) => counts(one).then_some(one.0),
            (false, true) => Some(1.0),
            (false, false) => Some(one.0),
        })
        .collect()
}

/// Tells departments apart: by id, so that one that was renamed stays itself.
pub fn department_key(id: Option<DepartmentId>, name: &str) -> String {
    id.map_or_else(|| name.to_owned(), |id| format!("#{id}"))
}

/// A part of a churn probability. The parts of a customer sum to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Part {
    /// It would leave by itself.
    Own {
        /// Its own churn, in `[0, 1]`.
        probability: f64,
    },
    /// It would follow a partner.
    Partner {
        /// The partner.
        customer_id: i64,
        /// Share of the customer's business that goes over this partner, in `[0, 1]`.
        share: f64,
        /// What the partner adds, in `[0, 1]`.
        probability: f64,
    },
    /// All partners that are not named.
    Others {
        /// How many they are.
        count: u64,
        /// What they add together, in `[0, 1]`.
        probability: f64,
    },
}

/// A partner that would follow if the customer left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Follower {
    /// The partner.
    pub customer_id: i64,
    /// Its churn probability as things stand.
    pub churn_probability: f64,
    /// Its churn probability if the customer were lost.
    pub churn_if_lost: f64,
    /// Value of its business with us over the horizon, minor units.
    pub value: f64,
}

crate::word_enum! {
    /// How much a number rests on.
    Evidence {
        /// Enough data for the model to be read as it stands.
        Enough = "enough",
        /// Few data: what is generally so outweighs what was seen here.
        Low = "low",
        /// No data at all: only what is generally so.
        None = "none",
    }
}

crate::word_enum! {
    /// What value is measured in.
    ValueBasis {
        /// Contribution margin, minor units: revenue less direct cost.
        Margin = "margin",
        /// Revenue, minor units, where direct costs are not known.
        Revenue = "revenue",
        /// The same as business, where no amounts are known at all.
        Business = "business",
    }
}

crate::word_enum! {
    /// The side a customer stands on, by its traffic.
    Role {
        /// It hands goods over.
        Shipper = "shipper",
        /// It receives goods.
        Consignee = "consignee",
        /// It does both.
        Both = "both",
    }
}

crate::word_enum! {
    /// What history says of the part of churn that comes from partners.
    CascadeTerm {
        /// A back-test on this instance's history supports it.
        Supported = "supported",
        /// A back-test on this instance's history does not: it is shown as a hypothesis.
        NotSupported = "not_supported",
        /// No back-test had enough to say: it is a hypothesis.
        Hypothesis = "hypothesis",
    }
}

impl Default for CascadeTerm {
    /// A hypothesis, until history says more.
    fn default() -> Self {
        Self::Hypothesis
    }
}

impl CascadeTerm {
    /// By the verdict of a calibration; without one, or with too little history, a hypothesis.
    pub fn by(verdict: Option<&str>) -> Self {
        match verdict {
            Some("supported") => Self::Supported,
            Some("not_supported") => Self::NotSupported,
            _ => Self::Hypothesis,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::counted_weights;

    #[test]
    fn weights_of_zero_never_leave_an_account_without_departments() {
        let weights = |list: &[(f64, bool)]| counted_weights(list.iter().copied());
        assert_eq!(
            weights(&[(2.0, true), (0.0, true), (1.0, false)]),
            [Some(2.0), None, None]
        );
        assert_eq!(
            weights(&[(0.0, true), (0.0, false)]),
            [Some(1.0), Some(1.0)]
        );
        // None is required: all are asked, and those without weight weigh nothing.
        assert_eq!(
            weights(&[(3.0, false), (0.0, true)]),
            [Some(3.0), Some(0.0)]
        );
    }
}
