//! The endpoint of the track record.

use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::{TrackRecord, track_record};
use crate::access::Caller;
use crate::api::list::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::error::{Answer, Error, ProblemPart};
use crate::state::AppState;

/// Adds this feature's endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show_track_record);
}

/// The only parameter.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameter; `limit` reads it")]
struct Runs {
    /// Entries of `runs` at most, 1 to 500.
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: Option<i64>,
}

/// Shows what became of past predictions and alerts.
///
/// A key that is limited to teams gets the figures of its own customers.
#[utoipa::path(tag = "assessment", params(Runs), responses((status = 200, description = "The track record", body = TrackRecord)))]
#[get("/track-record")]
async fn show_track_record(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let (limit, today) = (limit(&request)?, state.today());
    let shown = state
        .db
        .read(move |conn| track_record(conn, &caller.teams, today, limit))
        .await?;
    Ok(HttpResponse::Ok().json(shown))
}

fn limit(request: &HttpRequest) -> Answer<usize> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_query", error.to_string()))?;
    let mut limit = DEFAULT_LIMIT;
    for (name, value) in pairs.into_inner() {
        let rule = if name == "limit" {
            match value.parse() {
                Ok(rows) if (1..=MAX_LIMIT).contains(&rows) => {
                    limit = rows;
                    continue;
                }
                _ => format!("expected a whole number from 1 to {MAX_LIMIT}"),
            }
        } else {
            "unknown parameter; expected limit".to_owned()
        };
        return Err(Error::Malformed {
            code: "bad_parameter",
            detail: format!("{name}: {rule}"),
            errors: vec![ProblemPart {
                pointer: name,
                code: "bad_parameter".to_owned(),
                detail: rule,
            }],
        });
    }
    usize::try_from(limit).map_err(Error::internal)
}
