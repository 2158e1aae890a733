//! Counts the complaints that somebody asks for.

use chrono::{Datelike as _, Days, NaiveDate, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::figures::{self, Figures, REPEAT_DAYS, Range};
use super::life::Severity;
use super::store::{FigureFilter, pairs, rows, shipments_by_day};
use crate::access::Teams;
use crate::api::reference::Reference;
use crate::customers::store::resolve;
use crate::db::{Conn, UtcTime};
use crate::engagement::model::YEARS;
use crate::error::{Answer, Error};

/// Days that figures look back where nobody says.
const DAYS: u64 = 364;
/// Days of a range at most.
const MOST_DAYS: i64 = 3_660;

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
    };
    let earlier = range.from - TimeDelta::days(REPEAT_DAYS + 1);
    let span = (midnight(earlier, zone), midnight(range.to, zone));
    let counted = rows(conn, &filter, span, zone)?;
    let shipments = shipments_by_day(conn, &filter, (range.from, range.to))?;
    let inside: Vec<_> = counted
        .iter()
        .filter(|row| range.counts(row))
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
    let from = from.filter(|from| YEARS.contains(&from.year()) && YEARS.contains(&to.year()));
    match from {
        Some(from) if from < to && (to - from).num_days() <= MOST_DAYS => {
            let severity = params.severity;
            Ok(Range {
                from,
                to,
                severity,
                now,
            })
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
    let hour = |hours| zone.from_local_datetime(&(naive + TimeDelta::hours(hours)));
    // No clock change leaves out more than an hour around midnight but those of whole days.
    [0, 1, 24]
        .into_iter()
        .find_map(|hours| hour(hours).earliest())
        .map_or_else(
            || Utc.from_utc_datetime(&naive),
            |local| local.with_timezone(&Utc),
        )
        .into()
}
