//! Endpoints for promises.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::count::{FigureParams, count};
use super::deed;
use super::figures::PromiseFigures;
use super::model::{Decision, PromiseInput, Renewal};
use super::store::{Row, Values};
use super::view::Promise;
use crate::access::Caller;
use crate::api::batch::{BatchReport, Outcome};
use crate::api::body::Body;
use crate::api::list::{ListParams, Page};
use crate::db::DbResult;
use crate::engagement::http::records::{self, Moment, Shown};
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(show_promise_figures)
        .service(list_promises)
        .service(create_promise)
        .service(write_promises)
        .service(decide_promise)
        .service(renew_promise)
        .service(find_promise)
        .service(put_promise)
        .service(update_promise)
        .service(delete_promise);
}

impl Shown for Values {
    type View = Promise;

    fn view(row: Row, moment: Moment) -> DbResult<Promise> {
        Promise::of(&row, moment.today)
    }
}

/// Lists promises.
///
/// Filters: `id`, `customer_id`, `department_id`, `contact_id`, `partner_id`, `made_by`, `system`,
/// `kpi`, `status`, `made_on`, `due_on`, `updated_at`; sorts: `id`, `made_on`, `due_on`,
/// `updated_at`.
#[utoipa::path(tag = "promises", params(ListParams), responses((status = 200, description = "A page of promises", body = Page<Promise>)))]
#[get("/promises")]
async fn list_promises(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    records::list::<Values>(&state, caller, &request).await
}

/// Makes a promise.
#[utoipa::path(tag = "promises", request_body = PromiseInput, responses((status = 201, description = "The promise", body = Promise), (status = 409, description = "There is one with this external id: `external_id_taken`", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[post("/promises")]
async fn create_promise(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<PromiseInput>,
) -> Answer<HttpResponse> {
    records::create::<Values>(&state, caller, body.0).await
}

/// Makes or replaces up to 5,000 promises by external id; each stands or falls by itself.
#[utoipa::path(tag = "promises", request_body(description = "A JSON array, or one JSON object a line", content((Vec<PromiseInput> = "application/json"), (PromiseInput = "application/x-ndjson"))), responses((status = 200, description = "What became of each record", body = BatchReport)))]
#[post("/promises:batch")]
async fn write_promises(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    records::batch::<Values>(&state, caller, &request, payload).await
}

/// Shows a promise.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The promise", body = Promise), (status = 404, description = "No such promise", body = Problem)))]
#[get("/promises/{id}")]
async fn find_promise(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    records::find::<Values>(&state, caller, &id).await
}

/// Replaces a promise, or makes it by external id; what became of it stays.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "`ext:SYSTEM:ID`, or the id of one that stands; the body names the same key")), request_body = PromiseInput, responses((status = 200, description = "Replaced, or as it was", body = Promise), (status = 201, description = "Made, or brought back", body = Promise), (status = 404, description = "None has this number", body = Problem), (status = 409, description = "`already_decided`: its people, weight, level and days stay; `life_by_actions`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[put("/promises/{id}")]
async fn put_promise(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<PromiseInput>,
) -> Answer<HttpResponse> {
    records::put::<Values>(&state, caller, (&request, &id), body.0).await
}

/// Changes a promise: members that are absent stay, `null` clears.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = PromiseInput, responses((status = 200, description = "The promise", body = Promise), (status = 404, description = "No such promise", body = Problem), (status = 409, description = "`already_decided`: its people, weight, level and days stay; `life_by_actions`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[patch("/promises/{id}")]
async fn update_promise(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    records::patch::<Values>(&state, caller, (&request, &id), patch.0).await
}

/// Deletes a promise that should never have been one; it stays as a tombstone.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such promise", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/promises/{id}")]
async fn delete_promise(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    records::delete::<Values>(&state, caller, (&request, &id)).await
}

/// Decides what became of an open promise, with a reason.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = Decision, responses((status = 200, description = "The promise", body = Promise), (status = 404, description = "No such promise", body = Problem), (status = 409, description = "`already_decided`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "There is no reason", body = Problem)))]
#[post("/promises/{id}:decide")]
async fn decide_promise(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<Decision>,
) -> Answer<HttpResponse> {
    records::change::<Values>(
        &state,
        caller,
        (&request, &id),
        move |conn, writer, target| {
            let id = deed::decide(conn, writer, target, &body.0)?;
            Ok((Outcome::Updated, id))
        },
    )
    .await
}

/// Makes the next promise after one; one that is open and not yet due gives its place to it.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = Renewal, responses((status = 201, description = "The next promise", body = Promise), (status = 404, description = "No such promise", body = Problem), (status = 409, description = "`already_renewed`, `undecided` or `withdrawn`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule", body = Problem)))]
#[post("/promises/{id}:renew")]
async fn renew_promise(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<Renewal>,
) -> Answer<HttpResponse> {
    let today = state.today();
    records::change::<Values>(
        &state,
        caller,
        (&request, &id),
        move |conn, writer, target| {
            let next = deed::renew(conn, writer, target, body.0, today)?;
            Ok((Outcome::Created, next))
        },
    )
    .await
}

/// Shows how far promises are kept: posterior mean and 5 % quantile of the kept share.
#[utoipa::path(tag = "promises", params(FigureParams), responses((status = 200, description = "The figures", body = PromiseFigures), (status = 404, description = "No such customer", body = Problem)))]
#[get("/promises/figures")]
async fn show_promise_figures(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let params = web::Query::<FigureParams>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_parameter", error.to_string()))?
        .into_inner();
    let today = state.today();
    let figures = state
        .db
        .read(move |conn| count(conn, &params, &caller.teams, today))
        .await?;
    Ok(HttpResponse::Ok().json(figures))
}
