//! What is kept of an answer, and what a caller sees of it: names only of those it may see.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::changes::Resolved;
use super::request::ChangeKind;
use crate::assessment::model::CascadeTerm;
use crate::assessment::read::{Pointer, Source};
use crate::cascade::{self, Worlds};
use crate::db::UtcTime;
use crate::ids::CustomerId;
use crate::shipments::model::FreightTerms;

/// A number before and after.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Shift {
    /// As the run has it.
    pub before: f64,
    /// With all changes.
    pub after: f64,
    /// After less before.
    pub difference: f64,
}

impl Shift {
    /// From one to the other.
    pub fn new(before: f64, after: f64) -> Self {
        Self {
            before,
            after,
            difference: after - before,
        }
    }
}

/// An estimate from a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

impl From<cascade::Estimate> for Estimate {
    fn from(estimate: cascade::Estimate) -> Self {
        Self {
            value: estimate.value,
            standard_error: estimate.standard_error,
        }
    }
}

/// A quantile of the loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Quantile {
    /// 0.95: the loss that is not exceeded in 95 % of the worlds.
    pub level: f64,
    /// The loss.
    pub value: f64,
    /// Lower end of its 95 % interval; `null` with too few worlds for one.
    pub lower: Option<f64>,
    /// Upper end of its 95 % interval; `null` with too few worlds for one.
    pub upper: Option<f64>,
}

/// How the loss of value is distributed over simulated worlds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LossDistribution {
    /// Mean loss.
    pub expected_loss: Estimate,
    /// At 5, 25, 50, 75, 90, 95 and 99 %.
    pub quantiles: Vec<Quantile>,
    /// Mean loss in the worst 5 % of the worlds (expected shortfall).
    pub shortfall: Estimate,
}

impl From<&Worlds> for LossDistribution {
    fn from(worlds: &Worlds) -> Self {
        let distribution = worlds.distribution();
        Self {
            expected_loss: worlds.expected_loss().into(),
            quantiles: distribution
                .quantiles
                .iter()
                .map(|quantile| Quantile {
                    level: quantile.level,
                    value: quantile.value,
                    lower: quantile.lower,
                    upper: quantile.upper,
                })
                .collect(),
            shortfall: distribution.shortfall.into(),
        }
    }
}

/// Two distributions over the same worlds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Simulated {
    /// Worlds drawn.
    pub worlds: u32,
    /// The seed that they grew from.
    pub seed: u64,
    /// As the run has it.
    pub before: LossDistribution,
    /// With all changes, in the same worlds.
    pub after: LossDistribution,
    /// By how much the mean loss is more after; the shared worlds make it surer than either.
    pub difference: Estimate,
}

/// A chain of dependence, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptPath {
    /// Whose change starts it.
    pub source: CustomerId,
    /// Customers between.
    pub over: Vec<CustomerId>,
    /// With what probability the last follows the first.
    pub strength: f64,
    /// Where nobody is between: the share of the customer's business that goes over the source.
    pub share: Option<f64>,
}

/// A customer that is affected, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptAffected {
    /// Who.
    pub customer: CustomerId,
    /// Whether a change is about itself.
    pub changed: bool,
    /// Churn probability.
    pub churn: Shift,
    /// Expected value kept.
    pub value: Shift,
    /// Why, the strongest first.
    pub paths: Vec<KeptPath>,
}

/// What a what-if came to, as it is kept: ids instead of names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptWhatIf {
    /// In the whole network.
    pub expected_loss: Shift,
    /// Those named, by change of expected value.
    pub affected: Vec<KeptAffected>,
    /// Customers affected in all, named or not.
    pub affected_count: u64,
    /// Of those that no change is about: how many are more likely to leave.
    pub rising: u64,
    /// Of those that no change is about: how many are less likely to leave.
    pub falling: u64,
    /// Change of expected value of all affected.
    pub value_difference: f64,
    /// By simulation, if it was asked for.
    pub simulated: Option<Simulated>,
}

/// A change with names.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ChangeView {
    /// What was changed.
    pub kind: ChangeKind,
    /// Whose fate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<Pointer>,
    /// First party of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipper: Option<Pointer>,
    /// Second party of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consignee: Option<Pointer>,
    /// Own churn, business or value in the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
    /// Instead of it; of `strength`, the one strength for everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<f64>,
    /// Of `strength`: so many times what the strengths are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// Freight terms in the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms_before: Option<FreightTerms>,
    /// Instead of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms_after: Option<FreightTerms>,
}

/// Why a customer is affected: because of whom, over whom.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PathView {
    /// Whose change starts it.
    pub because_of: Pointer,
    /// Customers between, from there to here; empty: the two trade with each other.
    pub over: Vec<Pointer>,
    /// With what probability this customer follows if that one is lost, along this chain.
    pub strength: f64,
    /// Where nobody is between: the share of its business that goes over the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}

/// A customer that is affected.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AffectedView {
    /// Who.
    pub customer: Pointer,
    /// Whether a change is about itself.
    pub changed: bool,
    /// Probability that it leaves within the horizon.
    pub churn_probability: Shift,
    /// Value expected from its links over the horizon. A link counts with both its ends.
    pub expected_value: Shift,
    /// Why, the strongest first: at most three.
    pub paths: Vec<PathView>,
}

/// Affected customers that are not named: beyond the limit, or not the caller's to see.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub struct Others {
    /// How many.
    pub count: u64,
    /// Change of the value expected from them. A link counts with both its ends.
    pub value_difference: f64,
}

/// A what-if with its answer.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct WhatIfView {
    /// Its id; `null`: it was not kept.
    pub id: Option<i64>,
    /// What its maker calls it.
    pub name: Option<String>,
    /// The answer for people, sentence by sentence, in the language of `Accept-Language`.
    pub summary: Vec<String>,
    /// Where the numbers come from.
    pub source: Source,
    /// What was taken to be otherwise.
    pub changes: Vec<ChangeView>,
    /// Expected loss of value in the whole network, in the run's value basis.
    pub expected_loss: Shift,
    /// Customers affected in all.
    pub affected_count: u64,
    /// Those named, by change of expected value.
    pub affected: Vec<AffectedView>,
    /// The rest of them.
    pub others: Others,
    /// Distribution of the loss, if it was asked for.
    pub distribution: Option<Simulated>,
    /// What history says of the cascade: `supported`, `not_supported`, or `hypothesis` while no
    /// back-test had enough to say.
    pub cascade_term: CascadeTerm,
    /// Who asked: `key:ID` or `cli`; `null`: it was not kept.
    pub actor: Option<String>,
    /// When it was kept.
    pub created_at: Option<UtcTime>,
}

/// Names that a caller may see.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a>(pub &'a HashMap<i64, String>);

impl<'a> Names<'a> {
    /// The name of a customer, if the caller may see it.
    pub fn of(self, customer: CustomerId) -> Option<&'a str> {
        self.0.get(&customer.0).map(String::as_str)
    }

    /// Points to a customer as far as the caller may see it.
    pub fn pointer(self, customer: CustomerId) -> Pointer {
        let name = self.of(customer);
        Pointer {
            id: name.map(|_| customer.0),
            name: name.map(str::to_owned),
        }
    }

    /// A change with names.
    pub fn change(self, change: &Resolved) -> ChangeView {
        let mut view = ChangeView {
            kind: change.kind(),
            customer: None,
            shipper: None,
            consignee: None,
            before: None,
            after: None,
            factor: None,
            terms_before: None,
            terms_after: None,
        };
        match *change {
            Resolved::Own {
                customer,
                before,
                after,
                ..
            } => {
                view.customer = Some(self.pointer(customer));
                (view.before, view.after) = (Some(before), Some(after));
            }
            Resolved::Strength { value, factor } => {
                (view.after, view.factor) = (value, factor);
            }
            Resolved::Amount {
                shipper,
                consignee,
                before,
                after,
                ..
            } => {
                view.shipper = Some(self.pointer(shipper));
                view.consignee = Some(self.pointer(consignee));
                (view.before, view.after) = (Some(before), Some(after));
            }
            Resolved::Terms {
                shipper,
                consignee,
                before,
                after,
            } => {
                view.shipper = Some(self.pointer(shipper));
                view.consignee = Some(self.pointer(consignee));
                (view.terms_before, view.terms_after) = (Some(before), Some(after));
            }
        }
        view
    }

    /// An affected customer with names; `None` if the caller may not see it.
    pub fn affected(self, affected: &KeptAffected) -> Option<AffectedView> {
        self.of(affected.customer)?;
        Some(AffectedView {
            customer: self.pointer(affected.customer),
            changed: affected.changed,
            churn_probability: affected.churn,
            expected_value: affected.value,
            paths: affected
                .paths
                .iter()
                .map(|path| PathView {
                    because_of: self.pointer(path.source),
                    over: path.over.iter().map(|id| self.pointer(*id)).collect(),
                    strength: path.strength,
                    share: path.share,
                })
                .collect(),
        })
    }
}
