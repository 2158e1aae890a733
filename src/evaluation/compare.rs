//! Which of two predictors is better, or whether that cannot be told.

use super::{Difference, EvaluationError, Metric, Predictions, Resampling, difference};

/// Events and non-events, each counted once for each cluster, below which nothing is said.
pub const MIN_EVENTS: usize = 20;

crate::word_enum! {
    /// Outcome of comparing predictor a with predictor b.
    Verdict {
        /// The whole 90 % interval of the paired difference is on a's side.
        Better = "better",
        /// The whole interval is on b's side.
        Worse = "worse",
        /// The interval holds 0.
        NoDifference = "no_difference",
        /// Too few events or non-events, or the metric is not defined.
        TooFew = "too_few",
    }
}

/// Predictor a compared with predictor b by one metric.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Comparison {
    /// By which metric.
    pub metric: Metric,
    /// The metric of a.
    pub a: Option<f64>,
    /// The metric of b.
    pub b: Option<f64>,
    /// a − b with its interval.
    pub difference: Option<Difference>,
    /// Clusters (or cases) in which it happened.
    pub events: usize,
    /// Clusters (or cases) in which it did not.
    pub non_events: usize,
    /// Is a better than b?
    pub verdict: Verdict,
}

/// Compares a with b; `min_events` is usually [`MIN_EVENTS`].
///
/// The verdict is [`Verdict::TooFew`] with fewer than `min_events` events or non-events (of several
/// of one cluster one counts); else better or worse if the 90 % interval of the paired difference
/// excludes 0, in the direction in which the metric is good; else no difference.
///
/// # Errors
///
/// [`EvaluationError`] as for [`super::difference`].
pub fn compare(
    a: &Predictions<'_>,
    b: &Predictions<'_>,
    metric: Metric,
    resampling: &Resampling<'_>,
    min_events: usize,
) -> Result<Comparison, EvaluationError> {
    let difference = difference(a, b, metric, resampling)?;
    let events = clusters_with(true, a, resampling.clusters);
    let non_events = clusters_with(false, a, resampling.clusters);
    let enough = events.min(non_events) >= min_events;
    let verdict = match difference {
        Some(difference) if enough => verdict(&difference, metric),
        _ => Verdict::TooFew,
    };
    Ok(Comparison {
        metric,
        a: a.metric(metric),
        b: b.metric(metric),
        difference,
        events,
        non_events,
        verdict,
    })
}

fn verdict(difference: &Difference, metric: Metric) -> Verdict {
    let above = difference.low > 0.0;
    let below = difference.high < 0.0;
    match (above, below, metric.higher_is_better()) {
        (true, _, true) | (_, true, false) => Verdict::Better,
        (true, _, false) | (_, true, true) => Verdict::Worse,
        _ => Verdict::NoDifference,
    }
}

/// How many clusters have a case that ended so; cases, if there are no clusters.
fn clusters_with(happened: bool, cases: &Predictions<'_>, clusters: Option<&[u64]>) -> usize {
    let ended_so = cases.happened.iter().map(|found| *found == happened);
    let Some(clusters) = clusters else {
        return ended_so.filter(|so| *so).count();
    };
    let mut found: Vec<u64> = clusters
        .iter()
        .zip(ended_so)
        .filter_map(|(cluster, so)| so.then_some(*cluster))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(a: &[f64], b: &[f64], happened: &[bool], metric: Metric) -> Verdict {
        let a = Predictions::probabilities(a, happened).unwrap();
        let b = Predictions::probabilities(b, happened).unwrap();
        let found = compare(&a, &b, metric, &Resampling::default(), MIN_EVENTS).unwrap();
        found.verdict
    }

    #[test]
    fn one_that_knows_is_better_than_one_that_guesses() {
        let happened: Vec<bool> = (0..100).map(|i| i % 4 == 0).collect();
        let knows: Vec<f64> = happened
            .iter()
            .map(|y| if *y { 0.8 } else { 0.2 })
            .collect();
        let guesses: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 100) / 100.0).collect();
        for metric in [Metric::Auc, Metric::Brier, Metric::LogLoss] {
            assert_eq!(judged(&knows, &guesses, &happened, metric), Verdict::Better);
            assert_eq!(judged(&guesses, &knows, &happened, metric), Verdict::Worse);
            let same = judged(&guesses, &guesses, &happened, metric);
            assert_eq!(same, Verdict::NoDifference);
        }
        let few: Vec<bool> = (0..100).map(|i| i < 19).collect();
        let knows: Vec<f64> = few.iter().map(|y| if *y { 0.8 } else { 0.2 }).collect();
        assert_eq!(judged(&knows, &guesses, &few, Metric::Auc), Verdict::TooFew);
        assert_eq!(judged(&[], &[], &[], Metric::Auc), Verdict::TooFew);
    }

    #[test]
    fn a_customer_judged_at_many_dates_counts_once() {
        let happened: Vec<bool> = (0..100).map(|i| i < 50).collect();
        let p: Vec<f64> = (0..100).map(|i| 1.0 - f64::from(i) / 100.0).collect();
        let clusters: Vec<u64> = (0..100).map(|i| i % 10).collect();
        let predictions = Predictions::probabilities(&p, &happened).unwrap();
        let resampling = Resampling {
            clusters: Some(&clusters),
            ..Resampling::default()
        };
        let found = compare(
            &predictions,
            &predictions,
            Metric::Auc,
            &resampling,
            MIN_EVENTS,
        );
        let found = found.unwrap();
        assert_eq!((found.events, found.non_events), (10, 10));
        assert_eq!(found.verdict, Verdict::TooFew);
    }
}
