//! `hawser calc` as its users meet it: the real binary on the files of reference numbers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn calc(kind: &str, file: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hawser"))
        .args(["calc", kind, file])
        // Neither a database nor sound settings are needed.
        .env("HAWSER_DATABASE_URL", "mysql://nowhere")
        .env("HAWSER_NONSENSE", "1")
        .output()
        .unwrap()
}

fn oracle(name: &str) -> (String, Value) {
    let path = format!("{}/tests/oracle/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let document = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    (path, document)
}

fn answers(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_near(got: &Value, want: &Value, tolerance: f64, place: &str) {
    match want {
        Value::Array(wants) => {
            for (index, want) in wants.iter().enumerate() {
                assert_near(&got[index], want, tolerance, place);
            }
        }
        Value::Number(want) => {
            let (got, want) = (got.as_f64().unwrap(), want.as_f64().unwrap());
            let error = (got - want).abs();
            assert!(
                error <= tolerance * want.abs().max(1.0),
                "{place}: {got}, not {want}"
            );
        }
        want => assert_eq!(got, want, "{place}"),
    }
}

#[test]
fn churn_and_satisfaction_are_those_of_the_reference() {
    for (kind, file) in [("churn", "btyd"), ("satisfaction", "satisfaction")] {
        let (path, document) = oracle(file);
        let output = calc(kind, &path);
        assert!(output.status.success(), "{output:?}");
        let answers = answers(&output);
        let mut names = std::collections::BTreeSet::new();
        for (position, case) in document["cases"].as_array().unwrap().iter().enumerate() {
            let name = case["name"]
                .as_str()
                .map_or(position.to_string(), str::to_owned);
            if !names.insert(name.clone()) {
                continue;
            }
            for (member, want) in case["expected"].as_object().unwrap() {
                assert_near(
                    &answers[&name][member],
                    want,
                    1e-6,
                    &format!("{name}: {member}"),
                );
            }
        }
        assert!(names.len() > 20, "{kind}");
    }
}

/// One file of reference numbers for both: each answers its own cases and refuses the others'.
#[test]
fn relationship_and_complaints_answer_their_own_functions() {
    let (path, document) = oracle("relationship_complaints");
    let cases = document["cases"].as_array().unwrap();
    for (kind, own) in [
        (
            "relationship",
            &["key_person", "promise", "trend", "quadrant"][..],
        ),
        ("complaints", &["poisson_rate", "km"]),
    ] {
        let output = calc(kind, &path);
        assert_eq!(output.status.code(), Some(65), "{output:?}");
        let answers = answers(&output);
        for case in cases {
            let name = case["name"].as_str().unwrap();
            let function = case["function"].as_str().unwrap();
            if !own.contains(&function) {
                let error = answers[name]["error"].as_str().unwrap();
                assert!(error.starts_with("function: expected one of"), "{error}");
                continue;
            }
            for (member, want) in case["expected"].as_object().unwrap() {
                assert_near(&answers[name][member], want, 1e-6, name);
            }
        }
    }
}

#[test]
fn the_cascade_of_a_tree_is_exact() {
    let (path, document) = oracle("share_loss_cases");
    let output = calc("cascade", &path);
    assert!(output.status.success(), "{output:?}");
    let answers = answers(&output);
    let mut trees = 0;
    for case in document.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let links = case["links"].as_array().unwrap();
        assert!(answers[name].is_object(), "{name}");
        // Two customers or one link: no loop is possible.
        if links.len() == 1 {
            trees += 1;
            for member in ["churn", "link_loss", "blast_radius", "expected_loss"] {
                assert_near(&answers[name][member], &case["exact"][member], 1e-6, name);
            }
        }
    }
    assert!(trees > 0);
}

#[test]
fn what_makes_no_sense_is_told_by_case_and_exit_code() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hawser"))
        .args(["calc", "satisfaction", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let cases =
        r#"[{"name": "good", "function": "wilson", "input": {"k": 8, "n": 10}}, {"name": "bad"}]"#;
    child
        .stdin
        .take()
        .unwrap()
        .write_all(cases.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(65), "{output:?}");
    let answers = answers(&output);
    assert!(answers["bad"]["error"].is_string(), "{answers}");

    assert_eq!(calc("churn", "/nowhere/at/all").status.code(), Some(66));
    let text = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    assert_eq!(calc("churn", text).status.code(), Some(65));
    assert_eq!(calc("weather", text).status.code(), Some(64));
}
