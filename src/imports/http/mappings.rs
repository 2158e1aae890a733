//! Endpoints for saved mappings.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use serde::Serialize;
use serde_json::json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::problems::bad_mapping;
use crate::access::Caller;
use crate::access::audit::{self, Actor, Deed};
use crate::api::body::{self, expect_type};
use crate::api::etag::{self, IfMatch};
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error, Problem};
use crate::imports::mapping::Mapping;
use crate::imports::store::{self, SavedMapping};
use crate::state::AppState;

/// Letters of a mapping's name at most.
const NAME: usize = 64;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_mappings)
        .service(find_mapping)
        .service(put_mapping)
        .service(delete_mapping);
}

/// Every saved mapping.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Mappings {
    /// By name.
    data: Vec<SavedMapping>,
    /// Always `null`: there is one page.
    next_cursor: Option<String>,
}

/// Lists the saved mappings.
#[utoipa::path(tag = "imports", responses((status = 200, description = "Every saved mapping", body = Mappings)))]
#[get("/import-mappings")]
async fn list_mappings(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    if !request.query_string().is_empty() {
        return Err(Error::malformed("bad_parameter", "expected no parameters"));
    }
    let data = state.db.read(store::mappings).await?;
    Ok(HttpResponse::Ok().json(Mappings {
        data,
        next_cursor: None,
    }))
}

/// Shows a saved mapping as it was written.
#[utoipa::path(tag = "imports", params(("name" = String, Path, description = "The mapping's name")), responses((status = 200, description = "The mapping", body = String, content_type = "application/toml"), (status = 404, description = "No such mapping", body = Problem)))]
#[get("/import-mappings/{name}")]
async fn find_mapping(
    state: web::Data<AppState>,
    caller: Caller,
    name: web::Path<String>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let name = name.into_inner();
    let saved = state
        .db
        .read(move |conn| store::mapping(conn, &name)?.ok_or_else(|| no_mapping(&name)))
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("application/toml")
        .insert_header((header::ETAG, etag::of(saved.version)))
        .body(saved.toml))
}

fn no_mapping(name: &str) -> Error {
    Error::not_found("mapping", name)
}

/// Saves a mapping, in place of the one of this name.
///
/// 422 `bad_mapping` names every key that makes no sense.
#[utoipa::path(tag = "imports", params(("name" = String, Path, description = "Its name: 1 to 64 of a-z, 0-9, dot, dash and underscore")), request_body(content = String, content_type = "application/toml", description = "The mapping"), responses((status = 200, description = "It was changed, or said the same already", body = SavedMapping), (status = 201, description = "It is new", body = SavedMapping), (status = 412, description = "It has changed since: `precondition_failed`", body = Problem)))]
#[put("/import-mappings/{name}")]
async fn put_mapping(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    name: web::Path<String>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    expect_type(&request, &["application/toml"], "application/toml")?;
    let name = checked_name(name.into_inner())?;
    let bytes = body::bytes(&request, &mut payload.into_inner()).await?;
    let toml = String::from_utf8(bytes.to_vec())
        .ok()
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| bad_mapping("expected UTF-8 text without NUL".to_owned(), Vec::new()))?;
    Mapping::parse(&toml)?;
    let wanted = IfMatch::of(&request);
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    let (saved, new) = state
        .db
        .write(move |conn| {
            let old = check_match(conn, &name, &wanted)?;
            let new = old.is_none();
            if let Some(old) = old
                && old.toml == toml
            {
                return Ok((old, false));
            }
            let saved = store::save_mapping(conn, &name, &toml, now)?;
            let action = if new { "created" } else { "updated" };
            note_mapping(conn, &actor, action, &name, now)?;
            Ok::<_, Error>((saved, new))
        })
        .await?;
    let mut response = if new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response
        .insert_header((header::ETAG, etag::of(saved.version)))
        .json(saved))
}

/// Forgets a saved mapping; imports keep the text they were made with.
#[utoipa::path(tag = "imports", params(("name" = String, Path, description = "The mapping's name")), responses((status = 204, description = "Forgotten"), (status = 404, description = "No such mapping", body = Problem), (status = 412, description = "It has changed since: `precondition_failed`", body = Problem)))]
#[delete("/import-mappings/{name}")]
async fn delete_mapping(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    name: web::Path<String>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (name, wanted) = (name.into_inner(), IfMatch::of(&request));
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    state
        .db
        .write(move |conn| {
            check_match(conn, &name, &wanted)?.ok_or_else(|| no_mapping(&name))?;
            store::delete_mapping(conn, &name)?;
            note_mapping(conn, &actor, "deleted", &name, now)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn checked_name(name: String) -> Answer<String> {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    if (1..=NAME).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(name);
    }
    let rule = "expected 1 to 64 of a-z, 0-9, dot, dash and underscore";
    Err(Error::invalid("name", "bad_name", rule))
}

fn check_match(conn: &mut Conn, name: &str, wanted: &IfMatch) -> Answer<Option<SavedMapping>> {
    let saved = store::mapping(conn, name)?;
    match &saved {
        Some(saved) => wanted.check(saved.version)?,
        None if *wanted != IfMatch::Absent => {
            let now = "none: there is no such mapping".to_owned();
            return Err(Error::PreconditionFailed { now });
        }
        None => {}
    }
    Ok(saved)
}

fn note_mapping(
    conn: &mut Conn,
    actor: &Actor,
    action: &str,
    name: &str,
    now: UtcTime,
) -> Answer<()> {
    let deed = Deed {
        action,
        entity: "import_mapping",
        id: None,
        detail: Some(json!({ "name": name })),
    };
    Ok(audit::record(conn, actor, &deed, now)?)
}
