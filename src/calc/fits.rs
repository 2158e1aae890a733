//! Cases of fitting the models of own churn.

use serde_json::{Map, Value, json};

use super::churn::{family, phases, statistics};
use super::members::{CaseError, Members, value};
use crate::churn::{Fit, FitOptions, History, Parameters, Prior, SelectOptions, fit, select};

/// Parameters fitted to `histories` or `csv`; k selected by likelihood if the model leaves it free.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
    let name = case.text("model")?;
    if name == "BG/BB" {
        let rule = "one of BG/NBD, MBG/NBD, BG/CNBD-k, MBG/CNBD-k: BG/BB is not fitted";
        return Err(CaseError::member("model", rule));
    }
    let (variant, free) = family(case, name)?;
    let k = phases(case, name, free)?;
    let histories = histories(case, k != Some(1))?;
    let weights = case.optional_numbers("weights")?;
    let weights = weights.as_deref();
    let prior = prior(case)?;
    if let Some(k) = k {
        let options = FitOptions { variant, k, prior };
        let found = fit(&histories, weights, &options).map_err(CaseError::formula)?;
        return Ok(Value::Object(parameters(&found)?));
    }
    let mut options = SelectOptions {
        variant,
        prior,
        ..SelectOptions::default()
    };
    if let Some(max_k) = case.optional_whole("max_k")? {
        options.max_k = u32::try_from(max_k).unwrap_or(u32::MAX);
    }
    let selection = select(&histories, weights, &options).map_err(CaseError::formula)?;
    let mut answer = parameters(&selection.fit)?;
    let tried: Result<Vec<_>, _> = selection.tried.iter().map(parameters).collect();
    answer.insert("tried".to_owned(), json!(tried?));
    Ok(Value::Object(answer))
}

fn parameters(fit: &Fit) -> Result<Map<String, Value>, CaseError> {
    let Parameters { r, alpha, a, b } = fit.model.parameters();
    let mut answer = Map::new();
    answer.insert("k".to_owned(), json!(fit.model.k()));
    for (name, number) in [
        ("r", r),
        ("alpha", alpha),
        ("a", a),
        ("b", b),
        ("log_likelihood", fit.log_likelihood),
        ("objective", fit.objective),
    ] {
        answer.insert(name.to_owned(), value(name, number)?);
    }
    answer.insert("entities".to_owned(), json!(fit.entities));
    answer.insert("evidence".to_owned(), json!(fit.evidence));
    Ok(answer)
}

/// `pooled` (unless told), `flat` for maximum likelihood, or `{"mu_log": […], "sd_log": […]}`.
fn prior(case: &Members<'_>) -> Result<Prior, CaseError> {
    let four = |prior: &Members<'_>, name: &str| {
        let rule = "four numbers, for ln r, ln alpha, ln a, ln b";
        let list = prior.numbers(name)?;
        <[f64; 4]>::try_from(list).map_err(|_| CaseError::member(prior.path(name), rule))
    };
    match case.get("prior") {
        None => Ok(Prior::Pooled),
        Some(Value::String(word)) if word == "pooled" => Ok(Prior::Pooled),
        Some(Value::String(word)) if word == "flat" => Ok(Prior::Flat),
        Some(Value::Object(_)) => {
            let prior = case.child("prior")?;
            Ok(Prior::Fixed {
                mean: four(&prior, "mu_log")?,
                sd: four(&prior, "sd_log")?,
            })
        }
        Some(_) => {
            let rule = "pooled, flat, or an object with mu_log and sd_log";
            Err(CaseError::member("prior", rule))
        }
    }
}

/// `histories`, each `{x, t_x, T, litt}` or `[x, t_x, T, litt]`, or the same columns as `csv`; `litt`
/// is needed for more than one phase only.
fn histories(case: &Members<'_>, intervals: bool) -> Result<Vec<History>, CaseError> {
    if let Some(text) = case.optional_text("csv")? {
        return table(text, intervals);
    }
    let rows = case.list("histories")?.iter().enumerate();
    rows.map(|(row, given)| {
        let path = case.path(&format!("histories[{row}]"));
        let Value::Array(cells) = given else {
            return statistics(&Members::at(&path, given)?, intervals);
        };
        let mut names = Map::new();
        for (name, cell) in ["x", "t_x", "T", "litt"].into_iter().zip(cells) {
            names.insert(name.to_owned(), cell.clone());
        }
        if cells.len() > names.len() {
            return Err(CaseError::member(path, "at most x, t_x, T and litt"));
        }
        statistics(&Members::at(&path, &Value::Object(names))?, intervals)
    })
    .collect()
}

/// Rows with a heading; columns other than x, `t_x`, T and litt are left alone.
fn table(text: &str, intervals: bool) -> Result<Vec<History>, CaseError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let refused = |error: csv::Error| CaseError::member("csv", format!("a table: {error}"));
    let heading = reader.headers().map_err(refused)?.clone();
    let mut histories = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(refused)?;
        let path = format!("csv[{row}]");
        let mut names = Map::new();
        for (name, cell) in heading.iter().zip(&record) {
            if ["x", "t_x", "T", "litt"].contains(&name.trim()) && !cell.trim().is_empty() {
                let number = cell.trim().parse().ok();
                let number = number.ok_or_else(|| {
                    CaseError::member(format!("{path}.{}", name.trim()), "a number")
                })?;
                names.insert(name.trim().to_owned(), value(name, number)?);
            }
        }
        histories.push(statistics(
            &Members::at(&path, &Value::Object(names))?,
            intervals,
        )?);
    }
    Ok(histories)
}
