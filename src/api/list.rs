//! Lists: `field[op]=value`, `sort`, `limit`, `cursor`, `updated_since`, and the page that answers.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::db::UtcTime;
use crate::db::select::{Collection, Field, Filter, Kind, Listing, Op, Value};
use crate::error::{Answer, Error, ProblemPart};

/// Rows of a page where the caller does not say.
pub const DEFAULT_LIMIT: i64 = 50;
/// Rows of a page at most.
pub const MAX_LIMIT: i64 = 500;

/// The parameters that every list takes, beside `field[op]=value` for its fields.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `parse` reads them")]
pub struct ListParams {
    /// Rows at most, 1 to 500.
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: Option<i64>,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
    /// Field to sort by; `-` in front sorts descending.
    sort: Option<String>,
    /// Only what has changed since then, with what was deleted.
    updated_since: Option<DateTime<Utc>>,
}

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// Where a page ended. Opaque to callers.
#[derive(Serialize, Deserialize)]
struct Cursor {
    /// What the list was sorted by: a cursor of another order makes no sense.
    s: String,
    v: Value,
    i: i64,
}

/// A list request, and what it needs to make cursors.
#[derive(Debug)]
pub struct ListRequest {
    /// For the database.
    pub listing: Listing,
    sort: String,
    /// Parameters that the list does not know itself but was told to leave alone.
    pub extra: Vec<(String, String)>,
}

/// Reads the query string of a list. Parameters named in `extra` are handed through.
///
/// # Errors
///
/// [`Error::Malformed`] names every wrong parameter and what is allowed.
pub fn parse(
    request: &HttpRequest,
    collection: &Collection,
    extra: &[&str],
) -> Answer<ListRequest> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_query", error.to_string()))?
        .into_inner();
    parse_pairs(pairs, collection, extra)
}

fn parse_pairs(
    pairs: Vec<(String, String)>,
    collection: &Collection,
    extra: &[&str],
) -> Answer<ListRequest> {
    let mut wrong = Vec::new();
    let mut given = Given::new(collection.default_sort);
    for (name, value) in pairs {
        if let Err(detail) = given.take(&name, value, collection, extra) {
            wrong.push(part(&name, "bad_parameter", detail));
        }
    }
    let (field, descending) = match sort_field(&given.sort, collection) {
        Ok(found) => found,
        Err(detail) => {
            wrong.push(part("sort", "bad_parameter", detail));
            return Err(refuse(wrong));
        }
    };
    let foreign = |cursor: &Cursor| cursor.s != given.sort || !fits(&cursor.v, field.kind);
    if given.cursor.as_ref().is_some_and(foreign) {
        let detail = "it belongs to a list sorted otherwise".to_owned();
        wrong.push(part("cursor", "bad_parameter", detail));
    }
    if !wrong.is_empty() {
        return Err(refuse(wrong));
    }
    Ok(ListRequest {
        listing: Listing {
            filters: given.filters,
            sort: field,
            descending,
            after: given.cursor.map(|cursor| (cursor.v, cursor.i)),
            limit: given.limit,
            updated_since: given.updated_since,
        },
        sort: given.sort,
        extra: given.extra,
    })
}

/// What the parameters of a list say.
struct Given {
    limit: i64,
    sort: String,
    cursor: Option<Cursor>,
    updated_since: Option<UtcTime>,
    filters: Vec<Filter>,
    extra: Vec<(String, String)>,
}

impl Given {
    fn new(default_sort: &str) -> Self {
        Self {
            limit: DEFAULT_LIMIT,
            sort: default_sort.to_owned(),
            cursor: None,
            updated_since: None,
            filters: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// Takes one parameter, or says what is allowed.
    fn take(
        &mut self,
        name: &str,
        value: String,
        collection: &Collection,
        extra: &[&str],
    ) -> Result<(), String> {
        // PostgreSQL has no text with NUL, so nothing can match it.
        if value.contains('\0') {
            return Err("expected text without NUL".to_owned());
        }
        match name {
            "limit" => self.limit = parse_limit(&value)?,
            "sort" => self.sort = value,
            "cursor" => self.cursor = Some(parse_cursor(&value)?),
            "updated_since" if collection.updated.is_some() => {
                if let Value::Time(time) = parse_value(Kind::Time, &value)? {
                    self.updated_since = Some(time);
                }
            }
            _ if extra.contains(&name) => self.extra.push((name.to_owned(), value)),
            _ => self.filters.push(parse_filter(name, &value, collection)?),
        }
        Ok(())
    }
}

/// Whether a value is of a kind; a forged cursor could hold anything.
fn fits(value: &Value, kind: Kind) -> bool {
    match value {
        Value::Int(_) => kind == Kind::Int,
        Value::Real(_) => kind == Kind::Real,
        Value::Text(_) => matches!(kind, Kind::Text | Kind::Words(_)),
        Value::Bool(_) => kind == Kind::Bool,
        Value::Date(_) => kind == Kind::Date,
        Value::Time(_) => kind == Kind::Time,
    }
}

fn refuse(errors: Vec<ProblemPart>) -> Error {
    let detail = errors
        .iter()
        .map(|part| format!("{}: {}", part.pointer, part.detail))
        .collect::<Vec<_>>()
        .join("; ");
    Error::Malformed {
        code: "bad_parameter",
        detail,
        errors,
    }
}

fn part(name: &str, code: &str, detail: String) -> ProblemPart {
    ProblemPart {
        pointer: name.to_owned(),
        code: code.to_owned(),
        detail,
    }
}

fn parse_limit(text: &str) -> Result<i64, String> {
    text.parse()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| format!("expected a whole number from 1 to {MAX_LIMIT}"))
}

fn parse_cursor(text: &str) -> Result<Cursor, String> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| "expected the next_cursor of a page".to_owned())
}

fn sort_field(sort: &str, collection: &Collection) -> Result<(&'static Field, bool), String> {
    let (name, descending) = match sort.strip_prefix('-') {
        Some(name) => (name, true),
        None => (sort, false),
    };
    collection
        .field(name)
        .filter(|field| field.sortable)
        .map(|field| (field, descending))
        .ok_or_else(|| {
            let sortable = collection.fields.iter().filter(|field| field.sortable);
            let names: Vec<_> = sortable.map(|field| field.name).collect();
            format!(
                "expected one of {}, with - in front for descending",
                names.join(", ")
            )
        })
}

fn parse_filter(name: &str, value: &str, collection: &Collection) -> Result<Filter, String> {
    let (field_name, op) = match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some(split) => split,
        None => (name, "eq"),
    };
    let field = collection.field(field_name).ok_or_else(|| {
        let names: Vec<_> = collection.fields.iter().map(|field| field.name).collect();
        let common = if collection.updated.is_some() {
            ", updated_since"
        } else {
            ""
        };
        format!(
            "unknown parameter; expected limit, cursor, sort{common}, or a filter on one of {}",
            names.join(", ")
        )
    })?;
    let op = parse_op(op, field)?;
    let values = if op == Op::In {
        value
            .split(',')
            .filter(|item| !item.is_empty())
            .map(|item| parse_value(field.kind, item))
            .collect::<Result<_, _>>()?
    } else if op == Op::Contains {
        // Text fields that can be searched hold normalised text.
        vec![Value::Text(crate::text::normalise_name(value))]
    } else {
        vec![parse_value(field.kind, value)?]
    };
    Ok(Filter { field, op, values })
}

fn parse_op(word: &str, field: &Field) -> Result<Op, String> {
    let ordered = !matches!(field.kind, Kind::Words(_) | Kind::Bool);
    let op = match word {
        "eq" => Some(Op::Eq),
        "ne" => Some(Op::Ne),
        "lt" if ordered => Some(Op::Lt),
        "lte" if ordered => Some(Op::Lte),
        "gt" if ordered => Some(Op::Gt),
        "gte" if ordered => Some(Op::Gte),
        "in" => Some(Op::In),
        "contains" if field.kind == Kind::Text => Some(Op::Contains),
        _ => None,
    };
    op.ok_or_else(|| {
        let allowed = match field.kind {
            Kind::Text => "eq, ne, lt, lte, gt, gte, in, contains",
            Kind::Words(_) | Kind::Bool => "eq, ne, in",
            _ => "eq, ne, lt, lte, gt, gte, in",
        };
        format!(
            "unknown comparison {word:?}; {} takes {allowed}",
            field.name
        )
    })
}

/// Reads a value of a kind.
///
/// # Errors
///
/// What is allowed.
pub fn parse_value(kind: Kind, text: &str) -> Result<Value, String> {
    match kind {
        Kind::Int => text
            .parse()
            .map(Value::Int)
            .map_err(|_| "expected a whole number".to_owned()),
        Kind::Real => text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Value::Real)
            .ok_or_else(|| "expected a number".to_owned()),
        Kind::Text if text.contains('\0') => Err("expected text without NUL".to_owned()),
        Kind::Text => Ok(Value::Text(text.to_owned())),
        Kind::Words(words) if words.contains(&text) => Ok(Value::Text(text.to_owned())),
        Kind::Words(words) => Err(format!("expected one of {}", words.join(", "))),
        Kind::Bool => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("expected true or false".to_owned()),
        },
        Kind::Date => text
            .parse::<NaiveDate>()
            .map(Value::Date)
            .map_err(|_| "expected a date such as 2026-01-31".to_owned()),
        Kind::Time => DateTime::parse_from_rfc3339(text)
            .map(|time| Value::Time(UtcTime::from(time.with_timezone(&Utc))))
            .map_err(|_| "expected a time such as 2026-01-31T12:00:00Z".to_owned()),
    }
}

impl ListRequest {
    /// Cuts the row too many off and tells where the next page begins.
    ///
    /// `key` gives the value a row is sorted by, and its id.
    pub fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        key: impl Fn(&R, &'static str) -> (Value, i64),
        show: impl Fn(R) -> T,
    ) -> Page<T> {
        let limit = usize::try_from(self.listing.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| {
            let (v, i) = key(last, self.listing.sort.name);
            let cursor = Cursor {
                s: self.sort.clone(),
                v,
                i,
            };
            BASE64URL_NOPAD.encode(
                serde_json::to_string(&cursor)
                    .unwrap_or_default()
                    .as_bytes(),
            )
        });
        Page {
            data: rows.into_iter().map(show).collect(),
            next_cursor,
        }
    }
}

/// The `Link` header that leads to the next page, if there is one.
pub fn next_link(request: &HttpRequest, next_cursor: Option<&str>) -> Option<String> {
    let kept: Vec<String> = request
        .query_string()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="))
        .map(str::to_owned)
        .chain([format!("cursor={}", next_cursor?)])
        .collect();
    Some(format!(
        "<{}?{}>; rel=\"next\"",
        request.path(),
        kept.join("&")
    ))
}

/// Answers with a page, and `Link: rel="next"` where there is one.
pub fn respond<T: Serialize>(request: &HttpRequest, page: &Page<T>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(link) = next_link(request, page.next_cursor.as_deref()) {
        response.insert_header((header::LINK, link));
    }
    response.json(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field {
            name: "id",
            sql: "id",
            kind: Kind::Int,
            sortable: true,
        },
        Field {
            name: "name",
            sql: "name",
            kind: Kind::Text,
            sortable: true,
        },
        Field {
            name: "colour",
            sql: "colour",
            kind: Kind::Words(&["red", "blue"]),
            sortable: false,
        },
    ];
    const THINGS: Collection = Collection {
        columns: "*",
        from: "things",
        id: "id",
        updated: None,
        alive: None,
        fields: FIELDS,
        default_sort: "id",
    };

    fn read(pairs: &[(&str, &str)]) -> Answer<ListRequest> {
        let pairs = pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        parse_pairs(pairs, &THINGS, &["depth"])
    }

    #[test]
    fn every_wrong_parameter_is_named_with_what_is_allowed() {
        let error = read(&[
            ("limit", "501"),
            ("colour", "green"),
            ("colour[lt]", "red"),
            ("size", "3"),
            ("cursor", "nonsense"),
        ])
        .unwrap_err();
        let Error::Malformed { errors, .. } = error else {
            panic!("{error:?}")
        };
        let details: Vec<_> = errors.iter().map(|part| part.detail.as_str()).collect();
        assert_eq!(
            details,
            [
                "expected a whole number from 1 to 500",
                "expected one of red, blue",
                "unknown comparison \"lt\"; colour takes eq, ne, in",
                "unknown parameter; expected limit, cursor, sort, or a filter on one of id, name, colour",
                "expected the next_cursor of a page",
            ]
        );
        assert!(read(&[("sort", "colour")]).is_err());
    }

    #[test]
    fn a_cursor_continues_its_own_order_only() {
        let first = read(&[("sort", "-name"), ("limit", "1"), ("depth", "2")]).unwrap();
        let page = first.page(
            vec![("b", 1), ("a", 2)],
            |row, _| (Value::Text(row.0.into()), row.1),
            |row| row,
        );
        assert_eq!(page.data.len(), 1);
        let cursor = page.next_cursor.unwrap();
        let next = read(&[("sort", "-name"), ("cursor", &cursor)]).unwrap();
        assert_eq!(next.listing.after, Some((Value::Text("b".into()), 1)));
        assert!(read(&[("sort", "name"), ("cursor", &cursor)]).is_err());
    }
}
