//! Endpoints of the API for what webhooks were sent.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::writer;
use crate::access::Caller;
use crate::api::body::Body;
use crate::api::list::{self, ListParams, Page};
use crate::db::select::{self, Value};
use crate::db::{DbError, UtcTime};
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;
use crate::webhooks::edit;
use crate::webhooks::model::Envelope;
use crate::webhooks::payload::{self, Told};
use crate::webhooks::store::deliveries::{self, Attempt, DELIVERIES, Delivery};
use crate::webhooks::store::events;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(test_webhook)
        .service(replay_webhook)
        .service(list_deliveries)
        .service(replay_delivery)
        .service(find_delivery);
}

/// A delivery with what was sent, and what came back.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DeliveryDetail {
    #[serde(flatten)]
    delivery: Delivery,
    /// The body, in the envelope that the webhook wants now.
    payload: Json,
    /// Its attempts, the oldest first.
    attempts_made: Vec<Attempt>,
}

/// Which deliveries are made again.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Replay {
    /// Those of events since then.
    since: UtcTime,
}

/// What is made again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Replayed {
    /// Deliveries queued anew.
    replayed: u64,
}

/// Sends a webhook an event of type `webhook.test`.
#[utoipa::path(tag = "webhooks", params(("id" = i64, Path, description = "The webhook's id")), responses((status = 202, description = "The delivery, which waits for the worker", body = Delivery), (status = 404, description = "No such webhook", body = Problem), (status = 409, description = "It is paused or switched off: `not_active`", body = Problem)))]
#[post("/webhooks/{id}:test")]
async fn test_webhook(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (writer, id) = (writer(&state, caller)?, id.into_inner());
    let delivery = state
        .db
        .write(move |conn| edit::test(conn, &writer, id))
        .await?;
    state.bell.ring();
    Ok(HttpResponse::Accepted().json(delivery))
}

/// Makes the dead deliveries of a webhook again, of events since a time.
#[utoipa::path(tag = "webhooks", params(("id" = i64, Path, description = "The webhook's id")), request_body = Replay, responses((status = 202, description = "How many are queued", body = Replayed), (status = 404, description = "No such webhook", body = Problem), (status = 409, description = "It is paused or switched off: `not_active`", body = Problem)))]
#[post("/webhooks/{id}:replay")]
async fn replay_webhook(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
    body: Body<Replay>,
) -> Answer<HttpResponse> {
    let (writer, id, since) = (writer(&state, caller)?, id.into_inner(), body.0.since);
    let replayed = state
        .db
        .write(move |conn| edit::replay_since(conn, &writer, id, since))
        .await?;
    state.bell.ring();
    Ok(HttpResponse::Accepted().json(Replayed { replayed }))
}

/// Lists what a webhook was sent or is to be sent.
///
/// Filters: `id`, `status`, `type`, `customer_id`, `created_at`, `updated_at`; sorts: `id`,
/// `created_at`, `updated_at`.
#[utoipa::path(tag = "webhooks", params(("id" = i64, Path, description = "The webhook's id"), ListParams), responses((status = 200, description = "A page of deliveries", body = Page<Delivery>), (status = 404, description = "No such webhook", body = Problem)))]
#[get("/webhooks/{id}/deliveries")]
async fn list_deliveries(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &DELIVERIES, &[])?;
    let (listing, id) = (wanted.listing.clone(), id.into_inner());
    let rows = state
        .db
        .read(move |conn| {
            edit::find(conn, id, &caller.teams)?;
            let rows: Vec<Delivery> = select::page(conn, &DELIVERIES, &listing, |sql| {
                sql.push(" AND d.endpoint_id = ").bind(Value::Int(id));
                deliveries::restrict(&caller.teams, sql);
            })?;
            Ok::<_, Error>(rows)
        })
        .await?;
    let key = |row: &Delivery, sort: &'static str| {
        let value = match sort {
            "created_at" => Value::Time(row.created_at),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Shows a delivery: what is sent, every attempt, and what came back.
#[utoipa::path(tag = "webhooks", params(("id" = i64, Path, description = "The delivery's id")), responses((status = 200, description = "The delivery", body = DeliveryDetail), (status = 404, description = "No such delivery", body = Problem)))]
#[get("/webhook-deliveries/{id}")]
async fn find_delivery(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (id, source) = (id.into_inner(), state.config.public_url.clone());
    let detail = state
        .db
        .read(move |conn| {
            let delivery = edit::find_delivery(conn, id, &caller.teams)?;
            let event = events::find(conn, &delivery.event_id)?
                .ok_or_else(|| Error::not_found("webhook delivery", id))?;
            let data = serde_json::from_str(&event.data)
                .map_err(|error| DbError::corrupt("webhook_events.data", error))?;
            let told = Told {
                uid: &event.uid,
                kind: &event.kind,
                occurred_at: event.occurred_at,
                data,
            };
            // The webhook may be deleted: what it was sent stays to be seen.
            let envelope = edit::find(conn, delivery.webhook_id, &caller.teams)
                .map_or(Envelope::Plain, |endpoint| endpoint.envelope);
            Ok::<_, Error>(DeliveryDetail {
                payload: payload::body(envelope, &told, &source),
                attempts_made: deliveries::attempts(conn, id)?,
                delivery,
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(detail))
}

/// Makes a delivery again, be it dead or delivered; its `webhook-id` stays.
#[utoipa::path(tag = "webhooks", params(("id" = i64, Path, description = "The delivery's id")), responses((status = 202, description = "The delivery, which waits for the worker", body = Delivery), (status = 404, description = "No such delivery", body = Problem), (status = 409, description = "It waits anyway: `queued`; its webhook is paused or switched off: `not_active`; its event belongs to another team than the webhook now: `other_team`", body = Problem)))]
#[post("/webhook-deliveries/{id}:replay")]
async fn replay_delivery(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (writer, id) = (writer(&state, caller)?, id.into_inner());
    let delivery = state
        .db
        .write(move |conn| edit::replay(conn, &writer, id))
        .await?;
    state.bell.ring();
    Ok(HttpResponse::Accepted().json(delivery))
}
