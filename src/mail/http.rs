//! Endpoints for mails that came back.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::bounce::{self, BounceInput, Verdict};
use crate::access::{Caller, Scope};
use crate::api::body::{self, Body, expect_type};
use crate::error::{Answer, Problem};
use crate::state::AppState;

/// Adds the endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(take_bounce).service(clear_address);
}

/// What became of a notification.
#[derive(Serialize, utoipa::ToSchema)]
struct Bounces {
    /// One for each recipient that it reports on.
    recipients: Vec<Verdict>,
}

/// An address.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AddressInput {
    /// The address.
    address: String,
}

/// How many people have it.
#[derive(Serialize, utoipa::ToSchema)]
struct Cleared {
    /// How many people have it.
    people: usize,
}

/// Takes in a delivery status notification, or what a mail service says of a mail that came back.
#[utoipa::path(tag = "alerts",
    request_body(description = "A delivery status notification (RFC 3464), or what was said", content((String = "message/rfc822"), (BounceInput = "application/json"))),
    responses((status = 200, description = "What became of it; a notification of a mail that was never sent from here changes nothing", body = Bounces),
        (status = 422, description = "No status code, or neither mail nor address", body = Problem)))]
#[post("/mails/bounces")]
async fn take_bounce(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let types = ["message/rfc822", "application/json"];
    expect_type(&request, &types, "message/rfc822 or application/json")?;
    let is_message = expect_type(&request, &types[..1], "message/rfc822").is_ok();
    let mut payload = payload.into_inner();
    let bytes = body::bytes(&request, &mut payload).await?;
    let (actor, now) = (caller.actor(), state.clock.now().into());
    let recipients = state
        .db
        .write(move |conn| {
            if is_message {
                return bounce::receive(conn, &bytes, &caller.teams, &actor, now);
            }
            let input: BounceInput = body::parse(&bytes)?;
            let said = bounce::receive_input(conn, &input, &caller.teams, &actor, now)?;
            Ok(vec![said])
        })
        .await?;
    Ok(HttpResponse::Ok().json(Bounces { recipients }))
}

/// Lets mails go to an address again that mails came back from.
#[utoipa::path(tag = "alerts", request_body = AddressInput,
    responses((status = 200, description = "Mails go there again", body = Cleared),
        (status = 404, description = "No such address is marked", body = Problem)))]
#[post("/mails/addresses:clear")]
async fn clear_address(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<AddressInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (actor, now) = (caller.actor(), state.clock.now().into());
    let people = state
        .db
        .write(move |conn| bounce::clear(conn, &body.0.address, &caller.teams, &actor, now))
        .await?;
    Ok(HttpResponse::Ok().json(Cleared { people }))
}
