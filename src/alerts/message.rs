//! The alert mail: subject, text and HTML from plain values.
//!
//! Names come from outside and are hostile until proven otherwise: they are put on
//! one line, isolated if they run from right to left, escaped in HTML, and
//! shortened in the subject only. Links lead to pages; opening one changes nothing.

use chrono::NaiveDate;

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
    /// What opened or raised the alert.
    pub reason: Reason,
    /// The customer, for its link.
    pub customer_id: CustomerId,
    /// The customer's name as stored; may hold anything.
    pub customer_name: String,
    /// Name of the team that looks after the customer.
    pub team: Option<String>,
    /// The date for which all figures hold.
    pub as_of: NaiveDate,
    /// How many weeks after `as_of` the probabilities look ahead.
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
    /// What to do first.
    pub next_step: NextStep,
    /// By when to do it.
    pub due: NaiveDate,
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

/// What opened or raised an alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// The churn probability reached the configured level.
    ChurnLevel {
        /// That level.
        level: Probability,
    },
    /// The churn probability rose by the configured step or more.
    ChurnRise {
        /// That step, as a difference of probabilities.
        step: Probability,
    },
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

/// What to do first about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextStep {
    /// Call the customer.
    Call,
    /// Visit the customer.
    Visit,
    /// Hold a service review.
    ServiceReview,
    /// Review the prices.
    PriceReview,
    /// Settle a complaint and have it confirmed.
    Recovery,
    /// Talk about the partners that fell silent.
    Partner,
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
    let sum = notice
        .parts
        .iter()
        .map(|part| part.probability.get())
        .sum::<f64>()
        + notice.others.get();
    let total = notice.churn_probability.get();
    if (sum - total).abs() > SUM_TOLERANCE {
        return Err(RenderError::PartsDoNotSum { sum, total });
    }
    let Partners { total, silent, .. } = notice.partners;
    if silent > total {
        return Err(RenderError::TooManySilent { silent, total });
    }
    view::render(texts, notice)
}

#[cfg(test)]
mod tests;
