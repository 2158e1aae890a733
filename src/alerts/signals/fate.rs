//! What became of subjects that a reader does not tell any more: why their alerts end, or that they
//! only wait.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::store::fates::{self, ContractFate, PromiseFate};
use super::{contracts, promises};
use crate::alerts::model::{AlertReason, Ending};
use crate::db::{Conn, DbError, DbResult};
use crate::promises::model::PromiseStatus;

/// What became of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its alert ends so.
    Ended(Ending),
    /// Nothing is known of it for some days.
    Waits,
}

/// Where the records of a rule's subjects are, if they have any.
fn table(reason: AlertReason) -> Option<&'static str> {
    match reason {
        AlertReason::ComplaintOverdue | AlertReason::ComplaintReopened => Some("complaints"),
        AlertReason::PromiseDue | AlertReason::PromiseBroken => Some("promises"),
        AlertReason::ContractEnding => Some("contracts"),
        AlertReason::DepartmentUnsatisfied | AlertReason::DepartmentUnheard => Some("departments"),
        AlertReason::PartnerRisk => Some("customers"),
        _ => None,
    }
}

/// Whether a rule looks at records alone: where its reader says that there are none, they were
/// deleted.
pub fn is_about_records(reason: AlertReason) -> bool {
    matches!(
        reason,
        AlertReason::ComplaintOverdue
            | AlertReason::ComplaintReopened
            | AlertReason::PromiseDue
            | AlertReason::PromiseBroken
            | AlertReason::ContractEnding
    )
}

/// Whether a rule looks at customers whether a run knows them or not.
pub fn is_beyond_runs(reason: AlertReason) -> bool {
    is_about_records(reason)
        || matches!(
            reason,
            AlertReason::KeyPerson | AlertReason::PaymentFall | AlertReason::DataStale
        )
}

/// What became of subjects of a rule that its reader, asked for `today`, did not tell.
///
/// # Errors
///
/// The database's, or a stored value that makes no sense.
pub fn fates<'a>(
    conn: &mut Conn,
    reason: AlertReason,
    subjects: &[&'a str],
    today: NaiveDate,
) -> DbResult<BTreeMap<&'a str, Fate>> {
    let Some(table) = table(reason) else {
        return Ok(BTreeMap::new());
    };
    // Departments that nobody entered are known by their kind, which has no record.
    let numbered: Vec<(&str, i64)> = subjects
        .iter()
        .filter_map(|subject| Some((*subject, subject.split_once(':')?.1.parse().ok()?)))
        .collect();
    let ids: Vec<i64> = numbered.iter().map(|(_, id)| *id).collect();
    let by_id: BTreeMap<i64, Fate> = match reason {
        AlertReason::PromiseDue | AlertReason::PromiseBroken => fates::promises(conn, &ids)?
            .into_iter()
            .map(|(id, row)| Ok((id, of_promise(reason, &row, today)?)))
            .collect::<DbResult<_>>()?,
        AlertReason::ContractEnding => fates::contracts(conn, &ids)?
            .into_iter()
            .map(|(id, row)| (id, Fate::Ended(of_contract(&row, today))))
            .collect(),
        _ => fates::deleted(conn, table, &ids)?
            .into_iter()
            .map(|(id, is_deleted)| (id, Fate::Ended(passed(is_deleted))))
            .collect(),
    };
    let over = Fate::Ended(Ending::Over);
    Ok(numbered
        .into_iter()
        .map(|(subject, id)| (subject, by_id.get(&id).copied().unwrap_or(over)))
        .collect())
}

fn passed(is_over: bool) -> Ending {
    if is_over {
        Ending::Over
    } else {
        Ending::Recovered
    }
}

fn of_promise(reason: AlertReason, row: &PromiseFate, today: NaiveDate) -> DbResult<Fate> {
    let status = PromiseStatus::parse(&row.status)
        .ok_or_else(|| DbError::corrupt("promises.status", &row.status))?;
    let is_broken = status == PromiseStatus::Broken;
    if reason == AlertReason::PromiseBroken {
        // Still broken: it has been told for long enough.
        return Ok(Fate::Ended(passed(
            row.is_deleted || (is_broken && row.counts),
        )));
    }
    if !row.is_deleted
        && status == PromiseStatus::Open
        && promises::is_in_grace(row.due_on, row.is_measured, today)
    {
        return Ok(Fate::Waits);
    }
    Ok(Fate::Ended(passed(row.is_deleted || is_broken)))
}

fn of_contract(row: &ContractFate, today: NaiveDate) -> Ending {
    let last = contracts::last_day(row.ends_on, row.auto_renews, row.notice_days);
    passed(row.is_deleted || (!row.is_settled && last < today))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_promise_waits_in_its_days_of_grace_and_else_ends_as_it_went() {
        let row = PromiseFate {
            id: 1,
            is_deleted: false,
            status: "open".to_owned(),
            due_on: day("2026-03-02"),
            is_measured: true,
            counts: true,
        };
        let due = |row: &PromiseFate, today| {
            of_promise(AlertReason::PromiseDue, row, day(today)).unwrap()
        };
        let over = Fate::Ended(Ending::Over);
        let recovered = Fate::Ended(Ending::Recovered);
        assert_eq!(due(&row, "2026-03-03"), Fate::Waits);
        assert_eq!(due(&row, "2026-03-09"), Fate::Waits);
        // Put off: more than the days that are looked at lie ahead.
        assert_eq!(due(&row, "2026-01-02"), recovered);
        let deleted = PromiseFate {
            is_deleted: true,
            ..row.clone()
        };
        assert_eq!(due(&deleted, "2026-03-03"), over);
        let of = |status: &str, counts| PromiseFate {
            status: status.to_owned(),
            counts,
            ..row.clone()
        };
        assert_eq!(due(&of("kept", true), "2026-03-10"), recovered);
        assert_eq!(due(&of("broken", true), "2026-03-10"), over);
        let broken = |row: &PromiseFate| {
            of_promise(AlertReason::PromiseBroken, row, day("2026-06-10")).unwrap()
        };
        assert_eq!(broken(&of("broken", true)), over);
        assert_eq!(broken(&of("broken", false)), recovered);
        assert_eq!(broken(&of("kept", true)), recovered);
    }

    #[test]
    fn a_contract_recovers_if_somebody_said_what_becomes_of_it_and_else_its_day_passes() {
        let row = ContractFate {
            id: 1,
            is_deleted: false,
            is_settled: false,
            ends_on: day("2026-06-30"),
            auto_renews: true,
            notice_days: Some(30),
        };
        // The last day for notice is 2026-05-31.
        assert_eq!(of_contract(&row, day("2026-06-01")), Ending::Over);
        assert_eq!(of_contract(&row, day("2026-05-31")), Ending::Recovered);
        let settled = ContractFate {
            is_settled: true,
            ..row.clone()
        };
        assert_eq!(of_contract(&settled, day("2026-06-01")), Ending::Recovered);
        let deleted = ContractFate {
            is_deleted: true,
            ..row
        };
        assert_eq!(of_contract(&deleted, day("2026-01-01")), Ending::Over);
    }
}
