//! Departments and contacts.

use reqwest::Method;
use serde_json::{Value, json};

use super::{each, make};
use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    departments_have_one_name_each,
    departments_change_and_go,
    contacts_belong_to_a_department_of_their_customer,
    contacts_change_and_go,
);

async fn departments_have_one_name_each(app: TestApp) {
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
    app.get("/customers/99/departments")
        .await
        .expect_problem(404, "not_found");
}

async fn departments_change_and_go(app: TestApp) {
    app.put("/customers/ext:tms:1", json!({"name": "Acme"}))
        .await;
    let list = "/customers/ext:tms:1/departments";
    let made = app
        .post(list, json!({"kind": "purchasing"}))
        .await
        .expect(201);
    let path = format!("/departments/{}", made["id"]);
    let lab = json!({"kind": "other", "name": "Lab", "required": false});
    let lab = app.post(list, lab).await.expect(201);
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
}

async fn contacts_belong_to_a_department_of_their_customer(app: TestApp) {
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
}

async fn contacts_change_and_go(app: TestApp) {
    let acme = make(&app, json!({"name": "Acme"})).await;
    let sales = format!("/customers/{acme}/departments");
    let sales = app.post(&sales, json!({"kind": "sales"})).await.expect(201)["id"].clone();
    let list = format!("/customers/{acme}/contacts");
    let anna =
        json!({"name": "Anna", "phone": "110", "language": "zh-Hans", "department_id": sales});
    let made = app.post(&list, anna).await.expect(201);
    let path = format!("/contacts/{}", made["id"]);
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
