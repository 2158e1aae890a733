//! The n-gram model that an instance learns from texts of its own.
//!
//! Logistic regression on hashed n-grams: z = bias + Σ w(n-gram) / √(number of n-grams), 2^17 weights of
//! one byte each, held back by n / (n + 1000) for the weight n of the labels: a model of few texts has little
//! to say beside the word lists. Good and bad labels count alike in sum, because the share of good ones
//! among sure labels says more about the lists than about the next text. Learnt by `AdaGrad` (Duchi, Hazan, Singer 2011) in a fixed random order, so that the same
//! texts give the same bytes. First from the word lists' own sure labels: words that stand beside known
//! ones become known; later from survey scores beside a comment.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use std::hash::Hasher as _;

use super::error::within;
use super::features;
use super::language::hear_text;
use super::lists::Fnv;
use super::{Scorer, SentimentError, Spoken};

const BITS: u32 = 17;
const BUCKETS: usize = 1 << BITS;
const MASK: u64 = (1 << BITS) - 1;

/// Word lists are sure of a text from here on.
const SURE: f64 = 0.4;

/// Weight of labels at which a model is believed half.
const HALF_BELIEVED: f64 = 1000.0;

const ROUNDS: usize = 8;
const RATE: f32 = 0.3;
const SEED: u64 = 1;

/// What stored models begin with; the digit is the version of their n-grams.
const MAGIC: &[u8; 4] = b"HSM1";
const HEADER: usize = 4 + 1 + 8 + 4 + 4;
const CHECK: usize = 8;

/// A text with its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled<'a> {
    /// The text.
    pub text: &'a str,
    /// From 0 (bad) to 1 (good); 0.5 is neutral.
    pub target: f64,
    /// How much it counts, from 0 to 1,000; a label by the word lists counts 1.
    pub weight: f64,
}

/// A trained model of one language.
#[derive(Clone, PartialEq)]
pub struct Model {
    language: Spoken,
    texts: u64,
    scale: f32,
    bias: f32,
    weights: Vec<i8>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("language", &self.language)
            .field("texts", &self.texts)
            .finish_non_exhaustive()
    }
}

/// The word lists' own sure labels: positions in `texts`, and targets 0 or 1.
///
/// Sure is a text whose score by word lists is 0.4 or more in absolute value. A model in `scorer` does not
/// matter: it must not learn from itself.
pub fn sure_labels(scorer: &Scorer, texts: &[&str]) -> Vec<(usize, f64)> {
    let sure = |(at, text): (usize, &&str)| {
        let score = scorer.by_lists(text)?;
        (score.abs() >= SURE).then_some((at, if score > 0.0 { 1.0 } else { 0.0 }))
    };
    texts.iter().enumerate().filter_map(sure).collect()
}

/// Learns a model of `language`, English or Chinese, from labelled texts.
///
/// Only sentences in that language count, texts without any are left out ([`Model::texts`] says how many
/// were not). O(rounds × length of all texts).
///
/// # Errors
/// Another language, a target or weight out of range, or no text on one of the sides: a model that knows
/// only good texts calls everything good.
pub fn learn(language: Spoken, sure: &[Labelled]) -> Result<Model, SentimentError> {
    if !matches!(language, Spoken::English | Spoken::Chinese) {
        return Err(SentimentError::Rule {
            field: "language",
            rule: "en or zh",
        });
    }
    let balance = balance(sure)?;
    let mut learner = Learner::new(language, balance);
    let mut order: Vec<usize> = (0..sure.len()).collect();
    let mut dice = ChaCha8Rng::seed_from_u64(SEED);
    for _ in 0..ROUNDS {
        shuffle(&mut order, &mut dice);
        learner.met = Met::default();
        for label in order.iter().filter_map(|&at| sure.get(at)) {
            learner.step(label);
        }
    }
    if !(learner.met.good && learner.met.bad) {
        return Err(SentimentError::Rule {
            field: "sure",
            rule: "texts in this language with targets below and above 0.5",
        });
    }
    Ok(learner.model())
}

/// By what to multiply bad and good labels, so that both sides weigh alike.
fn balance(sure: &[Labelled]) -> Result<(f64, f64), SentimentError> {
    let (mut bad, mut good) = (0.0, 0.0);
    for (at, label) in sure.iter().enumerate() {
        let field = |name: &'static str| move || format!("sure[{at}].{name}");
        let rule = "a number between 0 and 1";
        within(field("target"), label.target, 0.0..=1.0, rule)?;
        let rule = "a number between 0 and 1,000";
        within(field("weight"), label.weight, 0.0..=1000.0, rule)?;
        bad += label.weight * (1.0 - label.target);
        good += label.weight * label.target;
    }
    if bad > 0.0 && good > 0.0 {
        Ok(((bad + good) / (2.0 * bad), (bad + good) / (2.0 * good)))
    } else {
        Ok((1.0, 1.0))
    }
}

fn shuffle(order: &mut [usize], dice: &mut ChaCha8Rng) {
    for at in (1..order.len()).rev() {
        #[expect(clippy::cast_possible_truncation, reason = "at most `at`")]
        let other = (dice.next_u64() % (at as u64 + 1)) as usize;
        order.swap(at, other);
    }
}

/// What a learner met in one round.
#[derive(Default)]
struct Met {
    texts: u64,
    weight: f64,
    good: bool,
    bad: bool,
}

/// Weights while they are learnt.
struct Learner {
    language: Spoken,
    balance: (f64, f64),
    met: Met,
    weights: Vec<f32>,
    squares: Vec<f32>,
    bias: f32,
    bias_squares: f32,
    buckets: Vec<usize>,
}

impl Learner {
    fn new(language: Spoken, balance: (f64, f64)) -> Self {
        Self {
            language,
            balance,
            met: Met::default(),
            weights: vec![0.0; BUCKETS],
            squares: vec![0.0; BUCKETS],
            bias: 0.0,
            bias_squares: 0.0,
            buckets: Vec::new(),
        }
    }

    /// One step down the slope of the logistic loss.
    fn step(&mut self, label: &Labelled<'_>) {
        self.buckets.clear();
        if let Ok(heard) = hear_text(label.text) {
            for (sentence, language) in heard.sentences {
                if language == self.language {
                    features::each(sentence, &mut |hash| self.buckets.push(bucket(hash)));
                }
            }
        }
        if self.buckets.is_empty() || label.weight == 0.0 {
            return;
        }
        self.met.texts += 1;
        self.met.weight += label.weight;
        self.met.good |= label.target > 0.5;
        self.met.bad |= label.target < 0.5;
        let (bad, good) = self.balance;
        let weight = label.weight * (bad * (1.0 - label.target) + good * label.target);
        let share = 1.0 / (self.buckets.len() as f32).sqrt();
        let own = self.buckets.iter().filter_map(|&at| self.weights.get(at));
        let z = self.bias + share * own.sum::<f32>();
        let p = 1.0 / (1.0 + (-z).exp());
        #[expect(clippy::cast_possible_truncation, reason = "both checked to be small")]
        let slope = (p - label.target as f32) * weight as f32;
        for &at in &self.buckets {
            if let (Some(weight), Some(square)) =
                (self.weights.get_mut(at), self.squares.get_mut(at))
            {
                descend(weight, square, slope * share);
            }
        }
        descend(&mut self.bias, &mut self.bias_squares, slope);
    }

    fn model(self) -> Model {
        let most = self
            .weights
            .iter()
            .fold(0.0_f32, |most, weight| most.max(weight.abs()));
        let scale = if most > 0.0 { most / 127.0 } else { 1.0 };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "within -127..=127 by the scale"
        )]
        let small = |weight: &f32| (weight / scale).round() as i8;
        #[expect(clippy::cast_possible_truncation, reason = "between 0 and 1")]
        let belief = (self.met.weight / (self.met.weight + HALF_BELIEVED)) as f32;
        Model {
            language: self.language,
            texts: self.met.texts,
            scale: scale * belief,
            bias: self.bias * belief,
            weights: self.weights.iter().map(small).collect(),
        }
    }
}

fn descend(weight: &mut f32, squares: &mut f32, slope: f32) {
    *squares += slope * slope;
    *weight -= RATE * slope / (squares.sqrt() + 1e-6);
}

#[expect(clippy::cast_possible_truncation, reason = "masked to 17 bits")]
fn bucket(hash: u64) -> usize {
    ((hash ^ (hash >> 32)) & MASK) as usize
}

/// What models say about the sentences of a text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    /// Sum of weights.
    sum: f64,
    /// Sum of the biases, each as often as the model saw an n-gram.
    bias: f64,
    /// Number of n-grams.
    count: f64,
}

impl Evidence {
    pub fn add(&mut self, other: Self) {
        self.sum += other.sum;
        self.bias += other.bias;
        self.count += other.count;
    }

    /// The logit z; 0 without a model.
    pub fn logit(self) -> f64 {
        if self.count > 0.0 {
            self.sum / self.count.sqrt() + self.bias / self.count
        } else {
            0.0
        }
    }
}

impl Model {
    /// What the model says about a sentence of its language.
    pub(super) fn read(&self, sentence: &str) -> Evidence {
        let (mut sum, mut count) = (0_i64, 0_u64);
        features::each(sentence, &mut |hash| {
            sum += self.weights.get(bucket(hash)).copied().map_or(0, i64::from);
            count += 1;
        });
        Evidence {
            sum: sum as f64 * f64::from(self.scale),
            bias: f64::from(self.bias) * count as f64,
            count: count as f64,
        }
    }

    /// The model as bytes: version, language, texts, scale, bias, weights, checksum.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + BUCKETS + CHECK);
        bytes.extend(MAGIC);
        bytes.push(u8::from(self.language == Spoken::Chinese));
        bytes.extend(self.texts.to_le_bytes());
        bytes.extend(self.scale.to_le_bytes());
        bytes.extend(self.bias.to_le_bytes());
        bytes.extend(self.weights.iter().map(|weight| weight.cast_unsigned()));
        let check = checksum(&bytes);
        bytes.extend(check);
        bytes
    }

    /// The model that [`Model::to_bytes`] wrote.
    ///
    /// # Errors
    /// Bytes that it did not write, or not in this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SentimentError> {
        let damaged = SentimentError::Damaged;
        let body = bytes
            .split_last_chunk::<CHECK>()
            .filter(|(body, check)| checksum(body) == **check);
        let Some((body, _)) = body else {
            return Err(damaged("the bytes are damaged"));
        };
        let parts = read_header(body).filter(|(_, weights)| weights.len() == BUCKETS);
        let Some((model, weights)) = parts else {
            return Err(damaged("not a model of this version"));
        };
        if !(model.scale.is_finite() && model.scale > 0.0 && model.bias.is_finite()) {
            return Err(damaged("its numbers are not finite"));
        }
        Ok(Self {
            weights: weights.iter().map(|byte| byte.cast_signed()).collect(),
            ..model
        })
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

fn read_header(body: &[u8]) -> Option<(Model, &[u8])> {
    let rest = body.strip_prefix(MAGIC)?;
    let (&[language], rest) = rest.split_first_chunk()?;
    let (texts, rest) = rest.split_first_chunk()?;
    let (scale, rest) = rest.split_first_chunk()?;
    let (bias, weights) = rest.split_first_chunk()?;
    let language = match language {
        0 => Spoken::English,
        1 => Spoken::Chinese,
        _ => return None,
    };
    let model = Model {
        language,
        texts: u64::from_le_bytes(*texts),
        scale: f32::from_le_bytes(*scale),
        bias: f32::from_le_bytes(*bias),
        weights: Vec::new(),
    };
    Some((model, weights))
}

fn checksum(bytes: &[u8]) -> [u8; CHECK] {
    let mut hash = Fnv::default();
    hash.write(bytes);
    hash.finish().to_le_bytes()
}
