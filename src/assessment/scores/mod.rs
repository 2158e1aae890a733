//! Satisfaction of every department, account and link, from facts, answers and words.
//!
//! ```text
//! gather    whose department each answer and text speaks for
//! priors    what is usual: the mean of each kind of department, the company's median sentiment
//! account   formulas (5) to (7), the way to green, what changed
//! links     both parties of every link
//! ```

mod account;
mod gather;
mod links;
mod priors;

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use serde::Serialize;

use super::AssessmentError;
use super::inputs::{
    DepartmentOf, Handling, Inputs, Observed, Portfolio, Targeted, standard_departments,
};
use super::model::{DepartmentParts, Evidence, GreenPath, ScoreChanges};
use crate::customers::model::DepartmentKind;
use crate::ids::CustomerId;
use crate::satisfaction::kpi::WeightedKpi;
use crate::satisfaction::{Account, Department, Kpi};
use crate::sentiment::{Index, Median};
use chrono::NaiveDate;

pub use gather::{DimensionScore, HEARD_DAYS, Unplaced};
pub use links::{LinkSides, PartySide};
pub use priors::{Companys, PriorMean};

/// Satisfaction of one department, with what stands behind it.
#[derive(Clone, Debug)]
pub struct DepartmentScore {
    /// The department.
    pub of: DepartmentOf,
    /// Its score.
    pub score: Department,
    /// What the score is made of.
    pub parts: DepartmentParts,
    /// Index of its words; `None` without any.
    pub sentiment: Option<Index>,
    /// The last answer or inbound words.
    pub last_heard_on: Option<NaiveDate>,
}

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
    pub departments: Vec<DepartmentScore>,
    /// Required departments heard from in the last 180 days.
    pub heard: usize,
    /// Required departments.
    pub required: usize,
    /// Index of the customer's words; `None` without any.
    pub sentiment: Option<Index>,
    /// Answers by dimension of service quality.
    pub dimensions: Vec<DimensionScore>,
    /// What would turn it green.
    pub to_green: GreenPath,
    /// Why it is another than in the run before; `None` if there is none before.
    pub changes: Option<ScoreChanges>,
}

/// What a run notes about its satisfaction as a whole.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Note {
    /// The prior of each kind of department, and the departments it rests on.
    pub prior_means: BTreeMap<&'static str, PriorMean>,
    /// How customers usually sound; the sentiment of departments is told from it, and that of
    /// customers shown against it until the next run.
    pub sentiment: Median,
    /// Answers by what became of them.
    pub answers: Unplaced,
}

/// Satisfaction of everybody.
#[derive(Debug)]
pub struct Scores {
    /// In the order of the inputs' customers.
    pub accounts: Vec<AccountScore>,
    /// In the order of the inputs' links.
    pub links: Vec<LinkSides>,
    /// What is noted with the run.
    pub note: Note,
}

/// Computes every score.
///
/// # Errors
///
/// [`AssessmentError`] if a formula refuses its input.
pub fn assess(inputs: &Inputs) -> Result<Scores, AssessmentError> {
    let portfolio = Portfolio::of(inputs.link_service.values());
    let standard = standard_departments();
    let company = Companys::of(&inputs.voices)?;
    let gathered = inputs
        .customers
        .par_iter()
        .map(|customer| {
            let own = inputs.departments.get(customer);
            let departments = own.filter(|own| !own.is_empty()).unwrap_or(&standard);
            gather::gather(*customer, departments, &inputs.voices)
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    let priors = priors::prior_means(gathered.iter().flat_map(gather::Gathered::feelings));
    let noted = Note {
        prior_means: priors
            .iter()
            .map(|(kind, prior)| (kind.word(), *prior))
            .collect(),
        sentiment: company.median,
        answers: gathered.iter().map(|one| one.unplaced).sum(),
    };
    let accounts = inputs
        .customers
        .par_iter()
        .zip(&inputs.service)
        .zip(gathered)
        .map(|((customer, service), gathered)| {
            let none = Handling::default();
            let handling = inputs.handling.get(customer).unwrap_or(&none);
            let targets = inputs.targets.of(*customer, None);
            let kpis = service.kpis(handling, &portfolio, targets)?;
            account::account(
                gathered,
                kpis,
                targets,
                &account::Usual {
                    priors: &priors,
                    company: &company,
                    previous: inputs.previous.as_ref(),
                },
            )
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    let index: HashMap<CustomerId, usize> = inputs.customers.iter().copied().zip(0..).collect();
    let node = |customer: CustomerId| {
        let at = index.get(&customer)?;
        accounts.get(*at).map(|account| account.account.score)
    };
    let links = inputs
        .links
        .par_iter()
        .map(|measures| links::link(inputs, &portfolio, measures.ends(), &node))
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    Ok(Scores {
        accounts,
        links,
        note: noted,
    })
}

/// Prior means by kind of department.
type Priors = BTreeMap<DepartmentKind, PriorMean>;

/// KPIs of a department with their weights, as observed.
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

/// The KPI's value at a desirability, by the customer's target.
fn value_at(targets: Targeted<'_>, kpi: Kpi, desirability: f64) -> Option<f64> {
    targets
        .of(kpi)
        .map(|against| against.target().value(desirability))
}
