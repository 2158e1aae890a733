//! From a text to its feeling.

use super::{Model, NotScored, Scored, Spoken};

/// Word lists, and a trained model per language.
#[derive(Clone, Debug, Default)]
pub struct Scorer {
    models: Vec<Model>,
}

impl Scorer {
    /// Word lists and rules alone.
    pub fn lexicon() -> Self {
        Self::default()
    }

    /// Adds a model for its language, in place of an earlier one.
    #[must_use]
    pub fn with_model(mut self, model: Model) -> Self {
        self.models
            .retain(|kept| kept.language() != model.language());
        self.models.push(model);
        self
    }

    /// Scores `text`.
    pub fn score(&self, text: &str) -> Scored {
        let reason = if text.trim().is_empty() {
            NotScored::Empty
        } else {
            NotScored::NoWords
        };
        Scored {
            language: Spoken::Unknown,
            outcome: Err(reason),
        }
    }
}
