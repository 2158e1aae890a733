//! What each rule found, in words: a few for the subject, sentences for the body, one figure.

use chrono::NaiveDate;

use super::Writer;
use crate::alerts::facts::{NamedCustomer, Warning};
use crate::alerts::message::{PartnerKind, Risk};
use crate::db::UtcTime;
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{Key, TextError, key};

mod promised;
mod satisfaction;

/// How many characters of a text from outside, such as a complaint's subject, a sentence shows.
const QUOTE_CHARS: usize = 200;
/// How many characters of a name the subject's event shows.
const EVENT_NAME_CHARS: usize = 40;

/// How a difference of a rule's measure is told.
pub(super) struct Gap {
    /// The text, with an `amount`.
    pub(super) words: Key,
    /// What the difference is multiplied by.
    pub(super) scale: f64,
}

/// `None` where the measure is nothing that people count.
pub(super) fn gap(warning: &Warning) -> Option<Gap> {
    let of = |words, scale| Some(Gap { words, scale });
    match warning {
        Warning::ChurnLevel { .. }
        | Warning::ChurnRise { .. }
        | Warning::PartnerRisk { .. }
        | Warning::DepartmentUnsatisfied { .. }
        | Warning::SatisfactionFall { .. }
        | Warning::ScoreAndMoney { .. }
        | Warning::VolumeDrop { .. }
        | Warning::KeyPerson { .. } => of(key("alert-gap-points"), 100.0),
        Warning::DepartmentUnheard { .. }
        | Warning::ComplaintOverdue { .. }
        | Warning::PaymentFall { .. }
        | Warning::PromiseDue { .. }
        | Warning::ContractEnding { .. } => of(key("alert-gap-days"), 1.0),
        Warning::ComplaintReopened { .. } => of(key("alert-gap-times"), 1.0),
        Warning::PromiseBroken { .. } | Warning::DataStale { .. } => None,
    }
}

/// What the alert is about, in a word or two.
pub(in crate::alerts) fn kind(warning: &Warning) -> Key {
    match warning {
        Warning::ChurnLevel { .. } | Warning::ChurnRise { .. } => key("alert-kind"),
        Warning::PartnerRisk { .. } => key("alert-kind-partner"),
        Warning::DepartmentUnsatisfied { .. } => key("alert-kind-unsatisfied"),
        Warning::SatisfactionFall { .. } => key("alert-kind-fall"),
        Warning::DepartmentUnheard { .. } => key("alert-kind-unheard"),
        Warning::ScoreAndMoney { .. } => key("alert-kind-score-money"),
        Warning::VolumeDrop { .. } => key("alert-kind-volume"),
        Warning::ComplaintOverdue { .. } => key("alert-kind-complaint-overdue"),
        Warning::ComplaintReopened { .. } => key("alert-kind-complaint-reopened"),
        Warning::PromiseDue { .. } => key("alert-kind-promise-due"),
        Warning::PromiseBroken { .. } => key("alert-kind-promise-broken"),
        Warning::ContractEnding { .. } => key("alert-kind-contract"),
        Warning::KeyPerson { .. } => key("alert-kind-key-person"),
        Warning::PaymentFall { .. } => key("alert-kind-payment"),
        Warning::DataStale { .. } => key("alert-kind-data"),
    }
}

impl Writer<'_> {
    /// What happened, in a few words with its figures.
    pub(super) fn event(&self) -> Result<String, TextError> {
        match &self.notice.warning {
            Warning::ChurnLevel { .. } | Warning::ChurnRise { .. } => self.churn_event(),
            Warning::PartnerRisk {
                partner,
                partner_churn,
                ..
            } => {
                let values = [
                    ("partner", self.named(partner, EVENT_NAME_CHARS)?.into()),
                    ("churn", self.share(*partner_churn)?.into()),
                ];
                self.text(key("alert-event-partner"), &values)
            }
            _ => self.satisfaction_event(),
        }
    }

    /// The silent partners if there are any, else the course of the churn probability.
    fn churn_event(&self) -> Result<String, TextError> {
        let Some(risk) = &self.notice.risk else {
            return self.text(key("alert-kind"), &[]);
        };
        let partners = risk.partners;
        let now = self.percent(risk.churn_probability);
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
        } else if let Some(previous) = risk.previous {
            let before = self.percent(previous.churn_probability);
            let values = [("before", before.into()), ("now", now.into())];
            self.text(key("alert-subject-churn-change"), &values)
        } else {
            self.text(key("alert-subject-churn"), &[("now", now.into())])
        }
    }

    /// What was found, a sentence each.
    pub(super) fn found(&self) -> Result<Vec<String>, TextError> {
        let customer = isolate(self.customer.clone());
        match &self.notice.warning {
            Warning::ChurnLevel { level } => self.churn_found(key("alert-level"), *level),
            Warning::ChurnRise { step, .. } => self.churn_found(key("alert-rise"), *step),
            Warning::PartnerRisk {
                partner,
                share,
                partner_churn,
                probability,
                path,
            } => {
                let partner = self.named(partner, super::BODY_NAME_CHARS)?;
                let values = [
                    ("customer", customer.into()),
                    ("partner", partner.clone().into()),
                    ("share", self.share(*share)?.into()),
                    ("churn", self.share(*partner_churn)?.into()),
                    ("probability", self.share(*probability)?.into()),
                ];
                let mut found = vec![self.text(key("alert-found-partner"), &values)?];
                if !path.is_empty() {
                    found.push(self.path(&partner, path)?);
                }
                Ok(found)
            }
            _ => self.satisfaction_found(),
        }
    }

    fn churn_found(&self, name: Key, limit: f64) -> Result<Vec<String>, TextError> {
        let Some(risk) = &self.notice.risk else {
            return Ok(Vec::new());
        };
        let limit = self.number((limit * 1000.0).round() / 10.0)?;
        let values = [
            ("customer", isolate(self.customer.clone()).into()),
            ("weeks", risk.horizon_weeks.into()),
            ("now", self.percent(risk.churn_probability).into()),
            ("limit", limit.into()),
        ];
        let mut changes = vec![self.text(name, &values)?, self.before(risk)?];
        if risk.partners.silent > 0 {
            let name = match risk.partners.kind {
                PartnerKind::Consignees => key("alert-silent-consignees"),
                PartnerKind::Shippers => key("alert-silent-shippers"),
                PartnerKind::Both => key("alert-silent-partners"),
            };
            let values = [
                ("silent", risk.partners.silent.into()),
                ("total", risk.partners.total.into()),
            ];
            changes.push(self.text(name, &values)?);
        }
        Ok(changes)
    }

    fn before(&self, risk: &Risk) -> Result<String, TextError> {
        let Some(previous) = risk.previous else {
            return self.text(key("alert-first"), &[]);
        };
        let before = self.percent(previous.churn_probability);
        let date = self.date(previous.as_of);
        let values = [("before", before.into()), ("date", date.into())];
        self.text(key("alert-before"), &values)
    }

    /// The figure of the warning; `None` where the sentences say it all.
    pub(super) fn found_figure(&self) -> Result<Option<(String, String)>, TextError> {
        let (value, label) = match &self.notice.warning {
            Warning::PartnerRisk { probability, .. } => {
                (self.share(*probability)?, key("alert-figure-partner"))
            }
            Warning::DepartmentUnsatisfied { score, .. }
            | Warning::SatisfactionFall { score, .. }
            | Warning::ScoreAndMoney { score, .. } => {
                (self.share(*score)?, key("alert-figure-satisfaction"))
            }
            Warning::VolumeDrop { change, .. } => {
                (self.share(*change)?, key("alert-figure-volume"))
            }
            Warning::ContractEnding {
                value_per_year: Some(value),
                ..
            } => (self.money(*value), key("alert-figure-contract")),
            Warning::KeyPerson { share, .. } => {
                (self.share(*share)?, key("alert-figure-key-person"))
            }
            Warning::PaymentFall { days_late, .. } => {
                (self.number(*days_late)?, key("alert-figure-payment"))
            }
            _ => return Ok(None),
        };
        Ok(Some((value, self.text(label, &[])?)))
    }

    /// An amount of the reporting currency.
    pub(super) fn money(&self, minor: i64) -> String {
        self.notice
            .language
            .money_rounded(minor, self.notice.currency)
    }

    pub(super) fn date(&self, day: NaiveDate) -> String {
        self.notice.language.date(day)
    }

    /// The day of a moment, in the instance's zone.
    pub(super) fn day(&self, at: UtcTime) -> String {
        self.date(at.0.with_timezone(&self.notice.zone).date_naive())
    }

    /// Another customer by its name; "a partner" where the reader may not see it.
    pub(super) fn named(&self, named: &NamedCustomer, chars: usize) -> Result<String, TextError> {
        let line = single_line(named.name.as_deref().unwrap_or_default());
        self.name(&shorten(&line, chars))
    }

    fn path(&self, partner: &str, path: &[NamedCustomer]) -> Result<String, TextError> {
        let names = path
            .iter()
            .map(|named| self.named(named, EVENT_NAME_CHARS))
            .collect::<Result<Vec<_>, _>>()?;
        let values = [
            ("partner", partner.to_owned().into()),
            ("path", names.join(" ← ").into()),
        ];
        self.text(key("alert-found-path"), &values)
    }

    /// What is imported.
    pub(super) fn data_kind(&self, kind: &str) -> Result<String, TextError> {
        match kind {
            "shipments" => self.text(key("alert-data-shipments"), &[]),
            "invoices" => self.text(key("alert-data-invoices"), &[]),
            "contracts" => self.text(key("alert-data-contracts"), &[]),
            other => Ok(quoted(other)),
        }
    }
}

/// A text from outside, fit for a sentence.
pub(super) fn quoted(text: &str) -> String {
    isolate(shorten(&single_line(text), QUOTE_CHARS))
}
