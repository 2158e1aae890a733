//! `hawser promises`: read promises, decide those that are due, count those kept, import files.

use super::engagement::{self, ImportArgs};
use super::exit::DATA;
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::db::select::{Filter, Listing, Op, Value};
use crate::error::Error;
use crate::i18n::line::{shorten, single_line};
use crate::promises::count::{FigureParams, count};
use crate::promises::detect::detect;
use crate::promises::figures::{GroupBy, KeptFigure, PromiseFigures};
use crate::promises::store::{PROMISES, Row, Values};
use crate::promises::view::Promise;

/// Characters of a promise in a list.
const TEXT: usize = 50;

/// What to do with promises.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List promises, the newest first; decided ones only with --all
    #[command(after_help = "Example:\n  hawser promises list --all --json")]
    List {
        /// Decided ones too
        #[arg(long)]
        all: bool,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=500))]
        limit: i64,
    },
    /// Show a promise
    Show {
        /// Its number
        id: i64,
    },
    /// Decide every measured promise that is due, from shipments
    #[command(
        after_help = "`hawser serve` does so once a day.\n\nExample:\n  hawser promises check"
    )]
    Check,
    /// Show how far promises are kept
    #[command(after_help = "Example:\n  hawser promises figures --by employee")]
    Figures {
        /// Of one customer: its number, or ext:SYSTEM:ID
        #[arg(long)]
        customer: Option<String>,
        /// Grouped by customer, department or employee
        #[arg(long, value_parser = group)]
        by: Option<GroupBy>,
    },
    /// Make or replace every promise of a file by its key: all of them, or none if a row is refused
    #[command(
        after_help = "The columns are named as the members of the API, with dots (docs/promises.md).\n\nExample:\n  hawser promises import promises.csv"
    )]
    Import(ImportArgs),
}

fn group(word: &str) -> Result<GroupBy, String> {
    GroupBy::parse(word).ok_or_else(|| format!("expected one of {}", GroupBy::WORDS.join(", ")))
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { all, limit } => list(context, all, limit),
        Command::Show { id } => show(context, id),
        Command::Check => check(context),
        Command::Figures { customer, by } => {
            let params = FigureParams {
                customer,
                by,
                limit: None,
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
    let today = state.today();
    let mut listing = Listing::all(&PROMISES);
    listing.limit = limit;
    if let (false, Some(field)) = (all, PROMISES.field("status")) {
        listing.filters.push(Filter {
            field,
            op: Op::Eq,
            values: vec![Value::Text("open".to_owned())],
        });
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = state.db.read_now(|conn| {
        let rows = Row::page(conn, &listing, &Teams::All)?;
        let shown = rows.iter().take(most).map(|row| Promise::of(row, today));
        Ok::<Vec<Promise>, Failure>(shown.collect::<Result<_, _>>()?)
    })?;
    context.out.show(&found, |found| {
        let rows: Vec<Vec<String>> = found.iter().map(cells).collect();
        let head = ["id", "due", "status", "customer", "measured", "promise"];
        table(&head, &rows)
    })?;
    Ok(())
}

fn cells(promise: &Promise) -> Vec<String> {
    vec![
        promise.id.to_string(),
        promise.due_on.to_string(),
        promise.status.word().to_owned(),
        single_line(&promise.customer_name),
        measured(promise),
        shorten(&single_line(&promise.text), TEXT),
    ]
}

fn measured(promise: &Promise) -> String {
    let (Some(kpi), Some(level)) = (promise.kpi, promise.level) else {
        return String::new();
    };
    match (promise.value, promise.observations) {
        (Some(value), Some(n)) => format!("{kpi} {value:.3} of {level} ({n})"),
        _ => format!("{kpi} {level}"),
    }
}

fn show(context: &Context, id: i64) -> Result<(), Failure> {
    let state = context.state()?;
    let today = state.today();
    let found = state.db.read_now(|conn| {
        let row = Row::find(conn, id)?
            .filter(|row| row.deleted_at.is_none())
            .ok_or_else(|| Failure::new(DATA, format!("there is no promise {id}")))?;
        Ok::<_, Failure>(Promise::of(&row, today)?)
    })?;
    context.out.show(&found, |promise| {
        let mut lines = vec![
            format!("{}: {}", promise.id, promise.text),
            format!(
                "to {}, due {}; {}",
                promise.customer_name, promise.due_on, promise.status
            ),
        ];
        lines.extend(Some(measured(promise)).filter(|line| !line.is_empty()));
        lines.extend(promise.undecided.map(|why| format!("undecided: {why}")));
        lines
    })?;
    Ok(())
}

fn check(context: &Context) -> Result<(), Failure> {
    let state = context.state()?;
    let (today, now) = (state.today(), state.clock.now().into());
    let (zone, actor) = (state.config.time_zone, Actor::cli());
    let detected = state
        .db
        .write_when_free(|conn| detect(conn, today, zone, (&actor, now)))
        .map_err(|error: Error| Failure::from(error))?;
    context.out.show(&detected, |detected| {
        vec![format!(
            "{} kept, {} broken, {} undecided: too few deliveries.",
            detected.kept.len(),
            detected.broken.len(),
            detected.undecided.len()
        )]
    })?;
    Ok(())
}

fn figures(context: &Context, params: &FigureParams) -> Result<(), Failure> {
    let state = context.state()?;
    let today = state.today();
    let found = state
        .db
        .read_now(|conn| count(conn, params, &Teams::All, today))?;
    context.out.show(&found, lines)?;
    Ok(())
}

fn lines(figures: &PromiseFigures) -> Vec<String> {
    let row = |figure: &KeptFigure, name: String| {
        vec![
            name,
            figure.kept.to_string(),
            figure.broken.to_string(),
            format!("{:.1} %", 100.0 * figure.mean),
            format!("{:.1} %", 100.0 * figure.low),
        ]
    };
    let mut rows = vec![row(&figures.all, "all".to_owned())];
    rows.extend(figures.groups.iter().map(|group| {
        let name = group.name.as_deref().map(single_line);
        row(
            group,
            name.unwrap_or_else(|| "nobody in particular".to_owned()),
        )
    }));
    table(&["promises", "kept", "broken", "share", "at least"], &rows)
}
