//! Webhooks: what receivers get, and what becomes of it when they do not take it.

mod receiver;

use std::cell::Cell;
use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::alerts::model::{AlertDeed, AlertSeverity, AlertState};
use hawser::alerts::store::history::{self, Change};
use hawser::assessment::AssessmentError;
use hawser::assessment::run::assess;
use hawser::db::select::{Statement, Value as Bind};
use hawser::db::{DbError, UtcTime};
use hawser::ids::AlertId;
use hawser::webhooks::deliver::{Delivered, deliver_due, deliver_while, forget_old};
use hawser::webhooks::sender::Sender;
use hawser::webhooks::store::deliveries as store;
use hawser::webhooks::worker::Worker;
use hawser::webhooks::{EventType, NewEvent, emit};
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;
use receiver::{Receiver, Then};

on_each_database!(
    what_arrives_is_signed_so_that_the_public_library_accepts_it,
    while_a_secret_is_rotated_both_sign,
    a_failure_is_tried_again_with_the_same_id,
    a_hanging_receiver_holds_up_nobody_else,
    six_workers_are_not_held_up_by_one_endpoint,
    who_does_not_answer_in_time_is_tried_again,
    redirects_are_not_followed,
    whoever_is_gone_is_switched_off_until_somebody_enables_it,
    private_addresses_are_refused,
    an_endpoint_from_laxer_days_is_not_reached,
    two_workers_at_once_deliver_once,
    a_worker_that_died_is_followed_by_another,
    clocks_that_jump_hold_nothing_up,
    failures_count_only_against_the_address_that_failed,
    two_writers_at_once_both_count,
    endpoints_hear_what_they_want_of_their_team,
    keys_see_and_write_endpoints_of_their_teams,
    what_is_rolled_back_is_told_to_nobody,
    a_receiver_is_given_up_after_three_days_and_switched_off_after_five,
    a_receiver_may_ask_for_patience,
    answers_are_read_and_kept_in_part,
    a_cloud_event_is_one,
    alerts_are_told_but_for_mere_figures,
    runs_imports_and_customers_are_told,
    old_events_are_forgotten_unless_somebody_waits,
    webhooks_are_written_with_conditions_and_on_record,
    a_repeated_request_is_told_no_secret,
    a_merge_is_told_once_to_each_endpoint_of_both_teams,
);

/// Another server on the same database, which may reach this machine.
async fn open(app: &TestApp) -> TestApp {
    app.again_with(&[
        ("webhook_allow_private", "true"),
        ("webhook_timeout_seconds", "1"),
        ("public_url", "https://hawser.firm.example"),
    ])
    .await
}

async fn add(app: &TestApp, url: &str, more: Value) -> (i64, String) {
    let mut body = json!({"name": "CRM", "url": url});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = app.post("/webhooks", body).await.expect(201);
    let secret = made["secret"].as_str().unwrap().to_owned();
    (made["id"].as_i64().unwrap(), secret)
}

/// Queues an event of this type about no customer.
fn happen(app: &TestApp, kind: EventType) {
    let event = NewEvent {
        kind,
        customer: None,
        team: None,
        data: json!({"id": 7}),
    };
    let now = app.state.clock.now().into();
    app.state
        .db
        .write_now(|conn| emit(conn, &event, now))
        .unwrap();
}

fn deliver(app: &TestApp) -> Delivered {
    deliver_due(&app.state, &Sender::new(&app.state.config.webhooks)).unwrap()
}

fn later(app: &TestApp, by: TimeDelta) {
    app.state.clock.set(app.state.clock.now() + by);
}

/// So many delivered, to be tried again, given up.
fn counts(delivered: u64, retried: u64, dead: u64) -> Delivered {
    Delivered {
        delivered,
        retried,
        dead,
    }
}

async fn deliveries(app: &TestApp, webhook: i64) -> Vec<Value> {
    app.all(&format!("/webhooks/{webhook}/deliveries?sort=id"))
        .await
}

async fn detail(app: &TestApp, delivery: &Value) -> Value {
    let path = format!("/webhook-deliveries/{}", delivery["id"]);
    app.get(&path).await.expect(200)
}

async fn what_arrives_is_signed_so_that_the_public_library_accepts_it(app: TestApp) {
    let app = &open(&app).await;
    // The library compares with the machine's clock.
    app.state.clock.set(Utc::now());
    let receiver = Receiver::start();
    let (id, secret) = add(app, &receiver.url, json!({"events": ["alert.opened"]})).await;
    let queued = app
        .post(&format!("/webhooks/{id}:test"), json!({}))
        .await
        .expect(202);
    assert_eq!(queued["status"], "queued");
    assert_eq!(deliver(app), counts(1, 0, 0));

    let got = receiver.got().remove(0);
    got.verify(&secret).unwrap();
    assert_eq!(got.header("webhook-id"), queued["event_id"]);
    assert!(got.header("webhook-id").starts_with("msg_"));
    assert!(!got.header("webhook-id").contains('.'));
    assert_eq!(got.header("content-type"), "application/json");
    let told = got.json();
    assert_eq!(told["type"], "webhook.test");
    assert_eq!(told["data"]["id"], id);

    let mut forged = got.clone();
    forged.body = forged.body.replace("webhook.test", "alert.opened");
    assert!(forged.verify(&secret).is_err());
    let (_, other) = add(app, &receiver.url, json!({})).await;
    assert!(got.verify(&other).is_err());

    let shown = detail(app, &queued).await;
    assert_eq!(shown["status"], "delivered");
    assert_eq!(shown["payload"], told);
    assert_eq!(shown["attempts_made"][0]["code"], 200);
    assert_eq!(shown["attempts_made"][0]["answer"], "thanks");
}

async fn while_a_secret_is_rotated_both_sign(app: TestApp) {
    let app = &open(&app).await;
    app.state.clock.set(Utc::now());
    let receiver = Receiver::start();
    let (id, old) = add(app, &receiver.url, json!({})).await;
    let path = format!("/webhooks/{id}:rotate");
    let rotated = app
        .post(&path, json!({"overlap_hours": 1}))
        .await
        .expect(200);
    let new = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    happen(app, EventType::RunDone);
    deliver(app);
    let both = receiver.got().remove(0);
    assert_eq!(both.header("webhook-signature").split(' ').count(), 2);
    both.verify(&old).unwrap();
    both.verify(&new).unwrap();

    // At once: the one before ends now.
    let rotated = app
        .post(&path, json!({"overlap_hours": 0}))
        .await
        .expect(200);
    happen(app, EventType::RunDone);
    deliver(app);
    let one = receiver.got().remove(1);
    assert_eq!(one.header("webhook-signature").split(' ').count(), 1);
    one.verify(rotated["secret"].as_str().unwrap()).unwrap();
    assert!(one.verify(&new).is_err() && one.verify(&old).is_err());
    assert_eq!(kept(app, "old_secret"), 0, "nothing signs with it any more");
    app.post(&path, json!({"overlap_hours": 721}))
        .await
        .expect_problem(422, "invalid");
    // Without a word: 24 hours.
    let usual = app.post(&path, Value::Null).await;
    assert_eq!(usual.status, 400, "null is no rotation");
    let usual = app
        .send(app.request(Method::POST, &format!("/api/v1{path}")))
        .await
        .expect(200);
    let until: chrono::DateTime<Utc> =
        serde_json::from_value(usual["old_secret_until"].clone()).unwrap();
    assert_eq!(
        until.timestamp_micros(),
        (app.state.clock.now() + TimeDelta::hours(24)).timestamp_micros()
    );
    forget_old(&app.state).unwrap();
    assert_eq!(kept(app, "old_secret"), 1);
    later(app, TimeDelta::hours(24));
    forget_old(&app.state).unwrap();
    assert_eq!(
        (kept(app, "old_secret"), kept(app, "old_secret_until")),
        (0, 0)
    );
}

async fn a_failure_is_tried_again_with_the_same_id(app: TestApp) {
    let app = &open(&app).await;
    let receiver = Receiver::start();
    receiver.then([Then::Answer(500, "", "no"), Then::Break]);
    let (id, _) = add(app, &receiver.url, json!({})).await;
    happen(app, EventType::RunDone);
    assert_eq!(deliver(app), counts(0, 1, 0));
    assert_eq!(deliver(app), counts(0, 0, 0), "not before its time");
    // Five seconds, and a tenth of jitter at most.
    later(app, TimeDelta::seconds(6));
    assert_eq!(deliver(app), counts(0, 1, 0));
    later(app, TimeDelta::seconds(299));
    assert_eq!(deliver(app), counts(0, 0, 0), "not before its time");
    later(app, TimeDelta::seconds(32));
    assert_eq!(deliver(app), counts(1, 0, 0));

    let got = receiver.got();
    let ids: BTreeSet<&str> = got
        .iter()
        .map(|request| request.header("webhook-id"))
        .collect();
    let times: BTreeSet<&str> = got
        .iter()
        .map(|one| one.header("webhook-timestamp"))
        .collect();
    let bodies: BTreeSet<&str> = got.iter().map(|one| one.body.as_str()).collect();
    assert_eq!(
        (got.len(), ids.len(), times.len(), bodies.len()),
        (3, 1, 3, 1)
    );
    let list = deliveries(app, id).await;
    assert_eq!(list[0]["attempts"], 3);
    let shown = detail(app, &list[0]).await;
    let made = shown["attempts_made"].as_array().unwrap();
    let codes: Vec<_> = made.iter().map(|one| one["code"].clone()).collect();
    assert_eq!(codes, [json!(500), Value::Null, json!(200)]);
    assert!(made[1]["error"].is_string(), "{shown}");
}

async fn a_hanging_receiver_holds_up_nobody_else(app: TestApp) {
    let app = &app
        .again_with(&[
            ("webhook_allow_private", "true"),
            ("webhook_timeout_seconds", "30"),
        ])
        .await;
    let (hanging, good) = (Receiver::start(), Receiver::start());
    hanging.then([Then::Hang]);
    add(app, &hanging.url, json!({})).await;
    add(app, &good.url, json!({})).await;
    for _ in 0..3 {
        happen(app, EventType::RunDone);
    }
    let state = app.state.clone();
    let other = std::thread::spawn(move || {
        let sender = Sender::new(&state.config.webhooks);
        // One request: the hanging receiver's, which was queued first.
        let once = Cell::new(true);
        deliver_while(&state, &sender, || once.replace(false)).unwrap()
    });
    hanging.wait_for(1);
    // While that one waits, everything for the other goes out, and nothing more for the first.
    assert_eq!(deliver(app), counts(3, 0, 0));
    assert_eq!((hanging.got().len(), good.got().len()), (1, 3));
    hanging.release();
    assert_eq!(other.join().unwrap(), counts(0, 1, 0));
    assert_eq!(deliver(app), counts(2, 0, 0));
}

async fn six_workers_are_not_held_up_by_one_endpoint(app: TestApp) {
    let app = &app
        .again_with(&[
            ("webhook_allow_private", "true"),
            ("webhook_timeout_seconds", "30"),
        ])
        .await;
    let (hanging, good) = (Receiver::start(), Receiver::start());
    hanging.then(vec![Then::Hang; 20]);
    add(app, &hanging.url, json!({"events": ["run.done"]})).await;
    add(app, &good.url, json!({"events": ["run.failed"]})).await;
    for _ in 0..20 {
        happen(app, EventType::RunDone);
    }
    for _ in 0..3 {
        happen(app, EventType::RunFailed);
    }
    let worker = Worker::start(&app.state).unwrap();
    assert_eq!(good.wait_for(3).len(), 3);
    assert_eq!(hanging.got().len(), 1);
    hanging.release();
    drop(worker);
}

async fn who_does_not_answer_in_time_is_tried_again(app: TestApp) {
    let app = &open(&app).await;
    let receiver = Receiver::start();
    receiver.then([Then::Hang]);
    let (id, _) = add(app, &receiver.url, json!({})).await;
    happen(app, EventType::RunDone);
    assert_eq!(deliver(app), counts(0, 1, 0));
    let list = deliveries(app, id).await;
    assert_eq!(list[0]["last_error"], "no answer within 1 s");
    later(app, TimeDelta::seconds(6));
    assert_eq!(deliver(app), counts(1, 0, 0));
}

async fn redirects_are_not_followed(app: TestApp) {
    let app = &open(&app).await;
    let (receiver, secret_place) = (Receiver::start(), Receiver::start());
    receiver.then([Then::Redirect(secret_place.url.clone())]);
    let (id, _) = add(app, &receiver.url, json!({})).await;
    happen(app, EventType::RunDone);
    assert_eq!(deliver(app), counts(0, 1, 0));
    assert!(secret_place.got().is_empty());
    let list = deliveries(app, id).await;
    assert_eq!(
        list[0]["last_error"],
        "HTTP 307: redirects are not followed"
    );
}

async fn whoever_is_gone_is_switched_off_until_somebody_enables_it(app: TestApp) {
    let app = &open(&app).await;
    let receiver = Receiver::start();
    receiver.then([Then::Answer(410, "", "")]);
    let (id, _) = add(app, &receiver.url, json!({})).await;
    for _ in 0..3 {
        happen(app, EventType::RunDone);
    }
    assert_eq!(deliver(app), counts(0, 0, 1));
    let path = format!("/webhooks/{id}");
    let off = app.get(&path).await.expect(200);
    assert_eq!(
        (&off["status"], &off["disabled_reason"]),
        (&json!("disabled"), &json!("gone"))
    );
    let dead = app
        .get(&format!("{path}/deliveries?status=dead"))
        .await
        .expect(200);
    assert_eq!(dead["data"].as_array().unwrap().len(), 3);

    // What happens now it never hears of, and nobody can test it.
    happen(app, EventType::RunDone);
    assert_eq!(deliveries(app, id).await.len(), 3);
    for deed in ["test", "replay"] {
        let body = if deed == "replay" {
            json!({"since": "2026-01-01T00:00:00Z"})
        } else {
            json!({})
        };
        app.post(&format!("{path}:{deed}"), body)
            .await
            .expect_problem(409, "not_active");
    }
    let one = format!("/webhook-deliveries/{}:replay", dead["data"][0]["id"]);
    app.post(&one, json!({}))
        .await
        .expect_problem(409, "not_active");

    let on = app
        .post(&format!("{path}:enable"), json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&on["status"], &on["disabled_reason"]),
        (&json!("active"), &Value::Null)
    );
    let ids: BTreeSet<String> = deliveries(app, id)
        .await
        .iter()
        .map(|row| row["event_id"].to_string())
        .collect();
    let again = app
        .post(
            &format!("{path}:replay"),
            json!({"since": "2026-03-02T08:00:01Z"}),
        )
        .await
        .expect(202);
    assert_eq!(again["replayed"], 0);
    let again = app
        .post(
            &format!("{path}:replay"),
            json!({"since": "2026-03-02T08:00:00Z"}),
        )
        .await
        .expect(202);
    assert_eq!(again["replayed"], 3);
    assert_eq!(deliver(app), counts(3, 0, 0));
    let told: BTreeSet<String> = receiver
        .got()
        .iter()
        .map(|got| json!(got.header("webhook-id")).to_string())
        .collect();
    assert_eq!(told, ids);

    // A delivered one can be made again too, one that waits cannot.
    app.post(&one, json!({})).await.expect(202);
    app.post(&one, json!({}))
        .await
        .expect_problem(409, "queued");
    assert_eq!(deliver(app), counts(1, 0, 0));
}

async fn private_addresses_are_refused(app: TestApp) {
    // Hosts written as one number, in octal, in hex, as mapped IPv6, and names that lead home.
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "0.0.0.0",
        "10.0.0.8",
        "172.16.9.1",
        "192.168.178.1",
        "169.254.169.254",
        "100.64.3.2",
        "192.0.2.1",
        "198.51.100.2",
        "203.0.113.3",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a00:8]",
        "[fd00::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[64:ff9b::a00:1]",
        "[2002:7f00:1::]",
        "localhost",
        "localhost.",
        "hawser.localhost",
        "db.internal",
    ];
    for host in hosts {
        let body = json!({"name": "x", "url": format!("https://{host}/hooks")});
        let refused = app
            .post("/webhooks", body)
            .await
            .expect_problem(422, "invalid");
        let part = &refused["errors"][0];
        assert_eq!(
            (&part["pointer"], &part["code"]),
            (&json!("/url"), &json!("private_address")),
            "{host}"
        );
    }
    for (url, code) in [
        ("http://firm.example/", "scheme"),
        ("https://u:p@firm.example/", "user_info"),
        ("nonsense", "malformed"),
    ] {
        let body = json!({"name": "x", "url": url});
        let refused = app
            .post("/webhooks", body)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(refused["errors"][0]["code"], code, "{url}");
    }
    assert!(app.all("/webhooks").await.is_empty());
    // 9.9.9.9 is public; nobody is asked for a name.
    let (id, _) = add(&app, "https://9.9.9.9/hooks", json!({"status": "paused"})).await;
    let patch = json!({"url": "https://10.0.0.1/"});
    app.patch(&format!("/webhooks/{id}"), patch)
        .await
        .expect_problem(422, "invalid");
    let open = open(&app).await;
    add(&open, "http://127.0.0.1:9/", json!({"status": "paused"})).await;
}

async fn an_endpoint_from_laxer_days_is_not_reached(app: TestApp) {
    let receiver = Receiver::start();
    let open = open(&app).await;
    let (plain, _) = add(&open, &receiver.url, json!({})).await;
    let (tls, _) = add(&open, &receiver.url.replace("http:", "https:"), json!({})).await;
    happen(&app, EventType::RunDone);
    assert_eq!(deliver(&app), counts(0, 2, 0));
    assert!(receiver.got().is_empty());
    let said = |list: Vec<Value>| list[0]["last_error"].as_str().unwrap().to_owned();
    assert!(said(deliveries(&app, plain).await).contains("https://"));
    assert!(said(deliveries(&app, tls).await).contains("no public address"));
}

async fn two_workers_at_once_deliver_once(app: TestApp) {
    let app = &open(&app).await;
    let receivers = [Receiver::start(), Receiver::start(), Receiver::start()];
    for receiver in &receivers {
        add(app, &receiver.url, json!({})).await;
    }
    for _ in 0..20 {
        happen(app, EventType::RunDone);
    }
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let state = app.state.clone();
            std::thread::spawn(move || {
                deliver_due(&state, &Sender::new(&state.config.webhooks)).unwrap()
            })
        })
        .collect();
    let sums: Vec<Delivered> = workers
        .into_iter()
        .map(|worker| worker.join().unwrap())
        .collect();
    // A worker leaves an endpoint to the other and may end before it: the rest goes now.
    let rest = deliver(app);
    assert_eq!(
        sums.iter().map(|sum| sum.delivered).sum::<u64>() + rest.delivered,
        60
    );
    for receiver in &receivers {
        let got = receiver.got();
        let ids: BTreeSet<&str> = got.iter().map(|one| one.header("webhook-id")).collect();
        assert_eq!((got.len(), ids.len()), (20, 20));
    }
}

async fn a_worker_that_died_is_followed_by_another(app: TestApp) {
    let app = &open(&app).await;
    let receiver = Receiver::start();
    add(app, &receiver.url, json!({})).await;
    happen(app, EventType::RunDone);
    let now = UtcTime::from(app.state.clock.now());
    let lease = UtcTime::from(now.0 + TimeDelta::seconds(61));
    let claimed = app.state.db.write_now(|conn| {
        let id = store::due(conn, now, 10)?[0];
        assert!(store::claim(conn, id, now, lease)?.is_some());
        store::claim(conn, id, now, lease)
    });
    assert!(claimed.unwrap().is_none(), "one worker at a time");
    assert_eq!(deliver(app), counts(0, 0, 0));
    later(app, TimeDelta::seconds(62));
    assert_eq!(deliver(app), counts(1, 0, 0));
}

async fn clocks_that_jump_hold_nothing_up(app: TestApp) {
    let app = &open(&app).await;
    let right = app.state.clock.now();
    let (one, other) = (Receiver::start(), Receiver::start());
    one.then([Then::Answer(500, "", "")]);
    let (first, _) = add(app, &one.url, json!({"events": ["run.done"]})).await;
    add(app, &other.url, json!({"events": ["run.failed"]})).await;
    // Put off while the clock was a year ahead, and leased by a worker that died.
    later(app, TimeDelta::days(365));
    happen(app, EventType::RunDone);
    assert_eq!(deliver(app), counts(0, 1, 0));
    happen(app, EventType::RunFailed);
    let claim = || {
        let now = UtcTime::from(app.state.clock.now());
        let lease = UtcTime::from(now.0 + TimeDelta::seconds(61));
        let claimed = app
            .state
            .db
            .write_now(|conn| match store::due(conn, now, 10)?[..] {
                [id, ..] => store::claim(conn, id, now, lease),
                [] => Ok(None),
            });
        claimed.unwrap().is_some()
    };
    assert!(claim());
    assert!(!claim(), "a lease of today holds");
    app.state.clock.set(right);
    assert_eq!(deliver(app), counts(2, 0, 0));
    let shown = app.get(&format!("/webhooks/{first}")).await.expect(200);
    assert_eq!(shown["failing_since"], Value::Null);
}

async fn failures_count_only_against_the_address_that_failed(app: TestApp) {
    let app = &app
        .again_with(&[
            ("webhook_allow_private", "true"),
            ("webhook_timeout_seconds", "30"),
        ])
        .await;
    let (old, new) = (Receiver::start(), Receiver::start());
    let no = Then::Answer(500, "", "");
    old.then(vec![no.clone(); 9]);
    new.then([no]);
    let (id, _) = add(app, &old.url, json!({})).await;
    let path = format!("/webhooks/{id}");
    let since = async || app.get(&path).await.expect(200)["failing_since"].clone();
    happen(app, EventType::RunDone);
    assert_eq!(deliver(app), counts(0, 1, 0));
    assert_eq!(since().await, json!(app.state.clock.now()));
    // One failure long ago and one today are no five days of failing.
    later(app, TimeDelta::days(6));
    assert_eq!(deliver(app), counts(0, 1, 0));
    assert_eq!(app.get(&path).await.expect(200)["status"], "active");
    // Another state or address begins anew.
    for field in [json!({"status": "paused"}), json!({"url": new.url})] {
        assert_ne!(since().await, Value::Null);
        app.patch(&path, field).await.expect(200);
        assert_eq!(since().await, Value::Null);
        app.patch(&path, json!({"status": "active"}))
            .await
            .expect(200);
        later(app, TimeDelta::days(1));
        deliver(app);
    }
    assert_eq!(since().await, json!(app.state.clock.now()));
    let enabled = app.post(&format!("{path}:enable"), json!({})).await;
    assert_eq!(enabled.expect(200)["failing_since"], Value::Null);

    // An answer from an address that was left meanwhile switches nothing off.
    let hanging = Receiver::start();
    hanging.then([Then::Late(410)]);
    app.patch(&path, json!({"url": hanging.url}))
        .await
        .expect(200);
    later(app, TimeDelta::days(2));
    let state = app.state.clone();
    let worker = std::thread::spawn(move || {
        let once = Cell::new(true);
        let sender = Sender::new(&state.config.webhooks);
        deliver_while(&state, &sender, || once.replace(false)).unwrap()
    });
    hanging.wait_for(1);
    app.patch(&path, json!({"url": new.url})).await.expect(200);
    hanging.release();
    assert_eq!(worker.join().unwrap(), counts(0, 1, 0));
    let shown = app.get(&path).await.expect(200);
    assert_eq!(
        (&shown["status"], &shown["failing_since"]),
        (&json!("active"), &Value::Null)
    );
    assert_eq!(deliver(app), counts(1, 0, 0));
}

async fn two_writers_at_once_both_count(app: TestApp) {
    let app = &open(&app).await;
    let (id, _) = add(app, "http://127.0.0.1:9/", json!({"status": "paused"})).await;
    let path = format!("/webhooks/{id}");
    for round in 0..10 {
        let (name, url) = (format!("N{round}"), format!("http://127.0.0.1:9/{round}"));
        let (one, other) = tokio::join!(
            app.patch(&path, json!({"name": name})),
            app.patch(&path, json!({"url": url}))
        );
        one.expect(200);
        other.expect(200);
        let shown = app.get(&path).await.expect(200);
        assert_eq!((&shown["name"], &shown["url"]), (&json!(name), &json!(url)));
    }
}

async fn team(app: &TestApp, name: &str) -> i64 {
    let made = app.post("/teams", json!({"name": name})).await.expect(201);
    made["id"].as_i64().unwrap()
}

async fn endpoints_hear_what_they_want_of_their_team(app: TestApp) {
    let app = &open(&app).await;
    let (north, south) = (team(app, "North").await, team(app, "South").await);
    let [all, norths, souths, alerts] = [(); 4].map(|()| Receiver::start());
    add(app, &all.url, json!({})).await;
    add(app, &norths.url, json!({"team_id": north})).await;
    add(app, &souths.url, json!({"team_id": south})).await;
    add(
        app,
        &alerts.url,
        json!({"events": ["alert.opened", "alert.resolved"]}),
    )
    .await;
    for of in [Some(north), Some(south), None] {
        let body = json!({"name": "Brandt GmbH", "team_id": of});
        app.post("/customers", body).await.expect(201);
    }
    happen(app, EventType::RunDone);
    deliver(app);
    assert_eq!(
        all.types(),
        [
            "customer.created",
            "customer.created",
            "customer.created",
            "run.done"
        ]
    );
    assert_eq!(norths.types(), ["customer.created"]);
    assert_eq!(norths.got()[0].json()["data"]["team_id"], north);
    assert_eq!(souths.got()[0].json()["data"]["team_id"], south);
    assert_eq!(souths.got().len(), 1);
    assert!(alerts.got().is_empty());
    let named = |receiver: &Receiver| receiver.got().iter().any(|one| one.body.contains("Brandt"));
    assert!(!named(&all) && !named(&norths));
}

async fn keys_see_and_write_endpoints_of_their_teams(app: TestApp) {
    let app = &open(&app).await;
    let (north, south) = (team(app, "North").await, team(app, "South").await);
    let receiver = Receiver::start();
    let (everybodys, _) = add(app, &receiver.url, json!({"name": "all"})).await;
    let (souths, _) = add(
        app,
        &receiver.url,
        json!({"name": "south", "team_id": south}),
    )
    .await;
    happen(app, EventType::RunDone);
    let admin = app.make_key(&[Scope::Admin], Teams::Only(vec![north]), None);
    let reader = app.make_key(&[Scope::Read], Teams::All, None);
    let ask = |key: &str, method: Method, path: &str, body: Option<Value>| {
        let mut request = app.bare(method, &format!("/api/v1{path}")).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        app.send(request)
    };
    let body = json!({"name": "mine", "url": receiver.url});
    let mine = ask(&admin, Method::POST, "/webhooks", Some(body.clone()))
        .await
        .expect(201);
    assert_eq!(mine["team_id"], north);
    let list = ask(&admin, Method::GET, "/webhooks", None)
        .await
        .expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    for id in [everybodys, souths] {
        for (method, path, body) in [
            (Method::GET, format!("/webhooks/{id}"), None),
            (Method::GET, format!("/webhooks/{id}/deliveries"), None),
            (Method::DELETE, format!("/webhooks/{id}"), None),
            (
                Method::PATCH,
                format!("/webhooks/{id}"),
                Some(json!({"name": "x"})),
            ),
            (Method::POST, format!("/webhooks/{id}:test"), None),
            (Method::POST, format!("/webhooks/{id}:rotate"), None),
            (Method::POST, format!("/webhooks/{id}:enable"), None),
            (
                Method::POST,
                format!("/webhooks/{id}:replay"),
                Some(json!({"since": "2026-01-01T00:00:00Z"})),
            ),
        ] {
            ask(&admin, method, &path, body)
                .await
                .expect_problem(404, "not_found");
        }
    }
    let foreign = deliveries(app, everybodys).await[0]["id"].clone();
    let path = format!("/webhook-deliveries/{foreign}");
    ask(&admin, Method::GET, &path, None)
        .await
        .expect_problem(404, "not_found");
    let mut other = body.clone();
    other["team_id"] = json!(south);
    ask(&admin, Method::POST, "/webhooks", Some(other))
        .await
        .expect_problem(403, "forbidden");
    let path = format!("/webhooks/{}", mine["id"]);
    let patch = json!({"team_id": south});
    ask(&admin, Method::PATCH, &path, Some(patch))
        .await
        .expect_problem(403, "forbidden");

    // Whoever may only read sees no address in full, no secret, and changes nothing.
    let shown = ask(&reader, Method::GET, &path, None).await.expect(200);
    assert_eq!(shown["url"], receiver.url.replace("/hooks", "/…"));
    assert!(shown.get("secret").is_none());
    ask(&reader, Method::POST, "/webhooks", Some(body))
        .await
        .expect_problem(403, "forbidden");

    // Given to the north, a webhook of everybody's shows the north nothing of what it was sent before.
    let path = format!("/webhooks/{everybodys}");
    app.patch(&path, json!({"team_id": north}))
        .await
        .expect(200);
    let list = ask(&admin, Method::GET, &format!("{path}/deliveries"), None)
        .await
        .expect(200);
    assert_eq!(list["data"], json!([]));
    app.post(&format!("/webhook-deliveries/{foreign}:replay"), json!({}))
        .await
        .expect_problem(409, "other_team");
    let since = json!({"since": "2026-01-01T00:00:00Z"});
    let again = app.post(&format!("{path}:replay"), since).await.expect(202);
    assert_eq!(again["replayed"], 0);
}

async fn what_is_rolled_back_is_told_to_nobody(app: TestApp) {
    let app = &open(&app).await;
    let receiver = Receiver::start();
    let (id, _) = add(app, &receiver.url, json!({})).await;
    let event = NewEvent {
        kind: EventType::RunDone,
        customer: None,
        team: None,
        data: json!({}),
    };
    let now = app.state.clock.now().into();
    let undone = app.state.db.write_now(|conn| {
        emit(conn, &event, now)?;
        Err::<(), _>(DbError::Stopping)
    });
    assert!(undone.is_err());
    assert!(deliveries(app, id).await.is_empty());
    assert_eq!(deliver(app), counts(0, 0, 0));
    assert_eq!(count(app, "webhook_events"), 0);
}

/// How many webhooks have this.
fn kept(app: &TestApp, column: &str) -> i64 {
    count(
        app,
        &format!("webhook_endpoints WHERE {column} IS NOT NULL"),
    )
}

fn count(app: &TestApp, table: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let sql = Statement::new(&format!("SELECT COUNT(*) AS n FROM {table}"));
    let rows: Vec<Count> = app.state.db.read_now(|conn| sql.load(conn)).unwrap();
    rows[0].n
}

async fn a_receiver_is_given_up_after_three_days_and_switched_off_after_five(app: TestApp) {
    let app = &open(&app).await;
    let receiver = Receiver::start();
    let begun = app.state.clock.now();
    let no = Then::Answer(500, "", "");
    receiver.then(vec![no; 12]);
    let (id, _) = add(app, &receiver.url, json!({})).await;
    happen(app, EventType::RunDone);
    let mut made = Delivered::default();
    let dead = loop {
        let now = deliver(app);
        made.retried += now.retried;
        made.dead += now.dead;
        let row = deliveries(app, id).await.remove(0);
        if row["status"] == "dead" {
            break row;
        }
        app.state
            .clock
            .set(serde_json::from_value(row["next_attempt_at"].clone()).unwrap());
    };
    assert_eq!(made, counts(0, 9, 1));
    assert_eq!(dead["last_error"], "given up after 10 attempts: HTTP 500");
    let shown = detail(app, &dead).await;
    let at = |n: usize| -> chrono::DateTime<Utc> {
        serde_json::from_value(shown["attempts_made"][n]["at"].clone()).unwrap()
    };
    let spanned = at(9) - at(0);
    assert!(
        spanned >= TimeDelta::minutes(75 * 60 + 35) && spanned < TimeDelta::hours(86),
        "{spanned}"
    );
    assert_eq!(
        app.get(&format!("/webhooks/{id}")).await.expect(200)["status"],
        "active"
    );

    app.state.clock.set(begun + TimeDelta::days(5));
    happen(app, EventType::RunDone);
    happen(app, EventType::RunDone);
    assert_eq!(deliver(app).delivered, 0);
    let off = app.get(&format!("/webhooks/{id}")).await.expect(200);
    assert_eq!(
        (&off["status"], &off["disabled_reason"]),
        (&json!("disabled"), &json!("failing"))
    );
    let waiting = app
        .get(&format!("/webhooks/{id}/deliveries?status=queued"))
        .await
        .expect(200);
    assert_eq!(waiting["data"], json!([]));
    // Enabled, it starts with a clean record.
    app.post(&format!("/webhooks/{id}:enable"), json!({}))
        .await
        .expect(200);
    happen(app, EventType::RunDone);
    assert_eq!(deliver(app), counts(0, 1, 0));
    let on = app.get(&format!("/webhooks/{id}")).await.expect(200);
    assert_eq!(
        (&on["status"], &on["failing_since"]),
        (&json!("active"), &json!(app.state.clock.now()))
    );
}

async fn a_receiver_may_ask_for_patience(app: TestApp) {
    let app = &open(&app).await;
    let receiver = Receiver::start();
    receiver.then([
        Then::Answer(429, "retry-after: 3600\r\n", ""),
        // An hour after the second attempt.
        Then::Answer(503, "retry-after: Mon, 02 Mar 2026 10:00:00 GMT\r\n", ""),
        // Only those two may ask.
        Then::Answer(500, "retry-after: 80000\r\n", ""),
    ]);
    add(app, &receiver.url, json!({})).await;
    happen(app, EventType::RunDone);
    assert_eq!(deliver(app), counts(0, 1, 0));
    for (minutes, expected) in [(59, 0), (1, 1), (59, 0), (1, 1), (29, 0), (4, 1)] {
        later(app, TimeDelta::minutes(minutes));
        let now = deliver(app);
        assert_eq!(
            now.retried + now.delivered,
            expected,
            "{}",
            app.state.clock.now()
        );
    }
    assert_eq!(receiver.got().len(), 4);
}

async fn answers_are_read_and_kept_in_part(app: TestApp) {
    let app = &open(&app).await;
    let receiver = Receiver::start();
    receiver.then([Then::Endless]);
    let (id, _) = add(app, &receiver.url, json!({})).await;
    happen(app, EventType::RunDone);
    assert_eq!(deliver(app), counts(0, 1, 0));
    let shown = detail(app, &deliveries(app, id).await[0]).await;
    assert_eq!(shown["attempts_made"][0]["code"], 500);
    assert_eq!(shown["attempts_made"][0]["answer"], "words".repeat(100));
}

async fn a_cloud_event_is_one(app: TestApp) {
    let app = &open(&app).await;
    app.state.clock.set(Utc::now());
    let receiver = Receiver::start();
    let (_, secret) = add(app, &receiver.url, json!({"envelope": "cloudevents"})).await;
    happen(app, EventType::RunDone);
    deliver(app);
    let got = receiver.got().remove(0);
    got.verify(&secret).unwrap();
    assert_eq!(got.header("content-type"), "application/cloudevents+json");
    let event = got.json();
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["type"], "hawser.run.done");
    assert_eq!(event["source"], "https://hawser.firm.example");
    assert_eq!(event["id"], got.header("webhook-id"));
    assert_eq!(
        (&event["subject"], &event["data"]),
        (&json!("runs/7"), &json!({"id": 7}))
    );
}

async fn alerts_are_told_but_for_mere_figures(app: TestApp) {
    let app = &open(&app).await;
    let north = team(app, "North").await;
    let receiver = Receiver::start();
    add(
        app,
        &receiver.url,
        json!({"team_id": north, "events": [
        "alert.opened", "alert.updated", "alert.reopened", "alert.acknowledged", "alert.snoozed",
        "alert.assigned", "alert.resolved"]}),
    )
    .await;
    let body = json!({"name": "Brandt GmbH", "team_id": north});
    let customer = app.post("/customers", body).await.expect(201)["id"]
        .as_i64()
        .unwrap();
    let now = UtcTime::from(app.state.clock.now());
    let mut sql = Statement::new(
        "INSERT INTO alerts (id, customer_id, reason, subject, severity, state, measure, facts, \
         nonce, opened_at, updated_at) VALUES (7, ",
    );
    sql.bind(Bind::Int(customer))
        .push(", 'partner_risk', 'partner:3', 'high', 'open', 0.625, '{}', 'once', ")
        .bind(Bind::Time(now))
        .push(", ")
        .bind(Bind::Time(now))
        .push(")");
    let deeds = [
        (AlertDeed::Opened, AlertState::Open),
        (AlertDeed::Updated, AlertState::Open),
        (AlertDeed::Worsened, AlertState::Open),
        (AlertDeed::Acknowledged, AlertState::Acknowledged),
        (AlertDeed::Assigned, AlertState::Acknowledged),
        (AlertDeed::Snoozed, AlertState::Snoozed),
        (AlertDeed::Reopened, AlertState::Open),
        (AlertDeed::Resolved, AlertState::Resolved),
        (AlertDeed::Merged, AlertState::Open),
        // Another one stands for it from now on; what happens to it later is no news.
        (AlertDeed::Merged, AlertState::Resolved),
        (AlertDeed::Merged, AlertState::Resolved),
    ];
    app.state
        .db
        .write_now(|conn| {
            sql.execute(conn)?;
            for (deed, state) in deeds {
                let change = Change {
                    alert: AlertId(7),
                    actor: "check",
                    deed,
                    state,
                    severity: AlertSeverity::High,
                    measure: None,
                    run: None,
                    detail: None,
                };
                history::note(conn, &change, now)?;
            }
            Ok::<_, DbError>(())
        })
        .unwrap();
    deliver(app);
    assert_eq!(
        receiver.types(),
        [
            "alert.opened",
            "alert.updated",
            "alert.acknowledged",
            "alert.assigned",
            "alert.snoozed",
            "alert.reopened",
            "alert.resolved",
            "alert.resolved",
        ]
    );
    assert_eq!(
        receiver.got()[1].json()["data"],
        json!({"id": 7, "customer_id": customer, "reason": "partner_risk", "subject": "partner:3",
            "severity": "high", "state": "open", "measure": 0.625, "deed": "worsened"})
    );
    assert!(
        receiver
            .got()
            .iter()
            .all(|one| !one.body.contains("Brandt"))
    );
}

async fn runs_imports_and_customers_are_told(app: TestApp) {
    let app = &open(&app).await;
    let receiver = Receiver::start();
    add(app, &receiver.url, json!({})).await;
    let path = "/customers/ext:crm:17";
    let body = json!({"name": "Brandt GmbH"});
    app.put(path, body.clone()).await.expect(201);
    app.put(path, body).await.expect(200);
    app.patch(path, json!({"name": "Brandt AG"}))
        .await
        .expect(200);
    app.delete(path).await.expect(204);
    let file = "No,From,To,Day\n1,A,B,2026-02-01\n2,C,B,2026-02-02\n";
    let done = import(app, file).await;
    // Quotes that open and never close, more than are tolerated.
    let failed = import(app, &format!("{file}{}", "x\",\"y\n".repeat(400_000))).await;
    assert_eq!(
        (&done["status"], &failed["status"]),
        (&json!("done"), &json!("failed"))
    );
    app.post("/runs", json!({"as_of": "2026-03-01"}))
        .await
        .expect(201);
    let run = assess(
        &app.state,
        "2026-03-01".parse().unwrap(),
        &Actor::cli(),
        &mut |_, _| Err(AssessmentError::Alerts("no rule holds".into())),
    );
    assert!(run.is_err());
    app.post(&format!("/imports/{}:revert", done["id"]), json!({}))
        .await
        .expect(200);
    deliver(app);
    // Which alerts the run opened is not the matter here.
    let of = |event: &Value| event["type"].as_str().unwrap().to_owned();
    let mut told: Vec<Value> = receiver
        .got()
        .iter()
        .map(receiver::Received::json)
        .collect();
    told.retain(|event| !of(event).starts_with("alert."));
    assert_eq!(
        told.iter().map(of).collect::<Vec<_>>(),
        [
            "customer.created",
            "customer.updated",
            "customer.deleted",
            "import.done",
            "import.failed",
            "run.done",
            "run.failed",
            "import.reverted",
        ]
    );
    assert_eq!(
        told[0]["data"]["external_ids"],
        json!([{"system": "crm", "id": "17"}])
    );
    assert_eq!(told[3]["data"]["created"], 2);
    assert_eq!(told[3]["data"]["customers_created"], 3);
    assert_eq!(told[5]["data"]["as_of"], "2026-03-01");
    assert!(
        told[6]["data"]["error"]
            .as_str()
            .unwrap()
            .contains("no rule holds")
    );
    assert_eq!(told[7]["data"]["status"], "reverted");
}

const MAPPING: &str = r#"
format = "csv"
[constants]
external_system = "tms"
shipper.external_system = "erp"
consignee.external_system = "erp"
[fields]
external_id = { column = "No" }
shipper.external_id = { column = "From" }
shipper.name = { column = "From" }
consignee.external_id = { column = "To" }
consignee.name = { column = "To" }
booked_at = { column = "Day" }
"#;

/// Uploads a file and waits for the end of its import.
async fn import(app: &TestApp, file: &str) -> Value {
    let put = app.request(Method::PUT, "/api/v1/import-mappings/tms");
    app.send(put.header("content-type", "application/toml").body(MAPPING))
        .await;
    let upload = app.request(Method::POST, "/api/v1/imports?mapping=tms");
    let begun = app
        .send(
            upload
                .header("content-type", "text/csv")
                .body(file.to_owned()),
        )
        .await
        .expect(202);
    loop {
        let record = app
            .get(&format!("/imports/{}", begun["id"]))
            .await
            .expect(200);
        if record["status"] != "running" {
            return record;
        }
    }
}

async fn old_events_are_forgotten_unless_somebody_waits(app: TestApp) {
    let app = &open(&app).await;
    let (good, bad) = (Receiver::start(), Receiver::start());
    add(app, &good.url, json!({})).await;
    let (paused, _) = add(app, &bad.url, json!({"events": ["run.failed"]})).await;
    happen(app, EventType::RunDone);
    deliver(app);
    // This one waits for a webhook that was paused meanwhile.
    happen(app, EventType::RunFailed);
    app.patch(&format!("/webhooks/{paused}"), json!({"status": "paused"}))
        .await
        .expect(200);
    assert_eq!(deliver(app), counts(1, 0, 0));
    later(app, TimeDelta::days(90));
    assert_eq!(forget_old(&app.state).unwrap(), 0);
    later(app, TimeDelta::seconds(1));
    assert_eq!(forget_old(&app.state).unwrap(), 1);
    assert_eq!(count(app, "webhook_events"), 1);
    assert_eq!(count(app, "webhook_deliveries"), 2);
    assert_eq!(count(app, "webhook_attempts"), 1);
}

async fn webhooks_are_written_with_conditions_and_on_record(app: TestApp) {
    let app = &open(&app).await;
    let receiver = Receiver::start();
    let (id, _) = add(
        app,
        &receiver.url,
        json!({"events": ["run.done", "run.done"]}),
    )
    .await;
    let path = format!("/webhooks/{id}");
    let first = app.get(&path).await;
    assert_eq!(first.header("etag"), "\"v1\"");
    assert_eq!(first.json["events"], json!(["run.done"]));
    let patch = app.request(Method::PATCH, &format!("/api/v1{path}"));
    let patch = patch
        .header("if-match", "\"v1\"")
        .json(&json!({"name": "ERP", "events": null}));
    let second = app.send(patch.try_clone().unwrap()).await;
    assert_eq!(second.header("etag"), "\"v2\"");
    let second = second.expect(200);
    assert_eq!(
        (&second["name"], &second["events"]),
        (&json!("ERP"), &json!([]))
    );
    app.send(patch)
        .await
        .expect_problem(412, "precondition_failed");
    for (body, pointer) in [
        (json!({"name": " ", "url": receiver.url}), "/name"),
        (
            json!({"name": "x", "url": receiver.url, "team_id": 99}),
            "/team_id",
        ),
    ] {
        let refused = app
            .post("/webhooks", body)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    app.post(
        "/webhooks",
        json!({"name": "x", "url": receiver.url, "events": ["alert.closed"]}),
    )
    .await
    .expect_problem(400, "bad_value");
    happen(app, EventType::RunDone);
    app.delete(&path).await.expect(204);
    app.get(&path).await.expect_problem(404, "not_found");
    assert_eq!(deliver(app), counts(0, 0, 0));
    let log = app.all("/audit?entity=webhook").await;
    let deeds: BTreeSet<&str> = log
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert_eq!(deeds, ["created", "deleted", "updated"].into());
    assert!(!serde_json::to_string(&log).unwrap().contains("whsec_"));
}

async fn a_repeated_request_is_told_no_secret(app: TestApp) {
    let app = &open(&app).await;
    let post = |path: &str, idem_key: &str| {
        app.request(Method::POST, &format!("/api/v1{path}"))
            .header("idempotency-key", idem_key)
    };
    let make = || post("/webhooks", "1").json(&json!({"name": "CRM", "url": "https://127.0.0.1"}));
    let made = app.send(make()).await.expect(201);
    let path = format!("/webhooks/{}:rotate", made["id"]);
    let rotate = || post(&path, "2").json(&json!({"overlap_hours": 1}));
    let rotated = app.send(rotate()).await.expect(200);
    let secrets = [&made, &rotated].map(|told| told["secret"].as_str().unwrap());
    assert_ne!(secrets[0], secrets[1]);

    for (request, status, first) in [(make(), 201, &made), (rotate(), 200, &rotated)] {
        let again = app.send(request).await;
        assert_eq!(again.header("idempotency-replayed"), "true");
        let again = again.expect(status);
        assert_eq!(again["secret"], Value::Null);
        assert!(again["hint"].as_str().unwrap().contains(":rotate"));
        // All else is the same.
        let mut rest = again.clone();
        rest.as_object_mut().unwrap().remove("hint");
        rest["secret"] = first["secret"].clone();
        assert_eq!(rest, *first);
    }
    assert_eq!(count(app, "webhook_endpoints"), 1);
    for kept in crate::access::remembered(app) {
        assert!(!kept.contains("whsec_"), "{kept}");
    }
}

async fn a_merge_is_told_once_to_each_endpoint_of_both_teams(app: TestApp) {
    let app = &open(&app).await;
    let mut teams = Vec::new();
    for name in ["North", "South", "West"] {
        let made = app.post("/teams", json!({"name": name})).await.expect(201);
        teams.push(made["id"].as_i64().unwrap());
    }
    let (north, south) = (json!(teams[0]), json!(teams[1]));
    let mut webhooks = Vec::new();
    for team in [Value::Null, north.clone(), south.clone(), json!(teams[2])] {
        let more = json!({"events": ["customer.merged"], "team_id": team});
        webhooks.push(add(app, "https://127.0.0.1", more).await.0);
    }
    let mut before = [0; 4];
    for (from, into, told) in [
        (&north, &south, [1, 1, 1, 0]),
        (&south, &south, [1, 0, 1, 0]),
        (&north, &Value::Null, [1, 1, 0, 0]),
        (&Value::Null, &south, [1, 0, 1, 0]),
        (&Value::Null, &Value::Null, [1, 0, 0, 0]),
    ] {
        let mut ids = Vec::new();
        for team in [from, into] {
            let body = json!({"name": "Firm", "team_id": team});
            let made = app.post("/customers", body).await.expect(201);
            ids.push(made["id"].clone());
        }
        let path = format!("/customers/{}:merge", ids[0]);
        app.post(&path, json!({"into": ids[1]})).await.expect(200);
        for (place, webhook) in webhooks.iter().enumerate() {
            let all = deliveries(app, *webhook).await;
            let new = all.len() - before[place];
            assert_eq!(new, told[place], "{from} into {into}: webhook {place}");
            before[place] = all.len();
        }
    }
    let told = detail(app, &deliveries(app, webhooks[2]).await[0]).await;
    let data = &told["payload"]["data"];
    assert_eq!(
        (&data["id"], &data["into"]),
        (&json!(1), &json!(2)),
        "{told}"
    );
}
