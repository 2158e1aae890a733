//! Blast radius of every customer at the price of about one solve: the reverse sweep.

#![expect(
    clippy::indexing_slicing,
    reason = "every index comes from a compiled network, which checked it"
)]

use rayon::prelude::*;

use super::layout::PIECES;
use super::system::{Coupling, Norm, System};
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
/// The equations are those of the churn probabilities transposed, in the sum of the adjoints of the
/// messages that a customer sends. Iterated until the changes of a sweep sum to at most `eps` of the
/// network's value. `solution` must be an answer for `network`.
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
    let scale = scale(network);
    if scale == 0.0 {
        return Ok(BlastRadius {
            values: vec![0.0; network.customers()],
            sweeps: 0,
            change: 0.0,
            converged: true,
        });
    }
    let own = network.by_place(&solution.own);
    let system = System::new(network, &own, true);
    let mut run = Run {
        network,
        nodes: nodes(&system.stay, &solution.placed),
        unit: 1.0 / scale,
    };
    let right = run.summed(|place| run.own_value(place), TieAt::direct);
    let mut sent = vec![0.0; own.len()];
    let ended = system.improve(
        &mut sent,
        &right,
        (Norm::Sum, options.eps, options.max_sweeps),
        |_, _, _| 0,
    );
    for (node, sent) in run.nodes.iter_mut().zip(&sent) {
        node.sent = *sent;
    }
    let values: Vec<f64> = run.radii().iter().map(|radius| scale * radius).collect();
    Ok(BlastRadius {
        values: network.by_customer(&values),
        sweeps: ended.sweeps,
        change: ended.change,
        converged: ended.change <= options.eps,
    })
}

/// Sum of the sizes of all values.
fn scale(network: &Network) -> f64 {
    let slots = network.link_values.chunks(1 << 16);
    let of_links: f64 = slots
        .map(|stretch| stretch.iter().map(|value| value.abs()).sum::<f64>())
        .sum();
    of_links
        + network
            .own_values()
            .iter()
            .map(|value| value.abs())
            .sum::<f64>()
}

/// What is saved on average by a play that lowers own churn `own` by the part `effect` of itself.
///
/// Own churn times effect times blast radius. The watch list is ranked by it.
pub fn save_value(own: f64, effect: f64, blast_radius: f64) -> f64 {
    own * effect * blast_radius
}

/// Checks that a solution has the size of the network.
pub(super) fn check_match(network: &Network, solution: &Solution) -> Result<(), CascadeError> {
    if solution.own.len() != network.customers() || solution.ties != network.ties() {
        return Err(CascadeError::Length {
            field: "solution",
            found: solution.own.len(),
            expected: network.customers(),
        });
    }
    Ok(())
}

/// What a pass over the ties asks of a customer: kept together, so that it is one visit to memory.
#[derive(Clone, Copy)]
struct Node {
    /// 1 - own churn.
    stay: f64,
    churn: f64,
    /// Sum of the adjoints of the messages that it sends.
    sent: f64,
}

fn nodes(stay: &[f64], churn: &[f64]) -> Vec<Node> {
    let both = stay.iter().zip(churn);
    both.map(|(stay, churn)| Node {
        stay: *stay,
        churn: *churn,
        sent: 0.0,
    })
    .collect()
}

/// What the reverse sweep is computed from; everything by place.
struct Run<'a> {
    network: &'a Network,
    nodes: Vec<Node>,
    /// What one unit of value is of all of it, so that single precision holds it.
    unit: f64,
}

impl Run<'_> {
    /// For each customer what `own` says of it and, summed over its ties, what `of` says of the
    /// customers at the lower and the higher place of each.
    ///
    /// Goes over the ties in so many lanes, each with sums of its own, which are then added: always
    /// the same lanes, so that the answer does not depend on the number of threads.
    fn summed(
        &self,
        own: impl Fn(usize) -> f64,
        of: impl Fn(&TieAt) -> (f64, f64) + Sync,
    ) -> Vec<f64> {
        let layout = &self.network.layout;
        let lane = |lane: usize| {
            let mut sums = vec![0.0; self.nodes.len()];
            let first = layout.cuts[lane * PIECES / LANES];
            for place in first..layout.cuts[(lane + 1) * PIECES / LANES] {
                let mut sum = 0.0;
                for tie in self.ties(place) {
                    let (row, column) = of(&tie);
                    sum += row;
                    sums[tie.column] += column;
                }
                sums[place] += sum;
            }
            sums
        };
        let lanes: Vec<Vec<f64>> = if layout.is_small() {
            (0..LANES).map(lane).collect()
        } else {
            (0..LANES).into_par_iter().map(lane).collect()
        };
        let mut sums: Vec<f64> = (0..self.nodes.len()).map(own).collect();
        for lane in lanes {
            for (sum, part) in sums.iter_mut().zip(lane) {
                *sum += part;
            }
        }
        sums
    }

    /// The ties whose lower place this is.
    fn ties(&self, row: usize) -> impl Iterator<Item = TieAt> + '_ {
        let (network, layout) = (self.network, &self.network.layout);
        let arcs = layout.rows[row] + layout.lowers(row)..layout.rows[row + 1];
        let weights = network.weights[arcs.clone()]
            .iter()
            .zip(&network.partner_weights[arcs.clone()]);
        let ties = layout.uppers[row]..layout.uppers[row + 1];
        let mine = self.nodes[row];
        layout.partners[arcs].iter().zip(ties).zip(weights).map(
            move |((column, tie), (weight, back))| {
                let column = *column as usize;
                let theirs = self.nodes[column];
                let arc = Coupling::new(mine.stay * weight, theirs.stay * back);
                TieAt {
                    column,
                    sent: (mine.sent, theirs.sent),
                    weights: (*weight, *back),
                    value: network.tie_value(tie as usize) * self.unit,
                    to_row: arc.received(mine.churn, theirs.churn),
                    to_column: arc.sent(mine.churn, theirs.churn),
                    arc,
                }
            },
        )
    }

    fn own_value(&self, place: usize) -> f64 {
        let customer = self.network.layout.customers[place] as usize;
        self.network.own_value[customer] * self.unit
    }

    /// dJ/dh of each customer.
    fn radii(&self) -> Vec<f64> {
        self.summed(
            |place| self.nodes[place].sent,
            |tie| {
                let (row, column) = tie.direct();
                let (all_row, all_column) = tie.sent;
                let arc = &tie.arc;
                let from_row = row + arc.back * (all_column - arc.pull * all_row) / arc.rest;
                let from_column = column + arc.pull * (all_row - arc.back * all_column) / arc.rest;
                (
                    tie.weights.0 * tie.to_row * (from_row - all_row),
                    tie.weights.1 * tie.to_column * (from_column - all_column),
                )
            },
        )
    }
}

/// A tie and what goes over it.
struct TieAt {
    column: usize,
    /// Sums of the adjoints of what the row's and the column's customer send.
    sent: (f64, f64),
    /// Of the row's customer and of the column's.
    weights: (f64, f64),
    value: f64,
    to_row: f64,
    to_column: f64,
    /// As the row's customer sees it.
    arc: Coupling,
}

impl TieAt {
    /// What the messages of the row's and of the column's customer add to the expected loss, their
    /// echo by the same tie included.
    fn direct(&self) -> (f64, f64) {
        let of_row = self.value * (1.0 - self.to_row);
        let of_column = self.value * (1.0 - self.to_column);
        (
            (of_row - self.arc.back * of_column) / self.arc.rest,
            (of_column - self.arc.pull * of_row) / self.arc.rest,
        )
    }
}

/// Into so many lanes the ties are divided.
const LANES: usize = 4;
