//! `hawser report`: a report on standard output.

use std::io::{self, Write as _};

use clap::builder::PossibleValuesParser;

use super::exit::{DATA, USAGE};
use super::{Context, Failure};
use crate::access::{Teams, store};
use crate::assessment::model::Role;
use crate::customers::model::DepartmentKind;
use crate::db::Conn;
use crate::error::Error;
use crate::reports::datasets::Dataset;
use crate::reports::render::Format;
use crate::reports::{Report, Wanted};
use crate::satisfaction::Kpi;

/// Which report, and of what.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hawser report satisfaction > satisfaction.csv\n  hawser report risk --as-of 2026-01-01 --format ndjson\n  hawser report satisfaction --team \"Key accounts\" --department warehouse"
)]
pub struct Args {
    /// The dataset; `GET /api/v1/reports` and docs/reports.md describe them
    #[arg(value_parser = PossibleValuesParser::new(Dataset::ALL.iter().map(|dataset| dataset.name)))]
    dataset: String,
    /// How it is written (default: csv, or json with --json)
    #[arg(long, value_parser = PossibleValuesParser::new(Format::WORDS))]
    format: Option<String>,
    /// As-of date of a finished run (default: the latest)
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Only customers of this team
    #[arg(long, value_name = "NAME")]
    team: Option<String>,
    /// Only customers of this country, ISO 3166-1 alpha-2
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// Only customers on this side
    #[arg(long, value_parser = PossibleValuesParser::new(Role::WORDS))]
    role: Option<String>,
    /// Only departments of this kind; for satisfaction, answers and complaints
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(DepartmentKind::WORDS))]
    department: Option<String>,
    /// Only this KPI; for kpis
    #[arg(long, value_parser = PossibleValuesParser::new(Kpi::WORDS))]
    kpi: Option<String>,
    /// Only answers to this survey; for `survey_answers`
    #[arg(long, value_name = "ID")]
    survey: Option<String>,
    /// Only complaints with this cause; for complaints
    #[arg(long, value_name = "CODE")]
    cause: Option<String>,
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let format = format(context.out.json, args)?;
    let state = context.state()?;
    let reader = (Teams::All, state.config.currency.clone());
    let mut report = state.db.read_now(|conn| {
        let wanted = wanted(conn, args)?;
        Report::open(conn, wanted, format, reader).map_err(|error| match error {
            Error::NoRun { .. } => Failure::new(
                DATA,
                format!("{error}: make one with `hawser assess --as-of DATE`"),
            ),
            other => other.into(),
        })
    })?;
    let mut out = io::stdout().lock();
    // A query for each page: a slow reader of the output keeps no connection.
    while let Some(piece) = state.db.read_now(|conn| report.next(conn))? {
        out.write_all(piece.as_bytes())?;
    }
    Ok(out.flush()?)
}

fn format(json: bool, args: &Args) -> Result<Format, Failure> {
    match (args.format.as_deref().and_then(Format::parse), json) {
        (Some(Format::Csv | Format::Ndjson), true) => Err(Failure::new(
            USAGE,
            "--json and --format contradict each other: leave one out",
        )),
        (Some(format), _) => Ok(format),
        (None, true) => Ok(Format::Json),
        (None, false) => Ok(Format::Csv),
    }
}

fn wanted(conn: &mut Conn, args: &Args) -> Result<Wanted, Failure> {
    let dataset = Dataset::ALL
        .iter()
        .find(|dataset| dataset.name == args.dataset)
        .ok_or_else(|| Failure::new(USAGE, format!("there is no report {}", args.dataset)))?;
    let team = match &args.team {
        Some(name) => {
            let found = store::team_by_name(conn, name)?.filter(|team| team.deleted_at.is_none());
            let team =
                found.ok_or_else(|| Failure::new(DATA, format!("there is no team {name:?}")))?;
            Some(team.id.to_string())
        }
        None => None,
    };
    let given = [
        ("as_of", &args.as_of),
        ("team_id", &team),
        ("country", &args.country),
        ("role", &args.role),
        ("department", &args.department),
        ("kpi", &args.kpi),
        ("survey_id", &args.survey),
        ("cause", &args.cause),
    ];
    let given: Vec<(&str, &str)> = given
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
        .collect();
    let foreign = |name: &str| name != "as_of" && dataset.filter(name).is_none();
    if let Some((name, _)) = given.iter().find(|(name, _)| foreign(name)) {
        let known: Vec<_> = dataset.filters.iter().map(|filter| filter.name).collect();
        return Err(Failure::new(
            USAGE,
            format!(
                "the report {} cannot be narrowed down by {name}, but by {}",
                dataset.name,
                known.join(", ")
            ),
        ));
    }
    Ok(Wanted::parse(dataset, given)?)
}
