//! Decides measured promises that are due, from the shipments of their days.

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use serde::Serialize;
use serde_json::json;

use super::measure::{kept, measure};
use super::model::PromiseStatus;
use super::store::{self, Row, Values};
use crate::access::audit::{self, Actor, Deed};
use crate::complaints::count::midnight;
use crate::db::{Conn, UtcTime};
use crate::engagement::edit::Record as _;
use crate::engagement::store::Stored as _;
use crate::error::{Answer, Error};

/// Days after the last one of a promise before it is decided: deliveries are reported late. A design
/// choice.
pub const GRACE_DAYS: i64 = 7;
/// Who decides by measuring.
pub const MEASURED_BY: &str = "measured";

/// What became of the promises that were due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Detected {
    /// Promises that were kept.
    pub kept: Vec<i64>,
    /// Promises that were broken.
    pub broken: Vec<i64>,
    /// Promises that stay open: too few deliveries to tell.
    pub undecided: Vec<i64>,
}

/// Decides every measured promise whose last day and [`GRACE_DAYS`] more are before `as_of`. Those with too few deliveries stay
/// open, with what was measured, and are looked at again the next time.
///
/// # Errors
///
/// The database's.
pub fn detect(
    conn: &mut Conn,
    as_of: NaiveDate,
    zone: Tz,
    (actor, now): (&Actor, UtcTime),
) -> Answer<Detected> {
    let mut detected = Detected::default();
    for row in store::due_before(conn, as_of - TimeDelta::days(GRACE_DAYS))? {
        Row::lock(conn, row.id)?;
        // Behind the lock: a person may have decided meanwhile.
        let Some(row) = Row::find(conn, row.id)? else {
            continue;
        };
        if row.deleted_at.is_some() || row.values.status()? != PromiseStatus::Open {
            continue;
        }
        let list = match decide(conn, &row, zone, (actor, now))? {
            Some(true) => &mut detected.kept,
            Some(false) => &mut detected.broken,
            None => &mut detected.undecided,
        };
        list.push(row.id);
    }
    Ok(detected)
}

fn decide(
    conn: &mut Conn,
    row: &Row,
    zone: Tz,
    (actor, now): (&Actor, UtcTime),
) -> Answer<Option<bool>> {
    let mut values = row.values.clone();
    let Some((kpi, level)) = values.target()? else {
        return Ok(None);
    };
    let after = values.due_on.succ_opt().unwrap_or(values.due_on);
    let span = (midnight(values.from_on, zone), midnight(after, zone));
    let carried = store::carried(conn, values.customer_id, values.partner_id, span)?;
    let measured = measure(kpi, &carried).map_err(Error::internal)?;
    let outcome = kept(kpi, level, &measured);
    values.value = measured.value;
    values.observations = Some(i64::try_from(measured.observations).unwrap_or(i64::MAX));
    if let Some(kept) = outcome {
        let status = if kept {
            PromiseStatus::Kept
        } else {
            PromiseStatus::Broken
        };
        status.word().clone_into(&mut values.status);
        values.decided_by = Some(MEASURED_BY.to_owned());
        values.decided_at = Some(now);
    }
    if values == row.values {
        return Ok(outcome);
    }
    values.update(conn, row.id, now)?;
    let deed = Deed {
        action: "measured",
        entity: Values::WHAT,
        id: Some(row.id),
        detail: Some(json!({ "status": values.status, "value": values.value })),
    };
    audit::record(conn, actor, &deed, now)?;
    Ok(outcome)
}
