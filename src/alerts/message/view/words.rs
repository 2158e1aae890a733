//! The sentences of an alert mail that do not depend on what was found.

use super::found::gap;
use super::{BODY_NAME_CHARS, Writer};
use crate::alerts::facts::{NextStepWord, WorkedBefore};
use crate::alerts::message::{Evidence, Risk, SUBJECT_NAME_CHARS, Severity, ValueBasis};
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{Key, TextError, key};

/// Plays below which nothing is said of their effect.
const ENOUGH_CASES: u32 = 10;

impl Writer<'_> {
    pub(super) fn subject(&self) -> Result<String, TextError> {
        let severity = self.text(severity(self.notice.severity), &[])?;
        let customer = isolate(shorten(&self.customer, SUBJECT_NAME_CHARS));
        let what = self.event()?;
        let mut values = vec![
            ("severity", severity.into()),
            ("customer", customer.into()),
            ("what", what.into()),
        ];
        if let Some(value) = self.short_value()? {
            values.push(("value", value.into()));
            self.text(key("alert-subject-with-value"), &values)
        } else {
            self.text(key("alert-subject"), &values)
        }
    }

    /// What is at risk, in few figures; `None` if that is nothing, or not known.
    pub(super) fn short_value(&self) -> Result<Option<String>, TextError> {
        let risk = self.notice.risk.as_ref();
        let Some(risk) = risk.filter(|risk| risk.value_at_risk > 0) else {
            return Ok(None);
        };
        self.amount_at_risk(risk).map(Some)
    }

    fn amount_at_risk(&self, risk: &Risk) -> Result<String, TextError> {
        let (language, value) = (self.notice.language, risk.value_at_risk);
        let (name, amount) = match risk.value_basis {
            ValueBasis::Margin(currency) => (
                key("alert-subject-margin"),
                language.money_short(value, currency),
            ),
            ValueBasis::Revenue(currency) => (
                key("alert-subject-revenue"),
                language.money_short(value, currency),
            ),
            ValueBasis::Weight => (key("alert-subject-weight"), language.weight(value)),
            ValueBasis::Shipments => (
                key("alert-subject-shipments"),
                language.integer_short(value),
            ),
        };
        self.text(name, &[("amount", amount.into())])
    }

    pub(super) fn changes(&self) -> Result<Vec<String>, TextError> {
        let mut changes = self.found()?;
        if self.notice.reminder {
            changes.insert(0, self.text(key("alert-reminder"), &[])?);
        }
        if let Some(sentence) = self.since_told()? {
            changes.push(sentence);
        }
        Ok(changes)
    }

    /// What became worse since it was told last.
    fn since_told(&self) -> Result<Option<String>, TextError> {
        let Some(told) = self.notice.told_before else {
            return Ok(None);
        };
        let date = self.notice.language.date(told.on);
        let risen = told.now - told.measure;
        if risen <= 0.0 {
            return Ok(None);
        }
        let Some(gap) = gap(&self.notice.warning) else {
            let values = [("date", date.into())];
            return self.text(key("alert-since-told-worse"), &values).map(Some);
        };
        let risen = risen * gap.scale;
        let risen = if risen >= 1.0 { risen.round() } else { risen };
        let amount = self.text(gap.words, &[("amount", risen.into())])?;
        let values = [("date", date.into()), ("amount", amount.into())];
        self.text(key("alert-since-told"), &values).map(Some)
    }

    pub(super) fn next_step(&self) -> Result<String, TextError> {
        let step = self.text(step_key(self.notice.next_step), &[])?;
        let date = self.notice.language.date(self.notice.due);
        let values = [("step", step.into()), ("date", date.into())];
        self.text(key("alert-next-by"), &values)
    }

    /// A title, and what such steps came to before.
    pub(super) fn worked_before(&self) -> Result<Option<(String, String)>, TextError> {
        let Some(worked) = &self.notice.worked_before else {
            return Ok(None);
        };
        let title = self.text(key("alert-worked"), &[])?;
        Ok(Some((title, self.what_worked(worked)?)))
    }

    fn what_worked(&self, worked: &WorkedBefore) -> Result<String, TextError> {
        let values = [("cases", worked.cases.into()), ("kept", worked.kept.into())];
        if worked.cases < ENOUGH_CASES {
            return self.text(key("alert-worked-too-few"), &values);
        }
        let kept = self.text(key("alert-worked-kept"), &values)?;
        let (Some(effect), Some(low), Some(high)) =
            (worked.effect, worked.effect_low, worked.effect_high)
        else {
            return Ok(kept);
        };
        let values = [
            ("kept", kept.into()),
            ("effect", self.share(effect)?.into()),
            ("low", self.share(low)?.into()),
            ("high", self.share(high)?.into()),
        ];
        self.text(key("alert-worked-effect"), &values)
    }

    pub(super) fn foot(&self) -> Result<Vec<String>, TextError> {
        let notice = self.notice;
        let date = notice.language.date(notice.as_of);
        let mut foot = vec![self.text(key("alert-as-of"), &[("date", date.into())])?];
        if let Some(team) = notice.team.as_deref().map(single_line)
            && !team.is_empty()
        {
            let team = isolate(shorten(&team, BODY_NAME_CHARS));
            foot.push(self.text(key("alert-team"), &[("team", team.into())])?);
        }
        let evidence = notice.risk.as_ref().map(|risk| risk.evidence);
        if evidence == Some(Evidence::Enough) {
            foot.push(self.text(key("alert-evidence-enough"), &[])?);
        }
        Ok(foot)
    }
}

/// The text of a step.
pub fn step_key(step: NextStepWord) -> Key {
    match step {
        NextStepWord::Call => key("alert-step-call"),
        NextStepWord::Visit => key("alert-step-visit"),
        NextStepWord::ServiceReview => key("alert-step-service-review"),
        NextStepWord::PriceReview => key("alert-step-price-review"),
        NextStepWord::Recovery => key("alert-step-recovery"),
        NextStepWord::Partner => key("alert-step-partner"),
        NextStepWord::Survey => key("alert-step-survey"),
        NextStepWord::Promise => key("alert-step-promise"),
        NextStepWord::Renewal => key("alert-step-renewal"),
        NextStepWord::SecondContact => key("alert-step-second-contact"),
        NextStepWord::Payment => key("alert-step-payment"),
        NextStepWord::Data => key("alert-step-data"),
    }
}

pub(in crate::alerts) fn severity(severity: Severity) -> Key {
    match severity {
        Severity::Low => key("alert-severity-low"),
        Severity::Medium => key("alert-severity-medium"),
        Severity::High => key("alert-severity-high"),
    }
}

pub(super) fn value_label(basis: ValueBasis) -> Key {
    match basis {
        ValueBasis::Margin(_) => key("alert-value-margin"),
        ValueBasis::Revenue(_) => key("alert-value-revenue"),
        ValueBasis::Weight => key("alert-value-weight"),
        ValueBasis::Shipments => key("alert-value-shipments"),
    }
}

pub(super) fn behind_label(basis: ValueBasis) -> Key {
    match basis {
        ValueBasis::Margin(_) => key("alert-behind-margin"),
        ValueBasis::Revenue(_) => key("alert-behind-revenue"),
        ValueBasis::Weight => key("alert-behind-weight"),
        ValueBasis::Shipments => key("alert-behind-shipments"),
    }
}
