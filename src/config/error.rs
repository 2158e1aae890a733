//! Settings that cannot be used, and what is said of them.

use super::KEYS;

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value that is not allowed.
    #[error("{key}={value}: {expected}")]
    Value {
        /// The setting, as the environment names it.
        key: String,
        /// What was given; secrets are not repeated.
        value: String,
        /// What is allowed.
        expected: String,
    },
    /// A setting that needs another one.
    #[error("{key} is not set: {needed}")]
    Missing {
        /// The setting that lacks.
        key: String,
        /// Why it is needed.
        needed: &'static str,
    },
    /// A name that is no setting.
    #[error("{origin}: unknown setting {key}; did you mean {nearest}? (see .env.sample)")]
    Unknown {
        /// The file or the environment.
        origin: String,
        /// What was found.
        key: String,
        /// The setting whose name is most alike.
        nearest: &'static str,
    },
    /// The settings file cannot be read.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// The variable behind a setting.
pub(super) fn variable(key: &str) -> String {
    format!("HAWSER_{}", key.to_uppercase())
}

/// A value that is not allowed.
pub(super) fn invalid(key: &str, value: &str, expected: &str) -> ConfigError {
    ConfigError::Value {
        key: variable(key),
        value: value.to_owned(),
        expected: expected.to_owned(),
    }
}

/// A setting that is needed and not there.
pub(super) fn missing(key: &str, needed: &'static str) -> ConfigError {
    ConfigError::Missing {
        key: variable(key),
        needed,
    }
}

/// A name that is no setting, with the setting most like it.
pub(super) fn unknown(origin: String, key: String) -> ConfigError {
    let plain = key.trim_start_matches("HAWSER_").to_lowercase();
    let likeness = |known: &&&str| strsim::jaro_winkler(known, &plain);
    let nearest = KEYS
        .iter()
        .max_by(|left, right| likeness(left).total_cmp(&likeness(right)))
        .copied()
        .unwrap_or("database_url");
    ConfigError::Unknown {
        origin,
        key,
        nearest,
    }
}
