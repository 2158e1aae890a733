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
use super::layout::{PIECES, split, split_rows};

/// A sweep renews the customers in so many batches, one after the other; a batch sees what those
/// before it have renewed. Fixed, so that the answer does not depend on the number of threads.
const BATCHES: usize = 16;

/// Smallest change, as a part of what is sought, that sweeps of single precision can resolve.
const SINGLE: f64 = 2e-6;

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
    fn both(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Largest => one.max(other),
            Self::Sum => one + other,
        }
    }
}

/// The equations of a network with some own churn, or their transpose.
pub(super) struct System<'a> {
    network: &'a Network,
    /// 1 - own churn, by place.
    pub stay: Vec<f64>,
    transposed: bool,
    /// Coefficient of the partner, for each arc.
    coefficients: Vec<f32>,
    /// D of each customer, by place.
    pub diagonal: Vec<f64>,
    /// Largest sum of `alpha_ik` of a customer, below 1: what is left of the equations is at most
    /// multiplied by 1 / (1 - this) in the answer.
    pub pull: f64,
}

/// What a sweep did.
#[derive(Clone, Copy)]
struct Moved {
    /// Change, by the norm.
    change: f64,
    /// Size of what is sought, by the norm.
    size: f64,
    /// Arcs of the customers that moved by more than the tolerance.
    active: usize,
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
                let mut sum = 0.0;
                for ((partner, (weight, back)), slot) in arcs.zip(next.by_ref()) {
                    let arc = Coupling::new(own * weight, stay[*partner as usize] * back);
                    let per = 1.0 / arc.rest;
                    let coefficient = arc.pull * per;
                    sum += arc.pull;
                    *diagonal += coefficient * arc.back;
                    *slot = if transposed {
                        arc.back * per
                    } else {
                        coefficient
                    } as f32;
                }
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
                    let partner = *partner as usize;
                    let (pull, back) = (own * weight, self.stay[partner] * back);
                    let arc = if self.transposed {
                        Coupling::new(back, pull)
                    } else {
                        Coupling::new(pull, back)
                    };
                    sum += arc.pull * arc.received(mine, x[partner]);
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

    /// Sweeps of single precision over what `x` leaves; how many.
    fn sweeps(&self, x: &mut [f64], residual: &[f64], (norm, eps, most): (Norm, f64, u32)) -> u32 {
        let scale = residual
            .iter()
            .fold(0.0_f64, |scale, left| scale.max(left.abs()));
        let right: Vec<f32> = residual.iter().map(|left| (left / scale) as f32).collect();
        let inverse: Vec<f32> = self.diagonal.iter().map(|d| (1.0 / d) as f32).collect();
        let mut y: Vec<f32> = right
            .iter()
            .zip(&inverse)
            .map(|(right, inverse)| right * inverse)
            .collect();
        let mut fresh = vec![0.0; y.len()];
        let eps = eps / scale;
        let arcs = self.coefficients.len();
        let mut count = 0;
        while count < most {
            let moved = self.sweep(&mut y, &mut fresh, (&right, &inverse), (norm, eps as f32));
            count += 1;
            if moved.change <= eps.max(SINGLE * moved.size)
                || (norm == Norm::Largest && moved.active <= arcs / FEW)
            {
                break;
            }
        }
        for (x, y) in x.iter_mut().zip(&y) {
            *x += scale * f64::from(*y);
        }
        count
    }

    /// One pass over all customers.
    fn sweep(
        &self,
        y: &mut [f32],
        fresh: &mut [f32],
        (right, inverse): (&[f32], &[f32]),
        (norm, eps): (Norm, f32),
    ) -> Moved {
        let layout = &self.network.layout;
        let mut total = Moved {
            change: 0.0,
            size: 0.0,
            active: 0,
        };
        let join = |one: Moved, other: Moved| Moved {
            change: norm.both(one.change, other.change),
            size: norm.both(one.size, other.size),
            active: one.active + other.active,
        };
        for cuts in (0..BATCHES)
            .map(|batch| &layout.cuts[batch * PIECES / BATCHES..=(batch + 1) * PIECES / BATCHES])
        {
            let (begin, end) = (cuts[0], cuts[cuts.len() - 1]);
            let old = &*y;
            let work = |(cut, fresh): (&[usize], &mut [f32])| {
                let mut moved = Moved {
                    change: 0.0,
                    size: 0.0,
                    active: 0,
                };
                for (place, slot) in (cut[0]..cut[1]).zip(fresh) {
                    let row = layout.row(place);
                    let arcs = row.len();
                    let sum = dot(&layout.partners[row.clone()], &self.coefficients[row], old);
                    let value = (right[place] + sum) * inverse[place];
                    let change = (value - old[place]).abs();
                    *slot = value;
                    moved.change = norm.both(moved.change, f64::from(change));
                    moved.size = norm.both(moved.size, f64::from(value.abs()));
                    moved.active += if change > eps { arcs } else { 0 };
                }
                moved
            };
            let pieces: Vec<_> = cuts
                .windows(2)
                .zip(split_rows(&mut fresh[begin..end], cuts))
                .collect();
            let moved: Vec<Moved> = if layout.is_small() {
                pieces.into_iter().map(work).collect()
            } else {
                pieces.into_par_iter().map(work).collect()
            };
            total = moved.into_iter().fold(total, join);
            y[begin..end].copy_from_slice(&fresh[begin..end]);
        }
        total
    }
}

/// When no more than one arc in so many belongs to a customer that still moves, sweeps over all of
/// them are a waste.
const FEW: usize = 64;

/// Sum of coefficient times value over the partners of a row: in single precision by stretches, in
/// double precision over them, so that long rows lose nothing.
#[inline]
fn dot(partners: &[u32], coefficients: &[f32], values: &[f32]) -> f32 {
    let stretch = |partners: &[u32], coefficients: &[f32]| {
        let (mut even, mut odd) = (0.0_f32, 0.0_f32);
        let (pairs, last) = partners.as_chunks::<2>();
        let (factors, factor) = coefficients.as_chunks::<2>();
        for ([a, b], [p, q]) in pairs.iter().zip(factors) {
            even += p * values[*a as usize];
            odd += q * values[*b as usize];
        }
        for (a, p) in last.iter().zip(factor) {
            even += p * values[*a as usize];
        }
        even + odd
    };
    if partners.len() <= 128 {
        return stretch(partners, coefficients);
    }
    let sums = partners.chunks(128).zip(coefficients.chunks(128));
    sums.map(|(partners, coefficients)| f64::from(stretch(partners, coefficients)))
        .sum::<f64>() as f32
}
