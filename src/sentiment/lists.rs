//! The word lists, parsed once.
//!
//! English words and phrases are looked up by their words in lower case, a phrase before its parts;
//! Chinese ones by characters, the longest first, so that no segmenter is needed. Words that trigger a
//! topic are looked up apart from words of feeling: `服务好` is both a topic and holds a feeling.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

use super::Topic;
use super::units::each_word;

const VADER: &str = include_str!("../../assets/sentiment/vader.tsv");
const ENGLISH: &str = include_str!("../../assets/sentiment/lex_en_domain.txt");
const CHINESE: &str = include_str!("../../assets/sentiment/lex_zh.txt");
const CHINESE_NEGATORS: &str = include_str!("../../assets/sentiment/neg_zh.txt");
const TRIGGERS: &str = include_str!("../../assets/sentiment/aspects.tsv");

/// Words that turn what follows; from VADER.
const NEGATORS: &str = "no not never none nobody nor neither nothing nowhere without despite rarely \
    seldom hardly barely scarcely cannot cant can't couldnt couldn't didnt didn't doesnt doesn't dont \
    don't hadnt hadn't hasnt hasn't havent haven't isnt isn't aint ain't arent aren't mustnt mustn't \
    neednt needn't shant shan't shouldnt shouldn't wasnt wasn't werent weren't wont won't wouldnt \
    wouldn't";

/// Degree adverbs that strengthen; from VADER.
const STRONGER: &str = "absolutely amazingly awfully completely considerably decidedly deeply \
    enormously entirely especially exceptionally extreme extremely fully greatly highly hugely \
    incredibly intensely major more most particularly purely quite really remarkably so substantially \
    thoroughly total totally tremendously unbelievably unusually utter utterly very too";

/// Degree adverbs that weaken; from VADER.
const WEAKER: &str = "almost kind-of kinda less little marginally occasionally partly slight slightly \
    somewhat sort-of sorta a-bit a-little";

/// Words after which what came before counts half.
const CONTRAST: &str = "but however nevertheless";

const CHINESE_STRONGER: &str = "非常 很 太 特别 十分 极 极其 极为 超 超级 最 真 真的 真是 挺 相当 更 \
    更加 如此 这么 那么 好好 完全 实在 尤其 格外 万分 最为";
const CHINESE_WEAKER: &str = "有点 有些 有点儿 稍 稍微 稍稍 略 略微 一点 一点点 比较 较";
const CHINESE_CONTRAST: &str = "但 但是 不过 可是 然而 却 只是";

/// Symbols of feeling, on VADER's scale.
const SYMBOLS: &[(&str, f64)] = &[
    ("👍😊😀😃😄😁🙂😍🥰👏🎉💯❤♥🙏🌹💪🤝😘😂🤗✅⭐🌟", 2.0),
    ("👎😠😡🤬😞😢😭😤😩😫💔😒🙁☹😖😣😔🤮💩😱🤦❌🙄😕", -2.0),
];

/// What a unit of text does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    /// Nothing.
    Plain,
    /// It carries feeling.
    Valence(f64),
    /// It turns what follows; by itself it carries the feeling given.
    Negator(f64),
    /// It scales what follows.
    Degree(f64),
    /// What came before counts half.
    Contrast,
}

const STRONG: Role = Role::Degree(1.25);
const WEAK: Role = Role::Degree(0.7);

/// A set of topics, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Topics(u8);

impl Topics {
    fn of(topic: Topic) -> Self {
        Self(1 << topic as u8)
    }

    pub fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub fn has(self, topic: Topic) -> bool {
        self.0 & Self::of(topic).0 != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

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

type Table<K, V> = HashMap<K, V, BuildHasherDefault<Fnv>>;

/// Words and phrases of a language with spaces.
#[derive(Debug)]
pub(super) struct Phrases<T> {
    /// Value of a word or phrase, and how many words the longest phrase has that begins with it.
    entries: Table<String, (Option<T>, usize)>,
}

impl<T: Copy> Phrases<T> {
    fn new() -> Self {
        Self {
            entries: Table::default(),
        }
    }

    fn insert(&mut self, phrase: &str, value: T) {
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

    pub fn contains(&self, word: &str) -> bool {
        self.entries.contains_key(word)
    }
}

/// Words of a language without spaces, by their first character, the longest first.
#[derive(Debug)]
pub(super) struct Joined<T> {
    entries: Table<char, Vec<(&'static str, T)>>,
}

impl<T: Copy> Joined<T> {
    fn new(words: impl Iterator<Item = (&'static str, T)>) -> Self {
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

/// All lists.
#[derive(Debug)]
pub(super) struct Lists {
    /// English words of feeling.
    pub english: Phrases<Role>,
    /// English words that tell topics.
    pub english_topics: Phrases<Topics>,
    /// Chinese words of feeling.
    pub chinese: Joined<Role>,
    /// Chinese words that tell topics.
    pub chinese_topics: Joined<Topics>,
    /// Emoji.
    pub symbols: Table<char, f64>,
    /// Faces of punctuation.
    pub faces: Table<&'static str, f64>,
}

/// The lists, parsed at the first call.
pub(super) fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    LISTS.get_or_init(|| {
        let (english_topics, chinese_topics) = triggers();
        Lists {
            english: english(),
            english_topics,
            chinese: chinese(),
            chinese_topics,
            symbols: symbols(),
            faces: vader().filter(|(face, _)| is_face(face)).collect(),
        }
    })
}

/// Words of VADER with their means.
fn vader() -> impl Iterator<Item = (&'static str, f64)> {
    VADER.lines().filter_map(|line| {
        let (word, mean) = line.split_once('\t')?;
        Some((word, mean.parse().ok()?))
    })
}

fn is_face(word: &str) -> bool {
    !word.starts_with(|first: char| first.is_alphanumeric())
}

/// Words listed with 0 are there to hide others: `贵司` is not dear.
fn valence(weight: f64) -> Role {
    if weight == 0.0 {
        Role::Plain
    } else {
        Role::Valence(weight)
    }
}

fn english() -> Phrases<Role> {
    let mut phrases = Phrases::new();
    for (word, mean) in vader().filter(|(word, _)| !is_face(word)) {
        phrases.insert(word, Role::Valence(mean));
    }
    for (weight, line) in weighted(ENGLISH) {
        for word in quoted(line) {
            phrases.insert(word, valence(weight));
        }
    }
    for (words, role) in [(STRONGER, STRONG), (WEAKER, WEAK)] {
        for word in words.split_whitespace() {
            phrases.insert(word, role);
        }
    }
    for word in CONTRAST.split_whitespace() {
        phrases.insert(word, Role::Contrast);
    }
    for word in NEGATORS.split_whitespace() {
        let own = match phrases.value(word) {
            Some(Role::Valence(own)) => own,
            _ => 0.0,
        };
        phrases.insert(word, Role::Negator(own));
    }
    phrases
}

fn chinese() -> Joined<Role> {
    let words = weighted(CHINESE).flat_map(|(weight, line)| {
        line.split_whitespace()
            .map(move |word| (word, valence(weight)))
    });
    let lists = [
        (CHINESE_STRONGER, STRONG),
        (CHINESE_WEAKER, WEAK),
        (CHINESE_CONTRAST, Role::Contrast),
        (CHINESE_NEGATORS, Role::Negator(0.0)),
    ];
    let roles = lists
        .into_iter()
        .flat_map(|(line, role)| line.split_whitespace().map(move |word| (word, role)));
    Joined::new(words.chain(roles))
}

/// English and Chinese triggers of all topics.
fn triggers() -> (Phrases<Topics>, Joined<Topics>) {
    let mut english = Phrases::<Topics>::new();
    let mut chinese = Vec::new();
    for line in TRIGGERS.lines() {
        let Some((name, words)) = line.split_once('\t') else {
            continue;
        };
        let topic = match name {
            "delivery" => Topic::DeliveryTime,
            "damage" => Topic::Damage,
            "price" => Topic::Price,
            "docs" => Topic::Documents,
            "comm" => Topic::Communication,
            "attitude" => Topic::Staff,
            _ => continue,
        };
        // Behind the Chinese and the English words stand those of languages that are not scored.
        let mut columns = words.split(" | ");
        for word in columns.next().unwrap_or_default().split_whitespace() {
            chinese.push((word, Topics::of(topic)));
        }
        for word in quoted(columns.next().unwrap_or_default()) {
            let mut topics = english.value(&key(word).0).unwrap_or_default();
            topics.add(Topics::of(topic));
            english.insert(word, topics);
        }
    }
    (english, Joined::new(merged(chinese).into_iter()))
}

/// Each word once, with all of its topics.
fn merged(words: Vec<(&'static str, Topics)>) -> Vec<(&'static str, Topics)> {
    let mut found: std::collections::BTreeMap<&'static str, Topics> = Default::default();
    for (word, topics) in words {
        found.entry(word).or_default().add(topics);
    }
    found.into_iter().collect()
}

fn symbols() -> Table<char, f64> {
    let pairs = SYMBOLS
        .iter()
        .flat_map(|(symbols, value)| symbols.chars().map(|one| (one, *value)));
    pairs.collect()
}

/// Lines `weight: words`, without comments.
fn weighted(list: &'static str) -> impl Iterator<Item = (f64, &'static str)> {
    list.lines().filter_map(|line| {
        let (weight, words) = line.split_once(':')?;
        Some((weight.trim().parse().ok()?, words))
    })
}

/// A phrase as it is looked up, and its number of words.
fn key(phrase: &str) -> (String, usize) {
    let mut words = Vec::new();
    each_word(phrase, |word| words.push(word.to_owned()));
    (words.join(" "), words.len())
}

/// Words and quoted phrases of a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').enumerate().flat_map(|(at, part)| {
        let is_phrase = at % 2 == 1;
        let (phrase, words) = if is_phrase {
            (Some(part), "")
        } else {
            (None, part)
        };
        phrase.into_iter().chain(words.split_whitespace())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_lists_is_read() {
        assert_eq!(vader().count(), VADER.lines().count());
        let lines = |list: &'static str| list.lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(weighted(ENGLISH).count(), lines(ENGLISH));
        assert_eq!(weighted(CHINESE).count(), lines(CHINESE));
        assert_eq!(TRIGGERS.lines().count(), Topic::ALL.len());
    }

    #[test]
    fn quoted_phrases_stay_together() {
        let found: Vec<&str> = quoted(r#" late "on time" b/l "packing list""#).collect();
        assert_eq!(found, ["late", "on time", "b/l", "packing list"]);
    }

    #[test]
    fn own_words_come_before_those_of_vader() {
        // VADER gives "late" nothing and "missing" -1.2.
        assert_eq!(lists().english.value("missing"), Some(Role::Valence(-2.2)));
        assert_eq!(lists().english.value("never"), Some(Role::Negator(-2.0)));
        assert_eq!(lists().english.value("no"), Some(Role::Negator(-1.2)));
    }
}
