//! Reminding one person by hand.

use actix_web::{HttpResponse, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Reminded, remind};
use crate::access::Caller;
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;
use crate::surveys::page::words::Letterhead;

/// Adds the endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(remind_survey_invitation);
}

/// Sends another mail to somebody who has not answered.
#[utoipa::path(tag = "surveys",
    params(("id" = i64, Path, description = "The invitation")),
    responses((status = 200, description = "A reminder is queued", body = Reminded),
        (status = 404, description = "No such invitation", body = Problem),
        (status = 409, description = "Answered, closed, mailed within a day, or not to be mailed", body = Problem)))]
#[post("/survey-invitations/{id}:remind")]
async fn remind_survey_invitation(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let head = Letterhead::of(&state.config).map_err(Error::internal)?;
    let (id, actor, now) = (id.into_inner(), caller.actor(), state.clock.now().into());
    let reminded = state
        .db
        .write(move |conn| remind(conn, &head, id, (&caller.teams, &actor), now))
        .await?;
    // Its transaction is done: the outbox may look.
    state.bell.ring();
    Ok(HttpResponse::Ok().json(reminded))
}
