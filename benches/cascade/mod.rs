//! Speed of the cascade beside the time that one core needs to stream the arrays of its sweeps.

pub mod network;

use std::hint::black_box;
use std::time::Instant;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion};
use hawser::cascade::{
    Change, Network, Options, Session, Solution, blast_radius, followers, solve,
};

use network::{Random, Trade};

/// All cascade benches, at both sizes.
pub fn cascade(criterion: &mut Criterion) {
    at_size(criterion, 100_000, 1_000_000);
    at_size(criterion, 1_000_000, 10_000_000);
}

fn at_size(criterion: &mut Criterion, customers: u32, links: usize) {
    let trade = Trade::new(customers, links);
    let name = format!("cascade, {customers} customers, {links} links");
    let mut group = criterion.benchmark_group(&name);
    group.sample_size(10);
    group.bench_function("compile", |bench| {
        bench.iter(|| black_box(&trade).network(0.5));
    });
    // An index and a coefficient for each of the two arcs of a link.
    let (partners, coefficients) = (vec![3_u32; 2 * links], vec![0.5_f32; 2 * links]);
    group.bench_function("stream the arrays of one sweep, one core", |bench| {
        bench.iter(|| stream(black_box(&partners), black_box(&coefficients)));
    });
    drop((partners, coefficients));
    for (kappa, eps) in [(0.5, 1e-4), (0.5, 1e-9), (0.9, 1e-4)] {
        let network = trade.network(kappa);
        let options = Options {
            eps,
            ..Options::default()
        };
        let solution = solve(&network, &options).unwrap();
        let blast = blast_radius(&network, &solution, &options).unwrap();
        println!(
            "{name}, kappa {kappa}, eps {eps}: sweeps {} and {}, {:.1} bytes a link kept, {:.1} at the most",
            solution.report().sweeps,
            blast.sweeps,
            (network.bytes() + solution.bytes()) as f64 / links as f64,
            // Coefficients of both arcs, and sixteen lists of numbers by customer.
            (network.bytes() + solution.bytes()) as f64 / links as f64
                + 8.0
                + 128.0 * f64::from(customers) / links as f64,
        );
        group.bench_function(format!("solve, kappa {kappa}, eps {eps}"), |bench| {
            bench.iter(|| solve(black_box(&network), &options).unwrap());
        });
        group.bench_function(format!("adjoint, kappa {kappa}, eps {eps}"), |bench| {
            bench.iter(|| blast_radius(&network, black_box(&solution), &options).unwrap());
        });
        if eps >= 1e-4 {
            what_ifs(&mut group, &trade, (&network, &solution), (&name, kappa));
        }
    }
    group.finish();
}

fn what_ifs(
    group: &mut BenchmarkGroup<'_, WallTime>,
    trade: &Trade,
    (network, solution): (&Network, &Solution),
    (name, kappa): (&str, f64),
) {
    let customers = trade.own.len();
    group.bench_function(format!("who would follow, kappa {kappa}"), |bench| {
        bench.iter(|| followers(network, solution, black_box(50_000), 1e-3, 10).unwrap());
    });
    let mut session = Session::new(network, solution).unwrap();
    let mut questions = Questions::new(trade);
    group.bench_function(format!("what-if, random sets, kappa {kappa}"), |bench| {
        bench.iter(|| {
            session
                .what_if(&questions.next(0..customers), 1e-4)
                .unwrap()
        });
    });
    for (whom, ranks, count) in [
        ("random", 0..customers, 1_000),
        ("the 10,000 largest", 0..10_000, 200),
        ("the 100 largest", 0..100, 20),
    ] {
        percentiles(
            &mut session,
            &mut questions,
            (name, kappa, whom),
            (ranks, count),
        );
    }
}

/// Prints the median and the 99th percentile of so many what-ifs.
fn percentiles(
    session: &mut Session<'_>,
    questions: &mut Questions<'_>,
    (name, kappa, whom): (&str, f64, &str),
    (ranks, count): (std::ops::Range<usize>, usize),
) {
    let (mut times, mut touched) = (Vec::with_capacity(count), 0);
    for _ in 0..count {
        let changes = questions.next(ranks.clone());
        let start = Instant::now();
        touched += session.what_if(&changes, 1e-4).unwrap().touched;
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{name}, kappa {kappa}, what-if on {whom}: p50 {:.3} ms, p99 {:.3} ms, {} customers touched on average",
        times[count / 2],
        times[count * 99 / 100],
        touched / count
    );
}

/// Sets of changes: one customer lost, one protected, one link without business.
struct Questions<'a> {
    trade: &'a Trade,
    /// Customers, those with most links first.
    order: Vec<u32>,
    random: Random,
}

impl<'a> Questions<'a> {
    fn new(trade: &'a Trade) -> Self {
        let mut degrees = vec![0_u32; trade.own.len()];
        for link in &trade.links {
            degrees[link.shipper as usize] += 1;
            degrees[link.consignee as usize] += 1;
        }
        let mut order: Vec<u32> = (0_u32..).take(trade.own.len()).collect();
        order.sort_by_key(|customer| std::cmp::Reverse(degrees[*customer as usize]));
        Self {
            trade,
            order,
            random: Random(5),
        }
    }

    fn next(&mut self, ranks: std::ops::Range<usize>) -> [Change; 3] {
        let mut draw = |count: usize| (count as f64 * self.random.next()) as usize % count;
        let lost = self.order[ranks.start + draw(ranks.len())];
        let safe = self.order[ranks.start + draw(ranks.len())];
        [
            Change::OwnChurn {
                customer: lost,
                probability: 1.0,
            },
            Change::OwnChurn {
                customer: safe,
                probability: 0.0,
            },
            Change::LinkBusiness {
                link: draw(self.trade.links.len()) as u32,
                business: 0.0,
            },
        ]
    }
}

/// Sums both arrays, as fast as memory gives them.
fn stream(partners: &[u32], coefficients: &[f32]) -> (u32, f32) {
    let (mut sums, mut factors) = ([0_u32; 16], [0.0_f32; 16]);
    for stretch in partners.as_chunks::<16>().0 {
        for (sum, partner) in sums.iter_mut().zip(stretch) {
            *sum = sum.wrapping_add(*partner);
        }
    }
    for stretch in coefficients.as_chunks::<16>().0 {
        for (sum, factor) in factors.iter_mut().zip(stretch) {
            *sum += factor;
        }
    }
    let sum = sums.iter().fold(0_u32, |sum, part| sum.wrapping_add(*part));
    (sum, factors.iter().sum())
}
