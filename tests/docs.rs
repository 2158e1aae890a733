//! What the documents say can be done: their commands, addresses, settings and links exist.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "clippy does not know helper functions in tests as tests"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every document that is written for people.
fn documents() -> Vec<(PathBuf, String)> {
    let mut folders = vec![PathBuf::from(ROOT).join("docs")];
    let mut files: Vec<PathBuf> = ["README.md", "CHANGELOG.md"]
        .map(|name| PathBuf::from(ROOT).join(name))
        .to_vec();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = |path: PathBuf| {
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        (path, text)
    };
    files.into_iter().map(read).collect()
}

fn hawser(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hawser"));
    command.current_dir(folder.path()).args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HAWSER_") {
            command.env_remove(name);
        }
    }
    command.output().unwrap()
}

/// The lines of the code blocks of these languages.
fn code<'t>(text: &'t str, languages: &[&str]) -> Vec<&'t str> {
    let mut lines = Vec::new();
    let mut inside = None;
    for line in text.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            inside = inside.is_none().then_some(language);
        } else if inside.is_some_and(|language| languages.contains(&language)) {
            lines.push(line);
        }
    }
    lines
}

/// What stands between backquotes outside of code blocks.
fn spans(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found
}

/// The words of a command line as a shell would part them, up to a pipe or a redirection.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '|' | '>' | '&' | ')' | '#') if word.is_empty() || letter != '#' => break,
            (None, ' ') if !word.is_empty() => words.push(std::mem::take(&mut word)),
            (None, ' ') => {}
            (_, letter) => word.push(letter),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// The `hawser` command lines of a document, without their first word.
fn commands(text: &str) -> BTreeSet<Vec<String>> {
    let lines = code(text, &["sh", "ini"]).into_iter().chain(spans(text));
    lines
        .filter_map(|line| {
            let (before, rest) = line.split_once("hawser ")?;
            let starts = before.is_empty() || before.ends_with(['(', '/', '`']);
            // `cargo run … -- demo` is the same command.
            starts.then(|| words(rest))
        })
        .chain(code(text, &["sh"]).into_iter().filter_map(|line| {
            let (_, rest) = line.split_once("cargo run --release -- ")?;
            Some(words(rest))
        }))
        .filter(|words| !words.is_empty())
        .collect()
}

#[test]
fn every_hawser_command_in_the_documents_exists_with_its_flags() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    let mut helps = std::collections::BTreeMap::new();
    for (path, text) in documents() {
        for line in commands(&text) {
            let flags = line.iter().filter(|word| word.starts_with("--"));
            let names: Vec<&str> = line
                .iter()
                .map(String::as_str)
                .take_while(|word| {
                    let letters = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
                    !word.starts_with('-') && word.bytes().all(letters)
                })
                .collect();
            // How many of the words are commands, rather than their arguments, help knows: the
            // longest that it accepts, and a group without its command is none.
            let help = (1..=names.len().min(2)).rev().find_map(|count| {
                let command = &names[..count];
                helps
                    .entry(command.join(" "))
                    .or_insert_with(|| {
                        let output = hawser(&[command, &["--help"]].concat());
                        let text = String::from_utf8(output.stdout).unwrap();
                        let used = format!("Usage: hawser {}", command.join(" "));
                        (output.status.success() && text.contains(&used)).then_some(text)
                    })
                    .clone()
            });
            let shown = format!("{}: hawser {}", path.display(), line.join(" "));
            let Some(help) = help else {
                wrong.push(format!("{shown}: no such command"));
                continue;
            };
            checked += 1;
            let group = help.contains("<COMMAND>");
            if group && names.len() > 1 {
                wrong.push(format!("{shown}: no such command"));
            }
            for flag in flags {
                let name = flag.split('=').next().unwrap();
                if !help.contains(name) {
                    wrong.push(format!("{shown}: no flag {name}"));
                }
            }
        }
    }
    assert!(checked > 40, "{checked} commands found only");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_address_in_the_documents_exists_with_its_method() {
    let output = hawser(&["openapi"]);
    let openapi: Value = serde_json::from_slice(&output.stdout).unwrap();
    let paths = openapi["paths"].as_object().unwrap();
    let known = |method: &str, path: &str| {
        paths.iter().any(|(pattern, item)| {
            fits(pattern, path) && (method.is_empty() || item.get(method).is_some())
        })
    };
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (document, text) in documents() {
        for line in code(&text, &["sh"]) {
            let Some(start) = line.find("curl ") else {
                continue;
            };
            let words = words(&line[start..]);
            let method = words
                .iter()
                .position(|word| word == "-X")
                .map_or("get".to_owned(), |at| words[at + 1].to_lowercase());
            let url = words.iter().find_map(|word| {
                let path = word
                    .strip_prefix("$API")
                    .map(|path| format!("/api/v1{path}"));
                path.or_else(|| word.strip_prefix("$HAWSER").map(str::to_owned))
            });
            let url = url.unwrap_or_else(|| panic!("{}: no address in {line}", document.display()));
            let path = url.split('?').next().unwrap();
            checked += 1;
            if !known(&method, path) {
                wrong.push(format!("{}: {method} {path}", document.display()));
            }
        }
        for span in spans(&text) {
            let (method, path) = match span.split_once(' ') {
                Some((method @ ("GET" | "POST" | "PUT" | "PATCH" | "DELETE"), path)) => {
                    (method.to_lowercase(), path)
                }
                _ => (String::new(), span),
            };
            let path = path.split('?').next().unwrap();
            if path.starts_with("/api/v1/") {
                checked += 1;
                if !known(&method, path) {
                    wrong.push(format!("{}: {span}", document.display()));
                }
            }
        }
    }
    assert!(checked > 20, "{checked} addresses found only");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a path is one of a pattern such as `/customers/{id}/risk`.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) =
        (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(path).all(|(wanted, given)| {
            match (wanted.strip_prefix('{'), wanted.split_once('}')) {
                // `{id}:revert` takes any id, and nothing else behind it.
                (Some(_), Some((_, action))) => !given.is_empty() && given.ends_with(action),
                _ => *wanted == given,
            }
        })
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (path, text) in documents() {
        for target in text.split("](").skip(1) {
            let target = target.split(')').next().unwrap();
            if target.starts_with("http") {
                continue;
            }
            checked += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let linked = if file.is_empty() {
                path.clone()
            } else {
                path.parent().unwrap().join(file)
            };
            let found = linked.exists() && (heading.is_empty() || has_heading(&linked, heading));
            if !found {
                wrong.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(checked > 15, "{checked} links found only");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn has_heading(document: &Path, wanted: &str) -> bool {
    let text = std::fs::read_to_string(document).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .any(|heading| {
            let plain: String = heading
                .trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|letter| letter.is_alphanumeric() || " -".contains(*letter))
                .collect();
            plain.replace(' ', "-") == wanted
        })
}

#[test]
fn every_setting_in_the_documents_exists() {
    // Variables of the documents' own examples and of the tests.
    const OTHERS: [&str; 3] = ["KEY", "CONFIG", "TEST_POSTGRES_URL"];
    let mut wrong = Vec::new();
    for (path, text) in documents() {
        for after in text.split("HAWSER_").skip(1) {
            let end = after.find(|letter: char| !(letter.is_ascii_uppercase() || letter == '_'));
            let name = &after[..end.unwrap_or(after.len())];
            let known = hawser::config::KEYS.contains(&name.to_lowercase().as_str());
            if !known && !OTHERS.contains(&name) && !name.is_empty() {
                wrong.push(format!("{}: HAWSER_{name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn command_lines_are_read_as_a_shell_reads_them() {
    for (line, parted) in [
        (
            "user add --name \"Ada Example\" > x",
            vec!["user", "add", "--name", "Ada Example"],
        ),
        (
            "key create --name a | head",
            vec!["key", "create", "--name", "a"],
        ),
        ("serve &", vec!["serve"]),
    ] {
        assert_eq!(words(line), parted);
    }
    assert!(fits("/imports/{id}:revert", "/imports/7:revert"));
    assert!(!fits("/imports/{id}:revert", "/imports/7:undo"));
    assert!(fits("/customers/{id}/risk", "/customers/ext:tms:C-17/risk"));
}
