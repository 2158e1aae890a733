//! Standardising a column: mean 0, standard deviation 1.

/// Mean and population standard deviation of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub mean: f64,
    /// 0 for a constant column, all of whose z are 0.
    pub sd: f64,
}

impl Scale {
    /// Of the values that are known; mean 0, standard deviation 0 if none is.
    pub fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let count = values.clone().count().max(1) as f64;
        let mean = values.clone().sum::<f64>() / count;
        let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        let sd = variance.sqrt();
        // Rounding must not be blown up to a signal.
        let sd = if sd > 1e-9 * (1.0 + mean.abs()) {
            sd
        } else {
            0.0
        };
        Self { mean, sd }
    }

    /// Standard deviations above the mean.
    pub fn z(&self, value: f64) -> f64 {
        if self.sd > 0.0 {
            (value - self.mean) / self.sd
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_column_tells_nothing_however_it_is_rounded() {
        let scale = Scale::of([0.1; 3].into_iter());
        assert!(scale.z(0.1).abs() < 1e-15 && scale.z(5.0).abs() < 1e-15);
    }

    #[test]
    fn two_values_are_one_standard_deviation_from_their_mean() {
        let scale = Scale::of([2.0, 6.0].into_iter());
        assert!((scale.z(6.0) - 1.0).abs() < 1e-12 && (scale.z(2.0) + 1.0).abs() < 1e-12);
    }
}
