//! Endpoints for retention plans.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::live::Engines;
use super::super::plan::{self, PlanView};
use super::super::request::PlanInput;
use super::super::store::{self, PLANS, PlanRow};
use super::{answer, ask, block, language};
use crate::access::{Caller, Scope};
use crate::api::body::Body;
use crate::api::list::{self, ListParams, Page};
use crate::config::Config;
use crate::db::select::{self, Value};
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::Language;
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_plan)
        .service(list_plans)
        .service(find_plan)
        .service(delete_plan);
}

/// A plan in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PlanBrief {
    /// Its id.
    id: i64,
    /// What its maker calls it.
    name: Option<String>,
    /// The run that it rests on.
    run_id: i64,
    /// As-of date of the run.
    as_of: NaiveDate,
    /// What may be spent, minor units.
    budget: i64,
    /// What is spent, minor units.
    cost: i64,
    /// What is saved on average, in the run's value basis.
    saved: f64,
    /// Who asked: `key:ID` or `cli`.
    actor: String,
    /// When.
    created_at: UtcTime,
}

impl From<PlanRow> for PlanBrief {
    fn from(row: PlanRow) -> Self {
        let source = row.source();
        Self {
            id: row.id.0,
            run_id: source.run_id,
            as_of: source.as_of,
            name: row.name,
            budget: row.budget,
            cost: row.cost,
            saved: row.saved,
            actor: row.actor,
            created_at: row.created_at,
        }
    }
}

/// Chooses whom to look after under a budget, and keeps the plan.
#[utoipa::path(tag = "what-ifs", request_body = PlanInput, responses((status = 201, description = "The plan", body = PlanView), (status = 404, description = "No such run or customer", body = crate::error::Problem)))]
#[post("/plans")]
async fn create_plan(
    state: web::Data<AppState>,
    engines: web::Data<Engines>,
    caller: Caller,
    request: HttpRequest,
    body: Body<PlanInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (input, language, actor) = (body.0, language(&request), caller.actor());
    input.check()?;
    let engine = ask(&state, &engines, input.as_of, input.run_id).await?;
    let effect = state.config.assessment.save_effect.get();
    let (of, teams) = (Arc::clone(&engine), caller.teams.clone());
    let (input, field) = state
        .db
        .read(move |conn| {
            let field = plan::gather(conn, &of, &input, &teams, effect)?;
            Ok::<_, Error>((input, field))
        })
        .await?;
    let of = Arc::clone(&engine);
    let (input, field, result) = block(move || {
        let result = plan::compute(&of, &input, &field)?;
        Ok((input, field, result))
    })
    .await?;
    let now = UtcTime::from(state.clock.now());
    let config = Arc::clone(&state.config);
    let view = state
        .db
        .write(move |conn| {
            let new = (input.name.as_deref(), &field, &result);
            let row = plan::keep(conn, &engine, new, &actor, now)?;
            shown_plan(conn, &row, &caller, (language, &config))
        })
        .await?;
    let mut response = HttpResponse::Created();
    let place = view.id.unwrap_or_default();
    response.insert_header((header::LOCATION, format!("/api/v1/plans/{place}")));
    Ok(answer(response, language, &view))
}

fn shown_plan(
    conn: &mut Conn,
    row: &PlanRow,
    caller: &Caller,
    speech: (Language, &Config),
) -> Answer<PlanView> {
    let frame = plan::Frame {
        kept: Some(row),
        name: row.name.as_deref(),
        source: row.source(),
    };
    plan::view(conn, frame, &row.result()?, &caller.teams, speech)
}

/// Lists plans, the newest first; those that weighed customers the key may not see are left out.
#[utoipa::path(tag = "what-ifs", params(ListParams), responses((status = 200, description = "A page of plans", body = Page<PlanBrief>)))]
#[get("/plans")]
async fn list_plans(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &PLANS, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<PlanRow> = state
        .db
        .read(move |conn| {
            select::page(conn, &PLANS, &listing, |sql| {
                store::restrict_plans(sql, &caller.teams);
            })
        })
        .await?;
    let key = |row: &PlanRow, sort: &'static str| {
        let value = match sort {
            "as_of" => Value::Date(row.source().as_of),
            "created_at" => Value::Time(row.created_at),
            "saved" => Value::Real(row.saved),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    let page = wanted.page(rows, key, PlanBrief::from);
    Ok(list::respond(&request, &page))
}

/// Shows a plan as it was made.
#[utoipa::path(tag = "what-ifs", params(("id" = i64, Path, description = "The plan's id")), responses((status = 200, description = "The plan", body = PlanView), (status = 404, description = "No such plan", body = crate::error::Problem)))]
#[get("/plans/{id}")]
async fn find_plan(
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
            let row = plan::find(conn, id, &caller.teams)?;
            shown_plan(conn, &row, &caller, (language, &config))
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), language, &view))
}

/// Removes a plan.
#[utoipa::path(tag = "what-ifs", params(("id" = i64, Path, description = "The plan's id")), responses((status = 204, description = "It is gone"), (status = 404, description = "No such plan", body = crate::error::Problem)))]
#[delete("/plans/{id}")]
async fn delete_plan(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (id, actor) = (id.into_inner(), caller.actor());
    let now = UtcTime::from(state.clock.now());
    state
        .db
        .write(move |conn| plan::delete(conn, id, &caller.teams, &actor, now))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
