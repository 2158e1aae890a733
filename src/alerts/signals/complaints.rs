//! Complaints that wait for us too long, and those that came back.

use super::store::any_alive;
use super::store::records::{ComplaintRow, unanswered};
use super::{Readings, Signal, days_between};
use crate::alerts::facts::Warning;
use crate::alerts::model::AlertReason;
use crate::complaints::life::Status;
use crate::db::{Conn, DbError, DbResult, UtcTime};

/// The earliest deadline that was missed, and whether even the acknowledgement is missing.
fn missed(
    status: Status,
    (acknowledge, answer): (UtcTime, UtcTime),
    now: UtcTime,
) -> Option<(UtcTime, bool)> {
    let (due, unacknowledged) = match status {
        Status::Received | Status::Reopened => (acknowledge.min(answer), true),
        Status::Acknowledged => (answer, false),
        Status::Answered | Status::Confirmed | Status::Withdrawn => return None,
    };
    (due < now).then_some((due, unacknowledged))
}

/// Complaints past a deadline, and those reopened that have no new answer.
pub(super) fn read(conn: &mut Conn, now: UtcTime) -> DbResult<[Readings; 2]> {
    const REASONS: [AlertReason; 2] = [
        AlertReason::ComplaintOverdue,
        AlertReason::ComplaintReopened,
    ];
    if !any_alive(conn, "complaints")? {
        return Ok(REASONS.map(|reason| Readings::missing(reason, "no_complaints")));
    }
    let (mut overdue, mut reopened) = (Vec::new(), Vec::new());
    for row in unanswered(conn)? {
        let status = Status::parse(&row.status)
            .ok_or_else(|| DbError::corrupt("complaints.status", &row.status))?;
        let due = (row.acknowledge_due_at, row.answer_due_at);
        if let Some(missed) = missed(status, due, now) {
            overdue.push(late(&row, missed, now));
        }
        reopened.extend(came_back(row));
    }
    let [first, second] = REASONS;
    Ok([
        Readings::found(first, overdue),
        Readings::found(second, reopened),
    ])
}

fn late(row: &ComplaintRow, (due_at, unacknowledged): (UtcTime, bool), now: UtcTime) -> Signal {
    Signal {
        customer: Some(row.customer_id),
        subject: format!("complaint:{}", row.id),
        measure: days_between(due_at, now),
        certain: true,
        warning: Warning::ComplaintOverdue {
            complaint_id: row.id,
            subject: row.subject.clone(),
            unacknowledged,
            due_at,
        },
    }
}

/// One that was reopened stands so until it is answered, acknowledged or not.
fn came_back(row: ComplaintRow) -> Option<Signal> {
    let reopened_at = row.reopened_at.filter(|_| row.reopened > 0)?;
    Some(Signal {
        customer: Some(row.customer_id),
        subject: format!("complaint:{}", row.id),
        measure: row.reopened as f64,
        certain: true,
        warning: Warning::ComplaintReopened {
            complaint_id: row.id,
            subject: row.subject,
            times: row.reopened,
            reopened_at,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_deadline_that_is_missed_counts() {
        let at = |hour: u32| -> UtcTime {
            let text = format!("2026-03-02T{hour:02}:00:00Z");
            UtcTime(text.parse().unwrap())
        };
        let due = (at(4), at(8));
        assert_eq!(missed(Status::Received, due, at(4)), None);
        assert_eq!(missed(Status::Received, due, at(5)), Some((at(4), true)));
        assert_eq!(missed(Status::Reopened, due, at(9)), Some((at(4), true)));
        assert_eq!(missed(Status::Acknowledged, due, at(5)), None);
        assert_eq!(
            missed(Status::Acknowledged, due, at(9)),
            Some((at(8), false))
        );
        for closed in [Status::Answered, Status::Confirmed, Status::Withdrawn] {
            assert_eq!(missed(closed, due, at(9)), None);
        }
    }
}
