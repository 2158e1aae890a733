//! Numbers with a meaning: the range is in the type, the constructor is the only door.

use serde::{Deserialize, Serialize};

/// A probability in the closed interval `[0, 1]`; never NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

/// The value offered as a probability was not one.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not a probability: expected a number between 0 and 1")]
pub struct NotAProbability(pub f64);

impl Probability {
    /// The impossible event.
    pub const ZERO: Self = Self(0.0);
    /// The certain event.
    pub const ONE: Self = Self(1.0);

    /// Wraps `value`.
    ///
    /// # Errors
    ///
    /// [`NotAProbability`] if `value` is NaN or outside `[0, 1]`.
    pub fn new(value: f64) -> Result<Self, NotAProbability> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(NotAProbability(value))
        }
    }

    /// The number itself, in `[0, 1]`.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The probability that the event does not happen.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(1.0 - self.0)
    }
}

impl TryFrom<f64> for Probability {
    type Error = NotAProbability;

    fn try_from(value: f64) -> Result<Self, NotAProbability> {
        Self::new(value)
    }
}

impl From<Probability> for f64 {
    fn from(value: Probability) -> f64 {
        value.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_between_zero_and_one_are_probabilities() {
        for good in [0.0, 0.5, 1.0] {
            assert!((Probability::new(good).unwrap().get() - good).abs() < f64::EPSILON);
        }
        for bad in [-1e-9, 1.000_000_1, f64::NAN, f64::INFINITY] {
            assert!(Probability::new(bad).is_err(), "{bad}");
        }
    }
}
