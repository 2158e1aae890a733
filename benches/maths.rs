//! Speed of the mathematics on seeded synthetic data: power-law networks of up to a million customers
//! and ten million links, and populations of
//! 100,000 and a million customers.
//!
//! `cargo bench --bench maths`
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark"
)]

mod cascade;

use std::hint::black_box;

use cascade::cascade;
use cascade::network::Random;
use criterion::{Criterion, criterion_group, criterion_main};
use hawser::churn::score::HORIZON_WEEKS;
use hawser::churn::{FitOptions, History, SelectOptions, fit, score_all, select};

const CUSTOMERS: u32 = 100_000;

/// Shipping days by the story of the model: a rate of its own, intervals of two phases, then death,
/// within two years.
fn population(customers: u32) -> Vec<History> {
    let mut random = Random(9);
    (0..customers)
        .map(|_| {
            let age = (728.0 * random.next()).floor() / 7.0;
            let rate = -random.next().ln() * 0.3;
            let dying = random.next().powi(3);
            let (mut x, mut t_x, mut litt) = (0, 0.0, 0.0_f64);
            loop {
                let phases = -random.next().ln() - random.next().ln();
                let step = (phases / 2.0 / rate * 7.0).ceil() / 7.0;
                if random.next() < dying || t_x + step > age {
                    break;
                }
                t_x += step;
                litt += step.ln();
                x += 1;
            }
            History::new(x, t_x, age, litt).unwrap()
        })
        .collect()
}

fn churn(criterion: &mut Criterion) {
    for (name, customers) in [("100,000", CUSTOMERS), ("1,000,000", 10 * CUSTOMERS)] {
        let histories = population(customers);
        let mut group = criterion.benchmark_group(format!("own churn, {name} customers"));
        group.sample_size(10);
        group.bench_function("MAP fit, k = 1", |bench| {
            bench.iter(|| fit(black_box(&histories), None, &FitOptions::default()).unwrap());
        });
        let options = SelectOptions::default();
        group.bench_function("MAP fits, k = 1 to 4, the best selected", |bench| {
            bench.iter(|| select(black_box(&histories), None, &options).unwrap());
        });
        let selected = select(&histories, None, &options).unwrap().fit;
        group.bench_function(format!("score, k = {}", selected.model.k()), |bench| {
            bench.iter(|| score_all(&selected, black_box(&histories), HORIZON_WEEKS).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, cascade, churn);
criterion_main!(benches);
