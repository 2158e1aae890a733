//! Cases of the share-loss cascade.

mod simulated;
mod what_if;

use serde_json::{Map, Value, json};

use super::members::{CaseError, Members, optional_value, value, values};
use crate::cascade::{
    CascadeError, Description, Explanation, Link, Network, Options, RoleStrengths, Solution,
    Strengths, blast_radius, explain_customer, save_value, solve, spread,
};
use crate::shipments::model::FreightTerms;
pub(super) use simulated::{estimate, worlds};

/// Tolerance of every answer.
const EPS: f64 = 1e-9;

/// Solves one case to a tolerance of 1e-9, and answers whatever else it asks.
///
/// `kappa` is one number, or `{"shipper": …, "consignee": …}`, each a number or
/// `{"controls": …, "does_not": …, "unknown": …}`; a link may tell its freight `terms`
/// (`prepaid`, `collect`, `third_party`, `unknown`), which pick among these.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
    let network = network(case)?;
    let options = Options {
        eps: EPS,
        max_sweeps: 100_000,
    };
    let solution = solve(&network, &options).map_err(renamed)?;
    let blast = blast_radius(&network, &solution, &options).map_err(renamed)?;
    if !(solution.report().converged && blast.converged) {
        let rule = "a strength with which the iteration converges within 100000 sweeps";
        return Err(CaseError::member("kappa", rule));
    }
    let mut answer = Map::new();
    let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    put("churn", values("churn", solution.churn())?);
    let link_loss = solution.link_loss(&network);
    put("link_loss", values("link_loss", &link_loss)?);
    let expected_loss = solution.expected_loss();
    put("expected_loss", value("expected_loss", expected_loss)?);
    put("blast_radius", values("blast_radius", &blast.values)?);
    let (risk, contributions) = explained(&network, &solution)?;
    put("business_at_risk", risk);
    put("contributions", contributions);
    if let Some(effects) = effects(case, network.customers())? {
        let saved: Vec<f64> = network
            .own_churn()
            .iter()
            .zip(effects)
            .zip(&blast.values)
            .map(|((&own, effect), &blast)| save_value(own, effect, blast))
            .collect();
        put("save_value", values("save_value", &saved)?);
    }
    if let Some(paths) = what_if::chains(case, &network, &solution)? {
        put("paths", paths);
    }
    if let Some(outcome) = what_if::answer(case, &network, &solution)? {
        put("what_if", outcome);
    }
    if let Some(prospects) = prospects(case, &network)? {
        put("prospects", prospects);
    }
    simulated::answer(case, &network, &solution, &mut put)?;
    Ok(Value::Object(answer))
}

/// The network that a case describes.
pub(super) fn network(case: &Members<'_>) -> Result<Network, CaseError> {
    let own = case.numbers("own")?;
    if case.whole("nodes")? != own.len() as u64 {
        let rule = format!("as many as there are numbers in own, {}", own.len());
        return Err(CaseError::member("nodes", rule));
    }
    let zeros = || vec![0.0; own.len()];
    let own_business = case.optional_numbers("own_business")?.unwrap_or_else(zeros);
    let own_value = case.optional_numbers("node_value")?.unwrap_or_else(zeros);
    let links: Vec<Link> = case
        .children("links")?
        .iter()
        .map(link)
        .collect::<Result<_, _>>()?;
    Network::compile(&Description {
        own_churn: &own,
        own_business: &own_business,
        own_value: &own_value,
        links: &links,
        strengths: strengths(case)?,
    })
    .map_err(renamed)
}

/// Business at risk of each customer, and what each of its partners adds to its churn.
fn explained(network: &Network, solution: &Solution) -> Result<(Value, Value), CaseError> {
    let (mut risks, mut contributions) = (Vec::new(), Vec::new());
    for customer in 0..network.customers() {
        let why = explain_customer(network, solution, customer).map_err(renamed)?;
        risks.push(optional_value("business_at_risk", why.business_at_risk)?);
        contributions.push(parts(&why)?);
    }
    Ok((Value::Array(risks), Value::Array(contributions)))
}

fn parts(why: &Explanation) -> Result<Value, CaseError> {
    let parts = why.parts.iter().map(|part| {
        Ok(json!({
            "partner": part.partner,
            "contribution": value("contributions", part.contribution)?,
            "share": value("contributions", part.share)?,
            "partner_loss": value("contributions", part.partner_loss)?,
        }))
    });
    parts
        .collect::<Result<Vec<Value>, CaseError>>()
        .map(Value::Array)
}

/// By which part a retention play lowers own churn: one number for all, or one for each customer.
fn effects(case: &Members<'_>, customers: usize) -> Result<Option<Vec<f64>>, CaseError> {
    let effects = match case.get("effect") {
        None => return Ok(None),
        Some(Value::Array(_)) => case.numbers("effect")?,
        Some(_) => vec![case.number("effect")?; customers],
    };
    if effects.len() != customers {
        let rule = format!("a number, or as many as there are customers, {customers}");
        return Err(CaseError::member("effect", rule));
    }
    if effects.iter().any(|effect| !(0.0..=1.0).contains(effect)) {
        return Err(CaseError::member("effect", "numbers between 0 and 1"));
    }
    Ok(Some(effects))
}

/// Who is won next, if the case tells who is `open`: own churn is then the probability of the start.
fn prospects(case: &Members<'_>, network: &Network) -> Result<Option<Value>, CaseError> {
    let Some(list) = case.optional_list("open")? else {
        return Ok(None);
    };
    let flag = |(index, flag): (usize, &Value)| {
        let refuse = || CaseError::member(format!("open[{index}]"), "true or false");
        flag.as_bool().ok_or_else(refuse)
    };
    let open: Vec<bool> = list
        .iter()
        .enumerate()
        .map(flag)
        .collect::<Result<_, _>>()?;
    let found = spread(network, network.own_churn(), &open).map_err(renamed)?;
    let prospects = found.iter().map(|prospect| {
        let sources = prospect.sources.iter().map(|source| {
            Ok(json!({
                "partner": source.partner,
                "contribution": value("prospects", source.contribution)?,
                "share": value("prospects", source.share)?,
            }))
        });
        Ok(json!({
            "customer": prospect.customer,
            "won": value("prospects", prospect.won)?,
            "start": value("prospects", prospect.start)?,
            "potential": value("prospects", prospect.potential)?,
            "sources": sources.collect::<Result<Vec<Value>, CaseError>>()?,
        }))
    });
    let prospects = prospects.collect::<Result<Vec<Value>, CaseError>>()?;
    Ok(Some(Value::Array(prospects)))
}

fn link(link: &Members<'_>) -> Result<Link, CaseError> {
    Ok(Link {
        shipper: index(link, "shipper", "the index of a customer")?,
        consignee: index(link, "consignee", "the index of a customer")?,
        business: link.number("business")?,
        value: link.number("value")?,
        terms: terms(link)?.unwrap_or(FreightTerms::Unknown),
    })
}

/// A whole number that names a customer or a link.
pub(super) fn index(members: &Members<'_>, name: &str, rule: &str) -> Result<u32, CaseError> {
    u32::try_from(members.whole(name)?).map_err(|_| CaseError::member(members.path(name), rule))
}

fn terms(members: &Members<'_>) -> Result<Option<FreightTerms>, CaseError> {
    let Some(word) = members.optional_text("terms")? else {
        return Ok(None);
    };
    let terms = FreightTerms::parse(word).ok_or_else(|| {
        let rule = format!("one of {}", FreightTerms::WORDS.join(", "));
        CaseError::member(members.path("terms"), rule)
    })?;
    Ok(Some(terms))
}

/// Strengths of a case, under `kappa`.
fn strengths(case: &Members<'_>) -> Result<Strengths, CaseError> {
    strengths_at(case, "kappa")
}

fn strengths_at(case: &Members<'_>, name: &str) -> Result<Strengths, CaseError> {
    match case.get(name) {
        Some(Value::Object(_)) => {
            let roles = case.child(name)?;
            Ok(Strengths {
                shipper: role(&roles, "shipper")?,
                consignee: role(&roles, "consignee")?,
            })
        }
        Some(Value::Number(_)) => Ok(Strengths::uniform(case.number(name)?)),
        _ => {
            let rule = "a number, or an object with shipper and consignee";
            Err(CaseError::member(case.path(name), rule))
        }
    }
}

fn role(roles: &Members<'_>, name: &str) -> Result<RoleStrengths, CaseError> {
    if let Some(Value::Object(_)) = roles.get(name) {
        let classes = roles.child(name)?;
        return Ok(RoleStrengths {
            controls: classes.number("controls")?,
            does_not: classes.number("does_not")?,
            unknown: classes.number("unknown")?,
        });
    }
    Ok(RoleStrengths::uniform(roles.number(name)?))
}

/// The cases call own value `node_value`.
pub(super) fn renamed(error: CascadeError) -> CaseError {
    let error = match error {
        CascadeError::Length {
            field: "own_value",
            found,
            expected,
        } => CascadeError::Length {
            field: "node_value",
            found,
            expected,
        },
        CascadeError::Amount { field, value, rule } => CascadeError::Amount {
            field: field.replace("own_value", "node_value"),
            value,
            rule,
        },
        other => other,
    };
    CaseError::formula(error)
}
