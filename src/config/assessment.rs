//! Settings of an assessment run.

use super::error::ConfigError;
use super::reader::Reader;
use crate::units::Probability;

/// Settings of an assessment run.
#[derive(Clone, Debug)]
pub struct AssessmentConfig {
    /// `horizon_weeks`: what is predicted, 1 to 104 weeks. Default 13, a quarter.
    pub horizon_weeks: u32,
    /// `window_days`: over which business is summed, 30 to 728 days. Default 365.
    pub window_days: u32,
    /// `business_basis`: `auto`, `revenue`, `weight` or `shipments`. Default `auto`: the first
    /// that links with at least 80 % of the shipments in the window have.
    pub business_basis: String,
    /// `save_effect`: by how much a retention play lowers own churn, in [0, 1]. Default 0.3.
    pub save_effect: Probability,
}

pub(super) fn read<F: Fn(&str) -> Option<String>>(
    read: &Reader<'_, F>,
) -> Result<AssessmentConfig, ConfigError> {
    let words = ["auto", "revenue", "weight", "shipments"].map(|word| (word, word));
    Ok(AssessmentConfig {
        horizon_weeks: read.within("horizon_weeks", 13, 1, 104)?,
        window_days: read.within("window_days", 365, 30, 728)?,
        business_basis: read.word("business_basis", &words)?.to_owned(),
        save_effect: read.probability("save_effect", 0.3)?,
    })
}
