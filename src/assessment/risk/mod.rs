//! Risk of every customer and link: own churn, then the cascade over it.

pub mod audited;
mod links;
mod people;

use std::collections::HashMap;

use chrono::NaiveDate;
use rayon::prelude::*;
use serde::Serialize;

use self::audited::{RunAudit, audited};
use self::links::{Side, choose_value_basis, compiled_links, sides};
use self::people::{followers, parts};
use super::AssessmentError;
use super::inputs::Inputs;
use super::model::{BusinessBasis, CascadeTerm, Evidence, Follower, Part, Role, ValueBasis};
use super::own::record::{ModelFit, Previous};
use super::own::{self, CustomerOwn, LinkEnds, LinkOwn};
use crate::cascade::{
    self, BlastRadius, CascadeError, Description, Link, Network, Options, Solution, Strengths,
};
use crate::churn;
use crate::ids::CustomerId;
use crate::network::choose_basis;
use crate::plays::AssumedEffect;
use crate::shipments::model::FreightTerms;

/// Weeks of history behind the churn statistics.
pub const HISTORY_WEEKS: u32 = churn::statistics::WINDOW_WEEKS;
/// Own churn from which a customer that was silent for a whole horizon has left already: a play
/// would come too late for it. Default.
const GONE: f64 = 0.9;
/// Tolerance of the solver.
const SOLVER: Options = Options {
    eps: 1e-6,
    max_sweeps: 1_000,
};

/// When, and over what time, a run looks.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// Weeks ahead.
    pub horizon_weeks: u32,
    /// Days of business.
    pub window_days: u32,
    /// The measure of business, if the operator has chosen one.
    pub basis: Option<BusinessBasis>,
    /// By how much a retention play lowers own churn, and why.
    pub save_effect: AssumedEffect,
    /// Strengths of the cascade: the defaults, or what was learnt from history.
    pub strengths: Strengths,
    /// What history says of the cascade term.
    pub cascade_term: CascadeTerm,
    /// The models of the run before, to tell by how much they moved.
    pub previous: Option<Previous>,
    /// Worlds to audit the cascade with; 0: no audit.
    pub worlds: u32,
}

/// Risk of one customer.
#[derive(Clone, Debug)]
pub struct CustomerRisk {
    /// Which.
    pub customer: CustomerId,
    /// Its side in the business window, or in the statistics' window if it was silent since.
    pub role: Role,
    /// Own churn with what it rests on.
    pub own: CustomerOwn,
    /// How much it rests on.
    pub evidence: Evidence,
    /// Churn probability, cascade included.
    pub churn: f64,
    /// Business over the window.
    pub business: f64,
    /// Share of it expected to be lost.
    pub business_at_risk: f64,
    /// Value of its links over the horizon.
    pub value: f64,
    /// Expected loss of that value.
    pub value_at_risk: f64,
    /// Expected loss if it is lost, less expected loss if it is safe.
    pub blast_radius: f64,
    /// What a retention play would save.
    pub save_value: f64,
    /// Partners in the window.
    pub partners: usize,
    /// Those without a shipment with it in the last horizon.
    pub partners_silent: usize,
    /// What the churn probability is made of.
    pub parts: Vec<Part>,
    /// Who would follow.
    pub followers: Vec<Follower>,
}

/// Risk of one link.
#[derive(Clone, Copy, Debug)]
pub struct LinkRisk {
    /// Business over the window.
    pub business: f64,
    /// Value over the horizon.
    pub value: f64,
    /// Probability that either end is lost.
    pub loss_probability: f64,
    /// The terms under which most of its shipments went: they chose its strengths.
    pub terms: FreightTerms,
    /// Probability that the link stays silent, whoever leaves; `None` without a shipping day in the
    /// statistics' window.
    pub own: Option<LinkOwn>,
}

/// Risk of the whole network.
#[derive(Debug)]
pub struct Risks {
    /// In the order of the inputs' customers.
    pub customers: Vec<CustomerRisk>,
    /// In the order of the inputs' links.
    pub links: Vec<LinkRisk>,
    /// What business is measured in.
    pub business_basis: BusinessBasis,
    /// What value is measured in.
    pub value_basis: ValueBasis,
    /// Expected loss of value.
    pub expected_loss: f64,
    /// How it was computed.
    pub parameters: Parameters,
    /// The models of own churn.
    pub models: Vec<ModelFit>,
}

/// How a run was computed, for whoever wants to do it again.
#[derive(Clone, Debug, Serialize)]
pub struct Parameters {
    /// Strengths of the cascade.
    pub strengths: Strengths,
    /// What history says of the cascade term.
    pub cascade_term: CascadeTerm,
    /// Whether two years of history told the season of own churn; if not, quiet months count as
    /// silence.
    pub seasonal: bool,
    /// Sweeps of the solver.
    pub sweeps: u32,
    /// No churn probability is farther than this from its fixed point.
    pub error_bound: f64,
    /// Whether the solver met its tolerance.
    pub converged: bool,
    /// Assumed effect of a retention play.
    pub save_effect: f64,
    /// Why.
    pub save_effect_basis: AssumedEffect,
    /// The cascade beside worlds drawn from the same network.
    pub audit: Option<RunAudit>,
}

/// Computes every risk.
///
/// # Errors
///
/// [`AssessmentError`] if a model refuses its input.
pub fn assess(inputs: &Inputs, scope: &Scope) -> Result<Risks, AssessmentError> {
    let own = own::assess(inputs, scope)?;
    let basis = choose_basis(&inputs.links, scope.basis);
    let value_basis = choose_value_basis(&inputs.links, basis);
    let links = links_of(inputs, scope, (basis, value_basis));
    let own_churn: Vec<f64> = own
        .customers
        .iter()
        .map(|own| own.score.churn.get())
        .collect();
    let solved = Solved::of(&own_churn, &links, scope.strengths)?;
    let link_loss = solved.solution.link_loss(&solved.network);
    let audit = audited(inputs, &solved, scope.worlds)?;

    let sides = sides(&inputs.links, &links, &link_loss, own_churn.len(), scope);
    let mut customers = own
        .customers
        .into_par_iter()
        .zip(sides)
        .enumerate()
        .map(|(at, (own, side))| {
            let explained = cascade::explain_customer(&solved.network, &solved.solution, at)?;
            let radius = solved.blast.values.get(at).copied().unwrap_or(0.0);
            Ok(customer(inputs, (at, own, side), &explained, radius, scope))
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    followers(&mut customers, &solved.network, &solved.solution)?;
    Ok(Risks {
        customers,
        links: link_risks(inputs, &links, &link_loss, &own.links),
        business_basis: basis,
        value_basis,
        expected_loss: solved.solution.expected_loss(),
        parameters: solved.parameters(scope, own.seasonal, audit),
        models: own.models,
    })
}

/// Churn of every customer and loss of every link with other strengths, own churn as it was found.
///
/// # Errors
///
/// [`AssessmentError`] if the cascade refuses its input.
pub fn with_strengths(
    inputs: &Inputs,
    risks: &Risks,
    scope: &Scope,
    strengths: Strengths,
) -> Result<(Vec<f64>, Vec<f64>), AssessmentError> {
    let links = links_of(inputs, scope, (risks.business_basis, risks.value_basis));
    let own_churn: Vec<f64> = risks
        .customers
        .iter()
        .map(|risk| risk.own.score.churn.get())
        .collect();
    let (network, solution) = solve(&own_churn, &links, strengths)?;
    let loss = solution.link_loss(&network);
    Ok((solution.churn().to_vec(), loss))
}

/// The links of a run as the cascade takes them.
fn links_of(inputs: &Inputs, scope: &Scope, bases: (BusinessBasis, ValueBasis)) -> Vec<Link> {
    let index: HashMap<CustomerId, u32> = inputs.customers.iter().copied().zip(0..).collect();
    let horizon_share = f64::from(scope.horizon_weeks) * 7.0 / f64::from(scope.window_days);
    compiled_links(&inputs.links, &index, bases, horizon_share)
}

/// Compiles and solves the cascade over everybody's own churn.
fn solve(
    own_churn: &[f64],
    links: &[Link],
    strengths: Strengths,
) -> Result<(Network, Solution), CascadeError> {
    let nothing = vec![0.0; own_churn.len()];
    let network = Network::compile(&Description {
        own_churn,
        own_business: &nothing,
        own_value: &nothing,
        links,
        strengths,
    })?;
    let solution = cascade::solve(&network, &SOLVER)?;
    Ok((network, solution))
}

/// The cascade over everybody's own churn, with everybody's blast radius.
struct Solved {
    network: Network,
    solution: Solution,
    blast: BlastRadius,
}

impl Solved {
    fn of(own_churn: &[f64], links: &[Link], strengths: Strengths) -> Result<Self, CascadeError> {
        let (network, solution) = solve(own_churn, links, strengths)?;
        let blast = cascade::blast_radius(&network, &solution, &SOLVER)?;
        Ok(Self {
            network,
            solution,
            blast,
        })
    }

    fn parameters(&self, scope: &Scope, seasonal: bool, audit: Option<RunAudit>) -> Parameters {
        let report = self.solution.report();
        Parameters {
            strengths: scope.strengths,
            cascade_term: scope.cascade_term,
            seasonal,
            sweeps: report.sweeps,
            error_bound: report.error_bound,
            converged: report.converged && self.blast.converged,
            save_effect: scope.save_effect.effect,
            save_effect_basis: scope.save_effect,
            audit,
        }
    }
}

fn link_risks(
    inputs: &Inputs,
    links: &[Link],
    link_loss: &[f64],
    own: &HashMap<LinkEnds, LinkOwn>,
) -> Vec<LinkRisk> {
    links
        .iter()
        .zip(link_loss)
        .zip(&inputs.links)
        .map(|((link, loss), measures)| LinkRisk {
            business: link.business,
            value: link.value,
            loss_probability: *loss,
            terms: link.terms,
            own: own.get(&(measures.shipper, measures.consignee)).copied(),
        })
        .collect()
}

fn customer(
    inputs: &Inputs,
    (at, own, side): (usize, CustomerOwn, Side),
    explained: &cascade::Explanation,
    blast_radius: f64,
    scope: &Scope,
) -> CustomerRisk {
    let mut partners = side.partners;
    // A pair that trades both ways is one partner, silent if both ways are.
    partners.sort_unstable();
    partners.dedup_by(|later, earlier| {
        later.0 == earlier.0 && {
            earlier.1 &= later.1;
            true
        }
    });
    let low = own.score.evidence == churn::Evidence::Low || own.score.is_new;
    let silent_weeks = (scope.as_of - own.last_on).num_days() as f64 / 7.0;
    let gone = own.score.churn.get() >= GONE && silent_weeks >= f64::from(scope.horizon_weeks);
    let effect = if gone { 0.0 } else { scope.save_effect.effect };
    CustomerRisk {
        customer: inputs.customers.get(at).copied().unwrap_or(CustomerId(0)),
        role: match (side.ships, side.receives) {
            (true, true) => Role::Both,
            (false, true) => Role::Consignee,
            _ => Role::Shipper,
        },
        evidence: if low { Evidence::Low } else { Evidence::Enough },
        churn: explained.churn,
        business: side.business,
        business_at_risk: explained.business_at_risk.unwrap_or(explained.churn),
        value: side.value,
        value_at_risk: side.value_at_risk,
        blast_radius,
        save_value: cascade::save_value(own.score.churn.get(), effect, blast_radius),
        partners: partners.len(),
        partners_silent: partners.iter().filter(|(_, silent)| *silent).count(),
        parts: parts(inputs, explained),
        followers: Vec::new(),
        own,
    }
}
