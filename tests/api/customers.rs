//! Customers, their departments and contacts.

mod batches;
mod lists;
mod members;
mod rights;

use chrono::TimeDelta;
use hawser::access::Teams;
use hawser::api::reference::Reference;
use hawser::customers::store::{self, CustomerBrief};
use hawser::ids::CustomerId;
use hawser::ids::ExternalId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    a_customer_lives_from_creation_to_tombstone,
    a_patch_changes_what_it_names_and_null_clears,
    a_stale_if_match_changes_nothing,
    unknown_fields_are_named_wherever_they_stand,
    broken_rules_are_told_with_their_field,
    an_upsert_by_external_id_happens_once_however_often_it_comes,
    an_upsert_brings_a_deleted_customer_back,
    a_put_by_number_replaces,
    an_external_id_belongs_to_one_customer,
    groups_have_no_circles,
    an_idempotency_key_makes_one_customer,
    writes_are_in_the_audit_log,
    other_features_find_customers_and_names,
);

/// Makes a customer and gives its id.
async fn make(app: &TestApp, body: Value) -> i64 {
    app.post("/customers", body).await.expect(201)["id"]
        .as_i64()
        .unwrap()
}

async fn make_team(app: &TestApp, name: &str) -> i64 {
    app.post("/teams", json!({"name": name})).await.expect(201)["id"]
        .as_i64()
        .unwrap()
}

fn later(app: &TestApp) -> String {
    let clock = &app.state.clock;
    clock.set(clock.now() + TimeDelta::minutes(1));
    clock.now().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn each<'a>(rows: &'a [Value], member: &str) -> Vec<&'a Value> {
    rows.iter().map(|row| &row[member]).collect()
}

async fn a_customer_lives_from_creation_to_tombstone(app: TestApp) {
    let team = make_team(&app, "North").await;
    let reply = app
        .post(
            "/customers",
            json!({
                "name": "  Müller GmbH ", "country": "de", "team_id": team,
                "external_ids": [{"system": "tms", "id": "7"}, {"system": "erp", "id": "A/1"}],
                "tags": ["vip", " automotive", "vip"],
            }),
        )
        .await;
    assert_eq!(reply.header("etag"), "\"v1\"");
    let location = reply.header("location").to_owned();
    let made = reply.expect(201);
    assert_eq!(location, format!("/api/v1/customers/{}", made["id"]));
    let id = made["id"].as_i64().unwrap();
    assert_eq!(
        made,
        json!({
            "id": id, "name": "Müller GmbH", "country": "DE", "parent_id": null, "team_id": team,
            "external_ids": [{"system": "erp", "id": "A/1"}, {"system": "tms", "id": "7"}],
            "status": "active", "tags": ["automotive", "vip"], "role": "none", "version": 1,
            "created_at": "2026-03-02T08:00:00Z", "updated_at": "2026-03-02T08:00:00Z",
            "deleted_at": null,
        })
    );
    for path in [
        format!("/customers/{id}"),
        "/customers/ext:tms:7".into(),
        "/customers/ext:erp:A%2F1".into(),
    ] {
        let reply = app.get(&path).await;
        assert_eq!(reply.header("etag"), "\"v1\"");
        assert_eq!(reply.expect(200), made, "{path}");
    }
    assert_eq!(app.delete("/customers/ext:tms:7").await.status, 204);
    for path in [format!("/customers/{id}"), "/customers/ext:tms:7".into()] {
        app.get(&path).await.expect_problem(404, "not_found");
        app.patch(&path, json!({}))
            .await
            .expect_problem(404, "not_found");
        app.delete(&path).await.expect_problem(404, "not_found");
    }
    assert!(app.all("/customers").await.is_empty());
    for path in ["/customers/ext:tms:%00", "/customers/ext:tms:8"] {
        app.get(path).await.expect_problem(404, "not_found");
    }
    app.get("/customers/seven")
        .await
        .expect_problem(400, "bad_id");
}

async fn a_patch_changes_what_it_names_and_null_clears(app: TestApp) {
    let id = make(
        &app,
        json!({"name": "Acme", "country": "FR", "tags": ["a"], "status": "prospect",
            "external_ids": [{"system": "tms", "id": "7"}]}),
    )
    .await;
    let path = format!("/customers/{id}");
    later(&app);
    let body = json!({"country": null, "tags": ["b", "c"], "external_ids": [{"system": "crm", "id": "9"}]});
    let patched = app.patch(&path, body.clone()).await.expect(200);
    assert_eq!(patched["name"], "Acme");
    assert_eq!(patched["status"], "prospect");
    assert_eq!(patched["country"], Value::Null);
    assert_eq!(patched["tags"], json!(["b", "c"]));
    assert_eq!(
        patched["external_ids"],
        json!([{"system": "crm", "id": "9"}])
    );
    assert_eq!(patched["version"], 2);
    assert_eq!(patched["created_at"], "2026-03-02T08:00:00Z");
    assert_eq!(patched["updated_at"], "2026-03-02T08:01:00Z");
    app.get("/customers/ext:tms:7")
        .await
        .expect_problem(404, "not_found");

    later(&app);
    assert_eq!(
        app.patch(&path, body).await.expect(200),
        patched,
        "a patch that changes nothing is no change"
    );
    // The name goes with what it is found by.
    app.patch(&path, json!({"name": "Zürich AG"}))
        .await
        .expect(200);
    assert_eq!(app.all("/customers?q=zurich").await.len(), 1);
    assert!(app.all("/customers?q=acme").await.is_empty());
}

async fn a_stale_if_match_changes_nothing(app: TestApp) {
    let id = make(&app, json!({"name": "Acme"})).await;
    let path = format!("/api/v1/customers/{id}");
    app.patch(&format!("/customers/{id}"), json!({"name": "Acme 2"}))
        .await
        .expect(200);
    for method in [Method::PATCH, Method::PUT, Method::DELETE] {
        let request = app
            .request(method, &path)
            .header("if-match", "\"v1\"")
            .json(&json!({"name": "Acme 3"}));
        let problem = app
            .send(request)
            .await
            .expect_problem(412, "precondition_failed");
        assert!(problem["detail"].as_str().unwrap().contains("\"v2\""));
    }
    let missing = app
        .request(Method::PUT, "/api/v1/customers/ext:tms:1")
        .header("if-match", "*")
        .json(&json!({"name": "Other"}));
    app.send(missing)
        .await
        .expect_problem(412, "precondition_failed");
    let current = app
        .request(Method::PATCH, &path)
        .header("if-match", "\"v2\"")
        .json(&json!({"name": "Acme 3"}));
    assert_eq!(app.send(current).await.expect(200)["version"], 3);
}

async fn unknown_fields_are_named_wherever_they_stand(app: TestApp) {
    let id = make(&app, json!({"name": "Acme"})).await;
    let pointers = |problem: Value| -> Vec<String> {
        let errors = problem["errors"].as_array().unwrap().clone();
        errors
            .iter()
            .map(|part| part["pointer"].as_str().unwrap().to_owned())
            .collect()
    };
    let body = json!({"name": "A", "colour": null, "size": 3});
    let path = format!("/customers/{id}");
    for reply in [
        app.post("/customers", body.clone()).await,
        app.patch(&path, body.clone()).await,
        app.put(&path, body.clone()).await,
        app.put("/customers/ext:tms:1", body).await,
    ] {
        let problem = reply.expect_problem(400, "unknown_field");
        assert_eq!(pointers(problem), ["/colour", "/size"]);
    }
    let nested = json!({"name": "A", "external_ids": [{"system": "tms", "id": "1", "kind": 2}]});
    for reply in [
        app.post("/customers", nested.clone()).await,
        app.put("/customers/ext:tms:1", nested).await,
    ] {
        let problem = reply.expect_problem(400, "unknown_field");
        assert_eq!(pointers(problem), ["/external_ids/0/kind"]);
    }
    app.post("/customers", json!({"country": "DE"}))
        .await
        .expect_problem(400, "missing_field");
    app.put("/customers/ext:tms:1", json!({"name": null}))
        .await
        .expect_problem(400, "missing_field");
    app.patch(&path, json!([1]))
        .await
        .expect_problem(400, "bad_json");
    app.post("/customers", json!({"name": "A", "status": "dormant"}))
        .await
        .expect_problem(400, "bad_value");
}

async fn broken_rules_are_told_with_their_field(app: TestApp) {
    for (body, field, code) in [
        (json!({"name": "a\u{0}b"}), "/name", "control_character"),
        (json!({"name": "***"}), "/name", "no_letters"),
        (json!({"name": "  "}), "/name", "length"),
        (json!({"name": "a".repeat(301)}), "/name", "length"),
        (
            json!({"name": "A", "country": "DEU"}),
            "/country",
            "not_a_country",
        ),
        (
            json!({"name": "A", "tags": ["x\u{0}"]}),
            "/tags",
            "control_character",
        ),
        (
            json!({"name": "A", "external_ids": [{"system": "t\u{0}", "id": "1"}]}),
            "/external_ids",
            "control_character",
        ),
        (
            json!({"name": "A", "parent_id": 99}),
            "/parent_id",
            "unknown",
        ),
        (json!({"name": "A", "team_id": 99}), "/team_id", "unknown"),
    ] {
        let problem = app
            .post("/customers", body)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], field);
        assert_eq!(problem["errors"][0]["code"], code);
    }
    app.put("/customers/ext:tms:%00", json!({"name": "A"}))
        .await
        .expect_problem(422, "invalid");
    assert!(app.all("/customers").await.is_empty());
}

async fn an_upsert_by_external_id_happens_once_however_often_it_comes(app: TestApp) {
    let body = json!({"name": "Acme", "country": "US"});
    let reply = app.put("/customers/ext:tms:7", body.clone()).await;
    let location = reply.header("location").to_owned();
    let made = reply.expect(201);
    assert_eq!(location, format!("/api/v1/customers/{}", made["id"]));
    assert_eq!(made["external_ids"], json!([{"system": "tms", "id": "7"}]));
    later(&app);
    assert_eq!(
        app.put("/customers/ext:tms:7", body).await.expect(200),
        made
    );
    assert_eq!(app.all("/customers").await.len(), 1);

    // What others know stays: tags given here, and the external id of another system.
    let id = &made["id"];
    app.patch(&format!("/customers/{id}"), json!({"tags": ["vip"]}))
        .await
        .expect(200);
    let body =
        json!({"name": "Acme 2", "country": null, "external_ids": [{"system": "erp", "id": "1"}]});
    let changed = app.put("/customers/ext:tms:7", body).await.expect(200);
    assert_eq!(changed["id"], *id);
    assert_eq!(changed["name"], "Acme 2");
    assert_eq!(changed["country"], Value::Null);
    assert_eq!(changed["tags"], json!(["vip"]));
    assert_eq!(
        changed["external_ids"],
        json!([{"system": "erp", "id": "1"}, {"system": "tms", "id": "7"}])
    );
}

async fn an_upsert_brings_a_deleted_customer_back(app: TestApp) {
    let made = app
        .put(
            "/customers/ext:tms:7",
            json!({"name": "Acme", "tags": ["vip"]}),
        )
        .await
        .expect(201);
    app.post("/customers/ext:tms:7/departments", json!({"kind": "sales"}))
        .await
        .expect(201);
    app.delete("/customers/ext:tms:7").await;
    let taken = json!({"name": "New", "external_ids": [{"system": "tms", "id": "7"}]});
    app.post("/customers", taken)
        .await
        .expect_problem(409, "external_id_taken");
    let back = app
        .put("/customers/ext:tms:7", json!({"name": "Acme"}))
        .await
        .expect(201);
    assert_eq!(back["id"], made["id"]);
    assert_eq!(back["deleted_at"], Value::Null);
    assert_eq!(back["tags"], json!(["vip"]));
    assert!(app.all("/customers/ext:tms:7/departments").await.is_empty());
}

async fn a_put_by_number_replaces(app: TestApp) {
    let id = make(
        &app,
        json!({"name": "Acme", "country": "US", "tags": ["a"],
            "external_ids": [{"system": "tms", "id": "7"}]}),
    )
    .await;
    let replaced = app
        .put(&format!("/customers/{id}"), json!({"name": "Acme"}))
        .await
        .expect(200);
    assert_eq!(replaced["country"], Value::Null);
    assert_eq!(replaced["tags"], json!([]));
    assert_eq!(replaced["external_ids"], json!([]));
    app.put("/customers/999", json!({"name": "Acme"}))
        .await
        .expect_problem(404, "not_found");
}

async fn an_external_id_belongs_to_one_customer(app: TestApp) {
    let with =
        |name: &str, id: &str| json!({"name": name, "external_ids": [{"system": "tms", "id": id}]});
    make(&app, with("A", "1")).await;
    let b = make(&app, with("B", "2")).await;
    for reply in [
        app.post("/customers", with("C", "1")).await,
        app.patch(&format!("/customers/{b}"), with("B", "1")).await,
        app.put(&format!("/customers/{b}"), with("B", "1")).await,
        app.put("/customers/ext:tms:2", with("B", "1")).await,
    ] {
        let problem = reply.expect_problem(409, "external_id_taken");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("external id 1 of tms"), "{detail}");
    }
    assert_eq!(app.all("/customers").await.len(), 2);
    assert_eq!(
        app.get("/customers/ext:tms:2").await.expect(200)["version"],
        1
    );
}

async fn groups_have_no_circles(app: TestApp) {
    let a = make(&app, json!({"name": "A"})).await;
    let b = make(&app, json!({"name": "B", "parent_id": a})).await;
    let c = make(&app, json!({"name": "C", "parent_id": b})).await;
    for parent in [a, b, c] {
        let problem = app
            .patch(&format!("/customers/{a}"), json!({"parent_id": parent}))
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/parent_id");
        assert_eq!(problem["errors"][0]["code"], "circle");
    }
    app.patch(&format!("/customers/{c}"), json!({"parent_id": a}))
        .await
        .expect(200);
    app.patch(
        &format!("/customers/{a}"),
        json!({"name": "A 2", "parent_id": null}),
    )
    .await
    .expect(200);
    app.delete(&format!("/customers/{b}")).await;
    app.patch(&format!("/customers/{c}"), json!({"parent_id": b}))
        .await
        .expect_problem(422, "invalid");

    let mut parent = a;
    for level in 2..=50 {
        parent = make(
            &app,
            json!({"name": format!("L{level}"), "parent_id": parent}),
        )
        .await;
    }
    let problem = app
        .post("/customers", json!({"name": "L51", "parent_id": parent}))
        .await;
    assert_eq!(problem.status, 201);
    let deepest = problem.json["id"].as_i64().unwrap();
    let problem = app
        .post("/customers", json!({"name": "L52", "parent_id": deepest}))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["code"], "too_deep");
}

fn record(number: usize) -> Value {
    json!({"name": format!("Customer {number}"), "external_ids": [{"system": "tms", "id": number.to_string()}]})
}

async fn an_idempotency_key_makes_one_customer(app: TestApp) {
    let post = |name: &str| {
        app.request(Method::POST, "/api/v1/customers")
            .header("idempotency-key", "abc")
            .json(&json!({"name": name}))
    };
    let first = app.send(post("Acme")).await.expect(201);
    let again = app.send(post("Acme")).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.expect(201), first);
    app.send(post("Other"))
        .await
        .expect_problem(422, "idempotency_key_reused");
    assert_eq!(app.all("/customers").await.len(), 1);
}

async fn writes_are_in_the_audit_log(app: TestApp) {
    app.put("/customers/ext:tms:1", json!({"name": "Acme"}))
        .await;
    app.patch("/customers/ext:tms:1", json!({"country": "DE"}))
        .await;
    app.patch("/customers/ext:tms:1", json!({"country": "DE"}))
        .await;
    app.post("/customers:batch", json!([record(2)])).await;
    app.delete("/customers/ext:tms:1").await;
    app.put("/customers/ext:tms:1", json!({"name": "Acme"}))
        .await;
    let log = app.all("/audit?entity=customer&sort=id").await;
    assert_eq!(
        each(&log, "action"),
        ["created", "updated", "created", "deleted", "revived"]
    );
    assert!(log.iter().all(|line| line["request_id"].is_string()));
}

async fn other_features_find_customers_and_names(app: TestApp) {
    let team = make_team(&app, "North").await;
    let id = make(
        &app,
        json!({"name": "Acme", "team_id": team, "external_ids": [{"system": "tms", "id": "1"}]}),
    )
    .await;
    let gone = make(&app, json!({"name": "Gone"})).await;
    app.delete(&format!("/customers/{gone}")).await;
    let found: hawser::db::DbResult<_> = app.state.db.read_now(|conn| {
        let by_key = Reference::External(ExternalId {
            system: "tms".into(),
            id: "1".into(),
        });
        let brief = CustomerBrief {
            id: CustomerId(id),
            name: "Acme".into(),
            team_id: Some(team),
            deleted: false,
        };
        let own = Teams::Only(vec![team]);
        assert_eq!(store::resolve(conn, &by_key, &own)?, Some(brief));
        let other = Teams::Only(vec![team + 1]);
        assert_eq!(store::resolve(conn, &by_key, &other)?, None);
        let deleted = store::resolve(conn, &Reference::Id(gone), &Teams::All)?;
        assert!(deleted.is_some_and(|brief| brief.deleted));
        // More ids than a statement takes parameters.
        let ids: Vec<CustomerId> = (1..=40_000).map(CustomerId).collect();
        store::names(conn, &ids)
    });
    let found = found.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[&CustomerId(id)], "Acme");
}
