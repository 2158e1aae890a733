//! The pages behind the links in alert mails: reading changes nothing, a button acts as its reader.

use chrono::TimeDelta;
use hawser::access::ticket::{Purpose, Signer};
use hawser::alerts::page::{links, unsubscribe_url};
use hawser::alerts::store::{nonce_of, nonce_of_user};
use hawser::db::UtcTime;
use hawser::ids::{AlertId, UserId};
use hawser::mail::public_url::PublicUrl;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::alert_life::{alert, batch, customer, deeds, team, user};
use crate::harness::{Reply, on_each_database};

on_each_database!(
    reading_changes_nothing_and_the_button_acts_once,
    an_alert_is_snoozed_and_resolved_from_its_mail,
    links_end_with_their_time_and_with_the_alert,
    who_may_not_see_the_customer_any_more_is_refused,
    mails_are_ended_or_gathered_by_their_reader,
    pages_speak_the_language_of_their_reader,
);

const FORM: &str = "application/x-www-form-urlencoded";

fn now(app: &TestApp) -> UtcTime {
    app.state.clock.now().into()
}

/// The paths of an alert's links for somebody: acknowledge, snooze, resolve.
fn paths(app: &TestApp, alert: i64, user: i64) -> [String; 3] {
    let at = now(app);
    let (signer, nonce) = app
        .state
        .db
        .write_now(|conn| {
            let signer = Signer::of(conn, at)?;
            Ok::<_, hawser::access::ticket::SignerError>((signer, nonce_of(conn, AlertId(alert))?))
        })
        .unwrap();
    let url: PublicUrl = "https://hawser.example".parse().unwrap();
    let links = links(&signer, &url, AlertId(alert), &nonce, UserId(user), at);
    [links.acknowledge, links.snooze, links.resolve].map(|link| {
        link.strip_prefix("https://hawser.example")
            .unwrap()
            .to_owned()
    })
}

fn mails_path(app: &TestApp, user: i64) -> String {
    let at = now(app);
    let (signer, nonce) = app
        .state
        .db
        .write_now(|conn| {
            let signer = Signer::of(conn, at)?;
            Ok::<_, hawser::access::ticket::SignerError>((
                signer,
                nonce_of_user(conn, UserId(user))?,
            ))
        })
        .unwrap();
    let url: PublicUrl = "https://hawser.example".parse().unwrap();
    let link = unsubscribe_url(&signer, &url, UserId(user), &nonce);
    link.strip_prefix("https://hawser.example")
        .unwrap()
        .to_owned()
}

async fn read(app: &TestApp, path: &str) -> Reply {
    app.send(app.bare(Method::GET, path)).await
}

async fn press(app: &TestApp, path: &str, form: &str) -> Reply {
    let request = app.bare(Method::POST, path).header("content-type", FORM);
    app.send(request.body(form.to_owned())).await
}

async fn state(app: &TestApp, id: i64) -> Value {
    let alert = app.get(&format!("/alerts/{id}")).await.expect(200);
    json!([alert["state"], alert["version"]])
}

async fn one(app: &TestApp, language: &str) -> i64 {
    let anna = user(app, "Anna", language, None).await;
    let firm = customer(app, "7", None).await;
    alert(app, 1, Some(firm), "churn_level", "customer");
    anna
}

async fn reading_changes_nothing_and_the_button_acts_once(app: TestApp) {
    let anna = one(&app, "en").await;
    let all = paths(&app, 1, anna);
    for path in &all {
        for method in [Method::GET, Method::HEAD] {
            for header in [
                ("sec-purpose", "prefetch"),
                ("purpose", "preview"),
                ("x-none", "1"),
            ] {
                let request = app.bare(method.clone(), path).header(header.0, header.1);
                assert_eq!(app.send(request).await.status, 200);
            }
        }
    }
    assert_eq!(state(&app, 1).await, json!(["open", 1]));
    let [acknowledge, ..] = &all;
    let page = read(&app, acknowledge).await;
    assert_eq!(page.header("cache-control"), "no-store");
    for words in ["Firm 7", "High", "Open", "2 March 2026", "I am on it"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert_eq!(page.text.matches("<button").count(), 1);

    for _ in 0..2 {
        let done = press(&app, acknowledge, "").await;
        assert_eq!(done.status, 200, "the redirect was followed");
        assert!(
            done.text.contains("Anna is on it") || done.text.contains("Anna"),
            "{}",
            done.text
        );
        assert_eq!(done.text.matches("<button").count(), 0);
    }
    assert_eq!(state(&app, 1).await, json!(["acknowledged", 2]));
    let shown = app.get("/alerts/1").await.expect(200);
    assert_eq!(shown["owner_id"], anna);
    assert_eq!(
        deeds(&app, 1).await,
        [format!("user:{anna} acknowledged acknowledged")]
    );
    let audit = app.all("/audit?entity=alert").await;
    assert_eq!(audit[0]["actor"], format!("user:{anna}"));
}

async fn an_alert_is_snoozed_and_resolved_from_its_mail(app: TestApp) {
    let anna = one(&app, "en").await;
    let [acknowledge, snooze, resolve] = paths(&app, 1, anna);
    for (path, form) in [
        (&snooze, ""),
        (&snooze, "days=8"),
        (&snooze, "days=-7"),
        (&resolve, ""),
        (&resolve, "reason=merged"),
        // A link does what it is for, whatever the form says.
        (&snooze, "reason=acted"),
    ] {
        assert_eq!(press(&app, path, form).await.status, 400, "{form}");
    }
    assert_eq!(state(&app, 1).await, json!(["open", 1]));
    let page = read(&app, &snooze).await;
    for days in ["7 days", "14 days", "30 days"] {
        assert!(page.text.contains(days), "{days}");
    }
    for _ in 0..2 {
        let done = press(&app, &snooze, "days=14").await;
        assert!(done.text.contains("16 March 2026"), "{}", done.text);
        assert_eq!(state(&app, 1).await, json!(["snoozed", 2]));
    }
    let shown = app.get("/alerts/1").await.expect(200);
    assert_eq!(shown["snoozed_until"], "2026-03-16T00:00:00Z");
    for _ in 0..2 {
        let done = press(&app, &resolve, "reason=false_alarm").await;
        assert!(done.text.contains("False alarm"), "{}", done.text);
        assert_eq!(state(&app, 1).await, json!(["resolved", 3]));
    }
    // What is resolved stays so by every link, and each says it.
    for (path, form) in [
        (&acknowledge, ""),
        (&snooze, "days=7"),
        (&resolve, "reason=lost"),
    ] {
        let done = press(&app, path, form).await;
        assert_eq!(done.status, 200);
        assert!(done.text.contains("resolved: False alarm"), "{}", done.text);
    }
    assert_eq!(state(&app, 1).await, json!(["resolved", 3]));
}

async fn links_end_with_their_time_and_with_the_alert(app: TestApp) {
    let anna = one(&app, "en").await;
    let [acknowledge, snooze, resolve] = paths(&app, 1, anna);
    let mut forged = acknowledge.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'B' } else { 'A' });
    for path in [
        forged.as_str(),
        "/a/x",
        "/a/mails/x",
        &mails_path(&app, anna).replace("/a/mails/", "/a/"),
    ] {
        assert_eq!(read(&app, path).await.status, 404, "{path}");
        assert_eq!(press(&app, path, "").await.status, 404, "{path}");
    }
    let start = app.state.clock.now();
    app.state
        .clock
        .set(start + TimeDelta::days(14) - TimeDelta::seconds(1));
    assert_eq!(read(&app, &acknowledge).await.status, 200);
    app.state.clock.set(start + TimeDelta::days(14));
    for (path, form) in [
        (&acknowledge, ""),
        (&snooze, "days=7"),
        (&resolve, "reason=acted"),
    ] {
        assert_eq!(read(&app, path).await.status, 410);
        let reply = press(&app, path, form).await;
        assert_eq!(reply.status, 410);
        assert!(reply.text.contains("expired"), "{}", reply.text);
    }
    assert_eq!(state(&app, 1).await, json!(["open", 1]));

    // Opened again, the alert is a new matter: old links open nothing.
    let [acknowledge, _, resolve] = paths(&app, 1, anna);
    assert_eq!(press(&app, &resolve, "reason=acted").await.status, 200);
    app.post("/alerts/1:reopen", json!({})).await.expect(200);
    assert_eq!(read(&app, &acknowledge).await.status, 404);
    assert_eq!(press(&app, &resolve, "reason=acted").await.status, 404);
    let [acknowledge, ..] = paths(&app, 1, anna);
    assert_eq!(read(&app, &acknowledge).await.status, 200);
}

async fn who_may_not_see_the_customer_any_more_is_refused(app: TestApp) {
    let (north, south) = (team(&app, "North").await, team(&app, "South").await);
    let firm = customer(&app, "7", Some(north)).await;
    alert(&app, 1, Some(firm), "churn_level", "customer");
    let anna = user(&app, "Anna", "en", Some(north)).await;
    let bob = user(&app, "Bob", "en", Some(north)).await;
    let (annas, bobs) = (paths(&app, 1, anna), paths(&app, 1, bob));
    assert_eq!(read(&app, &annas[0]).await.status, 200);
    let move_to = json!({"team_id": south});
    app.patch(&format!("/users/{bob}"), move_to)
        .await
        .expect(200);
    app.delete(&format!("/users/{anna}")).await;
    for paths in [annas, bobs] {
        for (path, form) in paths.iter().zip(["", "days=7", "reason=acted"]) {
            for reply in [read(&app, path).await, press(&app, path, form).await] {
                assert_eq!(reply.status, 403);
                assert!(!reply.text.contains("Firm 7"), "{}", reply.text);
            }
        }
    }
    assert_eq!(state(&app, 1).await, json!(["open", 1]));
    let clara = user(&app, "Clara", "en", None).await;
    let path = &paths(&app, 1, clara)[0];
    app.delete(&format!("/customers/{firm}")).await;
    assert_eq!(press(&app, path, "").await.status, 403);
}

#[derive(diesel::QueryableByName)]
struct Word {
    #[diesel(sql_type = diesel::sql_types::Text)]
    word: String,
}

/// How alerts are mailed to somebody: high, medium, low, roll-up, and the version.
async fn mailing(app: &TestApp, user: i64) -> Vec<String> {
    let read = hawser::db::select::Statement::new(&format!(
        "SELECT mail_high || ' ' || mail_medium || ' ' || mail_low || ' ' || roll_up || ' ' || \
         CAST(version AS TEXT) AS word FROM users WHERE id = {user}"
    ));
    let rows: Vec<Word> = app.state.db.read_now(|conn| read.load(conn)).unwrap();
    rows.into_iter().map(|row| row.word).collect()
}

async fn mails_are_ended_or_gathered_by_their_reader(app: TestApp) {
    let anna = user(&app, "Anna", "en", None).await;
    batch(&app, "UPDATE users SET roll_up = 'weekly'");
    let path = mails_path(&app, anna);
    let page = read(&app, &path).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("depends on their severity"),
        "{}",
        page.text
    );
    assert_eq!(
        mailing(&app, anna).await,
        ["real_time real_time daily weekly 1"]
    );
    for wrong in ["", "mails=often", "List-Unsubscribe=Perhaps"] {
        assert_eq!(press(&app, &path, wrong).await.status, 400, "{wrong}");
    }
    for _ in 0..2 {
        let done = press(&app, &path, "mails=daily").await;
        assert!(
            done.text.contains("one summary of alerts a day"),
            "{}",
            done.text
        );
        assert_eq!(mailing(&app, anna).await, ["daily daily daily weekly 2"]);
    }
    // One click stops all of this kind, the summary of the team too.
    let done = press(&app, &path, "List-Unsubscribe=One-Click").await;
    assert!(done.text.contains("no mails about alerts"), "{}", done.text);
    assert_eq!(mailing(&app, anna).await, ["never never never never 3"]);
    press(&app, &path, "mails=weekly").await;
    let parts = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let request = app
        .bare(Method::POST, &path)
        .header("content-type", "multipart/form-data; boundary=b");
    assert_eq!(app.send(request.body(parts)).await.status, 200);
    assert_eq!(mailing(&app, anna).await, ["never never never never 5"]);
    let lines = app.all("/audit?action=mails_changed").await;
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["actor"], format!("user:{anna}"));
    // A ticket for something else, and one of somebody who was removed.
    let at = now(&app);
    let signer = app.state.db.write_now(|conn| Signer::of(conn, at)).unwrap();
    let other = signer.ticket(Purpose::OptOut, anna, "");
    assert_eq!(read(&app, &format!("/a/mails/{other}")).await.status, 404);
    app.delete(&format!("/users/{anna}")).await;
    assert_eq!(press(&app, &path, "mails=daily").await.status, 404);
}

async fn pages_speak_the_language_of_their_reader(app: TestApp) {
    let anna = one(&app, "zh").await;
    batch(&app, "UPDATE customers SET name = '<b>Brandt</b>'");
    for path in paths(&app, 1, anna).iter().chain([&mails_path(&app, anna)]) {
        let page = read(&app, path).await;
        assert_eq!(page.header("content-language"), "zh");
        assert!(page.text.contains("预警"), "{}", page.text);
        assert!(!page.text.contains("<b>Brandt"), "{}", page.text);
        let page = read(&app, &format!("{path}?lang=en")).await;
        assert_eq!(page.header("content-language"), "en");
        assert!(page.text.to_lowercase().contains("alert"), "{}", page.text);
    }
}
