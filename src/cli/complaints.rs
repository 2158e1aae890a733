//! `hawser complaints`: read complaints, count what came of them, import files of them.

use chrono::NaiveDate;

use super::engagement::{self, ImportArgs};
use super::exit::DATA;
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::complaints::count::{FigureParams, count};
use crate::complaints::figures::{Figures, Share, Time};
use crate::complaints::life::Severity;
use crate::complaints::store::{self, COMPLAINTS, Row, Values};
use crate::complaints::view::{Complaint, ComplaintDetail};
use crate::db::select::{Filter, Listing, Op, Value};
use crate::i18n::line::{shorten, single_line};
use crate::ids::ComplaintId;

/// Characters of a subject in a list.
const SUBJECT: usize = 50;

/// What to do with complaints.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List complaints, the newest first; closed ones only with --all
    #[command(
        after_help = "Example:\n  hawser complaints list\n  hawser complaints list --all --json"
    )]
    List {
        /// Closed ones too
        #[arg(long)]
        all: bool,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=500))]
        limit: i64,
    },
    /// Show a complaint with everything that happened to it
    Show {
        /// Its number
        id: i64,
    },
    /// Show rates, times and shares, each with what it rests on
    #[command(
        after_help = "Example:\n  hawser complaints figures --from 2026-01-01 --to 2026-04-01 --severity high"
    )]
    Figures {
        /// First day of receipt (default: 52 weeks before --to)
        #[arg(long)]
        from: Option<NaiveDate>,
        /// First day that is not counted (default: tomorrow)
        #[arg(long)]
        to: Option<NaiveDate>,
        /// Of one customer: its number, or ext:SYSTEM:ID
        #[arg(long)]
        customer: Option<String>,
        /// Of one cause: its code
        #[arg(long)]
        cause: Option<String>,
        /// Of one severity: low, medium, high or critical
        #[arg(long, value_parser = severity)]
        severity: Option<Severity>,
    },
    /// Make or replace every complaint of a file by its key: all of them, or none if a row is refused
    #[command(
        after_help = "The columns are named as the members of the API, with dots (docs/complaints.md).\n\nExample:\n  hawser complaints import complaints.csv"
    )]
    Import(ImportArgs),
}

fn severity(word: &str) -> Result<Severity, String> {
    Severity::parse(word).ok_or_else(|| format!("expected one of {}", Severity::WORDS.join(", ")))
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { all, limit } => list(context, all, limit),
        Command::Show { id } => show(context, id),
        Command::Figures {
            from,
            to,
            customer,
            cause,
            severity,
        } => {
            let params = FigureParams {
                from,
                to,
                customer,
                cause,
                severity,
            };
            figures(context, &params)
        }
        Command::Import(args) => {
            engagement::run::<Values>(context, &engagement::Command::Import(args))
        }
    }
}

fn list(context: &Context, all: bool, limit: i64) -> Result<(), Failure> {
    let state = context.state()?;
    let now = state.clock.now().into();
    let mut listing = Listing::all(&COMPLAINTS);
    listing.limit = limit;
    if let (false, Some(field)) = (all, COMPLAINTS.field("open")) {
        listing.filters.push(Filter {
            field,
            op: Op::Eq,
            values: vec![Value::Bool(true)],
        });
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let found: Vec<Complaint> = state
        .db
        .read_now(|conn| {
            let rows = Row::page(conn, &listing, &Teams::All)?;
            let shown = rows.iter().take(most);
            shown
                .map(|row| Complaint::of(row, now))
                .collect::<Result<_, _>>()
        })
        .map_err(|error: crate::db::DbError| Failure::from(error))?;
    context.out.show(&found, |found| {
        let rows: Vec<Vec<String>> = found.iter().map(Complaint::cells).collect();
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|mut cells| {
                if let Some(subject) = cells.last_mut() {
                    *subject = shorten(&single_line(subject), SUBJECT);
                }
                cells
            })
            .collect();
        table(
            &[
                "id", "received", "severity", "status", "customer", "overdue", "subject",
            ],
            &rows,
        )
    })?;
    Ok(())
}

fn show(context: &Context, id: i64) -> Result<(), Failure> {
    let state = context.state()?;
    let now = state.clock.now().into();
    let found = state.db.read_now(|conn| {
        let row = Row::find(conn, id)?
            .filter(|row| row.deleted_at.is_none())
            .ok_or_else(|| Failure::new(DATA, format!("there is no complaint {id}")))?;
        Ok::<_, Failure>(ComplaintDetail {
            events: store::events(conn, ComplaintId(row.id))?,
            complaint: Complaint::of(&row, now)?,
        })
    })?;
    context.out.show(&found, ComplaintDetail::lines)?;
    Ok(())
}

fn figures(context: &Context, params: &FigureParams) -> Result<(), Failure> {
    let state = context.state()?;
    let clock = (state.today(), state.clock.now().into());
    let zone = state.config.time_zone;
    let found = state
        .db
        .read_now(|conn| count(conn, params, Teams::All, clock, zone))?;
    context.out.show(&found, lines)?;
    Ok(())
}

fn lines(figures: &Figures) -> Vec<String> {
    let rate = figures.rate.map_or_else(
        || "no shipments".to_owned(),
        |rate| {
            format!(
                "{:.2} per 1,000 shipments ({:.2} to {:.2})",
                rate.per_1000, rate.low, rate.high
            )
        },
    );
    let mut lines = vec![
        format!(
            "{} to {}: {} complaints, {} open, {} withdrawn; {rate}.",
            figures.from, figures.to, figures.complaints, figures.open, figures.withdrawn
        ),
        String::new(),
    ];
    let mut rows = Vec::new();
    for (name, time) in [
        ("hours to first response", figures.first_response_hours),
        ("days to confirmation", figures.confirmation_days),
    ] {
        rows.push(row(name, median(&time), &time.n.to_string()));
    }
    for (name, share) in [
        ("acknowledged in time", figures.acknowledged_in_time),
        ("answered in time", figures.answered_in_time),
        ("reopened", figures.reopened),
        ("closed by the customer", figures.closed_loop),
        ("repeated", figures.repeated),
        ("unjustified", figures.unjustified),
        ("action verified", figures.action_verified),
    ] {
        rows.push(row(name, percent(&share), &share.n.to_string()));
    }
    if let Some(recovery) = figures.recovery {
        let value = format!("{:+.3}", recovery.shrunk);
        rows.push(row("recovery (shrunk)", value, &recovery.n.to_string()));
    }
    lines.extend(table(&["figure", "value", "of"], &rows));
    for period in figures.periods.iter().filter(|period| period.alarm) {
        lines.push(format!(
            "More complaints than chance explains from {} to {}: {} on {} shipments.",
            period.from, period.to, period.complaints, period.shipments
        ));
    }
    lines
}

fn row(name: &str, value: String, n: &str) -> Vec<String> {
    vec![name.to_owned(), value, n.to_owned()]
}

fn median(time: &Time) -> String {
    let unknown = || "–".to_owned();
    time.median
        .map_or_else(unknown, |median| format!("{median:.1}"))
}

fn percent(share: &Share) -> String {
    let unknown = || "–".to_owned();
    share
        .share
        .map_or_else(unknown, |share| format!("{:.1} %", 100.0 * share))
}
