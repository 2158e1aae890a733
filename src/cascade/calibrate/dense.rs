//! A small symmetric system of equations, solved by Cholesky's factors.

#![expect(
    clippy::indexing_slicing,
    reason = "indices run below the size of the system, which is fixed when it is made"
)]

/// Symmetric matrix of which the lower triangle is kept.
#[derive(Clone, Debug)]
pub(super) struct Symmetric {
    size: usize,
    values: Vec<f64>,
}

impl Symmetric {
    pub fn zero(size: usize) -> Self {
        Self {
            size,
            values: vec![0.0; size * size],
        }
    }

    pub fn size(&self) -> usize {
        self.size
    }

    /// Adds to an element and its mirror image.
    pub fn add(&mut self, i: usize, j: usize, value: f64) {
        let (row, column) = (i.max(j), i.min(j));
        self.values[row * self.size + column] += value;
    }

    /// Cuts one unknown out: it stays as it is.
    pub fn hold(&mut self, held: usize) {
        for other in 0..self.size {
            let (row, column) = (held.max(other), held.min(other));
            self.values[row * self.size + column] = f64::from(u8::from(other == held));
        }
    }

    /// Cholesky's factor. A direction that rounding has left without curvature is held instead.
    pub fn factor(mut self) -> Factor {
        let n = self.size;
        for j in 0..n {
            let whole = self.values[j * n + j];
            let row: Vec<f64> = self.values[j * n..j * n + j].to_vec();
            let pivot = whole - row.iter().map(|v| v * v).sum::<f64>();
            let flat = pivot <= 1e-14 * whole.abs() || !pivot.is_finite();
            let root = if flat { 1e150 } else { pivot.sqrt() };
            self.values[j * n + j] = root;
            for i in j + 1..n {
                let below = &self.values[i * n..i * n + j];
                let dot: f64 = below.iter().zip(&row).map(|(a, b)| a * b).sum();
                self.values[i * n + j] = (self.values[i * n + j] - dot) / root;
            }
        }
        Factor(self)
    }
}

/// A factored system, for any number of right-hand sides.
pub(super) struct Factor(Symmetric);

impl Factor {
    /// The solution for one right-hand side.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let (n, l) = (self.0.size, &self.0.values);
        let mut x = right.to_vec();
        for i in 0..n {
            let dot: f64 = (0..i).map(|k| l[i * n + k] * x[k]).sum();
            x[i] = (x[i] - dot) / l[i * n + i];
        }
        for i in (0..n).rev() {
            let dot: f64 = (i + 1..n).map(|k| l[k * n + i] * x[k]).sum();
            x[i] = (x[i] - dot) / l[i * n + i];
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_equations_by_pencil() {
        // 4x + 2y = 8, 2x + 5y + 2z = 18, 2y + 3z = 13: x = 1, y = 2, z = 3.
        let mut matrix = Symmetric::zero(3);
        for (i, j, value) in [
            (0, 0, 4.0),
            (0, 1, 2.0),
            (1, 1, 5.0),
            (2, 1, 2.0),
            (2, 2, 3.0),
        ] {
            matrix.add(i, j, value);
        }
        let found = matrix.clone().factor().solve(&[8.0, 18.0, 13.0]);
        for (found, expected) in found.iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
        // With y held at 0: x = 2, z = 13/3.
        matrix.hold(1);
        let found = matrix.factor().solve(&[8.0, 0.0, 13.0]);
        for (found, expected) in found.iter().zip([2.0, 0.0, 13.0 / 3.0]) {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
    }

    #[test]
    fn a_direction_without_curvature_stays_put() {
        let mut matrix = Symmetric::zero(2);
        matrix.add(0, 0, 2.0);
        let found = matrix.factor().solve(&[4.0, 1.0]);
        assert!((found[0] - 2.0).abs() < 1e-12 && found[1].abs() < 1e-100);
    }
}
