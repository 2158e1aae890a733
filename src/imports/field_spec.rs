//! One field of a mapping as it is written, and the checks that make it a [`Field`].

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Value;

use super::mapping::{AmountRule, Field, Ignored, KeyProblem, Source, Target};
use super::target::Kind;
use super::values::{DateFormat, Decimal, NumberStyle};

/// A field, key by key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldSpec {
    column: Option<String>,
    columns: Option<Vec<String>>,
    join: Option<String>,
    #[serde(default)]
    values: BTreeMap<String, String>,
    values_default: Option<String>,
    #[serde(default)]
    ignore: Vec<String>,
    unit: Option<String>,
    minor_digits: Option<u32>,
    rate: Option<Rate>,
    date_formats: Option<Vec<String>>,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    optional: bool,
}

/// A rate: a number, or text where every digit counts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rate {
    Whole(i64),
    Float(f64),
    Text(String),
}

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Problems(pub Vec<KeyProblem>);

impl Problems {
    /// Notes that the value of `key` breaks `rule`.
    pub(super) fn add(&mut self, key: impl Into<String>, rule: impl Into<String>) {
        self.0.push(KeyProblem {
            key: key.into(),
            rule: rule.into(),
        });
    }
}

/// Compiles every pattern.
pub(super) fn date_formats(
    patterns: &[String],
    key: &str,
    problems: &mut Problems,
) -> Vec<DateFormat> {
    let compile = |pattern: &String| {
        let format = DateFormat::parse(pattern);
        if format.is_none() {
            problems.add(
                key,
                format!("`{pattern}` does not tell the day: expected a pattern such as %d.%m.%Y"),
            );
        }
        format
    };
    patterns.iter().filter_map(compile).collect()
}

/// Checks the keys of the field `target`; `formats` are those of the file.
pub(super) fn field(
    target: Target,
    value: Value,
    formats: &[DateFormat],
    problems: &mut Problems,
) -> Option<Field> {
    let key = format!("fields.{target}");
    let spec: FieldSpec = match value.try_into() {
        Ok(spec) => spec,
        Err(error) => {
            problems.add(key, error.message());
            return None;
        }
    };
    let mut field = Field::from(source(&spec, &key, problems)?);
    field.ignore = ignored(&spec.ignore, &key, problems);
    if spec.values_default.is_some() && spec.values.is_empty() {
        problems.add(format!("{key}.values_default"), "only with values");
    }
    units(&spec, target, &key, &mut field, problems);
    field.date_formats = match &spec.date_formats {
        Some(_) if target.kind() != Kind::Time => {
            problems.add(format!("{key}.date_formats"), "only dates have it");
            Vec::new()
        }
        Some(own) => date_formats(own, &format!("{key}.date_formats"), problems),
        None => formats.to_vec(),
    };
    field.values = spec.values;
    field.values_default = spec.values_default;
    field.required = spec.required;
    field.optional = spec.optional;
    Some(field)
}

fn source(spec: &FieldSpec, key: &str, problems: &mut Problems) -> Option<Source> {
    let (names, join) = match (&spec.column, &spec.columns) {
        (Some(_), Some(_)) => {
            problems.add(key, "expected column or columns, not both");
            return None;
        }
        (None, None) => {
            problems.add(key, "expected column or columns");
            return None;
        }
        (Some(column), None) => {
            if spec.join.is_some() {
                problems.add(format!("{key}.join"), "only with columns");
            }
            (vec![column.clone()], String::new())
        }
        (None, Some(columns)) => (
            columns.clone(),
            spec.join.clone().unwrap_or_else(|| " ".to_owned()),
        ),
    };
    if names.is_empty() {
        problems.add(format!("{key}.columns"), "expected at least one column");
    }
    let names = names.iter().map(|name| name.trim().to_owned()).collect();
    Some(Source::Columns { names, join })
}

fn ignored(words: &[String], key: &str, problems: &mut Problems) -> Vec<Ignored> {
    let read = |word: &String| match word.strip_suffix('*') {
        Some("") => {
            problems.add(format!("{key}.ignore"), "expected text before the *");
            None
        }
        Some(start) => Some(Ignored::Prefix(start.to_owned())),
        None => Some(Ignored::Exactly(word.trim().to_owned())),
    };
    words.iter().filter_map(read).collect()
}

fn units(spec: &FieldSpec, target: Target, key: &str, field: &mut Field, problems: &mut Problems) {
    let unit = spec.unit.as_deref();
    let kind = target.kind();
    match (kind, unit) {
        (Kind::Amount, Some("major")) => {
            field.amount.digits = spec.minor_digits.unwrap_or(2);
            field.amount.rounds = true;
        }
        (Kind::Amount, Some("minor")) | (Kind::Weight, None | Some("kg")) => {}
        (Kind::Amount, _) => problems.add(format!("{key}.unit"), "expected \"major\" or \"minor\""),
        (Kind::Weight, Some("g")) => field.kilograms = 0.001,
        (Kind::Weight, Some("t")) => field.kilograms = 1000.0,
        // The international pound, exact by definition.
        (Kind::Weight, Some("lb")) => field.kilograms = 0.453_592_37,
        (Kind::Weight, _) => problems.add(
            format!("{key}.unit"),
            "expected \"kg\", \"g\", \"lb\" or \"t\"",
        ),
        (_, None) => {}
        (_, Some(_)) => problems.add(format!("{key}.unit"), "only amounts and weights have it"),
    }
    match spec.minor_digits {
        Some(_) if unit != Some("major") => {
            problems.add(format!("{key}.minor_digits"), "only with unit = \"major\"");
        }
        Some(digits) if digits > 4 => {
            problems.add(format!("{key}.minor_digits"), "expected 0 to 4");
        }
        _ => {}
    }
    if let Some(rate) = &spec.rate {
        match (kind, read_rate(rate)) {
            (Kind::Amount, Some(rate)) => {
                field.amount = AmountRule {
                    rate,
                    rounds: field.amount.rounds || rate != Decimal::ONE,
                    ..field.amount
                };
            }
            (Kind::Amount, None) => {
                problems.add(
                    format!("{key}.rate"),
                    "expected a number above 0 of at most 18 digits",
                );
            }
            _ => problems.add(format!("{key}.rate"), "only amounts have it"),
        }
    }
}

fn read_rate(rate: &Rate) -> Option<Decimal> {
    let text = match rate {
        Rate::Whole(number) => number.to_string(),
        Rate::Float(number) => number.to_string(),
        Rate::Text(text) => text.trim().to_owned(),
    };
    let rate = Decimal::parse(
        &text,
        NumberStyle {
            mark: '.',
            thousands: None,
        },
    )?;
    (rate.mantissa > 0).then_some(rate)
}
