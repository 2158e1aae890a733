//! Belief propagation on the ties: churn of every customer, loss of every link, expected loss.

#![expect(
    clippy::indexing_slicing,
    reason = "every index comes from a compiled network, which checked it"
)]

use super::check::check_own;
use super::compile::Tie;
use super::solution::Message;
use super::{CascadeError, Network, Options, Report, Solution};

/// Solves a network with the own churn of its description.
///
/// O(sweeps * (customers + links)). Deterministic.
///
/// # Errors
///
/// [`CascadeError::Tolerance`].
///
/// # Example
///
/// ```
/// use hawser::cascade::{Description, Link, Network, Options, Strengths, solve};
/// use hawser::shipments::model::FreightTerms;
///
/// // A mill whose only customer is a bakery, which buys half of its freight elsewhere.
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
/// let solution = solve(&network, &Options::default())?;
///
/// // mill: 0.1 + 0.9 * 0.5 * 0.2; bakery: 0.2 + 0.8 * 0.5 * 0.5 * 0.1
/// assert!((solution.churn()[0] - 0.19).abs() < 1e-12);
/// assert!((solution.churn()[1] - 0.22).abs() < 1e-12);
/// // The link is lost with either: 10 * (1 - 0.9 * 0.8)
/// assert!((solution.expected_loss() - 2.8).abs() < 1e-12);
/// # Ok::<(), hawser::cascade::CascadeError>(())
/// ```
pub fn solve(network: &Network, options: &Options) -> Result<Solution, CascadeError> {
    solve_with(network, network.own_churn(), options)
}

/// Solves a network with other own churn than described: 1 for a customer taken as lost, 0 for one
/// taken as safe.
///
/// # Errors
///
/// [`CascadeError::OwnChurn`], [`CascadeError::Length`], [`CascadeError::Tolerance`].
pub fn solve_with(
    network: &Network,
    own: &[f64],
    options: &Options,
) -> Result<Solution, CascadeError> {
    check_own(own, network.customers())?;
    options.check()?;
    let mut run = Run::start(network, own);
    let report = run.iterate(options);
    Ok(run.finish(report))
}

/// What a sweep reads at random: kept together, so that one customer is one cache line's visit.
#[derive(Clone, Copy)]
struct Node {
    own: f64,
    total: f64,
}

struct Run<'a> {
    network: &'a Network,
    nodes: Vec<Node>,
    messages: Vec<Message>,
}

impl<'a> Run<'a> {
    /// Starts from own churn alone: from below, so that messages only rise.
    fn start(network: &'a Network, own: &[f64]) -> Self {
        let nodes = own.iter().map(|&own| Node { own, total: 0.0 }).collect();
        let mut messages = Vec::with_capacity(network.ties.len());
        for row in 0..network.customers() {
            for tie in row_ties(network, row) {
                messages.push(Message {
                    to_column: own[row],
                    to_row: own[tie.column as usize],
                });
            }
        }
        let mut run = Self {
            network,
            nodes,
            messages,
        };
        run.refresh_totals();
        run
    }

    fn iterate(&mut self, options: &Options) -> Report {
        let mut sweeps = 0;
        let mut change = f64::INFINITY;
        let mut fresh = true;
        while sweeps < options.max_sweeps {
            change = self.sweep();
            sweeps += 1;
            if change > options.eps {
                fresh = false;
                continue;
            }
            if fresh {
                break;
            }
            // Running totals drift: the sweep that decides starts from exact ones.
            self.refresh_totals();
            fresh = true;
        }
        Report {
            sweeps,
            change,
            error_bound: self.error_bound(change),
            converged: change <= options.eps,
        }
    }

    /// One Gauss-Seidel pass over the ties in the order of rows; the largest change of a message.
    fn sweep(&mut self) -> f64 {
        let mut change = 0.0_f64;
        for row in 0..self.network.customers() {
            let range = range_of(self.network, row);
            if range.is_empty() {
                continue;
            }
            let ties = &self.network.ties[range.clone()];
            let messages = &mut self.messages[range];

            let Node { own, mut total } = self.nodes[row];
            for (tie, message) in ties.iter().zip(messages.iter_mut()) {
                let column = self.nodes[tie.column as usize];
                let sent = emit(
                    column.own,
                    column.total,
                    tie.column_weight * message.to_column,
                );
                let step = sent - message.to_row;
                message.to_row = sent;
                total += tie.row_weight * step;
                change = change.max(step.abs());
            }
            for (tie, message) in ties.iter().zip(messages.iter_mut()) {
                let sent = emit(own, total, tie.row_weight * message.to_row);
                let step = sent - message.to_column;
                message.to_column = sent;
                self.nodes[tie.column as usize].total += tie.column_weight * step;
                change = change.max(step.abs());
            }
            self.nodes[row].total = total;
        }
        change
    }

    fn refresh_totals(&mut self) {
        for node in &mut self.nodes {
            node.total = 0.0;
        }
        for row in 0..self.network.customers() {
            let range = range_of(self.network, row);
            let mut total = 0.0;
            for (tie, message) in self.network.ties[range.clone()]
                .iter()
                .zip(&self.messages[range])
            {
                total += tie.row_weight * message.to_row;
                self.nodes[tie.column as usize].total += tie.column_weight * message.to_column;
            }
            self.nodes[row].total += total;
        }
    }

    /// The map contracts by q = max (1 - h) * sum of w in each sweep, so what is left is at most
    /// q / (1 - q) times the last change.
    fn error_bound(&self, change: f64) -> f64 {
        let mut pull = vec![0.0; self.nodes.len()];
        for row in 0..self.network.customers() {
            for tie in row_ties(self.network, row) {
                pull[row] += tie.row_weight;
                pull[tie.column as usize] += tie.column_weight;
            }
        }
        let factor = pull
            .iter()
            .zip(&self.nodes)
            .map(|(pull, node)| (1.0 - node.own) * pull)
            .fold(0.0, f64::max);
        if factor < 1.0 && change.is_finite() {
            (factor / (1.0 - factor) * change).min(1.0)
        } else {
            1.0
        }
    }

    fn finish(mut self, report: Report) -> Solution {
        self.refresh_totals();
        let own: Vec<f64> = self.nodes.iter().map(|node| node.own).collect();
        let totals: Vec<f64> = self.nodes.iter().map(|node| node.total).collect();
        let churn: Vec<f64> = self
            .nodes
            .iter()
            .map(|node| emit(node.own, node.total, 0.0).min(1.0))
            .collect();
        let mut solution = Solution {
            own,
            totals,
            messages: self.messages,
            churn,
            expected_loss: 0.0,
            report,
        };
        let on_ties: f64 = (0..self.network.ties.len())
            .map(|tie| self.network.worth[tie].value * solution.tie_loss(tie))
            .sum();
        let on_customers: f64 = solution
            .churn
            .iter()
            .zip(&self.network.own_value)
            .map(|(churn, value)| churn * value)
            .sum();
        solution.expected_loss = on_ties + on_customers;
        solution
    }
}

/// What a customer with own churn `own` sends: own churn, and behind its partners but one, whose
/// part in `total` is `except`.
#[inline]
fn emit(own: f64, total: f64, except: f64) -> f64 {
    own + (1.0 - own) * (total - except).max(0.0)
}

pub(super) fn range_of(network: &Network, row: usize) -> std::ops::Range<usize> {
    network.rows[row] as usize..network.rows[row + 1] as usize
}

fn row_ties(network: &Network, row: usize) -> &[Tie] {
    &network.ties[range_of(network, row)]
}
