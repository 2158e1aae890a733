//! Sufficient statistics of one entity, checked at the door.

use super::ChurnError;

/// Largest number of repeat events.
pub const MAX_EVENTS: u64 = 1_000_000;

/// What an entity's past comes to: the sufficient statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct History {
    pub(super) x: u64,
    pub(super) t_x: f64,
    pub(super) age: f64,
    pub(super) litt: f64,
}

impl History {
    /// Checks the statistics.
    ///
    /// * `x`: events after the first, at most a million.
    /// * `t_x`: weeks from the first event to the last; 0 if `x` is 0.
    /// * `age` (T): weeks from the first event to the as-of date, at least `t_x`.
    /// * `litt`: sum of the logarithms of the `x` intervals in weeks; 0 if `x` is 0. Used for k > 1
    ///   only.
    ///
    /// # Errors
    ///
    /// [`ChurnError`] names the field that breaks a rule.
    pub fn new(x: u64, t_x: f64, age: f64, litt: f64) -> Result<Self, ChurnError> {
        let number = |field, value, rule| Err(ChurnError::Number { field, value, rule });
        if x > MAX_EVENTS {
            return Err(ChurnError::Rule {
                field: "x",
                rule: "at most 1000000 events",
            });
        }
        if !(0.0..=1e6).contains(&age) {
            return number("T", age, "weeks between 0 and 1000000");
        }
        if !(0.0..=age).contains(&t_x) {
            return number("t_x", t_x, "weeks between 0 and T");
        }
        if !litt.is_finite() {
            return number("litt", litt, "a number");
        }
        if x == 0 && t_x > 0.0 {
            return number("t_x", t_x, "0, because x is 0");
        }
        if x == 0 && litt != 0.0 {
            return number("litt", litt, "0, because x is 0");
        }
        Ok(Self { x, t_x, age, litt })
    }

    /// Events after the first.
    pub fn x(&self) -> u64 {
        self.x
    }

    /// Weeks from the first event to the last.
    pub fn t_x(&self) -> f64 {
        self.t_x
    }

    /// T: weeks from the first event to the as-of date.
    pub fn age(&self) -> f64 {
        self.age
    }

    /// Sum of the logarithms of the intervals.
    pub fn litt(&self) -> f64 {
        self.litt
    }
}
