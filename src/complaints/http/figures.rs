//! The endpoint of the figures, and the counting that the command line shares.

use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{Days, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{Caller, Teams};
use crate::api::reference::Reference;
use crate::complaints::figures::{self, Figures, REPEAT_DAYS, Range};
use crate::complaints::life::Severity;
use crate::complaints::store::{FigureFilter, pairs, rows, shipments_by_day};
use crate::customers::store::resolve;
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;

/// Days that figures look back where nobody says.
const DAYS: u64 = 364;
/// Days of a range at most.
const MOST_DAYS: i64 = 3_660;

/// Adds this endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(show_complaint_figures);
}

/// Which complaints are counted.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FigureParams {
    /// First day of receipt; 52 weeks before `to` if absent.
    pub from: Option<NaiveDate>,
    /// First day that is not counted; tomorrow if absent.
    pub to: Option<NaiveDate>,
    /// Of one customer: its id, or `ext:SYSTEM:ID`.
    pub customer: Option<String>,
    /// Of one cause: its code.
    pub cause: Option<String>,
    /// Of one severity.
    #[param(value_type = Option<Severity>)]
    pub severity: Option<Severity>,
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

/// Counts the complaints that `params` name.
///
/// # Errors
///
/// 404 for a customer, 422 for a range, and the database's.
pub fn count(
    conn: &mut Conn,
    params: &FigureParams,
    teams: Teams,
    (today, now): (NaiveDate, UtcTime),
    zone: Tz,
) -> Answer<Figures> {
    let range = range(params, today, now)?;
    if params
        .cause
        .as_deref()
        .is_some_and(|cause| cause.contains('\0'))
    {
        return Err(Error::invalid(
            "cause",
            "control_character",
            "expected text without NUL",
        ));
    }
    let customer = match &params.customer {
        None => None,
        Some(segment) => {
            let reference = Reference::parse(segment)?;
            let found = resolve(conn, &reference, &teams)?.filter(|customer| !customer.deleted);
            let found = found.ok_or_else(|| Error::not_found("customer", &reference))?;
            Some(found.id)
        }
    };
    let filter = FigureFilter {
        teams,
        customer,
        cause: params.cause.clone(),
        severity: params.severity,
    };
    let earlier = range.from - chrono::TimeDelta::days(REPEAT_DAYS + 1);
    let span = (midnight(earlier, zone), midnight(range.to, zone));
    let counted = rows(conn, &filter, span, zone)?;
    let shipments = shipments_by_day(conn, &filter, (range.from, range.to))?;
    let inside: Vec<_> = counted
        .iter()
        .filter(|row| row.received_on >= range.from)
        .cloned()
        .collect();
    let pairs = pairs(conn, &inside, zone)?;
    figures::figures(&counted, &shipments, &pairs, &range).map_err(Error::internal)
}

fn range(params: &FigureParams, today: NaiveDate, now: UtcTime) -> Answer<Range> {
    let to = match params.to {
        Some(to) => to,
        None => today.succ_opt().unwrap_or(today),
    };
    let from = match params.from {
        Some(from) => Some(from),
        None => to.checked_sub_days(Days::new(DAYS)),
    };
    let years = 1900..=2199;
    let from = from.filter(|from| {
        use chrono::Datelike as _;
        years.contains(&from.year()) && years.contains(&to.year())
    });
    match from {
        Some(from) if from < to && (to - from).num_days() <= MOST_DAYS => {
            Ok(Range { from, to, now })
        }
        _ => {
            let rule = format!("expected a day before `to`, {to}, by {MOST_DAYS} days at most");
            Err(Error::invalid("from", "out_of_range", rule))
        }
    }
}

/// The first instant of a day; where clocks skip midnight, the first after it.
pub fn midnight(day: NaiveDate, zone: Tz) -> UtcTime {
    let naive = day.and_time(chrono::NaiveTime::MIN);
    zone.from_local_datetime(&naive)
        .earliest()
        .map_or_else(
            || Utc.from_utc_datetime(&naive),
            |local| local.with_timezone(&Utc),
        )
        .into()
}
