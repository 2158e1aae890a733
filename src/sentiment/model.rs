//! The n-gram model that an instance learns from texts of its own.

use super::{Scorer, SentimentError, Spoken};

/// A text with its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled<'a> {
    /// The text.
    pub text: &'a str,
    /// From 0 (bad) to 1 (good); 0.5 is neutral.
    pub target: f64,
    /// How much it counts, above 0.
    pub weight: f64,
}

/// A trained model of one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    language: Spoken,
    texts: u64,
}

/// Learns a model of `language` from labelled texts.
pub fn learn(language: Spoken, sure: &[Labelled]) -> Result<Model, SentimentError> {
    Ok(Model {
        language,
        texts: sure.len() as u64,
    })
}

/// The word lists' own sure labels: positions of texts and targets.
pub fn sure_labels(_scorer: &Scorer, _texts: &[&str]) -> Vec<(usize, f64)> {
    Vec::new()
}

impl Model {
    /// The model as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    /// The model that [`Model::to_bytes`] wrote.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Self, SentimentError> {
        Err(SentimentError::Damaged("no model"))
    }

    /// Its language.
    pub fn language(&self) -> Spoken {
        self.language
    }

    /// How many texts it was learnt from.
    pub fn texts(&self) -> u64 {
        self.texts
    }
}
