//! The network of a finished run, compiled from its snapshots and solved once.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Deserialize;

use super::store::snapshot::{self, LinkRow};
use crate::assessment::read::wanted_run;
use crate::assessment::store::{self as assessment, Run};
use crate::cascade::{
    CascadeError, Description, Link, Network, Options, Solution, Strengths, solve,
};
use crate::db::{Conn, DbError};
use crate::error::{Answer, Error, ProblemPart};
use crate::ids::CustomerId;
use crate::plays::{AssumedEffect, EffectBasis};
use crate::shipments::model::FreightTerms;

/// Tolerance of the solver: finer than a run's, so that small differences are not its noise.
const SOLVER: Options = Options {
    eps: 1e-9,
    max_sweeps: 10_000,
};

/// Work of a simulation at most: worlds times customers and links.
const MOST_WORK: u64 = 20_000_000_000;

/// A run as it was read: what the network is compiled from.
#[derive(Debug)]
pub struct Snapshots {
    run: Run,
    customers: Vec<CustomerId>,
    own_churn: Vec<f64>,
    links: Vec<Link>,
    strengths: Strengths,
    save_effect: f64,
    played: Option<AssumedEffect>,
}

/// The network of a run with its solution, ready to be asked.
#[derive(Debug)]
pub struct Engine {
    run: Run,
    /// Ascending; the place of an id is the customer's index in the network.
    customers: Vec<CustomerId>,
    /// By shipper and consignee; the place is the link's index in the network.
    links: Vec<Link>,
    strengths: Strengths,
    save_effect: f64,
    played: Option<AssumedEffect>,
    network: Network,
    solution: Solution,
}

/// What the run's parameters must hold.
#[derive(Deserialize)]
struct Parameters {
    risk: RiskParameters,
}

#[derive(Deserialize)]
struct RiskParameters {
    strengths: Strengths,
    save_effect: f64,
    /// Runs made before plays were measured do not tell.
    #[serde(default)]
    save_effect_basis: Option<AssumedEffect>,
}

impl Snapshots {
    /// Reads what a finished run left.
    ///
    /// # Errors
    ///
    /// 409 `run_too_old` if it was made before the freight terms of links were kept; the database's.
    pub fn read(conn: &mut Conn, run: Run) -> Answer<Self> {
        let parameters: Parameters =
            serde_json::from_str(run.parameters.as_deref().unwrap_or_default())
                .map_err(|error| DbError::corrupt("runs.parameters", error))?;
        let (customers, own_churn): (Vec<CustomerId>, Vec<f64>) =
            snapshot::customers(conn, run.id)?.into_iter().unzip();
        let index: HashMap<CustomerId, u32> = customers.iter().copied().zip(0..).collect();
        let mut links = Vec::with_capacity(usize::try_from(run.links).unwrap_or(0));
        let mut without_terms = false;
        snapshot::each_link(conn, run.id, |row| {
            without_terms |= row.terms.is_none();
            links.push(compiled(&row, &index)?);
            Ok(())
        })?;
        if without_terms {
            return Err(Error::conflict(
                "run_too_old",
                format!(
                    "run {} was made before the freight terms of links were kept: assess {} again",
                    run.id, run.as_of
                ),
            ));
        }
        Ok(Self {
            run,
            customers,
            own_churn,
            links,
            strengths: parameters.risk.strengths,
            save_effect: parameters.risk.save_effect,
            played: parameters.risk.save_effect_basis,
        })
    }
}

fn compiled(row: &LinkRow, index: &HashMap<CustomerId, u32>) -> Result<Link, DbError> {
    let of = |customer: CustomerId| {
        index.get(&customer).copied().ok_or_else(|| {
            DbError::corrupt("link_risks", format!("customer {customer} has no risk"))
        })
    };
    let terms = row.terms.as_deref().unwrap_or_default();
    Ok(Link {
        shipper: of(row.shipper)?,
        consignee: of(row.consignee)?,
        business: row.business,
        value: row.value,
        terms: match terms {
            "" => FreightTerms::Unknown,
            word => FreightTerms::parse(word)
                .ok_or_else(|| DbError::corrupt("link_risks.terms", word))?,
        },
    })
}

impl Engine {
    /// Compiles and solves.
    ///
    /// # Errors
    ///
    /// [`CascadeError`] if a snapshot breaks a rule of the cascade, or it does not converge.
    pub fn new(snapshots: Snapshots) -> Result<Self, CascadeError> {
        let Snapshots {
            run,
            customers,
            own_churn,
            links,
            strengths,
            save_effect,
            played,
        } = snapshots;
        let nothing = vec![0.0; customers.len()];
        let network = Network::compile(&Description {
            own_churn: &own_churn,
            own_business: &nothing,
            own_value: &nothing,
            links: &links,
            strengths,
        })?;
        let solution = solve(&network, &SOLVER)?;
        let report = solution.report();
        if !report.converged {
            return Err(CascadeError::NotConverged(report.sweeps));
        }
        Ok(Self {
            run,
            customers,
            links,
            strengths,
            save_effect,
            played,
            network,
            solution,
        })
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The compiled network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The cascade as the run has it.
    pub fn solution(&self) -> &Solution {
        &self.solution
    }

    /// The strengths that the run was computed with.
    pub fn strengths(&self) -> Strengths {
        self.strengths
    }

    /// By how much a retention play was taken to lower own churn.
    pub fn save_effect(&self) -> f64 {
        self.save_effect
    }

    /// By how much a play is taken to lower own churn where a plan does not say: what plays had come to
    /// by the run's as-of date if that was measured, else this setting.
    pub fn assumed_effect(&self, setting: f64) -> AssumedEffect {
        match self.played {
            Some(played) if played.basis == EffectBasis::Measured => played,
            Some(played) => AssumedEffect {
                effect: setting,
                ..played
            },
            None => AssumedEffect::setting(setting),
        }
    }

    /// Own churn of the customer with this index; 0 if there is none.
    pub fn own_churn(&self, index: u32) -> f64 {
        let own = self.network.own_churn();
        own.get(index as usize).copied().unwrap_or(0.0)
    }

    /// Churn probability of the customer with this index; 0 if there is none.
    pub fn churn(&self, index: u32) -> f64 {
        let churn = self.solution.churn();
        churn.get(index as usize).copied().unwrap_or(0.0)
    }

    /// The index of a customer in the network, if the run assessed it.
    pub fn index_of(&self, customer: CustomerId) -> Option<u32> {
        let place = self.customers.binary_search(&customer).ok()?;
        u32::try_from(place).ok()
    }

    /// The customer with this index.
    pub fn customer(&self, index: u32) -> Option<CustomerId> {
        self.customers.get(index as usize).copied()
    }

    /// Index and description of the link between two customers, by their indices.
    pub fn link(&self, shipper: u32, consignee: u32) -> Option<(u32, &Link)> {
        let place = self
            .links
            .binary_search_by_key(&(shipper, consignee), |link| (link.shipper, link.consignee))
            .ok()?;
        Some((u32::try_from(place).ok()?, self.links.get(place)?))
    }

    /// Worlds that a simulation may draw of a network of this size.
    pub fn most_worlds(&self) -> u32 {
        let size = (self.network.customers() + self.network.links()).max(1) as u64;
        u32::try_from(MOST_WORK / size).unwrap_or(u32::MAX)
    }

    /// Refuses a simulation that would take too long; `pointer` is where the body asks for it.
    ///
    /// # Errors
    ///
    /// 422 that names how many worlds this network allows.
    pub fn check_worlds(&self, worlds: u32, pointer: &str) -> Answer<()> {
        let most = self.most_worlds();
        if worlds <= most {
            return Ok(());
        }
        let rule = format!("expected at most {most} worlds for a network of this size");
        Err(Error::Unprocessable {
            code: "invalid",
            detail: format!("{pointer}: {rule}"),
            errors: vec![ProblemPart {
                pointer: pointer.to_owned(),
                code: "out_of_range".to_owned(),
                detail: rule,
            }],
        })
    }
}

/// The finished run with this id, or of this date, or the latest.
///
/// # Errors
///
/// 404 if there is none.
pub fn wanted(conn: &mut Conn, as_of: Option<NaiveDate>, run_id: Option<i64>) -> Answer<Run> {
    match run_id {
        None => wanted_run(conn, as_of),
        Some(id) => assessment::run(conn, id)?
            .filter(|run| run.status == "done")
            .ok_or_else(|| Error::not_found("finished run", id)),
    }
}

/// A question that the cascade refuses is our fault: everything was checked before.
impl From<CascadeError> for Error {
    fn from(error: CascadeError) -> Self {
        Self::internal(error)
    }
}
