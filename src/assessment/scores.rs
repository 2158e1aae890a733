//! Satisfaction of every department, account and link, from facts: answers join in when surveys do.

use std::collections::HashMap;

use rayon::prelude::*;

use super::AssessmentError;
use super::inputs::{DepartmentOf, Inputs, Observed, Portfolio, Service, standard_departments};
use super::model::Evidence;
use crate::ids::CustomerId;
use crate::satisfaction::account::{self, AccountSettings};
use crate::satisfaction::department::{self, PRIOR_MEAN};
use crate::satisfaction::kpi::WeightedKpi;
use crate::satisfaction::link::{self, LinkScore, Party};
use crate::satisfaction::{Account, Department, DepartmentSettings, Kpi, Member, Z90};

/// The KPIs that a party judges a link by, weighed alike. Default.
const LINK_KPIS: [Kpi; 5] = [
    Kpi::Otif,
    Kpi::DamageRate,
    Kpi::InvoiceAccuracy,
    Kpi::ClaimsPer100,
    Kpi::LeadTimeVariation,
];

/// Satisfaction of one customer.
#[derive(Clone, Debug)]
pub struct AccountScore {
    /// Which customer.
    pub customer: CustomerId,
    /// The account as a whole.
    pub account: Account,
    /// Name of the weakest department with data; empty if none has any.
    pub weakest: String,
    /// How much stands behind it.
    pub evidence: Evidence,
    /// What was measured.
    pub kpis: Vec<Observed>,
    /// Each department with its score.
    pub departments: Vec<(DepartmentOf, Department)>,
}

/// Satisfaction of everybody.
#[derive(Debug)]
pub struct Scores {
    /// In the order of the inputs' customers.
    pub accounts: Vec<AccountScore>,
    /// In the order of the inputs' links.
    pub links: Vec<LinkScore>,
}

/// Computes every score.
///
/// # Errors
///
/// [`AssessmentError`] if a formula refuses its input.
pub fn assess(inputs: &Inputs) -> Result<Scores, AssessmentError> {
    let portfolio = Portfolio::of(inputs.link_service.values());
    let observed = inputs
        .service
        .par_iter()
        .map(|service| service.kpis(&portfolio))
        .collect::<Result<Vec<_>, _>>()?;
    let standard = standard_departments();
    let accounts = inputs
        .customers
        .par_iter()
        .zip(observed)
        .map(|(customer, kpis)| {
            let own = inputs.departments.get(customer);
            let departments = own.filter(|own| !own.is_empty()).unwrap_or(&standard);
            account(*customer, kpis, departments)
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    let index: HashMap<CustomerId, usize> = inputs.customers.iter().copied().zip(0..).collect();
    let links = inputs
        .links
        .par_iter()
        .map(|measures| {
            let score_of = |customer| {
                index
                    .get(&customer)
                    .and_then(|at| accounts.get(*at))
                    .map(|account| account.account.score)
            };
            let service = inputs
                .link_service
                .get(&(measures.shipper, measures.consignee));
            link_score(
                (service, &portfolio),
                (score_of(measures.shipper), score_of(measures.consignee)),
            )
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    Ok(Scores { accounts, links })
}

fn weighted(owned: &[(Kpi, f64)], observed: &[Observed]) -> Vec<WeightedKpi> {
    owned
        .iter()
        .map(|(kpi, weight)| WeightedKpi {
            weight: *weight,
            desirability: observed
                .iter()
                .find(|observed| observed.kpi == *kpi)
                .map(|observed| observed.desirability),
        })
        .collect()
}

fn account(
    customer: CustomerId,
    kpis: Vec<Observed>,
    departments: &[DepartmentOf],
) -> Result<AccountScore, AssessmentError> {
    let settings = DepartmentSettings::default();
    let scored = departments
        .iter()
        .map(|department| {
            let facts = weighted(department.kind.kpis(), &kpis);
            // The mean of departments of this kind takes its place once answers are there to
            // average: facts are measured on another scale than feeling.
            let score = department::score(&[], &facts, PRIOR_MEAN, &settings)?;
            Ok((department.clone(), score))
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    let account = account::score(&members(&scored), &AccountSettings::default())?;
    let weakest = account
        .weakest
        .and_then(|at| required(&scored).nth(at))
        .map(|(department, _)| department.name.clone())
        .unwrap_or_default();
    Ok(AccountScore {
        customer,
        weakest,
        evidence: if account.coverage <= 0.0 {
            Evidence::None
        } else if account.coverage < 0.5 {
            Evidence::Low
        } else {
            Evidence::Enough
        },
        account,
        kpis,
        departments: scored,
    })
}

/// The departments that count: the required ones with weight, or all where there are none.
fn required(
    scored: &[(DepartmentOf, Department)],
) -> impl Iterator<Item = &(DepartmentOf, Department)> {
    let counts = |department: &DepartmentOf| department.required && department.weight > 0.0;
    let any = scored.iter().any(|(department, _)| counts(department));
    scored
        .iter()
        .filter(move |(department, _)| !any || counts(department))
}

fn members(scored: &[(DepartmentOf, Department)]) -> Vec<Member> {
    let all_weightless = required(scored).all(|(department, _)| department.weight <= 0.0);
    required(scored)
        .map(|(department, score)| Member {
            weight: if all_weightless {
                1.0
            } else {
                department.weight
            },
            department: *score,
        })
        .collect()
}

fn link_score(
    (service, portfolio): (Option<&Service>, &Portfolio),
    (shipper, consignee): (Option<f64>, Option<f64>),
) -> Result<LinkScore, AssessmentError> {
    let observed = service
        .map(|service| service.kpis(portfolio))
        .transpose()?
        .unwrap_or_default();
    let facts = weighted(&LINK_KPIS.map(|kpi| (kpi, 1.0)), &observed);
    let settings = DepartmentSettings::default();
    let party = |node: Option<f64>| -> Result<Party, AssessmentError> {
        let score = link::party(&[], &facts, node.unwrap_or(PRIOR_MEAN), &settings)?;
        Ok(Party {
            score: score.theta,
            var: score.var,
            known: node.is_some(),
        })
    };
    Ok(link::score(&party(shipper)?, &party(consignee)?)?)
}

/// Both ends of a link's 90 % interval.
pub fn link_interval(score: &LinkScore) -> (f64, f64) {
    let reach = Z90 * score.var.sqrt();
    (
        (score.score - reach).max(0.0),
        (score.score + reach).min(1.0),
    )
}
