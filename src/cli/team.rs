//! `hawser team`: add, list and remove teams.

use serde_json::json;

use super::exit::DATA;
use super::out::table;
use super::{Context, Failure};
use crate::access::audit::{self, Actor, Deed};
use crate::access::store::{self, Team, teams};
use crate::db::select;

/// What to do with teams.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a team
    #[command(after_help = "Example:\n  hawser team add \"Key accounts\"")]
    Add {
        /// Its name, unique
        name: String,
    },
    /// List the teams
    List,
    /// Remove a team; its customers and users keep pointing to it until they are moved
    Remove {
        /// Its name
        name: String,
    },
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let state = context.state()?;
    let now = state.clock.now().into();
    let deed = |action, team: &Team| Deed {
        action,
        entity: "team",
        id: Some(team.id.0),
        detail: None,
    };
    match command {
        Command::Add { name } => {
            let team = state.db.write_now(|conn| {
                let standing = store::team_by_name(conn, &name)?;
                if standing.is_some_and(|team| team.deleted_at.is_none()) {
                    return Err(Failure::new(
                        DATA,
                        format!("there is a team {name:?} already"),
                    ));
                }
                let team = store::insert_team(conn, &name, now)?;
                audit::record(conn, &Actor::cli(), &deed("created", &team), now)?;
                Ok(team)
            })?;
            context.out.show(&team, |team| {
                vec![format!("Team {} is {:?}.", team.id, team.name)]
            })?;
        }
        Command::List => {
            let teams: Vec<Team> = state.db.read_now(|conn| {
                select::page(
                    conn,
                    &teams::TEAMS,
                    &select::Listing::all(&teams::TEAMS),
                    |_| {},
                )
            })?;
            context.out.show(&teams, |teams| {
                let rows: Vec<_> = teams
                    .iter()
                    .map(|team| vec![team.id.to_string(), team.name.clone()])
                    .collect();
                table(&["id", "name"], &rows)
            })?;
        }
        Command::Remove { name } => {
            state.db.write_now(|conn| {
                let team = store::team_by_name(conn, &name)?
                    .filter(|team| team.deleted_at.is_none())
                    .ok_or_else(|| Failure::new(DATA, format!("there is no team {name:?}")))?;
                teams::delete_team(conn, team.id, now)?;
                audit::record(conn, &Actor::cli(), &deed("deleted", &team), now)?;
                Ok::<_, Failure>(())
            })?;
            context
                .out
                .show(&json!({"name": name, "removed": true}), |_| {
                    vec![format!("Team {name:?} is removed.")]
                })?;
        }
    }
    Ok(())
}
