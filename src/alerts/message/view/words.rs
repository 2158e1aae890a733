//! The sentences of an alert mail.

use super::Writer;
use super::figures::plain_percent;
use crate::alerts::message::{
    Evidence, NextStep, Part, PartKind, PartnerKind, Reason, SUBJECT_NAME_CHARS, Severity,
    ValueBasis,
};
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{Key, TextError, key};

impl Writer<'_> {
    pub(super) fn subject(&self) -> Result<String, TextError> {
        let severity = self.text(severity(self.notice.severity), &[])?;
        let customer = isolate(shorten(&self.customer, SUBJECT_NAME_CHARS));
        let what = self.subject_event()?;
        let mut values = vec![
            ("severity", severity.into()),
            ("customer", customer.into()),
            ("what", what.into()),
        ];
        if self.notice.value_at_risk > 0 {
            values.push(("value", self.subject_value()?.into()));
            self.text(key("alert-subject-with-value"), &values)
        } else {
            self.text(key("alert-subject"), &values)
        }
    }

    /// The silent partners if there are any, else the course of the churn probability.
    pub(super) fn subject_event(&self) -> Result<String, TextError> {
        let partners = self.notice.partners;
        let now = self.percent(self.notice.churn_probability);
        if partners.silent > 0 {
            let name = match partners.kind {
                PartnerKind::Consignees => key("alert-subject-silent-consignees"),
                PartnerKind::Shippers => key("alert-subject-silent-shippers"),
                PartnerKind::Both => key("alert-subject-silent-partners"),
            };
            let values = [
                ("silent", partners.silent.into()),
                ("total", partners.total.into()),
            ];
            self.text(name, &values)
        } else if let Some(previous) = self.notice.previous {
            let before = self.percent(previous.churn_probability);
            let values = [("before", before.into()), ("now", now.into())];
            self.text(key("alert-subject-churn-change"), &values)
        } else {
            self.text(key("alert-subject-churn"), &[("now", now.into())])
        }
    }

    pub(super) fn subject_value(&self) -> Result<String, TextError> {
        let (language, value) = (self.notice.language, self.notice.value_at_risk);
        let (name, amount) = match self.notice.value_basis {
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
        let notice = self.notice;
        let mut values = vec![
            ("customer", isolate(self.customer.clone()).into()),
            ("weeks", notice.horizon_weeks.into()),
            ("now", self.percent(notice.churn_probability).into()),
        ];
        let event = match notice.reason {
            Reason::ChurnLevel { level } => {
                values.push(("level", plain_percent(notice, level).into()));
                self.text(key("alert-level"), &values)?
            }
            Reason::ChurnRise { step } => {
                let points = plain_percent(notice, step);
                values.push(("step", points.trim_end_matches('%').into()));
                self.text(key("alert-rise"), &values)?
            }
        };
        let before = match notice.previous {
            Some(previous) => {
                let before = self.percent(previous.churn_probability);
                let date = notice.language.date(previous.as_of);
                let values = [("before", before.into()), ("date", date.into())];
                self.text(key("alert-before"), &values)?
            }
            None => self.text(key("alert-first"), &[])?,
        };
        let mut changes = vec![event, before];
        if notice.partners.silent > 0 {
            let name = match notice.partners.kind {
                PartnerKind::Consignees => key("alert-silent-consignees"),
                PartnerKind::Shippers => key("alert-silent-shippers"),
                PartnerKind::Both => key("alert-silent-partners"),
            };
            let values = [
                ("silent", notice.partners.silent.into()),
                ("total", notice.partners.total.into()),
            ];
            changes.push(self.text(name, &values)?);
        }
        Ok(changes)
    }

    /// Says that the network's part is not established, where the mail shows any.
    pub(super) fn hypothesis(&self) -> Result<Option<String>, TextError> {
        let of_partner = |part: &Part| matches!(part.kind, PartKind::Partner { .. });
        if !self.notice.parts.iter().any(of_partner) && self.notice.followers.is_empty() {
            return Ok(None);
        }
        Ok(match self.notice.network_term_supported {
            Some(true) => None,
            Some(false) => Some(self.text(key("alert-hypothesis-unsupported"), &[])?),
            None => Some(self.text(key("alert-hypothesis-unchecked"), &[])?),
        })
    }

    pub(super) fn next_step(&self) -> Result<String, TextError> {
        let step = self.text(
            match self.notice.next_step {
                NextStep::Call => key("alert-step-call"),
                NextStep::Visit => key("alert-step-visit"),
                NextStep::ServiceReview => key("alert-step-service-review"),
                NextStep::PriceReview => key("alert-step-price-review"),
                NextStep::Recovery => key("alert-step-recovery"),
                NextStep::Partner => key("alert-step-partner"),
            },
            &[],
        )?;
        let date = self.notice.language.date(self.notice.due);
        let values = [("step", step.into()), ("date", date.into())];
        self.text(key("alert-next-by"), &values)
    }

    pub(super) fn foot(&self) -> Result<Vec<String>, TextError> {
        let notice = self.notice;
        let date = notice.language.date(notice.as_of);
        let mut foot = vec![self.text(key("alert-as-of"), &[("date", date.into())])?];
        if let Some(team) = notice.team.as_deref().map(single_line)
            && !team.is_empty()
        {
            foot.push(self.text(key("alert-team"), &[("team", isolate(team).into())])?);
        }
        if notice.evidence == Evidence::Enough {
            foot.push(self.text(key("alert-evidence-enough"), &[])?);
        }
        Ok(foot)
    }
}

pub(super) fn severity(severity: Severity) -> Key {
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
