//! `hawser calc`: the published formulas on values that anyone gives, without a database.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Failure;
use super::exit::{DATA, NO_INPUT};
use super::out::Out;
use crate::calc::{self, Kind};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hawser calc cascade cases.json\n\nThe file is a list of cases, or an object with `cases`; the answer maps each case's name to its\nresult. A case that makes no sense answers {\"error\": …}; the exit code is then 65."
)]
pub struct Args {
    /// Which formulas: cascade, churn, renewal, plan, satisfaction, relationship or complaints
    #[arg(value_parser = kind)]
    kind: Kind,
    /// Cases as JSON; - reads standard input
    file: PathBuf,
}

fn kind(word: &str) -> Result<Kind, String> {
    Kind::parse(word).ok_or_else(|| format!("expected one of {}", Kind::WORDS.join(", ")))
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let text = read(&args.file)
        .map_err(|error| Failure::new(NO_INPUT, format!("{}: {error}", args.file.display())))?;
    let document: Value = serde_json::from_slice(&text).map_err(|error| {
        Failure::new(DATA, format!("{}: no JSON: {error}", args.file.display()))
    })?;
    let outcome = calc::run(args.kind, &document);
    Out { json: true }.json(&outcome.answers)?;
    match outcome.failed {
        0 => Ok(()),
        failed => Err(Failure::new(
            DATA,
            format!("{failed} of {} cases make no sense", outcome.answers.len()),
        )),
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if path.as_os_str() != "-" {
        return std::fs::read(path);
    }
    let mut text = Vec::new();
    std::io::stdin().lock().read_to_end(&mut text)?;
    Ok(text)
}
