//! `hawser alerts`: read alerts, and say what is done about them.

use serde::Serialize;

use super::exit::DATA;
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::alerts::facts::{Facts, PartFact, RiskFacts};
use crate::alerts::life::{self, Person};
use crate::alerts::model::{AlertState, Settlement};
use crate::alerts::store::{self, Alert};
use crate::db::select::{self, Filter, Listing, Op, Value};
use crate::i18n::Language;
use crate::i18n::line::single_line;
use crate::mail::outbox::store as outbox;
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
    /// Resolve an alert; runs open another only if something new happens
    #[command(after_help = "Example:\n  hawser alerts resolve 7 --reason false_alarm")]
    Resolve {
        /// Its number
        id: i64,
        /// Why
        #[arg(long, default_value = "acted", value_parser = settlement, help = "acted, false_alarm, lost or expired")]
        reason: Settlement,
    },
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
}

/// Runs the command.
pub fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    let state = context.state()?;
    let now = state.clock.now().into();
    match *command {
        Command::List { all } => {
            let (alerts, waiting) = state.db.read_now(|conn| {
                let alerts: Vec<Alert> = select::page(conn, &store::ALERTS, &listing(all), |_| {})?;
                Ok::<_, Failure>((alerts, outbox::waiting(conn)?))
            })?;
            context.out.show(&alerts, |alerts| {
                let rows: Vec<_> = alerts.iter().map(row).collect();
                let mut lines = table(
                    &[
                        "id", "severity", "state", "reason", "measure", "customer", "name", "since",
                    ],
                    &rows,
                );
                if waiting > 0 && context.config.smtp.is_none() {
                    lines.push(format!(
                        "{waiting} mails wait in the outbox: no mail server is configured (HAWSER_SMTP_HOST)."
                    ));
                }
                lines
            })?;
        }
        Command::Show { id } => {
            let shown = state.db.read_now(|conn| {
                let alert = store::find(conn, id, &Teams::All)?
                    .ok_or_else(|| Failure::new(DATA, format!("there is no alert {id}")))?;
                Ok::<_, Failure>(Shown {
                    facts: store::facts(conn, alert.id, &Teams::All)?,
                    mails: outbox::of_alert(conn, alert.id, &Teams::All)?,
                    alert,
                })
            })?;
            context.out.show(&shown, explain)?;
        }
        Command::Acknowledge { id } => {
            let alert = state
                .db
                .write_now(|conn| life::acknowledge(conn, id, &Person::cli(), now))?;
            context.out.show(&alert, |alert| vec![stands(alert)])?;
        }
        Command::Resolve { id, reason } => {
            let alert = state
                .db
                .write_now(|conn| life::resolve(conn, id, reason, &Person::cli(), now))?;
            context.out.show(&alert, |alert| vec![stands(alert)])?;
        }
    }
    Ok(())
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
    let why = alert.resolution.as_deref();
    let why = why.map_or_else(String::new, |why| format!(" ({why})"));
    format!(
        "Alert {} about {} is {}{why}.",
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

fn row(alert: &Alert) -> Vec<String> {
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
