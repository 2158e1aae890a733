//! Trend: whether there are more events now than before, exactly also for few of them.

use statrs::function::gamma::ln_gamma;

use super::RelationshipError;
use super::error::{positive, within};

/// Probability at or below which a change is no chance, by default.
pub const LEVEL: f64 = 0.05;

/// Most events that are compared.
const MOST: u64 = 1_000_000;

crate::word_enum! {
    /// Where a relationship is heading.
    Heading {
        /// More than chance explains.
        Growing = "growing",
        /// No more and no less than chance explains.
        Stable = "stable",
        /// Less than chance explains.
        Declining = "declining",
    }
}

/// Events of two periods compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Recent rate over previous rate, `((x1 + ½)/t1)/((x2 + ½)/t2)`.
    pub ratio: f64,
    /// Probability of as many recent events or more if nothing changed.
    pub p_up: f64,
    /// Probability of as few recent events or fewer if nothing changed.
    pub p_down: f64,
}

impl Trend {
    /// Where it is heading, at the 5 % level to either side.
    pub fn heading(&self) -> Heading {
        if self.p_up <= LEVEL {
            Heading::Growing
        } else if self.p_down <= LEVEL {
            Heading::Declining
        } else {
            Heading::Stable
        }
    }
}

/// Compares `recent` events in `recent_weeks` with `previous` in `previous_weeks`: given their sum n,
/// the recent ones are binomial with `p = t1/(t1 + t2)` if the rate did not change (Przyborowski and
/// Wilenski 1940). Time: O(n).
///
/// ```
/// use hawser::relationship::trend::{Heading, trend};
/// assert_eq!(trend(0, 5, 13.0, 13.0).unwrap().heading(), Heading::Declining); // (1/2)^5 = 0.031
/// assert_eq!(trend(0, 4, 13.0, 13.0).unwrap().heading(), Heading::Stable); // 0.0625
/// ```
///
/// # Errors
///
/// [`RelationshipError`] for more than a million events or weeks that are not positive.
pub fn trend(
    recent: u64,
    previous: u64,
    recent_weeks: f64,
    previous_weeks: f64,
) -> Result<Trend, RelationshipError> {
    let rule = "a whole number between 0 and 1000000";
    for (field, count) in [("recent", recent), ("previous", previous)] {
        within(|| field.to_owned(), count as f64, 0.0, MOST as f64, rule)?;
    }
    positive(|| "recent_weeks".to_owned(), recent_weeks)?;
    positive(|| "previous_weeks".to_owned(), previous_weeks)?;
    let (x1, x2) = (recent as f64, previous as f64);
    let n = recent + previous;
    let part = recent_weeks / (recent_weeks + previous_weeks);
    let other = previous_weeks / (recent_weeks + previous_weeks);
    Ok(Trend {
        ratio: ((x1 + 0.5) / recent_weeks) / ((x2 + 0.5) / previous_weeks),
        p_up: binomial(n, recent, n, (part, other)),
        p_down: binomial(n, 0, recent, (part, other)),
    })
}

/// Probability that a binomial of `n` lies in `[from, to]`; `odds` are p and 1 - p, both positive.
fn binomial(n: u64, from: u64, to: u64, odds: (f64, f64)) -> f64 {
    let count = n as f64;
    let all = ln_gamma(count + 1.0);
    let sum: f64 = (from..=to)
        .map(|k| {
            let k = k as f64;
            let ways = all - ln_gamma(k + 1.0) - ln_gamma(count - k + 1.0);
            (ways + k * odds.0.ln() + (count - k) * odds.1.ln()).exp()
        })
        .sum();
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_of_different_length_are_compared_by_rate() {
        // P(Bin(3, 1/4) >= 2) = 3·(1/16)·(3/4) + 1/64 = 10/64.
        let found = trend(2, 1, 5.0, 15.0).unwrap();
        assert!((found.p_up - 10.0 / 64.0).abs() < 1e-12);
        // P(Bin(3, 1/4) <= 2) = 1 - 1/64.
        assert!((found.p_down - 63.0 / 64.0).abs() < 1e-12);
        // (2.5/5)/(1.5/15) = 5.
        assert!((found.ratio - 5.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        assert!(trend(MOST + 1, 0, 1.0, 1.0).is_err());
        assert!(trend(1, 1, 0.0, 1.0).is_err());
        assert!(trend(1, 1, 1.0, f64::NAN).is_err());
    }
}
