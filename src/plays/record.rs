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
    let seen_until = history::seen_until(conn, today + Days::new(1))?;
    let mut told = Recorded {
        waiting_for_data: store::waiting_for_data(conn, today, seen_until)?,
        ..Recorded::default()
    };
    let Some(seen_until) = seen_until else {
        return Ok(told);
    };
    for news in store::untold(conn, today.min(seen_until))? {
        let outcome = if news.shipped {
            PlayOutcome::Kept
        } else {
            PlayOutcome::Lost
        };
        // A person who could not tell yet leaves it to the record.
        let shown = !matches!(
            news.outcome()?,
            Some((PlayOutcome::Kept | PlayOutcome::Lost, OutcomeBy::Person))
        );
        store::set_record(conn, news.id, (outcome, shown), (today, now))?;
        let deed = Deed {
            action: "outcome_told",
            entity: WHAT,
            id: Some(news.id.0),
            detail: Some(json!({ "record_outcome": outcome })),
        };
        audit::record(conn, actor, &deed, now)?;
        if news.shipped {
            told.kept.push(news.id.0);
        } else {
            told.lost.push(news.id.0);
        }
    }
    Ok(told)
}
