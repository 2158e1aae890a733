//! Answers in sentences, in the reader's language, for people who look after customers.

use chrono::NaiveDate;

use super::changes::Resolved;
use super::plan::{KeptChosen, KeptPlan};
use super::request::ChangeKind;
use super::views::{KeptAffected, KeptPath, KeptWhatIf, Names, Shift};
use crate::assessment::read::Source;
use crate::cascade::Prospect;
use crate::config::Config;
use crate::error::{Answer, Error};
use crate::i18n::line::{isolate, single_line};
use crate::i18n::{Args, Key, Language, Texts, Value, key};
use crate::ids::CustomerId;
use crate::shipments::model::FreightTerms;
use crate::units::Probability;

/// Conditions that one sentence joins; more are only counted.
const JOINED: usize = 3;
/// Probabilities below this are told with a decimal.
const SMALL: f64 = 0.1;
/// From here on the decimals of an amount say nothing, in units of its currency.
const ROUND: f64 = 100.0;

/// Says what numbers of one run mean.
#[derive(Debug)]
pub struct Words<'a> {
    language: Language,
    config: &'a Config,
    weeks: i64,
    business: Measure,
    value: Measure,
}

/// What amounts of a run stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Margin,
    Revenue,
    Weight,
    Shipments,
}

impl Measure {
    fn of_business(source: &Source) -> Self {
        match source.business_basis.as_str() {
            "weight" => Self::Weight,
            "shipments" => Self::Shipments,
            _ => Self::Revenue,
        }
    }

    fn of_value(source: &Source) -> Self {
        match source.value_basis.as_str() {
            "margin" => Self::Margin,
            "business" => Self::of_business(source),
            _ => Self::Revenue,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Margin => "margin",
            Self::Revenue => "revenue",
            Self::Weight => "weight",
            Self::Shipments => "shipments",
        }
    }

    fn is_money(self) -> bool {
        matches!(self, Self::Margin | Self::Revenue)
    }
}

type Values<'v> = Vec<(&'static str, Value<'v>)>;

impl<'a> Words<'a> {
    /// For a run, in a language.
    pub fn new(language: Language, source: &Source, config: &'a Config) -> Self {
        Self {
            language,
            config,
            weeks: source.horizon_weeks,
            business: Measure::of_business(source),
            value: Measure::of_value(source),
        }
    }

    fn text(&self, name: Key, values: Values<'_>) -> Answer<String> {
        let mut args = Args::new();
        for (variable, value) in values {
            args.set(variable, value);
        }
        Texts::embedded()
            .get(self.language, name, &args)
            .map_err(Error::internal)
    }

    fn number(&self, value: f64, decimals: usize) -> Answer<String> {
        self.language
            .number(value, decimals)
            .map_err(Error::internal)
    }

    /// An amount of value with its unit.
    fn amount(&self, value: f64) -> Answer<String> {
        self.measured(self.value, value)
    }

    fn measured(&self, measure: Measure, value: f64) -> Answer<String> {
        match measure {
            Measure::Margin | Measure::Revenue => self.money(value),
            Measure::Weight => Ok(format!("{}\u{a0}kg", self.number(value, 0)?)),
            Measure::Shipments => {
                let count = self.number(value, 1)?;
                self.text(key("what-if-shipments"), vec![("count", count.into())])
            }
        }
    }

    /// Minor units as money.
    fn money(&self, minor: f64) -> Answer<String> {
        let digits = self.config.currency_digits;
        let major = minor / 10_f64.powi(i32::try_from(digits).unwrap_or(2));
        let decimals = if major.abs() < ROUND { digits } else { 0 };
        let number = self.number(major, decimals as usize)?;
        Ok(format!("{}\u{a0}{number}", self.config.currency))
    }

    fn percent(&self, value: f64, decimals: u8) -> String {
        let shown = Probability::new(value.clamp(0.0, 1.0)).unwrap_or(Probability::ZERO);
        self.language.percent(shown, decimals)
    }

    /// Two probabilities with as many decimals as it takes to tell them apart.
    fn percents(&self, before: f64, after: f64) -> (String, String) {
        let shown = |decimals| {
            (
                self.percent(before, decimals),
                self.percent(after, decimals),
            )
        };
        let (coarse, fine) = (shown(0), shown(1));
        let small = before.max(after) < SMALL;
        if small || coarse.0 == coarse.1 {
            fine
        } else {
            coarse
        }
    }

    fn name(&self, names: &Names<'_>, customer: CustomerId) -> Answer<String> {
        match names.of(customer) {
            Some(name) => Ok(isolate(single_line(name))),
            None => self.text(key("what-if-unnamed"), Vec::new()),
        }
    }

    /// A what-if: what it does to the expected loss, to whom else, and why.
    ///
    /// # Errors
    ///
    /// An internal error if a text cannot be completed.
    pub fn what_if(
        &self,
        changes: &[Resolved],
        result: &KeptWhatIf,
        names: &Names<'_>,
    ) -> Answer<Vec<String>> {
        let mut told = vec![self.loss(changes, result.expected_loss, names)?];
        told.push(self.others(result)?);
        if result.rising + result.falling > 0 {
            told.extend(self.foremost(result, names)?);
            told.push(self.text(key("what-if-hypothesis"), Vec::new())?);
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
    pub fn loss(&self, changes: &[Resolved], loss: Shift, names: &Names<'_>) -> Answer<String> {
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
    fn conditions(&self, changes: &[Resolved], names: &Names<'_>) -> Answer<String> {
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

    fn condition(&self, change: &Resolved, names: &Names<'_>) -> Answer<String> {
        let ends = |shipper, consignee| -> Answer<Values<'static>> {
            Ok(vec![
                ("shipper", self.name(names, shipper)?.into()),
                ("consignee", self.name(names, consignee)?.into()),
            ])
        };
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
            Resolved::Strength {
                value: Some(value), ..
            } => self.text(
                key("what-if-strength-value"),
                vec![("strength", self.percent(value, 0).into())],
            ),
            Resolved::Strength { factor, .. } => {
                let factor = self.number(factor.unwrap_or(1.0), 2)?;
                self.text(
                    key("what-if-strength-factor"),
                    vec![("factor", factor.into())],
                )
            }
            Resolved::Amount {
                named,
                shipper,
                consignee,
                before,
                after,
            } => {
                let mut values = ends(shipper, consignee)?;
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
                let mut values = ends(shipper, consignee)?;
                values.push(("terms", FreightTerms::word(after).into()));
                self.text(key("what-if-terms"), values)
            }
        }
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
    fn foremost(&self, result: &KeptWhatIf, names: &Names<'_>) -> Answer<Vec<String>> {
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

    fn stake(&self, affected: &KeptAffected, names: &Names<'_>) -> Answer<String> {
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
        names: &Names<'_>,
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
        let same = |chosen: &KeptChosen| (chosen.effect - first.effect).abs() < f64::EPSILON;
        if plan.chosen.iter().all(same) {
            let effect = self.percent(first.effect, 0);
            let values = vec![("effect", effect.into())];
            return self.text(key("plan-assumption-effect"), values).map(Some);
        }
        self.text(key("plan-assumption"), Vec::new()).map(Some)
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
    pub fn reason(&self, chosen: &KeptChosen, names: &Names<'_>) -> Answer<String> {
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

    /// Who may be won next in all, and what that rests on.
    ///
    /// # Errors
    ///
    /// An internal error if a text cannot be completed.
    pub fn spread(
        &self,
        known: f64,
        advocates: u64,
        open: u64,
        prospects: u64,
    ) -> Answer<Vec<String>> {
        let share = || Value::from(self.percent(known, 0));
        let mut told = Vec::new();
        if known <= 0.0 {
            told.push(self.text(key("spread-payers-unknown"), Vec::new())?);
            return Ok(told);
        }
        told.push(if prospects == 0 {
            self.text(
                key("spread-nobody"),
                vec![("open", open.into()), ("advocates", advocates.into())],
            )?
        } else {
            self.text(
                key("spread-found"),
                vec![
                    ("prospects", prospects.into()),
                    ("open", open.into()),
                    ("advocates", advocates.into()),
                ],
            )?
        });
        told.push(self.text(key("spread-rests"), vec![("share", share())])?);
        told.push(self.text(key("spread-hypothesis"), Vec::new())?);
        Ok(told)
    }

    /// Why somebody may be won.
    ///
    /// # Errors
    ///
    /// As [`spread`](Self::spread).
    pub fn prospect(
        &self,
        customer: CustomerId,
        prospect: &Prospect,
        because_of: &[(CustomerId, &crate::cascade::Source)],
        paid_before: Option<NaiveDate>,
        names: &Names<'_>,
    ) -> Answer<String> {
        let mut values = vec![
            ("customer", self.name(names, customer)?.into()),
            (
                "business",
                self.measured(self.business, prospect.potential)?.into(),
            ),
        ];
        let trades = if let Some((partner, source)) = because_of.first() {
            values.push(("partner", self.name(names, *partner)?.into()));
            values.push(("share", self.percent(source.share, 0).into()));
            self.text(key("spread-reason"), values)?
        } else {
            self.text(key("spread-reason-alone"), values)?
        };
        let Some(day) = paid_before else {
            return Ok(trades);
        };
        let date = self.language.date(day);
        let before = self.text(key("spread-paid-before"), vec![("date", date.into())])?;
        self.text(
            key("what-if-sentences"),
            vec![("one", trades.into()), ("other", before.into())],
        )
    }
}
