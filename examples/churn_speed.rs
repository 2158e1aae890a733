//! Times fitting and scoring of own churn on a table of sufficient statistics, for
//! `scripts/bench-churn`.
//!
//! ```text
//! churn_speed make CUSTOMERS FILE     writes a seeded population as x,t_x,T,litt
//! churn_speed time FILE               prints parameters, sums and seconds as JSON
//! ```
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "an example")]

use std::fmt::Write as _;
use std::time::Instant;

use hawser::churn::score::HORIZON_WEEKS;
use hawser::churn::{FitOptions, History, Prior, SelectOptions, Variant, fit, score_all, select};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", customers, file] => make(customers.parse().unwrap(), file),
        ["time", file] => time(file),
        _ => panic!("make CUSTOMERS FILE | time FILE"),
    }
}

/// `SplitMix64`, in `(0, 1)`.
fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// Shipping days by the story of BG/NBD within two years: a rate of its own, death after an event.
fn make(customers: u32, file: &str) {
    let mut state = 9;
    let mut table = "x,t_x,T,litt\n".to_owned();
    for _ in 0..customers {
        let age = (728.0 * uniform(&mut state)).floor() / 7.0;
        let rate = -uniform(&mut state).ln() * 0.3;
        let dying = uniform(&mut state).powi(3);
        let (mut x, mut t_x, mut litt) = (0, 0.0, 0.0);
        loop {
            let step = (-uniform(&mut state).ln() / rate * 7.0).ceil() / 7.0;
            if t_x + step > age {
                break;
            }
            t_x += step;
            litt += step.ln();
            x += 1;
            if uniform(&mut state) < dying {
                break;
            }
        }
        writeln!(table, "{x},{t_x},{age},{litt}").unwrap();
    }
    std::fs::write(file, table).unwrap();
}

fn time(file: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    let histories: Vec<History> = text
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            let x = line.split(',').next().unwrap().parse().unwrap();
            History::new(x, cells[1], cells[2], cells[3]).unwrap()
        })
        .collect();
    let plain = FitOptions {
        variant: Variant::Bg,
        k: 1,
        prior: Prior::Flat,
    };
    let (mut fitting, mut scoring, mut selecting) = (Vec::new(), Vec::new(), Vec::new());
    let mut answer = serde_json::Map::new();
    for _ in 0..5 {
        let start = Instant::now();
        let fitted = fit(&histories, None, &plain).unwrap();
        fitting.push(start.elapsed().as_secs_f64());

        let start = Instant::now();
        let scores = score_all(&fitted, &histories, HORIZON_WEEKS).unwrap();
        scoring.push(start.elapsed().as_secs_f64());

        let start = Instant::now();
        let selection = select(&histories, None, &SelectOptions::default()).unwrap();
        score_all(&selection.fit, &histories, HORIZON_WEEKS).unwrap();
        selecting.push(start.elapsed().as_secs_f64());

        let parameters = fitted.model.parameters();
        let expected: f64 = scores.iter().map(|score| score.expected_events).sum();
        let alive: f64 = scores.iter().map(|score| score.p_alive.get()).sum();
        for (name, value) in [
            ("r", parameters.r),
            ("alpha", parameters.alpha),
            ("a", parameters.a),
            ("b", parameters.b),
            ("log_likelihood", fitted.log_likelihood),
            ("expected", expected),
            ("alive", alive),
        ] {
            answer.insert(name.to_owned(), value.into());
        }
    }
    for (name, seconds) in [
        ("fit_seconds", &mut fitting),
        ("score_seconds", &mut scoring),
        ("select_and_score_seconds", &mut selecting),
    ] {
        seconds.sort_by(f64::total_cmp);
        answer.insert(name.to_owned(), seconds[seconds.len() / 2].into());
    }
    println!("{}", serde_json::Value::Object(answer));
}
