//! Endpoints for contracts and invoices.

mod contracts;
mod invoices;

use actix_web::{HttpRequest, web};
use serde_json::{Value as Json, json};
use utoipa_actix_web::service_config::ServiceConfig;

use super::edit::{self, Desk, Record, Writer};
use crate::access::Caller;
use crate::access::audit::{self, Deed};
use crate::api::batch::{self, BatchReport};
use crate::api::body::{self, parse_value};
use crate::api::etag::IfMatch;
use crate::api::list::ListRequest;
use crate::customers::store::{Exclusive, exclude};
use crate::db::Conn;
use crate::db::select::Op;
use crate::error::{Answer, Error, ProblemPart};
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    contracts::routes(config);
    invoices::routes(config);
}

/// Makes or replaces the records of a body; each stands or falls by itself.
pub(crate) async fn write_batch<R: Record>(
    state: &AppState,
    caller: Caller,
    request: &HttpRequest,
    payload: web::Payload,
) -> Answer<BatchReport> {
    const NDJSON: &str = "application/x-ndjson";
    let types = "application/json or application/x-ndjson";
    body::expect_type(request, &["application/json", NDJSON], types)?;
    let ndjson = body::expect_type(request, &[NDJSON], NDJSON).is_ok();
    let bytes = body::bytes(request, &mut payload.into_inner()).await?;
    let records = batch::records(&bytes, ndjson)?;
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| write_all::<R>(conn, &writer, &records))
        .await
}

fn write_all<R: Record>(conn: &mut Conn, writer: &Writer, records: &[Json]) -> Answer<BatchReport> {
    exclude(conn, Exclusive::Batch)?;
    let mut desk = Desk::new(writer);
    let mut results = Vec::with_capacity(records.len());
    for record in records {
        let outcome = parse_value::<R::Input>(record)
            .and_then(|input| R::checked(input).map_err(Error::Invalid))
            .and_then(|input| edit::upsert::<R>(conn, &mut desk, &IfMatch::Absent, &input));
        // A database that fails is no mistake of a record: nothing of the batch stands then.
        if let Err(Error::Internal(_) | Error::Unavailable(_)) = &outcome {
            outcome?;
        } else {
            results.push(outcome);
        }
    }
    let report = BatchReport::new(results);
    let deed = Deed {
        action: "batch",
        entity: R::WHAT,
        id: None,
        detail: Some(json!({
            "created": report.created, "updated": report.updated, "failed": report.failed,
        })),
    };
    audit::record(conn, &writer.actor, &deed, writer.now)?;
    Ok(report)
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
