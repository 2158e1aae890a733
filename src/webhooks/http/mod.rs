//! Endpoints of the API for webhooks; writes need the scope `admin`.

mod deliveries;

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::edit::{self, Endpoint, EndpointInput, Writer};
use super::store::endpoints::{ENDPOINTS, Row};
use crate::access::{Caller, Scope, guard};
use crate::api::body::{self, Body};
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::db::DbError;
use crate::db::select::{self, Value};
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_webhooks)
        .service(create_webhook)
        .service(rotate_webhook)
        .service(enable_webhook);
    // Before `/webhooks/{id}`: that pattern takes `7:test` too.
    deliveries::routes(config);
    config
        .service(find_webhook)
        .service(update_webhook)
        .service(delete_webhook);
}

/// A webhook and its secret, which is shown here and nowhere else.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WithSecret<'a> {
    /// `whsec_…`: what verifies signatures; `null` where the request came again with its
    /// `Idempotency-Key`.
    secret: Option<&'a str>,
    /// What to do without the secret, where it is `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
    #[serde(flatten)]
    endpoint: &'a Endpoint,
}

/// What to do if the answer with the secret was lost.
const LOST: &str = "the secret was shown in the first answer only: rotate it with :rotate";

/// How a secret is rotated.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// Hours for which the secret before signs as well, 0 to 720; default 24.
    #[serde(default)]
    overlap_hours: Option<i64>,
}

fn writer(state: &AppState, caller: Caller) -> Answer<Writer> {
    caller.require(Scope::Admin)?;
    let allow_private = state.config.webhooks.allow_private;
    Ok(Writer::of(caller, state.clock.now().into(), allow_private))
}

/// Addresses may hold secrets: a key that may not write sees the host only.
fn shown(mut endpoint: Endpoint, caller_may_write: bool) -> Endpoint {
    if !caller_may_write && let Ok(url) = url::Url::parse(&endpoint.url) {
        endpoint.url = format!("{}/…", url.origin().ascii_serialization());
    }
    endpoint
}

fn answer(mut response: HttpResponseBuilder, endpoint: &Endpoint) -> HttpResponse {
    response
        .insert_header(("etag", etag::of(endpoint.version)))
        .json(endpoint)
}

/// Answers with a webhook and its secret, this once.
fn with_secret(
    mut response: HttpResponseBuilder,
    endpoint: &Endpoint,
    secret: &str,
) -> Answer<HttpResponse> {
    response.insert_header(("etag", etag::of(endpoint.version)));
    let told = WithSecret {
        secret: Some(secret),
        hint: None,
        endpoint,
    };
    let again = WithSecret {
        secret: None,
        hint: Some(LOST),
        endpoint,
    };
    guard::told_once(response, &told, &again)
}

/// Looks the host's name up, which may take a while.
async fn check_name(state: &AppState, url: Option<&str>) -> Answer<()> {
    let Some(url) = url.map(str::to_owned) else {
        return Ok(());
    };
    let allow_private = state.config.webhooks.allow_private;
    web::block(move || edit::check_name(&url, allow_private))
        .await
        .map_err(Error::internal)?
}

/// Lists webhooks.
#[utoipa::path(tag = "webhooks", params(ListParams), responses((status = 200, description = "A page of webhooks", body = Page<Endpoint>)))]
#[get("/webhooks")]
async fn list_webhooks(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &ENDPOINTS, &[])?;
    let (listing, may_write) = (wanted.listing.clone(), caller.may(Scope::Admin));
    let rows = state
        .db
        .read(move |conn| {
            let rows: Vec<Row> = select::page(conn, &ENDPOINTS, &listing, |sql| {
                caller.teams.restrict(sql, "e.team_id");
            })?;
            let rows = rows.into_iter().map(Endpoint::of);
            rows.map(|row| Ok(shown(row?, may_write)))
                .collect::<Result<Vec<_>, DbError>>()
        })
        .await?;
    let key = |row: &Endpoint, sort: &'static str| {
        let value = match sort {
            "name" => Value::Text(row.name.clone()),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes a webhook; its secret is shown in this answer only.
#[utoipa::path(tag = "webhooks", request_body = EndpointInput, responses((status = 201, description = "The webhook with its secret; without it where the request came again with its Idempotency-Key", body = WithSecret), (status = 403, description = "A team that the key does not have", body = Problem), (status = 422, description = "A field breaks a rule; a private address: `private_address`", body = Problem)))]
#[post("/webhooks")]
async fn create_webhook(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<EndpointInput>,
) -> Answer<HttpResponse> {
    let (writer, input) = (writer(&state, caller)?, body.0);
    check_name(&state, Some(&input.url)).await?;
    let (endpoint, secret) = state
        .db
        .write(move |conn| edit::create(conn, &writer, &input))
        .await?;
    let mut response = HttpResponse::Created();
    response.insert_header(("location", format!("/api/v1/webhooks/{}", endpoint.id)));
    with_secret(response, &endpoint, &secret)
}

/// Shows a webhook.
#[utoipa::path(tag = "webhooks", params(("id" = i64, Path, description = "The webhook's id")), responses((status = 200, description = "The webhook", body = Endpoint), (status = 404, description = "No such webhook", body = Problem)))]
#[get("/webhooks/{id}")]
async fn find_webhook(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (id, may_write) = (id.into_inner(), caller.may(Scope::Admin));
    let found = state
        .db
        .read(move |conn| edit::find(conn, id, &caller.teams))
        .await?;
    Ok(answer(HttpResponse::Ok(), &shown(found, may_write)))
}

/// Changes a webhook: members that are absent stay, `null` clears.
#[utoipa::path(tag = "webhooks", params(("id" = i64, Path, description = "The webhook's id")), request_body = EndpointInput, responses((status = 200, description = "The webhook", body = Endpoint), (status = 403, description = "A team that the key does not have", body = Problem), (status = 404, description = "No such webhook", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule; a private address: `private_address`", body = Problem)))]
#[patch("/webhooks/{id}")]
async fn update_webhook(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    let (writer, condition) = (writer(&state, caller)?, IfMatch::of(&request));
    check_name(&state, patch.0.get("url").and_then(Json::as_str)).await?;
    let id = id.into_inner();
    let endpoint = state
        .db
        .write(move |conn| edit::patch(conn, &writer, id, &condition, patch.0))
        .await?;
    Ok(answer(HttpResponse::Ok(), &endpoint))
}

/// Deletes a webhook and gives up what waits for it.
#[utoipa::path(tag = "webhooks", params(("id" = i64, Path, description = "The webhook's id")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such webhook", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/webhooks/{id}")]
async fn delete_webhook(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (writer, condition) = (writer(&state, caller)?, IfMatch::of(&request));
    let id = id.into_inner();
    state
        .db
        .write(move |conn| edit::delete(conn, &writer, id, &condition))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Gives a webhook a new secret, shown in this answer only; the one before signs as well for a while.
#[utoipa::path(tag = "webhooks", params(("id" = i64, Path, description = "The webhook's id")), request_body = Option<Rotation>, responses((status = 200, description = "The webhook with its new secret; without it where the request came again with its Idempotency-Key", body = WithSecret), (status = 404, description = "No such webhook", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "Too many hours", body = Problem)))]
#[post("/webhooks/{id}:rotate")]
async fn rotate_webhook(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let (writer, condition) = (writer(&state, caller)?, IfMatch::of(&request));
    let bytes = body::bytes(&request, &mut payload.into_inner()).await?;
    let rotation = if bytes.is_empty() {
        Rotation::default()
    } else {
        body::expect_type(&request, &["application/json"], "application/json")?;
        body::parse(&bytes)?
    };
    let (id, hours) = (id.into_inner(), rotation.overlap_hours);
    let (endpoint, secret) = state
        .db
        .write(move |conn| edit::rotate(conn, &writer, (id, &condition), hours))
        .await?;
    with_secret(HttpResponse::Ok(), &endpoint, &secret)
}

/// Switches a webhook on that was paused or switched off.
#[utoipa::path(tag = "webhooks", params(("id" = i64, Path, description = "The webhook's id")), responses((status = 200, description = "The webhook", body = Endpoint), (status = 404, description = "No such webhook", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/webhooks/{id}:enable")]
async fn enable_webhook(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (writer, condition) = (writer(&state, caller)?, IfMatch::of(&request));
    let id = id.into_inner();
    let endpoint = state
        .db
        .write(move |conn| edit::enable(conn, &writer, id, &condition))
        .await?;
    state.bell.ring();
    Ok(answer(HttpResponse::Ok(), &endpoint))
}
