use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// Name of each text in `source` and the variables it mentions, read as plain lines.
fn variables(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            current = line.split(" =").next().unwrap().to_owned();
            assert!(
                found.insert(current.clone(), BTreeSet::new()).is_none(),
                "{current} stands twice"
            );
        }
        for rest in line.split('$').skip(1) {
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
                .unwrap_or(rest.len());
            found
                .get_mut(&current)
                .unwrap()
                .insert(rest[..end].to_owned());
        }
    }
    found
}

fn all_variables(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let (_, files) = SOURCES.into_iter().find(|(of, _)| *of == language).unwrap();
    variables(&files.join("\n"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn both_languages_load() {
    Texts::load().unwrap();
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_variables() {
    let english = all_variables(Language::En);
    assert!(english.len() > 30, "the scan found only {}", english.len());
    assert_eq!(english, all_variables(Language::Zh));
}

#[test]
fn every_file_of_texts_is_compiled_in() {
    for (language, files) in SOURCES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("locales")
            .join(language.tag());
        assert_eq!(fs::read_dir(folder).unwrap().count(), files.len());
    }
}

#[test]
fn every_key_used_in_the_code_exists_and_every_text_is_used() {
    let known: BTreeSet<String> = all_variables(Language::En).into_keys().collect();
    let mut used = BTreeSet::new();
    for path in rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        if path.ends_with("i18n/tests.rs") {
            continue;
        }
        let code = fs::read_to_string(&path).unwrap();
        for rest in code.split("key(\"").skip(1) {
            used.insert(rest.split('"').next().unwrap().to_owned());
        }
    }
    let missing: Vec<_> = used.difference(&known).collect();
    let unused: Vec<_> = known.difference(&used).collect();
    assert!(missing.is_empty(), "used, but not in locales/: {missing:?}");
    assert!(unused.is_empty(), "in locales/, but not used: {unused:?}");
}

#[test]
fn a_missing_key_and_a_missing_variable_are_errors() {
    let texts = Texts::embedded();
    let error = texts
        .get(Language::Zh, key("no-such-text"), &Args::new())
        .unwrap_err();
    assert_eq!(
        error,
        TextError::Missing {
            key: "no-such-text",
            language: Language::Zh
        }
    );
    let error = texts
        .get(Language::En, key("alert-more"), &Args::new())
        .unwrap_err();
    assert!(matches!(error, TextError::Incomplete { .. }), "{error}");
}

#[test]
fn numbers_that_the_plural_rules_cannot_take_are_errors_and_no_panic() {
    for number in [f64::NAN, f64::INFINITY, 1e300, -1e300] {
        let mut args = Args::new();
        args.set("count", number);
        assert!(
            Texts::embedded()
                .get(Language::En, key("alert-more"), &args)
                .is_err()
        );
    }
}

#[test]
fn numbers_inside_texts_are_grouped_and_values_carry_no_marks() {
    let mut args = Args::new();
    args.set("count", 1_234_567);
    let text = Texts::embedded()
        .get(Language::En, key("alert-more"), &args)
        .unwrap();
    assert_eq!(text, "and 1,234,567 more");
}

#[test]
fn a_tag_with_region_or_script_finds_its_language() {
    for tag in ["en", "EN", "en-GB", "en-US", " en "] {
        assert_eq!(tag.parse(), Ok(Language::En), "{tag}");
    }
    for tag in ["zh", "zh-CN", "zh-Hans", "zh-Hans-CN", "ZH-hant-TW"] {
        assert_eq!(tag.parse(), Ok(Language::Zh), "{tag}");
    }
}

#[test]
fn another_language_is_refused_with_the_allowed_ones_named() {
    for tag in [
        "",
        "de",
        "english",
        "zho",
        "en-",
        "en_GB",
        "zh-\r\nx",
        "en-ünder",
    ] {
        let error = tag.parse::<Language>().unwrap_err();
        assert!(error.to_string().contains("expected en or zh"), "{error}");
    }
    assert!(serde_json::from_str::<Language>("\"fr\"").is_err());
    assert_eq!(
        serde_json::from_str::<Language>("\"zh-CN\"").unwrap(),
        Language::Zh
    );
}

#[test]
fn the_language_liked_best_is_spoken() {
    for (accept, language) in [
        ("", Language::En),
        ("de", Language::En),
        ("zh", Language::Zh),
        ("zh-Hans-CN, en", Language::Zh),
        ("en;q=0.5, zh;q=0.6", Language::Zh),
        ("en, zh;q=0.9", Language::En),
        ("zh;q=2", Language::En),
        ("zh;q=nonsense, *", Language::En),
    ] {
        assert_eq!(preferred_language(accept), language, "{accept}");
    }
}
