//! The alert mail: subject, text and HTML from plain values.
//!
//! Names come from outside and are hostile until proven otherwise: they are put on
//! one line, isolated if they run from right to left, escaped in HTML, and
//! shortened in the subject only. Links lead to pages; opening one changes nothing.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::facts::{NextStepWord, Warning, WorkedBefore};
use super::model::AlertSeverity;
use super::page::Links;
use crate::i18n::format::Currency;
use crate::i18n::{Language, TextError, Texts};
use crate::ids::{AlertId, CustomerId};
use crate::units::Probability;

mod view;

pub use crate::mail::public_url::{NotAPublicUrl, PublicUrl};

/// How many parts of the probability are shown one by one.
pub const SHOWN_PARTS: usize = 3;
/// How many followers are shown one by one.
pub const SHOWN_FOLLOWERS: usize = 5;
/// How many characters of the customer's name fit into a subject.
pub const SUBJECT_NAME_CHARS: usize = 60;
/// How far the parts may be from the total: a tenth of a percentage point, below what is shown.
const SUM_TOLERANCE: f64 = 1e-3;

/// Everything an alert mail says, to one recipient.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertNotice {
    /// The alert, for its link.
    pub alert_id: AlertId,
    /// Where Hawser's pages are.
    pub public_url: PublicUrl,
    /// The recipient's language.
    pub language: Language,
    /// How urgent it is.
    pub severity: Severity,
    /// What was found; its partners by the names that the reader may see. Its figures are finite.
    pub warning: Warning,
    /// The customer, for its link, and its name as stored, which may hold anything; `None`: it is
    /// about our own data.
    pub customer: Option<(CustomerId, String)>,
    /// Name of the team that looks after the customer.
    pub team: Option<String>,
    /// The date for which all figures hold.
    pub as_of: NaiveDate,
    /// The zone that moments are told in.
    pub zone: Tz,
    /// What the warning's amounts of money are in, in its minor units.
    pub currency: Currency,
    /// What was told last, if this is worse.
    pub told_before: Option<ToldBefore>,
    /// Whether it was left alone for a while that is over.
    pub reminder: bool,
    /// The customer's risk in the newest run.
    pub risk: Option<Risk>,
    /// What to do first.
    pub next_step: NextStepWord,
    /// By when to do it.
    pub due: NaiveDate,
    /// What such steps came to before.
    pub worked_before: Option<WorkedBefore>,
    /// What stands in the pictures, and where they are.
    pub pictures: Vec<Picture>,
    /// Pages that act, for this reader.
    pub deeds: Option<Links>,
}

impl AlertNotice {
    /// The same with the warning's amounts of money in minor units of its currency, where they are
    /// stored with this many decimal places. Those of its risk are in minor units already.
    #[must_use]
    pub fn with_stored_digits(mut self, digits: u32) -> Self {
        let shown = self.currency.minor_digits();
        let scaled = |amount: i64| {
            if shown >= digits {
                amount.saturating_mul(10_i64.saturating_pow(shown - digits))
            } else {
                let part = 10_i64.saturating_pow(digits - shown);
                let half = part / 2 * amount.signum();
                amount.saturating_add(half) / part
            }
        };
        match &mut self.warning {
            Warning::ContractEnding {
                value_per_year: Some(amount),
                ..
            }
            | Warning::KeyPerson {
                may_leave: amount, ..
            } => *amount = scaled(*amount),
            _ => {}
        }
        self
    }
}

/// What was told of an alert before it became worse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToldBefore {
    /// On which day.
    pub on: NaiveDate,
    /// What its rule measured then.
    pub measure: f64,
    /// What it measures now.
    pub now: f64,
}

/// A picture of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its Content-ID.
    pub content_id: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// Its width as shown, in CSS pixels.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// What its numbers mean, a line each.
    pub key: Vec<String>,
}

/// A customer's risk in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Risk {
    /// How many weeks the probabilities look ahead.
    pub horizon_weeks: u32,
    /// The probability that the customer leaves within the horizon.
    pub churn_probability: Probability,
    /// The same of the assessment before, if there was one.
    pub previous: Option<Previous>,
    /// What `churn_probability` is made of, in any order. The [`SHOWN_PARTS`]
    /// largest are shown, the rest is added to `others`.
    pub parts: Vec<Part>,
    /// What the parts leave; they and this add up to `churn_probability`.
    pub others: Probability,
    /// Who would follow if the customer were lost, the most important first.
    pub followers: Vec<Follower>,
    /// The customer's value at risk within the horizon, in the unit of `value_basis`.
    /// May be negative: a customer can cost more than it brings.
    pub value_at_risk: i64,
    /// What `value_at_risk` and the followers' values count.
    pub value_basis: ValueBasis,
    /// The customers it ships to or receives from, and how many of them fell silent.
    pub partners: Partners,
    /// How much the customer's own history supports the number.
    pub evidence: Evidence,
    /// Whether history confirms that losses spread between partners here; `None` if
    /// that has not been checked. Unless confirmed the mail calls it a hypothesis.
    pub network_term_supported: Option<bool>,
}

/// How urgent an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth a plan this month.
    Medium,
    /// Act now.
    High,
}

impl From<AlertSeverity> for Severity {
    fn from(word: AlertSeverity) -> Self {
        match word {
            AlertSeverity::High => Self::High,
            AlertSeverity::Medium => Self::Medium,
            AlertSeverity::Low => Self::Low,
        }
    }
}

/// An earlier assessment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Previous {
    /// Its churn probability.
    pub churn_probability: Probability,
    /// Its as-of date.
    pub as_of: NaiveDate,
}

/// One cause of a customer's churn probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Where it comes from.
    pub kind: PartKind,
    /// How much of the churn probability it is.
    pub probability: Probability,
}

/// Where a part of the churn probability comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum PartKind {
    /// From the customer's own behaviour.
    Own,
    /// From a partner that may be lost.
    Partner {
        /// The partner's name; `None` where the reader may not see it.
        name: Option<String>,
        /// The partner's share of the customer's business.
        share_of_business: Option<Probability>,
    },
}

/// A partner that would be likelier to leave if the customer were lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Follower {
    /// Its name as stored; may hold anything.
    pub name: String,
    /// Its churn probability today.
    pub churn_probability: Probability,
    /// Its churn probability if the customer is lost.
    pub churn_if_lost: Probability,
    /// The value behind it, in the unit of the notice's `value_basis`.
    pub value: i64,
}

/// What the values of a notice count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueBasis {
    /// Contribution margin, in minor units of this currency.
    Margin(Currency),
    /// Revenue, in minor units of this currency.
    Revenue(Currency),
    /// Freight, in kilograms.
    Weight,
    /// Number of shipments.
    Shipments,
}

/// The partners of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partners {
    /// What they are to the customer.
    pub kind: PartnerKind,
    /// How many there are.
    pub total: u32,
    /// How many of them fell silent.
    pub silent: u32,
}

/// What a customer's partners are to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartnerKind {
    /// The customer ships to them.
    Consignees,
    /// The customer receives from them.
    Shippers,
    /// Both occur.
    Both,
}

/// How much a customer's own history supports its churn probability (models.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Enough of its own.
    Enough,
    /// Little of its own: the number leans on customers like it.
    Low,
    /// Nothing of its own: the number is that of customers like it.
    None,
}

/// An alert mail ready to be addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line without control characters.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as an HTML document.
    pub html: String,
}

/// An alert in one line, as a digest tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How urgent it is.
    pub severity: String,
    /// Of the severity, for white text on it.
    pub colour: &'static str,
    /// The customer.
    pub customer: String,
    /// What happened.
    pub what: String,
    /// What is at risk.
    pub value: Option<String>,
    /// What to do first.
    pub next_step: String,
    /// Its page.
    pub url: String,
}

/// An alert mail could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The parts do not explain the probability.
    #[error("the parts and others add up to {sum}, the churn probability is {total}")]
    PartsDoNotSum {
        /// Sum of all parts and others.
        sum: f64,
        /// The churn probability.
        total: f64,
    },
    /// More partners are silent than there are.
    #[error("{silent} of {total} partners cannot be silent")]
    TooManySilent {
        /// Silent ones.
        silent: u32,
        /// All.
        total: u32,
    },
    /// A text is missing or lacks a value.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The template failed.
    #[error("the mail's template failed: {0}")]
    Template(#[from] askama::Error),
}

/// Makes the mail of one notice.
///
/// # Errors
///
/// [`RenderError::PartsDoNotSum`] if parts and others are more than a tenth of a
/// percentage point off the total, [`RenderError::TooManySilent`] if more partners
/// are silent than there are; the others would be faults of ours.
pub fn render(texts: &Texts, notice: &AlertNotice) -> Result<Rendered, RenderError> {
    if let Some(risk) = &notice.risk {
        risk.check()?;
    }
    view::render(texts, notice)
}

impl Risk {
    fn check(&self) -> Result<(), RenderError> {
        let parts = self.parts.iter().map(|part| part.probability.get());
        let sum = parts.sum::<f64>() + self.others.get();
        let total = self.churn_probability.get();
        if (sum - total).abs() > SUM_TOLERANCE {
            return Err(RenderError::PartsDoNotSum { sum, total });
        }
        let Partners { total, silent, .. } = self.partners;
        if silent > total {
            return Err(RenderError::TooManySilent { silent, total });
        }
        Ok(())
    }
}

/// What happened, in a few words with its figures, as the subject tells it: `3 of 7 consignees
/// silent`.
///
/// # Errors
///
/// As [`render`].
pub fn headline(texts: &Texts, notice: &AlertNotice) -> Result<String, RenderError> {
    Ok(view::headline(texts, notice)?)
}

/// The notice in one line.
///
/// # Errors
///
/// As [`render`].
pub fn line(texts: &Texts, notice: &AlertNotice) -> Result<Line, RenderError> {
    Ok(view::line(texts, notice)?)
}

#[cfg(test)]
mod tests;
