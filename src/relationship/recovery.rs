//! Recovery: whether customers are content again after a complaint.
//!
//! That a complaint well handled leaves a customer happier than none (the recovery paradox) holds for
//! satisfaction but not for repurchase (de Matos, Henrique and Rossi 2007); nothing is assumed here.

use super::RelationshipError;
use super::error::{at_least_zero, in_unit};

/// Pairs without any change that the mean is pulled toward, by default.
pub const KAPPA: f64 = 3.0;

/// Satisfaction of one customer before and after its complaint, each in `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The last known before.
    pub before: f64,
    /// The first known after.
    pub after: f64,
}

/// Change of satisfaction over complaints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// Mean of after minus before, in `[-1, 1]`.
    pub mean: f64,
    /// The same pulled toward 0 by few pairs: `n·mean/(n + κ)`.
    pub shrunk: f64,
    /// Pairs.
    pub n: usize,
}

/// Mean change over `pairs`; `None` without any.
///
/// # Errors
///
/// [`RelationshipError`] for a score outside `[0, 1]` or a negative `kappa`.
pub fn recovery(pairs: &[Pair], kappa: f64) -> Result<Option<Recovery>, RelationshipError> {
    at_least_zero(|| "kappa".to_owned(), kappa)?;
    let mut sum = 0.0;
    for (index, pair) in pairs.iter().enumerate() {
        in_unit(|| format!("pairs[{index}].before"), pair.before)?;
        in_unit(|| format!("pairs[{index}].after"), pair.after)?;
        sum += pair.after - pair.before;
    }
    let n = pairs.len() as f64;
    Ok((!pairs.is_empty()).then(|| Recovery {
        mean: sum / n,
        shrunk: sum / (n + kappa),
        n: pairs.len(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_pairs_are_pulled_toward_no_change() {
        let pairs = [(0.3, 0.7), (0.5, 0.3)].map(|(before, after)| Pair { before, after });
        let found = recovery(&pairs, KAPPA).unwrap().unwrap();
        // (0.4 - 0.2)/2 and (0.4 - 0.2)/5.
        assert!((found.mean - 0.1).abs() < 1e-12);
        assert!((found.shrunk - 0.04).abs() < 1e-12);
        assert_eq!(found.n, 2);
        assert_eq!(recovery(&[], KAPPA).unwrap(), None);
        let bad = Pair {
            before: 1.1,
            after: 0.0,
        };
        assert!(recovery(&[bad], KAPPA).is_err());
    }
}
