//! Cases of retention plans.

use serde_json::{Value, json};

use super::cascade::{estimate, index, network, renamed, worlds};
use super::members::{CaseError, Members, value};
use crate::cascade::{Candidate, Chosen, PlanOptions, plan};

/// Plans for one case: a network as for the cascade, and whom one could work on.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
    let network = network(case)?;
    let candidates: Vec<Candidate> = case
        .children("candidates")?
        .iter()
        .map(candidate)
        .collect::<Result<_, _>>()?;
    let options = PlanOptions {
        worlds: worlds(case)?,
        ..PlanOptions::within(case.number("budget")?)
    };
    let found = plan(&network, network.own_churn(), &candidates, &options).map_err(renamed)?;
    let chosen = found.chosen.iter().map(chosen);
    let measured = match found.measured {
        None => Value::Null,
        Some(measured) => estimate("measured", measured)?,
    };
    Ok(json!({
        "chosen": chosen.collect::<Result<Vec<Value>, CaseError>>()?,
        "cost": value("cost", found.cost)?,
        "loss_before": value("loss_before", found.loss_before)?,
        "loss_after": value("loss_after", found.loss_after)?,
        "saved": value("saved", found.saved)?,
        "ceiling": value("ceiling", found.ceiling)?,
        "gap": value("gap", found.gap)?,
        "measured": measured,
    }))
}

fn candidate(candidate: &Members<'_>) -> Result<Candidate, CaseError> {
    Ok(Candidate {
        customer: index(candidate, "customer", "the index of a customer")?,
        cost: candidate.number("cost")?,
        effect: candidate.number("effect")?,
    })
}

fn chosen(chosen: &Chosen) -> Result<Value, CaseError> {
    Ok(json!({
        "customer": chosen.customer,
        "cost": value("chosen", chosen.cost)?,
        "gain_alone": value("chosen", chosen.gain_alone)?,
        "gain_in_plan": value("chosen", chosen.gain_in_plan)?,
    }))
}
