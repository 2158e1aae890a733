//! Models of the language of the own texts: learnt, measured on texts held out, put in use if sound.
//!
//! A fifth of the texts, chosen by their digest, is held out and learnt from by nobody. Labels are the
//! word lists' own sure ones, which count 1, and the scores of the answers that a comment stands
//! beside, which count 5: people know better. Where at least 30 held-out comments have a clear score
//! (below 0.4 or above 0.6), a model is put in use if on them it ranks and decides no worse than the
//! word lists alone; where not, its figures say `no labels: not validated`, and it is put in use
//! unless one that was validated is.

use std::collections::HashMap;

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::store::models::{self, Listed, New};
use super::store::texts::{self, Example};
use crate::access::audit::{self, Actor, Deed};
use crate::db::{Conn, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::evaluation::{Metric, Predictions};
use crate::sentiment::{Labelled, Model, Scorer, SentimentError, Spoken, learn, sure_labels};

/// Texts of a language below which nothing is learnt.
pub const LEAST: usize = 200;
/// Held-out comments with a clear score below which a model is not validated.
pub const LEAST_LABELS: usize = 30;
/// Texts of each kind that are read at most, the newest.
const MOST: i64 = 100_000;
/// Characters of a text that are learnt from.
const CHARACTERS: i64 = 2_000;
/// How much the label of a survey score counts beside one of the word lists.
const HUMAN: f64 = 5.0;
/// One text of so many is held out.
const HELD_OUT: u8 = 5;
/// What is said where a model was validated.
const VALIDATED: &str = "held-out comments beside survey scores";
/// What is said where a model could not be validated.
const NOT_VALIDATED: &str = "no labels: not validated";

crate::word_enum! {
    /// What became of a training.
    Trained {
        /// Texts are scored with the model from now on.
        InUse = "in_use",
        /// It is kept, but worse than the word lists on held-out comments.
        Worse = "worse",
        /// It is kept, but not validated, and one that was is in use.
        NotValidated = "not_validated",
        /// There are too few texts to learn from.
        NotEnoughTexts = "not_enough_texts",
        /// The texts are of one feeling only: nothing can be told apart.
        OneSided = "one_sided",
    }
}

/// How word lists, or word lists with a model, do on held-out comments.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Measured {
    /// Probability that a comment beside a good score has the higher polarity than one beside a bad.
    pub auc: f64,
    /// Share whose sign of polarity is right; a neutral one counts half.
    pub accuracy: f64,
}

/// What is known of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Figures {
    /// `held-out comments beside survey scores`, or `no labels: not validated`.
    pub basis: String,
    /// Held-out comments with a clear score.
    pub held_out: u64,
    /// The word lists alone.
    pub lexicon: Option<Measured>,
    /// With the model.
    pub model: Option<Measured>,
    /// SHA-256 of the weights, in hex.
    pub digest: String,
}

impl Figures {
    /// Whether it was measured on labels.
    pub fn validated(&self) -> bool {
        self.model.is_some()
    }

    fn not_worse(&self) -> bool {
        match (self.lexicon, self.model) {
            (Some(lexicon), Some(model)) => {
                model.auc >= lexicon.auc && model.accuracy >= lexicon.accuracy
            }
            _ => true,
        }
    }
}

/// What a training did for a language.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Training {
    /// `en` or `zh`.
    pub language: String,
    /// What became of it.
    pub outcome: Trained,
    /// The model, unless none was learnt.
    pub model_id: Option<i64>,
    /// Texts of the language that were found.
    pub texts: u64,
    /// Of them beside a survey score.
    pub labels: u64,
    /// What is known of the model.
    pub figures: Option<Figures>,
    /// For people.
    pub detail: String,
}

/// A model that was learnt and is not stored yet, or why there is none.
#[derive(Debug)]
pub struct Learnt {
    training: Training,
    weights: Option<String>,
}

/// The texts to learn from.
///
/// # Errors
///
/// The database's.
pub fn examples(conn: &mut Conn) -> DbResult<Vec<Example>> {
    texts::examples(conn, MOST, CHARACTERS)
}

/// Learns a model of each language. Pure arithmetic: about a second for 10,000 texts.
pub fn learn_all(examples: &[Example]) -> Vec<Learnt> {
    let scorer = Scorer::lexicon();
    let mut by_language: HashMap<Spoken, Vec<&Example>> = HashMap::new();
    for example in examples {
        let language = scorer.score(&example.text).language;
        by_language.entry(language).or_default().push(example);
    }
    let mixed = by_language.remove(&Spoken::Mixed).unwrap_or_default();
    [Spoken::English, Spoken::Chinese]
        .map(|language| {
            let mut own = by_language.remove(&language).unwrap_or_default();
            own.extend(&mixed);
            learn_one(language, &own, &scorer)
        })
        .into()
}

fn learn_one(language: Spoken, examples: &[&Example], scorer: &Scorer) -> Learnt {
    let labels = examples.iter().filter(|one| one.score.is_some()).count();
    let none = |outcome, detail: String| Learnt {
        training: Training {
            language: language.word().to_owned(),
            outcome,
            model_id: None,
            texts: examples.len() as u64,
            labels: labels as u64,
            figures: None,
            detail,
        },
        weights: None,
    };
    if examples.len() < LEAST {
        let detail = format!("not enough texts: {} of {LEAST}", examples.len());
        return none(Trained::NotEnoughTexts, detail);
    }
    let (held_out, own): (Vec<&Example>, Vec<&Example>) =
        examples.iter().partition(|one| is_held_out(&one.text));
    let model = match learn(language, &labelled(&own, scorer)) {
        Ok(model) => model,
        Err(SentimentError::Rule { field: "sure", .. }) => {
            let detail = "one-sided: sure texts of good and of bad feeling are needed".to_owned();
            return none(Trained::OneSided, detail);
        }
        // Labels are scores of answers and of the word lists, hence in range.
        Err(error) => return none(Trained::OneSided, error.to_string()),
    };
    let bytes = model.to_bytes();
    let figures = figures(&held_out, scorer, model, &bytes);
    let outcome = if figures.not_worse() {
        Trained::InUse
    } else {
        Trained::Worse
    };
    let mut learnt = none(outcome, figures.basis.clone());
    learnt.training.figures = Some(figures);
    learnt.weights = Some(BASE64.encode(&bytes));
    learnt
}

/// The same text is always held out or never, so that a copy of it is not learnt from.
fn is_held_out(text: &str) -> bool {
    let digest = Sha256::digest(text.trim().as_bytes());
    digest.first().is_some_and(|byte| byte % HELD_OUT == 0)
}

fn labelled<'a>(own: &[&'a Example], scorer: &Scorer) -> Vec<Labelled<'a>> {
    let (told, untold): (Vec<&Example>, Vec<&Example>) =
        own.iter().partition(|one| one.score.is_some());
    let unlabelled: Vec<&str> = untold.iter().map(|one| one.text.as_str()).collect();
    let mut labels: Vec<Labelled<'a>> = sure_labels(scorer, &unlabelled)
        .into_iter()
        .filter_map(|(at, target)| {
            let text = untold.get(at).map(|one| one.text.as_str())?;
            Some(Labelled {
                text,
                target,
                weight: 1.0,
            })
        })
        .collect();
    labels.extend(told.iter().filter_map(|one| {
        Some(Labelled {
            text: &one.text,
            target: one.score?,
            weight: HUMAN,
        })
    }));
    labels
}

fn figures(held_out: &[&Example], scorer: &Scorer, model: Model, bytes: &[u8]) -> Figures {
    let mut cases: Vec<(&str, bool)> = Vec::new();
    for one in held_out {
        if let Some(score) = one.score.filter(|score| !(0.4..=0.6).contains(score)) {
            cases.push((&one.text, score > 0.5));
        }
    }
    let digest = Sha256::digest(bytes);
    let mut figures = Figures {
        basis: NOT_VALIDATED.to_owned(),
        held_out: cases.len() as u64,
        lexicon: None,
        model: None,
        digest: HEXLOWER.encode(digest.as_slice()),
    };
    if cases.len() < LEAST_LABELS {
        return figures;
    }
    let blended = scorer.clone().with_model(model);
    if let (Some(lexicon), Some(model)) = (measured(&cases, scorer), measured(&cases, &blended)) {
        VALIDATED.clone_into(&mut figures.basis);
        figures.lexicon = Some(lexicon);
        figures.model = Some(model);
    }
    figures
}

/// `None` if all comments stand beside good scores, or all beside bad ones.
fn measured(cases: &[(&str, bool)], scorer: &Scorer) -> Option<Measured> {
    let polarity = |text: &str| {
        scorer
            .score(text)
            .outcome
            .map_or(0.0, |found| found.polarity)
    };
    let found: Vec<f64> = cases.iter().map(|(text, _)| polarity(text)).collect();
    let good: Vec<bool> = cases.iter().map(|(_, good)| *good).collect();
    let auc = Predictions::scores(&found, &good)
        .ok()?
        .metric(Metric::Auc)?;
    let right = |(score, good): (&f64, &bool)| match *score {
        0.0 => 0.5,
        score => f64::from(u8::from((score > 0.0) == *good)),
    };
    let right: f64 = found.iter().zip(&good).map(right).sum();
    Some(Measured {
        auc,
        accuracy: right / cases.len() as f64,
    })
}

/// Stores what was learnt and puts it in use where that is sound, in the caller's transaction.
///
/// # Errors
///
/// The database's.
pub fn keep(
    conn: &mut Conn,
    actor: &Actor,
    learnt: Vec<Learnt>,
    now: UtcTime,
) -> Answer<Vec<Training>> {
    let mut done = Vec::with_capacity(learnt.len());
    for one in learnt {
        done.push(keep_one(conn, actor, one, now)?);
    }
    Ok(done)
}

fn keep_one(conn: &mut Conn, actor: &Actor, learnt: Learnt, now: UtcTime) -> Answer<Training> {
    let Learnt {
        mut training,
        weights,
    } = learnt;
    let (Some(weights), Some(figures)) = (weights, &training.figures) else {
        return Ok(training);
    };
    let standing = models::in_use(conn)?;
    let standing = standing
        .iter()
        .find(|model| model.language == training.language);
    if !figures.validated() && standing.map(validated).transpose()? == Some(true) {
        training.outcome = Trained::NotValidated;
    }
    training.detail = match training.outcome {
        Trained::InUse => format!("in use ({})", figures.basis),
        Trained::NotValidated => format!("kept, not in use ({})", figures.basis),
        _ => "kept, not in use: worse than the word lists on held-out comments".to_owned(),
    };
    let in_use = training.outcome == Trained::InUse;
    if in_use {
        models::retire(conn, &training.language)?;
    }
    let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let new = New {
        language: &training.language,
        texts: signed(training.texts),
        labels: signed(training.labels),
        weights: &weights,
        figures: &serde_json::to_string(figures).map_err(Error::internal)?,
        in_use,
        actor: &actor.name,
        created_at: now,
    };
    let id = models::insert(conn, &new)?;
    training.model_id = Some(id);
    let detail = json!({"language": training.language, "in_use": in_use});
    note(conn, actor, ("created", id, detail), now)?;
    Ok(training)
}

fn validated(model: &Listed) -> Answer<bool> {
    let figures: Figures = serde_json::from_str(&model.figures).map_err(Error::internal)?;
    Ok(figures.validated())
}

/// Puts a model in use or out of it; at most one a language is.
///
/// # Errors
///
/// 404.
pub fn switch(conn: &mut Conn, actor: &Actor, id: i64, on: bool, now: UtcTime) -> Answer<Listed> {
    let missing = || Error::not_found("sentiment model", id);
    let model = models::find(conn, id)?.ok_or_else(missing)?;
    if model.in_use != on {
        models::retire(conn, &model.language)?;
        if on {
            models::employ(conn, id)?;
        }
        let detail = json!({"language": model.language, "in_use": on});
        note(conn, actor, ("updated", id, detail), now)?;
    }
    models::find(conn, id)?.ok_or_else(missing)
}

fn note(
    conn: &mut Conn,
    actor: &Actor,
    (action, id, detail): (&str, i64, serde_json::Value),
    now: UtcTime,
) -> DbResult<()> {
    let deed = Deed {
        action,
        entity: "sentiment_model",
        id: Some(id),
        detail: Some(detail),
    };
    audit::record(conn, actor, &deed, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_a_fifth_is_held_out_and_copies_with_it() {
        let held = (0..1_000)
            .filter(|n| is_held_out(&format!("text {n}")))
            .count();
        // 52 of 256 first bytes are multiples of 5; four standard errors around 203.
        assert!((152..=254).contains(&held), "{held}");
        assert_eq!(is_held_out("a text"), is_held_out(" a text\n"));
    }

    #[test]
    fn accuracy_counts_a_neutral_text_half() {
        let cases = [
            ("The delivery was excellent, thank you very much!", true),
            ("Terrible: late, damaged, and nobody answered.", false),
            ("Please send the invoice to the warehouse.", true),
        ];
        let found = measured(&cases, &Scorer::lexicon()).unwrap();
        // Two right, one neutral: 2.5 of 3. Of the two pairs both are ranked right.
        assert!((found.accuracy - 2.5 / 3.0).abs() < 1e-12);
        assert!((found.auc - 1.0).abs() < 1e-12);
        assert_eq!(measured(&cases[..1], &Scorer::lexicon()), None);
    }
}
