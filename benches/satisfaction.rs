//! Speed of satisfaction: 100,000 customers of six departments with facts, answers and words.
//!
//! `cargo bench --bench satisfaction`
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use chrono::NaiveDate;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hawser::assessment::inputs::{Delivery, DepartmentOf, Inputs, STANDARD, Service, Spoken, Text};
use hawser::assessment::scores;
use hawser::ids::{ContactId, CustomerId, DepartmentId, InvitationId};
use hawser::sentiment::Voice;
use hawser::surveys::model::Dimension;

const CUSTOMERS: i64 = 100_000;
const DELIVERIES: u32 = 20;

/// Spreads numbers over `[0, 1)` by a multiplicative hash.
fn spread(number: i64) -> f64 {
    let hashed = number.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
    f64::from(u32::try_from(hashed).unwrap_or(0)) / f64::from(1_u32 << 24)
}

fn service(customer: i64) -> Service {
    let mut service = Service::default();
    for number in 0..DELIVERIES {
        let chance = spread(customer * 64 + i64::from(number));
        service.add(&Delivery {
            shipper: CustomerId(customer),
            consignee: CustomerId(0),
            late: Some(chance < 0.06),
            in_full: Some(chance < 0.98),
            damaged: Some(chance > 0.99),
            invoice_correct: Some(chance < 0.97),
            claimed: Some(chance > 0.99),
            lead_days: Some(2.0 + chance),
            payer: None,
            freight: None,
        });
    }
    service
}

/// Two people of each department answer, and one department in three has written four times.
fn inputs() -> Inputs {
    let on = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
    let mut inputs = Inputs::default();
    // The portfolio's shares come from links.
    let link = (CustomerId(1), CustomerId(0));
    inputs.link_service.insert(link, service(1));
    for customer in 1..=CUSTOMERS {
        let id = CustomerId(customer);
        inputs.customers.push(id);
        inputs.service.push(service(customer));
        for (place, &kind) in (0..).zip(&STANDARD) {
            let department = DepartmentId(customer * 8 + place);
            inputs
                .departments
                .entry(id)
                .or_default()
                .push(DepartmentOf {
                    id: Some(department),
                    kind,
                    name: kind.word().to_owned(),
                    weight: 1.0,
                    required: true,
                });
            let mood = spread(department.0);
            for person in 0..2 {
                let key = department.0 * 2 + person;
                inputs.voices.answers.entry(id).or_default().push(Spoken {
                    contact: ContactId(key),
                    invitation: InvitationId(key),
                    department: Some(department),
                    role: None,
                    owners: Vec::new().into(),
                    dimension: Some(Dimension::Overall),
                    about: None,
                    score: (0.5 + 0.4 * mood + 0.1 * spread(key)).min(1.0),
                    confidence: 1.0,
                    on,
                    age_days: 200.0 * spread(key + 1),
                });
            }
            for text in 0..if place % 3 == 0 { 4 } else { 0 } {
                let age_days = 60.0 * spread(department.0 + text);
                inputs.voices.texts.entry(id).or_default().push(Text {
                    department: Some(department),
                    on,
                    age_days,
                    voice: Some(Voice {
                        age_days,
                        weight: 1.0,
                        polarity: mood,
                        confidence: 0.8,
                        neutral: false,
                    }),
                });
            }
        }
    }
    inputs
}

fn satisfaction(criterion: &mut Criterion) {
    let inputs = inputs();
    let found = scores::assess(&inputs).unwrap();
    for light in ["green", "amber", "red", "unknown"] {
        let count = found.accounts.iter();
        let count = count.filter(|one| one.account.gate.word() == light).count();
        println!("{light}: {count}");
    }
    let mut group = criterion.benchmark_group("satisfaction");
    group.sample_size(10);
    group.throughput(Throughput::Elements(CUSTOMERS.unsigned_abs()));
    group.bench_function("100,000 customers, six departments each", |bench| {
        bench.iter(|| scores::assess(black_box(&inputs)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, satisfaction);
criterion_main!(benches);
