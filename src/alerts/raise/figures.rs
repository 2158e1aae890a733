//! What an alert says, from a run's rows.

use chrono::NaiveDate;

use super::store::{self, Candidate, Run};
use super::{Raising, Told};
use crate::alerts::AlertError;
use crate::alerts::facts::{
    Circumstances, Earlier, Facts, FollowerFact, PartFact, RiskFacts, ValueUnit, Warning, due,
    next_step,
};
use crate::alerts::model::AlertSeverity;
use crate::alerts::rules::Subject;
use crate::assessment::model::{BusinessBasis, Evidence, Follower, Part, Role, ValueBasis};
use crate::assessment::store::told;
use crate::db::{Conn, DbError};
use crate::units::Probability;

/// Probabilities may leave `[0, 1]` by so much: a sum's rounding, not a fault.
const SUM_ROUNDING: f64 = 1e-9;

impl Raising<'_> {
    /// What is said of a customer, with the names of its partners.
    pub(super) fn tell(
        &self,
        conn: &mut Conn,
        candidate: &Candidate,
        subject: Subject,
        severity: AlertSeverity,
    ) -> Result<Told, AlertError> {
        let facts = self.facts(candidate, subject, severity)?;
        let partners = store::names(conn, &facts.partners_named())?;
        let teams = partners
            .iter()
            .map(|(id, (_, team))| (*id, *team))
            .collect();
        let names = partners
            .into_iter()
            .map(|(id, (name, _))| (id, name))
            .collect();
        Ok(Told {
            facts: facts.with_names(&names),
            teams,
            reason: subject.reason(),
            severity,
        })
    }

    fn facts(
        &self,
        candidate: &Candidate,
        subject: Subject,
        severity: AlertSeverity,
    ) -> Result<Facts, DbError> {
        let (parts, circumstances) = parts(candidate)?;
        let warning = match subject {
            Subject::Level => Warning::ChurnLevel {
                level: self.settings.limits.level.get(),
            },
            Subject::Rise { from } => Warning::ChurnRise {
                step: self.settings.limits.step.get(),
                from: from.get(),
            },
        };
        let role = Role::parse(&candidate.role)
            .ok_or_else(|| DbError::corrupt("customer_risks.role", &candidate.role))?;
        let money = matches!(self.value_unit, ValueUnit::Margin | ValueUnit::Revenue);
        let risk = RiskFacts {
            as_of: self.run.as_of,
            horizon_weeks: count("runs.horizon_weeks", self.run.horizon_weeks)?,
            churn_probability: candidate.churn_probability,
            before: self
                .before
                .as_ref()
                .zip(candidate.before)
                .map(|(run, p)| Earlier {
                    churn_probability: p,
                    as_of: run.as_of,
                }),
            parts,
            cascade_term: told(self.run.cascade_term.as_deref()),
            followers: self.followers(candidate)?,
            value_at_risk: self.value("customer_risks.value_at_risk", candidate.value_at_risk)?,
            value_unit: self.value_unit,
            currency: money.then(|| self.settings.currency.to_string()),
            role,
            partners: count("customer_risks.partners", candidate.partners)?,
            partners_silent: count("customer_risks.partners_silent", candidate.partners_silent)?,
            evidence: evidence(candidate)?,
            is_new: candidate.is_new,
        };
        Ok(Facts {
            as_of: self.run.as_of,
            customer_name: Some(candidate.name.clone()),
            team: candidate.team.clone(),
            warning,
            risk: Some(risk),
            course: Vec::new(),
            next_step: next_step(&circumstances),
            due: due(self.today(), severity),
            worked_before: None,
        })
    }

    fn today(&self) -> NaiveDate {
        self.now.0.with_timezone(&self.settings.zone).date_naive()
    }

    fn followers(&self, candidate: &Candidate) -> Result<Vec<FollowerFact>, DbError> {
        const WHAT: &str = "customer_risks.followers";
        let followers: Vec<Follower> = serde_json::from_str(&candidate.followers)
            .map_err(|error| DbError::corrupt(WHAT, error))?;
        followers
            .into_iter()
            .map(|follower| {
                Ok(FollowerFact {
                    customer_id: Some(follower.customer_id),
                    name: None,
                    churn_probability: probability(WHAT, follower.churn_probability)?.get(),
                    churn_if_lost: probability(WHAT, follower.churn_if_lost)?.get(),
                    value: self.value(WHAT, follower.value)?,
                })
            })
            .collect()
    }

    /// A value as mails count it: whole minor units of the currency, or whole kilograms or shipments.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "values are finite, and a cast of what is too large for 64 bits gives the largest"
    )]
    fn value(&self, what: &'static str, value: f64) -> Result<i64, DbError> {
        if !value.is_finite() {
            return Err(DbError::corrupt(what, value));
        }
        let stored = i64::from(self.settings.currency_digits);
        let shown = i64::from(self.settings.currency.minor_digits());
        let scale = match self.value_unit {
            ValueUnit::Margin | ValueUnit::Revenue => {
                10_f64.powi(i32::try_from(shown - stored).unwrap_or(0))
            }
            ValueUnit::Weight | ValueUnit::Shipments => 1.0,
        };
        Ok((value * scale).round() as i64)
    }
}

pub(super) fn evidence(candidate: &Candidate) -> Result<Evidence, DbError> {
    Evidence::parse(&candidate.evidence)
        .ok_or_else(|| DbError::corrupt("customer_risks.evidence", &candidate.evidence))
}

/// The parts of a probability, and what follows from them.
fn parts(candidate: &Candidate) -> Result<(Vec<PartFact>, Circumstances), DbError> {
    const WHAT: &str = "customer_risks.parts";
    let parts: Vec<Part> =
        serde_json::from_str(&candidate.parts).map_err(|error| DbError::corrupt(WHAT, error))?;
    let mut circumstances = Circumstances {
        own: 0.0,
        from_partners: 0.0,
        silent: count("customer_risks.partners_silent", candidate.partners_silent)?,
        unsatisfied: candidate.light.as_deref() == Some("red"),
    };
    let mut facts = Vec::with_capacity(parts.len());
    for part in parts {
        facts.push(match part {
            Part::Own { probability: own } => {
                let own = probability(WHAT, own)?.get();
                circumstances.own += own;
                PartFact::Own { probability: own }
            }
            Part::Partner {
                customer_id,
                share,
                probability: added,
            } => {
                let added = probability(WHAT, added)?.get();
                circumstances.from_partners += added;
                PartFact::Partner {
                    customer_id: Some(customer_id),
                    name: None,
                    share: probability(WHAT, share)?.get(),
                    probability: added,
                }
            }
            Part::Others {
                count,
                probability: added,
            } => {
                let added = probability(WHAT, added)?.get();
                circumstances.from_partners += added;
                PartFact::Others {
                    count,
                    probability: added,
                }
            }
        });
    }
    Ok((facts, circumstances))
}

pub(super) fn probability(what: &'static str, value: f64) -> Result<Probability, DbError> {
    let value = if (-SUM_ROUNDING..0.0).contains(&value) {
        0.0
    } else if value > 1.0 && value <= 1.0 + SUM_ROUNDING {
        1.0
    } else {
        value
    };
    Probability::new(value).map_err(|error| DbError::corrupt(what, error))
}

fn count(what: &'static str, value: i64) -> Result<u32, DbError> {
    u32::try_from(value).map_err(|_| DbError::corrupt(what, value))
}

/// What values are counted in: the run's value basis, or its business basis where that is the value.
pub(super) fn value_unit(run: &Run) -> Result<ValueUnit, DbError> {
    let value = run.value_basis.as_deref().unwrap_or_default();
    match ValueBasis::parse(value) {
        Some(ValueBasis::Margin) => return Ok(ValueUnit::Margin),
        Some(ValueBasis::Revenue) => return Ok(ValueUnit::Revenue),
        Some(ValueBasis::Business) => {}
        None if ["", "none"].contains(&value) => {}
        None => return Err(DbError::corrupt("runs.value_basis", value)),
    }
    let business = run.business_basis.as_deref().unwrap_or_default();
    match BusinessBasis::parse(business) {
        Some(BusinessBasis::Revenue) => Ok(ValueUnit::Revenue),
        Some(BusinessBasis::Weight) => Ok(ValueUnit::Weight),
        Some(BusinessBasis::Shipments) => Ok(ValueUnit::Shipments),
        None => Err(DbError::corrupt("runs.business_basis", business)),
    }
}
