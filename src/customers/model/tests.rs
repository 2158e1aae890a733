use super::contact::{is_language, is_phone};
use super::*;
use crate::ids::ExternalId;

fn customer(name: &str) -> CustomerInput {
    CustomerInput {
        name: name.to_owned(),
        ..CustomerInput::default()
    }
}

fn codes<T: std::fmt::Debug>(outcome: Result<T, Vec<FieldProblem>>) -> Vec<&'static str> {
    let problems = outcome.unwrap_err();
    problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn what_is_told_is_tidied() {
    let id = |id: &str| ExternalId {
        system: " tms".into(),
        id: id.into(),
    };
    let draft = CustomerInput {
        country: Some("de ".into()),
        external_ids: vec![id("2"), id("1 "), id("2")],
        tags: vec![" vip".into(), "auto".into(), "vip".into()],
        ..customer("  Müller GmbH ")
    }
    .checked()
    .unwrap();
    assert_eq!(draft.input.name, "Müller GmbH");
    assert_eq!(draft.search_name, "muller gmbh");
    assert_eq!(draft.match_name, "muller");
    assert_eq!(draft.input.country.as_deref(), Some("DE"));
    assert_eq!(draft.input.tags, ["auto", "vip"]);
    let ids: Vec<_> = draft.input.external_ids.iter().map(|e| &e.id).collect();
    assert_eq!(ids, ["1", "2"]);
}

#[test]
fn every_broken_rule_is_told() {
    assert_eq!(codes(customer(" ").checked()), ["length"]);
    assert_eq!(codes(customer("--").checked()), ["no_letters"]);
    assert_eq!(codes(customer("a\0b").checked()), ["control_character"]);
    assert!(customer(&"ü".repeat(300)).checked().is_ok());
    assert_eq!(codes(customer(&"ü".repeat(301)).checked()), ["length"]);
    let wrong = CustomerInput {
        country: Some("Germany".into()),
        external_ids: vec![ExternalId {
            system: "a:b".into(),
            id: String::new(),
        }],
        tags: vec!["a,b".into()],
        ..customer("Acme")
    };
    assert_eq!(
        codes(wrong.checked()),
        ["not_a_country", "length", "colon", "comma"]
    );
    let many = (0..51).map(|n| n.to_string()).collect();
    let wrong = CustomerInput {
        tags: many,
        ..customer("Acme")
    };
    assert_eq!(codes(wrong.checked()), ["too_many"]);
}

#[test]
fn a_department_is_called_by_its_kind_unless_told_otherwise() {
    let department = |weight| DepartmentInput {
        kind: DepartmentKind::Quality,
        name: None,
        weight,
        required: true,
    };
    assert_eq!(department(0.0).checked().unwrap().name, "quality");
    for weight in [-0.1, f64::NAN, f64::INFINITY] {
        assert_eq!(codes(department(weight).checked()), ["negative"]);
    }
}

#[test]
fn telephone_numbers_and_languages_are_told_from_other_text() {
    for good in ["110", "+86 (21) 1234-5678", "0711/12.34"] {
        assert!(is_phone(good), "{good}");
    }
    for bad in ["", "12", "ext. 123", "１２３", "123\0"] {
        assert!(!is_phone(bad), "{bad}");
    }
    for good in ["en", "zh-Hans-CN", "de-CH-1996", "nds"] {
        assert!(is_language(good), "{good}");
    }
    for bad in ["", "e", "en_US", "english!", "en-", "-en", "zh--CN"] {
        assert!(!is_language(bad), "{bad}");
    }
}
