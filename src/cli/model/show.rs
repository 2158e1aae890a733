//! `hawser model show`: the models of an assessment run.

use chrono::NaiveDate;

use super::super::out::table;
use super::super::{Context, Failure};
use crate::assessment::fits::{self, ModelsView};
use crate::assessment::own::record::{Drift, ModelFit};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hawser model show --as-of 2026-01-01")]
pub struct Args {
    /// As-of date of a finished run (default: the latest)
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let state = context.state()?;
    let view = state
        .db
        .read_now(|conn| fits::models(conn, args.as_of).map_err(Failure::from))?;
    context.out.show(&view, lines)?;
    Ok(())
}

fn lines(view: &ModelsView) -> Vec<String> {
    let source = &view.source;
    let mut lines = vec![format!(
        "Models of run {}, as of {}, {} weeks ahead.",
        source.run_id, source.as_of, source.horizon_weeks
    )];
    if view.models.is_empty() {
        lines.push("None: nobody had a shipment in the 104 weeks before.".to_owned());
        return lines;
    }
    let rows: Vec<Vec<String>> = view
        .models
        .iter()
        .map(|fit| {
            vec![
                fit.component.to_string(),
                fit.segment.clone(),
                fit.model.clone(),
                fit.entities.to_string(),
                fit.events.to_string(),
                fit.log_likelihood
                    .map_or_else(|| "–".to_owned(), |sum| format!("{sum:.1}")),
                fit.evidence.to_string(),
                pooled(fit).to_owned(),
            ]
        })
        .collect();
    lines.push(String::new());
    lines.extend(table(
        &[
            "component",
            "segment",
            "model",
            "fitted to",
            "events",
            "log-likelihood",
            "evidence",
            "",
        ],
        &rows,
    ));
    lines.push(String::new());
    for fit in &view.models {
        lines.push(format!("{}, {}:", fit.component, fit.segment));
        lines.extend(
            fit.parameters
                .iter()
                .map(|(name, value)| format!("  {name} {}", shown(value))),
        );
        lines.extend(fit.drift.as_ref().map(drift));
    }
    lines
}

fn pooled(fit: &ModelFit) -> &'static str {
    if fit.pooled {
        "too few: parameters of all"
    } else {
        ""
    }
}

fn drift(drift: &Drift) -> String {
    let moved: Vec<String> = drift
        .ln_parameters
        .iter()
        .filter_map(|(name, value)| Some(format!("ln {name} {:+.3}", value.as_f64()?)))
        .collect();
    let model = if drift.other_model {
        "another model; "
    } else {
        ""
    };
    let change = drift.mean_absolute.map_or_else(String::new, |change| {
        format!("; the probability to be active moved by {change:.4} on average")
    });
    format!(
        "  since {}: {model}{}{change}",
        drift.since,
        moved.join(", ")
    )
}

/// A parameter as people read it: four significant digits.
fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Number(number) if number.is_f64() => {
            let value = number.as_f64().unwrap_or_default();
            if value == 0.0 || (1e-3..1e6).contains(&value.abs()) {
                format!("{value:.4}")
            } else {
                format!("{value:.3e}")
            }
        }
        serde_json::Value::Object(map) => map
            .iter()
            .map(|(name, value)| format!("{name}: {}", shown(value)))
            .collect::<Vec<_>>()
            .join(", "),
        serde_json::Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(" "),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
