//! Answers in sentences, in the reader's language, for people who look after customers.

mod plan;
mod spread;
mod what_if;

use super::views::Names;
use crate::assessment::model::CascadeTerm;
use crate::assessment::read::Source;
use crate::config::Config;
use crate::error::{Answer, Error};
use crate::i18n::line::{isolate, single_line};
use crate::i18n::{Args, Key, Language, Texts, Value, key};
use crate::ids::CustomerId;
use crate::units::Probability;

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
    term: CascadeTerm,
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
            term: source.cascade_term,
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

    fn name(&self, names: Names<'_>, customer: CustomerId) -> Answer<String> {
        match names.of(customer) {
            Some(name) => Ok(isolate(single_line(name))),
            None => self.text(key("what-if-unnamed"), Vec::new()),
        }
    }
}
