//! Endpoints for reports.

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, head, web};
use chrono::NaiveDate;
use futures_util::stream::{self, Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::datasets::{
    ALERT_OUTCOMES, COMPLAINTS, DIMENSIONS, Dataset, KPIS, LINKS, RISK, SATISFACTION,
    SURVEY_ANSWERS, TRACK_RECORD,
};
use super::render::Format;
use super::{Report, Wanted};
use crate::access::{Caller, Scope};
use crate::assessment::model::Role;
use crate::customers::model::DepartmentKind;
use crate::db::{Db, DbError};
use crate::error::{Answer, Error};
use crate::satisfaction::Kpi;
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_reports)
        .service(report_satisfaction)
        .service(head_satisfaction)
        .service(report_dimensions)
        .service(head_dimensions)
        .service(report_kpis)
        .service(head_kpis)
        .service(report_survey_answers)
        .service(head_survey_answers)
        .service(report_complaints)
        .service(head_complaints)
        .service(report_risk)
        .service(head_risk)
        .service(report_links)
        .service(head_links)
        .service(report_track_record)
        .service(head_track_record)
        .service(report_alert_outcomes)
        .service(head_alert_outcomes);
}

/// What every report can be narrowed down by.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `Wanted` reads them")]
pub struct ReportParams {
    /// How it is written; without it `Accept` chooses, and JSON where that says nothing.
    #[param(inline)]
    format: Option<Format>,
    /// The as-of date of a finished run; the latest one's if not said.
    as_of: Option<NaiveDate>,
    /// Customers of this team.
    team_id: Option<i64>,
    /// Customers of this country, ISO 3166-1 alpha-2.
    country: Option<String>,
    /// Customers on this side.
    #[param(inline)]
    role: Option<Role>,
    /// This customer.
    customer_id: Option<i64>,
}

/// What only the report of departments can be narrowed down by.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `Wanted` reads them")]
pub struct DepartmentParams {
    /// Departments of this kind.
    #[param(inline)]
    department: Option<DepartmentKind>,
}

/// What the reports of records of a window can be narrowed down by.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `Wanted` reads them")]
pub struct WindowParams {
    /// How it is written; without it `Accept` chooses, and JSON where that says nothing.
    #[param(inline)]
    format: Option<Format>,
    /// The as-of date of a finished run; the latest one's if not said.
    as_of: Option<NaiveDate>,
    /// Customers of this team.
    team_id: Option<i64>,
    /// Customers of this country, ISO 3166-1 alpha-2.
    country: Option<String>,
    /// This customer.
    customer_id: Option<i64>,
}

/// What only the report of KPIs can be narrowed down by.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `Wanted` reads them")]
pub struct KpiParams {
    /// This KPI.
    #[param(inline)]
    kpi: Option<Kpi>,
}

/// What only the report of answers can be narrowed down by.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `Wanted` reads them")]
pub struct SurveyParams {
    /// This survey.
    survey_id: Option<i64>,
}

/// What only the report of complaints can be narrowed down by.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `Wanted` reads them")]
pub struct CauseParams {
    /// Code of the cause.
    cause: Option<String>,
}

/// What the report of judged runs can be narrowed down by.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `Wanted` reads them")]
pub struct TrackParams {
    /// How it is written; without it `Accept` chooses, and JSON where that says nothing.
    #[param(inline)]
    format: Option<Format>,
    /// The as-of date of a judged run; the latest one's if not said.
    as_of: Option<NaiveDate>,
    /// This team alone.
    team_id: Option<i64>,
}

/// What reports there are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Reports {
    /// The datasets with their columns.
    data: Vec<&'static Dataset>,
    /// The reporting currency, ISO 4217.
    currency: String,
    /// Decimal places of its minor unit.
    currency_digits: u32,
}

/// Describes the datasets: columns, types, units, meanings, keys, filters.
#[utoipa::path(tag = "reports", responses((status = 200, description = "The datasets", body = Reports)))]
#[get("/reports")]
async fn list_reports(state: web::Data<AppState>, caller: Caller) -> Answer<HttpResponse> {
    caller.require(Scope::Bi)?;
    Ok(HttpResponse::Ok().json(Reports {
        data: Dataset::ALL.to_vec(),
        currency: state.config.currency.clone(),
        currency_digits: state.config.currency_digits,
    }))
}

/// The two endpoints of a report: its rows, and the same without them.
macro_rules! report {
    ($get:ident, $head:ident, $path:tt, $dataset:ident, ($($params:ident),+), $none:tt, $summary:tt, $without:tt) => {
        #[doc = $summary]
        #[utoipa::path(tag = "reports", params($($params),+), responses((status = 200, description = "The rows, as JSON, CSV or NDJSON; a strong ETag", content((Vec<Object> = "application/json"), (String = "text/csv"), (String = "application/x-ndjson"))), (status = 304, description = "The caller has it already, as `If-None-Match` says"), (status = 404, description = $none, body = crate::error::Problem)))]
        #[get($path)]
        async fn $get(
            state: web::Data<AppState>,
            caller: Caller,
            request: HttpRequest,
        ) -> Answer<HttpResponse> {
            answer(&state, caller, &request, &$dataset).await
        }

        #[doc = $without]
        #[utoipa::path(tag = "reports", params($($params),+), responses((status = 200, description = "The headers that GET would answer with"), (status = 304, description = "The caller has it already, as `If-None-Match` says"), (status = 404, description = $none)))]
        #[head($path)]
        async fn $head(
            state: web::Data<AppState>,
            caller: Caller,
            request: HttpRequest,
        ) -> Answer<HttpResponse> {
            answer(&state, caller, &request, &$dataset).await
        }
    };
}

report!(
    report_satisfaction,
    head_satisfaction,
    "/reports/satisfaction",
    SATISFACTION,
    (ReportParams, DepartmentParams),
    "No finished run: `no_run`",
    "Reports satisfaction: one row per customer and department.",
    "Tells of the report of satisfaction what GET would, without its rows."
);
report!(
    report_dimensions,
    head_dimensions,
    "/reports/dimensions",
    DIMENSIONS,
    (ReportParams),
    "No finished run: `no_run`",
    "Reports dimensions: one row per customer, department and what answers are about.",
    "Tells of the report of dimensions what GET would, without its rows."
);
report!(
    report_kpis,
    head_kpis,
    "/reports/kpis",
    KPIS,
    (ReportParams, KpiParams),
    "No finished run: `no_run`",
    "Reports KPIs: one row per customer and KPI.",
    "Tells of the report of KPIs what GET would, without its rows."
);
report!(
    report_survey_answers,
    head_survey_answers,
    "/reports/survey_answers",
    SURVEY_ANSWERS,
    (WindowParams, DepartmentParams, SurveyParams),
    "No finished run: `no_run`",
    "Reports answers to surveys: one row per answered question in the window of a run.",
    "Tells of the report of answers to surveys what GET would, without its rows."
);
report!(
    report_complaints,
    head_complaints,
    "/reports/complaints",
    COMPLAINTS,
    (WindowParams, DepartmentParams, CauseParams),
    "No finished run: `no_run`",
    "Reports complaints: one row per complaint received in the window of a run.",
    "Tells of the report of complaints what GET would, without its rows."
);
report!(
    report_risk,
    head_risk,
    "/reports/risk",
    RISK,
    (ReportParams),
    "No finished run: `no_run`",
    "Reports risk: one row per customer.",
    "Tells of the report of risk what GET would, without its rows."
);
report!(
    report_links,
    head_links,
    "/reports/links",
    LINKS,
    (ReportParams),
    "No finished run: `no_run`",
    "Reports links: one row per link.",
    "Tells of the report of links what GET would, without its rows."
);
report!(
    report_track_record,
    head_track_record,
    "/reports/track_record",
    TRACK_RECORD,
    (TrackParams),
    "No finished run: `no_run`",
    "Reports the track record: one row per judged run and slice of its customers.",
    "Tells of the report of the track record what GET would, without its rows."
);
report!(
    report_alert_outcomes,
    head_alert_outcomes,
    "/reports/alert_outcomes",
    ALERT_OUTCOMES,
    (ReportParams),
    "No finished run: `no_run`",
    "Reports what became of alerts: one row per customer that had one or was lost without.",
    "Tells of the report of what became of alerts what GET would, without its rows."
);

/// A report ready to be sent, or nothing new.
enum Ready {
    /// The caller has it already.
    Known,
    /// Its beginning, and the rest to come.
    Begun(Report, Option<String>),
}

async fn answer(
    state: &AppState,
    caller: Caller,
    request: &HttpRequest,
    dataset: &'static Dataset,
) -> Answer<HttpResponse> {
    caller.require(Scope::Bi)?;
    let (wanted, format) = read(request, dataset)?;
    let reader = (caller.teams, state.config.currency.clone());
    let known = text_of(request, &header::IF_NONE_MATCH);
    let only_head = request.head().method == actix_web::http::Method::HEAD;
    // The first page too: what goes wrong until then is told by status.
    let (etag, ready) = state
        .db
        .read(move |conn| {
            let mut report = Report::open(conn, wanted, format, reader)?;
            let etag = report.etag(conn)?;
            let ready = if known.is_some_and(|known| names(&known, &etag)) {
                Ready::Known
            } else {
                let first = if only_head { None } else { report.next(conn)? };
                Ready::Begun(report, first)
            };
            Ok::<_, Error>((etag, ready))
        })
        .await?;
    match ready {
        Ready::Known => Ok(with_headers(HttpResponse::NotModified(), &etag).finish()),
        Ready::Begun(report, first) => {
            let disposition = format!("attachment; filename=\"{}\"", report.file_name());
            let mut response = with_headers(HttpResponse::Ok(), &etag);
            response
                .insert_header((header::CONTENT_TYPE, report.format().media_type()))
                .insert_header((header::CONTENT_DISPOSITION, disposition));
            Ok(match first {
                Some(first) => response.streaming(pieces(state.db.clone(), first, report)),
                None => response.streaming(stream::empty::<Result<Bytes, DbError>>()),
            })
        }
    }
}

fn read(request: &HttpRequest, dataset: &'static Dataset) -> Answer<(Wanted, Format)> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_query", error.to_string()))?
        .into_inner();
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let wanted = Wanted::parse(dataset, pairs)?;
    let accepted = || Format::accepted(&text_of(request, &header::ACCEPT)?);
    let format = wanted.format.or_else(accepted).unwrap_or(Format::Json);
    Ok((wanted, format))
}

fn text_of(request: &HttpRequest, name: &header::HeaderName) -> Option<String> {
    let value = request.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

/// Whether `If-None-Match` names this `ETag`, or any.
fn names(header: &str, etag: &str) -> bool {
    let mut tags = header.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn with_headers(mut response: HttpResponseBuilder, etag: &str) -> HttpResponseBuilder {
    response
        .insert_header((header::ETAG, etag))
        // It may be kept, but whether it still holds must be asked; and it is one key's.
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::VARY, "Accept, Authorization"));
    response
}

/// The body: the next page is read when the one before has gone out.
///
/// If reading fails the connection is cut, so that nobody takes a part for the whole.
fn pieces(
    db: Db,
    first: String,
    report: Report,
) -> impl Stream<Item = Result<Bytes, DbError>> + 'static {
    let rest = stream::try_unfold((db, report), |(db, mut report)| async move {
        let read = db.read(move |conn| {
            let piece = report.next(conn)?;
            Ok::<_, DbError>((report, piece))
        });
        let (report, piece) = read.await.inspect_err(|error| {
            tracing::error!(error.cause = %error, "report broken off: {error}");
        })?;
        Ok(piece.map(|piece| (Bytes::from(piece), (db, report))))
    });
    stream::once(std::future::ready(Ok(Bytes::from(first)))).chain(rest)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn an_etag_is_known_among_others_weak_or_as_a_star() {
        assert!(names("\"a\"", "\"a\""));
        assert!(names("\"b\", W/\"a\"", "\"a\""));
        assert!(names("*", "\"a\""));
        assert!(!names("\"ab\", a", "\"a\""));
    }
}
