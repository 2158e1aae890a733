//! Sentences of a what-if.

use super::super::changes::Resolved;
use super::super::request::ChangeKind;
use super::super::views::{KeptAffected, KeptPath, KeptWhatIf, Names, Shift};
use super::{Values, Words};
use crate::error::Answer;
use crate::i18n::{Value, key};
use crate::ids::CustomerId;
use crate::shipments::model::FreightTerms;

/// Conditions that one sentence joins; more are only counted.
const JOINED: usize = 3;

impl Words<'_> {
    /// A what-if: what it does to the expected loss, to whom else, and why.
    ///
    /// # Errors
    ///
    /// An internal error if a text cannot be completed.
    pub fn what_if(
        &self,
        changes: &[Resolved],
        result: &KeptWhatIf,
        names: Names<'_>,
    ) -> Answer<Vec<String>> {
        let mut told = vec![self.loss(changes, result.expected_loss, names)?];
        told.push(self.others(result)?);
        if result.rising + result.falling > 0 {
            told.extend(self.foremost(result, names)?);
            let term = vec![("term", self.term.word().into())];
            told.push(self.text(key("what-if-term"), term)?);
        }
        if let Some(simulated) = &result.simulated {
            told.push(self.text(
                key("what-if-simulated"),
                vec![
                    ("worlds", simulated.worlds.into()),
                    ("weeks", self.weeks.into()),
                    (
                        "before",
                        self.amount(simulated.before.shortfall.value)?.into(),
                    ),
                    (
                        "after",
                        self.amount(simulated.after.shortfall.value)?.into(),
                    ),
                ],
            )?);
        }
        Ok(told)
    }

    /// What changes do to the expected loss.
    ///
    /// # Errors
    ///
    /// As [`what_if`](Self::what_if).
    pub fn loss(&self, changes: &[Resolved], loss: Shift, names: Names<'_>) -> Answer<String> {
        let (before, after) = (self.amount(loss.before)?, self.amount(loss.after)?);
        let mut values = vec![
            ("condition", self.conditions(changes, names)?.into()),
            ("basis", self.value.word().into()),
            ("weeks", self.weeks.into()),
            ("after", after.into()),
        ];
        let difference = self.amount(loss.difference.abs())?;
        if difference == self.amount(0.0)? {
            return self.text(key("what-if-stays"), values);
        }
        values.push(("before", before.into()));
        values.push(("difference", difference.into()));
        let name = if loss.difference > 0.0 {
            key("what-if-rises")
        } else {
            key("what-if-falls")
        };
        self.text(name, values)
    }

    /// All changes as one condition.
    fn conditions(&self, changes: &[Resolved], names: Names<'_>) -> Answer<String> {
        if changes.len() > JOINED {
            let count = changes.len() as u64;
            return self.text(key("what-if-many"), vec![("count", count.into())]);
        }
        let mut joined: Option<String> = None;
        for change in changes {
            let one = self.condition(change, names)?;
            joined = Some(match joined {
                None => one,
                Some(before) => self.text(
                    key("what-if-and"),
                    vec![("one", before.into()), ("other", one.into())],
                )?,
            });
        }
        Ok(joined.unwrap_or_default())
    }

    fn ends(
        &self,
        names: Names<'_>,
        (shipper, consignee): (CustomerId, CustomerId),
    ) -> Answer<Values<'static>> {
        Ok(vec![
            ("shipper", self.name(names, shipper)?.into()),
            ("consignee", self.name(names, consignee)?.into()),
        ])
    }

    fn condition(&self, change: &Resolved, names: Names<'_>) -> Answer<String> {
        match *change {
            Resolved::Own {
                named,
                customer,
                before,
                after,
            } => {
                let mut values = vec![("customer", self.name(names, customer)?.into())];
                let name = match named {
                    ChangeKind::Lose => key("what-if-lose"),
                    ChangeKind::Protect => key("what-if-protect"),
                    _ => {
                        let (before, after) = self.percents(before, after);
                        values.extend([("before", before.into()), ("after", after.into())]);
                        key("what-if-own-churn")
                    }
                };
                self.text(name, values)
            }
            Resolved::Strength { value, factor } => self.strength(value, factor),
            Resolved::Amount {
                named,
                shipper,
                consignee,
                before,
                after,
            } => {
                let mut values = self.ends(names, (shipper, consignee))?;
                let (name, measure) = if named == ChangeKind::LinkBusiness {
                    (key("what-if-link-business"), self.business)
                } else {
                    values.push(("basis", self.value.word().into()));
                    (key("what-if-link-value"), self.value)
                };
                values.push(("before", self.measured(measure, before)?.into()));
                values.push(("after", self.measured(measure, after)?.into()));
                self.text(name, values)
            }
            Resolved::Terms {
                shipper,
                consignee,
                after,
                ..
            } => {
                let mut values = self.ends(names, (shipper, consignee))?;
                values.push(("terms", FreightTerms::word(after).into()));
                self.text(key("what-if-terms"), values)
            }
        }
    }

    fn strength(&self, value: Option<f64>, factor: Option<f64>) -> Answer<String> {
        if let Some(value) = value {
            let strength = self.percent(value, 0);
            let values = vec![("strength", strength.into())];
            return self.text(key("what-if-strength-value"), values);
        }
        let factor = self.number(factor.unwrap_or(1.0), 2)?;
        let values = vec![("factor", factor.into())];
        self.text(key("what-if-strength-factor"), values)
    }

    /// How many others are more or less likely to leave.
    fn others(&self, result: &KeptWhatIf) -> Answer<String> {
        let count = |count: u64| ("count", Value::from(count));
        match (result.rising, result.falling) {
            (0, 0) => self.text(key("what-if-nobody"), Vec::new()),
            (rising, 0) => self.text(key("what-if-rising"), vec![count(rising)]),
            (0, falling) => self.text(key("what-if-falling"), vec![count(falling)]),
            (rising, falling) => self.text(
                key("what-if-both"),
                vec![("rising", rising.into()), ("falling", falling.into())],
            ),
        }
    }

    /// The customer with most at stake among those named, and why.
    fn foremost(&self, result: &KeptWhatIf, names: Names<'_>) -> Answer<Vec<String>> {
        let mut candidates = result.affected.iter().filter(|one| !one.changed);
        let Some(first) = candidates.find(|one| names.of(one.customer).is_some()) else {
            return Ok(Vec::new());
        };
        let mut told = vec![self.stake(first, names)?];
        if let Some(path) = first.paths.first() {
            told.push(self.because(first, path, names)?);
        }
        Ok(told)
    }

    fn stake(&self, affected: &KeptAffected, names: Names<'_>) -> Answer<String> {
        let (before, after) = self.percents(affected.churn.before, affected.churn.after);
        let direction = if affected.value.difference < 0.0 {
            "falls"
        } else {
            "rises"
        };
        self.text(
            key("what-if-foremost"),
            vec![
                ("customer", self.name(names, affected.customer)?.into()),
                ("before", before.into()),
                ("after", after.into()),
                ("basis", self.value.word().into()),
                ("direction", direction.into()),
                (
                    "amount",
                    self.amount(affected.value.difference.abs())?.into(),
                ),
            ],
        )
    }

    /// Why a customer is affected, along its strongest chain.
    fn because(
        &self,
        affected: &KeptAffected,
        path: &KeptPath,
        names: Names<'_>,
    ) -> Answer<String> {
        let mut values = vec![
            ("customer", self.name(names, affected.customer)?.into()),
            ("source", self.name(names, path.source)?.into()),
        ];
        if let Some(share) = path.share {
            values.push(("share", self.percent(share, 0).into()));
            return self.text(key("what-if-because"), values);
        }
        let mut over = Vec::with_capacity(path.over.len());
        for id in &path.over {
            over.push(self.name(names, *id)?);
        }
        values.push(("over", over.join(" → ").into()));
        self.text(key("what-if-because-over"), values)
    }
}
