//! Times to an end that has not come for all: Kaplan and Meier's estimate (1958).
//!
//! Averaging only those that ended would call a desk fast that never closes its hard cases: what is
//! open still counts as long as it lasted.

use super::RelationshipError;
use super::error::at_least_zero;

/// A time that was watched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watched {
    /// Until its end, or until now.
    pub time: f64,
    /// Whether it ended; else it is open (censored).
    pub ended: bool,
}

/// Share that lasts longer than a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// A time at which some ended.
    pub time: f64,
    /// Estimated share that lasts longer.
    pub survival: f64,
}

/// Estimated distribution of times.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    /// How many were watched.
    pub n: usize,
    /// How many of them ended.
    pub ended: usize,
    /// The estimate at each time at which some ended, in order.
    pub curve: Vec<Step>,
    /// First time at which half have ended; `None` if the estimate never falls so far.
    pub median: Option<f64>,
}

/// Estimates how long it takes; what is open at a time at which others ended counts as there.
/// Time: O(n log n).
///
/// # Errors
///
/// [`RelationshipError`] for a time that is negative or not finite.
pub fn kaplan_meier(watched: &[Watched]) -> Result<Survival, RelationshipError> {
    for (index, one) in watched.iter().enumerate() {
        at_least_zero(|| format!("days[{index}]"), one.time)?;
    }
    let mut sorted = watched.to_vec();
    sorted.sort_by(|a, b| a.time.total_cmp(&b.time));
    let (mut curve, mut survival, mut gone, mut ended) = (Vec::new(), 1.0, 0, 0);
    for group in sorted.chunk_by(|a, b| a.time.total_cmp(&b.time).is_eq()) {
        let ends = group.iter().filter(|one| one.ended).count();
        if let (1.., Some(first)) = (ends, group.first()) {
            let at_risk = (watched.len() - gone) as f64;
            survival *= (at_risk - ends as f64) / at_risk;
            curve.push(Step {
                time: first.time,
                survival,
            });
        }
        ended += ends;
        gone += group.len();
    }
    // A product that is one half on paper may miss it by its rounding.
    let median = curve.iter().find(|step| step.survival <= 0.5 + 1e-9);
    Ok(Survival {
        n: watched.len(),
        ended,
        median: median.map(|step| step.time),
        curve,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(times: &[(f64, bool)]) -> Option<f64> {
        let watched: Vec<Watched> = times
            .iter()
            .map(|&(time, ended)| Watched { time, ended })
            .collect();
        kaplan_meier(&watched).unwrap().median
    }

    #[test]
    fn open_ones_lengthen_the_median_and_may_leave_none() {
        assert_eq!(median(&[(1.0, true), (2.0, true), (3.0, true)]), Some(2.0));
        assert_eq!(median(&[(1.0, true), (2.0, false), (3.0, true)]), Some(3.0));
        assert_eq!(median(&[(1.0, true), (2.0, false), (3.0, false)]), None);
        assert_eq!(median(&[]), None);
        let four = [(1.0, true), (2.0, true), (3.0, true), (4.0, true)];
        assert_eq!(median(&four), Some(2.0));
    }

    #[test]
    fn times_before_the_start_are_refused() {
        for time in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(kaplan_meier(&[Watched { time, ended: true }]).is_err());
        }
    }
}
