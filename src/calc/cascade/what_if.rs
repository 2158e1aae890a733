//! What a case takes to be otherwise, and by which chains a loss arrives.

use serde_json::{Value, json};

use super::super::members::{CaseError, Members, value};
use super::{EPS, index, renamed, strengths_at, terms};
use crate::cascade::{Affected, Change, Network, Path, Solution, paths, what_if};

const CUSTOMER: &str = "the index of a customer";

/// Chains that are told of each pair.
const CHAINS: usize = 10;

/// The cascade with all `changes` of the case, if it has any.
pub(super) fn answer(
    case: &Members<'_>,
    network: &Network,
    solution: &Solution,
) -> Result<Option<Value>, CaseError> {
    if case.get("changes").is_none() {
        return Ok(None);
    }
    let changes: Vec<Change> = case
        .children("changes")?
        .iter()
        .map(change)
        .collect::<Result<_, _>>()?;
    let outcome = what_if(network, solution, &changes, EPS).map_err(renamed)?;
    let affected = outcome.affected.iter().map(affected);
    Ok(Some(json!({
        "expected_loss_before": value("what_if", outcome.expected_loss_before)?,
        "expected_loss_after": value("what_if", outcome.expected_loss_after)?,
        "affected": affected.collect::<Result<Vec<Value>, CaseError>>()?,
    })))
}

fn affected(affected: &Affected) -> Result<Value, CaseError> {
    Ok(json!({
        "customer": affected.customer,
        "churn_before": value("what_if", affected.churn_before)?,
        "churn_after": value("what_if", affected.churn_after)?,
        "value_before": value("what_if", affected.value_before)?,
        "value_after": value("what_if", affected.value_after)?,
    }))
}

fn change(change: &Members<'_>) -> Result<Change, CaseError> {
    let customer = || index(change, "customer", CUSTOMER);
    let link = || index(change, "link", "the index of a link");
    let own = |probability| {
        let customer = customer()?;
        Ok(Change::OwnChurn {
            customer,
            probability,
        })
    };
    match change.text("kind")? {
        "lose" => own(1.0),
        "protect" => own(0.0),
        "own_churn" => own(change.number("probability")?),
        "strength" => strengths_at(change, "value").map(Change::Strengths),
        "customer_strength" => Ok(Change::CustomerStrength {
            customer: customer()?,
            factor: change.number("factor")?,
        }),
        "link_business" => Ok(Change::LinkBusiness {
            link: link()?,
            business: change.number("value")?,
        }),
        "link_value" => Ok(Change::LinkValue {
            link: link()?,
            value: change.number("value")?,
        }),
        "freight_terms" => Ok(Change::LinkTerms {
            link: link()?,
            terms: terms(change)?.ok_or_else(|| CaseError::member(change.path("terms"), "text"))?,
        }),
        _ => {
            let rule = "one of lose, protect, own_churn, strength, customer_strength, \
                link_business, link_value, freight_terms";
            Err(CaseError::member(change.path("kind"), rule))
        }
    }
}

/// For each pair of `paths` the strongest chains by which the loss of `from` reaches `to`.
pub(super) fn chains(
    case: &Members<'_>,
    network: &Network,
    solution: &Solution,
) -> Result<Option<Value>, CaseError> {
    if case.get("paths").is_none() {
        return Ok(None);
    }
    let pairs = case.children("paths")?;
    let found = pairs.iter().map(|pair| {
        let (from, to) = (index(pair, "from", CUSTOMER)?, index(pair, "to", CUSTOMER)?);
        let paths = paths(network, solution, from, to, CHAINS).map_err(renamed)?;
        let chains = paths.iter().map(chain);
        Ok(json!({
            "from": from,
            "to": to,
            "chains": chains.collect::<Result<Vec<Value>, CaseError>>()?,
        }))
    });
    let found = found.collect::<Result<Vec<Value>, CaseError>>()?;
    Ok(Some(Value::Array(found)))
}

fn chain(path: &Path) -> Result<Value, CaseError> {
    let steps = path.steps.iter().map(|step| {
        Ok(json!({
            "customer": step.customer,
            "weight": value("paths", step.weight)?,
        }))
    });
    Ok(json!({
        "strength": value("paths", path.strength)?,
        "steps": steps.collect::<Result<Vec<Value>, CaseError>>()?,
    }))
}
