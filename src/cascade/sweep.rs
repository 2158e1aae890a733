//! Sweeps of single precision over the equations of `system.rs`.

#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "every index comes from a compiled network, which checked it; single precision is wanted"
)]

use rayon::prelude::*;

use super::layout::{PIECES, split_rows};
use super::system::{Norm, System};

/// A sweep renews the customers in so many batches, one after the other; a batch sees what those
/// before it have renewed. Fixed, so that the answer does not depend on the number of threads.
const BATCHES: usize = 16;

/// Smallest change, as a part of what is sought, that sweeps of single precision can resolve.
const SINGLE: f64 = 2e-6;

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

impl System<'_> {
    /// Sweeps of single precision over what `x` leaves; how many.
    pub fn sweeps(
        &self,
        x: &mut [f64],
        residual: &[f64],
        (norm, eps, most): (Norm, f64, u32),
    ) -> u32 {
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
