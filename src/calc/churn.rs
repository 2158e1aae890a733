//! Cases of own churn.

use serde_json::{Map, Value};

use super::members::{CaseError, Members, object, value};
use crate::churn::{History, Model, Parameters, Variant, bgbb};

/// Horizons in weeks, unless the case tells its own.
const HORIZONS: [f64; 2] = [13.0, 52.0];

const MODELS: &str = "one of BG/NBD, MBG/NBD, BG/CNBD-k, MBG/CNBD-k, BG/BB";

/// Computes one case.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
    let name = case.text("model")?;
    if name == "BG/BB" {
        return discrete(case);
    }
    let model = model(case, name)?;
    let history = history(case, model.k())?;
    let horizons = case
        .optional_numbers("horizons")?
        .unwrap_or_else(|| HORIZONS.to_vec());

    let mut answer = Map::new();
    let mut put = |member: String, number: f64| -> Result<(), CaseError> {
        let number = value(&member, number)?;
        answer.insert(member, number);
        Ok(())
    };
    put("log_likelihood".to_owned(), model.log_likelihood(&history))?;
    put("p_alive".to_owned(), model.p_alive(&history))?;
    for horizon in horizons {
        let events = model.expected_events(&history, horizon);
        let events = events.map_err(CaseError::formula)?;
        put(format!("expected_events_{horizon}"), events)?;
        let active = model.p_active(&history, horizon);
        let active = active.map_err(CaseError::formula)?;
        put(format!("p_at_least_one_event_{horizon}"), active)?;
    }
    Ok(Value::Object(answer))
}

fn model(case: &Members<'_>, name: &str) -> Result<Model, CaseError> {
    let (variant, phases_free) = match name {
        "BG/NBD" => (Variant::Bg, false),
        "MBG/NBD" => (Variant::Mbg, false),
        "BG/CNBD-k" => (Variant::Bg, true),
        "MBG/CNBD-k" => (Variant::Mbg, true),
        _ => return Err(CaseError::member("model", MODELS)),
    };
    let at_zero = variant == Variant::Mbg;
    if case.optional_flag("dropout_at_zero")?.unwrap_or(at_zero) != at_zero {
        let rule = format!("{at_zero}, because the model is {name}");
        return Err(CaseError::member("dropout_at_zero", rule));
    }
    let k = match case.optional_whole("k")? {
        Some(k) if phases_free || k == 1 => u32::try_from(k).unwrap_or(u32::MAX),
        Some(_) => {
            let rule = format!("1, because the model is {name}");
            return Err(CaseError::member("k", rule));
        }
        None if phases_free => {
            return Err(CaseError::member("k", "the number of phases, at least 1"));
        }
        None => 1,
    };
    let params = case.child("params")?;
    let parameters = Parameters {
        r: params.number("r")?,
        alpha: params.number("alpha")?,
        a: params.number("a")?,
        b: params.number("b")?,
    };
    Model::new(variant, k, parameters).map_err(CaseError::formula)
}

fn history(case: &Members<'_>, k: u32) -> Result<History, CaseError> {
    let input = case.child("input")?;
    let x = input.whole("x")?;
    // Only models of several phases look at the single intervals.
    let litt = if k > 1 && x > 0 {
        input.number("litt")?
    } else {
        input.number_or("litt", 0.0)?
    };
    History::new(x, input.number("t_x")?, input.number("T")?, litt).map_err(CaseError::formula)
}

fn discrete(case: &Members<'_>) -> Result<Value, CaseError> {
    let params = case.child("params")?;
    let parameters = [
        params.number("alpha")?,
        params.number("beta")?,
        params.number("gamma")?,
        params.number("delta")?,
    ];
    let input = case.child("input")?;
    let (x, t_x, n) = (input.whole("x")?, input.whole("t_x")?, input.whole("n")?);
    let sum = bgbb::log_likelihood(parameters, x, t_x, n).map_err(CaseError::formula)?;
    object(&[("log_likelihood", sum)])
}
