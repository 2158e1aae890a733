//! `hawser satisfaction`: how satisfied a customer or a link is, why, and what would turn it green.

use chrono::NaiveDate;

use super::explain::find;
use super::measure::percent;
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::assessment::model::{GreenPath, ScoreChanges};
use crate::assessment::read::{self, DepartmentView, LinkView, SatisfactionView, SideView};
use crate::assessment::store::satisfied::{HISTORY, PastSatisfaction};
use crate::customers;
use crate::db::select::{self, Listing, Value};
use crate::error::Error;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hawser satisfaction 42\n  hawser satisfaction \"Brandt GmbH\" --history\n  hawser satisfaction --link 42 ext:tms:4711"
)]
pub struct Args {
    /// The customer: its id, ext:SYSTEM:ID, or (the beginning of) its name
    #[arg(required_unless_present = "link")]
    customer: Option<String>,
    /// As-of date of a finished run (default: the latest)
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// The score at every as-of date
    #[arg(long, conflicts_with_all = ["as_of", "link"])]
    history: bool,
    /// Both sides of the link from shipper A to consignee B
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "customer")]
    link: Option<Vec<String>>,
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let state = context.state()?;
    if let Some([shipper, consignee]) = args.link.as_deref() {
        let view = state.db.read_now(|conn| {
            let ends = (find(conn, shipper)?, find(conn, consignee)?);
            Ok::<_, Failure>(read::link_of(conn, &ends, args.as_of, &Teams::All)?)
        })?;
        return Ok(context.out.show(&view, link_lines)?);
    }
    let customer = args.customer.as_deref().unwrap_or_default();
    if args.history {
        let rows = state.db.read_now(|conn| {
            let reference = find(conn, customer)?;
            let found = customers::store::resolve(conn, &reference, &Teams::All)?
                .filter(|customer| !customer.deleted)
                .ok_or_else(|| Error::not_found("customer", &reference))?;
            let listing = Listing::all(&HISTORY);
            let rows: Vec<PastSatisfaction> = select::page(conn, &HISTORY, &listing, |sql| {
                sql.push(" AND s.customer_id = ")
                    .bind(Value::Int(found.id.0));
            })?;
            Ok::<_, Failure>(rows)
        })?;
        return Ok(context.out.show(&rows, |rows| history_lines(rows))?);
    }
    let view = state.db.read_now(|conn| {
        let reference = find(conn, customer)?;
        Ok::<_, Failure>(read::satisfaction(
            conn,
            &reference,
            args.as_of,
            &Teams::All,
        )?)
    })?;
    Ok(context.out.show(&view, lines)?)
}

/// On the scale that people read.
fn points(score: f64) -> String {
    format!("{:.0}", score * 100.0)
}

fn interval(low: f64, high: f64) -> String {
    format!("{}–{}", points(low), points(high))
}

fn maybe(value: Option<f64>, text: impl Fn(f64) -> String) -> String {
    value.map(text).unwrap_or_default()
}

fn signed(value: f64) -> String {
    // Adding 0 leaves no minus before a zero.
    format!("{:+.1}", (value * 1_000.0).round() / 10.0 + 0.0)
}

fn lines(view: &SatisfactionView) -> Vec<String> {
    let mut lines = vec![
        format!(
            "{} ({})",
            view.customer.name.as_deref().unwrap_or_default(),
            view.customer.id.unwrap_or_default()
        ),
        format!(
            "As of {} (run {}, models {}).",
            view.source.as_of, view.source.run_id, view.source.model_version
        ),
        String::new(),
        format!(
            "Satisfaction {} of 100 ({}), light {}; all departments satisfied with probability {}.",
            points(view.score),
            interval(view.low, view.high),
            view.light,
            percent(view.p_all)
        ),
        format!(
            "Heard from {} of {} required departments in 180 days{}.",
            view.departments_heard,
            view.departments_required,
            if view.weakest.is_empty() {
                String::new()
            } else {
                format!("; look first at {}", view.weakest)
            }
        ),
    ];
    lines.extend(view.sentiment.map(|index| {
        format!(
            "Sentiment {index:+.2} ({:+.2} to {:+.2}) from {} texts.",
            view.sentiment_low.unwrap_or(-1.0),
            view.sentiment_high.unwrap_or(1.0),
            view.sentiment_texts
        )
    }));
    lines.push(String::new());
    let rows: Vec<Vec<String>> = view.departments.iter().map(department_row).collect();
    lines.extend(table(
        &[
            "department",
            "score",
            "90%",
            "prior",
            "facts",
            "answers",
            "words",
            "people",
            "gap",
            "last heard",
            "note",
        ],
        &rows,
    ));
    lines.extend(view.to_green.as_ref().map(green_line));
    lines.extend(view.changes.iter().flat_map(change_lines));
    lines
}

fn department_row(row: &DepartmentView) -> Vec<String> {
    let mut notes = Vec::new();
    if row.gap_notable {
        let feels_worse = row.gap.is_some_and(|gap| gap < 0.0);
        notes.push(if feels_worse {
            "feels worse than the facts"
        } else {
            "feels better than the facts"
        });
    }
    if row.divided {
        notes.push("divided");
    }
    if !row.required {
        notes.push("not required");
    }
    vec![
        row.department.clone(),
        points(row.score),
        interval(row.low, row.high),
        points(row.parts.prior),
        points(row.parts.kpis),
        points(row.parts.answers),
        points(row.parts.sentiment),
        row.respondents.to_string(),
        maybe(row.gap, signed),
        row.last_heard_on
            .map_or_else(|| "never".to_owned(), |day| day.to_string()),
        notes.join(", "),
    ]
}

fn green_line(path: &GreenPath) -> String {
    let Some(step) = &path.step else {
        return if path.green {
            "Green: nothing is missing.".to_owned()
        } else {
            format!(
                "To green: no single change suffices; these lack: {}.",
                path.lacking.join(", ")
            )
        };
    };
    let who = step.departments.join(", ");
    match (&step.kpi, step.value_from, step.value_to) {
        (Some(kpi), Some(from), Some(to)) => {
            format!("To green: {kpi} from {from:.3} to {to:.3} ({who}).")
        }
        _ if step.input == "one_more_answer" => format!(
            "To green: one more answer of {} of 100 or better from {who}.",
            points(step.to)
        ),
        _ => format!(
            "To green: answers of {who} from {} to {} of 100.",
            points(step.from),
            points(step.to)
        ),
    }
}

fn change_lines(changes: &ScoreChanges) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        format!(
            "Since {}: {} (from {} to {}).",
            changes.since,
            signed(changes.after - changes.before),
            points(changes.before),
            points(changes.after)
        ),
    ];
    let rows: Vec<Vec<String>> = changes
        .departments
        .iter()
        .filter(|change| change.total().abs() >= 0.000_5)
        .map(|change| {
            let mut row = vec![change.department.clone()];
            let parts = [
                change.total(),
                change.prior,
                change.kpis,
                change.answers,
                change.sentiment,
                change.weight,
            ];
            row.extend(parts.map(signed));
            row
        })
        .collect();
    if !rows.is_empty() {
        let head = [
            "department",
            "in all",
            "prior",
            "facts",
            "answers",
            "words",
            "weight",
        ];
        lines.extend(table(&head, &rows));
    }
    lines
}

fn history_lines(rows: &[PastSatisfaction]) -> Vec<String> {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.as_of.to_string(),
                points(row.score),
                interval(row.low, row.high),
                row.light.clone(),
                percent(row.p_all),
                // Runs of older versions did not count.
                match row.departments_required {
                    0 => String::new(),
                    required => format!("{} of {required}", row.departments_heard),
                },
                maybe(row.sentiment, |index| format!("{index:+.2}")),
                row.weakest.clone(),
            ]
        })
        .collect();
    table(
        &[
            "as of",
            "score",
            "90%",
            "light",
            "all satisfied",
            "heard",
            "sentiment",
            "weakest",
        ],
        &cells,
    )
}

fn link_lines(view: &LinkView) -> Vec<String> {
    let side = |name: &str, side: &SideView| {
        vec![
            name.to_owned(),
            side.customer
                .name
                .clone()
                .unwrap_or_else(|| "(hidden)".to_owned()),
            maybe(side.score, points),
            side.low
                .zip(side.high)
                .map(|(low, high)| interval(low, high))
                .unwrap_or_default(),
            maybe(side.answers, |answers| format!("{answers:.1}")),
        ]
    };
    let rows = [
        side("shipper", &view.shipper),
        side("consignee", &view.consignee),
    ];
    let mut lines = vec![format!(
        "As of {} (run {}): satisfaction of both sides {} of 100 ({}), imbalance {}.",
        view.source.as_of,
        view.source.run_id,
        points(view.link.satisfaction),
        interval(view.link.satisfaction_low, view.link.satisfaction_high),
        signed(view.link.imbalance)
    )];
    lines.extend(table(
        &["side", "customer", "score", "90%", "answers"],
        &rows,
    ));
    if view.link.one_sided == Some(true) {
        lines.push("One-sided: one of them is no account, and stands at its prior.".to_owned());
    }
    lines
}
