//! What an alert says, kept with it: the figures of its run and the names as they were.
//!
//! Facts hold every name; [`Facts::hide`] takes away those that a reader may not see, before
//! anything is shown or mailed.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::message::{
    AlertNotice, Evidence, Follower, NextStep, Part, PartKind, PartnerKind, Partners, Previous,
    PublicUrl, Reason, Severity, ValueBasis,
};
use super::model::{AlertReason, AlertSeverity};
use crate::assessment::model::{Evidence as EvidenceWord, Role};
use crate::i18n::Language;
use crate::i18n::format::Currency;
use crate::ids::{AlertId, CustomerId};
use crate::units::{NotAProbability, Probability};

/// Everything an alert says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Facts {
    /// The date for which all figures hold.
    pub as_of: NaiveDate,
    /// How many weeks after `as_of` the probabilities look ahead.
    pub horizon_weeks: u32,
    /// The customer's name.
    pub customer_name: String,
    /// The team that looks after it.
    pub team: Option<String>,
    /// The probability that it leaves within the horizon.
    pub churn_probability: f64,
    /// The same in the run before.
    pub before: Option<Earlier>,
    /// The level or the step that was reached.
    pub limit: f64,
    /// For a rise: the probability that it rose from.
    pub rose_from: Option<f64>,
    /// What the probability is made of; the parts sum to it.
    pub parts: Vec<PartFact>,
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
    pub evidence: EvidenceWord,
    /// Whether it is too young for a red alarm.
    pub is_new: bool,
    /// What to do first.
    pub next_step: NextStepWord,
    /// By when.
    pub due: NaiveDate,
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
        /// Hold a service review.
        ServiceReview = "service_review",
        /// Talk about the partners that fell silent.
        Partner = "partner",
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
        AlertSeverity::Medium => 5,
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

/// To whom, and about which alert, a mail is written.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    /// The alert.
    pub alert: AlertId,
    /// The customer.
    pub customer: CustomerId,
    /// Why it was raised.
    pub reason: AlertReason,
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// Where people reach this instance.
    pub public_url: &'a PublicUrl,
    /// The reader's language.
    pub language: Language,
}

/// Facts that cannot be put into a mail.
#[derive(Debug, thiserror::Error)]
pub enum NotTellable {
    /// A number that is no probability.
    #[error(transparent)]
    Probability(#[from] NotAProbability),
    /// Money without a currency, or one that does not exist.
    #[error("money in the currency {0:?}")]
    Currency(Option<String>),
}

impl Facts {
    /// Takes away ids and names of partners that the reader may not see.
    #[must_use]
    pub fn hide(mut self, visible: impl Fn(i64) -> bool) -> Self {
        let hidden = |id: &Option<i64>| id.is_none_or(|id| !visible(id));
        for part in &mut self.parts {
            if let PartFact::Partner {
                customer_id, name, ..
            } = part
                && hidden(customer_id)
            {
                (*customer_id, *name) = (None, None);
            }
        }
        for follower in &mut self.followers {
            if hidden(&follower.customer_id) {
                (follower.customer_id, follower.name) = (None, None);
            }
        }
        self
    }

    /// The customers named beside the one that the alert is about.
    pub fn partners_named(&self) -> Vec<i64> {
        let parts = self.parts.iter().filter_map(|part| match part {
            PartFact::Partner { customer_id, .. } => *customer_id,
            _ => None,
        });
        let followers = self.followers.iter().filter_map(|named| named.customer_id);
        parts.chain(followers).collect()
    }

    /// Fills in the names of partners.
    #[must_use]
    pub fn with_names(mut self, names: &BTreeMap<i64, String>) -> Self {
        let look_up = |id: &Option<i64>| id.and_then(|id| names.get(&id)).cloned();
        for part in &mut self.parts {
            if let PartFact::Partner {
                customer_id, name, ..
            } = part
            {
                *name = look_up(customer_id);
            }
        }
        for follower in &mut self.followers {
            follower.name = look_up(&follower.customer_id);
        }
        self
    }

    /// What a mail says of them.
    ///
    /// The network's part stays a hypothesis in it: no back-test supports it yet.
    ///
    /// # Errors
    ///
    /// [`NotTellable`] if a stored number makes no sense.
    pub fn notice(&self, to: &Address<'_>) -> Result<AlertNotice, NotTellable> {
        let mut others = 0.0;
        let mut parts = Vec::new();
        for part in &self.parts {
            match part {
                PartFact::Own { probability } => parts.push(Part {
                    kind: PartKind::Own,
                    probability: Probability::new(*probability)?,
                }),
                PartFact::Partner {
                    name,
                    share,
                    probability,
                    ..
                } => parts.push(Part {
                    kind: PartKind::Partner {
                        name: name.clone(),
                        share_of_business: Some(Probability::new(*share)?),
                    },
                    probability: Probability::new(*probability)?,
                }),
                PartFact::Others { probability, .. } => others += probability,
            }
        }
        let limit = Probability::new(self.limit)?;
        Ok(AlertNotice {
            alert_id: to.alert,
            public_url: to.public_url.clone(),
            language: to.language,
            severity: match to.severity {
                AlertSeverity::High => Severity::High,
                AlertSeverity::Medium => Severity::Medium,
            },
            reason: match to.reason {
                AlertReason::ChurnLevel => Reason::ChurnLevel { level: limit },
                AlertReason::ChurnRise => Reason::ChurnRise { step: limit },
            },
            customer_id: to.customer,
            customer_name: self.customer_name.clone(),
            team: self.team.clone(),
            as_of: self.as_of,
            horizon_weeks: self.horizon_weeks,
            churn_probability: Probability::new(self.churn_probability)?,
            previous: self.before.map(Earlier::told).transpose()?,
            parts,
            others: Probability::new(others)?,
            followers: self
                .followers
                .iter()
                .map(FollowerFact::told)
                .collect::<Result<_, _>>()?,
            value_at_risk: self.value_at_risk,
            value_basis: self.value_basis()?,
            partners: Partners {
                kind: match self.role {
                    Role::Shipper => PartnerKind::Consignees,
                    Role::Consignee => PartnerKind::Shippers,
                    Role::Both => PartnerKind::Both,
                },
                total: self.partners,
                silent: self.partners_silent,
            },
            evidence: match self.evidence {
                EvidenceWord::Enough => Evidence::Enough,
                EvidenceWord::Low => Evidence::Low,
                EvidenceWord::None => Evidence::None,
            },
            network_term_supported: None,
            next_step: match self.next_step {
                NextStepWord::Call => NextStep::Call,
                NextStepWord::ServiceReview => NextStep::ServiceReview,
                NextStepWord::Partner => NextStep::Partner,
            },
            due: self.due,
        })
    }

    fn value_basis(&self) -> Result<ValueBasis, NotTellable> {
        let currency = || {
            self.currency
                .as_deref()
                .and_then(|code| code.parse::<Currency>().ok())
                .ok_or_else(|| NotTellable::Currency(self.currency.clone()))
        };
        Ok(match self.value_unit {
            ValueUnit::Margin => ValueBasis::Margin(currency()?),
            ValueUnit::Revenue => ValueBasis::Revenue(currency()?),
            ValueUnit::Weight => ValueBasis::Weight,
            ValueUnit::Shipments => ValueBasis::Shipments,
        })
    }
}

impl Earlier {
    fn told(self) -> Result<Previous, NotAProbability> {
        Ok(Previous {
            churn_probability: Probability::new(self.churn_probability)?,
            as_of: self.as_of,
        })
    }
}

impl FollowerFact {
    fn told(&self) -> Result<Follower, NotAProbability> {
        Ok(Follower {
            // The mail calls a partner without a name "a partner".
            name: self.name.clone().unwrap_or_default(),
            churn_probability: Probability::new(self.churn_probability)?,
            churn_if_lost: Probability::new(self.churn_if_lost)?,
            value: self.value,
        })
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
