//! Endpoints for what people do with an alert.

use actix_web::{HttpRequest, HttpResponse, post, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::Caller;
use crate::alerts::life::{self, Person, Resolution};
use crate::alerts::model::Settlement;
use crate::alerts::store::Alert;
use crate::api::body::{self, Body};
use crate::api::etag::{self, IfMatch};
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Problem};
use crate::ids::UserId;
use crate::state::AppState;

/// Adds the endpoints of deeds.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(acknowledge_alert)
        .service(snooze_alert)
        .service(wake_alert)
        .service(assign_alert)
        .service(resolve_alert)
        .service(reopen_alert);
}

/// Until when an alert is left alone.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SnoozeInput {
    /// In the future, at most 365 days ahead.
    until: DateTime<Utc>,
}

/// To whom an alert is given.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnerInput {
    /// A user of the customer's team, or one without a team; `null`: nobody.
    #[schema(required = true)]
    #[serde(deserialize_with = "told")]
    user_id: Option<i64>,
}

/// A field that may be `null`, but not left out.
fn told<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Option::deserialize(from)
}

/// Why an alert is resolved.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ResolutionInput {
    /// Default `acted`.
    #[serde(default)]
    reason: Option<Settlement>,
    /// In more words, for the history; at most 2,000 characters.
    #[serde(default)]
    note: Option<String>,
}

/// Lets somebody do something with an alert, and answers how it stands then.
async fn deed(
    state: &AppState,
    caller: Caller,
    request: &HttpRequest,
    work: impl FnOnce(&mut Conn, &Person, UtcTime) -> Answer<Alert> + Send + 'static,
) -> Answer<HttpResponse> {
    let person = Person {
        actor: caller.actor(),
        teams: caller.teams,
        condition: IfMatch::of(request),
        user: None,
    };
    let now = UtcTime::from(state.clock.now());
    let alert = state.db.write(move |conn| work(conn, &person, now)).await?;
    Ok(HttpResponse::Ok()
        .insert_header(("etag", etag::of(alert.version)))
        .json(alert))
}

/// Notes that somebody is at an alert.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The alert's id")), responses((status = 200, description = "The alert", body = Alert), (status = 404, description = "No such alert", body = Problem), (status = 409, description = "It is resolved: `already_resolved`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/alerts/{id}:acknowledge")]
async fn acknowledge_alert(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let work =
        move |conn: &mut Conn, person: &Person, now| life::acknowledge(conn, id, person, now);
    deed(&state, caller, &request, work).await
}

/// Leaves an alert alone for a while, or until it has become worse.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The alert's id")), request_body = SnoozeInput, responses((status = 200, description = "The alert", body = Alert), (status = 404, description = "No such alert", body = Problem), (status = 409, description = "It is resolved: `already_resolved`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "Not in the future, or more than 365 days ahead: `out_of_range`", body = Problem)))]
#[post("/alerts/{id}:snooze")]
async fn snooze_alert(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    input: Body<SnoozeInput>,
) -> Answer<HttpResponse> {
    let (id, until) = (id.into_inner(), UtcTime::from(input.0.until));
    let work =
        move |conn: &mut Conn, person: &Person, now| life::snooze(conn, id, until, person, now);
    deed(&state, caller, &request, work).await
}

/// Ends the snoozing of an alert.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The alert's id")), responses((status = 200, description = "The alert", body = Alert), (status = 404, description = "No such alert", body = Problem), (status = 409, description = "It is resolved (`already_resolved`), or not snoozed (`not_snoozed`)", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/alerts/{id}:wake")]
async fn wake_alert(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (id, today) = (id.into_inner(), state.today());
    let work =
        move |conn: &mut Conn, person: &Person, now| life::wake(conn, id, person, (now, today));
    deed(&state, caller, &request, work).await
}

/// Gives an alert to one of our people, or to nobody.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The alert's id")), request_body = OwnerInput, responses((status = 200, description = "The alert", body = Alert), (status = 404, description = "No such alert", body = Problem), (status = 409, description = "It is resolved: `already_resolved`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "No such user (`unknown`), or one who may not see the customer (`other_team`)", body = Problem)))]
#[post("/alerts/{id}:assign")]
async fn assign_alert(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    input: Body<OwnerInput>,
) -> Answer<HttpResponse> {
    let (id, to) = (id.into_inner(), input.0.user_id.map(UserId));
    let work = move |conn: &mut Conn, person: &Person, now| life::assign(conn, id, to, person, now);
    deed(&state, caller, &request, work).await
}

/// Resolves an alert; runs open another only if something new happens.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The alert's id")), request_body = Option<ResolutionInput>, responses((status = 200, description = "The alert", body = Alert), (status = 404, description = "No such alert", body = Problem), (status = 409, description = "It is resolved: `already_resolved`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "The note is too long", body = Problem)))]
#[post("/alerts/{id}:resolve")]
async fn resolve_alert(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let bytes = body::bytes(&request, &mut payload.into_inner()).await?;
    let input = if bytes.is_empty() {
        ResolutionInput::default()
    } else {
        body::expect_type(&request, &["application/json"], "application/json")?;
        body::parse(&bytes)?
    };
    let resolution = Resolution {
        settlement: input.reason.unwrap_or(Settlement::Acted),
        note: input.note,
    };
    let id = id.into_inner();
    let work = move |conn: &mut Conn, person: &Person, now| {
        life::resolve(conn, id, &resolution, person, now)
    };
    deed(&state, caller, &request, work).await
}

/// Opens a resolved alert again.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The alert's id")), responses((status = 200, description = "The alert", body = Alert), (status = 404, description = "No such alert", body = Problem), (status = 409, description = "It is not resolved (`not_resolved`), or another stands in its place (`another_open`)", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/alerts/{id}:reopen")]
async fn reopen_alert(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (id, today) = (id.into_inner(), state.today());
    let work =
        move |conn: &mut Conn, person: &Person, now| life::reopen(conn, id, person, (now, today));
    deed(&state, caller, &request, work).await
}
