//! Endpoints for satisfaction: an account, its history, a link with both its sides.

use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{AsOf, wanted_date};
use crate::access::Caller;
use crate::api::list::{self, ListParams, Page};
use crate::api::reference::Reference;
use crate::assessment::read::{self, LinkView, SatisfactionView};
use crate::assessment::store::satisfied::{HISTORY, PastSatisfaction};
use crate::customers;
use crate::db::select::{self, Value};
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;

/// Adds the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(show_satisfaction)
        .service(list_history)
        .service(show_link_risk);
}

/// Shows a customer's satisfaction: the account, each department, what stands behind them.
#[utoipa::path(tag = "assessment", params(("id" = String, Path, description = "The customer: its id, or ext:SYSTEM:ID"), AsOf), responses((status = 200, description = "The satisfaction", body = SatisfactionView), (status = 404, description = "No such customer, run, or assessment of it", body = Problem)))]
#[get("/customers/{id}/satisfaction")]
async fn show_satisfaction(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let (id, as_of) = (Reference::parse(&id)?, wanted_date(&request)?);
    let view = state
        .db
        .read(move |conn| read::satisfaction(conn, &id, as_of, &caller.teams))
        .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// Lists a customer's satisfaction over time: the newest run of every as-of date.
#[utoipa::path(tag = "assessment", params(("id" = String, Path, description = "The customer: its id, or ext:SYSTEM:ID"), ListParams), responses((status = 200, description = "A page of its history", body = Page<PastSatisfaction>), (status = 404, description = "No such customer", body = Problem)))]
#[get("/customers/{id}/satisfaction/history")]
async fn list_history(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(&id)?;
    let wanted = list::parse(&request, &HISTORY, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<PastSatisfaction> = state
        .db
        .read(move |conn| {
            let customer = customers::store::resolve(conn, &reference, &caller.teams)?
                .filter(|customer| !customer.deleted)
                .ok_or_else(|| Error::not_found("customer", &reference))?;
            Ok::<_, Error>(select::page(conn, &HISTORY, &listing, |sql| {
                sql.push(" AND s.customer_id = ")
                    .bind(Value::Int(customer.id.0));
            })?)
        })
        .await?;
    let key = |row: &PastSatisfaction, _: &'static str| (Value::Date(row.as_of), row.run_id);
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Shows a link's risk, the joint satisfaction of both parties, and either side of it.
#[utoipa::path(tag = "assessment", params(("shipper" = String, Path, description = "The shipper: its id, or ext:SYSTEM:ID"), ("consignee" = String, Path, description = "The consignee: its id, or ext:SYSTEM:ID"), AsOf), responses((status = 200, description = "The link", body = LinkView), (status = 404, description = "No such customer, run, or link in it", body = Problem)))]
#[get("/links/{shipper}/{consignee}/risk")]
async fn show_link_risk(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Answer<HttpResponse> {
    let (shipper, consignee) = path.into_inner();
    let ends = (Reference::parse(&shipper)?, Reference::parse(&consignee)?);
    let as_of = wanted_date(&request)?;
    let view = state
        .db
        .read(move |conn| read::link_of(conn, &ends, as_of, &caller.teams))
        .await?;
    Ok(HttpResponse::Ok().json(view))
}
