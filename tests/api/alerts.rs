//! Alerts from inserted runs, the mails that carry them, and what people do with both.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, TimeDelta};
use hawser::access::{Scope, Teams};
use hawser::alerts::{RaiseSettings, Raised, raise};
use hawser::config::{SmtpConfig, SmtpSecurity};
use hawser::db::select::{Statement, Value as Bind};
use hawser::db::{DbError, UtcTime};
use hawser::error::Error;
use hawser::ids::RunId;
use hawser::mail::mailer::{Mailer, MemoryMailer, SendError};
use hawser::mail::outbox::{Delivered, Post, Worker, deliver_due, store as outbox};
use hawser::mail::retry::FailureKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

#[path = "../mail/server.rs"]
#[expect(dead_code, reason = "the tests of the mailer use the rest")]
mod server;

on_each_database!(
    an_alert_is_mailed_to_the_team_and_to_those_without_one_in_their_language,
    an_alert_is_shown_with_its_facts_and_mails,
    the_same_run_twice_changes_nothing,
    two_instances_that_raise_the_same_run_at_once_raise_it_once,
    an_open_alert_is_updated_in_place_told_again_in_its_thread_and_resolved,
    a_rise_is_told_and_gives_way_to_the_level,
    new_customers_and_low_evidence_raise_no_red_alarm,
    a_run_that_fills_history_in_touches_no_alert,
    what_a_person_resolved_is_not_opened_again_by_the_next_run,
    alerts_of_deleted_customers_end,
    hostile_names_add_no_header_and_no_markup,
    values_are_told_in_the_unit_of_the_run,
    alerts_are_filtered_sorted_and_paged,
    people_acknowledge_and_resolve_what_they_have_seen,
    a_limited_key_sees_the_alerts_and_mails_of_its_teams_only,
    a_refused_mail_is_a_dead_letter_until_somebody_retries_it,
    a_busy_server_is_tried_again_later_and_a_broken_one_stops_the_rest,
    mails_to_people_who_left_are_withdrawn,
    two_workers_send_each_of_200_mails_once,
    a_mail_whose_worker_died_is_taken_over_when_its_lease_runs_out,
    a_mail_that_ends_every_attempt_is_given_up,
    a_queued_mail_arrives_at_a_real_server,
    the_pages_that_mails_link_to_hold_no_data,
);

/// What a run says of a customer.
#[derive(Clone)]
struct Risk {
    customer: i64,
    churn: f64,
    is_new: bool,
    evidence: &'static str,
    at_stake: f64,
    silent: i64,
    parts: Value,
    followers: Value,
}

/// A shipper with 7 partners, enough evidence, and a churn probability that is all its own.
fn risk(customer: i64, churn: f64) -> Risk {
    Risk {
        customer,
        churn,
        is_new: false,
        evidence: "enough",
        at_stake: 21_234_000.0,
        silent: 0,
        parts: json!([{"kind": "own", "probability": churn}]),
        followers: json!([]),
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn execute(app: &TestApp, sql: &str, values: Vec<Bind>) {
    let mut statement = Statement::new(sql);
    statement.push(" (").bind_list(values).push(")");
    app.state
        .db
        .write_now(|conn| statement.execute(conn))
        .unwrap();
}

fn int(value: i64) -> Bind {
    Bind::Int(value)
}

fn text(value: &str) -> Bind {
    Bind::Text(value.to_owned())
}

fn now(app: &TestApp) -> Bind {
    Bind::Time(UtcTime::from(app.state.clock.now()))
}

fn customer(app: &TestApp, id: i64, name: &str, team: Option<i64>) {
    execute(
        app,
        "INSERT INTO customers (id, name, search_name, match_name, created_at, updated_at) VALUES",
        vec![
            int(id),
            text(name),
            text("x"),
            text("x"),
            now(app),
            now(app),
        ],
    );
    if let Some(team) = team {
        let mut move_to = Statement::new("UPDATE customers SET team_id = ");
        move_to.bind(int(team)).push(" WHERE id = ").bind(int(id));
        app.state
            .db
            .write_now(|conn| move_to.execute(conn))
            .unwrap();
    }
}

/// Inserts a run that is done, counting margin.
fn run(app: &TestApp, id: i64, as_of: &str, risks: &[Risk]) {
    run_in(app, id, as_of, ("revenue", "margin"), risks);
}

fn run_in(app: &TestApp, id: i64, as_of: &str, (business, value): (&str, &str), risks: &[Risk]) {
    execute(
        app,
        "INSERT INTO runs (id, as_of, horizon_weeks, window_days, status, model_version, \
         business_basis, value_basis, actor, started_at) VALUES",
        vec![
            int(id),
            Bind::Date(day(as_of)),
            int(13),
            int(365),
            text("done"),
            text("1"),
            text(business),
            text(value),
            text("cli"),
            now(app),
        ],
    );
    for risk in risks {
        execute(
            app,
            "INSERT INTO customer_risks (run_id, customer_id, role, own_churn, \
             churn_probability, p_alive, expected_days, shipping_days, recency_weeks, age_weeks, \
             last_on, is_new, evidence, business, business_at_risk, value, value_at_risk, \
             blast_radius, save_value, partners, partners_silent, parts, followers) VALUES",
            vec![
                int(id),
                int(risk.customer),
                text("shipper"),
                Bind::Real(risk.churn),
                Bind::Real(risk.churn),
                Bind::Real(0.9),
                Bind::Real(5.0),
                int(40),
                Bind::Real(3.0),
                Bind::Real(100.0),
                Bind::Date(day("2013-12-01")),
                Bind::Bool(risk.is_new),
                text(risk.evidence),
                Bind::Real(1e6),
                Bind::Real(0.1),
                Bind::Real(1e6),
                Bind::Real(risk.at_stake),
                Bind::Real(0.0),
                Bind::Real(0.0),
                int(7),
                int(risk.silent),
                text(&risk.parts.to_string()),
                text(&risk.followers.to_string()),
            ],
        );
    }
}

fn raise_from(app: &TestApp, run: i64) -> Raised {
    let settings = RaiseSettings::of(&app.state.config).unwrap();
    let now = app.state.clock.now().into();
    app.state
        .db
        .write_now(|conn| raise(conn, RunId(run), &settings, now).map_err(Error::from))
        .map(|raised| Raised {
            by_reason: BTreeMap::new(),
            ..raised
        })
        .unwrap()
}

fn raised(opened: u64, updated: u64, resolved: u64, mails: u64) -> Raised {
    Raised {
        opened,
        updated,
        resolved,
        mails,
        ..Raised::default()
    }
}

async fn team(app: &TestApp, name: &str) -> i64 {
    let team = app.post("/teams", json!({"name": name})).await.expect(201);
    team["id"].as_i64().unwrap()
}

async fn user(app: &TestApp, name: &str, language: &str, team: Option<i64>) -> i64 {
    let email = format!("{}@firm.example", name.to_lowercase());
    let input = json!({
        "name": name, "email": email, "language": language, "team_id": team, "mail_budget": null,
    });
    let user = app.post("/users", input).await.expect(201);
    user["id"].as_i64().unwrap()
}

/// The mails of the outbox by address, with subject and text; one for each address.
async fn mails_by_address(app: &TestApp) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for mail in app.all("/mails").await {
        assert!(mail.get("text").is_none(), "lists leave the words out");
        let full = app.get(&format!("/mails/{}", mail["id"])).await.expect(200);
        let address = full["to_address"].as_str().unwrap().to_owned();
        assert!(found.insert(address, full).is_none());
    }
    found
}

/// A post that keeps its mails, with an SMTP timeout of 5 s: a lease of 12 · 5 + 60 = 120 s.
fn post() -> (Post, MemoryMailer) {
    let memory = MemoryMailer::default();
    let from = "Hawser <hawser@firm.example>".parse().unwrap();
    let mailer = Mailer::Memory(memory.clone());
    (Post::new(mailer, from, Duration::from_secs(5)), memory)
}

fn deliver(app: &TestApp, post: &Post) -> Delivered {
    deliver_due(&app.state.db, post, &app.state.clock, 1000).unwrap()
}

fn delivered(sent: u64, retried: u64, dead: u64) -> Delivered {
    Delivered {
        sent,
        retried,
        dead,
        stopped_by: None,
    }
}

fn failure(kind: FailureKind, code: Option<u16>, words: &str) -> SendError {
    SendError {
        kind,
        code,
        text: words.to_owned(),
    }
}

fn later(app: &TestApp, time: TimeDelta) {
    app.state.clock.set(app.state.clock.now() + time);
}

/// One customer at 0.7 in team-less Hawser with one reader: one alert, one mail.
async fn one_mail(app: &TestApp) {
    user(app, "Anna", "en", None).await;
    customer(app, 1, "Brandt GmbH", None);
    run(app, 1, "2014-01-01", &[risk(1, 0.7)]);
    assert_eq!(raise_from(app, 1), raised(1, 0, 0, 1));
}

/// Lets no rule but those about churn speak of partners.
async fn churn_alone(app: &TestApp) {
    let off = json!({"enabled": false});
    app.put("/alert-rules/partner_risk", off).await.expect(200);
}

/// A customer of team North that might follow one of South and be followed by another of North;
/// readers of every kind.
async fn brandt_and_its_readers(app: &TestApp) {
    churn_alone(app).await;
    let (north, south) = (team(app, "North").await, team(app, "South").await);
    user(app, "Anna", "en", Some(north)).await;
    user(app, "Lina", "zh", Some(north)).await;
    user(app, "Bob", "en", Some(south)).await;
    user(app, "Clara", "en", None).await;
    let dan = user(app, "Dan", "en", Some(north)).await;
    app.patch(&format!("/users/{dan}"), json!({"mail_alerts": false}))
        .await
        .expect(200);
    let eva = user(app, "Eva", "en", Some(north)).await;
    app.delete(&format!("/users/{eva}")).await;

    customer(app, 1, "Brandt GmbH", Some(north));
    customer(app, 2, "Nordkauf", Some(south));
    customer(app, 3, "Ziegler AG", Some(north));
    let mut brandt = risk(1, 0.65);
    brandt.silent = 3;
    brandt.parts = json!([
        {"kind": "own", "probability": 0.2},
        {"kind": "partner", "customer_id": 2, "share": 0.61, "probability": 0.4},
        {"kind": "others", "count": 2, "probability": 0.05},
    ]);
    brandt.followers = json!([
        {"customer_id": 3, "churn_probability": 0.12, "churn_if_lost": 0.47, "value": 8_000_000.0},
    ]);
    run(app, 1, "2014-01-01", &[brandt, risk(2, 0.1), risk(3, 0.12)]);
    assert_eq!(raise_from(app, 1), raised(1, 0, 0, 3));
}

async fn an_alert_is_mailed_to_the_team_and_to_those_without_one_in_their_language(app: TestApp) {
    brandt_and_its_readers(&app).await;
    let mails = mails_by_address(&app).await;
    let readers: Vec<_> = mails.keys().map(String::as_str).collect();
    assert_eq!(
        readers,
        [
            "anna@firm.example",
            "clara@firm.example",
            "lina@firm.example"
        ]
    );
    let (anna, clara) = (&mails["anna@firm.example"], &mails["clara@firm.example"]);
    let lina = &mails["lina@firm.example"];
    assert_eq!(
        anna["subject"],
        "[Hawser] HIGH: Brandt GmbH, 3 of 7 consignees silent, 212k margin at risk"
    );
    let words = |mail: &Value| mail["text"].as_str().unwrap().to_owned();
    assert!(
        words(anna).contains("Your alert level is 60%"),
        "{}",
        words(anna)
    );
    assert!(
        words(anna)
            .contains("A partner of another team may be lost; it carries 61% of its business")
    );
    assert!(!words(anna).contains("Nordkauf"), "Nordkauf is South's");
    assert!(words(clara).contains("Nordkauf may be lost"));
    assert!(words(anna).contains("Ziegler AG"));
    assert!(words(anna).contains("hypothesis"));
    // 2026-03-02 is a Monday: two working days.
    assert!(
        words(anna).contains("went silent, by 4 March 2026"),
        "{}",
        words(anna)
    );
    assert!(
        lina["subject"].as_str().unwrap().contains("高"),
        "{}",
        lina["subject"]
    );
    assert!(words(lina).contains("预警线为 60%"), "{}", words(lina));
    assert_eq!(lina["language"], "zh");
}

async fn an_alert_is_shown_with_its_facts_and_mails(app: TestApp) {
    brandt_and_its_readers(&app).await;
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(alert["severity"], "high");
    assert_eq!(alert["reason"], "churn_level");
    assert_eq!(alert["facts"]["risk"]["parts"][1]["name"], "Nordkauf");
    assert_eq!(alert["facts"]["next_step"], "partner");
    assert_eq!(alert["facts"]["due"], "2026-03-04");
    assert_eq!(alert["facts"]["risk"]["value_at_risk"], 21_234_000);
    assert_eq!(alert["facts"]["risk"]["currency"], "EUR");
    assert_eq!(alert["mails"].as_array().unwrap().len(), 3);
    assert_eq!(alert["mails"][0]["status"], "queued");
}

async fn the_same_run_twice_changes_nothing(app: TestApp) {
    one_mail(&app).await;
    let before = app.get("/alerts/1").await.expect(200);
    later(&app, TimeDelta::hours(1));
    assert_eq!(raise_from(&app, 1), raised(0, 0, 0, 0));
    assert_eq!(app.get("/alerts/1").await.expect(200), before);

    // Not even after somebody resolved it.
    app.post("/alerts/1:resolve", json!({"reason": "acted"}))
        .await
        .expect(200);
    assert_eq!(raise_from(&app, 1), raised(0, 0, 0, 0));
    assert_eq!(app.all("/mails").await.len(), 1);
}

async fn two_instances_that_raise_the_same_run_at_once_raise_it_once(app: TestApp) {
    user(&app, "Anna", "en", None).await;
    let risks: Vec<Risk> = (1..=50)
        .map(|id| {
            customer(&app, id, "Brandt GmbH", None);
            risk(id, 0.9)
        })
        .collect();
    run(&app, 1, "2014-01-01", &risks);
    let both: Vec<Raised> = std::thread::scope(|scope| {
        let instances: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| raise_from(&app, 1)))
            .collect();
        instances.into_iter().map(|i| i.join().unwrap()).collect()
    });
    let opened: Vec<u64> = both.iter().map(|raised| raised.opened).collect();
    assert!(opened == [50, 0] || opened == [0, 50], "{opened:?}");
    assert_eq!(app.all("/mails?limit=500").await.len(), 50);
}

async fn an_open_alert_is_updated_in_place_told_again_in_its_thread_and_resolved(app: TestApp) {
    one_mail(&app).await;
    app.post("/alerts/1:acknowledge", json!({}))
        .await
        .expect(200);

    // Somewhat worse: the alert takes the numbers, nobody is told, it stays acknowledged.
    run(&app, 2, "2014-01-08", &[risk(1, 0.8)]);
    assert_eq!(raise_from(&app, 2), raised(0, 1, 0, 0));
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(alert["state"], "acknowledged");
    assert_eq!(alert["measure"], 0.8);
    assert_eq!(alert["measure_before"], 0.7);
    assert_eq!(alert["measure_mailed"], 0.7);
    assert_eq!(alert["facts"]["as_of"], "2014-01-08");

    // A step above the last mail: told again, in the thread of the first, and open again.
    later(&app, TimeDelta::days(7));
    run(&app, 3, "2014-01-15", &[risk(1, 0.85)]);
    assert_eq!(raise_from(&app, 3), raised(0, 1, 0, 1));
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(alert["state"], "open");
    assert_eq!(alert["measure_mailed"], 0.85);
    let mails = alert["mails"].as_array().unwrap();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0]["in_reply_to"], Value::Null);
    assert_eq!(mails[1]["in_reply_to"], mails[0]["message_id"]);
    assert_ne!(mails[1]["message_id"], mails[0]["message_id"]);
    let id = mails[0]["message_id"].as_str().unwrap();
    assert!(
        id.starts_with("<alert-1-1-1-") && id.ends_with("@127.0.0.1>"),
        "{id}"
    );

    // Within the hysteresis it stays, below it ends.
    run(&app, 4, "2014-01-22", &[risk(1, 0.56)]);
    assert_eq!(raise_from(&app, 4), raised(0, 1, 0, 0));
    run(&app, 5, "2014-01-29", &[risk(1, 0.54)]);
    assert_eq!(raise_from(&app, 5), raised(0, 0, 1, 0));
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(
        (&alert["state"], &alert["resolution"]),
        (&json!("resolved"), &json!("recovered"))
    );
    assert!(alert["resolved_at"].is_string());

    // And the next time is another alert with a thread of its own.
    run(&app, 6, "2014-02-05", &[risk(1, 0.61)]);
    assert_eq!(raise_from(&app, 6), raised(1, 0, 0, 1));
    assert_eq!(app.all("/alerts").await.len(), 2);
}

async fn a_rise_is_told_and_gives_way_to_the_level(app: TestApp) {
    user(&app, "Anna", "en", None).await;
    customer(&app, 1, "Brandt GmbH", None);
    customer(&app, 2, "Nordkauf", None);
    run(&app, 1, "2014-01-01", &[risk(1, 0.2), risk(2, 0.3)]);
    assert_eq!(raise_from(&app, 1), raised(0, 0, 0, 0));
    // 0.35 − 0.2 is a step, 0.44 − 0.3 is not. A run of the same day is no run before.
    run(&app, 2, "2014-01-08", &[risk(1, 0.35), risk(2, 0.44)]);
    assert_eq!(raise_from(&app, 2), raised(1, 0, 0, 1));
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(alert["reason"], "churn_rise");
    assert_eq!(alert["severity"], "medium");
    assert_eq!(alert["facts"]["warning"]["from"], 0.2);
    let mail = app.get("/mails/1").await.expect(200);
    assert!(
        mail["text"].as_str().unwrap().contains("has risen to 35%"),
        "{}",
        mail["text"]
    );

    run(&app, 3, "2014-01-15", &[risk(1, 0.7), risk(2, 0.44)]);
    assert_eq!(raise_from(&app, 3), raised(1, 0, 1, 1));
    let first = app.get("/alerts/1").await.expect(200);
    assert_eq!(first["resolution"], "superseded");
    let second = app.get("/alerts/2").await.expect(200);
    assert_eq!(second["reason"], "churn_level");
    let mail = app.get("/mails/2").await.expect(200);
    assert!(
        mail["text"].as_str().unwrap().contains("It was 35% on"),
        "the level's mail tells the rise: {}",
        mail["text"]
    );
}

async fn new_customers_and_low_evidence_raise_no_red_alarm(app: TestApp) {
    for id in 1..=3 {
        customer(&app, id, "Brandt GmbH", None);
    }
    let mut new = risk(1, 0.9);
    new.is_new = true;
    let mut low = risk(2, 0.9);
    low.evidence = "low";
    run(&app, 1, "2014-01-01", &[new, low, risk(3, 0.9)]);
    assert_eq!(raise_from(&app, 1), raised(3, 0, 0, 0));
    let severities: Vec<_> = app
        .all("/alerts?sort=id")
        .await
        .iter()
        .map(|alert| alert["severity"].clone())
        .collect();
    // The most urgent one is told first.
    assert_eq!(severities, ["high", "medium", "medium"]);
    // Nobody was there to be told; whoever comes later is, with the next run.
    user(&app, "Anna", "en", None).await;
    run(&app, 2, "2014-01-08", &[risk(3, 0.9)]);
    assert_eq!(raise_from(&app, 2), raised(0, 1, 0, 1));
}

async fn a_run_that_fills_history_in_touches_no_alert(app: TestApp) {
    one_mail(&app).await;
    customer(&app, 2, "Nordkauf", None);
    run(&app, 2, "2013-06-01", &[risk(1, 0.1), risk(2, 0.99)]);
    let filled = raise_from(&app, 2);
    assert!(filled.history);
    assert_eq!((filled.opened, filled.resolved, filled.mails), (0, 0, 0));
    assert_eq!(app.all("/mails").await.len(), 1);
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(
        (&alert["state"], &alert["run_id"]),
        (&json!("open"), &json!(1))
    );
    // What was filled in counts as the run before from then on: 0.55 − 0.1 is no rise since run 1.
    run(&app, 3, "2014-01-08", &[risk(1, 0.7), risk(2, 0.2)]);
    assert_eq!(raise_from(&app, 3), raised(0, 1, 0, 0));
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(alert["facts"]["risk"]["before"]["as_of"], "2014-01-01");
}

async fn what_a_person_resolved_is_not_opened_again_by_the_next_run(app: TestApp) {
    one_mail(&app).await;
    app.post("/alerts/1:resolve", json!({"reason": "false_alarm"}))
        .await
        .expect(200);
    run(&app, 2, "2014-01-08", &[risk(1, 0.75)]);
    assert_eq!(raise_from(&app, 2), raised(0, 0, 0, 0));
    run(&app, 3, "2014-01-15", &[risk(1, 0.3)]);
    assert_eq!(raise_from(&app, 3), raised(0, 0, 0, 0));
    // It had come back in between.
    run(&app, 4, "2014-01-22", &[risk(1, 0.62)]);
    assert_eq!(raise_from(&app, 4), raised(1, 0, 0, 1));
    // Lost is lost, however much worse it becomes.
    app.post("/alerts/2:resolve", json!({"reason": "lost"}))
        .await
        .expect(200);
    run(&app, 5, "2014-01-29", &[risk(1, 0.99)]);
    assert_eq!(raise_from(&app, 5), raised(0, 0, 0, 0));
}

async fn alerts_of_deleted_customers_end(app: TestApp) {
    one_mail(&app).await;
    let mut delete = Statement::new("UPDATE customers SET deleted_at = ");
    delete.bind(now(&app)).push(" WHERE id = 1");
    app.state.db.write_now(|conn| delete.execute(conn)).unwrap();
    run(&app, 2, "2014-01-08", &[risk(1, 0.9)]);
    assert_eq!(raise_from(&app, 2), raised(0, 0, 1, 0));
    app.get("/alerts/1").await.expect_problem(404, "not_found");
    assert_eq!(app.all("/alerts").await.len(), 0);
    let changes = app.all("/alerts?updated_since=2020-01-01T00:00:00Z").await;
    assert_eq!(changes[0]["resolution"], "customer_deleted");
}

async fn hostile_names_add_no_header_and_no_markup(app: TestApp) {
    user(&app, "Anna", "en", None).await;
    user(&app, "李娜", "zh", None).await;
    let long = "ab".repeat(100_000);
    let names = [
        "Evil\r\nBcc: all@evil.example\r\n\r\nbody",
        "<script>alert(1)</script> & \"Co\"",
        "\u{202e}שלום GmbH",
        "{ $customer } {{ 7 * 7 }} %s ${x}",
        "安全🚚 =?utf-8?q?x?=",
        "   ",
        &long,
    ];
    let mut risks = Vec::new();
    for (id, name) in (1..).zip(names) {
        customer(&app, id, name, None);
        let mut evil = risk(id, 0.9);
        evil.followers = json!([
            {"customer_id": id, "churn_probability": 0.9, "churn_if_lost": 1.0, "value": 1.0},
        ]);
        risks.push(evil);
    }
    run(&app, 1, "2014-01-01", &risks);
    let readers = 2;
    assert_eq!(raise_from(&app, 1).mails, names.len() as u64 * readers);
    let (post, memory) = post();
    assert_eq!(
        deliver(&app, &post),
        delivered(names.len() as u64 * readers, 0, 0)
    );
    for stored in memory.mails() {
        let mail = &stored.mail;
        assert!(!mail.subject.contains(['\r', '\n', '\u{202e}']));
        assert!(mail.subject.chars().count() < 250, "{}", mail.subject);
        assert!(!mail.html.contains("<script>"));
        let head = stored.source.split("\r\n\r\n").next().unwrap();
        assert!(!head.contains("\r\nBcc:"), "{head}");
        assert_eq!(head.matches("\r\nTo:").count(), 1);
    }
}

async fn values_are_told_in_the_unit_of_the_run(app: TestApp) {
    user(&app, "Anna", "en", None).await;
    let cases = [
        (
            ("weight", "business"),
            12_345.4,
            "12\u{a0}t of freight at risk",
            12_345,
        ),
        (("shipments", "business"), 41.6, "42 shipments at risk", 42),
        (
            ("weight", "revenue"),
            21_234_000.0,
            "212k revenue at risk",
            21_234_000,
        ),
    ];
    for (id, (basis, value, words, kept)) in (1..).zip(cases) {
        customer(&app, id, "Brandt GmbH", None);
        let mut risk = risk(id, 0.9);
        risk.at_stake = value;
        run_in(&app, id, &format!("2014-01-0{id}"), basis, &[risk]);
        raise_from(&app, id);
        let mail = app.get(&format!("/mails/{id}")).await.expect(200);
        let subject = mail["subject"].as_str().unwrap();
        assert!(subject.ends_with(words), "{subject}");
        let alert = app.get(&format!("/alerts/{id}")).await.expect(200);
        assert_eq!(alert["facts"]["risk"]["value_at_risk"], kept);
    }
    // Values are kept in the minor unit that the operator set; yen are shown without decimals.
    let yen = app
        .again_with(&[("currency", "JPY"), ("currency_digits", "2")])
        .await;
    customer(&yen, 9, "Brandt GmbH", None);
    let mut risk = risk(9, 0.9);
    risk.at_stake = 4_500_000.0;
    run(&yen, 9, "2014-02-01", &[risk]);
    raise_from(&yen, 9);
    let alert = yen.all("/alerts?customer_id=9").await;
    let alert = yen
        .get(&format!("/alerts/{}", alert[0]["id"]))
        .await
        .expect(200);
    assert_eq!(alert["facts"]["risk"]["value_at_risk"], 45_000);
    // What makes no sense is an error, not a mail.
    let mut nonsense = self::risk(1, 0.9);
    nonsense.parts = json!([{"kind": "own", "probability": 0.5}]);
    run(&app, 20, "2014-03-01", &[nonsense]);
    let settings = RaiseSettings::of(&app.state.config).unwrap();
    let at = app.state.clock.now().into();
    let outcome = app.state.db.write_now(|conn| {
        // The alert of customer 1 is a step worse than what was mailed: told again.
        let mut reset = Statement::new("UPDATE alerts SET measure_mailed = ");
        reset.bind(Bind::Real(0.6)).push(" WHERE customer_id = 1");
        reset.execute(conn)?;
        raise(conn, RunId(20), &settings, at).map_err(|error| DbError::corrupt("mail", error))
    });
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("parts and others add up to 0.5"), "{error}");
}

async fn alerts_are_filtered_sorted_and_paged(app: TestApp) {
    let north = team(&app, "North").await;
    for id in 1..=5 {
        customer(&app, id, &format!("C{id}"), (id > 3).then_some(north));
    }
    let churn = |id: i64| 0.6 + 0.05 * (id % 3) as f64;
    let mut risks: Vec<Risk> = (1..=5).map(|id| risk(id, churn(id))).collect();
    risks[4].evidence = "low";
    run(&app, 1, "2014-01-01", &risks);
    raise_from(&app, 1);
    app.post("/alerts/2:acknowledge", json!({}))
        .await
        .expect(200);
    let customers = |rows: Vec<Value>| -> Vec<i64> {
        rows.iter()
            .map(|row| row["customer_id"].as_i64().unwrap())
            .collect()
    };
    for (query, expected) in [
        ("", vec![5, 4, 3, 2, 1]),
        ("?sort=-measure&limit=2", vec![5, 2, 4, 1, 3]),
        ("?state=acknowledged", vec![2]),
        ("?state[in]=open,acknowledged&severity=medium", vec![5]),
        ("?reason=churn_level&sort=id&limit=1", vec![1, 2, 3, 4, 5]),
        ("?customer_id=4", vec![4]),
        (&format!("?team_id={north}&sort=id"), vec![4, 5]),
        ("?measure[gt]=0.66&sort=id", vec![2, 5]),
    ] {
        assert_eq!(
            customers(app.all(&format!("/alerts{query}")).await),
            expected,
            "{query}"
        );
    }
    app.get("/alerts?state=closed")
        .await
        .expect_problem(400, "bad_parameter");
    app.get("/mails?text=x")
        .await
        .expect_problem(400, "bad_parameter");
}

async fn people_acknowledge_and_resolve_what_they_have_seen(app: TestApp) {
    one_mail(&app).await;
    let post = |path: &str, etag: &str| {
        app.request(Method::POST, &format!("/api/v1{path}"))
            .header("if-match", etag)
    };
    let seen = app.get("/alerts/1").await;
    assert_eq!(seen.header("etag"), "\"v1\"");
    let acknowledged = app.send(post("/alerts/1:acknowledge", "\"v1\"")).await;
    assert_eq!(acknowledged.header("etag"), "\"v2\"");
    assert_eq!(acknowledged.expect(200)["state"], "acknowledged");
    app.send(post("/alerts/1:acknowledge", "\"v1\""))
        .await
        .expect_problem(412, "precondition_failed");
    // Once more is harmless.
    let again = app.send(post("/alerts/1:acknowledge", "\"v2\"")).await;
    assert_eq!(again.expect(200)["version"], 2);

    let wrong = app
        .post("/alerts/1:resolve", json!({"reason": "recovered"}))
        .await;
    wrong.expect_problem(400, "bad_value");
    app.post("/alerts/1:resolve", json!({"why": "acted"}))
        .await
        .expect_problem(400, "unknown_field");
    let no_type = post("/alerts/1:resolve", "*").body("reason=lost");
    app.send(no_type)
        .await
        .expect_problem(415, "unsupported_media_type");
    let resolved = app
        .send(post("/alerts/1:resolve", "\"v2\""))
        .await
        .expect(200);
    assert_eq!(resolved["resolution"], "acted", "without a body");
    app.post("/alerts/1:resolve", json!({"reason": "lost"}))
        .await
        .expect_problem(409, "already_resolved");
    app.post("/alerts/1:acknowledge", json!({}))
        .await
        .expect_problem(409, "already_resolved");
    app.post("/alerts/99:resolve", json!({}))
        .await
        .expect_problem(404, "not_found");

    let read = app.make_key(&[Scope::Read], Teams::All, None);
    let forbidden = app
        .bare(Method::POST, "/api/v1/alerts/1:acknowledge")
        .bearer_auth(&read);
    app.send(forbidden).await.expect_problem(403, "forbidden");

    let log = app.all("/audit?entity=alert&sort=id").await;
    let deeds: Vec<_> = log.iter().map(|line| line["action"].clone()).collect();
    assert_eq!(deeds, ["acknowledged", "resolved"]);
    assert!(log[1]["detail"].as_str().unwrap().contains("acted"));
}

async fn a_limited_key_sees_the_alerts_and_mails_of_its_teams_only(app: TestApp) {
    churn_alone(&app).await;
    let (north, south) = (team(&app, "North").await, team(&app, "South").await);
    user(&app, "Anna", "en", Some(north)).await;
    user(&app, "Clara", "en", None).await;
    customer(&app, 1, "Brandt GmbH", Some(north));
    customer(&app, 2, "Nordkauf", Some(south));
    let mut brandt = risk(1, 0.7);
    brandt.parts = json!([
        {"kind": "own", "probability": 0.3},
        {"kind": "partner", "customer_id": 2, "share": 0.5, "probability": 0.4},
    ]);
    brandt.followers = json!([
        {"customer_id": 2, "churn_probability": 0.1, "churn_if_lost": 0.5, "value": 1.0},
    ]);
    run(&app, 1, "2014-01-01", &[brandt, risk(2, 0.8)]);
    raise_from(&app, 1);

    let scopes = [Scope::Read, Scope::Write, Scope::Admin];
    let key = app.make_key(&scopes, Teams::Only(vec![north]), None);
    let send = |method, path: &str| {
        let request = app
            .bare(method, &format!("/api/v1{path}"))
            .bearer_auth(&key);
        app.send(request)
    };
    let alerts = send(Method::GET, "/alerts").await.expect(200);
    assert_eq!(alerts["data"].as_array().unwrap().len(), 1);
    let shown = send(Method::GET, "/alerts/1").await;
    assert!(!shown.text.contains("Nordkauf"), "{}", shown.text);
    let shown = shown.expect(200);
    assert_eq!(
        shown["facts"]["risk"]["parts"][1]["customer_id"],
        Value::Null
    );
    assert_eq!(shown["facts"]["risk"]["followers"][0]["name"], Value::Null);
    let to: Vec<_> = shown["mails"].as_array().unwrap().iter().collect();
    assert_eq!(to.len(), 1, "Clara's mail names Nordkauf");
    assert_eq!(to[0]["to_address"], "anna@firm.example");

    for (method, path) in [
        (Method::GET, "/alerts/2"),
        (Method::POST, "/alerts/2:acknowledge"),
        (Method::POST, "/alerts/2:resolve"),
        (Method::GET, "/mails/2"),
        (Method::POST, "/mails/2:retry"),
        (Method::GET, "/mails/3"),
    ] {
        send(method, path).await.expect_problem(404, "not_found");
    }
    let mails = send(Method::GET, "/mails").await.expect(200);
    assert_eq!(mails["data"].as_array().unwrap().len(), 1);
    let mine = send(Method::GET, "/mails/1").await.expect(200);
    assert!(!mine["text"].as_str().unwrap().contains("Nordkauf"));
    assert_eq!(app.all("/mails").await.len(), 3);
    let nobodys = app.make_key(&[Scope::Read], Teams::Only(vec![]), None);
    let none = app
        .bare(Method::GET, "/api/v1/alerts")
        .bearer_auth(&nobodys);
    assert_eq!(app.send(none).await.expect(200)["data"], json!([]));
}

async fn a_refused_mail_is_a_dead_letter_until_somebody_retries_it(app: TestApp) {
    one_mail(&app).await;
    let (post, memory) = post();
    memory.fail_next(failure(
        FailureKind::BadAddress,
        Some(550),
        "5.1.1 no such user here",
    ));
    assert_eq!(deliver(&app, &post), delivered(0, 0, 1));
    let dead = app.get("/mails?status=dead").await.expect(200);
    assert_eq!(dead["data"][0]["last_error"], "550 5.1.1 no such user here");
    assert_eq!(deliver(&app, &post), delivered(0, 0, 0));

    let write = app.make_key(&[Scope::Read, Scope::Write], Teams::All, None);
    let retry = app
        .bare(Method::POST, "/api/v1/mails/1:retry")
        .bearer_auth(&write);
    app.send(retry).await.expect_problem(403, "forbidden");

    // Long after: patience with it starts anew, and it goes to the address of today.
    later(&app, TimeDelta::days(30));
    app.patch("/users/1", json!({"email": "anna.berg@firm.example"}))
        .await
        .expect(200);
    let queued = app.post("/mails/1:retry", json!({})).await.expect(200);
    assert_eq!(
        (&queued["status"], &queued["attempts"]),
        (&json!("queued"), &json!(0))
    );
    app.post("/mails/1:retry", json!({}))
        .await
        .expect_problem(409, "not_dead");
    memory.fail_next(failure(
        FailureKind::Transient,
        Some(451),
        "4.3.0 try again later",
    ));
    assert_eq!(deliver(&app, &post), delivered(0, 1, 0));
    later(&app, TimeDelta::hours(2));
    assert_eq!(deliver(&app, &post), delivered(1, 0, 0));
    let sent = app.get("/mails/1").await.expect(200);
    assert_eq!(
        (&sent["status"], &sent["last_error"]),
        (&json!("sent"), &Value::Null)
    );
    let arrived = memory.mails();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].mail.to.address(), "anna.berg@firm.example");
    assert_eq!(sent["message_id"], arrived[0].mail.message_id.as_str());
    let log = app.all("/audit?entity=mail").await;
    assert_eq!(log[0]["action"], "retried");
}

async fn a_busy_server_is_tried_again_later_and_a_broken_one_stops_the_rest(app: TestApp) {
    user(&app, "Anna", "en", None).await;
    let risks: Vec<Risk> = (1..=6)
        .map(|id| {
            customer(&app, id, "Brandt GmbH", None);
            risk(id, 0.9)
        })
        .collect();
    run(&app, 1, "2014-01-01", &risks);
    raise_from(&app, 1);
    let (post, memory) = post();
    // Waiting for a server to be configured is not held against a mail.
    later(&app, TimeDelta::days(90));
    // Three connections in a row fail: the other three mails cost no attempt.
    for _ in 0..3 {
        memory.fail_next(failure(FailureKind::Transient, None, "connection refused"));
    }
    let outcome = deliver(&app, &post);
    assert_eq!((outcome.sent, outcome.retried, outcome.dead), (0, 3, 0));
    assert_eq!(outcome.stopped_by.as_deref(), Some("connection refused"));
    let attempts = |rows: Vec<Value>| rows.iter().filter(|mail| mail["attempts"] == 0).count();
    assert_eq!(attempts(app.all("/mails").await), 3);
    // A wrong password is not tried with every mail: servers lock accounts.
    memory.fail_next(failure(
        FailureKind::Configuration,
        Some(535),
        "5.7.8 bad credentials",
    ));
    let outcome = deliver(&app, &post);
    assert_eq!((outcome.sent, outcome.retried), (0, 1));
    assert!(outcome.stopped_by.is_some());
    // One that the server is only too busy for does not hold the others up.
    memory.fail_next(failure(
        FailureKind::Transient,
        Some(450),
        "4.2.0 greylisted",
    ));
    later(&app, TimeDelta::minutes(1));
    assert_eq!(deliver(&app, &post), delivered(5, 1, 0));
    let waiting = app.get("/mails?status=queued").await.expect(200);
    let next = waiting["data"][0]["next_attempt_at"].as_str().unwrap();
    let next: chrono::DateTime<chrono::Utc> = next.parse().unwrap();
    let pause = next - app.state.clock.now();
    // The second failure's ceiling is a minute.
    assert!(
        (TimeDelta::zero()..=TimeDelta::minutes(1)).contains(&pause),
        "{pause}"
    );
    later(&app, TimeDelta::minutes(1));
    assert_eq!(deliver(&app, &post), delivered(1, 0, 0));
}

async fn mails_to_people_who_left_are_withdrawn(app: TestApp) {
    one_mail(&app).await;
    app.delete("/users/1").await;
    let (post, memory) = post();
    assert_eq!(deliver(&app, &post), delivered(0, 0, 1));
    assert!(memory.mails().is_empty());
    let dead = app.get("/mails/1").await.expect(200);
    assert_eq!(
        dead["last_error"],
        "the person was removed or wants no more mails, or what it is about is over"
    );
    app.post("/mails/1:retry", json!({}))
        .await
        .expect_problem(409, "recipient_removed");
}

async fn two_workers_send_each_of_200_mails_once(app: TestApp) {
    user(&app, "Anna", "en", None).await;
    let risks: Vec<Risk> = (1..=200)
        .map(|id| {
            customer(&app, id, &format!("C{id}"), None);
            risk(id, 0.9)
        })
        .collect();
    run(&app, 1, "2014-01-01", &risks);
    assert_eq!(raise_from(&app, 1).mails, 200);
    let (post, memory) = post();
    let totals: Vec<u64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| deliver(&app, &post).sent))
            .collect();
        workers.into_iter().map(|w| w.join().unwrap()).collect()
    });
    assert_eq!(totals.iter().sum::<u64>(), 200, "{totals:?}");
    let mut ids: Vec<_> = memory
        .mails()
        .iter()
        .map(|stored| stored.mail.message_id.as_str().to_owned())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), memory.mails().len()), (200, 200));
    let sent = app.all("/mails?status=sent&limit=500").await;
    assert!(sent.len() == 200 && sent.iter().all(|mail| mail["attempts"] == 1));
}

async fn a_mail_whose_worker_died_is_taken_over_when_its_lease_runs_out(app: TestApp) {
    one_mail(&app).await;
    let (post, memory) = post();
    let claim = || {
        let now = UtcTime::from(app.state.clock.now());
        let lease = UtcTime::from(now.0 + post.lease());
        app.state.db.write_now(|conn| {
            let due = outbox::due(conn, now, 10)?;
            let Some(id) = due.first() else {
                return Ok::<_, DbError>(None);
            };
            outbox::claim(conn, *id, now, lease)
        })
    };
    let dead_workers = claim().unwrap().unwrap();
    assert!(claim().unwrap().is_none());
    later(&app, post.lease());
    assert_eq!(
        deliver(&app, &post),
        delivered(0, 0, 0),
        "not before its end"
    );
    later(&app, TimeDelta::seconds(1));
    assert_eq!(deliver(&app, &post), delivered(1, 0, 0));
    assert_eq!(memory.mails().len(), 1);

    // The first worker was only slow: its failure does not undo what the second did.
    let now = UtcTime::from(app.state.clock.now());
    app.state
        .db
        .write_now(|conn| outbox::bury(conn, &dead_workers, "too late", now))
        .unwrap();
    let mail = app.get("/mails/1").await.expect(200);
    assert_eq!(
        (&mail["status"], &mail["attempts"]),
        (&json!("sent"), &json!(2))
    );
}

async fn a_mail_that_ends_every_attempt_is_given_up(app: TestApp) {
    one_mail(&app).await;
    let (post, memory) = post();
    // A hundred workers took it and died.
    for _ in 0..100 {
        let now = UtcTime::from(app.state.clock.now());
        let lease = UtcTime::from(now.0 + post.lease());
        let taken = app
            .state
            .db
            .write_now(|conn| outbox::claim(conn, hawser::ids::MailId(1), now, lease))
            .unwrap();
        assert!(taken.is_some());
        later(&app, post.lease() + TimeDelta::seconds(1));
    }
    assert_eq!(deliver(&app, &post), delivered(0, 0, 1));
    assert!(memory.mails().is_empty());
}

async fn a_queued_mail_arrives_at_a_real_server(app: TestApp) {
    let server = server::Server::start(&[]);
    let smtp = SmtpConfig {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        security: SmtpSecurity::None,
        credentials: None,
        from: "Hawser <hawser@firm.example>".to_owned(),
        ca_file: None,
        timeout: Duration::from_secs(20),
        connections: 1,
        rate_per_minute: 0,
        dkim: None,
    };
    let worker = Worker::start(app.state.clone(), Post::of(&smtp).unwrap()).unwrap();
    user(&app, "Anna", "en", None).await;
    customer(&app, 1, "Brandt GmbH <安全>", None);
    run(&app, 1, "2014-01-01", &[risk(1, 0.7)]);
    raise_from(&app, 1);
    app.state.bell.ring();
    let begin = Instant::now();
    while app.get("/mails/1").await.expect(200)["status"] != "sent" {
        assert!(begin.elapsed() < Duration::from_secs(60), "nothing arrived");
        std::thread::sleep(Duration::from_millis(50));
    }
    // Stops after the mail it is at, not after its next look.
    let begin = Instant::now();
    drop(worker);
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "{:?}",
        begin.elapsed()
    );

    let received = server.only_mail();
    let kept = app.get("/mails/1").await.expect(200);
    assert_eq!(received["mail_from"], "hawser@firm.example");
    assert_eq!(received["rcpt_tos"], json!(["anna@firm.example"]));
    assert_eq!(received["defects"], json!([]));
    for (name, value) in [
        ("Subject", kept["subject"].as_str().unwrap()),
        ("Message-ID", kept["message_id"].as_str().unwrap()),
        ("From", "Hawser <hawser@firm.example>"),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", "en"),
        ("Date", "Mon, 02 Mar 2026 08:00:00 +0000"),
    ] {
        assert_eq!(server::header(&received, name), [value], "{name}");
    }
    assert_eq!(received["type"], "multipart/alternative");
    let body = received["parts"][0]["body"].as_str().unwrap();
    assert!(body.contains("Brandt GmbH <安全>"), "{body}");
    let html = received["parts"][1]["body"].as_str().unwrap();
    assert!(html.contains("Brandt GmbH &#60;安全&#62;"), "{html}");
    // The link leads to a page.
    let link = format!("{}/alerts/1", app.state.config.public_url);
    assert!(body.contains(&link), "{body}");
}

async fn the_pages_that_mails_link_to_hold_no_data(app: TestApp) {
    one_mail(&app).await;
    let get = |path: &str, accept: &str| {
        app.send(
            app.bare(Method::GET, path)
                .header("accept-language", accept),
        )
    };
    let known = get("/alerts/1", "en").await;
    assert_eq!(known.status, 200);
    assert_eq!(known.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(known.header("vary"), "Accept-Language");
    assert!(known.text.contains("hawser alerts show 1"));
    assert!(!known.text.contains("Brandt"));
    // The same for a number that does not exist.
    let unknown = get("/alerts/2", "en").await;
    assert_eq!(unknown.status, 200);
    let told = known
        .text
        .replace("Alert 1", "Alert 2")
        .replace("show 1", "show 2")
        .replace("/alerts/1", "/alerts/2");
    assert_eq!(unknown.text, told);
    let chinese = get("/customers/1", "zh-CN,en;q=0.5").await;
    assert_eq!(chinese.header("content-language"), "zh");
    assert!(chinese.text.contains("hawser explain 1") && chinese.text.contains("客户"));
    let head = app.send(app.bare(Method::HEAD, "/alerts/1")).await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    for path in [
        "/alerts/x",
        "/alerts/99999999999999999999",
        "/alerts/<script>",
    ] {
        assert_eq!(get(path, "en").await.status, 404, "{path}");
    }
}

#[test]
fn a_sender_that_is_no_address_is_named() {
    let smtp = |from: &str, host: &str| SmtpConfig {
        host: host.to_owned(),
        port: 25,
        security: SmtpSecurity::None,
        credentials: None,
        from: from.to_owned(),
        ca_file: None,
        timeout: Duration::from_secs(20),
        connections: 1,
        rate_per_minute: 0,
        dkim: None,
    };
    let error = Post::of(&smtp("Hawser", "mail.example")).unwrap_err();
    assert!(
        error.to_string().starts_with("HAWSER_SMTP_FROM: "),
        "{error}"
    );
    let error = Post::of(&smtp("a@b.example", "mail example")).unwrap_err();
    assert!(
        error.to_string().starts_with("HAWSER_SMTP_HOST: "),
        "{error}"
    );
}
