//! Cases of satisfaction.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::members::{CaseError, Members, object, optional_value, value};
use crate::satisfaction::account::{FLOOR, Power, TAU, p_all, power_mean, power_mean_variance};
use crate::satisfaction::answers::Answer;
use crate::satisfaction::changes::{self, Change, State};
use crate::satisfaction::department::{self, DepartmentSettings, Mass, PRIOR_MEAN};
use crate::satisfaction::kpi::WeightedKpi;
use crate::satisfaction::{Z90, indices};

const FUNCTIONS: &str = "one of department, power_mean, p_all, changes, choquet2, nps, acsi, r_wg, \
                         wilson, buhlmann_straub";

/// Computes one case.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
    let function = case.text("function")?;
    let compute = match function {
        "department" => department,
        "power_mean" => mean,
        "p_all" => all,
        "changes" => changed,
        "choquet2" => choquet2,
        "nps" => nps,
        "acsi" => acsi,
        "r_wg" => r_wg,
        "wilson" => wilson,
        "buhlmann_straub" => buhlmann_straub,
        _ => return Err(CaseError::member("function", FUNCTIONS)),
    };
    compute(&case.child("input")?)
}

/// Optional beside `answers`, `kpis` and `mu0`: `kappa0`, `kappaK`, `sigma`, `half_life_days`.
fn department(input: &Members<'_>) -> Result<Value, CaseError> {
    let mut answers = Vec::new();
    if input.get("answers").is_some() {
        for answer in input.children("answers")? {
            answers.push(Answer {
                respondent: answer.text("respondent")?.to_owned(),
                score: answer.number("score")?,
                age_days: answer.number("age_days")?,
                role_weight: answer.number_or("role_weight", 1.0)?,
                confidence: answer.number_or("confidence", 1.0)?,
            });
        }
    }
    let mut kpis = Vec::new();
    if input.get("kpis").is_some() {
        for kpi in input.children("kpis")? {
            kpis.push(WeightedKpi {
                weight: kpi.number("weight")?,
                desirability: kpi.optional_number("desirability")?,
            });
        }
    }
    let defaults = DepartmentSettings::default();
    let settings = DepartmentSettings {
        prior_weight: input.number_or("kappa0", defaults.prior_weight)?,
        kpi_weight: input.number_or("kappaK", defaults.kpi_weight)?,
        sigma: input.number_or("sigma", defaults.sigma)?,
        half_life_days: input.number_or("half_life_days", defaults.half_life_days)?,
    };
    let mu0 = input.number_or("mu0", PRIOR_MEAN)?;
    let score = department::score(&answers, &kpis, mu0, &settings).map_err(CaseError::formula)?;
    Ok(json!({
        "theta": value("theta", score.theta)?,
        "var": value("var", score.var)?,
        "sd": value("sd", score.sd())?,
        "lo": value("lo", score.lo)?,
        "hi": value("hi", score.hi)?,
        "n_eff": value("n_eff", score.n_eff)?,
        "survey_mean": optional_value("survey_mean", score.survey_mean)?,
        "kpi_score": optional_value("kpi_score", score.kpi_score)?,
        "kpi_coverage": value("kpi_coverage", score.kpi_coverage)?,
        "gap": optional_value("gap", score.gap)?,
    }))
}

fn mean(input: &Members<'_>) -> Result<Value, CaseError> {
    let x = input.numbers("x")?;
    let w = input
        .optional_numbers("w")?
        .unwrap_or_else(|| vec![1.0; x.len()]);
    let power = power(input)?;
    let floor = input.number_or("eps", FLOOR)?;
    let score = power_mean(&x, &w, power, floor).map_err(CaseError::formula)?;
    let Some(variances) = input.optional_numbers("var_each")? else {
        return object(&[("score", score)]);
    };
    let var = power_mean_variance(&x, &w, power, floor, &variances);
    object(&[("score", score), ("var", var.map_err(CaseError::formula)?)])
}

/// `p`: a number, or `"-inf"`; the harmonic mean if it is missing.
fn power(input: &Members<'_>) -> Result<Power, CaseError> {
    match input.get("p") {
        None => Ok(Power::HARMONIC),
        Some(Value::String(word)) if word == "-inf" => Ok(Power::Min),
        Some(Value::Number(_)) => Ok(Power::Finite(input.number("p")?)),
        Some(_) => Err(CaseError::member(input.path("p"), "a number or \"-inf\"")),
    }
}

fn all(input: &Members<'_>) -> Result<Value, CaseError> {
    let tau = input.number_or("tau", TAU)?;
    let p = p_all(&input.numbers("theta")?, &input.numbers("var")?, tau);
    object(&[("p", p.map_err(CaseError::formula)?)])
}

/// `before` and `after` are lists of departments: `department`, `weight` (default 1), and `masses`, the
/// pairs of weight and mean of prior, KPIs, answers and sentiment.
fn changed(input: &Members<'_>) -> Result<Value, CaseError> {
    let (before, after) = (states(input, "before")?, states(input, "after")?);
    let found = changes::explain(&before, &after).map_err(CaseError::formula)?;
    let mut departments = Vec::with_capacity(found.len());
    for change in &found {
        let mut row = Map::new();
        row.insert("department".to_owned(), json!(change.department));
        for (name, number) in [
            ("prior", change.prior),
            ("kpis", change.kpis),
            ("answers", change.answers),
            ("sentiment", change.sentiment),
            ("weight", change.weight),
        ] {
            row.insert(name.to_owned(), value(name, number)?);
        }
        departments.push(Value::Object(row));
    }
    let total = found.iter().map(Change::total).sum();
    Ok(json!({ "total": value("total", total)?, "departments": departments }))
}

fn states(input: &Members<'_>, name: &str) -> Result<Vec<State>, CaseError> {
    let rule = "pairs of weight and mean of prior, KPIs, answers and sentiment";
    let mut states = Vec::new();
    for one in input.children(name)? {
        let pairs: Option<Vec<(f64, f64)>> = one.list("masses")?.iter().map(pair_of).collect();
        let masses = pairs
            .and_then(|pairs| <[(f64, f64); 4]>::try_from(pairs).ok())
            .ok_or_else(|| CaseError::member(one.path("masses"), rule))?;
        let department = one.text("department")?.to_owned();
        states.push(State {
            key: department.clone(),
            name: department,
            weight: one.number_or("weight", 1.0)?,
            masses: masses.map(|(weight, mean)| Mass { weight, mean }),
        });
    }
    Ok(states)
}

/// `interaction` is an object from pairs of positions, `"0,1"`, to numbers.
fn choquet2(input: &Members<'_>) -> Result<Value, CaseError> {
    let mut interaction = BTreeMap::new();
    if input.get("interaction").is_some() {
        let pairs = input.child("interaction")?;
        for (name, strength) in pairs.entries() {
            let pair = name
                .split_once(',')
                .and_then(|(i, j)| Some((i.trim().parse().ok()?, j.trim().parse().ok()?)));
            let (Some(pair), Some(strength)) = (pair, strength.as_f64()) else {
                let rule = "a number under a pair of positions, such as \"0,1\"";
                return Err(CaseError::member(pairs.path(name), rule));
            };
            if interaction.insert(pair, strength).is_some() {
                let rule = "each pair of positions once";
                return Err(CaseError::member(pairs.path(name), rule));
            }
        }
    }
    let score = indices::choquet2(
        &input.numbers("x")?,
        &input.numbers("shapley")?,
        &interaction,
    );
    object(&[("score", score.map_err(CaseError::formula)?)])
}

fn nps(input: &Members<'_>) -> Result<Value, CaseError> {
    let found = indices::nps(&input.numbers("values")?, input.number_or("z", Z90)?);
    let found = found.map_err(CaseError::formula)?;
    object(&[
        ("nps", found.nps),
        ("adjusted", found.adjusted),
        ("lo", found.lo),
        ("hi", found.hi),
    ])
}

/// Scale from 1 to 10 unless `lo` and `hi` say otherwise; equal weights unless given.
fn acsi(input: &Members<'_>) -> Result<Value, CaseError> {
    let means = input.numbers("means")?;
    let weights = input
        .optional_numbers("weights")?
        .unwrap_or_else(|| vec![1.0; means.len()]);
    let (lo, hi) = (input.number_or("lo", 1.0)?, input.number_or("hi", 10.0)?);
    let score = indices::acsi(&means, &weights, lo, hi).map_err(CaseError::formula)?;
    object(&[("score", score)])
}

fn r_wg(input: &Members<'_>) -> Result<Value, CaseError> {
    let found = indices::r_wg(&input.numbers("scores")?, input.number("A")?);
    object(&[("r_wg", found.map_err(CaseError::formula)?)])
}

fn wilson(input: &Members<'_>) -> Result<Value, CaseError> {
    let z = input.number_or("z", Z90)?;
    let found = indices::wilson(input.number("k")?, input.number("n")?, z);
    let found = found.map_err(CaseError::formula)?;
    object(&[("lo", found.lo), ("hi", found.hi)])
}

/// `groups` is a list of lists of `[value, weight]`; an infinite `kappa` is the text `"inf"`.
fn buhlmann_straub(input: &Members<'_>) -> Result<Value, CaseError> {
    let mut groups = Vec::new();
    for (index, group) in input.list("groups")?.iter().enumerate() {
        let path = format!("{}[{index}]", input.path("groups"));
        let list = group
            .as_array()
            .ok_or_else(|| CaseError::member(&path, "a list of pairs"))?;
        let pairs: Result<Vec<(f64, f64)>, CaseError> = list
            .iter()
            .enumerate()
            .map(|(place, pair)| {
                pair_of(pair).ok_or_else(|| {
                    CaseError::member(format!("{path}[{place}]"), "a pair [value, weight]")
                })
            })
            .collect();
        groups.push(pairs?);
    }
    let found = indices::buhlmann_straub(&groups).map_err(CaseError::formula)?;
    let mut answer = Map::new();
    for (name, number) in [
        ("mu", found.mu),
        ("sigma2", found.sigma2),
        ("tau2", found.tau2),
    ] {
        answer.insert(name.to_owned(), value(name, number)?);
    }
    let kappa = match found.kappa {
        Some(kappa) => value("kappa", kappa)?,
        None => json!("inf"),
    };
    answer.insert("kappa".to_owned(), kappa);
    Ok(Value::Object(answer))
}

fn pair_of(pair: &Value) -> Option<(f64, f64)> {
    match pair.as_array()?.as_slice() {
        [value, weight] => Some((value.as_f64()?, weight.as_f64()?)),
        _ => None,
    }
}
