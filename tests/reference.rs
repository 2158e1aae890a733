//! Numbers from elsewhere: enumeration of every world, 50-digit arithmetic, published tables.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "tests"
)]

use hawser::calc::{self, Kind};
use hawser::churn::{FitOptions, History, Prior, Variant, fit};
use hawser::evaluation::{Metric, Predictions};
use serde_json::Value;

const CASCADE: &str = include_str!("oracle/share_loss_cases.json");
const CHURN: &str = include_str!("oracle/btyd.json");
const SATISFACTION: &str = include_str!("oracle/satisfaction.json");
const FITS: &str = include_str!("oracle/fits.json");
const CDNOW: &str = include_str!("oracle/cdnow_cbs.csv");
const LOGIT: &str = include_str!("oracle/logit_map.json");

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

/// A network is a forest if no tie joins two customers that are joined already.
fn is_forest(case: &Value) -> bool {
    let count = usize::try_from(case["nodes"].as_u64().unwrap()).unwrap();
    let mut group: Vec<usize> = (0..count).collect();
    let mut pairs: Vec<(u64, u64)> = case["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| {
            let (s, c) = (&link["shipper"], &link["consignee"]);
            let (s, c) = (s.as_u64().unwrap(), c.as_u64().unwrap());
            (s.min(c), s.max(c))
        })
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    for (a, b) in pairs {
        let a = group[usize::try_from(a).unwrap()];
        let b = group[usize::try_from(b).unwrap()];
        if a == b {
            return false;
        }
        for member in &mut group {
            if *member == a {
                *member = b;
            }
        }
    }
    true
}

fn worst(got: &Value, want: &Value) -> f64 {
    let (got, want) = (floats(got), floats(want));
    assert_eq!(got.len(), want.len());
    got.iter()
        .zip(want)
        .map(|(got, want)| (got - want).abs())
        .fold(0.0, f64::max)
}

#[test]
fn the_cascade_agrees_with_the_enumeration_of_every_world() {
    let document = parse(CASCADE);
    let outcome = calc::run(Kind::Cascade, &document);
    let cases = document.as_array().unwrap();
    assert_eq!((cases.len(), outcome.failed), (12, 0));

    let names: Vec<&str> = cases.iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert!(
        outcome.answers.keys().eq(names),
        "in the order of the cases"
    );

    let mut forests = 0;
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (got, exact) = (&outcome.answers[name], &case["exact"]);
        let network: f64 = case["links"]
            .as_array()
            .unwrap()
            .iter()
            .map(|link| link["value"].as_f64().unwrap())
            .chain(floats(&case["node_value"]))
            .sum();
        let strongest = match &case["kappa"] {
            Value::Object(roles) => roles
                .values()
                .map(|k| k.as_f64().unwrap())
                .fold(0.0, f64::max),
            kappa => kappa.as_f64().unwrap(),
        };
        // Without contagion loops do not matter.
        let exact_here = is_forest(case) || strongest == 0.0;
        forests += usize::from(exact_here);
        // On loops: churn within 0.01 and blast radius within 4 % of the network's value. For links
        // no bound is stated; the worst, in a triangle, is off by 0.0103.
        let [churn, link, blast, loss] = if exact_here {
            [1e-6; 4]
        } else {
            [0.01, 0.015, 0.04 * network, 0.01 * network]
        };
        for (member, tolerance) in [
            ("churn", churn),
            ("link_loss", link),
            ("blast_radius", blast),
        ] {
            let error = worst(&got[member], &exact[member]);
            assert!(error <= tolerance, "{name}: {member} is off by {error}");
        }
        let total = |answer: &Value| answer["expected_loss"].as_f64().unwrap();
        let error = (total(got) - total(exact)).abs();
        assert!(error <= loss, "{name}: expected_loss is off by {error}");
    }
    assert!(forests >= 6, "{forests}");
}

#[test]
fn own_churn_agrees_with_fifty_digit_arithmetic() {
    let document = parse(CHURN);
    let outcome = calc::run(Kind::Churn, &document);
    let cases = document["cases"].as_array().unwrap();
    assert_eq!((cases.len(), outcome.failed), (41, 0));
    for (position, case) in cases.iter().enumerate() {
        let got = &outcome.answers[&position.to_string()];
        let (abs, rel) = (&case["tolerance"]["abs"], &case["tolerance"]["rel"]);
        let (abs, rel) = (abs.as_f64().unwrap(), rel.as_f64().unwrap());
        for (member, want) in case["expected"].as_object().unwrap() {
            let (got, want) = (got[member].as_f64().unwrap(), want.as_f64().unwrap());
            let error = (got - want).abs();
            assert!(
                error <= abs + rel * want.abs(),
                "case {position}: {member} is {got}, not {want}"
            );
        }
    }
}

#[test]
fn satisfaction_agrees_with_its_reference() {
    let document = parse(SATISFACTION);
    let outcome = calc::run(Kind::Satisfaction, &document);
    let cases = document["cases"].as_array().unwrap();
    assert_eq!((cases.len(), outcome.failed), (23, 0));
    assert_eq!(outcome.answers.len(), 23);

    let mut seen = Vec::new();
    for (position, case) in cases.iter().enumerate() {
        let name = case["name"].as_str().unwrap();
        let key = if seen.contains(&name) {
            format!("{name} #{position}")
        } else {
            name.to_owned()
        };
        seen.push(name);
        let got = &outcome.answers[&key];
        let tolerance = case["tolerance"].as_f64().unwrap();
        for (member, want) in case["expected"].as_object().unwrap() {
            let got = &got[member];
            match want.as_f64() {
                Some(want) => {
                    let got = got.as_f64().unwrap();
                    let error = (got - want).abs();
                    assert!(error <= tolerance, "{name}: {member} is {got}, not {want}");
                }
                None => assert_eq!(got, want, "{name}: {member}"),
            }
        }
    }
}

fn cdnow(rows: usize) -> Vec<History> {
    CDNOW
        .lines()
        .skip(1)
        .take(rows)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |place: usize| cells[place].parse::<f64>().unwrap();
            History::new(cells[1].parse().unwrap(), number(2), number(3), 0.0).unwrap()
        })
        .collect()
}

fn member(fit: &Value, of: &str, name: &str) -> f64 {
    fit[of][name].as_f64().unwrap()
}

/// Compares fitted parameters with `fit[of]`.
fn assert_parameters(found: &hawser::churn::Fit, fit: &Value, of: &str, tolerance: f64) {
    let parameters = found.model.parameters();
    for (name, got) in [
        ("r", parameters.r),
        ("alpha", parameters.alpha),
        ("a", parameters.a),
        ("b", parameters.b),
    ] {
        let want = member(fit, of, name);
        assert!(
            (got / want - 1.0).abs() <= tolerance,
            "{name} is {got}, not {want}"
        );
    }
}

#[test]
fn plain_maximum_likelihood_finds_the_published_parameters_of_cdnow() {
    let fits = parse(FITS);
    let histories = cdnow(2_357);
    assert_eq!(histories.len(), 2_357);
    for (position, variant) in [(0, Variant::Bg), (1, Variant::Mbg)] {
        let reference = &fits["fits"][position];
        let options = FitOptions {
            variant,
            k: 1,
            prior: Prior::Flat,
        };
        let found = fit(&histories, None, &options).unwrap();
        assert_parameters(&found, reference, "mle", 0.002);
        let want = reference["log_likelihood"].as_f64().unwrap();
        assert!((found.log_likelihood - want).abs() <= 0.01);
        assert_eq!(found.objective, -found.log_likelihood);
        if variant == Variant::Bg {
            // Fader, Hardie and Lee 2005 print three digits.
            assert_parameters(&found, reference, "published", 0.003);
            assert!((found.log_likelihood + 9_582.4).abs() < 0.05);
        }
    }
}

#[test]
fn maximum_a_posteriori_fits_agree_for_twenty_sixty_and_all_customers() {
    let fits = parse(FITS);
    for position in [2, 3, 4] {
        let reference = &fits["fits"][position];
        let rows = usize::try_from(reference["n"].as_u64().unwrap()).unwrap();
        let fixed = Prior::Fixed {
            mean: floats(&reference["prior"]["mu_log"]).try_into().unwrap(),
            sd: floats(&reference["prior"]["sd_log"]).try_into().unwrap(),
        };
        // The pooled prior must come to the one that the reference wrote down.
        for prior in [fixed, Prior::Pooled] {
            let options = FitOptions {
                prior,
                ..FitOptions::default()
            };
            let found = fit(&cdnow(rows), None, &options).unwrap();
            assert_parameters(&found, reference, "map", 0.005);
            let want = reference["objective"].as_f64().unwrap();
            assert!(
                (found.objective - want).abs() <= 0.001,
                "{rows}: {}",
                found.objective
            );
            assert_eq!(found.entities, rows);
        }
    }
}

#[test]
fn metrics_of_predictions_agree_with_their_reference() {
    let document = parse(LOGIT);
    let outcomes = |list: &Value| -> Vec<bool> { floats(list).iter().map(|y| *y == 1.0).collect() };
    let probability = floats(&document["expected"]["probability"]);
    let happened = outcomes(&document["y"]);
    let predictions = Predictions::probabilities(&probability, &happened).unwrap();
    let metrics = &document["metrics"];
    for (name, metric) in [
        ("auc", Metric::Auc),
        ("brier", Metric::Brier),
        ("log_loss", Metric::LogLoss),
    ] {
        let error = predictions.metric(metric).unwrap() - metrics[name].as_f64().unwrap();
        assert!(error.abs() <= 1e-7, "{name} is off by {error}");
    }
    let ties = &metrics["auc_ties"];
    let (score, happened) = (floats(&ties["score"]), outcomes(&ties["y"]));
    let equal = Predictions::scores(&score, &happened).unwrap();
    let error = equal.metric(Metric::Auc).unwrap() - ties["auc"].as_f64().unwrap();
    assert!(error.abs() <= 1e-12, "ties are off by {error}");
}
