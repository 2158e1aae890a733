//! `hawser alerts`: read alerts, and say what is done about them.

use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;

use super::exit::DATA;
use super::out::table;
use super::{Context, Failure};
use crate::access::{Teams, store as people};
use crate::alerts::digest;
use crate::alerts::facts::{Facts, PartFact, RiskFacts};
use crate::alerts::life::{self, Person, Resolution};
use crate::alerts::model::{AlertState, Settlement};
use crate::alerts::store::history::Event;
use crate::alerts::store::{self, Alert};
use crate::db::select::{self, Filter, Listing, Op, Value};
use crate::db::{Conn, UtcTime};
use crate::i18n::Language;
use crate::i18n::line::single_line;
use crate::ids::AlertId;
use crate::mail::outbox::store as outbox;
use crate::state::AppState;
use crate::units::Probability;

/// What to do with alerts.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List alerts, the newest first; those that are resolved only with --all
    #[command(after_help = "Example:\n  hawser alerts list\n  hawser alerts list --all --json")]
    List {
        /// Resolved ones too
        #[arg(long)]
        all: bool,
    },
    /// Show an alert: what it says, and the mails that carried it
    Show {
        /// Its number
        id: i64,
    },
    /// Note that somebody is at it
    Acknowledge {
        /// Its number
        id: i64,
    },
    /// Leave it alone for a while, or until it has become worse
    #[command(
        after_help = "Examples:\n  hawser alerts snooze 7 --until 2026-12-01\n  hawser alerts snooze 7 --days 14"
    )]
    Snooze {
        /// Its number
        id: i64,
        /// Until this day begins, in the instance's time zone
        #[arg(
            long,
            value_name = "DAY",
            required_unless_present = "days",
            conflicts_with = "days"
        )]
        until: Option<NaiveDate>,
        /// For so many days, at most 365
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=365))]
        days: Option<u32>,
    },
    /// End the snoozing
    Wake {
        /// Its number
        id: i64,
    },
    /// Give it to one of our people, or to nobody
    #[command(
        after_help = "Examples:\n  hawser alerts assign 7 anna@firm.example\n  hawser alerts assign 7 --nobody"
    )]
    Assign {
        /// Its number
        id: i64,
        /// The person's e-mail address
        #[arg(required_unless_present = "nobody", conflicts_with = "nobody")]
        email: Option<String>,
        /// Take it from whoever has it
        #[arg(long)]
        nobody: bool,
    },
    /// Open a resolved one again
    Reopen {
        /// Its number
        id: i64,
    },
    /// Show everything that was done with it
    History {
        /// Its number
        id: i64,
    },
    /// Resolve an alert; runs open another only if something new happens
    #[command(after_help = "Example:\n  hawser alerts resolve 7 --reason false_alarm")]
    Resolve {
        /// Its number
        id: i64,
        /// Why
        #[arg(long, default_value = "acted", value_parser = settlement, help = "acted, false_alarm, lost or expired")]
        reason: Settlement,
        /// In more words, for the history
        #[arg(long)]
        note: Option<String>,
    },
    /// Write the digests and roll-ups that are due; a running server does so by itself
    Digests,
    #[command(flatten)]
    Rules(super::alert_rules::Command),
}

fn settlement(word: &str) -> Result<Settlement, String> {
    Settlement::parse(word)
        .ok_or_else(|| format!("expected one of {}", Settlement::WORDS.join(", ")))
}

/// An alert with what it says.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    alert: Alert,
    facts: Facts,
    mails: Vec<outbox::Mail>,
    history: Vec<Event>,
}

/// An alert of the list.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    alert: Alert,
    /// By when the next step is due.
    due: Option<NaiveDate>,
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let state = context.state()?;
    let now: UtcTime = state.clock.now().into();
    let cli = Person::cli();
    let changed = match command {
        Command::List { all } => return list(context, &state, all),
        Command::Show { id } => return show(context, &state, id),
        Command::Rules(command) => return super::alert_rules::run(context, &state, &command),
        Command::History { id } => return history(context, &state, id),
        Command::Digests => return digests(context, &state),
        Command::Acknowledge { id } => state
            .db
            .write_now(|conn| life::acknowledge(conn, id, &cli, now))?,
        Command::Snooze { id, until, days } => {
            let until = match (until, days) {
                (Some(day), _) => life::beginning_of(day, context.config.time_zone),
                (None, days) => {
                    UtcTime(now.0 + TimeDelta::days(i64::from(days.unwrap_or_default())))
                }
            };
            state
                .db
                .write_now(|conn| life::snooze(conn, id, until, &cli, now))?
        }
        Command::Wake { id } => state
            .db
            .write_now(|conn| life::wake(conn, id, &cli, (now, state.today())))?,
        Command::Assign { id, email, .. } => state
            .db
            .write_now(|conn| assign(conn, id, email.as_deref(), now))?,
        Command::Resolve { id, reason, note } => {
            let resolution = Resolution {
                settlement: reason,
                note,
            };
            state
                .db
                .write_now(|conn| life::resolve(conn, id, &resolution, &cli, now))?
        }
        Command::Reopen { id } => state
            .db
            .write_now(|conn| life::reopen(conn, id, &cli, (now, state.today())))?,
    };
    Ok(context.out.show(&changed, |alert| vec![stands(alert)])?)
}

fn assign(conn: &mut Conn, id: i64, email: Option<&str>, now: UtcTime) -> Result<Alert, Failure> {
    let to = email
        .map(|email| {
            let user = people::user_by_email(conn, &email.trim().to_lowercase())?;
            user.filter(|user| user.deleted_at.is_none())
                .map(|user| user.id)
                .ok_or_else(|| Failure::new(DATA, format!("there is no user {email}")))
        })
        .transpose()?;
    Ok(life::assign(conn, id, to, &Person::cli(), now)?)
}

fn list(context: &Context, state: &AppState, all: bool) -> Result<(), Failure> {
    let (alerts, waiting) = state.db.read_now(|conn| {
        let alerts: Vec<Alert> = select::page(conn, &store::ALERTS, &listing(all), |_| {})?;
        let ids: Vec<AlertId> = alerts.iter().map(|alert| alert.id).collect();
        let due = store::facts::dues(conn, &ids)?;
        let listed: Vec<Listed> = alerts
            .into_iter()
            .map(|alert| Listed {
                due: due.get(&alert.id).copied(),
                alert,
            })
            .collect();
        Ok::<_, Failure>((listed, outbox::waiting(conn)?))
    })?;
    Ok(context.out.show(&alerts, |alerts| {
        let rows: Vec<_> = alerts.iter().map(row).collect();
        let mut lines = table(
            &[
                "id", "severity", "state", "reason", "measure", "customer", "name", "since", "owner",
                "due",
            ],
            &rows,
        );
        if waiting > 0 && context.config.smtp.is_none() {
            lines.push(format!(
                "{waiting} mails wait in the outbox: no mail server is configured (HAWSER_SMTP_HOST)."
            ));
        }
        lines
    })?)
}

fn missing(id: i64) -> Failure {
    Failure::new(DATA, format!("there is no alert {id}"))
}

fn show(context: &Context, state: &AppState, id: i64) -> Result<(), Failure> {
    let shown = state.db.read_now(|conn| {
        let alert = store::find(conn, id, &Teams::All)?.ok_or_else(|| missing(id))?;
        Ok::<_, Failure>(Shown {
            facts: store::facts(conn, alert.id, &Teams::All)?,
            mails: outbox::of_alert(conn, alert.id, &Teams::All)?,
            history: store::history::of(conn, alert.id)?,
            alert,
        })
    })?;
    Ok(context.out.show(&shown, explain)?)
}

fn history(context: &Context, state: &AppState, id: i64) -> Result<(), Failure> {
    let events = state.db.read_now(|conn| {
        let alert = store::find(conn, id, &Teams::All)?.ok_or_else(|| missing(id))?;
        Ok::<_, Failure>(store::history::of(conn, alert.id)?)
    })?;
    Ok(context.out.show(&events, |events| told(events))?)
}

fn told(events: &[Event]) -> Vec<String> {
    let rows: Vec<_> = events.iter().map(line).collect();
    table(
        &[
            "when", "who", "deed", "state", "severity", "measure", "detail",
        ],
        &rows,
    )
}

fn line(event: &Event) -> Vec<String> {
    vec![
        event.at.0.format("%Y-%m-%d %H:%M").to_string(),
        single_line(&event.actor),
        event.deed.clone(),
        event.state.clone(),
        event.severity.clone(),
        event
            .measure
            .map_or_else(String::new, |measure| format!("{measure:.2}")),
        event
            .detail
            .as_deref()
            .map_or_else(String::new, single_line),
    ]
}

fn listing(all: bool) -> Listing {
    let mut listing = Listing::all(&store::ALERTS);
    if !all && let Some(field) = store::ALERTS.field("state") {
        listing.filters.push(Filter {
            field,
            op: Op::Ne,
            values: vec![Value::Text(AlertState::Resolved.word().to_owned())],
        });
    }
    listing
}

fn stands(alert: &Alert) -> String {
    let why = match (&alert.resolution, alert.snoozed_until) {
        (Some(why), _) => format!(" ({why})"),
        (None, Some(until)) => format!(" until {}", until.0.format("%Y-%m-%d %H:%M UTC")),
        (None, None) => String::new(),
    };
    let owner = alert.owner_name.as_deref();
    let owner = owner.map_or_else(String::new, |name| {
        format!("; {} has it", single_line(name))
    });
    format!(
        "Alert {} about {} is {}{why}{owner}.",
        alert.id,
        subject(alert),
        alert.state
    )
}

/// Whom it is about.
fn subject(alert: &Alert) -> String {
    alert
        .customer_name
        .as_deref()
        .map_or_else(|| "our own data".to_owned(), single_line)
}

fn row(listed: &Listed) -> Vec<String> {
    let alert = &listed.alert;
    vec![
        alert.id.to_string(),
        alert.severity.clone(),
        alert.state.clone(),
        alert.reason.clone(),
        format!("{:.2}", alert.measure),
        alert
            .customer_id
            .map_or_else(String::new, |id| id.to_string()),
        subject(alert),
        alert.opened_at.0.format("%Y-%m-%d").to_string(),
        alert
            .owner_name
            .as_deref()
            .map_or_else(String::new, single_line),
        listed.due.map_or_else(String::new, |due| due.to_string()),
    ]
}

fn percent(value: f64) -> String {
    Probability::new(value).map_or_else(
        |_| value.to_string(),
        |probability| Language::En.percent(probability, 1),
    )
}

fn explain(shown: &Shown) -> Vec<String> {
    let Shown {
        alert,
        facts,
        mails,
        history,
    } = shown;
    let mut lines = vec![stands(alert)];
    lines.extend(facts.risk.iter().flat_map(risk));
    lines.push(String::new());
    lines.push(format!("Next step: {}, by {}.", facts.next_step, facts.due));
    if !mails.is_empty() {
        lines.push(String::new());
        let rows: Vec<_> = mails.iter().map(super::outbox::row).collect();
        lines.extend(table(super::outbox::HEAD, &rows));
    }
    if !history.is_empty() {
        lines.push(String::new());
        lines.extend(told(history));
    }
    lines
}

fn risk(risk: &RiskFacts) -> Vec<String> {
    let mut lines = vec![
        format!(
            "Churn {} within {} weeks of {}{}.",
            percent(risk.churn_probability),
            risk.horizon_weeks,
            risk.as_of,
            risk.before.map_or_else(String::new, |before| {
                format!(
                    ", {} on {}",
                    percent(before.churn_probability),
                    before.as_of
                )
            })
        ),
        format!(
            "{} of its {} partners fell silent. Evidence: {}.",
            risk.partners_silent, risk.partners, risk.evidence
        ),
        String::new(),
    ];
    let parts: Vec<_> = risk.parts.iter().map(part).collect();
    lines.extend(table(&["part", "churn"], &parts));
    if !risk.followers.is_empty() {
        lines.push(String::new());
        let followers: Vec<_> = risk
            .followers
            .iter()
            .map(|follower| {
                vec![
                    named(follower.name.as_deref(), follower.customer_id),
                    percent(follower.churn_probability),
                    percent(follower.churn_if_lost),
                ]
            })
            .collect();
        lines.extend(table(
            &["might follow (a hypothesis)", "today", "if lost"],
            &followers,
        ));
    }
    lines
}

fn part(part: &PartFact) -> Vec<String> {
    match part {
        PartFact::Own { probability } => vec!["its own".to_owned(), percent(*probability)],
        PartFact::Partner {
            customer_id,
            name,
            share,
            probability,
        } => {
            let partner = named(name.as_deref(), *customer_id);
            vec![
                format!("{partner} ({} of its business)", percent(*share)),
                percent(*probability),
            ]
        }
        PartFact::Others { count, probability } => {
            vec![format!("{count} other partners"), percent(*probability)]
        }
    }
}

fn named(name: Option<&str>, id: Option<i64>) -> String {
    let number = id.map_or_else(String::new, |id| format!(" [{id}]"));
    format!("{}{number}", single_line(name.unwrap_or("a partner")))
}

fn digests(context: &Context, state: &AppState) -> Result<(), Failure> {
    let sent = digest::send_now(state)?;
    Ok(context.out.show(&sent, |sent| {
        vec![format!(
            "{} digests and {} roll-ups are in the outbox.",
            sent.digests, sent.roll_ups
        )]
    })?)
}
