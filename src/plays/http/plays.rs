//! Endpoints for plays as records, and for what they came to.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer;
use crate::access::{Caller, Scope};
use crate::api::body::Body;
use crate::api::etag::IfMatch;
use crate::api::list::{self, ListParams, Page};
use crate::customers::edit::Writer;
use crate::db::DbResult;
use crate::db::select::Value;
use crate::engagement::http::no_contains;
use crate::error::{Answer, Problem};
use crate::plays::effect::Effects;
use crate::plays::model::{PlayChange, PlayInput};
use crate::plays::store::{self, PLAYS};
use crate::plays::view::{Play, PlayDetail};
use crate::plays::{edit, effects};
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(show_play_effects)
        .service(list_plays)
        .service(create_play)
        .service(find_play)
        .service(update_play)
        .service(delete_play);
}

/// Shows how much plays have lowered the risk of loss, all together and by template.
///
/// A comparison and no experiment: people choose whom they look after, and what they know beyond the
/// churn probability is in the number. Customers with a play are compared with those of the same run,
/// band of churn probability and role that were in none when it began; the outcome of both is told by
/// their shipments.
/// With fewer than ten cases there is no number (`not_enough_cases`). A key that is limited to teams
/// gets the figures of its own customers.
#[utoipa::path(tag = "plays", responses((status = 200, description = "What plays came to", body = Effects)))]
#[get("/plays/effects")]
async fn show_play_effects(state: web::Data<AppState>, caller: Caller) -> Answer<HttpResponse> {
    // What was known before tomorrow: today's shipments too.
    let before = state.today() + chrono::Days::new(1);
    let found: Effects = state
        .db
        .read(move |conn| effects(conn, before, &caller.teams))
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Lists plays.
///
/// Filters: `id`, `customer_id`, `alert_id`, `owner_id`, `template`, `status`, `outcome`, `outcome_by`,
/// `starts_on`, `due_on`, `updated_at`; sorts: `id`, `starts_on`, `due_on`, `updated_at`.
#[utoipa::path(tag = "plays", params(ListParams), responses((status = 200, description = "A page of plays", body = Page<Play>)))]
#[get("/plays")]
async fn list_plays(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &PLAYS, &[])?;
    no_contains(&wanted)?;
    let (listing, today) = (wanted.listing.clone(), state.today());
    let rows: Vec<Play> = state
        .db
        .read(move |conn| {
            let rows = store::page(conn, &listing, &caller.teams)?;
            let shown = rows.iter().map(|row| Play::of(row, today));
            shown.collect::<DbResult<_>>()
        })
        .await?;
    let key = |row: &Play, sort: &'static str| {
        let value = match sort {
            "starts_on" => Value::Date(row.starts_on),
            "due_on" => Value::Date(row.due_on),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes a play with the steps of its template, in its owner's language.
#[utoipa::path(tag = "plays", request_body = PlayInput, responses((status = 201, description = "The play", body = PlayDetail), (status = 422, description = "A field breaks a rule, or names what does not exist; `other_customer` for an alert of another customer, `inactive` for a template not used any more", body = Problem)))]
#[post("/plays")]
async fn create_play(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<PlayInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let today = state.today();
    let writer = Writer::of(caller, state.clock.now().into());
    let made = state
        .db
        .write(move |conn| edit::create(conn, &writer, body.0, today))
        .await?;
    let mut response = HttpResponse::Created();
    response.insert_header(("location", format!("/api/v1/plays/{}", made.play.id)));
    Ok(answer(response, &made))
}

/// Shows a play with its steps.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "Its id")), responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play", body = Problem)))]
#[get("/plays/{id}")]
async fn find_play(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let today = state.today();
    let reader = Writer::of(caller, state.clock.now().into());
    let found = state
        .db
        .read(move |conn| edit::detail(conn, &reader, *id, today))
        .await?;
    Ok(answer(HttpResponse::Ok(), &found))
}

/// Changes a play: members that are absent stay, `null` clears.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "Its id")), request_body = PlayChange, responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule", body = Problem)))]
#[patch("/plays/{id}")]
async fn update_play(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (condition, today) = (IfMatch::of(&request), state.today());
    let writer = Writer::of(caller, state.clock.now().into());
    let changed = state
        .db
        .write(move |conn| edit::patch(conn, &writer, (*id, &condition), patch.0, today))
        .await?;
    Ok(answer(HttpResponse::Ok(), &changed))
}

/// Deletes a play that should never have been one: it counts for nothing. One that was given up is
/// cancelled instead.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "Its id")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such play", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/plays/{id}")]
async fn delete_play(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let condition = IfMatch::of(&request);
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| edit::delete(conn, &writer, *id, &condition))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
