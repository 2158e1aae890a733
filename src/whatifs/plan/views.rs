//! What is kept of a plan, and what a caller sees of it.

use serde::{Deserialize, Serialize};

use super::super::views::{Estimate, Shift};
use crate::assessment::model::CascadeTerm;
use crate::assessment::read::{Pointer, Source};
use crate::db::UtcTime;
use crate::ids::CustomerId;
use crate::plays::AssumedEffect;

/// What a plan saves in worlds that it was not made on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Measured {
    /// Worlds drawn.
    pub worlds: u32,
    /// The seed that they grew from.
    pub seed: u64,
    /// What is saved in them on average.
    pub saved: Estimate,
}

/// A customer of a plan, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptChosen {
    /// Who.
    pub customer: CustomerId,
    /// Minor units.
    pub cost: i64,
    /// By how much own churn is lowered.
    pub effect: f64,
    /// In the run.
    pub own_churn: f64,
    /// In the run.
    pub blast_radius: f64,
    /// What is saved with this customer alone.
    pub gain_alone: f64,
    /// What the plan would lose without it.
    pub gain_in_plan: f64,
    /// Whether it seems to have left already; only candidates that were named can.
    pub gone: bool,
}

/// A plan, as it is kept: ids instead of names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptPlan {
    /// Minor units.
    pub budget: i64,
    /// Minor units.
    pub cost: i64,
    /// Expected.
    pub saved: f64,
    /// No plan within the budget saves more.
    pub ceiling: f64,
    /// Ceiling less saved.
    pub gap: f64,
    /// In the whole network.
    pub expected_loss: Shift,
    /// In fresh worlds.
    pub measured: Option<Measured>,
    /// The largest gain first.
    pub chosen: Vec<KeptChosen>,
    /// How many could have been chosen.
    pub considered: u64,
    /// How many were left out because they seem to have left already.
    pub gone: u64,
    /// What was taken for the effect of a play where the request did not say; `None` too in plans that
    /// were kept before plays were measured.
    #[serde(default)]
    pub assumed: Option<AssumedEffect>,
}

/// A customer that the plan chooses.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ChosenView {
    /// Who.
    pub customer: Pointer,
    /// What the play costs, minor units.
    pub cost: i64,
    /// By how much it lowers own churn.
    pub effect: f64,
    /// Probability that it leaves by itself.
    pub own_churn: Shift,
    /// Expected loss in the network if it is lost, less that if it is safe.
    pub blast_radius: f64,
    /// What the plan would lose without it, in the run's value basis.
    pub gain: f64,
    /// What is saved with this customer alone.
    pub gain_alone: f64,
    /// It seems to have left already: silent for a whole horizon with an own churn of 90 % or more.
    pub gone: bool,
    /// Why, for people.
    pub reason: String,
}

/// A retention plan.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PlanView {
    /// Its id; `null`: it was not kept.
    pub id: Option<i64>,
    /// What its maker calls it.
    pub name: Option<String>,
    /// The plan for people, sentence by sentence, in the language of `Accept-Language`.
    pub summary: Vec<String>,
    /// Where the numbers come from.
    pub source: Source,
    /// What may be spent, minor units.
    pub budget: i64,
    /// What is spent, minor units.
    pub cost: i64,
    /// What is saved on average over the horizon, in the run's value basis.
    pub saved: f64,
    /// No plan within the budget saves more than this.
    pub ceiling: f64,
    /// Ceiling less saved.
    pub gap: f64,
    /// Expected loss of value in the whole network.
    pub expected_loss: Shift,
    /// What it saves in simulated worlds that it was not made on.
    pub measured: Option<Measured>,
    /// Whom to look after, the largest gain first.
    pub chosen: Vec<ChosenView>,
    /// How many could have been chosen.
    pub considered: u64,
    /// How many were left out because they seem to have left already.
    pub left_out: u64,
    /// What was taken for the effect of a play where the request did not say: `measured`, with how many
    /// cases and which interval, or the `setting`; `null`: the request said for all.
    pub assumed_effect: Option<AssumedEffect>,
    /// What history says of the cascade: `supported`, `not_supported`, or `hypothesis` while no
    /// back-test had enough to say.
    pub cascade_term: CascadeTerm,
    /// Who asked: `key:ID` or `cli`; `null`: it was not kept.
    pub actor: Option<String>,
    /// When it was kept.
    pub created_at: Option<UtcTime>,
}
