//! Departments that are not satisfied, and customers whose satisfaction falls.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::store::any_department_known;
use super::store::fates::{ScoreRow, scores};
use super::store::run::{DepartmentRow, FallRow, departments, falls};
use super::{Readings, RunContext, Signal, unit};
use crate::alerts::facts::{DepartmentFact, Warning};
use crate::alerts::model::AlertReason;
use crate::assessment::model::Evidence;
use crate::db::{Conn, DbError, DbResult};
use crate::ids::{CustomerId, RunId};
use crate::satisfaction::account::TAU;

/// Scores above this one are told nobody, at whatever level.
const BEST: f64 = 0.9;

/// Falls below this one are told nobody.
const LEAST_FALL: f64 = 0.01;

/// Half of a 90 % interval in standard deviations.
const Z90: f64 = 1.644_853_626_951_472_2;

/// Which of a customer's departments: those that nobody has entered are known by their kind.
pub(super) fn subject(department: &DepartmentFact) -> String {
    match department.department_id {
        Some(id) => format!("department:{id}"),
        None => format!("department:{}", department.kind),
    }
}

/// Departments that are surely below the target, or were heard, with how far they are from perfect.
pub(super) fn unsatisfied(conn: &mut Conn, run: &RunContext) -> DbResult<Readings> {
    const REASON: AlertReason = AlertReason::DepartmentUnsatisfied;
    if !any_department_known(conn, run.run)? {
        return Ok(Readings::missing(REASON, "no_answers"));
    }
    let rows = departments(conn, run.run, TAU, BEST)?;
    let signals = rows.into_iter().map(unsatisfied_one);
    Ok(Readings::found(REASON, signals.collect::<DbResult<_>>()?))
}

fn unsatisfied_one(row: DepartmentRow) -> DbResult<Signal> {
    let score = unit("department_satisfactions.score", row.score)?;
    let department = DepartmentFact {
        department_id: row.department_id,
        kind: row.kind,
        name: row.department,
    };
    Ok(Signal {
        customer: Some(row.customer_id),
        subject: subject(&department),
        measure: 1.0 - score,
        certain: row.high < TAU,
        warning: Warning::DepartmentUnsatisfied {
            department,
            score,
            low: row.low,
            high: row.high,
            target: TAU,
        },
    })
}

/// Customers whose satisfaction fell since the run before by more than noise.
pub(super) fn fall(conn: &mut Conn, run: &RunContext) -> DbResult<Readings> {
    const REASON: AlertReason = AlertReason::SatisfactionFall;
    let Some((before, before_as_of)) = run.before else {
        return Ok(Readings::missing(REASON, "no_earlier_run"));
    };
    if !any_department_known(conn, run.run)? {
        return Ok(Readings::missing(REASON, "no_answers"));
    }
    let mut signals = Vec::new();
    for row in falls(conn, run.run, before, LEAST_FALL)? {
        if !is_beyond_noise(&row) {
            continue;
        }
        let before = unit("account_satisfactions.score", row.before)?;
        let now = ScoreRow {
            customer_id: row.customer_id,
            score: row.score,
            evidence: row.evidence,
            weakest: row.weakest,
        };
        signals.push(fallen(now, (before, before_as_of))?);
    }
    Ok(Readings::found(REASON, signals))
}

/// How far customers whose satisfaction fell are still below what it fell from: their score then, and
/// that run's as-of date. The run after a fall compares with the lower score and says nothing of it.
///
/// # Errors
///
/// The database's, or a stored value that makes no sense.
pub fn since_fall(
    conn: &mut Conn,
    run: RunId,
    from: &BTreeMap<CustomerId, (f64, NaiveDate)>,
) -> DbResult<Vec<Signal>> {
    let ids: Vec<i64> = from.keys().map(|customer| customer.0).collect();
    let mut signals = Vec::new();
    for row in scores(conn, run, &ids)? {
        let Some(&(before, before_as_of)) = from.get(&row.customer_id) else {
            continue;
        };
        signals.push(fallen(row, (before, before_as_of))?);
    }
    Ok(signals)
}

/// How far a customer's score is below what it was, and when that was.
fn fallen(row: ScoreRow, (before, before_as_of): (f64, NaiveDate)) -> DbResult<Signal> {
    let evidence = Evidence::parse(&row.evidence)
        .ok_or_else(|| DbError::corrupt("account_satisfactions.evidence", &row.evidence))?;
    let score = unit("account_satisfactions.score", row.score)?;
    Ok(Signal {
        customer: Some(row.customer_id),
        subject: "customer".to_owned(),
        measure: before - score,
        certain: evidence == Evidence::Enough,
        warning: Warning::SatisfactionFall {
            score,
            before,
            before_as_of,
            weakest: row.weakest,
        },
    })
}

/// Whether the 90 % intervals lie apart; or, where somebody was heard both times, whether the fall is
/// more than one standard error of the difference of two independent scores. Two runs share most of
/// what they know: with a correlation of 0.63 or more (1 - 1/1.645²) that is beyond 95 % of chance,
/// one-sided.
fn is_beyond_noise(row: &FallRow) -> bool {
    let error = |low: f64, high: f64| (high - low) / (2.0 * Z90);
    let together = error(row.low, row.high).hypot(error(row.before_low, row.before_high));
    row.high < row.before_low || (row.heard && row.before - row.score > together)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(score: f64, half: f64, before: f64, heard: bool) -> FallRow {
        FallRow {
            customer_id: CustomerId(1),
            score,
            low: score - half,
            high: score + half,
            evidence: "enough".to_owned(),
            before,
            before_low: before - half,
            before_high: before + half,
            heard,
            weakest: None,
        }
    }

    #[test]
    fn a_fall_beyond_noise_leaves_the_interval_or_was_heard() {
        // Intervals of ±0.1: apart from a fall of 0.2; one standard error of the difference is
        // sqrt(2) * 0.1 / 1.645 = 0.086.
        assert!(is_beyond_noise(&row(0.59, 0.1, 0.8, false)));
        assert!(!is_beyond_noise(&row(0.61, 0.1, 0.8, false)));
        assert!(is_beyond_noise(&row(0.71, 0.1, 0.8, true)));
        assert!(!is_beyond_noise(&row(0.72, 0.1, 0.8, true)));
        assert!(!is_beyond_noise(&row(0.71, 0.1, 0.8, false)));
    }

    #[test]
    fn departments_that_nobody_entered_are_known_by_their_kind() {
        let of = |department_id| {
            subject(&DepartmentFact {
                department_id,
                kind: "quality".to_owned(),
                name: "Quality".to_owned(),
            })
        };
        assert_eq!(
            (of(Some(7)).as_str(), of(None).as_str()),
            ("department:7", "department:quality")
        );
    }
}
