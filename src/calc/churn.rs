//! Cases of own churn.

use serde_json::{Map, Value, json};

use super::fits;
use super::members::{CaseError, Members, numbers, object, value, values};
use crate::churn::logit::{Logit, Normal};
use crate::churn::{History, Model, Parameters, Variant, average, bgbb};
use crate::units::Probability;

/// Horizons in weeks, unless the case tells its own.
const HORIZONS: [f64; 2] = [13.0, 52.0];

const MODELS: &str = "one of BG/NBD, MBG/NBD, BG/CNBD-k, MBG/CNBD-k, BG/BB";
const FUNCTIONS: &str = "one of forecast, fit, logit, average";

/// Computes one case: a forecast, unless `function` asks for something else.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
    match case.optional_text("function")?.unwrap_or("forecast") {
        "forecast" => forecast(case),
        "fit" => fits::answer(case),
        "logit" => regression(case),
        "average" => {
            let mean = average(probability(case, "p1")?, probability(case, "p2")?);
            object(&[("p", mean.get())])
        }
        _ => Err(CaseError::member("function", FUNCTIONS)),
    }
}

/// What a model with given parameters says of one history.
fn forecast(case: &Members<'_>) -> Result<Value, CaseError> {
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

/// Variant by name, and whether the number of phases is free.
pub(super) fn family(case: &Members<'_>, name: &str) -> Result<(Variant, bool), CaseError> {
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
    Ok((variant, phases_free))
}

/// The number of phases; `None` if it is free and not told.
pub(super) fn phases(case: &Members<'_>, name: &str, free: bool) -> Result<Option<u32>, CaseError> {
    match case.optional_whole("k")? {
        Some(k) if free || k == 1 => Ok(Some(u32::try_from(k).unwrap_or(u32::MAX))),
        Some(_) => {
            let rule = format!("1, because the model is {name}");
            Err(CaseError::member("k", rule))
        }
        None => Ok((!free).then_some(1)),
    }
}

fn model(case: &Members<'_>, name: &str) -> Result<Model, CaseError> {
    let (variant, free) = family(case, name)?;
    let k = phases(case, name, free)?;
    let k = k.ok_or_else(|| CaseError::member("k", "the number of phases, at least 1"))?;
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
    statistics(&case.child("input")?, k > 1)
}

/// One history.
pub(super) fn statistics(input: &Members<'_>, intervals: bool) -> Result<History, CaseError> {
    let x = input.whole("x")?;
    // Only models of several phases look at the single intervals.
    let litt = if intervals && x > 0 {
        input.number("litt")?
    } else {
        input.number_or("litt", 0.0)?
    };
    let made = History::new(x, input.number("t_x")?, input.number("T")?, litt);
    made.map_err(|error| CaseError::formula(format!("{}{error}", input.path(""))))
}

/// A logistic regression with normal priors: `rows` (an intercept is a column of ones), `y` of 0 and
/// 1, `prior_mu` and `prior_sd`, where `"inf"` leaves the intercept free.
fn regression(case: &Members<'_>) -> Result<Value, CaseError> {
    let means = case.numbers("prior_mu")?;
    let deviations = case.list("prior_sd")?.iter().enumerate();
    let deviations = deviations.map(|(place, given)| match given {
        Value::String(word) if word == "inf" => Ok(f64::INFINITY),
        given => given
            .as_f64()
            .ok_or_else(|| CaseError::member(format!("prior_sd[{place}]"), "a number or \"inf\"")),
    });
    let deviations = deviations.collect::<Result<Vec<f64>, _>>()?;
    if deviations.len() != means.len() {
        return Err(CaseError::member("prior_sd", "one for each prior_mu"));
    }
    let priors: Vec<Normal> = means
        .into_iter()
        .zip(deviations)
        .map(|(mean, sd)| Normal { mean, sd })
        .collect();
    let mut rows = Vec::new();
    for (row, given) in case.list("rows")?.iter().enumerate() {
        let path = format!("rows[{row}]");
        let cells = given.as_array().map(|cells| numbers(&path, cells));
        let cells = cells.ok_or_else(|| CaseError::member(&path, "a list of numbers"))??;
        if cells.len() != priors.len() {
            return Err(CaseError::member(path, "one number for each prior"));
        }
        rows.push(cells);
    }
    let outcomes = case.list("y")?.iter().enumerate();
    let outcomes = outcomes.map(|(place, given)| match given.as_u64() {
        Some(y @ (0 | 1)) => Ok(y == 1),
        _ => Err(CaseError::member(format!("y[{place}]"), "0 or 1")),
    });
    let outcomes = outcomes.collect::<Result<Vec<bool>, _>>()?;
    let fitted = Logit::fit(&rows.concat(), &outcomes, &priors).map_err(CaseError::formula)?;
    let probabilities = rows
        .iter()
        .map(|row| fitted.probability(row).map(Probability::get))
        .collect::<Result<Vec<f64>, _>>();
    let probabilities = probabilities.map_err(CaseError::formula)?;
    let deviations = fitted.sd.iter().map(|&sd| match sd {
        f64::INFINITY => Ok(json!("inf")),
        sd => value("posterior_sd", sd),
    });
    Ok(json!({
        "coef": values("coef", &fitted.coefficients)?,
        "posterior_sd": deviations.collect::<Result<Vec<Value>, _>>()?,
        "probability": values("probability", &probabilities)?,
        "objective": value("objective", fitted.objective)?,
        "iterations": fitted.iterations,
    }))
}

/// A member that must be a probability.
pub(super) fn probability(case: &Members<'_>, name: &str) -> Result<Probability, CaseError> {
    let rule = "a number between 0 and 1";
    Probability::new(case.number(name)?).map_err(|_| CaseError::member(case.path(name), rule))
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
