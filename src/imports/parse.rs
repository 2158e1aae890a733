//! Single values: from the text of a cell to what a shipment holds, or to what was expected.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::country;
use super::mapping::{AmountRule, Field, Target};
use super::target::Kind;
use super::values::{self, DateFormat, Decimal, NumberStyle, Zones};
use crate::shipments::model::{FreightTerms, Incoterm, Service, Status};

/// Longest text taken, in bytes.
const MAX_TEXT: usize = 1000;

/// Why a text is not the value it should be.
#[derive(Debug)]
pub(super) struct Wrong {
    /// Stable word for the kind of problem.
    pub code: &'static str,
    /// What was expected.
    pub rule: String,
}

/// What reading a cell gives.
pub(super) type Read<T> = Result<T, Wrong>;

/// Checks that `text` can be a value of `target`; the error says what could.
pub(super) fn check_text(
    target: Target,
    text: &str,
    field: &Field,
    numbers: NumberStyle,
) -> Result<(), String> {
    let zones = Zones {
        instance: Tz::UTC,
        file: Tz::UTC,
    };
    let done = match target.kind() {
        Kind::Key => key(text).map(drop),
        Kind::Name => name(text).map(drop),
        Kind::Country => country::parse(text)
            .map(drop)
            .ok_or_else(|| no_country(text)),
        Kind::Locode => locode(text).map(drop),
        Kind::Word => match target {
            Target::Incoterm => {
                word(&text.to_ascii_uppercase(), Incoterm::parse, Incoterm::WORDS).map(drop)
            }
            Target::FreightTerms => plain(text, FreightTerms::parse, FreightTerms::WORDS).map(drop),
            Target::Service => plain(text, Service::parse, Service::WORDS).map(drop),
            _ => plain(text, Status::parse, Status::WORDS).map(drop),
        },
        Kind::Time => values::time(text, &field.date_formats, zones)
            .map(drop)
            .ok_or_else(|| no_time(text)),
        Kind::Count => count(text, numbers).map(drop),
        Kind::Weight => weight(text, field.kilograms, numbers).map(drop),
        Kind::Amount => amount(text, field.amount, numbers).map(drop),
        Kind::Truth => truth(text).map(drop),
    };
    done.map_err(|wrong| wrong.rule)
}

fn wrong(code: &'static str, rule: String) -> Wrong {
    Wrong { code, rule }
}

/// The first forty characters of `text`, quoted.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("`{}…`", text.get(..end).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}

pub(super) fn key(text: &str) -> Read<String> {
    if text.is_empty() {
        return Err(wrong("required", "expected a value".to_owned()));
    }
    if text.len() > MAX_TEXT {
        return Err(wrong(
            "too_long",
            format!("expected at most {MAX_TEXT} bytes, found {}", text.len()),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(wrong(
            "control",
            "expected text without control characters".to_owned(),
        ));
    }
    Ok(text.to_owned())
}

/// A name: line breaks and tabs are laid out by whoever wrote the cell, and become spaces.
pub(super) fn name(text: &str) -> Read<String> {
    let breaks = |letter: char| matches!(letter, '\n' | '\r' | '\t');
    if text.contains(breaks) {
        let parts = text
            .split(breaks)
            .map(str::trim)
            .filter(|part| !part.is_empty());
        key(&parts.collect::<Vec<_>>().join(" "))
    } else {
        key(text)
    }
}

pub(super) fn no_country(text: &str) -> Wrong {
    let rule = format!(
        "expected a country as ISO 3166 code or name, found {}",
        quoted(text)
    );
    wrong("unknown_country", rule)
}

pub(super) fn locode(text: &str) -> Read<String> {
    values::locode(text).ok_or_else(|| {
        wrong(
            "locode",
            format!("expected a UN/LOCODE such as CNSHA, found {}", quoted(text)),
        )
    })
}

pub(super) fn word<T>(text: &str, parse: fn(&str) -> Option<T>, words: &[&str]) -> Read<T> {
    parse(text).ok_or_else(|| {
        wrong(
            "unknown_word",
            format!(
                "expected one of {}, found {}",
                words.join(", "),
                quoted(text)
            ),
        )
    })
}

/// A word in any case, with spaces or dashes for `_`.
pub(super) fn plain<T>(text: &str, parse: fn(&str) -> Option<T>, words: &[&str]) -> Read<T> {
    parse(text).map_or_else(|| word(&values::plain_word(text), parse, words), Ok)
}

fn no_time(text: &str) -> Wrong {
    let rule = format!(
        "expected a date as 2006-06-02 or in a format of the mapping, of 1900 to 2199, found {}",
        quoted(text)
    );
    wrong("not_a_date", rule)
}

pub(super) fn time(text: &str, formats: &[DateFormat], zones: Zones) -> Read<DateTime<Utc>> {
    values::time(text, formats, zones).ok_or_else(|| no_time(text))
}

fn number(text: &str, style: NumberStyle) -> Read<Decimal> {
    Decimal::parse(text, style).ok_or_else(|| {
        let rule = format!(
            "expected a number of at most 18 digits with `{}` as decimal mark, found {}",
            style.mark,
            quoted(text)
        );
        wrong("not_a_number", rule)
    })
}

pub(super) fn count(text: &str, style: NumberStyle) -> Read<i64> {
    number(text, style)?.whole().ok_or_else(|| {
        wrong(
            "not_whole",
            format!("expected a whole number, found {}", quoted(text)),
        )
    })
}

pub(super) fn weight(text: &str, kilograms: f64, style: NumberStyle) -> Read<f64> {
    let number = number(text, style)?.float();
    // Grams are divided, for 0.001 is no binary fraction.
    Ok(if kilograms < 0.01 {
        number / (1.0 / kilograms).round()
    } else {
        number * kilograms
    })
}

pub(super) fn amount(text: &str, rule: AmountRule, style: NumberStyle) -> Read<i64> {
    let number = number(text, style)?;
    if !rule.rounds && number.whole().is_none() {
        return Err(wrong(
            "not_whole",
            format!("expected whole minor units, found {}", quoted(text)),
        ));
    }
    number.scaled(rule.rate, rule.digits).ok_or_else(|| {
        wrong(
            "out_of_range",
            format!(
                "expected an amount below 9e18 minor units, found {}",
                quoted(text)
            ),
        )
    })
}

pub(super) fn truth(text: &str) -> Read<bool> {
    values::truth(text).ok_or_else(|| {
        wrong(
            "not_a_truth",
            format!("expected yes or no, found {}", quoted(text)),
        )
    })
}
