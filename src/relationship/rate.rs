//! Rate of rare events, such as complaints per thousand shipments, with its exact interval.

use statrs::distribution::{ContinuousCDF as _, Gamma};

use super::RelationshipError;
use super::error::{positive, within};

/// Level of the two-sided interval.
pub const LEVEL: f64 = 0.9;

/// Most events of a rate.
const MOST: u64 = 1_000_000_000;

/// A rate per so many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Events over exposure.
    pub rate: f64,
    /// Lower end of its 90 % interval; 0 without events.
    pub lo: f64,
    /// Upper end of its 90 % interval.
    pub hi: f64,
}

/// Rate of `events` in an `exposure`, told per `per`: exact Poisson interval (Garwood 1936),
/// `lo = ½ χ²(0.05; 2k)`, `hi = ½ χ²(0.95; 2k + 2)`.
///
/// ```
/// let found = hawser::relationship::rate::poisson(0, 40.0, 1_000.0).unwrap();
/// assert!((found.hi - 25.0 * 20.0_f64.ln()).abs() < 1e-6); // -ln(0.05) events at most
/// ```
///
/// # Errors
///
/// [`RelationshipError`] for more than 10⁹ events, or an exposure or `per` that is not positive.
pub fn poisson(events: u64, exposure: f64, per: f64) -> Result<Rate, RelationshipError> {
    let rule = "a whole number between 0 and 1e9";
    let count = events as f64;
    within(|| "events".to_owned(), count, 0.0, MOST as f64, rule)?;
    positive(|| "exposure".to_owned(), exposure)?;
    positive(|| "per".to_owned(), per)?;
    let tail = (1.0 - LEVEL) / 2.0;
    let (lo, hi) = (quantile(count, tail)?, quantile(count + 1.0, 1.0 - tail)?);
    let scale = per / exposure;
    Ok(Rate {
        rate: count * scale,
        lo: lo * scale,
        hi: hi * scale,
    })
}

/// Quantile of a gamma distribution of this shape and rate 1: half a χ² with 2 `shape` degrees of
/// freedom; 0 for shape 0.
fn quantile(shape: f64, level: f64) -> Result<f64, RelationshipError> {
    if shape <= 0.0 {
        return Ok(0.0);
    }
    let gamma = Gamma::new(shape, 1.0)
        .map_err(|_| RelationshipError::new("events", shape, "a count of events"))?;
    Ok(gamma.inverse_cdf(level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_rate_is_refused() {
        assert!(poisson(1, 0.0, 1.0).is_err());
        assert!(poisson(1, f64::NAN, 1.0).is_err());
        assert!(poisson(1, 1.0, -1.0).is_err());
        assert!(poisson(MOST + 1, 1.0, 1.0).is_err());
    }
}
