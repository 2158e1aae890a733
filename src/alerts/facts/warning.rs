//! What a rule found, in figures; each reason has its own.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::db::UtcTime;

/// Another customer that a warning names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NamedCustomer {
    /// Its id; `null` where the reader may not see it.
    pub customer_id: Option<i64>,
    /// Its name; `null` where the reader may not see it.
    pub name: Option<String>,
}

/// A department that a warning is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DepartmentFact {
    /// Its id; `null` for one that nobody has entered, known by its kind alone.
    pub department_id: Option<i64>,
    /// What it does, such as `purchasing`.
    pub kind: String,
    /// What it is called.
    pub name: String,
}

crate::word_enum! {
    /// How satisfaction and business contradict each other.
    ScoreAndMoney {
        /// Satisfied, and ships less than a year before.
        SatisfiedButLess = "satisfied_but_less",
        /// Unsatisfied, and ships more than a year before.
        UnsatisfiedButMore = "unsatisfied_but_more",
    }
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Warning {
    /// The churn probability reached the level.
    ChurnLevel {
        /// The level, in `[0, 1]`.
        level: f64,
    },
    /// The churn probability rose by the step.
    ChurnRise {
        /// The step, a difference of probabilities.
        step: f64,
        /// The probability that it rose from.
        from: f64,
    },
    /// So much of the churn probability comes through one partner.
    PartnerRisk {
        /// The partner.
        partner: NamedCustomer,
        /// Its share of the customer's business, in `[0, 1]`.
        share: f64,
        /// The partner's own churn probability.
        partner_churn: f64,
        /// How much of the customer's churn probability comes through it.
        probability: f64,
        /// From the partner back to where the danger comes from; empty if it is the partner itself.
        path: Vec<NamedCustomer>,
    },
    /// A department is surely less satisfied than the target.
    DepartmentUnsatisfied {
        /// Which.
        department: DepartmentFact,
        /// Its satisfaction, in `[0, 1]`.
        score: f64,
        /// Lower end of its 90 % interval.
        low: f64,
        /// Upper end.
        high: f64,
        /// What it should reach.
        target: f64,
    },
    /// Satisfaction fell between two runs.
    SatisfactionFall {
        /// Satisfaction now, in `[0, 1]`.
        score: f64,
        /// In the run before.
        before: f64,
        /// That run's as-of date.
        before_as_of: NaiveDate,
        /// The department with the lowest score now, by its kind.
        weakest: Option<String>,
    },
    /// A department that has to be heard has not been for a long time.
    DepartmentUnheard {
        /// Which.
        department: DepartmentFact,
        /// When it was last heard; `null`: never.
        last_heard_on: Option<NaiveDate>,
        /// Days since then; never: since anybody of the customer was first heard.
        days: i64,
    },
    /// Satisfaction and business contradict each other.
    ScoreAndMoney {
        /// How.
        direction: ScoreAndMoney,
        /// Satisfaction, in `[0, 1]`.
        score: f64,
        /// Change of the business against the same weeks a year before: -0.3 is 30 % less.
        change: f64,
    },
    /// Less business than in the same season a year before.
    VolumeDrop {
        /// Shipments in the newest weeks.
        shipments: i64,
        /// In the same weeks a year before.
        shipments_before: i64,
        /// How many weeks are compared.
        weeks: u32,
        /// Change of the business, in the run's basis: -0.3 is 30 % less.
        change: f64,
    },
    /// A complaint is not acknowledged or answered in time.
    ComplaintOverdue {
        /// The complaint.
        complaint_id: i64,
        /// What it is about.
        subject: String,
        /// Whether even the acknowledgement is missing.
        unacknowledged: bool,
        /// When it was due.
        due_at: UtcTime,
    },
    /// A complaint was reopened.
    ComplaintReopened {
        /// The complaint.
        complaint_id: i64,
        /// What it is about.
        subject: String,
        /// How often.
        times: i64,
        /// When it was last.
        reopened_at: UtcTime,
    },
    /// A promise is due soon.
    PromiseDue {
        /// The promise.
        promise_id: i64,
        /// What was promised.
        text: String,
        /// Until when.
        due_on: NaiveDate,
    },
    /// A promise was not kept.
    PromiseBroken {
        /// The promise.
        promise_id: i64,
        /// What was promised.
        text: String,
        /// Until when.
        due_on: NaiveDate,
        /// What came of it, in the unit of the figure promised; `null`: a person decided.
        value: Option<f64>,
        /// What was promised.
        level: Option<f64>,
    },
    /// A contract ends soon.
    ContractEnding {
        /// The contract.
        contract_id: i64,
        /// Last day in force.
        ends_on: NaiveDate,
        /// Whether it goes on unless somebody gives notice.
        auto_renews: bool,
        /// The last day for notice, if the contract names a time.
        notice_by: Option<NaiveDate>,
        /// What it is worth a year, minor units of the reporting currency.
        value_per_year: Option<i64>,
        /// The partner, if it is about one link.
        partner: Option<NamedCustomer>,
    },
    /// The talk with the customer rests on one of our own people.
    KeyPerson {
        /// The person.
        user_id: i64,
        /// What the person is called.
        user: String,
        /// The person's share of the interactions, in `[0, 1]`.
        share: f64,
        /// Interactions, fading with a half-life of 180 days.
        interactions: f64,
        /// An estimate of what may leave with that person, minor units.
        may_leave: i64,
    },
    /// Payments come later than they used to.
    PaymentFall {
        /// Mean days behind the due date of the newest invoices.
        days_late: f64,
        /// Of those before.
        days_late_before: f64,
        /// How many invoices are the newest.
        invoices: i64,
        /// Since when they count.
        since: NaiveDate,
    },
    /// Our own data stopped coming.
    DataStale {
        /// What is imported, such as `shipments`.
        kind: String,
        /// The last import that brought something.
        last_at: UtcTime,
        /// Days that usually lie between two (the median).
        usual_days: f64,
        /// Days since the last.
        days: f64,
    },
}

impl Warning {
    /// The customers named in it.
    pub fn named(&mut self) -> Vec<&mut NamedCustomer> {
        match self {
            Self::PartnerRisk { partner, path, .. } => {
                std::iter::once(partner).chain(path).collect()
            }
            Self::ContractEnding {
                partner: Some(partner),
                ..
            } => vec![partner],
            _ => Vec::new(),
        }
    }

    /// The day by which something can be done about what was found, if it has one.
    fn own_day(&self) -> Option<NaiveDate> {
        match self {
            Self::PromiseDue { due_on, .. } => Some(*due_on),
            Self::ContractEnding {
                ends_on, notice_by, ..
            } => Some(notice_by.unwrap_or(*ends_on)),
            _ => None,
        }
    }

    /// The day `due`, or an earlier one, from `today` on, after which nothing can be done any more.
    pub fn no_later(&self, due: NaiveDate, today: NaiveDate) -> NaiveDate {
        self.own_day()
            .filter(|day| *day >= today)
            .map_or(due, |day| day.min(due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_is_due_by_its_last_day_for_notice_and_a_promise_by_its_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let contract = |notice_by| Warning::ContractEnding {
            contract_id: 1,
            ends_on: day("2026-06-30"),
            auto_renews: true,
            notice_by,
            value_per_year: None,
            partner: None,
        };
        let notice = Some(day("2026-03-31"));
        let promise = Warning::PromiseDue {
            promise_id: 1,
            text: "On time".to_owned(),
            due_on: day("2026-03-04"),
        };
        let (late, today) = (day("2026-12-31"), day("2026-03-01"));
        for (warning, expected) in [
            (contract(None), "2026-06-30"),
            (contract(notice), "2026-03-31"),
            (promise, "2026-03-04"),
            (Warning::ChurnLevel { level: 0.6 }, "2026-12-31"),
        ] {
            assert_eq!(warning.no_later(late, today), day(expected));
            // What is due before stays, and a day that is past is no deadline.
            assert_eq!(
                warning.no_later(day("2026-03-02"), today),
                day("2026-03-02")
            );
            assert_eq!(warning.no_later(late, day("2026-07-01")), late);
        }
    }
}
