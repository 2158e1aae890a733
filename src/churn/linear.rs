//! Small symmetric systems of equations: Cholesky, with what Newton's method needs of it.

/// Lower triangle of a positive definite matrix, `A = L Lᵀ`, row by row.
pub(super) struct Cholesky {
    lower: Vec<Vec<f64>>,
}

impl Cholesky {
    /// Decomposes a symmetric matrix, of which the lower triangle is read; `None` if it is not
    /// positive definite.
    pub fn new(matrix: &[Vec<f64>]) -> Option<Self> {
        let mut lower: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
        for (place, given) in matrix.iter().enumerate() {
            let mut row: Vec<f64> = Vec::with_capacity(place + 1);
            for (above, &value) in lower.iter().zip(given) {
                let known: f64 = row.iter().zip(above).map(|(a, b)| a * b).sum();
                row.push((value - known) / above.last()?);
            }
            let known: f64 = row.iter().map(|a| a * a).sum();
            let pivot = given.get(place)? - known;
            if !(pivot > 0.0 && pivot.is_finite()) {
                return None;
            }
            row.push(pivot.sqrt());
            lower.push(row);
        }
        Some(Self { lower })
    }

    /// Solves `A x = right`.
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        self.backward(self.forward(right))
    }

    /// Diagonal of the inverse of A: variances, if A is a precision.
    pub fn inverse_diagonal(&self) -> Vec<f64> {
        let size = self.lower.len();
        (0..size)
            .map(|place| {
                let unit: Vec<f64> = (0..size).map(|i| f64::from(u8::from(i == place))).collect();
                self.forward(&unit).iter().map(|y| y * y).sum()
            })
            .collect()
    }

    /// Solves `L y = right`.
    fn forward(&self, right: &[f64]) -> Vec<f64> {
        let mut found: Vec<f64> = Vec::with_capacity(right.len());
        for (row, right) in self.lower.iter().zip(right) {
            let known: f64 = row.iter().zip(&found).map(|(l, y)| l * y).sum();
            found.push((right - known) / row.last().copied().unwrap_or(f64::NAN));
        }
        found
    }

    /// Solves `Lᵀ x = y`.
    fn backward(&self, mut y: Vec<f64>) -> Vec<f64> {
        for (place, row) in self.lower.iter().enumerate().rev() {
            let Some((pivot, rest)) = row.split_last() else {
                continue;
            };
            let (before, from) = y.split_at_mut(place);
            let Some(value) = from.first_mut() else {
                continue;
            };
            *value /= pivot;
            for (target, l) in before.iter_mut().zip(rest) {
                *target -= l * *value;
            }
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_of_three_is_solved() {
        // By hand: A = L Lᵀ with L = [[2], [1, 3], [-1, 2, 1]], x = (1, -2, 3).
        let matrix = [
            vec![4.0, 2.0, -2.0],
            vec![2.0, 10.0, 5.0],
            vec![-2.0, 5.0, 6.0],
        ];
        let cholesky = Cholesky::new(&matrix).unwrap();
        let found = cholesky.solve(&[-6.0, -3.0, 6.0]);
        for (found, want) in found.iter().zip([1.0, -2.0, 3.0]) {
            assert!((found - want).abs() < 1e-12, "{found} {want}");
        }
        // The inverse by cofactors: det 36; 35, 20, 36 on the diagonal.
        for (found, want) in cholesky.inverse_diagonal().iter().zip([35.0, 20.0, 36.0]) {
            assert!((found - want / 36.0).abs() < 1e-12, "{found} {want}");
        }
    }

    #[test]
    fn what_is_not_positive_definite_has_no_decomposition() {
        assert!(Cholesky::new(&[vec![1.0, 2.0], vec![2.0, 1.0]]).is_none());
        assert!(Cholesky::new(&[vec![f64::NAN]]).is_none());
    }
}
