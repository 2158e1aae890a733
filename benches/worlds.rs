//! Speed of worlds, audit and plan on a power-law network of 100,000 customers and a million links,
//! and how well worlds and messages agree there.
//!
//! `cargo bench --bench worlds`
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs,
    dead_code,
    reason = "a benchmark, and a file that others share"
)]

#[path = "cascade/network.rs"]
mod network;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use hawser::cascade::{
    Candidate, Options, PlanOptions, WorldOptions, audit, plan, simulate, solve,
};
use network::{Random, Trade};

const CUSTOMERS: u32 = 100_000;
const LINKS: usize = 1_000_000;

const WORLDS: WorldOptions = WorldOptions {
    worlds: 1_000,
    seed: 3,
};

/// Prints the root mean square of the differences beside that of noise alone, and the expected loss
/// both ways.
fn agreement(kappa: f64) {
    let network = Trade::new(CUSTOMERS, LINKS).network(kappa);
    let solution = solve(&network, &Options::default()).unwrap();
    let worlds = simulate(&network, solution.own(), &WORLDS).unwrap();
    let found = audit(&network, &solution, &worlds).unwrap();
    let (together, loss) = (found.together, found.loss);
    println!(
        "kappa {kappa}: rms {:.6}, of noise alone {:.6}; beyond 4 standard errors {:.6}, of noise \
         alone {:.6}; expected loss {:.1} by messages, {:.1} +- {:.1} by worlds (+- {:.1} without \
         control variate); agrees: {}",
        together.rms,
        together.noise,
        together.beyond,
        together.beyond_noise,
        loss.messages,
        loss.worlds.value,
        loss.worlds.standard_error,
        worlds.mean_loss().standard_error,
        found.agrees,
    );
}

fn worlds(criterion: &mut Criterion) {
    for kappa in [0.5, 0.9] {
        agreement(kappa);
    }
    let network = Trade::new(CUSTOMERS, LINKS).network(0.5);
    let solution = solve(&network, &Options::default()).unwrap();
    let mut group = criterion.benchmark_group("worlds, 100,000 customers, 1,000,000 links");
    group.sample_size(10);
    group.bench_function("1,000 worlds, kappa 0.5", |bench| {
        bench.iter(|| simulate(black_box(&network), solution.own(), &WORLDS).unwrap());
    });
    let found = simulate(&network, solution.own(), &WORLDS).unwrap();
    group.bench_function("audit of 1,000 worlds", |bench| {
        bench.iter(|| audit(&network, &solution, black_box(&found)).unwrap());
    });
    let mut random = Random(11);
    let candidates: Vec<Candidate> = (0..3_000)
        .map(|index| Candidate {
            customer: index * (CUSTOMERS / 3_000),
            cost: 0.2 + random.next(),
            effect: 0.3,
        })
        .collect();
    for budget in [10.0, 100.0] {
        group.bench_function(
            format!("plan, 3,000 candidates, budget {budget}"),
            |bench| {
                let options = PlanOptions::within(budget);
                bench.iter(|| {
                    plan(&network, solution.own(), black_box(&candidates), &options).unwrap()
                });
            },
        );
    }
    group.finish();
}

criterion_group!(benches, worlds);
criterion_main!(benches);
