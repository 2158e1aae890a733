//! Endpoints for keys, users, teams and the audit log; all need the scope `admin`.

pub mod door;

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::audit::{self, Deed};
use super::guard::Guard;
use super::key::NewKey;
use super::store::{self, ApiKey, AuditEntry, NewApiKey, Team, User, UserInput};
use super::{Caller, Scope, Teams};
use crate::api::body::{Body, parse_value};
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::api::merge;
use crate::db::UtcTime;
use crate::db::select::{self, Value};
use crate::error::{Answer, Error};
use crate::ids::{KeyId, TeamId, UserId};
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_keys)
        .service(create_key)
        .service(revoke_key)
        .service(list_teams)
        .service(create_team)
        .service(find_team)
        .service(update_team)
        .service(delete_team)
        .service(list_users)
        .service(create_user)
        .service(find_user)
        .service(update_user)
        .service(delete_user)
        .service(list_audit);
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
struct CreatedKey {
    /// The key itself.
    secret: String,
    #[serde(flatten)]
    key: ApiKey,
}

/// Lists API keys.
#[utoipa::path(tag = "access", params(ListParams), responses((status = 200, description = "A page of keys", body = Page<ApiKey>)))]
#[get("/keys")]
async fn list_keys(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    let wanted = list::parse(&request, &store::KEYS, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<ApiKey> = state
        .db
        .read(move |conn| select::page(conn, &store::KEYS, &listing, |_| {}))
        .await?;
    let key = |row: &ApiKey, sort: &'static str| match sort {
        "name" => (Value::Text(row.name.clone()), row.id.0),
        _ => (Value::Int(row.id.0), row.id.0),
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes an API key; its secret is shown in this answer only.
#[utoipa::path(tag = "access", request_body = KeyInput, responses((status = 201, description = "The key with its secret", body = CreatedKey)))]
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
    let created = state
        .db
        .write(move |conn| {
            if let Teams::Only(ids) = &teams {
                for id in ids {
                    if store::team(conn, *id)?.is_none() {
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
            let kept = store::insert_key(conn, &new, now)?;
            audit::record(conn, &actor, &deed("created", "api_key", kept.id.0), now)?;
            Ok(CreatedKey {
                secret: key.secret,
                key: kept,
            })
        })
        .await?;
    let location = format!("/api/v1/keys/{}", created.key.id);
    Ok(HttpResponse::Created()
        .insert_header(("location", location))
        .json(created))
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
            if !store::revoke_key(conn, KeyId(id), now)? {
                return Err(Error::not_found("key", id));
            }
            audit::record(conn, &actor, &deed("revoked", "api_key", id), now)?;
            Ok(())
        })
        .await?;
    guard.forget_keys();
    Ok(HttpResponse::NoContent().finish())
}

fn deed<'a>(action: &'a str, entity: &'a str, id: i64) -> Deed<'a> {
    Deed {
        action,
        entity,
        id: Some(id),
        detail: None,
    }
}

/// What can be told of a team.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TeamInput {
    /// Its name, unique.
    name: String,
}

impl TeamInput {
    fn checked(self) -> Answer<String> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 200 {
            return Err(Error::invalid(
                "name",
                "length",
                "expected 1 to 200 characters",
            ));
        }
        Ok(name)
    }
}

fn team_taken(error: crate::db::DbError) -> Error {
    if error.is_unique_violation() {
        Error::conflict("name_taken", "another team has this name")
    } else {
        error.into()
    }
}

/// Lists teams.
#[utoipa::path(tag = "access", params(ListParams), responses((status = 200, description = "A page of teams", body = Page<Team>)))]
#[get("/teams")]
async fn list_teams(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &store::TEAMS, &[])?;
    let listing = wanted.listing.clone();
    let teams = caller.teams;
    let rows: Vec<Team> = state
        .db
        .read(move |conn| {
            select::page(conn, &store::TEAMS, &listing, |sql| {
                teams.restrict(sql, "t.id");
            })
        })
        .await?;
    let key = |row: &Team, sort: &'static str| {
        let value = match sort {
            "name" => Value::Text(row.name.clone()),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes a team.
#[utoipa::path(tag = "access", request_body = TeamInput, responses((status = 201, description = "The team", body = Team), (status = 409, description = "Another team has this name", body = crate::error::Problem)))]
#[post("/teams")]
async fn create_team(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<TeamInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let name = body.0.checked()?;
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    let team = state
        .db
        .write(move |conn| {
            let team = store::insert_team(conn, &name, now).map_err(team_taken)?;
            audit::record(conn, &actor, &deed("created", "team", team.id.0), now)?;
            Ok::<_, Error>(team)
        })
        .await?;
    Ok(HttpResponse::Created()
        .insert_header(("location", format!("/api/v1/teams/{}", team.id)))
        .insert_header(("etag", etag::of(team.version)))
        .json(team))
}

/// Shows a team.
#[utoipa::path(tag = "access", params(("id" = i64, Path, description = "The team's id")), responses((status = 200, description = "The team", body = Team), (status = 404, description = "No such team", body = crate::error::Problem)))]
#[get("/teams/{id}")]
async fn find_team(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let found = state.db.read(move |conn| store::team(conn, id)).await?;
    let team = found
        .filter(|team| caller.teams.allow(Some(team.id.0)))
        .ok_or_else(|| Error::not_found("team", id))?;
    Ok(HttpResponse::Ok()
        .insert_header(("etag", etag::of(team.version)))
        .json(team))
}

/// Renames a team.
#[utoipa::path(tag = "access", params(("id" = i64, Path, description = "The team's id")), request_body = TeamInput, responses((status = 200, description = "The team", body = Team), (status = 404, description = "No such team", body = crate::error::Problem), (status = 412, description = "It has changed since", body = crate::error::Problem)))]
#[patch("/teams/{id}")]
async fn update_team(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    body: Body<TeamInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let (condition, name, id) = (IfMatch::of(&request), body.0.checked()?, id.into_inner());
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    let team = state
        .db
        .write(move |conn| {
            let old = store::team(conn, id)?.ok_or_else(|| Error::not_found("team", id))?;
            condition.check(old.version)?;
            let team = store::update_team(conn, TeamId(id), &name, now).map_err(team_taken)?;
            audit::record(conn, &actor, &deed("updated", "team", id), now)?;
            Ok::<_, Error>(team)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header(("etag", etag::of(team.version)))
        .json(team))
}

/// Deletes a team; its customers and users keep pointing to it until they are moved.
#[utoipa::path(tag = "access", params(("id" = i64, Path, description = "The team's id")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such team", body = crate::error::Problem), (status = 412, description = "It has changed since", body = crate::error::Problem)))]
#[delete("/teams/{id}")]
async fn delete_team(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    state
        .db
        .write(move |conn| {
            let old = store::team(conn, id)?.ok_or_else(|| Error::not_found("team", id))?;
            condition.check(old.version)?;
            store::delete_team(conn, TeamId(id), now)?;
            audit::record(conn, &actor, &deed("deleted", "team", id), now)?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists users.
#[utoipa::path(tag = "access", params(ListParams), responses((status = 200, description = "A page of users", body = Page<User>)))]
#[get("/users")]
async fn list_users(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &store::USERS, &[])?;
    let listing = wanted.listing.clone();
    let teams = caller.teams;
    let rows: Vec<User> = state
        .db
        .read(move |conn| {
            select::page(conn, &store::USERS, &listing, |sql| {
                teams.restrict(sql, "u.team_id");
            })
        })
        .await?;
    let key = |row: &User, sort: &'static str| {
        let value = match sort {
            "name" => Value::Text(row.name.clone()),
            "email" => Value::Text(row.email.clone()),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Checks what can be told of a user, and tidies it.
///
/// # Errors
///
/// [`Error::Invalid`] names every field that breaks a rule.
pub fn check_user(mut input: UserInput) -> Answer<UserInput> {
    use crate::problem::FieldProblem;
    let mut wrong = Vec::new();
    input.name = input.name.trim().into();
    input.email = input.email.trim().to_lowercase();
    if input.name.is_empty() || input.name.chars().count() > 200 {
        wrong.push(FieldProblem::new(
            "name",
            "length",
            "expected 1 to 200 characters",
        ));
    }
    if !crate::mailbox::is_email(&input.email) {
        wrong.push(FieldProblem::new(
            "email",
            "not_an_address",
            "expected an e-mail address",
        ));
    }
    if !["en", "zh"].contains(&input.language.as_str()) {
        wrong.push(FieldProblem::new(
            "language",
            "unknown",
            "expected en or zh",
        ));
    }
    wrong.extend(super::preferences::problems(&input));
    if wrong.is_empty() {
        Ok(input)
    } else {
        Err(Error::Invalid(wrong))
    }
}

/// Writes a user in the caller's transaction; an address that a deleted user had brings that one
/// back.
///
/// # Errors
///
/// 409 if somebody has the address, 422 if the team does not exist.
pub fn put_user(
    conn: &mut crate::db::Conn,
    input: &UserInput,
    existing: Option<UserId>,
    now: UtcTime,
) -> Answer<User> {
    if let Some(team) = input.team_id
        && store::team(conn, team)?.is_none()
    {
        return Err(Error::invalid(
            "team_id",
            "unknown",
            format!("there is no team {team}"),
        ));
    }
    let holder = store::user_by_email(conn, &input.email)?;
    let target = match (existing, holder) {
        (Some(id), Some(holder)) if holder.id != id => return Err(address_taken()),
        (Some(id), _) => Some(id),
        (None, Some(holder)) if holder.deleted_at.is_none() => return Err(address_taken()),
        (None, holder) => holder.map(|user| user.id),
    };
    Ok(match target {
        Some(id) => store::update_user(conn, id, input, now)?,
        None => store::insert_user(conn, input, now)?,
    })
}

fn address_taken() -> Error {
    Error::conflict("email_taken", "another user has this address")
}

/// Makes a user.
#[utoipa::path(tag = "access", request_body = UserInput, responses((status = 201, description = "The user", body = User), (status = 409, description = "Another user has this address", body = crate::error::Problem)))]
#[post("/users")]
async fn create_user(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<UserInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let input = check_user(body.0)?;
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    let user = state
        .db
        .write(move |conn| {
            let user = put_user(conn, &input, None, now)?;
            audit::record(conn, &actor, &deed("created", "user", user.id.0), now)?;
            Ok::<_, Error>(user)
        })
        .await?;
    Ok(HttpResponse::Created()
        .insert_header(("location", format!("/api/v1/users/{}", user.id)))
        .insert_header(("etag", etag::of(user.version)))
        .json(user))
}

/// Shows a user.
#[utoipa::path(tag = "access", params(("id" = i64, Path, description = "The user's id")), responses((status = 200, description = "The user", body = User), (status = 404, description = "No such user", body = crate::error::Problem)))]
#[get("/users/{id}")]
async fn find_user(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let found = state.db.read(move |conn| store::user(conn, id)).await?;
    let user = found
        .filter(|user| caller.teams.allow(user.team_id))
        .ok_or_else(|| Error::not_found("user", id))?;
    Ok(HttpResponse::Ok()
        .insert_header(("etag", etag::of(user.version)))
        .json(user))
}

/// Changes a user: members that are absent stay, `null` clears.
#[utoipa::path(tag = "access", params(("id" = i64, Path, description = "The user's id")), request_body = UserInput, responses((status = 200, description = "The user", body = User), (status = 404, description = "No such user", body = crate::error::Problem), (status = 412, description = "It has changed since", body = crate::error::Problem)))]
#[patch("/users/{id}")]
async fn update_user(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let (condition, id, patch) = (IfMatch::of(&request), id.into_inner(), patch.0);
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    let user = state
        .db
        .write(move |conn| {
            let old = store::user(conn, id)?.ok_or_else(|| Error::not_found("user", id))?;
            condition.check(old.version)?;
            let standing = UserInput::of(&old)?;
            let input = check_user(parse_value(&merge::patched(&standing, patch)?)?)?;
            let user = put_user(conn, &input, Some(UserId(id)), now)?;
            audit::record(conn, &actor, &deed("updated", "user", id), now)?;
            Ok::<_, Error>(user)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header(("etag", etag::of(user.version)))
        .json(user))
}

/// Deletes a user: no more mails.
#[utoipa::path(tag = "access", params(("id" = i64, Path, description = "The user's id")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such user", body = crate::error::Problem), (status = 412, description = "It has changed since", body = crate::error::Problem)))]
#[delete("/users/{id}")]
async fn delete_user(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    state
        .db
        .write(move |conn| {
            let old = store::user(conn, id)?.ok_or_else(|| Error::not_found("user", id))?;
            condition.check(old.version)?;
            store::delete_user(conn, UserId(id), now)?;
            audit::record(conn, &actor, &deed("deleted", "user", id), now)?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists what was written, by whom.
#[utoipa::path(tag = "access", params(ListParams), responses((status = 200, description = "A page of the audit log", body = Page<AuditEntry>)))]
#[get("/audit")]
async fn list_audit(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let wanted = list::parse(&request, &store::AUDIT, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<AuditEntry> = state
        .db
        .read(move |conn| select::page(conn, &store::AUDIT, &listing, |_| {}))
        .await?;
    let key = |row: &AuditEntry, sort: &'static str| match sort {
        "at" => (Value::Time(row.at), row.id),
        _ => (Value::Int(row.id), row.id),
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}
