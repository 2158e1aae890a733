//! The sentiment index of a contact, department, customer or employee: what its texts say, recent ones
//! first, few of them held back towards the parent's index.
//!
//! ```text
//! w = 2^(-age / half life) × channel weight × (1 if polar, 0.25 if neutral) × confidence
//! S = Σ w × polarity      W = Σ w      index = (S + k m) / (W + k)      k = prior weight, m = parent
//! ```
//!
//! *Interval.* The variance of one text around the index is v = (Σ w (polarity - index)² + k/3) / (W + k):
//! the prior counts as k texts anywhere in [-1, 1] (variance 1/3), so that two texts that agree are no
//! certainty. The index is a weighted mean of the texts and of those k, hence its variance is
//! v (Σ w² + k) / (W + k)², and the interval index ± 1.645 of its root, cut to [-1, 1]. That the parent's
//! index is itself uncertain is not in it, nor that texts of one contact resemble one another.
//!
//! The weights, the prior and the halves are design choices that no data has confirmed.

use super::SentimentError;
use super::error::within;

/// Two-sided 90 % interval: the 95 % quantile of the standard normal distribution.
const Z90: f64 = 1.644_853_626_951_472_2;

/// Weight of a neutral text beside a polar one of the same confidence.
const NEUTRAL: f64 = 0.25;

/// Variance of a text that the prior stands for: uniform over [-1, 1].
const PRIOR_VARIANCE: f64 = 1.0 / 3.0;

/// Largest weight, age and settings taken; keeps every sum finite.
const LARGEST: f64 = 1e9;

crate::word_enum! {
    /// Where a text comes from.
    Channel {
        /// A mail by the customer.
        Mail = "mail",
        /// Notes of a call.
        Call = "call",
        /// Notes of a visit.
        Visit = "visit",
        /// A chat message.
        Chat = "chat",
        /// Any other note.
        Note = "note",
        /// A comment beside a survey's answers.
        Survey = "survey",
    }
}

impl Channel {
    /// How much a text of this channel says about the customer's feeling; a mail counts 1.
    ///
    /// A survey's comment is the customer's own words, asked for the purpose (1.5); mails and visits 1;
    /// calls 0.8, chats 0.7 (short) and notes 0.5 are in part our own words. Defaults, not measured.
    pub fn weight(self) -> f64 {
        match self {
            Self::Survey => 1.5,
            Self::Mail | Self::Visit => 1.0,
            Self::Call => 0.8,
            Self::Chat => 0.7,
            Self::Note => 0.5,
        }
    }
}

/// One text that counts for an index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    /// Age in days, 0 or more.
    pub age_days: f64,
    /// Weight of its channel, 0 or more; see [`Channel::weight`].
    pub weight: f64,
    /// Polarity in `[-1, 1]`.
    pub polarity: f64,
    /// Confidence in `[0, 1]`.
    pub confidence: f64,
    /// Whether it only transacts.
    pub neutral: bool,
}

/// How an index is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexSettings {
    /// Days after which a text counts half.
    pub half_life_days: f64,
    /// Weight k of the parent's index, in texts.
    pub prior_weight: f64,
    /// Weight W from which on the index says enough to be shown.
    pub least_weight: f64,
}

impl Default for IndexSettings {
    fn default() -> Self {
        Self {
            half_life_days: 60.0,
            prior_weight: 3.0,
            least_weight: 3.0,
        }
    }
}

impl IndexSettings {
    /// Settings of the fast index that alarms look at: half life 21 days.
    pub fn fast() -> Self {
        Self {
            half_life_days: 21.0,
            ..Self::default()
        }
    }
}

/// A sentiment index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Index {
    /// The index, in `[-1, 1]`.
    pub value: f64,
    /// Lower end of its 90 % interval.
    pub low: f64,
    /// Upper end of its 90 % interval.
    pub high: f64,
    /// Weight W of the texts.
    pub weight: f64,
    /// Number of texts with a weight above 0.
    pub texts: u64,
    /// Whether there is enough text: W is at least [`IndexSettings::least_weight`].
    pub enough: bool,
}

/// The index of `voices` under a parent whose index is `parent` (0 at the top).
///
/// The same to the bit in whatever order the voices come; a voice of weight 0 changes nothing.
/// O(n log n).
///
/// ```
/// use hawser::sentiment::{IndexSettings, Voice, index};
/// let voice = Voice { age_days: 0.0, weight: 1.0, polarity: -0.8, confidence: 1.0, neutral: false };
/// let found = index(&[voice; 3], 0.2, &IndexSettings::default()).unwrap();
/// assert!((found.value - (-0.3)).abs() < 1e-12); // (3 × -0.8 + 3 × 0.2) / (3 + 3)
/// assert!(found.enough);
/// ```
///
/// # Errors
/// A number that is NaN, infinite or outside its range.
pub fn index(
    voices: &[Voice],
    parent: f64,
    settings: &IndexSettings,
) -> Result<Index, SentimentError> {
    let weighed = weigh(voices, parent, settings)?;
    let prior = settings.prior_weight;
    let (mut sum, mut weight, mut squares) = (0.0, 0.0, 0.0);
    for &(w, polarity) in &weighed {
        sum += w * polarity;
        weight += w;
        squares += w * w;
    }
    let (least, most) = weighed.iter().fold((parent, parent), |(low, high), voice| {
        (low.min(voice.1), high.max(voice.1))
    });
    // Rounding must not lift a mean above all of its parts.
    let value = ((sum + prior * parent) / (weight + prior)).clamp(least, most);
    let scatter: f64 = weighed.iter().map(|(w, x)| w * (x - value).powi(2)).sum();
    let variance = (scatter + prior * PRIOR_VARIANCE) / (weight + prior);
    let half = Z90 * (variance * (squares + prior)).sqrt() / (weight + prior);
    Ok(Index {
        value,
        low: (value - half).max(-1.0),
        high: (value + half).min(1.0),
        weight,
        texts: weighed.len() as u64,
        enough: weight >= settings.least_weight,
    })
}

/// Weights above 0 with their polarities, in an order that does not depend on that of the voices.
fn weigh(
    voices: &[Voice],
    parent: f64,
    settings: &IndexSettings,
) -> Result<Vec<(f64, f64)>, SentimentError> {
    const POLARITY: &str = "a number between -1 and 1";
    const POSITIVE: &str = "a number between 1e-9 and 1e9";
    const NOT_NEGATIVE: &str = "a number between 0 and 1e9";
    let name = |name: &'static str| move || name.to_owned();
    within(name("parent"), parent, -1.0..=1.0, POLARITY)?;
    for (field, value) in [
        ("half_life_days", settings.half_life_days),
        ("prior_weight", settings.prior_weight),
    ] {
        within(name(field), value, 1e-9..=LARGEST, POSITIVE)?;
    }
    let least = settings.least_weight;
    within(name("least_weight"), least, 0.0..=LARGEST, NOT_NEGATIVE)?;

    let mut weighed = Vec::with_capacity(voices.len());
    for (at, voice) in voices.iter().enumerate() {
        let name = |name: &'static str| move || format!("voices[{at}].{name}");
        within(
            name("age_days"),
            voice.age_days,
            0.0..=LARGEST,
            NOT_NEGATIVE,
        )?;
        within(name("weight"), voice.weight, 0.0..=LARGEST, NOT_NEGATIVE)?;
        within(name("polarity"), voice.polarity, -1.0..=1.0, POLARITY)?;
        let rule = "a number between 0 and 1";
        within(name("confidence"), voice.confidence, 0.0..=1.0, rule)?;
        let kind = if voice.neutral { NEUTRAL } else { 1.0 };
        let fresh = (-voice.age_days / settings.half_life_days).exp2();
        let weight = fresh * voice.weight * kind * voice.confidence;
        if weight > 0.0 {
            weighed.push((weight, voice.polarity));
        }
    }
    weighed.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    Ok(weighed)
}
