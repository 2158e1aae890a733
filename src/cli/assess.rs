//! `hawser assess`: one assessment run.

use chrono::NaiveDate;

use super::exit::{DATA, SOFTWARE};
use super::{Context, Failure};
use crate::access::audit::Actor;
use crate::assessment::AssessmentError;
use crate::assessment::run::assess;
use crate::assessment::store::Run;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hawser assess --as-of 2026-01-01")]
pub struct Args {
    /// What was known before this day counts (default: today)
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
}

impl From<AssessmentError> for Failure {
    fn from(error: AssessmentError) -> Self {
        match error {
            AssessmentError::Db(error) => error.into(),
            AssessmentError::AsOf { .. } => Self::new(DATA, error),
            other => Self::new(SOFTWARE, other),
        }
    }
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let state = context.state()?;
    let as_of = args.as_of.unwrap_or_else(|| state.today());
    let run = assess(&state, as_of, &Actor::cli(), &mut |conn, run| {
        crate::app::after_run(&state, conn, run)
    })?;
    context.out.show(&run, lines)?;
    Ok(())
}

/// A run for people.
pub fn lines(run: &Run) -> Vec<String> {
    let mut lines = vec![format!(
        "Run {} as of {}: {} customers, {} links, {} weeks ahead.",
        run.id, run.as_of, run.customers, run.links, run.horizon_weeks
    )];
    if run.customers == 0 {
        lines.push(
            "Nobody had a shipment in the 104 weeks before: there is nothing to assess.".to_owned(),
        );
        return lines;
    }
    lines.push(format!(
        "Business is measured in {}, value in {}.",
        run.business_basis.as_deref().unwrap_or("nothing"),
        run.value_basis.as_deref().unwrap_or("nothing"),
    ));
    if run.seasonal == Some(false) {
        lines.push(
            "The season is not known, which takes two years of history: quiet months look like leaving."
                .to_owned(),
        );
    }
    lines.extend(audit(run));
    lines.push("Next: hawser watchlist".to_owned());
    lines
}

/// What the audit found, if messages and worlds do not agree.
fn audit(run: &Run) -> Option<String> {
    let parameters: serde_json::Value = serde_json::from_str(run.parameters.as_deref()?).ok()?;
    let audit = parameters.get("risk")?.get("audit")?;
    if audit.get("agrees")?.as_bool()? {
        return None;
    }
    let number = |of: &str| audit.get("expected_loss")?.get(of)?.as_f64();
    let (messages, worlds) = (number("messages")?, number("worlds")?);
    Some(format!(
        "The audit with {} drawn worlds does not agree: expected loss {:.1}% beside theirs; loops of \
         partners bias the cascade's numbers here by more than chance explains.",
        audit.get("worlds")?,
        if worlds == 0.0 {
            0.0
        } else {
            (messages / worlds - 1.0) * 100.0
        },
    ))
}
