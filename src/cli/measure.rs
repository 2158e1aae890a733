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
            _ => Self {
                unit: config.currency.clone(),
                divisor: 10_f64.powi(i32::try_from(config.currency_digits).unwrap_or(2)),
                decimals: 0,
            },
        }
    }

    fn plain(unit: &str) -> Self {
        Self {
            unit: unit.to_owned(),
            divisor: 1.0,
            decimals: 1,
        }
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
