//! `hawser user`: add, list and remove the people who receive alerts.

use serde_json::json;

use super::exit::{DATA, USAGE};
use super::out::table;
use super::{Context, Failure};
use crate::access::audit::{self, Actor, Deed};
use crate::access::http::users::{check_user, put_user};
use crate::access::preferences::{Frequency, RollUp};
use crate::access::store::{self, User, UserInput, users};
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
        #[command(flatten)]
        preferences: Box<Preferences>,
    },
    /// Change how a user is told of alerts; what is not named stays
    #[command(
        after_help = "Example:\n  hawser user set anna@firm.example --medium daily --zone Europe/Berlin --quiet 19:00-07:00\n  hawser user set lead@firm.example --roll-up weekly --budget none"
    )]
    Set {
        /// The address
        email: String,
        #[command(flatten)]
        preferences: Box<Preferences>,
        /// Whether alerts are mailed at all
        #[arg(long, value_name = "true|false")]
        mail: Option<bool>,
    },
    /// List the users
    List,
    /// Remove a user: no more mails
    Remove {
        /// The address
        email: String,
    },
}

/// How a user is told of alerts.
#[derive(Debug, Default, clap::Args)]
pub struct Preferences {
    /// Alerts of high severity: `never`, `real_time`, `daily` or `weekly`
    #[arg(long, value_parser = frequency)]
    high: Option<Frequency>,
    /// Those of medium severity
    #[arg(long, value_parser = frequency)]
    medium: Option<Frequency>,
    /// Those of low severity
    #[arg(long, value_parser = frequency)]
    low: Option<Frequency>,
    /// IANA time zone, such as Europe/Berlin; none: the instance's
    #[arg(long)]
    zone: Option<String>,
    /// No mails from and until, such as 19:00-07:00; none: at any time
    #[arg(long, value_name = "HH:MM-HH:MM")]
    quiet: Option<String>,
    /// When digests come
    #[arg(long, value_name = "HH:MM")]
    digest_at: Option<String>,
    /// On which day the weekly digest comes: 1 Monday to 7 Sunday
    #[arg(long, value_name = "1..7")]
    digest_weekday: Option<i64>,
    /// Alert mails a month, the rest waits for the daily digest; none: no limit
    #[arg(long, value_name = "NUMBER")]
    budget: Option<String>,
    /// The roll-up of the team's alerts: never, daily or weekly
    #[arg(long, value_parser = roll_up)]
    roll_up: Option<RollUp>,
}

fn frequency(word: &str) -> Result<Frequency, String> {
    Frequency::parse(word).ok_or_else(|| format!("expected one of {}", Frequency::WORDS.join(", ")))
}

fn roll_up(word: &str) -> Result<RollUp, String> {
    RollUp::parse(word).ok_or_else(|| format!("expected one of {}", RollUp::WORDS.join(", ")))
}

/// `none` clears.
fn or_none(text: String) -> Option<String> {
    (text != "none").then_some(text)
}

impl Preferences {
    /// Writes what is named into `input`.
    fn apply(self, input: &mut UserInput) -> Result<(), Failure> {
        input.mail_high = self.high.unwrap_or(input.mail_high);
        input.mail_medium = self.medium.unwrap_or(input.mail_medium);
        input.mail_low = self.low.unwrap_or(input.mail_low);
        if let Some(zone) = self.zone {
            input.time_zone = or_none(zone);
        }
        if let Some(quiet) = self.quiet {
            (input.quiet_from, input.quiet_until) = match or_none(quiet) {
                None => (None, None),
                Some(hours) => {
                    let (from, until) = hours.split_once('-').ok_or_else(|| {
                        Failure::new(USAGE, "--quiet: expected HH:MM-HH:MM, or none")
                    })?;
                    (Some(from.to_owned()), Some(until.to_owned()))
                }
            };
        }
        if let Some(time) = self.digest_at {
            input.digest_at = time;
        }
        input.digest_weekday = self.digest_weekday.unwrap_or(input.digest_weekday);
        if let Some(budget) = self.budget {
            let number = |text: String| {
                text.parse().map_err(|_| {
                    Failure::new(
                        USAGE,
                        "--budget: expected a number of mails a month, or none",
                    )
                })
            };
            input.mail_budget = or_none(budget).map(number).transpose()?;
        }
        input.roll_up = self.roll_up.unwrap_or(input.roll_up);
        Ok(())
    }
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
            preferences,
        } => {
            let mut input = UserInput {
                language,
                mail_alerts: !no_mail,
                ..UserInput::new(name, email)
            };
            preferences.apply(&mut input)?;
            let user = add(&state, input, team.as_deref())?;
            context.out.show(&user, |user| {
                vec![format!("User {} is {}.", user.id, user.email)]
            })?;
        }
        Command::Set {
            email,
            preferences,
            mail,
        } => {
            let user = set(&state, &email.trim().to_lowercase(), *preferences, mail)?;
            context.out.show(&user, |user| {
                vec![format!("User {} is changed.", user.email)]
            })?;
        }
        Command::List => list(context, &state)?,
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

fn list(context: &Context, state: &AppState) -> Result<(), Failure> {
    let users: Vec<User> = state.db.read_now(|conn| {
        select::page(
            conn,
            &users::USERS,
            &select::Listing::all(&users::USERS),
            |_| {},
        )
    })?;
    context.out.show(&users, |users| {
        let rows: Vec<_> = users.iter().map(row).collect();
        table(
            &[
                "id",
                "name",
                "e-mail",
                "language",
                "team",
                "alert mails",
                "high, medium, low",
                "a month",
            ],
            &rows,
        )
    })?;
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

fn set(
    state: &AppState,
    email: &str,
    preferences: Preferences,
    mail: Option<bool>,
) -> Result<User, Failure> {
    let now = state.clock.now().into();
    state.db.write_now(|conn| {
        let user = store::user_by_email(conn, email)?
            .filter(|user| user.deleted_at.is_none())
            .ok_or_else(|| Failure::new(DATA, format!("there is no user {email}")))?;
        let mut input = UserInput::of(&user)?;
        preferences.apply(&mut input)?;
        input.mail_alerts = mail.unwrap_or(input.mail_alerts);
        let user = put_user(conn, &check_user(input)?, Some(user.id), now)?;
        audit::record(conn, &Actor::cli(), &deed("updated", &user), now)?;
        Ok(user)
    })
}

fn remove(state: &AppState, email: &str) -> Result<(), Failure> {
    let now = state.clock.now().into();
    state.db.write_now(|conn| {
        let user = store::user_by_email(conn, email)?
            .filter(|user| user.deleted_at.is_none())
            .ok_or_else(|| Failure::new(DATA, format!("there is no user {email}")))?;
        users::delete_user(conn, user.id, now)?;
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
        match (user.mail_alerts, user.mail_failed_at) {
            (false, _) => "no",
            (true, None) => "yes",
            (true, Some(_)) => "come back",
        }
        .to_owned(),
        [&*user.mail_high, &*user.mail_medium, &*user.mail_low].join(", "),
        user.mail_budget
            .map_or_else(|| "no limit".to_owned(), |budget| budget.to_string()),
    ]
}
