//! What a case asks of worlds: the distribution of the loss, and the audit of the messages.

use serde_json::{Value, json};

use super::super::members::{CaseError, Members, object, optional_value, value, values};
use super::renamed;
use crate::cascade::worlds::SHORTFALL_LEVEL;
use crate::cascade::{
    Audit, Compared, Estimate, Network, Solution, WorldOptions, Worlds, audit, simulate,
};

/// Puts `distribution` if the case tells a number of `worlds`, and `audit` if it wants that.
pub(super) fn answer<T>(
    case: &Members<'_>,
    network: &Network,
    solution: &Solution,
    mut put: impl FnMut(&str, Value) -> T,
) -> Result<(), CaseError> {
    let wanted = case.optional_flag("audit")?.unwrap_or(false);
    let Some(options) = worlds(case)? else {
        if wanted {
            return Err(CaseError::member("worlds", "a number, because of audit"));
        }
        return Ok(());
    };
    let found = simulate(network, solution.own(), &options).map_err(renamed)?;
    put("distribution", distribution(&found)?);
    if wanted {
        let audit = audit(network, solution, &found).map_err(renamed)?;
        put("audit", audited(&audit)?);
    }
    Ok(())
}

/// Number of worlds and seed, if the case tells a number of worlds; the seed is 1 unless told.
pub(in crate::calc) fn worlds(case: &Members<'_>) -> Result<Option<WorldOptions>, CaseError> {
    let seed = case.optional_whole("seed")?;
    let Some(worlds) = case.optional_whole("worlds")? else {
        return Ok(None);
    };
    Ok(Some(WorldOptions {
        // Too many for 32 bits are too many.
        worlds: u32::try_from(worlds).unwrap_or(u32::MAX),
        seed: seed.unwrap_or(WorldOptions::default().seed),
    }))
}

/// An estimate with its standard error.
pub(in crate::calc) fn estimate(member: &str, estimate: Estimate) -> Result<Value, CaseError> {
    Ok(json!({
        "value": value(member, estimate.value)?,
        "standard_error": value(member, estimate.standard_error)?,
    }))
}

fn distribution(worlds: &Worlds) -> Result<Value, CaseError> {
    let found = worlds.distribution();
    let quantiles = found.quantiles.iter().map(|quantile| {
        Ok(json!({
            "level": quantile.level,
            "value": value("quantiles", quantile.value)?,
            "lower": optional_value("quantiles", quantile.lower)?,
            "upper": optional_value("quantiles", quantile.upper)?,
        }))
    });
    let quantiles = quantiles.collect::<Result<Vec<Value>, CaseError>>()?;
    let (churn, errors): (Vec<f64>, Vec<f64>) = worlds
        .churn()
        .iter()
        .map(|churn| (churn.value, churn.standard_error))
        .unzip();
    let mut shortfall = estimate("expected_shortfall", found.shortfall)?;
    if let Some(shortfall) = shortfall.as_object_mut() {
        shortfall.insert("level".to_owned(), json!(SHORTFALL_LEVEL));
    }
    Ok(json!({
        "worlds": worlds.worlds(),
        "seed": worlds.seed(),
        "expected_loss": estimate("expected_loss", worlds.expected_loss())?,
        "customers_lost": estimate("customers_lost", worlds.expected_size())?,
        "quantiles": quantiles,
        "expected_shortfall": shortfall,
        "churn": values("churn", &churn)?,
        "churn_standard_error": values("churn_standard_error", &errors)?,
    }))
}

fn audited(audit: &Audit) -> Result<Value, CaseError> {
    let together = &audit.together;
    let numbers = object(&[
        ("rms", together.rms),
        ("rms_of_noise", together.noise),
        ("beyond_4_standard_errors", together.beyond),
        ("beyond_4_standard_errors_of_noise", together.beyond_noise),
        ("p_value", together.p_value),
    ])?;
    let worst = match &audit.worst {
        None => Value::Null,
        Some(worst) => json!({
            "customer": worst.customer,
            "messages": value("worst", worst.messages)?,
            "worlds": value("worst", worst.worlds)?,
            "z": value("worst", worst.z)?,
            "p_value": value("worst", worst.p_value)?,
            "agrees": worst.agrees,
        }),
    };
    Ok(json!({
        "agrees": audit.agrees,
        "expected_loss": compared("expected_loss", &audit.loss)?,
        "customers_lost": compared("customers_lost", &audit.size)?,
        "churn": numbers,
        "churn_agrees": together.agrees,
        "worst": worst,
        "z": values("z", &audit.z)?,
    }))
}

fn compared(member: &str, compared: &Compared) -> Result<Value, CaseError> {
    Ok(json!({
        "messages": value(member, compared.messages)?,
        "worlds": estimate(member, compared.worlds)?,
        "z": value(member, compared.z)?,
        "agrees": compared.agrees,
    }))
}
