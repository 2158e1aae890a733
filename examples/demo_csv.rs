//! Writes the shipments of an invented world to standard output, to measure imports with.
//!
//! ```text
//! cargo run --release --example demo_csv -- CUSTOMERS LINKS SHIPMENTS > demo.csv
//! hawser import shipments demo.csv --mapping examples/demo.toml
//! ```

use std::io::BufWriter;

use chrono::NaiveDate;
use hawser::demo::{self, DemoPlan};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .map(|size| size.parse())
        .collect::<Result<_, _>>()?;
    let [customers, links, shipments] = sizes[..] else {
        return Err("expected CUSTOMERS LINKS SHIPMENTS".into());
    };
    let until = NaiveDate::from_ymd_opt(2026, 6, 30).ok_or("no such day")?;
    let seed = DemoPlan::SEED;
    let plan = DemoPlan::new(seed, customers, links, shipments, until, DemoPlan::WEEKS)?;
    demo::csv::write(&plan, BufWriter::new(std::io::stdout().lock()))?;
    Ok(())
}
