//! From a text to its feeling.
//!
//! Sums of feeling over sentences give the lexicon's score s / √(s² + 15); a model adds the logit z. A text
//! is neutral if |lexicon| < 0.15 and |z| < 2: most notes only transact. Otherwise
//! p = sigmoid(0.68 (z + 3 lexicon)), polarity 2p - 1, confidence max(p, 1 - p).

use super::language::{Heard, hear_text};
use super::lists::{Lists, Topics, lists};
use super::model::Evidence;
use super::rules::{self, Clause};
use super::units::Units;
use super::{Carrier, Feeling, Model, NotScored, Scored, Spoken, Topic, TopicFeeling};

/// Constant of the lexicon's score, as VADER's.
const ALPHA: f64 = 15.0;

/// Weight of the lexicon's score beside the model's logit.
const LEXICON: f64 = 3.0;

/// Slope of the blend: fitted once, so that probabilities are true on held-out texts.
const SLOPE: f64 = 0.68;

/// Below both of these a text is neutral.
const GATE: (f64, f64) = (0.15, 2.0);

/// How many sentences are shown at most.
const CARRIERS: usize = 3;

/// How many characters of a sentence are shown at most.
const SHOWN: usize = 500;

/// Word lists, and a trained model per language.
#[derive(Clone, Debug)]
pub struct Scorer {
    lists: &'static Lists,
    models: Vec<Model>,
}

impl Scorer {
    /// Word lists and rules alone.
    pub fn lexicon() -> Self {
        Self {
            lists: lists(),
            models: Vec::new(),
        }
    }

    /// Adds a model for its language, in place of an earlier one.
    #[must_use]
    pub fn with_model(mut self, model: Model) -> Self {
        self.models
            .retain(|kept| kept.language() != model.language());
        self.models.push(model);
        self
    }

    /// Scores `text`. Linear in its length.
    ///
    /// ```
    /// use hawser::sentiment::{Scorer, Spoken};
    /// let scored = Scorer::lexicon().score("货物晚到三天，包装破损。");
    /// assert_eq!(scored.language, Spoken::Chinese);
    /// assert!(scored.outcome.unwrap().polarity < -0.5);
    /// ```
    pub fn score(&self, text: &str) -> Scored {
        match hear_text(text) {
            Ok(heard) => Scored {
                language: heard.language,
                outcome: self.feel(&heard),
            },
            Err((language, reason)) => Scored {
                language,
                outcome: Err(reason),
            },
        }
    }

    fn feel(&self, heard: &Heard<'_>) -> Result<Feeling, NotScored> {
        let mut units = Units::new(self.lists);
        let mut whole = Blend::default();
        let mut topics = TopicSums::default();
        let mut strongest = Strongest::default();
        let mut known = heard.language != Spoken::Unknown;
        for &(sentence, language) in &heard.sentences {
            units.cut(sentence);
            let read = rules::read(&units.found);
            known |= read.known;
            let mut own = Blend {
                sum: read.sum,
                evidence: Evidence::default(),
            };
            if let Some(model) = self
                .models
                .iter()
                .find(|model| model.language() == language)
            {
                own.evidence = model.read(sentence);
            }
            whole.add(own);
            read.clauses.iter().for_each(|clause| topics.add(clause));
            strongest.offer(sentence, own.polarity());
        }
        if !known {
            return Err(NotScored::NoWords);
        }
        let polarity = whole.polarity();
        Ok(Feeling {
            polarity: polarity.unwrap_or(0.0),
            confidence: 0.5 + 0.5 * polarity.unwrap_or(0.0).abs(),
            neutral: polarity.is_none(),
            sentences: strongest.carriers(polarity.unwrap_or(0.0)),
            topics: topics.feelings(),
        })
    }

    /// Score by word lists alone, in `[-1, 1]`; `None` if the text cannot be read.
    pub(super) fn by_lists(&self, text: &str) -> Option<f64> {
        let heard = hear_text(text).ok()?;
        let mut units = Units::new(self.lists);
        let sums = heard.sentences.iter().map(|(sentence, _)| {
            units.cut(sentence);
            rules::read(&units.found).sum
        });
        Some(normalise(sums.sum()))
    }
}

fn normalise(sum: f64) -> f64 {
    sum / (sum * sum + ALPHA).sqrt()
}

/// What word lists and model say.
#[derive(Clone, Copy, Default)]
struct Blend {
    sum: f64,
    evidence: Evidence,
}

impl Blend {
    fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.evidence.add(other.evidence);
    }

    /// Polarity; `None` if neutral.
    fn polarity(self) -> Option<f64> {
        let (lexicon, z) = (normalise(self.sum), self.evidence.logit());
        if lexicon.abs() < GATE.0 && z.abs() < GATE.1 {
            return None;
        }
        let p = 1.0 / (1.0 + (-SLOPE * (z + LEXICON * lexicon)).exp());
        Some(2.0 * p - 1.0)
    }
}

/// Sums of feeling about each topic, over polar clauses.
#[derive(Default)]
struct TopicSums {
    met: Topics,
    sums: [f64; Topic::ALL.len()],
}

impl TopicSums {
    /// A clause without feeling is no complaint: "please send the invoice".
    fn add(&mut self, clause: &Clause) {
        if normalise(clause.sum).abs() < GATE.0 {
            return;
        }
        self.met.add(clause.topics);
        for (topic, sum) in Topic::ALL.iter().zip(&mut self.sums) {
            if clause.topics.has(*topic) {
                *sum += clause.sum;
            }
        }
    }

    fn feelings(&self) -> Vec<TopicFeeling> {
        let pairs = Topic::ALL.iter().zip(self.sums);
        let met = pairs.filter(|(topic, _)| self.met.has(**topic));
        met.map(|(&topic, sum)| TopicFeeling {
            topic,
            polarity: normalise(sum),
        })
        .collect()
    }
}

/// The strongest sentences of either sign, at most [`CARRIERS`] each.
#[derive(Default)]
struct Strongest<'a> {
    good: Vec<(&'a str, f64)>,
    bad: Vec<(&'a str, f64)>,
}

impl<'a> Strongest<'a> {
    fn offer(&mut self, sentence: &'a str, polarity: Option<f64>) {
        let Some(polarity) = polarity else { return };
        let kept = if polarity > 0.0 {
            &mut self.good
        } else {
            &mut self.bad
        };
        // Of equals the first stays in front.
        let at = kept.partition_point(|(_, other)| other.abs() >= polarity.abs());
        if at < CARRIERS {
            kept.insert(at, (sentence, polarity));
            kept.truncate(CARRIERS);
        }
    }

    /// Those that pull where the whole text goes.
    fn carriers(&self, whole: f64) -> Vec<Carrier> {
        let kept = match whole {
            whole if whole > 0.0 => &self.good,
            whole if whole < 0.0 => &self.bad,
            _ => return Vec::new(),
        };
        kept.iter()
            .map(|&(sentence, polarity)| Carrier {
                text: shown(sentence),
                polarity,
            })
            .collect()
    }
}

fn shown(sentence: &str) -> String {
    match sentence.char_indices().nth(SHOWN) {
        None => sentence.to_owned(),
        Some((end, _)) => format!("{}…", sentence.get(..end).unwrap_or_default()),
    }
}
