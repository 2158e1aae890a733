//! Plays: their life, outcomes by shipments, the effect, and plans that take it.

use chrono::{NaiveDate, TimeZone as _, Utc};
use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::assessment::run::assess;
use hawser::db::select::{Statement, Value as Bind};
use hawser::plays::worker::round;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    a_play_lives_from_its_template_to_its_outcome,
    steps_are_added_changed_removed_and_undone,
    what_a_play_says_must_make_sense,
    templates_are_listed_made_changed_and_taken_out_of_use,
    a_limited_key_sees_its_customers_plays_only,
    shipments_tell_the_outcome_and_a_persons_word_stays_beside,
    the_effect_is_that_of_a_pencil_and_plans_take_it,
);

#[derive(diesel::QueryableByName)]
struct Newest {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    id: i64,
}

fn id(json: &Value) -> i64 {
    json["id"].as_i64().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn go_to(app: &TestApp, text: &str) {
    let morning = day(text).and_hms_opt(8, 0, 0).unwrap();
    app.state.clock.set(Utc.from_utc_datetime(&morning));
}

async fn customer(app: &TestApp, key: &str, team: Option<i64>) -> i64 {
    let body = json!({"name": format!("Firm {key}"), "team_id": team, "external_ids": [{"system": "erp", "id": key}]});
    id(&app.post("/customers", body).await.expect(201))
}

async fn made(app: &TestApp, body: Value) -> i64 {
    id(&app.post("/plays", body).await.expect(201))
}

/// Shipments of the hub to these customers on these days.
async fn ship(app: &TestApp, to: &[(String, &str)]) {
    let all: Vec<Value> = to
        .iter()
        .map(|(to, on)| {
            json!({
                "external_id": {"system": "erp", "id": format!("{to}-{on}")},
                "shipper": {"external_id": {"system": "erp", "id": "Hub"}},
                "consignee": {"external_id": {"system": "erp", "id": to}},
                "booked_at": format!("{on}T12:00:00Z"), "status": "delivered",
            })
        })
        .collect();
    let report = app.post("/shipments:batch", json!(all)).await.expect(200);
    assert_eq!(report["failed"], 0, "{report}");
}

/// An alert of a customer, written straight to the database.
fn alert(app: &TestApp, customer: i64) -> i64 {
    let now = app.state.clock.now().into();
    let facts = r#"{"kind": "none"}"#;
    app.state
        .db
        .write_now(|conn| {
            let mut sql = Statement::new(
                "INSERT INTO alerts (customer_id, reason, subject, severity, state, measure, facts, \
                 reopened, nonce, version, opened_at, updated_at) VALUES (",
            );
            sql.bind(Bind::Int(customer))
                .push(", 'churn_level', '', 'high', 'open', 0.5, ")
                .bind(Bind::Text(facts.to_owned()))
                .push(", 0, 'n', 1, ")
                .bind(Bind::Time(now))
                .push(", ")
                .bind(Bind::Time(now))
                .push(")");
            sql.execute(conn)
        })
        .unwrap();
    let rows: Vec<Newest> = app
        .state
        .db
        .read_now(|conn| Statement::new("SELECT MAX(id) AS id FROM alerts").load(conn))
        .unwrap();
    rows[0].id
}

async fn a_play_lives_from_its_template_to_its_outcome(app: TestApp) {
    let brandt = customer(&app, "7", None).await;
    let warning = alert(&app, brandt);
    let user = json!({"name": "Li", "email": "li@firm.example", "language": "zh"});
    let owner = id(&app.post("/users", user).await.expect(201));
    let body = json!({
        "customer": {"external_id": {"system": "erp", "id": "7"}}, "template": "call",
        "alert_id": warning, "owner_id": owner, "starts_on": "2026-03-04", "cost": 20_000,
    });
    let reply = app.post("/plays", body).await;
    let place = reply.header("location").to_owned();
    let play = reply.expect(201);
    assert_eq!(place, format!("/api/v1/plays/{}", id(&play)));
    assert_eq!(
        (&play["status"], &play["title"], &play["outcome"]),
        (&json!("planned"), &json!("电话沟通"), &Value::Null)
    );
    // 0, 2 and 3 days after the start.
    let due: Vec<_> = play["steps"].as_array().unwrap().iter().collect();
    assert_eq!(due.len(), 3);
    assert_eq!(due[1]["due_on"], "2026-03-06");
    assert_eq!(due[1]["text"], "致电决策人，了解发生了什么变化");
    assert_eq!(
        (&play["due_on"], &play["cost"]),
        (&json!("2026-03-07"), &json!(20_000))
    );

    let path = format!("/plays/{}", id(&play));
    app.post(&format!("{path}:finish"), json!({}))
        .await
        .expect_problem(409, "not_begun");
    let verdict = json!({"outcome": "kept"});
    app.post(&format!("{path}:record"), verdict)
        .await
        .expect_problem(409, "not_begun");
    let begun = app
        .post(&format!("{path}/steps/1:done"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (
            &begun["status"],
            &begun["begun_on"],
            &begun["outcome"],
            &begun["outcome_by"]
        ),
        (
            &json!("running"),
            &json!("2026-03-02"),
            &json!("too_early"),
            &json!("record")
        )
    );
    assert_eq!(begun["run_id"], Value::Null);
    // 13 weeks, as no run says otherwise.
    assert_eq!(begun["decided_from"], "2026-06-01");
    app.post(&format!("{path}:start"), json!({}))
        .await
        .expect_problem(409, "already_begun");
    app.post(&format!("{path}/steps/1:done"), json!({}))
        .await
        .expect_problem(409, "step_done");
    app.post(&format!("{path}/steps/9:done"), json!({}))
        .await
        .expect_problem(404, "not_found");
    app.post(&format!("{path}/steps/2:done"), json!({}))
        .await
        .expect(200);
    let done = app
        .post(&format!("{path}/steps/3:done"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&done["status"], &done["ended_on"]),
        (&json!("done"), &json!("2026-03-02"))
    );
    assert_eq!(done["steps"][2]["done_by"].as_str().unwrap()[..4], *"key:");
    app.post(&format!("{path}:cancel"), json!({}))
        .await
        .expect_problem(409, "done");
    let told = app
        .post(
            &format!("{path}:record"),
            json!({"outcome": "kept", "note": "New contract"}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&told["outcome"], &told["outcome_by"]),
        (&json!("kept"), &json!("person"))
    );
    assert_eq!(told["outcome_note"], "New contract");

    for (filter, count) in [
        (format!("customer_id={brandt}"), 1),
        (format!("alert_id={warning}"), 1),
        (format!("owner_id={owner}"), 1),
        ("template=call&status=done&outcome=kept".to_owned(), 1),
        ("template=visit".to_owned(), 0),
        ("due_on[lt]=2026-03-07".to_owned(), 0),
        ("outcome=too_early".to_owned(), 0),
    ] {
        let found = app.get(&format!("/plays?{filter}")).await.expect(200);
        assert_eq!(found["data"].as_array().unwrap().len(), count, "{filter}");
    }
    let version = app.get(&path).await.expect(200)["version"]
        .as_i64()
        .unwrap();
    let stale = app
        .request(Method::PATCH, &format!("/api/v1{path}"))
        .header("if-match", "\"1\"");
    app.send(stale.json(&json!({"cost": 1})))
        .await
        .expect_problem(412, "precondition_failed");
    let changed = app
        .patch(&path, json!({"cost": null, "note": "x"}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["cost"], changed["version"].as_i64()),
        (&Value::Null, Some(version + 1))
    );
    let log = app.get("/audit?entity=play").await.expect(200);
    let actions: Vec<&str> = log["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    for action in ["created", "step_done", "outcome_recorded", "updated"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    assert_eq!(app.delete(&path).await.status, 204);
    app.get(&path).await.expect_problem(404, "not_found");
}

async fn steps_are_added_changed_removed_and_undone(app: TestApp) {
    let brandt = customer(&app, "7", None).await;
    let play = made(
        &app,
        json!({"customer": {"id": brandt}, "template": "partner"}),
    )
    .await;
    let path = format!("/plays/{play}");
    let step = json!({"text": "Ask again", "due_on": "2026-04-30"});
    let more = app.post(&format!("{path}/steps"), step).await.expect(200);
    assert_eq!(
        (&more["steps"][3]["position"], &more["due_on"]),
        (&json!(4), &json!("2026-04-30"))
    );
    let steps = format!("{path}/steps");
    let less = app.delete(&format!("{steps}/2")).await.expect(200);
    assert_eq!(less["steps"].as_array().unwrap().len(), 3);
    let other = app
        .patch(&format!("{steps}/4"), json!({"text": "Ask once more"}))
        .await
        .expect(200);
    assert_eq!(other["steps"][2]["text"], "Ask once more");
    assert_eq!(other["steps"][2]["due_on"], "2026-04-30");
    let early = json!({"text": "Early", "due_on": "2026-03-01"});
    let problem = app.post(&steps, early).await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/due_on");
    for (position, on) in [(1, "2026-02-27"), (3, "2026-02-28")] {
        app.post(&format!("{steps}/{position}:done"), json!({"on": on}))
            .await
            .expect(200);
    }
    let problem = app
        .post(&format!("{steps}/4:done"), json!({"on": "2026-02-26"}))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["code"], "out_of_order");
    let done = app
        .post(&format!("{steps}/4:done"), json!({"on": "2026-03-01"}))
        .await
        .expect(200);
    assert_eq!(
        (&done["status"], &done["begun_on"], &done["ended_on"]),
        (&json!("done"), &json!("2026-02-27"), &json!("2026-03-01"))
    );
    let at = done["steps"][2]["done_at"].as_str().unwrap();
    assert!(at.starts_with("2026-03-01T"), "{at}");
    app.delete(&format!("{steps}/1"))
        .await
        .expect_problem(409, "step_done");
    let again = app
        .post(&format!("{steps}/4:undo"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&again["status"], &again["ended_on"]),
        (&json!("running"), &Value::Null)
    );
    app.post(&format!("{steps}/4:undo"), json!({}))
        .await
        .expect_problem(409, "step_open");
    let ended = app
        .post(&format!("{path}:finish"), json!({"on": "2026-03-02"}))
        .await
        .expect(200);
    assert_eq!(ended["status"], "done");
    // A word corrected, or a tick set late, does not open it again; another step does.
    let text = json!({"text": "Ask a last time"});
    let changed = app.patch(&format!("{steps}/4"), text).await.expect(200);
    assert_eq!(changed["status"], "done");
    let ticked = app
        .post(&format!("{steps}/4:done"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&ticked["status"], &ticked["ended_on"]),
        (&json!("done"), &json!("2026-03-02"))
    );
    let one_more = json!({"text": "One more", "due_on": "2026-04-30"});
    let more = app.post(&steps, one_more).await.expect(200);
    assert_eq!(more["status"], "running");
    let other = made(
        &app,
        json!({"customer": {"id": brandt}, "template": "call"}),
    )
    .await;
    let given_up = app
        .post(&format!("/plays/{other}:cancel"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&given_up["status"], &given_up["outcome"]),
        (&json!("cancelled"), &Value::Null)
    );
    app.post(&format!("/plays/{other}/steps/1:done"), json!({}))
        .await
        .expect_problem(409, "cancelled");
}

async fn what_a_play_says_must_make_sense(app: TestApp) {
    let brandt = customer(&app, "7", None).await;
    let other = customer(&app, "8", None).await;
    let foreign = alert(&app, other);
    let body = |changes: Value| {
        let mut body = json!({"customer": {"id": brandt}, "template": "call"});
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for (change, pointer, code) in [
        (json!({"customer": {"id": 999}}), "/customer", "unknown"),
        (json!({"template": "nonsense"}), "/template", "unknown"),
        (json!({"template": "a\0b"}), "/template", "unknown"),
        (json!({"alert_id": foreign}), "/alert_id", "other_customer"),
        (json!({"alert_id": 9_999}), "/alert_id", "unknown"),
        (json!({"owner_id": 9_999}), "/owner_id", "unknown"),
        (json!({"cost": -1}), "/cost", "out_of_range"),
        (
            json!({"starts_on": "9999-12-31"}),
            "/starts_on",
            "out_of_range",
        ),
        (json!({"title": " "}), "/title", "length"),
        (json!({"title": "a\nb"}), "/title", "control_character"),
        (json!({"note": "x".repeat(1 << 20)}), "/note", "length"),
    ] {
        let problem = app
            .post("/plays", body(change))
            .await
            .expect_problem(422, "invalid");
        assert_eq!(
            (
                &problem["errors"][0]["pointer"],
                &problem["errors"][0]["code"]
            ),
            (&json!(pointer), &json!(code))
        );
    }
    app.post("/plays", body(json!({"status": "done"})))
        .await
        .expect_problem(400, "unknown_field");
    let play = made(&app, body(json!({"starts_on": "2026-03-10"}))).await;
    let path = format!("/plays/{play}");
    for (change, pointer, code) in [
        (json!({"due_on": "2026-03-09"}), "/due_on", "out_of_order"),
        (json!({"cost": -1}), "/cost", "out_of_range"),
        (json!({"note": "x".repeat(20_001)}), "/note", "length"),
        (json!({"owner_id": 9_999}), "/owner_id", "unknown"),
    ] {
        let problem = app
            .patch(&path, change)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(
            (
                &problem["errors"][0]["pointer"],
                &problem["errors"][0]["code"]
            ),
            (&json!(pointer), &json!(code))
        );
    }
    let future = json!({"on": "2026-03-03"});
    let problem = app
        .post(&format!("{path}:start"), future)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["code"], "future");
    let early = json!({"on": "2026-02-22"});
    let problem = app
        .post(&format!("{path}:start"), early)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["code"], "too_early");
    app.post(&format!("{path}:start"), json!({"on": "2026-02-23"}))
        .await
        .expect(200);
    let before = json!({"on": "2026-02-22"});
    let problem = app
        .post(&format!("{path}:finish"), before)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["code"], "out_of_order");
    app.get("/plays?title[contains]=x")
        .await
        .expect_problem(400, "bad_parameter");
    app.get("/plays/999").await.expect_problem(404, "not_found");
}

async fn templates_are_listed_made_changed_and_taken_out_of_use(app: TestApp) {
    let seeded: Vec<Value> = app.all("/play-templates").await;
    let codes: Vec<&str> = seeded
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "call",
            "visit",
            "service_review",
            "price_review",
            "recovery",
            "partner"
        ]
    );
    let body = json!({
        "code": "lunch", "name_en": "Lunch", "name_zh": "午餐", "cost": 5_000,
        "steps": [{"en": "Eat", "zh": "吃饭", "after_days": 5}],
    });
    app.post("/play-templates", body.clone()).await.expect(201);
    app.post("/play-templates", body.clone())
        .await
        .expect_problem(409, "code_taken");
    for (name, value, pointer) in [
        ("code", json!("No spaces"), "/code"),
        ("steps", json!([]), "/steps"),
        (
            "steps",
            json!([{"en": "", "zh": "x", "after_days": 1}]),
            "/steps",
        ),
        (
            "steps",
            json!([{"en": "x", "zh": "x", "after_days": 731}]),
            "/steps",
        ),
        ("cost", json!(-1), "/cost"),
        ("name_zh", json!(""), "/name_zh"),
    ] {
        let mut wrong = body.clone();
        wrong[name] = value;
        let problem = app
            .post("/play-templates", wrong)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    let brandt = customer(&app, "7", None).await;
    let play = json!({"customer": {"id": brandt}, "template": "lunch"});
    let before = app.post("/plays", play.clone()).await.expect(201);
    assert_eq!(
        (&before["cost"], &before["due_on"]),
        (&json!(5_000), &json!("2026-03-07"))
    );
    let changed = app
        .patch(
            "/play-templates/lunch",
            json!({"active": false, "cost": null}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&changed["active"], &changed["version"]),
        (&json!(false), &json!(2))
    );
    let problem = app
        .post("/plays", play)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["code"], "inactive");
    let renamed = app
        .patch("/play-templates/lunch", json!({"code": "dinner"}))
        .await;
    assert_eq!(
        renamed.expect_problem(422, "invalid")["errors"][0]["code"],
        "mismatch"
    );
    app.get("/play-templates/none")
        .await
        .expect_problem(404, "not_found");
}

async fn a_limited_key_sees_its_customers_plays_only(app: TestApp) {
    let mut teams = Vec::new();
    for name in ["North", "South"] {
        teams.push(id(&app
            .post("/teams", json!({"name": name}))
            .await
            .expect(201)));
    }
    let ours = customer(&app, "1", Some(teams[0])).await;
    let theirs = customer(&app, "2", Some(teams[1])).await;
    let foreign = alert(&app, theirs);
    let of = |customer: i64| json!({"customer": {"id": customer}, "template": "call"});
    let hidden = made(&app, of(theirs)).await;
    let seen = made(&app, of(ours)).await;
    let key = app.make_key(
        &[Scope::Read, Scope::Write],
        Teams::Only(vec![teams[0]]),
        None,
    );
    let ask = |method: Method, path: &str, body: Option<Value>| {
        let path = format!("/api/v1{path}");
        let request = app.bare(method, &path).bearer_auth(&key);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
    };
    let list = app.send(ask(Method::GET, "/plays", None)).await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    app.send(ask(Method::GET, &format!("/plays/{seen}"), None))
        .await
        .expect(200);
    for (method, path) in [
        (Method::GET, format!("/plays/{hidden}")),
        (Method::DELETE, format!("/plays/{hidden}")),
        (Method::POST, format!("/plays/{hidden}:start")),
        (Method::POST, format!("/plays/{hidden}/steps/1:done")),
    ] {
        app.send(ask(method, &path, None))
            .await
            .expect_problem(404, "not_found");
    }
    let patch = ask(
        Method::PATCH,
        &format!("/plays/{hidden}"),
        Some(json!({"cost": 1})),
    );
    app.send(patch).await.expect_problem(404, "not_found");
    let problem = app
        .send(ask(Method::POST, "/plays", Some(of(theirs))))
        .await;
    assert_eq!(
        problem.expect_problem(422, "invalid")["errors"][0]["code"],
        "unknown"
    );
    let mut with_alert = of(ours);
    with_alert["alert_id"] = json!(foreign);
    let problem = app
        .send(ask(Method::POST, "/plays", Some(with_alert)))
        .await;
    // It does not learn that there is such an alert.
    assert_eq!(
        problem.expect_problem(422, "invalid")["errors"][0]["code"],
        "unknown"
    );
    let template = json!({"active": false});
    let refused = ask(Method::PATCH, "/play-templates/call", Some(template));
    app.send(refused).await.expect_problem(403, "forbidden");
    let reader = app.make_key(&[Scope::Read], Teams::All, None);
    let refused = app
        .bare(Method::POST, "/api/v1/plays")
        .bearer_auth(&reader)
        .json(&of(ours));
    app.send(refused).await.expect_problem(403, "forbidden");
}

async fn shipments_tell_the_outcome_and_a_persons_word_stays_beside(app: TestApp) {
    let mut plays = Vec::new();
    customer(&app, "Hub", None).await;
    for key in ["A", "B", "C", "D"] {
        let of = customer(&app, key, None).await;
        let play = made(&app, json!({"customer": {"id": of}, "template": "call"})).await;
        app.post(&format!("/plays/{play}:start"), json!({}))
            .await
            .expect(200);
        plays.push(play);
    }
    let kept = json!({"outcome": "kept", "note": "They said so"});
    app.post(&format!("/plays/{}:record", plays[2]), kept)
        .await
        .expect(200);
    let unsure = json!({"outcome": "too_early"});
    app.post(&format!("/plays/{}:record", plays[3]), unsure)
        .await
        .expect(200);
    // The last day of the horizon, and the first after it.
    ship(
        &app,
        &[
            ("A".to_owned(), "2026-05-31"),
            ("D".to_owned(), "2026-03-02"),
        ],
    )
    .await;
    go_to(&app, "2026-05-31");
    let early = round(&app.state).unwrap();
    assert_eq!(
        (early.kept.len(), early.lost.len(), early.waiting_for_data),
        (0, 0, 0)
    );
    go_to(&app, "2026-06-01");
    assert_eq!(round(&app.state).unwrap().waiting_for_data, 4);
    ship(&app, &[("B".to_owned(), "2026-06-01")]).await;
    let told = round(&app.state).unwrap();
    assert_eq!(told.kept, [plays[0], plays[3]]);
    assert_eq!(told.lost, [plays[1], plays[2]]);
    for (play, outcome, by, record) in [
        (plays[0], "kept", "record", "kept"),
        (plays[1], "lost", "record", "lost"),
        (plays[2], "kept", "person", "lost"),
        (plays[3], "kept", "record", "kept"),
    ] {
        let found = app.get(&format!("/plays/{play}")).await.expect(200);
        assert_eq!(
            (
                &found["outcome"],
                &found["outcome_by"],
                &found["record_outcome"]
            ),
            (&json!(outcome), &json!(by), &json!(record)),
            "{found}"
        );
    }
    let again = round(&app.state).unwrap();
    assert_eq!((again.kept.len(), again.lost.len()), (0, 0));
    // What came late is told the next time.
    ship(&app, &[("B".to_owned(), "2026-04-01")]).await;
    assert_eq!(round(&app.state).unwrap().kept, [plays[1]]);
}

/// Says how likely everybody is to leave by a run.
fn all_alike(app: &TestApp, run: i64, probability: f64) {
    app.state
        .db
        .write_now(|conn| {
            let mut sql = Statement::new("UPDATE customer_risks SET churn_probability = ");
            sql.bind(Bind::Real(probability)).push(", own_churn = ");
            sql.bind(Bind::Real(probability)).push(" WHERE run_id = ");
            sql.bind(Bind::Int(run));
            sql.execute(conn)
        })
        .unwrap();
}

fn run_of(app: &TestApp, as_of: &str) -> i64 {
    assess(&app.state, day(as_of), &Actor::cli(), &mut |_, _| Ok(()))
        .unwrap()
        .id
        .0
}

/// What a run takes for the effect of a play.
async fn taken(app: &TestApp, run: i64) -> Value {
    let found = app.get(&format!("/runs/{run}")).await.expect(200);
    found["parameters"]["risk"].clone()
}

async fn the_effect_is_that_of_a_pencil_and_plans_take_it(app: TestApp) {
    let mut ids = Vec::new();
    customer(&app, "Hub", None).await;
    let keys: Vec<String> = (1..=26).map(|number| format!("C{number}")).collect();
    let mut history = Vec::new();
    for key in &keys {
        ids.push(customer(&app, key, None).await);
        history.push((key.clone(), "2025-12-01"));
        history.push((key.clone(), "2026-02-20"));
    }
    ship(&app, &history).await;
    let run = run_of(&app, "2026-03-01");
    all_alike(&app, run, 0.4);
    let mut plays = Vec::new();
    for of in &ids[..12] {
        let play = made(&app, json!({"customer": {"id": of}, "template": "visit"})).await;
        let begun = app
            .post(&format!("/plays/{play}:start"), json!({}))
            .await
            .expect(200);
        assert_eq!(
            (&begun["run_id"], &begun["churn_probability"]),
            (&json!(run), &json!(0.4))
        );
        plays.push(play);
    }
    let early = app.get("/plays/effects").await.expect(200);
    assert_eq!(early["all"]["no_number"], "not_enough_cases");
    assert_eq!(early["all"]["undecided"], 12);
    // 3 of 12 fall silent, and 7 of 14; what people say changes nothing.
    let kept: Vec<(String, &str)> = keys[3..12]
        .iter()
        .chain(&keys[19..])
        .map(|key| (key.clone(), "2026-04-15"))
        .collect();
    ship(&app, &kept).await;
    ship(&app, &[("C26".to_owned(), "2026-06-01")]).await;
    go_to(&app, "2026-06-02");
    for play in &plays {
        let lost = json!({"outcome": "lost"});
        app.post(&format!("/plays/{play}:record"), lost)
            .await
            .expect(200);
    }
    let found = app.get("/plays/effects").await.expect(200);
    let all = &found["all"];
    assert_eq!(
        (
            &all["cases"],
            &all["kept"],
            &all["controls"],
            &all["controls_kept"]
        ),
        (&json!(12), &json!(9), &json!(14), &json!(7)),
        "{found}"
    );
    // Variance of the logarithm: 1/3 − 1/12 + 1/7 − 1/14 = 9/28.
    let reach = (1.644_853_626_951_472_7 * (9.0_f64 / 28.0).sqrt()).exp();
    for (name, value) in [
        ("value", 0.5),
        ("low", 1.0 - 0.5 * reach),
        ("high", 1.0 - 0.5 / reach),
    ] {
        assert!(
            (all["effect"][name].as_f64().unwrap() - value).abs() < 1e-9,
            "{all}"
        );
    }
    assert_eq!(found["by_template"]["visit"], *all);
    assert_eq!(found["unmatched"], json!([]));

    let measured = run_of(&app, "2026-06-02");
    let risk = taken(&app, measured).await;
    assert_eq!(risk["save_effect"], 0.5);
    let basis = &risk["save_effect_basis"];
    assert_eq!(
        (&basis["basis"], &basis["cases"]),
        (&json!("measured"), &json!(12))
    );
    // A past date knows what was known then: the horizons had not passed.
    let past = run_of(&app, "2026-05-31");
    let risk = taken(&app, past).await;
    assert_eq!(
        (&risk["save_effect"], &risk["save_effect_basis"]["basis"]),
        (&json!(0.3), &json!("setting"))
    );

    let plan = |run: i64, effect: Value| json!({"budget": 1_000, "candidates": [{"customer": ids[25], "cost": 100}], "run_id": run, "effect": effect});
    let taking = app
        .post("/plans", plan(measured, Value::Null))
        .await
        .expect(201);
    assert_eq!(
        (
            &taking["assumed_effect"]["effect"],
            &taking["assumed_effect"]["cases"]
        ),
        (&json!(0.5), &json!(12))
    );
    assert_eq!(taking["chosen"][0]["effect"], 0.5, "{taking}");
    let told = taking["summary"].to_string();
    assert!(told.contains("12 plays"), "{told}");
    let own = app
        .post("/plans", plan(measured, json!(0.2)))
        .await
        .expect(201);
    assert_eq!(
        (&own["assumed_effect"], &own["chosen"][0]["effect"]),
        (&Value::Null, &json!(0.2))
    );
    let before = app
        .post("/plans", plan(past, Value::Null))
        .await
        .expect(201);
    assert_eq!(
        (
            &before["assumed_effect"]["basis"],
            &before["chosen"][0]["effect"]
        ),
        (&json!("setting"), &json!(0.3))
    );
}
