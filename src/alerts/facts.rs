//! What an alert says, kept with it: the figures of its run and the names as they were.
//!
//! Facts hold every name; [`Facts::hide`] takes away those that a reader may not see, before
//! anything is shown or mailed.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::model::AlertSeverity;
use crate::assessment::model::{CascadeTerm, Evidence, Role};

mod notice;
mod warning;

pub use notice::{Address, NotTellable};
pub use warning::{DepartmentFact, NamedCustomer, ScoreAndMoney, Warning};

/// Everything an alert says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Facts {
    /// The date for which all figures hold.
    pub as_of: NaiveDate,
    /// The customer's name; `null`: it is about our own data.
    pub customer_name: Option<String>,
    /// The team that looks after the customer.
    pub team: Option<String>,
    /// What was found.
    pub warning: Warning,
    /// The customer's risk in the newest run, if it is in that.
    pub risk: Option<RiskFacts>,
    /// The course of its churn probability over the last runs, the oldest first; this one included.
    pub course: Vec<Earlier>,
    /// What to do first.
    pub next_step: NextStepWord,
    /// By when.
    pub due: NaiveDate,
    /// What such a step came to before, at customers like this one.
    #[serde(default)]
    pub worked_before: Option<WorkedBefore>,
}

/// What plays of one kind came to, as far as it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WorkedBefore {
    /// The template's code.
    pub template: String,
    /// Plays whose outcome is known.
    pub cases: u32,
    /// Of them kept.
    pub kept: u32,
    /// By which share such a play lowers the probability of loss, against customers like these without
    /// one; `null` with fewer than ten cases.
    pub effect: Option<f64>,
    /// Lower end of its 90 % interval.
    pub effect_low: Option<f64>,
    /// Upper end.
    pub effect_high: Option<f64>,
}

/// A customer's risk in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RiskFacts {
    /// The run's as-of date.
    pub as_of: NaiveDate,
    /// How many weeks after `as_of` the probabilities look ahead.
    pub horizon_weeks: u32,
    /// The probability that it leaves within the horizon.
    pub churn_probability: f64,
    /// The same in the run before.
    pub before: Option<Earlier>,
    /// What the probability is made of; the parts sum to it.
    pub parts: Vec<PartFact>,
    /// What history says of the part that comes from partners.
    #[serde(default)]
    pub cascade_term: CascadeTerm,
    /// Who would follow, the most important first.
    pub followers: Vec<FollowerFact>,
    /// The value at risk within the horizon, in `value_unit`.
    pub value_at_risk: i64,
    /// What values count.
    pub value_unit: ValueUnit,
    /// The currency of margin and revenue, whose minor unit they count.
    pub currency: Option<String>,
    /// What partners are to the customer.
    pub role: Role,
    /// How many partners it has.
    pub partners: u32,
    /// How many of them fell silent.
    pub partners_silent: u32,
    /// What the numbers rest on.
    pub evidence: Evidence,
    /// Whether it is too young for a red alarm.
    pub is_new: bool,
}

/// An earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Earlier {
    /// Its churn probability.
    pub churn_probability: f64,
    /// Its as-of date.
    pub as_of: NaiveDate,
}

/// A part of a churn probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PartFact {
    /// It would leave by itself.
    Own {
        /// In `[0, 1]`.
        probability: f64,
    },
    /// It would follow a partner.
    Partner {
        /// The partner; `null` where the reader may not see it.
        customer_id: Option<i64>,
        /// Its name; `null` where the reader may not see it.
        name: Option<String>,
        /// Share of the customer's business that goes over it, in `[0, 1]`.
        share: f64,
        /// In `[0, 1]`.
        probability: f64,
    },
    /// All partners that are not named.
    Others {
        /// How many they are.
        count: u64,
        /// In `[0, 1]`.
        probability: f64,
    },
}

/// A partner that would follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FollowerFact {
    /// The partner; `null` where the reader may not see it.
    pub customer_id: Option<i64>,
    /// Its name; `null` where the reader may not see it.
    pub name: Option<String>,
    /// Its churn probability as things stand.
    pub churn_probability: f64,
    /// The same if the customer were lost.
    pub churn_if_lost: f64,
    /// The value behind it, in the facts' `value_unit`.
    pub value: i64,
}

crate::word_enum! {
    /// What the values of an alert count.
    ValueUnit {
        /// Contribution margin, minor units of the currency.
        Margin = "margin",
        /// Revenue, minor units of the currency.
        Revenue = "revenue",
        /// Freight, kilograms.
        Weight = "weight",
        /// Number of shipments.
        Shipments = "shipments",
    }
}

crate::word_enum! {
    /// What to do first about an alert.
    NextStepWord {
        /// Call the customer and ask what has changed.
        Call = "call",
        /// Visit the customer.
        Visit = "visit",
        /// Hold a service review.
        ServiceReview = "service_review",
        /// Review the prices.
        PriceReview = "price_review",
        /// Settle the complaint and have it confirmed.
        Recovery = "recovery",
        /// Talk about the partners that fell silent.
        Partner = "partner",
        /// Ask the department how satisfied it is.
        Survey = "survey",
        /// Keep the promise, or agree on another day.
        Promise = "promise",
        /// Talk about the next term of the contract.
        Renewal = "renewal",
        /// Make a second person of ours known to the customer.
        SecondContact = "second_contact",
        /// Talk about the open invoices.
        Payment = "payment",
        /// Find out why the data stopped coming.
        Data = "data",
    }
}

/// What the next step is chosen by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circumstances {
    /// How much of the churn probability is the customer's own.
    pub own: f64,
    /// How much comes from partners.
    pub from_partners: f64,
    /// How many partners fell silent.
    pub silent: u32,
    /// Whether a department that counts is unsatisfied (the light is red).
    pub unsatisfied: bool,
}

/// The step that answers the largest cause: silent partners, dissatisfaction, or neither.
pub fn next_step(circumstances: &Circumstances) -> NextStepWord {
    if circumstances.silent > 0 && circumstances.from_partners > circumstances.own {
        NextStepWord::Partner
    } else if circumstances.unsatisfied {
        NextStepWord::ServiceReview
    } else {
        NextStepWord::Call
    }
}

/// By when the step is due: two working days (Monday to Friday) from today if the alert is high,
/// five otherwise. Chosen, not measured; public holidays are not known here.
pub fn due(today: NaiveDate, severity: AlertSeverity) -> NaiveDate {
    let mut left = match severity {
        AlertSeverity::High => 2,
        AlertSeverity::Medium | AlertSeverity::Low => 5,
    };
    let mut day = today;
    while left > 0 {
        let Some(next) = day.checked_add_days(Days::new(1)) else {
            return day;
        };
        day = next;
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            left -= 1;
        }
    }
    day
}

impl Facts {
    /// Gives the step a new day, for an alert that was left alone and is open again.
    pub fn renew(&mut self, today: NaiveDate, severity: AlertSeverity) {
        self.due = self.warning.no_later(due(today, severity), today);
    }

    /// Takes away ids and names of partners that the reader may not see.
    #[must_use]
    pub fn hide(mut self, visible: impl Fn(i64) -> bool) -> Self {
        let hidden = |id: &Option<i64>| id.is_none_or(|id| !visible(id));
        for named in self.warning.named() {
            if hidden(&named.customer_id) {
                *named = NamedCustomer::default();
            }
        }
        let Some(risk) = &mut self.risk else {
            return self;
        };
        for part in &mut risk.parts {
            if let PartFact::Partner {
                customer_id, name, ..
            } = part
                && hidden(customer_id)
            {
                (*customer_id, *name) = (None, None);
            }
        }
        for follower in &mut risk.followers {
            if hidden(&follower.customer_id) {
                (follower.customer_id, follower.name) = (None, None);
            }
        }
        self
    }

    /// The customers named beside the one that the alert is about.
    pub fn partners_named(&self) -> Vec<i64> {
        let of_risk = self.risk.iter().flat_map(|risk| {
            let parts = risk.parts.iter().filter_map(|part| match part {
                PartFact::Partner { customer_id, .. } => *customer_id,
                _ => None,
            });
            parts.chain(risk.followers.iter().filter_map(|named| named.customer_id))
        });
        let mut warning = self.warning.clone();
        let in_warning: Vec<i64> = warning
            .named()
            .into_iter()
            .filter_map(|named| named.customer_id)
            .collect();
        of_risk.chain(in_warning).collect()
    }

    /// Fills in the names of partners.
    #[must_use]
    pub fn with_names(mut self, names: &BTreeMap<i64, String>) -> Self {
        let look_up = |id: &Option<i64>| id.and_then(|id| names.get(&id)).cloned();
        for named in self.warning.named() {
            named.name = look_up(&named.customer_id);
        }
        let Some(risk) = &mut self.risk else {
            return self;
        };
        for part in &mut risk.parts {
            if let PartFact::Partner {
                customer_id, name, ..
            } = part
            {
                *name = look_up(customer_id);
            }
        }
        for follower in &mut risk.followers {
            follower.name = look_up(&follower.customer_id);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_due_after_working_days() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        // 2026-03-02 is a Monday, 2026-03-06 a Friday.
        for (today, high, medium) in [(2, 4, 9), (6, 10, 13), (7, 10, 13)] {
            assert_eq!(due(day(today), AlertSeverity::High), day(high));
            assert_eq!(due(day(today), AlertSeverity::Medium), day(medium));
        }
        assert_eq!(due(NaiveDate::MAX, AlertSeverity::High), NaiveDate::MAX);
    }

    #[test]
    fn the_next_step_answers_the_largest_cause() {
        let step = |own, from_partners, silent, unsatisfied| {
            next_step(&Circumstances {
                own,
                from_partners,
                silent,
                unsatisfied,
            })
        };
        assert_eq!(step(0.1, 0.5, 3, true), NextStepWord::Partner);
        assert_eq!(step(0.5, 0.1, 3, true), NextStepWord::ServiceReview);
        assert_eq!(step(0.1, 0.5, 0, false), NextStepWord::Call);
    }
}
