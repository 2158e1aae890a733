//! The number of phases: fits for k = 1, 2, …, and which of them to believe.

use super::btyd::MAX_K;
use super::fit::fit_sample;
use super::sample::Sample;
use super::{ChurnError, Fit, FitOptions, History, Model, Prior, Variant};

/// More phases than one must raise the log-likelihood by so much. A design choice.
pub const MIN_GAIN: f64 = 3.0;
/// More phases than one need so many events after the first, over all histories. A design choice.
pub const MIN_EVENTS: f64 = 50.0;

/// What to select from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SelectOptions {
    /// Whether death at the first event is possible. Default MBG.
    pub variant: Variant,
    /// Prior, the same for every k. Default pooled.
    pub prior: Prior,
    /// Largest number of phases to try, 1 to 32. Default 4.
    pub max_k: u32,
    /// The last run's model: where to look first.
    pub warm: Option<Model>,
}

impl Default for SelectOptions {
    fn default() -> Self {
        Self {
            variant: Variant::Mbg,
            prior: Prior::Pooled,
            max_k: 4,
            warm: None,
        }
    }
}

/// The fit that was selected, and those it was selected from.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The fit to use.
    pub fit: Fit,
    /// One fit for each k from 1 on, in order.
    pub tried: Vec<Fit>,
}

/// Fits k = 1 to `max_k` and selects the one with the smallest objective.
///
/// k > 1 is accepted only if its log-likelihood is at least 3 above that of k = 1, and the histories
/// have at least 50 events after the first. Weights and errors are those of [`fit`](super::fit()).
///
/// # Errors
///
/// [`ChurnError`] as for a fit.
pub fn select(
    histories: &[History],
    weights: Option<&[f64]>,
    options: &SelectOptions,
) -> Result<Selection, ChurnError> {
    if !(1..=MAX_K).contains(&options.max_k) {
        return Err(ChurnError::Rule {
            field: "max_k",
            rule: "a whole number between 1 and 32",
        });
    }
    let sample = Sample::new(histories, weights)?;
    let fit = |k| {
        let fit = FitOptions {
            variant: options.variant,
            k,
            prior: options.prior,
        };
        fit_sample(&sample, &fit, options.warm.as_ref())
    };
    let first = fit(1)?;
    let mut tried = vec![first];
    for k in 2..=options.max_k {
        tried.push(fit(k)?);
    }
    let enough = sample.events() >= MIN_EVENTS;
    let mut best = first;
    for more in tried.iter().skip(1) {
        let gains = more.log_likelihood - first.log_likelihood >= MIN_GAIN;
        if enough && gains && more.objective < best.objective {
            best = *more;
        }
    }
    Ok(Selection { fit: best, tried })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::simulated;

    fn histories(k: u32, count: usize) -> Vec<History> {
        let simulated = simulated::population(&simulated::KNOWN, k, count, 21);
        simulated.iter().map(|entity| entity.history).collect()
    }

    #[test]
    fn the_number_of_phases_that_was_simulated_is_selected_and_a_warm_start_changes_nothing() {
        for k in [1, 2, 3] {
            let histories = histories(k, 2_000);
            let cold = select(&histories, None, &SelectOptions::default()).unwrap();
            assert_eq!(cold.fit.model.k(), k);
            let order: Vec<u32> = cold.tried.iter().map(|fit| fit.model.k()).collect();
            assert_eq!(order, [1, 2, 3, 4]);

            let warm = SelectOptions {
                warm: Some(cold.fit.model),
                ..SelectOptions::default()
            };
            let warm = select(&histories, None, &warm).unwrap();
            for (warm, cold) in warm.tried.iter().zip(&cold.tried) {
                let (warm, cold) = (warm.model.parameters(), cold.model.parameters());
                assert!((warm.alpha / cold.alpha - 1.0).abs() < 1e-4);
                assert!((warm.b / cold.b - 1.0).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn a_few_events_are_no_reason_for_more_phases() {
        // Regular as clockwork: eight events at most, but only 48 in all.
        let one = History::new(8, 8.0, 8.5, 0.0).unwrap();
        let selection = select(&[one; 6], None, &SelectOptions::default()).unwrap();
        assert!(selection.tried[3].log_likelihood > selection.tried[0].log_likelihood + 3.0);
        assert_eq!(selection.fit, selection.tried[0]);
        let more = select(&[one; 7], None, &SelectOptions::default()).unwrap();
        assert_eq!(more.fit.model.k(), 4);
    }

    #[test]
    fn at_least_one_and_no_more_phases_than_there_are() {
        let one = [History::new(1, 1.0, 2.0, 0.0).unwrap()];
        for max_k in [0, 33] {
            let options = SelectOptions {
                max_k,
                ..SelectOptions::default()
            };
            assert!(select(&one, None, &options).is_err(), "{max_k}");
        }
        assert_eq!(
            select(&[], None, &SelectOptions::default()),
            Err(ChurnError::NoData)
        );
    }
}
