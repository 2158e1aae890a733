//! Endpoints for templates. All keys read them; they are shared, so that only keys for all teams
//! change them.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::Caller;
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::customers::edit::Writer;
use crate::db::select::Value;
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;
use crate::surveys::edit;
use crate::surveys::model::TemplateInput;
use crate::surveys::store::templates::{self, TEMPLATES, Template};

/// Adds the endpoints of templates.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_templates)
        .service(create_template)
        .service(find_template)
        .service(put_template)
        .service(update_template)
        .service(delete_template);
}

fn show(template: &Template) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("etag", etag::of(template.version)))
        .json(template)
}

/// Lists templates of surveys.
///
/// Filters: `id`, `name`, `updated_at`; sorts: `id`, `name`, `updated_at`.
#[utoipa::path(tag = "surveys", params(ListParams), responses((status = 200, description = "A page of templates", body = Page<Template>)))]
#[get("/survey-templates")]
async fn list_templates(
    state: web::Data<AppState>,
    _caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &TEMPLATES, &[])?;
    let listing = wanted.listing.clone();
    let rows = state
        .db
        .read(move |conn| templates::page(conn, &listing))
        .await?;
    let key = |row: &Template, sort: &'static str| {
        let value = match sort {
            "name" => Value::Text(row.name.clone()),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes a template.
#[utoipa::path(tag = "surveys", request_body = TemplateInput, responses((status = 201, description = "The template", body = Template), (status = 409, description = "There is one of this name: `name_taken`", body = Problem)))]
#[post("/survey-templates")]
async fn create_template(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<TemplateInput>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let writer = Writer::of(caller, state.clock.now().into());
    let made = state
        .db
        .write(move |conn| edit::create_template(conn, &writer, body.0))
        .await?;
    Ok(HttpResponse::Created()
        .insert_header(("location", format!("/api/v1/survey-templates/{}", made.id)))
        .insert_header(("etag", etag::of(made.version)))
        .json(made))
}

/// Shows a template.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), responses((status = 200, description = "The template", body = Template), (status = 404, description = "No such template", body = Problem)))]
#[get("/survey-templates/{id}")]
async fn find_template(
    state: web::Data<AppState>,
    _caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let found = state
        .db
        .read(move |conn| templates::find(conn, id, false))
        .await?;
    Ok(show(
        &found.ok_or_else(|| Error::not_found("survey template", id))?,
    ))
}

/// Replaces a template; surveys made of it keep their questions.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), request_body = TemplateInput, responses((status = 200, description = "The template", body = Template), (status = 404, description = "No such template", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[put("/survey-templates/{id}")]
async fn put_template(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    body: Body<TemplateInput>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let writer = Writer::of(caller, state.clock.now().into());
    let written = state
        .db
        .write(move |conn| edit::put_template(conn, &writer, id, &condition, body.0))
        .await?;
    Ok(show(&written))
}

/// Changes a template: members that are absent stay.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), request_body = TemplateInput, responses((status = 200, description = "The template", body = Template), (status = 404, description = "No such template", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[patch("/survey-templates/{id}")]
async fn update_template(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    body: Body<Json>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let writer = Writer::of(caller, state.clock.now().into());
    let written = state
        .db
        .write(move |conn| edit::patch_template(conn, &writer, id, &condition, body.0))
        .await?;
    Ok(show(&written))
}

/// Deletes a template; surveys made of it keep their questions.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such template", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/survey-templates/{id}")]
async fn delete_template(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| edit::delete_template(conn, &writer, id, &condition))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
