//! What-ifs and comparisons for people.

use super::super::measure::{Measure, percent, percent_fine};
use super::super::out::table;
use crate::assessment::read::Pointer;
use crate::config::Config;
use crate::whatifs::compare::Comparison;
use crate::whatifs::views::{Simulated, WhatIfView};

/// How a customer is called.
pub fn called(pointer: &Pointer) -> String {
    pointer
        .name
        .clone()
        .unwrap_or_else(|| "(hidden)".to_owned())
}

/// A what-if for people.
pub fn lines(view: &WhatIfView, config: &Config) -> Vec<String> {
    let source = &view.source;
    let measure = Measure::of_value(source, config);
    let mut lines = vec![format!(
        "As of {}, {} weeks ahead (run {}).{}",
        source.as_of,
        source.horizon_weeks,
        source.run_id,
        view.id
            .map(|id| format!(" Kept as what-if {id}."))
            .unwrap_or_default(),
    )];
    lines.extend(view.summary.iter().cloned());
    if !view.affected.is_empty() {
        lines.push(String::new());
        let rows: Vec<Vec<String>> = view
            .affected
            .iter()
            .map(|one| {
                let (churn, value) = (one.churn_probability, one.expected_value);
                let why = match (one.changed, one.paths.first()) {
                    (true, _) => "changed".to_owned(),
                    (_, None) => String::new(),
                    (_, Some(path)) => {
                        let over: Vec<String> = path.over.iter().map(called).collect();
                        let over = match path.share {
                            Some(share) => format!(" ({} of its business)", percent(share)),
                            None => format!(" by way of {}", over.join(" → ")),
                        };
                        format!("because of {}{over}", called(&path.because_of))
                    }
                };
                vec![
                    called(&one.customer),
                    percent_fine(churn.before),
                    percent_fine(churn.after),
                    measure.number(value.before),
                    measure.number(value.after),
                    why,
                ]
            })
            .collect();
        let value = format!("{} expected", source.value_basis);
        let head = ["customer", "churn", "then", value.as_str(), "then", "why"];
        lines.extend(table(&head, &rows));
    }
    if view.others.count > 0 {
        lines.push(format!(
            "And {} more ({} {}).",
            view.others.count,
            measure.number(view.others.value_difference),
            measure.unit
        ));
    }
    if let Some(simulated) = &view.distribution {
        lines.push(String::new());
        lines.extend(distribution_lines(simulated, &measure));
    }
    lines
}

fn distribution_lines(simulated: &Simulated, measure: &Measure) -> Vec<String> {
    let (before, after) = (&simulated.before, &simulated.after);
    let mut rows: Vec<Vec<String>> = before
        .quantiles
        .iter()
        .zip(&after.quantiles)
        .map(|(one, other)| {
            vec![
                format!("{} of worlds lose at most", percent(one.level)),
                measure.number(one.value),
                measure.number(other.value),
            ]
        })
        .collect();
    for (what, one, other) in [
        ("mean", before.expected_loss, after.expected_loss),
        ("mean of the worst 5%", before.shortfall, after.shortfall),
    ] {
        rows.push(vec![
            what.to_owned(),
            format!(
                "{} ± {}",
                measure.number(one.value),
                measure.number(one.standard_error)
            ),
            format!(
                "{} ± {}",
                measure.number(other.value),
                measure.number(other.standard_error)
            ),
        ]);
    }
    let mut lines = vec![format!(
        "Loss of value in {} worlds of seed {}, in {} (± standard error):",
        simulated.worlds, simulated.seed, measure.unit
    )];
    lines.extend(table(&["", "before", "then"], &rows));
    lines.push(format!(
        "The same worlds differ by {} ± {} on average.",
        measure.number(simulated.difference.value),
        measure.number(simulated.difference.standard_error)
    ));
    lines
}

/// A comparison for people.
pub fn comparison(view: &Comparison, config: &Config) -> Vec<String> {
    let measure = Measure::of_value(&view.source, config);
    let label = |place: usize| {
        view.what_ifs.get(place).map_or_else(String::new, |one| {
            one.name
                .clone()
                .unwrap_or_else(|| format!("what-if {}", one.id))
        })
    };
    let mut lines = Vec::new();
    for (place, one) in view.what_ifs.iter().enumerate() {
        lines.push(format!("{}: {}", label(place), one.summary));
    }
    if view.customers.is_empty() {
        lines.push("They do not differ noticeably for any customer.".to_owned());
        return lines;
    }
    lines.push(String::new());
    lines.push(format!(
        "Churn probability and expected {} in {} of those for whom they differ most:",
        view.source.value_basis, measure.unit
    ));
    let mut head = vec!["customer".to_owned(), "as it is".to_owned(), String::new()];
    for place in 0..view.what_ifs.len() {
        head.extend([label(place), String::new()]);
    }
    let rows: Vec<Vec<String>> = view
        .customers
        .iter()
        .map(|one| {
            let mut cells = vec![called(&one.customer)];
            for fate in std::iter::once(&one.before).chain(&one.what_ifs) {
                cells.push(percent_fine(fate.churn_probability));
                cells.push(measure.number(fate.expected_value));
            }
            cells
        })
        .collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    lines.extend(table(&head, &rows));
    if view.others > 0 {
        lines.push(format!("And {} more.", view.others));
    }
    lines
}
