//! Settings of the log.

use super::error::{ConfigError, invalid};
use super::reader::Reader;

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// `log_format`.
pub(super) fn format<F: Fn(&str) -> Option<String>>(
    read: &Reader<'_, F>,
) -> Result<LogFormat, ConfigError> {
    read.word(
        "log_format",
        &[
            ("auto", LogFormat::Auto),
            ("text", LogFormat::Text),
            ("json", LogFormat::Json),
        ],
    )
}

/// The filter, if it is one.
pub(super) fn filter(text: String) -> Result<String, ConfigError> {
    match text.parse::<tracing_subscriber::EnvFilter>() {
        Ok(_) => Ok(text),
        Err(error) => Err(invalid(
            "log",
            &text,
            &format!("expected a filter such as info: {error}"),
        )),
    }
}
