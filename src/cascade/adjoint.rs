//! Blast radius of every customer at the price of about one solve: the reverse sweep.

#![expect(
    clippy::indexing_slicing,
    reason = "every index comes from a compiled network, which checked it"
)]

use super::solve::range_of;
use super::{CascadeError, Network, Options, Solution};

/// Blast radius of every customer, and how the iteration ended.
#[derive(Clone, Debug, PartialEq)]
pub struct BlastRadius {
    /// Expected loss if the customer is lost, minus expected loss if it is safe, for each customer.
    pub values: Vec<f64>,
    /// Sweeps over all ties.
    pub sweeps: u32,
    /// Sum of all changes in the last sweep, as a share of the network's value.
    pub change: f64,
    /// Whether `change` came down to the tolerance.
    pub converged: bool,
}

/// By how much the expected loss J rises with own churn, for every customer: `dJ/dh`.
///
/// J is affine in each `h_i` where the ties form a forest, so there the derivative is the
/// difference J(lost) - J(safe). With `a[k->i] = dJ/dm[k->i]` and v of a pair's links summed,
///
/// ```text
/// a[k->i] = v_ki * (1 - m[i->k]) + (1 - h_i) * w_ik * (u_i + sum over j other than k of a[i->j])
/// dJ/dh_i = u_i * (1 - sum of w_ik m[k->i]) + sum over j of a[i->j] * (1 - sum over k other than j of w_ik m[k->i])
/// ```
///
/// Iterated until the changes of a sweep sum to at most `eps` of the network's value. `solution`
/// must be an answer for `network`.
///
/// # Errors
///
/// [`CascadeError::Tolerance`]; [`CascadeError::Length`] if the solution is of a network of another
/// size.
pub fn blast_radius(
    network: &Network,
    solution: &Solution,
    options: &Options,
) -> Result<BlastRadius, CascadeError> {
    options.check()?;
    check_match(network, solution)?;
    let scale: f64 = network
        .worth
        .iter()
        .map(|worth| worth.value.abs())
        .chain(network.own_value.iter().map(|value| value.abs()))
        .sum();
    let mut run = Run::start(network, solution);
    let (mut sweeps, mut change, mut fresh) = (0, f64::INFINITY, true);
    while sweeps < options.max_sweeps {
        let moved = run.sweep();
        change = if scale > 0.0 { moved / scale } else { 0.0 };
        sweeps += 1;
        if change > options.eps {
            fresh = false;
        } else if fresh {
            break;
        } else {
            run.refresh_totals();
            fresh = true;
        }
    }
    Ok(BlastRadius {
        values: run.finish(),
        sweeps,
        change,
        converged: change <= options.eps,
    })
}

/// What is saved on average by a play that lowers own churn `own` by the part `effect` of itself.
///
/// Own churn times effect times blast radius. The watch list is ranked by it.
pub fn save_value(own: f64, effect: f64, blast_radius: f64) -> f64 {
    own * effect * blast_radius
}

/// Checks that a solution has the size of the network.
pub(super) fn check_match(network: &Network, solution: &Solution) -> Result<(), CascadeError> {
    if solution.own.len() != network.customers() || solution.messages.len() != network.ties.len() {
        return Err(CascadeError::Length {
            field: "solution",
            found: solution.own.len(),
            expected: network.customers(),
        });
    }
    Ok(())
}

/// Adjoints of the two messages of a tie.
#[derive(Clone, Copy, Default)]
struct Adjoint {
    to_column: f64,
    to_row: f64,
}

/// What a sweep reads at random of a customer.
#[derive(Clone, Copy)]
struct Node {
    /// 1 - own churn.
    stay: f64,
    own_value: f64,
    /// Sum of the adjoints of the messages it sends.
    total: f64,
}

struct Run<'a> {
    network: &'a Network,
    solution: &'a Solution,
    nodes: Vec<Node>,
    adjoints: Vec<Adjoint>,
}

impl<'a> Run<'a> {
    fn start(network: &'a Network, solution: &'a Solution) -> Self {
        let nodes = solution
            .own
            .iter()
            .zip(&network.own_value)
            .map(|(&own, &own_value)| Node {
                stay: 1.0 - own,
                own_value,
                total: 0.0,
            })
            .collect();
        Self {
            network,
            solution,
            nodes,
            adjoints: vec![Adjoint::default(); network.ties.len()],
        }
    }

    /// One Gauss-Seidel pass; the sum of all changes.
    fn sweep(&mut self) -> f64 {
        let mut moved = 0.0;
        for row in 0..self.network.customers() {
            let range = range_of(self.network, row);
            let mut node = self.nodes[row];
            for tie in range.clone() {
                let record = &self.network.ties[tie];
                let receiver = self.nodes[record.column as usize];
                let adjoint = &mut self.adjoints[tie];
                let alone =
                    self.network.worth[tie].value * (1.0 - self.solution.messages[tie].to_row);
                let onward = receiver.own_value + receiver.total - adjoint.to_row;
                let fresh = alone + receiver.stay * record.column_weight * onward;
                let step = fresh - adjoint.to_column;
                adjoint.to_column = fresh;
                node.total += step;
                moved += step.abs();
            }
            for tie in range {
                let record = &self.network.ties[tie];
                let adjoint = &mut self.adjoints[tie];
                let alone =
                    self.network.worth[tie].value * (1.0 - self.solution.messages[tie].to_column);
                let onward = node.own_value + node.total - adjoint.to_column;
                let fresh = alone + node.stay * record.row_weight * onward;
                let step = fresh - adjoint.to_row;
                adjoint.to_row = fresh;
                self.nodes[record.column as usize].total += step;
                moved += step.abs();
            }
            self.nodes[row].total = node.total;
        }
        moved
    }

    fn refresh_totals(&mut self) {
        for node in &mut self.nodes {
            node.total = 0.0;
        }
        for row in 0..self.network.customers() {
            for tie in range_of(self.network, row) {
                self.nodes[row].total += self.adjoints[tie].to_column;
                let column = self.network.ties[tie].column as usize;
                self.nodes[column].total += self.adjoints[tie].to_row;
            }
        }
    }

    fn finish(self) -> Vec<f64> {
        let totals = &self.solution.totals;
        let mut values: Vec<f64> = self
            .network
            .own_value
            .iter()
            .zip(totals)
            .map(|(value, total)| value * (1.0 - total))
            .collect();
        for row in 0..self.network.customers() {
            for tie in range_of(self.network, row) {
                let record = &self.network.ties[tie];
                let column = record.column as usize;
                let message = self.solution.messages[tie];
                let adjoint = self.adjoints[tie];
                values[row] +=
                    adjoint.to_column * (1.0 - (totals[row] - record.row_weight * message.to_row));
                values[column] += adjoint.to_row
                    * (1.0 - (totals[column] - record.column_weight * message.to_column));
            }
        }
        values
    }
}
