//! Key person: how far a relationship rests on one of ours, or on one of theirs.
//!
//! Loyalty to a salesperson is not loyalty to the firm (Palmatier, Scheer and Steenkamp 2007): what
//! one person holds may leave with that person.

use super::RelationshipError;
use super::error::{at_least_zero, finite, in_unit};

/// Share from which on one person is a risk, by default.
pub const FLAG_SHARE: f64 = 0.7;

/// Interactions below which nobody is called a risk, by default.
pub const FLAG_COUNT: f64 = 10.0;

/// Part of the value held by a person that may leave with that person: losses of up to 17.6 % of a
/// customer's revenue are reported after a change of salesperson. A change can also raise
/// performance (Schmitz and others 2020), so this is a bad case, not an expectation.
pub const LOSS_RATE: f64 = 0.176;

/// Part of the interactions that [`KeyPerson::half`] covers.
const HALF: f64 = 0.5;

/// How a relationship is spread over people.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyPerson {
    /// Interactions of all, as given (they may be decayed, hence no whole number); more than 0.
    pub n: f64,
    /// Position of the person with the most; the first of several.
    pub position: usize,
    /// Share of that person, in (0, 1].
    pub max_share: f64,
    /// Herfindahl–Hirschman index `Σ s²`, in (0, 1].
    pub hhi: f64,
    /// The same without the upward bias of few interactions: `(n Σ s² - 1)/(n - 1)`, at least 0;
    /// `None` for n of at most 1.
    pub hhi_unbiased: Option<f64>,
    /// Fewest people who together hold half of the interactions; 1 is fragile.
    pub half: usize,
    /// `max_share >= 0.7` and `n >= 10`.
    pub flagged: bool,
}

/// How interactions are spread over people; `weights` has one number per person. `None` if there
/// are no interactions.
///
/// ```
/// let found = hawser::relationship::key_person::key_person(&[7.0, 2.0, 1.0]).unwrap().unwrap();
/// assert_eq!((found.position, found.max_share, found.half), (0, 0.7, 1));
/// assert!(found.flagged);
/// ```
///
/// # Errors
///
/// [`RelationshipError`] for a weight that is negative or not finite.
pub fn key_person(weights: &[f64]) -> Result<Option<KeyPerson>, RelationshipError> {
    for (index, &weight) in weights.iter().enumerate() {
        at_least_zero(|| format!("counts[{index}]"), weight)?;
    }
    let n: f64 = weights.iter().sum();
    let (mut position, mut largest) = (0, 0.0);
    for (index, &weight) in weights.iter().enumerate() {
        if weight > largest {
            (position, largest) = (index, weight);
        }
    }
    if largest <= 0.0 {
        return Ok(None);
    }
    let max_share = largest / n;
    let hhi: f64 = weights.iter().map(|weight| (weight / n).powi(2)).sum();
    Ok(Some(KeyPerson {
        n,
        position,
        max_share,
        hhi,
        hhi_unbiased: (n > 1.0).then(|| ((n * hhi - 1.0) / (n - 1.0)).max(0.0)),
        half: covering(weights, HALF * n),
        flagged: max_share >= FLAG_SHARE && n >= FLAG_COUNT,
    }))
}

/// Fewest people whose interactions add up to `enough`.
fn covering(weights: &[f64], enough: f64) -> usize {
    let mut sorted = weights.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    for (index, weight) in sorted.iter().enumerate() {
        sum += weight;
        // Sums of decayed weights carry rounding.
        if sum >= enough * (1.0 - 1e-12) {
            return index + 1;
        }
    }
    sorted.len()
}

/// Value that may be lost if a person leaves: `value * share * rate`; 0 for a customer without
/// positive value.
///
/// # Errors
///
/// [`RelationshipError`] if the value is not finite, or `share` or `rate` is outside `[0, 1]`.
pub fn loss_if_leaving(value: f64, share: f64, rate: f64) -> Result<f64, RelationshipError> {
    finite(|| "value".to_owned(), value)?;
    in_unit(|| "share".to_owned(), share)?;
    in_unit(|| "rate".to_owned(), rate)?;
    Ok(value.max(0.0) * share * rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_flagged_at_seven_tenths_of_ten_and_not_below() {
        let flagged = |weights: &[f64]| key_person(weights).unwrap().unwrap().flagged;
        assert!(flagged(&[7.0, 3.0]));
        assert!(!flagged(&[6.9, 3.1]));
        assert!(!flagged(&[7.0, 2.9]));
    }

    #[test]
    fn the_fewest_who_cover_half_are_counted_from_the_largest() {
        for (weights, half) in [
            (&[1.0, 5.0, 4.0][..], 1),
            (&[3.0, 3.0, 4.0], 2),
            (&[1.0, 1.0, 1.0, 1.0, 1.0], 3),
            (&[0.1, 0.2, 0.3], 1),
        ] {
            let found = key_person(weights).unwrap().unwrap();
            assert_eq!(found.half, half, "{weights:?}");
        }
    }

    #[test]
    fn nobody_is_key_to_nothing_and_a_single_call_has_no_unbiased_index() {
        assert_eq!(key_person(&[]).unwrap(), None);
        assert_eq!(key_person(&[0.0, 0.0]).unwrap(), None);
        assert_eq!(key_person(&[1.0]).unwrap().unwrap().hhi_unbiased, None);
        assert!(key_person(&[1.0, -1.0]).is_err());
        assert!(key_person(&[f64::NAN]).is_err());
    }

    #[test]
    fn a_loss_is_a_part_of_what_is_worth_something() {
        let loss = loss_if_leaving(100_000.0, 0.8, LOSS_RATE).unwrap();
        assert!((loss - 14_080.0).abs() < 1e-6);
        assert!(loss_if_leaving(-5.0, 0.8, LOSS_RATE).unwrap().abs() < 1e-12);
        assert!(loss_if_leaving(1.0, 1.1, LOSS_RATE).is_err());
    }
}
