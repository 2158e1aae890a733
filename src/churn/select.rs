//! The number of phases: fits for k = 1, 2, …, and which of them to believe.

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
    /// Largest number of phases to try. Default 4.
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
