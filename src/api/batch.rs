//! Many records in one request: each is judged by itself, none is lost.

use actix_web::web::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Answer, Error, Problem};

/// Records in one request at most.
pub const MOST: usize = 5_000;

/// What became of a batch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BatchReport {
    /// Records that did not exist before.
    pub created: u64,
    /// Records that existed and were changed.
    pub updated: u64,
    /// Records that already were as given.
    pub unchanged: u64,
    /// Records that were refused; the others stand nevertheless.
    pub failed: u64,
    /// One result for each record, in the order given.
    pub results: Vec<BatchResult>,
}

/// What became of one record.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BatchResult {
    /// Its place in the request, from 0.
    pub index: usize,
    /// `created`, `updated`, `unchanged` or `failed`.
    pub outcome: Outcome,
    /// Its id, unless it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

crate::word_enum! {
    /// What a write did.
    Outcome {
        /// It did not exist before.
        Created = "created",
        /// It existed and was changed.
        Updated = "updated",
        /// It already was as given.
        Unchanged = "unchanged",
        /// It was refused.
        Failed = "failed",
    }
}

impl BatchReport {
    /// Counts and numbers the results, given in the order of the request.
    pub fn new(results: impl IntoIterator<Item = Answer<(Outcome, i64)>>) -> Self {
        let results: Vec<BatchResult> = results
            .into_iter()
            .enumerate()
            .map(|(index, result)| match result {
                Ok((outcome, id)) => BatchResult {
                    index,
                    outcome,
                    id: Some(id),
                    problem: None,
                },
                Err(error) => BatchResult {
                    index,
                    outcome: Outcome::Failed,
                    id: None,
                    problem: Some(error.problem()),
                },
            })
            .collect();
        let count = |wanted| results.iter().filter(|r| r.outcome == wanted).count() as u64;
        Self {
            created: count(Outcome::Created),
            updated: count(Outcome::Updated),
            unchanged: count(Outcome::Unchanged),
            failed: count(Outcome::Failed),
            results,
        }
    }
}

/// Reads the records of a batch: a JSON array, or one JSON value a line.
///
/// # Errors
///
/// [`Error::Malformed`] if the body is neither, or holds too many records.
pub fn records(bytes: &Bytes, ndjson: bool) -> Answer<Vec<Value>> {
    let records: Vec<Value> = if ndjson {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Error::malformed("bad_json", error.to_string()))?;
        text.lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(index, line)| {
                serde_json::from_str(line).map_err(|error| {
                    Error::malformed("bad_json", format!("line {}: {error}", index + 1))
                })
            })
            .collect::<Answer<_>>()?
    } else {
        serde_json::from_slice(bytes).map_err(|error| {
            Error::malformed("bad_json", format!("expected a JSON array: {error}"))
        })?
    };
    if records.len() > MOST {
        return Err(Error::malformed(
            "too_many_records",
            format!("{} records: at most {MOST} in one request", records.len()),
        ));
    }
    Ok(records)
}
