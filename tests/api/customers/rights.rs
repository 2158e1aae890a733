//! What a key that is limited to teams sees and writes.

use hawser::access::{Scope, Teams};
use reqwest::Method;
use serde_json::{Value, json};

use super::{make, make_team};
use crate::TestApp;
use crate::harness::{Reply, on_each_database};

on_each_database!(
    a_limited_key_sees_and_writes_its_teams_customers_only,
    a_limited_key_learns_nothing_of_parents_elsewhere,
);

/// A request with another key than the admin's.
async fn send(app: &TestApp, key: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    let mut request = app.bare(method, &format!("/api/v1{path}")).bearer_auth(key);
    if let Some(body) = body {
        request = request.json(&body);
    }
    app.send(request).await
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
