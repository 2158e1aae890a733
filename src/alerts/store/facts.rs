//! What alerts say, as it is kept: JSON.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::access::Teams;
use crate::alerts::facts::Facts;
use crate::db::schema::{alerts, customers};
use crate::db::{Conn, DbError, DbResult, on};
use crate::ids::AlertId;

/// Rows asked for at once.
const CHUNK: usize = 500;

/// Facts as they were kept.
///
/// # Errors
///
/// [`DbError::Corrupt`] if they make no sense.
pub fn parsed(text: &str) -> DbResult<Facts> {
    serde_json::from_str(text).map_err(|error| DbError::corrupt("alerts.facts", error))
}

/// Facts as they are kept.
///
/// # Errors
///
/// [`DbError::Corrupt`] if they cannot be written, a fault of ours.
pub fn written(facts: &Facts) -> DbResult<String> {
    serde_json::to_string(facts).map_err(|error| DbError::corrupt("alerts.facts", error))
}

/// What these alerts say, with all names.
///
/// # Errors
///
/// The database's, and those of [`parsed`].
pub fn of(conn: &mut Conn, ids: &[AlertId]) -> DbResult<BTreeMap<AlertId, Facts>> {
    let mut found = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(AlertId, String)> = on!(conn, |c| alerts::table
            .filter(alerts::id.eq_any(chunk.iter().map(|id| id.0)))
            .select((alerts::id, alerts::facts))
            .load(c))?;
        for (id, text) in rows {
            found.insert(id, parsed(&text)?);
        }
    }
    Ok(found)
}

/// What these alerts say, without the names that `teams` may not see.
///
/// # Errors
///
/// As [`of`].
pub fn seen_by(
    conn: &mut Conn,
    ids: &[AlertId],
    teams: &Teams,
) -> DbResult<BTreeMap<AlertId, Facts>> {
    let found = of(conn, ids)?;
    if *teams == Teams::All {
        return Ok(found);
    }
    let mut named: Vec<i64> = found.values().flat_map(Facts::partners_named).collect();
    named.sort_unstable();
    named.dedup();
    let mut team_of: BTreeMap<i64, Option<i64>> = BTreeMap::new();
    for chunk in named.chunks(CHUNK) {
        let rows: Vec<(i64, Option<i64>)> = on!(conn, |c| customers::table
            .filter(customers::id.eq_any(chunk))
            .select((customers::id, customers::team_id))
            .load(c))?;
        team_of.extend(rows);
    }
    let visible = |id: i64| teams.allow(team_of.get(&id).copied().flatten());
    let hidden = found.into_iter();
    Ok(hidden
        .map(|(id, facts)| (id, facts.hide(visible)))
        .collect())
}

/// By when the next step of these alerts is due.
///
/// # Errors
///
/// As [`of`].
pub fn dues(conn: &mut Conn, ids: &[AlertId]) -> DbResult<BTreeMap<AlertId, NaiveDate>> {
    let facts = of(conn, ids)?.into_iter();
    Ok(facts.map(|(id, facts)| (id, facts.due)).collect())
}
