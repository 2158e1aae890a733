//! Departments that have to be heard and were not for a long time.

use chrono::Days;

use super::department::subject;
use super::store::any_voice;
use super::store::run::{CoverageRow, unheard};
use super::{Readings, RunContext, Signal};
use crate::alerts::facts::{DepartmentFact, Warning};
use crate::alerts::model::AlertReason;
use crate::db::{Conn, DbError, DbResult};

/// Days that are told nobody, at whatever level.
const FEWEST_DAYS: u32 = 30;

/// Recorded, required departments of customers that are not gone, with the days since they were last
/// heard, or since the customer's first shipment. Departments that nobody has entered are assumed
/// alike for every customer, and not asked for.
pub(super) fn read(conn: &mut Conn, run: &RunContext) -> DbResult<Readings> {
    const REASON: AlertReason = AlertReason::DepartmentUnheard;
    if !any_voice(conn)? {
        return Ok(Readings::missing(REASON, "no_answers"));
    }
    let until = run
        .as_of
        .checked_sub_days(Days::new(u64::from(FEWEST_DAYS)))
        .unwrap_or(run.as_of);
    let mut signals = Vec::new();
    for row in unheard(conn, run.run, until)? {
        let days = days(&row, run)?;
        if days < i64::from(FEWEST_DAYS) {
            continue;
        }
        let department = DepartmentFact {
            department_id: Some(row.department_id),
            kind: row.kind,
            name: row.name,
        };
        signals.push(Signal {
            customer: Some(row.customer_id),
            subject: subject(&department),
            measure: days as f64,
            certain: true,
            warning: Warning::DepartmentUnheard {
                department,
                last_heard_on: row.last_heard_on,
                days,
            },
        });
    }
    Ok(Readings::found(REASON, signals))
}

fn days(row: &CoverageRow, run: &RunContext) -> DbResult<i64> {
    if let Some(last) = row.last_heard_on {
        return Ok((run.as_of - last).num_days());
    }
    let days = (row.age_weeks * 7.0).round();
    if !(0.0..=1e6).contains(&days) {
        return Err(DbError::corrupt("customer_risks.age_weeks", row.age_weeks));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number up to a million"
    )]
    Ok(days as i64)
}
