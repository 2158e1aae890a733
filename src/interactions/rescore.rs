//! Scoring again what was scored with other models: interactions, and comments beside answers.

use serde::Serialize;
use serde_json::json;

use super::scorer::{self, InUse};
use super::store::{records, texts};
use crate::access::audit::{self, Actor, Deed};
use crate::db::{Conn, DbResult, UtcTime};

/// Texts of a batch: a transaction of its own, so that others write in between.
pub const BATCH: i64 = 1_000;

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Rescored {
    /// Texts looked at.
    pub texts: u64,
    /// Of them with another score than before.
    pub changed: u64,
}

/// Where a batch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind this interaction.
    Interactions(i64),
    /// Behind this answer.
    Comments(i64),
}

/// Where everything begins.
pub const START: Place = Place::Interactions(0);

/// Scores one batch again, in the caller's transaction; where the next begins, `None` behind the last.
///
/// # Errors
///
/// The database's.
pub fn batch(
    conn: &mut Conn,
    place: Place,
    so_far: &mut Rescored,
    now: UtcTime,
) -> DbResult<Option<Place>> {
    let scorer = scorer::of(conn)?;
    match place {
        Place::Interactions(after) => {
            let ids = texts::inbound_after(conn, after, BATCH)?;
            for id in &ids {
                again(conn, *id, &scorer, so_far, now)?;
            }
            Ok(Some(match ids.last() {
                Some(last) => Place::Interactions(*last),
                None => Place::Comments(0),
            }))
        }
        Place::Comments(after) => {
            let comments = texts::comments_after(conn, after, BATCH)?;
            for comment in &comments {
                so_far.texts += 1;
                let polarity = scorer.score(&comment.text).outcome.ok();
                let polarity = polarity.map(|feeling| feeling.polarity);
                // Who changed it meanwhile had it scored.
                if polarity != comment.polarity
                    && texts::set_polarity(conn, comment, polarity, now)?
                {
                    so_far.changed += 1;
                }
            }
            Ok(comments.last().map(|last| Place::Comments(last.id)))
        }
    }
}

fn again(
    conn: &mut Conn,
    id: i64,
    in_use: &InUse,
    so_far: &mut Rescored,
    now: UtcTime,
) -> DbResult<()> {
    records::Row::lock(conn, id)?;
    let Some(row) = records::Row::find(conn, id)?.filter(|row| row.deleted_at.is_none()) else {
        return Ok(());
    };
    so_far.texts += 1;
    let scores = in_use.scores(&row.values.told)?;
    if scores != row.values.scores {
        records::rescore(conn, id, &scores, now)?;
        so_far.changed += 1;
    }
    Ok(())
}

/// Notes in the audit log what was done.
///
/// # Errors
///
/// The database's.
pub fn note(conn: &mut Conn, actor: &Actor, done: Rescored, now: UtcTime) -> DbResult<()> {
    let deed = Deed {
        action: "rescored",
        entity: "interaction",
        id: None,
        detail: Some(json!({"texts": done.texts, "changed": done.changed})),
    };
    audit::record(conn, actor, &deed, now)
}
