//! The cascade as a system of linear equations in one unknown a customer, and its solution.
//!
//! With `alpha_ik = (1 - h_i) * w_ik` the two messages of a tie and the churn of its customers obey
//! `P_i = m[i->k] + alpha_ik * m[k->i]` and the same with i and k exchanged, so that
//!
//! ```text
//! m[k->i] = (P_k - alpha_ki * P_i) / (1 - alpha_ik * alpha_ki)
//! P_i     = h_i + sum over partners k of alpha_ik * m[k->i]
//! ```
//!
//! Put together these are as many linear equations as there are customers (the step from a
//! non-backtracking walk to a walk on the nodes; Ihara 1966, Bass 1992): M P = h with
//! `M_ii = D_i = 1 + sum of alpha_ik * alpha_ki / (1 - alpha_ik * alpha_ki)` and
//! `-M_ik = B_ik = alpha_ik / (1 - alpha_ik * alpha_ki)`. Since the `alpha_ik` of a customer sum to
//! less than 1, `D_i - sum of B_ik >= 1 - sum of alpha_ik > 0`: M is a diagonally dominant M-matrix,
//! and every relaxation converges. The adjoint of the cascade is the same system transposed.
//!
//! Iterative refinement: sweeps run on coefficients and corrections of single precision; what they
//! leave is taken from the weights in double precision.

#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "every index comes from a compiled network, which checked it; single precision is wanted"
)]

use rayon::prelude::*;

use super::Network;
use super::layout::{split, split_rows};

/// The part that the churn of a customer has in its partner's, and the other way around.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coupling {
    /// `alpha_ik`: by how much the customer follows the partner.
    pub pull: f64,
    /// `alpha_ki`: by how much the partner follows the customer.
    pub back: f64,
    /// `1 - alpha_ik * alpha_ki`; kept off 0, which it comes to if strengths round to 1.
    pub rest: f64,
}

impl Coupling {
    #[inline]
    pub fn new(pull: f64, back: f64) -> Self {
        let rest = (1.0 - pull * back).max(f64::EPSILON);
        Self { pull, back, rest }
    }

    /// The message from the partner, given the churn of the customer and of the partner.
    #[inline]
    pub fn received(&self, churn: f64, partner: f64) -> f64 {
        (partner - self.back * churn) / self.rest
    }

    /// The message to the partner, given the churn of the customer and of the partner.
    #[inline]
    pub fn sent(&self, churn: f64, partner: f64) -> f64 {
        (churn - self.pull * partner) / self.rest
    }
}

impl Coupling {
    /// Probability that the freight between the two is lost: that either is.
    #[inline]
    pub fn loss(&self, churn: f64, partner: f64) -> f64 {
        let sent = self.sent(churn, partner).clamp(0.0, 1.0);
        let received = self.received(churn, partner).clamp(0.0, 1.0);
        // 1 - (1 - a)(1 - b), written so that small probabilities keep their digits.
        sent + received - sent * received
    }
}

/// How the size of a change is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Norm {
    /// The largest of a customer.
    Largest,
    /// The sum over all customers.
    Sum,
}

impl Norm {
    pub fn both(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Largest => one.max(other),
            Self::Sum => one + other,
        }
    }
}

/// The equations of a network with some own churn, or their transpose.
pub(super) struct System<'a> {
    pub network: &'a Network,
    /// 1 - own churn, by place.
    pub stay: Vec<f64>,
    transposed: bool,
    /// Coefficient of the partner, for each arc.
    pub coefficients: Vec<f32>,
    /// D of each customer, by place.
    pub diagonal: Vec<f64>,
    /// Largest sum of `alpha_ik` of a customer, below 1: what is left of the equations is at most
    /// multiplied by 1 / (1 - this) in the answer.
    pub pull: f64,
}

/// How sweeps ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub sweeps: u32,
    /// Change in the last step, by the norm.
    pub change: f64,
    /// The most that the last step found left of an equation.
    pub left: f64,
}

impl<'a> System<'a> {
    /// `own` by place.
    pub fn new(network: &'a Network, own: &[f64], transposed: bool) -> Self {
        let layout = &network.layout;
        let stay: Vec<f64> = own.iter().map(|own| 1.0 - own).collect();
        let mut coefficients = vec![0.0_f32; layout.partners.len()];
        let mut diagonal = vec![1.0; stay.len()];
        let pieces: Vec<_> = split(&mut coefficients, &layout.rows, &layout.cuts)
            .into_iter()
            .zip(split_rows(&mut diagonal, &layout.cuts))
            .collect();
        let fill = |((places, coefficients), diagonal): (
            (std::ops::Range<usize>, &mut [f32]),
            &mut [f64],
        )| {
            let mut next = coefficients.iter_mut();
            let mut most = 0.0_f64;
            for (place, diagonal) in places.zip(diagonal) {
                let row = layout.row(place);
                let own = stay[place];
                let weights = network.weights[row.clone()]
                    .iter()
                    .zip(&network.partner_weights[row.clone()]);
                let arcs = layout.partners[row].iter().zip(weights);
                let (mut sum, mut d) = (0.0, 1.0);
                for ((partner, (weight, back)), slot) in arcs.zip(next.by_ref()) {
                    let arc = Coupling::new(own * weight, stay[*partner as usize] * back);
                    let (forward, reverse) = (arc.pull / arc.rest, arc.back / arc.rest);
                    sum += arc.pull;
                    d += forward * arc.back;
                    *slot = if transposed { reverse } else { forward } as f32;
                }
                *diagonal = d;
                most = most.max(sum);
            }
            most
        };
        let pull = if layout.is_small() {
            pieces.into_iter().map(fill).fold(0.0, f64::max)
        } else {
            pieces.into_par_iter().map(fill).reduce(|| 0.0, f64::max)
        };
        Self {
            network,
            stay,
            transposed,
            coefficients,
            diagonal,
            pull,
        }
    }

    /// What `x` leaves of `right`, by place, in double precision.
    pub fn residual(&self, x: &[f64], right: &[f64]) -> Vec<f64> {
        let layout = &self.network.layout;
        // Side by side, so that a partner is one visit to memory.
        let nodes: Vec<(f64, f64)> = self.stay.iter().copied().zip(x.iter().copied()).collect();
        let mut residual = vec![0.0; x.len()];
        let pieces: Vec<_> = layout
            .cuts
            .windows(2)
            .map(|cut| cut[0]..cut[1])
            .zip(split_rows(&mut residual, &layout.cuts))
            .collect();
        let fill = |(places, residual): (std::ops::Range<usize>, &mut [f64])| {
            for (place, slot) in places.zip(residual) {
                let row = layout.row(place);
                let (own, mine) = (self.stay[place], x[place]);
                let weights = self.network.weights[row.clone()]
                    .iter()
                    .zip(&self.network.partner_weights[row.clone()]);
                let mut sum = 0.0;
                for (partner, (weight, back)) in layout.partners[row].iter().zip(weights) {
                    let (stay, theirs) = nodes[*partner as usize];
                    let (pull, back) = (own * weight, stay * back);
                    let arc = if self.transposed {
                        Coupling::new(back, pull)
                    } else {
                        Coupling::new(pull, back)
                    };
                    sum += arc.pull * arc.received(mine, theirs);
                }
                *slot = right[place] - mine + sum;
            }
        };
        if layout.is_small() {
            pieces.into_iter().for_each(fill);
        } else {
            pieces.into_par_iter().for_each(fill);
        }
        residual
    }

    /// Improves `x` until a step changes it by at most `eps`, or `most` sweeps are over.
    ///
    /// `finish` gets what is left once only few customers still move, and may take it from there:
    /// it answers how many sweeps its work amounts to.
    pub fn improve(
        &self,
        x: &mut [f64],
        right: &[f64],
        (norm, eps, most): (Norm, f64, u32),
        mut finish: impl FnMut(&mut [f64], &mut [f64], u32) -> u32,
    ) -> Ended {
        let mut sweeps = 0;
        let mut residual = if x.iter().all(|x| *x == 0.0) {
            right.to_vec()
        } else {
            self.residual(x, right)
        };
        loop {
            let mut change = self.step(&residual, norm);
            if change > eps && sweeps < most {
                sweeps += self.sweeps(x, &residual, (norm, eps, most - sweeps));
                residual = self.residual(x, right);
                change = self.step(&residual, norm);
                if change > eps && sweeps < most {
                    sweeps += finish(x, &mut residual, most - sweeps);
                    change = self.step(&residual, norm);
                }
            }
            if change <= eps || sweeps >= most {
                // What is left is known: one more exact step over everybody.
                for ((x, residual), diagonal) in x.iter_mut().zip(&residual).zip(&self.diagonal) {
                    *x += residual / diagonal;
                }
                let left = residual
                    .iter()
                    .fold(0.0_f64, |most, left| most.max(left.abs()));
                return Ended {
                    sweeps: sweeps + 1,
                    change,
                    left,
                };
            }
        }
    }

    /// Size of the step that a residual asks for.
    fn step(&self, residual: &[f64], norm: Norm) -> f64 {
        residual
            .iter()
            .zip(&self.diagonal)
            .map(|(residual, diagonal)| (residual / diagonal).abs())
            .fold(0.0, |one, other| norm.both(one, other))
    }
}
