//! Batches of customers, and writers that meet.

use reqwest::Method;
use serde_json::{Value, json};

use super::{each, make, record};
use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    a_batch_takes_five_thousand_records_and_no_more,
    a_mistake_in_a_batch_harms_no_other_record,
    the_later_record_of_a_batch_updates_the_former,
    a_batch_may_come_line_by_line,
    writers_at_the_same_time_do_not_harm_each_other,
);

async fn a_batch_takes_five_thousand_records_and_no_more(app: TestApp) {
    let mut records: Vec<Value> = (0..5_000).map(record).collect();
    let report = app
        .post("/customers:batch", json!(records))
        .await
        .expect(200);
    assert_eq!(report["created"], 5_000);
    assert_eq!(report["failed"], 0);
    assert_eq!(report["results"].as_array().unwrap().len(), 5_000);
    assert_eq!(report["results"][4_999]["index"], 4_999);

    records[17]["country"] = json!("DE");
    let report = app
        .post("/customers:batch", json!(records))
        .await
        .expect(200);
    assert_eq!(report["created"], 0);
    assert_eq!(report["updated"], 1);
    assert_eq!(report["unchanged"], 4_999);
    assert_eq!(app.all("/customers?limit=500").await.len(), 5_000);

    records.push(record(5_000));
    app.post("/customers:batch", json!(records))
        .await
        .expect_problem(400, "too_many_records");
    let none = app.post("/customers:batch", json!([])).await.expect(200);
    assert_eq!(none["results"], json!([]));
}

async fn a_mistake_in_a_batch_harms_no_other_record(app: TestApp) {
    app.put("/customers/ext:tms:1", json!({"name": "One"}))
        .await;
    app.put("/customers/ext:tms:2", json!({"name": "Two"}))
        .await;
    let report = app
        .post(
            "/customers:batch",
            json!([
                record(3),
                {"name": "", "external_ids": [{"system": "tms", "id": "4"}]},
                {"name": "Both", "external_ids": [{"system": "tms", "id": "1"}, {"system": "tms", "id": "2"}]},
                "Acme",
                {"name": "Five", "colour": "red"},
                {"name": "Six", "parent_id": 999},
                {"name": "Seven\u{0}"},
                {"country": "DE", "external_ids": [{"system": "tms", "id": "2"}]},
                {"name": "Two", "external_ids": [{"system": "tms", "id": "2"}, {"system": "erp", "id": "2"}]},
                {"name": "Without external id"},
            ]),
        )
        .await
        .expect(200);
    let results = report["results"].as_array().unwrap();
    let outcomes: Vec<_> = each(results, "outcome");
    assert_eq!(
        outcomes,
        [
            "created", "failed", "failed", "failed", "failed", "failed", "failed", "updated",
            "updated", "created"
        ]
    );
    let codes: Vec<_> = results[1..7]
        .iter()
        .map(|result| &result["problem"]["code"])
        .collect();
    assert_eq!(
        codes,
        [
            "invalid",
            "external_id_taken",
            "bad_json",
            "unknown_field",
            "invalid",
            "invalid"
        ]
    );
    assert_eq!(report["failed"], 6);
    assert_eq!(report["created"], 2);
    assert_eq!(report["updated"], 2);
    let two = app.get("/customers/ext:erp:2").await.expect(200);
    assert_eq!(two["country"], "DE");
    assert_eq!(app.all("/customers").await.len(), 4);
    app.get("/customers/ext:tms:4")
        .await
        .expect_problem(404, "not_found");
    let one = app.get("/customers/ext:tms:1").await.expect(200);
    assert_eq!(one["name"], "One", "what failed left no trace");
}

async fn the_later_record_of_a_batch_updates_the_former(app: TestApp) {
    let mut second = record(1);
    second["name"] = json!("Later");
    let report = app
        .post("/customers:batch", json!([record(1), second, second]))
        .await
        .expect(200);
    let results = report["results"].as_array().unwrap();
    assert_eq!(
        each(results, "outcome"),
        ["created", "updated", "unchanged"]
    );
    assert_eq!(results[0]["id"], results[1]["id"]);
    let rows = app.all("/customers").await;
    assert_eq!(each(&rows, "name"), ["Later"]);
}

async fn a_batch_may_come_line_by_line(app: TestApp) {
    let post = |content_type: &str, body: &str| {
        app.request(Method::POST, "/api/v1/customers:batch")
            .header("content-type", content_type)
            .body(body.to_owned())
    };
    let lines = format!("{}\n\n{}\r\n", record(1), record(2));
    let report = app.send(post("application/x-ndjson", &lines)).await;
    assert_eq!(report.expect(200)["created"], 2);
    app.send(post("application/x-ndjson", "{\"name\": \"A\"}\n{"))
        .await
        .expect_problem(400, "bad_json");
    app.send(post("application/json", &lines))
        .await
        .expect_problem(400, "bad_json");
    app.send(post("text/csv", "name\nA"))
        .await
        .expect_problem(415, "unsupported_media_type");
    assert_eq!(app.all("/customers").await.len(), 2);
}

async fn writers_at_the_same_time_do_not_harm_each_other(app: TestApp) {
    let puts = (0..8).map(|_| app.put("/customers/ext:tms:1", json!({"name": "Acme"})));
    let replies = futures_util::future::join_all(puts).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status.as_u16()).collect();
    let made = statuses.iter().filter(|status| **status == 201).count();
    let found = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!((made, found), (1, 7), "{statuses:?}");
    assert_eq!(app.all("/customers").await.len(), 1);

    // Two batches over the same records, from both ends.
    let records: Vec<Value> = (2..200).map(record).collect();
    let backwards: Vec<Value> = records.iter().rev().cloned().collect();
    let (one, other) = futures_util::future::join(
        app.post("/customers:batch", json!(records)),
        app.post("/customers:batch", json!(backwards)),
    )
    .await;
    let (one, other) = (one.expect(200), other.expect(200));
    let sum = |count: &str| one[count].as_u64().unwrap() + other[count].as_u64().unwrap();
    assert_eq!((sum("created"), sum("unchanged")), (198, 198));

    // Each move is sound by itself; both together would close a circle.
    let a = make(&app, json!({"name": "A"})).await;
    let b = make(&app, json!({"name": "B"})).await;
    let under = |child: i64, parent: i64| {
        let app = &app;
        async move {
            app.patch(&format!("/customers/{child}"), json!({"parent_id": parent}))
                .await
        }
    };
    let (one, other) = futures_util::future::join(under(a, b), under(b, a)).await;
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
}
