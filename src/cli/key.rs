//! `hawser key`: make, list and revoke API keys.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::exit::DATA;
use super::out::table;
use super::{Context, Failure};
use crate::access::audit::{self, Actor, Deed};
use crate::access::key::NewKey;
use crate::access::store::keys::{self, ApiKey, NewApiKey};
use crate::access::store::team_by_name;
use crate::access::{Scope, Teams};
use crate::db::select::{self, Listing};
use crate::db::{Conn, UtcTime};
use crate::error::Error;
use crate::ids::KeyId;

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a key and show it, once
    #[command(
        after_help = "Example:\n  hawser key create --name tms --scopes read,write\n  hawser key create --name power-bi --scopes bi --team north --days 365"
    )]
    Create {
        /// What it is for
        #[arg(long)]
        name: String,
        /// What it may do: read, write, admin, bi
        #[arg(long, value_delimiter = ',', default_value = "read", value_parser = scope)]
        scopes: Vec<Scope>,
        /// Name of a team whose customers it may see; may be repeated (default: every customer)
        #[arg(long = "team", value_name = "NAME")]
        teams: Vec<String>,
        /// Days until it expires (default: never)
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..36_500))]
        days: Option<u32>,
    },
    /// List the keys
    List,
    /// End a key now
    Revoke {
        /// Its id
        id: i64,
    },
}

fn scope(word: &str) -> Result<Scope, String> {
    Scope::parse(word).ok_or_else(|| format!("expected one of {}", Scope::WORDS.join(", ")))
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let state = context.state()?;
    let now = state.clock.now();
    match command {
        Command::Create {
            name,
            scopes,
            teams,
            days,
        } => {
            let expires_at = days.map(|days| now + TimeDelta::days(i64::from(days)));
            let (secret, key) = state
                .db
                .write_now(|conn| create(conn, &name, &scopes, &teams, expires_at, now.into()))?;
            let shown =
                json!({"id": key.id, "name": key.name, "secret": secret, "scopes": key.scopes});
            context.out.show(&shown, |_| {
                vec![
                    secret.clone(),
                    String::new(),
                    "Keep it well: it is shown this once.".to_owned(),
                ]
            })?;
        }
        Command::List => {
            let keys: Vec<ApiKey> = state.db.read_now(|conn| {
                select::page(conn, &keys::KEYS, &Listing::all(&keys::KEYS), |_| {})
            })?;
            context.out.show(&keys, |keys| {
                let rows: Vec<_> = keys.iter().map(|key| row(key, now)).collect();
                table(
                    &[
                        "id",
                        "name",
                        "begins",
                        "scopes",
                        "teams",
                        "state",
                        "last used",
                    ],
                    &rows,
                )
            })?;
        }
        Command::Revoke { id } => {
            state.db.write_now(|conn| {
                if !keys::revoke_key(conn, KeyId(id), now.into())? {
                    return Err(Failure::new(DATA, format!("there is no key {id}")));
                }
                record(conn, "revoked", id, now.into())?;
                Ok(())
            })?;
            context.out.show(&json!({"id": id, "revoked": true}), |_| {
                vec![format!("Key {id} is revoked.")]
            })?;
        }
    }
    Ok(())
}

/// Makes a key in the caller's transaction; the secret and what is kept of it.
pub fn create(
    conn: &mut Conn,
    name: &str,
    scopes: &[Scope],
    team_names: &[String],
    expires_at: Option<DateTime<Utc>>,
    now: UtcTime,
) -> Result<(String, ApiKey), Failure> {
    let mut ids = Vec::new();
    for team in team_names {
        let found = team_by_name(conn, team)?.filter(|team| team.deleted_at.is_none());
        let found =
            found.ok_or_else(|| Failure::new(DATA, format!("there is no team {team:?}")))?;
        ids.push(found.id.0);
    }
    let teams = if ids.is_empty() {
        Teams::All
    } else {
        Teams::Only(ids)
    };
    let key = NewKey::generate().map_err(Error::internal)?;
    let new = NewApiKey {
        name,
        key: &key,
        scopes,
        teams: &teams,
        expires_at: expires_at.map(UtcTime::from),
    };
    let kept = keys::insert_key(conn, &new, now)?;
    record(conn, "created", kept.id.0, now)?;
    Ok((key.secret, kept))
}

fn record(conn: &mut Conn, action: &str, id: i64, now: UtcTime) -> Result<(), Failure> {
    let deed = Deed {
        action,
        entity: "api_key",
        id: Some(id),
        detail: None,
    };
    Ok(audit::record(conn, &Actor::cli(), &deed, now)?)
}

fn row(key: &ApiKey, now: DateTime<Utc>) -> Vec<String> {
    let state = if key.revoked_at.is_some() {
        "revoked"
    } else if key.expires_at.is_some_and(|end| end.0 <= now) {
        "expired"
    } else {
        "valid"
    };
    vec![
        key.id.to_string(),
        key.name.clone(),
        format!("{}…", key.prefix),
        key.scopes.clone(),
        key.team_ids.clone().unwrap_or_else(|| "all".to_owned()),
        state.to_owned(),
        key.last_used_at.map_or_else(
            || "never".to_owned(),
            |at| at.0.format("%Y-%m-%d %H:%M").to_string(),
        ),
    ]
}
