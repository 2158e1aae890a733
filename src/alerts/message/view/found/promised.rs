//! What rules found about business, complaints, promises, contracts, people and data, in words.

use super::EVENT_NAME_CHARS;
use super::quoted;
use crate::alerts::facts::Warning;
use crate::alerts::message::view::Writer;
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{TextError, key};

impl Writer<'_> {
    /// What happened, of business, payments and data.
    pub(super) fn business_event(&self) -> Result<String, TextError> {
        match &self.notice.warning {
            Warning::VolumeDrop { change, .. } => {
                let values = [("change", self.share(change.abs())?.into())];
                self.text(key("alert-event-volume"), &values)
            }
            Warning::PaymentFall {
                days_late,
                days_late_before,
                ..
            } => {
                let values = [
                    ("days", self.number(days_late.round())?.into()),
                    ("before", self.number(days_late_before.round())?.into()),
                ];
                self.text(key("alert-event-payment"), &values)
            }
            Warning::DataStale { kind, days, .. } => {
                let values = [
                    ("kind", self.data_kind(kind)?.into()),
                    ("days", days.floor().into()),
                ];
                self.text(key("alert-event-data"), &values)
            }
            _ => self.promised_event(),
        }
    }

    /// What happened, of what has a day or a person.
    pub(super) fn promised_event(&self) -> Result<String, TextError> {
        let (name, date) = match &self.notice.warning {
            Warning::ComplaintOverdue {
                unacknowledged: true,
                due_at,
                ..
            } => (key("alert-event-unacknowledged"), self.day(*due_at)),
            Warning::ComplaintOverdue { due_at, .. } => {
                (key("alert-event-unanswered"), self.day(*due_at))
            }
            Warning::ComplaintReopened { reopened_at, .. } => {
                (key("alert-event-reopened"), self.day(*reopened_at))
            }
            Warning::PromiseDue { due_on, .. } => {
                (key("alert-event-promise-due"), self.date(*due_on))
            }
            Warning::PromiseBroken { due_on, .. } => {
                (key("alert-event-promise-broken"), self.date(*due_on))
            }
            // One that goes on by itself ends only by a notice, and that has a day of its own.
            Warning::ContractEnding {
                auto_renews: true,
                notice_by: Some(day),
                ..
            } if *day >= self.notice.as_of => (key("alert-event-contract-notice"), self.date(*day)),
            Warning::ContractEnding { ends_on, .. } => {
                (key("alert-event-contract"), self.date(*ends_on))
            }
            Warning::KeyPerson { user, share, .. } => {
                let person = isolate(shorten(&single_line(user), EVENT_NAME_CHARS));
                let values = [
                    ("person", person.into()),
                    ("share", self.share(*share)?.into()),
                ];
                return self.text(key("alert-event-key-person"), &values);
            }
            other => return self.text(super::kind(other), &[]),
        };
        self.text(name, &[("date", date.into())])
    }

    /// What was found, of what has a day, a person or a number of shipments.
    pub(super) fn more_found(&self) -> Result<Vec<String>, TextError> {
        match &self.notice.warning {
            Warning::VolumeDrop {
                shipments,
                shipments_before,
                weeks,
                change,
            } => {
                let values = [
                    ("now", (*shipments).into()),
                    ("before", (*shipments_before).into()),
                    ("weeks", (*weeks).into()),
                    ("change", self.share(change.abs())?.into()),
                ];
                Ok(vec![self.text(key("alert-found-volume"), &values)?])
            }
            Warning::PaymentFall {
                days_late,
                days_late_before,
                invoices,
                since,
            } => {
                let values = [
                    ("days", self.number(*days_late)?.into()),
                    ("before", self.number(*days_late_before)?.into()),
                    ("count", (*invoices).into()),
                    ("date", self.date(*since).into()),
                ];
                Ok(vec![self.text(key("alert-found-payment"), &values)?])
            }
            Warning::DataStale {
                kind,
                last_at,
                usual_days,
                days,
            } => {
                let values = [
                    ("kind", self.data_kind(kind)?.into()),
                    ("date", self.day(*last_at).into()),
                    ("days", days.floor().into()),
                    ("usual", self.number(*usual_days)?.into()),
                ];
                Ok(vec![self.text(key("alert-found-data"), &values)?])
            }
            Warning::ContractEnding { .. } => self.contract_found(),
            Warning::KeyPerson {
                user,
                share,
                may_leave,
                ..
            } => self.key_person_found(user, *share, *may_leave),
            _ => self.promise_found(),
        }
    }

    fn promise_found(&self) -> Result<Vec<String>, TextError> {
        match &self.notice.warning {
            Warning::ComplaintOverdue {
                subject,
                unacknowledged,
                due_at,
                ..
            } => {
                let values = [
                    ("subject", quoted(subject).into()),
                    ("date", self.day(*due_at).into()),
                ];
                let name = if *unacknowledged {
                    key("alert-found-unacknowledged")
                } else {
                    key("alert-found-unanswered")
                };
                Ok(vec![self.text(name, &values)?])
            }
            Warning::ComplaintReopened {
                subject,
                times,
                reopened_at,
                ..
            } => {
                let values = [
                    ("subject", quoted(subject).into()),
                    ("date", self.day(*reopened_at).into()),
                    ("times", (*times).into()),
                ];
                Ok(vec![self.text(key("alert-found-reopened"), &values)?])
            }
            Warning::PromiseDue { text, due_on, .. } => {
                let values = [
                    ("promise", quoted(text).into()),
                    ("date", self.date(*due_on).into()),
                ];
                Ok(vec![self.text(key("alert-found-promise-due"), &values)?])
            }
            Warning::PromiseBroken {
                text,
                due_on,
                value,
                level,
                ..
            } => {
                let values = [
                    ("promise", quoted(text).into()),
                    ("date", self.date(*due_on).into()),
                ];
                let mut found = vec![self.text(key("alert-found-promise-broken"), &values)?];
                if let (Some(value), Some(level)) = (value, level) {
                    let values = [("value", (*value).into()), ("level", (*level).into())];
                    found.push(self.text(key("alert-found-measured"), &values)?);
                }
                Ok(found)
            }
            _ => Ok(Vec::new()),
        }
    }

    fn contract_found(&self) -> Result<Vec<String>, TextError> {
        let Warning::ContractEnding {
            ends_on,
            auto_renews,
            notice_by,
            value_per_year,
            partner,
            ..
        } = &self.notice.warning
        else {
            return Ok(Vec::new());
        };
        let name = if *auto_renews {
            key("alert-found-contract-renews")
        } else {
            key("alert-found-contract-ends")
        };
        let mut found = vec![self.text(name, &[("date", self.date(*ends_on).into())])?];
        if let Some(day) = notice_by {
            let values = [("date", self.date(*day).into())];
            found.push(self.text(key("alert-found-contract-notice"), &values)?);
        }
        if let Some(value) = value_per_year {
            let value = self.money(*value);
            found.push(self.text(
                key("alert-found-contract-value"),
                &[("value", value.into())],
            )?);
        }
        if let Some(partner) = partner {
            let partner = self.named(partner, EVENT_NAME_CHARS)?;
            let values = [("partner", partner.into())];
            found.push(self.text(key("alert-found-contract-link"), &values)?);
        }
        Ok(found)
    }

    fn key_person_found(
        &self,
        user: &str,
        share: f64,
        may_leave: i64,
    ) -> Result<Vec<String>, TextError> {
        let values = [
            ("customer", isolate(self.customer.clone()).into()),
            ("person", quoted(user).into()),
            ("share", self.share(share)?.into()),
        ];
        let mut found = vec![self.text(key("alert-found-key-person"), &values)?];
        if may_leave > 0 {
            let value = self.money(may_leave);
            found.push(self.text(key("alert-found-may-leave"), &[("value", value.into())])?);
        }
        Ok(found)
    }
}
