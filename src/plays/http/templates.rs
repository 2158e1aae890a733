//! Endpoints for templates. All keys read them; they are shared, so that only keys for all teams
//! change them.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, patch, post, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{Caller, Scope};
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::customers::edit::Writer;
use crate::db::select::Value;
use crate::engagement::http::no_contains;
use crate::error::{Answer, Problem};
use crate::plays::edit;
use crate::plays::model::TemplateInput;
use crate::plays::store::templates::{self, TEMPLATES, Template};
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_play_templates)
        .service(create_play_template)
        .service(find_play_template)
        .service(update_play_template);
}

fn show(mut response: HttpResponseBuilder, template: &Template) -> HttpResponse {
    response
        .insert_header(("etag", etag::of(template.version)))
        .json(template)
}

/// Lists templates of plays, those not used any more too.
///
/// Filters: `id`, `code`, `active`, `updated_at`; sorts: `id`, `code`, `updated_at`.
#[utoipa::path(tag = "plays", params(ListParams), responses((status = 200, description = "A page of templates", body = Page<Template>)))]
#[get("/play-templates")]
async fn list_play_templates(
    state: web::Data<AppState>,
    _caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &TEMPLATES, &[])?;
    no_contains(&wanted)?;
    let listing = wanted.listing.clone();
    let rows = state
        .db
        .read(move |conn| templates::page(conn, &listing))
        .await?;
    let key = |row: &Template, sort: &'static str| {
        let value = match sort {
            "code" => Value::Text(row.told.code.clone()),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes a template of plays.
#[utoipa::path(tag = "plays", request_body = TemplateInput, responses((status = 201, description = "The template", body = Template), (status = 409, description = "There is one with this code: `code_taken`", body = Problem), (status = 422, description = "A field breaks a rule", body = Problem)))]
#[post("/play-templates")]
async fn create_play_template(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<TemplateInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    caller.require_all_teams()?;
    let writer = Writer::of(caller, state.clock.now().into());
    let made = state
        .db
        .write(move |conn| edit::create_template(conn, &writer, body.0))
        .await?;
    let mut response = HttpResponse::Created();
    let place = format!("/api/v1/play-templates/{}", made.told.code);
    response.insert_header(("location", place));
    Ok(show(response, &made))
}

/// Shows a template of plays.
#[utoipa::path(tag = "plays", params(("code" = String, Path, description = "Its code")), responses((status = 200, description = "The template", body = Template), (status = 404, description = "No such template", body = Problem)))]
#[get("/play-templates/{code}")]
async fn find_play_template(
    state: web::Data<AppState>,
    _caller: Caller,
    code: web::Path<String>,
) -> Answer<HttpResponse> {
    let found = state
        .db
        .read(move |conn| edit::template(conn, &code))
        .await?;
    Ok(show(HttpResponse::Ok(), &found))
}

/// Changes a template: members that are absent stay, `null` clears. Plays made of it keep their steps;
/// `"active": false` takes it out of use.
#[utoipa::path(tag = "plays", params(("code" = String, Path, description = "Its code, which stays")), request_body = TemplateInput, responses((status = 200, description = "The template", body = Template), (status = 404, description = "No such template", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule", body = Problem)))]
#[patch("/play-templates/{code}")]
async fn update_play_template(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    code: web::Path<String>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    caller.require_all_teams()?;
    let condition = IfMatch::of(&request);
    let writer = Writer::of(caller, state.clock.now().into());
    let changed = state
        .db
        .write(move |conn| edit::patch_template(conn, &writer, &code, &condition, patch.0))
        .await?;
    Ok(show(HttpResponse::Ok(), &changed))
}
