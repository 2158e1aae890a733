//! Drift: how far fitted parameters have moved since the last time, and what that does to churn.

use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use super::outlook::check_horizon;
use super::{ChurnError, History, Model};

/// Rows of one task; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 4_096;

/// What has changed from one fit to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// Change of ln r: how alike customers' rates are.
    pub r: f64,
    /// Change of ln(alpha k), weeks per event at r = 1: fits of different k are comparable.
    pub alpha: f64,
    /// Change of ln a: how likely an event was the last.
    pub a: f64,
    /// Change of ln b: how unlikely that was.
    pub b: f64,
    /// Whether the number of phases or the variant is another.
    pub other_model: bool,
    /// Mean absolute change of `p_active` of the histories, in `[0, 1]`; `None` without histories.
    pub mean_absolute: Option<f64>,
    /// Mean change of `p_active`: above 0, customers look more active than under the old parameters.
    pub mean: Option<f64>,
}

/// Compares two fits by parameters and by what they say of the same histories over `horizon` weeks.
///
/// # Errors
///
/// [`ChurnError::Number`] if the horizon is out of range.
pub fn drift(
    previous: &Model,
    current: &Model,
    histories: &[History],
    horizon: f64,
) -> Result<Drift, ChurnError> {
    check_horizon(horizon)?;
    let sums = histories
        .par_chunks(CHUNK)
        .map(|rows| {
            let mut sums = (0.0, 0.0);
            for history in rows {
                let now = current.p_active(history, horizon)?;
                let change = now - previous.p_active(history, horizon)?;
                sums.0 += change.abs();
                sums.1 += change;
            }
            Ok(sums)
        })
        .collect::<Result<Vec<(f64, f64)>, ChurnError>>()?;
    let count = histories.len() as f64;
    let mean = |sum: f64| (!histories.is_empty()).then_some(sum / count);
    let (new, old) = (current.parameters(), previous.parameters());
    let phases = f64::from(current.k()) / f64::from(previous.k());
    Ok(Drift {
        r: (new.r / old.r).ln(),
        alpha: (new.alpha / old.alpha * phases).ln(),
        a: (new.a / old.a).ln(),
        b: (new.b / old.b).ln(),
        other_model: current.k() != previous.k() || current.variant() != previous.variant(),
        mean_absolute: mean(sums.iter().map(|sums| sums.0).sum()),
        mean: mean(sums.iter().map(|sums| sums.1).sum()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::{Parameters, Variant};

    fn model(k: u32, alpha: f64) -> Model {
        let parameters = Parameters {
            r: 0.7,
            alpha,
            a: 0.8,
            b: 3.0,
        };
        Model::new(Variant::Bg, k, parameters).unwrap()
    }

    #[test]
    fn the_same_fit_has_not_moved_and_a_slower_clock_has_by_its_logarithm() {
        // BG with x = 0, T = 0: p_active = 1 − (α/(α + 13))^0.7, by hand .7120 and .5592.
        let histories = vec![History::new(0, 0.0, 0.0, 0.0).unwrap(); 5_000];
        let still = drift(&model(1, 2.64), &model(1, 2.64), &histories, 13.0).unwrap();
        assert_eq!(
            (still.alpha, still.mean_absolute, still.other_model),
            (0.0, Some(0.0), false)
        );

        let moved = drift(&model(1, 2.64), &model(1, 5.83), &histories, 13.0).unwrap();
        assert!((moved.alpha - (5.83_f64 / 2.64).ln()).abs() < 1e-12);
        let active = |alpha: f64| 1.0 - (alpha / (alpha + 13.0)).powf(0.7);
        let want = active(5.83) - active(2.64);
        assert!((moved.mean.unwrap() - want).abs() < 1e-12);
        assert!((moved.mean_absolute.unwrap() + want).abs() < 1e-12);
    }

    #[test]
    fn fits_of_different_phases_are_compared_by_events() {
        // Two phases at twice the rate each: as many events.
        let found = drift(&model(1, 4.0), &model(2, 2.0), &[], 13.0).unwrap();
        assert!(found.alpha.abs() < 1e-12);
        assert!(found.other_model);
        assert_eq!(found.mean, None);
        assert!(drift(&model(1, 4.0), &model(1, 4.0), &[], f64::NAN).is_err());
    }
}
