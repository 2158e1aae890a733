//! Contracts and invoices: over the API, from files, and as they were known before a day.

use chrono::{NaiveDate, TimeDelta};
use hawser::access::audit::Actor;
use hawser::access::{Scope, Teams};
use hawser::customers::edit::Writer;
use hawser::engagement::delays::{PaymentDelay, trend_from, trends};
use hawser::engagement::file::{Filed, LoadError, Loaded, Refused, load};
use hawser::engagement::renewals::ContractAt;
use hawser::engagement::store::history::{contract_ends, payment_delays, renewal_history};
use hawser::engagement::store::{contracts, invoices};
use hawser::ids::CustomerId;
use hawser::imports::mapping::Format;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    a_contract_lives_from_creation_to_tombstone,
    an_invoice_lives_from_creation_to_tombstone,
    a_put_by_key_makes_once_replaces_and_brings_back,
    what_a_contract_names_must_exist_and_fit,
    a_stale_if_match_changes_nothing,
    a_patch_names_another_customer_whole,
    a_batch_judges_each_record_by_itself,
    lists_are_filtered_and_tell_what_was_deleted,
    a_limited_key_sees_and_writes_its_customers_records_only,
    a_file_is_written_whole_or_not_at_all,
    what_was_known_of_contracts_before_a_day,
    what_was_known_of_payments_before_a_day,
);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

async fn customer(app: &TestApp, key: &str, team: Option<i64>) -> i64 {
    let body = json!({"name": format!("Customer {key}"), "team_id": team, "external_ids": [{"system": "tms", "id": key}]});
    app.post("/customers", body).await.expect(201)["id"]
        .as_i64()
        .unwrap()
}

async fn team(app: &TestApp, name: &str) -> i64 {
    app.post("/teams", json!({"name": name})).await.expect(201)["id"]
        .as_i64()
        .unwrap()
}

fn key(id: &str) -> Value {
    json!({"system": "erp", "id": id})
}

/// A contract of customer 7 of the tms, laid over with `changes`.
fn contract(id: &str, changes: Value) -> Value {
    let mut body = json!({
        "external_id": key(id), "customer": {"external_id": {"system": "tms", "id": "7"}},
        "starts_on": "2026-01-01", "ends_on": "2026-12-31",
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// An invoice of customer 7 of the tms, laid over with `changes`.
fn invoice(id: &str, changes: Value) -> Value {
    let mut body = json!({
        "external_id": key(id), "customer": {"external_id": {"system": "tms", "id": "7"}},
        "issued_on": "2026-01-15", "due_on": "2026-02-14", "amount": 120_000,
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn each<'a>(rows: &'a [Value], member: &str) -> Vec<&'a Value> {
    rows.iter().map(|row| &row[member]).collect()
}

async fn a_contract_lives_from_creation_to_tombstone(app: TestApp) {
    let (owner, partner) = (
        customer(&app, "7", None).await,
        customer(&app, "8", None).await,
    );
    let body = contract(
        "C-1",
        json!({
            "partner": {"id": partner}, "kind": "frame", "service": "transport", "term_months": 12,
            "notice_days": 92, "renewals": 2, "auto_renews": true, "share": 0.4,
            "value_per_year": 5_000_000,
        }),
    );
    let reply = app.post("/contracts", body.clone()).await;
    assert_eq!(reply.header("etag"), "\"v1\"");
    let location = reply.header("location").to_owned();
    let made = reply.expect(201);
    let id = made["id"].as_i64().unwrap();
    assert_eq!(location, format!("/api/v1/contracts/{id}"));
    assert_eq!(
        made,
        json!({
            "id": id, "external_id": key("C-1"), "customer_id": owner, "partner_id": partner,
            "kind": "frame", "service": "transport", "starts_on": "2026-01-01",
            "ends_on": "2026-12-31", "term_months": 12, "notice_days": 92,
            "notice_by": "2026-09-30", "renewals": 2, "auto_renews": true, "share": 0.4,
            "value_per_year": 5_000_000, "outcome": null, "renewed_by": null,
            "status": "running", "version": 1, "created_at": "2026-03-02T08:00:00Z",
            "updated_at": "2026-03-02T08:00:00Z", "deleted_at": null,
        })
    );
    for path in [format!("/contracts/{id}"), "/contracts/ext:erp:C-1".into()] {
        assert_eq!(app.get(&path).await.expect(200), made);
    }
    app.post("/contracts", body)
        .await
        .expect_problem(409, "external_id_taken");
    // The next year its outcome is told.
    app.state
        .clock
        .set(app.state.clock.now() + TimeDelta::days(365));
    assert_eq!(app.get(&location[7..]).await.expect(200)["status"], "ended");
    let patched = app
        .patch(&location[7..], json!({"outcome": "lost", "share": null}))
        .await
        .expect(200);
    assert_eq!(
        (&patched["status"], &patched["share"], &patched["version"]),
        (&json!("lost"), &json!(null), &json!(2))
    );
    assert_eq!(patched["partner_id"], partner);
    let audit = app.all("/audit?entity=contract").await;
    assert_eq!(each(&audit, "action"), ["updated", "created"]);
    assert_eq!(app.delete("/contracts/ext:erp:C-1").await.status, 204);
    for path in [format!("/contracts/{id}"), "/contracts/ext:erp:C-1".into()] {
        app.get(&path).await.expect_problem(404, "not_found");
        app.patch(&path, json!({}))
            .await
            .expect_problem(404, "not_found");
        app.delete(&path).await.expect_problem(404, "not_found");
    }
    assert!(app.all("/contracts").await.is_empty());
    app.get("/contracts/ext:erp:%00")
        .await
        .expect_problem(404, "not_found");
    app.get("/contracts/seven")
        .await
        .expect_problem(400, "bad_id");
}

async fn an_invoice_lives_from_creation_to_tombstone(app: TestApp) {
    let owner = customer(&app, "7", None).await;
    let made = app
        .post("/invoices", invoice("R-1", json!({})))
        .await
        .expect(201);
    let id = made["id"].as_i64().unwrap();
    // Today is 2 March: 14 days of February and 2 of March after its 14th.
    assert_eq!(
        made,
        json!({
            "id": id, "external_id": key("R-1"), "customer_id": owner, "issued_on": "2026-01-15",
            "due_on": "2026-02-14", "amount": 120_000, "paid_on": null, "disputed": false,
            "status": "overdue", "days_beyond_terms": 16, "unusable": null, "version": 1,
            "created_at": "2026-03-02T08:00:00Z", "updated_at": "2026-03-02T08:00:00Z",
            "deleted_at": null,
        })
    );
    let path = format!("/invoices/{id}");
    let paid = app
        .patch(&path, json!({"paid_on": "2026-02-24"}))
        .await
        .expect(200);
    assert_eq!(
        (
            &paid["status"],
            &paid["days_beyond_terms"],
            &paid["version"]
        ),
        (&json!("paid"), &json!(10), &json!(2))
    );
    let disputed = app
        .patch(&path, json!({"disputed": true, "amount": -5}))
        .await
        .expect(200);
    assert_eq!(disputed["unusable"], "disputed");
    // Kept, and said to be of no use.
    let late = invoice("R-2", json!({"due_on": "2026-01-14"}));
    let late = app.post("/invoices", late).await.expect(201);
    assert_eq!(late["unusable"], "due_before_issue");
    let wrong = app
        .post("/invoices", invoice("R-3", json!({"due_on": "0226-01-14"})))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(wrong["errors"][0]["pointer"], "/due_on");
    let wrong = app
        .post("/invoices", invoice("R-3", json!({"colour": 1})))
        .await
        .expect_problem(400, "unknown_field");
    assert_eq!(wrong["errors"][0]["pointer"], "/colour");
    assert_eq!(app.delete(&path).await.status, 204);
    app.get(&path).await.expect_problem(404, "not_found");
    assert_eq!(app.all("/invoices").await.len(), 1);
}

async fn a_put_by_key_makes_once_replaces_and_brings_back(app: TestApp) {
    customer(&app, "7", None).await;
    let path = "/invoices/ext:erp:R-1";
    let body = invoice("R-1", json!({"paid_on": "2026-02-01"}));
    let made = app.put(path, body.clone()).await.expect(201);
    assert_eq!(app.put(path, body.clone()).await.expect(200), made);
    // What a replacement does not tell is cleared.
    let open = app.put(path, invoice("R-1", json!({}))).await.expect(200);
    assert_eq!(
        (&open["paid_on"], &open["version"], &open["id"]),
        (&json!(null), &json!(2), &made["id"])
    );
    app.put(path, invoice("R-2", json!({})))
        .await
        .expect_problem(422, "invalid");
    app.put(
        &format!("/invoices/{}", made["id"]),
        invoice("R-2", json!({})),
    )
    .await
    .expect_problem(422, "invalid");
    app.put("/invoices/999999", body.clone())
        .await
        .expect_problem(404, "not_found");
    assert_eq!(app.delete(path).await.status, 204);
    let back = app.put(path, body).await.expect(201);
    assert_eq!(
        (&back["id"], &back["deleted_at"], &back["version"]),
        (&made["id"], &json!(null), &json!(4))
    );
}

async fn what_a_contract_names_must_exist_and_fit(app: TestApp) {
    let owner = customer(&app, "7", None).await;
    let other = customer(&app, "8", None).await;
    let post = |changes: Value| {
        let body = contract("C-1", changes);
        let app = &app;
        async move {
            let problem = app.post("/contracts", body).await;
            let problem = problem.expect_problem(422, "invalid");
            let error = &problem["errors"][0];
            (
                error["pointer"].as_str().unwrap().to_owned(),
                error["code"].as_str().unwrap().to_owned(),
            )
        }
    };
    let told = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(
        post(json!({"customer": {"id": 999_999}})).await,
        told("/customer", "unknown")
    );
    assert_eq!(
        post(json!({"partner": {"external_id": {"system": "tms", "id": "9"}}})).await,
        told("/partner", "unknown")
    );
    assert_eq!(
        post(json!({"partner": {"id": owner}})).await,
        told("/partner", "same")
    );
    assert_eq!(
        post(json!({"ends_on": "2025-12-31"})).await,
        told("/ends_on", "out_of_order")
    );
    // The next term: of the same customer, begun later.
    let foreign = contract(
        "X",
        json!({"customer": {"id": other}, "starts_on": "2026-06-01"}),
    );
    let foreign = app.post("/contracts", foreign).await.expect(201)["id"].clone();
    assert_eq!(
        post(json!({"outcome": "renewed", "renewed_by": {"id": foreign}})).await,
        told("/renewed_by", "unknown")
    );
    let same = app
        .post("/contracts", contract("S", json!({})))
        .await
        .expect(201)["id"]
        .clone();
    assert_eq!(
        post(json!({"outcome": "renewed", "renewed_by": {"id": same}})).await,
        told("/renewed_by", "out_of_order")
    );
    let next = contract(
        "C-2",
        json!({"starts_on": "2027-01-01", "ends_on": "2027-12-31"}),
    );
    let next = app.post("/contracts", next).await.expect(201)["id"].clone();
    let body = contract(
        "C-1",
        json!({"outcome": "renewed", "renewed_by": {"external_id": key("C-2")}}),
    );
    let made = app.post("/contracts", body).await.expect(201);
    assert_eq!(made["renewed_by"], next);
    // Until its last day it runs, whatever is known of its end.
    assert_eq!(made["status"], "running");
    // What stands stays, even when what it names is gone.
    assert_eq!(app.delete(&format!("/contracts/{next}")).await.status, 204);
    assert_eq!(app.delete(&format!("/customers/{owner}")).await.status, 204);
    let kept = app
        .patch("/contracts/ext:erp:C-1", json!({"share": 1.0}))
        .await
        .expect(200);
    assert_eq!((&kept["renewed_by"], &kept["share"]), (&next, &json!(1.0)));
}

async fn a_stale_if_match_changes_nothing(app: TestApp) {
    customer(&app, "7", None).await;
    let path = "/api/v1/contracts/ext:erp:C-1";
    let send = |method: Method, tag: &'static str, body: Value| {
        let request = app
            .request(method, path)
            .header("if-match", tag)
            .json(&body);
        app.send(request)
    };
    let body = contract("C-1", json!({}));
    send(Method::PUT, "\"v1\"", body.clone())
        .await
        .expect_problem(412, "precondition_failed");
    app.post("/contracts", body).await.expect(201);
    let longer = contract("C-1", json!({"ends_on": "2027-12-31"}));
    let changed = send(Method::PUT, "\"v1\"", longer.clone())
        .await
        .expect(200);
    assert_eq!(changed["version"], 2);
    for (method, body) in [
        (Method::PUT, longer),
        (Method::PATCH, json!({"share": 0.5})),
        (Method::DELETE, json!({})),
    ] {
        send(method, "\"v1\"", body)
            .await
            .expect_problem(412, "precondition_failed");
    }
    assert_eq!(app.get(&path[7..]).await.expect(200), changed);
}

async fn a_patch_names_another_customer_whole(app: TestApp) {
    customer(&app, "7", None).await;
    let other = customer(&app, "8", None).await;
    app.post("/invoices", invoice("R-1", json!({})))
        .await
        .expect(201);
    let path = "/invoices/ext:erp:R-1";
    let to = json!({"customer": {"external_id": {"system": "tms", "id": "8"}}});
    let moved = app.patch(path, to).await.expect(200);
    assert_eq!(
        (&moved["customer_id"], &moved["amount"]),
        (&json!(other), &json!(120_000))
    );
    let renamed = app
        .patch(path, json!({"external_id": key("R-2")}))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(renamed["errors"][0]["code"], "mismatch");
    app.patch(path, json!({"colour": null}))
        .await
        .expect_problem(400, "unknown_field");
}

async fn a_batch_judges_each_record_by_itself(app: TestApp) {
    customer(&app, "7", None).await;
    app.post("/contracts", contract("C-1", json!({})))
        .await
        .expect(201);
    let records = json!([
        contract("C-1", json!({})),
        contract("C-1", json!({"share": 0.5})),
        contract("C-2", json!({"share": 2.0})),
        contract("C-3", json!({"customer": {"id": 999_999}})),
        {"external_id": key("C-4")},
        contract("C-5", json!({})),
    ]);
    let report = app.post("/contracts:batch", records).await.expect(200);
    assert_eq!(
        each(report["results"].as_array().unwrap(), "outcome"),
        [
            "unchanged",
            "updated",
            "failed",
            "failed",
            "failed",
            "created"
        ]
    );
    assert_eq!(
        report["results"][2]["problem"]["errors"][0]["pointer"],
        "/share"
    );
    assert_eq!(
        report["results"][3]["problem"]["errors"][0]["pointer"],
        "/customer"
    );
    assert_eq!(report["results"][4]["problem"]["code"], "missing_field");
    assert_eq!(app.all("/contracts").await.len(), 2);
    let lines = format!(
        "{}\n{}\n",
        invoice("R-1", json!({})),
        invoice("R-2", json!({}))
    );
    let request = app
        .request(Method::POST, "/api/v1/invoices:batch")
        .header("content-type", "application/x-ndjson")
        .body(lines);
    assert_eq!(app.send(request).await.expect(200)["created"], 2);
    let audit = app.all("/audit?entity=invoice").await;
    assert_eq!(each(&audit, "action"), ["batch"]);
}

async fn lists_are_filtered_and_tell_what_was_deleted(app: TestApp) {
    let owner = customer(&app, "7", None).await;
    let other = customer(&app, "8", None).await;
    for (id, changes) in [
        (
            "A",
            json!({"ends_on": "2026-06-30", "service": "warehousing"}),
        ),
        ("B", json!({"ends_on": "2026-09-30", "auto_renews": true})),
        ("C", json!({"ends_on": null})),
        (
            "D",
            json!({"customer": {"id": other}, "starts_on": "2025-01-01", "ends_on": "2026-06-01"}),
        ),
    ] {
        app.post("/contracts", contract(id, changes))
            .await
            .expect(201);
    }
    let ids = |rows: Vec<Value>| -> Vec<String> {
        rows.iter()
            .map(|row| row["external_id"]["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let list = |query: String| {
        let app = &app;
        async move { ids(app.all(&query).await) }
    };
    let filter =
        format!("/contracts?customer_id={owner}&ends_on[gte]=2026-06-01&ends_on[lt]=2026-07-01");
    assert_eq!(list(filter).await, ["A"]);
    assert_eq!(
        list("/contracts?sort=starts_on&limit=1".into()).await,
        ["D", "A", "B", "C"]
    );
    assert_eq!(list("/contracts?auto_renews=true".into()).await, ["B"]);
    assert_eq!(list("/contracts?service=warehousing".into()).await, ["A"]);
    app.get("/contracts?system[contains]=e")
        .await
        .expect_problem(400, "bad_parameter");
    app.get("/contracts?colour=red")
        .await
        .expect_problem(400, "bad_parameter");
    app.state
        .clock
        .set(app.state.clock.now() + TimeDelta::minutes(1));
    let since = app.state.clock.now().format("%Y-%m-%dT%H:%M:%SZ");
    app.delete("/contracts/ext:erp:B").await;
    let changed = app.all(&format!("/contracts?updated_since={since}")).await;
    assert_eq!(ids(changed.clone()), ["B"]);
    assert!(changed[0]["deleted_at"].is_string());
    for (id, changes) in [
        ("R", json!({})),
        (
            "S",
            json!({"paid_on": "2026-02-01", "due_on": "2026-03-14"}),
        ),
        (
            "T",
            json!({"disputed": true, "due_on": "2026-04-14", "amount": 5}),
        ),
    ] {
        app.post("/invoices", invoice(id, changes))
            .await
            .expect(201);
    }
    assert_eq!(list("/invoices?paid=false".into()).await, ["R", "T"]);
    assert_eq!(list("/invoices?disputed=true".into()).await, ["T"]);
    assert_eq!(
        list("/invoices?sort=-due_on&limit=2".into()).await,
        ["T", "S", "R"]
    );
    assert_eq!(
        list("/invoices?sort=amount&limit=1".into()).await,
        ["T", "R", "S"]
    );
}

async fn a_limited_key_sees_and_writes_its_customers_records_only(app: TestApp) {
    let (north, south) = (team(&app, "North").await, team(&app, "South").await);
    let own = customer(&app, "7", Some(north)).await;
    let foreign = customer(&app, "8", Some(south)).await;
    app.post(
        "/contracts",
        contract("OWN", json!({"partner": {"id": foreign}})),
    )
    .await
    .expect(201);
    app.post(
        "/contracts",
        contract("FOREIGN", json!({"customer": {"id": foreign}})),
    )
    .await
    .expect(201);
    let limited = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![north]), None);
    let ask = |method: Method, path: &str, body: Option<Value>| {
        let request = app
            .bare(method, &format!("/api/v1{path}"))
            .bearer_auth(&limited);
        app.send(match body {
            Some(body) => request.json(&body),
            None => request,
        })
    };
    let seen = ask(Method::GET, "/contracts", None).await.expect(200);
    let seen = seen["data"].as_array().unwrap();
    assert_eq!(each(seen, "customer_id"), [own]);
    assert_eq!(each(seen, "partner_id"), [&Value::Null]);
    for path in ["/contracts/ext:erp:FOREIGN", "/invoices/ext:erp:NONE"] {
        ask(Method::GET, path, None)
            .await
            .expect_problem(404, "not_found");
        ask(Method::DELETE, path, None)
            .await
            .expect_problem(404, "not_found");
    }
    // What it cannot see, it cannot take away.
    let whole = contract("OWN", json!({"share": 0.3}));
    let put = ask(Method::PUT, "/contracts/ext:erp:OWN", Some(whole))
        .await
        .expect(200);
    assert_eq!(
        (&put["share"], &put["partner_id"]),
        (&json!(0.3), &json!(null))
    );
    let patch = ask(
        Method::PATCH,
        "/contracts/ext:erp:OWN",
        Some(json!({"share": 0.4})),
    )
    .await;
    assert_eq!(patch.expect(200)["partner_id"], json!(null));
    let stands = app.get("/contracts/ext:erp:OWN").await.expect(200);
    assert_eq!(stands["partner_id"], foreign);
    // Nor name.
    for body in [
        contract("NEW", json!({"customer": {"id": foreign}})),
        contract("NEW", json!({"partner": {"id": foreign}})),
    ] {
        let problem = ask(Method::POST, "/contracts", Some(body)).await;
        assert_eq!(
            problem.expect_problem(422, "invalid")["errors"][0]["code"],
            "unknown"
        );
    }
    let theirs = contract("FOREIGN", json!({}));
    ask(Method::PUT, "/contracts/ext:erp:FOREIGN", Some(theirs))
        .await
        .expect_problem(409, "external_id_taken");
    let theirs = app.get("/contracts/ext:erp:FOREIGN").await.expect(200);
    assert_eq!(
        (&theirs["customer_id"], &theirs["version"]),
        (&json!(foreign), &json!(1))
    );
    let reader = app.make_key(&[Scope::Read], Teams::All, None);
    let request = app
        .bare(Method::POST, "/api/v1/invoices")
        .bearer_auth(&reader);
    app.send(request.json(&invoice("R", json!({}))))
        .await
        .expect_problem(403, "forbidden");
}

fn import<R: Filed>(app: &TestApp, text: &str, format: Format) -> Result<Loaded, LoadError> {
    let writer = Writer {
        teams: Teams::All,
        actor: Actor::cli(),
        now: app.state.clock.now().into(),
    };
    app.state
        .db
        .write_when_free(|conn| load::<R>(conn, &writer, (text.as_bytes(), format, "file")))
}

async fn a_file_is_written_whole_or_not_at_all(app: TestApp) {
    let owner = customer(&app, "7", None).await;
    // The terms in the order in which people write them, each naming the next.
    let file = "external_id;external_system;customer.external_id;customer.external_system;starts_on;ends_on;share;auto_renews;outcome;renewed_by.external_id;renewed_by.external_system\n\
                C-1;erp;7;tms;2023-01-01;2023-12-31;0.5;no;renewed;C-2;erp\n\
                C-2;erp;7;tms;2024-01-01;2024-12-31;0.5;no;renewed;C-3;erp\n\
                C-3;erp;7;tms;2025-01-01;;0.5;yes;;;\n";
    let loaded = import::<contracts::Values>(&app, file, Format::Csv).unwrap();
    let counts = |created, updated, unchanged| Loaded {
        created,
        updated,
        unchanged,
    };
    assert_eq!(loaded, counts(3, 0, 0));
    let again = import::<contracts::Values>(&app, file, Format::Csv).unwrap();
    assert_eq!(again, counts(0, 0, 3));
    let rows = app.all("/contracts?sort=starts_on").await;
    assert_eq!(rows[0]["renewed_by"], rows[1]["id"]);
    assert_eq!(rows[1]["renewed_by"], rows[2]["id"]);
    assert_eq!(
        (&rows[2]["auto_renews"], &rows[2]["ends_on"]),
        (&json!(true), &json!(null))
    );

    let lines = "{\"external_id\":\"R-1\",\"external_system\":\"erp\",\"customer\":{\"external_id\":\"7\",\"external_system\":\"tms\"},\"issued_on\":\"2026-01-01\",\"due_on\":\"2026-01-31\",\"amount\":500,\"disputed\":true}\n";
    assert_eq!(
        import::<invoices::Values>(&app, lines, Format::Ndjson).unwrap(),
        counts(1, 0, 0)
    );
    // A row is the whole record: neither disputed nor paid any more.
    let file = format!(
        "external_id,external_system,customer.id,issued_on,due_on,amount,paid_on\nR-1,erp,{owner},2026-01-01,2026-01-31,500,\nR-2,erp,{owner},2026-01-01,2026-01-31,500,\n"
    );
    assert_eq!(
        import::<invoices::Values>(&app, &file, Format::Csv).unwrap(),
        counts(1, 1, 0)
    );
    let stands = app.all("/invoices").await;
    assert_eq!(each(&stands, "disputed"), [false, false]);

    let file = format!(
        "external_id,external_system,customer.id,issued_on,due_on,amount\nR-3,erp,{owner},2026-01-01,2026-01-31,500\nR-4,erp,999999,2026-01-01,2026-01-31,500\nR-5,erp,{owner},2026-01-01,2026-01-32,500\nR-6,erp,{owner},2026-01-01,2026-01-31,5.5\n"
    );
    let Err(LoadError::Refused { count, rows }) =
        import::<invoices::Values>(&app, &file, Format::Csv)
    else {
        panic!("it was written");
    };
    assert_eq!(count, 3);
    let told: Vec<(u64, bool)> = rows
        .iter()
        .zip([
            "customer: there is no customer 999999",
            "/due_on",
            "amount: expected a whole number",
        ])
        .map(|(Refused { line, reason }, expected)| (*line, reason.contains(expected)))
        .collect();
    assert_eq!(told, [(3, true), (4, true), (5, true)], "{rows:?}");
    assert_eq!(app.all("/invoices").await.len(), 2, "R-3 must not stand");
    let audit = app.all("/audit?entity=invoice").await;
    assert_eq!(each(&audit, "action"), ["imported", "imported"]);
}

fn read<T>(
    app: &TestApp,
    read: impl FnOnce(&mut hawser::db::Conn) -> hawser::db::DbResult<T>,
) -> T {
    app.state.db.read_now(read).unwrap()
}

async fn what_was_known_of_contracts_before_a_day(app: TestApp) {
    let owner = CustomerId(customer(&app, "7", None).await);
    let other = CustomerId(customer(&app, "8", None).await);
    for body in [
        contract(
            "C-3",
            json!({"starts_on": "2025-01-01", "ends_on": "2025-12-31", "share": 0.6, "outcome": "lost"}),
        ),
        contract(
            "C-2",
            json!({"starts_on": "2024-01-01", "ends_on": "2024-12-31", "outcome": "renewed", "renewed_by": {"external_id": key("C-3")}}),
        ),
        contract(
            "L-1",
            json!({"customer": {"id": other.0}, "partner": {"id": owner.0}, "starts_on": "2025-03-01", "ends_on": "2025-06-30", "renewals": 3, "auto_renews": true, "value_per_year": 900}),
        ),
        contract(
            "O-1",
            json!({"customer": {"id": other.0}, "starts_on": "2024-06-01", "ends_on": null}),
        ),
        contract(
            "GONE",
            json!({"starts_on": "2024-06-01", "ends_on": "2025-06-30"}),
        ),
    ] {
        app.post("/contracts", body).await.expect(201);
    }
    app.delete("/contracts/ext:erp:GONE").await;
    let frame = ContractAt {
        customer: owner,
        partner: None,
        ends_on: day("2025-12-31"),
        share: Some(0.6),
        renewals: 1,
        auto_renews: false,
        value_per_year: None,
    };
    let of_link = ContractAt {
        customer: other,
        partner: Some(owner),
        ends_on: day("2025-06-30"),
        share: None,
        renewals: 3,
        auto_renews: true,
        value_per_year: Some(900),
    };
    let at = |as_of| {
        let as_of = day(as_of);
        read(&app, |conn| {
            Ok((contract_ends(conn, as_of)?, renewal_history(conn, as_of)?))
        })
    };
    // C-3 has replaced C-2; both others run, and none has come to an end without being renewed.
    let (ends, history) = at("2025-06-30");
    assert_eq!(ends, [frame.clone(), of_link]);
    assert_eq!(history, [(1, false), (3, false), (0, false)]);
    // The link's contract ended without a word.
    assert_eq!(at("2025-12-31").0, [frame]);
    assert_eq!(at("2026-01-01").0, []);
    assert_eq!(at("2026-01-01").1, [(1, true), (3, false), (0, false)]);
    // On the first day of C-2 it is not known yet, on the next it is.
    assert_eq!(at("2024-01-01"), (vec![], vec![]));
    assert_eq!(at("2024-01-02").1, [(0, false)]);
    assert_eq!(at("2024-01-02").0[0].ends_on, day("2024-12-31"));
}

async fn what_was_known_of_payments_before_a_day(app: TestApp) {
    let owner = CustomerId(customer(&app, "7", None).await);
    // Before 2 April 2026: 13 weeks go back to 1 January, 52 to 3 April 2025.
    for (id, due_on, paid_on, amount) in [
        ("OLD", "2025-04-01", Some("2025-04-02"), 1),
        ("A", "2025-10-01", Some("2025-10-03"), 100),
        ("B", "2026-01-10", Some("2026-01-22"), 100),
        ("OPEN", "2026-03-03", None, 300),
        ("TODAY", "2026-03-23", Some("2026-04-02"), 100),
        ("NOT-DUE", "2026-04-02", None, 1),
        ("CREDIT", "2026-01-10", Some("2026-01-22"), -100),
    ] {
        let body = json!({"issued_on": "2025-03-01", "due_on": due_on, "paid_on": paid_on, "amount": amount});
        app.post("/invoices", invoice(id, body)).await.expect(201);
    }
    let disputed = invoice("D", json!({"disputed": true}));
    app.post("/invoices", disputed).await.expect(201);
    let issued_later = invoice(
        "L",
        json!({"issued_on": "2026-04-02", "due_on": "2026-04-02"}),
    );
    app.post("/invoices", issued_later).await.expect(201);
    let (as_of, from) = (day("2026-04-02"), trend_from(day("2026-04-02")).unwrap());
    assert_eq!(from, day("2025-04-03"));
    let known = read(&app, |conn| payment_delays(conn, as_of, from));
    let delay = |due_on, paid_on: Option<&str>, amount| PaymentDelay {
        customer: owner,
        due_on: day(due_on),
        paid_on: paid_on.map(day),
        amount,
    };
    assert_eq!(
        known,
        [
            delay("2025-10-01", Some("2025-10-03"), 100),
            delay("2026-01-10", Some("2026-01-22"), 100),
            delay("2026-03-03", None, 300),
            delay("2026-03-23", None, 100),
        ]
    );
    // (12 · 100 + 30 · 300 + 10 · 100) / 500 = 22.4, less 2.
    let trend = trends(&known, as_of)[&owner];
    assert!((trend - 20.4).abs() < 1e-12, "{trend}");
}
