//! The index over months with the one over weeks, and how a company's customers sound: their median.
//!
//! ```text
//! company's median ─> customer ─> department ─> contact        (each the parent of the next)
//! ```
//!
//! The median is that of the customers' indices with parent 0, of those of whom there is enough text.
//! It is also the zero against which an index is read: texts of business are on the whole friendlier
//! than their writers, by .08 to .20.

use serde::{Deserialize, Serialize};

use super::{Index, IndexSettings, SentimentError, Voice, index};

/// Days of texts that count: behind six half-lives a text weighs a sixty-fourth.
pub const WINDOW_DAYS: i64 = 365;

/// The index over months, and the one over weeks that alarms look at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Half-life 60 days.
    pub slow: Index,
    /// Half-life 21 days.
    pub fast: Index,
}

/// The parents of a node: an index over months and one over weeks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parent {
    /// Half-life 60 days.
    pub slow: f64,
    /// Half-life 21 days.
    pub fast: f64,
}

impl From<Pair> for Parent {
    fn from(pair: Pair) -> Self {
        Self {
            slow: pair.slow.value,
            fast: pair.fast.value,
        }
    }
}

/// The company's medians, and of how many customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Median {
    /// Of the indices; 0 if of no customer there is enough text.
    #[serde(flatten)]
    pub of: Parent,
    /// Customers of whom there is enough text.
    pub customers: u64,
}

impl Median {
    /// The median over months; `None` if of no customer there is enough text.
    pub fn known(&self) -> Option<f64> {
        (self.customers > 0).then_some(self.of.slow)
    }
}

/// The indices of texts under a parent.
///
/// # Errors
///
/// As [`index()`].
pub fn pair(voices: &[Voice], parent: Parent) -> Result<Pair, SentimentError> {
    Ok(Pair {
        slow: index(voices, parent.slow, &IndexSettings::default())?,
        fast: index(voices, parent.fast, &IndexSettings::fast())?,
    })
}

/// The company's medians from the texts of each of its customers; the same in whatever order they come.
///
/// # Errors
///
/// As [`index()`].
pub fn median<'a>(
    customers: impl IntoIterator<Item = &'a [Voice]>,
) -> Result<Median, SentimentError> {
    let (mut slow, mut fast) = (Vec::new(), Vec::new());
    for voices in customers {
        let found = pair(voices, Parent::default())?;
        if found.slow.enough {
            slow.push(found.slow.value);
            fast.push(found.fast.value);
        }
    }
    Ok(Median {
        customers: slow.len() as u64,
        of: Parent {
            slow: middle(slow),
            fast: middle(fast),
        },
    })
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = values.get(half).copied().unwrap_or_default();
    match values.get(half.wrapping_sub(1)) {
        Some(lower) if values.len().is_multiple_of(2) => f64::midpoint(*lower, upper),
        _ => upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert!(middle(Vec::new()).abs() < 1e-12);
        assert!((middle(vec![0.3]) - 0.3).abs() < 1e-12);
        assert!((middle(vec![0.5, -0.1]) - 0.2).abs() < 1e-12);
        assert!((middle(vec![0.9, -0.5, 0.1]) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn customers_of_few_words_have_no_say_in_the_median() {
        let voice = Voice {
            age_days: 0.0,
            weight: 1.0,
            polarity: 0.5,
            confidence: 1.0,
            neutral: false,
        };
        let (loud, shy) = (
            [voice; 3],
            [Voice {
                polarity: -1.0,
                ..voice
            }; 2],
        );
        // 3 · .5 / (3 + 3)
        let found = median([&loud[..], &shy[..]]).unwrap();
        assert!((found.of.slow - 0.25).abs() < 1e-12 && (found.of.fast - 0.25).abs() < 1e-12);
        assert_eq!((found.customers, found.known()), (1, Some(found.of.slow)));
        assert_eq!(median([&shy[..]]).unwrap().known(), None);
    }
}
