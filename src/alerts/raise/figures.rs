//! What an alert says, from a run's rows.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::desk::{Act, By, Desk, Handle, Step};
use super::next_step;
use super::store::{Candidate, Known, Run};
use crate::alerts::facts::{
    Circumstances, Earlier, Facts, FollowerFact, NextStepWord, PartFact, RiskFacts, ValueUnit,
    Warning, WorkedBefore, due,
};
use crate::alerts::model::{AlertDeed, AlertSeverity};
use crate::assessment::model::{BusinessBasis, Evidence, Follower, Part, Role, ValueBasis};
use crate::assessment::store::told;
use crate::db::DbError;
use crate::ids::{AlertId, RunId};
use crate::units::Probability;

/// Probabilities may leave `[0, 1]` by so much: a sum's rounding, not a fault.
const SUM_ROUNDING: f64 = 1e-9;

/// What the facts of a chunk's steps are made of, by customer.
#[derive(Debug)]
pub struct View {
    /// Their names and teams.
    pub known: BTreeMap<i64, Known>,
    /// What the newest run says of those that are in it.
    pub risks: BTreeMap<i64, Candidate>,
    /// Their churn probabilities over the last runs.
    pub courses: BTreeMap<(i64, RunId), f64>,
    /// By when open alerts that are to be changed say that the step is due.
    pub dues: BTreeMap<AlertId, NaiveDate>,
}

impl Desk<'_> {
    /// What is said of a step, without the names of partners.
    pub(super) fn facts(
        &self,
        step: &Step,
        warning: &Warning,
        view: &View,
    ) -> Result<Facts, DbError> {
        let customer = step.customer.map(|customer| customer.0);
        let known = customer.and_then(|id| view.known.get(&id));
        let candidate = customer.and_then(|id| view.risks.get(&id));
        let from = candidate.zip(self.run.as_ref()).zip(self.value_unit);
        let told = from
            .map(|((candidate, run), unit)| self.risk(candidate, run, unit))
            .transpose()?;
        let (risk, circumstances) = told.unzip();
        let light = candidate.and_then(|candidate| candidate.light.as_deref());
        let course = self.course.iter().filter_map(|(run, as_of)| {
            let churn_probability = *view.courses.get(&(customer?, *run))?;
            Some(Earlier {
                churn_probability,
                as_of: *as_of,
            })
        });
        let next_step = next_step::of(warning, circumstances.as_ref(), light);
        Ok(Facts {
            as_of: match (&self.run, self.by) {
                (Some(run), By::Run(_)) => run.as_of,
                _ => self.today(),
            },
            customer_name: known.map(|known| known.name.clone()),
            team: known.and_then(|known| known.team.clone()),
            warning: warning.clone(),
            risk,
            course: course.collect(),
            next_step,
            due: self.due(step, warning, view),
            worked_before: self.worked_before(next_step),
        })
    }

    /// By when the step is due. An open alert keeps its day until it is told as worse or becomes more
    /// urgent: otherwise the day would move ahead of whoever has to act.
    fn due(&self, step: &Step, warning: &Warning, view: &View) -> NaiveDate {
        let today = self.today();
        match &step.act {
            Act::Update { alert, tell, .. } if !is_renewed(alert, *tell, step.severity) => {
                let kept = view.dues.get(&alert.id).copied();
                warning.no_later(kept.unwrap_or_else(|| due(today, step.severity)), today)
            }
            _ => warning.no_later(due(today, step.severity), today),
        }
    }

    /// What plays of a step's kind came to; `None` while none was ever begun.
    fn worked_before(&self, step: NextStepWord) -> Option<WorkedBefore> {
        let template = template(step)?;
        let measured = self.effects.as_ref()?.by_template.get(template)?;
        let whole = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Some(WorkedBefore {
            template: template.to_owned(),
            cases: whole(measured.cases),
            kept: whole(measured.kept),
            effect: measured.effect.map(|effect| effect.value),
            effect_low: measured.effect.map(|effect| effect.low),
            effect_high: measured.effect.map(|effect| effect.high),
        })
    }

    fn risk(
        &self,
        candidate: &Candidate,
        run: &Run,
        unit: ValueUnit,
    ) -> Result<(RiskFacts, Circumstances), DbError> {
        let (parts, circumstances) = parts(candidate)?;
        let role = Role::parse(&candidate.role)
            .ok_or_else(|| DbError::corrupt("customer_risks.role", &candidate.role))?;
        let money = matches!(unit, ValueUnit::Margin | ValueUnit::Revenue);
        let before = self.before.as_ref().zip(candidate.before);
        let at_risk = candidate.value_at_risk;
        let risk = RiskFacts {
            as_of: run.as_of,
            horizon_weeks: count("runs.horizon_weeks", run.horizon_weeks)?,
            churn_probability: candidate.churn_probability,
            before: before.map(|(run, churn_probability)| Earlier {
                churn_probability,
                as_of: run.as_of,
            }),
            parts,
            cascade_term: told(run.cascade_term.as_deref()),
            followers: self.followers(candidate, unit)?,
            value_at_risk: self.value("customer_risks.value_at_risk", at_risk, unit)?,
            value_unit: unit,
            currency: money.then(|| self.settings.currency.to_string()),
            role,
            partners: count("customer_risks.partners", candidate.partners)?,
            partners_silent: count("customer_risks.partners_silent", candidate.partners_silent)?,
            evidence: evidence(candidate)?,
            is_new: candidate.is_new,
        };
        Ok((risk, circumstances))
    }

    fn followers(
        &self,
        candidate: &Candidate,
        unit: ValueUnit,
    ) -> Result<Vec<FollowerFact>, DbError> {
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
                    value: self.value(WHAT, follower.value, unit)?,
                })
            })
            .collect()
    }

    /// A value as mails count it: whole minor units of the currency, or whole kilograms or shipments.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "values are finite, and a cast of what is too large for 64 bits gives the largest"
    )]
    fn value(&self, what: &'static str, value: f64, unit: ValueUnit) -> Result<i64, DbError> {
        if !value.is_finite() {
            return Err(DbError::corrupt(what, value));
        }
        let stored = i64::from(self.settings.currency_digits);
        let shown = i64::from(self.settings.currency.minor_digits());
        let scale = match unit {
            ValueUnit::Margin | ValueUnit::Revenue => {
                10_f64.powi(i32::try_from(shown - stored).unwrap_or(0))
            }
            ValueUnit::Weight | ValueUnit::Shipments => 1.0,
        };
        Ok((value * scale).round() as i64)
    }
}

/// Whether an open alert gets a new day.
fn is_renewed(alert: &Handle, tell: Option<AlertDeed>, severity: AlertSeverity) -> bool {
    // In the order of urgency, high comes first.
    tell == Some(AlertDeed::Worsened) || severity < alert.severity
}

/// The template of the plays that carry a step out; `None` if there is none.
fn template(step: NextStepWord) -> Option<&'static str> {
    match step {
        NextStepWord::Call
        | NextStepWord::Visit
        | NextStepWord::ServiceReview
        | NextStepWord::PriceReview
        | NextStepWord::Recovery
        | NextStepWord::Partner => Some(step.word()),
        NextStepWord::Survey
        | NextStepWord::Promise
        | NextStepWord::Renewal
        | NextStepWord::SecondContact
        | NextStepWord::Payment
        | NextStepWord::Data => None,
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

pub(super) fn count(what: &'static str, value: i64) -> Result<u32, DbError> {
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
