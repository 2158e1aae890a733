//! What can be told of an invoice and its payment.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{RecordKey, day, one_of, tidy_key};
use crate::ids::ExternalId;
use crate::problem::FieldProblem;

/// Payments longer ago than this say nothing about how a customer pays now, in days.
const LONG_AGO: u64 = 730;

crate::word_enum! {
    /// Where an invoice stands on a day.
    InvoiceStatus {
        /// It is not due yet.
        Open = "open",
        /// It should have been paid.
        Overdue = "overdue",
        /// It is paid.
        Paid = "paid",
    }
}

crate::word_enum! {
    /// Why an invoice says nothing about how its customer pays.
    Unusable {
        /// The customer does not accept it.
        Disputed = "disputed",
        /// There is nothing to pay: zero, or a credit note.
        NotPositive = "not_positive",
        /// It was due before it was issued.
        DueBeforeIssue = "due_before_issue",
        /// It is neither paid nor due.
        NotDue = "not_due",
        /// It was paid more than 730 days ago.
        LongAgo = "long_ago",
    }
}

/// What can be told of an invoice and its payment.
///
/// One that is of no use for judging payments is kept all the same: `unusable` says why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceInput {
    /// Key in the sender's system.
    pub external_id: ExternalId,
    /// Who pays.
    pub customer: RecordKey,
    /// When it was issued.
    pub issued_on: NaiveDate,
    /// The end of the payment terms.
    pub due_on: NaiveDate,
    /// What is to be paid, minor units; negative: a credit note.
    pub amount: i64,
    /// When it was paid in full; `null`: it is open.
    #[serde(default)]
    pub paid_on: Option<NaiveDate>,
    /// Whether the customer does not accept it; default no.
    #[serde(default)]
    pub disputed: bool,
}

impl InvoiceInput {
    /// Tidies it and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        tidy_key(&mut self.external_id, &mut wrong);
        one_of("customer", &mut self.customer, &mut wrong);
        day("issued_on", Some(self.issued_on), &mut wrong);
        day("due_on", Some(self.due_on), &mut wrong);
        day("paid_on", self.paid_on, &mut wrong);
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }
}

/// The days of an invoice, its amount, and whether it is disputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// When it was issued.
    pub issued_on: NaiveDate,
    /// The end of the payment terms.
    pub due_on: NaiveDate,
    /// When it was paid.
    pub paid_on: Option<NaiveDate>,
    /// Minor units.
    pub amount: i64,
    /// Whether the customer does not accept it.
    pub disputed: bool,
}

impl Payment {
    /// Where it stands on a day; paid on that day is paid.
    pub fn status(&self, on: NaiveDate) -> InvoiceStatus {
        if self.paid(on).is_some() {
            InvoiceStatus::Paid
        } else if self.due_on < on {
            InvoiceStatus::Overdue
        } else {
            InvoiceStatus::Open
        }
    }

    /// Days from the due date to the payment, negative if it was early; of one that is overdue, so
    /// many days so far. `None` while it is neither paid nor overdue.
    pub fn days_beyond_terms(&self, on: NaiveDate) -> Option<i64> {
        let until = self.paid(on).or((self.due_on < on).then_some(on))?;
        Some((until - self.due_on).num_days())
    }

    /// Why it says nothing about how the customer pays, as of a day; `None` if it does.
    pub fn unusable(&self, on: NaiveDate) -> Option<Unusable> {
        let long_ago = on.checked_sub_days(Days::new(LONG_AGO));
        if self.disputed {
            Some(Unusable::Disputed)
        } else if self.amount <= 0 {
            Some(Unusable::NotPositive)
        } else if self.due_on < self.issued_on {
            Some(Unusable::DueBeforeIssue)
        } else if self.status(on) == InvoiceStatus::Open {
            Some(Unusable::NotDue)
        } else if self.paid(on).is_some_and(|paid| Some(paid) < long_ago) {
            Some(Unusable::LongAgo)
        } else {
            None
        }
    }

    /// When it was paid, as far as it was on this day.
    fn paid(&self, on: NaiveDate) -> Option<NaiveDate> {
        self.paid_on.filter(|paid| *paid <= on)
    }
}
