//! Endpoints for what answers come to.

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{Days, NaiveDate};
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::Caller;
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;
use crate::surveys::coverage::{Coverage, coverage};
use crate::surveys::edit;
use crate::surveys::results::{Results, results};
use crate::surveys::store::figures;

/// Departments not heard that are told where the caller does not say.
pub const TOLD: usize = 100;
/// And at most.
pub const MOST_TOLD: usize = 10_000;
/// Days of a period where the caller does not say.
const PERIOD: u64 = 365;

/// Adds the endpoints of figures.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show_results).service(show_coverage);
}

/// Shows what the answers to a survey come to: counts, means and shares with 90 % intervals.
///
/// A key limited to teams gets the figures of its customers.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "The survey's id")), responses((status = 200, description = "The results", body = Results), (status = 404, description = "No such survey", body = Problem)))]
#[get("/surveys/{id}/results")]
async fn show_results(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let found = state
        .db
        .read(move |conn| {
            let survey = edit::visible(conn, id, &caller.teams)?;
            let turnout = figures::turnout(conn, survey.id, &caller.teams)?;
            let tallies = figures::tallies(conn, survey.id, &caller.teams)?;
            let named = (survey.id.0, survey.name.as_str());
            Ok::<_, Error>(results(named, &survey.questions, &turnout, &tallies))
        })
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Parameters of coverage.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Period {
    /// First day; default: 364 days before the last.
    from: Option<NaiveDate>,
    /// Last day; default: today.
    to: Option<NaiveDate>,
    /// Departments not heard that are told, 0 to 10,000; default 100.
    limit: Option<usize>,
}

/// Shows how much of the business, and which required departments, were heard from in a period.
#[utoipa::path(tag = "surveys", params(Period), responses((status = 200, description = "The coverage", body = Coverage)))]
#[get("/survey-coverage")]
async fn show_coverage(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let period = web::Query::<Period>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_parameter", error.to_string()))?
        .into_inner();
    let most = period.limit.unwrap_or(TOLD);
    if most > MOST_TOLD {
        let detail = format!("limit: expected a whole number from 0 to {MOST_TOLD}");
        return Err(Error::malformed("bad_parameter", detail));
    }
    let to = period.to.unwrap_or_else(|| state.today());
    let from = period
        .from
        .or_else(|| to.checked_sub_days(Days::new(PERIOD - 1)));
    let days = (from.unwrap_or(to), to);
    let zone = state.config.time_zone;
    let found = state
        .db
        .read(move |conn| coverage(conn, days, (zone, &caller.teams, most)))
        .await?;
    Ok(HttpResponse::Ok().json(found))
}
