//! What texts are scored with: the word lists, and the models in use, read once and shared.
//!
//! The list of models in use is asked for each time, which is two rows; the models themselves, 130 kB
//! each, only when it has changed.

use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::model::{Direction, InteractionChannel, WhyNotScored};
use super::store::models::{self, Listed};
use super::store::records::{Scores, Told};
use super::strip::own_words;
use crate::db::{Conn, DbError, DbResult};
use crate::sentiment::{Feeling, Model, NotScored, Scored, Scorer, Spoken, Topic};

/// How many sets of models are kept.
const KEPT: usize = 4;

/// The last few sets of models, the last asked for at the end.
static KNOWN: Mutex<Vec<Arc<InUse>>> = Mutex::new(Vec::new());

/// The word lists with the models in use.
#[derive(Debug)]
pub struct InUse {
    // The figures hold a digest of the weights: a model of another database is never mistaken for it.
    models: Vec<Listed>,
    scorer: Scorer,
}

/// A sentence that carried the feeling of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sentence {
    /// As written, at most 500 characters of it.
    pub text: String,
    /// Its own polarity in `[-1, 1]`.
    pub polarity: f64,
}

/// What a text says about a topic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TopicPolarity {
    /// The topic.
    pub topic: Topic,
    /// Polarity in `[-1, 1]` of the clauses about it.
    pub polarity: f64,
}

/// The scorer with the models that are in use now.
///
/// # Errors
///
/// The database's; [`DbError::Corrupt`] if a stored model cannot be read.
pub fn of(conn: &mut Conn) -> DbResult<Arc<InUse>> {
    let wanted = models::in_use(conn)?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = known.iter().position(|kept| kept.models == wanted) {
        let found = known.remove(place);
        known.push(Arc::clone(&found));
        return Ok(found);
    }
    // Others wait rather than read the same.
    let mut scorer = Scorer::lexicon();
    for model in &wanted {
        scorer = scorer.with_model(read(conn, model.id)?);
    }
    let made = Arc::new(InUse {
        models: wanted,
        scorer,
    });
    known.push(Arc::clone(&made));
    let too_many = known.len().saturating_sub(KEPT);
    known.drain(..too_many);
    Ok(made)
}

fn read(conn: &mut Conn, id: i64) -> DbResult<Model> {
    let corrupt = |detail: &dyn std::fmt::Display| {
        DbError::corrupt("sentiment_models.weights", format!("model {id}: {detail}"))
    };
    let text = models::weights(conn, id)?;
    let bytes = BASE64
        .decode(text.as_bytes())
        .map_err(|error| corrupt(&error))?;
    Model::from_bytes(&bytes).map_err(|error| corrupt(&error))
}

impl InUse {
    /// Scores a text.
    pub fn score(&self, text: &str) -> Scored {
        self.scorer.score(text)
    }

    /// What a text in this language is scored with: `lexicon`, or ids of models with `+` between.
    pub fn with(&self, language: Spoken) -> String {
        let fits = |model: &&Listed| language == Spoken::Mixed || language.word() == model.language;
        let ids: Vec<String> = self
            .models
            .iter()
            .filter(fits)
            .map(|model| model.id.to_string())
            .collect();
        if ids.is_empty() {
            "lexicon".to_owned()
        } else {
            ids.join("+")
        }
    }

    /// The words that are scored of a text: those of its writer.
    pub fn words(channel: InteractionChannel, text: &str) -> String {
        match channel {
            InteractionChannel::Mail | InteractionChannel::Chat => own_words(text),
            // Notes are written here; what stands in them is meant.
            _ => text.trim().to_owned(),
        }
    }

    /// The feeling of an interaction.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if what was found cannot be written as JSON.
    pub fn scores(&self, told: &Told) -> DbResult<Scores> {
        if told.direction != Direction::Inbound.word() {
            return Ok(unscored(WhyNotScored::Ours));
        }
        let Some(text) = &told.text else {
            return Ok(unscored(WhyNotScored::Empty));
        };
        let Scored { language, outcome } = self.score(text);
        let scores = match outcome {
            Err(why) => unscored(why.into()),
            Ok(feeling) => felt(&feeling, self.with(language))?,
        };
        Ok(Scores {
            language: Some(language.word().to_owned()),
            ..scores
        })
    }
}

impl From<NotScored> for WhyNotScored {
    fn from(why: NotScored) -> Self {
        match why {
            NotScored::Empty => Self::Empty,
            NotScored::NoWords => Self::NoWords,
            NotScored::OtherLanguage => Self::OtherLanguage,
        }
    }
}

fn unscored(why: WhyNotScored) -> Scores {
    Scores {
        not_scored: Some(why.word().to_owned()),
        ..Scores::default()
    }
}

fn felt(feeling: &Feeling, with: String) -> DbResult<Scores> {
    Ok(Scores {
        language: None,
        polarity: Some(feeling.polarity),
        confidence: Some(feeling.confidence),
        neutral: Some(feeling.neutral),
        not_scored: None,
        sentences: Some(json(&sentences(feeling))?),
        topics: Some(json(&topics(feeling))?),
        scored_with: Some(with),
    })
}

fn json(value: &impl Serialize) -> DbResult<String> {
    serde_json::to_string(value).map_err(|error| DbError::corrupt("interactions.sentences", error))
}

/// The sentences that carried a feeling.
pub fn sentences(feeling: &Feeling) -> Vec<Sentence> {
    let sentence = |carrier: &crate::sentiment::Carrier| Sentence {
        text: carrier.text.clone(),
        polarity: carrier.polarity,
    };
    feeling.sentences.iter().map(sentence).collect()
}

/// The topics that a feeling touches.
pub fn topics(feeling: &Feeling) -> Vec<TopicPolarity> {
    let topic = |found: &crate::sentiment::TopicFeeling| TopicPolarity {
        topic: found.topic,
        polarity: found.polarity,
    };
    feeling.topics.iter().map(topic).collect()
}
