//! What can be told of a contract.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{RecordKey, day, one_of, text, tidy_key, whole};
use crate::ids::ExternalId;
use crate::problem::FieldProblem;
use crate::shipments::model::Service;

/// Characters of a kind at most.
const KIND: usize = 100;
/// Months of a term at most.
const MONTHS: i64 = 600;
/// Days of notice at most.
const NOTICE: i64 = 3_660;
/// Renewals at most.
const RENEWALS: i64 = 1_000;

crate::word_enum! {
    /// What became of a contract at its end.
    ContractOutcome {
        /// The customer stayed.
        Renewed = "renewed",
        /// The customer left it.
        Lost = "lost",
    }
}

crate::word_enum! {
    /// Where a contract stands on a day.
    ContractStatus {
        /// It has not begun.
        Upcoming = "upcoming",
        /// It is in force.
        Running = "running",
        /// It is over, and what became of it is not known.
        Ended = "ended",
        /// It is over, and the customer stayed.
        Renewed = "renewed",
        /// It is over, and the customer left it.
        Lost = "lost",
    }
}

/// What can be told of a contract: one record for each term, so that its history is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractInput {
    /// Key in the sender's system.
    pub external_id: ExternalId,
    /// Whose contract it is.
    pub customer: RecordKey,
    /// The partner, if it is about one link only.
    #[serde(default)]
    pub partner: Option<RecordKey>,
    /// What the sender calls this kind of contract, up to 100 characters.
    #[serde(default)]
    pub kind: Option<String>,
    /// What is done under it; any service if not told.
    #[serde(default)]
    pub service: Option<Service>,
    /// First day in force.
    pub starts_on: NaiveDate,
    /// Last day in force; `null`: open-ended.
    #[serde(default)]
    pub ends_on: Option<NaiveDate>,
    /// Months of a term, 1 to 600.
    #[serde(default)]
    pub term_months: Option<i64>,
    /// Days before the end by which notice must be given, 0 to 3,660.
    #[serde(default)]
    pub notice_days: Option<i64>,
    /// How often it was renewed before this term, 0 to 1,000; default 0.
    #[serde(default)]
    pub renewals: i64,
    /// Whether it goes on unless somebody gives notice; default no.
    #[serde(default)]
    pub auto_renews: bool,
    /// Share of the customer's volume under it, 0 to 1.
    #[serde(default)]
    pub share: Option<f64>,
    /// Value per year, minor units, 0 or more.
    #[serde(default)]
    pub value_per_year: Option<i64>,
    /// What became of it at its end.
    #[serde(default)]
    pub outcome: Option<ContractOutcome>,
    /// The contract of the next term; of the same customer, and begins later.
    #[serde(default)]
    pub renewed_by: Option<RecordKey>,
}

impl ContractInput {
    /// Tidies it and checks what can be seen from the record alone.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    pub fn checked(mut self) -> Result<Self, Vec<FieldProblem>> {
        let mut wrong = Vec::new();
        tidy_key(&mut self.external_id, &mut wrong);
        one_of("customer", &mut self.customer, &mut wrong);
        if let Some(partner) = &mut self.partner {
            one_of("partner", partner, &mut wrong);
        }
        if let Some(next) = &mut self.renewed_by {
            one_of("renewed_by", next, &mut wrong);
        }
        if let Some(kind) = &mut self.kind {
            *kind = kind.trim().to_owned();
            text("kind", kind, KIND, &mut wrong);
        }
        day("starts_on", Some(self.starts_on), &mut wrong);
        day("ends_on", self.ends_on, &mut wrong);
        whole("term_months", self.term_months, 1..=MONTHS, &mut wrong);
        whole("notice_days", self.notice_days, 0..=NOTICE, &mut wrong);
        whole("renewals", Some(self.renewals), 0..=RENEWALS, &mut wrong);
        whole(
            "value_per_year",
            self.value_per_year,
            0..=i64::MAX,
            &mut wrong,
        );
        if self
            .share
            .is_some_and(|share| !(0.0..=1.0).contains(&share))
        {
            let rule = "expected a share from 0 to 1";
            wrong.push(FieldProblem::new("share", "out_of_range", rule));
        }
        self.check_end(&mut wrong);
        if wrong.is_empty() {
            Ok(self)
        } else {
            Err(wrong)
        }
    }

    fn check_end(&self, wrong: &mut Vec<FieldProblem>) {
        if self.ends_on.is_some_and(|end| end < self.starts_on) {
            let rule = "expected no earlier than starts_on";
            wrong.push(FieldProblem::new("ends_on", "out_of_order", rule));
        }
        if self.outcome.is_some() && self.ends_on.is_none() {
            let rule = "expected none while ends_on is not known: it is what became of the \
                        contract at its end";
            wrong.push(FieldProblem::new("outcome", "no_end", rule));
        }
        if self.renewed_by.is_some() && self.outcome != Some(ContractOutcome::Renewed) {
            let rule = "expected only with the outcome renewed";
            wrong.push(FieldProblem::new("renewed_by", "not_renewed", rule));
        }
    }
}

/// The days of a contract, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// First day in force.
    pub starts_on: NaiveDate,
    /// Last day in force.
    pub ends_on: Option<NaiveDate>,
    /// What became of it.
    pub outcome: Option<ContractOutcome>,
}

impl Term {
    /// Where it stands on a day. An outcome that is known beforehand counts from the day after the
    /// end: until then the contract is in force.
    pub fn status(&self, on: NaiveDate) -> ContractStatus {
        if on < self.starts_on {
            return ContractStatus::Upcoming;
        }
        if self.ends_on.is_none_or(|end| on <= end) {
            return ContractStatus::Running;
        }
        match self.outcome {
            None => ContractStatus::Ended,
            Some(ContractOutcome::Renewed) => ContractStatus::Renewed,
            Some(ContractOutcome::Lost) => ContractStatus::Lost,
        }
    }

    /// The last day on which notice can be given.
    pub fn notice_by(&self, notice_days: Option<i64>) -> Option<NaiveDate> {
        let days = u64::try_from(notice_days?).ok()?;
        self.ends_on?.checked_sub_days(Days::new(days))
    }
}
