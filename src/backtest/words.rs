//! Texts of a back-test in one language, and how numbers stand in them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::result::{Figure, Group, Predictor};
use crate::cascade::calibrate::Class;
use crate::evaluation::Metric;
use crate::i18n::{Args, Key, Language, TextError, Value, key};

/// Writes texts in a language.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub Language);

impl Words {
    /// The text named `key`, with its variables.
    ///
    /// # Errors
    ///
    /// [`TextError`], a fault of ours.
    pub fn text(self, key: Key, values: &[(&'static str, Value<'_>)]) -> Result<String, TextError> {
        let mut args = Args::new();
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        crate::i18n::Texts::embedded().get(self.0, key, &args)
    }

    /// A text without variables.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text).
    pub fn plain(self, key: Key) -> Result<String, TextError> {
        self.text(key, &[])
    }

    /// A number with so many decimals.
    pub fn number(self, value: f64, decimals: usize) -> String {
        // Every figure is finite; a dash is better than a broken page if one were not.
        self.0
            .number(value, decimals)
            .unwrap_or_else(|_| "–".to_owned())
    }

    /// A share in percent, with so many decimals.
    pub fn percent(self, share: f64, decimals: usize) -> String {
        let number = self.number(share * 100.0, decimals);
        match self.0 {
            // Kept on one line.
            Language::En => format!("{number}\u{a0}%"),
            Language::Zh => format!("{number}%"),
        }
    }

    /// A difference with its sign.
    pub fn signed(self, value: f64, decimals: usize) -> String {
        let text = self.number(value, decimals);
        match text.strip_prefix('-') {
            Some(size) => format!("\u{2212}{size}"),
            None => format!("+{text}"),
        }
    }

    /// A figure with its interval where there is one: `0.81 (0.78, 0.84)`; it may break before the
    /// bracket alone.
    pub fn figure(self, figure: &Figure, decimals: usize) -> String {
        let number = |value: f64| self.number(value, decimals).replace('-', "\u{2212}");
        let value = number(figure.value);
        match (figure.low, figure.high) {
            (Some(low), Some(high)) => {
                format!("{value} ({},\u{a0}{})", number(low), number(high))
            }
            _ => value,
        }
    }

    /// A date.
    pub fn date(self, date: NaiveDate) -> String {
        self.0.date(date)
    }

    /// Sentences, one after the other.
    pub fn join(self, sentences: &[String]) -> String {
        sentences.join(match self.0 {
            Language::En => " ",
            Language::Zh => "",
        })
    }

    /// Name of a predictor.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text), as below.
    pub fn predictor(self, predictor: Predictor) -> Result<String, TextError> {
        self.plain(match predictor {
            Predictor::Own => key("backtest-predictor-own"),
            Predictor::Cascade => key("backtest-predictor-cascade"),
            Predictor::CascadeLearnt => key("backtest-predictor-learnt"),
            Predictor::Recency => key("backtest-predictor-recency"),
            Predictor::Frequency => key("backtest-predictor-frequency"),
        })
    }

    /// Name of a group.
    pub fn group(self, group: Group) -> Result<String, TextError> {
        self.plain(match group {
            Group::All => key("backtest-group-all"),
            Group::Active => key("backtest-group-active"),
            Group::Shippers => key("backtest-group-shippers"),
            Group::Consignees => key("backtest-group-consignees"),
            Group::Links => key("backtest-group-links"),
        })
    }

    /// Names of the metrics that a back-test reports.
    pub fn metrics(self) -> Result<BTreeMap<Metric, String>, TextError> {
        [
            (Metric::Auc, key("backtest-metric-auc")),
            (Metric::AveragePrecision, key("backtest-metric-precision")),
            (Metric::Brier, key("backtest-metric-brier")),
            (Metric::BrierSkill, key("backtest-metric-skill")),
            (Metric::CalibrationError, key("backtest-metric-error")),
            (Metric::TopDecileLift, key("backtest-metric-lift")),
        ]
        .into_iter()
        .map(|(metric, key)| Ok((metric, self.plain(key)?)))
        .collect()
    }

    /// Name of a class of strength.
    pub fn class(self, class: Class) -> Result<String, TextError> {
        self.plain(match class {
            Class::ShipperControls => key("backtest-class-shipper-controls"),
            Class::ShipperDoesNot => key("backtest-class-shipper-does-not"),
            Class::ShipperUnknown => key("backtest-class-shipper-unknown"),
            Class::ConsigneeControls => key("backtest-class-consignee-controls"),
            Class::ConsigneeDoesNot => key("backtest-class-consignee-does-not"),
            Class::ConsigneeUnknown => key("backtest-class-consignee-unknown"),
        })
    }
}
