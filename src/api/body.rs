//! JSON bodies: read within the limit, checked, every unknown field named.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use utoipa::PartialSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::error::{Answer, Error, ProblemPart};

/// The largest body of a request, in bytes; app data.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// A JSON body of type `T`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + PartialSchema + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Answer<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = expect_type(request, &["application/json"], "application/json");
        let bytes = bytes(request, payload);
        Box::pin(async move {
            checked?;
            parse(&bytes.await?).map(Body)
        })
    }
}

/// Reads the whole body, up to the limit.
pub fn bytes(
    request: &HttpRequest,
    payload: &mut Payload,
) -> LocalBoxFuture<'static, Answer<web::Bytes>> {
    let limit = request
        .app_data::<BodyLimit>()
        .map_or(1 << 20, |limit| limit.0);
    let mut payload = payload.take();
    Box::pin(async move {
        use futures_util::StreamExt as _;
        let mut body = web::BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk =
                chunk.map_err(|error| Error::malformed("broken_body", error.to_string()))?;
            if body.len() + chunk.len() > limit {
                return Err(Error::TooLarge {
                    limit: limit as u64,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    })
}

/// Refuses content types other than `allowed`.
///
/// # Errors
///
/// [`Error::UnsupportedMediaType`].
pub fn expect_type(request: &HttpRequest, allowed: &[&str], expected: &'static str) -> Answer<()> {
    let given = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase());
    match given {
        Some(given) if allowed.contains(&given.as_str()) => Ok(()),
        _ => Err(Error::UnsupportedMediaType { expected }),
    }
}

/// Reads `T` from JSON.
///
/// # Errors
///
/// [`Error::Malformed`] with the place, and with every unknown field and the allowed ones.
pub fn parse<T: DeserializeOwned + PartialSchema>(bytes: &[u8]) -> Answer<T> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        let cause = error.into_inner();
        explain::<T>(bytes, pointer, &cause)
    })?;
    json.end()
        .map_err(|error| Error::malformed("bad_json", format!("behind the value: {error}")))?;
    Ok(value)
}

/// Reads `T` from a body that may be missing: its default then.
///
/// # Errors
///
/// As [`bytes`] and [`parse`]; [`Error::UnsupportedMediaType`] if there is a body that is no JSON.
pub async fn optional<T: Default + DeserializeOwned + PartialSchema>(
    request: &HttpRequest,
    payload: web::Payload,
) -> Answer<T> {
    let bytes = bytes(request, &mut payload.into_inner()).await?;
    if bytes.is_empty() {
        return Ok(T::default());
    }
    expect_type(request, &["application/json"], "application/json")?;
    parse(&bytes)
}

/// Reads `T` from a JSON value; for the items of a batch.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_value<T: DeserializeOwned + PartialSchema>(value: &serde_json::Value) -> Answer<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(error.path());
        let cause = error.into_inner();
        explain::<T>(value.to_string().as_bytes(), pointer, &cause)
    })
}

fn explain<T: PartialSchema>(bytes: &[u8], pointer: String, cause: &serde_json::Error) -> Error {
    if !cause.is_data() {
        return Error::malformed("bad_json", cause.to_string());
    }
    let unknown = unknown_fields::<T>(bytes);
    if !unknown.is_empty() {
        let names: Vec<&str> = unknown.iter().map(|part| part.pointer.as_str()).collect();
        return Error::Malformed {
            code: "unknown_field",
            detail: format!("unknown: {}", names.join(", ")),
            errors: unknown,
        };
    }
    let detail = cause.to_string();
    let code = if detail.starts_with("unknown field") {
        "unknown_field"
    } else if detail.starts_with("missing field") {
        "missing_field"
    } else {
        "bad_value"
    };
    let pointer = match missing(&detail) {
        Some(name) => format!("{pointer}/{name}"),
        None => pointer,
    };
    let place = if pointer.is_empty() { "body" } else { &pointer };
    Error::Malformed {
        code,
        detail: format!("{place}: {detail}"),
        errors: vec![ProblemPart {
            pointer,
            code: code.to_owned(),
            detail,
        }],
    }
}

/// The field that is missing, if that is what serde's message says.
fn missing(detail: &str) -> Option<&str> {
    let (name, _) = detail.strip_prefix("missing field `")?.split_once('`')?;
    Some(name)
}

/// Every member of the outermost object that `T` does not have.
fn unknown_fields<T: PartialSchema>(bytes: &[u8]) -> Vec<ProblemPart> {
    let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(bytes) else {
        return Vec::new();
    };
    let RefOr::T(Schema::Object(object)) = T::schema() else {
        return Vec::new();
    };
    let allowed: Vec<&str> = object.properties.keys().map(String::as_str).collect();
    members
        .keys()
        .filter(|name| !allowed.contains(&name.as_str()))
        .map(|name| ProblemPart {
            pointer: format!("/{name}"),
            code: "unknown_field".to_owned(),
            detail: format!("expected one of {}", allowed.join(", ")),
        })
        .collect()
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        pointer.push('/');
        match segment {
            Segment::Seq { index } => pointer.push_str(&index.to_string()),
            Segment::Map { key } => pointer.push_str(key),
            Segment::Enum { variant } => pointer.push_str(variant),
            Segment::Unknown => pointer.push('?'),
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Thing {
        name: String,
        size: Option<i64>,
    }

    #[test]
    fn every_unknown_field_is_named_with_the_allowed_ones() {
        let error = parse::<Thing>(br#"{"name": "a", "colour": 1, "seize": 2}"#).unwrap_err();
        let Error::Malformed { code, errors, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(code, "unknown_field");
        let pointers: Vec<_> = errors.iter().map(|part| part.pointer.as_str()).collect();
        assert_eq!(pointers, ["/colour", "/seize"]);
        assert_eq!(errors[0].detail, "expected one of name, size");
    }

    #[test]
    fn the_place_of_a_wrong_value_is_named() {
        let error = parse::<Thing>(br#"{"name": "a", "size": "big"}"#).unwrap_err();
        let Error::Malformed { code, errors, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!((code, errors[0].pointer.as_str()), ("bad_value", "/size"));
        assert_eq!(parse::<Thing>(b"{").unwrap_err().code(), "bad_json");
        let error = parse::<Thing>(b"{}").unwrap_err();
        let Error::Malformed { code, errors, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(
            (code, errors[0].pointer.as_str()),
            ("missing_field", "/name")
        );
        assert_eq!(
            parse::<Thing>(br#"{"name":"a"} x"#).unwrap_err().code(),
            "bad_json"
        );
    }
}
