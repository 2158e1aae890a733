//! `hawser track-record`: what became of past predictions and alerts.

use super::exit::SOFTWARE;
use super::measure::percent;
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::track::summary::{Share, Tally};
use crate::track::view::{OfRun, State, Summary, TrackRecord, track_record};
use crate::track::{TrackError, keep_up};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Scores runs whose horizon has passed, then shows the record.\n\nExamples:\n  hawser track-record\n  hawser track-record --rescore --json"
)]
pub struct Args {
    /// Score every run anew: shipments of its horizon came late, or were taken back
    #[arg(long)]
    rescore: bool,
    /// Runs listed at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
}

impl From<TrackError> for Failure {
    fn from(error: TrackError) -> Self {
        match error {
            TrackError::Db(error) => error.into(),
            other @ TrackError::Evaluation { .. } => Self::new(SOFTWARE, other),
        }
    }
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let state = context.state()?;
    keep_up(&state, args.rescore)?;
    let record = state
        .db
        .read_now(|conn| track_record(conn, &Teams::All, state.today(), usize::from(args.limit)))?;
    Ok(context.out.show(&record, lines)?)
}

fn lines(record: &TrackRecord) -> Vec<String> {
    let mut lines = vec![opening(record)];
    if let Some(summary) = &record.summary {
        lines.extend(told(summary));
    }
    if record.waiting_for_data > 0 {
        lines.push(format!(
            "{} runs wait for data: their horizon has passed, but no shipment has come since.",
            record.waiting_for_data
        ));
    }
    if !record.runs.is_empty() {
        let head = [
            "run",
            "as of",
            "weeks",
            "made",
            "judged",
            "lost",
            "expected",
            "AUC",
            "Brier",
            "right",
            "wrong",
            "missed",
            "days of warning",
        ];
        let rows: Vec<Vec<String>> = record.runs.iter().map(row).collect();
        lines.push(String::new());
        lines.extend(table(&head, &rows));
    }
    lines
}

fn opening(record: &TrackRecord) -> String {
    let next = record.next_due_on.map_or_else(
        || "no run is waiting".to_owned(),
        |day| format!("the next can be judged from {day} on"),
    );
    match record.state {
        State::NothingDue => format!("No run can be judged yet: {next}."),
        State::HindsightOnly => format!(
            "No run that was made in time can be judged yet; {next}. Those below were made when \
             the outcome could be known: a back-test, no track record."
        ),
        State::Judged => format!(
            "{} runs judged, {} of them made in time; {next}.",
            record.runs_judged, record.runs_in_time
        ),
    }
}

fn told(summary: &Summary) -> Vec<String> {
    let alerts = &summary.alerts;
    let Tally {
        right,
        wrong,
        missed,
    } = alerts.tally();
    let mut lines = vec![
        format!(
            "Taken together, {} whose horizons do not overlap: {} predictions, {} lost, {:.1} \
             expected.",
            counted(summary.runs.len() as u64, "run"),
            summary.customers,
            summary.lost,
            summary.expected_lost
        ),
        format!("Alerts: {right} right, {wrong} wrong; {missed} customers lost without one."),
    ];
    if let Some(share) = alerts.precision() {
        lines.push(format!(
            "Of the alerts, {} were right.",
            with_interval(&share)
        ));
    }
    if let Some(share) = alerts.recall() {
        lines.push(format!(
            "Of the customers lost, {} had an alert.",
            with_interval(&share)
        ));
    }
    if let Some(days) = summary.warning_days {
        lines.push(format!(
            "Half of the right alerts came {:.0} days or more before the loss was certain.",
            days.median
        ));
    }
    lines
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

fn with_interval(share: &Share) -> String {
    format!(
        "{} (90 % interval {} to {})",
        percent(share.share),
        percent(share.low),
        percent(share.high)
    )
}

fn row(run: &OfRun) -> Vec<String> {
    let figure = |value: Option<f64>, places: usize| {
        value.map_or_else(|| "–".to_owned(), |value| format!("{value:.places$}"))
    };
    let alerts = run.alerts.tally();
    vec![
        run.run_id.to_string(),
        run.as_of.to_string(),
        run.horizon_weeks.to_string(),
        if run.in_time { "in time" } else { "later" }.to_owned(),
        run.customers.to_string(),
        run.lost.to_string(),
        format!("{:.1}", run.expected_lost),
        figure(run.auc, 3),
        figure(run.brier, 3),
        alerts.right.to_string(),
        alerts.wrong.to_string(),
        alerts.missed.to_string(),
        figure(run.warning_days_median, 0),
    ]
}
