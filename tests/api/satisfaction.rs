//! Satisfaction of what people say beside the facts: by pencil, as of a date, for both ends of a link.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::assessment::run::assess;
use hawser::db::UtcTime;
use hawser::db::select::{Statement, Value as Bind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    an_answer_moves_the_score_as_formula_5_says,
    what_is_said_later_changes_no_number_of_the_past,
    targets_of_a_contract_come_before_those_of_the_customer,
    freight_is_measured_against_the_year_before,
    open_complaints_lengthen_the_time_to_a_response,
    words_are_half_a_voice_at_most,
    a_run_and_the_live_index_say_the_same,
    a_claim_is_open_until_it_is_settled,
    both_sides_of_a_link_are_heard_apart,
    answers_of_a_removed_department_are_not_lost,
    weights_of_zero_leave_an_account_with_a_score,
    an_account_has_a_history,
    a_limited_key_neither_sees_nor_sets_anything_of_others,
);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> UtcTime {
    format!("{text}Z").parse::<DateTime<Utc>>().unwrap().into()
}

fn run(app: &TestApp, as_of: &str) {
    assess(&app.state, day(as_of), &Actor::cli(), &mut |_, _| Ok(())).unwrap();
}

fn close(got: &Value, want: f64) {
    let got = got.as_f64().unwrap_or_else(|| panic!("{got} is no number"));
    assert!((got - want).abs() < 1e-9, "{got} is not {want}");
}

fn execute(app: &TestApp, sql: &str, values: Vec<Bind>) {
    let mut statement = Statement::default();
    let mut values = values.into_iter();
    for (place, part) in sql.split('?').enumerate() {
        if place > 0 {
            statement.bind(values.next().unwrap());
        }
        statement.push(part);
    }
    app.state
        .db
        .write_now(|conn| statement.execute(conn))
        .unwrap();
}

/// Shipments from A to B, one every seven days, delivered on time, laid over with `more`.
async fn ships(app: &TestApp, from: &str, count: u64, more: Value) {
    let party = |name: &str| json!({"external_id": {"system": "t", "id": name}, "name": name});
    let shipments: Vec<Value> = (0..count)
        .map(|number| {
            let on = day(from) + chrono::Days::new(number * 7);
            let mut shipment = json!({
                "external_id": {"system": "t", "id": on.to_string()},
                "shipper": party("A"),
                "consignee": party("B"),
                "booked_at": format!("{on}T08:00:00Z"),
                "delivered_at": format!("{on}T18:00:00Z"),
                "promised_to": format!("{on}T20:00:00Z"),
            });
            for (name, value) in more.as_object().unwrap() {
                shipment[name] = value.clone();
            }
            shipment
        })
        .collect();
    let report = app.post("/shipments:batch", Value::Array(shipments)).await;
    assert!(!report.expect(200).to_string().contains("rejected"));
}

/// A and B with shipments so old that no KPI counts in the runs below.
async fn silent_pair(app: &TestApp) {
    ships(app, "2024-06-03", 8, json!({})).await;
}

async fn id_of(app: &TestApp, name: &str) -> i64 {
    app.get(&format!("/customers/ext:t:{name}"))
        .await
        .expect(200)["id"]
        .as_i64()
        .unwrap()
}

async fn department(app: &TestApp, customer: &str, body: Value) -> i64 {
    app.post(&format!("/customers/ext:t:{customer}/departments"), body)
        .await
        .expect(201)["id"]
        .as_i64()
        .unwrap()
}

async fn contact(
    app: &TestApp,
    customer: &str,
    department: Option<i64>,
    role: Option<&str>,
) -> i64 {
    let body = json!({"name": "Somebody", "department_id": department, "buying_role": role});
    app.post(&format!("/customers/ext:t:{customer}/contacts"), body)
        .await
        .expect(201)["id"]
        .as_i64()
        .unwrap()
}

/// A survey with an open question, one for warehouses, and a comment.
fn survey(app: &TestApp) {
    let questions = json!([
        {"code": "overall", "scale": "csat5", "dimension": "overall", "text": {"en": "?", "zh": "?"}},
        {"code": "condition", "scale": "lsq5", "dimension": "order_condition", "departments": ["warehouse"], "text": {"en": "?", "zh": "?"}},
        {"code": "comment", "scale": "text", "text": {"en": "?", "zh": "?"}},
    ]);
    let now = Bind::Time(at("2025-01-01T00:00:00"));
    execute(
        app,
        "INSERT INTO surveys (id, name, questions, about, status, closes_at, reminder_days, reminders, created_at, updated_at) \
         VALUES (1, 'S', ?, 'experience', 'open', ?, 7, 1, ?, ?)",
        vec![
            Bind::Text(questions.to_string()),
            now.clone(),
            now.clone(),
            now,
        ],
    );
}

struct Asked {
    id: i64,
    customer: i64,
    department: Option<i64>,
    contact: i64,
    link: Option<(i64, &'static str)>,
}

/// An invitation and the answers to it, as the survey keeps them.
fn answers(app: &TestApp, asked: &Asked, said: &[(&str, f64)], when: &str) {
    let null = |column: &str, value: Option<i64>| {
        value.map_or_else(|| "NULL".to_owned(), |id| format!("{id} /* {column} */"))
    };
    let when = Bind::Time(at(when));
    let (partner, side) = asked
        .link
        .map_or((None, "NULL".to_owned()), |(partner, side)| {
            (Some(partner), format!("'{side}'"))
        });
    execute(
        app,
        &format!(
            "INSERT INTO survey_invitations (id, survey_id, customer_id, department_id, contact_id, partner_id, side, \
             source, language, nonce, status, confidence, invited_at, answered_at, created_at, updated_at) \
             VALUES ({}, 1, {}, {}, {}, {}, {side}, 'api', 'en', 'n', 'answered', 1, ?, ?, ?, ?)",
            asked.id,
            asked.customer,
            null("department", asked.department),
            asked.contact,
            null("partner", partner),
        ),
        vec![when.clone(), when.clone(), when.clone(), when.clone()],
    );
    for (question, score) in said {
        let dimension = match *question {
            "condition" => "order_condition",
            same => same,
        };
        execute(
            app,
            &format!(
                "INSERT INTO survey_answers (invitation_id, question, dimension, scale, value, score, answered_at) \
                 VALUES ({}, '{question}', '{dimension}', 'csat5', 1, ?, ?)",
                asked.id
            ),
            vec![Bind::Real(*score), when.clone()],
        );
    }
}

async fn satisfaction(app: &TestApp, customer: &str, as_of: &str) -> Value {
    app.get(&format!(
        "/customers/ext:t:{customer}/satisfaction?as_of={as_of}"
    ))
    .await
    .expect(200)
}

fn of<'a>(view: &'a Value, department: &str) -> &'a Value {
    view["departments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["department"] == department)
        .unwrap()
}

async fn an_answer_moves_the_score_as_formula_5_says(app: TestApp) {
    silent_pair(&app).await;
    let warehouse = department(&app, "A", json!({"kind": "warehouse"})).await;
    department(&app, "A", json!({"kind": "management"})).await;
    let customer = id_of(&app, "A").await;
    let boss = contact(&app, "A", Some(warehouse), Some("decider")).await;
    run(&app, "2025-09-01");
    survey(&app);
    let asked = Asked {
        id: 1,
        customer,
        department: Some(warehouse),
        contact: boss,
        link: None,
    };
    // 180 days before the second of March: half of its weight is left, and a decider counts twice.
    answers(&app, &asked, &[("overall", 0.0)], "2025-09-03T00:00:00");
    run(&app, "2026-03-02");

    let before = satisfaction(&app, "A", "2025-09-01").await;
    close(&before["score"], 0.7);
    assert_eq!(
        (&before["light"], &before["changes"]),
        (&json!("unknown"), &Value::Null)
    );
    let view = satisfaction(&app, "A", "2026-03-02").await;
    let found = of(&view, "warehouse");
    // θ = (1 · .7 + 1 · 0) / 2, V = .0625 / 2
    close(&found["score"], 0.35);
    close(
        &found["high"],
        0.35 + 1.644_853_626_951_472 * (0.031_25_f64).sqrt(),
    );
    close(&found["answers"], 1.0);
    close(&found["survey_score"], 0.0);
    close(&found["parts"]["prior"], 0.35);
    close(&found["parts"]["answers"], 0.0);
    assert_eq!(
        (
            &found["respondents"],
            &found["last_heard_on"],
            &found["gap"]
        ),
        (&json!(1), &json!("2025-09-03"), &Value::Null)
    );
    assert_eq!(of(&view, "management")["last_heard_on"], Value::Null);
    // 2 / (1/.35 + 1/.7), Φ(-.25/.17678) = .0786 of the one that was heard
    close(&view["score"], 0.7 * 2.0 / 3.0);
    assert_eq!(
        (&view["light"], &view["weakest"]),
        (&json!("red"), &json!("warehouse"))
    );
    assert_eq!(
        (&view["departments_heard"], &view["departments_required"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(view["to_green"]["green"], false);
    assert_eq!(
        view["to_green"]["lacking"],
        json!(["warehouse", "management"])
    );
    let changes = &view["changes"];
    assert_eq!(changes["since"], "2025-09-01");
    let changed = changes["departments"].as_array().unwrap();
    let warehouse = changed
        .iter()
        .find(|one| one["department"] == "warehouse")
        .unwrap();
    close(&warehouse["answers"], 0.7 * 2.0 / 3.0 - 0.7);
    close(&warehouse["kpis"], 0.0);

    let told = app.get("/runs").await.expect(200)["data"][0]["parameters"].clone();
    assert_eq!(told["satisfaction"]["note"]["answers"]["counted"], 1);
}

async fn what_is_said_later_changes_no_number_of_the_past(app: TestApp) {
    ships(&app, "2025-06-02", 38, json!({})).await;
    let warehouse = department(&app, "A", json!({"kind": "warehouse"})).await;
    let customer = id_of(&app, "A").await;
    let person = contact(&app, "A", Some(warehouse), None).await;
    survey(&app);
    let asked = |id| Asked {
        id,
        customer,
        department: Some(warehouse),
        contact: person,
        link: None,
    };
    answers(&app, &asked(1), &[("overall", 0.4)], "2025-11-01T12:00:00");
    let told = async |app: &TestApp| {
        run(app, "2026-01-05");
        let mut satisfaction = satisfaction(app, "A", "2026-01-05").await;
        let mut risk = app
            .get("/customers/ext:t:A/risk?as_of=2026-01-05")
            .await
            .expect(200);
        for view in [&mut satisfaction, &mut risk] {
            view["source"]["run_id"] = Value::Null;
        }
        (satisfaction, risk)
    };
    let before = told(&app).await;
    app.state.clock.set(at("2026-02-10T00:00:00").0);
    // Exactly at the as-of instant is too late.
    let second = Asked {
        contact: contact(&app, "A", Some(warehouse), None).await,
        ..asked(2)
    };
    answers(&app, &second, &[("overall", 0.0)], "2026-01-05T00:00:00");
    complaint(&app, 1, customer, "2026-01-06T10:00:00", None);
    words(&app, 1, (customer, warehouse), "2026-01-07T10:00:00", -0.9);
    assert_eq!(told(&app).await, before);
    answers(
        &app,
        &Asked {
            contact: contact(&app, "A", Some(warehouse), None).await,
            ..asked(3)
        },
        &[("overall", 0.0)],
        "2026-01-04T23:59:59",
    );
    assert_ne!(told(&app).await.0, before.0, "what was said before counts");
}

fn complaint(app: &TestApp, id: i64, customer: i64, received: &str, hours: Option<i64>) {
    let received = at(received);
    let time = |hours: i64| Bind::Time((received.0 + TimeDelta::hours(hours)).into());
    let answered = if hours.is_some() { "?" } else { "NULL" };
    let mut values = vec![time(0), time(24), time(48), time(0), time(0)];
    values.splice(2..2, hours.map(time));
    let events = [Some(0), hours].into_iter().flatten().map(time);
    execute(
        app,
        &format!(
            "INSERT INTO complaints (id, system, external_id, customer_id, channel, severity, subject, status, \
             received_at, acknowledge_due_at, acknowledged_at, answer_due_at, nonce, created_at, updated_at) \
             VALUES ({id}, 't', '{id}', {customer}, 'mail', 'low', 'Late', 'received', ?, ?, {answered}, ?, 'n', ?, ?)"
        ),
        values,
    );
    for (kind, at) in ["received", "acknowledged"].into_iter().zip(events) {
        execute(
            app,
            &format!(
                "INSERT INTO complaint_events (complaint_id, kind, at, actor, created_at) \
                 VALUES ({id}, '{kind}', ?, 'key:1', ?)"
            ),
            vec![at.clone(), at],
        );
    }
}

fn words(app: &TestApp, id: i64, (customer, department): (i64, i64), when: &str, polarity: f64) {
    let when = Bind::Time(at(when));
    execute(
        app,
        &format!(
            "INSERT INTO interactions (id, system, external_id, customer_id, department_id, channel, direction, at, \
             polarity, confidence, neutral, created_at, updated_at) \
             VALUES ({id}, 't', '{id}', {customer}, {department}, 'mail', 'inbound', ?, ?, 1, ?, ?, ?)"
        ),
        vec![
            when.clone(),
            Bind::Real(polarity),
            Bind::Bool(false),
            when.clone(),
            when,
        ],
    );
}

async fn targets_of_a_contract_come_before_those_of_the_customer(app: TestApp) {
    // Thirteen deliveries on time of thirteen: (13 + 10 · 13.5/14) / 23
    ships(&app, "2025-12-01", 13, json!({})).await;
    let value = (13.0 + 10.0 * 13.5 / 14.0) / 23.0;
    let otif = async |app: &TestApp| {
        let kpis = app.get("/customers/ext:t:A/kpis").await.expect(200);
        kpis["data"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["kpi"] == "otif")
            .unwrap()
            .clone()
    };
    let found = otif(&app).await;
    assert_eq!(
        (&found["observations"], &found["against"]["from"]),
        (&json!(13), &json!("default"))
    );
    close(&found["value"], value);
    close(&found["desirability"], 1.0);
    assert_eq!(
        found["departments"],
        json!(["purchasing", "planning", "warehouse", "management"])
    );

    let set = json!({"unacceptable": 0.9, "target": 1.0});
    let reply = app
        .put("/customers/ext:t:A/kpi-targets/otif", set.clone())
        .await;
    assert_eq!(reply.status.as_u16(), 201);
    let again = app.put("/customers/ext:t:A/kpi-targets/otif", set).await;
    assert_eq!(
        (again.status.as_u16(), again.header("etag")),
        (200, "\"v2\"")
    );
    let found = otif(&app).await;
    close(&found["desirability"], (value - 0.9) / 0.1);
    assert_eq!(found["against"]["from"], "customer");

    let contract = app
        .post(
            "/contracts",
            json!({
                "external_id": {"system": "erp", "id": "k"}, "customer": {"external_id": {"system": "t", "id": "A"}},
                "starts_on": "2026-01-01", "ends_on": "2026-12-31",
            }),
        )
        .await
        .expect(201)["id"]
        .clone();
    let of_contract = json!({"unacceptable": 0.5, "target": 0.999, "contract_id": contract});
    app.put("/customers/ext:t:A/kpi-targets/otif", of_contract)
        .await
        .expect(201);
    close(&otif(&app).await["desirability"], (value - 0.5) / 0.499);
    // Before the contract began, the customer's own target holds.
    let early = app
        .get("/customers/ext:t:A/kpis?from=2025-11-01&to=2026-01-01")
        .await
        .expect(200);
    assert_eq!(early["data"][0]["against"]["from"], "customer");
    run(&app, "2026-03-02");
    let view = satisfaction(&app, "A", "2026-03-02").await;
    close(&view["inputs"][0]["desirability"], (value - 0.5) / 0.499);
    // The consignee was promised nothing.
    let link = app.get("/links/ext:t:A/ext:t:B/kpis").await.expect(200);
    assert_eq!(link["shipper"]["data"][0]["against"]["from"], "contract");
    assert_eq!(link["consignee"]["data"][0]["against"]["from"], "default");

    let listed = app.get("/customers/ext:t:A/kpi-targets").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    assert_eq!(listed["today"][0]["against"]["from"], "contract");
    app.delete(&format!(
        "/customers/ext:t:A/kpi-targets/otif?contract_id={contract}"
    ))
    .await
    .expect(204);
    app.delete("/customers/ext:t:A/kpi-targets/otif")
        .await
        .expect(204);
    app.delete("/customers/ext:t:A/kpi-targets/otif")
        .await
        .expect_problem(404, "not_found");
    assert_eq!(otif(&app).await["against"]["from"], "default");

    for (path, body, status, code) in [
        (
            "A/kpi-targets/speed",
            json!({"unacceptable": 1, "target": 2}),
            404,
            "not_found",
        ),
        (
            "Z/kpi-targets/otif",
            json!({"unacceptable": 1, "target": 2}),
            404,
            "not_found",
        ),
        (
            "A/kpi-targets/otif",
            json!({"unacceptable": 1, "target": 1}),
            422,
            "invalid",
        ),
        (
            "A/kpi-targets/otif",
            json!({"unacceptable": -1, "target": 1}),
            422,
            "invalid",
        ),
        (
            "A/kpi-targets/otif",
            json!({"unacceptable": 0, "target": 1, "contract_id": 99}),
            422,
            "invalid",
        ),
    ] {
        app.put(&format!("/customers/ext:t:{path}"), body)
            .await
            .expect_problem(status, code);
    }
    for query in [
        "from=2026-03-02",
        "from=2020-01-01",
        "to=never",
        "since=2026-01-01",
    ] {
        let reply = app.get(&format!("/customers/ext:t:A/kpis?{query}")).await;
        reply.expect_problem(400, "bad_parameter");
    }
}

async fn freight_is_measured_against_the_year_before(app: TestApp) {
    let cost = |revenue: i64| json!({"revenue": revenue, "goods_value": 100_000, "freight_terms": "prepaid"});
    ships(&app, "2025-02-03", 20, cost(4_000)).await;
    let without = app
        .get("/customers/ext:t:A/kpis?from=2025-02-03&to=2025-03-31")
        .await
        .expect(200);
    assert!(
        without["missing"]
            .as_array()
            .unwrap()
            .contains(&json!("freight_cost_ratio"))
    );
    ships(&app, "2025-12-01", 10, cost(4_500)).await;
    run(&app, "2026-03-02");
    let view = satisfaction(&app, "A", "2026-03-02").await;
    let found = view["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["kpi"] == "freight_cost_ratio")
        .unwrap();
    // .045 between 1.25 · .04 and .04
    close(&found["value"], 0.045);
    close(&found["desirability"], 0.5);
    assert_eq!(
        (&found["against"]["from"], &found["observations"]),
        (&json!("year_before"), &json!(10))
    );
    let other = satisfaction(&app, "B", "2026-03-02").await;
    assert!(
        !other["inputs"].to_string().contains("freight_cost_ratio"),
        "B pays nothing"
    );
}

async fn open_complaints_lengthen_the_time_to_a_response(app: TestApp) {
    silent_pair(&app).await;
    let customer = id_of(&app, "A").await;
    for (id, hours) in [
        (1, Some(1)),
        (2, Some(2)),
        (3, Some(28)),
        (4, None),
        (5, None),
    ] {
        complaint(&app, id, customer, "2026-02-01T00:00:00", hours);
    }
    // Long ago and answered: not of these weeks.
    complaint(&app, 6, customer, "2025-06-01T00:00:00", Some(500));
    let kpis = app.get("/customers/ext:t:A/kpis").await.expect(200);
    let found = &kpis["data"][0];
    assert_eq!(
        (&found["kpi"], &found["observations"]),
        (&json!("complaint_response_hours"), &json!(5))
    );
    // Survival 4/5, 3/5, 2/5: the third; (28 - 48)/(4 - 48)
    close(&found["value"], 28.0);
    close(&found["desirability"], 20.0 / 44.0);
    // What was answered after the period was open in it.
    let then = app
        .get("/customers/ext:t:A/kpis?from=2026-01-01&to=2026-02-02")
        .await
        .expect(200);
    close(&then["data"][0]["value"], 24.0);
}

async fn words_are_half_a_voice_at_most(app: TestApp) {
    silent_pair(&app).await;
    let warehouse = department(&app, "A", json!({"kind": "warehouse"})).await;
    let customer = id_of(&app, "A").await;
    for id in 1..=6 {
        // A half-life of 60 days before the run: six halves weigh three.
        words(&app, id, (customer, warehouse), "2026-01-01T00:00:00", -0.8);
    }
    run(&app, "2026-03-02");
    let view = satisfaction(&app, "A", "2026-03-02").await;
    let found = of(&view, "warehouse");
    // Company -2.4/6, customer (-2.4 - 1.2)/6, department (-2.4 - 1.8)/6; told from the company's.
    close(&view["sentiment"], -0.6);
    close(&found["sentiment"], -0.7);
    close(&found["parts"]["sentiment_score"], 0.35);
    close(&found["parts"]["sentiment_weight"], 0.25);
    close(&found["score"], (0.7 + 0.25 * 0.35) / 1.25);
    assert_eq!(
        (&found["sentiment_texts"], &found["survey_score"]),
        (&json!(6), &Value::Null)
    );
    assert_eq!(found["last_heard_on"], "2026-01-01");
    assert_eq!(view["departments_heard"], 1);
}

/// A comment beside an answer, scored when it was stored.
fn comment(app: &TestApp, invitation: i64, polarity: f64, when: &str) {
    execute(
        app,
        &format!(
            "INSERT INTO survey_answers (invitation_id, question, scale, text, polarity, answered_at) \
             VALUES ({invitation}, 'comment', 'text', 'Well.', ?, ?)"
        ),
        vec![Bind::Real(polarity), Bind::Time(at(when))],
    );
}

async fn a_run_and_the_live_index_say_the_same(app: TestApp) {
    silent_pair(&app).await;
    let north = department(&app, "A", json!({"kind": "warehouse", "name": "North"})).await;
    let south = department(&app, "A", json!({"kind": "warehouse", "name": "South"})).await;
    let office = department(&app, "B", json!({"kind": "finance", "name": "Office"})).await;
    let (a, b) = (id_of(&app, "A").await, id_of(&app, "B").await);
    let when = "2026-01-01T00:00:00";
    for id in 1..=6 {
        words(&app, id, (a, north), when, -0.8);
        words(&app, id + 10, (b, office), when, 0.8);
    }
    survey(&app);
    let asked = Asked {
        id: 1,
        customer: a,
        department: Some(south),
        contact: contact(&app, "A", Some(south), None).await,
        link: None,
    };
    answers(&app, &asked, &[("overall", 0.5)], when);
    comment(&app, 1, 0.5, when);
    app.delete(&format!("/departments/{north}"))
        .await
        .expect(204);
    let path = "/customers/ext:t:A/sentiment?as_of=2026-03-02";
    let live = app.get(path).await.expect(200);
    run(&app, "2026-03-02");
    let view = satisfaction(&app, "A", "2026-03-02").await;

    // Half of everything is left: mails 6 · .5, the comment 1.5 · .75 · .5.
    let (weight, sum) = (3.0 + 0.562_5, -2.4 + 0.281_25);
    let median = f64::midpoint(sum / (weight + 3.0), 2.4 / 6.0);
    let customer = (sum + 3.0 * median) / (weight + 3.0);
    let of_south = (sum + 3.0 * customer) / (weight + 3.0);
    for told in [
        &live["company_median"],
        &app.get("/runs").await.expect(200)["data"][0]["parameters"]["satisfaction"]["note"]["sentiment"]
            ["slow"],
    ] {
        close(told, median);
    }
    for told in [&live["index"], &view["sentiment"]] {
        close(told, customer);
    }
    let departments = live["departments"].as_array().unwrap();
    assert_eq!(
        departments.len(),
        1,
        "North's words are South's now: {live}"
    );
    assert_eq!(departments[0]["id"], south);
    for told in [&departments[0]["index"], &of(&view, "South")["sentiment"]] {
        close(told, of_south);
    }
    for told in [
        &live["texts"],
        &view["sentiment_texts"],
        &of(&view, "South")["sentiment_texts"],
    ] {
        assert_eq!(told, &json!(7));
    }
    for (live, told) in [("low", "sentiment_low"), ("high", "sentiment_high")] {
        close(
            &app.get(path).await.expect(200)[live],
            view[told].as_f64().unwrap(),
        );
    }

    // What comes late changes the median with the next run only.
    words(&app, 30, (b, office), when, -1.0);
    close(&app.get(path).await.expect(200)["company_median"], median);
    app.state.clock.set(at("2026-05-02T08:00:00").0);
    let median_on = async |day: &str| {
        let path = format!("/customers/ext:t:A/sentiment?as_of={day}");
        app.get(&path).await.expect(200)["company_median"].clone()
    };
    close(&median_on("2026-05-01").await, median);
    assert_eq!(
        median_on("2026-05-02").await,
        Value::Null,
        "too old a run; too little text"
    );
    run(&app, "2026-03-02");
    let later = f64::midpoint(sum / (weight + 3.0), (2.4 - 0.5) / 6.5);
    close(&median_on("2026-03-02").await, later);
}

async fn a_claim_is_open_until_it_is_settled(app: TestApp) {
    ships(&app, "2026-01-05", 8, json!({"claim_amount": 500})).await;
    let customer = id_of(&app, "A").await;
    for id in 1..=6 {
        complaint(&app, id, customer, "2026-01-15T12:00:00", None);
        execute(
            &app,
            &format!(
                "UPDATE complaints SET shipment_id = (SELECT MIN(id) FROM shipments) WHERE id = {id}"
            ),
            vec![],
        );
    }
    let event = |id: i64, kind: &str, day: &str| {
        let when = Bind::Time(at(&format!("{day}T12:00:00")));
        execute(
            &app,
            &format!(
                "INSERT INTO complaint_events (complaint_id, kind, at, actor, created_at) VALUES ({id}, '{kind}', ?, 'key:1', ?)"
            ),
            vec![when.clone(), when],
        );
    };
    for (id, day) in [(1, "2026-01-20"), (2, "2026-01-25"), (3, "2026-02-24")] {
        event(id, "settled", day);
        execute(
            &app,
            &format!("UPDATE complaints SET claim_amount = 500, settled_on = ? WHERE id = {id}"),
            vec![Bind::Date(self::day(day))],
        );
    }
    event(4, "unjustified", "2026-01-20");
    let settlement = async |to: &str| {
        let path = format!("/customers/ext:t:A/kpis?from=2026-01-01&to={to}");
        let kpis = app.get(&path).await.expect(200);
        let data = kpis["data"].as_array().unwrap().clone();
        data.into_iter()
            .find(|one| one["kpi"] == "claim_settlement_days")
    };
    // 5, 10, 40 days ended, two open for 46; the unjustified one is none: survival 4/5, 3/5, 2/5.
    let found = settlement("2026-03-02").await.unwrap();
    assert_eq!(found["observations"], 5);
    close(&found["value"], 40.0);
    // Before the third was settled it was open for 26 days, and so were the two.
    close(&settlement("2026-02-10").await.unwrap()["value"], 26.0);
}

async fn both_sides_of_a_link_are_heard_apart(app: TestApp) {
    ships(&app, "2025-06-02", 12, json!({})).await;
    let (shipper, consignee) = (id_of(&app, "A").await, id_of(&app, "B").await);
    let planner = department(&app, "A", json!({"kind": "planning"})).await;
    let person = contact(&app, "A", Some(planner), None).await;
    survey(&app);
    let asked = Asked {
        id: 1,
        customer: shipper,
        department: Some(planner),
        contact: person,
        link: Some((consignee, "shipper")),
    };
    answers(&app, &asked, &[("overall", 0.1)], "2026-03-02T00:00:00");
    run(&app, "2026-03-03");
    let view = app.get("/links/ext:t:A/ext:t:B/risk").await.expect(200);
    // The account: (.7 + .1)/2 to a day; on the link it counts as three answers beside the one.
    let fresh = (-1.0_f64 / 180.0).exp2();
    let account = (0.7 + fresh * 0.1) / (1.0 + fresh);
    close(
        &view["shipper"]["score"],
        (3.0 * account + fresh * 0.1) / (3.0 + fresh),
    );
    close(&view["shipper"]["answers"], fresh);
    close(&view["consignee"]["score"], 0.7);
    close(&view["consignee"]["answers"], 0.0);
    assert_eq!(view["one_sided"], false);
    assert_eq!(view["shipper"]["customer"]["name"], "A");
    let shippers = view["shipper"]["score"].as_f64().unwrap();
    close(
        &view["satisfaction"],
        2.0 * shippers * 0.7 / (shippers + 0.7),
    );
    close(&view["imbalance"], shippers - 0.7);
}

async fn answers_of_a_removed_department_are_not_lost(app: TestApp) {
    silent_pair(&app).await;
    let old = department(&app, "A", json!({"kind": "warehouse", "name": "North"})).await;
    let office = department(&app, "A", json!({"kind": "finance", "name": "Office"})).await;
    department(&app, "A", json!({"kind": "quality", "name": "Lab"})).await;
    let customer = id_of(&app, "A").await;
    survey(&app);
    for (id, asked, said) in [
        (1, Some(old), &[("overall", 0.2), ("condition", 0.2)][..]),
        // The warehouse's question is not finance's; the open one is.
        (2, Some(office), &[("overall", 0.4), ("condition", 0.0)][..]),
        // Nobody's, and no management to speak for.
        (3, None, &[("overall", 1.0)][..]),
    ] {
        let contact = contact(&app, "A", asked, None).await;
        let asked = Asked {
            id,
            customer,
            department: asked,
            contact,
            link: None,
        };
        answers(&app, &asked, said, "2026-03-02T00:00:00");
    }
    app.delete(&format!("/departments/{old}")).await.expect(204);
    let note = async |app: &TestApp| {
        app.get("/runs").await.expect(200)["data"][0]["parameters"]["satisfaction"]["note"]["answers"].clone()
    };
    run(&app, "2026-03-02");
    assert_eq!(
        note(&app).await,
        json!({"counted": 0, "other_question": 0, "without_department": 0})
    );
    app.state.clock.set(at("2026-03-03T08:00:00").0);
    run(&app, "2026-03-03");
    // None of its kind is left: the account is heard, no score moves.
    assert_eq!(
        note(&app).await,
        json!({"counted": 1, "other_question": 1, "without_department": 3})
    );
    close(
        &of(&satisfaction(&app, "A", "2026-03-03").await, "Office")["survey_score"],
        0.4,
    );

    department(&app, "A", json!({"kind": "warehouse", "name": "South"})).await;
    run(&app, "2026-03-03");
    let view = satisfaction(&app, "A", "2026-03-03").await;
    close(&of(&view, "South")["survey_score"], 0.2);
    assert_eq!(of(&view, "South")["respondents"], 1);
    // The question for warehouses now finds the only one; the open one finds nobody still.
    assert_eq!(
        note(&app).await,
        json!({"counted": 3, "other_question": 1, "without_department": 1})
    );
}

async fn weights_of_zero_leave_an_account_with_a_score(app: TestApp) {
    silent_pair(&app).await;
    for kind in ["warehouse", "finance"] {
        department(&app, "A", json!({"kind": kind, "weight": 0})).await;
    }
    run(&app, "2026-03-02");
    let view = satisfaction(&app, "A", "2026-03-02").await;
    close(&view["score"], 0.7);
    assert_eq!(
        (&view["light"], &view["departments_required"]),
        (&json!("unknown"), &json!(2))
    );
}

async fn an_account_has_a_history(app: TestApp) {
    silent_pair(&app).await;
    for as_of in ["2025-12-01", "2026-01-05", "2026-02-02", "2026-02-02"] {
        run(&app, as_of);
    }
    let rows = app
        .all("/customers/ext:t:A/satisfaction/history?limit=2")
        .await;
    let days: Vec<&str> = rows
        .iter()
        .map(|row| row["as_of"].as_str().unwrap())
        .collect();
    assert_eq!(days, ["2026-02-02", "2026-01-05", "2025-12-01"]);
    assert_eq!(rows[0]["run_id"], 4, "the newest of the date");
    close(&rows[2]["score"], 0.7);
    let view = satisfaction(&app, "A", "2026-02-02").await;
    assert_eq!(view["changes"]["since"], "2026-01-05");
    app.get("/customers/ext:t:Z/satisfaction/history")
        .await
        .expect_problem(404, "not_found");
}

async fn a_limited_key_neither_sees_nor_sets_anything_of_others(app: TestApp) {
    silent_pair(&app).await;
    run(&app, "2026-03-02");
    let key = app.make_key(Scope::ALL, Teams::Only(vec![7]), None);
    for path in [
        "customers/ext:t:A/satisfaction",
        "customers/ext:t:A/satisfaction/history",
        "customers/ext:t:A/kpis",
        "customers/ext:t:A/kpi-targets",
        "links/ext:t:A/ext:t:B/kpis",
        "links/ext:t:A/ext:t:B/risk",
    ] {
        let request = app
            .bare(Method::GET, &format!("/api/v1/{path}"))
            .bearer_auth(&key);
        app.send(request).await.expect_problem(404, "not_found");
    }
    let body = json!({"unacceptable": 0.5, "target": 0.9});
    let put = app
        .bare(Method::PUT, "/api/v1/customers/ext:t:A/kpi-targets/otif")
        .bearer_auth(&key)
        .json(&body);
    app.send(put).await.expect_problem(404, "not_found");
    let reader = app.make_key(&[Scope::Read], Teams::All, None);
    let put = app
        .bare(Method::PUT, "/api/v1/customers/ext:t:A/kpi-targets/otif")
        .bearer_auth(&reader)
        .json(&body);
    app.send(put).await.expect_problem(403, "forbidden");
}
