//! Endpoints for what is done with plays and their steps.

use actix_web::{HttpRequest, HttpResponse, delete, patch, post, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::answer;
use crate::access::{Caller, Scope};
use crate::api::body::{self, Body};
use crate::api::etag::IfMatch;
use crate::customers::edit::Writer;
use crate::error::{Answer, Problem};
use crate::plays::deed::{Act, Today, perform};
use crate::plays::model::{OnDay, StepInput, Verdict};
use crate::plays::view::PlayDetail;
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(start_play)
        .service(finish_play)
        .service(cancel_play)
        .service(record_play_outcome)
        .service(complete_play_step)
        .service(undo_play_step)
        .service(add_play_step)
        .service(change_play_step)
        .service(remove_play_step);
}

/// Does it.
async fn act(
    state: &AppState,
    caller: Caller,
    (request, id): (&HttpRequest, i64),
    act: Act,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let condition = IfMatch::of(request);
    let today = Today {
        day: state.today(),
        horizon_weeks: state.config.assessment.horizon_weeks,
    };
    let writer = Writer::of(caller, state.clock.now().into());
    let done = state
        .db
        .write(move |conn| perform(conn, &writer, (id, &condition), act, today))
        .await?;
    Ok(answer(HttpResponse::Ok(), &done))
}

/// Begins a play: from this day on its outcome counts, and the newest run tells how its customer stood.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "Its id")), request_body = Option<OnDay>, responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play", body = Problem), (status = 409, description = "`already_begun`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A day in the future (`future`), or more than 7 days back (`too_early`)", body = Problem)))]
#[post("/plays/{id}:start")]
async fn start_play(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let told: OnDay = body::optional(&request, payload).await?;
    act(&state, caller, (&request, *id), Act::Start(told.on)).await
}

/// Ends a play that is done, whatever of its steps is not.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "Its id")), request_body = Option<OnDay>, responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play", body = Problem), (status = 409, description = "`not_begun`, `done` or `cancelled`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A day in the future, or before the play began", body = Problem)))]
#[post("/plays/{id}:finish")]
async fn finish_play(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let told: OnDay = body::optional(&request, payload).await?;
    act(&state, caller, (&request, *id), Act::Finish(told.on)).await
}

/// Gives a play up. One that had begun still counts in what plays came to.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "Its id")), request_body = Option<OnDay>, responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play", body = Problem), (status = 409, description = "`done` or `cancelled`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A day in the future, or before the play began", body = Problem)))]
#[post("/plays/{id}:cancel")]
async fn cancel_play(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let told: OnDay = body::optional(&request, payload).await?;
    act(&state, caller, (&request, *id), Act::Cancel(told.on)).await
}

/// Notes what a person says came of a play. It is shown; the effect is measured by shipments alone.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "Its id")), request_body = Verdict, responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play", body = Problem), (status = 409, description = "`not_begun`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "The note is too long", body = Problem)))]
#[post("/plays/{id}:record")]
async fn record_play_outcome(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    body: Body<Verdict>,
) -> Answer<HttpResponse> {
    act(&state, caller, (&request, *id), Act::Outcome(body.0)).await
}

/// Marks a step as done. The first one begins the play, the last one ends it.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "The play's id"), ("position" = i64, Path, description = "The step's number")), request_body = Option<OnDay>, responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play or step", body = Problem), (status = 409, description = "`step_done` or `cancelled`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A day in the future", body = Problem)))]
#[post("/plays/{id}/steps/{position}:done")]
async fn complete_play_step(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    place: web::Path<(i64, i64)>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let told: OnDay = body::optional(&request, payload).await?;
    let (id, position) = place.into_inner();
    act(
        &state,
        caller,
        (&request, id),
        Act::StepDone(position, told.on),
    )
    .await
}

/// Marks a step as not done after all; a play that was done runs again.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "The play's id"), ("position" = i64, Path, description = "The step's number")), responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play or step", body = Problem), (status = 409, description = "`step_open` or `cancelled`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/plays/{id}/steps/{position}:undo")]
async fn undo_play_step(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    place: web::Path<(i64, i64)>,
) -> Answer<HttpResponse> {
    let (id, position) = place.into_inner();
    act(&state, caller, (&request, id), Act::StepUndone(position)).await
}

/// Adds a step.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "Its id")), request_body = StepInput, responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play", body = Problem), (status = 409, description = "`cancelled`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule", body = Problem)))]
#[post("/plays/{id}/steps")]
async fn add_play_step(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    body: Body<StepInput>,
) -> Answer<HttpResponse> {
    act(&state, caller, (&request, *id), Act::AddStep(body.0)).await
}

/// Changes a step: members that are absent stay.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "The play's id"), ("position" = i64, Path, description = "The step's number")), request_body = StepInput, responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play or step", body = Problem), (status = 409, description = "`cancelled`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule", body = Problem)))]
#[patch("/plays/{id}/steps/{position}")]
async fn change_play_step(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    place: web::Path<(i64, i64)>,
    body: Body<Json>,
) -> Answer<HttpResponse> {
    let (id, position) = place.into_inner();
    act(
        &state,
        caller,
        (&request, id),
        Act::ChangeStep(position, body.0),
    )
    .await
}

/// Removes a step that is not done.
#[utoipa::path(tag = "plays", params(("id" = i64, Path, description = "The play's id"), ("position" = i64, Path, description = "The step's number")), responses((status = 200, description = "The play", body = PlayDetail), (status = 404, description = "No such play or step", body = Problem), (status = 409, description = "`step_done` or `cancelled`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/plays/{id}/steps/{position}")]
async fn remove_play_step(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    place: web::Path<(i64, i64)>,
) -> Answer<HttpResponse> {
    let (id, position) = place.into_inner();
    act(&state, caller, (&request, id), Act::RemoveStep(position)).await
}
