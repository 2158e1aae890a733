//! Settings of webhooks.

use std::time::Duration;

use super::error::ConfigError;
use super::reader::Reader;

/// Settings of webhooks.
#[derive(Clone, Copy, Debug)]
pub struct WebhookConfig {
    /// `webhook_allow_private`: whether endpoints may be on private addresses and without TLS.
    /// Default false.
    pub allow_private: bool,
    /// `webhook_timeout_seconds`: how long a request may take, 1 to 30. Default 15.
    pub timeout: Duration,
    /// `webhook_retention_days`: how long events that are not waiting are kept, 1 to 3650. Default 90.
    pub retention_days: u32,
}

pub(super) fn read<F: Fn(&str) -> Option<String>>(
    read: &Reader<'_, F>,
) -> Result<WebhookConfig, ConfigError> {
    Ok(WebhookConfig {
        allow_private: read.word("webhook_allow_private", &[("false", false), ("true", true)])?,
        timeout: Duration::from_secs(read.within("webhook_timeout_seconds", 15, 1, 30)?),
        retention_days: read.within("webhook_retention_days", 90, 1, 3650)?,
    })
}
