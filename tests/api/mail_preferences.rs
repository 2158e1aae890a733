//! How people want to be told of alerts: set over the API, kept by the letters.

use std::collections::BTreeMap;

use hawser::alerts::facts::Facts;
use hawser::alerts::letters::{Instance, Letters, Occasion, Told};
use hawser::alerts::model::{AlertDeed, AlertReason, AlertSeverity};
use hawser::db::UtcTime;
use hawser::db::select::{Statement, Value as Bind};
use hawser::ids::{AlertId, CustomerId};
use hawser::mail::mailer::{Mailer, MemoryMailer};
use hawser::mail::outbox::store::{NewMail, queue};
use hawser::mail::outbox::{Post, deliver_due};
use hawser::mail::public_url::PublicUrl;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    preferences_are_set_shown_and_changed_one_by_one,
    preferences_that_make_no_sense_are_named,
    each_severity_is_told_as_its_reader_wants,
    mails_wait_for_the_end_of_quiet_hours_where_the_reader_lives,
    what_the_months_budget_does_not_cover_waits_for_the_digest,
    nobody_writes_to_an_address_that_fails_until_it_changes,
    every_mail_of_an_alert_answers_the_one_before,
    pictures_and_personal_links_go_along,
    mails_held_back_are_withdrawn_from_those_who_may_not_know_any_more,
);

/// Somebody with these preferences.
pub async fn user(app: &TestApp, name: &str, changes: Value) -> i64 {
    let mut body = json!({"name": name, "email": format!("{name}@firm.example")});
    for (field, value) in changes.as_object().unwrap() {
        body[field] = value.clone();
    }
    let made = app.post("/users", body).await.expect(201);
    made["id"].as_i64().unwrap()
}

/// Runs a statement with its values where `?` stands.
pub fn execute(app: &TestApp, sql: &str, values: Vec<Bind>) {
    let mut parts = sql.split('?');
    let mut statement = Statement::new(parts.next().unwrap());
    for (value, part) in values.into_iter().zip(parts) {
        statement.bind(value).push(part);
    }
    app.state
        .db
        .write_now(|conn| statement.execute(conn))
        .unwrap();
}

/// An alert about a customer of its own, with this much at risk; its id is both their id.
pub fn alert(app: &TestApp, id: i64, severity: AlertSeverity, team: Option<i64>, value: i64) {
    let now = Bind::Time(UtcTime::from(app.state.clock.now()));
    let name = Bind::Text(format!("Firm {id}"));
    execute(
        app,
        "INSERT INTO customers (id, name, search_name, match_name, created_at, updated_at) \
         VALUES (?, ?, 'x', 'x', ?, ?)",
        vec![Bind::Int(id), name, now.clone(), now.clone()],
    );
    if let Some(team) = team {
        execute(
            app,
            "UPDATE customers SET team_id = ? WHERE id = ?",
            vec![Bind::Int(team), Bind::Int(id)],
        );
    }
    let facts = serde_json::to_string(&facts(id, value)).unwrap();
    execute(
        app,
        "INSERT INTO alerts (id, customer_id, reason, severity, state, measure, facts, opened_at, \
         updated_at) VALUES (?, ?, 'volume_drop', ?, 'open', 0.4, ?, ?, ?)",
        vec![
            Bind::Int(id),
            Bind::Int(id),
            Bind::Text(severity.word().to_owned()),
            Bind::Text(facts),
            now.clone(),
            now,
        ],
    );
}

/// What the alert says.
pub fn facts(id: i64, value: i64) -> Facts {
    let risk = json!({
        "as_of": "2026-03-02", "horizon_weeks": 13, "churn_probability": 0.3, "before": null,
        "parts": [
            {"kind": "own", "probability": 0.1},
            {"kind": "partner", "customer_id": 900, "name": "Nordkauf", "share": 0.6, "probability": 0.2},
        ],
        "followers": [{"customer_id": 900, "name": "Nordkauf", "churn_probability": 0.2,
                       "churn_if_lost": 0.5, "value": 5000}],
        "value_at_risk": value, "value_unit": "margin", "currency": "EUR", "role": "shipper",
        "partners": 7, "partners_silent": 0, "evidence": "enough", "is_new": false,
    });
    serde_json::from_value(json!({
        "as_of": "2026-03-02", "customer_name": format!("Firm {id}"), "team": null,
        "warning": {"reason": "volume_drop", "shipments": 60, "shipments_before": 100, "weeks": 13,
                    "change": -0.4},
        "risk": risk,
        "course": [{"as_of": "2026-02-23", "churn_probability": 0.2},
                   {"as_of": "2026-03-02", "churn_probability": 0.3}],
        "next_step": "call", "due": "2026-03-06",
    }))
    .unwrap()
}

/// Tells people of it.
pub fn tell(
    app: &TestApp,
    id: i64,
    severity: AlertSeverity,
    team: Option<i64>,
    (deed, version): (AlertDeed, i64),
) -> Told {
    let public_url: PublicUrl = "https://hawser.example".parse().unwrap();
    let instance = Instance {
        public_url: &public_url,
        zone: chrono_tz::UTC,
        currency: "EUR".parse().unwrap(),
        currency_digits: 2,
    };
    let (facts, teams) = (facts(id, 21_234_000), BTreeMap::from([(900, Some(77))]));
    let occasion = Occasion {
        alert: AlertId(id),
        customer: Some(CustomerId(id)),
        team,
        reason: AlertReason::VolumeDrop,
        severity,
        deed,
        concerns: &[],
        measure: 0.4,
        run: None,
        version,
        nonce: "",
        facts: &facts,
        teams: &teams,
    };
    let now = app.state.clock.now().into();
    app.state
        .db
        .write_now(|conn| Letters::new(conn, instance, now)?.tell(conn, &occasion))
        .unwrap()
}

fn opened(app: &TestApp, id: i64, severity: AlertSeverity) -> Told {
    alert(app, id, severity, None, 21_234_000);
    tell(app, id, severity, None, (AlertDeed::Opened, 1))
}

fn told(mails: u64, digests: u64) -> Told {
    Told {
        mails,
        digests,
        unreachable: 0,
    }
}

pub fn set_clock(app: &TestApp, at: &str) {
    app.state.clock.set(at.parse().unwrap());
}

async fn preferences_are_set_shown_and_changed_one_by_one(app: TestApp) {
    let id = user(
        &app,
        "anna",
        json!({"mail_medium": "weekly", "time_zone": "Asia/Shanghai", "quiet_from": "22:00",
               "quiet_until": "06:30", "mail_budget": null}),
    )
    .await;
    let path = format!("/users/{id}");
    let shown = app.get(&path).await.expect(200);
    let expected = json!({
        "mail_high": "real_time", "mail_medium": "weekly", "mail_low": "daily",
        "time_zone": "Asia/Shanghai", "quiet_from": "22:00", "quiet_until": "06:30",
        "digest_at": "07:00", "digest_weekday": 1, "mail_budget": null, "roll_up": "never",
        "mail_failed_at": null,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&shown[field], value, "{field}");
    }
    let change = json!({"roll_up": "weekly", "quiet_from": null, "quiet_until": null, "mail_budget": 5,
                        "digest_at": "18:05"});
    let changed = app.patch(&path, change).await.expect(200);
    assert_eq!(changed["roll_up"], "weekly");
    assert_eq!(changed["quiet_from"], Value::Null);
    assert_eq!(changed["mail_budget"], 5);
    assert_eq!(changed["digest_at"], "18:05");
    assert_eq!(changed["mail_medium"], "weekly");
    assert_eq!(changed["time_zone"], "Asia/Shanghai");
    let plain = app
        .post("/users", json!({"name": "Bo", "email": "bo@firm.example"}))
        .await
        .expect(201);
    assert_eq!(plain["mail_budget"], 30);
}

async fn preferences_that_make_no_sense_are_named(app: TestApp) {
    for (field, value, code) in [
        ("time_zone", json!("Berlin"), "unknown_zone"),
        ("digest_at", json!("7:00"), "not_a_time"),
        ("quiet_from", json!("22:00"), "missing"),
        ("digest_weekday", json!(0), "range"),
        ("digest_weekday", json!(8), "range"),
        ("mail_budget", json!(-1), "range"),
    ] {
        let mut body = json!({"name": "Anna", "email": "anna@firm.example"});
        body[field] = value;
        let problem = app.post("/users", body).await.expect(422);
        let told = problem.to_string();
        assert!(told.contains(code), "{field}: {told}");
    }
    let body = json!({"name": "Anna", "email": "anna@firm.example", "mail_high": "hourly"});
    let problem = app.post("/users", body).await;
    assert!(
        (400..=422).contains(&problem.status.as_u16()),
        "{}",
        problem.text
    );
    assert!(problem.text.contains("mail_high"), "{}", problem.text);
}

async fn each_severity_is_told_as_its_reader_wants(app: TestApp) {
    user(&app, "usual", json!({})).await;
    user(
        &app,
        "weekly",
        json!({"mail_high": "weekly", "mail_low": "never"}),
    )
    .await;
    user(
        &app,
        "off",
        json!({"mail_alerts": false, "mail_high": "real_time"}),
    )
    .await;
    // The usual reader: high and medium at once, low in the digest of the day.
    assert_eq!(opened(&app, 1, AlertSeverity::High), told(1, 1));
    assert_eq!(opened(&app, 2, AlertSeverity::Medium), told(2, 0));
    assert_eq!(opened(&app, 3, AlertSeverity::Low), told(0, 1));
}

async fn mails_wait_for_the_end_of_quiet_hours_where_the_reader_lives(app: TestApp) {
    let quiet =
        json!({"time_zone": "Europe/Berlin", "quiet_from": "22:00", "quiet_until": "07:00"});
    user(&app, "anna", quiet).await;
    // A quarter past eleven at night in Berlin, an hour ahead of UTC; the clocks leap that night.
    set_clock(&app, "2026-03-28T22:15:00Z");
    assert_eq!(opened(&app, 1, AlertSeverity::High), told(1, 0));
    set_clock(&app, "2026-03-29T12:00:00Z");
    assert_eq!(opened(&app, 2, AlertSeverity::High), told(1, 0));
    let mails = app.all("/mails?sort=id").await;
    assert_eq!(mails[0]["next_attempt_at"], "2026-03-29T05:00:00Z");
    assert_eq!(mails[0]["created_at"], "2026-03-28T22:15:00Z");
    assert_eq!(mails[1]["next_attempt_at"], "2026-03-29T12:00:00Z");
}

async fn what_the_months_budget_does_not_cover_waits_for_the_digest(app: TestApp) {
    user(
        &app,
        "anna",
        json!({"mail_budget": 2, "time_zone": "Asia/Shanghai"}),
    )
    .await;
    // In Shanghai, eight hours ahead, it is still January, then February.
    set_clock(&app, "2026-01-31T15:00:00Z");
    assert_eq!(opened(&app, 1, AlertSeverity::High), told(1, 0));
    assert_eq!(opened(&app, 2, AlertSeverity::High), told(1, 0));
    assert_eq!(opened(&app, 3, AlertSeverity::High), told(0, 1));
    set_clock(&app, "2026-01-31T16:30:00Z");
    assert_eq!(opened(&app, 4, AlertSeverity::High), told(1, 0));
    let kept = text_of(
        &app,
        "SELECT why || ' ' || frequency AS text FROM digest_entries",
    );
    assert_eq!(kept, ["budget daily"]);
}

async fn nobody_writes_to_an_address_that_fails_until_it_changes(app: TestApp) {
    let id = user(&app, "anna", json!({})).await;
    let now = Bind::Time(UtcTime::from(app.state.clock.now()));
    execute(
        &app,
        "UPDATE users SET mail_failed_at = ? WHERE id = ?",
        vec![now, Bind::Int(id)],
    );
    let nobody = Told {
        unreachable: 1,
        ..Told::default()
    };
    assert_eq!(opened(&app, 1, AlertSeverity::High), nobody);
    assert!(!nobody.anybody());
    // Nothing is lost: it waits for an address that works, once.
    assert_eq!(
        tell(&app, 1, AlertSeverity::High, None, (AlertDeed::Worsened, 2)),
        nobody
    );
    let waiting = "SELECT why || ' ' || frequency AS text FROM digest_entries";
    assert_eq!(text_of(&app, waiting), ["bounced daily"]);
    let path = format!("/users/{id}");
    let same = app
        .patch(&path, json!({"name": "Anna B."}))
        .await
        .expect(200);
    assert_ne!(same["mail_failed_at"], Value::Null);
    let other = app
        .patch(&path, json!({"email": "anna.b@firm.example"}))
        .await
        .expect(200);
    assert_eq!(other["mail_failed_at"], Value::Null);
    assert_eq!(opened(&app, 2, AlertSeverity::High), told(1, 0));
}

/// The one column of a query, as text.
pub fn text_of(app: &TestApp, sql: &str) -> Vec<String> {
    let statement = Statement::new(sql);
    let rows: Vec<Text> = app.state.db.read_now(|conn| statement.load(conn)).unwrap();
    rows.into_iter().map(|row| row.text).collect()
}

#[derive(diesel::QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

async fn every_mail_of_an_alert_answers_the_one_before(app: TestApp) {
    user(&app, "anna", json!({})).await;
    opened(&app, 1, AlertSeverity::High);
    for version in 2..=3 {
        tell(
            &app,
            1,
            AlertSeverity::High,
            None,
            (AlertDeed::Worsened, version),
        );
    }
    let mails = app.all("/mails?sort=id").await;
    assert_eq!(mails.len(), 3);
    assert_eq!(mails[0]["in_reply_to"], Value::Null);
    assert_eq!(mails[1]["in_reply_to"], mails[0]["message_id"]);
    assert_eq!(mails[2]["in_reply_to"], mails[1]["message_id"]);
    let chain = text_of(
        &app,
        "SELECT reply_chain AS text FROM mails WHERE reply_chain IS NOT NULL ORDER BY id",
    );
    let id = |place: usize| mails[place]["message_id"].as_str().unwrap();
    assert_eq!(chain, [id(0).to_owned(), format!("{} {}", id(0), id(1))]);
}

async fn pictures_and_personal_links_go_along(app: TestApp) {
    let team = app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201);
    let team = team["id"].as_i64().unwrap();
    user(&app, "anna", json!({})).await;
    user(&app, "bo", json!({"team_id": team, "language": "zh"})).await;
    alert(&app, 1, AlertSeverity::High, Some(team), 21_234_000);
    let reached = tell(
        &app,
        1,
        AlertSeverity::High,
        Some(team),
        (AlertDeed::Opened, 1),
    );
    assert_eq!(reached, told(2, 0));
    let alts = text_of(
        &app,
        "SELECT alt AS text FROM mail_images ORDER BY mail_id, content_id",
    );
    assert_eq!(alts.len(), 4);
    assert_eq!(
        alts[0],
        "Course of the churn probability: 23 February 2026 20%, 2 March 2026 30%."
    );
    assert!(
        alts[1].contains("1: Nordkauf, 60% of its business, churn 20%"),
        "{}",
        alts[1]
    );
    assert!(
        alts[2].starts_with("流失概率走势：2026年2月23日 20%"),
        "{}",
        alts[2]
    );
    // Nordkauf belongs to another team.
    assert!(
        alts[3].contains("1：其他团队的合作伙伴，占其业务的 60%，流失概率 20%"),
        "{}",
        alts[3]
    );
    let html = text_of(&app, "SELECT html AS text FROM mails ORDER BY id");
    assert!(!html[1].contains("Nordkauf"));
    let ids = text_of(
        &app,
        "SELECT content_id AS text FROM mail_images ORDER BY mail_id",
    );
    for (place, id) in ids.iter().enumerate() {
        assert!(
            html[place / 2].contains(&format!("src=\"cid:{id}\"")),
            "{id}"
        );
    }
    let links = |html: &str| html.matches("https://hawser.example/a/").count();
    assert_eq!((links(&html[0]), links(&html[1])), (3, 3));
    let ends = text_of(
        &app,
        "SELECT unsubscribe_url AS text FROM mails ORDER BY id",
    );
    assert!(
        ends.iter()
            .all(|url| url.starts_with("https://hawser.example/a/mails/"))
    );
    assert_ne!(ends[0], ends[1]);
}

/// Whom the outbox now writes to, and who is left without: names, in order.
async fn delivered(app: &TestApp) -> (Vec<String>, Vec<String>) {
    let memory = MemoryMailer::default();
    let from = "Hawser <hawser@firm.example>".parse().unwrap();
    let timeout = std::time::Duration::from_secs(5);
    let post = Post::new(Mailer::Memory(memory.clone()), from, timeout);
    deliver_due(&app.state.db, &post, &app.state.clock, 100).unwrap();
    let name = |address: &str| address.split('@').next().unwrap().to_owned();
    let mut sent: Vec<_> = (memory.mails().iter())
        .map(|stored| name(stored.mail.to.address()))
        .collect();
    let mut dead = Vec::new();
    for mail in app.all("/mails?status=dead").await {
        let why = mail["last_error"].as_str().unwrap();
        assert!(why.contains("removed or wants no more mails"), "{why}");
        dead.push(name(mail["to_address"].as_str().unwrap()));
    }
    sent.sort();
    dead.sort();
    (sent, dead)
}

async fn mails_held_back_are_withdrawn_from_those_who_may_not_know_any_more(app: TestApp) {
    let mut teams = Vec::new();
    for name in ["North", "South"] {
        let made = app.post("/teams", json!({"name": name})).await.expect(201);
        teams.push(made["id"].as_i64().unwrap());
    }
    let (north, south) = (teams[0], teams[1]);
    let none = Value::Null;
    let cases = [
        // Who may and wants to know all along, or again.
        ("stays", json!(north), json!({}), true),
        ("sees_all", none.clone(), json!({}), true),
        ("freed", json!(north), json!({"team_id": null}), true),
        ("rarely", json!(north), json!({"mail_high": "weekly"}), true),
        ("no_low", json!(north), json!({"mail_low": "never"}), true),
        // Who may not, or does not want to.
        ("moved", json!(north), json!({"team_id": south}), false),
        ("limited", none, json!({"team_id": south}), false),
        ("never", json!(north), json!({"mail_high": "never"}), false),
        ("off", json!(north), json!({"mail_alerts": false}), false),
    ];
    set_clock(&app, "2026-03-02T23:00:00Z");
    let mut ids = BTreeMap::new();
    for (name, team, ..) in &cases {
        let quiet = json!({"team_id": team, "quiet_from": "22:00", "quiet_until": "07:00"});
        ids.insert(*name, user(&app, name, quiet).await);
    }
    alert(&app, 1, AlertSeverity::High, Some(north), 21_234_000);
    let occasion = (AlertDeed::Opened, 1);
    let written = tell(&app, 1, AlertSeverity::High, Some(north), occasion);
    assert_eq!(written, told(9, 0));
    // A digest, which names what its reader could see, and an alert about our own data.
    for (kind, alert_id, message_id) in [
        ("digest", None, "<digest@firm.example>"),
        ("alert", Some(2), "<own-data@firm.example>"),
    ] {
        if let Some(id) = alert_id {
            alert(&app, id, AlertSeverity::High, None, 1);
            let ours = vec![Bind::Int(id)];
            execute(
                &app,
                "UPDATE alerts SET customer_id = NULL WHERE id = ?",
                ours,
            );
        }
        let mail = NewMail {
            kind,
            alert_id,
            user_id: Some(ids["limited"]),
            message_id,
            to_address: "limited@firm.example",
            to_name: "x",
            language: "en",
            subject: "x",
            text: "x",
            html: "x",
            ..NewMail::default()
        };
        let morning = "2026-03-03T07:00:00Z".parse().unwrap();
        let queued = (app.state.db).write_now(|conn| queue(conn, &mail, UtcTime(morning)));
        assert!(queued.unwrap().is_some());
    }
    assert_eq!(
        delivered(&app).await,
        (vec![], vec![]),
        "the night is quiet"
    );

    for (name, _, change, _) in &cases {
        let path = format!("/users/{}", ids[name]);
        app.patch(&path, change.clone()).await.expect(200);
    }
    set_clock(&app, "2026-03-03T07:00:00Z");
    let (sent, dead) = delivered(&app).await;
    let mut expected: [Vec<&str>; 2] = [vec!["limited"], vec!["limited"]];
    for (name, _, _, reached) in &cases {
        expected[usize::from(!reached)].push(name);
    }
    for names in &mut expected {
        names.sort_unstable();
    }
    assert_eq!(sent, expected[0], "a digest, and alerts of the north");
    assert_eq!(dead, expected[1]);

    // Nor is it sent again by hand, until the person may know again.
    let path = format!("/mails?status=dead&user_id={}", ids["moved"]);
    let mail = app.all(&path).await.remove(0)["id"].clone();
    let path = format!("/mails/{mail}:retry");
    let retry = || app.post(&path, json!({}));
    retry().await.expect_problem(409, "recipient_removed");
    // The customer comes along.
    let moved = vec![Bind::Int(south)];
    execute(&app, "UPDATE customers SET team_id = ? WHERE id = 1", moved);
    assert_eq!(retry().await.expect(200)["status"], "queued");
    assert_eq!(delivered(&app).await.0, ["moved"]);
}
