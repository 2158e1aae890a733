//! Complaints: their life, the customer's own page, causes, files, figures.

use chrono::{DateTime, TimeDelta, Utc};
use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::complaints::store::{ComplaintAt, Values, service};
use hawser::customers::edit::Writer;
use hawser::engagement::file::{LoadError, load};
use hawser::imports::mapping::Format;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::{Reply, on_each_database};
use hawser::mail::mailer::{Mailer, MemoryMailer};
use hawser::mail::outbox::{Post, deliver_due};

on_each_database!(
    only_the_customer_closes_a_complaint,
    forbidden_steps_are_refused_by_name,
    the_customer_confirms_and_reopens_behind_its_link,
    the_page_speaks_the_customers_language,
    forged_links_open_nothing_and_are_slowed_down,
    another_contact_gets_another_link,
    a_mail_that_waits_goes_to_nobody_but_the_contact,
    what_a_complaint_names_must_exist_and_fit,
    a_complaint_handled_elsewhere_comes_with_its_history,
    causes_in_use_are_kept_and_used_no_more,
    a_limited_key_sees_its_customers_complaints_only,
    figures_are_those_of_the_pencil,
    what_was_known_at_a_time_hides_what_came_later,
    a_file_of_complaints_is_written_whole_or_not_at_all,
    what_fits_no_step_any_more_is_passed_on,
    a_late_answer_is_owned_up_to,
    a_claim_is_open_until_it_is_settled,
    a_partner_of_another_team_is_hidden,
    a_complaint_received_after_now_has_lasted_no_time,
    a_repeat_is_one_whatever_the_severity_before,
);

struct Firm {
    customer: i64,
    contact: i64,
}

async fn firm(app: &TestApp, key: &str, language: &str, team: Option<i64>) -> Firm {
    let body = json!({"name": format!("Firm {key}"), "team_id": team, "external_ids": [{"system": "tms", "id": key}]});
    let customer = id(&app.post("/customers", body).await.expect(201));
    let person =
        json!({"name": "Li Wei", "email": format!("li@{key}.example"), "language": language});
    let contact = id(&app
        .post(&format!("/customers/{customer}/contacts"), person)
        .await
        .expect(201));
    Firm { customer, contact }
}

fn id(json: &Value) -> i64 {
    json["id"].as_i64().unwrap()
}

fn complaint(customer: i64, changes: Value) -> Value {
    let mut body = json!({
        "customer": {"id": customer}, "channel": "call", "severity": "high",
        "subject": "Two pallets wet",
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn made(app: &TestApp, body: Value) -> i64 {
    id(&app.post("/complaints", body).await.expect(201))
}

async fn act(app: &TestApp, id: i64, step: &str, body: Value) -> Reply {
    app.post(&format!("/complaints/{id}:{step}"), body).await
}

fn move_clock(app: &TestApp, by: TimeDelta) {
    let now = app.state.clock.now();
    app.state.clock.set(now + by);
}

async fn kinds(app: &TestApp, id: i64) -> Vec<String> {
    let found = app.get(&format!("/complaints/{id}")).await.expect(200);
    let events = found["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect()
}

async fn only_the_customer_closes_a_complaint(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let reply = app
        .post(
            "/complaints",
            complaint(firm.customer, json!({"cause": "damage"})),
        )
        .await;
    assert_eq!(reply.header("etag"), "\"v1\"");
    let found = reply.expect(201);
    let key = &found["external_id"];
    assert_eq!(key["system"], "hawser");
    assert_eq!(key["id"].as_str().unwrap().len(), 36);
    assert_eq!(found["status"], "received");
    // High: 8 hours and 3 days from 2026-03-02 08:00.
    assert_eq!(found["acknowledge_due_at"], "2026-03-02T16:00:00Z");
    assert_eq!(found["answer_due_at"], "2026-03-05T08:00:00Z");
    let number = id(&found);

    act(&app, number, "acknowledge", json!({"text": "We are at it"}))
        .await
        .expect(200);
    move_clock(&app, TimeDelta::hours(5));
    let answered = act(
        &app,
        number,
        "answer",
        json!({"text": "We pay.", "remedy": "New wrapping"}),
    )
    .await
    .expect(200);
    // Nobody to write to: no contact was told.
    assert_eq!(
        (&answered["mailed"], &answered["open"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(answered["acknowledged_at"], "2026-03-02T08:00:00Z");
    assert_eq!(answered["answered_at"], "2026-03-02T13:00:00Z");
    assert_eq!(answered["remedy"], "New wrapping");
    act(&app, number, "confirm", json!({"evidence": "  "}))
        .await
        .expect_problem(422, "invalid");
    let open = app.get("/complaints?open=true").await.expect(200);
    assert_eq!(open["data"].as_array().unwrap().len(), 1);
    let closed = act(
        &app,
        number,
        "confirm",
        json!({"evidence": "Ms Li said so on the phone"}),
    )
    .await
    .expect(200);
    assert_eq!(
        (&closed["status"], &closed["open"]),
        (&json!("confirmed"), &json!(false))
    );
    let again = act(&app, number, "reopen", json!({"reason": "wet again"}))
        .await
        .expect(200);
    assert_eq!(
        (&again["status"], &again["reopened"]),
        (&json!("reopened"), &json!(1))
    );
    assert_eq!(again["confirmed_at"], Value::Null);
    assert_eq!(again["acknowledge_due_at"], "2026-03-02T21:00:00Z");
    let expected = [
        "received",
        "cause",
        "acknowledged",
        "remedy",
        "answered",
        "confirmed",
        "reopened",
    ];
    let mut kinds = kinds(&app, number).await;
    kinds.sort_unstable();
    let mut sorted = expected.map(str::to_owned).to_vec();
    sorted.sort_unstable();
    assert_eq!(kinds, sorted);
    let found = app.get(&format!("/complaints/{number}")).await.expect(200);
    let texts: Vec<&str> = found["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["text"].as_str())
        .collect();
    assert!(texts.contains(&"Ms Li said so on the phone") && texts.contains(&"wet again"));
}

async fn forbidden_steps_are_refused_by_name(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let number = made(&app, complaint(firm.customer, json!({}))).await;
    let word = json!({"evidence": "by phone"});
    act(&app, number, "confirm", word.clone())
        .await
        .expect_problem(409, "not_answered");
    act(&app, number, "reopen", json!({}))
        .await
        .expect_problem(409, "not_answered");
    act(&app, number, "verify-action", json!({}))
        .await
        .expect_problem(409, "no_action");
    act(&app, number, "judge", json!({"justified": false}))
        .await
        .expect_problem(422, "invalid");
    act(&app, number, "acknowledge", json!({}))
        .await
        .expect(200);
    act(&app, number, "acknowledge", json!({}))
        .await
        .expect_problem(409, "already_acknowledged");
    act(&app, number, "answer", json!({"text": ""}))
        .await
        .expect_problem(422, "invalid");
    act(&app, number, "answer", json!({"text": "so"}))
        .await
        .expect(200);
    act(&app, number, "confirm", word.clone()).await.expect(200);
    act(&app, number, "confirm", word.clone())
        .await
        .expect_problem(409, "already_confirmed");
    act(&app, number, "answer", json!({"text": "more"}))
        .await
        .expect_problem(409, "confirmed");
    act(&app, number, "withdraw", word.clone())
        .await
        .expect_problem(409, "confirmed");
    for (body, status) in [
        (json!({"claim_amount": -1}), 422),
        (json!({"claim_amount": 5, "settled_on": "2026-03-03"}), 422),
        (json!({"claim_amount": 5, "settled_on": "2026-02-20"}), 422),
        (json!({"claim_amount": 12_000}), 200),
    ] {
        let reply = act(&app, number, "settle", body).await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    let judged = act(
        &app,
        number,
        "judge",
        json!({"justified": false, "evidence": "photo"}),
    )
    .await
    .expect(200);
    assert_eq!(
        (&judged["justified"], &judged["evidence"]),
        (&json!(false), &json!("photo"))
    );
    assert_eq!(
        (&judged["claim_amount"], &judged["settled_on"]),
        (&json!(12_000), &json!("2026-03-02"))
    );
    let gone = made(&app, complaint(firm.customer, json!({}))).await;
    act(&app, gone, "withdraw", word).await.expect(200);
    for step in ["acknowledge", "reopen", "verify-action"] {
        act(&app, gone, step, json!({}))
            .await
            .expect_problem(409, "withdrawn");
    }
    let stale = app
        .request(Method::POST, &format!("/api/v1/complaints/{number}:reopen"))
        .header("if-match", "\"v1\"");
    app.send(stale)
        .await
        .expect_problem(412, "precondition_failed");
}

/// Answers a complaint and gives the path of the link in the mail.
async fn link(app: &TestApp, number: i64) -> String {
    let answered = act(
        app,
        number,
        "answer",
        json!({"text": "We are sorry.\nWe pay <all>."}),
    )
    .await
    .expect(200);
    assert_eq!(answered["mailed"], true);
    let mails = app.get("/mails?kind=complaint").await.expect(200);
    let mail = id(&mails["data"][0]);
    let mail = app.get(&format!("/mails/{mail}")).await.expect(200);
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("We pay <all>."), "{text}");
    let at = text.find("/c/").unwrap();
    text[at..].split_whitespace().next().unwrap().to_owned()
}

async fn look(app: &TestApp, path: &str) -> Reply {
    app.send(app.bare(Method::GET, path)).await
}

async fn say(app: &TestApp, path: &str, form: &[(&str, &str)]) -> Reply {
    let body: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace(' ', "+")))
        .collect();
    let request = app
        .bare(Method::POST, path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.join("&"));
    app.send(request).await
}

async fn status(app: &TestApp, number: i64) -> Value {
    app.get(&format!("/complaints/{number}")).await.expect(200)["status"].clone()
}

async fn the_customer_confirms_and_reopens_behind_its_link(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let body = json!({"contact_id": firm.contact, "subject": "<b>Wet</b>", "text": "Two & more"});
    let number = made(&app, complaint(firm.customer, body)).await;
    let path = link(&app, number).await;
    let page = look(&app, &path).await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert_eq!(page.header("cache-control"), "no-store");
    for part in [
        "Is it settled?",
        "&#60;b&#62;Wet",
        "Two &#38; more",
        "We pay &#60;all&#62;",
        "Yes, it is settled",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    // Looking changes nothing, however often.
    look(&app, &path).await;
    assert_eq!(status(&app, number).await, "answered");
    assert_eq!(say(&app, &path, &[("said", "maybe")]).await.status, 400);
    assert_eq!(status(&app, number).await, "answered");

    let page = say(&app, &path, &[("said", "settled")]).await;
    assert!(
        page.text.contains("You told us on 2 March 2026"),
        "{}",
        page.text
    );
    assert_eq!(status(&app, number).await, "confirmed");
    // A second click shows how it stands.
    let page = say(&app, &path, &[("said", "settled")]).await;
    assert_eq!(page.status, 200);
    let found = app.get(&format!("/complaints/{number}")).await.expect(200);
    let confirmed: Vec<&Value> = found["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "confirmed")
        .collect();
    assert_eq!(confirmed.len(), 1);
    assert_eq!(confirmed[0]["actor"], format!("contact:{}", firm.contact));

    move_clock(&app, TimeDelta::days(2));
    let long = "x".repeat(5_001);
    let refused = say(&app, &path, &[("said", "unsettled"), ("why", &long)]).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("5,000") && refused.text.contains(&long),
        "{}",
        &refused.text[..3_000]
    );
    let page = say(&app, &path, &[("said", "unsettled"), ("why", "still wet")]).await;
    assert!(page.text.contains("7 March 2026"), "{}", page.text);
    let found = app.get(&format!("/complaints/{number}")).await.expect(200);
    assert_eq!(
        (&found["status"], &found["reopened"]),
        (&json!("reopened"), &json!(1))
    );
    assert_eq!(found["answer_due_at"], "2026-03-07T08:00:00Z");
    let last = found["events"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["kind"], &last["text"]),
        (&json!("reopened"), &json!("still wet"))
    );
    // The same link goes on after the next answer, in the same thread.
    assert_eq!(link(&app, number).await, path);
    let mails = app.get("/mails?kind=complaint").await.expect(200);
    assert_eq!(
        mails["data"][0]["in_reply_to"],
        mails["data"][1]["message_id"]
    );
}

async fn the_page_speaks_the_customers_language(app: TestApp) {
    let firm = firm(&app, "7", "zh-CN", None).await;
    let body = json!({"contact_id": firm.contact, "subject": "货物受潮"});
    let number = made(&app, complaint(firm.customer, body)).await;
    let path = link(&app, number).await;
    let mails = app.get("/mails?kind=complaint").await.expect(200);
    assert_eq!(mails["data"][0]["language"], "zh");
    let page = look(&app, &path).await;
    assert_eq!(page.header("content-language"), "zh");
    assert!(page.text.contains("问题解决了吗？"), "{}", page.text);
    let page = look(&app, &format!("{path}?lang=en")).await;
    assert!(page.text.contains("Is it settled?") && page.text.contains("货物受潮"));
    let page = say(&app, &path, &[("said", "settled")]).await;
    assert!(
        page.text.contains("您于2026年3月2日告诉我们"),
        "{}",
        page.text
    );
}

async fn forged_links_open_nothing_and_are_slowed_down(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let body = json!({"contact_id": firm.contact});
    let number = made(&app, complaint(firm.customer, body)).await;
    let path = link(&app, number).await;
    let last = if path.ends_with('A') { "Q" } else { "A" };
    let forged = format!("{}{last}", &path[..path.len() - 1]);
    let page = look(&app, &forged).await;
    assert_eq!(page.status, 404);
    assert!(!page.text.contains("pallets"));
    assert_eq!(say(&app, &forged, &[("said", "settled")]).await.status, 404);
    assert_eq!(status(&app, number).await, "answered");
    let mut slowed = false;
    for _ in 0..25 {
        slowed |= look(&app, "/c/nonsense").await.status == 429;
    }
    assert!(slowed);
    // Who has the right link is not slowed down.
    assert_eq!(look(&app, &path).await.status, 200);
    app.delete(&format!("/complaints/{number}")).await;
    assert_eq!(look(&app, &path).await.status, 429);
}

async fn another_contact_gets_another_link(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let person = json!({"name": "Eva", "email": "eva@7.example"});
    let path = format!("/customers/{}/contacts", firm.customer);
    let eva = id(&app.post(&path, person).await.expect(201));
    let body = json!({"contact_id": firm.contact});
    let number = made(&app, complaint(firm.customer, body)).await;
    let old = link(&app, number).await;
    app.patch(&format!("/complaints/{number}"), json!({"contact_id": eva}))
        .await
        .expect(200);
    assert_eq!(look(&app, &old).await.status, 404);
    let new = link(&app, number).await;
    assert_ne!(new, old);
    assert_eq!(look(&app, &new).await.status, 200);
}

async fn a_mail_that_waits_goes_to_nobody_but_the_contact(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let number = made(
            &app,
            complaint(firm.customer, json!({"contact_id": firm.contact})),
        )
        .await;
        link(&app, number).await;
        numbers.push(number);
    }
    let person = json!({"name": "Eva", "email": "eva@7.example"});
    let path = format!("/customers/{}/contacts", firm.customer);
    let other = id(&app.post(&path, person).await.expect(201));
    app.patch(
        &format!("/complaints/{}", numbers[0]),
        json!({"contact_id": other}),
    )
    .await
    .expect(200);
    let memory = MemoryMailer::default();
    let from = "claims@firm.example".parse().unwrap();
    let timeout = std::time::Duration::from_secs(5);
    let post = Post::new(Mailer::Memory(memory.clone()), from, timeout);
    deliver_due(&app.state.db, &post, &app.state.clock, 100).unwrap();
    let status = |mail: &Value| (mail["about_id"].clone(), mail["status"].clone());
    let mails = app.all("/mails?kind=complaint&sort=id").await;
    let mails: Vec<_> = mails.iter().map(status).collect();
    assert_eq!(
        mails,
        [
            (json!(numbers[0]), json!("dead")),
            (json!(numbers[1]), json!("sent"))
        ]
    );
    assert_eq!(memory.mails().len(), 1);
}

async fn what_a_complaint_names_must_exist_and_fit(app: TestApp) {
    let firm_a = firm(&app, "7", "en", None).await;
    let firm_b = firm(&app, "8", "en", None).await;
    let shipment = json!({
        "external_id": {"system": "tms", "id": "S1"},
        "shipper": {"external_id": {"system": "tms", "id": "7"}},
        "consignee": {"external_id": {"system": "tms", "id": "8"}},
        "booked_at": "2026-02-01T08:00:00Z",
    });
    let shipment = id(&app.post("/shipments", shipment).await.expect(201));
    for (change, pointer, code) in [
        (json!({"customer": {"id": 999}}), "/customer", "unknown"),
        (json!({"department_id": 999}), "/department_id", "unknown"),
        (
            json!({"contact_id": firm_b.contact}),
            "/contact_id",
            "unknown",
        ),
        (json!({"owner_id": 999}), "/owner_id", "unknown"),
        (json!({"cause": "nope"}), "/cause", "unknown"),
        (json!({"shipment": {"id": 999}}), "/shipment", "unknown"),
        (
            json!({"partner": {"id": firm_a.customer}}),
            "/partner",
            "same",
        ),
        (
            json!({"received_at": "2026-03-02T08:00:01Z"}),
            "/received_at",
            "future",
        ),
        (
            json!({"received_at": "0001-01-01T00:00:00Z"}),
            "/received_at",
            "out_of_range",
        ),
        (json!({"subject": " "}), "/subject", "length"),
        (json!({"subject": "a\nb"}), "/subject", "control_character"),
        (json!({"text": "a\u{0}b"}), "/text", "control_character"),
        (json!({"text": "x".repeat(1 << 20)}), "/text", "length"),
        (
            json!({"confirmed_at": "2026-03-01T00:00:00Z"}),
            "/confirmation",
            "missing",
        ),
    ] {
        let reply = app
            .post("/complaints", complaint(firm_a.customer, change.clone()))
            .await;
        let problem = reply.expect_problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{problem}"
        );
        if code == "length" && pointer == "/text" {
            assert!(
                error["detail"].as_str().unwrap().contains("20000"),
                "{error}"
            );
        }
    }
    let body = json!({"severity": "urgent"});
    app.post("/complaints", complaint(firm_a.customer, body))
        .await
        .expect_problem(400, "bad_value");
    let body = json!({
        "shipment": {"external_id": {"system": "tms", "id": "S1"}}, "partner": {"id": firm_b.customer},
        "text": " first\r\nsecond ",
    });
    let found = app
        .post("/complaints", complaint(firm_a.customer, body))
        .await
        .expect(201);
    assert_eq!(
        (&found["shipment_id"], &found["text"]),
        (&json!(shipment), &json!("first\nsecond"))
    );
    // What follows another severity are other deadlines, and another customer takes nothing along.
    let path = format!("/complaints/{}", id(&found));
    let changed = app
        .patch(&path, json!({"severity": "critical"}))
        .await
        .expect(200);
    assert_eq!(changed["answer_due_at"], "2026-03-03T08:00:00Z");
    app.patch(&path, json!({"acknowledged_at": "2026-03-02T08:00:00Z"}))
        .await
        .expect_problem(409, "life_by_actions");
    app.patch(&path, json!({"status": "confirmed"}))
        .await
        .expect_problem(400, "unknown_field");
}

async fn a_complaint_handled_elsewhere_comes_with_its_history(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let body = complaint(
        firm.customer,
        json!({
            "external_id": {"system": "crm", "id": "K-1"}, "received_at": "2026-02-01T08:00:00Z",
            "acknowledged_at": "2026-02-01T09:00:00Z", "answered_at": "2026-02-02T08:00:00Z",
            "confirmed_at": "2026-02-03T08:00:00Z", "confirmation": "mail of 3 February",
        }),
    );
    let mut wrong = body.clone();
    wrong["answered_at"] = json!("2026-02-01T08:30:00Z");
    let problem = app
        .post("/complaints", wrong)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/answered_at");
    let found = app
        .put("/complaints/ext:crm:K-1", body.clone())
        .await
        .expect(201);
    assert_eq!(
        (&found["status"], &found["open"]),
        (&json!("confirmed"), &json!(false))
    );
    // The same once more is nothing new.
    let again = app
        .put("/complaints/ext:crm:K-1", body.clone())
        .await
        .expect(200);
    assert_eq!(again["version"], 1);
    let mut other = body;
    other["confirmed_at"] = json!("2026-02-04T08:00:00Z");
    app.put("/complaints/ext:crm:K-1", other)
        .await
        .expect_problem(409, "life_by_actions");
    assert_eq!(
        kinds(&app, id(&found)).await,
        ["received", "acknowledged", "answered", "confirmed"]
    );
}

async fn causes_in_use_are_kept_and_used_no_more(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let all = app.get("/complaint-causes").await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), 8);
    let names = json!({"name_en": "Wet goods", "name_zh": "受潮"});
    app.put("/complaint-causes/Wet", names.clone())
        .await
        .expect_problem(422, "invalid");
    app.put(
        "/complaint-causes/wet",
        json!({"name_en": "", "name_zh": "受潮"}),
    )
    .await
    .expect_problem(422, "invalid");
    app.put("/complaint-causes/wet", names.clone())
        .await
        .expect(201);
    app.put("/complaint-causes/idle", names.clone())
        .await
        .expect(201);
    app.put("/complaint-causes/wet", names).await.expect(200);
    let number = made(&app, complaint(firm.customer, json!({"cause": "wet"}))).await;
    assert_eq!(app.delete("/complaint-causes/wet").await.status, 204);
    assert_eq!(app.delete("/complaint-causes/idle").await.status, 204);
    app.delete("/complaint-causes/idle")
        .await
        .expect_problem(404, "not_found");
    let all = app.get("/complaint-causes").await.expect(200);
    let wet = all
        .as_array()
        .unwrap()
        .iter()
        .find(|cause| cause["code"] == "wet")
        .unwrap();
    assert_eq!(wet["active"], false);
    app.post(
        "/complaints",
        complaint(firm.customer, json!({"cause": "wet"})),
    )
    .await
    .expect_problem(422, "invalid");
    let path = format!("/complaints/{number}");
    let kept = app
        .patch(&path, json!({"subject": "Other"}))
        .await
        .expect(200);
    assert_eq!(kept["cause"], "wet");
}

async fn a_limited_key_sees_its_customers_complaints_only(app: TestApp) {
    let team = id(&app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201));
    let (ours, theirs) = (
        firm(&app, "7", "en", Some(team)).await,
        firm(&app, "8", "en", None).await,
    );
    let own = made(&app, complaint(ours.customer, json!({}))).await;
    let hidden = made(&app, complaint(theirs.customer, json!({}))).await;
    let key = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![team]), None);
    let send = async |method: Method, path: String, body: Value| {
        let request = app
            .bare(method, &format!("/api/v1{path}"))
            .bearer_auth(&key);
        app.send(request.json(&body)).await
    };
    let list = send(Method::GET, "/complaints".into(), json!({}))
        .await
        .expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(id(&list["data"][0]), own);
    for (method, path) in [
        (Method::GET, format!("/complaints/{hidden}")),
        (Method::PATCH, format!("/complaints/{hidden}")),
        (Method::POST, format!("/complaints/{hidden}:acknowledge")),
        (Method::DELETE, format!("/complaints/{hidden}")),
        (
            Method::GET,
            format!("/complaints/figures?customer={}", theirs.customer),
        ),
    ] {
        send(method, path, json!({}))
            .await
            .expect_problem(404, "not_found");
    }
    let foreign = complaint(theirs.customer, json!({}));
    send(Method::POST, "/complaints".into(), foreign)
        .await
        .expect_problem(422, "invalid");
    let figures = send(Method::GET, "/complaints/figures".into(), json!({}))
        .await
        .expect(200);
    assert_eq!(figures["complaints"], 1);
    let names = json!({"name_en": "Wet", "name_zh": "湿"});
    send(Method::PUT, "/complaint-causes/wet".into(), names)
        .await
        .expect_problem(403, "forbidden");
    let reader = app.make_key(&[Scope::Read], Teams::All, None);
    let request = app
        .bare(
            Method::POST,
            &format!("/api/v1/complaints/{own}:acknowledge"),
        )
        .bearer_auth(&reader);
    app.send(request).await.expect_problem(403, "forbidden");
}

fn near(got: &Value, want: f64) {
    let got = got.as_f64().unwrap();
    assert!(
        (got - want).abs() < 1e-3 * want.abs().max(1e-6),
        "{got}, not {want}"
    );
}

fn share(got: &Value, hits: u64, n: u64) {
    assert_eq!(
        (&got["hits"], &got["n"]),
        (&json!(hits), &json!(n)),
        "{got}"
    );
    near(&got["share"], hits as f64 / n as f64);
}

async fn shipments(app: &TestApp, count: usize) {
    let all: Vec<Value> = (0..count)
        .map(|place| {
            json!({
                "external_id": {"system": "tms", "id": format!("S{place}")},
                "shipper": {"external_id": {"system": "tms", "id": "7"}},
                "consignee": {"external_id": {"system": "tms", "id": "8"}},
                "booked_at": format!("2026-02-{:02}T08:00:00Z", 1 + place % 20),
                "delivered_at": format!("2026-02-{:02}T08:00:00Z", 3 + place % 20),
                "promised_to": format!("2026-02-{:02}T08:00:00Z", 4 + place % 20),
                "in_full": true,
            })
        })
        .collect();
    app.post("/shipments:batch", json!(all)).await.expect(200);
}

async fn figures_are_those_of_the_pencil(app: TestApp) {
    let firm_a = firm(&app, "7", "en", None).await;
    firm(&app, "8", "en", None).await;
    shipments(&app, 40).await;
    let first = complaint(
        firm_a.customer,
        json!({
            "cause": "damage", "action": "wrap", "received_at": "2026-01-05T08:00:00Z",
            "acknowledged_at": "2026-01-05T10:00:00Z", "answered_at": "2026-01-06T08:00:00Z",
            "confirmed_at": "2026-01-07T08:00:00Z", "confirmation": "mail",
        }),
    );
    let first = made(&app, first).await;
    act(
        &app,
        first,
        "judge",
        json!({"justified": false, "evidence": "photo"}),
    )
    .await
    .expect(200);
    act(&app, first, "verify-action", json!({}))
        .await
        .expect(200);
    for body in [
        json!({
            "cause": "damage", "received_at": "2026-02-01T08:00:00Z",
            "acknowledged_at": "2026-02-01T20:00:00Z", "answered_at": "2026-02-10T08:00:00Z",
        }),
        json!({"cause": "late", "severity": "medium", "received_at": "2026-02-20T08:00:00Z"}),
        json!({"severity": "low", "received_at": "2026-03-02T07:00:00Z"}),
    ] {
        made(&app, complaint(firm_a.customer, body)).await;
    }
    let taken_back = made(&app, complaint(firm_a.customer, json!({"cause": "late"}))).await;
    act(&app, taken_back, "withdraw", json!({"evidence": "phone"}))
        .await
        .expect(200);

    let found = app.get("/complaints/figures").await.expect(200);
    assert_eq!(
        (&found["from"], &found["to"]),
        (&json!("2025-03-04"), &json!("2026-03-03"))
    );
    assert_eq!(
        (&found["complaints"], &found["withdrawn"], &found["open"]),
        (&json!(4), &json!(1), &json!(3))
    );
    assert_eq!(found["shipments"], 40);
    // 4 of 40; χ²(0.05; 8) = 2.7326 and χ²(0.95; 10) = 18.307 in any table, halved and times 25.
    near(&found["rate"]["per_1000"], 100.0);
    near(&found["rate"]["low"], 2.7326 / 2.0 * 25.0);
    near(&found["rate"]["high"], 18.307 / 2.0 * 25.0);
    // 1 h open, 2 h, 12 h, 240 h open: 2/3 last longer than 2 h, 1/3 longer than 12 h.
    assert_eq!(
        found["first_response_hours"],
        json!({"median": 12.0, "ended": 2, "n": 4})
    );
    assert_eq!(
        found["confirmation_days"],
        json!({"median": null, "ended": 1, "n": 4})
    );
    share(&found["acknowledged_in_time"], 1, 3);
    share(&found["answered_in_time"], 1, 3);
    share(&found["reopened"], 0, 2);
    share(&found["closed_loop"], 1, 3);
    share(&found["repeated"], 1, 3);
    share(&found["unjustified"], 1, 1);
    share(&found["action_verified"], 1, 1);
    assert_eq!(found["recovery"], Value::Null);
    let periods = found["periods"].as_array().unwrap();
    assert_eq!(periods.len(), 13);
    let total: u64 = periods
        .iter()
        .map(|period| period["complaints"].as_u64().unwrap())
        .sum();
    assert_eq!(total, 4);

    // Only complaints count that are asked for; the repeat is known from before the range.
    let found = app
        .get("/complaints/figures?from=2026-02-01&to=2026-03-01&cause=damage&severity=high&customer=ext:tms:7")
        .await
        .expect(200);
    assert_eq!(found["complaints"], 1);
    share(&found["repeated"], 1, 1);
    assert_eq!(
        found["unjustified"],
        json!({"share": null, "hits": 0, "n": 0})
    );
    for bad in [
        "from=2026-03-01&to=2026-03-01",
        "from=1900-01-01&to=2100-01-01",
    ] {
        app.get(&format!("/complaints/figures?{bad}"))
            .await
            .expect_problem(422, "invalid");
    }
    app.get("/complaints/figures?colour=red")
        .await
        .expect_problem(400, "bad_parameter");
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

async fn what_was_known_at_a_time_hides_what_came_later(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let body = json!({"received_at": "2026-03-01T08:00:00Z"});
    let number = made(&app, complaint(firm.customer, body)).await;
    act(&app, number, "answer", json!({"text": "so"}))
        .await
        .expect(200);
    move_clock(&app, TimeDelta::days(1));
    act(&app, number, "confirm", json!({"evidence": "phone"}))
        .await
        .expect(200);
    act(&app, number, "settle", json!({"claim_amount": 700}))
        .await
        .expect(200);
    move_clock(&app, TimeDelta::days(1));
    act(&app, number, "reopen", json!({})).await.expect(200);
    let known = |until: &str| -> Vec<ComplaintAt> {
        let (from, until) = (at("2026-02-01T00:00:00Z").into(), at(until).into());
        app.state
            .db
            .read_now(|conn| service(conn, None, (from, until)))
            .unwrap()
    };
    assert!(known("2026-03-01T08:00:00Z").is_empty());
    let early = &known("2026-03-02T00:00:00Z")[0];
    assert_eq!(
        (
            early.first_response_at,
            early.confirmed_at,
            early.claim_amount
        ),
        (None, None, None)
    );
    let later = &known("2026-03-03T09:00:00Z")[0];
    assert_eq!(later.answered_at, Some(at("2026-03-02T08:00:00Z").into()));
    assert_eq!(later.confirmed_at, Some(at("2026-03-03T08:00:00Z").into()));
    assert_eq!(later.claim_amount, Some(700));
    assert_eq!(known("2026-03-05T00:00:00Z")[0].confirmed_at, None);
}

async fn a_file_of_complaints_is_written_whole_or_not_at_all(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let head = "external_id,external_system,customer.external_id,customer.external_system,channel,severity,subject,received_at\n";
    let good = format!(
        "{head}K1,crm,7,tms,mail,low,Late,2026-02-01T08:00:00Z\nK2,crm,7,tms,call,high,Wet,2026-02-02T08:00:00Z\n"
    );
    let bad = format!(
        "{head}K3,crm,7,tms,mail,low,Late,2026-02-01T08:00:00Z\nK4,crm,7,tms,call,urgent,Wet,2026-04-02T08:00:00Z\n"
    );
    let writer = Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now: app.state.clock.now().into(),
    };
    let load = |text: &str| {
        app.state.db.write_now(|conn| {
            load::<Values>(conn, &writer, (text.as_bytes(), Format::Csv, "f.csv"))
        })
    };
    let refused = load(&bad).unwrap_err();
    assert!(
        matches!(refused, LoadError::Refused { count: 1, .. }),
        "{refused}"
    );
    assert_eq!(load(&good).unwrap().created, 2);
    assert_eq!(load(&good).unwrap().unchanged, 2);
    let list = app
        .get(&format!("/complaints?customer_id={}", firm.customer))
        .await
        .expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
}

/// What happened to a complaint of this kind: who said what.
async fn said(app: &TestApp, number: i64, kind: &str) -> Vec<(String, String)> {
    let found = app.get(&format!("/complaints/{number}")).await.expect(200);
    let events = found["events"].as_array().unwrap();
    let text = |event: &Value, member: &str| event[member].as_str().unwrap_or_default().to_owned();
    events
        .iter()
        .filter(|event| event["kind"] == kind)
        .map(|event| (text(event, "actor"), text(event, "text")))
        .collect()
}

async fn what_fits_no_step_any_more_is_passed_on(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let body = json!({"contact_id": firm.contact});
    let number = made(&app, complaint(firm.customer, body)).await;
    let path = link(&app, number).await;
    // A colleague was quicker.
    act(&app, number, "reopen", json!({"reason": "phone"}))
        .await
        .expect(200);
    let unsettled =
        async |why: &str| say(&app, &path, &[("said", "unsettled"), ("why", why)]).await;
    let page = unsettled("still wet").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("passed on"), "{}", page.text);
    let contact = format!("contact:{}", firm.contact);
    let first = (contact.clone(), "still wet".to_owned());
    assert_eq!(
        said(&app, number, "note").await,
        std::slice::from_ref(&first)
    );
    assert_eq!(status(&app, number).await, "reopened");
    // A fuller reason is another one; a second click without any is nothing.
    unsettled("wet and late").await;
    let page = unsettled("  ").await;
    assert!(!page.text.contains("passed on"), "{}", page.text);
    let second = (contact.clone(), "wet and late".to_owned());
    assert_eq!(said(&app, number, "note").await, [first, second]);
    act(&app, number, "withdraw", json!({"evidence": "phone"}))
        .await
        .expect(200);
    let page = say(
        &app,
        &format!("{path}?lang=zh"),
        &[("said", "unsettled"), ("why", "never")],
    )
    .await;
    assert!(page.text.contains("已转交"), "{}", page.text);
    assert_eq!(status(&app, number).await, "withdrawn");
    let notes = said(&app, number, "note").await;
    assert_eq!(notes.last(), Some(&(contact, "never".to_owned())));
    let log = app.all("/audit?entity=complaint").await;
    let noted = log.iter().filter(|deed| deed["action"] == "note");
    assert_eq!(noted.count(), 3, "{log:?}");
}

async fn a_late_answer_is_owned_up_to(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let body = json!({"contact_id": firm.contact});
    let number = made(&app, complaint(firm.customer, body)).await;
    let path = link(&app, number).await;
    let mails = app.get("/mails?kind=complaint").await.expect(200);
    let mail = id(&mails["data"][0]);
    let mail = app.get(&format!("/mails/{mail}")).await.expect(200);
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("\n\nThank you for telling us"), "{text}");
    act(&app, number, "reopen", json!({})).await.expect(200);
    // High: three days from 2026-03-02 08:00.
    let page = look(&app, &path).await;
    let in_time = "You will have our answer by 5 March 2026.";
    assert!(page.text.contains(in_time), "{}", page.text);
    move_clock(&app, TimeDelta::days(3) + TimeDelta::seconds(1));
    let page = look(&app, &path).await;
    assert!(
        !page.text.contains(in_time) && page.text.contains("we are late, and we are sorry"),
        "{}",
        page.text
    );
    let page = look(&app, &format!("{path}?lang=zh")).await;
    assert!(page.text.contains("非常抱歉"), "{}", page.text);
}

async fn a_claim_is_open_until_it_is_settled(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    let body = complaint(
        firm.customer,
        json!({"external_id": {"system": "crm", "id": "K-1"}, "claim_amount": 70_000}),
    );
    let found = app
        .put("/complaints/ext:crm:K-1", body.clone())
        .await
        .expect(201);
    assert_eq!(
        (&found["claim_amount"], &found["settled_on"]),
        (&json!(70_000), &Value::Null)
    );
    for amount in [-1, 1_000_000_000_000_001_i64] {
        let mut wrong = body.clone();
        wrong["claim_amount"] = json!(amount);
        let problem = app
            .post("/complaints", wrong)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/claim_amount");
    }
    let number = id(&found);
    // Less was paid than was claimed.
    let settled = act(&app, number, "settle", json!({"claim_amount": 50_000}))
        .await
        .expect(200);
    assert_eq!(
        (&settled["claim_amount"], &settled["settled_on"]),
        (&json!(70_000), &json!("2026-03-02"))
    );
    let (_, text) = said(&app, number, "settled").await.remove(0);
    assert_eq!(text, "50000 on 2026-03-02");
    // The same once more is nothing new, and what was settled does not vanish with what is not told.
    let again = app
        .put("/complaints/ext:crm:K-1", body.clone())
        .await
        .expect(200);
    assert_eq!(again["version"], settled["version"]);
    let mut untold = body;
    untold["claim_amount"] = Value::Null;
    let kept = app.put("/complaints/ext:crm:K-1", untold).await.expect(200);
    assert_eq!(kept["claim_amount"], 70_000);

    // As claimed where nothing else is told, and as paid where nothing was claimed.
    let number = made(&app, complaint(firm.customer, json!({}))).await;
    act(&app, number, "settle", json!({}))
        .await
        .expect_problem(422, "invalid");
    let paid = act(&app, number, "settle", json!({"claim_amount": 300}))
        .await
        .expect(200);
    assert_eq!(paid["claim_amount"], 300);
    let path = format!(
        "/complaints/{}",
        made(&app, complaint(firm.customer, json!({}))).await
    );
    let told = app
        .patch(&path, json!({"claim_amount": 900}))
        .await
        .expect(200);
    assert_eq!(told["claim_amount"], 900);
    let settled = act(&app, id(&told), "settle", json!({})).await.expect(200);
    assert_eq!(
        (&settled["claim_amount"], &settled["settled_on"]),
        (&json!(900), &json!("2026-03-02"))
    );

    let file = "external_id,external_system,customer.external_id,customer.external_system,channel,severity,subject,claim_amount\nK-9,crm,7,tms,mail,low,Late,1200\n";
    let writer = Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now: app.state.clock.now().into(),
    };
    app.state
        .db
        .write_now(|conn| load::<Values>(conn, &writer, (file.as_bytes(), Format::Csv, "f.csv")))
        .unwrap();
    let found = app.get("/complaints/ext:crm:K-9").await.expect(200);
    assert_eq!(found["claim_amount"], 1_200);
}

async fn a_partner_of_another_team_is_hidden(app: TestApp) {
    let team = id(&app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201));
    let (ours, theirs) = (
        firm(&app, "7", "en", Some(team)).await,
        firm(&app, "8", "en", None).await,
    );
    let body = json!({"partner": {"id": theirs.customer}});
    let number = made(&app, complaint(ours.customer, body)).await;
    let path = format!("/complaints/{number}");
    let whole = app.get(&path).await.expect(200);
    assert_eq!(whole["partner_id"], theirs.customer);
    let key = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![team]), None);
    let send = async |method: Method, path: &str, body: Value| {
        let request = app
            .bare(method, &format!("/api/v1{path}"))
            .bearer_auth(&key);
        app.send(request.json(&body)).await.expect(200)
    };
    let list = send(Method::GET, "/complaints", json!({})).await;
    assert_eq!(list["data"][0]["partner_id"], Value::Null);
    let shown = send(Method::GET, &path, json!({})).await;
    assert_eq!(shown["partner_id"], Value::Null);
    let changed = send(Method::PATCH, &path, json!({"subject": "Three"})).await;
    assert_eq!(changed["partner_id"], Value::Null);
    let step = format!("{path}:acknowledge");
    let step = send(Method::POST, &step, json!({})).await;
    assert_eq!(step["partner_id"], Value::Null);
    // Hidden is not gone.
    let whole = app.get(&path).await.expect(200);
    assert_eq!(whole["partner_id"], theirs.customer);
}

async fn a_complaint_received_after_now_has_lasted_no_time(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    made(&app, complaint(firm.customer, json!({}))).await;
    // Figures look at the clock first and at the complaints then.
    move_clock(&app, TimeDelta::seconds(-1));
    let found = app.get("/complaints/figures").await.expect(200);
    assert_eq!(
        found["first_response_hours"],
        json!({"median": null, "ended": 0, "n": 1})
    );
}

async fn a_repeat_is_one_whatever_the_severity_before(app: TestApp) {
    let firm = firm(&app, "7", "en", None).await;
    for (severity, day) in [("low", "01"), ("high", "10")] {
        let body = json!({
            "severity": severity, "cause": "damage", "received_at": format!("2026-02-{day}T08:00:00Z"),
        });
        made(&app, complaint(firm.customer, body)).await;
    }
    let found = app
        .get("/complaints/figures?severity=high")
        .await
        .expect(200);
    assert_eq!(
        (&found["complaints"], &found["open"]),
        (&json!(1), &json!(1))
    );
    share(&found["repeated"], 1, 1);
    let found = app
        .get("/complaints/figures?severity=low")
        .await
        .expect(200);
    share(&found["repeated"], 0, 1);
}
