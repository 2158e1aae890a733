//! What came of plays by the record: whether their customers went on shipping.

use chrono::{Days, NaiveDate};
use serde::Serialize;
use serde_json::json;

use super::edit::WHAT;
use super::model::{OutcomeBy, PlayOutcome};
use super::store::{self, history};
use crate::access::audit::{self, Actor, Deed};
use crate::db::{Conn, UtcTime};
use crate::error::Answer;

/// What the record has told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// Plays whose customers went on.
    pub kept: Vec<i64>,
    /// Plays whose customers fell silent.
    pub lost: Vec<i64>,
    /// Plays whose horizon has passed, but not in the data.
    pub waiting_for_data: u64,
}

/// Tells the outcome of every play whose horizon has passed, in the data too: lost without a shipping
/// day in it, as the track record has it, else kept. Shipments that came late change what was told
/// before; a person's word stays beside it.
///
/// # Errors
///
/// The database's.
pub fn tell(
    conn: &mut Conn,
    today: NaiveDate,
    (actor, now): (&Actor, UtcTime),
) -> Answer<Recorded> {
    let mut told = Recorded::default();
    let seen_until = history::seen_until(conn, today + Days::new(1))?;
    for row in store::begun(conn)? {
        let values = &row.values;
        let (Some(from), Some(until)) = (values.begun_on, values.decided_from()?) else {
            continue;
        };
        if until > today {
            continue;
        }
        if seen_until.is_none_or(|seen| until > seen) {
            told.waiting_for_data += 1;
            continue;
        }
        let outcome = if store::shipped(conn, values.customer_id, (from, until))? {
            PlayOutcome::Kept
        } else {
            PlayOutcome::Lost
        };
        if values.record()? == Some(outcome) {
            continue;
        }
        // A person who could not tell yet leaves it to the record.
        let shown = !matches!(
            values.outcome()?,
            Some((PlayOutcome::Kept | PlayOutcome::Lost, OutcomeBy::Person))
        );
        store::set_record(conn, row.id, (outcome, shown), (today, now))?;
        let deed = Deed {
            action: "outcome_told",
            entity: WHAT,
            id: Some(row.id.0),
            detail: Some(json!({ "record_outcome": outcome })),
        };
        audit::record(conn, actor, &deed, now)?;
        match outcome {
            PlayOutcome::Kept => told.kept.push(row.id.0),
            _ => told.lost.push(row.id.0),
        }
    }
    Ok(told)
}
