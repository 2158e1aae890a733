//! Hashed n-grams: what the model looks at.
//!
//! Of Chinese: characters and pairs of them. Of other scripts: words, pairs of words, words that a negator
//! reaches, and stretches of 3 to 5 bytes of each word with its ends marked. Digits are alike.

use std::hash::Hasher as _;

use super::lists::{Fnv, Role, lists};
use super::units::{is_han, is_word_letter};

const CHARACTER: u8 = 1;
const CHARACTERS: u8 = 2;
const WORD: u8 = 3;
const WORDS: u8 = 4;
const NEGATED: u8 = 5;
const STRETCH: u8 = 6;

/// How many words a negator reaches.
const REACH: u8 = 3;

/// Calls `seen` with the hash of every n-gram of `text`. Linear in its length.
pub(super) fn each(text: &str, seen: &mut impl FnMut(u64)) {
    let mut state = State::default();
    for letter in text.chars() {
        if is_word_letter(letter) || (matches!(letter, '\'' | '’') && state.word.len() > 1) {
            state.previous = None;
            state.letter(letter);
            continue;
        }
        state.finish(seen);
        if is_han(letter) {
            seen(hash(CHARACTER, u64::from(u32::from(letter)), 0));
            if let Some(previous) = state.previous {
                seen(hash(CHARACTERS, previous, u64::from(u32::from(letter))));
            }
            state.previous = Some(u64::from(u32::from(letter)));
            state.last_word = None;
        } else {
            state.previous = None;
            if !letter.is_whitespace() && letter != '-' {
                state.last_word = None;
                state.negated = 0;
            }
        }
    }
    state.finish(seen);
}

#[derive(Default)]
struct State {
    /// `<` and the letters of the word being read; empty between words.
    word: String,
    last_word: Option<u64>,
    previous: Option<u64>,
    negated: u8,
}

impl State {
    fn letter(&mut self, letter: char) {
        if self.word.is_empty() {
            self.word.push('<');
        }
        match letter {
            '0'..='9' => self.word.push('0'),
            '’' => self.word.push('\''),
            letter => self.word.extend(letter.to_lowercase()),
        }
    }

    fn finish(&mut self, seen: &mut impl FnMut(u64)) {
        let Some(word) = self.word.get(1..) else {
            return;
        };
        let own = hash_of(WORD, word.as_bytes());
        seen(own);
        if let Some(last) = self.last_word.replace(own) {
            seen(hash(WORDS, last, own));
        }
        if self.negated > 0 {
            self.negated -= 1;
            seen(hash(NEGATED, own, 0));
        }
        if matches!(lists().english.value(word), Some(Role::Negator(_))) {
            self.negated = REACH;
        }
        self.word.push('>');
        for length in 3..=5 {
            for stretch in self.word.as_bytes().windows(length) {
                seen(hash_of(STRETCH, stretch));
            }
        }
        self.word.clear();
    }
}

fn hash_of(kind: u8, bytes: &[u8]) -> u64 {
    let mut hash = Fnv::default();
    hash.write(&[kind]);
    hash.write(bytes);
    hash.finish()
}

fn hash(kind: u8, first: u64, second: u64) -> u64 {
    let mut hash = Fnv::default();
    hash.write(&[kind]);
    hash.write(&first.to_le_bytes());
    hash.write(&second.to_le_bytes());
    hash.finish()
}
