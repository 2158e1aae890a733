//! Endpoints that show shipments.

use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::Shipment;
use super::{resolve, shown};
use crate::access::Caller;
use crate::api::etag;
use crate::api::list::{self, ListParams, Page};
use crate::api::reference::Reference;
use crate::db::select::{self, Value};
use crate::error::Answer;
use crate::shipments::store::{self, Row};
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_shipments).service(find_shipment);
}

/// Lists shipments.
#[utoipa::path(tag = "shipments", params(ListParams), responses((status = 200, description = "A page of shipments", body = Page<Shipment>)))]
#[get("/shipments")]
async fn list_shipments(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &store::SHIPMENTS, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<Row> = state
        .db
        .read(move |conn| {
            select::page(conn, &store::SHIPMENTS, &listing, |sql| {
                store::restrict(&caller.teams, sql);
            })
        })
        .await?;
    let key = |row: &Row, sort: &'static str| {
        let value = match sort {
            "activity_on" => Value::Date(row.data.activity_on),
            "updated_at" => Value::Time(row.data.updated_at),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(
        &request,
        &wanted.page(rows, key, Shipment::from),
    ))
}

/// Shows a shipment.
#[utoipa::path(tag = "shipments", params(("id" = String, Path, description = "Its id, or ext:SYSTEM:ID")), responses((status = 200, description = "The shipment", body = Shipment), (status = 304, description = "The caller has this version already"), (status = 404, description = "No such shipment", body = crate::error::Problem)))]
#[get("/shipments/{id}")]
async fn find_shipment(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let id = Reference::parse(&id)?;
    let row = state
        .db
        .read(move |conn| resolve(conn, &id, &caller.teams))
        .await?;
    if etag::not_modified(&request, row.data.version) {
        return Ok(HttpResponse::NotModified().finish());
    }
    Ok(shown(HttpResponse::Ok(), row))
}
