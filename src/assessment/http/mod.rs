//! Endpoints for runs, risks, satisfaction and the watch list.

mod kpis;
mod satisfaction;

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa_actix_web::service_config::ServiceConfig;

use super::AssessmentError;
use super::fits::{self, ModelsView};
use super::read::{self, Pointer, RiskView, Source};
use super::run::assess;
use super::store::view::{RiskRead, WATCH_LIST};
use super::store::{self, Run};
use crate::access::{Caller, Scope};
use crate::api::body::Body;
use crate::api::list::{self, ListParams, Page, parse_value};
use crate::api::reference::Reference;
use crate::db::Conn;
use crate::db::select::{self, Kind, Value};
use crate::error::{Answer, Error, ProblemPart};
use crate::ids::RunId;
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_runs)
        .service(create_run)
        .service(find_run)
        .service(show_risk)
        .service(show_watchlist)
        .service(show_models);
    satisfaction::routes(config);
    kpis::routes(config);
}

/// What follows a run in its transaction; features that come later in the line hang in here.
pub type Hook = dyn Fn(&AppState, &mut Conn, RunId) -> Result<(), AssessmentError> + Send + Sync;

/// What runs need beside the state; shared by all workers.
#[derive(Clone)]
pub struct Runner {
    after: Arc<Hook>,
    // Two runs at once would take twice the memory and help nobody.
    one: Arc<Semaphore>,
}

impl Runner {
    /// With what follows a run.
    pub fn new(after: Arc<Hook>) -> Self {
        Self {
            after,
            one: Arc::new(Semaphore::new(1)),
        }
    }
}

/// What a run is to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RunInput {
    /// What was known before this day counts; default today.
    #[serde(default)]
    as_of: Option<NaiveDate>,
}

impl From<AssessmentError> for Error {
    fn from(error: AssessmentError) -> Self {
        match error {
            AssessmentError::Db(error) => error.into(),
            AssessmentError::AsOf { .. } => {
                Self::invalid("as_of", "out_of_range", error.to_string())
            }
            other => Self::internal(other),
        }
    }
}

/// Lists assessment runs, the newest first.
#[utoipa::path(tag = "assessment", params(ListParams), responses((status = 200, description = "A page of runs", body = Page<Run>)))]
#[get("/runs")]
async fn list_runs(
    state: web::Data<AppState>,
    _caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &store::RUNS, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<Run> = state
        .db
        .read(move |conn| select::page(conn, &store::RUNS, &listing, |_| {}))
        .await?;
    let key = |row: &Run, sort: &'static str| match sort {
        "as_of" => (Value::Date(row.as_of), row.id.0),
        _ => (Value::Int(row.id.0), row.id.0),
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Assesses everybody and raises alerts; answers when it is done.
#[utoipa::path(tag = "assessment", request_body = RunInput, responses((status = 201, description = "The finished run", body = Run)))]
#[post("/runs")]
async fn create_run(
    state: web::Data<AppState>,
    runner: web::Data<Runner>,
    caller: Caller,
    body: Body<RunInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    caller.require_all_teams()?;
    let permit = Arc::clone(&runner.one)
        .try_acquire_owned()
        .map_err(|_| Error::Unavailable("another run is under way".to_owned()))?;
    let (as_of, actor) = (
        body.0.as_of.unwrap_or_else(|| state.today()),
        caller.actor(),
    );
    let run = web::block(move || {
        let _permit = permit;
        assess(&state, as_of, &actor, &mut |conn, run| {
            (runner.after)(&state, conn, run)
        })
    })
    .await
    .map_err(Error::internal)??;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/api/v1/runs/{}", run.id)))
        .json(run))
}

/// Shows an assessment run: how its numbers were computed, and from what.
#[utoipa::path(tag = "assessment", params(("id" = i64, Path, description = "The run's id")), responses((status = 200, description = "The run", body = Run), (status = 404, description = "No such run", body = crate::error::Problem)))]
#[get("/runs/{id}")]
async fn find_run(
    state: web::Data<AppState>,
    _caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let found = state.db.read(move |conn| store::run(conn, id)).await?;
    Ok(HttpResponse::Ok().json(found.ok_or_else(|| Error::not_found("run", id))?))
}

/// The only parameter of single views.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameter; `wanted_date` reads it")]
struct AsOf {
    /// As-of date of a finished run; default: the latest.
    as_of: Option<NaiveDate>,
}

/// Reads `as_of` and refuses anything else.
fn wanted_date(request: &HttpRequest) -> Answer<Option<NaiveDate>> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_query", error.to_string()))?;
    let mut as_of = None;
    for (name, value) in pairs.into_inner() {
        let outcome = if name == "as_of" {
            parse_value(Kind::Date, &value)
        } else {
            Err("unknown parameter; expected as_of".to_owned())
        };
        match outcome {
            Ok(Value::Date(day)) => as_of = Some(day),
            Ok(_) => {}
            Err(detail) => {
                return Err(Error::Malformed {
                    code: "bad_parameter",
                    detail: format!("{name}: {detail}"),
                    errors: vec![ProblemPart {
                        pointer: name,
                        code: "bad_parameter".to_owned(),
                        detail,
                    }],
                });
            }
        }
    }
    Ok(as_of)
}

/// Shows a customer's risk: the number, its parts, its inputs, and who would follow.
#[utoipa::path(tag = "assessment", params(("id" = String, Path, description = "The customer: its id, or ext:SYSTEM:ID"), AsOf), responses((status = 200, description = "The risk", body = RiskView), (status = 404, description = "No such customer, run, or assessment of it", body = crate::error::Problem)))]
#[get("/customers/{id}/risk")]
async fn show_risk(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let (id, as_of) = (Reference::parse(&id)?, wanted_date(&request)?);
    let view = state
        .db
        .read(move |conn| read::risk(conn, &id, as_of, &caller.teams))
        .await?;
    Ok(HttpResponse::Ok().json(view))
}

/// Shows what own churn rests on: each fitted model, its evidence, its change since the run before.
#[utoipa::path(tag = "assessment", params(AsOf), responses((status = 200, description = "The models of a run", body = ModelsView), (status = 404, description = "No finished run", body = crate::error::Problem)))]
#[get("/models")]
async fn show_models(
    state: web::Data<AppState>,
    _caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let as_of = wanted_date(&request)?;
    let view = state.db.read(move |conn| fits::models(conn, as_of)).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// A line of the watch list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Watched {
    /// The customer.
    pub customer: Pointer,
    /// Its side.
    pub role: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Its team.
    pub team_id: Option<i64>,
    /// Probability that it leaves within the horizon.
    pub churn_probability: f64,
    /// By itself.
    pub own_churn: f64,
    /// `enough` or `low`.
    pub evidence: String,
    /// Younger than eight weeks.
    pub is_new: bool,
    /// Value of its links over the horizon.
    pub value: f64,
    /// Expected loss of it.
    pub value_at_risk: f64,
    /// Expected loss in the network if it is lost, less that if it is safe.
    pub blast_radius: f64,
    /// What the list is ranked by.
    pub save_value: f64,
    /// Its last shipping day.
    pub last_on: NaiveDate,
}

impl From<RiskRead> for Watched {
    fn from(row: RiskRead) -> Self {
        Self {
            customer: Pointer {
                id: Some(row.customer_id),
                name: Some(row.name),
            },
            role: row.role,
            country: row.country,
            team_id: row.team_id,
            churn_probability: row.churn_probability,
            own_churn: row.own_churn,
            evidence: row.evidence,
            is_new: row.is_new,
            value: row.value,
            value_at_risk: row.value_at_risk,
            blast_radius: row.blast_radius,
            save_value: row.save_value,
            last_on: row.last_on,
        }
    }
}

/// A page of the watch list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WatchList {
    /// Where the numbers come from.
    source: Source,
    /// The customers.
    data: Vec<Watched>,
    /// Where the next page begins; `null` on the last.
    next_cursor: Option<String>,
}

/// Lists whom to save first: ranked by own churn × assumed effect × blast radius.
#[utoipa::path(tag = "assessment", params(ListParams, AsOf), responses((status = 200, description = "A page of the watch list", body = WatchList), (status = 404, description = "No finished run", body = crate::error::Problem)))]
#[get("/watchlist")]
async fn show_watchlist(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &WATCH_LIST, &["as_of"])?;
    let as_of = match wanted
        .extra
        .first()
        .map(|(_, value)| parse_value(Kind::Date, value))
    {
        Some(Ok(Value::Date(day))) => Some(day),
        None | Some(Ok(_)) => None,
        Some(Err(detail)) => {
            return Err(Error::malformed(
                "bad_parameter",
                format!("as_of: {detail}"),
            ));
        }
    };
    let listing = wanted.listing.clone();
    let (run, rows) = state
        .db
        .read(move |conn| {
            let run = read::wanted_run(conn, as_of)?;
            let rows: Vec<RiskRead> = select::page(conn, &WATCH_LIST, &listing, |sql| {
                sql.push(" AND k.run_id = ").bind(Value::Int(run.id.0));
                caller.teams.restrict(sql, "c.team_id");
            })?;
            Ok::<_, Error>((run, rows))
        })
        .await?;
    let key = |row: &RiskRead, sort: &'static str| {
        let value = match sort {
            "churn_probability" => Value::Real(row.churn_probability),
            "own_churn" => Value::Real(row.own_churn),
            "blast_radius" => Value::Real(row.blast_radius),
            "value_at_risk" => Value::Real(row.value_at_risk),
            "value" => Value::Real(row.value),
            "customer_id" => Value::Int(row.customer_id),
            "last_on" => Value::Date(row.last_on),
            _ => Value::Real(row.save_value),
        };
        (value, row.customer_id)
    };
    let page = wanted.page(rows, key, Watched::from);
    let mut response = HttpResponse::Ok();
    if let Some(link) = list::next_link(&request, page.next_cursor.as_deref()) {
        response.insert_header((header::LINK, link));
    }
    Ok(response.json(WatchList {
        source: run.source(),
        data: page.data,
        next_cursor: page.next_cursor,
    }))
}
