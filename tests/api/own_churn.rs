//! Own churn step by step, and the models it rests on, as a run leaves them.

use std::process::Command;

use chrono::NaiveDate;
use hawser::access::audit::Actor;
use hawser::assessment::run::assess;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    a_run_keeps_its_models_and_every_step_of_own_churn,
    the_season_needs_two_years,
    what_happens_later_changes_no_number_of_the_past,
);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn run(app: &TestApp, as_of: &str) {
    assess(&app.state, day(as_of), &Actor::cli(), &mut |_, _| Ok(())).unwrap();
}

/// Shipments of a link, one every `every` days from a date on.
async fn ships(app: &TestApp, link: (&str, &str), from: &str, every: u64, count: u64) {
    let party = |name: &str| json!({"external_id": {"system": "t", "id": name}, "name": name});
    let shipments: Vec<Value> = (0..count)
        .map(|number| {
            let on = day(from) + chrono::Days::new(number * every);
            json!({
                "external_id": {"system": "t", "id": format!("{}-{}-{on}", link.0, link.1)},
                "shipper": party(link.0),
                "consignee": party(link.1),
                "booked_at": format!("{on}T08:00:00Z"),
                "delivered_at": format!("{on}T18:00:00Z"),
                "promised_to": format!("{on}T20:00:00Z"),
                "revenue": 10_000,
            })
        })
        .collect();
    let report = app
        .post("/shipments:batch", Value::Array(shipments))
        .await
        .expect(200);
    assert!(
        report["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result["outcome"] == "created"),
        "{report}"
    );
}

async fn a_run_keeps_its_models_and_every_step_of_own_churn(app: TestApp) {
    for number in 0..35 {
        let (shipper, consignee) = (format!("S{number}"), format!("C{number}"));
        // Some went silent long ago, some ship to this day.
        let count = if number % 3 == 0 { 12 } else { 40 };
        ships(
            &app,
            (&shipper, &consignee),
            "2025-01-06",
            7 + number % 4,
            count,
        )
        .await;
    }
    run(&app, "2025-10-01");
    run(&app, "2026-01-05");

    let told = app.get("/models").await.expect(200);
    assert_eq!(told["source"]["as_of"], "2026-01-05");
    assert_eq!(told["source"]["cascade_term"], "hypothesis");
    let models = told["models"].as_array().unwrap();
    let of = |segment: &str| {
        models
            .iter()
            .find(|fit| fit["component"] == "shipping_days" && fit["segment"] == segment)
            .unwrap()
    };
    assert_eq!(of("all")["entities"], 70);
    assert_eq!(of("links")["entities"], 35);
    assert_eq!(of("shippers")["pooled"], false);
    assert!(of("all")["log_likelihood"].as_f64().unwrap() < 0.0);
    assert_eq!(of("all")["drift"]["since"], "2025-10-01");
    assert!(of("all")["drift"]["mean_absolute"].as_f64().unwrap() > 0.0);
    let earlier = app.get("/models?as_of=2025-10-01").await.expect(200);
    assert_eq!(earlier["models"][0]["drift"], Value::Null, "nothing before");

    for name in ["S0", "S1"] {
        let risk = app.get(&format!("/customers/ext:t:{name}/risk")).await;
        let risk = risk.expect(200);
        assert_eq!(risk["own_churn"], risk["steps"]["own_churn"]);
        assert!(risk["steps"]["shipping_days"].is_f64());
        assert_eq!(
            risk["steps"]["recency_frequency_value"],
            Value::Null,
            "fewer than 250 customers"
        );
    }
    let link = app.get("/links/ext:t:S1/ext:t:C1/risk").await.expect(200);
    let churn = |customer: Value| customer["own_churn"].as_f64().unwrap();
    let shipper = churn(app.get("/customers/ext:t:S1/risk").await.expect(200));
    assert!(
        churn(link.clone()) >= shipper,
        "a link that ships has a living shipper"
    );
    assert!(link["raw_churn"].is_f64() && link["expected_days"].as_f64().unwrap() > 0.0);
}

async fn the_season_needs_two_years(app: TestApp) {
    ships(&app, ("A", "B"), "2023-12-25", 7, 110).await;
    run(&app, "2025-06-02");
    let told = app.get("/models").await.expect(200);
    assert_eq!(told["source"]["seasonal"], false);
    run(&app, "2026-01-05");
    let told = app.get("/models").await.expect(200);
    assert_eq!(told["source"]["seasonal"], true);
    let season = told["models"]
        .as_array()
        .unwrap()
        .iter()
        .find(|fit| fit["component"] == "season")
        .unwrap();
    assert_eq!(
        season["parameters"]["index_by_week"]
            .as_array()
            .unwrap()
            .len(),
        52
    );
}

async fn what_happens_later_changes_no_number_of_the_past(app: TestApp) {
    ships(&app, ("A", "B"), "2024-01-01", 5, 80).await;
    ships(&app, ("C", "B"), "2024-01-01", 9, 40).await;
    let asked = ["/customers/ext:t:A/risk", "/customers/ext:t:B/risk"];
    let mut told = Vec::new();
    for round in 0..2 {
        run(&app, "2025-03-01");
        for path in asked {
            let mut risk = app
                .get(&format!("{path}?as_of=2025-03-01"))
                .await
                .expect(200);
            risk["source"]["run_id"] = Value::Null;
            told.push(risk);
        }
        if round == 0 {
            ships(&app, ("A", "B"), "2025-03-01", 1, 60).await;
        }
    }
    assert_eq!(told[0], told[2]);
    assert_eq!(told[1], told[3]);
}

#[test]
fn the_published_fit_of_cdnow_comes_from_the_command_line() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/cdnow_cbs.csv");
    let fit = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_hawser"))
            .current_dir(std::env::temp_dir())
            .args(["--json", "model", "fit"])
            .args(arguments)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), answer, errors)
    };
    // Fader, Hardie and Lee 2005.
    let (code, fitted, errors) = fit(&[file, "--variant", "bg", "--k", "1", "--prior", "flat"]);
    assert_eq!(code, Some(0), "{errors}");
    for (name, published, within) in [
        ("r", 0.243, 5e-4),
        ("alpha", 4.414, 1e-3),
        ("a", 0.793, 5e-4),
        ("b", 2.426, 1e-3),
        ("log_likelihood", -9582.4, 0.05),
    ] {
        let found = fitted[name].as_f64().unwrap();
        assert!((found - published).abs() <= within, "{name} {found}");
    }
    // More phases need the intervals, which that file does not have.
    let (code, _, errors) = fit(&[file]);
    assert_eq!(code, Some(65));
    assert!(errors.contains("line 2: no litt"), "{errors}");
    assert_eq!(fit(&["nowhere.csv"]).0, Some(66));
    assert_eq!(fit(&[file, "--k", "0"]).0, Some(65));
}
