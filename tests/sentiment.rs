//! Sentiment on whole texts: small hand-made sets that must not get worse, and public sets measured by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs,
    reason = "tests"
)]

#[path = "sentiment/figures.rs"]
mod figures;
#[path = "sentiment/measured.rs"]
mod measured;

use figures::{class, examples, macro_f1, polar, polarity, topics};
use hawser::sentiment::Scorer;

const ENGLISH: &str = include_str!("sentiment/texts_en.tsv");
const CHINESE: &str = include_str!("sentiment/texts_zh.tsv");

#[test]
fn smoke() {
    for set in [ENGLISH, CHINESE] {
        let scorer = Scorer::lexicon();
        let all = examples(set);
        let scored: Vec<_> = all.iter().map(|one| scorer.score(&one.text)).collect();
        let pairs: Vec<(f64, i8)> = all
            .iter()
            .zip(&scored)
            .filter(|(one, _)| one.class != 0)
            .map(|(one, s)| (polarity(s), one.class))
            .collect();
        println!("{:?}", polar(&pairs));
        let classes: Vec<(i8, i8)> = all
            .iter()
            .zip(&scored)
            .map(|(one, s)| (one.class, class(s)))
            .collect();
        println!(
            "macro F1 {:.3}, {:?}",
            macro_f1(&classes),
            topics(&scorer, &all)
        );
        for (one, s) in all.iter().zip(&scored) {
            if one.class != class(s) || std::env::var("ALL").is_ok() {
                println!("{} {:+.2} {}", one.class, polarity(s), one.text);
            }
        }
    }
}
