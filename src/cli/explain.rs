//! `hawser explain`: one customer's numbers, and why they are what they are.

use chrono::NaiveDate;

use super::exit::DATA;
use super::measure::{Measure, percent, percent_fine};
use super::out::table;
use super::{Context, Failure};
use crate::access::Teams;
use crate::api::reference::Reference;
use crate::assessment::model::CascadeTerm;
use crate::assessment::read::{self, ContractView, NamedPart, RiskView, SatisfactionView};
use crate::config::Config;
use crate::customers::{self, store::CustomerBrief};
use crate::db::Conn;
use crate::error::Error;
use crate::text::normalise_name;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hawser explain 42\n  hawser explain ext:tms:4711\n  hawser explain \"Brandt GmbH\""
)]
pub struct Args {
    /// The customer: its id, ext:SYSTEM:ID, or (the beginning of) its name
    customer: String,
    /// As-of date of a finished run (default: the latest)
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let state = context.state()?;
    let (risk, satisfaction) = state.db.read_now(|conn| {
        let reference = find(conn, &args.customer)?;
        let risk = read::risk(conn, &reference, args.as_of, &Teams::All)?;
        let satisfaction = read::satisfaction(conn, &reference, args.as_of, &Teams::All)?;
        Ok::<_, Failure>((risk, satisfaction))
    })?;
    if context.out.json {
        context
            .out
            .json(&serde_json::json!({"risk": risk, "satisfaction": satisfaction}))?;
        return Ok(());
    }
    for line in risk_lines(&risk, &context.config)
        .into_iter()
        .chain(satisfaction_lines(&satisfaction))
    {
        context.out.line(line)?;
    }
    Ok(())
}

/// An id, an external id, or a name that only one customer bears or begins with.
pub fn find(conn: &mut Conn, text: &str) -> Result<Reference, Failure> {
    if let Ok(reference) = Reference::parse(text) {
        return Ok(reference);
    }
    let wanted = normalise_name(text);
    let found = customers::store::beginning_with(conn, &wanted, 11)?;
    let exact: Vec<&CustomerBrief> = found
        .iter()
        .filter(|found| normalise_name(&found.name) == wanted)
        .collect();
    match (&exact[..], &found[..]) {
        ([only], _) => Ok(Reference::Id(only.id.0)),
        ([], [only]) => Ok(Reference::Id(only.id.0)),
        ([], []) => Err(Error::not_found("customer", format!("{text:?}")).into()),
        _ => {
            let names: Vec<String> = found
                .iter()
                .take(10)
                .map(|found| format!("{} ({})", found.name, found.id))
                .collect();
            let names = names.join(", ");
            Err(Failure::new(
                DATA,
                format!("{text:?} may be any of {names}: give the id"),
            ))
        }
    }
}

fn risk_lines(risk: &RiskView, config: &Config) -> Vec<String> {
    let measure = Measure::of_value(&risk.source, config);
    let mut lines = headline(risk);
    let rows: Vec<Vec<String>> = risk.parts.iter().map(part_row).collect();
    lines.extend(table(&["  part", "adds", "of its business"], &rows));
    lines.extend(caveats(risk));
    lines.extend(risk.contract.as_ref().map(contract));
    lines.extend(seen(risk));
    lines.extend(at_stake(risk, &measure));
    if !risk.followers.is_empty() {
        lines.extend([String::new(), "Who would follow:".to_owned()]);
        let rows: Vec<Vec<String>> = risk
            .followers
            .iter()
            .map(|follower| {
                vec![
                    format!(
                        "  {}",
                        follower.partner.name.as_deref().unwrap_or("(hidden)")
                    ),
                    percent(follower.churn_probability),
                    percent(follower.churn_if_lost),
                    measure.number(follower.value),
                ]
            })
            .collect();
        lines.extend(table(
            &["  partner", "churn now", "if lost", "value"],
            &rows,
        ));
    }
    lines
}

/// What the reader must know before believing the number.
fn caveats(risk: &RiskView) -> Vec<String> {
    let mut lines = vec![steps(risk)];
    lines.extend(match risk.cascade_term {
        CascadeTerm::Supported => None,
        CascadeTerm::NotSupported => Some(
            "  What comes from partners is a hypothesis: the back-test on this history does not support it."
                .to_owned(),
        ),
        CascadeTerm::Hypothesis => Some(
            "  What comes from partners is a hypothesis: no back-test on this history supports it yet."
                .to_owned(),
        ),
    });
    if !risk.source.seasonal {
        lines.push(
            "  The season is not known, which takes two years of history: quiet months look like leaving."
                .to_owned(),
        );
    }
    lines
}

fn contract(contract: &ContractView) -> String {
    let volume = contract.volume_at_risk.map_or_else(
        || "the share of the volume under it is not known".to_owned(),
        |share| format!("{} of the volume is expected to be lost", percent(share)),
    );
    format!(
        "  A contract ends on {}: not renewed with probability {}; {volume}.",
        contract.ends_on,
        percent(contract.loss_probability)
    )
}

/// How own churn came about.
fn steps(risk: &RiskView) -> String {
    let told = |name: &str, value: Option<f64>| {
        value.map(|value| format!("{name} {}", percent_fine(value)))
    };
    let steps: Vec<String> = [
        told("shipping days", risk.steps.shipping_days),
        told(
            "recency, frequency and value",
            risk.steps.recency_frequency_value,
        ),
        told("with service", risk.steps.service),
        told("agreed with its links", Some(risk.steps.own_churn)),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("  By itself, step by step: {}.", steps.join(", "))
}

fn headline(risk: &RiskView) -> Vec<String> {
    let source = &risk.source;
    let country = risk.country.as_ref();
    vec![
        format!(
            "{} ({}, {}{})",
            risk.customer.name.as_deref().unwrap_or_default(),
            risk.customer.id.unwrap_or_default(),
            risk.role,
            country.map(|code| format!(", {code}")).unwrap_or_default(),
        ),
        format!(
            "As of {}, {} weeks ahead (run {}, models {}).",
            source.as_of, source.horizon_weeks, source.run_id, source.model_version
        ),
        String::new(),
        format!(
            "Churn probability {}{}",
            percent(risk.churn_probability),
            caveat(risk)
        ),
    ]
}

fn seen(risk: &RiskView) -> Vec<String> {
    let (inputs, weeks) = (&risk.inputs, risk.source.horizon_weeks);
    vec![
        String::new(),
        format!(
            "Seen: {} shipping days in 104 weeks, the last on {} ({:.1} weeks before); {:.1} expected in the next {weeks} weeks.",
            inputs.shipping_days, inputs.last_on, inputs.recency_weeks, inputs.expected_days
        ),
        format!(
            "Partners: {}, of them {} without a shipment with it in the last {weeks} weeks.",
            inputs.partners, inputs.partners_silent
        ),
    ]
}

fn at_stake(risk: &RiskView, measure: &Measure) -> Vec<String> {
    vec![
        format!(
            "Business at risk: {} of its {}; value over the horizon ({}) {}, of which {} is expected to be lost.",
            percent(risk.business_at_risk),
            risk.source.business_basis,
            risk.source.value_basis,
            measure.amount(risk.value),
            measure.number(risk.value_at_risk),
        ),
        format!(
            "Blast radius {}; a retention play is worth about {}.",
            measure.amount(risk.blast_radius),
            measure.number(risk.save_value)
        ),
    ]
}

fn caveat(risk: &RiskView) -> &'static str {
    match (risk.is_new, risk.evidence.as_str()) {
        (true, _) => " (new: too early to judge)",
        (false, "low") => " (low evidence)",
        _ => "",
    }
}

fn part_row(part: &NamedPart) -> Vec<String> {
    let what = match (part.kind, &part.partner, part.count) {
        ("own", ..) => "  by itself".to_owned(),
        (_, Some(partner), _) => {
            format!("  from {}", partner.name.as_deref().unwrap_or("(hidden)"))
        }
        (_, None, count) => format!("  from {} other partners", count.unwrap_or_default()),
    };
    let share = part.share.map(percent).unwrap_or_default();
    vec![what, percent_fine(part.probability), share]
}

fn satisfaction_lines(satisfaction: &SatisfactionView) -> Vec<String> {
    let mut lines = vec![String::new()];
    if satisfaction.evidence == "none" {
        lines.push(
            "Satisfaction unknown: too little was delivered in the last 13 weeks, and nobody was asked. \
             What stands below is what is generally assumed."
                .to_owned(),
        );
    } else {
        lines.push(format!(
            "Satisfaction {:.0} of 100 ({:.0} to {:.0}), {}; look first at {}.",
            satisfaction.score * 100.0,
            satisfaction.low * 100.0,
            satisfaction.high * 100.0,
            satisfaction.light,
            satisfaction.weakest
        ));
        lines.push(format!(
            "All departments satisfied with probability {}; {} of the required ones have data{}.",
            percent(satisfaction.p_all),
            percent(satisfaction.coverage),
            if satisfaction.evidence == "enough" {
                ""
            } else {
                " (low evidence)"
            },
        ));
    }
    let rows: Vec<Vec<String>> = satisfaction
        .departments
        .iter()
        .map(|department| {
            vec![
                format!("  {}", department.department),
                format!("{:.0}", department.score * 100.0),
                format!(
                    "{:.0}–{:.0}",
                    department.low * 100.0,
                    department.high * 100.0
                ),
                department.kpi_score.map_or_else(
                    || "no facts".to_owned(),
                    |score| format!("{:.0}", score * 100.0),
                ),
                percent(department.kpi_coverage),
            ]
        })
        .collect();
    lines.extend(table(
        &["  department", "score", "90%", "facts", "covered"],
        &rows,
    ));
    for kpi in &satisfaction.inputs {
        lines.push(format!(
            "  {}: {:.3} from {} shipments",
            kpi.kpi, kpi.value, kpi.observations
        ));
    }
    lines
}
