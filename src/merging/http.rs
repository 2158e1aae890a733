//! The endpoint that merges two customers.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Merged, merge};
use crate::access::Caller;
use crate::api::body::Body;
use crate::api::reference::Reference;
use crate::customers::edit::Writer;
use crate::error::{Answer, Problem};
use crate::state::AppState;

/// Adds the endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(merge_customer);
}

/// Into which customer another is merged.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct MergeInput {
    /// The customer that stays.
    into: i64,
}

/// Merges a customer into another, which gets all that belongs to it; the one is deleted then.
#[utoipa::path(tag = "customers", params(("id" = String, Path, description = "The customer that goes: its id, or `ext:SYSTEM:ID`")), request_body = MergeInput, responses((status = 200, description = "What moved", body = Merged), (status = 404, description = "No such customer", body = Problem), (status = 409, description = "They are the same (`same_customer`), one leads the other's group (`circle`), or something stands between them (`ship_to_each_other`, `bound_to_each_other`)", body = Problem)))]
#[post("/customers/{id}:merge")]
async fn merge_customer(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
    input: Body<MergeInput>,
) -> Answer<HttpResponse> {
    let (from, into) = (Reference::parse(&id)?, Reference::Id(input.0.into));
    let writer = Writer::of(caller, state.clock.now().into());
    let today = state.today();
    let merged = state
        .db
        .write(move |conn| merge(conn, &writer, (&from, &into), today))
        .await?;
    Ok(HttpResponse::Ok().json(merged))
}
