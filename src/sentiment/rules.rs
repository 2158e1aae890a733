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

#[cfg(test)]
mod tests {
    use super::super::lists::lists;
    use super::super::units::Units;
    use super::*;

    fn sum(text: &str) -> f64 {
        let mut units = Units::new(lists());
        units.cut(text);
        read(&units.found).sum
    }

    /// Weights of the lists: good 1.9 and awful -2.0 (VADER); slow -2.0, late -1.8, never -2.0, no -0.5;
    /// 好 2, 慢 -1.2, 太慢 -2, 不错 2, 不满意 -2, 满意 2.5, 破损 -2.
    #[test]
    fn rules_by_pencil() {
        for (text, expected) in [
            ("good", 1.9),
            // Negation: times -0.7, within three words, not over a comma.
            ("not good", -1.33),
            ("isn’t good", -1.33),
            ("not at all good", -1.33),
            ("not what I call good", 1.9),
            ("no, good", 1.4),
            ("good not", 1.9),
            ("不好", -1.4),
            ("没有破损", 1.4),
            ("不，好", 2.0),
            // A negator with a feeling of its own has it only where it turns nothing.
            ("never", -2.0),
            ("never late", 1.26),
            ("never mind the box", -2.0),
            // Degree: times 1.25 or 0.7, within two words.
            ("very good", 2.375),
            ("slightly good", 1.33),
            ("very plain box good", 1.9),
            ("not very good", -1.6625),
            ("very, good", 1.9),
            ("很好", 2.5),
            ("有点慢", -1.2),
            ("不是很满意", -2.1875),
            // Contrast: half of what came before.
            ("good but slow", -1.05),
            ("good however awful", -1.05),
            ("好，但是慢", -0.2),
            // The longest word wins, a phrase before its parts.
            ("不错", 2.0),
            ("不满意", -2.0),
            ("太慢", -2.0),
            ("on time", 2.0),
            ("on. time", 0.0),
            ("贵司", 0.0),
            ("太贵", -2.0),
            // Both languages in one sentence, and faces.
            ("服务很 good", 2.375),
            ("box :-(", -1.5),
            ("📦👍", 2.0),
            ("", 0.0),
        ] {
            assert!((sum(text) - expected).abs() < 1e-9, "{text}: {}", sum(text));
        }
    }

    #[test]
    fn topics_belong_to_their_clause() {
        use super::super::Topic::{Damage, DeliveryTime, Price, Staff};
        let mut units = Units::new(lists());
        units.cut("司机很有礼貌，包装破损, slow delivery but a good price");
        let clauses = read(&units.found).clauses;
        let found: Vec<(bool, f64)> = [Staff, Damage, DeliveryTime, Price]
            .iter()
            .zip(&clauses)
            .map(|(topic, clause)| (clause.topics.has(*topic), clause.sum.signum()))
            .collect();
        assert_eq!(
            found,
            [(true, 1.0), (true, -1.0), (true, -1.0), (true, 1.0)]
        );
    }
}
