//! `hawser backtest`: past predictions beside what happened.

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::exit::{DATA, IO, SOFTWARE};
use super::out::table;
use super::{Context, Failure};
use crate::access::audit::Actor;
use crate::backtest::result::{BacktestResult, Group};
use crate::backtest::store::Backtest;
use crate::backtest::words::Words;
use crate::backtest::{BacktestError, Range, Step, csv, page, run};
use crate::evaluation::Metric;
use crate::i18n::Language;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hawser backtest --from 2011-01-01 --to 2014-06-01 --every 13w\n  hawser backtest --from 2025-01-01 --to 2025-10-01 --html backtest.html --lang zh\n\nAt each date only what was known before it counts; its horizon must lie within the data. Exit code\n65: the range cannot be back-tested; the message names what is possible."
)]
pub struct Args {
    /// First as-of date
    #[arg(long, value_name = "DATE")]
    from: NaiveDate,
    /// No as-of date lies after this day
    #[arg(long, value_name = "DATE")]
    to: NaiveDate,
    /// From one as-of date to the next: weeks or days
    #[arg(long, value_name = "STEP", default_value = "13w")]
    every: Step,
    /// Write a page with plots to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write every figure to this file, as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Language of verdicts and page: en or zh
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    lang: Language,
}

impl From<BacktestError> for Failure {
    fn from(error: BacktestError) -> Self {
        match error {
            BacktestError::Db(error) => error.into(),
            BacktestError::Assessment(error) => error.into(),
            BacktestError::Range(_) => Self::new(DATA, error),
            other => Self::new(SOFTWARE, other),
        }
    }
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let state = context.state()?;
    let range = Range {
        from: args.from,
        to: args.to,
        every: args.every,
    };
    let bar = bar();
    let outcome = run::backtest(&state, &range, &Actor::cli(), &mut |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let (backtest, result) = outcome?;
    if let Some(path) = &args.html {
        write(path, &page::page(&backtest, &result, args.lang)?)?;
    }
    if let Some(path) = &args.csv {
        write(path, &csv::write(&result)?)?;
    }
    if context.out.json {
        let mut value = serde_json::to_value(&backtest).map_err(|error| {
            Failure::new(
                SOFTWARE,
                format!("the back-test cannot be written: {error}"),
            )
        })?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("result".to_owned(), json!(result));
        }
        return Ok(context.out.json(&value)?);
    }
    for line in lines(&backtest, &result, Words(args.lang))? {
        context.out.line(line)?;
    }
    Ok(())
}

/// A bar over the dates, on a terminal only.
fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} dates, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let named = |error: std::io::Error| Failure::new(IO, format!("{}: {error}", path.display()));
    fs::write(path, text).map_err(named)
}

/// A back-test for people: the figures of all customers, then the verdicts.
fn lines(
    backtest: &Backtest,
    result: &BacktestResult,
    words: Words,
) -> Result<Vec<String>, BacktestError> {
    let mut lines = vec![
        format!(
            "Back-test {}: {} dates from {} to {}, {} predictions, {} silent over {} weeks.",
            backtest.id,
            backtest.dates,
            backtest.from,
            backtest.to,
            backtest.observations,
            backtest.events,
            backtest.horizon_weeks,
        ),
        String::new(),
    ];
    let metrics = [
        ("AUC", Metric::Auc, 3),
        ("AP", Metric::AveragePrecision, 3),
        ("lift", Metric::TopDecileLift, 2),
        ("Brier", Metric::Brier, 3),
        ("skill", Metric::BrierSkill, 3),
        ("ECE", Metric::CalibrationError, 3),
    ];
    let head: Vec<&str> = ["of", "predictor"]
        .into_iter()
        .chain(metrics.iter().map(|(name, ..)| *name))
        .collect();
    let mut rows = Vec::new();
    for group in result
        .groups
        .iter()
        .filter(|group| matches!(group.group, Group::All | Group::Active | Group::Links))
    {
        for found in &group.predictors {
            let mut row = vec![group.group.to_string(), found.predictor.to_string()];
            row.extend(metrics.iter().map(|(_, metric, decimals)| {
                let figure = found.pooled.figures.get(metric);
                figure.map_or_else(|| "–".to_owned(), |figure| words.figure(figure, *decimals))
            }));
            rows.push(row);
        }
    }
    lines.extend(table(&head, &rows));
    for verdict in &result.verdicts {
        lines.push(String::new());
        let name = page::component(verdict.component, words)?;
        let judgement = page::judgement(verdict.judgement, words)?;
        lines.push(format!("{name}: {judgement}"));
        lines.push(match words.0 {
            Language::En => verdict.text.en.clone(),
            Language::Zh => verdict.text.zh.clone(),
        });
    }
    Ok(lines)
}
