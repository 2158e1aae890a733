//! The rules that raise alerts: from made-up runs and records, with settings of teams, and the check
//! between runs.

use chrono::{NaiveDate, TimeDelta};
use hawser::access::{Scope, Teams, store as people};
use hawser::alerts::check::check_now;
use hawser::alerts::life::{self, Person};
use hawser::alerts::{RaiseSettings, Raised, raise};
use hawser::db::UtcTime;
use hawser::db::select::{Statement, Value as Bind};
use hawser::error::Error;
use hawser::ids::RunId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    an_overdue_complaint_opens_worsens_by_a_step_and_ends_when_it_is_answered,
    people_are_told_of_every_reason_in_one_thread,
    a_contract_is_told_again_thirty_days_later_and_only_then,
    data_that_stopped_coming_is_shown_to_those_who_see_everything,
    a_rule_that_was_switched_off_stays_silent_and_its_alerts_end,
    a_team_s_setting_beats_everybody_s_and_that_the_default,
    settings_that_make_no_sense_are_refused_and_the_rest_is_audited,
    a_limited_key_sets_the_rules_of_its_teams_only,
    rules_tell_what_they_read_and_what_they_lack,
    what_comes_through_a_partner_opens_from_a_run_and_the_same_run_changes_nothing,
    a_customer_that_is_not_in_the_run_keeps_its_alerts,
    after_a_false_alarm_only_a_step_above_or_a_return_opens_again,
    churn_keeps_quiet_for_the_days_of_the_cool_down,
    two_checks_at_once_do_as_much_as_one,
    snoozed_alerts_wake_and_those_of_deleted_customers_end,
    whoever_snoozed_an_alert_is_reminded,
);

fn int(value: i64) -> Bind {
    Bind::Int(value)
}

fn text(value: &str) -> Bind {
    Bind::Text(value.to_owned())
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn now(app: &TestApp) -> UtcTime {
    app.state.clock.now().into()
}

fn later(app: &TestApp, time: TimeDelta) {
    app.state.clock.set(app.state.clock.now() + time);
}

fn insert(app: &TestApp, table: &str, row: Vec<(&str, Bind)>) {
    let (names, values): (Vec<&str>, Vec<Bind>) = row.into_iter().unzip();
    let mut sql = Statement::new(&format!(
        "INSERT INTO {table} ({}) VALUES (",
        names.join(", ")
    ));
    sql.bind_list(values).push(")");
    app.state.db.write_now(|conn| sql.execute(conn)).unwrap();
}

fn set(app: &TestApp, what: &str, value: Bind, which: &str) {
    let mut sql = Statement::new(&format!("UPDATE {what} = "));
    sql.bind(value).push(&format!(" WHERE {which}"));
    app.state.db.write_now(|conn| sql.execute(conn)).unwrap();
}

async fn customer(app: &TestApp, name: &str, team: Option<i64>) -> i64 {
    let made = app
        .post("/customers", json!({"name": name, "team_id": team}))
        .await;
    made.expect(201)["id"].as_i64().unwrap()
}

async fn team(app: &TestApp, name: &str) -> i64 {
    let team = app.post("/teams", json!({"name": name})).await.expect(201);
    team["id"].as_i64().unwrap()
}

async fn user(app: &TestApp, name: &str) {
    let email = format!("{}@firm.example", name.to_lowercase());
    let input = json!({"name": name, "email": email, "language": "en"});
    app.post("/users", input).await.expect(201);
}

/// A complaint whose answer was due so many days ago, and that was acknowledged.
async fn overdue(app: &TestApp, customer: i64, days: i64) -> i64 {
    let body = json!({
        "customer": {"id": customer}, "channel": "call", "severity": "high",
        "subject": "Two pallets wet",
    });
    let made = app.post("/complaints", body).await.expect(201);
    let id = made["id"].as_i64().unwrap();
    app.post(&format!("/complaints/{id}:acknowledge"), json!({}))
        .await
        .expect(200);
    let due = UtcTime(now(app).0 - TimeDelta::days(days));
    let which = format!("id = {id}");
    set(app, "complaints SET answer_due_at", Bind::Time(due), &which);
    id
}

fn check(app: &TestApp) -> Raised {
    check_now(&app.state).unwrap()
}

fn counts(raised: &Raised) -> (u64, u64, u64) {
    (raised.opened, raised.updated, raised.resolved)
}

fn run(app: &TestApp, id: i64, as_of: &str) {
    let row = vec![
        ("id", int(id)),
        ("as_of", Bind::Date(day(as_of))),
        ("horizon_weeks", int(13)),
        ("window_days", int(365)),
        ("status", text("done")),
        ("model_version", text("1")),
        ("business_basis", text("revenue")),
        ("value_basis", text("margin")),
        ("actor", text("cli")),
        ("started_at", Bind::Time(now(app))),
    ];
    insert(app, "runs", row);
}

/// What a run says of a customer of 7 partners whose own churn is `own`, and of which so much comes
/// through a partner.
fn risk(app: &TestApp, run: i64, customer: i64, own: f64, through: Option<(i64, f64)>) {
    let mut parts = vec![json!({"kind": "own", "probability": own})];
    if let Some((partner, probability)) = through {
        parts.push(json!({"kind": "partner", "customer_id": partner, "share": 0.5, "probability": probability}));
    }
    let churn = own + through.map_or(0.0, |(_, probability)| probability);
    let row = vec![
        ("run_id", int(run)),
        ("customer_id", int(customer)),
        ("role", text("shipper")),
        ("own_churn", Bind::Real(own)),
        ("churn_probability", Bind::Real(churn)),
        ("p_alive", Bind::Real(0.9)),
        ("expected_days", Bind::Real(5.0)),
        ("shipping_days", int(40)),
        ("recency_weeks", Bind::Real(1.0)),
        ("age_weeks", Bind::Real(150.0)),
        ("last_on", Bind::Date(day("2013-12-30"))),
        ("is_new", Bind::Bool(false)),
        ("evidence", text("enough")),
        ("business", Bind::Real(1e6)),
        ("business_at_risk", Bind::Real(0.1)),
        ("value", Bind::Real(1e6)),
        ("value_at_risk", Bind::Real(1e5)),
        ("blast_radius", Bind::Real(0.0)),
        ("save_value", Bind::Real(0.0)),
        ("partners", int(7)),
        ("partners_silent", int(0)),
        ("parts", text(&Value::from(parts).to_string())),
        ("followers", text("[]")),
    ];
    insert(app, "customer_risks", row);
}

fn raise_from(app: &TestApp, run: i64) -> Raised {
    let settings = RaiseSettings::of(&app.state.config).unwrap();
    let now = now(app);
    app.state
        .db
        .write_now(|conn| raise(conn, RunId(run), &settings, now).map_err(Error::from))
        .unwrap()
}

/// As if people had been told of what alerts measure now.
fn told(app: &TestApp) {
    let sql =
        Statement::new("UPDATE alerts SET measure_mailed = measure WHERE state <> 'resolved'");
    app.state.db.write_now(|conn| sql.execute(conn)).unwrap();
}

async fn deeds(app: &TestApp, alert: i64) -> Vec<String> {
    let history = app.get(&format!("/alerts/{alert}/history")).await;
    let history = history.expect(200);
    let lines = history["data"].as_array().or(history.as_array()).unwrap();
    lines
        .iter()
        .map(|line| {
            let word = |name: &str| line[name].as_str().unwrap().to_owned();
            format!("{} {} {}", word("actor"), word("deed"), word("severity"))
        })
        .collect()
}

async fn an_overdue_complaint_opens_worsens_by_a_step_and_ends_when_it_is_answered(app: TestApp) {
    let brandt = customer(&app, "Brandt GmbH", None).await;
    assert_eq!(counts(&check(&app)), (0, 0, 0), "no complaints at all");
    let complaint = overdue(&app, brandt, 1).await;
    let raised = check(&app);
    assert_eq!(counts(&raised), (1, 0, 0));
    let only = raised.by_reason.iter().next().unwrap();
    assert_eq!((only.0.word(), only.1.opened), ("complaint_overdue", 1));
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(alert["reason"], "complaint_overdue");
    assert_eq!(alert["subject"], format!("complaint:{complaint}"));
    assert_eq!(
        (&alert["severity"], &alert["run_id"]),
        (&json!("medium"), &Value::Null)
    );
    assert_eq!(alert["measure"], 1.0);
    assert_eq!(alert["facts"]["next_step"], "recovery");
    assert_eq!(alert["facts"]["warning"]["complaint_id"], complaint);
    assert_eq!(alert["facts"]["risk"], Value::Null, "there is no run");

    // The same day again: nothing, though the hours go on.
    told(&app);
    assert_eq!(counts(&check(&app)), (0, 0, 0));
    later(&app, TimeDelta::hours(6));
    assert_eq!(counts(&check(&app)), (0, 0, 0));
    // The next day it takes the figures; three days above what was told it is told again and open,
    // five days behind the deadline it is high.
    app.post("/alerts/1:acknowledge", json!({}))
        .await
        .expect(200);
    later(&app, TimeDelta::hours(18));
    assert_eq!(counts(&check(&app)), (0, 1, 0));
    assert_eq!(
        app.get("/alerts/1").await.expect(200)["state"],
        "acknowledged"
    );
    later(&app, TimeDelta::days(3));
    assert_eq!(counts(&check(&app)), (0, 1, 0));
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(
        (&alert["state"], &alert["severity"], &alert["reopened"]),
        (&json!("open"), &json!("high"), &json!(1))
    );
    assert_eq!(alert["measure"], 5.0);

    let answer = json!({"text": "We are sorry.", "remedy": "A credit note"});
    app.post(&format!("/complaints/{complaint}:answer"), answer)
        .await
        .expect(200);
    assert_eq!(counts(&check(&app)), (0, 0, 1));
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(alert["resolution"], "recovered");
    let done = deeds(&app, 1).await;
    let checks: Vec<&str> = done
        .iter()
        .filter(|line| line.starts_with("check"))
        .map(String::as_str)
        .collect();
    assert_eq!(
        checks,
        [
            "check opened medium",
            "check updated medium",
            "check worsened high",
            "check resolved high",
        ]
    );
}

async fn people_are_told_of_every_reason_in_one_thread(app: TestApp) {
    user(&app, "Anna").await;
    let brandt = customer(&app, "Brandt GmbH", None).await;
    overdue(&app, brandt, 6).await;
    let raised = check(&app);
    assert_eq!((raised.opened, raised.mails), (1, 1));
    assert_eq!(check(&app).mails, 0);
    later(&app, TimeDelta::days(3));
    assert_eq!(check(&app).mails, 1);
    let alert = app.get("/alerts/1").await.expect(200);
    let mails = alert["mails"].as_array().unwrap();
    assert_eq!(mails[1]["in_reply_to"], mails[0]["message_id"]);
    assert_eq!(alert["measure_mailed"], 9.0);
}

/// A contract of Brandt that ends so many days from now.
async fn contract(app: &TestApp, customer: i64, days: i64) {
    let ends = app.state.today() + TimeDelta::days(days);
    let body = json!({
        "customer": {"id": customer}, "external_id": {"system": "erp", "id": "C-1"},
        "starts_on": "2025-01-01", "ends_on": ends,
    });
    app.post("/contracts", body).await.expect(201);
}

async fn a_contract_is_told_again_thirty_days_later_and_only_then(app: TestApp) {
    let brandt = customer(&app, "Brandt GmbH", None).await;
    contract(&app, brandt, 91).await;
    assert_eq!(counts(&check(&app)), (0, 0, 0));
    later(&app, TimeDelta::days(1));
    assert_eq!(counts(&check(&app)), (1, 0, 0));
    told(&app);
    let mut states = Vec::new();
    for _ in 0..60 {
        app.post("/alerts/1:acknowledge", json!({}))
            .await
            .expect(200);
        later(&app, TimeDelta::days(1));
        assert_eq!(counts(&check(&app)), (0, 1, 0));
        let alert = app.get("/alerts/1").await.expect(200);
        if alert["state"] == "open" {
            states.push((alert["measure"].clone(), alert["severity"].clone()));
            told(&app);
        }
    }
    let expected = [
        (json!(-60.0), json!("medium")),
        (json!(-30.0), json!("high")),
    ];
    assert_eq!(states, expected);
}

async fn data_that_stopped_coming_is_shown_to_those_who_see_everything(app: TestApp) {
    let north = team(&app, "North").await;
    // Four deliveries, one a day, and then none: 3 usual gaps after the last it opens.
    for ago in 0..4 {
        let at = Bind::Time(UtcTime(now(&app).0 - TimeDelta::days(ago)));
        let row = vec![
            ("kind", text("shipments")),
            ("file_name", text("shipments.csv")),
            ("mapping", text("{}")),
            ("dry_run", Bind::Bool(false)),
            ("status", text("done")),
            ("rows_read", int(1)),
            ("created", int(1)),
            ("actor", text("cli")),
            ("created_at", at.clone()),
            ("finished_at", at),
        ];
        insert(&app, "imports", row);
    }
    later(&app, TimeDelta::days(4));
    assert_eq!(counts(&check(&app)), (0, 0, 0));
    later(&app, TimeDelta::days(1));
    assert_eq!(counts(&check(&app)), (1, 0, 0));
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(
        (&alert["reason"], &alert["customer_id"], &alert["subject"]),
        (
            &json!("data_stale"),
            &Value::Null,
            &json!("import:shipments")
        )
    );
    assert_eq!(alert["facts"]["next_step"], "data");
    let key = app.make_key(&[Scope::Read], Teams::Only(vec![north]), None);
    let get = |path: &str| app.send(app.bare(Method::GET, path).bearer_auth(&key));
    let list = get("/api/v1/alerts").await.expect(200);
    assert_eq!(list["data"], json!([]));
    get("/api/v1/alerts/1")
        .await
        .expect_problem(404, "not_found");
}

async fn a_rule_that_was_switched_off_stays_silent_and_its_alerts_end(app: TestApp) {
    let (north, south) = (team(&app, "North").await, team(&app, "South").await);
    let brandt = customer(&app, "Brandt GmbH", Some(north)).await;
    let ziegler = customer(&app, "Ziegler AG", Some(south)).await;
    overdue(&app, brandt, 1).await;
    overdue(&app, ziegler, 1).await;
    assert_eq!(counts(&check(&app)), (2, 0, 0));
    let path = format!("/alert-rules/complaint_overdue?team_id={north}");
    app.put(&path, json!({"enabled": false})).await.expect(200);
    assert_eq!(counts(&check(&app)), (0, 0, 1));
    let alert = app.get("/alerts/1").await.expect(200);
    assert_eq!(
        (&alert["customer_id"], &alert["resolution"]),
        (&json!(brandt), &json!("rule_off"))
    );
    overdue(&app, brandt, 10).await;
    later(&app, TimeDelta::days(1));
    assert_eq!(counts(&check(&app)), (0, 1, 0), "the other team's");
    // Switched on again it tells what stands: being switched off settled nothing.
    app.delete(&path).await.expect(200);
    assert_eq!(counts(&check(&app)), (2, 0, 0));
}

async fn a_team_s_setting_beats_everybody_s_and_that_the_default(app: TestApp) {
    let (north, south) = (team(&app, "North").await, team(&app, "South").await);
    for (id, team) in [(1, Some(north)), (2, Some(south)), (3, None)] {
        assert_eq!(customer(&app, &format!("C{id}"), team).await, id);
    }
    let set = async |team: &str, level: f64| {
        let path = format!("/alert-rules/churn_level{team}");
        app.put(&path, json!({"level": level, "high": 0.9})).await
    };
    set("", 0.5).await.expect(200);
    let own = set(&format!("?team_id={north}"), 0.4).await.expect(200);
    assert_eq!(
        (&own["origin"], &own["version"], &own["step"]),
        (&json!("team"), &json!(1), &json!(0.15))
    );
    run(&app, 1, "2014-01-01");
    for (customer, own) in [(1, 0.45), (2, 0.45), (3, 0.5)] {
        risk(&app, 1, customer, own, None);
    }
    assert_eq!(counts(&raise_from(&app, 1)), (2, 0, 0));
    let alerts = app.all("/alerts?sort=id").await;
    let told: Vec<_> = alerts
        .iter()
        .map(|alert| (alert["customer_id"].clone(), alert["severity"].clone()))
        .collect();
    let medium = json!("medium");
    assert_eq!(told, [(json!(1), medium.clone()), (json!(3), medium)]);
    let shown = app.get("/alerts/1").await.expect(200);
    assert_eq!(shown["facts"]["warning"]["level"], 0.4);

    // Back to everybody's, and that to what the operator configured: 0.6.
    let path = format!("/alert-rules/churn_level?team_id={north}");
    let reset = app.delete(&path).await.expect(200);
    assert_eq!(
        (&reset["level"], &reset["origin"]),
        (&json!(0.5), &json!("everybody"))
    );
    let reset = app.delete("/alert-rules/churn_level").await.expect(200);
    assert_eq!(
        (&reset["level"], &reset["origin"], &reset["version"]),
        (&json!(0.6), &json!("default"), &Value::Null)
    );
    // Once more is harmless.
    app.delete("/alert-rules/churn_level").await.expect(200);
    run(&app, 2, "2014-01-08");
    for (customer, own) in [(1, 0.45), (2, 0.45), (3, 0.5)] {
        risk(&app, 2, customer, own, None);
    }
    assert_eq!(counts(&raise_from(&app, 2)), (0, 0, 2));
}

async fn settings_that_make_no_sense_are_refused_and_the_rest_is_audited(app: TestApp) {
    let put =
        async |reason: &str, body: Value| app.put(&format!("/alert-rules/{reason}"), body).await;
    for (body, pointer) in [
        (json!({"high": 0.1}), "/high"),
        (json!({"step": 0.0}), "/step"),
        (json!({"hysteresis": -0.1}), "/hysteresis"),
        (json!({"cool_down_days": 366}), "/cool_down_days"),
        (json!({"cool_down_days": -1}), "/cool_down_days"),
    ] {
        let problem = put("volume_drop", body)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    put("churn_level", json!({"high": 2.0}))
        .await
        .expect_problem(422, "invalid");
    put("volume_drop", json!({"levels": 1.0}))
        .await
        .expect_problem(400, "unknown_field");
    let unknown = put("volume", json!({})).await;
    let unknown = unknown.expect_problem(400, "bad_parameter");
    assert!(
        unknown["detail"].as_str().unwrap().contains("volume_drop"),
        "{unknown}"
    );
    app.put("/alert-rules/volume_drop?team_id=99", json!({}))
        .await
        .expect_problem(404, "not_found");
    app.put("/alert-rules/volume_drop?team=1", json!({}))
        .await
        .expect_problem(400, "bad_parameter");

    let made = put("volume_drop", json!({"level": 0.4})).await;
    assert_eq!(made.header("etag"), "\"v1\"");
    // The same again changes nothing; another value is another version.
    put("volume_drop", json!({"level": 0.4})).await.expect(200);
    let next = put("volume_drop", json!({"level": 0.5})).await;
    assert_eq!(next.header("etag"), "\"v2\"");
    let stale = app
        .request(Method::PUT, "/api/v1/alert-rules/volume_drop")
        .header("if-match", "\"v1\"")
        .json(&json!({"level": 0.1}));
    app.send(stale)
        .await
        .expect_problem(412, "precondition_failed");
    app.delete("/alert-rules/volume_drop").await.expect(200);
    let log = app.all("/audit?entity=alert_rule&sort=id").await;
    let deeds: Vec<_> = log.iter().map(|line| line["action"].clone()).collect();
    assert_eq!(deeds, ["set", "set", "reset"]);
    assert!(log[0]["detail"].as_str().unwrap().contains("volume_drop"));
    let write = app.make_key(&[Scope::Read, Scope::Write], Teams::All, None);
    let request = app
        .bare(Method::GET, "/api/v1/alert-rules")
        .bearer_auth(&write);
    app.send(request).await.expect_problem(403, "forbidden");
}

async fn a_limited_key_sets_the_rules_of_its_teams_only(app: TestApp) {
    let (north, south) = (team(&app, "North").await, team(&app, "South").await);
    for team in [north, south] {
        let firm = customer(&app, &format!("Firm of {team}"), Some(team)).await;
        overdue(&app, firm, 1).await;
    }
    check(&app);
    let key = app.make_key(&[Scope::Admin], Teams::Only(vec![north]), None);
    let send = |method: Method, path: String| {
        let request = app.bare(method.clone(), &format!("/api/v1/alert-rules{path}"));
        let request = request.bearer_auth(&key);
        app.send(if method == Method::PUT {
            request.json(&json!({"cool_down_days": 7}))
        } else {
            request
        })
    };
    let reason = "/complaint_overdue";
    send(Method::PUT, reason.into())
        .await
        .expect_problem(403, "forbidden");
    send(Method::DELETE, reason.into())
        .await
        .expect_problem(403, "forbidden");
    for method in [Method::PUT, Method::DELETE] {
        send(method, format!("{reason}?team_id={south}"))
            .await
            .expect_problem(404, "not_found");
    }
    send(Method::GET, format!("?team_id={south}"))
        .await
        .expect_problem(404, "not_found");
    let set = send(Method::PUT, format!("{reason}?team_id={north}")).await;
    assert_eq!(set.expect(200)["cool_down_days"], 7);
    let list = send(Method::GET, String::new()).await.expect(200);
    let overdue = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["reason"] == "complaint_overdue");
    assert_eq!(overdue.unwrap()["open"], 1, "of its own customers");
}

async fn rules_tell_what_they_read_and_what_they_lack(app: TestApp) {
    let rules = |language: &'static str| {
        let request = app
            .request(Method::GET, "/api/v1/alert-rules")
            .header("accept-language", language);
        app.send(request)
    };
    let list = rules("en").await.expect(200);
    let list = list["data"].as_array().unwrap();
    assert_eq!(list.len(), 16);
    for rule in list {
        assert_eq!(rule["data"], "missing", "{rule}");
        assert_eq!((&rule["open"], &rule["enabled"]), (&json!(0), &json!(true)));
        assert_eq!(rule["origin"], "default");
    }
    assert_eq!(list[0]["reason"], "churn_level");
    assert_eq!(
        (&list[0]["level"], &list[0]["want"], &list[0]["silent"]),
        (&json!(0.6), &json!("no_run"), &json!("no run yet"))
    );
    let chinese = rules("zh-CN").await;
    assert_eq!(chinese.header("content-language"), "zh");
    assert_eq!(chinese.expect(200)["data"][0]["silent"], "尚无评估");

    let brandt = customer(&app, "Brandt GmbH", None).await;
    overdue(&app, brandt, 1).await;
    run(&app, 1, "2014-01-01");
    risk(&app, 1, brandt, 0.7, None);
    raise_from(&app, 1);
    check(&app);
    let list = app.get("/alert-rules").await.expect(200);
    let of = |reason: &str| {
        let found = list["data"].as_array().unwrap().iter();
        found.clone().find(|rule| rule["reason"] == reason).unwrap()
    };
    for (reason, data, silent, open) in [
        ("churn_level", "there", Value::Null, 1),
        ("churn_rise", "missing", json!("no earlier run yet"), 0),
        ("complaint_overdue", "there", Value::Null, 1),
        ("promise_due", "missing", json!("no promises yet"), 0),
    ] {
        let rule = of(reason);
        assert_eq!(
            (&rule["data"], &rule["silent"], &rule["open"]),
            (&json!(data), &silent, &json!(open)),
            "{reason}"
        );
    }
}

async fn what_comes_through_a_partner_opens_from_a_run_and_the_same_run_changes_nothing(
    app: TestApp,
) {
    let north = team(&app, "North").await;
    let brandt = customer(&app, "Brandt GmbH", Some(north)).await;
    let nordkauf = customer(&app, "Nordkauf", None).await;
    let off = json!({"enabled": false});
    app.put("/alert-rules/churn_rise", off).await.expect(200);
    for (id, as_of) in [(1, "2014-01-01"), (2, "2014-01-08")] {
        run(&app, id, as_of);
        risk(&app, id, brandt, 0.1, Some((nordkauf, 0.2)));
        risk(&app, id, nordkauf, 0.4, None);
    }
    // Run 1 is history by now.
    assert!(raise_from(&app, 1).history);
    assert_eq!(counts(&raise_from(&app, 2)), (1, 0, 0));
    told(&app);
    let before = app.get("/alerts/1").await.expect(200);
    assert_eq!(before["reason"], "partner_risk");
    assert_eq!(before["subject"], format!("partner:{nordkauf}"));
    assert_eq!(before["measure"], 0.2);
    let facts = &before["facts"];
    assert_eq!(facts["warning"]["partner"]["name"], "Nordkauf");
    assert_eq!(facts["next_step"], "partner");
    assert_eq!(facts["team"], "North");
    let course: Vec<_> = facts["course"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| point["as_of"].clone())
        .collect();
    assert_eq!(course, ["2014-01-01", "2014-01-08"]);
    assert_eq!(facts["risk"]["partners"], 7);
    later(&app, TimeDelta::hours(1));
    assert_eq!(counts(&raise_from(&app, 2)), (0, 0, 0));
    assert_eq!(app.get("/alerts/1").await.expect(200), before);
    // The partner of another team is nobody's business.
    let key = app.make_key(&[Scope::Read], Teams::Only(vec![north]), None);
    let shown = app.bare(Method::GET, "/api/v1/alerts/1").bearer_auth(&key);
    let shown = app.send(shown).await;
    assert!(!shown.text.contains("Nordkauf"), "{}", shown.text);

    // It has recovered in the next run, which says so by saying nothing of the partner.
    run(&app, 3, "2014-01-15");
    risk(&app, 3, brandt, 0.1, None);
    risk(&app, 3, nordkauf, 0.1, None);
    assert_eq!(counts(&raise_from(&app, 3)), (0, 0, 1));
    let resolved = app.get("/alerts/1").await.expect(200);
    assert_eq!(
        (&resolved["resolution"], &resolved["run_id"]),
        (&json!("recovered"), &json!(3))
    );
    assert_eq!(
        deeds(&app, 1).await,
        ["run:2 opened medium", "run:3 resolved medium"]
    );
    // 28 days of cool-down: 0.29 is no step of 0.1 above 0.2, 0.3 is one.
    let next = |id: i64, as_of: &str, through: f64| {
        run(&app, id, as_of);
        risk(&app, id, brandt, 0.1, Some((nordkauf, through)));
        risk(&app, id, nordkauf, 0.4, None);
        counts(&raise_from(&app, id))
    };
    assert_eq!(next(4, "2014-01-22", 0.29), (0, 0, 0));
    assert_eq!(next(5, "2014-01-29", 0.3), (1, 0, 0));
}

async fn a_customer_that_is_not_in_the_run_keeps_its_alerts(app: TestApp) {
    let brandt = customer(&app, "Brandt GmbH", None).await;
    let nordkauf = customer(&app, "Nordkauf", None).await;
    run(&app, 1, "2014-01-01");
    risk(&app, 1, brandt, 0.1, Some((nordkauf, 0.2)));
    risk(&app, 1, nordkauf, 0.4, None);
    assert_eq!(counts(&raise_from(&app, 1)), (1, 0, 0));
    run(&app, 2, "2014-01-08");
    risk(&app, 2, nordkauf, 0.4, None);
    assert_eq!(counts(&raise_from(&app, 2)), (0, 0, 0));
    assert_eq!(app.get("/alerts/1").await.expect(200)["state"], "open");
}

async fn after_a_false_alarm_only_a_step_above_or_a_return_opens_again(app: TestApp) {
    let brandt = customer(&app, "Brandt GmbH", None).await;
    let complaint = overdue(&app, brandt, 1).await;
    check(&app);
    let settle = async |alert: i64| {
        let path = format!("/alerts/{alert}:resolve");
        app.post(&path, json!({"reason": "false_alarm"})).await
    };
    settle(1).await.expect(200);
    later(&app, TimeDelta::days(2));
    assert_eq!(counts(&check(&app)), (0, 0, 0));
    later(&app, TimeDelta::days(1));
    assert_eq!(counts(&check(&app)), (1, 0, 0), "three days above");
    settle(2).await.expect(200);
    // The customer takes a new date, and that is missed too: it had come back in between.
    let which = format!("id = {complaint}");
    let due = |days: i64| Bind::Time(UtcTime(now(&app).0 + TimeDelta::days(days)));
    set(&app, "complaints SET answer_due_at", due(1), &which);
    assert_eq!(counts(&check(&app)), (0, 0, 0));
    later(&app, TimeDelta::days(2));
    assert_eq!(counts(&check(&app)), (1, 0, 0));
}

async fn churn_keeps_quiet_for_the_days_of_the_cool_down(app: TestApp) {
    let brandt = customer(&app, "Brandt GmbH", None).await;
    app.put("/alert-rules/churn_level", json!({"cool_down_days": 20}))
        .await
        .expect(200);
    let next = |id: i64, as_of: &str, own: f64| {
        run(&app, id, as_of);
        risk(&app, id, brandt, own, None);
        later(&app, TimeDelta::days(7));
        let done = counts(&raise_from(&app, id));
        told(&app);
        done
    };
    assert_eq!(next(1, "2014-01-01", 0.62), (1, 0, 0));
    assert_eq!(next(2, "2014-01-08", 0.5), (0, 0, 1));
    assert_eq!(next(3, "2014-01-15", 0.62), (0, 0, 0), "7 days after");
    assert_eq!(next(4, "2014-01-22", 0.62), (0, 0, 0), "14 days after");
    assert_eq!(next(5, "2014-01-29", 0.62), (1, 0, 0), "21 days after");
    assert_eq!(next(6, "2014-02-05", 0.5), (0, 0, 1));
    // A step above: 0.62 + 0.15.
    assert_eq!(next(7, "2014-02-12", 0.77), (1, 0, 0));
}

async fn two_checks_at_once_do_as_much_as_one(app: TestApp) {
    user(&app, "Anna").await;
    for id in 1..=20 {
        let firm = customer(&app, &format!("C{id}"), None).await;
        overdue(&app, firm, 1).await;
    }
    let both: Vec<Raised> = std::thread::scope(|scope| {
        let instances: Vec<_> = (0..2).map(|_| scope.spawn(|| check(&app))).collect();
        instances.into_iter().map(|i| i.join().unwrap()).collect()
    });
    let opened: Vec<u64> = both.iter().map(|raised| raised.opened).collect();
    assert!(opened == [20, 0] || opened == [0, 20], "{opened:?}");
    assert_eq!(app.all("/mails?limit=500").await.len(), 20);
}

async fn snoozed_alerts_wake_and_those_of_deleted_customers_end(app: TestApp) {
    let brandt = customer(&app, "Brandt GmbH", None).await;
    let ziegler = customer(&app, "Ziegler AG", None).await;
    contract(&app, brandt, 60).await;
    overdue(&app, ziegler, 1).await;
    assert_eq!(counts(&check(&app)), (2, 0, 0));
    told(&app);
    let alerts = app.all("/alerts?reason=contract_ending").await;
    let id = alerts[0]["id"].as_i64().unwrap();
    let until = UtcTime(now(&app).0 + TimeDelta::days(5));
    app.post(&format!("/alerts/{id}:snooze"), json!({"until": until}))
        .await
        .expect(200);
    let mut delete = Statement::new("UPDATE customers SET deleted_at = ");
    delete
        .bind(Bind::Time(now(&app)))
        .push(" WHERE id = ")
        .bind(int(ziegler));
    app.state.db.write_now(|conn| delete.execute(conn)).unwrap();
    later(&app, TimeDelta::days(4));
    let raised = check(&app);
    assert_eq!((raised.resolved, raised.woken), (1, 0));
    later(&app, TimeDelta::days(1));
    assert_eq!(check(&app).woken, 1);
    let woken = app.get(&format!("/alerts/{id}")).await.expect(200);
    assert_eq!(woken["state"], "open");
    let changes = app.all("/alerts?updated_since=2020-01-01T00:00:00Z").await;
    let ended = changes.iter().find(|alert| alert["customer_id"] == ziegler);
    assert_eq!(ended.unwrap()["resolution"], "customer_deleted");
}

async fn whoever_snoozed_an_alert_is_reminded(app: TestApp) {
    for name in ["Anna", "Bob", "Clara"] {
        user(&app, name).await;
    }
    let brandt = customer(&app, "Brandt GmbH", None).await;
    contract(&app, brandt, 60).await;
    assert_eq!(check(&app).mails, 3);
    let id = app.all("/alerts").await[0]["id"].as_i64().unwrap();
    let tomorrow = |app: &TestApp| UtcTime(now(app).0 + TimeDelta::days(1));
    let snooze = |email: &str| {
        let (now, until) = (now(&app), tomorrow(&app));
        let done = app.state.db.write_now(|conn| {
            let person = Person::user(&people::user_by_email(conn, email)?.unwrap());
            life::snooze(conn, id, until, &person, now)
        });
        done.unwrap();
    };
    snooze("anna@firm.example");
    later(&app, TimeDelta::days(1));
    let raised = check(&app);
    assert_eq!((raised.woken, raised.mails), (1, 1));
    let mail = &app.all("/mails?sort=-id").await[0];
    assert_eq!(mail["to_address"], "anna@firm.example");
    assert!(mail["in_reply_to"].is_string());
    let path = format!("/mails/{}", mail["id"]);
    let shown = app.get(&path).await.expect(200);
    let words = shown["text"].as_str().unwrap();
    assert!(words.contains("A reminder: the time for which"), "{words}");
    // Five working days from Tuesday 3 March.
    let alert = app.get(&format!("/alerts/{id}")).await.expect(200);
    assert_eq!(alert["facts"]["due"], "2026-03-10");
    assert_eq!(check(&app).mails, 0, "it is told once");

    // Its owner is told, too; behind a key nobody is known, and everybody is told.
    let bob = app.all("/users?sort=id").await[1]["id"].clone();
    app.post(&format!("/alerts/{id}:assign"), json!({"user_id": bob}))
        .await
        .expect(200);
    snooze("anna@firm.example");
    later(&app, TimeDelta::days(1));
    assert_eq!(check(&app).mails, 2);
    for (owner, mails) in [(bob, 1), (Value::Null, 3)] {
        app.post(&format!("/alerts/{id}:assign"), json!({"user_id": owner}))
            .await
            .expect(200);
        let until = json!({"until": tomorrow(&app)});
        app.post(&format!("/alerts/{id}:snooze"), until)
            .await
            .expect(200);
        later(&app, TimeDelta::days(1));
        assert_eq!(check(&app).mails, mails);
    }
}
