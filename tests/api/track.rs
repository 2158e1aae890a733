//! The track record: runs are made, time passes, shipments come or do not.

use chrono::{NaiveDate, TimeZone as _, Utc};
use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::alerts::{RaiseSettings, raise};
use hawser::assessment::run::assess;
use hawser::db::select::{Statement, Value as Bind};
use hawser::error::Error;
use hawser::ids::RunId;
use hawser::track::keep_up;
use hawser::track::worker::Worker;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    a_run_is_judged_when_its_horizon_has_passed_in_the_data,
    the_figures_are_those_of_a_pencil,
    what_comes_late_counts_when_it_is_scored_again,
    a_limited_key_gets_the_figures_of_its_customers,
    runs_that_overlap_do_not_count_twice_and_hindsight_never,
    an_alert_that_a_person_settled_has_warned,
    the_worker_scores_what_is_due,
    reports_tell_the_same,
);

/// Teams North and South, and customers by name.
struct World {
    north: i64,
    south: i64,
    ids: std::collections::HashMap<&'static str, i64>,
}

impl World {
    fn id(&self, name: &str) -> i64 {
        self.ids[name]
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn go_to(app: &TestApp, text: &str) {
    let noon = day(text).and_hms_opt(8, 0, 0).unwrap();
    app.state.clock.set(Utc.from_utc_datetime(&noon));
}

/// A shipment of the hub, which ships to everybody.
async fn ship(app: &TestApp, to: &str, on: &str, status: &str) {
    let body = json!({
        "external_id": {"system": "tms", "id": format!("{to}-{on}-{status}")},
        "shipper": {"external_id": {"system": "erp", "id": "Hub"}},
        "consignee": {"external_id": {"system": "erp", "id": to}},
        "booked_at": format!("{on}T12:00:00Z"), "status": status,
    });
    app.post("/shipments", body).await.expect(201);
}

async fn world(app: &TestApp) -> World {
    let mut teams = Vec::new();
    for name in ["North", "South"] {
        let made = app.post("/teams", json!({"name": name})).await.expect(201);
        teams.push(made["id"].as_i64().unwrap());
    }
    let (north, south) = (teams[0], teams[1]);
    let mut ids = std::collections::HashMap::new();
    for (name, team) in [
        ("Hub", None),
        ("A", Some(north)),
        ("B", Some(north)),
        ("C", Some(south)),
        ("D", None),
        ("E", None),
    ] {
        let body =
            json!({"name": name, "team_id": team, "external_ids": [{"system": "erp", "id": name}]});
        let made = app.post("/customers", body).await.expect(201);
        ids.insert(name, made["id"].as_i64().unwrap());
    }
    for (to, last) in [
        ("A", "2026-02-20"),
        ("B", "2026-02-25"),
        ("C", "2026-02-26"),
        ("D", "2026-02-27"),
        ("E", "2025-11-20"),
    ] {
        ship(app, to, "2025-10-01", "delivered").await;
        ship(app, to, last, "delivered").await;
    }
    World { north, south, ids }
}

/// Assesses, says with which probability each customer leaves, and raises alerts.
fn run_of(app: &TestApp, world: &World, as_of: &str, probabilities: &[(&str, f64)]) -> i64 {
    let run = assess(&app.state, day(as_of), &Actor::cli(), &mut |_, _| Ok(())).unwrap();
    let settings = RaiseSettings::of(&app.state.config).unwrap();
    let now = app.state.clock.now().into();
    app.state
        .db
        .write_now(|conn| {
            for (name, probability) in probabilities {
                let mut sql = Statement::new("UPDATE customer_risks SET evidence = 'enough', ");
                sql.push("churn_probability = ")
                    .bind(Bind::Real(*probability));
                sql.push(", own_churn = ").bind(Bind::Real(*probability));
                sql.push(", is_new = ").bind(Bind::Bool(false));
                sql.push(" WHERE run_id = ").bind(Bind::Int(run.id.0));
                sql.push(" AND customer_id = ")
                    .bind(Bind::Int(world.id(name)));
                assert_eq!(sql.execute(conn)?, 1, "{name}");
            }
            raise(conn, RunId(run.id.0), &settings, now).map_err(Error::from)
        })
        .unwrap();
    run.id.0
}

const PROBABILITIES: &[(&str, f64)] = &[
    ("Hub", 0.05),
    ("A", 0.8),
    ("B", 0.7),
    ("C", 0.3),
    ("D", 0.1),
    ("E", 0.95),
];

/// What happens in the 13 weeks from 2 March to 31 May 2026, and on the day after them.
///
/// A stays silent: what was cancelled or taken back never was. B ships on the first day, D on the
/// last, C on the day after. E had left before.
async fn time_passes(app: &TestApp) {
    ship(app, "A", "2026-04-01", "cancelled").await;
    ship(app, "A", "2026-04-02", "delivered").await;
    app.delete("/shipments/ext:tms:A-2026-04-02-delivered")
        .await;
    ship(app, "B", "2026-03-02", "delivered").await;
    ship(app, "D", "2026-05-31", "delivered").await;
    ship(app, "C", "2026-06-01", "delivered").await;
}

fn score(app: &TestApp, again: bool) -> u64 {
    keep_up(&app.state, again).unwrap()
}

#[track_caller]
fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

async fn a_run_is_judged_when_its_horizon_has_passed_in_the_data(app: TestApp) {
    let world = world(&app).await;
    let nothing = app.get("/track-record").await.expect(200);
    assert_eq!(
        nothing,
        json!({
            "state": "nothing_due", "runs_judged": 0, "runs_in_time": 0, "waiting_for_data": 0,
            "next_due_on": null, "summary": null, "runs": [],
        })
    );
    run_of(&app, &world, "2026-03-02", PROBABILITIES);
    go_to(&app, "2026-05-31");
    assert_eq!(score(&app, false), 0);
    let early = app.get("/track-record").await.expect(200);
    assert_eq!(early["next_due_on"], "2026-06-01");
    assert_eq!(
        (&early["state"], &early["waiting_for_data"]),
        (&json!("nothing_due"), &json!(0))
    );
    // The calendar alone does not tell who is silent: nothing has been imported since.
    go_to(&app, "2026-06-01");
    assert_eq!(score(&app, false), 0);
    let waiting = app.get("/track-record").await.expect(200);
    assert_eq!(waiting["waiting_for_data"], 1);
    time_passes(&app).await;
    assert_eq!(score(&app, false), 1);
    assert_eq!(score(&app, false), 0, "once is enough");
    let judged = app.get("/track-record").await.expect(200);
    assert_eq!(
        (
            &judged["state"],
            &judged["next_due_on"],
            &judged["waiting_for_data"]
        ),
        (&json!("judged"), &json!(null), &json!(0))
    );
    app.get("/track-record?limit=0")
        .await
        .expect_problem(400, "bad_parameter");
    app.get("/track-record?colour=red")
        .await
        .expect_problem(400, "bad_parameter");
}

async fn the_figures_are_those_of_a_pencil(app: TestApp) {
    let world = world(&app).await;
    let run = run_of(&app, &world, "2026-03-02", PROBABILITIES);
    go_to(&app, "2026-06-01");
    time_passes(&app).await;
    score(&app, false);
    let record = app.get("/track-record").await.expect(200);
    let of_run = &record["runs"][0];
    assert_eq!(
        (
            &of_run["run_id"],
            &of_run["as_of"],
            &of_run["horizon_weeks"],
            &of_run["in_time"]
        ),
        (&json!(run), &json!("2026-03-02"), &json!(13), &json!(true))
    );
    // Judged: Hub, A, B, C, D; E was gone. Lost: A and C.
    assert_eq!(
        (&of_run["customers"], &of_run["gone"], &of_run["lost"]),
        (&json!(5), &json!(1), &json!(2))
    );
    near(&of_run["expected_lost"], 0.05 + 0.8 + 0.7 + 0.3 + 0.1);
    // (.05² + .2² + .7² + .7² + .1²) / 5
    near(&of_run["brier"], 0.2065);
    // Of six pairs of a lost and a kept customer only C at .3 and B at .7 stand the wrong way.
    near(&of_run["auc"], 5.0 / 6.0);
    let alerts = &of_run["alerts"];
    assert_eq!(
        (&alerts["right"], &alerts["wrong"], &alerts["missed"]),
        (&json!(1), &json!(1), &json!(1))
    );
    near(&alerts["precision"]["share"], 0.5);
    near(&alerts["recall"]["share"], 0.5);
    // Last shipped on 20 February, certain 91 days later on 22 May, warned on 2 March.
    near(&of_run["warning_days_median"], 81.0);
    let bins = of_run["calibration"].as_array().unwrap();
    let cases: u64 = bins.iter().map(|bin| bin["count"].as_u64().unwrap()).sum();
    assert_eq!(cases, 5);

    let summary = &record["summary"];
    assert_eq!(summary["runs"], json!([run]));
    assert_eq!(summary["alerts"], *alerts);
    near(&summary["warning_days"]["median"], 81.0);
    let severity = &summary["by_severity"][0];
    assert_eq!(
        (
            &severity["severity"],
            &severity["right"],
            &severity["wrong"]
        ),
        (&json!("high"), &json!(1), &json!(1))
    );
    let by_team: Vec<_> = summary["by_team"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| json!([of["team"], of["right"], of["wrong"], of["missed"]]))
        .collect();
    assert_eq!(
        by_team,
        [
            json!(["North", 1, 1, 0]),
            json!(["South", 0, 0, 1]),
            json!([null, 0, 0, 0])
        ]
    );
}

async fn what_comes_late_counts_when_it_is_scored_again(app: TestApp) {
    let world = world(&app).await;
    run_of(&app, &world, "2026-03-02", PROBABILITIES);
    go_to(&app, "2026-06-01");
    time_passes(&app).await;
    score(&app, false);
    ship(&app, "A", "2026-05-01", "delivered").await;
    assert_eq!(score(&app, false), 0);
    let alerts = async || app.get("/track-record").await.expect(200)["runs"][0]["alerts"].clone();
    assert_eq!(alerts().await["right"], 1);
    assert_eq!(score(&app, true), 1);
    let now = alerts().await;
    assert_eq!(
        (&now["right"], &now["wrong"], &now["missed"]),
        (&json!(0), &json!(2), &json!(1))
    );
}

async fn a_limited_key_gets_the_figures_of_its_customers(app: TestApp) {
    let world = world(&app).await;
    run_of(&app, &world, "2026-03-02", PROBABILITIES);
    go_to(&app, "2026-06-01");
    time_passes(&app).await;
    score(&app, false);
    let of = async |teams: Vec<i64>| {
        let key = app.make_key(&[Scope::Read], Teams::Only(teams), None);
        let request = app
            .bare(Method::GET, "/api/v1/track-record")
            .bearer_auth(&key);
        app.send(request).await.expect(200)
    };
    let south = of(vec![world.south]).await;
    assert_eq!(south["runs"].as_array().unwrap().len(), 1);
    let run = &south["runs"][0];
    assert_eq!(
        (
            &run["team_id"],
            &run["customers"],
            &run["gone"],
            &run["alerts"]["missed"]
        ),
        (&json!(world.south), &json!(1), &json!(0), &json!(1))
    );
    near(&south["summary"]["brier"], 0.49);
    assert_eq!(south["summary"]["warning_days"], json!(null));
    assert_eq!(south["summary"]["by_severity"], json!([]));
    assert_eq!(south["summary"]["by_team"].as_array().unwrap().len(), 1);
    let both = of(vec![world.north, world.south]).await;
    let summary = &both["summary"];
    assert_eq!(
        (&summary["customers"], &summary["lost"], &summary["auc"]),
        (&json!(3), &json!(2), &json!(null))
    );
    assert_eq!(
        (
            &summary["alerts"]["right"],
            &summary["alerts"]["wrong"],
            &summary["alerts"]["missed"]
        ),
        (&json!(1), &json!(1), &json!(1))
    );
    // (.2² + .7² + .7²) / 3
    near(&summary["brier"], 0.34);
    let nobody = of(vec![]).await;
    assert_eq!(
        (&nobody["state"], &nobody["runs"]),
        (&json!("nothing_due"), &json!([]))
    );
}

async fn runs_that_overlap_do_not_count_twice_and_hindsight_never(app: TestApp) {
    let world = world(&app).await;
    let first = run_of(&app, &world, "2026-03-02", PROBABILITIES);
    go_to(&app, "2026-03-09");
    let second = run_of(&app, &world, "2026-03-09", PROBABILITIES);
    go_to(&app, "2026-06-01");
    time_passes(&app).await;
    let third = run_of(&app, &world, "2026-06-01", PROBABILITIES);
    go_to(&app, "2026-06-09");
    ship(&app, "D", "2026-06-08", "delivered").await;
    // Made in June, about what was to come in February.
    let hindsight = run_of(&app, &world, "2026-02-01", &[("A", 0.9)]);
    assert_eq!(score(&app, false), 3);
    let record = app.get("/track-record").await.expect(200);
    let told: Vec<_> = record["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| json!([run["run_id"], run["in_time"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!([second, true]),
            json!([first, true]),
            json!([hindsight, false])
        ]
    );
    assert_eq!(record["summary"]["runs"], json!([second]));
    assert_eq!(
        (&record["runs_judged"], &record["runs_in_time"]),
        (&json!(3), &json!(2))
    );
    // 91 days after 1 June.
    assert_eq!(record["next_due_on"], "2026-08-31");
    let short = app.get("/track-record?limit=1").await.expect(200);
    assert_eq!(short["runs"].as_array().unwrap().len(), 1);
    assert_eq!(short["summary"], record["summary"]);
    // A horizon after the first begins the third.
    go_to(&app, "2026-09-01");
    ship(&app, "D", "2026-09-01", "delivered").await;
    assert_eq!(score(&app, false), 1);
    let record = app.get("/track-record").await.expect(200);
    assert_eq!(record["summary"]["runs"], json!([third, first]));

    let delete = format!("DELETE FROM run_scores WHERE run_id <> {hindsight}");
    app.state
        .db
        .write_now(|conn| Statement::new(&delete).execute(conn))
        .unwrap();
    let record = app.get("/track-record").await.expect(200);
    assert_eq!(
        (&record["state"], &record["summary"]),
        (&json!("hindsight_only"), &json!(null))
    );
}

async fn an_alert_that_a_person_settled_has_warned(app: TestApp) {
    let world = world(&app).await;
    run_of(&app, &world, "2026-03-02", PROBABILITIES);
    go_to(&app, "2026-03-05");
    for alert in app.all("/alerts").await {
        let path = format!("/alerts/{}:resolve", alert["id"]);
        app.post(&path, json!({"reason": "acted"}))
            .await
            .expect(200);
    }
    go_to(&app, "2026-03-09");
    run_of(&app, &world, "2026-03-09", PROBABILITIES);
    assert!(
        app.all("/alerts?state=open").await.is_empty(),
        "nothing new has happened"
    );
    go_to(&app, "2026-06-09");
    time_passes(&app).await;
    // B goes on: what was settled claims no loss.
    ship(&app, "B", "2026-04-15", "delivered").await;
    ship(&app, "D", "2026-06-08", "delivered").await;
    assert_eq!(score(&app, false), 2);
    let record = app.get("/track-record").await.expect(200);
    let alerts = &record["runs"][0]["alerts"];
    // C has shipped on 1 June, in the horizon of this run.
    assert_eq!(
        (&alerts["right"], &alerts["wrong"], &alerts["missed"]),
        (&json!(1), &json!(0), &json!(0))
    );
    near(&record["runs"][0]["warning_days_median"], 81.0);
}

async fn the_worker_scores_what_is_due(app: TestApp) {
    let world = world(&app).await;
    run_of(&app, &world, "2026-03-02", PROBABILITIES);
    go_to(&app, "2026-06-01");
    time_passes(&app).await;
    let worker = Worker::start(app.state.clone()).unwrap();
    let begin = std::time::Instant::now();
    while app.get("/track-record").await.expect(200)["runs_judged"] == 0 {
        assert!(begin.elapsed().as_secs() < 60, "it does nothing");
        app.state.bell.ring();
    }
    drop(worker);
    assert_eq!(score(&app, false), 0);
}

async fn reports_tell_the_same(app: TestApp) {
    let world = world(&app).await;
    let run = run_of(&app, &world, "2026-03-02", PROBABILITIES);
    let empty = app.get("/reports/alert_outcomes").await;
    assert_eq!(empty.json, json!([]), "{}", empty.text);
    let before = empty.header("etag").to_owned();
    go_to(&app, "2026-06-01");
    time_passes(&app).await;
    score(&app, false);
    // The latest run is not judged: the latest that is counts.
    run_of(&app, &world, "2026-06-01", PROBABILITIES);
    let reply = app.get("/reports/alert_outcomes").await;
    assert_ne!(reply.header("etag"), before);
    assert_eq!(
        reply.header("content-disposition"),
        "attachment; filename=\"hawser-alert_outcomes-2026-03-02.json\""
    );
    let outcomes = reply.expect(200);
    let told: Vec<_> = outcomes
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            json!([
                row["run_id"],
                row["customer_name"],
                row["team"],
                row["outcome"],
                row["severity"],
                row["opened_on"],
                row["last_on"],
                row["silent_on"],
                row["warning_days"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!([
                run,
                "A",
                "North",
                "right",
                "high",
                "2026-03-02",
                "2026-02-20",
                "2026-05-22",
                81
            ]),
            json!([
                run,
                "B",
                "North",
                "wrong",
                "high",
                "2026-03-02",
                "2026-02-25",
                null,
                null
            ]),
            json!([
                run,
                "C",
                "South",
                "missed",
                null,
                null,
                "2026-02-26",
                "2026-05-28",
                null
            ]),
        ]
    );
    let slices = app.get("/reports/track_record").await.expect(200);
    let told: Vec<_> = slices
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            json!([
                row["slice"],
                row["customers"],
                row["alerts_right"],
                row["missed"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["all", 5, 1, 1]),
            json!(["no_team", 2, 0, 0]),
            json!([format!("team:{}", world.north), 2, 1, 0]),
            json!([format!("team:{}", world.south), 1, 0, 1]),
        ]
    );
    let key = app.make_key(&[Scope::Bi], Teams::Only(vec![world.south]), None);
    for (name, rows) in [("track_record", 1), ("alert_outcomes", 1)] {
        let path = format!("/api/v1/reports/{name}");
        let request = app.bare(Method::GET, &path).bearer_auth(&key);
        let seen = app.send(request).await.expect(200);
        assert_eq!(seen.as_array().unwrap().len(), rows, "{name}");
    }
    // Scored again, it is another report.
    let known = app
        .get("/reports/track_record")
        .await
        .header("etag")
        .to_owned();
    go_to(&app, "2026-06-02");
    score(&app, true);
    assert_ne!(app.get("/reports/track_record").await.header("etag"), known);
}
