//! Departments that have to be heard and were not for a long time.

use chrono::Days;

use super::department::subject;
use super::store::any_voice;
use super::store::run::{CoverageRow, unheard};
use super::{Readings, RunContext, Signal};
use crate::alerts::facts::{DepartmentFact, Warning};
use crate::alerts::model::AlertReason;
use crate::db::{Conn, DbResult};

/// Days that are told nobody, at whatever level.
const FEWEST_DAYS: u32 = 30;

/// Recorded, required departments of customers that are not gone, with the days since they were last
/// heard; never heard: since anybody of the customer first was, as nobody was asked before. Departments that nobody has entered are assumed
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
        let Some(days) = days(&row, run).filter(|days| *days >= i64::from(FEWEST_DAYS)) else {
            continue;
        };
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

/// `None` if whoever was heard is known no more.
fn days(row: &CoverageRow, run: &RunContext) -> Option<i64> {
    let voices = [row.first_talk, row.first_complaint, row.first_answer];
    let first = voices.into_iter().flatten().min();
    let first = first.map(|at| at.0.with_timezone(&run.zone).date_naive());
    Some((run.as_of - row.last_heard_on.or(first)?).num_days())
}
