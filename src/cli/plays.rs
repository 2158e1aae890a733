//! `hawser plays`: look after customers by plays, and see what they come to.

mod show;

use chrono::{Days, NaiveDate};

use self::show::{cells, effect_lines, lines};
use super::explain::find;
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::api::etag::IfMatch;
use crate::api::reference::Reference;
use crate::customers::edit::Writer;
use crate::db::DbResult;
use crate::db::select::{Filter, Listing, Op, Value};
use crate::engagement::model::RecordKey;
use crate::error::Error;
use crate::i18n::line::single_line;
use crate::plays::deed::{Act, Today, perform};
use crate::plays::model::{PlayInput, PlayOutcome, PlayStatus, Verdict};
use crate::plays::record::tell;
use crate::plays::store::templates::{self, TEMPLATES, Template};
use crate::plays::store::{self, PLAYS};
use crate::plays::view::Play;
use crate::plays::{edit, effects};
use crate::state::AppState;

/// Characters of a title in a list.
const TITLE: usize = 50;

/// What to do with plays.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List plays, the newest first; those that ended only with --all
    #[command(after_help = "Example:\n  hawser plays list --all --json")]
    List {
        /// Those too that are done or were given up
        #[arg(long)]
        all: bool,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=500))]
        limit: i64,
    },
    /// Make a play for a customer; it begins at once unless --on is to come
    #[command(
        after_help = "Example:\n  hawser plays start \"Brandt GmbH\" --template visit --owner 3 --alert 17"
    )]
    Start(StartArgs),
    /// Show a play with its steps
    Show {
        /// Its number
        id: i64,
    },
    /// Mark a step as done; the first one begins the play, the last one ends it
    #[command(after_help = "Example:\n  hawser plays done 12 1")]
    Done {
        /// The play's number
        id: i64,
        /// The step's number
        step: i64,
        /// When the play began, if this is its first step (default: today)
        #[arg(long, value_name = "DAY")]
        on: Option<NaiveDate>,
    },
    /// End a play, whatever of its steps is not done
    Finish {
        /// Its number
        id: i64,
        /// When (default: today)
        #[arg(long, value_name = "DAY")]
        on: Option<NaiveDate>,
    },
    /// Give a play up
    Cancel {
        /// Its number
        id: i64,
        /// When (default: today)
        #[arg(long, value_name = "DAY")]
        on: Option<NaiveDate>,
    },
    /// Say what came of a play; the effect is measured by shipments all the same
    #[command(
        after_help = "Example:\n  hawser plays outcome 12 kept --note \"New contract signed\""
    )]
    Outcome {
        /// Its number
        id: i64,
        /// kept, lost or `too_early`
        #[arg(value_parser = outcome)]
        outcome: PlayOutcome,
        /// How that is known
        #[arg(long)]
        note: Option<String>,
    },
    /// List the templates that plays are made of
    Templates,
    /// Tell outcomes that can be told, and show how much plays have lowered the risk of loss
    #[command(after_help = "Example:\n  hawser plays effect --json")]
    Effect,
}

/// Arguments of `start`.
#[derive(Debug, clap::Args)]
pub struct StartArgs {
    /// The customer: its id, ext:SYSTEM:ID, or (the beginning of) its name
    customer: String,
    /// Code of the template
    #[arg(long)]
    template: String,
    /// The alert that it answers
    #[arg(long, value_name = "ID")]
    alert: Option<i64>,
    /// Who does it: a user's id
    #[arg(long, value_name = "ID")]
    owner: Option<i64>,
    /// When it begins (default: today)
    #[arg(long, value_name = "DAY")]
    on: Option<NaiveDate>,
    /// What it costs, in minor units (default: as the template says)
    #[arg(long, value_name = "AMOUNT")]
    cost: Option<i64>,
    /// What it is called (default: as the template)
    #[arg(long)]
    title: Option<String>,
    /// For those who read it
    #[arg(long)]
    note: Option<String>,
}

fn outcome(word: &str) -> Result<PlayOutcome, String> {
    PlayOutcome::parse(word)
        .ok_or_else(|| format!("expected one of {}", PlayOutcome::WORDS.join(", ")))
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { all, limit } => list(context, all, limit),
        Command::Start(args) => start(context, &args),
        Command::Show { id } => show(context, id),
        Command::Done { id, step, on } => act(context, id, &Act::StepDone(step, on)),
        Command::Finish { id, on } => act(context, id, &Act::Finish(on)),
        Command::Cancel { id, on } => act(context, id, &Act::Cancel(on)),
        Command::Outcome { id, outcome, note } => {
            act(context, id, &Act::Outcome(Verdict { outcome, note }))
        }
        Command::Templates => all_templates(context),
        Command::Effect => effect(context),
    }
}

fn writer(state: &AppState) -> Writer {
    Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now: state.clock.now().into(),
    }
}

fn today(state: &AppState) -> Today {
    Today {
        day: state.today(),
        horizon_weeks: state.config.assessment.horizon_weeks,
    }
}

fn list(context: &Context, all: bool, limit: i64) -> Result<(), Failure> {
    let state = context.state()?;
    let today = state.today();
    let mut listing = Listing::all(&PLAYS);
    listing.limit = limit;
    if let (false, Some(field)) = (all, PLAYS.field("status")) {
        let open = [PlayStatus::Planned, PlayStatus::Running];
        listing.filters.push(Filter {
            field,
            op: Op::In,
            values: open
                .map(|status| Value::Text(status.word().to_owned()))
                .to_vec(),
        });
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let found: Vec<Play> = state.db.read_now(|conn| {
        let rows = store::page(conn, &listing, &Teams::All)?;
        let shown = rows.iter().take(most).map(|row| Play::of(row, today));
        Ok::<_, Failure>(shown.collect::<DbResult<_>>()?)
    })?;
    context.out.show(&found, |found| {
        let rows: Vec<Vec<String>> = found.iter().map(cells).collect();
        let head = [
            "id", "due", "status", "template", "outcome", "customer", "title",
        ];
        table(&head, &rows)
    })?;
    Ok(())
}

fn start(context: &Context, args: &StartArgs) -> Result<(), Failure> {
    let state = context.state()?;
    let (writer, today) = (writer(&state), today(&state));
    let made = state.db.write_now(|conn| {
        let customer = match find(conn, &args.customer)? {
            Reference::Id(id) => RecordKey::from(id),
            Reference::External(external) => RecordKey {
                id: None,
                external_id: Some(external),
            },
        };
        let input = PlayInput {
            customer,
            template: args.template.clone(),
            alert_id: args.alert,
            owner_id: args.owner,
            starts_on: args.on,
            cost: args.cost,
            title: args.title.clone(),
            note: args.note.clone(),
        };
        let made = edit::create(conn, &writer, input, today.day)?;
        let on = made.play.starts_on;
        if on > today.day {
            return Ok::<_, Failure>(made);
        }
        let id = (made.play.id, &IfMatch::Absent);
        Ok(perform(conn, &writer, id, Act::Start(Some(on)), today)?)
    })?;
    Ok(context.out.show(&made, lines)?)
}

fn show(context: &Context, id: i64) -> Result<(), Failure> {
    let state = context.state()?;
    let (reader, today) = (writer(&state), state.today());
    let found = state
        .db
        .read_now(|conn| edit::detail(conn, &reader, id, today))?;
    Ok(context.out.show(&found, lines)?)
}

fn act(context: &Context, id: i64, act: &Act) -> Result<(), Failure> {
    let state = context.state()?;
    let (writer, today) = (writer(&state), today(&state));
    let done = state
        .db
        .write_now(|conn| perform(conn, &writer, (id, &IfMatch::Absent), act.clone(), today))?;
    Ok(context.out.show(&done, lines)?)
}

fn all_templates(context: &Context) -> Result<(), Failure> {
    let state = context.state()?;
    let listing = Listing::all(&TEMPLATES);
    let found: Vec<Template> = state
        .db
        .read_now(|conn| templates::page(conn, &listing))
        .map_err(|error: crate::db::DbError| Failure::from(error))?;
    context.out.show(&found, |found| {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|template| {
                vec![
                    template.told.code.clone(),
                    single_line(&template.told.name_en),
                    template.told.steps.len().to_string(),
                    if template.told.active { "yes" } else { "no" }.to_owned(),
                ]
            })
            .collect();
        table(&["code", "name", "steps", "in use"], &rows)
    })?;
    Ok(())
}

fn effect(context: &Context) -> Result<(), Failure> {
    let state = context.state()?;
    let (today, now) = (state.today(), state.clock.now().into());
    state
        .db
        .write_when_free(|conn| tell(conn, today, (&Actor::cli(), now)))
        .map_err(|error: Error| Failure::from(error))?;
    let before = today + Days::new(1);
    let found = state
        .db
        .read_now(|conn| effects(conn, before, &Teams::All))
        .map_err(|error: crate::db::DbError| Failure::from(error))?;
    Ok(context.out.show(&found, effect_lines)?)
}
