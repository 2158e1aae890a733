//! What people do with alerts: acknowledge, snooze, wake, assign, resolve, reopen; and their history.

use chrono::TimeDelta;
use hawser::access::{Scope, Teams};
use hawser::alerts::life::wake_due;
use hawser::db::UtcTime;
use hawser::db::select::{Statement, Value as Bind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::{Reply, on_each_database};

on_each_database!(
    an_alert_lives_from_open_to_resolved_and_back,
    snoozing_ends_by_itself_and_by_hand,
    what_cannot_be_done_is_refused,
    an_alert_is_given_to_those_who_may_see_the_customer,
    alerts_about_our_own_data_are_for_keys_that_see_all,
);

/// The clock of the tests stands at 2026-03-02 08:00 UTC.
const DAY: &str = "2026-03-02";

pub fn execute(app: &TestApp, sql: Statement) {
    let db = &app.state.db;
    db.write_now(|conn| sql.execute(conn)).unwrap();
}

/// Runs SQL without values.
pub fn batch(app: &TestApp, sql: &str) {
    execute(app, Statement::new(sql));
}

pub async fn customer(app: &TestApp, key: &str, team: Option<i64>) -> i64 {
    let body = json!({"name": format!("Firm {key}"), "team_id": team, "external_ids": [{"system": "tms", "id": key}]});
    let made = app.post("/customers", body).await.expect(201);
    made["id"].as_i64().unwrap()
}

pub async fn team(app: &TestApp, name: &str) -> i64 {
    let team = app.post("/teams", json!({"name": name})).await.expect(201);
    team["id"].as_i64().unwrap()
}

pub async fn user(app: &TestApp, name: &str, language: &str, team: Option<i64>) -> i64 {
    let email = format!("{}@firm.example", name.to_lowercase());
    let input = json!({"name": name, "email": email, "language": language, "team_id": team});
    let user = app.post("/users", input).await.expect(201);
    user["id"].as_i64().unwrap()
}

/// An alert of high severity and measure 0.7, opened now.
pub fn alert(app: &TestApp, id: i64, customer: Option<i64>, reason: &str, subject: &str) {
    let facts = json!({
        "as_of": DAY, "customer_name": "Firm", "team": null, "course": [], "risk": null,
        "warning": {"reason": "churn_level", "level": 0.6}, "next_step": "call", "due": "2026-03-04",
    });
    let now = Bind::Time(UtcTime::from(app.state.clock.now()));
    let mut sql = Statement::new(
        "INSERT INTO alerts (id, reason, subject, severity, state, measure, nonce, facts, opened_at, updated_at) VALUES (",
    );
    sql.bind_list([
        Bind::Int(id),
        Bind::Text(reason.into()),
        Bind::Text(subject.into()),
        Bind::Text("high".into()),
        Bind::Text("open".into()),
        Bind::Real(0.7),
        Bind::Text(format!("nonce{id}")),
        Bind::Text(facts.to_string()),
        now.clone(),
        now,
    ])
    .push(")");
    execute(app, sql);
    if let Some(customer) = customer {
        batch(
            app,
            &format!("UPDATE alerts SET customer_id = {customer} WHERE id = {id}"),
        );
    }
}

/// The deeds of an alert's history, the oldest first: who, what, and the state after it.
pub async fn deeds(app: &TestApp, id: i64) -> Vec<String> {
    let history = app.get(&format!("/alerts/{id}/history")).await.expect(200);
    let words = |event: &Value| {
        let word = |name: &str| event[name].as_str().unwrap().to_owned();
        format!("{} {} {}", word("actor"), word("deed"), word("state"))
    };
    history.as_array().unwrap().iter().map(words).collect()
}

async fn deed(app: &TestApp, id: i64, verb: &str) -> Reply {
    let path = format!("/api/v1/alerts/{id}:{verb}");
    app.send(app.request(Method::POST, &path)).await
}

async fn snooze(app: &TestApp, id: i64, until: &str) -> Reply {
    app.post(&format!("/alerts/{id}:snooze"), json!({"until": until}))
        .await
}

async fn an_alert_lives_from_open_to_resolved_and_back(app: TestApp) {
    let firm = customer(&app, "7", None).await;
    alert(&app, 5, Some(firm), "churn_level", "customer");
    let seen = deed(&app, 5, "acknowledge").await;
    assert_eq!(seen.header("etag"), "\"v2\"");
    let seen = seen.expect(200);
    assert_eq!(seen["state"], "acknowledged");
    assert_eq!(seen["acknowledged_at"], "2026-03-02T08:00:00Z");
    // A key is nobody in particular.
    assert_eq!(seen["owner_id"], Value::Null);
    assert_eq!(deed(&app, 5, "acknowledge").await.expect(200)["version"], 2);

    let why = json!({"reason": "false_alarm", "note": " counted twice "});
    let over = app.post("/alerts/5:resolve", why).await.expect(200);
    assert_eq!(
        (&over["state"], &over["resolution"]),
        (&json!("resolved"), &json!("false_alarm"))
    );
    assert_eq!(over["resolved_at"], "2026-03-02T08:00:00Z");
    // Two working days from Thursday, since the first deadline is over.
    app.state
        .clock
        .set(app.state.clock.now() + TimeDelta::days(3));
    let again = deed(&app, 5, "reopen").await.expect(200);
    assert_eq!(
        (&again["state"], &again["reopened"]),
        (&json!("open"), &json!(1))
    );
    assert_eq!(
        (&again["resolution"], &again["resolved_at"]),
        (&Value::Null, &Value::Null)
    );

    let shown = app.get("/alerts/5").await.expect(200);
    assert_eq!(shown["facts"]["due"], "2026-03-09");
    let details: Vec<&Value> = shown["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["detail"])
        .collect();
    assert_eq!(
        details,
        [
            &Value::Null,
            &json!({"resolution": "false_alarm", "note": "counted twice"}),
            &json!({"resolution_before": "false_alarm"}),
        ]
    );
    let audit = app.all("/audit?entity=alert&sort=id").await;
    let actions: Vec<&str> = audit
        .iter()
        .map(|line| line["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["acknowledged", "resolved", "reopened"]);
    let who = audit[0]["actor"].as_str().unwrap();
    assert_eq!(
        deeds(&app, 5).await,
        [
            format!("{who} acknowledged acknowledged"),
            format!("{who} resolved resolved"),
            format!("{who} reopened open"),
        ]
    );
}

async fn snoozing_ends_by_itself_and_by_hand(app: TestApp) {
    let firm = customer(&app, "7", None).await;
    for id in [1, 2, 3] {
        alert(
            &app,
            id,
            Some(firm),
            "contract_ending",
            &format!("contract:{id}"),
        );
    }
    for (id, until) in [
        (1, "2026-03-05T08:00:00Z"),
        (2, "2026-03-05T08:00:01Z"),
        (3, "2026-03-09T08:00:00Z"),
    ] {
        let asleep = snooze(&app, id, until).await.expect(200);
        assert_eq!(
            (&asleep["state"], &asleep["snoozed_until"]),
            (&json!("snoozed"), &json!(until))
        );
    }
    // The same once more changes nothing; another time does.
    assert_eq!(
        snooze(&app, 3, "2026-03-09T08:00:00Z").await.expect(200)["version"],
        2
    );
    assert_eq!(
        snooze(&app, 3, "2026-03-10T08:00:00Z").await.expect(200)["version"],
        3
    );
    let before = app
        .all("/alerts?snoozed_until[lt]=2026-03-06T00:00:00Z&state=snoozed&sort=id")
        .await;
    assert_eq!(before.len(), 2);

    let wake = || {
        let now = app.state.clock.now().into();
        let woken = app
            .state
            .db
            .write_now(|conn| wake_due(conn, now, app.state.today()))
            .unwrap();
        woken.into_iter().map(|id| id.0).collect::<Vec<_>>()
    };
    assert_eq!(wake(), [] as [i64; 0]);
    app.state
        .clock
        .set(app.state.clock.now() + TimeDelta::days(3));
    assert_eq!(wake(), [1]);
    assert_eq!(wake(), [] as [i64; 0]);
    let awake = app.get("/alerts/1").await.expect(200);
    assert_eq!(
        (&awake["state"], &awake["snoozed_until"]),
        (&json!("open"), &Value::Null)
    );
    assert_eq!(deeds(&app, 1).await[1], "check woken open");

    assert_eq!(deed(&app, 3, "wake").await.expect(200)["state"], "open");
    // Acknowledging wakes, too; resolving ends the snoozing.
    let seen = deed(&app, 2, "acknowledge").await.expect(200);
    assert_eq!(
        (&seen["state"], &seen["snoozed_until"]),
        (&json!("acknowledged"), &Value::Null)
    );
    snooze(&app, 2, "2026-04-01T00:00:00Z").await.expect(200);
    assert_eq!(
        deed(&app, 2, "resolve").await.expect(200)["snoozed_until"],
        Value::Null
    );
}

async fn what_cannot_be_done_is_refused(app: TestApp) {
    let firm = customer(&app, "7", None).await;
    alert(&app, 1, Some(firm), "churn_level", "customer");
    // 365 days from 2026-03-02 08:00 end on 2027-03-02 08:00.
    for until in [
        "2026-03-02T08:00:00Z",
        "2026-03-01T00:00:00Z",
        "2027-03-02T08:00:01Z",
    ] {
        let problem = snooze(&app, 1, until).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/until", "{until}");
    }
    snooze(&app, 1, "2027-03-02T08:00:00Z").await.expect(200);
    deed(&app, 1, "wake").await.expect(200);
    deed(&app, 1, "wake")
        .await
        .expect_problem(409, "not_snoozed");
    deed(&app, 1, "reopen")
        .await
        .expect_problem(409, "not_resolved");
    let long = json!({"note": "x".repeat(2_001)});
    app.post("/alerts/1:resolve", long)
        .await
        .expect_problem(422, "invalid");
    for verb in ["acknowledge", "wake", "resolve"] {
        let path = format!("/api/v1/alerts/1:{verb}");
        let request = app
            .request(Method::POST, &path)
            .header("if-match", "\"v2\"");
        app.send(request)
            .await
            .expect_problem(412, "precondition_failed");
        deed(&app, 99, verb).await.expect_problem(404, "not_found");
    }
    deed(&app, 1, "resolve").await.expect(200);
    for verb in ["acknowledge", "wake", "resolve"] {
        deed(&app, 1, verb)
            .await
            .expect_problem(409, "already_resolved");
    }
    snooze(&app, 1, "2026-04-01T00:00:00Z")
        .await
        .expect_problem(409, "already_resolved");
    // Another has taken its place meanwhile.
    alert(&app, 2, Some(firm), "churn_level", "customer");
    deed(&app, 1, "reopen")
        .await
        .expect_problem(409, "another_open");
    alert(&app, 3, Some(firm), "churn_rise", "customer");
    deed(&app, 2, "resolve").await.expect(200);
    deed(&app, 1, "reopen").await.expect(200);
}

async fn an_alert_is_given_to_those_who_may_see_the_customer(app: TestApp) {
    let (north, south) = (team(&app, "North").await, team(&app, "South").await);
    let firm = customer(&app, "7", Some(north)).await;
    alert(&app, 1, Some(firm), "churn_level", "customer");
    alert(&app, 2, None, "data_stale", "import:shipments");
    let anna = user(&app, "Anna", "en", Some(north)).await;
    let bob = user(&app, "Bob", "en", Some(south)).await;
    let clara = user(&app, "Clara", "en", None).await;
    let dan = user(&app, "Dan", "en", Some(north)).await;
    app.delete(&format!("/users/{dan}")).await;
    let give = async |id: i64, to: Value| {
        app.post(&format!("/alerts/{id}:assign"), json!({"user_id": to}))
            .await
    };
    let given = give(1, json!(anna)).await.expect(200);
    assert_eq!(
        (&given["owner_id"], &given["owner_name"]),
        (&json!(anna), &json!("Anna"))
    );
    assert_eq!(given["state"], "open");
    assert_eq!(
        give(1, json!(anna)).await.expect(200)["version"],
        given["version"]
    );
    assert_eq!(app.all(&format!("/alerts?owner_id={anna}")).await.len(), 1);
    for (id, to, code) in [
        (1, bob, "other_team"),
        (1, dan, "unknown"),
        (1, 999, "unknown"),
        (2, anna, "other_team"),
    ] {
        let problem = give(id, json!(to)).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["code"], code, "{id} {to}");
    }
    give(2, json!(clara)).await.expect(200);
    assert_eq!(
        give(1, Value::Null).await.expect(200)["owner_id"],
        Value::Null
    );
    assert_eq!(
        app.post("/alerts/1:assign", json!({}))
            .await
            .status
            .as_u16()
            / 100,
        4
    );
    let history = app.get("/alerts/1/history").await.expect(200);
    assert_eq!(history[0]["detail"], json!({"user_id": anna}));
    assert_eq!(history[1]["detail"], json!({"user_id": null}));
}

async fn alerts_about_our_own_data_are_for_keys_that_see_all(app: TestApp) {
    let (north, south) = (team(&app, "North").await, team(&app, "South").await);
    let (ours, theirs) = (
        customer(&app, "7", Some(north)).await,
        customer(&app, "8", Some(south)).await,
    );
    alert(&app, 1, Some(ours), "churn_level", "customer");
    alert(&app, 2, Some(theirs), "churn_level", "customer");
    alert(&app, 3, None, "data_stale", "import:shipments");
    assert_eq!(app.all("/alerts").await.len(), 3);
    let key = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![north]), None);
    let list = app.bare(Method::GET, "/api/v1/alerts").bearer_auth(&key);
    let rows = app.send(list).await.expect(200);
    assert_eq!(rows["data"].as_array().unwrap().len(), 1);
    for id in [2, 3] {
        for path in [
            format!("/api/v1/alerts/{id}"),
            format!("/api/v1/alerts/{id}/history"),
        ] {
            let read = app.bare(Method::GET, &path).bearer_auth(&key);
            app.send(read).await.expect_problem(404, "not_found");
        }
        for verb in ["acknowledge", "wake", "resolve", "reopen"] {
            let path = format!("/api/v1/alerts/{id}:{verb}");
            let act = app.bare(Method::POST, &path).bearer_auth(&key);
            app.send(act).await.expect_problem(404, "not_found");
        }
    }
    assert_eq!(
        deed(&app, 3, "acknowledge").await.expect(200)["customer_id"],
        Value::Null
    );
}
