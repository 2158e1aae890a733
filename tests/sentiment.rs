//! Sentiment on whole texts: small hand-made sets that must not get worse, laws, and public sets that are
//! measured by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::similar_names,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs,
    reason = "clippy does not know helper functions in tests as tests"
)]

#[path = "sentiment/figures.rs"]
mod figures;
#[path = "sentiment/laws.rs"]
mod laws;
#[path = "sentiment/measured.rs"]
mod measured;

use figures::{class, examples, macro_f1, polar, polarity, topics};
use hawser::sentiment::{NotScored, Scorer, Spoken};

const ENGLISH: &str = include_str!("sentiment/texts_en.tsv");
const CHINESE: &str = include_str!("sentiment/texts_zh.tsv");
const PORTUGUESE: &str = include_str!("sentiment/texts_pt.tsv");

/// Least figures of a set: a little below what was measured when the rules were written.
struct Least {
    accuracy: f64,
    auc: f64,
    macro_f1: f64,
    topic_f1: f64,
    topic_sign: f64,
}

fn assert_at_least(set: &str, language: Spoken, least: &Least) {
    let scorer = Scorer::lexicon();
    let all = examples(set);
    assert!(all.len() > 70);
    let scored: Vec<_> = all.iter().map(|one| scorer.score(&one.text)).collect();
    assert!(scored.iter().all(|one| one.language == language));
    assert!(scored.iter().all(|one| one.outcome.is_ok()));

    let both = all.iter().zip(&scored);
    let polars = both.clone().filter(|(one, _)| one.class != 0);
    let pairs: Vec<(f64, i8)> = polars
        .map(|(one, found)| (polarity(found), one.class))
        .collect();
    let classes: Vec<(i8, i8)> = both.map(|(one, found)| (one.class, class(found))).collect();
    let (polar, topics) = (polar(&pairs), topics(&scorer, &all));
    let macro_f1 = macro_f1(&classes);
    println!("{language}: {polar:.3?}, three classes {macro_f1:.3}, {topics:.3?}");
    for (name, figure, least) in [
        ("accuracy", polar.accuracy, least.accuracy),
        ("AUC", polar.auc, least.auc),
        ("macro F1", macro_f1, least.macro_f1),
        ("F1 of topics", topics.f1, least.topic_f1),
        ("signs of topics", topics.sign, least.topic_sign),
    ] {
        assert!(figure >= least, "{language}, {name}: {figure:.3}");
    }
}

#[test]
fn english_does_not_get_worse() {
    let least = Least {
        accuracy: 0.91,
        auc: 0.97,
        macro_f1: 0.84,
        topic_f1: 0.80,
        topic_sign: 0.93,
    };
    assert_at_least(ENGLISH, Spoken::English, &least);
}

#[test]
fn chinese_does_not_get_worse() {
    let least = Least {
        accuracy: 0.92,
        auc: 0.97,
        macro_f1: 0.88,
        topic_f1: 0.81,
        topic_sign: 0.97,
    };
    assert_at_least(CHINESE, Spoken::Chinese, &least);
}

#[test]
fn portuguese_is_never_taken_for_english() {
    let all = examples(PORTUGUESE);
    assert_eq!(all.len(), 20);
    for one in all {
        let scored = Scorer::lexicon().score(&one.text);
        assert_eq!(scored.language, Spoken::Other, "{}", one.text);
        assert_eq!(
            scored.outcome,
            Err(NotScored::OtherLanguage),
            "{}",
            one.text
        );
    }
}
