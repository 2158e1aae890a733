//! Endpoints for back-tests. Their figures are about the whole network: keys limited to teams have
//! no business here.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa_actix_web::service_config::ServiceConfig;

use super::range::Range;
use super::store::{self, BACKTESTS, Backtest};
use super::{BacktestError, BacktestResult, csv, page, run};
use crate::access::{Caller, Scope};
use crate::api::body::Body;
use crate::api::list::{self, ListParams, Page};
use crate::db::select::{self, Value};
use crate::db::{Conn, DbError};
use crate::error::{Answer, Error, ProblemPart};
use crate::i18n::Language;
use crate::i18n::accept::preferred_language;
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_backtests)
        .service(create_backtest)
        .service(find_backtest)
        .service(show_backtest_page)
        .service(show_backtest_metrics);
}

/// Lets one back-test run at a time; shared by all workers.
#[derive(Clone, Debug)]
pub struct OneAtATime(Arc<Semaphore>);

impl Default for OneAtATime {
    fn default() -> Self {
        // Two at once would take twice the memory and help nobody.
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// What a back-test is to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BacktestInput {
    /// First as-of date.
    from: NaiveDate,
    /// No as-of date lies after this day; the horizon of the last must lie within the data.
    to: NaiveDate,
    /// From one as-of date to the next: weeks or days, such as `13w` or `91d`.
    #[serde(default = "quarterly")]
    #[schema(default = "13w")]
    every: String,
}

fn quarterly() -> String {
    "13w".to_owned()
}

/// A back-test with its result.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BacktestView {
    #[serde(flatten)]
    backtest: Backtest,
    /// What was found; `null` while it runs or if it failed.
    result: Option<BacktestResult>,
}

impl From<BacktestError> for Error {
    fn from(error: BacktestError) -> Self {
        match error {
            BacktestError::Db(error) => error.into(),
            BacktestError::Range(error) => {
                Self::invalid(error.field(), error.code(), error.to_string())
            }
            BacktestError::Assessment(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

/// Lists back-tests, the newest first, without their results.
#[utoipa::path(tag = "backtests", params(ListParams), responses((status = 200, description = "A page of back-tests", body = Page<Backtest>)))]
#[get("/backtests")]
async fn list_backtests(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let wanted = list::parse(&request, &BACKTESTS, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<Backtest> = state
        .db
        .read(move |conn| select::page(conn, &BACKTESTS, &listing, |_| {}))
        .await?;
    let key = |row: &Backtest, sort: &'static str| {
        let value = match sort {
            "from" => Value::Date(row.from),
            "to" => Value::Date(row.to),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Back-tests a range of past dates; answers when it is done.
#[utoipa::path(tag = "backtests", request_body = BacktestInput, responses((status = 201, description = "The finished back-test with its result", body = BacktestView)))]
#[post("/backtests")]
async fn create_backtest(
    state: web::Data<AppState>,
    one: web::Data<OneAtATime>,
    caller: Caller,
    body: Body<BacktestInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    caller.require_all_teams()?;
    let BacktestInput { from, to, every } = body.0;
    let every = every.parse().map_err(|error: super::range::NoStep| {
        Error::invalid("every", "bad_step", error.to_string())
    })?;
    let permit = Arc::clone(&one.0)
        .try_acquire_owned()
        .map_err(|_| Error::Unavailable("another back-test is under way".to_owned()))?;
    let actor = caller.actor();
    let (backtest, result) = web::block(move || {
        let _permit = permit;
        run::backtest(&state, &Range { from, to, every }, &actor, &mut |_, _| {})
    })
    .await
    .map_err(Error::internal)??;
    Ok(HttpResponse::Created()
        .insert_header((
            header::LOCATION,
            format!("/api/v1/backtests/{}", backtest.id),
        ))
        .json(BacktestView {
            backtest,
            result: Some(result),
        }))
}

/// The back-test with its result, if it is done.
fn read(conn: &mut Conn, id: i64) -> Answer<BacktestView> {
    let found = store::find(conn, id)?;
    let (backtest, text) = found.ok_or_else(|| Error::not_found("back-test", id))?;
    let result = text
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| DbError::corrupt("backtests.result", error))?;
    Ok(BacktestView { backtest, result })
}

/// The back-test with its result.
fn read_done(conn: &mut Conn, id: i64) -> Answer<(Backtest, BacktestResult)> {
    let BacktestView { backtest, result } = read(conn, id)?;
    match result {
        Some(result) => Ok((backtest, result)),
        None => Err(Error::conflict(
            "not_done",
            format!(
                "the back-test {id} has no result: it is {}",
                backtest.status
            ),
        )),
    }
}

/// Shows a back-test with its result: figures, curves, strengths, verdicts in words.
#[utoipa::path(tag = "backtests", params(("id" = i64, Path, description = "The back-test's id")), responses((status = 200, description = "The back-test", body = BacktestView), (status = 404, description = "No such back-test", body = crate::error::Problem)))]
#[get("/backtests/{id}")]
async fn find_backtest(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let id = id.into_inner();
    let view = state.db.read(move |conn| read(conn, id)).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// The only parameter of the page.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes the parameter; `wanted_language` reads it"
)]
struct PageParams {
    /// `en` or `zh`; without it `Accept-Language` chooses.
    lang: Option<String>,
}

fn wanted_language(request: &HttpRequest) -> Answer<Language> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_query", error.to_string()))?;
    let accept = request.headers().get(header::ACCEPT_LANGUAGE);
    let accept = accept
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut language = preferred_language(accept);
    for (name, value) in pairs.into_inner() {
        let outcome = if name == "lang" {
            value.parse::<Language>().map_err(|error| error.to_string())
        } else {
            Err("unknown parameter; expected lang".to_owned())
        };
        language = outcome.map_err(|detail| Error::Malformed {
            code: "bad_parameter",
            detail: format!("{name}: {detail}"),
            errors: vec![ProblemPart {
                pointer: name,
                code: "bad_parameter".to_owned(),
                detail,
            }],
        })?;
    }
    Ok(language)
}

/// Shows a back-test as a page with plots that stands alone.
#[utoipa::path(tag = "backtests", params(("id" = i64, Path, description = "The back-test's id"), PageParams), responses((status = 200, description = "The page", body = String, content_type = "text/html"), (status = 404, description = "No such back-test", body = crate::error::Problem), (status = 409, description = "It has no result: `not_done`", body = crate::error::Problem)))]
#[get("/backtests/{id}/page")]
async fn show_backtest_page(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (id, language) = (id.into_inner(), wanted_language(&request)?);
    let html = state
        .db
        .read(move |conn| {
            let (backtest, result) = read_done(conn, id)?;
            page::page(&backtest, &result, language).map_err(Error::from)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, "Accept-Language"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(html))
}

/// Writes every figure of a back-test as CSV: group, predictor, date, metric, value, interval.
#[utoipa::path(tag = "backtests", params(("id" = i64, Path, description = "The back-test's id")), responses((status = 200, description = "The figures", body = String, content_type = "text/csv"), (status = 404, description = "No such back-test", body = crate::error::Problem), (status = 409, description = "It has no result: `not_done`", body = crate::error::Problem)))]
#[get("/backtests/{id}/metrics.csv")]
async fn show_backtest_metrics(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let id = id.into_inner();
    let text = state
        .db
        .read(move |conn| {
            let (_, result) = read_done(conn, id)?;
            csv::write(&result).map_err(Error::from)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .body(text))
}
