//! Endpoints for interactions, sentiment, key people and owners.

mod interactions;
mod people;
mod sentiment;

pub use sentiment::{ScoredText, SentimentModel, score};

use actix_web::{HttpRequest, web};
use chrono::NaiveDate;
use utoipa_actix_web::service_config::ServiceConfig;

use super::index::Period;
use crate::api::list::parse_value;
use crate::db::select::{Kind, Value};
use crate::error::{Answer, Error, ProblemPart};
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    interactions::routes(config);
    sentiment::routes(config);
    people::routes(config);
}

/// The day that is asked about.
#[derive(Clone, Copy, Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameter; `parameters` reads it")]
struct AsOf {
    /// What was known before this day counts. Default: now.
    as_of: Option<NaiveDate>,
}

/// The values of these parameters of the query string.
///
/// # Errors
///
/// [`Error::Malformed`] for any other.
fn parameters<const N: usize>(
    request: &HttpRequest,
    names: [&str; N],
) -> Answer<[Option<String>; N]> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_query", error.to_string()))?;
    let mut values = [const { None }; N];
    for (name, value) in pairs.into_inner() {
        let place = names.iter().position(|known| *known == name);
        let Some(slot) = place.and_then(|place| values.get_mut(place)) else {
            let rule = format!("unknown parameter; expected {}", names.join(", "));
            return Err(bad_parameter(&name, &rule));
        };
        *slot = Some(value);
    }
    Ok(values)
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

/// The period before the day that `as_of` names.
fn period(state: &AppState, as_of: Option<String>, days: i64) -> Answer<Period> {
    let day = match as_of.map(|text| parse_value(Kind::Date, &text)) {
        Some(Ok(Value::Date(day))) => Some(day),
        None | Some(Ok(_)) => None,
        Some(Err(rule)) => return Err(bad_parameter("as_of", &rule)),
    };
    Period::before(day, state.clock.now(), state.config.time_zone, days)
}
