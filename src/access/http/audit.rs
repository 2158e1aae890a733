//! The endpoint for the audit log.

use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::store::audit::{AUDIT, AuditEntry};
use crate::access::{Caller, Scope};
use crate::api::list::{self, ListParams, Page};
use crate::db::select::{self, Value};
use crate::error::Answer;
use crate::state::AppState;

/// Adds this endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_audit);
}

/// Lists what was written, by whom.
#[utoipa::path(tag = "access", params(ListParams), responses((status = 200, description = "A page of the audit log", body = Page<AuditEntry>)))]
#[get("/audit")]
async fn list_audit(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let wanted = list::parse(&request, &AUDIT, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<AuditEntry> = state
        .db
        .read(move |conn| select::page(conn, &AUDIT, &listing, |_| {}))
        .await?;
    let key = |row: &AuditEntry, sort: &'static str| match sort {
        "at" => (Value::Time(row.at), row.id),
        _ => (Value::Int(row.id), row.id),
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}
