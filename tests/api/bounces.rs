//! Mails that came back: told by notifications and by whoever has a key.

use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::db::UtcTime;
use hawser::db::select::Statement;
use hawser::mail::mailer::{Mailer, MemoryMailer, SendError};
use hawser::mail::outbox::store::{NewMail, queue};
use hawser::mail::outbox::{Post, deliver_due, retry_all};
use hawser::mail::retry::FailureKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::{Reply, on_each_database};

on_each_database!(
    a_final_notification_marks_the_address_until_it_changes_or_is_cleared,
    a_temporary_one_is_noted_and_does_not_undo_a_final_one,
    what_names_no_mail_of_ours_changes_nothing,
    a_mail_service_tells_by_json,
    a_limited_key_learns_of_its_own_mails_only,
    only_what_is_said_of_the_address_marks_it,
    a_server_that_refuses_the_address_marks_it,
);

async fn user(app: &TestApp, name: &str, team: Option<i64>) -> i64 {
    let email = format!("{}@firm.example", name.to_lowercase());
    let input = json!({"name": name, "email": email, "language": "en", "team_id": team});
    let user = app.post("/users", input).await.expect(201);
    user["id"].as_i64().unwrap()
}

/// Queues a mail to a person and hands it over; whether it was taken.
fn send(app: &TestApp, message_id: &str, user: i64, address: &str) -> bool {
    send_by(app, MemoryMailer::default(), message_id, (user, address))
}

/// The same, through this mailer.
fn send_by(
    app: &TestApp,
    mailer: MemoryMailer,
    message_id: &str,
    (user, address): (i64, &str),
) -> bool {
    let mail = NewMail {
        kind: "alert",
        user_id: Some(user),
        message_id,
        to_address: address,
        to_name: "x",
        language: "en",
        subject: "x",
        text: "x",
        html: "x",
        ..NewMail::default()
    };
    let now = UtcTime::from(app.state.clock.now());
    (app.state.db.write_now(|conn| queue(conn, &mail, now))).unwrap();
    let from = "Hawser <hawser@firm.example>".parse().unwrap();
    let post = Post::new(
        Mailer::Memory(mailer),
        from,
        std::time::Duration::from_secs(5),
    );
    let delivered = deliver_due(&app.state.db, &post, &app.state.clock, 10).unwrap();
    assert_eq!(delivered.sent + delivered.dead, 1, "{delivered:?}");
    delivered.sent == 1
}

fn notification(message_id: &str, address: &str, action: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@firm.example\r\nDate: Mon, 02 Mar 2026 08:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; firm.example\r\n\r\nFinal-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    )
}

async fn notify(app: &TestApp, key: &str, message: String) -> Reply {
    let request = app
        .bare(Method::POST, "/api/v1/mails/bounces")
        .bearer_auth(key)
        .header("content-type", "message/rfc822")
        .body(message);
    app.send(request).await
}

/// The only recipient's verdict.
async fn verdict(app: &TestApp, message: String) -> Value {
    let answer = notify(app, &app.key, message).await.expect(200);
    assert_eq!(
        answer["recipients"].as_array().unwrap().len(),
        1,
        "{answer}"
    );
    answer["recipients"][0].clone()
}

async fn a_final_notification_marks_the_address_until_it_changes_or_is_cleared(app: TestApp) {
    let anna = user(&app, "Anna", None).await;
    assert!(send(&app, "<1@firm.example>", anna, "anna@firm.example"));
    let failed = notification("<1@firm.example>", "Anna@Firm.example", "failed", "5.1.1");
    let said = verdict(&app, failed.clone()).await;
    assert_eq!(said["outcome"], "marked");
    assert_eq!((&said["mail_id"], &said["people"]), (&json!(1), &json!(1)));
    let mail = app.get("/mails/1").await.expect(200);
    assert_eq!(mail["status"], "sent");
    assert_eq!(mail["bounce"], "failed 5.1.1: 550 no such user");
    assert_eq!(mail["bounced_at"], "2026-03-02T08:00:00Z");
    assert_eq!(verdict(&app, failed.clone()).await["outcome"], "known");

    // Nothing more goes there, and a dead letter cannot be sent again.
    assert!(!send(&app, "<2@firm.example>", anna, "anna@firm.example"));
    let dead = app.get("/mails/2").await.expect(200);
    let words = dead["last_error"].as_str().unwrap();
    assert!(words.contains("failed 5.1.1: 550 no such user"), "{words}");
    let retry = app.post("/mails/2:retry", json!({})).await;
    retry.expect_problem(409, "address_fails");

    // Cleared by hand: a notification read before does not mark it again.
    let clear = json!({"address": "ANNA@firm.example"});
    let cleared = app.post("/mails/addresses:clear", clear.clone()).await;
    assert_eq!(cleared.expect(200), json!({"people": 1}));
    let again = app.post("/mails/addresses:clear", clear).await;
    again.expect_problem(404, "not_found");
    assert_eq!(verdict(&app, failed).await["outcome"], "known");
    app.post("/mails/2:retry", json!({})).await.expect(200);
    assert!(send_due(&app));

    // Cleared by another address; one that only looks changed keeps the mark.
    assert!(send(&app, "<3@firm.example>", anna, "anna@firm.example"));
    let third = notification("<3@firm.example>", "anna@firm.example", "failed", "5.2.1");
    assert_eq!(verdict(&app, third).await["outcome"], "marked");
    let same = json!({"name": "Anna Berg"});
    app.patch(&format!("/users/{anna}"), same).await.expect(200);
    assert!(!send(&app, "<4@firm.example>", anna, "anna@firm.example"));
    let other = json!({"email": "berg@firm.example"});
    app.patch(&format!("/users/{anna}"), other)
        .await
        .expect(200);
    assert!(send(&app, "<5@firm.example>", anna, "berg@firm.example"));
}

/// Delivers what is due; whether it was one mail, and taken.
fn send_due(app: &TestApp) -> bool {
    let mailer = Mailer::Memory(MemoryMailer::default());
    let from = "Hawser <hawser@firm.example>".parse().unwrap();
    let post = Post::new(mailer, from, std::time::Duration::from_secs(5));
    deliver_due(&app.state.db, &post, &app.state.clock, 10)
        .unwrap()
        .sent
        == 1
}

async fn a_temporary_one_is_noted_and_does_not_undo_a_final_one(app: TestApp) {
    let anna = user(&app, "Anna", None).await;
    assert!(send(&app, "<1@firm.example>", anna, "anna@firm.example"));
    let say = |action: &str, status: &str| {
        notification("<1@firm.example>", "anna@firm.example", action, status)
    };
    assert_eq!(
        verdict(&app, say("delayed", "4.4.1")).await["outcome"],
        "noted"
    );
    assert_eq!(
        verdict(&app, say("delayed", "4.4.1")).await["outcome"],
        "known"
    );
    assert!(send(&app, "<2@firm.example>", anna, "anna@firm.example"));
    assert_eq!(
        verdict(&app, say("delivered", "2.0.0")).await["outcome"],
        "delivered"
    );
    assert_eq!(
        verdict(&app, say("failed", "5.1.1")).await["outcome"],
        "marked"
    );
    assert_eq!(
        verdict(&app, say("delayed", "4.4.1")).await["outcome"],
        "known"
    );
    let mail = app.get("/mails/1").await.expect(200);
    assert_eq!(mail["bounce"], "failed 5.1.1: 550 no such user");
}

async fn what_names_no_mail_of_ours_changes_nothing(app: TestApp) {
    let anna = user(&app, "Anna", None).await;
    assert!(send(&app, "<1@firm.example>", anna, "anna@firm.example"));
    for (message, outcome) in [
        (
            notification("<9@firm.example>", "anna@firm.example", "failed", "5.1.1"),
            "unknown",
        ),
        (
            notification("", "anna@firm.example", "failed", "5.1.1"),
            "unnamed",
        ),
        (
            notification("<1@firm.example>", "bob@firm.example", "failed", "5.1.1"),
            "other_recipient",
        ),
        (
            "Subject: Out of office\r\n\r\nI am away.\r\n".to_owned(),
            "no_report",
        ),
        (String::new(), "no_report"),
        // What no database takes.
        (
            notification("<1\0@firm.example>", "anna@firm.example", "failed", "5.1.1"),
            "unknown",
        ),
        (
            notification("<1\u{1}x>", "anna@firm.example", "failed", "5.1.1"),
            "unknown",
        ),
    ] {
        assert_eq!(verdict(&app, message).await["outcome"], outcome);
    }
    assert_eq!(app.get("/mails/1").await.expect(200)["bounce"], Value::Null);
    assert!(send(&app, "<2@firm.example>", anna, "anna@firm.example"));
}

async fn a_mail_service_tells_by_json(app: TestApp) {
    let anna = user(&app, "Anna", None).await;
    assert!(send(&app, "<1@firm.example>", anna, "anna@firm.example"));
    let said = |body: Value| app.post("/mails/bounces", body);
    let outcome = |answer: Value| answer["recipients"][0]["outcome"].clone();
    let soft = json!({"message_id": "1@firm.example", "status": "4.2.2"});
    assert_eq!(outcome(said(soft).await.expect(200)), "noted");
    let stranger = json!({"address": "bob@firm.example", "status": "5.1.1"});
    assert_eq!(outcome(said(stranger).await.expect(200)), "unknown");
    let hard =
        json!({"address": "anna@firm.example", "status": "5.1.1", "diagnostic": "gone\r\naway"});
    assert_eq!(outcome(said(hard.clone()).await.expect(200)), "marked");
    assert_eq!(outcome(said(hard).await.expect(200)), "known");
    assert!(!send(&app, "<2@firm.example>", anna, "anna@firm.example"));
    for (bad, field) in [
        (
            json!({"address": "anna@firm.example", "status": "550"}),
            "status",
        ),
        (json!({"status": "5.1.1"}), "message_id"),
        (
            json!({"message_id": "1\u{0}@firm.example", "status": "5.1.1"}),
            "message_id",
        ),
        (json!({"address": "anna", "status": "5.1.1"}), "address"),
    ] {
        let problem = said(bad).await.expect(422);
        assert!(problem.to_string().contains(field), "{problem}");
    }
    let wrong = app
        .request(Method::POST, "/api/v1/mails/bounces")
        .header("content-type", "text/plain")
        .body("x");
    assert_eq!(app.send(wrong).await.status.as_u16(), 415);
}

async fn a_limited_key_learns_of_its_own_mails_only(app: TestApp) {
    let team = app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201);
    let north = team["id"].as_i64().unwrap();
    let anna = user(&app, "Anna", Some(north)).await;
    let bob = user(&app, "Bob", None).await;
    // A mail that names no customer of another team.
    assert!(send(&app, "<1@firm.example>", anna, "anna@firm.example"));
    assert!(send(&app, "<2@firm.example>", bob, "bob@firm.example"));
    let key = app.make_key(&[Scope::Write], Teams::Only([north].into()), None);
    let read = app.make_key(&[Scope::Read], Teams::All, None);
    let outcome = async |id: &str, address: &str| {
        let message = notification(id, address, "failed", "5.1.1");
        let answer = notify(&app, &key, message).await.expect(200);
        answer["recipients"][0]["outcome"].clone()
    };
    assert_eq!(
        outcome("<2@firm.example>", "bob@firm.example").await,
        "unknown"
    );
    assert_eq!(
        outcome("<1@firm.example>", "anna@firm.example").await,
        "marked"
    );
    let forbidden = notify(&app, &read, String::new()).await;
    assert_eq!(forbidden.status.as_u16(), 403);
    // Whoever may not see Bob cannot mark him nor clear him.
    for (path, body) in [
        (
            "bounces",
            json!({"address": "bob@firm.example", "status": "5.1.1"}),
        ),
        ("addresses:clear", json!({"address": "bob@firm.example"})),
    ] {
        let request = app
            .bare(Method::POST, &format!("/api/v1/mails/{path}"))
            .bearer_auth(&key)
            .json(&body);
        let reply = app.send(request).await;
        if path == "bounces" {
            assert_eq!(reply.expect(200)["recipients"][0]["outcome"], "unknown");
        } else {
            reply.expect_problem(404, "not_found");
        }
    }
    let sql =
        Statement::new("UPDATE users SET mail_failure = 'x' WHERE mail_failed_at IS NOT NULL");
    let marked = (app.state.db.write_now(|conn| sql.execute(conn))).unwrap();
    assert_eq!(marked, 1);
}

async fn only_what_is_said_of_the_address_marks_it(app: TestApp) {
    let anna = user(&app, "Anna", None).await;
    assert!(send(&app, "<1@firm.example>", anna, "anna@firm.example"));
    let say =
        |status: &str| notification("<1@firm.example>", "anna@firm.example", "failed", status);
    // A full mailbox is noted, once; other mails go there all the same.
    for (status, outcome) in [("5.2.2", "noted"), ("5.7.1", "known"), ("5.2.2", "known")] {
        assert_eq!(
            verdict(&app, say(status)).await["outcome"],
            outcome,
            "{status}"
        );
    }
    let mail = app.get("/mails/1").await.expect(200);
    assert_eq!(mail["bounce"], "failed 5.2.2: 550 no such user");
    assert!(send(&app, "<2@firm.example>", anna, "anna@firm.example"));
    // That nobody is there is news.
    for (status, outcome) in [("5.1.1", "marked"), ("5.1.1", "known"), ("5.2.2", "known")] {
        assert_eq!(
            verdict(&app, say(status)).await["outcome"],
            outcome,
            "{status}"
        );
    }
    assert!(!send(&app, "<3@firm.example>", anna, "anna@firm.example"));
}

async fn a_server_that_refuses_the_address_marks_it(app: TestApp) {
    for (name, words, marks) in [
        ("Anna", "5.1.1 no such user", true),
        ("Bob", "no such user, or spam", false),
    ] {
        let person = user(&app, name, None).await;
        let address = format!("{}@firm.example", name.to_lowercase());
        let memory = MemoryMailer::default();
        memory.fail_next(SendError {
            kind: FailureKind::BadAddress,
            code: Some(550),
            text: words.to_owned(),
        });
        let first = format!("<{name}1@firm.example>");
        assert!(!send_by(&app, memory, &first, (person, &address)));
        let again = format!("<{name}2@firm.example>");
        assert_eq!(send(&app, &again, person, &address), !marks, "{name}");
    }
    // Sent again together: the one whose address is marked stays.
    let retried = (app.state.db)
        .write_now(|conn| retry_all(conn, &Actor::cli(), UtcTime::from(app.state.clock.now())))
        .unwrap();
    assert_eq!((retried.queued, retried.left), (1, 2));
}
