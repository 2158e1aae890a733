//! Writes a network for the peers that `scripts/bench-cascade` asks the same question, and answers it.
//!
//! `cargo bench --bench peers -- FOLDER` prints the seconds that compiling and solving take, and
//! leaves in the folder: `own` and `churn` (f64, by customer), and the dependences as arrays of
//! edges by the customer that is followed: `starts` and `edges` (u32) and `weights` (f32).
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    missing_docs,
    dead_code,
    reason = "a benchmark"
)]

#[path = "cascade/network.rs"]
mod network;

use std::path::Path;
use std::time::Instant;
use std::{env, fs};

use hawser::cascade::{Options, solve};
use network::Trade;

const CUSTOMERS: u32 = 100_000;
const LINKS: usize = 1_000_000;
const KAPPA: f64 = 0.5;

fn main() {
    // Cargo adds an option of its own.
    let Some(folder) = env::args().skip(1).find(|word| !word.starts_with("--")) else {
        println!("expected a folder to write the network to");
        return;
    };
    let folder = Path::new(&folder);
    let trade = Trade::new(CUSTOMERS, LINKS);
    write(
        &folder.join("own"),
        trade.own.iter().map(|own| own.to_le_bytes()),
    );
    write_edges(&trade, folder);

    let options = Options {
        eps: 1e-4,
        ..Options::default()
    };
    let start = Instant::now();
    let network = trade.network(KAPPA);
    let compiled = start.elapsed().as_secs_f64();
    // The best of five: other work on the machine only ever adds.
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        let solution = solve(&network, &options).unwrap();
        best = best.min(start.elapsed().as_secs_f64());
        write(
            &folder.join("churn"),
            solution.churn().iter().map(|churn| churn.to_le_bytes()),
        );
    }
    println!("{compiled:.6} {best:.6}");
}

/// Whom a customer's loss reaches, and by how much each depends on it.
fn write_edges(trade: &Trade, folder: &Path) {
    let mut business = trade.zeros.clone();
    for link in &trade.links {
        business[link.shipper as usize] += link.business;
        business[link.consignee as usize] += link.business;
    }
    let mut edges: Vec<(u32, u32, f32)> = Vec::with_capacity(2 * trade.links.len());
    for link in &trade.links {
        for (lost, follows) in [
            (link.shipper, link.consignee),
            (link.consignee, link.shipper),
        ] {
            let weight = KAPPA * link.business / business[follows as usize];
            edges.push((lost, follows, weight as f32));
        }
    }
    edges.sort_unstable_by_key(|(lost, follows, _)| (*lost, *follows));
    // Several links between the same two are one edge.
    edges.dedup_by(|later, earlier| {
        let same = (later.0, later.1) == (earlier.0, earlier.1);
        if same {
            earlier.2 += later.2;
        }
        same
    });
    let mut starts = vec![0_u32; trade.own.len()];
    for (lost, ..) in &edges {
        if let Some(start) = starts.get_mut(*lost as usize + 1) {
            *start += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    write(
        &folder.join("starts"),
        starts.iter().map(|start| start.to_le_bytes()),
    );
    write(
        &folder.join("edges"),
        edges.iter().map(|edge| edge.1.to_le_bytes()),
    );
    write(
        &folder.join("weights"),
        edges.iter().map(|edge| edge.2.to_le_bytes()),
    );
}

fn write<const N: usize>(path: &Path, values: impl Iterator<Item = [u8; N]>) {
    fs::write(path, values.flatten().collect::<Vec<u8>>()).unwrap();
}
