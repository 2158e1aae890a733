//! `hawser owners`, `hawser hand-over`: who looks after a customer, and what the next one must know.

use std::fmt::Write as _;

use chrono::NaiveDate;

use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::api::reference::Reference;
use crate::engagement::edit::Writer;
use crate::ids::UserId;
use crate::interactions::hand_over::{self, HandOver};
use crate::interactions::index::{self, Period};
use crate::interactions::model::UserKey;
use crate::interactions::owners::{self, OwnerInput, visible};
use crate::interactions::store::hand_over::OpenComplaint;
use crate::interactions::store::owners::{self as store, Owner};
use crate::sentiment::company::WINDOW_DAYS;

/// What to do with owners.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Put a customer in the hands of one of our people
    #[command(
        after_help = "Example:\n  hawser owners set ext:tms:C-17 --user anna@firm.example --from 2026-04-01"
    )]
    Set {
        /// The customer: its id, or ext:SYSTEM:ID
        customer: String,
        /// The person: a user's e-mail address or id
        #[arg(long)]
        user: String,
        /// The first day (default: today)
        #[arg(long, value_name = "DAY")]
        from: Option<NaiveDate>,
    },
    /// Show who looks after a customer, and did so before
    Show {
        /// The customer: its id, or ext:SYSTEM:ID
        customer: String,
    },
}

/// Arguments of `hand-over`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hawser hand-over ext:tms:C-17\n  hawser hand-over --user 4 --json"
)]
pub struct HandOverArgs {
    /// The customer: its id, or ext:SYSTEM:ID
    #[arg(required_unless_present = "user", conflicts_with = "user")]
    customer: Option<String>,
    /// Every customer of this user, by id
    #[arg(long, value_name = "ID")]
    user: Option<i64>,
}

/// Runs `owners`.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let state = context.state()?;
    let owners = match command {
        Command::Set {
            customer,
            user,
            from,
        } => {
            let reference = Reference::parse(&customer)?;
            let writer = Writer {
                teams: Teams::All,
                actor: Actor::cli(),
                now: state.clock.now().into(),
            };
            let id = user.parse().ok();
            let input = OwnerInput {
                user: UserKey {
                    id,
                    email: id.is_none().then_some(user),
                },
                from_on: from,
            };
            let today = state.today();
            state
                .db
                .write_now(|conn| owners::set(conn, &writer, &reference, input, today))?
        }
        Command::Show { customer } => {
            let reference = Reference::parse(&customer)?;
            state.db.read_now(|conn| {
                let customer = visible(conn, &reference, &Teams::All)?;
                Ok::<_, Failure>(store::history(conn, customer)?)
            })?
        }
    };
    context.out.show(&owners, |owners| {
        let rows: Vec<_> = owners.iter().map(row).collect();
        table(&["user", "name", "from", "until"], &rows)
    })?;
    Ok(())
}

fn row(owner: &Owner) -> Vec<String> {
    let until = owner.until_on.map(|day| day.to_string());
    vec![
        owner.user_id.to_string(),
        owner.name.clone(),
        owner.from_on.to_string(),
        until.unwrap_or_else(|| "now".to_owned()),
    ]
}

/// Runs `hand-over`.
pub fn hand_over(context: &Context, args: &HandOverArgs) -> Result<(), Failure> {
    let state = context.state()?;
    let zone = state.config.time_zone;
    let period = Period::before(None, state.clock.now(), zone, WINDOW_DAYS)?;
    let today = state.today();
    let lists = state.db.snapshot_now(|conn| {
        let customers = match (&args.customer, args.user) {
            (Some(customer), _) => {
                vec![visible(conn, &Reference::parse(customer)?, &Teams::All)?]
            }
            (None, Some(user)) => store::owned_by(conn, UserId(user), today)?,
            (None, None) => Vec::new(),
        };
        let median = index::company(conn, period)?;
        let mut lists = Vec::with_capacity(customers.len());
        for customer in customers {
            lists.push(hand_over::list(conn, customer, period, &median, today)?);
        }
        Ok::<_, Failure>(lists)
    })?;
    context.out.show(&lists, |lists| {
        if lists.is_empty() {
            return vec!["No customer is owned by this user.".to_owned()];
        }
        lists.iter().flat_map(|list| lines(list, today)).collect()
    })?;
    Ok(())
}

fn lines(list: &HandOver, today: NaiveDate) -> Vec<String> {
    let mut lines = vec![format!("{} ({})", list.name, list.customer_id)];
    let mut section = |title: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            lines.push(format!("  {title}"));
            lines.extend(rows.into_iter().map(|row| format!("    {row}")));
        }
    };
    // Somebody who is to begin later may stand in front.
    let owner = list.owners.iter().find(|owner| owner.from_on <= today);
    let owner = owner.map(|owner| format!("{} since {}", owner.name, owner.from_on));
    section("Owner", owner.into_iter().collect());
    let feeling = list.sentiment.map(|value| format!("{value:+.2}"));
    section("Sentiment index", feeling.into_iter().collect());
    section("Open complaints", each(&list.complaints, complaint));
    section(
        "Open promises",
        each(&list.promises, |one| {
            format!("{} due {}: {}", one.id, one.due_on, one.text)
        }),
    );
    section(
        "Contracts that end",
        each(&list.contracts, |one| {
            format!("{} on {}", one.external_id, one.ends_on)
        }),
    );
    section("Key contacts", each(&list.contacts, contact));
    section(
        "Last interactions",
        each(&list.interactions, |one| {
            let subject = one.subject.as_deref().unwrap_or_default();
            let day = one.at.0.date_naive();
            format!("{day} {} {} {subject}", one.channel, one.direction)
        }),
    );
    section(
        "Surveys without an answer",
        each(&list.surveys, |one| {
            let (asked, until) = (one.invited_at.0.date_naive(), one.closes_at.0.date_naive());
            format!(
                "{}: contact {} asked {asked}, open until {until}",
                one.survey, one.contact_id
            )
        }),
    );
    section(
        "Open alerts",
        each(&list.alerts, |one| {
            format!("{} {} {} ({})", one.id, one.severity, one.reason, one.state)
        }),
    );
    lines
}

fn complaint(one: &OpenComplaint) -> String {
    let due = one.answer_due_at.0.date_naive();
    let (id, severity) = (one.id, &one.severity);
    format!(
        "{id} {severity}, {}: {} (answer due {due})",
        one.status, one.subject
    )
}

fn each<T>(rows: &[T], line: impl Fn(&T) -> String) -> Vec<String> {
    rows.iter().map(line).collect()
}

fn contact(one: &hand_over::KeyContact) -> String {
    let mut line = format!(
        "{} {}: {:.0} % of the talk",
        one.id,
        one.name,
        one.share * 100.0
    );
    if let Some(department) = &one.department {
        let _ = write!(line, ", {department}");
    }
    if let Some(role) = &one.buying_role {
        let _ = write!(line, ", {role}");
    }
    match one.sentiment {
        Some(value) => {
            let _ = write!(line, ", sentiment {value:+.2}");
        }
        None => line.push_str(", too little text"),
    }
    line
}
