//! Endpoints for contracts and invoices.

mod contracts;
mod invoices;
pub(crate) mod records;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::list::ListRequest;
use crate::db::select::Op;
use crate::error::{Answer, Error, ProblemPart};

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    contracts::routes(config);
    invoices::routes(config);
}

/// Refuses `contains`: no field here is kept in normalised form, so that it would find by chance.
pub(crate) fn no_contains(wanted: &ListRequest) -> Answer<()> {
    let Some(filter) = wanted
        .listing
        .filters
        .iter()
        .find(|filter| filter.op == Op::Contains)
    else {
        return Ok(());
    };
    let (name, rule) = (
        format!("{}[contains]", filter.field.name),
        "unknown comparison; it takes eq, ne, lt, lte, gt, gte, in",
    );
    Err(Error::Malformed {
        code: "bad_parameter",
        detail: format!("{name}: {rule}"),
        errors: vec![ProblemPart {
            pointer: name,
            code: "bad_parameter".to_owned(),
            detail: rule.to_owned(),
        }],
    })
}
