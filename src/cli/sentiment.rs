//! `hawser sentiment`: score texts, learn from the own ones, score again.

use std::io::{self, Read as _};

use serde_json::json;

use super::exit::{DATA, NO_INPUT};
use super::out::table;
use super::{Context, Failure};
use crate::access::audit::Actor;
use crate::interactions::http::{ScoredText, SentimentModel, score};
use crate::interactions::model::TEXT;
use crate::interactions::rescore::{self, Rescored};
use crate::interactions::store::models;
use crate::interactions::train::{self, Training};

/// What to do with sentiment.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Score a text with what interactions are scored with
    #[command(
        after_help = "Examples:\n  hawser sentiment score \"The pallets came late and two were damaged.\"\n  hawser sentiment score 货物晚到三天。\n  hawser sentiment score - < note.txt"
    )]
    Score {
        /// The text; - reads it from standard input
        text: String,
    },
    /// Learn a model of each language from the own texts; it is put in use if it is sound
    Train,
    /// List the models that were learnt
    Models,
    /// Put a model in use
    Use {
        /// The model's id
        id: i64,
    },
    /// Put a model out of use: its language is scored by the word lists alone
    Retire {
        /// The model's id
        id: i64,
    },
    /// Score every text again with the models in use
    Rescore,
}

/// Runs the command.
pub fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Score { text } => score_one(context, text),
        Command::Train => train_all(context),
        Command::Models => list(context),
        Command::Use { id } => switch(context, id, true),
        Command::Retire { id } => switch(context, id, false),
        Command::Rescore => rescore_all(context),
    }
}

fn score_one(context: &Context, text: String) -> Result<(), Failure> {
    let text = if text == "-" { standard_input()? } else { text };
    if text.len() > TEXT {
        let rule = format!("the text is longer than {TEXT} bytes");
        return Err(Failure::new(DATA, rule));
    }
    let state = context.state()?;
    let scored = state.db.read_now(|conn| score(conn, &[text]))?;
    for one in &scored {
        context.out.show(one, lines)?;
    }
    Ok(())
}

fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let limit = TEXT as u64 + 1;
    io::stdin()
        .take(limit)
        .read_to_string(&mut text)
        .map_err(|error| Failure::new(NO_INPUT, format!("standard input: {error}")))?;
    Ok(text)
}

fn lines(scored: &ScoredText) -> Vec<String> {
    let Some(polarity) = scored.polarity else {
        let why = scored.not_scored.map_or("", |why| why.word());
        return vec![format!("not scored: {why} (language: {})", scored.language)];
    };
    let neutral = if scored.neutral == Some(true) {
        ", neutral"
    } else {
        ""
    };
    let mut lines = vec![format!(
        "{polarity:+.2}{neutral} (confidence {:.2}, language {}, by {})",
        scored.confidence.unwrap_or_default(),
        scored.language,
        scored.scored_with
    )];
    for sentence in &scored.sentences {
        lines.push(format!("  {:+.2}  {}", sentence.polarity, sentence.text));
    }
    for topic in &scored.topics {
        lines.push(format!("  {:+.2}  about {}", topic.polarity, topic.topic));
    }
    lines
}

fn train_all(context: &Context) -> Result<(), Failure> {
    let state = context.state()?;
    let examples = state.db.read_now(train::examples)?;
    let learnt = train::learn_all(&examples);
    let now = state.clock.now().into();
    let trained = state
        .db
        .write_when_free(|conn| train::keep(conn, &Actor::cli(), learnt, now))?;
    context.out.show(&trained, |trained| {
        trained.iter().map(trained_line).collect()
    })?;
    Ok(())
}

fn trained_line(one: &Training) -> String {
    let model = one
        .model_id
        .map_or_else(|| "no model".to_owned(), |id| format!("model {id}"));
    let mut line = format!(
        "{}: {model}: {} ({} texts, {} beside survey scores)",
        one.language, one.detail, one.texts, one.labels
    );
    let figures = one.figures.as_ref();
    if let Some((lexicon, model)) = figures.and_then(|found| found.lexicon.zip(found.model)) {
        use std::fmt::Write as _;
        let _ = write!(
            line,
            "; AUC {:.3} (word lists {:.3}), accuracy {:.3} ({:.3})",
            model.auc, lexicon.auc, model.accuracy, lexicon.accuracy
        );
    }
    line
}

fn list(context: &Context) -> Result<(), Failure> {
    let state = context.state()?;
    let rows = state.db.read_now(models::all)?;
    let models: Vec<SentimentModel> = rows
        .into_iter()
        .map(SentimentModel::try_from)
        .collect::<Result<_, _>>()?;
    context.out.show(&models, |models| {
        let rows: Vec<_> = models.iter().map(row).collect();
        let head = [
            "model",
            "language",
            "in use",
            "texts",
            "labels",
            "AUC",
            "word lists",
        ];
        table(&head, &rows)
    })?;
    Ok(())
}

fn row(model: &SentimentModel) -> Vec<String> {
    let auc = |found: Option<train::Measured>| {
        found.map_or_else(|| "–".to_owned(), |found| format!("{:.3}", found.auc))
    };
    vec![
        model.id.to_string(),
        model.language.clone(),
        if model.in_use { "yes" } else { "no" }.to_owned(),
        model.texts.to_string(),
        model.labels.to_string(),
        auc(model.figures.model),
        auc(model.figures.lexicon),
    ]
}

fn switch(context: &Context, id: i64, on: bool) -> Result<(), Failure> {
    let state = context.state()?;
    let now = state.clock.now().into();
    let model = state
        .db
        .write_now(|conn| train::switch(conn, &Actor::cli(), id, on, now))?;
    let answer = json!({"id": model.id, "language": model.language, "in_use": model.in_use});
    context.out.show(&answer, |_| {
        let words = if on { "in use" } else { "out of use" };
        vec![format!(
            "Model {id} ({}) is {words}. `hawser sentiment rescore` scores texts again.",
            model.language
        )]
    })?;
    Ok(())
}

fn rescore_all(context: &Context) -> Result<(), Failure> {
    let state = context.state()?;
    let (mut done, mut place) = (Rescored::default(), Some(rescore::START));
    while let Some(from) = place {
        let now = state.clock.now().into();
        place = state
            .db
            .write_when_free(|conn| rescore::batch(conn, from, &mut done, now))?;
    }
    let now = state.clock.now().into();
    state
        .db
        .write_now(|conn| rescore::note(conn, &Actor::cli(), done, now))?;
    context.out.show(&done, |done| {
        vec![format!(
            "{} texts scored, {} changed.",
            done.texts, done.changed
        )]
    })?;
    Ok(())
}
