//! Settings of alerts.

use super::error::ConfigError;
use super::reader::Reader;
use crate::units::Probability;

/// Settings of alerts.
#[derive(Clone, Debug)]
pub struct AlertConfig {
    /// `alert_level`: churn probability from which an account team is warned. Default 0.6.
    pub level: Probability,
    /// `alert_step`: rise between two runs that warns by itself. Default 0.15.
    pub step: Probability,
}

pub(super) fn read<F: Fn(&str) -> Option<String>>(
    read: &Reader<'_, F>,
) -> Result<AlertConfig, ConfigError> {
    Ok(AlertConfig {
        level: read.probability("alert_level", 0.6)?,
        step: read.probability("alert_step", 0.15)?,
    })
}
