//! Learning the n-gram model from labelled texts.
//!
//! `AdaGrad` (Duchi, Hazan, Singer 2011) on the logistic loss, in a fixed random order, so that the same
//! texts give the same bytes. First from the word lists' own sure labels: words that stand beside known ones
//! become known; later from survey scores beside a comment.
//!
//! A model of few texts has little to say beside the word lists: its weights are multiplied by
//! n / (n + 1000) for the weight n of its labels. Good and bad labels count alike in sum, because the share of
//! good ones among sure labels says more about the lists than about the next text.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::error::within;
use super::features;
use super::language::hear_text;
use super::model::{BUCKETS, Model, bucket};
use super::{Scorer, SentimentError, Spoken};

/// Word lists are sure of a text from here on.
const SURE: f64 = 0.4;

/// Weight of labels at which a model is believed half.
const HALF_BELIEVED: f64 = 1000.0;

const ROUNDS: usize = 8;
const RATE: f32 = 0.3;
const SEED: u64 = 1;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn labels<'a>(texts: &[(&'a str, f64)]) -> Vec<Labelled<'a>> {
        let label = |&(text, target)| Labelled {
            text,
            target,
            weight: 20.0,
        };
        texts.iter().map(label).collect()
    }

    /// Words that no list holds.
    fn trained() -> Model {
        let texts = [
            ("the pallets were flurbed", 0.0),
            ("they flurbed it all", 0.0),
            ("our crates are zingly", 1.0),
            ("what a zingly box", 1.0),
            ("the box has been weighed", 0.5),
        ];
        learn(Spoken::English, &labels(&texts.repeat(40))).unwrap()
    }

    #[test]
    fn unknown_words_become_known() {
        let scorer = Scorer::lexicon().with_model(trained());
        let polarity = |text| scorer.score(text).outcome.unwrap().polarity;
        assert!(
            Scorer::lexicon()
                .score("they flurbed the crates")
                .outcome
                .unwrap()
                .neutral
        );
        assert!(polarity("they flurbed the crates") < -0.5);
        assert!(polarity("these crates are zingly") > 0.5);
    }

    #[test]
    fn a_model_speaks_of_its_own_language_only() {
        let scorer = Scorer::lexicon().with_model(trained());
        let text = "这次 flurbed 送货准时，没有让我们操心。";
        assert_eq!(scorer.score(text), Scorer::lexicon().score(text));
    }

    #[test]
    fn a_later_model_takes_the_place_of_an_earlier() {
        let turned = [("it was flurbed", 1.0), ("it was zingly", 0.0)].repeat(100);
        let turned = learn(Spoken::English, &labels(&turned)).unwrap();
        let scorer = Scorer::lexicon().with_model(trained()).with_model(turned);
        assert!(scorer.score("it was flurbed").outcome.unwrap().polarity > 0.3);
        assert_eq!(
            scorer
                .score("it was flurbed")
                .outcome
                .unwrap()
                .sentences
                .len(),
            1
        );
    }

    #[test]
    fn few_labels_say_little() {
        let pair = [
            ("the crates are flurbed", 0.0),
            ("the crates are zingly", 1.0),
        ];
        let model = learn(Spoken::English, &labels(&pair)).unwrap();
        let scorer = Scorer::lexicon().with_model(model);
        assert!(
            scorer
                .score("the crates are flurbed")
                .outcome
                .unwrap()
                .neutral
        );
    }

    #[test]
    fn word_lists_are_sure_of_strong_texts_only() {
        let texts = [
            "Terrible and rude.",
            "",
            "Vessel ETD is 12 May.",
            "非常满意，谢谢！",
            "Atraso de novo",
        ];
        assert_eq!(
            sure_labels(&Scorer::lexicon(), &texts),
            [(0, 0.0), (3, 1.0)]
        );
        // A model changes nothing: it must not confirm itself.
        let taught = Scorer::lexicon().with_model(trained());
        assert!(sure_labels(&taught, &["they flurbed the crates"]).is_empty());
    }

    #[test]
    fn the_same_texts_give_the_same_model() {
        assert_eq!(trained().to_bytes(), trained().to_bytes());
    }

    #[test]
    fn what_cannot_be_learnt_from_is_refused() {
        let pair = labels(&[("it was bad", 0.0), ("it was good", 1.0)]);
        let refused = |language, change: fn(&mut Vec<Labelled<'static>>)| {
            let mut labels = pair.clone();
            change(&mut labels);
            learn(language, &labels).unwrap_err().to_string()
        };
        let message = refused(Spoken::Mixed, |_| {});
        assert!(message.starts_with("language: "), "{message}");
        for (change, field) in [
            (
                (|labels| labels[1].target = f64::NAN) as fn(&mut Vec<Labelled<'static>>),
                "sure[1].target",
            ),
            (|labels| labels[1].target = 1.1, "sure[1].target"),
            (|labels| labels[0].weight = f64::INFINITY, "sure[0].weight"),
            (|labels| labels[0].weight = -1.0, "sure[0].weight"),
            (|labels| labels[0].weight = 0.0, "sure: "),
            (|labels| labels[0].text = "", "sure: "),
            (|labels| labels[0].text = "货物晚到", "sure: "),
            (|labels| labels[0].target = 0.5, "sure: "),
            (Vec::clear, "sure: "),
        ] {
            let message = refused(Spoken::English, change);
            assert!(message.starts_with(field), "{message}");
        }
    }
}
