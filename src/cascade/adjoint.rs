//! Blast radius of every customer at the price of about one solve: the reverse sweep.

#![expect(
    clippy::indexing_slicing,
    reason = "every index comes from a compiled network, which checked it"
)]

use rayon::prelude::*;

use super::layout::split_rows;
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
    let run = Run {
        network,
        stay: &system.stay,
        churn: &solution.placed,
        scale,
    };
    let right = run.each(|place| run.direct(place));
    let mut sent = vec![0.0; own.len()];
    let ended = system.improve(
        &mut sent,
        &right,
        (Norm::Sum, options.eps, options.max_sweeps),
        |_, _, _| 0,
    );
    let values = run.each(|place| run.radius(place, &sent));
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
            .own_value
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

/// What the reverse sweep is computed from; everything by place, values as parts of `scale`.
struct Run<'a> {
    network: &'a Network,
    stay: &'a [f64],
    churn: &'a [f64],
    scale: f64,
}

impl Run<'_> {
    /// Something of each customer.
    fn each(&self, of: impl Fn(usize) -> f64 + Sync) -> Vec<f64> {
        let layout = &self.network.layout;
        let mut list = vec![0.0; self.stay.len()];
        let fill = |(cut, list): (&[usize], &mut [f64])| {
            for (place, slot) in (cut[0]..cut[1]).zip(list) {
                *slot = of(place);
            }
        };
        let pieces: Vec<_> = layout
            .cuts
            .windows(2)
            .zip(split_rows(&mut list, &layout.cuts))
            .collect();
        if layout.is_small() {
            pieces.into_iter().for_each(fill);
        } else {
            pieces.into_par_iter().for_each(fill);
        }
        list
    }

    /// Partner, weight, value and coupling of each arc of a customer.
    fn arcs(&self, place: usize) -> impl Iterator<Item = (usize, f64, f64, Coupling)> + '_ {
        let layout = &self.network.layout;
        let row = layout.row(place);
        let own = self.stay[place];
        let weights = self.network.weights[row.clone()]
            .iter()
            .zip(&self.network.partner_weights[row.clone()]);
        let partners = layout.partners[row].iter().zip(layout.ties_of(place));
        partners
            .zip(weights)
            .map(move |((partner, tie), (weight, back))| {
                let partner = *partner as usize;
                let value = self.network.tie_value(tie as usize) / self.scale;
                let arc = Coupling::new(own * weight, self.stay[partner] * back);
                (partner, *weight, value, arc)
            })
    }

    fn own_value(&self, place: usize) -> f64 {
        let customer = self.network.layout.customers[place] as usize;
        self.network.own_value[customer] / self.scale
    }

    /// What a customer's loss costs directly: the right side of its equation.
    fn direct(&self, place: usize) -> f64 {
        let mine = self.churn[place];
        self.arcs(place)
            .fold(self.own_value(place), |sum, (partner, _, value, arc)| {
                sum + direct(value, &arc, mine, self.churn[partner])
            })
    }

    /// dJ/dh, given the sum of the adjoints of the messages that each customer sends.
    fn radius(&self, place: usize, sent: &[f64]) -> f64 {
        let (mine, all) = (self.churn[place], sent[place]);
        let (mut heard, mut echo) = (0.0, 0.0);
        for (partner, weight, value, arc) in self.arcs(place) {
            let other = self.churn[partner];
            let from = weight * arc.received(mine, other);
            let adjoint = direct(value, &arc, mine, other)
                + arc.back * (sent[partner] - arc.pull * all) / arc.rest;
            heard += from;
            echo += adjoint * from;
        }
        self.scale * (all * (1.0 - heard) + echo)
    }
}

/// What the message to a partner adds to the expected loss, its echo by the same tie included.
fn direct(value: f64, arc: &Coupling, mine: f64, other: f64) -> f64 {
    let to = value * (1.0 - arc.received(mine, other));
    let back = value * (1.0 - arc.sent(mine, other));
    (to - arc.back * back) / arc.rest
}
