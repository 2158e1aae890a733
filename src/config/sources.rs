//! The settings file, and the names of variables that are no settings.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::{ConfigError, unknown};
use super::{FILE_VARIABLE, KEYS};

/// The settings that a file holds, as text.
pub(super) fn read_file(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let wrong = |cause: String| ConfigError::File {
        path: path.display().to_string(),
        cause,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
    let mut settings = BTreeMap::new();
    for (key, value) in table {
        if !KEYS.contains(&key.as_str()) {
            return Err(unknown(path.display().to_string(), key));
        }
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Float(number) => number.to_string(),
            toml::Value::Boolean(word) => word.to_string(),
            _ => {
                return Err(wrong(format!(
                    "{key}: expected a text, a number, true or false"
                )));
            }
        };
        settings.insert(key, text);
    }
    Ok(settings)
}

/// A mistyped variable would otherwise be ignored in silence.
pub(super) fn refuse_unknown_variables(
    names: impl Iterator<Item = String>,
) -> Result<(), ConfigError> {
    for name in names {
        let Some(key) = name.strip_prefix("HAWSER_") else {
            continue;
        };
        // Test and example variables are not settings.
        let other =
            name == FILE_VARIABLE || key.starts_with("TEST_") || key == "SHARED" || key == "KEY";
        let key = key.to_lowercase();
        if !other && !KEYS.contains(&key.as_str()) {
            return Err(unknown("environment".to_owned(), name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_variable_is_refused_with_the_nearest_setting() {
        let error = refuse_unknown_variables(["HAWSER_DATABSE_URL".to_owned()].into_iter());
        assert_eq!(
            error.unwrap_err().to_string(),
            "environment: unknown setting HAWSER_DATABSE_URL; did you mean database_url? (see .env.sample)"
        );
    }
}
