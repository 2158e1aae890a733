//! `hawser user`: add, list and remove the people who receive alerts.

use serde_json::json;

use super::exit::DATA;
use super::out::table;
use super::{Context, Failure};
use crate::access::audit::{self, Actor, Deed};
use crate::access::http::{check_user, put_user};
use crate::access::store::{self, User, UserInput};
use crate::db::select;
use crate::state::AppState;

/// What to do with users.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a user
    #[command(
        after_help = "Example:\n  hawser user add --name \"Anna Berg\" --email anna@firm.example --team north\n  hawser user add --name 李娜 --email lina@firm.example --language zh"
    )]
    Add {
        /// The person's name
        #[arg(long)]
        name: String,
        /// Where mails go
        #[arg(long)]
        email: String,
        /// en or zh
        #[arg(long, default_value = "en")]
        language: String,
        /// Name of the team; without one the person hears of every customer
        #[arg(long)]
        team: Option<String>,
        /// Send no alert mails
        #[arg(long)]
        no_mail: bool,
    },
    /// List the users
    List,
    /// Remove a user: no more mails
    Remove {
        /// The address
        email: String,
    },
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let state = context.state()?;
    match command {
        Command::Add {
            name,
            email,
            language,
            team,
            no_mail,
        } => {
            let input = UserInput {
                name,
                email,
                language,
                team_id: None,
                mail_alerts: !no_mail,
            };
            let user = add(&state, input, team.as_deref())?;
            context.out.show(&user, |user| {
                vec![format!("User {} is {}.", user.id, user.email)]
            })?;
        }
        Command::List => {
            let users: Vec<User> = state.db.read_now(|conn| {
                select::page(
                    conn,
                    &store::USERS,
                    &select::Listing::all(&store::USERS),
                    |_| {},
                )
            })?;
            context.out.show(&users, |users| {
                let rows: Vec<_> = users.iter().map(row).collect();
                table(
                    &["id", "name", "e-mail", "language", "team", "alert mails"],
                    &rows,
                )
            })?;
        }
        Command::Remove { email } => {
            let email = email.trim().to_lowercase();
            remove(&state, &email)?;
            context
                .out
                .show(&json!({"email": email, "removed": true}), |_| {
                    vec![format!("User {email} is removed.")]
                })?;
        }
    }
    Ok(())
}

fn add(state: &AppState, mut input: UserInput, team: Option<&str>) -> Result<User, Failure> {
    let now = state.clock.now().into();
    state.db.write_now(|conn| {
        if let Some(name) = team {
            let found = store::team_by_name(conn, name)?
                .filter(|team| team.deleted_at.is_none())
                .ok_or_else(|| Failure::new(DATA, format!("there is no team {name:?}")))?;
            input.team_id = Some(found.id.0);
        }
        let user = put_user(conn, &check_user(input)?, None, now)?;
        audit::record(conn, &Actor::cli(), &deed("created", &user), now)?;
        Ok(user)
    })
}

fn remove(state: &AppState, email: &str) -> Result<(), Failure> {
    let now = state.clock.now().into();
    state.db.write_now(|conn| {
        let user = store::user_by_email(conn, email)?
            .filter(|user| user.deleted_at.is_none())
            .ok_or_else(|| Failure::new(DATA, format!("there is no user {email}")))?;
        store::delete_user(conn, user.id, now)?;
        audit::record(conn, &Actor::cli(), &deed("deleted", &user), now)?;
        Ok(())
    })
}

fn deed<'a>(action: &'a str, user: &User) -> Deed<'a> {
    Deed {
        action,
        entity: "user",
        id: Some(user.id.0),
        detail: None,
    }
}

fn row(user: &User) -> Vec<String> {
    vec![
        user.id.to_string(),
        user.name.clone(),
        user.email.clone(),
        user.language.clone(),
        user.team_id
            .map_or_else(|| "all".to_owned(), |team| team.to_string()),
        if user.mail_alerts { "yes" } else { "no" }.to_owned(),
    ]
}
