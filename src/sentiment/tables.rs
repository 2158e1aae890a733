//! Tables that words are looked up in: phrases by words, and the longest match on characters.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::units::each_word;

/// 64-bit FNV-1a: quick on short keys. The keys in the tables are ours, so nobody can force collisions.
#[derive(Clone, Copy)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

pub(super) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Fnv>>;

/// Words and phrases of a language with spaces.
#[derive(Debug)]
pub(super) struct Phrases<T> {
    /// Value of a word or phrase, and how many words the longest phrase has that begins with it.
    entries: Table<String, (Option<T>, usize)>,
}

impl<T: Copy> Phrases<T> {
    pub fn new() -> Self {
        Self {
            entries: Table::default(),
        }
    }

    /// Adds a word or phrase, in place of an earlier one.
    pub fn insert(&mut self, phrase: &str, value: T) {
        let (key, count) = key(phrase);
        let first = key.split(' ').next().unwrap_or_default();
        let start = self.entries.entry(first.to_owned()).or_insert((None, 1));
        start.1 = start.1.max(count);
        self.entries.entry(key).or_insert((None, 1)).0 = Some(value);
    }

    /// Value of exactly this entry.
    pub fn value(&self, phrase: &str) -> Option<T> {
        self.entries.get(phrase)?.0
    }

    /// Value and number of words of the longest entry that begins with `first`; `phrase(n)` gives the
    /// text of the next `n` words if there are so many without a break.
    pub fn longest<'t>(
        &self,
        first: &str,
        phrase: impl Fn(usize) -> Option<&'t str>,
    ) -> Option<(T, usize)> {
        let &(value, most) = self.entries.get(first)?;
        (2..=most)
            .rev()
            .find_map(|count| Some((self.value(phrase(count)?)?, count)))
            .or_else(|| Some((value?, 1)))
    }
}

/// Words of a language without spaces, by their first character, the longest first.
#[derive(Debug)]
pub(super) struct Joined<T> {
    entries: Table<char, Vec<(&'static str, T)>>,
}

impl<T: Copy> Joined<T> {
    /// The table of `words`; of the same word the last counts.
    pub fn new(words: impl Iterator<Item = (&'static str, T)>) -> Self {
        let mut entries: Table<char, Vec<(&'static str, T)>> = Table::default();
        for (word, value) in words {
            if let Some(first) = word.chars().next() {
                let same = entries.entry(first).or_default();
                same.retain(|(other, _)| *other != word);
                same.push((word, value));
            }
        }
        for words in entries.values_mut() {
            words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
        Self { entries }
    }

    /// All entries that `text`, whose first character is `first`, begins with; the longest first.
    pub fn at(&self, first: char, text: &str) -> impl Iterator<Item = (&'static str, T)> {
        let words = self.entries.get(&first).map_or(&[][..], Vec::as_slice);
        words
            .iter()
            .copied()
            .filter(|(word, _)| text.starts_with(word))
    }
}

/// A phrase as it is looked up, and its number of words.
pub(super) fn key(phrase: &str) -> (String, usize) {
    let mut words = Vec::new();
    each_word(phrase, |word| words.push(word.to_owned()));
    (words.join(" "), words.len())
}
