//! What people ask for, as they write it; [`rules`] says what holds without a database.

mod rules;

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use utoipa::openapi::schema::{OneOfBuilder, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::api::reference::Reference;
use crate::shipments::model::FreightTerms;

pub use rules::{Subject, Wrong, refuse_contradictions};

/// Changes in one what-if at most.
pub const MOST_CHANGES: usize = 100;
/// Affected customers that an answer names, and at most.
pub const NAMED: (usize, usize) = (20, 500);
/// Candidates of a plan at most, and where the caller does not say.
pub const CANDIDATES: (usize, usize) = (1_000, 200);
/// Worlds of a simulation, fewest and most.
pub const WORLDS: (u32, u32) = (100, 20_000);

/// A customer as a body names it: its id, or `ext:SYSTEM:ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRef(pub Reference);

impl<'de> Deserialize<'de> for CustomerRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = CustomerRef;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a customer: its id, or \"ext:SYSTEM:ID\"")
            }

            fn visit_i64<E: de::Error>(self, id: i64) -> Result<CustomerRef, E> {
                Ok(CustomerRef(Reference::Id(id)))
            }

            fn visit_u64<E: de::Error>(self, id: u64) -> Result<CustomerRef, E> {
                let id = i64::try_from(id)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(id), &self))?;
                Ok(CustomerRef(Reference::Id(id)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CustomerRef, E> {
                Reference::parse(text)
                    .map(CustomerRef)
                    .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl PartialSchema for CustomerRef {
    fn schema() -> RefOr<Schema> {
        let of = |kind| ObjectBuilder::new().schema_type(kind).build();
        OneOfBuilder::new()
            .item(of(Type::Integer))
            .item(of(Type::String))
            .description(Some("A customer: its id, or `ext:SYSTEM:ID`"))
            .into()
    }
}

impl ToSchema for CustomerRef {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("CustomerRef")
    }
}

crate::word_enum! {
    /// What is taken to be otherwise.
    ChangeKind {
        /// The customer leaves.
        Lose = "lose",
        /// The customer does not leave by itself; it may still follow partners.
        Protect = "protect",
        /// The customer leaves by itself with another probability.
        OwnChurn = "own_churn",
        /// Customers follow lost business more or less strongly.
        Strength = "strength",
        /// More or less business goes over a link.
        LinkBusiness = "link_business",
        /// A link is worth more or less.
        LinkValue = "link_value",
        /// Somebody else pays the freight on a link, and so chooses the carrier.
        FreightTerms = "freight_terms",
    }
}

/// One thing that is taken to be otherwise. Which members are needed depends on `kind`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeInput {
    /// What is changed.
    pub kind: ChangeKind,
    /// Whom: for `lose`, `protect`, `own_churn`.
    #[serde(default)]
    pub customer: Option<CustomerRef>,
    /// From whom: for `link_business`, `link_value`, `freight_terms`.
    #[serde(default)]
    pub shipper: Option<CustomerRef>,
    /// To whom: for `link_business`, `link_value`, `freight_terms`.
    #[serde(default)]
    pub consignee: Option<CustomerRef>,
    /// Own churn, in `[0, 1]`: for `own_churn`.
    #[serde(default)]
    pub probability: Option<f64>,
    /// For `strength`: one strength for everybody, at least 0 and below 1. For `link_business`: over the
    /// window, in the run's business basis, 0 or more. For `link_value`: over the horizon, in its
    /// value basis (minor units where that is money).
    #[serde(default)]
    pub value: Option<f64>,
    /// Instead of `value`: so many times what it is, 0 or more.
    #[serde(default)]
    pub factor: Option<f64>,
    /// For `freight_terms`.
    #[serde(default)]
    pub terms: Option<FreightTerms>,
}

/// A simulation: how many worlds, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorldsInput {
    /// Worlds drawn, 100 to 20,000.
    pub worlds: u32,
    /// The same seed draws the same worlds. Default 1.
    #[serde(default = "first_seed")]
    pub seed: u64,
}

fn first_seed() -> u64 {
    1
}

/// A what-if to be computed and kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfInput {
    /// What to call it.
    #[serde(default)]
    pub name: Option<String>,
    /// As-of date of a finished run; default: the latest.
    #[serde(default)]
    pub as_of: Option<NaiveDate>,
    /// Instead of `as_of`: a finished run.
    #[serde(default)]
    pub run_id: Option<i64>,
    /// What is taken to be otherwise, all of it together: 1 to 100.
    pub changes: Vec<ChangeInput>,
    /// Affected customers named at most, 1 to 500. Default 20.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Adds how the loss is distributed, by simulation.
    #[serde(default)]
    pub distribution: Option<WorldsInput>,
}

/// A customer that a plan may choose.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateInput {
    /// Whom.
    pub customer: CustomerRef,
    /// What a retention play costs, minor units, 0 or more.
    pub cost: i64,
    /// By how much it lowers own churn, in `[0, 1]`; default: the plan's.
    #[serde(default)]
    pub effect: Option<f64>,
}

/// A retention plan to be computed and kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanInput {
    /// What to call it.
    #[serde(default)]
    pub name: Option<String>,
    /// What may be spent, minor units, 0 or more.
    pub budget: i64,
    /// Whom the plan may choose: at most 1,000. Or else `default_cost`.
    #[serde(default)]
    pub candidates: Option<Vec<CandidateInput>>,
    /// What a retention play costs, minor units, for each of the first `top` of the watch list.
    #[serde(default)]
    pub default_cost: Option<i64>,
    /// How much of the watch list, 1 to 1,000. Default 200.
    #[serde(default)]
    pub top: Option<u32>,
    /// By how much a play lowers own churn, in `[0, 1]`; default: what plays had come to by the run's
    /// as-of date where ten or more tell, else `HAWSER_SAVE_EFFECT`.
    #[serde(default)]
    pub effect: Option<f64>,
    /// As-of date of a finished run; default: the latest.
    #[serde(default)]
    pub as_of: Option<NaiveDate>,
    /// Instead of `as_of`: a finished run.
    #[serde(default)]
    pub run_id: Option<i64>,
    /// The simulation that reports what the plan saves. Default: 2,000 worlds from seed 1.
    #[serde(default)]
    pub check: Option<WorldsInput>,
}
