//! Endpoints for customers, their departments and their contacts.

mod contacts;
mod customers;
mod departments;
mod parts;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::Teams;
use crate::api::list::ListRequest;
use crate::api::reference::Reference;
use crate::db::Conn;
use crate::db::select::{Op, Value};
use crate::error::{Answer, Error, ProblemPart};
use crate::ids::CustomerId;

use super::store;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    customers::routes(config);
    departments::routes(config);
    contacts::routes(config);
}

/// The id of a customer that is not deleted and that these teams may see.
fn visible(conn: &mut Conn, reference: &Reference, teams: &Teams) -> Answer<CustomerId> {
    store::resolve(conn, reference, teams)?
        .filter(|customer| !customer.deleted)
        .map(|customer| customer.id)
        .ok_or_else(|| Error::not_found("customer", reference))
}

/// Refuses `contains` for fields that are not kept in normalised form, where it would find by
/// chance, and for texts that no database takes.
fn contains_only(wanted: &ListRequest, field: Option<&str>) -> Answer<()> {
    for filter in &wanted.listing.filters {
        let name = || format!("{}[contains]", filter.field.name);
        if filter.op == Op::Contains && Some(filter.field.name) != field {
            let rule = "unknown comparison; it takes eq, ne, lt, lte, gt, gte, in";
            return Err(bad_parameter(name(), rule));
        }
        let nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
        if filter.values.iter().any(nul) {
            return Err(bad_parameter(name(), "expected text without NUL"));
        }
    }
    Ok(())
}

fn bad_parameter(name: String, rule: &str) -> Error {
    Error::Malformed {
        code: "bad_parameter",
        detail: format!("{name}: {rule}"),
        errors: vec![ProblemPart {
            pointer: name,
            code: "bad_parameter".to_owned(),
            detail: rule.to_owned(),
        }],
    }
}
