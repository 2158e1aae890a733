//! What an import did, in words.

use serde_json::Value;

use crate::imports::store::Import;

/// A summary of some lines.
pub fn lines(import: &Import) -> Vec<String> {
    let mut lines = vec![headline(import)];
    if let Some(error) = &import.error {
        lines.push(format!("  {error}"));
    }
    if import.status == "running" || import.status == "failed" {
        return lines;
    }
    let report: Value = import
        .report
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let counts = [
        (import.created, "created"),
        (import.changed, "changed"),
        (import.unchanged, "unchanged"),
        (import.duplicates, "repeated in the file, the last wins"),
        (import.rejected, "rejected"),
    ];
    for (count, word) in counts {
        if count > 0 || word == "created" {
            lines.push(format!("{count:>10}  {word}{}", places(&report, word)));
        }
    }
    if let Some(reasons) = report.get("reject_reasons").and_then(Value::as_object) {
        for (reason, count) in reasons {
            lines.push(format!("{count:>14}  {reason}"));
        }
    }
    lines.push(format!(
        "{:>10}  customers created",
        import.customers_created
    ));
    let unmapped = words(report.get("columns_unmapped"));
    if !unmapped.is_empty() {
        lines.push(format!("Columns not read: {}", unmapped.join(", ")));
    }
    lines
}

fn headline(import: &Import) -> String {
    let state = match (import.status.as_str(), import.dry_run) {
        ("done", true) => "a dry run, nothing was written".to_owned(),
        ("reverted", _) => "taken back since".to_owned(),
        (status, _) => status.to_owned(),
    };
    let (id, file, rows) = (import.id, &import.file_name, import.rows_read);
    format!("Import {id} of {file}: {state}; {rows} rows")
}

/// Lines of repeated keys that are shown at most.
const SHOWN: usize = 10;

/// The lines of repeated keys.
fn places(report: &Value, word: &str) -> String {
    let lines = words(report.get("duplicate_lines"));
    if !word.starts_with("repeated") || lines.is_empty() {
        return String::new();
    }
    let more = if lines.len() > SHOWN { ", …" } else { "" };
    let first: Vec<String> = lines.into_iter().take(SHOWN).collect();
    format!(" (lines {}{more})", first.join(", "))
}

fn words(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items
        .map(|item| match item {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}

/// A row of the list.
pub fn row(import: &Import) -> Vec<String> {
    let status = if import.dry_run {
        format!("{}, dry run", import.status)
    } else {
        import.status.clone()
    };
    vec![
        import.id.to_string(),
        import.created_at.0.format("%Y-%m-%d %H:%M").to_string(),
        import.file_name.clone(),
        status,
        import.rows_read.to_string(),
        import.created.to_string(),
        import.changed.to_string(),
        import.unchanged.to_string(),
        import.rejected.to_string(),
    ]
}
