//! Cases of relationships: key persons, promises, trends, loyalty.

use serde_json::{Value, json};

use super::members::{CaseError, Members, object, optional_value, value};
use crate::relationship::key_person::{self, LOSS_RATE, loss_if_leaving};
use crate::relationship::promise::{Count, PRIOR, kept_share};
use crate::relationship::quadrant::{
    BEHAVIOUR_SD, CUT_ATTITUDE, CUT_BEHAVIOUR, Measured, quadrant,
};
use crate::relationship::trend::trend;

const FUNCTIONS: &str = "one of key_person, promise, trend, quadrant";

/// Computes one case.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
    let compute = match case.text("function")? {
        "key_person" => person,
        "promise" => promise,
        "trend" => heading,
        "quadrant" => loyalty,
        _ => return Err(CaseError::member("function", FUNCTIONS)),
    };
    compute(&case.child("input")?)
}

/// Optional beside `counts`: `value` of the customer, and `lambda`, the part that leaves.
fn person(input: &Members<'_>) -> Result<Value, CaseError> {
    let found = key_person::key_person(&input.numbers("counts")?).map_err(CaseError::formula)?;
    let Some(found) = found else {
        let rule = "at least one positive number";
        return Err(CaseError::member(input.path("counts"), rule));
    };
    let rate = input.number_or("lambda", LOSS_RATE)?;
    let loss = input
        .optional_number("value")?
        .map(|value| loss_if_leaving(value, found.max_share, rate))
        .transpose()
        .map_err(CaseError::formula)?;
    Ok(json!({
        "n": value("n", found.n)?,
        "position": found.position,
        "max_share": value("max_share", found.max_share)?,
        "hhi": value("hhi", found.hhi)?,
        "hhi_unbiased": optional_value("hhi_unbiased", found.hhi_unbiased)?,
        "half": found.half,
        "flagged": found.flagged,
        "loss_if_leaving": optional_value("loss_if_leaving", loss)?,
    }))
}

/// Beta(1, 1) unless `a` and `b` say otherwise.
fn promise(input: &Members<'_>) -> Result<Value, CaseError> {
    let count = Count {
        kept: input.number("kept")?,
        total: input.number("total")?,
    };
    let prior = (
        input.number_or("a", PRIOR.0)?,
        input.number_or("b", PRIOR.1)?,
    );
    let found = kept_share(count, prior).map_err(CaseError::formula)?;
    object(&[("mean", found.mean), ("lo", found.lo)])
}

fn heading(input: &Members<'_>) -> Result<Value, CaseError> {
    let found = trend(
        input.whole("recent")?,
        input.whole("previous")?,
        input.number("recent_weeks")?,
        input.number("previous_weeks")?,
    )
    .map_err(CaseError::formula)?;
    Ok(json!({
        "ratio": value("ratio", found.ratio)?,
        "p_up": value("p_up", found.p_up)?,
        "p_down": value("p_down", found.p_down)?,
        "heading": found.heading().word(),
    }))
}

/// Optional: `behaviour_sd`, `cut_attitude`, `cut_behaviour`, and `locked` for a contract or a
/// single source.
fn loyalty(input: &Members<'_>) -> Result<Value, CaseError> {
    let attitude = Measured {
        value: input.number("attitude")?,
        sd: input.number("attitude_sd")?,
        cut: input.number_or("cut_attitude", CUT_ATTITUDE)?,
    };
    let behaviour = Measured {
        value: input.number("behaviour")?,
        sd: input.number_or("behaviour_sd", BEHAVIOUR_SD)?,
        cut: input.number_or("cut_behaviour", CUT_BEHAVIOUR)?,
    };
    let found = quadrant(&attitude, &behaviour).map_err(CaseError::formula)?;
    let locked = input.optional_flag("locked")?.unwrap_or(false);
    Ok(json!({
        "true": value("true", found.loyal)?,
        "latent": value("latent", found.latent)?,
        "spurious": value("spurious", found.spurious)?,
        "none": value("none", found.none)?,
        "class": found.class(locked).word(),
    }))
}
