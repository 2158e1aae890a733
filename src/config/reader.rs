//! Single settings read from text, each refused by name where it makes no sense.

use super::error::{ConfigError, invalid};
use crate::units::Probability;

/// Reads single settings; an empty value counts as not set.
pub(super) struct Reader<'a, F> {
    pub(super) lookup: &'a F,
}

impl<F: Fn(&str) -> Option<String>> Reader<'_, F> {
    pub(super) fn optional(&self, key: &str) -> Option<String> {
        (self.lookup)(key).filter(|value| !value.is_empty())
    }

    pub(super) fn text(&self, key: &str, default: &str) -> String {
        self.optional(key).unwrap_or_else(|| default.to_owned())
    }

    pub(super) fn parsed<T: std::str::FromStr>(
        &self,
        key: &str,
        default: &str,
        expected: &str,
    ) -> Result<T, ConfigError> {
        let text = self.text(key, default);
        text.parse().map_err(|_| invalid(key, &text, expected))
    }

    pub(super) fn within<T>(
        &self,
        key: &str,
        default: T,
        least: T,
        most: T,
    ) -> Result<T, ConfigError>
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
    {
        let Some(text) = self.optional(key) else {
            return Ok(default);
        };
        match text.parse::<T>() {
            Ok(value) if value >= least && value <= most => Ok(value),
            _ => Err(invalid(
                key,
                &text,
                &format!("expected a whole number from {least} to {most}"),
            )),
        }
    }

    pub(super) fn probability(&self, key: &str, default: f64) -> Result<Probability, ConfigError> {
        let text = self.text(key, &default.to_string());
        text.parse::<f64>()
            .ok()
            .and_then(|value| Probability::new(value).ok())
            .ok_or_else(|| {
                let detail =
                    format!("{text} is not a probability: expected a number between 0 and 1");
                invalid(key, &text, &detail)
            })
    }

    /// One of several words; the first is the default.
    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let text = self.optional(key);
        let found = match &text {
            None => words.first(),
            Some(text) => words.iter().find(|(word, _)| word == text),
        };
        found.map(|(_, value)| *value).ok_or_else(|| {
            let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            invalid(
                key,
                &text.unwrap_or_default(),
                &format!("expected one of {}", allowed.join(", ")),
            )
        })
    }
}
