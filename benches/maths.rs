//! Speed of the mathematics on seeded synthetic data: a power-law network of 100,000 customers and a
//! million links, and populations of 100,000 and a million customers.
//!
//! `cargo bench --bench maths`
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs,
    reason = "a benchmark"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hawser::cascade::{
    Description, Link, Network, Options, Strengths, blast_radius, followers, solve,
};
use hawser::churn::score::HORIZON_WEEKS;
use hawser::churn::{FitOptions, History, SelectOptions, fit, score_all, select};
use hawser::shipments::model::FreightTerms;

const CUSTOMERS: u32 = 100_000;
const LINKS: usize = 1_000_000;

/// `SplitMix64`: small, seeded, good enough to lay out a benchmark.
struct Random(u64);

impl Random {
    /// A number in `(0, 1)`.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + 1e-18
    }

    /// A customer; low indices are the hubs.
    fn customer(&mut self) -> u32 {
        (f64::from(CUSTOMERS) * self.next().powi(3)) as u32 % CUSTOMERS
    }
}

fn links() -> Vec<Link> {
    let mut random = Random(7);
    let mut links = Vec::with_capacity(LINKS);
    while links.len() < LINKS {
        let (shipper, consignee) = (random.customer(), random.customer());
        // Hubs ship, the small receive: scramble the consignees' order against the shippers'.
        let consignee = (u64::from(consignee) * 48_271 % u64::from(CUSTOMERS)) as u32;
        if shipper != consignee {
            links.push(Link {
                shipper,
                consignee,
                business: random.next().powf(-0.6),
                value: random.next(),
                terms: FreightTerms::Unknown,
            });
        }
    }
    links
}

fn cascade(criterion: &mut Criterion) {
    let links = links();
    let mut random = Random(8);
    let own: Vec<f64> = (0..CUSTOMERS).map(|_| 0.2 * random.next()).collect();
    let zeros = vec![0.0; own.len()];
    let mut group = criterion.benchmark_group("cascade, 100,000 customers, 1,000,000 links");
    group.sample_size(10);
    for kappa in [0.5, 0.9] {
        let description = Description {
            own_churn: &own,
            own_business: &zeros,
            own_value: &zeros,
            links: &links,
            strengths: Strengths::uniform(kappa),
        };
        let network = Network::compile(&description).unwrap();
        if kappa < 0.6 {
            group.bench_function("compile", |bench| {
                bench.iter(|| Network::compile(black_box(&description)).unwrap());
            });
        }
        for eps in [1e-4, 1e-9] {
            let options = Options {
                eps,
                ..Options::default()
            };
            group.bench_function(format!("solve, kappa {kappa}, eps {eps}"), |bench| {
                bench.iter(|| solve(black_box(&network), &options).unwrap());
            });
            let solution = solve(&network, &options).unwrap();
            group.bench_function(format!("adjoint, kappa {kappa}, eps {eps}"), |bench| {
                bench.iter(|| blast_radius(&network, black_box(&solution), &options).unwrap());
            });
        }
        let solution = solve(&network, &Options::default()).unwrap();
        for eps in [1e-3, 1e-6] {
            group.bench_function(
                format!("who would follow, kappa {kappa}, eps {eps}"),
                |bench| {
                    bench.iter(|| {
                        followers(&network, &solution, black_box(50_000), eps, 10).unwrap()
                    });
                },
            );
        }
    }
    group.finish();
}

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
