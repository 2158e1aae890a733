//! `hawser watchlist`: whom to save first.

use chrono::NaiveDate;

use super::exit::DATA;
use super::measure::{Measure, percent};
use super::out::table;
use super::{Context, Failure};
use crate::access::store::team_by_name;
use crate::assessment::http::Watched;
use crate::assessment::model::Role;
use crate::assessment::read;
use crate::assessment::store::Run;
use crate::assessment::store::view::{RiskRead, WATCH_LIST};
use crate::config::Config;
use crate::db::Conn;
use crate::db::select::{self, Filter, Listing, Op, Value};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hawser watchlist --limit 10 --role consignee\n  hawser watchlist --as-of 2026-01-01 --team north"
)]
pub struct Args {
    /// As-of date of a finished run (default: the latest)
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Rows at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Only customers of this team
    #[arg(long, value_name = "NAME")]
    team: Option<String>,
    /// Only shipper, consignee or both
    #[arg(long, value_parser = role)]
    role: Option<Role>,
    /// Only this country, ISO 3166-1 alpha-2
    #[arg(long)]
    country: Option<String>,
}

fn role(word: &str) -> Result<Role, String> {
    Role::parse(word).ok_or_else(|| format!("expected one of {}", Role::WORDS.join(", ")))
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let state = context.state()?;
    let (run, rows) = state.db.read_now(|conn| load(conn, args))?;
    let watched: Vec<Watched> = rows.into_iter().map(Watched::from).collect();
    if context.out.json {
        context
            .out
            .json(&serde_json::json!({"source": run.source(), "data": watched}))?;
        return Ok(());
    }
    for line in lines(&run, &watched, &context.config) {
        context.out.line(line)?;
    }
    Ok(())
}

fn load(conn: &mut Conn, args: &Args) -> Result<(Run, Vec<RiskRead>), Failure> {
    let run = read::wanted_run(conn, args.as_of)?;
    let mut listing = Listing {
        limit: args.limit - 1,
        ..Listing::all(&WATCH_LIST)
    };
    let team = match &args.team {
        None => None,
        Some(name) => Some(
            team_by_name(conn, name)?
                .ok_or_else(|| Failure::new(DATA, format!("there is no team {name:?}")))?
                .id
                .0,
        ),
    };
    let wanted = [
        ("team_id", team.map(Value::Int)),
        (
            "role",
            args.role.map(|role| Value::Text(role.word().to_owned())),
        ),
        (
            "country",
            args.country
                .as_ref()
                .map(|code| Value::Text(code.to_uppercase())),
        ),
    ];
    for (name, value) in wanted {
        if let (Some(value), Some(field)) = (value, WATCH_LIST.field(name)) {
            listing.filters.push(Filter {
                field,
                op: Op::Eq,
                values: vec![value],
            });
        }
    }
    let rows = select::page(conn, &WATCH_LIST, &listing, |sql| {
        sql.push(" AND k.run_id = ").bind(Value::Int(run.id.0));
    })?;
    Ok((run, rows))
}

fn lines(run: &Run, watched: &[Watched], config: &Config) -> Vec<String> {
    let source = run.source();
    let measure = Measure::of_value(&source, config);
    let mut lines = vec![format!(
        "Whom to save first, as of {} (run {}), over {} weeks; value is {} in {}.",
        run.as_of, run.id, run.horizon_weeks, source.value_basis, measure.unit,
    )];
    let rows: Vec<Vec<String>> = watched
        .iter()
        .zip(1..)
        .map(|(row, rank): (&Watched, usize)| {
            vec![
                rank.to_string(),
                row.customer.name.clone().unwrap_or_default(),
                row.role.clone(),
                percent(row.churn_probability),
                percent(row.own_churn),
                measure.number(row.value),
                measure.number(row.value_at_risk),
                measure.number(row.blast_radius),
                measure.number(row.save_value),
                row.last_on.to_string(),
                if row.evidence == "low" {
                    "low evidence"
                } else {
                    ""
                }
                .to_owned(),
            ]
        })
        .collect();
    let head = [
        "", "customer", "role", "churn", "own", "value", "at risk", "blast", "to save", "last", "",
    ];
    lines.extend(table(&head, &rows));
    lines
}
