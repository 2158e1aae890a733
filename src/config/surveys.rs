//! Settings of surveys.

use super::error::ConfigError;
use super::reader::Reader;

/// Settings of surveys.
#[derive(Clone, Copy, Debug)]
pub struct SurveyConfig {
    /// `survey_consent`: `implied` (default) asks whoever has not refused; `recorded` asks only
    /// those who have agreed.
    pub consent_recorded: bool,
    /// `survey_quota_days`: nobody is asked more often than once in so many days, over all
    /// surveys; 0 to 3650, 0: no limit. Default 90.
    pub quota_days: u32,
}

pub(super) fn read<F: Fn(&str) -> Option<String>>(
    read: &Reader<'_, F>,
) -> Result<SurveyConfig, ConfigError> {
    Ok(SurveyConfig {
        consent_recorded: read.word("survey_consent", &[("implied", false), ("recorded", true)])?,
        quota_days: read.within("survey_quota_days", 90, 0, 3650)?,
    })
}
