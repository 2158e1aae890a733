//! What goes into a calibration and what comes out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CLASSES, Class};
use crate::cascade::Strengths;
use crate::evaluation::{Comparison, Metrics};

crate::word_enum! {
    /// On which ends of its links a customer stands.
    RoleClass {
        /// It only ships.
        Shipper = "shipper",
        /// It only receives.
        Consignee = "consignee",
        /// It does both.
        Both = "both",
    }
}

/// One customer in one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// Whom: the same customer in several periods is one cluster.
    pub customer: u64,
    /// In which period it left or stayed; periods ascend in time.
    pub period: u32,
    /// Where: cause of effects that are no contagion.
    pub region: u16,
    /// Own churn h: predicted probability of being silent in the period, on the business it is judged
    /// by; in `[0, 1]`, used within `[0.001, 0.999]`.
    pub own_churn: f64,
    /// Lost share of its business by class (in the order of [`Class::ALL`]); 0 or more, sum at most 1.
    pub exposure: [f64; CLASSES],
    /// Active days in the year before, on the business it is judged by: stratum of the placebo, and the
    /// baseline "frequency".
    pub activity: f64,
    /// Weeks since its last active day: the baseline "recency".
    pub idle_weeks: f64,
    /// On which ends of its links it stands: stratum of the placebo.
    pub role: RoleClass,
    /// Whether it left: no activity on its other business in the period.
    pub left: bool,
}

/// What there is to learn from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// Customers times periods.
    pub observations: usize,
    /// Observations in which the customer left.
    pub departures: usize,
    /// Different customers that lost a partner.
    pub exposed_customers: usize,
    /// Observations with a lost share.
    pub exposed: usize,
    /// Departures among them.
    pub exposed_departures: usize,
    /// Sum of the lost shares: as many customers that lost everything.
    pub lost_share: f64,
}

/// A strength by likelihood alone, without any prior on it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Estimate {
    /// Maximum-likelihood strength, in `[0, 1]`.
    pub kappa: f64,
    /// Lower end of the 90 % profile-likelihood interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The same estimate with partners permuted: what a strength looks like where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Placebo {
    /// Permutations.
    pub permutations: u32,
    /// Mean strength over them.
    pub mean: f64,
    /// 95 % quantile.
    pub high: f64,
}

/// What was learnt of one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClassStrength {
    /// Which class.
    pub class: Class,
    /// Strength, prior and history together: the mode on the logit scale, which without history is
    /// the prior's mean.
    pub kappa: f64,
    /// Lower end of its 90 % interval (Laplace, logit scale).
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Mean of the prior.
    pub prior: f64,
    /// History alone; `None` if the class was never exposed.
    pub likelihood: Option<Estimate>,
    /// The placebo of that; `None` if the class was never exposed.
    pub placebo: Option<Placebo>,
    /// Different customers that lost a share on links of the class.
    pub exposed: usize,
    /// Departures among its exposed observations.
    pub events: usize,
    /// Whether history supports a strength in this class.
    pub verdict: Verdict,
}

crate::word_enum! {
    /// Whether history supports the cascade.
    Verdict {
        /// The interval's lower end is above the placebo's upper end, and later periods were not
        /// predicted worse.
        Supported = "supported",
        /// It is not: strengths are a hypothesis.
        NotSupported = "not_supported",
        /// Too few exposed customers or departures to say.
        TooFew = "too_few",
    }
}

/// Later periods, predicted with strengths learnt from the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Holdout {
    /// Periods up to this one taught, later ones judged.
    pub taught_through: u32,
    /// Own churn alone.
    pub own: Metrics,
    /// Own churn and cascade: h + (1 − h) Σ kappa x.
    pub cascade: Metrics,
    /// Weeks of silence alone, made a probability on the earlier periods.
    pub recency: Metrics,
    /// Active days alone, likewise.
    pub frequency: Metrics,
    /// AUC of own + cascade against own alone.
    pub auc: Comparison,
    /// Brier score of own + cascade against own alone.
    pub brier: Comparison,
}

/// Strengths learnt from history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Calibration {
    /// What there was to learn from.
    pub evidence: Evidence,
    /// One entry for each class, in the order of [`Class::ALL`]; from the lagged panel.
    pub classes: Vec<ClassStrength>,
    /// One strength for everybody, lagged; `None` without exposure.
    pub overall: Option<Estimate>,
    /// The same without effects of region and time: what they explain is the difference.
    pub without_effects: Option<Estimate>,
    /// One strength for everybody from the same period: common shocks are mixed in.
    pub same_period: Option<Estimate>,
    /// Placebo of `overall`.
    pub placebo: Option<Placebo>,
    /// Placebo of `same_period`.
    pub same_period_placebo: Option<Placebo>,
    /// Later periods; `None` with fewer than two periods.
    pub holdout: Option<Holdout>,
    /// Whether history supports the cascade.
    pub verdict: Verdict,
}

impl Calibration {
    /// The table a run uses: prior and history together; the prior where history says nothing.
    pub fn strengths(&self) -> Strengths {
        let mut table = Strengths::default();
        for learnt in &self.classes {
            *learnt.class.of_mut(&mut table) = learnt.kappa;
        }
        table
    }
}
