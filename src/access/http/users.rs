//! Endpoints for our own people.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::record::{self, Record};
use crate::access::store::team;
use crate::access::store::users::{self, User, UserInput};
use crate::access::{Caller, Scope, preferences};
use crate::api::body::{Body, parse_value};
use crate::api::list::{self, ListParams, Page};
use crate::api::merge;
use crate::db::select::{self, Value};
use crate::db::{Conn, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::UserId;
use crate::problem::FieldProblem;
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_users)
        .service(create_user)
        .service(find_user)
        .service(update_user)
        .service(delete_user);
}

impl Record for User {
    const ENTITY: &str = "user";
    const PLACE: &str = "users";

    fn id(&self) -> i64 {
        self.id.0
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn team(&self) -> Option<i64> {
        self.team_id
    }

    fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Self>> {
        users::user(conn, id)
    }

    fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
        users::delete_user(conn, UserId(id), now)
    }
}

/// Lists users.
#[utoipa::path(tag = "access", params(ListParams), responses((status = 200, description = "A page of users", body = Page<User>)))]
#[get("/users")]
async fn list_users(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &users::USERS, &[])?;
    let listing = wanted.listing.clone();
    let teams = caller.teams;
    let rows: Vec<User> = state
        .db
        .read(move |conn| {
            select::page(conn, &users::USERS, &listing, |sql| {
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
    wrong.extend(preferences::problems(&input));
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
    conn: &mut Conn,
    input: &UserInput,
    existing: Option<UserId>,
    now: UtcTime,
) -> Answer<User> {
    if let Some(id) = input.team_id
        && team(conn, id)?.is_none()
    {
        return Err(Error::invalid(
            "team_id",
            "unknown",
            format!("there is no team {id}"),
        ));
    }
    let holder = users::user_by_email(conn, &input.email)?;
    let target = match (existing, holder) {
        (Some(id), Some(holder)) if holder.id != id => return Err(address_taken()),
        (Some(id), _) => Some(id),
        (None, Some(holder)) if holder.deleted_at.is_none() => return Err(address_taken()),
        (None, holder) => holder.map(|user| user.id),
    };
    Ok(match target {
        Some(id) => users::update_user(conn, id, input, now)?,
        None => users::insert_user(conn, input, now)?,
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
    let insert = move |conn: &mut Conn, now| put_user(conn, &input, None, now);
    record::create(&state, &caller, insert).await
}

/// Shows a user.
#[utoipa::path(tag = "access", params(("id" = i64, Path, description = "The user's id")), responses((status = 200, description = "The user", body = User), (status = 404, description = "No such user", body = crate::error::Problem)))]
#[get("/users/{id}")]
async fn find_user(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    record::find::<User>(&state, caller, *id).await
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
    let change = move |conn: &mut Conn, old: User, now| {
        let standing = UserInput::of(&old)?;
        let input = check_user(parse_value(&merge::patched(&standing, patch.0)?)?)?;
        put_user(conn, &input, Some(old.id), now)
    };
    record::update(&state, &caller, &request, *id, change).await
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
    record::delete::<User>(&state, &caller, &request, *id).await
}
