//! What a run says of a customer, apart from plain columns.

use serde::{Deserialize, Serialize};

pub use crate::network::measures::BusinessBasis;

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
