//! What rules read, measure in and lack, in words.

use crate::alerts::model::AlertReason;
use crate::alerts::signals::defaults::MeasureUnit;
use crate::i18n::{Args, Key, Language, TextError, Texts, key};

fn say(language: Language, key: Key) -> Result<String, TextError> {
    Texts::embedded().get(language, key, &Args::new())
}

/// What a rule reads.
///
/// # Errors
///
/// [`TextError`] if the text is missing; a test proves that none is.
pub fn inputs(language: Language, reason: AlertReason) -> Result<String, TextError> {
    use AlertReason as R;
    let key = match reason {
        R::ChurnLevel => key("alert-rule-inputs-churn-level"),
        R::ChurnRise => key("alert-rule-inputs-churn-rise"),
        R::PartnerRisk => key("alert-rule-inputs-partner-risk"),
        R::DepartmentUnsatisfied => key("alert-rule-inputs-department-unsatisfied"),
        R::SatisfactionFall => key("alert-rule-inputs-satisfaction-fall"),
        R::DepartmentUnheard => key("alert-rule-inputs-department-unheard"),
        R::ScoreAndMoney => key("alert-rule-inputs-score-and-money"),
        R::VolumeDrop => key("alert-rule-inputs-volume-drop"),
        R::ComplaintOverdue => key("alert-rule-inputs-complaint-overdue"),
        R::ComplaintReopened => key("alert-rule-inputs-complaint-reopened"),
        R::PromiseDue => key("alert-rule-inputs-promise-due"),
        R::PromiseBroken => key("alert-rule-inputs-promise-broken"),
        R::ContractEnding => key("alert-rule-inputs-contract-ending"),
        R::KeyPerson => key("alert-rule-inputs-key-person"),
        R::PaymentFall => key("alert-rule-inputs-payment-fall"),
        R::DataStale => key("alert-rule-inputs-data-stale"),
    };
    say(language, key)
}

/// What its measure is in.
///
/// # Errors
///
/// As [`inputs`].
pub fn unit(language: Language, unit: MeasureUnit) -> Result<String, TextError> {
    let key = match unit {
        MeasureUnit::Share => key("alert-rule-unit-share"),
        MeasureUnit::Days => key("alert-rule-unit-days"),
        MeasureUnit::Times => key("alert-rule-unit-times"),
        MeasureUnit::Weight => key("alert-rule-unit-weight"),
        MeasureUnit::UsualGaps => key("alert-rule-unit-usual-gaps"),
    };
    say(language, key)
}

/// Why it stays silent; a code that nobody has put into words stands for itself.
///
/// # Errors
///
/// As [`inputs`].
pub fn want(language: Language, want: &str) -> Result<String, TextError> {
    let key = match want {
        "no_run" => key("alert-rule-want-no-run"),
        "no_earlier_run" => key("alert-rule-want-no-earlier-run"),
        "no_answers" => key("alert-rule-want-no-answers"),
        "no_complaints" => key("alert-rule-want-no-complaints"),
        "no_promises" => key("alert-rule-want-no-promises"),
        "no_contracts" => key("alert-rule-want-no-contracts"),
        "no_interactions" => key("alert-rule-want-no-interactions"),
        "no_paid_invoices" => key("alert-rule-want-no-paid-invoices"),
        "too_few_imports" => key("alert-rule-want-too-few-imports"),
        "no_year_of_shipments" => key("alert-rule-want-no-year-of-shipments"),
        "no_recent_shipments" => key("alert-rule-want-no-recent-shipments"),
        other => return Ok(other.to_owned()),
    };
    say(language, key)
}
