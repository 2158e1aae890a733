//! The rules that a history keeps, checked once.

use super::{CalibrationError, Case, History, LinkDays};

/// Day numbers lie within about 8,000 years of their epoch.
const LARGEST_DAY: i32 = 3_000_000;

const AMOUNT: &str = "a number between 0 and 1e100";

pub(super) fn check(history: &History<'_>) -> Result<(), CalibrationError> {
    let customers = history.regions.len();
    rule(
        history.own_business.len() == customers,
        || "own_business".to_owned(),
        "one value for each customer, as there are regions",
    )?;
    // One number is kept to mean "several".
    rule(
        u32::try_from(customers).is_ok_and(|customers| customers < u32::MAX),
        || "regions".to_owned(),
        "fewer than 4294967295 customers",
    )?;
    rule(
        u32::try_from(history.links.len()).is_ok(),
        || "links".to_owned(),
        "at most 4294967295 links",
    )?;
    for (index, &value) in history.own_business.iter().enumerate() {
        amount(value, || format!("own_business[{index}]"))?;
    }
    ascending(history.boundaries, || "boundaries".to_owned())?;
    for (index, link) in history.links.iter().enumerate() {
        check_link(index, link, customers)?;
    }
    Ok(())
}

fn check_link(index: usize, link: &LinkDays<'_>, customers: usize) -> Result<(), CalibrationError> {
    let ends = [("shipper", link.shipper), ("consignee", link.consignee)];
    for (end, customer) in ends {
        rule(
            (customer as usize) < customers,
            || format!("links[{index}].{end}"),
            "the index of a customer",
        )?;
    }
    rule(
        link.shipper != link.consignee,
        || format!("links[{index}].consignee"),
        "another customer than the shipper",
    )?;
    rule(
        link.business.len() == link.days.len(),
        || format!("links[{index}].business"),
        "one value for each day",
    )?;
    ascending(link.days, || format!("links[{index}].days"))?;
    for (day, &value) in link.business.iter().enumerate() {
        amount(value, || format!("links[{index}].business[{day}]"))?;
    }
    Ok(())
}

/// What a caller said of a case's own churn.
pub(super) fn own_churn(case: &Case<'_>, value: f64) -> Result<(), CalibrationError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(CalibrationError::Number {
        field: format!("own_churn of customer {} in {}", case.customer, case.period),
        value,
        rule: "a number between 0 and 1",
    })
}

fn ascending(days: &[i32], field: impl Fn() -> String) -> Result<(), CalibrationError> {
    rule(
        days.is_sorted_by(|a, b| a < b),
        &field,
        "distinct days in ascending order",
    )?;
    let ends = [days.first(), days.last()];
    let within = ends
        .into_iter()
        .flatten()
        .all(|day| (-LARGEST_DAY..=LARGEST_DAY).contains(day));
    rule(within, field, "day numbers between -3000000 and 3000000")
}

fn amount(value: f64, field: impl Fn() -> String) -> Result<(), CalibrationError> {
    if (0.0..=1e100).contains(&value) {
        return Ok(());
    }
    Err(CalibrationError::Number {
        field: field(),
        value,
        rule: AMOUNT,
    })
}

fn rule(
    kept: bool,
    field: impl Fn() -> String,
    expected: &'static str,
) -> Result<(), CalibrationError> {
    if kept {
        return Ok(());
    }
    Err(CalibrationError::Rule {
        field: field(),
        rule: expected,
    })
}
