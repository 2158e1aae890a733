//! Promises: the share that is kept, with what few promises cannot tell (Grönroos 2009).

use statrs::function::beta::inv_beta_reg;

use super::RelationshipError;
use super::error::{at_least_zero, positive, within};

/// Days after which a decided promise counts half, by default.
pub const HALF_LIFE_DAYS: f64 = 365.0;

/// Weight of one promise kept and one broken before there are any, by default: every share is
/// equally likely then.
pub const PRIOR: (f64, f64) = (1.0, 1.0);

/// Level of the lower quantile that is told.
const LOW: f64 = 0.05;

/// Largest count for which the quantile is computed.
const MOST: f64 = 1e4;

/// A promise that was kept or broken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decided {
    /// Whether it was kept.
    pub kept: bool,
    /// How much it counts; 0 is nothing.
    pub weight: f64,
    /// Days since it was due.
    pub age_days: f64,
}

/// Promises counted with their weight and age.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// Those kept.
    pub kept: f64,
    /// Those kept or broken.
    pub total: f64,
}

/// What is known of the share of promises that is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeptShare {
    /// Mean of the posterior.
    pub mean: f64,
    /// Its 5 % quantile: with 95 % probability at least this share is kept.
    pub lo: f64,
}

/// Counts promises: each `weight * 2^(-age/half-life)`.
///
/// # Errors
///
/// [`RelationshipError`] for a weight or age that is negative or not finite, or a half-life that is
/// not positive.
pub fn count(decided: &[Decided], half_life_days: f64) -> Result<Count, RelationshipError> {
    positive(|| "half_life_days".to_owned(), half_life_days)?;
    let mut count = Count::default();
    for (index, one) in decided.iter().enumerate() {
        at_least_zero(|| format!("promises[{index}].weight"), one.weight)?;
        at_least_zero(|| format!("promises[{index}].age_days"), one.age_days)?;
        let weight = one.weight * (-one.age_days / half_life_days).exp2();
        count.total += weight;
        if one.kept {
            count.kept += weight;
        }
    }
    Ok(count)
}

/// Posterior of the kept share: `Beta(a + kept, b + total - kept)`.
///
/// ```
/// use hawser::relationship::promise::{Count, PRIOR, kept_share};
/// let unknown = kept_share(Count::default(), PRIOR).unwrap();
/// assert!((unknown.mean - 0.5).abs() < 1e-12 && (unknown.lo - 0.05).abs() < 1e-9);
/// ```
///
/// # Errors
///
/// [`RelationshipError`] unless `0 <= kept <= total <= 10,000`, and `a` and `b` are between 0.001
/// and 10,000.
pub fn kept_share(count: Count, (a, b): (f64, f64)) -> Result<KeptShare, RelationshipError> {
    let rule = "a number between 0 and 10000";
    within(|| "total".to_owned(), count.total, 0.0, MOST, rule)?;
    let rule = "a number between 0 and total";
    within(|| "kept".to_owned(), count.kept, 0.0, count.total, rule)?;
    for (field, value) in [("a", a), ("b", b)] {
        let rule = "a number between 0.001 and 10000";
        within(|| field.to_owned(), value, 1e-3, MOST, rule)?;
    }
    let (a, b) = (a + count.kept, b + count.total - count.kept);
    Ok(KeptShare {
        mean: a / (a + b),
        lo: inv_beta_reg(a, b, LOW),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_counts_half_after_its_half_life() {
        let decided = [
            Decided {
                kept: true,
                weight: 2.0,
                age_days: 365.0,
            },
            Decided {
                kept: false,
                weight: 1.0,
                age_days: 730.0,
            },
            Decided {
                kept: false,
                weight: 0.0,
                age_days: 0.0,
            },
        ];
        let count = count(&decided, HALF_LIFE_DAYS).unwrap();
        assert!((count.kept - 1.0).abs() < 1e-12);
        assert!((count.total - 1.25).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        let share = |kept, total| kept_share(Count { kept, total }, PRIOR);
        assert!(share(2.0, 1.0).is_err());
        assert!(share(f64::NAN, 1.0).is_err());
        assert!(share(0.0, f64::INFINITY).is_err());
        assert!(kept_share(Count::default(), (0.0, 1.0)).is_err());
        assert!(count(&[], 0.0).is_err());
    }

    #[test]
    fn a_flat_prior_and_promises_all_kept_have_a_quantile_in_closed_form() {
        // Beta(n + 1, 1) has the distribution function x^(n+1).
        for n in [0.0_f64, 1.0, 9.0, 99.0, 999.0, 9_999.0] {
            let found = kept_share(Count { kept: n, total: n }, PRIOR).unwrap();
            let exact = LOW.powf(1.0 / (n + 1.0));
            assert!((found.lo - exact).abs() < 1e-9, "{n}: {} {exact}", found.lo);
        }
    }
}
