//! The description of the API: complete, and true of the running server.

use reqwest::Method;
use serde_json::Value;

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    every_operation_is_described_with_its_problems,
    every_reference_leads_somewhere,
    every_described_path_is_served_and_no_other_method,
);

fn operations(description: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete", "head"] {
            if let Some(operation) = item.get(method) {
                found.push((path.clone(), method.to_owned(), operation.clone()));
            }
        }
    }
    found
}

async fn every_operation_is_described_with_its_problems(app: TestApp) {
    let description = app.get("/openapi.json").await.expect(200);
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut ids = std::collections::BTreeSet::new();
    for (path, method, operation) in operations(&description) {
        let name = format!("{method} {path}");
        let id = operation["operationId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(
            !id.is_empty() && ids.insert(id),
            "{name} needs an id of its own"
        );
        assert!(
            !operation["description"]
                .as_str()
                .unwrap_or_default()
                .is_empty(),
            "{name}"
        );
        assert!(operation["tags"][0].is_string(), "{name} needs a tag");
        let responses = operation["responses"].as_object().unwrap();
        assert!(
            responses.keys().any(|status| status.starts_with('2')),
            "{name}"
        );
        if !["/healthz", "/readyz"].contains(&path.as_str()) {
            for status in ["400", "401", "403", "429", "500", "503"] {
                assert!(responses.contains_key(status), "{name} lacks {status}");
            }
        }
        for (status, response) in responses {
            assert!(response["description"].is_string(), "{name} {status}");
            // An answer to HEAD has no body.
            if method != "head" && (status.starts_with('4') || status.starts_with('5')) {
                assert!(
                    response["content"]["application/problem+json"].is_object(),
                    "{name} {status}"
                );
            }
        }
    }
    assert!(ids.len() > 60, "{}", ids.len());
}

async fn every_reference_leads_somewhere(app: TestApp) {
    let description = app.get("/openapi.json").await.expect(200);
    let text = description.to_string();
    let targets: std::collections::BTreeSet<&str> = text
        .split("\"$ref\":\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(targets.len() > 20);
    for target in targets {
        assert!(description.pointer(target).is_some(), "#{target}");
    }
}

async fn every_described_path_is_served_and_no_other_method(app: TestApp) {
    let description = app.get("/openapi.json").await.expect(200);
    for (path, method, _) in operations(&description) {
        let filled = path
            .replace("{name}", "none")
            .replace(['{', '}'], "")
            .replace("/id", "/999999");
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let reply = app.send(app.request(method.clone(), &filled)).await;
        assert_ne!(reply.status, 405, "{method} {path}");
        assert_ne!(reply.json["code"], "no_route", "{method} {path}");
        let options = app.send(app.request(Method::OPTIONS, &filled)).await;
        assert!(
            [404, 405].contains(&options.status.as_u16()),
            "OPTIONS {path}: {}",
            options.status
        );
    }
}
