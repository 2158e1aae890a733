//! Business and value for people: money, kilograms or shipments, as the run measured them.

use crate::assessment::read::Source;
use crate::config::Config;
use crate::i18n::Language;
use crate::units::Probability;

/// What numbers of a run stand for.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Name of the unit, such as `EUR`.
    pub unit: String,
    /// Minor units in a unit.
    divisor: f64,
    decimals: usize,
}

impl Measure {
    /// Of the values of a run.
    pub fn of_value(source: &Source, config: &Config) -> Self {
        match (source.value_basis.as_str(), source.business_basis.as_str()) {
            ("business", "shipments") => Self::plain("shipments"),
            ("business", "weight") => Self::plain("kg"),
            _ => Self::money(config),
        }
    }

    /// Of the business of a run.
    pub fn of_business(source: &Source, config: &Config) -> Self {
        match source.business_basis.as_str() {
            "shipments" => Self::plain("shipments"),
            "weight" => Self::plain("kg"),
            _ => Self::money(config),
        }
    }

    /// Of amounts in the reporting currency.
    pub fn money(config: &Config) -> Self {
        Self {
            unit: config.currency.clone(),
            divisor: 10_f64.powi(i32::try_from(config.currency_digits).unwrap_or(2)),
            decimals: 0,
        }
    }

    fn plain(unit: &str) -> Self {
        Self {
            unit: unit.to_owned(),
            divisor: 1.0,
            decimals: 1,
        }
    }

    /// What is stored for a number that stands before the unit.
    pub fn stored(&self, number: f64) -> f64 {
        number * self.divisor
    }

    /// A number without its unit.
    pub fn number(&self, value: f64) -> String {
        Language::En
            .number(value / self.divisor, self.decimals)
            .unwrap_or_else(|_| "?".to_owned())
    }

    /// A number with its unit.
    pub fn amount(&self, value: f64) -> String {
        format!("{} {}", self.number(value), self.unit)
    }
}

/// A probability.
pub fn percent(value: f64) -> String {
    let shown = Probability::new(value.clamp(0.0, 1.0)).unwrap_or(Probability::ZERO);
    Language::En.percent(shown, 0)
}

/// A probability with one decimal more: for parts and for differences.
pub fn percent_fine(value: f64) -> String {
    format!("{:.1}%", value * 100.0)
}
