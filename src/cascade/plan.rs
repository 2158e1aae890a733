//! Retention plan: whom to work on with a given budget.
//!
//! Working on customer i lowers its own churn `h_i` to `h_i * (1 - e_i)` at the cost `c_i`. Wanted is the
//! set within the budget that lowers the expected loss most.
//!
//! Where no value is negative, gains reinforce each other: to keep a customer is worth more the safer those
//! on whom it depends are (survival is a product over all who could pull it down, so what is saved is
//! supermodular in the set). Hence greedy choice has no guarantee here, and a gain computed early is no
//! upper bound. So: greedy by gain for its cost, forwards from nobody and backwards from
//! everybody, gains computed anew in rounds; then exchanges as long as they help, each checked by a
//! solve; and beside the plan a **ceiling** that no plan within the budget can exceed. A customer adds to any
//! plan at most what it adds last of all, when everybody else is protected; the fractional knapsack of
//! those gains is the ceiling (Dantzig 1957), or what protecting all saves, if that is less. Negative values are taken apart and
//! counted by the gain alone, which is then the least.
//!
//! All gains come from the reverse sweep: the expected loss is affine in each own churn where the ties
//! form a forest, and there gains and ceiling are exact. Loops bias them as they bias the messages.
//! A plan is chosen because it looks good, so it looks better than it is if the answer it was chosen
//! on errs: [`PlanOptions::worlds`] measures it in worlds that had no part in choosing.

mod ceiling;
mod search;

use super::check::check_own;
use super::solve::solve_from;
use super::{
    CascadeError, Estimate, Network, Options, Solution, WorldOptions, blast_radius, simulate,
};
use search::Search;

/// A customer that could be worked on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Index of the customer.
    pub customer: u32,
    /// What working on it costs, 0 or more, in any unit of money.
    pub cost: f64,
    /// By which part of itself that lowers own churn, in `[0, 1]`.
    pub effect: f64,
}

/// What a plan may spend, and how carefully it is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanOptions {
    /// What all chosen may cost together, 0 or more, in the unit of the costs.
    pub budget: f64,
    /// Solves after which nothing more is tried; what is begun is finished. Some 40 make a plan
    /// without exchanges. Default 100.
    pub solves: u32,
    /// Fresh worlds to measure the plan in, if wanted.
    pub worlds: Option<WorldOptions>,
}

impl PlanOptions {
    /// A plan within `budget`, not measured in worlds.
    pub const fn within(budget: f64) -> Self {
        Self {
            budget,
            solves: 100,
            worlds: None,
        }
    }
}

/// A customer of the plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// Index of the customer.
    pub customer: u32,
    /// What working on it costs.
    pub cost: f64,
    /// What is saved by working on it and nobody else.
    pub gain_alone: f64,
    /// What the plan would save less without it.
    pub gain_in_plan: f64,
}

/// Whom to work on, and what that saves.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The largest gain in the plan first, then by index.
    pub chosen: Vec<Chosen>,
    /// What they cost together.
    pub cost: f64,
    /// Expected loss of value without a plan.
    pub loss_before: f64,
    /// Expected loss of value with the plan.
    pub loss_after: f64,
    /// By how much that is less, by the messages.
    pub saved: f64,
    /// What no plan within the budget exceeds.
    pub ceiling: f64,
    /// Ceiling less saved: what a better plan could still be worth, at most.
    pub gap: f64,
    /// What is saved, measured in fresh worlds, if asked.
    pub measured: Option<Estimate>,
    /// How often the cascade was solved.
    pub solves: u32,
}

/// Chooses whom to work on.
///
/// Each solve is one of [`solve`](fn@super::solve) and one reverse sweep. A budget of 0 chooses
/// those who cost nothing and whose gain is positive, and nobody else.
///
/// # Errors
///
/// [`CascadeError::OwnChurn`], [`CascadeError::Length`]; [`CascadeError::Amount`] for a budget, a cost, an effect, a
/// customer or a number of worlds out of range; [`CascadeError::CandidateTwice`].
///
/// # Example
///
/// ```
/// use hawser::cascade::{Candidate, Description, Link, Network, PlanOptions, Strengths, plan};
/// use hawser::shipments::model::FreightTerms;
///
/// let links = [Link {
///     shipper: 0,
///     consignee: 1,
///     business: 50.0,
///     value: 10.0,
///     terms: FreightTerms::Unknown,
/// }];
/// let network = Network::compile(&Description {
///     own_churn: &[0.1, 0.2],
///     own_business: &[0.0, 50.0],
///     own_value: &[0.0, 0.0],
///     links: &links,
///     strengths: Strengths::uniform(0.5),
/// })?;
/// let candidates = [0, 1].map(|customer| Candidate { customer, cost: 1.0, effect: 0.5 });
/// let plan = plan(&network, network.own_churn(), &candidates, &PlanOptions::within(1.0))?;
///
/// // The link is kept with 0.9 * 0.8; working on the second customer makes that 0.9 * 0.9.
/// assert_eq!(plan.chosen[0].customer, 1);
/// assert!((plan.saved - 0.9).abs() < 1e-9);
/// // Were the first one safe, halved own churn of the second would be worth 10 * 0.95 * 0.1.
/// assert!((plan.ceiling - 0.95).abs() < 1e-9);
/// # Ok::<(), hawser::cascade::CascadeError>(())
/// ```
pub fn plan(
    network: &Network,
    own: &[f64],
    candidates: &[Candidate],
    options: &PlanOptions,
) -> Result<Plan, CascadeError> {
    check_own(own, network.customers())?;
    check(candidates, options, network.customers())?;
    let mut problem = Problem::new(network, own, candidates, options);

    let nobody = vec![false; candidates.len()];
    let before = problem.assess(&nobody, FINE)?;
    let everybody = problem.affordable();
    let all = problem.assess(&everybody, FINE)?;
    let bound = ceiling::ceiling(&mut problem, &nobody, &everybody, [&before, &all])?;
    let (set, after) = Search::new(&mut problem, &before, &all, bound).run(&everybody)?;

    // What is too small to be told from rounding is nothing.
    let saved = (before.loss - after.loss).max(0.0);
    let mut chosen: Vec<Chosen> = candidates
        .iter()
        .zip(&set)
        .zip(before.gains.iter().zip(&after.gains))
        .filter(|((_, chosen), _)| **chosen)
        .map(|((candidate, _), (&gain_alone, &gain_in_plan))| Chosen {
            customer: candidate.customer,
            cost: candidate.cost,
            gain_alone,
            gain_in_plan,
        })
        .collect();
    chosen.sort_by(|a, b| {
        let by_gain = b.gain_in_plan.total_cmp(&a.gain_in_plan);
        by_gain.then(a.customer.cmp(&b.customer))
    });
    let measured = match &options.worlds {
        Some(worlds) => Some(measure(network, own, &problem.own_with(&set), worlds)?),
        None => None,
    };
    let ceiling = bound.max(saved);
    Ok(Plan {
        cost: chosen.iter().map(|one| one.cost).sum(),
        chosen,
        loss_before: before.loss,
        loss_after: before.loss - saved,
        saved,
        ceiling,
        gap: ceiling - saved,
        measured,
        solves: problem.solves,
    })
}

/// What is saved by one list of own churn against another, in worlds that both live through.
fn measure(
    network: &Network,
    before: &[f64],
    after: &[f64],
    worlds: &WorldOptions,
) -> Result<Estimate, CascadeError> {
    let before = simulate(network, before, worlds)?;
    let after = simulate(network, after, worlds)?;
    before.difference(&after)
}

fn check(
    candidates: &[Candidate],
    options: &PlanOptions,
    customers: usize,
) -> Result<(), CascadeError> {
    let amount = |field: String, value: f64, rule| CascadeError::Amount { field, value, rule };
    let money = "a number between 0 and 1e100";
    if !(0.0..=1e100).contains(&options.budget) {
        return Err(amount("budget".to_owned(), options.budget, money));
    }
    if let Some(worlds) = &options.worlds {
        worlds.check()?;
    }
    let mut seen = vec![false; customers];
    for (index, one) in candidates.iter().enumerate() {
        let field = |name| format!("candidates[{index}].{name}");
        match seen.get_mut(one.customer as usize) {
            None => {
                let value = f64::from(one.customer);
                return Err(amount(field("customer"), value, "the index of a customer"));
            }
            Some(true) => {
                return Err(CascadeError::CandidateTwice {
                    candidate: index,
                    customer: one.customer,
                });
            }
            Some(seen) => *seen = true,
        }
        if !(0.0..=1e100).contains(&one.cost) {
            return Err(amount(field("cost"), one.cost, money));
        }
        if !(0.0..=1.0).contains(&one.effect) {
            return Err(amount(
                field("effect"),
                one.effect,
                "a number between 0 and 1",
            ));
        }
    }
    Ok(())
}

/// Tolerance where sets are compared and figures told, and where gains only have to be put in order.
const FINE: f64 = 1e-9;
const COARSE: f64 = 1e-5;

fn within(eps: f64) -> Options {
    Options {
        eps,
        ..Options::default()
    }
}

/// What is asked, and how often it was solved.
struct Problem<'a> {
    network: &'a Network,
    own: &'a [f64],
    candidates: &'a [Candidate],
    budget: f64,
    /// Sum of all values, as sizes: what differences are small against.
    scale: f64,
    most_solves: u32,
    solves: u32,
    /// The answer before, to start the next one from.
    start: Option<Vec<f64>>,
}

/// What a set of candidates comes to.
#[derive(Clone, Debug)]
struct Assessed {
    loss: f64,
    /// For each candidate what is saved by it beside the others of the set.
    gains: Vec<f64>,
}

impl<'a> Problem<'a> {
    fn new(
        network: &'a Network,
        own: &'a [f64],
        candidates: &'a [Candidate],
        options: &PlanOptions,
    ) -> Self {
        let values = (0..network.ties())
            .map(|tie| network.tie_value(tie).abs())
            .chain(network.own_values().iter().map(|value| value.abs()));
        Self {
            network,
            own,
            candidates,
            // So that tenths that add up to the budget fit into it.
            budget: options.budget * (1.0 + 1e-12),
            scale: values.sum(),
            most_solves: options.solves,
            solves: 0,
            start: None,
        }
    }

    /// The candidates that some plan could have.
    fn affordable(&self) -> Vec<bool> {
        let budget = self.budget;
        let fits = |one: &Candidate| one.cost <= budget;
        self.candidates.iter().map(fits).collect()
    }

    fn is_spent(&self) -> bool {
        self.solves >= self.most_solves
    }

    fn own_with(&self, set: &[bool]) -> Vec<f64> {
        let mut own = self.own.to_vec();
        for (one, _) in self.candidates.iter().zip(set).filter(|(_, set)| **set) {
            if let Some(own) = own.get_mut(one.customer as usize) {
                *own *= 1.0 - one.effect;
            }
        }
        own
    }

    fn cost(&self, set: &[bool]) -> f64 {
        let chosen = self.candidates.iter().zip(set).filter(|(_, set)| **set);
        chosen.map(|(one, _)| one.cost).sum()
    }

    fn solve(&mut self, set: &[bool], eps: f64) -> Result<Solution, CascadeError> {
        self.solves += 1;
        let own = self.own_with(set);
        let solution = solve_from(self.network, &own, self.start.as_deref(), &within(eps));
        if !solution.report().converged {
            return Err(CascadeError::NotConverged(solution.report().sweeps));
        }
        self.start = Some(solution.placed.clone());
        Ok(solution)
    }

    fn assess(&mut self, set: &[bool], eps: f64) -> Result<Assessed, CascadeError> {
        let solution = self.solve(set, eps)?;
        Ok(Assessed {
            loss: solution.expected_loss(),
            gains: self.gains(self.network, &solution, eps)?,
        })
    }

    /// The gain of each candidate by the values of `network`.
    fn gains(
        &self,
        network: &Network,
        solution: &Solution,
        eps: f64,
    ) -> Result<Vec<f64>, CascadeError> {
        let blast = blast_radius(network, solution, &within(eps))?;
        if !blast.converged {
            return Err(CascadeError::NotConverged(blast.sweeps));
        }
        let gain = |one: &Candidate| {
            let customer = one.customer as usize;
            let pair = self.own.get(customer).zip(blast.values.get(customer));
            pair.map_or(0.0, |(own, blast)| own * one.effect * blast)
        };
        Ok(self.candidates.iter().map(gain).collect())
    }
}
