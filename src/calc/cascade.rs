//! Cases of the share-loss cascade.

use serde_json::{Value, json};

use super::members::{CaseError, Members, value, values};
use crate::cascade::{
    CascadeError, Description, Link, Network, Options, RoleStrengths, Strengths, blast_radius,
    solve,
};
use crate::shipments::model::FreightTerms;

/// Solves one case to a tolerance of 1e-9.
///
/// `kappa` is one number, or `{"shipper": …, "consignee": …}`, each a number or
/// `{"controls": …, "does_not": …, "unknown": …}`; a link may tell its freight `terms`
/// (`prepaid`, `collect`, `third_party`, `unknown`), which pick among these.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
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

    let network = Network::compile(&Description {
        own_churn: &own,
        own_business: &own_business,
        own_value: &own_value,
        links: &links,
        strengths: strengths(case)?,
    })
    .map_err(renamed)?;
    let options = Options {
        eps: 1e-9,
        max_sweeps: 100_000,
    };
    let solution = solve(&network, &options).map_err(renamed)?;
    let blast = blast_radius(&network, &solution, &options).map_err(renamed)?;
    if !(solution.report().converged && blast.converged) {
        let rule = "a strength with which the iteration converges within 100000 sweeps";
        return Err(CaseError::member("kappa", rule));
    }
    Ok(json!({
        "churn": values("churn", solution.churn())?,
        "link_loss": values("link_loss", &solution.link_loss(&network))?,
        "expected_loss": value("expected_loss", solution.expected_loss())?,
        "blast_radius": values("blast_radius", &blast.values)?,
    }))
}

fn link(link: &Members<'_>) -> Result<Link, CaseError> {
    let end = |name| {
        u32::try_from(link.whole(name)?)
            .map_err(|_| CaseError::member(link.path(name), "the index of a customer"))
    };
    let terms = match link.optional_text("terms")? {
        None => FreightTerms::Unknown,
        Some(word) => FreightTerms::parse(word).ok_or_else(|| {
            let rule = format!("one of {}", FreightTerms::WORDS.join(", "));
            CaseError::member(link.path("terms"), rule)
        })?,
    };
    Ok(Link {
        shipper: end("shipper")?,
        consignee: end("consignee")?,
        business: link.number("business")?,
        value: link.number("value")?,
        terms,
    })
}

fn strengths(case: &Members<'_>) -> Result<Strengths, CaseError> {
    match case.get("kappa") {
        Some(Value::Object(_)) => {
            let roles = case.child("kappa")?;
            Ok(Strengths {
                shipper: role(&roles, "shipper")?,
                consignee: role(&roles, "consignee")?,
            })
        }
        Some(Value::Number(_)) => Ok(Strengths::uniform(case.number("kappa")?)),
        _ => {
            let rule = "a number, or an object with shipper and consignee";
            Err(CaseError::member("kappa", rule))
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
fn renamed(error: CascadeError) -> CaseError {
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
