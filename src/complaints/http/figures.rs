//! The endpoint of the figures.

use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::Caller;
use crate::complaints::count::{FigureParams, count};
use crate::complaints::figures::Figures;
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;

/// Adds this endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show_complaint_figures);
}

/// Shows what came of complaints: rates, times, shares, each with what it rests on.
#[utoipa::path(tag = "complaints", params(FigureParams), responses((status = 200, description = "The figures", body = Figures), (status = 404, description = "No such customer", body = Problem), (status = 422, description = "The range is empty or longer than ten years", body = Problem)))]
#[get("/complaints/figures")]
async fn show_complaint_figures(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let params = web::Query::<FigureParams>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_parameter", error.to_string()))?
        .into_inner();
    let clock = (state.today(), state.clock.now().into());
    let zone = state.config.time_zone;
    let figures = state
        .db
        .read(move |conn| count(conn, &params, caller.teams, clock, zone))
        .await?;
    Ok(HttpResponse::Ok().json(figures))
}
