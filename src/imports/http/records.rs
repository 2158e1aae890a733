//! Endpoints for imports that were begun: what they did, and taking one back.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{ImportView, import};
use crate::access::Caller;
use crate::api::list::{self, ListParams, Page};
use crate::db::UtcTime;
use crate::db::select::{self, Value};
use crate::error::{Answer, Problem};
use crate::ids::ImportId;
use crate::imports::revert::{self, Reverted};
use crate::imports::running::Running;
use crate::imports::store::{self, Import};
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_imports)
        .service(revert_import)
        .service(find_import);
}

/// Lists imports, the latest first.
#[utoipa::path(tag = "imports", params(ListParams), responses((status = 200, description = "A page of imports", body = Page<ImportView>)))]
#[get("/imports")]
async fn list_imports(
    state: web::Data<AppState>,
    running: web::Data<Running>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let wanted = list::parse(&request, &store::IMPORTS, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<Import> = state
        .db
        .read(move |conn| select::page(conn, &store::IMPORTS, &listing, |_| {}))
        .await?;
    let key = |row: &Import, sort: &'static str| match sort {
        "created_at" => (Value::Time(row.created_at), row.id.0),
        _ => (Value::Int(row.id.0), row.id.0),
    };
    let page = wanted.page(rows, key, |row| ImportView::new(row, &running));
    Ok(list::respond(&request, &page))
}

/// Shows an import: what it did, or how far it has come.
#[utoipa::path(tag = "imports", params(("id" = i64, Path, description = "The import's id")), responses((status = 200, description = "The import", body = ImportView), (status = 404, description = "No such import", body = Problem)))]
#[get("/imports/{id}")]
async fn find_import(
    state: web::Data<AppState>,
    running: web::Data<Running>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let import = import(&state, *id).await?;
    Ok(HttpResponse::Ok().json(ImportView::new(import, &running)))
}

/// Takes an import back: what it created goes, what it changed is as it was.
///
/// Refused (409 `not_revertible`) for a dry run, a failed or reverted import, and where anything it
/// wrote was written again since.
#[utoipa::path(tag = "imports", params(("id" = i64, Path, description = "The import's id")), responses((status = 200, description = "What was taken back", body = Reverted), (status = 404, description = "No such import", body = Problem), (status = 409, description = "It cannot be reverted: `not_revertible`", body = Problem)))]
#[post("/imports/{id}:revert")]
async fn revert_import(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (id, zone) = (ImportId(*id), state.config.time_zone);
    let (actor, now) = (caller.actor(), UtcTime::from(state.clock.now()));
    let reverted = state
        .db
        .write(move |conn| revert::within(conn, id, zone, (&actor, now)))
        .await?;
    Ok(HttpResponse::Ok().json(reverted))
}
