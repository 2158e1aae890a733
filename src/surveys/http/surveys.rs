//! Endpoints for surveys themselves.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::Caller;
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::customers::edit::Writer;
use crate::db::select::Value;
use crate::error::{Answer, Problem};
use crate::state::AppState;
use crate::surveys::edit;
use crate::surveys::model::SurveyInput;
use crate::surveys::store::surveys::{self, SURVEYS, Survey};

/// Adds the endpoints of surveys.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_surveys)
        .service(create_survey)
        .service(open_survey)
        .service(close_survey)
        .service(find_survey)
        .service(put_survey)
        .service(update_survey)
        .service(delete_survey);
}

fn show(survey: &Survey) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("etag", etag::of(survey.version)))
        .json(survey)
}

/// Lists surveys: a key limited to teams sees those of its teams, and of no team.
///
/// Filters: `id`, `name`, `template_id`, `about`, `status`, `team_id`, `closes_at`, `updated_at`;
/// sorts: `id`, `name`, `closes_at`, `updated_at`.
#[utoipa::path(tag = "surveys", params(ListParams), responses((status = 200, description = "A page of surveys", body = Page<Survey>)))]
#[get("/surveys")]
async fn list_surveys(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &SURVEYS, &[])?;
    let listing = wanted.listing.clone();
    let rows = state
        .db
        .read(move |conn| surveys::page(conn, &listing, &caller.teams))
        .await?;
    let key = |row: &Survey, sort: &'static str| {
        let value = match sort {
            "name" => Value::Text(row.name.clone()),
            "closes_at" => Value::Time(row.closes_at),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes a survey, as a draft: of a template, or of questions of its own.
#[utoipa::path(tag = "surveys", request_body = SurveyInput, responses((status = 201, description = "The survey", body = Survey)))]
#[post("/surveys")]
async fn create_survey(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<SurveyInput>,
) -> Answer<HttpResponse> {
    let writer = Writer::of(caller, state.clock.now().into());
    let made = state
        .db
        .write(move |conn| edit::create(conn, &writer, body.0))
        .await?;
    Ok(HttpResponse::Created()
        .insert_header(("location", format!("/api/v1/surveys/{}", made.id)))
        .insert_header(("etag", etag::of(made.version)))
        .json(made))
}

/// Shows a survey.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), responses((status = 200, description = "The survey", body = Survey), (status = 404, description = "No such survey", body = Problem)))]
#[get("/surveys/{id}")]
async fn find_survey(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let found = state
        .db
        .read(move |conn| edit::visible(conn, id, &caller.teams))
        .await?;
    Ok(show(&found))
}

/// Replaces what can be told of a survey; what it asks is frozen once it is open.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), request_body = SurveyInput, responses((status = 200, description = "The survey", body = Survey), (status = 404, description = "No such survey", body = Problem), (status = 409, description = "It is open: `survey_frozen`; or closed: `survey_closed`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[put("/surveys/{id}")]
async fn put_survey(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    body: Body<SurveyInput>,
) -> Answer<HttpResponse> {
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let writer = Writer::of(caller, state.clock.now().into());
    let written = state
        .db
        .write(move |conn| edit::put(conn, &writer, id, &condition, body.0))
        .await?;
    Ok(show(&written))
}

/// Changes a survey: members that are absent stay, `null` clears.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), request_body = SurveyInput, responses((status = 200, description = "The survey", body = Survey), (status = 404, description = "No such survey", body = Problem), (status = 409, description = "It is open: `survey_frozen`; or closed: `survey_closed`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[patch("/surveys/{id}")]
async fn update_survey(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    body: Body<Json>,
) -> Answer<HttpResponse> {
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let writer = Writer::of(caller, state.clock.now().into());
    let written = state
        .db
        .write(move |conn| edit::patch(conn, &writer, id, &condition, body.0))
        .await?;
    Ok(show(&written))
}

/// Deletes a survey that asked nobody.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such survey", body = Problem), (status = 409, description = "People were asked: `has_invitations`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/surveys/{id}")]
async fn delete_survey(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| edit::delete(conn, &writer, id, &condition))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Opens a survey: it can be answered, and its questions are frozen.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), responses((status = 200, description = "The survey", body = Survey), (status = 404, description = "No such survey", body = Problem), (status = 409, description = "It was closed, or would be: `survey_closed`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/surveys/{id}:open")]
async fn open_survey(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let writer = Writer::of(caller, state.clock.now().into());
    let written = state
        .db
        .write(move |conn| edit::open(conn, &writer, id, &condition))
        .await?;
    // Its transaction is done: those who are asked by mail can be told.
    state.bell.ring();
    Ok(show(&written))
}

/// Closes a survey: nobody can answer any more.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), responses((status = 200, description = "The survey", body = Survey), (status = 404, description = "No such survey", body = Problem), (status = 409, description = "It is a draft: `survey_not_open`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/surveys/{id}:close")]
async fn close_survey(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let writer = Writer::of(caller, state.clock.now().into());
    let written = state
        .db
        .write(move |conn| edit::close(conn, &writer, id, &condition))
        .await?;
    Ok(show(&written))
}
