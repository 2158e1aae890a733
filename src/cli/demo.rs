//! `hawser demo`: a generated network to look at, assessed, served and explained.
//!
//! ```text
//! demo::DemoWorld ─┬─> fill   one transaction ─> assess at four dates ─> greeting ─> serve
//!                  └─> csv    a file, no database
//! ```

mod fill;
mod greeting;
mod store;
mod voices;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate, TimeDelta};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::exit::{DATA, IO, SOFTWARE, USAGE};
use super::{Context, Failure, key, serve};
use crate::access::Scope;
use crate::access::audit::Actor;
use crate::access::store::keys;
use crate::app::after_run;
use crate::assessment::{run, store as assessment};
use crate::db::Target;
use crate::demo::{DemoPlan, DemoWorld, PlanError, csv as demo_csv};
use crate::state::{AppState, Clock};

/// The database of a demo for which none was configured.
const FILE: &str = "demo.db";
/// Name of the key that a demo makes, and replaces each time.
const KEY: &str = "demo";
/// How many weeks before the end of its data a demo is assessed: the last run is the present.
const WEEKS_AGO: [u64; 4] = [26, 13, 4, 0];

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hawser demo\n  hawser demo --customers 2000 --bind 127.0.0.1:9000\n  hawser demo --customers 50000 --shipments 1000000 --csv shipments.csv\n\nWithout --csv the demo lives in the configured database, or in demo.db if none is configured.\nA database that holds other customers is refused; one that holds the demo already is kept."
)]
pub struct Args {
    /// How many customers, 20 to 10 million
    #[arg(long, value_name = "N", default_value_t = DemoPlan::CUSTOMERS)]
    customers: usize,
    /// How many links between them (default: eight for every three customers)
    #[arg(long, value_name = "N")]
    links: Option<usize>,
    /// How many shipments, one a link at least (default: fifty for every customer)
    #[arg(long, value_name = "N")]
    shipments: Option<usize>,
    /// Number that everything is drawn from: the same one gives the same network
    #[arg(long, value_name = "N", default_value_t = DemoPlan::SEED)]
    seed: u64,
    /// Last day of history (default: yesterday)
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,
    /// Write the shipments to this file (- is standard output), and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bind", "no_serve"])]
    csv: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
    /// Prepare and print everything, but do not start the server
    #[arg(long)]
    no_serve: bool,
}

impl Args {
    /// The settings that these arguments outweigh.
    pub fn flags(&self, flags: &mut BTreeMap<&str, String>) {
        if let Some(bind) = &self.bind {
            flags.insert("bind", bind.clone());
        }
    }

    fn plan(&self, today: NaiveDate) -> Result<DemoPlan, Failure> {
        let yesterday = today - TimeDelta::days(1);
        let until = self.until.unwrap_or(yesterday);
        if until > yesterday {
            let rule = format!("until: expected {yesterday} or earlier: the future is not known");
            return Err(Failure::new(USAGE, rule));
        }
        let (links, shipments) = DemoPlan::usual(self.customers);
        DemoPlan::new(
            self.seed,
            self.customers,
            self.links.unwrap_or(links),
            self.shipments.unwrap_or(shipments),
            until,
            DemoPlan::WEEKS,
        )
        .map_err(|error: PlanError| Failure::new(USAGE, error))
    }
}

/// Runs the command.
pub fn run(context: &mut Context, args: &Args) -> Result<(), Failure> {
    if let Some(path) = &args.csv {
        return write_csv(context, args, path);
    }
    if context.config.database_is_default {
        context.config.database = Target::Sqlite(FILE.into());
    }
    // A port that is taken is known before anything is written.
    let listener = if args.no_serve {
        None
    } else {
        Some(serve::listen(context)?)
    };
    let address = match &listener {
        Some(listener) => listener.local_addr()?,
        None => context.config.bind,
    };
    let state = context.state()?;
    let kept = prepare(&state, args)?;
    assess(&state)?;
    let key = make_key(&state)?;
    let facts = greeting::Facts::read(&state, address, key, kept)?;
    context
        .out
        .show(&facts, |facts| facts.lines(listener.is_some()))?;
    io::stdout().flush()?;
    match listener {
        Some(listener) => {
            crate::imports::run::abandoned::keep_recovering(&state.db, &state.clock)?;
            serve::until_stopped(state, listener)
        }
        None => Ok(()),
    }
}

/// Fills an empty database; whether it held the demo already.
fn prepare(state: &AppState, args: &Args) -> Result<bool, Failure> {
    let holds = state.db.read_now(store::holds)?;
    if holds.others > 0 {
        let (count, place) = (holds.others, state.db.target().shown());
        let what_else = if holds.demo > 0 {
            format!("To serve what is there: hawser serve --database-url {place}")
        } else {
            format!("For the demo, name another: hawser demo --database-url sqlite://{FILE}")
        };
        let rule = format!(
            "{place} holds {count} customers that are no demo data, and is left as it is. {what_else}"
        );
        return Err(Failure::new(DATA, rule));
    }
    if holds.demo > 0 {
        return Ok(true);
    }
    let world = DemoWorld::new(&args.plan(state.today())?);
    let bar = bar(
        world.shipments().len(),
        "{msg} {wide_bar} {pos}/{len} {eta}",
    );
    let now = state.clock.now().into();
    let zone = state.config.time_zone;
    let filled = state
        .db
        .write_now(|conn| fill::fill(conn, &world, zone, now, &bar));
    bar.finish_and_clear();
    filled?;
    Ok(false)
}

/// Runs the assessments that are not there yet.
fn assess(state: &AppState) -> Result<(), Failure> {
    let Some(until) = state.db.read_now(store::until)? else {
        return Err(Failure::new(DATA, "the demo's shipments are gone"));
    };
    let end = until + Days::new(1);
    let bar = bar(WEEKS_AGO.len(), "Assessing {wide_bar} {pos}/{len}");
    for weeks in WEEKS_AGO {
        let as_of = end - Days::new(7 * weeks);
        let done = state
            .db
            .read_now(|conn| assessment::latest(conn, Some(as_of)))?
            .is_some();
        if !done {
            // Alerts tell of the present; the earlier runs are what it is compared with.
            let present = weeks == 0;
            run::assess(state, as_of, &Actor::cli(), &mut |conn, run| {
                if present {
                    after_run(state, conn, run)
                } else {
                    Ok(())
                }
            })?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Makes the demo's key; those of earlier starts end.
fn make_key(state: &AppState) -> Result<String, Failure> {
    let now = state.clock.now().into();
    let scopes = [Scope::Read, Scope::Write, Scope::Admin];
    let (secret, _) = state.db.write_now(|conn| {
        keys::revoke_keys_named(conn, KEY, now)?;
        key::create(conn, KEY, &scopes, &[], None, now)
    })?;
    Ok(secret)
}

fn write_csv(context: &Context, args: &Args, path: &Path) -> Result<(), Failure> {
    let zone = context.config.time_zone;
    let today = Clock::System.now().with_timezone(&zone).date_naive();
    let world = DemoWorld::new(&args.plan(today)?);
    if path.as_os_str() == "-" {
        demo_csv::write_world(&world, io::stdout().lock()).map_err(|error| written(path, error))?;
        return Ok(());
    }
    let bar = bar(0, "{spinner} {bytes} {bytes_per_sec}");
    let file = File::create(path).map_err(|error| named(path, &error))?;
    let outcome = demo_csv::write_world(&world, bar.wrap_write(BufWriter::new(file)));
    bar.finish_and_clear();
    let shipments = outcome.map_err(|error| written(path, error))?;
    let facts = json!({
        "file": path.display().to_string(),
        "customers": world.customers().len(),
        "links": world.links().len(),
        "shipments": shipments,
        "from": world.plan().from(),
        "until": world.plan().until(),
    });
    Ok(context.out.show(&facts, |_| {
        vec![
            format!("{}: {shipments} shipments.", path.display()),
            format!(
                "Import it with: hawser import shipments {} --mapping examples/demo.toml",
                path.display()
            ),
        ]
    })?)
}

fn written(path: &Path, error: ::csv::Error) -> Failure {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => error.into(),
        ::csv::ErrorKind::Io(error) => named(path, &error),
        other => Failure::new(SOFTWARE, format!("{other:?}")),
    }
}

fn named(path: &Path, error: &io::Error) -> Failure {
    Failure::new(IO, format!("{}: {error}", path.display()))
}

/// A bar on a terminal, nothing elsewhere.
fn bar(length: usize, template: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let length = u64::try_from(length).ok().filter(|length| *length > 0);
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
