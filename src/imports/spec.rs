//! A mapping as it is written, and the checks that make it a [`Mapping`].

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

use super::error::nearest;
use super::field_spec::{Problems, date_formats, field};
use super::mapping::{Delimiter, Encoding, Field, Format, KeyProblem, Mapping, Source, Target};
use super::parse::check_text;
use super::values::{DateFormat, NumberStyle};

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
    if let Err(rule) = check_text(target, text.trim(), &field, mapping.numbers) {
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
            if let Err(rule) = check_text(*target, word, field, mapping.numbers) {
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
