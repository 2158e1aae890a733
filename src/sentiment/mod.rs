//! Sentiment of what customers write and say, in Chinese and English, and the index made of it.
//!
//! ```text
//! text ──> sentences ──> language ──┬─> chinese ─┐            ┌─> polarity, confidence
//!          (segment)     (language) └─> english ─┼─> scorer ──┼─> sentences that carried it
//!                         own texts ──> model ───┘            └─> topics
//! polarities of many texts ──> index ──> company (median of customers)
//! ```
//!
//! Word lists and rules score each sentence; a [`Model`] that an instance has learnt from texts of its
//! own is blended in. Text in other languages is told apart and not scored. Everything is pure.

pub mod company;
mod error;
mod features;
pub mod index;
mod language;
mod learning;
mod lists;
pub mod model;
mod rules;
mod scorer;
mod segment;
mod tables;
mod units;

pub use company::{Median, Pair, Parent};
pub use error::SentimentError;
pub use index::{Channel, Index, IndexSettings, Voice, index};
pub use learning::{Labelled, learn, sure_labels};
pub use model::Model;
pub use scorer::Scorer;

crate::word_enum! {
    /// The language of a text, as detected.
    Spoken {
        /// English.
        English = "en",
        /// Chinese.
        Chinese = "zh",
        /// English and Chinese sentences.
        Mixed = "mixed",
        /// Any other language.
        Other = "other",
        /// No words to tell it by.
        Unknown = "unknown",
    }
}

crate::word_enum! {
    /// Why a text has no score.
    NotScored {
        /// Nothing but white space and invisible characters.
        Empty = "empty",
        /// Nothing but digits, punctuation and unknown symbols.
        NoWords = "no_words",
        /// Neither English nor Chinese.
        OtherLanguage = "other_language",
    }
}

crate::word_enum! {
    /// What a text is about.
    Topic {
        /// Delivery, transit and waiting time.
        DeliveryTime = "delivery_time",
        /// Damage, loss and packing.
        Damage = "damage",
        /// Prices, rates and charges.
        Price = "price",
        /// Invoices and transport documents.
        Documents = "documents",
        /// Answers, updates, tracking.
        Communication = "communication",
        /// Manners and skill of people.
        Staff = "staff",
    }
}

/// What was found in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Its language.
    pub language: Spoken,
    /// The feeling, or why there is none.
    pub outcome: Result<Feeling, NotScored>,
}

/// The feeling of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Feeling {
    /// From -1 (bad) to 1 (good); 0 for a neutral text.
    pub polarity: f64,
    /// In `[0.5, 1]`: how probable the sign of the polarity is; 0.5 for a neutral text.
    pub confidence: f64,
    /// Whether the text only transacts.
    pub neutral: bool,
    /// The sentences that carried it, strongest first, at most 3.
    pub sentences: Vec<Carrier>,
    /// Topics of polar clauses, each once, in the order of [`Topic`].
    pub topics: Vec<TopicFeeling>,
}

/// A sentence that carried the feeling of its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Carrier {
    /// The sentence as written, at most 500 characters of it.
    pub text: String,
    /// Its own polarity in `[-1, 1]`, by word lists.
    pub polarity: f64,
}

/// What a text says about a topic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopicFeeling {
    /// The topic.
    pub topic: Topic,
    /// Polarity in `[-1, 1]` of the clauses about it, by word lists.
    pub polarity: f64,
}
