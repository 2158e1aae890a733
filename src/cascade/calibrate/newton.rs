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
    /// By how much the expected curvature among strengths exceeds the one that the step goes by.
    expected: [[f64; CLASSES]; CLASSES],
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
            expected: [[0.0; CLASSES]; CLASSES],
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
            self.expected[class][class] += (beta.leaves + beta.stays) / (kappa * stay) - curvature;
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
                let excess = sums.excess[class][other];
                let information = sums.information[class][other] + excess;
                self.dense.add(class, other, information - eliminated);
                self.expected[class][other] -= excess;
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
    pub fn step(&self, held: [bool; CLASSES]) -> Step {
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

    /// Variances of the strengths, effects being unknown too; by the expected information of history
    /// and prior alike, so that the prior counts as the customers it stands for.
    pub fn variances(&self) -> [f64; CLASSES] {
        let mut dense = self.dense.clone();
        for (class, differences) in self.expected.iter().enumerate() {
            for (other, difference) in differences.iter().enumerate().take(class + 1) {
                dense.add(class, other, *difference);
            }
        }
        let factor = dense.factor();
        std::array::from_fn(|class| {
            let mut unit = vec![0.0; self.dense.size()];
            unit[class] = 1.0;
            factor.solve(&unit)[class]
        })
    }

    fn factor(&self, held: [bool; CLASSES]) -> (Factor, Vec<f64>) {
        let (mut dense, mut right) = (self.dense.clone(), self.right.clone());
        for (class, held) in held.into_iter().enumerate() {
            if held {
                dense.hold(class);
                right[class] = 0.0;
            }
        }
        (dense.factor(), right)
    }
}

#[cfg(test)]
mod tests {
    use super::super::likelihood::sums;
    use super::super::problem::{Cell, Chunk, Row};
    use super::*;

    /// Three regions in two periods, one cell missing.
    fn problem() -> Problem {
        let cells = [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1)];
        let mut problem = Problem {
            rows: Vec::new(),
            cells: Vec::new(),
            chunks: Vec::new(),
            regions: 3,
            periods: 2,
            effect_precision: 1.5,
            cell_precision: Some(4.0),
        };
        for (cell, (region, period)) in cells.into_iter().enumerate() {
            problem.cells.push(Cell { region, period });
            let start = problem.rows.len();
            for i in 0..4 + cell {
                let mut exposure = [0.0; CLASSES];
                exposure[i % CLASSES] = 0.3;
                exposure[(i + cell) % CLASSES] += 0.1 * (i % 3) as f64;
                problem.rows.push(Row {
                    logit_own: -1.0 - 0.2 * i as f64,
                    exposure,
                    exposed: true,
                    left: i % 3 == cell % 2,
                });
            }
            problem.chunks.push(Chunk {
                cell,
                start,
                end: problem.rows.len(),
            });
        }
        problem
    }

    const PRIOR: Beta = Beta {
        leaves: 2.0,
        stays: 3.0,
    };

    /// Strengths, regions, periods and cells in one matrix, with its right-hand side.
    fn whole(problem: &Problem, place: &Place, found: &[Sums]) -> (Symmetric, Vec<f64>) {
        let (region, period, cell) = (CLASSES, CLASSES + 3, CLASSES + 5);
        let mut whole = Symmetric::zero(CLASSES + 10);
        let mut right = vec![0.0; CLASSES + 10];
        for (class, kappa) in place.kappa.into_iter().enumerate() {
            right[class] = 2.0 / kappa - 3.0 / (1.0 - kappa);
            let curvature = 2.0 / kappa.powi(2) + 3.0 / (1.0 - kappa).powi(2);
            whole.add(class, class, curvature);
        }
        let effects = place.region.iter().chain(&place.period).chain(&place.cell);
        for (index, effect) in effects.enumerate() {
            let precision = if index < 5 { 1.5 } else { 4.0 };
            whole.add(region + index, region + index, precision);
            right[region + index] = -precision * effect;
        }
        for (index, (of, sums)) in problem.cells.iter().zip(found).enumerate() {
            let places = [region + of.region, period + of.period, cell + index];
            for (i, &a) in places.iter().enumerate() {
                right[a] += sums.gradient_z;
                for &b in places.iter().take(i + 1) {
                    whole.add(a, b, sums.information_z);
                }
                for (class, mixed) in sums.mixed.into_iter().enumerate() {
                    whole.add(a, class, mixed);
                }
            }
            for (class, gradient) in sums.gradient.into_iter().enumerate() {
                right[class] += gradient;
                for other in 0..=class {
                    let excess = sums.excess[class][other];
                    whole.add(class, other, sums.information[class][other] + excess);
                }
            }
        }
        (whole, right)
    }

    #[test]
    fn eliminating_effects_gives_the_step_and_the_variances_of_the_whole_system() {
        let problem = problem();
        let mut place = Place::start(&problem, [0.5, 0.4, 0.3, 0.6, 0.2, 0.45]);
        place.region = vec![0.3, -0.2, 0.1];
        place.period = vec![-0.4, 0.2];
        place.cell = vec![0.1, 0.0, -0.3, 0.2, 0.05];
        let found = sums(&problem, &place);
        let (mut whole, right) = whole(&problem, &place, &found);
        let expected = whole.clone().factor().solve(&right);

        let system = System::new(&problem, &place, &found, &[PRIOR; CLASSES]);
        let step = system.step([false; CLASSES]);
        let all = step.kappa.iter().chain(&step.region);
        let all: Vec<f64> = all.chain(&step.period).chain(&step.cell).copied().collect();
        for (index, (found, expected)) in all.iter().zip(&expected).enumerate() {
            assert!(
                (found - expected).abs() < 1e-9,
                "{index}: {found} {expected}"
            );
        }
        let gain: f64 = right.iter().zip(&expected).map(|(a, b)| a * b).sum();
        assert!((step.gain - gain / 2.0).abs() < 1e-9);

        // Variances by expected curvature alone.
        for (class, kappa) in place.kappa.into_iter().enumerate() {
            let curvature = 2.0 / kappa.powi(2) + 3.0 / (1.0 - kappa).powi(2);
            whole.add(class, class, 5.0 / (kappa * (1.0 - kappa)) - curvature);
        }
        for sums in &found {
            for class in 0..CLASSES {
                for other in 0..=class {
                    whole.add(class, other, -sums.excess[class][other]);
                }
            }
        }
        let factor = whole.factor();
        for (class, variance) in system.variances().into_iter().enumerate() {
            let mut unit = vec![0.0; CLASSES + 10];
            unit[class] = 1.0;
            assert!(
                (variance - factor.solve(&unit)[class]).abs() < 1e-9,
                "{class}"
            );
        }
    }
}
