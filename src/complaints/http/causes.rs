//! Endpoints for the list of causes.

use actix_web::{HttpResponse, delete, get, put, web};
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::audit::{self, Deed};
use crate::access::{Caller, Scope};
use crate::api::body::Body;
use crate::complaints::model::{CauseInput, cause_code};
use crate::complaints::store::causes::{self, Cause};
use crate::db::UtcTime;
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_causes)
        .service(put_cause)
        .service(delete_cause);
}

/// Lists the causes that complaints may have, those not used any more too.
#[utoipa::path(tag = "complaints", responses((status = 200, description = "All causes, by code", body = Vec<Cause>)))]
#[get("/complaint-causes")]
async fn list_causes(state: web::Data<AppState>, _caller: Caller) -> Answer<HttpResponse> {
    let all = state.db.read(causes::all).await?;
    Ok(HttpResponse::Ok().json(all))
}

/// Makes or changes a cause.
#[utoipa::path(tag = "complaints", params(("code" = String, Path, description = "1 to 60 of `a-z`, `0-9`, `_` and `-`")), request_body = CauseInput, responses((status = 200, description = "Changed", body = Cause), (status = 201, description = "Made", body = Cause), (status = 422, description = "A field breaks a rule", body = Problem)))]
#[put("/complaint-causes/{code}")]
async fn put_cause(
    state: web::Data<AppState>,
    caller: Caller,
    code: web::Path<String>,
    body: Body<CauseInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    caller.require_all_teams()?;
    let code = cause_code(&code).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let input = body.0.checked().map_err(Error::Invalid)?;
    let (actor, now) = (caller.actor(), UtcTime::from(state.clock.now()));
    let (made, cause) = state
        .db
        .write(move |conn| {
            let made = causes::put(conn, &code, &input, now)?;
            let deed = Deed {
                action: if made { "created" } else { "updated" },
                entity: "complaint_cause",
                id: None,
                detail: Some(json!({ "code": code })),
            };
            audit::record(conn, &actor, &deed, now)?;
            let cause = causes::find(conn, &code)?;
            let cause = cause.ok_or_else(|| Error::not_found("complaint cause", &code))?;
            Ok::<_, Error>((made, cause))
        })
        .await?;
    Ok(if made {
        HttpResponse::Created().json(cause)
    } else {
        HttpResponse::Ok().json(cause)
    })
}

/// Takes a cause off the list; one that complaints have stays, and no new one may have it.
#[utoipa::path(tag = "complaints", params(("code" = String, Path, description = "Its code")), responses((status = 204, description = "Deleted, or not used any more"), (status = 404, description = "No such cause", body = Problem)))]
#[delete("/complaint-causes/{code}")]
async fn delete_cause(
    state: web::Data<AppState>,
    caller: Caller,
    code: web::Path<String>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    caller.require_all_teams()?;
    let (code, actor) = (code.into_inner(), caller.actor());
    let now = UtcTime::from(state.clock.now());
    state
        .db
        .write(move |conn| {
            if causes::find(conn, &code)?.is_none() {
                return Err(Error::not_found("complaint cause", &code));
            }
            causes::remove(conn, &code, now)?;
            let deed = Deed {
                action: "deleted",
                entity: "complaint_cause",
                id: None,
                detail: Some(json!({ "code": code })),
            };
            Ok(audit::record(conn, &actor, &deed, now)?)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
