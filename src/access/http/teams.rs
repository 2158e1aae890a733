//! Endpoints for teams.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::record::{self, Record};
use crate::access::store::teams::{self, Team};
use crate::access::{Caller, Scope};
use crate::api::body::Body;
use crate::api::list::{self, ListParams, Page};
use crate::db::select::{self, Value};
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::TeamId;
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_teams)
        .service(create_team)
        .service(find_team)
        .service(update_team)
        .service(delete_team);
}

impl Record for Team {
    const ENTITY: &str = "team";
    const PLACE: &str = "teams";

    fn id(&self) -> i64 {
        self.id.0
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn team(&self) -> Option<i64> {
        Some(self.id.0)
    }

    fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Self>> {
        teams::team(conn, id)
    }

    fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
        teams::delete_team(conn, TeamId(id), now)
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

fn team_taken(error: DbError) -> Error {
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
    let wanted = list::parse(&request, &teams::TEAMS, &[])?;
    let listing = wanted.listing.clone();
    let teams = caller.teams;
    let rows: Vec<Team> = state
        .db
        .read(move |conn| {
            select::page(conn, &teams::TEAMS, &listing, |sql| {
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
    let insert =
        move |conn: &mut Conn, now| teams::insert_team(conn, &name, now).map_err(team_taken);
    record::create(&state, &caller, insert).await
}

/// Shows a team.
#[utoipa::path(tag = "access", params(("id" = i64, Path, description = "The team's id")), responses((status = 200, description = "The team", body = Team), (status = 404, description = "No such team", body = crate::error::Problem)))]
#[get("/teams/{id}")]
async fn find_team(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    record::find::<Team>(&state, caller, *id).await
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
    let name = body.0.checked()?;
    let rename = move |conn: &mut Conn, old: Team, now| {
        teams::update_team(conn, old.id, &name, now).map_err(team_taken)
    };
    record::update(&state, &caller, &request, *id, rename).await
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
    record::delete::<Team>(&state, &caller, &request, *id).await
}
