//! The walls between the parts: each library stays behind its edge, features stand in a line.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "clippy does not know helper functions in tests as tests"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// `word` may be used only in files for which `allowed` holds.
struct Rule {
    word: &'static str,
    allowed: fn(&str) -> bool,
}

const RULES: &[Rule] = &[
    Rule {
        word: "diesel::",
        allowed: |file| is_store(file) || file.starts_with("db/") || is_shared_edge(file),
    },
    Rule {
        word: "actix_web::",
        allowed: |file| {
            is_http(file)
                || file.starts_with("api/")
                || [
                    "app.rs",
                    "error.rs",
                    "access/guard.rs",
                    "cli/serve.rs",
                    "imports/upload.rs",
                ]
                .contains(&file)
        },
    },
    Rule {
        word: "feature = \"postgres\"",
        allowed: |file| file.starts_with("db/") || is_store(file),
    },
    Rule {
        word: "lettre::",
        allowed: |file| file.starts_with("mail/mailer") || file == "mailbox.rs",
    },
    Rule {
        word: "ureq::",
        allowed: |file| file == "webhooks/sender.rs",
    },
    Rule {
        word: "Utc::now",
        allowed: |file| file == "state.rs",
    },
    Rule {
        word: "env::var",
        allowed: |file| file == "config.rs",
    },
];

/// Features in their line; pure ones among them know no database and no web.
const FEATURES: &[&str] = &[
    "access",
    "webhooks",
    "customers",
    "mail",
    "shipments",
    "imports",
    "engagement",
    "network",
    "evaluation",
    "churn",
    "cascade",
    "satisfaction",
    "relationship",
    "sentiment",
    "calc",
    "demo",
    "surveys",
    "complaints",
    "promises",
    "interactions",
    "plays",
    "assessment",
    "whatifs",
    "backtest",
    "alerts",
    "merging",
    "track",
    "reports",
    "ui",
];

/// Features that are arithmetic from end to end.
const PURE: &[&str] = &[
    "evaluation",
    "churn",
    "cascade",
    "satisfaction",
    "relationship",
    "sentiment",
    "calc",
    "demo",
];

/// What arithmetic may not know.
const IMPURE: &[&str] = &[
    "crate::db",
    "crate::api",
    "crate::app",
    "crate::state",
    "crate::config",
    "crate::cli",
    "crate::error",
    "diesel",
    "actix_web",
    "std::net",
    "SystemTime",
    "std::env",
];

fn is_store(file: &str) -> bool {
    file.ends_with("store.rs") || file.contains("/store/") || file == "access/audit.rs"
}

fn is_http(file: &str) -> bool {
    file.ends_with("http.rs") || file.contains("/http/")
}

/// Shared files that translate a library's types for everybody else.
fn is_shared_edge(file: &str) -> bool {
    ["error.rs", "ids.rs"].contains(&file)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Every source file: its path below `src`, and its code without comments and tests.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rust_files(&root)
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs") && !path.to_str().unwrap().contains("/tests/"))
        .map(|path| {
            let file = path
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            (file, code_of(&fs::read_to_string(&path).unwrap()))
        })
        .collect()
}

fn code_of(text: &str) -> String {
    let shipped = text.split("#[cfg(test)]").next().unwrap_or(text);
    shipped
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn each_library_stays_behind_its_edge() {
    let mut offences = Vec::new();
    for (file, code) in sources() {
        for rule in RULES {
            if code.contains(rule.word) && !(rule.allowed)(&file) {
                offences.push(format!("src/{file} uses `{}`", rule.word));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

/// Whether the code names this module, and not one whose name only begins so.
fn names(code: &str, module: &str) -> bool {
    code.match_indices(&format!("crate::{module}"))
        .any(|(at, found)| {
            let next = code[at + found.len()..].chars().next();
            !next.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        })
}

#[test]
fn features_use_only_those_before_them_and_shared_modules_use_none() {
    let mut offences = Vec::new();
    for (file, code) in sources() {
        if ["app.rs", "main.rs", "lib.rs"].contains(&file.as_str()) || file.starts_with("cli/") {
            continue;
        }
        let own = FEATURES
            .iter()
            .position(|feature| file.starts_with(&format!("{feature}/")));
        let forbidden = own.map_or(FEATURES, |index| &FEATURES[index + 1..]);
        for feature in forbidden {
            if names(&code, feature) {
                offences.push(format!("src/{file} uses {feature}"));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn arithmetic_knows_no_database_and_no_web() {
    let mut offences = Vec::new();
    for (file, code) in sources() {
        let pure = PURE
            .iter()
            .any(|feature| file.starts_with(&format!("{feature}/")));
        for word in IMPURE {
            if pure && code.contains(word) {
                offences.push(format!("src/{file} uses {word}"));
            }
        }
    }
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}
