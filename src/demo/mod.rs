//! An invented logistics firm's world: customers, links and years of shipments, from a seed.
//!
//! ```text
//! DemoPlan ─> DemoWorld ─┬─> teams, users, customers, links, truth     in memory
//!                        └─> shipments, csv::write                     streamed, day by day
//! ```
//!
//! The same plan gives the same world on every machine. Everything here is pure: no database, no
//! clock, no environment. A world takes memory by customers and links, never by shipments.
//!
//! Beside it, [`DemoVoices`] tells what its customers said in the last year.
//!
//! What makes it worth looking at: few customers carry most of the freight; each link orders at its
//! own Gamma-distributed pace; service differs between customers and worsens for some, most of whom
//! leave months later; partners follow by the linear threshold rule of the cascade, with strengths
//! that are known ([`DemoTruth`]); a few customers fade just before history ends.
//!
//! ```
//! use chrono::NaiveDate;
//! use hawser::demo::{DemoPlan, DemoWorld};
//!
//! let until = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap_or_default();
//! let world = DemoWorld::new(&DemoPlan::small(until)?);
//! assert_eq!(world.shipments().len(), 6_000);
//! # Ok::<(), hawser::demo::PlanError>(())
//! ```

pub mod csv;
mod customers;
mod departures;
mod dice;
mod draft;
mod links;
mod names;
mod phrases;
mod places;
mod plan;
mod sectors;
mod shipments;
mod teams;
#[cfg(test)]
mod tests;
mod voices;

pub use customers::{DemoContact, DemoCustomer, DemoRole};
pub use departures::{DemoTruth, Followed, OwnChurn};
pub use links::DemoLink;
pub use plan::{DemoPlan, PlanError};
pub use shipments::Shipments;
pub use teams::{DemoTeam, DemoUser};
pub use voices::{DemoAnswer, DemoComplaint, DemoPromise, DemoTalk, DemoVoices, Speaker};

use crate::ids::ExternalId;
use customers::Profile;

/// Name of the system whose keys the demo's customers and shipments carry.
pub const SYSTEM: &str = "demo";

/// A world: all that is known of it, save its shipments, which are made on demand.
#[derive(Clone, Debug)]
pub struct DemoWorld {
    plan: DemoPlan,
    customers: Vec<DemoCustomer>,
    profiles: Vec<Profile>,
    links: Vec<DemoLink>,
    truth: DemoTruth,
}

impl DemoWorld {
    /// Makes the world of `plan`.
    ///
    /// O(customers + links · log customers).
    pub fn new(plan: &DemoPlan) -> Self {
        let (customers, mut profiles) = customers::draw(plan);
        let mut links = links::draw(plan, &customers, &profiles);
        let truth = departures::draw(plan, &mut profiles, &links);
        links::schedule(plan, &profiles, &mut links);
        Self {
            plan: plan.clone(),
            customers,
            profiles,
            links,
            truth,
        }
    }

    /// What the world was made from.
    pub fn plan(&self) -> &DemoPlan {
        &self.plan
    }

    /// Our own teams.
    pub fn teams(&self) -> &'static [DemoTeam] {
        teams::TEAMS
    }

    /// Our own people.
    pub fn users(&self) -> &'static [DemoUser] {
        teams::USERS
    }

    /// All customers; the others name them by their position here.
    pub fn customers(&self) -> &[DemoCustomer] {
        &self.customers
    }

    /// All links, each with its number of shipments.
    pub fn links(&self) -> &[DemoLink] {
        &self.links
    }

    /// Who left, why and when: what the models are to find out.
    pub fn truth(&self) -> &DemoTruth {
        &self.truth
    }

    /// Every shipment, in the order of the days on which they were booked.
    pub fn shipments(&self) -> Shipments<'_> {
        Shipments::new(self)
    }
}

/// The demo's key for a record.
fn external_id(id: String) -> ExternalId {
    ExternalId {
        system: SYSTEM.to_owned(),
        id,
    }
}
