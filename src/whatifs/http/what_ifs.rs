//! Endpoints for what-ifs.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::compare::{self, Comparison};
use super::super::live::Engines;
use super::super::request::WhatIfInput;
use super::super::store::{self, WHAT_IFS, WhatIfRow};
use super::super::views::{Shift, WhatIfView};
use super::super::{changes, what_if};
use super::{answer, ask, bad_parameter, block, language, parameters};
use crate::access::{Caller, Scope};
use crate::api::body::Body;
use crate::api::list::{self, ListParams, Page};
use crate::config::Config;
use crate::db::select::{self, Value};
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::Language;
use crate::network::store::Visible;
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_what_if)
        .service(list_what_ifs)
        // Before the one that takes any id.
        .service(compare_what_ifs)
        .service(find_what_if)
        .service(delete_what_if);
}

/// A what-if in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WhatIfBrief {
    /// Its id.
    id: i64,
    /// What its maker calls it.
    name: Option<String>,
    /// The run that it rests on.
    run_id: i64,
    /// As-of date of the run.
    as_of: NaiveDate,
    /// Expected loss of value in the whole network, in the run's value basis.
    expected_loss: Shift,
    /// Who asked: `key:ID` or `cli`.
    actor: String,
    /// When.
    created_at: UtcTime,
}

impl From<WhatIfRow> for WhatIfBrief {
    fn from(row: WhatIfRow) -> Self {
        let source = row.source();
        Self {
            id: row.id.0,
            run_id: source.run_id,
            as_of: source.as_of,
            expected_loss: Shift::new(row.loss_before, row.loss_after),
            name: row.name,
            actor: row.actor,
            created_at: row.created_at,
        }
    }
}

/// Computes what would follow from changes, and keeps the answer.
#[utoipa::path(tag = "what-ifs", request_body = WhatIfInput, responses((status = 201, description = "The what-if with its answer", body = WhatIfView), (status = 404, description = "No such run, customer or link", body = crate::error::Problem)))]
#[post("/what-ifs")]
async fn create_what_if(
    state: web::Data<AppState>,
    engines: web::Data<Engines>,
    caller: Caller,
    request: HttpRequest,
    body: Body<WhatIfInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (input, language, actor) = (body.0, language(&request), caller.actor());
    input.check()?;
    let engine = ask(&state, &engines, input.as_of, input.run_id).await?;
    let (asked, of, teams) = (
        input.changes.clone(),
        Arc::clone(&engine),
        caller.teams.clone(),
    );
    let (resolved, visible) = state
        .db
        .read(move |conn| {
            let resolved = changes::resolve(conn, &of, &asked, &teams)?;
            Ok::<_, Error>((resolved, Visible::of(conn, &teams)?))
        })
        .await?;
    let of = Arc::clone(&engine);
    let (input, resolved, result) = block(move || {
        let result = what_if::compute(&of, &resolved, &input, &visible)?;
        Ok((input, resolved, result))
    })
    .await?;
    let now = UtcTime::from(state.clock.now());
    let config = Arc::clone(&state.config);
    let view = state
        .db
        .write(move |conn| {
            let new = what_if::New {
                name: input.name.as_deref(),
                changes: &resolved,
                result: &result,
            };
            let row = what_if::keep(conn, &engine, &new, &actor, now)?;
            shown(conn, &row, &caller, (language, &config))
        })
        .await?;
    let mut response = HttpResponse::Created();
    let place = view.id.unwrap_or_default();
    response.insert_header((header::LOCATION, format!("/api/v1/what-ifs/{place}")));
    Ok(answer(response, language, &view))
}

fn shown(
    conn: &mut Conn,
    row: &WhatIfRow,
    caller: &Caller,
    speech: (Language, &Config),
) -> Answer<WhatIfView> {
    let frame = what_if::Frame {
        kept: Some(row),
        name: row.name.as_deref(),
        source: row.source(),
    };
    let (changes, result) = (row.changes()?, row.result()?);
    what_if::view(conn, frame, (&changes, &result), &caller.teams, speech)
}

/// Lists what-ifs, the newest first; those about customers that the key may not see are left out.
#[utoipa::path(tag = "what-ifs", params(ListParams), responses((status = 200, description = "A page of what-ifs", body = Page<WhatIfBrief>)))]
#[get("/what-ifs")]
async fn list_what_ifs(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &WHAT_IFS, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<WhatIfRow> = state
        .db
        .read(move |conn| {
            select::page(conn, &WHAT_IFS, &listing, |sql| {
                store::restrict_what_ifs(sql, &caller.teams);
            })
        })
        .await?;
    let key = |row: &WhatIfRow, sort: &'static str| {
        let value = match sort {
            "as_of" => Value::Date(row.source().as_of),
            "created_at" => Value::Time(row.created_at),
            "loss_after" => Value::Real(row.loss_after),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    let page = wanted.page(rows, key, WhatIfBrief::from);
    Ok(list::respond(&request, &page))
}

/// Shows a what-if as it was answered.
#[utoipa::path(tag = "what-ifs", params(("id" = i64, Path, description = "The what-if's id")), responses((status = 200, description = "The what-if with its answer", body = WhatIfView), (status = 404, description = "No such what-if", body = crate::error::Problem)))]
#[get("/what-ifs/{id}")]
async fn find_what_if(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (id, language) = (id.into_inner(), language(&request));
    let config = Arc::clone(&state.config);
    let view = state
        .db
        .read(move |conn| {
            let row = what_if::find(conn, id, &caller.teams)?;
            shown(conn, &row, &caller, (language, &config))
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), language, &view))
}

/// Removes a what-if.
#[utoipa::path(tag = "what-ifs", params(("id" = i64, Path, description = "The what-if's id")), responses((status = 204, description = "It is gone"), (status = 404, description = "No such what-if", body = crate::error::Problem)))]
#[delete("/what-ifs/{id}")]
async fn delete_what_if(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (id, actor) = (id.into_inner(), caller.actor());
    let now = UtcTime::from(state.clock.now());
    state
        .db
        .write(move |conn| what_if::delete(conn, id, &caller.teams, &actor, now))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which what-ifs to compare.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameter; the handler reads it")]
struct CompareParams {
    /// 2 to 10 ids with commas between, all of the same run.
    ids: String,
}

/// Shows several what-ifs of one run side by side, and for whom they differ most.
#[utoipa::path(tag = "what-ifs", params(CompareParams), responses((status = 200, description = "The comparison", body = Comparison), (status = 404, description = "No such what-if", body = crate::error::Problem), (status = 422, description = "They are of several runs, repeated, too few or too many", body = crate::error::Problem)))]
#[get("/what-ifs/compare")]
async fn compare_what_ifs(
    state: web::Data<AppState>,
    engines: web::Data<Engines>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let language = language(&request);
    let [given] = parameters(&request, ["ids"])?;
    let ids = given
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .map(|id| id.trim().parse::<i64>())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| bad_parameter("ids", "expected ids with commas between, such as 1,2"))?;
    let teams = caller.teams.clone();
    let rows = state
        .db
        .read(move |conn| compare::wanted(conn, &ids, &teams))
        .await?;
    let run = rows.first().map(|row| row.run_id.0);
    let engine = ask(&state, &engines, None, run).await?;
    let of = Arc::clone(&engine);
    let (rows, fates) = block(move || {
        let fates = compare::fates(&of, &rows)?;
        Ok((rows, fates))
    })
    .await?;
    let config = Arc::clone(&state.config);
    let view = state
        .db
        .read(move |conn| {
            let speech = (language, &*config);
            compare::view(conn, &engine, &rows, fates, &caller.teams, speech)
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), language, &view))
}
