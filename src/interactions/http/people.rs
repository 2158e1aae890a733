//! Endpoints for key people, owners and hand-over lists.

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{AsOf, bad_parameter, parameters, period};
use crate::access::{Caller, Scope};
use crate::api::body::Body;
use crate::api::list::{DEFAULT_LIMIT, MAX_LIMIT, parse_value};
use crate::api::reference::Reference;
use crate::db::select::{Kind, Value};
use crate::engagement::edit::Writer;
use crate::error::{Answer, Error, Problem};
use crate::interactions::exposure::{self, KeyPeople, UserExposure, WINDOW_DAYS};
use crate::interactions::hand_over::{self, HandOver};
use crate::interactions::index;
use crate::interactions::owners::{self, OwnerInput, visible};
use crate::interactions::store::owners::{self as store, Owner};
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_key_people)
        .service(show_user_exposure)
        .service(put_owner)
        .service(list_owners)
        .service(show_hand_over);
}

/// Which customers to show.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; the handler reads them")]
struct KeyPeopleParams {
    /// Only customers that rest on one person.
    flagged: Option<bool>,
    /// Customers at most, 1 to 500.
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: Option<i64>,
}

/// Shows which customers rest on one of our people, and what may leave with that person; for administrators.
#[utoipa::path(tag = "key-people", params(AsOf, KeyPeopleParams), responses((status = 200, description = "Customers, those with most to lose first", body = KeyPeople), (status = 422, description = "A day in the future", body = Problem)))]
#[get("/key-people")]
async fn list_key_people(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let [as_of, flagged, limit] = parameters(&request, ["as_of", "flagged", "limit"])?;
    let period = period(&state, as_of, WINDOW_DAYS)?;
    let flagged = match flagged.map(|text| parse_value(Kind::Bool, &text)) {
        Some(Ok(value)) => value == Value::Bool(true),
        Some(Err(rule)) => return Err(bad_parameter("flagged", &rule)),
        None => false,
    };
    let limit = match limit.map(|text| text.parse::<i64>()) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => limit,
        Some(_) => {
            let rule = format!("expected a whole number from 1 to {MAX_LIMIT}");
            return Err(bad_parameter("limit", &rule));
        }
    };
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let zone = state.config.time_zone;
    let found = state
        .db
        .read(move |conn| exposure::key_people(conn, period, zone, (flagged, most)))
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Shows what rests on one of our people: interactions, answers, business; for administrators.
#[utoipa::path(tag = "key-people", params(("id" = i64, Path, description = "The user's id"), AsOf), responses((status = 200, description = "What rests on the person", body = UserExposure), (status = 404, description = "No such user", body = Problem), (status = 422, description = "A day in the future", body = Problem)))]
#[get("/users/{id}/exposure")]
async fn show_user_exposure(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let [as_of] = parameters(&request, ["as_of"])?;
    let period = period(&state, as_of, WINDOW_DAYS)?;
    let zone = state.config.time_zone;
    let found = state
        .db
        .read(move |conn| exposure::of_user(conn, *id, period, zone))
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Puts a customer in the hands of one of our people; answers with its owners, the last first.
#[utoipa::path(tag = "key-people", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`")), request_body = OwnerInput, responses((status = 200, description = "Its owners", body = Vec<Owner>), (status = 404, description = "No such customer", body = Problem), (status = 422, description = "No such user, or a day before today's owner", body = Problem)))]
#[put("/customers/{id}/owner")]
async fn put_owner(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
    body: Body<OwnerInput>,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(&id)?;
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let owners = state
        .db
        .write(move |conn| owners::set(conn, &writer, &reference, body.0, today))
        .await?;
    Ok(HttpResponse::Ok().json(owners))
}

/// Shows who of our people looks after a customer and did so before, the last first.
#[utoipa::path(tag = "key-people", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "Its owners", body = Vec<Owner>), (status = 404, description = "No such customer", body = Problem)))]
#[get("/customers/{id}/owner")]
async fn list_owners(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(&id)?;
    let owners = state
        .db
        .read(move |conn| {
            let customer = visible(conn, &reference, &caller.teams)?;
            Ok::<_, Error>(store::history(conn, customer)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(owners))
}

/// Shows what the next owner of a customer must know: what is open, who matters, what was said last.
#[utoipa::path(tag = "key-people", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The list", body = HandOver), (status = 404, description = "No such customer", body = Problem)))]
#[get("/customers/{id}/hand-over")]
async fn show_hand_over(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(&id)?;
    let period = period(&state, None, crate::sentiment::company::WINDOW_DAYS)?;
    let today = state.today();
    let list = state
        .db
        .read(move |conn| {
            let customer = visible(conn, &reference, &caller.teams)?;
            let median = index::company(conn, period)?;
            Ok::<_, Error>(hand_over::list(conn, customer, period, &median, today)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(list))
}
