//! Speed of the mathematics on seeded synthetic data: power-law networks of up to a million customers
//! and ten million links, and a population of 100,000 customers.
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
use hawser::churn::{FitOptions, History, fit, score};

const CUSTOMERS: u32 = 100_000;
/// Shipping days by the story of the model: a rate of its own, then death, within two years.
fn population() -> Vec<History> {
    let mut random = Random(9);
    (0..CUSTOMERS)
        .map(|_| {
            let age = (728.0 * random.next()).floor() / 7.0;
            let rate = -random.next().ln() * 0.3;
            let dying = random.next().powi(3);
            let (mut x, mut t_x) = (0, 0.0);
            loop {
                let step = (-random.next().ln() / rate * 7.0).ceil() / 7.0;
                if random.next() < dying || t_x + step > age {
                    break;
                }
                t_x += step;
                x += 1;
            }
            History::new(x, t_x, age, 0.0).unwrap()
        })
        .collect()
}

fn churn(criterion: &mut Criterion) {
    let histories = population();
    let mut group = criterion.benchmark_group("own churn, 100,000 customers");
    group.sample_size(10);
    group.bench_function("MAP fit, k = 1", |bench| {
        bench.iter(|| fit(black_box(&histories), None, &FitOptions::default()).unwrap());
    });
    let fitted = fit(&histories, None, &FitOptions::default()).unwrap();
    group.bench_function("score", |bench| {
        bench.iter(|| {
            histories
                .iter()
                .map(|history| score(&fitted, history, HORIZON_WEEKS).unwrap().churn.get())
                .sum::<f64>()
        });
    });
    group.finish();
}

criterion_group!(benches, cascade, churn);
criterion_main!(benches);
