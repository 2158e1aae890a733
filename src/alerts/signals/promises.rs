//! Promises that are due, and those that were broken.

use chrono::{Days, NaiveDate, TimeDelta};

use super::store::any_alive;
use super::store::records::{PromiseRow, broken_promises, due_promises};
use super::{Readings, Signal};
use crate::alerts::facts::Warning;
use crate::alerts::model::AlertReason;
use crate::db::{Conn, DbResult, UtcTime};
use crate::promises::detect::GRACE_DAYS;

/// Days ahead that are looked at.
const AHEAD_DAYS: u64 = 30;
/// Days for which a broken promise is told.
const BROKEN_DAYS: i64 = 90;

/// Days after its day for which an undecided promise is told.
const BEHIND_DAYS: i64 = 30;

/// Whether it waits for people: one that is measured is decided by itself some days after its day, and
/// one that nobody has decided for long is no news.
fn waits(row: &PromiseRow, today: NaiveDate) -> bool {
    !is_in_grace(row.due_on, row.is_measured, today)
        && (today - row.due_on).num_days() <= BEHIND_DAYS
}

/// Whether a promise that is open will be decided by itself in a few days.
pub(super) fn is_in_grace(due_on: NaiveDate, is_measured: bool, today: NaiveDate) -> bool {
    is_measured && (1..=GRACE_DAYS).contains(&(today - due_on).num_days())
}

/// Open promises due within 30 days or up to 30 days past their day, and those broken in the last 90 days.
pub(super) fn read(conn: &mut Conn, now: UtcTime, today: NaiveDate) -> DbResult<[Readings; 2]> {
    const REASONS: [AlertReason; 2] = [AlertReason::PromiseDue, AlertReason::PromiseBroken];
    if !any_alive(conn, "promises")? {
        return Ok(REASONS.map(|reason| Readings::missing(reason, "no_promises")));
    }
    let until = today
        .checked_add_days(Days::new(AHEAD_DAYS))
        .unwrap_or(NaiveDate::MAX);
    let since = now
        .0
        .checked_sub_signed(TimeDelta::days(BROKEN_DAYS))
        .map_or(now, UtcTime::from);
    let due = due_promises(conn, until)?;
    let due = due.into_iter().filter(|row| waits(row, today));
    let broken = broken_promises(conn, since)?;
    let [first, second] = REASONS;
    Ok([
        Readings::found(first, due.map(|row| due_one(row, today)).collect()),
        Readings::found(second, broken.into_iter().map(broken_one).collect()),
    ])
}

fn due_one(row: PromiseRow, today: NaiveDate) -> Signal {
    Signal {
        customer: Some(row.customer_id),
        subject: format!("promise:{}", row.id),
        measure: (today - row.due_on).num_days() as f64,
        certain: true,
        warning: Warning::PromiseDue {
            promise_id: row.id,
            text: row.text,
            due_on: row.due_on,
        },
    }
}

fn broken_one(row: PromiseRow) -> Signal {
    Signal {
        customer: Some(row.customer_id),
        subject: format!("promise:{}", row.id),
        measure: row.weight,
        certain: true,
        warning: Warning::PromiseBroken {
            promise_id: row.id,
            text: row.text,
            due_on: row.due_on,
            value: row.value,
            level: row.level,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CustomerId;

    #[test]
    fn a_measured_promise_waits_for_people_until_its_day_and_after_the_days_of_grace() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let row = |is_measured| PromiseRow {
            id: 1,
            customer_id: CustomerId(1),
            text: "On time".to_owned(),
            due_on: day("2026-03-02"),
            is_measured,
            weight: 1.0,
            value: None,
            level: None,
        };
        // Seven days of grace: decided on the eighth at the earliest (docs/promises.md).
        for (today, measured) in [
            ("2026-02-25", true),
            ("2026-03-02", true),
            ("2026-03-03", false),
            ("2026-03-09", false),
            ("2026-03-10", true),
        ] {
            assert_eq!(waits(&row(true), day(today)), measured, "{today}");
            assert!(waits(&row(false), day(today)), "{today}");
        }
        assert!((due_one(row(true), day("2026-02-27")).measure + 3.0).abs() < 1e-12);
    }
}
