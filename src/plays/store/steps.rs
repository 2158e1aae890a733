//! The steps of plays.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::play_steps;
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::PlayId;

/// A step of a play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Queryable, utoipa::ToSchema)]
#[schema(as = PlayStep)]
pub struct Step {
    /// Its number within the play, which stays.
    pub position: i64,
    /// What is to be done.
    pub text: String,
    /// Until when.
    pub due_on: NaiveDate,
    /// When it was marked as done; `null`: it is not.
    pub done_at: Option<UtcTime>,
    /// Who marked it: `key:ID` or `cli`.
    pub done_by: Option<String>,
}

/// The steps of a play, in order.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn steps(conn: &mut Conn, play: PlayId) -> DbResult<Vec<Step>> {
    Ok(on!(conn, |c| play_steps::table
        .filter(play_steps::play_id.eq(play.0))
        .order(play_steps::position)
        .select((
            play_steps::position,
            play_steps::text,
            play_steps::due_on,
            play_steps::done_at,
            play_steps::done_by,
        ))
        .load(c))?)
}

/// Adds a step that is not done.
pub fn add_step(
    conn: &mut Conn,
    play: PlayId,
    (position, text, due_on): (i64, &str, NaiveDate),
) -> DbResult<()> {
    on!(conn, |c| diesel::insert_into(play_steps::table)
        .values((
            play_steps::play_id.eq(play.0),
            play_steps::position.eq(position),
            play_steps::text.eq(text),
            play_steps::due_on.eq(due_on),
        ))
        .execute(c))?;
    Ok(())
}

/// Changes what is to be done, and until when.
pub fn rewrite_step(
    conn: &mut Conn,
    play: PlayId,
    (position, text, due_on): (i64, &str, NaiveDate),
) -> DbResult<()> {
    on!(conn, |c| diesel::update(
        play_steps::table
            .filter(play_steps::play_id.eq(play.0))
            .filter(play_steps::position.eq(position))
    )
    .set((play_steps::text.eq(text), play_steps::due_on.eq(due_on)))
    .execute(c))?;
    Ok(())
}

/// Marks a step as done, by whom, or as not done.
pub fn mark(
    conn: &mut Conn,
    play: PlayId,
    position: i64,
    done: Option<(UtcTime, &str)>,
) -> DbResult<()> {
    let (at, by) = done.unzip();
    on!(conn, |c| diesel::update(
        play_steps::table
            .filter(play_steps::play_id.eq(play.0))
            .filter(play_steps::position.eq(position))
    )
    .set((play_steps::done_at.eq(at), play_steps::done_by.eq(by)))
    .execute(c))?;
    Ok(())
}

/// Takes a step out of a play.
pub fn remove_step(conn: &mut Conn, play: PlayId, position: i64) -> DbResult<()> {
    on!(conn, |c| diesel::delete(
        play_steps::table
            .filter(play_steps::play_id.eq(play.0))
            .filter(play_steps::position.eq(position))
    )
    .execute(c))?;
    Ok(())
}
