//! Customers, their departments and contacts.

use chrono::TimeDelta;
use hawser::access::{Scope, Teams};
use hawser::api::reference::Reference;
use hawser::customers::store::{self, CustomerBrief};
use hawser::db::select::Statement;
use hawser::ids::CustomerId;
use hawser::shipments::model::ExternalId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::{Reply, on_each_database};

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
    names_are_found_without_regard_to_case_and_accents,
    pages_by_name_lose_and_repeat_nobody,
    lists_filter_by_every_field,
    the_role_follows_from_the_traffic,
    groups_have_no_circles,
    a_batch_takes_five_thousand_records_and_no_more,
    a_mistake_in_a_batch_harms_no_other_record,
    the_later_record_of_a_batch_updates_the_former,
    a_batch_may_come_line_by_line,
    an_idempotency_key_makes_one_customer,
    departments_live_and_have_one_name_each,
    contacts_live_and_belong_to_a_department_of_their_customer,
    whoever_pulls_changes_sees_what_was_deleted,
    a_limited_key_sees_and_writes_its_teams_customers_only,
    a_limited_key_learns_nothing_of_parents_elsewhere,
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

/// A request with another key than the admin's.
async fn send(app: &TestApp, key: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    let mut request = app.bare(method, &format!("/api/v1{path}")).bearer_auth(key);
    if let Some(body) = body {
        request = request.json(&body);
    }
    app.send(request).await
}

fn later(app: &TestApp) -> String {
    let clock = &app.state.clock;
    clock.set(clock.now() + TimeDelta::minutes(1));
    clock.now().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn each<'a>(rows: &'a [Value], member: &str) -> Vec<&'a Value> {
    rows.iter().map(|row| &row[member]).collect()
}

/// Writes that `shipper` sent something to `consignee`.
fn trade(app: &TestApp, shipper: i64, consignee: i64) {
    let sql = format!(
        "INSERT INTO link_months VALUES ({shipper}, {consignee}, '2026-01-01', 1, \
         0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-01-05', '2026-01-05')"
    );
    let written: hawser::db::DbResult<usize> = app
        .state
        .db
        .write_now(|conn| Statement::new(&sql).execute(conn));
    assert_eq!(written.unwrap(), 1);
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

async fn names_are_found_without_regard_to_case_and_accents(app: TestApp) {
    for name in [
        "Müller Straße GmbH",
        "Łódź Spedycja",
        "上海示例物流有限公司",
        "50%_Off Ltd",
    ] {
        make(&app, json!({"name": name})).await;
    }
    for (query, found) in [
        ("q=MULLER", Some("Müller Straße GmbH")),
        ("q=müll", Some("Müller Straße GmbH")),
        ("q=er STRASSE", Some("Müller Straße GmbH")),
        ("name[contains]=Straße", Some("Müller Straße GmbH")),
        ("name=müller  strasse gmbh", Some("Müller Straße GmbH")),
        ("q=lodz", Some("Łódź Spedycja")),
        ("q=ŁÓDŹ&q=sped", Some("Łódź Spedycja")),
        ("q=示例", Some("上海示例物流有限公司")),
        ("q=上海", Some("上海示例物流有限公司")),
        ("q=50%25_", Some("50%_Off Ltd")),
        ("q=0_off", None),
        ("q=北京", None),
    ] {
        let rows = app.all(&format!("/customers?{query}")).await;
        assert_eq!(each(&rows, "name"), Vec::from_iter(found), "{query}");
    }
    for query in ["q=", "q=%00", "tag=", "name[near]=x", "country[contains]=d"] {
        app.get(&format!("/customers?{query}"))
            .await
            .expect_problem(400, "bad_parameter");
    }
}

async fn pages_by_name_lose_and_repeat_nobody(app: TestApp) {
    let names = ["Beta", "alpha", "ÁLPHA", "Alpha", "beta", "Alpha", "gamma"];
    let mut ids = Vec::new();
    for name in names {
        ids.push(make(&app, json!({"name": name})).await);
    }
    // alpha: 1, 2, 3, 5; beta: 0, 4; gamma: 6.
    let order = [1, 2, 3, 5, 0, 4, 6].map(|place| json!(ids[place]));
    for limit in [1, 2, 3, 500] {
        let up = app
            .all(&format!("/customers?sort=name&limit={limit}"))
            .await;
        assert_eq!(each(&up, "id"), order.iter().collect::<Vec<_>>());
        let down = app
            .all(&format!("/customers?sort=-name&limit={limit}"))
            .await;
        assert_eq!(each(&down, "id"), order.iter().rev().collect::<Vec<_>>());
    }
}

async fn lists_filter_by_every_field(app: TestApp) {
    let team = make_team(&app, "North").await;
    let group = make(&app, json!({"name": "Group", "status": "inactive"})).await;
    let acme = make(
        &app,
        json!({"name": "Acme", "country": "DE", "team_id": team, "parent_id": group,
            "status": "prospect", "tags": ["vip", "a\"b"]}),
    )
    .await;
    make(
        &app,
        json!({"name": "Other", "country": "US", "tags": ["VIP", "vip2", "b"]}),
    )
    .await;
    for query in [
        "country=de".to_owned(),
        "country[in]=de,fr".into(),
        format!("team_id={team}"),
        format!("parent_id={group}"),
        "status=prospect".into(),
        "tag=vip".into(),
        "tag=vip&tag=a%22b".into(),
        format!("id={acme}"),
    ] {
        let rows = app.all(&format!("/customers?{query}")).await;
        assert_eq!(each(&rows, "id"), [&json!(acme)], "{query}");
    }
    for query in [
        "tag=vi",
        "tag=%2C",
        "tag=vip&tag=b",
        "status=active&country=de",
    ] {
        assert!(
            app.all(&format!("/customers?{query}")).await.is_empty(),
            "{query}"
        );
    }
    let since = later(&app);
    app.patch(&format!("/customers/{acme}"), json!({"name": "Acme 2"}))
        .await
        .expect(200);
    let rows = app
        .all(&format!("/customers?updated_at[gte]={since}"))
        .await;
    assert_eq!(each(&rows, "id"), [&json!(acme)]);
    app.get("/customers?colour=red&role=king")
        .await
        .expect_problem(400, "bad_parameter");
}

async fn the_role_follows_from_the_traffic(app: TestApp) {
    let mut ids = Vec::new();
    for name in ["Mill", "Bakery", "Shop", "Idle"] {
        ids.push(make(&app, json!({"name": name})).await);
    }
    trade(&app, ids[0], ids[1]);
    trade(&app, ids[1], ids[2]);
    let roles = ["shipper", "both", "consignee", "none"];
    for (id, role) in ids.iter().zip(roles) {
        let shown = app.get(&format!("/customers/{id}")).await.expect(200);
        assert_eq!(shown["role"], role);
        let rows = app.all(&format!("/customers?role={role}")).await;
        assert_eq!(each(&rows, "id"), [&json!(id)], "{role}");
        assert_eq!(each(&rows, "role"), [&json!(role)]);
    }
    let senders = app.all("/customers?role[in]=shipper,both").await;
    assert_eq!(each(&senders, "id"), [&json!(ids[0]), &json!(ids[1])]);
    let deleted = app.delete(&format!("/customers/{}", ids[0])).await;
    assert_eq!(deleted.status, 204, "shipments do not keep a customer");
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

async fn a_batch_takes_five_thousand_records_and_no_more(app: TestApp) {
    let mut records: Vec<Value> = (0..5_000).map(record).collect();
    let started = std::time::Instant::now();
    let report = app
        .post("/customers:batch", json!(records))
        .await
        .expect(200);
    eprintln!("5,000 created in {:?}", started.elapsed());
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

async fn departments_live_and_have_one_name_each(app: TestApp) {
    app.put("/customers/ext:tms:1", json!({"name": "Acme"}))
        .await;
    let list = "/customers/ext:tms:1/departments";
    let reply = app.post(list, json!({"kind": "purchasing"})).await;
    assert_eq!(reply.header("etag"), "\"v1\"");
    let made = reply.expect(201);
    assert_eq!(made["name"], "purchasing");
    assert_eq!(made["weight"], json!(1.0));
    assert_eq!(made["required"], true);
    let path = format!("/departments/{}", made["id"]);
    assert_eq!(app.get(&path).await.expect(200), made);

    let lab = json!({"kind": "other", "name": " Lab ", "weight": 0.5, "required": false});
    let lab = app.post(list, lab).await.expect(201);
    assert_eq!(lab["name"], "Lab");
    let lab_path = format!("/departments/{}", lab["id"]);
    app.post(list, json!({"kind": "purchasing"}))
        .await
        .expect_problem(409, "name_taken");
    app.patch(&lab_path, json!({"name": "purchasing"}))
        .await
        .expect_problem(409, "name_taken");
    let patched = app
        .patch(&path, json!({"kind": "planning", "weight": 2}))
        .await
        .expect(200);
    assert_eq!(
        patched["name"], "planning",
        "the name still follows the kind"
    );
    assert_eq!(patched["version"], 2);
    assert_eq!(app.patch(&path, json!({})).await.expect(200), patched);
    for (body, status, code) in [
        (json!({"kind": "cellar"}), 400, "bad_value"),
        (json!({"kind": "sales", "size": null}), 400, "unknown_field"),
        (json!({"kind": "sales", "weight": -1}), 422, "invalid"),
        (json!({"kind": "sales", "name": "a\u{0}"}), 422, "invalid"),
    ] {
        app.post(list, body.clone())
            .await
            .expect_problem(status, code);
        app.patch(&path, body).await.expect_problem(status, code);
    }
    let stale = app
        .request(Method::DELETE, &format!("/api/v1{path}"))
        .header("if-match", "\"v1\"");
    app.send(stale)
        .await
        .expect_problem(412, "precondition_failed");
    assert_eq!(app.delete(&path).await.status, 204);
    app.get(&path).await.expect_problem(404, "not_found");
    // The name is free again.
    app.post(list, json!({"kind": "planning"}))
        .await
        .expect(201);
    let sorted = app.all(&format!("{list}?sort=-name&limit=1")).await;
    assert_eq!(each(&sorted, "name").len(), 2);
    let other = app.all("/departments?kind=other&required=false").await;
    assert_eq!(each(&other, "id"), [&lab["id"]]);
    app.get("/departments?name[contains]=a")
        .await
        .expect_problem(400, "bad_parameter");
    app.get("/customers/99/departments")
        .await
        .expect_problem(404, "not_found");
}

async fn contacts_live_and_belong_to_a_department_of_their_customer(app: TestApp) {
    let acme = make(&app, json!({"name": "Acme"})).await;
    let other = make(&app, json!({"name": "Other"})).await;
    let department = |customer| format!("/customers/{customer}/departments");
    let sales = app
        .post(&department(acme), json!({"kind": "sales"}))
        .await
        .expect(201)["id"]
        .clone();
    let foreign = app
        .post(&department(other), json!({"kind": "sales"}))
        .await
        .expect(201)["id"]
        .clone();
    let list = format!("/customers/{acme}/contacts");
    let anna = json!({
        "name": "Anna 李", "email": " anna@acme.example", "phone": "+49 (711) 12-34/5",
        "language": "zh-Hans", "buying_role": "decider", "department_id": sales,
    });
    let made = app.post(&list, anna).await.expect(201);
    assert_eq!(made["email"], "anna@acme.example");
    assert_eq!(made["department_id"], sales);
    let path = format!("/contacts/{}", made["id"]);
    assert_eq!(app.get(&path).await.expect(200), made);
    for (body, field) in [
        (
            json!({"name": "B", "department_id": foreign}),
            "/department_id",
        ),
        (json!({"name": "B", "email": "b@"}), "/email"),
        (json!({"name": "B", "phone": "call me"}), "/phone"),
        (json!({"name": "B", "language": "en_US"}), "/language"),
        (json!({"name": "\u{0}"}), "/name"),
    ] {
        for reply in [
            app.post(&list, body.clone()).await,
            app.patch(&path, body).await,
        ] {
            let problem = reply.expect_problem(422, "invalid");
            assert_eq!(problem["errors"][0]["pointer"], field);
        }
    }
    let patched = app
        .patch(&path, json!({"phone": null, "buying_role": "user"}))
        .await
        .expect(200);
    assert_eq!(patched["phone"], Value::Null);
    assert_eq!(patched["language"], "zh-Hans");
    let stale = app
        .request(Method::PATCH, &format!("/api/v1{path}"))
        .header("if-match", "\"v1\"")
        .json(&json!({"name": "C"}));
    app.send(stale)
        .await
        .expect_problem(412, "precondition_failed");

    let found = app
        .all(&format!("/contacts?department_id={sales}&buying_role=user"))
        .await;
    assert_eq!(each(&found, "id"), [&made["id"]]);
    assert_eq!(
        app.delete(&format!("/departments/{sales}")).await.status,
        204
    );
    let left = app.get(&path).await.expect(200);
    assert_eq!(left["department_id"], Value::Null);
    assert_eq!(left["version"], 3);
    assert_eq!(app.delete(&path).await.status, 204);
    app.get(&path).await.expect_problem(404, "not_found");
    assert!(app.all(&list).await.is_empty());
}

async fn whoever_pulls_changes_sees_what_was_deleted(app: TestApp) {
    let acme = make(&app, json!({"name": "Acme"})).await;
    make(&app, json!({"name": "Other"})).await;
    let department = app
        .post(
            &format!("/customers/{acme}/departments"),
            json!({"kind": "sales"}),
        )
        .await
        .expect(201);
    let contact = json!({"name": "Anna", "department_id": department["id"]});
    app.post(&format!("/customers/{acme}/contacts"), contact)
        .await
        .expect(201);
    let since = later(&app);
    for list in ["/customers", "/departments", "/contacts"] {
        let changed = app.all(&format!("{list}?updated_since={since}")).await;
        assert!(changed.is_empty(), "{list}");
    }
    app.delete(&format!("/customers/{acme}")).await;
    for list in ["/customers", "/departments", "/contacts"] {
        let path = format!("{list}?updated_since={since}&sort=updated_at");
        let changed = app.all(&path).await;
        assert_eq!(
            each(&changed, "deleted_at"),
            ["2026-03-02T08:01:00Z"],
            "{list}"
        );
        assert_eq!(each(&changed, "version"), [2], "{list}");
    }
    assert!(app.all("/departments").await.is_empty());
    assert!(app.all("/contacts").await.is_empty());
}

#[expect(clippy::too_many_lines, reason = "one key tries every door")]
async fn a_limited_key_sees_and_writes_its_teams_customers_only(app: TestApp) {
    let (north, south) = (
        make_team(&app, "North").await,
        make_team(&app, "South").await,
    );
    let scopes = [Scope::Read, Scope::Write];
    let key = app.make_key(&scopes, Teams::Only(vec![north]), None);
    let wide = app.make_key(&scopes, Teams::Only(vec![north, south]), None);
    let hidden =
        json!({"name": "Hidden", "team_id": south, "external_ids": [{"system": "tms", "id": "1"}]});
    let hidden = make(&app, hidden).await;
    make(&app, json!({"name": "Nobody's"})).await;
    let department = app
        .post(
            &format!("/customers/{hidden}/departments"),
            json!({"kind": "sales"}),
        )
        .await
        .expect(201)["id"]
        .clone();
    let contact = app
        .post(
            &format!("/customers/{hidden}/contacts"),
            json!({"name": "Anna"}),
        )
        .await
        .expect(201)["id"]
        .clone();
    let put = json!({"name": "Mine"});
    for (method, path, body) in [
        (Method::GET, format!("/customers/{hidden}"), None),
        (Method::GET, "/customers/ext:tms:1".into(), None),
        (Method::PATCH, format!("/customers/{hidden}"), Some(&put)),
        (Method::PUT, format!("/customers/{hidden}"), Some(&put)),
        (Method::DELETE, format!("/customers/{hidden}"), None),
        (
            Method::GET,
            format!("/customers/{hidden}/departments"),
            None,
        ),
        (Method::GET, format!("/customers/{hidden}/contacts"), None),
        (
            Method::POST,
            format!("/customers/{hidden}/contacts"),
            Some(&put),
        ),
        (Method::GET, format!("/departments/{department}"), None),
        (Method::DELETE, format!("/departments/{department}"), None),
        (Method::GET, format!("/contacts/{contact}"), None),
        (Method::PATCH, format!("/contacts/{contact}"), Some(&put)),
        (Method::DELETE, format!("/contacts/{contact}"), None),
    ] {
        send(&app, &key, method, &path, body.cloned())
            .await
            .expect_problem(404, "not_found");
    }
    for list in ["/customers", "/departments", "/contacts"] {
        for query in ["", "?updated_since=2020-01-01T00:00:00Z"] {
            let page = send(&app, &key, Method::GET, &format!("{list}{query}"), None).await;
            assert_eq!(page.expect(200)["data"], json!([]), "{list}{query}");
        }
    }
    let post = |key: &str, body| {
        let key = key.to_owned();
        let app = &app;
        async move { send(app, &key, Method::POST, "/customers", Some(body)).await }
    };
    let made = post(&key, json!({"name": "Mine"})).await.expect(201);
    assert_eq!(made["team_id"], north, "the only team is the default");
    post(&wide, json!({"name": "Ours"}))
        .await
        .expect_problem(422, "invalid");
    for team in [south, 999] {
        post(&key, json!({"name": "Mine", "team_id": team}))
            .await
            .expect_problem(403, "forbidden");
    }
    let mine = format!("/customers/{}", made["id"]);
    for team in [json!(south), Value::Null] {
        let body = Some(json!({"team_id": team}));
        send(&app, &key, Method::PATCH, &mine, body)
            .await
            .expect_problem(403, "forbidden");
    }
    let replaced = send(
        &app,
        &key,
        Method::PUT,
        &mine,
        Some(json!({"name": "Mine 2"})),
    )
    .await;
    assert_eq!(replaced.expect(200)["team_id"], north);
    let body = Some(json!({"parent_id": hidden}));
    send(&app, &key, Method::PATCH, &mine, body)
        .await
        .expect_problem(422, "invalid");
    // An external id is unique over all: it can only be told as taken.
    send(
        &app,
        &key,
        Method::PUT,
        "/customers/ext:tms:1",
        Some(put.clone()),
    )
    .await
    .expect_problem(409, "external_id_taken");
    let records = json!([{"name": "Mine 3", "external_ids": [{"system": "tms", "id": "1"}]}, {"name": "Mine 4"}]);
    let report = send(&app, &key, Method::POST, "/customers:batch", Some(records)).await;
    let report = report.expect(200);
    assert_eq!(report["results"][0]["problem"]["code"], "external_id_taken");
    assert_eq!(report["created"], 1);
    let shown = app.get(&format!("/customers/{hidden}")).await.expect(200);
    assert_eq!(shown["name"], "Hidden");
    assert_eq!(shown["version"], 1);
    let moved = Some(json!({"team_id": south}));
    let moved = send(&app, &wide, Method::PATCH, &mine, moved).await;
    assert_eq!(moved.expect(200)["team_id"], south);
    send(&app, &key, Method::GET, &mine, None)
        .await
        .expect_problem(404, "not_found");
}

async fn a_limited_key_learns_nothing_of_parents_elsewhere(app: TestApp) {
    let north = make_team(&app, "North").await;
    let key = app.make_key(&[Scope::Read, Scope::Write], Teams::Only(vec![north]), None);
    let group = make(&app, json!({"name": "Group"})).await;
    let child = make(
        &app,
        json!({"name": "Child", "team_id": north, "parent_id": group}),
    )
    .await;
    let path = format!("/customers/{child}");
    let shown = send(&app, &key, Method::GET, &path, None).await.expect(200);
    assert_eq!(shown["parent_id"], Value::Null);
    let found = format!("/customers?parent_id={group}");
    let found = send(&app, &key, Method::GET, &found, None)
        .await
        .expect(200);
    assert_eq!(found["data"], json!([]));
    // What it cannot see it cannot clear by leaving it out.
    let body = Some(json!({"name": "Child 2"}));
    send(&app, &key, Method::PUT, &path, body).await.expect(200);
    assert_eq!(app.get(&path).await.expect(200)["parent_id"], group);
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
