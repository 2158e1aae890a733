//! Plays as the command line shows them.

use super::TITLE;
use crate::cli::out::table;
use crate::i18n::line::{shorten, single_line};
use crate::plays::effect::NoNumber;
use crate::plays::model::PlayOutcome;
use crate::plays::view::{Play, PlayDetail};
use crate::plays::{Effects, Measured};

pub(super) fn cells(play: &Play) -> Vec<String> {
    vec![
        play.id.to_string(),
        play.due_on.to_string(),
        play.status.word().to_owned(),
        play.template.clone(),
        play.outcome.map(told).unwrap_or_default(),
        single_line(&play.customer_name),
        shorten(&single_line(&play.title), TITLE),
    ]
}

fn told(outcome: PlayOutcome) -> String {
    outcome.word().replace('_', " ")
}

pub(super) fn lines(found: &PlayDetail) -> Vec<String> {
    let play = &found.play;
    let mut lines = vec![
        format!(
            "{}: {} ({})",
            play.id,
            single_line(&play.title),
            play.template
        ),
        format!(
            "for {}, due {}{}; {}",
            single_line(&play.customer_name),
            play.due_on,
            if play.overdue { ", overdue" } else { "" },
            play.status
        ),
    ];
    if let (Some(outcome), Some(by)) = (play.outcome, play.outcome_by) {
        let mut line = format!("outcome: {} (by {by})", told(outcome));
        if let Some(record) = play.record_outcome.filter(|record| *record != outcome) {
            line.push_str("; its shipments say ");
            line.push_str(&told(record));
        }
        lines.push(line);
    }
    lines.extend(found.steps.iter().map(|step| {
        format!(
            "  {} [{}] {}, by {}",
            step.position,
            if step.done_at.is_some() { "x" } else { " " },
            single_line(&step.text),
            step.due_on
        )
    }));
    lines
}

pub(super) fn effect_lines(found: &Effects) -> Vec<String> {
    let named = std::iter::once(("all", &found.all));
    let rows: Vec<Vec<String>> = named
        .chain(
            found
                .by_template
                .iter()
                .map(|(code, one)| (code.as_str(), one)),
        )
        .map(|(name, one)| effect_cells(name, one))
        .collect();
    let head = [
        "plays", "cases", "kept", "controls", "kept", "effect", "90 %",
    ];
    let mut lines = table(&head, &rows);
    lines.push(String::new());
    lines.push(format!(
        "Not counted: {} too early to tell, {} with nobody to be compared with, {} beside another play of the same customer.",
        found.all.undecided, found.all.unmatched, found.all.repeated
    ));
    lines.push(
        "A comparison, no experiment: people choose whom they look after (docs/plays.md)."
            .to_owned(),
    );
    lines
}

fn effect_cells(name: &str, one: &Measured) -> Vec<String> {
    let share = |value: f64| format!("{:.0}%", 100.0 * value);
    let (effect, interval) = match (one.effect, one.no_number) {
        (Some(effect), _) => (
            share(effect.value),
            format!("{} to {}", share(effect.low), share(effect.high)),
        ),
        (None, Some(NoNumber::NobodyLost)) => ("nobody lost".to_owned(), String::new()),
        (None, _) => ("not enough cases".to_owned(), String::new()),
    };
    vec![
        name.to_owned(),
        one.cases.to_string(),
        one.kept.to_string(),
        one.controls.to_string(),
        one.controls_kept.to_string(),
        effect,
        interval,
    ]
}
