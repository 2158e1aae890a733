//! Cutting a sentence into units: words, Chinese words of the lists, marks.
//!
//! English and Chinese are read side by side, so that `服务 very good` needs no special care.

use super::lists::{Lists, Role, Topics};

/// What a stretch of a sentence does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    /// A word or a character.
    Word(Role, Topics),
    /// A mark between clauses.
    Break,
}

/// Whether `letter` is a Chinese character.
pub(super) fn is_han(letter: char) -> bool {
    matches!(letter, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Whether `letter` is part of a word in a script with spaces.
pub(super) fn is_word_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || (!letter.is_ascii() && letter.is_alphanumeric() && !is_han(letter))
}

/// Calls `seen` with every word of `text` in scripts with spaces, in lower case, apostrophes plain.
pub(super) fn each_word(text: &str, mut seen: impl FnMut(&str)) {
    let mut word = String::new();
    for (at, letter) in text.char_indices() {
        let joined =
            is_apostrophe(letter) && !word.is_empty() && joins(text.get(at..).unwrap_or_default());
        if is_word_letter(letter) || joined {
            push_low(&mut word, letter);
        } else if !word.is_empty() {
            seen(&word);
            word.clear();
        }
    }
    if !word.is_empty() {
        seen(&word);
    }
}

fn push_low(word: &mut String, letter: char) {
    match letter {
        '’' => word.push('\''),
        letter if letter.is_ascii() => word.push(letter.to_ascii_lowercase()),
        letter => word.extend(letter.to_lowercase()),
    }
}

/// What `scan` finds: words in lower case, everything else decided already.
#[derive(Clone, Copy, Debug)]
enum Item {
    /// Bytes of the buffer of lower-case words, which single spaces part.
    Word(usize, usize),
    Known(Role, Topics),
    Break,
}

/// Buffers that are used again from sentence to sentence.
#[derive(Debug)]
pub(super) struct Units {
    lists: &'static Lists,
    low: String,
    items: Vec<Item>,
    /// The units of the last sentence.
    pub found: Vec<Unit>,
}

impl Units {
    /// Empty buffers that look words up in `lists`.
    pub fn new(lists: &'static Lists) -> Self {
        Self {
            lists,
            low: String::new(),
            items: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Cuts `sentence`. Linear in its length.
    pub fn cut(&mut self, sentence: &str) {
        self.scan(sentence);
        self.found.clear();
        let mut covered = 0;
        for at in 0..self.items.len() {
            let unit = match self.items.get(at) {
                Some(&Item::Word(start, end)) => {
                    let (role, count) = self.word(at, start, end, covered > 0);
                    let topics = self.topics(at, start, end);
                    covered = if covered > 0 { covered } else { count };
                    covered -= 1;
                    Unit::Word(role, topics)
                }
                Some(&Item::Known(role, topics)) => Unit::Word(role, topics),
                Some(Item::Break) | None => Unit::Break,
            };
            self.found.push(unit);
        }
    }

    /// Role of the word at `at`, and how many words it covers; words covered by a phrase are plain.
    fn word(&self, at: usize, start: usize, end: usize, covered: bool) -> (Role, usize) {
        let first = self.low.get(start..end).unwrap_or_default();
        if covered {
            return (Role::Plain, 1);
        }
        self.lists
            .english
            .longest(first, |count| self.phrase(at, start, count))
            .unwrap_or((Role::Plain, 1))
    }

    fn topics(&self, at: usize, start: usize, end: usize) -> Topics {
        let first = self.low.get(start..end).unwrap_or_default();
        self.lists
            .english_topics
            .longest(first, |count| self.phrase(at, start, count))
            .map_or_else(Topics::default, |(topics, _)| topics)
    }

    /// The `count` words from `at` on, if nothing stands between them.
    fn phrase(&self, at: usize, start: usize, count: usize) -> Option<&str> {
        let items = self.items.get(at..at + count)?;
        if items.iter().any(|item| !matches!(item, Item::Word(..))) {
            return None;
        }
        match items.last() {
            Some(&Item::Word(_, end)) => self.low.get(start..end),
            _ => None,
        }
    }

    fn scan(&mut self, sentence: &str) {
        self.low.clear();
        self.items.clear();
        let (mut word, mut skip, mut fresh) = (None, 0, true);
        for (at, letter) in sentence.char_indices() {
            let rest = sentence.get(at..).unwrap_or_default();
            if is_word_letter(letter) || (is_apostrophe(letter) && word.is_some() && joins(rest)) {
                word.get_or_insert(self.low.len());
                push_low(&mut self.low, letter);
                fresh = false;
                continue;
            }
            self.finish(word.take());
            if at < skip {
                self.topics_at(letter, rest);
            } else if is_han(letter) {
                skip = at + self.chinese(letter, rest);
            } else if let Some(&value) = self.lists.symbols.get(&letter) {
                self.items
                    .push(Item::Known(Role::Valence(value), Topics::default()));
            } else if let Some(value) = self.face(rest).filter(|_| fresh) {
                self.items
                    .push(Item::Known(Role::Valence(value), Topics::default()));
            } else if is_break(letter) {
                self.items.push(Item::Break);
            }
            fresh = letter.is_whitespace();
        }
        self.finish(word);
    }

    fn finish(&mut self, word: Option<usize>) {
        if let Some(start) = word {
            self.items.push(Item::Word(start, self.low.len()));
            self.low.push(' ');
        }
    }

    /// Adds the longest Chinese word that `rest` begins with, and tells its length in bytes.
    fn chinese(&mut self, first: char, rest: &str) -> usize {
        let word = self.lists.chinese.at(first, rest).next();
        let (role, length) = word.map_or((Role::Plain, first.len_utf8()), |(word, role)| {
            (role, word.len())
        });
        self.items
            .push(Item::Known(role, self.topics_of(first, rest)));
        length
    }

    /// Adds topics that begin inside of a word to that word.
    fn topics_at(&mut self, first: char, rest: &str) {
        let more = self.topics_of(first, rest);
        if let Some(Item::Known(_, topics)) = self.items.last_mut() {
            topics.add(more);
        }
    }

    fn topics_of(&self, first: char, rest: &str) -> Topics {
        let mut topics = Topics::default();
        for (_, more) in self.lists.chinese_topics.at(first, rest) {
            topics.add(more);
        }
        topics
    }

    /// Feeling of the face that `rest` begins with: `:-(` and the like, up to white space.
    fn face(&self, rest: &str) -> Option<f64> {
        if !rest.starts_with([':', ';', '=', '<', '(', '>']) {
            return None;
        }
        let mut letters = rest.char_indices().take(6);
        let end = letters.find(|(_, letter)| letter.is_whitespace());
        let end = end.map_or_else(|| rest.len().min(6), |(at, _)| at);
        self.lists.faces.get(rest.get(..end)?).copied()
    }
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’')
}

/// Whether a letter follows the apostrophe that `rest` begins with.
fn joins(rest: &str) -> bool {
    rest.chars().nth(1).is_some_and(is_word_letter)
}

fn is_break(letter: char) -> bool {
    matches!(
        letter,
        ',' | ';'
            | ':'
            | '.'
            | '!'
            | '?'
            | '('
            | ')'
            | '—'
            | '–'
            | '，'
            | '；'
            | '：'
            | '、'
            | '。'
            | '！'
            | '？'
            | '（'
            | '）'
            | '…'
            | '~'
            | '～'
    )
}
