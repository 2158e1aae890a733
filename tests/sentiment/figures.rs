//! Figures that a measurement of sentiment consists of.

use std::collections::BTreeMap;

use hawser::sentiment::{Feeling, Scored, Scorer, Topic};

/// A text with its true class (-1, 0, 1) and its true topics with their signs.
pub struct Example {
    pub text: String,
    pub class: i8,
    pub topics: BTreeMap<Topic, i8>,
}

/// Reads lines `class TAB text TAB topics`.
pub fn examples(tsv: &str) -> Vec<Example> {
    let parse = |line: &str| {
        let mut cells = line.split('\t');
        let class = cells.next().unwrap().parse().unwrap();
        let text = cells.next().unwrap().to_owned();
        let topics = cells
            .next()
            .unwrap_or("")
            .split(';')
            .filter(|t| !t.is_empty());
        let topics = topics.map(topic).collect();
        Example {
            text,
            class,
            topics,
        }
    };
    tsv.lines().map(parse).collect()
}

fn topic(word: &str) -> (Topic, i8) {
    let (name, sign) = word.split_at(word.len() - 1);
    let topic = match name {
        "delivery" => Topic::DeliveryTime,
        "damage" => Topic::Damage,
        "price" => Topic::Price,
        "docs" => Topic::Documents,
        "comm" => Topic::Communication,
        "attitude" => Topic::Staff,
        other => panic!("{other}"),
    };
    (topic, if sign == "+" { 1 } else { -1 })
}

/// Polarity; 0 for what is neutral or not scored.
pub fn polarity(scored: &Scored) -> f64 {
    scored
        .outcome
        .as_ref()
        .map_or(0.0, |feeling| feeling.polarity)
}

/// Class that was found.
pub fn class(scored: &Scored) -> i8 {
    match polarity(scored) {
        p if p > 0.0 => 1,
        p if p < 0.0 => -1,
        _ => 0,
    }
}

/// Positive against negative.
#[derive(Debug)]
pub struct Polar {
    /// Share of right signs; one without a sign counts half.
    pub accuracy: f64,
    /// Probability that a positive text scores above a negative one.
    pub auc: f64,
    /// Mean distance of said and found probability over ten bins, by number of texts.
    pub calibration: f64,
    /// Share of right signs among those given.
    pub signed: f64,
    /// Share without a sign.
    pub unsigned: f64,
    pub n: usize,
}

/// Judges polarities beside classes 1 and -1.
pub fn polar(pairs: &[(f64, i8)]) -> Polar {
    let n = pairs.len();
    let right = pairs.iter().map(|&(p, class)| match p * f64::from(class) {
        product if product > 0.0 => 1.0,
        product if product < 0.0 => 0.0,
        _ => 0.5,
    });
    let accuracy = right.sum::<f64>() / n as f64;
    let unsigned = pairs.iter().filter(|pair| pair.0 == 0.0).count() as f64 / n as f64;
    let signed = (accuracy - unsigned / 2.0) / (1.0 - unsigned);
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for &(p, class) in pairs {
        let said = f64::midpoint(p, 1.0);
        let bin = &mut bins[((said * 10.0) as usize).min(9)];
        *bin = (
            bin.0 + said,
            bin.1 + f64::from(u8::from(class > 0)),
            bin.2 + 1.0,
        );
    }
    let calibration = bins.iter().map(|bin| (bin.0 - bin.1).abs()).sum::<f64>() / n as f64;
    Polar {
        accuracy,
        auc: auc(pairs),
        calibration,
        signed,
        unsigned,
        n,
    }
}

/// Area under the ROC curve by ranks, ties counting half.
fn auc(pairs: &[(f64, i8)]) -> f64 {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins, mut positives) = (0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
        let good = tied.iter().filter(|pair| pair.1 > 0).count() as f64;
        let bad = tied.len() as f64 - good;
        wins += good * (below + bad / 2.0);
        below += bad;
        positives += good;
    }
    wins / (positives * below)
}

/// Mean F1 of the three classes.
pub fn macro_f1(pairs: &[(i8, i8)]) -> f64 {
    let of = |class: i8| {
        let both = pairs
            .iter()
            .filter(|p| p.0 == class && p.1 == class)
            .count() as f64;
        let one = pairs.iter().filter(|p| p.0 == class).count()
            + pairs.iter().filter(|p| p.1 == class).count();
        2.0 * both / one as f64
    };
    [-1, 0, 1].into_iter().map(of).sum::<f64>() / 3.0
}

/// How well topics are found, and their polarity where found.
#[derive(Debug)]
pub struct Topics {
    pub f1: f64,
    pub sign: f64,
    pub n: usize,
}

pub fn topics(scorer: &Scorer, examples: &[Example]) -> Topics {
    let (mut hits, mut found, mut right, mut true_ones) = (0.0, 0.0, 0.0, 0.0);
    for example in examples {
        let scored = scorer.score(&example.text);
        let none = Vec::new();
        let met = scored
            .outcome
            .as_ref()
            .map_or(&none, |feeling: &Feeling| &feeling.topics);
        found += met.len() as f64;
        true_ones += example.topics.len() as f64;
        for topic in met {
            if let Some(&sign) = example.topics.get(&topic.topic) {
                hits += 1.0;
                right += f64::from(u8::from(topic.polarity * f64::from(sign) > 0.0));
            }
        }
    }
    Topics {
        f1: 2.0 * hits / (found + true_ones),
        sign: right / hits,
        n: true_ones as usize,
    }
}
