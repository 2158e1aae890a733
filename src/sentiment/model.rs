//! The n-gram model of an instance's own texts: what it says, and how it is stored.
//!
//! Logistic regression on hashed n-grams: z = bias + Σ w(n-gram) / √(number of n-grams), 2^17 weights of
//! one byte each. [`learn`] makes one.

use std::hash::Hasher as _;

use super::features;
pub use super::learning::{Labelled, learn, sure_labels};
use super::tables::Fnv;
use super::{SentimentError, Spoken};

const BITS: u32 = 17;
/// Number of weights.
pub(super) const BUCKETS: usize = 1 << BITS;
const MASK: u64 = (1 << BITS) - 1;

/// What stored models begin with; the digit is the version of their n-grams.
const MAGIC: &[u8; 4] = b"HSM1";
const HEADER: usize = 4 + 1 + 8 + 4 + 4;
const CHECK: usize = 8;

/// A trained model of one language.
#[derive(Clone, PartialEq)]
pub struct Model {
    pub(super) language: Spoken,
    pub(super) texts: u64,
    /// What a weight is a multiple of.
    pub(super) scale: f32,
    pub(super) bias: f32,
    pub(super) weights: Vec<i8>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("language", &self.language)
            .field("texts", &self.texts)
            .finish_non_exhaustive()
    }
}

/// Where the weight of an n-gram stands.
pub(super) fn bucket(hash: u64) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_survive_storage_and_damage_is_told() {
        let label = |text, target| Labelled {
            text,
            target,
            weight: 1.0,
        };
        let labels = [label("it was bad", 0.0), label("it was good", 1.0)].repeat(100);
        let model = learn(Spoken::English, &labels).unwrap();
        assert_eq!(model.texts(), 200);
        let bytes = model.to_bytes();
        assert_eq!(Model::from_bytes(&bytes), Ok(model));
        for damaged in [&bytes[1..], &bytes[..bytes.len() - 1], &[], &[0; 8]] {
            assert!(matches!(
                Model::from_bytes(damaged),
                Err(SentimentError::Damaged(_))
            ));
        }
        for at in [0, 4, 14, 18, 5000, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            assert!(Model::from_bytes(&damaged).is_err(), "{at}");
        }
    }
}
