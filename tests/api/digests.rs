//! Digests and roll-ups: once a day or a week where their reader lives, and never about nothing.

use hawser::alerts::digest::{Sent, send_due};
use hawser::alerts::model::{AlertDeed, AlertSeverity};
use hawser::db::UtcTime;
use hawser::db::select::Value as Bind;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;
use crate::mail_preferences::{alert, execute, set_clock, tell, text_of, user};

on_each_database!(
    a_digest_comes_once_a_day_at_its_readers_time,
    a_weekly_digest_waits_for_its_day,
    a_missed_digest_is_caught_up_once,
    a_digest_comes_on_the_day_on_which_clocks_leap_over_its_time,
    two_instances_send_one_digest,
    a_clock_that_jumps_back_sends_no_second_one,
    what_is_over_is_told_briefly_and_the_rest_by_severity_and_value,
    what_the_budget_held_back_is_said,
    no_more_than_fifty_are_named,
    what_its_reader_may_not_see_any_more_is_left_out,
    a_roll_up_counts_a_teams_alerts,
    a_roll_up_names_each_customer_once,
    a_roll_up_about_nothing_is_not_sent,
);

/// Somebody who wants everything in digests, by their own clock.
async fn reader(app: &TestApp, name: &str, changes: Value) -> i64 {
    let mut all = json!({"mail_high": "daily", "mail_medium": "daily", "mail_low": "daily"});
    for (field, value) in changes.as_object().unwrap() {
        all[field] = value.clone();
    }
    user(app, name, all).await
}

fn opened(app: &TestApp, id: i64, severity: AlertSeverity, value: i64) {
    alert(app, id, severity, None, value);
    tell(app, id, severity, None, (AlertDeed::Opened, 1));
}

fn sent(app: &TestApp) -> u64 {
    send_due(&app.state).unwrap().digests
}

fn rolled_up(app: &TestApp) -> u64 {
    send_due(&app.state).unwrap().roll_ups
}

fn subjects(app: &TestApp) -> Vec<String> {
    text_of(app, "SELECT subject AS text FROM mails ORDER BY id")
}

fn texts(app: &TestApp) -> Vec<String> {
    text_of(app, "SELECT text FROM mails ORDER BY id")
}

/// Fails unless all of `expected` stand in `text`, in this order.
fn in_order(text: &str, expected: &[&str]) {
    let mut rest = text;
    for part in expected {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("{part:?} is missing (from here) in:\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

async fn a_digest_comes_once_a_day_at_its_readers_time(app: TestApp) {
    reader(&app, "anna", json!({"time_zone": "Asia/Shanghai"})).await;
    // 2 March 2026, 16:00 in Shanghai.
    opened(&app, 1, AlertSeverity::High, 21_234_000);
    assert_eq!(sent(&app), 0, "the digest of today has been");
    set_clock(&app, "2026-03-02T22:59:00Z");
    assert_eq!(sent(&app), 0);
    set_clock(&app, "2026-03-02T23:00:00Z");
    assert_eq!(sent(&app), 1);
    assert_eq!(sent(&app), 0);
    // What comes later waits for tomorrow; then nothing does.
    opened(&app, 2, AlertSeverity::Low, 100);
    set_clock(&app, "2026-03-03T22:00:00Z");
    assert_eq!(sent(&app), 0);
    set_clock(&app, "2026-03-03T23:30:00Z");
    assert_eq!(sent(&app), 1);
    set_clock(&app, "2026-03-05T23:30:00Z");
    assert_eq!(sent(&app), 0);
    assert_eq!(
        subjects(&app),
        [
            "[Hawser] Alerts of the day: 1 new, 212k margin at risk in the worst",
            "[Hawser] Alerts of the day: 1 new, 1 margin at risk in the worst",
        ]
    );
    let left = text_of(
        &app,
        "SELECT 'x' AS text FROM digest_entries WHERE mail_id IS NULL",
    );
    assert_eq!(left.len(), 0);
    let mails = app.all("/mails?sort=id").await;
    assert_eq!(mails[0]["kind"], "digest");
    assert_eq!(mails[0]["customer_id"], Value::Null);
}

async fn a_weekly_digest_waits_for_its_day(app: TestApp) {
    let weekly = json!({"mail_high": "weekly", "digest_weekday": 5, "digest_at": "16:30"});
    reader(&app, "anna", weekly).await;
    opened(&app, 1, AlertSeverity::High, 21_234_000);
    // 6 March 2026 is a Friday.
    set_clock(&app, "2026-03-06T16:29:00Z");
    assert_eq!(sent(&app), 0);
    set_clock(&app, "2026-03-06T16:30:00Z");
    assert_eq!(sent(&app), 1);
    opened(&app, 2, AlertSeverity::High, 21_234_000);
    set_clock(&app, "2026-03-13T16:29:00Z");
    assert_eq!(sent(&app), 0);
    set_clock(&app, "2026-03-14T03:00:00Z");
    assert_eq!(sent(&app), 1, "a day late, and once");
    assert_eq!(sent(&app), 0);
    assert!(subjects(&app)[0].starts_with("[Hawser] Alerts of the week: 1 new"));
}

async fn a_missed_digest_is_caught_up_once(app: TestApp) {
    reader(&app, "anna", json!({})).await;
    opened(&app, 1, AlertSeverity::High, 21_234_000);
    // Nothing ran from Monday to Thursday night.
    set_clock(&app, "2026-03-05T03:00:00Z");
    assert_eq!(sent(&app), 1);
    assert_eq!(sent(&app), 0);
    opened(&app, 2, AlertSeverity::High, 21_234_000);
    set_clock(&app, "2026-03-05T07:00:00Z");
    assert_eq!(sent(&app), 1, "the digest of the day itself");
}

async fn a_digest_comes_on_the_day_on_which_clocks_leap_over_its_time(app: TestApp) {
    let half_past_two = json!({"time_zone": "Europe/Berlin", "digest_at": "02:30"});
    reader(&app, "anna", half_past_two).await;
    set_clock(&app, "2026-03-28T12:00:00Z");
    opened(&app, 1, AlertSeverity::High, 21_234_000);
    // 29 March has no 02:30 in Berlin: from 02:00 clocks go to 03:00, which is 01:00 UTC.
    set_clock(&app, "2026-03-29T00:59:00Z");
    assert_eq!(sent(&app), 0);
    set_clock(&app, "2026-03-29T01:00:00Z");
    assert_eq!(sent(&app), 1);
    // 25 October has it twice; the first is 00:30 UTC.
    set_clock(&app, "2026-10-24T12:00:00Z");
    opened(&app, 2, AlertSeverity::High, 21_234_000);
    set_clock(&app, "2026-10-25T00:30:00Z");
    assert_eq!(sent(&app), 1);
    opened(&app, 3, AlertSeverity::High, 21_234_000);
    set_clock(&app, "2026-10-25T01:30:00Z");
    assert_eq!(sent(&app), 0);
}

async fn two_instances_send_one_digest(app: TestApp) {
    for name in ["anna", "bo", "cy"] {
        reader(&app, name, json!({})).await;
    }
    opened(&app, 1, AlertSeverity::High, 21_234_000);
    set_clock(&app, "2026-03-03T07:00:00Z");
    let both: Vec<u64> = std::thread::scope(|scope| {
        let rounds = [(); 2].map(|()| scope.spawn(|| sent(&app)));
        rounds
            .into_iter()
            .map(|round| round.join().unwrap())
            .collect()
    });
    assert_eq!(both.iter().sum::<u64>(), 3);
    assert_eq!(subjects(&app).len(), 3);
}

async fn a_clock_that_jumps_back_sends_no_second_one(app: TestApp) {
    reader(&app, "anna", json!({})).await;
    opened(&app, 1, AlertSeverity::High, 21_234_000);
    set_clock(&app, "2026-03-03T07:00:00Z");
    assert_eq!(sent(&app), 1);
    set_clock(&app, "2026-03-02T20:00:00Z");
    opened(&app, 2, AlertSeverity::High, 21_234_000);
    assert_eq!(sent(&app), 0);
    set_clock(&app, "2026-03-03T07:30:00Z");
    assert_eq!(sent(&app), 0, "that of this day was sent");
    set_clock(&app, "2026-03-04T07:00:00Z");
    assert_eq!(sent(&app), 1);
    // A clock that was a year ahead for a moment stops nothing.
    execute(
        &app,
        "UPDATE users SET daily_on = ?",
        vec![Bind::Date("2027-03-04".parse().unwrap())],
    );
    opened(&app, 3, AlertSeverity::High, 21_234_000);
    set_clock(&app, "2026-03-05T07:00:00Z");
    assert_eq!(sent(&app), 1);
}

async fn what_is_over_is_told_briefly_and_the_rest_by_severity_and_value(app: TestApp) {
    reader(&app, "anna", json!({})).await;
    opened(&app, 1, AlertSeverity::Low, 900_000);
    opened(&app, 2, AlertSeverity::High, 100_000);
    opened(&app, 3, AlertSeverity::High, 500_000);
    opened(&app, 4, AlertSeverity::Medium, 700_000);
    tell(
        &app,
        4,
        AlertSeverity::Medium,
        None,
        (AlertDeed::Worsened, 2),
    );
    opened(&app, 5, AlertSeverity::High, 300_000);
    let resolve = json!({"reason": "acted"});
    app.post("/alerts/5:resolve", resolve.clone())
        .await
        .expect(200);
    set_clock(&app, "2026-03-03T07:00:00Z");
    assert_eq!(sent(&app), 1);
    assert_eq!(
        subjects(&app),
        ["[Hawser] Alerts of the day: 4 new, 1 resolved, 5k margin at risk in the worst"]
    );
    let line = "40% less business than a year ago · ";
    in_order(
        &texts(&app)[0],
        &[
            "4 alerts since your last digest",
            "New\n- HIGH: Firm 3\n",
            &format!("{line}5k margin at risk"),
            "Call the customer and ask what has changed, by 6 March 2026",
            "/alerts/3\n",
            "- HIGH: Firm 2\n",
            "- MEDIUM: Firm 4\n",
            "- LOW: Firm 1\n",
            "Resolved meanwhile\n- Firm 5\n",
            &format!("{line}acted on\n"),
        ],
    );
    // Next day: 4 became worse, and 2, told of yesterday, ended.
    set_clock(&app, "2026-03-03T12:00:00Z");
    tell(
        &app,
        4,
        AlertSeverity::Medium,
        None,
        (AlertDeed::Worsened, 3),
    );
    app.post("/alerts/2:resolve", resolve).await.expect(200);
    set_clock(&app, "2026-03-04T07:00:00Z");
    assert_eq!(sent(&app), 1);
    in_order(
        &texts(&app)[1],
        &[
            "Became worse\n- MEDIUM: Firm 4\n",
            "Resolved meanwhile\n- Firm 2\n",
        ],
    );
    set_clock(&app, "2026-03-04T12:00:00Z");
    // 3 ends, and a day without anything new goes by without a mail: the next one tells it.
    app.post("/alerts/3:resolve", json!({"reason": "acted"}))
        .await
        .expect(200);
    set_clock(&app, "2026-03-05T07:00:00Z");
    assert_eq!(sent(&app), 0);
    set_clock(&app, "2026-03-06T06:00:00Z");
    opened(&app, 6, AlertSeverity::Low, 100);
    set_clock(&app, "2026-03-06T07:00:00Z");
    assert_eq!(sent(&app), 1);
    in_order(
        &texts(&app)[2],
        &["New\n- LOW: Firm 6\n", "Resolved meanwhile\n- Firm 3\n"],
    );
    assert!(!texts(&app)[2].contains("Firm 2"), "it was told");
}

async fn what_the_budget_held_back_is_said(app: TestApp) {
    user(&app, "anna", json!({"mail_budget": 1, "language": "zh"})).await;
    for id in 1..=3 {
        opened(&app, id, AlertSeverity::High, 21_234_000);
    }
    set_clock(&app, "2026-03-03T07:00:00Z");
    assert_eq!(sent(&app), 1);
    in_order(
        &texts(&app)[1],
        &[
            "自上次摘要以来有 2 条预警",
            "其中 2 条本应单独发信，但本月 1 封的额度已用完。",
        ],
    );
}

async fn no_more_than_fifty_are_named(app: TestApp) {
    reader(&app, "anna", json!({})).await;
    for id in 1..=53 {
        opened(&app, id, AlertSeverity::High, 1_000_000 - id * 1_000);
    }
    set_clock(&app, "2026-03-03T07:00:00Z");
    assert_eq!(sent(&app), 1);
    let text = &texts(&app)[0];
    assert_eq!(text.matches("- HIGH: Firm").count(), 50);
    assert!(text.contains("Firm 50\n") && !text.contains("Firm 51\n"));
    assert!(text.contains("and 3 more: hawser alerts list"));
}

async fn what_its_reader_may_not_see_any_more_is_left_out(app: TestApp) {
    let mut teams = Vec::new();
    for name in ["North", "South"] {
        let made = app.post("/teams", json!({"name": name})).await.expect(201);
        teams.push(made["id"].as_i64().unwrap());
    }
    reader(&app, "anna", json!({"team_id": teams[0]})).await;
    for id in 1..=2 {
        alert(&app, id, AlertSeverity::High, Some(teams[0]), 100);
        tell(
            &app,
            id,
            AlertSeverity::High,
            Some(teams[0]),
            (AlertDeed::Opened, 1),
        );
    }
    execute(
        &app,
        "UPDATE customers SET team_id = ? WHERE id = 1",
        vec![Bind::Int(teams[1])],
    );
    set_clock(&app, "2026-03-03T07:00:00Z");
    assert_eq!(sent(&app), 1);
    let text = &texts(&app)[0];
    assert!(
        text.contains("Firm 2\n") && !text.contains("Firm 1\n"),
        "{text}"
    );
}

async fn a_roll_up_counts_a_teams_alerts(app: TestApp) {
    let made = app
        .post("/teams", json!({"name": "North"}))
        .await
        .expect(201);
    let north = made["id"].as_i64().unwrap();
    let lead = json!({"team_id": north, "roll_up": "daily", "mail_high": "never",
                      "mail_medium": "never", "mail_low": "never"});
    let lead = user(&app, "lead", lead).await;
    for (id, severity) in [
        (1, AlertSeverity::High),
        (2, AlertSeverity::High),
        (3, AlertSeverity::Low),
        (4, AlertSeverity::Medium),
    ] {
        alert(&app, id, severity, Some(north), id * 1_000_000);
    }
    alert(&app, 9, AlertSeverity::High, None, 99_000_000);
    execute(
        &app,
        "UPDATE alerts SET owner_id = ? WHERE id = 2",
        vec![Bind::Int(lead)],
    );
    execute(
        &app,
        "UPDATE alerts SET state = 'snoozed', snoozed_until = ? WHERE id = 3",
        vec![Bind::Time(UtcTime::from(app.state.clock.now()))],
    );
    assert_eq!(
        rolled_up(&app),
        0,
        "whoever has just asked waits for the next"
    );
    set_clock(&app, "2026-03-09T06:00:00Z");
    app.post("/alerts/4:resolve", json!({"reason": "false_alarm"}))
        .await
        .expect(200);
    set_clock(&app, "2026-03-09T07:00:00Z");
    assert_eq!(
        send_due(&app.state).unwrap(),
        Sent {
            digests: 0,
            roll_ups: 1
        }
    );
    assert_eq!(rolled_up(&app), 0);
    // Due on 6 March, so all three are overdue on the 9th.
    assert_eq!(subjects(&app), ["[Hawser] North: 3 open alerts, 3 overdue"]);
    in_order(
        &texts(&app)[0],
        &[
            "Roll-up of the day\nNorth\n",
            "Open by severity\n- HIGH: 2\n- MEDIUM: 0\n- LOW: 1\n",
            "- Without an owner: 2\n- Past their deadline: 3\n- Snoozed: 1\n",
            "Open by owner\n- Nobody: 2\n- lead: 1\n",
            "Resolved since the last roll-up\n- false alarm: 1\n",
            "Most at risk\n- LOW: Firm 3\n",
            "- HIGH: Firm 2\n",
            "- HIGH: Firm 1\n",
        ],
    );
    assert!(!texts(&app)[0].contains("Firm 9"));
    let mails = app.all("/mails").await;
    assert_eq!(mails[0]["kind"], "roll_up");
}

async fn a_roll_up_names_each_customer_once(app: TestApp) {
    let lead = json!({"roll_up": "daily", "mail_high": "never", "mail_medium": "never"});
    user(&app, "lead", lead).await;
    for (id, severity) in [
        (1, AlertSeverity::Low),
        (2, AlertSeverity::Low),
        (3, AlertSeverity::High),
    ] {
        alert(&app, id, severity, None, 2_000_000 / id);
    }
    // The third alert is about the first customer, too, and more urgent than the first.
    execute(
        &app,
        "UPDATE alerts SET customer_id = ?, subject = 'another' WHERE id = 3",
        vec![Bind::Int(1)],
    );
    set_clock(&app, "2026-03-09T07:00:00Z");
    assert_eq!(rolled_up(&app), 1);
    let text = &texts(&app)[0];
    let (_, top) = text.split_once("Most at risk\n").unwrap();
    in_order(top, &["- LOW: Firm 2\n", "- HIGH: Firm 3\n"]);
    assert!(!top.contains("Firm 1"), "{top}");
}

async fn a_roll_up_about_nothing_is_not_sent(app: TestApp) {
    user(&app, "lead", json!({"roll_up": "daily"})).await;
    set_clock(&app, "2026-03-09T07:00:00Z");
    assert_eq!(rolled_up(&app), 0);
}
