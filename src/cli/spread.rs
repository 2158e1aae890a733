//! `hawser spread`: who may be won next, and because of whom.

use chrono::NaiveDate;

use super::measure::{Measure, percent, percent_fine};
use super::out::table;
use super::what_if::{called, open};
use super::{Context, Failure};
use crate::access::Teams;
use crate::config::Config;
use crate::i18n::Language;
use crate::whatifs::spread::{self, SpreadView};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hawser spread --limit 10")]
pub struct Args {
    /// As-of date of a finished run (default: the latest)
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Rows at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let state = context.state()?;
    let config = &context.config;
    let engine = state.db.read_now(|conn| open(conn, args.as_of, None))?;
    let grounds = state.db.read_now(|conn| spread::read(conn, &engine))?;
    let prospects = spread::compute(&engine, &grounds)?;
    let view = state.db.read_now(|conn| {
        let found = (&grounds, &prospects[..]);
        let whom = (&Teams::All, usize::from(args.limit));
        spread::view(conn, &engine, found, whom, (Language::En, config))
    })?;
    Ok(context.out.show(&view, |view| lines(view, config))?)
}

fn lines(view: &SpreadView, config: &Config) -> Vec<String> {
    let source = &view.source;
    let measure = Measure::of_business(source, config);
    let mut lines = vec![format!(
        "As of {}, {} weeks ahead (run {}).",
        source.as_of, source.horizon_weeks, source.run_id
    )];
    lines.extend(view.summary.iter().cloned());
    if view.data.is_empty() {
        return lines;
    }
    lines.push(String::new());
    let rows: Vec<Vec<String>> = view
        .data
        .iter()
        .map(|one| {
            let because: Vec<String> = one
                .because_of
                .iter()
                .map(|source| format!("{} ({})", called(&source.partner), percent(source.share)))
                .collect();
            vec![
                called(&one.customer),
                percent_fine(one.won_probability),
                measure.number(one.potential_business),
                one.paid_before
                    .map(|day| day.to_string())
                    .unwrap_or_default(),
                because.join(", "),
            ]
        })
        .collect();
    let potential = format!("{} ({})", source.business_basis, measure.unit);
    let head = [
        "customer",
        "won",
        potential.as_str(),
        "paid until",
        "because of (share)",
    ];
    lines.extend(table(&head, &rows));
    if view.others > 0 {
        lines.push(format!("And {} more.", view.others));
    }
    lines
}
