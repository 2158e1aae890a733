//! Sentences of a plan.

use super::super::plan::{KeptChosen, KeptPlan};
use super::super::views::Names;
use super::{Measure, Words};
use crate::error::Answer;
use crate::i18n::key;

impl Words<'_> {
    /// A plan: whom it visits, what that costs and saves, how sure that is.
    ///
    /// # Errors
    ///
    /// An internal error if a text cannot be completed.
    pub fn plan(&self, plan: &KeptPlan) -> Answer<Vec<String>> {
        let money = |minor: i64| self.money(minor as f64);
        let mut told = Vec::new();
        if plan.chosen.is_empty() {
            let values = vec![
                ("budget", money(plan.budget)?.into()),
                ("considered", plan.considered.into()),
            ];
            let name = if plan.considered == 0 {
                key("plan-nobody")
            } else {
                key("plan-empty")
            };
            told.push(self.text(name, values)?);
        } else {
            told.extend(self.plan_worth(plan)?);
        }
        if plan.gone > 0 {
            told.push(self.text(key("plan-gone"), vec![("count", plan.gone.into())])?);
        }
        told.extend(self.assumption(plan)?);
        Ok(told)
    }

    fn assumption(&self, plan: &KeptPlan) -> Answer<Option<String>> {
        let Some(first) = plan.chosen.first() else {
            return Ok(None);
        };
        if let Some(sentence) = self.measured_effect(plan)? {
            return Ok(Some(sentence));
        }
        let same = |chosen: &KeptChosen| (chosen.effect - first.effect).abs() < f64::EPSILON;
        if plan.chosen.iter().all(same) {
            let effect = self.percent(first.effect, 0);
            let values = vec![("effect", effect.into()), ("term", self.term.word().into())];
            return self.text(key("plan-assumption-effect"), values).map(Some);
        }
        let values = vec![("term", self.term.word().into())];
        self.text(key("plan-assumption"), values).map(Some)
    }

    /// Where the effect comes from plays that were measured.
    fn measured_effect(&self, plan: &KeptPlan) -> Answer<Option<String>> {
        let Some((assumed, measured)) = plan
            .assumed
            .and_then(|assumed| Some((assumed, assumed.measured?)))
        else {
            return Ok(None);
        };
        let values = vec![
            ("effect", self.percent(assumed.effect, 0).into()),
            ("cases", assumed.cases.into()),
            ("low", self.signed_percent(measured.low).into()),
            ("high", self.signed_percent(measured.high).into()),
            ("term", self.term.word().into()),
        ];
        self.text(key("plan-assumption-measured"), values).map(Some)
    }

    /// A share that may be below 0.
    fn signed_percent(&self, value: f64) -> String {
        if value < 0.0 {
            // Beyond −100 % there is no probability to format.
            format!("{:.0}%", 100.0 * value)
        } else {
            self.percent(value, 0)
        }
    }

    fn plan_worth(&self, plan: &KeptPlan) -> Answer<Vec<String>> {
        let loss = plan.expected_loss;
        let saved = self.amount(plan.saved)?;
        let mut told = vec![self.text(
            key("plan-saves"),
            vec![
                ("count", (plan.chosen.len() as u64).into()),
                ("considered", plan.considered.into()),
                ("cost", self.money(plan.cost as f64)?.into()),
                ("budget", self.money(plan.budget as f64)?.into()),
                ("basis", self.value.word().into()),
                ("weeks", self.weeks.into()),
                ("before", self.amount(loss.before)?.into()),
                ("after", self.amount(loss.after)?.into()),
                ("saved", saved.clone().into()),
            ],
        )?];
        if self.value == Measure::Revenue {
            told.push(self.text(key("plan-revenue"), Vec::new())?);
        }
        if self.value.is_money() && plan.saved < plan.cost as f64 {
            told.push(self.text(key("plan-too-dear"), Vec::new())?);
        }
        let ceiling = self.amount(plan.ceiling)?;
        told.push(if ceiling == saved {
            self.text(key("plan-best"), Vec::new())?
        } else {
            self.text(key("plan-ceiling"), vec![("ceiling", ceiling.into())])?
        });
        if let Some(measured) = plan.measured {
            told.push(self.text(
                key("plan-measured"),
                vec![
                    ("worlds", measured.worlds.into()),
                    ("saved", self.amount(measured.saved.value)?.into()),
                    ("error", self.amount(measured.saved.standard_error)?.into()),
                ],
            )?);
        }
        Ok(told)
    }

    /// Why a plan visits a customer.
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan).
    pub fn reason(&self, chosen: &KeptChosen, names: Names<'_>) -> Answer<String> {
        let reduced = chosen.own_churn * (1.0 - chosen.effect);
        let (own, reduced) = self.percents(chosen.own_churn, reduced);
        let mut reason = self.text(
            key("plan-reason"),
            vec![
                ("customer", self.name(names, chosen.customer)?.into()),
                ("own", own.into()),
                ("reduced", reduced.into()),
                ("weeks", self.weeks.into()),
                ("blast", self.amount(chosen.blast_radius)?.into()),
                ("basis", self.value.word().into()),
                ("cost", self.money(chosen.cost as f64)?.into()),
                ("saved", self.amount(chosen.gain_in_plan)?.into()),
            ],
        )?;
        let more = if chosen.gone {
            Some(key("plan-reason-gone"))
        } else if self.value.is_money() && chosen.gain_in_plan < chosen.cost as f64 {
            Some(key("plan-reason-dear"))
        } else {
            None
        };
        if let Some(more) = more {
            reason = self.text(
                key("what-if-sentences"),
                vec![
                    ("one", reason.into()),
                    ("other", self.text(more, Vec::new())?.into()),
                ],
            )?;
        }
        Ok(reason)
    }
}
