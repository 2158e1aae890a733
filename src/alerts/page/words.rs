//! The words of alerts as their pages show them.

use crate::alerts::model::{AlertReason, AlertSeverity, AlertState, Ending, Settlement};
use crate::api::public::text;
use crate::i18n::{Key, Language, TextError, key};

fn say(language: Language, key: Key) -> Result<String, TextError> {
    text(language, key, &[])
}

/// What opened it; a word that is none is shown as it is.
pub fn reason(language: Language, word: &str) -> Result<String, TextError> {
    let Some(reason) = AlertReason::parse(word) else {
        return Ok(word.to_owned());
    };
    let key = match reason {
        AlertReason::ChurnLevel => key("alert-page-churn-level"),
        AlertReason::ChurnRise => key("alert-page-churn-rise"),
        AlertReason::PartnerRisk => key("alert-page-partner-risk"),
        AlertReason::DepartmentUnsatisfied => key("alert-page-department-unsatisfied"),
        AlertReason::SatisfactionFall => key("alert-page-satisfaction-fall"),
        AlertReason::DepartmentUnheard => key("alert-page-department-unheard"),
        AlertReason::ScoreAndMoney => key("alert-page-score-and-money"),
        AlertReason::VolumeDrop => key("alert-page-volume-drop"),
        AlertReason::ComplaintOverdue => key("alert-page-complaint-overdue"),
        AlertReason::ComplaintReopened => key("alert-page-complaint-reopened"),
        AlertReason::PromiseDue => key("alert-page-promise-due"),
        AlertReason::PromiseBroken => key("alert-page-promise-broken"),
        AlertReason::ContractEnding => key("alert-page-contract-ending"),
        AlertReason::KeyPerson => key("alert-page-key-person"),
        AlertReason::PaymentFall => key("alert-page-payment-fall"),
        AlertReason::DataStale => key("alert-page-data-stale"),
    };
    say(language, key)
}

/// How urgent it is.
pub fn severity(language: Language, word: &str) -> Result<String, TextError> {
    let Some(severity) = AlertSeverity::parse(word) else {
        return Ok(word.to_owned());
    };
    let key = match severity {
        AlertSeverity::High => key("alert-page-high"),
        AlertSeverity::Medium => key("alert-page-medium"),
        AlertSeverity::Low => key("alert-page-low"),
    };
    say(language, key)
}

/// Where it stands in its life.
pub fn state(language: Language, word: &str) -> Result<String, TextError> {
    let Some(state) = AlertState::parse(word) else {
        return Ok(word.to_owned());
    };
    let key = match state {
        AlertState::Open => key("alert-page-state-open"),
        AlertState::Acknowledged => key("alert-page-state-acknowledged"),
        AlertState::Snoozed => key("alert-page-state-snoozed"),
        AlertState::Resolved => key("alert-page-state-resolved"),
    };
    say(language, key)
}

/// Why a person resolves it.
pub fn settlement(language: Language, settlement: Settlement) -> Result<String, TextError> {
    let key = match settlement {
        Settlement::Acted => key("alert-page-acted"),
        Settlement::FalseAlarm => key("alert-page-false-alarm"),
        Settlement::Lost => key("alert-page-lost"),
        Settlement::Expired => key("alert-page-expired"),
    };
    say(language, key)
}

/// Why it was resolved, by whomever.
pub fn resolution(language: Language, word: Option<&str>) -> Result<String, TextError> {
    let word = word.unwrap_or_default();
    if let Some(by_person) = Settlement::parse(word) {
        return settlement(language, by_person);
    }
    let Some(ending) = Ending::parse(word) else {
        return Ok(word.to_owned());
    };
    let key = match ending {
        Ending::Recovered => key("alert-page-recovered"),
        Ending::Over => key("alert-page-cause-over"),
        Ending::CustomerLeft => key("alert-page-customer-left"),
        Ending::Superseded => key("alert-page-superseded"),
        Ending::RuleOff => key("alert-page-rule-off"),
        Ending::CustomerDeleted => key("alert-page-customer-deleted"),
        Ending::Merged => key("alert-page-merged"),
    };
    say(language, key)
}
