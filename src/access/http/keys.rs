//! Endpoints for API keys.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::deed;
use crate::access::guard::{self, Guard};
use crate::access::key::NewKey;
use crate::access::store::keys::{self, ApiKey, NewApiKey};
use crate::access::store::team;
use crate::access::{Caller, Scope, Teams, audit};
use crate::api::body::Body;
use crate::api::list::{self, ListParams, Page};
use crate::db::UtcTime;
use crate::db::select::{self, Value};
use crate::error::{Answer, Error};
use crate::ids::KeyId;
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_keys)
        .service(create_key)
        .service(revoke_key);
}

/// What a new key is to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyInput {
    /// What it is for.
    name: String,
    /// What it may do; default read.
    #[serde(default = "read_only")]
    scopes: Vec<Scope>,
    /// Ids of the teams whose customers it may see; absent: every customer.
    #[serde(default)]
    team_ids: Option<Vec<i64>>,
    /// When it ends; absent: never.
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

fn read_only() -> Vec<Scope> {
    vec![Scope::Read]
}

/// A new key. The secret is shown here and nowhere else.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CreatedKey<'a> {
    /// The key itself; `null` where the request came again with its `Idempotency-Key`.
    secret: Option<&'a str>,
    /// What to do without the secret, where it is `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
    #[serde(flatten)]
    key: &'a ApiKey,
}

/// What to do if the answer with the secret was lost.
const LOST: &str =
    "the secret was shown in the first answer only: revoke this key and make another";

/// Lists API keys.
#[utoipa::path(tag = "access", params(ListParams), responses((status = 200, description = "A page of keys", body = Page<ApiKey>)))]
#[get("/keys")]
async fn list_keys(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    let wanted = list::parse(&request, &keys::KEYS, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<ApiKey> = state
        .db
        .read(move |conn| select::page(conn, &keys::KEYS, &listing, |_| {}))
        .await?;
    let key = |row: &ApiKey, sort: &'static str| match sort {
        "name" => (Value::Text(row.name.clone()), row.id.0),
        _ => (Value::Int(row.id.0), row.id.0),
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes an API key; its secret is shown in this answer only.
#[utoipa::path(tag = "access", request_body = KeyInput, responses((status = 201, description = "The key with its secret; without it where the request came again with its Idempotency-Key", body = CreatedKey)))]
#[post("/keys")]
async fn create_key(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<KeyInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    let input = body.0;
    if input.name.trim().is_empty() {
        return Err(Error::invalid("name", "required", "expected a name"));
    }
    if input.scopes.is_empty() {
        return Err(Error::invalid(
            "scopes",
            "required",
            "expected at least one scope",
        ));
    }
    // A key cannot give more than it has.
    let teams = match (&caller.teams, input.team_ids) {
        (Teams::All, None) => Teams::All,
        (Teams::All, Some(teams)) => Teams::Only(teams),
        (Teams::Only(own), None) => Teams::Only(own.clone()),
        (Teams::Only(own), Some(teams)) if teams.iter().all(|team| own.contains(team)) => {
            Teams::Only(teams)
        }
        (Teams::Only(_), Some(_)) => return Err(Error::Forbidden { scope: "all teams" }),
    };
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    let (key, secret) = state
        .db
        .write(move |conn| {
            if let Teams::Only(ids) = &teams {
                for id in ids {
                    if team(conn, *id)?.is_none() {
                        return Err(Error::invalid(
                            "team_ids",
                            "unknown",
                            format!("there is no team {id}"),
                        ));
                    }
                }
            }
            let key = NewKey::generate().map_err(Error::internal)?;
            let new = NewApiKey {
                name: input.name.trim(),
                key: &key,
                scopes: &input.scopes,
                teams: &teams,
                expires_at: input.expires_at.map(UtcTime::from),
            };
            let kept = keys::insert_key(conn, &new, now)?;
            audit::record(conn, &actor, &deed("created", "api_key", kept.id.0), now)?;
            Ok((kept, key.secret))
        })
        .await?;
    created_key(&key, &secret)
}

/// Answers with a new key and its secret, this once.
fn created_key(key: &ApiKey, secret: &str) -> Answer<HttpResponse> {
    let told = CreatedKey {
        secret: Some(secret),
        hint: None,
        key,
    };
    let again = CreatedKey {
        secret: None,
        hint: Some(LOST),
        key,
    };
    let mut response = HttpResponse::Created();
    response.insert_header(("location", format!("/api/v1/keys/{}", key.id)));
    guard::told_once(response, &told, &again)
}

/// Revokes an API key at once.
#[utoipa::path(tag = "access", params(("id" = i64, Path, description = "The key's id")), responses((status = 204, description = "Revoked"), (status = 404, description = "No such key", body = crate::error::Problem)))]
#[delete("/keys/{id}")]
async fn revoke_key(
    state: web::Data<AppState>,
    guard: web::Data<Guard>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let (id, now, actor) = (
        id.into_inner(),
        UtcTime::from(state.clock.now()),
        caller.actor(),
    );
    state
        .db
        .write(move |conn| {
            if !keys::revoke_key(conn, KeyId(id), now)? {
                return Err(Error::not_found("key", id));
            }
            audit::record(conn, &actor, &deed("revoked", "api_key", id), now)?;
            Ok(())
        })
        .await?;
    guard.forget_keys();
    Ok(HttpResponse::NoContent().finish())
}
