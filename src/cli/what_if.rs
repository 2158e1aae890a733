//! `hawser what-if`: what would follow if a customer left, stayed, or a link changed.

mod lines;

use chrono::NaiveDate;
use clap::Subcommand;

use super::exit::USAGE;
use super::explain::find;
use super::measure::Measure;
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::config::Config;
use crate::db::select::{self, Listing};
use crate::db::{Conn, UtcTime};
use crate::i18n::Language;
use crate::network::store::Visible;
use crate::shipments::model::FreightTerms;
use crate::state::AppState;
use crate::whatifs::compare;
use crate::whatifs::engine::{self, Engine, Snapshots};
use crate::whatifs::request::{ChangeInput, ChangeKind, CustomerRef, WhatIfInput, WorldsInput};
use crate::whatifs::store::{WHAT_IFS, WhatIfRow};
use crate::whatifs::views::{Shift, WhatIfView};
use crate::whatifs::{changes, what_if};

pub use lines::called;
use lines::{comparison, lines};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "A customer is an id, ext:SYSTEM:ID, or (the beginning of) a name; a link is SHIPPER,CONSIGNEE.\n\nExample:\n  hawser what-if --lose ext:tms:4711\n  hawser what-if --protect 12 --own-churn 14=0.3 --save \"Visit both\"\n  hawser what-if --link-business 12,14=x0.5 --link-value 12,14=x0.5\n  hawser what-if --lose 12 --worlds 1000\n  hawser what-if compare 1 2"
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// This customer leaves
    #[arg(long, value_name = "CUSTOMER")]
    lose: Vec<String>,
    /// This customer does not leave by itself; it may still follow partners
    #[arg(long, value_name = "CUSTOMER")]
    protect: Vec<String>,
    /// This customer leaves by itself with this probability
    #[arg(long, value_name = "CUSTOMER=PROBABILITY")]
    own_churn: Vec<String>,
    /// One strength of the cascade for everybody, at least 0 and below 1; or xFACTOR
    #[arg(long, value_name = "STRENGTH")]
    strength: Option<String>,
    /// Business of a link over the window, in the run's basis; or xFACTOR
    #[arg(long, value_name = "LINK=AMOUNT")]
    link_business: Vec<String>,
    /// Value of a link over the horizon, in the run's basis; or xFACTOR
    #[arg(long, value_name = "LINK=AMOUNT")]
    link_value: Vec<String>,
    /// Freight terms of a link: prepaid, collect, `third_party` or unknown
    #[arg(long, value_name = "LINK=TERMS")]
    terms: Vec<String>,
    /// As-of date of a finished run (default: the latest)
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Affected customers to name
    #[arg(long, value_name = "ROWS")]
    limit: Option<u32>,
    /// Simulate so many worlds for the distribution of the loss
    #[arg(long, value_name = "WORLDS")]
    worlds: Option<u32>,
    /// Seed of the simulation
    #[arg(long, value_name = "SEED", requires = "worlds", default_value_t = 1)]
    seed: u64,
    /// Keep the answer under this name
    #[arg(long, value_name = "NAME")]
    save: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the what-ifs that were kept
    List,
    /// Show one that was kept
    Show {
        /// Its id
        id: i64,
    },
    /// Show several of the same run side by side
    Compare {
        /// Their ids
        #[arg(required = true, num_args = 2..)]
        ids: Vec<i64>,
    },
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let state = context.state()?;
    match &args.command {
        None => ask(context, &state, args),
        Some(Command::List) => list(context, &state),
        Some(Command::Show { id }) => show(context, &state, *id),
        Some(Command::Compare { ids }) => compared(context, &state, ids),
    }
}

/// The network of a finished run.
pub fn open(
    conn: &mut Conn,
    as_of: Option<NaiveDate>,
    run_id: Option<i64>,
) -> Result<Engine, Failure> {
    let run = engine::wanted(conn, as_of, run_id)?;
    let snapshots = Snapshots::read(conn, run)?;
    Ok(Engine::new(snapshots).map_err(crate::error::Error::from)?)
}

fn ask(context: &Context, state: &AppState, args: &Args) -> Result<(), Failure> {
    let config = &context.config;
    let speech = (Language::En, config);
    let teams = Teams::All;
    let engine = state.db.read_now(|conn| open(conn, args.as_of, None))?;
    let input = state
        .db
        .read_now(|conn| args.input(conn, &engine, config))?;
    input.check()?;
    let resolved = state
        .db
        .read_now(|conn| changes::resolve(conn, &engine, &input.changes, &teams))?;
    let result = what_if::compute(&engine, &resolved, &input, &Visible::All)?;
    let told = (&resolved[..], &result);
    let name = args.save.as_deref();
    let view = if name.is_some() {
        let now = UtcTime::from(state.clock.now());
        state.db.write_now(|conn| {
            let new = what_if::New {
                name,
                changes: &resolved,
                result: &result,
            };
            let row = what_if::keep(conn, &engine, &new, &Actor::cli(), now)?;
            kept(conn, &row, config)
        })?
    } else {
        state.db.read_now(|conn| {
            let frame = what_if::Frame {
                kept: None,
                name: None,
                source: engine.run().source(),
            };
            what_if::view(conn, frame, told, &teams, speech)
        })?
    };
    Ok(context.out.show(&view, |view| lines(view, config))?)
}

fn kept(conn: &mut Conn, row: &WhatIfRow, config: &Config) -> Result<WhatIfView, Failure> {
    let frame = what_if::Frame {
        kept: Some(row),
        name: row.name.as_deref(),
        source: row.source(),
    };
    let (changes, result) = (row.changes()?, row.result()?);
    let speech = (Language::En, config);
    let told = (&changes[..], &result);
    Ok(what_if::view(conn, frame, told, &Teams::All, speech)?)
}

fn show(context: &Context, state: &AppState, id: i64) -> Result<(), Failure> {
    let config = &context.config;
    let view = state.db.read_now(|conn| {
        let row = what_if::find(conn, id, &Teams::All)?;
        kept(conn, &row, config)
    })?;
    Ok(context.out.show(&view, |view| lines(view, config))?)
}

fn list(context: &Context, state: &AppState) -> Result<(), Failure> {
    let rows: Vec<WhatIfRow> = state
        .db
        .read_now(|conn| select::page(conn, &WHAT_IFS, &Listing::all(&WHAT_IFS), |_| {}))?;
    if context.out.json {
        let shown: Vec<_> = rows
            .iter()
            .map(|row| {
                let loss = Shift::new(row.loss_before, row.loss_after);
                serde_json::json!({"id": row.id, "name": row.name, "source": row.source(),
                    "expected_loss": loss, "actor": row.actor, "created_at": row.created_at})
            })
            .collect();
        return Ok(context.out.json(&shown)?);
    }
    if rows.is_empty() {
        let hint = "No what-if has been kept yet; --save NAME keeps one.";
        return Ok(context.out.line(hint)?);
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let measure = Measure::of_value(&row.source(), &context.config);
            vec![
                row.id.to_string(),
                row.name.clone().unwrap_or_default(),
                row.source().as_of.to_string(),
                measure.number(row.loss_before),
                measure.number(row.loss_after),
                measure.unit,
            ]
        })
        .collect();
    let head = ["id", "name", "as of", "loss before", "after", ""];
    for line in table(&head, &cells) {
        context.out.line(line)?;
    }
    Ok(())
}

fn compared(context: &Context, state: &AppState, ids: &[i64]) -> Result<(), Failure> {
    let config = &context.config;
    let rows = state
        .db
        .read_now(|conn| compare::wanted(conn, ids, &Teams::All))?;
    let run = rows.first().map(|row| row.run_id.0);
    let engine = state.db.read_now(|conn| open(conn, None, run))?;
    let fates = compare::fates(&engine, &rows)?;
    let view = state.db.read_now(|conn| {
        let speech = (Language::En, config);
        compare::view(conn, &engine, &rows, fates, &Teams::All, speech)
    })?;
    Ok(context.out.show(&view, |view| comparison(view, config))?)
}

impl Args {
    /// What the flags ask for.
    fn input(
        &self,
        conn: &mut Conn,
        engine: &Engine,
        config: &Config,
    ) -> Result<WhatIfInput, Failure> {
        let mut changes = Vec::new();
        for (kind, customers) in [
            (ChangeKind::Lose, &self.lose),
            (ChangeKind::Protect, &self.protect),
        ] {
            for customer in customers {
                let mut change = empty(kind);
                change.customer = Some(CustomerRef(find(conn, customer)?));
                changes.push(change);
            }
        }
        for text in &self.own_churn {
            changes.push(own_churn(conn, text)?);
        }
        if let Some(text) = &self.strength {
            let mut change = empty(ChangeKind::Strength);
            amount("strength", text, &mut change, |value| value)?;
            changes.push(change);
        }
        self.amounts(conn, engine, config, &mut changes)?;
        for text in &self.terms {
            let (link, word) = split("terms", text)?;
            let mut change = of_link(conn, "terms", ChangeKind::FreightTerms, link)?;
            let terms = FreightTerms::parse(word).ok_or_else(|| {
                let words = FreightTerms::WORDS.join(", ");
                Failure::new(USAGE, format!("--terms {text}: expected one of {words}"))
            })?;
            change.terms = Some(terms);
            changes.push(change);
        }
        if changes.is_empty() {
            let hint = "expected at least one change, such as --lose CUSTOMER; see --help";
            return Err(Failure::new(USAGE, hint));
        }
        Ok(WhatIfInput {
            name: self.save.clone(),
            as_of: None,
            run_id: None,
            changes,
            limit: self.limit,
            distribution: self.worlds.map(|worlds| WorldsInput {
                worlds,
                seed: self.seed,
            }),
        })
    }

    /// Changes of what links carry and are worth.
    fn amounts(
        &self,
        conn: &mut Conn,
        engine: &Engine,
        config: &Config,
        changes: &mut Vec<ChangeInput>,
    ) -> Result<(), Failure> {
        let measure = Measure::of_value(&engine.run().source(), config);
        let business = Measure::of_business(&engine.run().source(), config);
        for (flag, kind, measure, texts) in [
            (
                "link-business",
                ChangeKind::LinkBusiness,
                &business,
                &self.link_business,
            ),
            (
                "link-value",
                ChangeKind::LinkValue,
                &measure,
                &self.link_value,
            ),
        ] {
            for text in texts {
                let (link, value) = split(flag, text)?;
                let mut change = of_link(conn, flag, kind, link)?;
                amount(flag, value, &mut change, |value| measure.stored(value))?;
                changes.push(change);
            }
        }
        Ok(())
    }
}

fn empty(kind: ChangeKind) -> ChangeInput {
    ChangeInput {
        kind,
        customer: None,
        shipper: None,
        consignee: None,
        probability: None,
        value: None,
        factor: None,
        terms: None,
    }
}

fn own_churn(conn: &mut Conn, text: &str) -> Result<ChangeInput, Failure> {
    let (customer, probability) = split("own-churn", text)?;
    let mut change = empty(ChangeKind::OwnChurn);
    change.customer = Some(CustomerRef(find(conn, customer)?));
    change.probability = Some(number("own-churn", probability)?);
    Ok(change)
}

fn of_link(
    conn: &mut Conn,
    flag: &str,
    kind: ChangeKind,
    link: &str,
) -> Result<ChangeInput, Failure> {
    let wrong = || {
        Failure::new(
            USAGE,
            format!("--{flag} {link}: expected SHIPPER,CONSIGNEE"),
        )
    };
    // Names may hold commas: the first one that leaves a customer on either side counts.
    let commas = link
        .match_indices(',')
        .map(|(place, _)| link.split_at(place));
    let mut ends = Err(wrong());
    for (shipper, consignee) in commas {
        let consignee = consignee.trim_start_matches(',').trim();
        ends = find(conn, shipper.trim()).and_then(|shipper| Ok((shipper, find(conn, consignee)?)));
        if ends.is_ok() {
            break;
        }
    }
    let (shipper, consignee) = ends?;
    let mut change = empty(kind);
    change.shipper = Some(CustomerRef(shipper));
    change.consignee = Some(CustomerRef(consignee));
    Ok(change)
}

/// What stands before and behind the last `=`: external ids may hold some.
fn split<'t>(flag: &str, text: &'t str) -> Result<(&'t str, &'t str), Failure> {
    text.rsplit_once('=')
        .ok_or_else(|| Failure::new(USAGE, format!("--{flag} {text}: expected = and a value")))
}

fn number(flag: &str, text: &str) -> Result<f64, Failure> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| Failure::new(USAGE, format!("--{flag} {text}: expected a number")))
}

fn amount(
    flag: &str,
    text: &str,
    change: &mut ChangeInput,
    stored: impl Fn(f64) -> f64,
) -> Result<(), Failure> {
    if let Some(factor) = text.strip_prefix('x') {
        change.factor = Some(number(flag, factor)?);
    } else {
        change.value = Some(stored(number(flag, text)?));
    }
    Ok(())
}
