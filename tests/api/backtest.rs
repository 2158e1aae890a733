//! Back-tests from shipments to page: known outcomes, mistakes, and nothing of the future.

use std::process::Command;

use chrono::{Days, NaiveDate};
use hawser::access::{Scope, Teams};
use hawser::assessment::store::calibrations;
use hawser::db::Target;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    a_small_history_by_pencil,
    what_happens_later_changes_nothing,
    ranges_that_cannot_be_tested_are_named,
    only_keys_to_all_teams_read_and_write,
    the_command_writes_page_and_figures,
);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Writes a shipment for each day, from `S` + name to `C` + name.
async fn ships(app: &TestApp, links: &[((String, String), Vec<NaiveDate>)]) {
    let party = |name: &str| json!({"external_id": {"system": "t", "id": name}, "name": name});
    let shipments: Vec<Value> = links
        .iter()
        .flat_map(|((shipper, consignee), days)| {
            days.iter().map(move |on| {
                json!({
                    "external_id": {"system": "t", "id": format!("{shipper}-{consignee}-{on}")},
                    "shipper": party(shipper),
                    "consignee": party(consignee),
                    "booked_at": format!("{on}T08:00:00Z"),
                    "freight_terms": "prepaid",
                    "revenue": 10_000,
                })
            })
        })
        .collect();
    for chunk in shipments.chunks(500) {
        let report = app
            .post("/shipments:batch", Value::Array(chunk.to_vec()))
            .await
            .expect(200);
        let results = report["results"].as_array().unwrap();
        assert!(
            results.iter().all(|result| result["outcome"] == "created"),
            "{report}"
        );
    }
}

/// Four pairs. As of 2025-07-01 the horizon is 2025-07-01 to 2025-09-29.
async fn four_pairs(app: &TestApp) {
    let link = |name: &str, days: &[&str]| {
        let ends = (format!("S{name}"), format!("C{name}"));
        (ends, days.iter().map(|text| day(text)).collect::<Vec<_>>())
    };
    ships(
        app,
        &[
            // Five days, the last a week before; then one on the as-of date itself.
            link(
                "A",
                &[
                    "2025-05-01",
                    "2025-05-15",
                    "2025-06-01",
                    "2025-06-15",
                    "2025-06-24",
                    "2025-07-01",
                ],
            ),
            // Two days, the last four weeks before; then silent: the day after the horizon is too late.
            link("B", &["2025-03-01", "2025-06-03", "2025-09-30"]),
            // Three days, the last ten weeks before; then one on the last day of the horizon.
            link(
                "C",
                &["2025-03-01", "2025-04-01", "2025-04-22", "2025-09-29"],
            ),
            // Four days, the last thirty weeks before; silent since.
            link(
                "D",
                &["2024-09-01", "2024-10-01", "2024-11-01", "2024-12-03"],
            ),
        ],
    )
    .await;
}

fn group<'a>(result: &'a Value, name: &str) -> &'a Value {
    let mut groups = result["groups"].as_array().unwrap().iter();
    groups.find(|group| group["group"] == name).unwrap()
}

fn figure(result: &Value, of: &str, predictor: &str, metric: &str) -> Option<f64> {
    let found = group(result, of)["predictors"].as_array().unwrap();
    let found = found.iter().find(|found| found["predictor"] == predictor);
    found.unwrap()["pooled"]["figures"][metric]["value"].as_f64()
}

fn verdict<'a>(result: &'a Value, component: &str) -> &'a Value {
    let mut verdicts = result["verdicts"].as_array().unwrap().iter();
    verdicts
        .find(|verdict| verdict["component"] == component)
        .unwrap()
}

async fn a_small_history_by_pencil(app: TestApp) {
    four_pairs(&app).await;
    let body = json!({"from": "2025-07-01", "to": "2025-07-01"});
    let answer = app.post("/backtests", body).await.expect(201);
    assert_eq!(answer["status"], "done");
    assert_eq!(answer["every_days"], 91, "13 weeks unless told otherwise");
    assert_eq!(
        (&answer["observations"], &answer["events"]),
        (&json!(8), &json!(4))
    );
    let result = &answer["result"];
    let date = &result["dates"][0];
    assert_eq!(date["until"], "2025-09-30");
    for (name, count) in [
        ("customers", 8),
        ("silent", 4),
        ("links", 4),
        ("links_lost", 2),
        ("days_seen", 4),
    ] {
        assert_eq!(date[name], count, "{name}");
    }
    // Silent: B and D. By recency D 30, C 10, B 4, A 1 weeks: of the pairs D-C, D-A, B-C, B-A all
    // but B-C are in order. By frequency B 2, C 3, D 4, A 5 days: all but D-C.
    let near = |found: Option<f64>, expected: f64| {
        assert!(
            (found.unwrap() - expected).abs() < 1e-9,
            "{found:?}, not {expected}"
        );
    };
    for of in ["all", "shippers", "consignees", "links"] {
        for predictor in ["recency", "frequency"] {
            near(figure(result, of, predictor, "auc"), 0.75);
            // Precision 1 at recall one half, 2/3 at recall 1.
            near(
                figure(result, of, predictor, "average_precision"),
                0.5 + 1.0 / 3.0,
            );
        }
    }
    // D had no day in the 13 weeks before.
    near(figure(result, "active", "recency", "auc"), 0.5);
    assert_eq!(group(result, "active")["clusters"], 6);
    // No outcome was known by the only date: recency has no probability, own churn has.
    assert_eq!(figure(result, "all", "recency", "brier"), None);
    assert!(figure(result, "all", "own", "brier").unwrap() < 1.0);
    for component in ["own_churn", "cascade", "season"] {
        let verdict = verdict(result, component);
        assert_eq!(verdict["judgement"], "too_few", "{verdict}");
    }
    let text = &verdict(result, "own_churn")["text"];
    assert!(
        text["en"]
            .as_str()
            .unwrap()
            .starts_with("There are too few events"),
        "{text}"
    );
    assert!(
        text["zh"].as_str().unwrap().starts_with("事件太少"),
        "{text}"
    );

    let path = format!("/backtests/{}", answer["id"]);
    assert_eq!(
        app.get(&path).await.expect(200),
        answer,
        "as it was answered"
    );
    let listed = app.all("/backtests?limit=1").await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].get("result"), None, "a list has no results");
    let csv = app.get(&format!("{path}/metrics.csv")).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(
        csv.text
            .starts_with("group,predictor,as_of,metric,value,low,high,observations,events\n")
    );
    assert!(
        csv.text.contains("\nall,recency,2025-07-01,auc,0.75,"),
        "{}",
        csv.text
    );
}

/// Thirty consignees and twenty shippers, some of whom stop one after the other.
fn network() -> Vec<((String, String), Vec<NaiveDate>)> {
    (0_u64..60)
        .map(|number| {
            let ends = (format!("S{}", number % 20), format!("C{}", number * 7 % 30));
            let (first, last) = (
                day("2023-01-02") + Days::new(number * 13 % 60),
                (day("2024-01-01") + Days::new(number * 37 % 800)).min(day("2025-12-31")),
            );
            let every = 5 + number * 11 % 30;
            let days = (0..)
                .map(|count| first + Days::new(count * every))
                .take_while(|on| *on <= last);
            (ends, days.collect())
        })
        .collect()
}

async fn what_happens_later_changes_nothing(app: TestApp) {
    ships(&app, &network()).await;
    let body = json!({"from": "2024-06-01", "to": "2025-06-01", "every": "13w"});
    let before = app.post("/backtests", body.clone()).await.expect(201);
    let result = &before["result"];
    assert_eq!(result["dates"].as_array().unwrap().len(), 5);
    assert_eq!(result["dates"][0]["baseline_probabilities"], false);
    assert_eq!(result["dates"][1]["baseline_probabilities"], true);
    assert!(
        before["events"].as_i64().unwrap() > 20,
        "{}",
        before["events"]
    );

    // After the last horizon, which ends with 2025-08-29: new customers, old ones come back, a name
    // changes, another customer goes.
    let on = [day("2025-08-30"), day("2026-01-15")];
    let links = [("S0", "C1"), ("S3", "new"), ("another", "C5")];
    let later: Vec<_> = links
        .iter()
        .map(|(shipper, consignee)| {
            (
                ((*shipper).to_owned(), (*consignee).to_owned()),
                on.to_vec(),
            )
        })
        .collect();
    ships(&app, &later).await;
    app.patch(
        "/customers/ext:t:S1",
        json!({"name": "Renamed", "country": "FR"}),
    )
    .await
    .expect(200);
    app.delete("/customers/ext:t:S2").await.expect(204);
    let after = app.post("/backtests", body).await.expect(201);
    assert_eq!(after["result"], before["result"]);

    // What was learnt counts for dates after the last outcome only.
    let learnt = |as_of: &str| {
        let as_of = day(as_of);
        let found = app
            .state
            .db
            .read_now(|conn| calibrations::latest(conn, as_of));
        found.unwrap()
    };
    assert_eq!(learnt("2025-08-29"), None);
    let calibration = learnt("2025-08-30").unwrap();
    assert_eq!(calibration.history_to, day("2025-08-30"));
    assert_eq!(
        calibration.verdict,
        result["cascade"]["calibration"]["verdict"]
    );
    assert_eq!(
        calibration.backtest.unwrap().0,
        after["id"].as_i64().unwrap()
    );
    assert_eq!(learnt("2026-03-01").unwrap(), calibration);

    let path = format!("/backtests/{}/page", after["id"]);
    let page = app.get(&format!("{path}?lang=zh")).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("content-language"), "zh");
    for verdict in result["verdicts"].as_array().unwrap() {
        assert!(
            page.text.contains(verdict["text"]["zh"].as_str().unwrap()),
            "{verdict}"
        );
    }
    let asked = app
        .request(Method::GET, &format!("/api/v1{path}"))
        .header("accept-language", "de, en;q=0.5");
    let page = app.send(asked).await;
    assert_eq!(page.header("content-language"), "en");
    for verdict in result["verdicts"].as_array().unwrap() {
        assert!(
            page.text.contains(verdict["text"]["en"].as_str().unwrap()),
            "{verdict}"
        );
    }
    assert!(page.text.matches("<svg ").count() >= 8, "plots");
    for outside in ["<script", "http-equiv", "src=", "@import", "url("] {
        assert!(!page.text.contains(outside), "{outside}");
    }
    app.get(&format!("{path}?lang=xx"))
        .await
        .expect_problem(400, "bad_parameter");
    app.get(&format!("{path}?style=1"))
        .await
        .expect_problem(400, "bad_parameter");
}

async fn ranges_that_cannot_be_tested_are_named(app: TestApp) {
    let refused = async |body: Value, pointer: &str, code: &str| {
        let problem = app
            .post("/backtests", body)
            .await
            .expect_problem(422, "invalid");
        let part = &problem["errors"][0];
        assert_eq!(
            (&part["pointer"], &part["code"]),
            (&json!(pointer), &json!(code)),
            "{problem}"
        );
        problem["detail"].as_str().unwrap().to_owned()
    };
    let range = |from: &str, to: &str| json!({"from": from, "to": to});
    refused(range("2025-07-01", "2025-07-01"), "/from", "no_data").await;
    four_pairs(&app).await;
    refused(range("2025-07-02", "2025-07-01"), "/from", "after_to").await;
    refused(range("2025-07-01", "2026-03-03"), "/to", "in_the_future").await;
    let every = |to: &str, every: &str| json!({"from": "2025-07-01", "to": to, "every": every});
    let told = refused(every("2025-07-03", "0w"), "/every", "bad_step").await;
    assert!(told.contains("13w"), "{told}");
    let told = refused(every("2025-07-03", "1d"), "/to", "horizon_open").await;
    assert!(
        told.contains("the last possible date is 2025-07-02"),
        "{told}"
    );
    let told = refused(range("2024-09-01", "2025-07-01"), "/from", "no_data").await;
    assert!(
        told.contains("the first possible date is 2024-09-02"),
        "{told}"
    );
    for wrong in [
        json!({"from": "2025-07-01"}),
        json!({"from": "soon", "to": "2025-07-01"}),
    ] {
        assert_eq!(app.post("/backtests", wrong).await.status, 400);
    }
    let extra = json!({"from": "2025-07-01", "to": "2025-07-01", "horizon": 4});
    assert_eq!(app.post("/backtests", extra).await.status, 400);
    assert_eq!(
        app.all("/backtests").await.len(),
        0,
        "a refused range leaves nothing behind"
    );
}

async fn only_keys_to_all_teams_read_and_write(app: TestApp) {
    four_pairs(&app).await;
    let body = json!({"from": "2025-07-01", "to": "2025-07-01"});
    let answer = app.post("/backtests", body.clone()).await.expect(201);
    let path = format!("/api/v1/backtests/{}", answer["id"]);
    let some = app.make_key(Scope::ALL, Teams::Only(vec![1]), None);
    let reader = app.make_key(&[Scope::Read], Teams::All, None);
    for suffix in ["", "/page", "/metrics.csv"] {
        let get = |key: &str| {
            app.bare(Method::GET, &format!("{path}{suffix}"))
                .bearer_auth(key)
        };
        app.send(get(&some)).await.expect_problem(403, "forbidden");
        assert_eq!(app.send(get(&reader)).await.status, 200, "{suffix}");
        app.get(&format!("/backtests/999{suffix}"))
            .await
            .expect_problem(404, "not_found");
    }
    for key in [&some, &reader] {
        let post = app
            .bare(Method::POST, "/api/v1/backtests")
            .bearer_auth(key)
            .json(&body);
        app.send(post).await.expect_problem(403, "forbidden");
    }
    let list = app
        .bare(Method::GET, "/api/v1/backtests")
        .bearer_auth(&some);
    app.send(list).await.expect_problem(403, "forbidden");
}

/// Runs the binary on the app's database.
fn hawser(app: &TestApp, arguments: &[&str]) -> std::process::Output {
    let url = match app.state.db.target() {
        Target::Sqlite(path) => format!("sqlite://{}", path.display()),
        #[cfg(feature = "postgres")]
        Target::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_hawser"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HAWSER_") {
            command.env_remove(name);
        }
    }
    command
        .arg("backtest")
        .args(arguments)
        .env("HAWSER_DATABASE_URL", url);
    command.output().unwrap()
}

async fn the_command_writes_page_and_figures(app: TestApp) {
    four_pairs(&app).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (page, figures) = (file("page.html"), file("figures.csv"));
    let range = ["--from", "2025-07-01", "--to", "2025-07-01"];
    let files = ["--html", &page, "--csv", &figures, "--lang", "zh"];
    let output = hawser(&app, &[&range[..], &files[..]].concat());
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "",
        "no bar where there is no terminal"
    );
    assert!(output.status.success());
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("8 predictions, 4 silent over 13 weeks"),
        "{told}"
    );
    assert!(told.contains("事件太少，无法评判自身流失。"), "{told}");
    assert!(
        std::fs::read_to_string(&page)
            .unwrap()
            .contains("<html lang=\"zh\">")
    );
    assert!(
        std::fs::read_to_string(&figures)
            .unwrap()
            .contains("all,recency,,auc,0.75,")
    );

    let output = hawser(
        &app,
        &["--json", "--from", "2025-07-01", "--to", "2025-07-01"],
    );
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["result"]["dates"][0]["silent"], 4);

    for (arguments, code, text) in [
        (
            [
                "--from",
                "2025-07-01",
                "--to",
                "2025-07-02",
                "--every",
                "0w",
            ],
            64,
            "13w",
        ),
        (
            [
                "--from",
                "2025-07-01",
                "--to",
                "2025-07-03",
                "--every",
                "1d",
            ],
            65,
            "the last possible date is 2025-07-02",
        ),
        (
            [
                "--from",
                "2024-09-01",
                "--to",
                "2025-07-01",
                "--every",
                "1w",
            ],
            65,
            "2024-09-02",
        ),
    ] {
        let output = hawser(&app, &arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains(text), "{told}");
    }
}
