//! From units to the feeling of a sentence and of its clauses.
//!
//! A word of feeling is scaled by a degree adverb within the two units before it, turned by a negator
//! within the three units before it (times -0.7: "not good" is less bad than "bad"), and a word of contrast halves all that
//! came before it. Breaks between clauses end the reach of both. A negator that has a feeling of its own
//! ("no", "never") counts with that if it turned nothing.

use super::lists::{Role, Topics};
use super::units::Unit;

/// What a negator multiplies by.
const TURN: f64 = -0.7;

/// How many units a negator reaches.
const NEGATION: usize = 3;

/// How many units a degree adverb reaches.
const DEGREE: usize = 2;

/// What contrast leaves of what came before it.
const BEFORE_CONTRAST: f64 = 0.5;

/// A clause: its sum of feeling and its topics.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Clause {
    pub sum: f64,
    pub topics: Topics,
}

/// Sum of the feeling of a sentence.
#[derive(Debug, Default)]
pub(super) struct Sentence {
    /// Sum of its words.
    pub sum: f64,
    /// Its clauses that have topics.
    pub clauses: Vec<Clause>,
    /// Whether any word of the lists was met.
    pub known: bool,
}

/// A negator or degree adverb met, and how many units ago.
#[derive(Clone, Copy)]
struct Met {
    value: f64,
    ago: usize,
}

#[derive(Default)]
struct Reading {
    sentence: Sentence,
    clause: Clause,
    negator: Option<Met>,
    degree: Option<Met>,
}

/// Applies the rules to the units of a sentence.
pub(super) fn read(units: &[Unit]) -> Sentence {
    let mut reading = Reading::default();
    for unit in units {
        match *unit {
            Unit::Break => reading.end_clause(),
            Unit::Word(role, topics) => reading.word(role, topics),
        }
    }
    reading.end_clause();
    reading.sentence
}

impl Reading {
    fn word(&mut self, role: Role, topics: Topics) {
        self.step();
        if role == Role::Contrast {
            self.end_clause();
            self.sentence.sum *= BEFORE_CONTRAST;
        }
        self.clause.topics.add(topics);
        match role {
            Role::Plain | Role::Contrast => {}
            Role::Degree(value) => self.degree = Some(Met { value, ago: 0 }),
            Role::Negator(value) => {
                self.sentence.known |= value != 0.0;
                self.drop_negator();
                self.negator = Some(Met { value, ago: 0 });
            }
            Role::Valence(value) => {
                self.sentence.known = true;
                let degree = self.degree.take().map_or(1.0, |met| met.value);
                let turn = if self.negator.is_some() { TURN } else { 1.0 };
                if let Some(negator) = &mut self.negator {
                    // It may turn more words, but has spoken itself.
                    negator.value = 0.0;
                }
                self.add(value * degree * turn);
            }
        }
    }

    /// One unit on: what is out of reach is forgotten.
    fn step(&mut self) {
        if let Some(met) = &mut self.negator {
            met.ago += 1;
        }
        if let Some(met) = &mut self.degree {
            met.ago += 1;
        }
        if self.degree.is_some_and(|met| met.ago > DEGREE) {
            self.degree = None;
        }
        if self.negator.is_some_and(|met| met.ago > NEGATION) {
            self.drop_negator();
        }
    }

    fn drop_negator(&mut self) {
        if let Some(met) = self.negator.take() {
            self.add(met.value);
        }
    }

    fn add(&mut self, value: f64) {
        self.clause.sum += value;
        self.sentence.sum += value;
    }

    fn end_clause(&mut self) {
        self.drop_negator();
        self.degree = None;
        let clause = std::mem::take(&mut self.clause);
        if !clause.topics.is_empty() {
            self.sentence.clauses.push(clause);
        }
    }
}
