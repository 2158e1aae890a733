//! Cases of contract renewal.

use serde_json::{Value, json};

use super::churn::probability;
use super::members::{CaseError, Members, object, value, values};
use crate::churn::renewal::{Contract, Contracts, Renewal, RenewalPrior, fit, keep};
use crate::churn::score::HORIZON_WEEKS;

const FUNCTIONS: &str = "one of fit, survival, renewal, keep";

/// Computes one case.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
    match case.text("function")? {
        "fit" => fitted(case),
        "survival" => survival(case),
        "renewal" => renewal(case),
        "keep" => kept(case),
        _ => Err(CaseError::member("function", FUNCTIONS)),
    }
}

/// Shapes fitted to `survivors` of a cohort, or to single `contracts`.
fn fitted(case: &Members<'_>) -> Result<Value, CaseError> {
    let contracts = match (case.get("survivors"), case.get("contracts")) {
        (Some(_), None) => Contracts::from_survivors(&survivors(case)?),
        (None, Some(_)) => {
            let list = case.children("contracts")?;
            let list: Result<Vec<Contract>, CaseError> = list.iter().map(contract).collect();
            Contracts::from_contracts(&list?)
        }
        _ => {
            let rule = "the survivors of a cohort, or else single contracts";
            return Err(CaseError::member("survivors", rule));
        }
    };
    let contracts = contracts.map_err(CaseError::formula)?;
    let prior = match case.optional_text("prior")? {
        None => RenewalPrior::Published,
        Some(word) => RenewalPrior::parse(word).ok_or_else(|| {
            let rule = format!("one of {}", RenewalPrior::WORDS.join(", "));
            CaseError::member("prior", rule)
        })?,
    };
    let found = fit(&contracts, prior).map_err(CaseError::formula)?;
    Ok(json!({
        "alpha": value("alpha", found.model.alpha())?,
        "beta": value("beta", found.model.beta())?,
        "log_likelihood": value("log_likelihood", found.log_likelihood)?,
        "contracts": found.contracts,
        "lost": found.lost,
        "evidence": found.evidence,
    }))
}

fn survivors(case: &Members<'_>) -> Result<Vec<u64>, CaseError> {
    let list = case.list("survivors")?.iter().enumerate();
    list.map(|(place, given)| {
        given.as_u64().ok_or_else(|| {
            let rule = "a whole number of at least 0";
            CaseError::member(format!("survivors[{place}]"), rule)
        })
    })
    .collect()
}

fn contract(contract: &Members<'_>) -> Result<Contract, CaseError> {
    let rule = || CaseError::member(contract.path("lost"), "true or false");
    Ok(Contract {
        renewals: whole(contract, "renewals")?,
        lost: contract.optional_flag("lost")?.ok_or_else(rule)?,
    })
}

/// The published shapes, unless the case tells its own.
fn model(case: &Members<'_>) -> Result<Renewal, CaseError> {
    let published = Renewal::PUBLISHED;
    let alpha = case.number_or("alpha", published.alpha())?;
    let beta = case.number_or("beta", published.beta())?;
    Renewal::new(alpha, beta).map_err(CaseError::formula)
}

/// Shares of contracts that are renewed at least so often, for 0 to `t`.
fn survival(case: &Members<'_>) -> Result<Value, CaseError> {
    let model = model(case)?;
    let shares: Vec<f64> = (0..=whole(case, "t")?).map(|t| model.survival(t)).collect();
    Ok(json!({ "survival": values("survival", &shares)? }))
}

/// How the next renewal of a contract that has had `t` goes.
fn renewal(case: &Members<'_>) -> Result<Value, CaseError> {
    let loss = model(case)?.loss(whole(case, "t")?);
    object(&[("loss", loss.get()), ("renewal", loss.complement().get())])
}

fn kept(case: &Members<'_>) -> Result<Value, CaseError> {
    let kept = keep(
        probability(case, "p_active")?,
        probability(case, "share_under_contract")?,
        probability(case, "loss")?,
        case.optional_number("weeks_to_end")?,
        case.number_or("horizon", HORIZON_WEEKS)?,
    )
    .map_err(CaseError::formula)?;
    object(&[
        ("keep", kept.get()),
        ("volume_risk", kept.complement().get()),
    ])
}

fn whole(case: &Members<'_>, name: &str) -> Result<u32, CaseError> {
    let found = u32::try_from(case.whole(name)?).ok();
    let found = found.filter(|&t| t <= crate::churn::renewal::MAX_RENEWALS);
    found.ok_or_else(|| CaseError::member(case.path(name), "a whole number between 0 and 10000"))
}
