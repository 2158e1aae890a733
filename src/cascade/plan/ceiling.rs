//! What no plan within the budget can exceed.

use super::super::solve::solve_from;
use super::super::{CascadeError, Network, Solution};
use super::{Assessed, FINE, Problem, within};

/// The ceiling, from what nobody and what everybody affordable comes to.
pub(super) fn ceiling(
    problem: &mut Problem<'_>,
    nobody: &[bool],
    everybody: &[bool],
    [before, all]: [&Assessed; 2],
) -> Result<f64, CascadeError> {
    let (gains, together) = if has_negative(problem.network) {
        let solved = [
            problem.solve(nobody, FINE)?,
            problem.solve(everybody, FINE)?,
        ];
        let losses = problem.network.revalued(|value| value.max(0.0));
        let mut gains = problem.gains(&losses, &solved[1], FINE)?;
        let together = loss(&losses, &solved[0]) - loss(&losses, &solved[1]);
        drop(losses);
        let credits = problem.network.revalued(|value| (-value).max(0.0));
        let forgone = problem.gains(&credits, &solved[0], FINE)?;
        for (gain, forgone) in gains.iter_mut().zip(forgone) {
            *gain -= forgone;
        }
        (gains, together)
    } else {
        (all.gains.clone(), before.loss - all.loss)
    };
    Ok(knapsack(problem, everybody, &gains).min(together))
}

fn has_negative(network: &Network) -> bool {
    let ties = (0..network.ties()).map(|tie| network.tie_value(tie));
    let mut values = ties.chain(network.own_values().iter().copied());
    values.any(|value| value < 0.0)
}

/// Expected loss by the values of `network`.
fn loss(network: &Network, solution: &Solution) -> f64 {
    let start = Some(solution.placed.as_slice());
    solve_from(network, &solution.own, start, &within(FINE)).expected_loss()
}

/// The best for the budget if candidates could be had in parts.
fn knapsack(problem: &Problem<'_>, allowed: &[bool], gains: &[f64]) -> f64 {
    let mut items: Vec<(f64, f64)> = problem
        .candidates
        .iter()
        .zip(allowed)
        .zip(gains)
        .filter(|((_, allowed), gain)| **allowed && **gain > 0.0)
        .map(|((one, _), &gain)| (gain, one.cost))
        .collect();
    items.sort_by(|a, b| (b.0 / b.1).total_cmp(&(a.0 / a.1)));
    let (mut left, mut sum) = (problem.budget, 0.0);
    for (gain, cost) in items {
        if cost > left {
            return sum + gain * left / cost;
        }
        left -= cost;
        sum += gain;
    }
    sum
}
