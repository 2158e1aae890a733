//! One scoring step for strengths and effects together.
//!
//! The effects of regions, periods and cells all move z, so all they need are sums by cell. The effect
//! of a cell is eliminated first, then that of its region; what is left is a small system for the
//! strengths and the periods.

#![expect(
    clippy::indexing_slicing,
    reason = "cells name regions and periods of their own problem; the system has a place for each strength and period"
)]

use super::CLASSES;
use super::dense::{Factor, Symmetric};
use super::likelihood::{Place, Sums};
use super::problem::Problem;

/// Beta prior on a strength: `leaves` and `stays` are counts of customers that had lost everything.
/// On the logit scale its mode is its mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beta {
    pub leaves: f64,
    pub stays: f64,
}

impl Beta {
    /// Next to none: keeps a strength within (0, 1), and no more.
    pub const FLAT: Self = Self {
        leaves: 1e-7,
        stays: 1e-7,
    };

    pub fn log(self, kappa: f64) -> f64 {
        self.leaves * kappa.ln() + self.stays * (-kappa).ln_1p()
    }
}

/// By how much to move.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub kappa: [f64; CLASSES],
    pub region: Vec<f64>,
    pub period: Vec<f64>,
    pub cell: Vec<f64>,
    /// Gain to expect of the whole step, were the objective quadratic.
    pub gain: f64,
}

/// A cell's sums with its own effect eliminated.
#[derive(Clone, Copy, Debug)]
struct Reduced {
    /// Gradient with respect to the cell's effect, and what its elimination divides by.
    gradient: f64,
    pivot: f64,
    /// What is left of information and gradient for region and period.
    weight: f64,
    rest: f64,
    /// What is left of the information between z and each strength.
    mixed: [f64; CLASSES],
}

/// The system at one place.
pub(super) struct System<'a> {
    problem: &'a Problem,
    sums: &'a [Sums],
    reduced: Vec<Reduced>,
    /// Region: curvature, gradient, coupling with strengths and periods.
    regions: Vec<(f64, f64, Vec<f64>)>,
    dense: Symmetric,
    right: Vec<f64>,
}

impl<'a> System<'a> {
    pub fn new(
        problem: &'a Problem,
        place: &Place,
        sums: &'a [Sums],
        prior: &[Beta; CLASSES],
    ) -> Self {
        let size = CLASSES + problem.periods;
        let mut system = Self {
            problem,
            sums,
            reduced: Vec::with_capacity(sums.len()),
            regions: vec![(problem.effect_precision, 0.0, vec![0.0; size]); problem.regions],
            dense: Symmetric::zero(size),
            right: vec![0.0; size],
        };
        system.add_priors(place, prior);
        for (cell, sums) in sums.iter().enumerate() {
            system.add_cell(cell, sums, place);
        }
        system.eliminate_regions();
        system
    }

    fn add_priors(&mut self, place: &Place, prior: &[Beta; CLASSES]) {
        for (class, (beta, kappa)) in prior.iter().zip(place.kappa).enumerate() {
            let stay = 1.0 - kappa;
            self.right[class] += beta.leaves / kappa - beta.stays / stay;
            let curvature = beta.leaves / kappa.powi(2) + beta.stays / stay.powi(2);
            self.dense.add(class, class, curvature);
        }
        let precision = self.problem.effect_precision;
        for (period, effect) in place.period.iter().enumerate() {
            self.right[CLASSES + period] -= precision * effect;
            self.dense
                .add(CLASSES + period, CLASSES + period, precision);
        }
        for (region, effect) in self.regions.iter_mut().zip(&place.region) {
            region.1 -= precision * effect;
        }
    }

    fn add_cell(&mut self, cell: usize, sums: &Sums, place: &Place) {
        let reduced = match self.problem.cell_precision {
            Some(precision) => {
                let gradient = sums.gradient_z - precision * place.cell[cell];
                let pivot = sums.information_z + precision;
                Reduced {
                    gradient,
                    pivot,
                    weight: sums.information_z * precision / pivot,
                    rest: sums.gradient_z - sums.information_z * gradient / pivot,
                    mixed: sums.mixed.map(|mixed| mixed * precision / pivot),
                }
            }
            None => Reduced {
                gradient: 0.0,
                pivot: f64::INFINITY,
                weight: sums.information_z,
                rest: sums.gradient_z,
                mixed: sums.mixed,
            },
        };
        let of = self.problem.cells[cell];
        let (region, period) = (of.region, CLASSES + of.period);
        for class in 0..CLASSES {
            self.right[class] +=
                sums.gradient[class] - sums.mixed[class] * reduced.gradient / reduced.pivot;
            for other in 0..=class {
                let eliminated = sums.mixed[class] * sums.mixed[other] / reduced.pivot;
                self.dense
                    .add(class, other, sums.information[class][other] - eliminated);
            }
            self.dense.add(period, class, reduced.mixed[class]);
            self.regions[region].2[class] += reduced.mixed[class];
        }
        self.dense.add(period, period, reduced.weight);
        self.right[period] += reduced.rest;
        self.regions[region].0 += reduced.weight;
        self.regions[region].1 += reduced.rest;
        self.regions[region].2[period] += reduced.weight;
        self.reduced.push(reduced);
    }

    fn eliminate_regions(&mut self) {
        for (curvature, gradient, coupling) in &self.regions {
            let held: Vec<(usize, f64)> = coupling
                .iter()
                .copied()
                .enumerate()
                .filter(|(_, value)| *value != 0.0)
                .collect();
            for &(i, value) in &held {
                self.right[i] -= value * gradient / curvature;
                for &(j, other) in held.iter().take_while(|(j, _)| *j <= i) {
                    self.dense.add(i, j, -value * other / curvature);
                }
            }
        }
    }

    /// The step to take, with some strengths held where they are.
    pub fn step(&self, held: &[bool; CLASSES]) -> Step {
        let (factor, right) = self.factor(held);
        let dense = factor.solve(&right);
        let kappa: [f64; CLASSES] = std::array::from_fn(|class| dense[class]);
        let period = dense[CLASSES..].to_vec();
        let region: Vec<f64> = self
            .regions
            .iter()
            .map(|(curvature, gradient, coupling)| {
                let dot: f64 = coupling.iter().zip(&dense).map(|(a, b)| a * b).sum();
                (gradient - dot) / curvature
            })
            .collect();
        let mut gain: f64 = dense.iter().zip(&right).map(|(a, b)| a * b).sum();
        gain += self.regions.iter().map(|(c, g, _)| g * g / c).sum::<f64>();
        let mut cell = vec![0.0; self.reduced.len()];
        for (index, (reduced, sums)) in self.reduced.iter().zip(self.sums).enumerate() {
            let of = self.problem.cells[index];
            let above = region[of.region] + period[of.period];
            let mixed: f64 = sums.mixed.iter().zip(kappa).map(|(a, b)| a * b).sum();
            let pull = reduced.gradient - sums.information_z * above - mixed;
            cell[index] = pull / reduced.pivot;
            gain += reduced.gradient.powi(2) / reduced.pivot;
        }
        Step {
            kappa,
            region,
            period,
            cell,
            gain: gain / 2.0,
        }
    }

    /// Variances of the strengths, effects being unknown too.
    pub fn variances(&self) -> [f64; CLASSES] {
        let (factor, _) = self.factor(&[false; CLASSES]);
        std::array::from_fn(|class| {
            let mut unit = vec![0.0; self.dense.size()];
            unit[class] = 1.0;
            factor.solve(&unit)[class]
        })
    }

    fn factor(&self, held: &[bool; CLASSES]) -> (Factor, Vec<f64>) {
        let (mut dense, mut right) = (self.dense.clone(), self.right.clone());
        for (class, held) in held.iter().enumerate() {
            if *held {
                dense.hold(class);
                right[class] = 0.0;
            }
        }
        (dense.factor(), right)
    }
}
