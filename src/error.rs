//! Every error that a caller sees, as `application/problem+json` (RFC 9457), in one place.
//!
//! Features have their own typed errors and turn them into [`Error`] at their edge; the cause of an
//! internal one goes to the log, never to the caller.

use std::fmt::Write as _;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use crate::db::DbError;
use crate::shipments::model::FieldProblem;

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400: the request itself is malformed: not JSON, an unknown field or filter.
    #[error("{detail}")]
    Malformed {
        /// Stable word for the kind of mistake.
        code: &'static str,
        /// What is wrong and what is allowed.
        detail: String,
        /// The places concerned.
        errors: Vec<ProblemPart>,
    },
    /// 401: no key, or one that does not hold any more.
    #[error("{detail}")]
    Unauthorized {
        /// `key_missing`, `key_unknown`, `key_expired` or `key_revoked`.
        code: &'static str,
        /// For people.
        detail: &'static str,
    },
    /// 403: the key may not do this.
    #[error("the key lacks the scope `{scope}`")]
    Forbidden {
        /// The scope that is needed.
        scope: &'static str,
    },
    /// 404: no such thing, or none that the key may see.
    #[error("there is no {what} {id}")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// What was asked for.
        id: String,
    },
    /// 404: no finished assessment run to answer from.
    #[error("{}", match as_of {
        Some(day) => format!("there is no finished assessment run as of {day}"),
        None => "there is no finished assessment run yet".to_owned(),
    })]
    NoRun {
        /// The as-of date asked for; `None` for the latest.
        as_of: Option<chrono::NaiveDate>,
    },
    /// 404: nothing lives at this path.
    #[error("there is nothing at {path}")]
    NoRoute {
        /// The path.
        path: String,
    },
    /// 405: the path knows other methods.
    #[error("this address takes {allow}")]
    MethodNotAllowed {
        /// The methods, with commas.
        allow: String,
    },
    /// 409: it would break something that stands already.
    #[error("{detail}")]
    Conflict {
        /// Stable word for the kind of conflict.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// 412: the thing has changed since the caller read it.
    #[error("it has changed since: its ETag is now {now}")]
    PreconditionFailed {
        /// The `ETag` it has now.
        now: String,
    },
    /// 413: the body is too large.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
    },
    /// 415: a content type that the address does not take.
    #[error("expected a body of type {expected}")]
    UnsupportedMediaType {
        /// The types it takes.
        expected: &'static str,
    },
    /// 422: well-formed, but fields break rules.
    #[error("{}", describe(.0))]
    Invalid(Vec<FieldProblem>),
    /// 422: well-formed, but of no use as a whole: a file, a mapping.
    #[error("{detail}")]
    Unprocessable {
        /// Stable word for the kind of mistake.
        code: &'static str,
        /// What is wrong and what is allowed.
        detail: String,
        /// The places concerned.
        errors: Vec<ProblemPart>,
    },
    /// 422: an idempotency key that came with another request before.
    #[error("this Idempotency-Key came with another request before")]
    KeyReused,
    /// 429: too many requests.
    #[error("too many requests: try again in {retry_after} s")]
    TooManyRequests {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// 503: worth another try.
    #[error("the service is busy: {0}")]
    Unavailable(String),
    /// 500: our fault.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What every endpoint returns.
pub type Answer<T> = Result<T, Error>;

/// The body of an error: RFC 9457 with our extensions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Identifies the kind of problem; `urn:hawser:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, for people.
    pub detail: String,
    /// Stable word for programs.
    pub code: String,
    /// The request, as it stands in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The places concerned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemPart>,
}

/// One place that a problem concerns.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemPart {
    /// JSON pointer into the body, or the name of a query parameter.
    pub pointer: String,
    /// Stable word for programs.
    pub code: String,
    /// What a valid value looks like.
    pub detail: String,
}

impl Error {
    /// A 400 with a code and a text.
    pub fn malformed(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Malformed {
            code,
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// A 422 about one field.
    pub fn invalid(field: &'static str, code: &'static str, rule: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem::new(field, code, rule)])
    }

    /// A 404.
    pub fn not_found(what: &'static str, id: impl std::fmt::Display) -> Self {
        Self::NotFound {
            what,
            id: id.to_string(),
        }
    }

    /// A 409.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            detail: detail.into(),
        }
    }

    /// A 500 with its cause, for the log.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// Stable word for the kind of problem.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { code, .. }
            | Self::Unauthorized { code, .. }
            | Self::Unprocessable { code, .. }
            | Self::Conflict { code, .. } => code,
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound { .. } => "not_found",
            Self::NoRun { .. } => "no_run",
            Self::NoRoute { .. } => "no_route",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::PreconditionFailed { .. } => "precondition_failed",
            Self::TooLarge { .. } => "too_large",
            Self::UnsupportedMediaType { .. } => "unsupported_media_type",
            Self::Invalid(_) => "invalid",
            Self::KeyReused => "idempotency_key_reused",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// The body, without the request's id.
    pub fn problem(&self) -> Problem {
        let status = self.status_code();
        let errors = match self {
            Self::Malformed { errors, .. } | Self::Unprocessable { errors, .. } => errors.clone(),
            Self::Invalid(problems) => problems.iter().map(ProblemPart::from).collect(),
            _ => Vec::new(),
        };
        Problem {
            kind: format!("urn:hawser:problem:{}", self.code()),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.to_string(),
            code: self.code().to_owned(),
            request_id: None,
            errors,
        }
    }
}

impl From<&FieldProblem> for ProblemPart {
    fn from(problem: &FieldProblem) -> Self {
        Self {
            pointer: format!("/{}", problem.field.replace('.', "/")),
            code: problem.code.to_owned(),
            detail: problem.rule.clone(),
        }
    }
}

fn describe(problems: &[FieldProblem]) -> String {
    let mut text = String::new();
    for problem in problems {
        if !text.is_empty() {
            text.push_str("; ");
        }
        let _ = write!(text, "{problem}");
    }
    text
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy | DbError::Stopping => Self::Unavailable(error.to_string()),
            DbError::Unreachable(_) => {
                tracing::error!(error.cause = %error, "database unreachable: {error}");
                Self::Unavailable("the database cannot be reached".to_owned())
            }
            other => Self::internal(other),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::Unauthorized { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::NotFound { .. } | Self::NoRun { .. } | Self::NoRoute { .. } => {
                StatusCode::NOT_FOUND
            }
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::PreconditionFailed { .. } => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) | Self::Unprocessable { .. } | Self::KeyReused => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Internal(cause) = self {
            tracing::error!(error.cause = ?cause, "request failed: {cause}");
        }
        let mut problem = self.problem();
        problem.request_id = crate::api::request_id::current();
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Unauthorized { .. } => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"hawser\""));
            }
            Self::MethodNotAllowed { allow } => {
                response.insert_header((header::ALLOW, allow.as_str()));
            }
            Self::TooManyRequests { retry_after } => {
                response.insert_header((header::RETRY_AFTER, retry_after.to_string()));
            }
            Self::Unavailable(_) => {
                response.insert_header((header::RETRY_AFTER, "5"));
            }
            _ => {}
        }
        response
            .insert_header((header::CONTENT_TYPE, "application/problem+json"))
            .body(serde_json::to_string(&problem).unwrap_or_default())
    }
}
