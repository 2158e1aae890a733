//! `hawser model fit`: a model of the BTYD family for sufficient statistics from a file.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::Failure;
use super::super::exit::{DATA, NO_INPUT};
use super::super::out::Out;
use crate::churn::{self, ChurnError, Fit, FitOptions, History, Prior, SelectOptions, Variant};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hawser model fit cdnow_cbs.csv --variant bg --k 1 --prior flat\n\nThe file is CSV with a header: x (events after the first), t_x (weeks from the first to the last),\nT (weeks from the first to the as-of date); for k above 1 also litt (sum of the logarithms of the\nintervals in weeks). Other columns are not read."
)]
pub struct Args {
    /// Sufficient statistics as CSV
    file: PathBuf,
    /// bg: nobody drops out at the first event; mbg: that is possible, too
    #[arg(long, default_value = "mbg", value_parser = variant)]
    variant: Variant,
    /// Phases of an interval, 1 to 32, or auto: 1 to 4 by likelihood
    #[arg(long, default_value = "auto", value_parser = phases)]
    k: Phases,
    /// pooled: maximum a posteriori with the usual prior; flat: plain maximum likelihood
    #[arg(long, default_value = "pooled", value_parser = prior)]
    prior: Prior,
    /// Also score every row over so many weeks
    #[arg(long, value_name = "WEEKS")]
    horizon: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Phases {
    Auto,
    Given(u32),
}

fn variant(word: &str) -> Result<Variant, String> {
    Variant::parse(word).ok_or_else(|| format!("expected one of {}", Variant::WORDS.join(", ")))
}

fn phases(word: &str) -> Result<Phases, String> {
    if word == "auto" {
        return Ok(Phases::Auto);
    }
    word.parse()
        .map(Phases::Given)
        .map_err(|_| "expected auto or a whole number".to_owned())
}

fn prior(word: &str) -> Result<Prior, String> {
    match word {
        "pooled" => Ok(Prior::Pooled),
        "flat" => Ok(Prior::Flat),
        _ => Err("expected pooled or flat".to_owned()),
    }
}

#[derive(Deserialize)]
struct Row {
    x: u64,
    t_x: f64,
    #[serde(rename = "T")]
    age: f64,
    litt: Option<f64>,
}

/// What is printed.
#[derive(Serialize)]
struct Fitted {
    model: String,
    k: u32,
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
    log_likelihood: f64,
    objective: f64,
    entities: usize,
    evidence: &'static str,
    /// Log-likelihood of every k that was tried.
    tried: Vec<(u32, f64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<Totals>,
}

/// Sums over all rows.
#[derive(Serialize)]
struct Totals {
    horizon_weeks: f64,
    expected_events: f64,
    expected_active: f64,
}

/// Runs the command.
pub fn run(out: Out, args: &Args) -> Result<(), Failure> {
    let histories = read(args)?;
    let refused = |error: ChurnError| Failure::new(DATA, error);
    let (fit, tried) = match args.k {
        Phases::Auto => {
            let options = SelectOptions {
                variant: args.variant,
                prior: args.prior,
                ..SelectOptions::default()
            };
            let chosen = churn::select(&histories, None, &options).map_err(refused)?;
            (chosen.fit, chosen.tried)
        }
        Phases::Given(k) => {
            let options = FitOptions {
                variant: args.variant,
                k,
                prior: args.prior,
            };
            let fit = churn::fit(&histories, None, &options).map_err(refused)?;
            (fit, vec![fit])
        }
    };
    let mut fitted = fitted(&fit, &tried);
    if let Some(horizon) = args.horizon {
        fitted.totals = Some(totals(&fit, &histories, horizon).map_err(refused)?);
    }
    out.show(&fitted, lines)?;
    Ok(())
}

fn read(args: &Args) -> Result<Vec<History>, Failure> {
    let name = args.file.display();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(&args.file)
        .map_err(|error| Failure::new(NO_INPUT, format!("{name}: {error}")))?;
    let needs_intervals = !matches!(args.k, Phases::Given(1));
    let mut histories = Vec::new();
    for (row, line) in reader.deserialize::<Row>().zip(2..) {
        let at = |problem: &dyn std::fmt::Display| {
            Failure::new(DATA, format!("{name}, line {line}: {problem}"))
        };
        let row = row.map_err(|error| at(&error))?;
        if needs_intervals && row.x > 0 && row.litt.is_none() {
            return Err(at(
                &"no litt, which k above 1 needs: add the column, or give --k 1",
            ));
        }
        let litt = row.litt.unwrap_or(0.0);
        histories.push(History::new(row.x, row.t_x, row.age, litt).map_err(|error| at(&error))?);
    }
    Ok(histories)
}

fn fitted(fit: &Fit, tried: &[Fit]) -> Fitted {
    let parameters = fit.model.parameters();
    Fitted {
        model: fit.model.to_string(),
        k: fit.model.k(),
        r: parameters.r,
        alpha: parameters.alpha,
        a: parameters.a,
        b: parameters.b,
        log_likelihood: fit.log_likelihood,
        objective: fit.objective,
        entities: fit.entities,
        evidence: fit.evidence.word(),
        tried: tried
            .iter()
            .map(|tried| (tried.model.k(), tried.log_likelihood))
            .collect(),
        totals: None,
    }
}

fn totals(fit: &Fit, histories: &[History], horizon: f64) -> Result<Totals, ChurnError> {
    let mut totals = Totals {
        horizon_weeks: horizon,
        expected_events: 0.0,
        expected_active: 0.0,
    };
    for history in histories {
        totals.expected_events += fit.model.expected_events(history, horizon)?;
        totals.expected_active += fit.model.p_active(history, horizon)?;
    }
    Ok(totals)
}

fn lines(fitted: &Fitted) -> Vec<String> {
    let mut lines = vec![
        format!(
            "{} fitted to {} histories (evidence {}).",
            fitted.model, fitted.entities, fitted.evidence
        ),
        format!(
            "r {:.4}, alpha {:.4} weeks, a {:.4}, b {:.4}",
            fitted.r, fitted.alpha, fitted.a, fitted.b
        ),
        format!(
            "log-likelihood {:.4}, objective {:.4}",
            fitted.log_likelihood, fitted.objective
        ),
    ];
    if fitted.tried.len() > 1 {
        let tried: Vec<String> = fitted
            .tried
            .iter()
            .map(|(k, sum)| format!("k {k}: {sum:.1}"))
            .collect();
        lines.push(format!("Log-likelihood by k: {}", tried.join(", ")));
    }
    lines.extend(fitted.totals.as_ref().map(|totals| {
        format!(
            "Over {} weeks: {:.1} events expected, {:.1} of {} active.",
            totals.horizon_weeks, totals.expected_events, totals.expected_active, fitted.entities
        )
    }));
    lines
}
