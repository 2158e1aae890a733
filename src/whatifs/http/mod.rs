//! Endpoints for what-ifs, plans and loyalty spread: what they share.

mod plans;
mod spread;
mod what_ifs;

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::engine::{self, Engine};
use super::live::Engines;
use crate::error::{Answer, Error, ProblemPart};
use crate::i18n::{Language, preferred_language};
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    what_ifs::routes(config);
    plans::routes(config);
    spread::routes(config);
}

fn language(request: &HttpRequest) -> Language {
    let accept = request.headers().get(header::ACCEPT_LANGUAGE);
    let accept = accept.and_then(|value| value.to_str().ok());
    preferred_language(accept.unwrap_or_default())
}

/// Answers in a language, and says so.
fn answer(
    mut response: HttpResponseBuilder,
    language: Language,
    body: &impl Serialize,
) -> HttpResponse {
    response
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, "Accept-Language"))
        .json(body)
}

async fn ask(
    state: &AppState,
    engines: &Engines,
    as_of: Option<NaiveDate>,
    run_id: Option<i64>,
) -> Answer<Arc<Engine>> {
    let run = state
        .db
        .read(move |conn| engine::wanted(conn, as_of, run_id))
        .await?;
    engines.of(&state.db, run).await
}

/// Runs arithmetic off the web workers.
async fn block<T: Send + 'static>(work: impl FnOnce() -> Answer<T> + Send + 'static) -> Answer<T> {
    web::block(work).await.map_err(Error::internal)?
}

/// The values of these query parameters; any other is refused.
fn parameters<const N: usize>(
    request: &HttpRequest,
    names: [&str; N],
) -> Answer<[Option<String>; N]> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_query", error.to_string()))?;
    let mut found = names.map(|_| None);
    for (name, value) in pairs.into_inner() {
        let place = names.iter().position(|known| *known == name);
        let Some(slot) = place.and_then(|place| found.get_mut(place)) else {
            let rule = format!("unknown parameter; expected {}", names.join(", "));
            return Err(bad_parameter(&name, &rule));
        };
        *slot = Some(value);
    }
    Ok(found)
}

fn bad_parameter(name: &str, rule: &str) -> Error {
    Error::Malformed {
        code: "bad_parameter",
        detail: format!("{name}: {rule}"),
        errors: vec![ProblemPart {
            pointer: name.to_owned(),
            code: "bad_parameter".to_owned(),
            detail: rule.to_owned(),
        }],
    }
}
