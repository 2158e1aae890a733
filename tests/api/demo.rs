//! `hawser demo`, run as a newcomer runs it.

use std::path::Path;
use std::process::{Command, Output};

use hawser::db::Target;
use reqwest::Method;
use serde_json::{Value, json};

use crate::TestApp;
use crate::harness::on_each_database;

on_each_database!(
    a_second_demo_keeps_everything_but_the_key,
    a_database_with_other_customers_is_left_as_it_is,
);

/// The binary, in a folder of its own, with no settings but those given.
fn hawser(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hawser"));
    command.current_dir(folder).args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HAWSER_") {
            command.env_remove(name);
        }
    }
    command
}

fn demo_on(app: &TestApp, arguments: &[&str]) -> Output {
    let url = match app.state.db.target() {
        Target::Sqlite(path) => format!("sqlite://{}", path.display()),
        #[cfg(feature = "postgres")]
        Target::Postgres(url) => url.clone(),
    };
    let folder = tempfile::tempdir().unwrap();
    let mut command = hawser(folder.path(), &["demo", "--no-serve", "--json"]);
    command.args(arguments).env("HAWSER_DATABASE_URL", url);
    command.output().unwrap()
}

#[track_caller]
fn facts(output: &Output) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "", "no bar where there is no terminal");
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn a_second_demo_keeps_everything_but_the_key(app: TestApp) {
    let first = facts(&demo_on(&app, &[]));
    assert_eq!(first["kept"], false);
    // The size that the README shows.
    for (what, count) in [("customers", 120), ("links", 320), ("shipments", 6_000)] {
        assert_eq!(first[what], count, "{what}");
    }
    assert_eq!(first["runs"], 4, "26, 13 and 4 weeks ago, and now");
    assert!(first["watch"]["churn_probability"].is_f64());
    assert_eq!(first["next"].as_array().unwrap().len(), 3);

    let key = first["key"].as_str().unwrap();
    let get = |key: &str, path: &str| app.bare(Method::GET, path).bearer_auth(key);
    let customer = app
        .send(get(key, "/api/v1/customers/ext:demo:C-00001"))
        .await
        .expect(200);
    assert_eq!(customer["status"], "active");
    assert!(customer["team_id"].is_i64());
    let departments = app.all("/departments?limit=500").await;
    assert!(
        departments.len() >= 2 * 120,
        "purchasing and warehouse at least"
    );
    let contacts = app.all("/contacts?limit=500").await;
    assert!(contacts.iter().all(|one| one["department_id"].is_i64()));
    assert_eq!(app.all("/teams").await.len(), 2);
    assert_eq!(app.all("/users").await.len(), 4);

    let second = facts(&demo_on(&app, &["--customers", "60"]));
    assert_eq!(second["kept"], true);
    for what in [
        "customers",
        "links",
        "shipments",
        "runs",
        "watch",
        "as_of",
        "alerts",
    ] {
        assert_eq!(first[what], second[what], "{what}");
    }
    // A server believes a key that it has seen for some seconds; another one asks at once.
    let other = app.again_with(&[]).await;
    let get = |key: &str| other.bare(Method::GET, "/api/v1/teams").bearer_auth(key);
    let old = other.send(get(key)).await;
    old.expect_problem(401, "key_revoked");
    let new = second["key"].as_str().unwrap();
    other.send(get(new)).await.expect(200);
}

async fn a_database_with_other_customers_is_left_as_it_is(app: TestApp) {
    app.post("/customers", json!({"name": "Real Ltd"}))
        .await
        .expect(201);
    let output = demo_on(&app, &[]);
    assert_eq!(output.status.code(), Some(65));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("holds 1 customers that are no demo data"),
        "{errors}"
    );
    assert!(
        errors.contains("hawser demo --database-url sqlite://demo.db"),
        "{errors}"
    );
    assert_eq!(app.all("/customers").await.len(), 1);
    assert!(app.all("/teams").await.is_empty());
}

#[test]
fn without_a_configured_database_the_demo_has_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let demo = |arguments: &[&str]| {
        let mut command = hawser(folder.path(), &["demo", "--no-serve", "--json"]);
        command.args(arguments).output().unwrap()
    };
    let first = facts(&demo(&["--customers", "20"]));
    assert_eq!(first["database"], "sqlite://demo.db");
    assert_eq!(first["customers"], 20);
    assert!(folder.path().join("demo.db").exists());
    assert!(!folder.path().join("hawser.db").exists());

    let named = facts(&demo(&[
        "--customers",
        "20",
        "--database-url",
        "sqlite://hawser.db",
    ]));
    assert_eq!(named["database"], "sqlite://hawser.db");

    let wrong = demo(&["--customers", "19", "--database-url", "sqlite://other.db"]);
    assert_eq!(wrong.status.code(), Some(64));
    let errors = String::from_utf8_lossy(&wrong.stderr);
    assert!(errors.contains("customers: expected 20 to"), "{errors}");
}

#[test]
fn a_demo_file_is_written_without_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let size = ["--customers", "30", "--links", "40", "--shipments", "500"];
    let write = |file: &str| {
        let mut command = hawser(
            folder.path(),
            &["demo", "--until", "2026-06-30", "--csv", file],
        );
        command.args(size).output().unwrap()
    };
    let (to_file, to_pipe) = (write("shipments.csv"), write("-"));
    assert!(to_file.status.success(), "{to_file:?}");
    let file = std::fs::read(folder.path().join("shipments.csv")).unwrap();
    assert_eq!(file, to_pipe.stdout, "the same plan gives the same file");
    assert_eq!(file.split(|byte| *byte == b'\n').count(), 1 + 500 + 1);
    assert!(file.starts_with(b"external_id,shipper_external_id,"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    let nowhere = write("no/such/folder.csv");
    assert_eq!(nowhere.status.code(), Some(74));
}
