//! How many texts are scored in a second of one processor: word lists alone, and with trained models.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hawser::sentiment::{Labelled, Scorer, Spoken, learn, sure_labels};

const SETS: [(&str, Spoken, &str); 2] = [
    (
        "english",
        Spoken::English,
        include_str!("../tests/sentiment/texts_en.tsv"),
    ),
    (
        "chinese",
        Spoken::Chinese,
        include_str!("../tests/sentiment/texts_zh.tsv"),
    ),
];

fn score(c: &mut Criterion) {
    for (name, language, set) in SETS {
        let texts: Vec<&str> = set
            .lines()
            .filter_map(|line| line.split('\t').nth(1))
            .collect();
        let lists = Scorer::lexicon();
        let label = |(at, target): (usize, f64)| Labelled {
            text: texts[at],
            target,
            weight: 1.0,
        };
        let labels: Vec<Labelled> = sure_labels(&lists, &texts).into_iter().map(label).collect();
        let model = learn(language, &labels).unwrap();
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(texts.len() as u64));
        for (with, scorer) in [("lists", lists.clone()), ("model", lists.with_model(model))] {
            group.bench_function(with, |b| {
                b.iter(|| {
                    for text in &texts {
                        black_box(scorer.score(black_box(text)).outcome.is_ok());
                    }
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, score);
criterion_main!(benches);
