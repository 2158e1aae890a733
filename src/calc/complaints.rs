//! Cases of complaints: rates, times to an end, control charts, recovery.

use serde_json::{Value, json};

use super::members::{CaseError, Members, object, optional_value, value};
use crate::relationship::control::{Period, u_chart};
use crate::relationship::rate::poisson;
use crate::relationship::recovery::{KAPPA, Pair, recovery};
use crate::relationship::survival::{Watched, kaplan_meier};

const FUNCTIONS: &str = "one of poisson_rate, km, u_chart, recovery";

/// Computes one case.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
    let compute = match case.text("function")? {
        "poisson_rate" => rate,
        "km" => times,
        "u_chart" => chart,
        "recovery" => change,
        _ => return Err(CaseError::member("function", FUNCTIONS)),
    };
    compute(&case.child("input")?)
}

/// Per thousand unless `per` says otherwise.
fn rate(input: &Members<'_>) -> Result<Value, CaseError> {
    let found = poisson(
        input.whole("events")?,
        input.number("exposure")?,
        input.number_or("per", 1_000.0)?,
    )
    .map_err(CaseError::formula)?;
    object(&[("rate", found.rate), ("lo", found.lo), ("hi", found.hi)])
}

/// `closed` has a number for each of `days`: 0 if it is still open.
fn times(input: &Members<'_>) -> Result<Value, CaseError> {
    let (days, closed) = (input.numbers("days")?, input.numbers("closed")?);
    if days.len() != closed.len() {
        let rule = "one number for each of days";
        return Err(CaseError::member(input.path("closed"), rule));
    }
    let watched: Vec<Watched> = days
        .iter()
        .zip(&closed)
        .map(|(&time, &closed)| Watched {
            time,
            ended: closed != 0.0,
        })
        .collect();
    let found = kaplan_meier(&watched).map_err(CaseError::formula)?;
    let curve: Result<Vec<Value>, CaseError> = found
        .curve
        .iter()
        .map(|step| {
            Ok(json!([
                value("curve", step.time)?,
                value("curve", step.survival)?
            ]))
        })
        .collect();
    Ok(json!({
        "n": found.n,
        "ended": found.ended,
        "curve": curve?,
        "median": optional_value("median", found.median)?,
    }))
}

/// `periods` of `{events, exposure}`.
fn chart(input: &Members<'_>) -> Result<Value, CaseError> {
    let mut periods = Vec::new();
    for period in input.children("periods")? {
        periods.push(Period {
            events: period.whole("events")?,
            exposure: period.number("exposure")?,
        });
    }
    let chart = u_chart(&periods).map_err(CaseError::formula)?;
    let points: Result<Vec<Value>, CaseError> = chart
        .points
        .iter()
        .map(|point| {
            Ok(json!({
                "rate": optional_value("rate", point.rate)?,
                "limit": optional_value("limit", point.limit)?,
                "alarm": point.alarm,
            }))
        })
        .collect();
    Ok(json!({ "mean": optional_value("mean", chart.mean)?, "points": points? }))
}

/// `pairs` of `{before, after}`; optional `kappa`.
fn change(input: &Members<'_>) -> Result<Value, CaseError> {
    let mut pairs = Vec::new();
    for pair in input.children("pairs")? {
        pairs.push(Pair {
            before: pair.number("before")?,
            after: pair.number("after")?,
        });
    }
    let found = recovery(&pairs, input.number_or("kappa", KAPPA)?).map_err(CaseError::formula)?;
    Ok(json!({
        "n": pairs.len(),
        "mean": optional_value("mean", found.map(|found| found.mean))?,
        "shrunk": optional_value("shrunk", found.map(|found| found.shrunk))?,
    }))
}
