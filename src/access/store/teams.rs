//! Teams of our own people in the database.

use diesel::prelude::*;
use serde::Serialize;

use crate::db::schema::teams;
use crate::db::select::{Collection, Field, Kind};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::TeamId;

/// A team of our own people; customers belong to one.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = teams)]
pub struct Team {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: TeamId,
    /// Its name, unique.
    pub name: String,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

/// Lists of teams.
pub const TEAMS: Collection = Collection {
    columns: "t.*",
    from: "teams t",
    id: "t.id",
    updated: Some("t.updated_at"),
    alive: Some("t.deleted_at IS NULL"),
    fields: &[
        field!("id", "t.id", Kind::Int, sortable),
        field!("name", "t.name", Kind::Text, sortable),
        field!("updated_at", "t.updated_at", Kind::Time, sortable),
    ],
    default_sort: "id",
};

/// The team with this id, unless it was deleted.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn team(conn: &mut Conn, id: i64) -> DbResult<Option<Team>> {
    Ok(on!(conn, |c| teams::table
        .filter(teams::id.eq(id))
        .filter(teams::deleted_at.is_null())
        .select(Team::as_select())
        .first(c)
        .optional())?)
}

/// The team with this name, deleted or not.
pub fn team_by_name(conn: &mut Conn, name: &str) -> DbResult<Option<Team>> {
    Ok(on!(conn, |c| teams::table
        .filter(teams::name.eq(name))
        .select(Team::as_select())
        .first(c)
        .optional())?)
}

/// Makes a team; one that was deleted under this name comes back.
pub fn insert_team(conn: &mut Conn, name: &str, now: UtcTime) -> DbResult<Team> {
    if let Some(old) = team_by_name(conn, name)?.filter(|team| team.deleted_at.is_some()) {
        return Ok(on!(conn, |c| diesel::update(teams::table.find(old.id.0))
            .set((
                teams::deleted_at.eq(None::<UtcTime>),
                teams::updated_at.eq(now),
                teams::version.eq(teams::version + 1),
            ))
            .returning(Team::as_returning())
            .get_result(c))?);
    }
    Ok(on!(conn, |c| diesel::insert_into(teams::table)
        .values((
            teams::name.eq(name),
            teams::created_at.eq(now),
            teams::updated_at.eq(now),
        ))
        .returning(Team::as_returning())
        .get_result(c))?)
}

/// Renames a team.
pub fn update_team(conn: &mut Conn, id: TeamId, name: &str, now: UtcTime) -> DbResult<Team> {
    Ok(on!(conn, |c| diesel::update(teams::table.find(id.0))
        .set((
            teams::name.eq(name),
            teams::updated_at.eq(now),
            teams::version.eq(teams::version + 1),
        ))
        .returning(Team::as_returning())
        .get_result(c))?)
}

/// Marks a team as deleted.
pub fn delete_team(conn: &mut Conn, id: TeamId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(teams::table.find(id.0))
        .set((
            teams::deleted_at.eq(Some(now)),
            teams::updated_at.eq(now),
            teams::version.eq(teams::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
