//! The log-likelihood with its gradient and information, summed by cells.
//!
//! ```text
//! z = logit h + effect    h = σ(z)    s = Σ kappa_c x_c    p = 1 − (1 − h)(1 − s)
//!
//! stayed:  ln(1 − h) + ln(1 − s)            left:  ln(h + (1 − h) s)
//! ```
//!
//! Both are concave in kappa, since p and s are affine in it. The information is the expected one
//! (Fisher's), positive whatever the effects; its terms are written such that nothing cancels.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::CLASSES;
use super::problem::{Chunk, Problem, Row};

/// Keeps ln(1 − s) finite when everything was lost and strength is near 1.
const LEAST_STAY: f64 = 1e-12;

/// Parameters: strengths and effects.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub kappa: [f64; CLASSES],
    pub region: Vec<f64>,
    pub period: Vec<f64>,
    pub cell: Vec<f64>,
}

impl Place {
    pub fn start(problem: &Problem, kappa: [f64; CLASSES]) -> Self {
        Self {
            kappa,
            region: vec![0.0; problem.regions],
            period: vec![0.0; problem.periods],
            cell: vec![0.0; problem.cells.len()],
        }
    }

    /// Effect on the logit of own churn in a cell.
    pub fn effect(&self, problem: &Problem, cell: usize) -> f64 {
        let at = |list: &[f64], index: usize| list.get(index).copied().unwrap_or(0.0);
        let Some(of) = problem.cells.get(cell) else {
            return 0.0;
        };
        at(&self.region, of.region) + at(&self.period, of.period) + at(&self.cell, cell)
    }
}

/// Sums over some rows, with respect to z and to the strengths.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub log_likelihood: f64,
    pub gradient_z: f64,
    pub information_z: f64,
    pub gradient: [f64; CLASSES],
    /// Information between z and each strength.
    pub mixed: [f64; CLASSES],
    /// Information among the strengths.
    pub information: [[f64; CLASSES]; CLASSES],
    /// By how much the observed curvature of some rows exceeds their information: a step that goes by
    /// both does not overshoot where hardly anybody was expected to stay and somebody did.
    pub excess: [[f64; CLASSES]; CLASSES],
}

impl Sums {
    pub fn merge(&mut self, other: &Self) {
        self.log_likelihood += other.log_likelihood;
        self.gradient_z += other.gradient_z;
        self.information_z += other.information_z;
        add(&mut self.gradient, &other.gradient);
        add(&mut self.mixed, &other.mixed);
        for (row, other) in self.information.iter_mut().zip(&other.information) {
            add(row, other);
        }
        for (row, other) in self.excess.iter_mut().zip(&other.excess) {
            add(row, other);
        }
    }

    fn take(&mut self, row: &Row, effect: f64, kappa: &[f64; CLASSES]) {
        let z = row.logit_own + effect;
        let h = 1.0 / (1.0 + (-z).exp());
        if !row.exposed {
            // ln h = z − ln(1 + e^z) and ln(1 − h) = −ln(1 + e^z), without overflow.
            let softplus = z.max(0.0) + (-z.abs()).exp().ln_1p();
            let left = f64::from(u8::from(row.left));
            self.log_likelihood += left * z - softplus;
            self.gradient_z += left - h;
            self.information_z += h * (1.0 - h);
            return;
        }
        let stay_own = 1.0 / (1.0 + z.exp());
        let pairs = kappa.iter().zip(&row.exposure);
        let s: f64 = pairs.map(|(kappa, share)| kappa * share).sum();
        let stay = (1.0 - s).max(LEAST_STAY);
        let p = h + stay_own * s;
        // d ln-likelihood / d kappa_c = slope × x_c.
        let slope = if row.left {
            self.log_likelihood += p.ln();
            self.gradient_z += stay * h * stay_own / p;
            stay_own / p
        } else {
            self.log_likelihood += stay_own.ln() + stay.ln();
            self.gradient_z -= h;
            -1.0 / stay
        };
        self.information_z += stay * h * h * stay_own / p;
        let mixed = h * stay_own / p;
        let both = stay_own / (p * stay);
        // Observed curvature is slope² × x x'.
        let excess = (slope * slope - both).max(0.0);
        for (class, share) in row.exposure.iter().enumerate() {
            if *share == 0.0 {
                continue;
            }
            bump(&mut self.gradient, class, slope * share);
            bump(&mut self.mixed, class, mixed * share);
            if let Some(line) = self.information.get_mut(class) {
                add_scaled(line, both * share, &row.exposure);
            }
            if let Some(line) = self.excess.get_mut(class) {
                add_scaled(line, excess * share, &row.exposure);
            }
        }
    }
}

fn add(sums: &mut [f64; CLASSES], others: &[f64; CLASSES]) {
    for (sum, other) in sums.iter_mut().zip(others) {
        *sum += other;
    }
}

fn add_scaled(sums: &mut [f64; CLASSES], factor: f64, others: &[f64; CLASSES]) {
    for (sum, other) in sums.iter_mut().zip(others) {
        *sum += factor * other;
    }
}

fn bump(sums: &mut [f64; CLASSES], class: usize, value: f64) {
    if let Some(sum) = sums.get_mut(class) {
        *sum += value;
    }
}

/// Sums of every cell. Chunks are computed in parallel and added in their order, so that the answer is
/// the same on any number of threads.
pub(super) fn sums(problem: &Problem, place: &Place) -> Vec<Sums> {
    let of = |chunk: &Chunk| {
        let effect = place.effect(problem, chunk.cell);
        let mut sums = Sums::default();
        for row in problem.rows.get(chunk.start..chunk.end).unwrap_or_default() {
            sums.take(row, effect, &place.kappa);
        }
        (chunk.cell, sums)
    };
    let parts: Vec<(usize, Sums)> = problem.chunks.par_iter().map(of).collect();
    let mut cells = vec![Sums::default(); problem.cells.len()];
    for (cell, part) in parts {
        if let Some(sums) = cells.get_mut(cell) {
            sums.merge(&part);
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(row: &Row, effect: f64, kappa: [f64; CLASSES]) -> Sums {
        let mut sums = Sums::default();
        sums.take(row, effect, &kappa);
        sums
    }

    fn rows() -> Vec<Row> {
        let exposures = [
            [0.0; CLASSES],
            [0.4, 0.0, 0.3, 0.0, 0.0, 0.3],
            [0.0, 0.2, 0.0, 0.0, 0.1, 0.0],
        ];
        let mut rows = Vec::new();
        for exposure in exposures {
            for left in [false, true] {
                rows.push(Row {
                    logit_own: -1.3,
                    exposure,
                    exposed: exposure.iter().any(|share| *share > 0.0),
                    left,
                });
            }
        }
        rows
    }

    #[test]
    fn the_likelihood_of_a_loss_by_pencil() {
        // h = 0.2 (logit −ln 4), x = 0.5, kappa 0.6: p = 1 − 0.8 × 0.7 = 0.44.
        let row = |left| Row {
            logit_own: -4.0_f64.ln(),
            exposure: [0.5, 0.0, 0.0, 0.0, 0.0, 0.0],
            exposed: true,
            left,
        };
        let kappa = [0.6, 0.0, 0.0, 0.0, 0.0, 0.0];
        let left = at(&row(true), 0.0, kappa);
        assert!((left.log_likelihood - 0.44_f64.ln()).abs() < 1e-12);
        let stayed = at(&row(false), 0.0, kappa);
        assert!((stayed.log_likelihood - 0.56_f64.ln()).abs() < 1e-12);
        // The expected information of kappa: (0.8 × 0.5)² / (0.44 × 0.56), either way.
        let expected = 0.16 / (0.44 * 0.56);
        assert!((left.information[0][0] - expected).abs() < 1e-12);
        assert!((stayed.information[0][0] - expected).abs() < 1e-12);
        // dp/dz = 0.7 × 0.2 × 0.8 = 0.112.
        let expected = 0.112 * 0.112 / (0.44 * 0.56);
        assert!((left.information_z - expected).abs() < 1e-12);
        let expected = 0.112 * 0.4 / (0.44 * 0.56);
        assert!((left.mixed[0] - expected).abs() < 1e-12);
    }

    #[test]
    fn gradients_are_the_differences_of_the_likelihood() {
        let kappa = [0.5, 0.3, 0.2, 0.6, 0.1, 0.7];
        let step = 1e-6;
        for row in rows() {
            let here = at(&row, 0.4, kappa);
            let ahead = at(&row, 0.4 + step, kappa).log_likelihood;
            let behind = at(&row, 0.4 - step, kappa).log_likelihood;
            assert!((here.gradient_z - (ahead - behind) / (2.0 * step)).abs() < 1e-6);
            for class in 0..CLASSES {
                let moved = |by: f64| {
                    let mut kappa = kappa;
                    kappa[class] += by;
                    at(&row, 0.4, kappa).log_likelihood
                };
                let slope = (moved(step) - moved(-step)) / (2.0 * step);
                assert!((here.gradient[class] - slope).abs() < 1e-6, "{row:?}");
            }
        }
    }

    #[test]
    fn the_likelihood_is_concave_in_strength() {
        // Half way between two tables it is never below the mean of both.
        let tables = [
            [0.0; CLASSES],
            [0.999; CLASSES],
            [0.5, 0.1, 0.9, 0.2, 0.8, 0.3],
            [0.05, 0.95, 0.0, 0.6, 0.0, 0.99],
        ];
        for row in rows() {
            for a in tables {
                for b in tables {
                    let mut middle = a;
                    for (middle, b) in middle.iter_mut().zip(b) {
                        *middle = f64::midpoint(*middle, b);
                    }
                    let of = |kappa| at(&row, -0.7, kappa).log_likelihood;
                    assert!(of(middle) >= f64::midpoint(of(a), of(b)) - 1e-12, "{row:?}");
                }
            }
        }
    }
}
