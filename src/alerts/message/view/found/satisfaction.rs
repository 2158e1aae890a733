//! What rules found about satisfaction and who was heard, in words.

use super::quoted;
use super::{EVENT_NAME_CHARS, QUOTE_CHARS};
use crate::alerts::facts::{DepartmentFact, ScoreAndMoney, Warning};
use crate::alerts::message::view::Writer;
use crate::customers::model::DepartmentKind;
use crate::i18n::line::{isolate, shorten, single_line};
use crate::i18n::{TextError, key};

impl Writer<'_> {
    /// What happened, of what was heard.
    pub(super) fn satisfaction_event(&self) -> Result<String, TextError> {
        match &self.notice.warning {
            Warning::DepartmentUnsatisfied {
                department, score, ..
            } => {
                let values = [
                    (
                        "department",
                        self.department(department, EVENT_NAME_CHARS)?.into(),
                    ),
                    ("score", self.share(*score)?.into()),
                ];
                self.text(key("alert-event-unsatisfied"), &values)
            }
            Warning::SatisfactionFall { score, before, .. } => {
                let values = [
                    ("before", self.share(*before)?.into()),
                    ("score", self.share(*score)?.into()),
                ];
                self.text(key("alert-event-fall"), &values)
            }
            Warning::DepartmentUnheard {
                department, days, ..
            } => {
                let values = [
                    (
                        "department",
                        self.department(department, EVENT_NAME_CHARS)?.into(),
                    ),
                    ("days", (*days).into()),
                ];
                self.text(key("alert-event-unheard"), &values)
            }
            Warning::ScoreAndMoney {
                direction,
                score,
                change,
            } => {
                let values = [
                    ("score", self.share(*score)?.into()),
                    ("change", self.share(change.abs())?.into()),
                ];
                let name = match direction {
                    ScoreAndMoney::SatisfiedButLess => key("alert-event-satisfied-less"),
                    ScoreAndMoney::UnsatisfiedButMore => key("alert-event-unsatisfied-more"),
                };
                self.text(name, &values)
            }
            _ => self.business_event(),
        }
    }

    /// What was found, of what was heard.
    pub(super) fn satisfaction_found(&self) -> Result<Vec<String>, TextError> {
        match &self.notice.warning {
            Warning::DepartmentUnsatisfied {
                department,
                score,
                low,
                high,
                target,
            } => {
                let values = [
                    (
                        "department",
                        self.department(department, QUOTE_CHARS)?.into(),
                    ),
                    ("score", self.share(*score)?.into()),
                    ("low", self.share(*low)?.into()),
                    ("high", self.share(*high)?.into()),
                    ("target", self.share(*target)?.into()),
                ];
                Ok(vec![self.text(key("alert-found-unsatisfied"), &values)?])
            }
            Warning::SatisfactionFall {
                score,
                before,
                before_as_of,
                weakest,
            } => {
                let values = [
                    ("score", self.share(*score)?.into()),
                    ("before", self.share(*before)?.into()),
                    ("date", self.date(*before_as_of).into()),
                ];
                let mut found = vec![self.text(key("alert-found-fall"), &values)?];
                if let Some(kind) = weakest {
                    let values = [("department", self.department_kind(kind)?.into())];
                    found.push(self.text(key("alert-found-weakest"), &values)?);
                }
                Ok(found)
            }
            _ => self.heard_found(),
        }
    }

    fn heard_found(&self) -> Result<Vec<String>, TextError> {
        match &self.notice.warning {
            Warning::DepartmentUnheard {
                department,
                last_heard_on,
                days,
            } => {
                let mut values = vec![
                    (
                        "department",
                        self.department(department, QUOTE_CHARS)?.into(),
                    ),
                    ("days", (*days).into()),
                ];
                let Some(day) = last_heard_on else {
                    return Ok(vec![self.text(key("alert-found-never-heard"), &values)?]);
                };
                values.push(("date", self.date(*day).into()));
                Ok(vec![self.text(key("alert-found-unheard"), &values)?])
            }
            Warning::ScoreAndMoney {
                direction,
                score,
                change,
            } => {
                let values = [
                    ("score", self.share(*score)?.into()),
                    ("change", self.share(change.abs())?.into()),
                ];
                let name = match direction {
                    ScoreAndMoney::SatisfiedButLess => key("alert-found-satisfied-less"),
                    ScoreAndMoney::UnsatisfiedButMore => key("alert-found-unsatisfied-more"),
                };
                Ok(vec![self.text(name, &values)?])
            }
            _ => self.more_found(),
        }
    }

    /// A department by what it is called, or by what it does.
    fn department(&self, department: &DepartmentFact, chars: usize) -> Result<String, TextError> {
        let name = single_line(&department.name);
        if name.is_empty() || name == department.kind {
            self.department_kind(&department.kind)
        } else {
            Ok(isolate(shorten(&name, chars)))
        }
    }

    fn department_kind(&self, kind: &str) -> Result<String, TextError> {
        let name = match DepartmentKind::parse(kind) {
            Some(DepartmentKind::Purchasing) => key("alert-department-purchasing"),
            Some(DepartmentKind::Planning) => key("alert-department-planning"),
            Some(DepartmentKind::Production) => key("alert-department-production"),
            Some(DepartmentKind::Warehouse) => key("alert-department-warehouse"),
            Some(DepartmentKind::Sales) => key("alert-department-sales"),
            Some(DepartmentKind::Quality) => key("alert-department-quality"),
            Some(DepartmentKind::Finance) => key("alert-department-finance"),
            Some(DepartmentKind::Management) => key("alert-department-management"),
            Some(DepartmentKind::Other) | None => return Ok(quoted(kind)),
        };
        self.text(name, &[])
    }
}
