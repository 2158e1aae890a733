//! Retention plan: whom to keep with a given budget.

use super::{CascadeError, Estimate, Network, WorldOptions};

/// A customer that could be worked on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Index of the customer.
    pub customer: u32,
    /// What working on it costs, 0 or more.
    pub cost: f64,
    /// By which part of itself that lowers own churn, in `[0, 1]`.
    pub effect: f64,
}

/// What a plan may spend and how carefully it is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanOptions {
    /// What all chosen may cost together, 0 or more.
    pub budget: f64,
    /// Most times that the cascade is solved on the way. Default 100.
    pub solves: u32,
    /// Fresh worlds to measure the plan by, if wanted.
    pub worlds: Option<WorldOptions>,
}

/// A customer of the plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// Index of the customer.
    pub customer: u32,
    /// Its cost.
    pub cost: f64,
    /// What is saved by working on it alone.
    pub gain_alone: f64,
    /// What the plan would lose without it.
    pub gain_in_plan: f64,
}

/// Whom to work on, and what that saves.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The largest gain in the plan first.
    pub chosen: Vec<Chosen>,
    /// What they cost together.
    pub cost: f64,
    /// Expected loss before.
    pub loss_before: f64,
    /// Expected loss after.
    pub loss_after: f64,
    /// The difference.
    pub saved: f64,
    /// No plan within the budget saves more than this.
    pub ceiling: f64,
    /// Ceiling less saved.
    pub gap: f64,
    /// What is saved, measured in fresh worlds, if asked.
    pub measured: Option<Estimate>,
    /// Times that the cascade was solved.
    pub solves: u32,
}

/// Chooses whom to work on.
pub fn plan(
    _network: &Network,
    _own: &[f64],
    _candidates: &[Candidate],
    _options: &PlanOptions,
) -> Result<Plan, CascadeError> {
    unimplemented!()
}
