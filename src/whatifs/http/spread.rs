//! The endpoint for loyalty spread.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::live::Engines;
use super::super::request::NAMED;
use super::super::spread::{self, SpreadView};
use super::{answer, ask, bad_parameter, block, language, parameters};
use crate::access::Caller;
use crate::api::list::parse_value;
use crate::db::select::{Kind, Value};
use crate::error::Answer;
use crate::state::AppState;

/// Adds this endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show_spread);
}

/// Which spread to show.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; the handler reads them")]
struct SpreadParams {
    /// As-of date of a finished run; default: the latest.
    as_of: Option<NaiveDate>,
    /// Customers named at most, 1 to 500.
    #[param(default = 20, minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Shows who may be won next as a payer, and because of whom: a hypothesis.
#[utoipa::path(tag = "what-ifs", params(SpreadParams), responses((status = 200, description = "Who may be won", body = SpreadView), (status = 404, description = "No finished run", body = crate::error::Problem)))]
#[get("/loyalty-spread")]
async fn show_spread(
    state: web::Data<AppState>,
    engines: web::Data<Engines>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let language = language(&request);
    let [as_of, limit] = parameters(&request, ["as_of", "limit"])?;
    let as_of = match as_of.map(|text| parse_value(Kind::Date, &text)) {
        Some(Ok(Value::Date(day))) => Some(day),
        None | Some(Ok(_)) => None,
        Some(Err(detail)) => return Err(bad_parameter("as_of", &detail)),
    };
    let (usual, most) = NAMED;
    let limit = match limit.map(|text| text.parse::<usize>()) {
        None => usual,
        Some(Ok(limit)) if (1..=most).contains(&limit) => limit,
        Some(_) => {
            let rule = format!("expected a whole number from 1 to {most}");
            return Err(bad_parameter("limit", &rule));
        }
    };
    let engine = ask(&state, &engines, as_of, None).await?;
    let of = Arc::clone(&engine);
    let grounds = state.db.read(move |conn| spread::read(conn, &of)).await?;
    let of = Arc::clone(&engine);
    let (grounds, prospects) = block(move || {
        let prospects = spread::compute(&of, &grounds)?;
        Ok((grounds, prospects))
    })
    .await?;
    let config = Arc::clone(&state.config);
    let view = state
        .db
        .read(move |conn| {
            let found = (&grounds, &prospects[..]);
            let whom = (&caller.teams, limit);
            spread::view(conn, &engine, found, whom, (language, &config))
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), language, &view))
}
