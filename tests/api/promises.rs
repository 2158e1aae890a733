//! Promises: their life, detection from shipments, the kept share.

use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::promises::detect::{Detected, detect};
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    a_promise_lives_from_creation_to_tombstone,
    what_a_promise_says_must_make_sense,
    measured_promises_are_kept_broken_or_undecided,
    a_promise_on_a_link_counts_that_link_only,
    people_decide_and_renew,
    the_kept_share_is_that_of_the_posterior,
    a_limited_key_sees_its_customers_promises_only,
    what_was_promised_and_did_not_come_is_late,
    a_decided_promise_keeps_its_weight_and_its_people,
    a_partner_of_another_team_is_hidden,
);

async fn customer(app: &TestApp, key: &str, team: Option<i64>) -> i64 {
    let body = json!({"name": format!("Firm {key}"), "team_id": team, "external_ids": [{"system": "tms", "id": key}]});
    id(&app.post("/customers", body).await.expect(201))
}

fn id(json: &Value) -> i64 {
    json["id"].as_i64().unwrap()
}

fn promise(customer: i64, changes: Value) -> Value {
    let mut body = json!({
        "customer": {"id": customer}, "text": "On time from now on", "made_on": "2026-01-01",
        "due_on": "2026-02-28",
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn made(app: &TestApp, body: Value) -> i64 {
    id(&app.post("/promises", body).await.expect(201))
}

/// `late` of `count` shipments from one customer to another, delivered in February.
async fn shipments(app: &TestApp, (from, to): (&str, &str), late: usize, count: usize) {
    let all: Vec<Value> = (0..count)
        .map(|place| {
            let promised = if place < late {
                "2026-02-09"
            } else {
                "2026-02-11"
            };
            json!({
                "external_id": {"system": "tms", "id": format!("{from}-{to}-{place}")},
                "shipper": {"external_id": {"system": "tms", "id": from}},
                "consignee": {"external_id": {"system": "tms", "id": to}},
                "booked_at": "2026-02-08T08:00:00Z", "promised_to": format!("{promised}T18:00:00Z"),
                "delivered_at": "2026-02-10T12:00:00Z", "in_full": true, "damaged": place == 0,
            })
        })
        .collect();
    let report = app.post("/shipments:batch", json!(all)).await.expect(200);
    assert_eq!(report["failed"], 0, "{report}");
}

fn check(app: &TestApp, day: &str) -> Detected {
    let (zone, now) = (app.state.config.time_zone, app.state.clock.now().into());
    let day = day.parse().unwrap();
    app.state
        .db
        .write_now(|conn| detect(conn, day, zone, (&Actor::cli(), now)))
        .unwrap()
}

async fn a_promise_lives_from_creation_to_tombstone(app: TestApp) {
    let customer = customer(&app, "7", None).await;
    let body = promise(
        customer,
        json!({"external_id": {"system": "crm", "id": "P1"}, "kpi": "otif", "level": 0.95}),
    );
    let found = app
        .put("/promises/ext:crm:P1", body.clone())
        .await
        .expect(201);
    assert_eq!(found["from_on"], "2026-01-01");
    assert_eq!(
        (&found["status"], &found["overdue"]),
        (&json!("open"), &json!(true))
    );
    assert_eq!(
        app.put("/promises/ext:crm:P1", body).await.expect(200)["version"],
        1
    );
    let path = format!("/promises/{}", id(&found));
    let changed = app
        .patch(&path, json!({"level": 0.9, "weight": 3}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["level"], &changed["weight"]),
        (&json!(0.9), &json!(3.0))
    );
    let list = app
        .get("/promises?status=open&due_on[lt]=2026-03-01")
        .await
        .expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(app.delete(&path).await.status, 204);
    app.get(&path).await.expect_problem(404, "not_found");
    assert!(check(&app, "2026-03-10").undecided.is_empty());
}

async fn what_a_promise_says_must_make_sense(app: TestApp) {
    let customer = customer(&app, "7", None).await;
    for (change, pointer, code) in [
        (json!({"customer": {"id": 999}}), "/customer", "unknown"),
        (json!({"department_id": 999}), "/department_id", "unknown"),
        (json!({"contact_id": 999}), "/contact_id", "unknown"),
        (json!({"made_by": 999}), "/made_by", "unknown"),
        (json!({"partner": {"id": customer}}), "/partner", "same"),
        (
            json!({"made_on": "2026-03-10", "due_on": "2026-04-01"}),
            "/made_on",
            "future",
        ),
        (json!({"from_on": "2025-12-31"}), "/from_on", "out_of_order"),
        (json!({"due_on": "2025-12-31"}), "/due_on", "out_of_order"),
        (json!({"due_on": "9999-12-31"}), "/due_on", "out_of_range"),
        (json!({"weight": -1}), "/weight", "out_of_range"),
        (json!({"kpi": "otif"}), "/level", "together"),
        (
            json!({"kpi": "otif", "level": 95}),
            "/level",
            "out_of_range",
        ),
        (
            json!({"kpi": "freight_cost_ratio", "level": 1}),
            "/kpi",
            "not_measured",
        ),
        (json!({"text": "x".repeat(1 << 20)}), "/text", "length"),
        (json!({"text": "  "}), "/text", "length"),
    ] {
        let problem = app
            .post("/promises", promise(customer, change))
            .await
            .expect_problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{problem}"
        );
    }
}

async fn measured_promises_are_kept_broken_or_undecided(app: TestApp) {
    let (a, b) = (
        customer(&app, "7", None).await,
        customer(&app, "8", None).await,
    );
    let c = customer(&app, "9", None).await;
    shipments(&app, ("7", "8"), 2, 10).await;
    shipments(&app, ("9", "8"), 0, 4).await;
    // 8 of 10 on time; b also receives the four of c: 12 of 14.
    let otif = |level: f64| json!({"kpi": "otif", "level": level});
    let kept = made(&app, promise(a, otif(0.8))).await;
    let broken = made(&app, promise(a, otif(0.81))).await;
    let received = made(&app, promise(b, otif(0.85))).await;
    let damage = made(
        &app,
        promise(a, json!({"kpi": "damage_rate", "level": 0.05})),
    )
    .await;
    let few = made(&app, promise(c, otif(0.5))).await;
    let before = made(
        &app,
        promise(
            a,
            json!({"kpi": "otif", "level": 0.5, "due_on": "2026-02-09"}),
        ),
    )
    .await;
    let later = made(
        &app,
        promise(
            a,
            json!({"kpi": "otif", "level": 0.5, "due_on": "2026-03-02"}),
        ),
    )
    .await;
    made(&app, promise(a, json!({}))).await;
    let detected = check(&app, "2026-03-08");
    assert_eq!(detected.kept, [kept, received]);
    assert_eq!(detected.broken, [broken, damage]);
    assert_eq!(detected.undecided, [few, before]);
    let found = app.get(&format!("/promises/{kept}")).await.expect(200);
    assert_eq!(
        (&found["status"], &found["value"], &found["observations"]),
        (&json!("kept"), &json!(0.8), &json!(10))
    );
    assert_eq!(found["decided_by"], "measured");
    let found = app.get(&format!("/promises/{few}")).await.expect(200);
    assert_eq!(
        (&found["status"], &found["undecided"]),
        (&json!("open"), &json!("too_few_deliveries"))
    );
    assert_eq!(found["observations"], 4);
    // Once more changes nothing but what is due now.
    let again = check(&app, "2026-03-08");
    assert_eq!(
        (again.kept.len(), again.broken.len(), again.undecided.len()),
        (0, 0, 2)
    );
    assert_eq!(
        app.get(&format!("/promises/{few}")).await.expect(200)["version"],
        2
    );
    assert_eq!(check(&app, "2026-03-10").kept, [later]);
    app.patch(&format!("/promises/{broken}"), json!({"level": 0.5}))
        .await
        .expect_problem(409, "already_decided");
}

async fn a_promise_on_a_link_counts_that_link_only(app: TestApp) {
    let b = customer(&app, "8", None).await;
    let (a, c) = (
        customer(&app, "7", None).await,
        customer(&app, "9", None).await,
    );
    shipments(&app, ("7", "8"), 5, 5).await;
    shipments(&app, ("9", "8"), 0, 5).await;
    let with = |partner: i64| json!({"kpi": "otif", "level": 0.9, "due_on": "2026-02-20", "partner": {"id": partner}});
    let bad = made(&app, promise(b, with(a))).await;
    let good = made(&app, promise(b, with(c))).await;
    // As the server does on each new day.
    let detected = hawser::promises::worker::check(&app.state).unwrap();
    assert_eq!((detected.kept, detected.broken), (vec![good], vec![bad]));
}

async fn people_decide_and_renew(app: TestApp) {
    let customer = customer(&app, "7", None).await;
    let number = made(&app, promise(customer, json!({}))).await;
    let path = format!("/promises/{number}");
    let post = async |step: &str, body: Value| app.post(&format!("{path}:{step}"), body).await;
    post("decide", json!({"outcome": "kept", "reason": " "}))
        .await
        .expect_problem(422, "invalid");
    post("decide", json!({"outcome": "open", "reason": "x"}))
        .await
        .expect_problem(400, "bad_value");
    post("renew", json!({"due_on": "2026-06-30"}))
        .await
        .expect_problem(409, "undecided");
    let decided = post(
        "decide",
        json!({"outcome": "broken", "reason": "Two lorries stood"}),
    )
    .await
    .expect(200);
    assert_eq!(
        (&decided["status"], &decided["reason"]),
        (&json!("broken"), &json!("Two lorries stood"))
    );
    post("decide", json!({"outcome": "kept", "reason": "no"}))
        .await
        .expect_problem(409, "already_decided");
    let next = post("renew", json!({"due_on": "2026-06-30", "weight": 2}))
        .await
        .expect(201);
    assert_eq!(
        (&next["status"], &next["from_on"], &next["weight"]),
        (&json!("open"), &json!("2026-03-02"), &json!(2.0))
    );
    assert_eq!(next["text"], "On time from now on");
    let before = app.get(&path).await.expect(200);
    assert_eq!(
        (&before["status"], &before["renewed_by"]),
        (&json!("broken"), &next["id"])
    );
    post("renew", json!({"due_on": "2026-06-30"}))
        .await
        .expect_problem(409, "already_renewed");
    // One that is not due gives its place to the next.
    let path = format!("/promises/{}", id(&next));
    app.post(&format!("{path}:renew"), json!({"due_on": "2026-09-30"}))
        .await
        .expect(201);
    assert_eq!(app.get(&path).await.expect(200)["status"], "renewed");
}

fn near(got: &Value, want: f64) {
    let got = got.as_f64().unwrap();
    assert!((got - want).abs() < 1e-6, "{got}, not {want}");
}

async fn the_kept_share_is_that_of_the_posterior(app: TestApp) {
    let (a, b) = (
        customer(&app, "7", None).await,
        customer(&app, "8", None).await,
    );
    let none = app.get("/promises/figures").await.expect(200);
    near(&none["all"]["mean"], 0.5);
    near(&none["all"]["low"], 0.05);
    let department = json!({"kind": "quality", "name": "Quality"});
    let quality = id(&app
        .post(&format!("/customers/{a}/departments"), department)
        .await
        .expect(201));
    // Due today: nothing has faded. Nine kept and one broken: Beta(10, 2) of the reference.
    for place in 0..10 {
        let body = json!({"due_on": "2026-03-02", "kept": place > 0, "department_id": quality});
        made(&app, promise(a, body)).await;
    }
    // Due 365 days ago and of weight 2: counts as one.
    made(
        &app,
        promise(
            b,
            json!({"made_on": "2025-01-01", "due_on": "2025-03-02", "weight": 2, "kept": false}),
        ),
    )
    .await;
    // Of no weight: counts as none.
    made(
        &app,
        promise(
            b,
            json!({"due_on": "2026-03-02", "weight": 0, "kept": true}),
        ),
    )
    .await;
    let found = app.get("/promises/figures?by=customer").await.expect(200);
    let groups = found["groups"].as_array().unwrap();
    assert_eq!((groups.len(), id(&groups[0]), id(&groups[1])), (2, b, a));
    near(&groups[1]["mean"], 10.0 / 12.0);
    near(&groups[1]["low"], 0.635_640_510_752_757_5);
    // Beta(1, 2): its distribution function is 1 - (1 - x)², 0.05 at 1 - √0.95.
    near(&groups[0]["effective"], 1.0);
    near(&groups[0]["mean"], 1.0 / 3.0);
    near(&groups[0]["low"], 1.0 - 0.95_f64.sqrt());
    assert_eq!(
        (&groups[0]["kept"], &groups[0]["broken"]),
        (&json!(1), &json!(1))
    );
    let found = app
        .get(&format!("/promises/figures?by=department&customer={a}"))
        .await
        .expect(200);
    assert_eq!(
        (
            &found["groups"][0]["name"],
            &found["groups"][0]["customer_id"]
        ),
        (&json!("Quality"), &json!(a))
    );
    let found = app.get("/promises/figures?by=employee").await.expect(200);
    assert_eq!(found["groups"][0]["id"], Value::Null);
    app.get("/promises/figures?by=colour")
        .await
        .expect_problem(400, "bad_parameter");
    app.get("/promises/figures?limit=0")
        .await
        .expect_problem(400, "bad_parameter");
}

async fn a_limited_key_sees_its_customers_promises_only(app: TestApp) {
    let team = id(&app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201));
    let (ours, theirs) = (
        customer(&app, "7", Some(team)).await,
        customer(&app, "8", None).await,
    );
    let own = made(&app, promise(ours, json!({"kept": true}))).await;
    let hidden = made(&app, promise(theirs, json!({"kept": false}))).await;
    let key = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![team]), None);
    let send = async |method: Method, path: String, body: Value| {
        let request = app
            .bare(method, &format!("/api/v1{path}"))
            .bearer_auth(&key);
        app.send(request.json(&body)).await
    };
    let list = send(Method::GET, "/promises".into(), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (list["data"].as_array().unwrap().len(), id(&list["data"][0])),
        (1, own)
    );
    for (method, path, body) in [
        (Method::GET, format!("/promises/{hidden}"), json!({})),
        (
            Method::POST,
            format!("/promises/{hidden}:decide"),
            json!({"outcome": "kept", "reason": "x"}),
        ),
        (
            Method::POST,
            format!("/promises/{hidden}:renew"),
            json!({"due_on": "2026-06-30"}),
        ),
        (
            Method::GET,
            format!("/promises/figures?customer={theirs}"),
            json!({}),
        ),
    ] {
        send(method, path, body)
            .await
            .expect_problem(404, "not_found");
    }
    let figures = send(Method::GET, "/promises/figures".into(), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&figures["all"]["kept"], &figures["all"]["broken"]),
        (&json!(1), &json!(0))
    );
}

async fn what_was_promised_and_did_not_come_is_late(app: TestApp) {
    let (a, _) = (
        customer(&app, "7", None).await,
        customer(&app, "8", None).await,
    );
    shipments(&app, ("7", "8"), 0, 8).await;
    let shipment = |id: &str, promised: &str, more: Value| {
        let mut body = json!({
            "external_id": {"system": "tms", "id": id},
            "shipper": {"external_id": {"system": "tms", "id": "7"}},
            "consignee": {"external_id": {"system": "tms", "id": "8"}},
            "booked_at": "2026-02-08T08:00:00Z", "promised_to": format!("{promised}T18:00:00Z"),
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    // Besides the 8 in time: one on the road, one never picked up, one that came after the last day,
    // one cancelled, and one that is promised for a later day.
    let more = [
        shipment(
            "S1",
            "2026-02-11",
            json!({"picked_up_at": "2026-02-09T08:00:00Z"}),
        ),
        shipment("S2", "2026-02-20", json!({})),
        shipment(
            "S3",
            "2026-02-19",
            json!({"delivered_at": "2026-02-25T08:00:00Z", "damaged": true}),
        ),
        shipment("S4", "2026-02-12", json!({"status": "cancelled"})),
        shipment("S5", "2026-02-21", json!({})),
    ];
    let report = app.post("/shipments:batch", json!(more)).await.expect(200);
    assert_eq!(report["failed"], 0, "{report}");
    let with = |kpi: &str, level: f64| json!({"kpi": kpi, "level": level, "due_on": "2026-02-20"});
    let otif = made(&app, promise(a, with("otif", 0.73))).await;
    let damage = made(&app, promise(a, with("damage_rate", 0.2))).await;
    // What is reported late may still come for a week.
    assert_eq!(check(&app, "2026-02-27"), Detected::default());
    let detected = check(&app, "2026-02-28");
    assert_eq!((detected.kept, detected.broken), (vec![damage], vec![otif]));
    let found = app.get(&format!("/promises/{otif}")).await.expect(200);
    assert_eq!(found["observations"], 11);
    near(&found["value"], 8.0 / 11.0);
    // What is not delivered can be neither damaged nor whole.
    let found = app.get(&format!("/promises/{damage}")).await.expect(200);
    assert_eq!(found["observations"], 8);
}

async fn a_decided_promise_keeps_its_weight_and_its_people(app: TestApp) {
    let customer = customer(&app, "7", None).await;
    let department = json!({"kind": "quality", "name": "Quality"});
    let quality = id(&app
        .post(&format!("/customers/{customer}/departments"), department)
        .await
        .expect(201));
    let user = json!({"name": "Jo", "email": "jo@hawser.example"});
    let user = id(&app.post("/users", user).await.expect(201));
    let number = made(&app, promise(customer, json!({"kept": false}))).await;
    let path = format!("/promises/{number}");
    for change in [
        json!({"weight": 0}),
        json!({"made_by": user}),
        json!({"department_id": quality}),
    ] {
        app.patch(&path, change)
            .await
            .expect_problem(409, "already_decided");
    }
    let worded = app.patch(&path, json!({"text": "On time"})).await;
    assert_eq!(worded.expect(200)["text"], "On time");
    // One that is open takes another weight, and what was measured of it stays.
    let few = made(
        &app,
        promise(
            customer,
            json!({"kpi": "otif", "level": 0.5, "due_on": "2026-02-01"}),
        ),
    )
    .await;
    assert_eq!(check(&app, "2026-03-10").undecided, [few]);
    let changed = app
        .patch(&format!("/promises/{few}"), json!({"weight": 2}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["weight"], &changed["undecided"]),
        (&json!(2.0), &json!("too_few_deliveries"))
    );
}

async fn a_partner_of_another_team_is_hidden(app: TestApp) {
    let team = id(&app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201));
    let (ours, theirs) = (
        customer(&app, "7", Some(team)).await,
        customer(&app, "8", None).await,
    );
    let number = made(&app, promise(ours, json!({"partner": {"id": theirs}}))).await;
    let path = format!("/promises/{number}");
    assert_eq!(app.get(&path).await.expect(200)["partner_id"], theirs);
    let key = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![team]), None);
    let send = async |method: Method, path: &str, body: Value| {
        let request = app
            .bare(method, &format!("/api/v1{path}"))
            .bearer_auth(&key);
        app.send(request.json(&body)).await.expect(200)
    };
    let list = send(Method::GET, "/promises", json!({})).await;
    assert_eq!(list["data"][0]["partner_id"], Value::Null);
    let shown = send(Method::GET, &path, json!({})).await;
    assert_eq!(shown["partner_id"], Value::Null);
    let changed = send(Method::PATCH, &path, json!({"text": "Always"})).await;
    assert_eq!(changed["partner_id"], Value::Null);
    let decision = json!({"outcome": "kept", "reason": "all came"});
    let decided = send(Method::POST, &format!("{path}:decide"), decision).await;
    assert_eq!(decided["partner_id"], Value::Null);
    assert_eq!(app.get(&path).await.expect(200)["partner_id"], theirs);
}
