//! Endpoints for promises.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, patch, post, put, web,
};
use chrono::NaiveDate;
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::count::{FigureParams, count};
use super::deed;
use super::figures::PromiseFigures;
use super::model::{Decision, PromiseInput, Renewal};
use super::store::{self, PROMISES, Row};
use super::view::Promise;
use crate::access::{Caller, Scope, Teams};
use crate::api::batch::{BatchReport, Outcome};
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::api::reference::Reference;
use crate::db::Conn;
use crate::db::select::Value;
use crate::engagement::edit::{self, Writer};
use crate::engagement::http::{no_contains, write_batch};
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

/// The promise that was just written, as its writer may see it.
fn written(conn: &mut Conn, id: i64, teams: &Teams, today: NaiveDate) -> Answer<Promise> {
    let row = store::find(conn, id)?.ok_or_else(|| Error::not_found("promise", id))?;
    shown(conn, row, teams, today)
}

/// A promise as these teams may see it.
fn shown(conn: &mut Conn, row: Row, teams: &Teams, today: NaiveDate) -> Answer<Promise> {
    let mut row = [row];
    store::mask(conn, &mut row, teams)?;
    let [row] = row;
    Ok(Promise::of(&row, today)?)
}

fn answer(mut response: HttpResponseBuilder, promise: &Promise) -> HttpResponse {
    response
        .insert_header(("etag", etag::of(promise.version)))
        .json(promise)
}

fn answer_new(promise: &Promise) -> HttpResponse {
    let mut response = HttpResponse::Created();
    response.insert_header(("location", format!("/api/v1/promises/{}", promise.id)));
    answer(response, promise)
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
    let wanted = list::parse(&request, &PROMISES, &[])?;
    no_contains(&wanted)?;
    let (listing, teams, today) = (wanted.listing.clone(), caller.teams, state.today());
    let rows: Vec<Promise> = state
        .db
        .read(move |conn| {
            let rows = store::page(conn, &listing, &teams)?;
            rows.iter().map(|row| Promise::of(row, today)).collect()
        })
        .await?;
    let key = |row: &Promise, sort: &'static str| {
        let value = match sort {
            "made_on" => Value::Date(row.made_on),
            "due_on" => Value::Date(row.due_on),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes a promise.
#[utoipa::path(tag = "promises", request_body = PromiseInput, responses((status = 201, description = "The promise", body = Promise), (status = 409, description = "There is one with this external id: `external_id_taken`", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[post("/promises")]
async fn create_promise(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<PromiseInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let made = state
        .db
        .write(move |conn| {
            let id = edit::create::<Row>(conn, &writer, body.0)?;
            written(conn, id, &writer.teams, today)
        })
        .await?;
    Ok(answer_new(&made))
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
    caller.require(Scope::Write)?;
    let report = write_batch::<Row>(&state, caller, &request, payload).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Shows a promise.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The promise", body = Promise), (status = 404, description = "No such promise", body = Problem)))]
#[get("/promises/{id}")]
async fn find_promise(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let (reference, today) = (Reference::parse(&id)?, state.today());
    let found = state
        .db
        .read(move |conn| {
            let row: Row = edit::visible(conn, &reference, &caller.teams)?;
            shown(conn, row, &caller.teams, today)
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), &found))
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
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let (outcome, row) = state
        .db
        .write(move |conn| {
            let (outcome, id) = edit::put::<Row>(conn, &writer, &reference, &condition, body.0)?;
            Ok::<_, Error>((outcome, written(conn, id, &writer.teams, today)?))
        })
        .await?;
    Ok(match outcome {
        Outcome::Created => answer_new(&row),
        _ => answer(HttpResponse::Ok(), &row),
    })
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
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let row = state
        .db
        .write(move |conn| {
            let id = edit::patch::<Row>(conn, &writer, &reference, &condition, patch.0)?;
            written(conn, id, &writer.teams, today)
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), &row))
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
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| edit::delete::<Row>(conn, &writer, &reference, &condition))
        .await?;
    Ok(HttpResponse::NoContent().finish())
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
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let row = state
        .db
        .write(move |conn| {
            let id = deed::decide(conn, &writer, (&reference, &condition), &body.0)?;
            written(conn, id, &writer.teams, today)
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), &row))
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
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let next = state
        .db
        .write(move |conn| {
            let target = (&reference, &condition);
            let next = deed::renew(conn, &writer, target, body.0, today)?;
            written(conn, next, &writer.teams, today)
        })
        .await?;
    Ok(answer_new(&next))
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
