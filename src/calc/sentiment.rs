//! Cases of sentiment.

use serde_json::{Map, Value, json};

use super::members::{CaseError, Members, value};
use crate::sentiment::{Channel, Feeling, IndexSettings, Scored, Scorer, Voice, index};

/// Computes one case: scores of `texts`, the index of `voices`, or both.
pub(super) fn answer(case: &Members<'_>) -> Result<Value, CaseError> {
    let mut answer = Map::new();
    if let Some(texts) = case.optional_list("texts")? {
        let lists = Scorer::lexicon();
        let mut scores = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            let path = || format!("{}[{at}]", case.path("texts"));
            let text = text.as_str();
            let text = text.ok_or_else(|| CaseError::member(path(), "text"))?;
            scores.push(score(&lists.score(text))?);
        }
        answer.insert("texts".to_owned(), Value::Array(scores));
    }
    if case.get("voices").is_some() {
        answer.insert("index".to_owned(), index_of(case)?);
    }
    if answer.is_empty() {
        return Err(CaseError::member(
            "texts",
            "a list, unless there are voices",
        ));
    }
    Ok(Value::Object(answer))
}

fn score(scored: &Scored) -> Result<Value, CaseError> {
    let language = scored.language.word();
    match &scored.outcome {
        Ok(feeling) => shown(language, feeling),
        Err(reason) => Ok(json!({ "language": language, "not_scored": reason.word() })),
    }
}

fn shown(language: &str, feeling: &Feeling) -> Result<Value, CaseError> {
    let sentences: Result<Vec<Value>, CaseError> = feeling
        .sentences
        .iter()
        .map(|one| Ok(json!({ "text": one.text, "polarity": value("polarity", one.polarity)? })))
        .collect();
    let topics: Result<Vec<Value>, CaseError> = feeling
        .topics
        .iter()
        .map(|one| {
            let polarity = value("polarity", one.polarity)?;
            Ok(json!({ "topic": one.topic.word(), "polarity": polarity }))
        })
        .collect();
    Ok(json!({
        "language": language,
        "polarity": value("polarity", feeling.polarity)?,
        "confidence": value("confidence", feeling.confidence)?,
        "neutral": feeling.neutral,
        "sentences": sentences?,
        "topics": topics?,
    }))
}

/// Optional beside `voices`: `parent` (0), `half_life_days`, `prior_weight`, `least_weight`.
fn index_of(case: &Members<'_>) -> Result<Value, CaseError> {
    let voices: Result<Vec<Voice>, CaseError> =
        case.children("voices")?.iter().map(voice).collect();
    let defaults = IndexSettings::default();
    let settings = IndexSettings {
        half_life_days: case.number_or("half_life_days", defaults.half_life_days)?,
        prior_weight: case.number_or("prior_weight", defaults.prior_weight)?,
        least_weight: case.number_or("least_weight", defaults.least_weight)?,
    };
    let parent = case.number_or("parent", 0.0)?;
    let found = index(&voices?, parent, &settings).map_err(CaseError::formula)?;
    Ok(json!({
        "value": value("value", found.value)?,
        "low": value("low", found.low)?,
        "high": value("high", found.high)?,
        "weight": value("weight", found.weight)?,
        "texts": found.texts,
        "enough": found.enough,
    }))
}

/// The weight is that of `channel` unless `weight` gives one; 1 without either.
fn voice(voice: &Members<'_>) -> Result<Voice, CaseError> {
    let channel = match voice.optional_text("channel")? {
        None => None,
        Some(word) => {
            let rule = format!("one of {}", Channel::WORDS.join(", "));
            let unknown = || CaseError::member(voice.path("channel"), rule);
            Some(Channel::parse(word).ok_or_else(unknown)?)
        }
    };
    Ok(Voice {
        age_days: voice.number_or("age_days", 0.0)?,
        weight: voice.number_or("weight", channel.map_or(1.0, Channel::weight))?,
        polarity: voice.number("polarity")?,
        confidence: voice.number_or("confidence", 1.0)?,
        neutral: voice.optional_flag("neutral")?.unwrap_or(false),
    })
}
