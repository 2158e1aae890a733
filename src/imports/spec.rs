//! A mapping as it is written, and the checks that make it a [`Mapping`].

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

use super::draft;
use super::error::nearest;
use super::mapping::{
    AmountRule, Delimiter, Encoding, Field, Format, Ignored, KeyProblem, Mapping, Source, Target,
};
use super::target::Kind;
use super::values::{DateFormat, Decimal, NumberStyle};

/// The parties, whose fields are written with a dot and hence are tables in TOML.
const PARTIES: &[&str] = &["shipper", "consignee", "payer"];

/// A mapping, key by key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    format: Format,
    #[serde(default)]
    delimiter: Delimiter,
    #[serde(default)]
    encoding: Encoding,
    decimal_mark: Option<String>,
    thousands: Option<String>,
    #[serde(default)]
    date_formats: Vec<String>,
    time_zone: Option<String>,
    #[serde(default)]
    null_values: Vec<String>,
    #[serde(default)]
    ignore_unknown: bool,
    #[serde(default)]
    neutralised: bool,
    #[serde(default)]
    constants: Table,
    #[serde(default)]
    fields: Table,
}

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
struct Problems(Vec<KeyProblem>);

impl Problems {
    fn add(&mut self, key: impl Into<String>, rule: impl Into<String>) {
        self.0.push(KeyProblem {
            key: key.into(),
            rule: rule.into(),
        });
    }
}

/// Checks everything that can be checked without a file.
pub(super) fn check(spec: Spec) -> Result<Mapping, Vec<KeyProblem>> {
    let mut problems = Problems::default();
    let numbers = number_style(
        spec.decimal_mark.as_deref(),
        spec.thousands.as_deref(),
        &mut problems,
    );
    let date_formats = date_formats(&spec.date_formats, "date_formats", &mut problems);
    let time_zone = spec.time_zone.and_then(|name| {
        let zone = name.parse().ok();
        if zone.is_none() {
            problems.add("time_zone", format!("`{name}` is no IANA time zone"));
        }
        zone
    });

    let mut mapping = Mapping {
        format: spec.format,
        delimiter: spec.delimiter,
        encoding: spec.encoding,
        numbers,
        time_zone,
        null_values: spec
            .null_values
            .iter()
            .map(|value| value.trim().to_owned())
            .collect(),
        ignore_unknown: spec.ignore_unknown,
        neutralised: spec.neutralised,
        fields: BTreeMap::new(),
    };
    for (target, value) in targets(spec.fields, "fields", &mut problems) {
        if let Some(field) = field(target, value, &date_formats, &mut problems) {
            mapping.fields.insert(target, field);
        }
    }
    for (target, value) in targets(spec.constants, "constants", &mut problems) {
        constant(target, value, &mut mapping, &date_formats, &mut problems);
    }
    if problems.0.is_empty() {
        required(&mapping, &mut problems);
    }
    check_words(&mapping, &mut problems);
    if problems.0.is_empty() {
        Ok(mapping)
    } else {
        Err(problems.0)
    }
}

/// The targets that `table` sets, whether written with a dotted key or a nested table.
fn targets(table: Table, section: &str, problems: &mut Problems) -> Vec<(Target, Value)> {
    let mut found = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) if PARTIES.contains(&name.as_str()) => {
                for (member, value) in inner {
                    found.push((format!("{name}.{member}"), value));
                }
            }
            value => found.push((name, value)),
        }
    }
    found
        .into_iter()
        .filter_map(|(name, value)| {
            let target = Target::parse(&name);
            if target.is_none() {
                let near = nearest(&name, Target::WORDS.iter().copied());
                problems.add(
                    format!("{section}.{name}"),
                    format!("no such field; nearest: {}", near.join(", ")),
                );
            }
            Some((target?, value))
        })
        .collect()
}

fn number_style(
    mark: Option<&str>,
    thousands: Option<&str>,
    problems: &mut Problems,
) -> NumberStyle {
    let mark = match mark.unwrap_or(".") {
        "." => '.',
        "," => ',',
        _ => {
            problems.add("decimal_mark", "expected \".\" or \",\"");
            '.'
        }
    };
    let thousands = match thousands {
        None | Some("") => None,
        Some("," | "." | " " | "'" | "’" | "_") => thousands.and_then(|text| text.chars().next()),
        Some(_) => {
            problems.add("thousands", "expected one of , . ' _ or a space");
            None
        }
    };
    if thousands == Some(mark) {
        problems.add("thousands", "expected another character than decimal_mark");
    }
    NumberStyle { mark, thousands }
}

fn date_formats(patterns: &[String], key: &str, problems: &mut Problems) -> Vec<DateFormat> {
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

fn field(
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

fn constant(
    target: Target,
    value: Value,
    mapping: &mut Mapping,
    formats: &[DateFormat],
    problems: &mut Problems,
) {
    let key = format!("constants.{target}");
    let text = match value {
        Value::String(text) => text,
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        _ => return problems.add(key, "expected text, a number or a truth"),
    };
    if mapping.fields.contains_key(&target) {
        return problems.add(key, "set under fields too");
    }
    let mut field = Field::from(Source::Constant(text.trim().to_owned()));
    field.date_formats = formats.to_vec();
    if let Err(rule) = draft::check_text(target, text.trim(), &field, mapping.numbers) {
        problems.add(key, rule);
    }
    mapping.fields.insert(target, field);
}

/// Checks that the words of the value tables can be read.
fn check_words(mapping: &Mapping, problems: &mut Problems) {
    for (target, field) in &mapping.fields {
        let defaults = field
            .values_default
            .iter()
            .map(|word| ("values_default".to_owned(), word));
        let words = field
            .values
            .iter()
            .map(|(from, word)| (format!("values.{from}"), word));
        for (key, word) in words.chain(defaults).filter(|(_, word)| !word.is_empty()) {
            if let Err(rule) = draft::check_text(*target, word, field, mapping.numbers) {
                problems.add(format!("fields.{target}.{key}"), rule);
            }
        }
    }
}

/// Checks that a shipment can come of it at all.
fn required(mapping: &Mapping, problems: &mut Problems) {
    use Target as T;

    let has = |target: T| mapping.fields.contains_key(&target);
    for target in [T::ExternalId, T::ExternalSystem] {
        if !has(target) {
            let constant = if target == T::ExternalSystem {
                ", or constants.external_system"
            } else {
                ""
            };
            problems.add(format!("fields.{target}"), format!("required{constant}"));
        }
    }
    for (id, name) in [
        (T::ShipperExternalId, T::ShipperName),
        (T::ConsigneeExternalId, T::ConsigneeName),
    ] {
        if !has(id) && !has(name) {
            problems.add(
                format!("fields.{name}"),
                format!("required, or fields.{id}"),
            );
        }
    }
    for (id, system) in [
        (T::ShipperExternalId, T::ShipperExternalSystem),
        (T::ConsigneeExternalId, T::ConsigneeExternalSystem),
        (T::PayerExternalId, T::PayerExternalSystem),
    ] {
        if has(id) && !has(system) {
            problems.add(
                format!("constants.{system}"),
                format!("required beside {id}"),
            );
        }
    }
    let times = [T::BookedAt, T::PickedUpAt, T::DeliveredAt, T::PromisedTo];
    if !times.into_iter().any(has) {
        let others = "required, or another of picked_up_at, delivered_at, promised_to";
        problems.add(format!("fields.{}", T::BookedAt), others);
    }
}
