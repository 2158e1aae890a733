//! How fast a file becomes shipments: reading, cutting, decoding, mapping and checking.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::fmt::Write;
use std::hint::black_box;

use chrono_tz::Tz;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hawser::imports::mapping::Mapping;
use hawser::imports::read::ShipmentReader;

const ROWS: u32 = 100_000;

/// Fifteen columns, as a transport management system would export them.
const MAPPING: &str = r#"
[constants]
external_system = "tms"
shipper.external_system = "erp"
consignee.external_system = "erp"
[fields]
external_id = { column = "shipment" }
shipper.external_id = { column = "shipper_no" }
shipper.name = { column = "shipper" }
consignee.external_id = { column = "consignee_no" }
consignee.name = { column = "consignee" }
incoterm = { column = "terms" }
origin_country = { column = "from" }
destination_country = { column = "to" }
booked_at = { column = "booked" }
promised_to = { column = "promised" }
delivered_at = { column = "delivered" }
pieces = { column = "pieces" }
weight_kg = { column = "weight" }
revenue = { column = "revenue", unit = "major" }
in_full = { column = "in_full" }
"#;

const COLUMNS: [&str; 15] = [
    "shipment",
    "shipper_no",
    "shipper",
    "consignee_no",
    "consignee",
    "terms",
    "from",
    "to",
    "booked",
    "promised",
    "delivered",
    "pieces",
    "weight",
    "revenue",
    "in_full",
];

/// Row `no` as text, cell by cell; numbers spread by a multiplicative hash.
fn cells(no: u32) -> [String; 15] {
    let pick =
        |salt: u32, below: u32| (no.wrapping_add(salt).wrapping_mul(2_654_435_761) >> 8) % below;
    let terms = if pick(1, 2) == 0 { "DAP" } else { "FOB" };
    let day = |salt| format!("2024-{:02}-{:02}", 1 + pick(2, 6), 1 + pick(salt, 9));
    [
        format!("HW-{no:07}"),
        format!("C{:05}", pick(3, 25_000)),
        format!("Shipper number {}", pick(3, 25_000)),
        format!("C{:05}", 25_000 + pick(4, 25_000)),
        format!("Consignee number {}", 25_000 + pick(4, 25_000)),
        terms.to_owned(),
        "DE".to_owned(),
        "CN".to_owned(),
        format!("{}T08:30:00Z", day(5)),
        format!("2024-07-{:02}", 1 + pick(6, 28)),
        format!("2024-07-{:02}T{:02}:15:00Z", 1 + pick(7, 28), pick(8, 24)),
        pick(9, 40).to_string(),
        format!("{}.5", pick(10, 20_000)),
        format!("{}.{:02}", pick(11, 9_000), pick(12, 100)),
        if pick(13, 20) == 0 { "no" } else { "yes" }.to_owned(),
    ]
}

fn as_csv() -> String {
    let mut file = COLUMNS.join(",");
    for no in 0..ROWS {
        file.push('\n');
        file.push_str(&cells(no).join(","));
    }
    file
}

fn as_ndjson() -> String {
    let mut file = String::new();
    for no in 0..ROWS {
        let members: Vec<String> = COLUMNS
            .iter()
            .zip(cells(no))
            .map(|(name, cell)| format!("\"{name}\":\"{cell}\""))
            .collect();
        writeln!(file, "{{{}}}", members.join(",")).unwrap();
    }
    file
}

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("read shipments");
    group
        .throughput(Throughput::Elements(u64::from(ROWS)))
        .sample_size(20);
    for (format, zone, file) in [
        ("csv", Tz::UTC, as_csv()),
        ("csv", Tz::Europe__Berlin, as_csv()),
        ("ndjson", Tz::UTC, as_ndjson()),
    ] {
        let mapping = Mapping::parse(&format!("format = \"{format}\"\n{MAPPING}")).unwrap();
        group.bench_function(format!("{format}, {zone}"), |b| {
            b.iter(|| {
                let reader = ShipmentReader::open(file.as_bytes(), &mapping, zone).unwrap();
                let mut read = 0;
                for row in reader {
                    black_box(row.unwrap());
                    read += 1;
                }
                assert_eq!(read, ROWS);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
