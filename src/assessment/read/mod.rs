//! Snapshots as people ask for them: one customer's risk or satisfaction, with names and parts.

mod satisfied;

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::model::{CascadeTerm, Follower, Part};
use super::store::view::{self as snapshots, RiskRead};
use super::store::{self, Run};
use crate::access::Teams;
use crate::api::reference::Reference;
use crate::customers;
use crate::db::{Conn, DbError};
use crate::error::{Answer, Error};

pub use satisfied::{
    DepartmentView, End, LinkView, SatisfactionView, SideView, link_of, satisfaction, visible_ends,
};

/// From which run a number comes.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Source {
    /// The run.
    pub run_id: i64,
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// Weeks ahead.
    pub horizon_weeks: i64,
    /// Version of the models.
    pub model_version: String,
    /// What business is measured in.
    pub business_basis: String,
    /// What value is measured in.
    pub value_basis: String,
    /// What history says of the part of churn that comes from partners: `supported` or
    /// `not_supported` by a back-test on it; `hypothesis` while none had enough to say.
    pub cascade_term: CascadeTerm,
    /// Whether the season is known, which takes two years of history; if not, a customer in its
    /// quiet months looks as if it were leaving.
    pub seasonal: bool,
}

/// A customer, as far as it is needed to point to it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Pointer {
    /// Its id; `null` if the caller may not see it.
    pub id: Option<i64>,
    /// Its name; `null` if the caller may not see it.
    pub name: Option<String>,
}

/// A part of a churn probability, with the partner's name.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct NamedPart {
    /// `own`, `partner` or `others`.
    pub kind: &'static str,
    /// The partner it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<Pointer>,
    /// Share of the customer's business that goes over the partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// How many partners it sums up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What it adds to the churn probability.
    pub probability: f64,
}

/// A partner that would follow.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct NamedFollower {
    /// The partner.
    pub partner: Pointer,
    /// Its churn probability as things stand.
    pub churn_probability: f64,
    /// Its churn probability if this customer were lost.
    pub churn_if_lost: f64,
    /// Value of its business over the horizon.
    pub value: f64,
}

/// What a churn probability was computed from.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RiskInputs {
    /// Shipping days in the last 104 weeks.
    pub shipping_days: i64,
    /// Weeks since the last one.
    pub recency_weeks: f64,
    /// Weeks since the first one.
    pub age_weeks: f64,
    /// The last one.
    pub last_on: NaiveDate,
    /// Shipping days expected over the horizon.
    pub expected_days: f64,
    /// Probability that it has not dropped out for good; never a churn number.
    pub p_alive: f64,
    /// Partners in the business window.
    pub partners: i64,
    /// Those without a shipment with it in the last horizon.
    pub partners_silent: i64,
}

/// How own churn came about; a step that was not taken is `null`.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub struct OwnSteps {
    /// By shipping days alone.
    pub shipping_days: Option<f64>,
    /// By recency, frequency and value alone; averaged with the one before.
    pub recency_frequency_value: Option<f64>,
    /// After the service: late deliveries, claims, and what else is known.
    pub service: Option<f64>,
    /// After agreement with the customer's links: own churn.
    pub own_churn: f64,
}

/// A contract that ends within the horizon: a risk apart from own churn.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub struct ContractView {
    /// The first day on which one ends.
    pub ends_on: NaiveDate,
    /// Probability that it is not renewed then: shifted-beta-geometric, by how often it was before.
    pub loss_probability: f64,
    /// Expected share of the customer's volume lost over the horizon, own churn included; `null`
    /// if the share under the contract is not known.
    pub volume_at_risk: Option<f64>,
}

/// Risk of one customer. The parts sum to the churn probability.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RiskView {
    /// The customer.
    pub customer: Pointer,
    /// `shipper`, `consignee` or `both`.
    pub role: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Its team.
    pub team_id: Option<i64>,
    /// Where the numbers come from.
    pub source: Source,
    /// Probability that it leaves within the horizon, by itself or behind a partner.
    pub churn_probability: f64,
    /// Probability that it leaves by itself.
    pub own_churn: f64,
    /// What the churn probability is made of.
    pub parts: Vec<NamedPart>,
    /// `enough` or `low`.
    pub evidence: String,
    /// Younger than eight weeks: too early to be red or green.
    pub is_new: bool,
    /// Own churn step by step.
    pub steps: OwnSteps,
    /// The contract that ends within the horizon, if one does.
    pub contract: Option<ContractView>,
    /// `hypothesis` while no back-test on this instance's history supports the cascade.
    pub cascade_term: CascadeTerm,
    /// Business over the window, in the basis.
    pub business: f64,
    /// Share of it expected to be lost, whoever leaves.
    pub business_at_risk: f64,
    /// Value of its links over the horizon.
    pub value: f64,
    /// Expected loss of that value.
    pub value_at_risk: f64,
    /// Expected loss in the whole network if it is lost, less that if it is safe.
    pub blast_radius: f64,
    /// Own churn × assumed effect of a retention play × blast radius.
    pub save_value: f64,
    /// Direct partners that would lose most with it.
    pub followers: Vec<NamedFollower>,
    /// What it was computed from.
    pub inputs: RiskInputs,
}

/// The finished run that is wanted.
///
/// # Errors
///
/// 404 `not_found` if there is none.
pub fn wanted_run(conn: &mut Conn, as_of: Option<NaiveDate>) -> Answer<Run> {
    store::latest(conn, as_of)?.ok_or_else(|| {
        let wanted = as_of.map_or_else(
            || "yet; run `hawser assess`".to_owned(),
            |day| format!("as of {day}"),
        );
        Error::not_found("finished run", wanted)
    })
}

/// The risk of one customer in the wanted run.
///
/// # Errors
///
/// 404 if there is no such customer, run, or assessment of it.
pub fn risk(
    conn: &mut Conn,
    reference: &Reference,
    as_of: Option<NaiveDate>,
    teams: &Teams,
) -> Answer<RiskView> {
    let found = snapshots::risk(conn, reference, as_of)?.filter(|row| teams.allow(row.team_id));
    let Some(row) = found else {
        return Err(why_not(conn, reference, as_of, teams));
    };
    let parts: Vec<Part> = stored(&row.parts, "customer_risks.parts")?;
    let followers: Vec<Follower> = stored(&row.followers, "customer_risks.followers")?;
    let partners = parts
        .iter()
        .filter_map(|part| match part {
            Part::Partner { customer_id, .. } => Some(*customer_id),
            _ => None,
        })
        .chain(followers.iter().map(|follower| follower.customer_id));
    let names = snapshots::visible_names(conn, &partners.collect::<Vec<_>>(), teams)?;
    Ok(view(row, &parts, followers, &names))
}

fn why_not(
    conn: &mut Conn,
    reference: &Reference,
    as_of: Option<NaiveDate>,
    teams: &Teams,
) -> Error {
    let known = customers::store::resolve(conn, reference, teams);
    match known {
        Err(error) => error.into(),
        Ok(None) => Error::not_found("customer", reference),
        Ok(Some(_)) => match wanted_run(conn, as_of) {
            Err(error) => error,
            Ok(run) => Error::not_found(
                "assessment",
                format!(
                    "of customer {reference} as of {}: it had no shipment in the 104 weeks before",
                    run.as_of
                ),
            ),
        },
    }
}

fn stored<T: serde::de::DeserializeOwned>(text: &str, what: &'static str) -> Result<T, DbError> {
    serde_json::from_str(text).map_err(|error| DbError::corrupt(what, error))
}

fn view(
    row: RiskRead,
    parts: &[Part],
    followers: Vec<Follower>,
    names: &HashMap<i64, String>,
) -> RiskView {
    let pointer = |id: i64| Pointer {
        id: names.contains_key(&id).then_some(id),
        name: names.get(&id).cloned(),
    };
    RiskView {
        source: row.source(),
        customer: Pointer {
            id: Some(row.customer_id),
            name: Some(row.name),
        },
        role: row.role,
        country: row.country,
        team_id: row.team_id,
        churn_probability: row.churn_probability,
        own_churn: row.own_churn,
        parts: parts.iter().map(|part| named_part(part, pointer)).collect(),
        evidence: row.evidence,
        is_new: row.is_new,
        steps: OwnSteps {
            shipping_days: row.shipping_churn,
            recency_frequency_value: row.rfm_churn,
            service: row.service_churn,
            own_churn: row.own_churn,
        },
        contract: row
            .contract_ends_on
            .zip(row.contract_loss)
            .map(|(ends_on, loss_probability)| ContractView {
                ends_on,
                loss_probability,
                volume_at_risk: row.volume_risk,
            }),
        cascade_term: super::store::told(row.cascade_term.as_deref()),
        business: row.business,
        business_at_risk: row.business_at_risk,
        value: row.value,
        value_at_risk: row.value_at_risk,
        blast_radius: row.blast_radius,
        save_value: row.save_value,
        followers: followers
            .into_iter()
            .map(|follower| NamedFollower {
                partner: pointer(follower.customer_id),
                churn_probability: follower.churn_probability,
                churn_if_lost: follower.churn_if_lost,
                value: follower.value,
            })
            .collect(),
        inputs: RiskInputs {
            shipping_days: row.shipping_days,
            recency_weeks: row.recency_weeks,
            age_weeks: row.age_weeks,
            last_on: row.last_on,
            expected_days: row.expected_days,
            p_alive: row.p_alive,
            partners: row.partners,
            partners_silent: row.partners_silent,
        },
    }
}

fn named_part(part: &Part, pointer: impl Fn(i64) -> Pointer) -> NamedPart {
    match *part {
        Part::Own { probability } => NamedPart {
            kind: "own",
            partner: None,
            share: None,
            count: None,
            probability,
        },
        Part::Partner {
            customer_id,
            share,
            probability,
        } => NamedPart {
            kind: "partner",
            partner: Some(pointer(customer_id)),
            share: Some(share),
            count: None,
            probability,
        },
        Part::Others { count, probability } => NamedPart {
            kind: "others",
            partner: None,
            share: None,
            count: Some(count),
            probability,
        },
    }
}
