//! `hawser what-if`: what would follow if a customer left, stayed, or a link changed.

use chrono::NaiveDate;
use clap::Subcommand;

use super::exit::USAGE;
use super::explain::find;
use super::measure::{Measure, percent, percent_fine};
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::access::audit::Actor;
use crate::assessment::read::Pointer;
use crate::config::Config;
use crate::db::select::{self, Listing};
use crate::db::{Conn, UtcTime};
use crate::i18n::Language;
use crate::network::store::Visible;
use crate::shipments::model::FreightTerms;
use crate::state::AppState;
use crate::whatifs::compare::{self, Comparison};
use crate::whatifs::engine::{self, Engine, Snapshots};
use crate::whatifs::request::{ChangeInput, ChangeKind, CustomerRef, WhatIfInput, WorldsInput};
use crate::whatifs::store::{WHAT_IFS, WhatIfRow};
use crate::whatifs::views::{Shift, Simulated, WhatIfView};
use crate::whatifs::{changes, what_if};

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
    let view = match name {
        None => state.db.read_now(|conn| {
            let frame = what_if::Frame {
                kept: None,
                name: None,
                source: engine.run().source(),
            };
            what_if::view(conn, frame, told, &teams, speech)
        })?,
        Some(_) => {
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
        }
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
    Ok(context
        .out
        .show(&view, |view| comparison_lines(view, config))?)
}

impl Args {
    /// What the flags ask for.
    fn input(
        &self,
        conn: &mut Conn,
        engine: &Engine,
        config: &Config,
    ) -> Result<WhatIfInput, Failure> {
        let measure = Measure::of_value(&engine.run().source(), config);
        let business = Measure::of_business(&engine.run().source(), config);
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
            let (customer, probability) = split("own-churn", text)?;
            let mut change = empty(ChangeKind::OwnChurn);
            change.customer = Some(CustomerRef(find(conn, customer)?));
            change.probability = Some(number("own-churn", probability)?);
            changes.push(change);
        }
        if let Some(text) = &self.strength {
            let mut change = empty(ChangeKind::Strength);
            amount("strength", text, &mut change, |value| value)?;
            changes.push(change);
        }
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

fn of_link(
    conn: &mut Conn,
    flag: &str,
    kind: ChangeKind,
    link: &str,
) -> Result<ChangeInput, Failure> {
    let (shipper, consignee) = link.split_once(',').ok_or_else(|| {
        Failure::new(
            USAGE,
            format!("--{flag} {link}: expected a link as SHIPPER,CONSIGNEE"),
        )
    })?;
    let mut change = empty(kind);
    change.shipper = Some(CustomerRef(find(conn, shipper.trim())?));
    change.consignee = Some(CustomerRef(find(conn, consignee.trim())?));
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

/// How a customer is called.
pub fn called(pointer: &Pointer) -> String {
    pointer
        .name
        .clone()
        .unwrap_or_else(|| "(hidden)".to_owned())
}

/// A what-if for people.
pub fn lines(view: &WhatIfView, config: &Config) -> Vec<String> {
    let source = &view.source;
    let measure = Measure::of_value(source, config);
    let mut lines = vec![format!(
        "As of {}, {} weeks ahead (run {}).{}",
        source.as_of,
        source.horizon_weeks,
        source.run_id,
        view.id
            .map(|id| format!(" Kept as what-if {id}."))
            .unwrap_or_default(),
    )];
    lines.extend(view.summary.iter().cloned());
    if !view.affected.is_empty() {
        lines.push(String::new());
        let rows: Vec<Vec<String>> = view
            .affected
            .iter()
            .map(|one| {
                let (churn, value) = (one.churn_probability, one.expected_value);
                let why = match (one.changed, one.paths.first()) {
                    (true, _) => "changed".to_owned(),
                    (_, None) => String::new(),
                    (_, Some(path)) => {
                        let over: Vec<String> = path.over.iter().map(called).collect();
                        let over = match path.share {
                            Some(share) => format!(" ({} of its business)", percent(share)),
                            None => format!(" by way of {}", over.join(" → ")),
                        };
                        format!("because of {}{over}", called(&path.because_of))
                    }
                };
                vec![
                    called(&one.customer),
                    percent_fine(churn.before),
                    percent_fine(churn.after),
                    measure.number(value.before),
                    measure.number(value.after),
                    why,
                ]
            })
            .collect();
        let value = format!("{} expected", source.value_basis);
        let head = ["customer", "churn", "then", value.as_str(), "then", "why"];
        lines.extend(table(&head, &rows));
    }
    if view.others.count > 0 {
        lines.push(format!(
            "And {} more ({} {}).",
            view.others.count,
            measure.number(view.others.value_difference),
            measure.unit
        ));
    }
    if let Some(simulated) = &view.distribution {
        lines.push(String::new());
        lines.extend(distribution_lines(simulated, &measure));
    }
    lines
}

fn distribution_lines(simulated: &Simulated, measure: &Measure) -> Vec<String> {
    let (before, after) = (&simulated.before, &simulated.after);
    let mut rows: Vec<Vec<String>> = before
        .quantiles
        .iter()
        .zip(&after.quantiles)
        .map(|(one, other)| {
            vec![
                format!("{} of worlds lose at most", percent(one.level)),
                measure.number(one.value),
                measure.number(other.value),
            ]
        })
        .collect();
    for (what, one, other) in [
        ("mean", before.expected_loss, after.expected_loss),
        ("mean of the worst 5%", before.shortfall, after.shortfall),
    ] {
        rows.push(vec![
            what.to_owned(),
            format!(
                "{} ± {}",
                measure.number(one.value),
                measure.number(one.standard_error)
            ),
            format!(
                "{} ± {}",
                measure.number(other.value),
                measure.number(other.standard_error)
            ),
        ]);
    }
    let mut lines = vec![format!(
        "Loss of value in {} worlds of seed {}, in {} (± standard error):",
        simulated.worlds, simulated.seed, measure.unit
    )];
    lines.extend(table(&["", "before", "then"], &rows));
    lines.push(format!(
        "The same worlds differ by {} ± {} on average.",
        measure.number(simulated.difference.value),
        measure.number(simulated.difference.standard_error)
    ));
    lines
}

fn comparison_lines(view: &Comparison, config: &Config) -> Vec<String> {
    let measure = Measure::of_value(&view.source, config);
    let label = |place: usize| {
        view.what_ifs.get(place).map_or_else(String::new, |one| {
            one.name
                .clone()
                .unwrap_or_else(|| format!("what-if {}", one.id))
        })
    };
    let mut lines = Vec::new();
    for (place, one) in view.what_ifs.iter().enumerate() {
        lines.push(format!("{}: {}", label(place), one.summary));
    }
    if view.customers.is_empty() {
        lines.push("They do not differ noticeably for any customer.".to_owned());
        return lines;
    }
    lines.push(String::new());
    lines.push(format!(
        "Churn probability and expected {} in {} of those for whom they differ most:",
        view.source.value_basis, measure.unit
    ));
    let mut head = vec!["customer".to_owned(), "as it is".to_owned(), String::new()];
    for place in 0..view.what_ifs.len() {
        head.extend([label(place), String::new()]);
    }
    let rows: Vec<Vec<String>> = view
        .customers
        .iter()
        .map(|one| {
            let mut cells = vec![called(&one.customer)];
            for fate in std::iter::once(&one.before).chain(&one.what_ifs) {
                cells.push(percent_fine(fate.churn_probability));
                cells.push(measure.number(fate.expected_value));
            }
            cells
        })
        .collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    lines.extend(table(&head, &rows));
    if view.others > 0 {
        lines.push(format!("And {} more.", view.others));
    }
    lines
}
