//! Keys, scopes, teams, limits, idempotency: what stands before every handler.

use chrono::TimeDelta;
use hawser::access::{Scope, Teams};
use hawser::db::select::Statement;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    without_a_valid_key_nothing_but_health_is_answered,
    a_key_may_do_what_its_scopes_say,
    a_revoked_key_stops_at_once,
    wrong_methods_types_paths_and_bodies_are_told_apart,
    an_idempotency_key_makes_a_post_happen_once,
    a_repeated_post_makes_no_second_key_and_keeps_no_secret,
    a_stale_if_match_is_refused,
    too_many_requests_are_told_when_to_come_back,
    lists_page_sort_filter_and_name_wrong_parameters,
);

async fn without_a_valid_key_nothing_but_health_is_answered(app: TestApp) {
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            app.send(app.bare(Method::GET, path)).await.status,
            200,
            "{path}"
        );
    }
    for path in [
        "/api/v1/teams",
        "/api/v1/openapi.json",
        "/metrics",
        "/api/v1/nowhere",
    ] {
        let reply = app.send(app.bare(Method::GET, path)).await;
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"hawser\"");
        reply.expect_problem(401, "key_missing");
    }
    let unknown = app
        .bare(Method::GET, "/api/v1/teams")
        .bearer_auth("hws_nonsense");
    app.send(unknown).await.expect_problem(401, "key_unknown");

    let end = app.state.clock.now() + TimeDelta::hours(1);
    let key = app.make_key(&[Scope::Read], Teams::All, Some(end));
    let get = || app.bare(Method::GET, "/api/v1/teams").bearer_auth(&key);
    app.send(get()).await.expect(200);
    app.state.clock.set(end);
    app.send(get()).await.expect_problem(401, "key_expired");
}

async fn a_key_may_do_what_its_scopes_say(app: TestApp) {
    let read = app.make_key(&[Scope::Read], Teams::All, None);
    let bi = app.make_key(&[Scope::Bi], Teams::All, None);
    let write = app.make_key(&[Scope::Read, Scope::Write], Teams::All, None);
    let team = json!({"name": "North"});
    let post = |key: &str| {
        app.bare(Method::POST, "/api/v1/teams")
            .bearer_auth(key)
            .json(&team)
    };
    let get = |key: &str, path: &str| {
        app.bare(Method::GET, &format!("/api/v1{path}"))
            .bearer_auth(key)
    };
    app.send(post(&read)).await.expect_problem(403, "forbidden");
    app.send(post(&write))
        .await
        .expect_problem(403, "forbidden");
    app.send(get(&read, "/keys"))
        .await
        .expect_problem(403, "forbidden");
    app.send(get(&bi, "/teams"))
        .await
        .expect_problem(403, "forbidden");
    app.send(get(&read, "/teams")).await.expect(200);
    app.send(post(&app.key)).await.expect(201);
    app.send(post(&app.key))
        .await
        .expect_problem(409, "name_taken");

    let log = app.get("/audit?entity=team").await.expect(200);
    assert_eq!(log["data"][0]["action"], "created");
    assert!(log["data"][0]["request_id"].is_string());
}

async fn a_revoked_key_stops_at_once(app: TestApp) {
    let created = app
        .post("/keys", json!({"name": "tms", "scopes": ["read"]}))
        .await
        .expect(201);
    let secret = created["secret"].as_str().unwrap();
    assert!(created.get("hash").is_none());
    let get = || app.bare(Method::GET, "/api/v1/teams").bearer_auth(secret);
    app.send(get()).await.expect(200);
    let id = created["id"].as_i64().unwrap();
    assert_eq!(app.delete(&format!("/keys/{id}")).await.status, 204);
    app.send(get()).await.expect_problem(401, "key_revoked");
    app.delete("/keys/999999")
        .await
        .expect_problem(404, "not_found");
    let listed = app.get("/keys").await;
    assert!(!listed.text.contains(secret), "the secret is shown once");
}

async fn wrong_methods_types_paths_and_bodies_are_told_apart(app: TestApp) {
    let reply = app.put("/teams", json!({})).await;
    assert_eq!(reply.header("allow"), "GET, POST");
    reply.expect_problem(405, "method_not_allowed");
    app.get("/nowhere").await.expect_problem(404, "no_route");
    app.get("/teams/abc").await.expect_problem(400, "bad_path");
    app.get("/teams/999").await.expect_problem(404, "not_found");

    let post = || app.request(Method::POST, "/api/v1/teams");
    let text = post().header("content-type", "text/plain").body("x");
    app.send(text)
        .await
        .expect_problem(415, "unsupported_media_type");
    let json = |body: String| post().header("content-type", "application/json").body(body);
    app.send(json("{".into()))
        .await
        .expect_problem(400, "bad_json");
    let unknown = app.post("/teams", json!({"name": "A", "colour": 1})).await;
    let problem = unknown.expect_problem(400, "unknown_field");
    assert_eq!(problem["errors"][0]["pointer"], "/colour");
    app.post("/teams", json!({"name": "  "}))
        .await
        .expect_problem(422, "invalid");
    let huge = json(format!("{{\"name\": \"{}\"}}", "a".repeat(17 << 20)));
    app.send(huge).await.expect_problem(413, "too_large");
}

async fn an_idempotency_key_makes_a_post_happen_once(app: TestApp) {
    let post = |name: &str| {
        app.request(Method::POST, "/api/v1/teams")
            .header("idempotency-key", "abc")
            .json(&json!({"name": name}))
    };
    let first = app.send(post("North")).await.expect(201);
    let again = app.send(post("North")).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.expect(201), first);
    app.send(post("South"))
        .await
        .expect_problem(422, "idempotency_key_reused");
    app.state
        .clock
        .set(app.state.clock.now() + TimeDelta::hours(25));
    app.send(post("South")).await.expect(201);
}

async fn a_repeated_post_makes_no_second_key_and_keeps_no_secret(app: TestApp) {
    let post = || {
        app.request(Method::POST, "/api/v1/keys")
            .header("idempotency-key", "k1")
            .json(&json!({"name": "BI"}))
    };
    let before = app.all("/keys").await.len();
    let first = app.send(post()).await.expect(201);
    assert!(first["secret"].as_str().unwrap().starts_with("hws_"));
    assert_eq!(first.get("hint"), None);
    let again = app.send(post()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    let location = format!("/api/v1/keys/{}", first["id"]);
    assert_eq!(again.header("location"), location);
    let again = again.expect(201);
    assert_eq!(
        (&again["secret"], &again["id"]),
        (&Value::Null, &first["id"])
    );
    assert!(
        again["hint"].as_str().unwrap().contains("revoke"),
        "{again}"
    );
    assert_eq!(app.all("/keys").await.len(), before + 1);
    let secret = first["secret"].as_str().unwrap();
    assert!(!remembered(&app)[0].contains(secret));
}

/// What is kept of the answers to requests with an `Idempotency-Key`.
pub fn remembered(app: &TestApp) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        body: String,
    }
    let sql = Statement::new("SELECT body FROM idempotency_keys ORDER BY idem_key");
    let rows: Vec<Row> = app.state.db.read_now(|conn| sql.load(conn)).unwrap();
    rows.into_iter().map(|row| row.body).collect()
}

async fn a_stale_if_match_is_refused(app: TestApp) {
    let created = app.post("/teams", json!({"name": "North"})).await;
    let etag = created.header("etag").to_owned();
    let path = format!("/api/v1/teams/{}", created.json["id"]);
    let patch = |name: &str| {
        app.request(Method::PATCH, &path)
            .header("if-match", &etag)
            .json(&json!({"name": name}))
    };
    app.send(patch("Northern")).await.expect(200);
    app.send(patch("Norther"))
        .await
        .expect_problem(412, "precondition_failed");
}

async fn too_many_requests_are_told_when_to_come_back(app: TestApp) {
    let strict = app.again_with(&[("rate_limit", "3")]).await;
    for left in ["r=2", "r=1", "r=0"] {
        let reply = strict.get("/teams").await;
        assert!(reply.header("ratelimit").contains(left));
        assert_eq!(reply.header("ratelimit-policy"), "\"default\";q=3;w=60");
    }
    let refused = strict.get("/teams").await;
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    refused.expect_problem(429, "too_many_requests");
}

async fn lists_page_sort_filter_and_name_wrong_parameters(app: TestApp) {
    for name in ["Delta", "alpha", "Charlie", "Bravo"] {
        app.post("/teams", json!({"name": name})).await.expect(201);
    }
    let names = |rows: Vec<serde_json::Value>| -> Vec<String> {
        rows.iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let by_id = app.all("/teams?sort=-id&limit=3").await;
    assert_eq!(names(by_id), ["Bravo", "Charlie", "alpha", "Delta"]);
    let some = app.all("/teams?name[in]=Bravo,Delta&limit=1").await;
    assert_eq!(names(some), ["Delta", "Bravo"]);
    let problem = app
        .get("/teams?colour=red&limit=0")
        .await
        .expect_problem(400, "bad_parameter");
    assert_eq!(problem["errors"][0]["pointer"], "colour");
    assert_eq!(problem["errors"][1]["pointer"], "limit");

    let id = app.get("/teams?name=Delta").await.expect(200)["data"][0]["id"].clone();
    let before = app.state.clock.now();
    app.state.clock.set(before + TimeDelta::minutes(1));
    assert_eq!(app.delete(&format!("/teams/{id}")).await.status, 204);
    assert_eq!(app.all("/teams").await.len(), 3);
    let changed = app.all("/teams?updated_since=2026-03-02T08:00:30Z").await;
    assert_eq!(changed.len(), 1);
    assert!(
        changed[0]["deleted_at"].is_string(),
        "deletions are told to those who pull changes"
    );
}
