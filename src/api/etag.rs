//! Versions as `ETags`, and the condition that a caller's knowledge is current.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use crate::error::{Answer, Error};

/// The `ETag` of a version.
pub fn of(version: i64) -> String {
    format!("\"v{version}\"")
}

/// Answers with a record, and the `ETag` of its version.
pub fn answer(
    mut response: HttpResponseBuilder,
    version: i64,
    record: &impl Serialize,
) -> HttpResponse {
    response
        .insert_header((header::ETAG, of(version)))
        .json(record)
}

/// Answers with a record that was just made and is found at `location`.
pub fn answer_new(location: String, version: i64, record: &impl Serialize) -> HttpResponse {
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, location));
    answer(response, version, record)
}

/// What `If-Match` demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing was said: the last writer wins.
    Absent,
    /// Any version, as long as there is one.
    Any,
    /// One of these.
    OneOf(Vec<String>),
}

impl IfMatch {
    /// Reads the header of a request.
    pub fn of(request: &HttpRequest) -> Self {
        let Some(value) = request
            .headers()
            .get(header::IF_MATCH)
            .and_then(|value| value.to_str().ok())
        else {
            return Self::Absent;
        };
        if value.trim() == "*" {
            return Self::Any;
        }
        Self::OneOf(value.split(',').map(|tag| tag.trim().to_owned()).collect())
    }

    /// Checks it against the version that stands.
    ///
    /// # Errors
    ///
    /// [`Error::PreconditionFailed`] with the `ETag` that it has now.
    pub fn check(&self, version: i64) -> Answer<()> {
        match self {
            Self::OneOf(tags) if !tags.contains(&of(version)) => {
                Err(Error::PreconditionFailed { now: of(version) })
            }
            _ => Ok(()),
        }
    }
}

/// Whether `If-None-Match` says that the caller has this version already.
pub fn not_modified(request: &HttpRequest, version: i64) -> bool {
    request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|tag| tag.trim() == of(version)))
}
