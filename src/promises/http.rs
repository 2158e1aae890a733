//! Endpoints for promises.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, patch, post, put, web,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::deed;
use super::figures::{self, GroupBy, PromiseFigures};
use super::model::{Decision, PromiseInput, PromiseStatus, Renewal};
use super::store::{self, PROMISES, Row};
use crate::access::{Caller, Scope, Teams};
use crate::api::batch::{BatchReport, Outcome};
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, DEFAULT_LIMIT, ListParams, MAX_LIMIT, Page};
use crate::api::reference::Reference;
use crate::customers::store::resolve;
use crate::db::select::Value;
use crate::db::{Conn, DbResult, UtcTime};
use crate::engagement::edit::{self, Writer};
use crate::engagement::http::{no_contains, write_batch};
use crate::error::{Answer, Error, Problem};
use crate::ids::ExternalId;
use crate::satisfaction::Kpi;
use crate::satisfaction::kpi::MIN_OBSERVATIONS;
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(show_promise_figures)
        .service(list_promises)
        .service(create_promise)
        .service(write_promises)
        .service(decide_promise)
        .service(renew_promise)
        .service(find_promise)
        .service(put_promise)
        .service(update_promise)
        .service(delete_promise);
}

/// A promise.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Promise {
    /// Its id.
    pub id: i64,
    /// Key in the sender's system, or ours.
    external_id: ExternalId,
    /// To whom.
    customer_id: i64,
    /// By name.
    pub customer_name: String,
    /// To which department.
    department_id: Option<i64>,
    /// To which person.
    contact_id: Option<i64>,
    /// Measured on the link with this partner only.
    partner_id: Option<i64>,
    /// Which of our own people promised.
    made_by: Option<i64>,
    /// What was promised.
    pub text: String,
    /// What it is measured by; `null`: a person decides.
    pub kpi: Option<Kpi>,
    /// What is to be reached.
    pub level: Option<f64>,
    /// When it was made.
    made_on: NaiveDate,
    /// First day measured.
    from_on: NaiveDate,
    /// Last day measured, or the day it is due.
    pub due_on: NaiveDate,
    /// How much it counts.
    weight: f64,
    /// Where it stands.
    pub status: PromiseStatus,
    /// Whether it is open and its day is past.
    overdue: bool,
    /// Why it is open though it was measured: `too_few_deliveries`.
    pub undecided: Option<&'static str>,
    /// `measured`, or who decided.
    decided_by: Option<String>,
    /// When it was decided.
    decided_at: Option<UtcTime>,
    /// The KPI as measured.
    pub value: Option<f64>,
    /// Deliveries of which it is known.
    pub observations: Option<i64>,
    /// Why a person decided so.
    reason: Option<String>,
    /// The next one.
    renewed_by: Option<i64>,
    /// Goes up with every change.
    version: i64,
    /// When it was first written.
    created_at: UtcTime,
    /// When it last changed.
    updated_at: UtcTime,
    /// When it was deleted, if it was.
    deleted_at: Option<UtcTime>,
}

impl Promise {
    /// What is shown of a row.
    ///
    /// # Errors
    ///
    /// The database's, if it holds words that are none.
    pub fn of(row: &Row, today: NaiveDate) -> DbResult<Self> {
        let (values, target) = (&row.values, row.values.target()?);
        let status = values.status()?;
        let few = |n: i64| u64::try_from(n).is_ok_and(|n| n < MIN_OBSERVATIONS);
        let open = status == PromiseStatus::Open;
        Ok(Self {
            id: row.id.0,
            external_id: values.key(),
            customer_id: values.customer_id.0,
            customer_name: row.customer_name.clone(),
            department_id: values.department_id.map(|id| id.0),
            contact_id: values.contact_id.map(|id| id.0),
            partner_id: values.partner_id.map(|id| id.0),
            made_by: values.made_by.map(|id| id.0),
            text: values.text.clone(),
            kpi: target.map(|(kpi, _)| kpi),
            level: target.map(|(_, level)| level),
            made_on: values.made_on,
            from_on: values.from_on,
            due_on: values.due_on,
            weight: values.weight,
            status,
            overdue: open && values.due_on < today,
            undecided: (open && values.observations.is_some_and(few))
                .then_some("too_few_deliveries"),
            decided_by: values.decided_by.clone(),
            decided_at: values.decided_at,
            value: values.value,
            observations: values.observations,
            reason: values.reason.clone(),
            renewed_by: values.renewed_by.map(|id| id.0),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        })
    }
}

/// The promise that was just written.
fn written(conn: &mut Conn, id: i64, today: NaiveDate) -> Answer<Promise> {
    let row = store::find(conn, id)?.ok_or_else(|| Error::not_found("promise", id))?;
    Ok(Promise::of(&row, today)?)
}

fn answer(mut response: HttpResponseBuilder, promise: &Promise) -> HttpResponse {
    response
        .insert_header(("etag", etag::of(promise.version)))
        .json(promise)
}

fn answer_new(promise: &Promise) -> HttpResponse {
    let mut response = HttpResponse::Created();
    response.insert_header(("location", format!("/api/v1/promises/{}", promise.id)));
    answer(response, promise)
}

/// Lists promises.
///
/// Filters: `id`, `customer_id`, `department_id`, `contact_id`, `partner_id`, `made_by`, `system`,
/// `kpi`, `status`, `made_on`, `due_on`, `updated_at`; sorts: `id`, `made_on`, `due_on`,
/// `updated_at`.
#[utoipa::path(tag = "promises", params(ListParams), responses((status = 200, description = "A page of promises", body = Page<Promise>)))]
#[get("/promises")]
async fn list_promises(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &PROMISES, &[])?;
    no_contains(&wanted)?;
    let (listing, teams, today) = (wanted.listing.clone(), caller.teams, state.today());
    let rows: Vec<Promise> = state
        .db
        .read(move |conn| {
            let rows = store::page(conn, &listing, &teams)?;
            rows.iter().map(|row| Promise::of(row, today)).collect()
        })
        .await?;
    let key = |row: &Promise, sort: &'static str| {
        let value = match sort {
            "made_on" => Value::Date(row.made_on),
            "due_on" => Value::Date(row.due_on),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes a promise.
#[utoipa::path(tag = "promises", request_body = PromiseInput, responses((status = 201, description = "The promise", body = Promise), (status = 409, description = "There is one with this external id: `external_id_taken`", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[post("/promises")]
async fn create_promise(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<PromiseInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let made = state
        .db
        .write(move |conn| {
            let id = edit::create::<Row>(conn, &writer, body.0)?;
            written(conn, id, today)
        })
        .await?;
    Ok(answer_new(&made))
}

/// Makes or replaces up to 5,000 promises by external id; each stands or falls by itself.
#[utoipa::path(tag = "promises", request_body(description = "A JSON array, or one JSON object a line", content((Vec<PromiseInput> = "application/json"), (PromiseInput = "application/x-ndjson"))), responses((status = 200, description = "What became of each record", body = BatchReport)))]
#[post("/promises:batch")]
async fn write_promises(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let report = write_batch::<Row>(&state, caller, &request, payload).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Shows a promise.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The promise", body = Promise), (status = 404, description = "No such promise", body = Problem)))]
#[get("/promises/{id}")]
async fn find_promise(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let (reference, today) = (Reference::parse(&id)?, state.today());
    let found = state
        .db
        .read(move |conn| {
            let row: Row = edit::visible(conn, &reference, &caller.teams)?;
            Ok::<_, Error>(Promise::of(&row, today)?)
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), &found))
}

/// Replaces a promise, or makes it by external id; what became of it stays.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "`ext:SYSTEM:ID`, or the id of one that stands; the body names the same key")), request_body = PromiseInput, responses((status = 200, description = "Replaced, or as it was", body = Promise), (status = 201, description = "Made, or brought back", body = Promise), (status = 404, description = "None has this number", body = Problem), (status = 409, description = "`already_decided`: its level and days stay; `life_by_actions`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[put("/promises/{id}")]
async fn put_promise(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<PromiseInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let (outcome, row) = state
        .db
        .write(move |conn| {
            let (outcome, id) = edit::put::<Row>(conn, &writer, &reference, &condition, body.0)?;
            Ok::<_, Error>((outcome, written(conn, id, today)?))
        })
        .await?;
    Ok(match outcome {
        Outcome::Created => answer_new(&row),
        _ => answer(HttpResponse::Ok(), &row),
    })
}

/// Changes a promise: members that are absent stay, `null` clears.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = PromiseInput, responses((status = 200, description = "The promise", body = Promise), (status = 404, description = "No such promise", body = Problem), (status = 409, description = "`already_decided`: its level and days stay; `life_by_actions`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[patch("/promises/{id}")]
async fn update_promise(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let row = state
        .db
        .write(move |conn| {
            let id = edit::patch::<Row>(conn, &writer, &reference, &condition, patch.0)?;
            written(conn, id, today)
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), &row))
}

/// Deletes a promise that should never have been one; it stays as a tombstone.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such promise", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/promises/{id}")]
async fn delete_promise(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| edit::delete::<Row>(conn, &writer, &reference, &condition))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Decides what became of an open promise, with a reason.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = Decision, responses((status = 200, description = "The promise", body = Promise), (status = 404, description = "No such promise", body = Problem), (status = 409, description = "`already_decided`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "There is no reason", body = Problem)))]
#[post("/promises/{id}:decide")]
async fn decide_promise(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<Decision>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let row = state
        .db
        .write(move |conn| {
            let id = deed::decide(conn, &writer, (&reference, &condition), &body.0)?;
            written(conn, id, today)
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), &row))
}

/// Makes the next promise after one; one that is open and not yet due gives its place to it.
#[utoipa::path(tag = "promises", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = Renewal, responses((status = 201, description = "The next promise", body = Promise), (status = 404, description = "No such promise", body = Problem), (status = 409, description = "`already_renewed`, `undecided` or `withdrawn`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule", body = Problem)))]
#[post("/promises/{id}:renew")]
async fn renew_promise(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<Renewal>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let next = state
        .db
        .write(move |conn| {
            let target = (&reference, &condition);
            let next = deed::renew(conn, &writer, target, body.0, today)?;
            written(conn, next, today)
        })
        .await?;
    Ok(answer_new(&next))
}

/// Which promises are counted.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FigureParams {
    /// Of one customer: its id, or `ext:SYSTEM:ID`.
    pub customer: Option<String>,
    /// `customer`, `department` or `employee`; not grouped if absent.
    pub by: Option<GroupBy>,
    /// Groups at most, 1 to 500; those that keep least come first.
    #[param(default = 50, minimum = 1, maximum = 500)]
    pub limit: Option<i64>,
}

/// Shows how far promises are kept: posterior mean and 5 % quantile of the kept share.
#[utoipa::path(tag = "promises", params(FigureParams), responses((status = 200, description = "The figures", body = PromiseFigures), (status = 404, description = "No such customer", body = Problem)))]
#[get("/promises/figures")]
async fn show_promise_figures(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let params = web::Query::<FigureParams>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_parameter", error.to_string()))?
        .into_inner();
    let today = state.today();
    let figures = state
        .db
        .read(move |conn| count(conn, &params, &caller.teams, today))
        .await?;
    Ok(HttpResponse::Ok().json(figures))
}

/// Counts the promises that `params` name.
///
/// # Errors
///
/// 404 for a customer, 400 for a limit, and the database's.
pub fn count(
    conn: &mut Conn,
    params: &FigureParams,
    teams: &Teams,
    today: NaiveDate,
) -> Answer<PromiseFigures> {
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        let rule = format!("limit: expected a whole number from 1 to {MAX_LIMIT}");
        return Err(Error::malformed("bad_parameter", rule));
    }
    let customer = match &params.customer {
        None => None,
        Some(segment) => {
            let reference = Reference::parse(segment)?;
            let found = resolve(conn, &reference, teams)?.filter(|customer| !customer.deleted);
            let found = found.ok_or_else(|| Error::not_found("customer", &reference))?;
            Some(found.id)
        }
    };
    let rows = store::decided(conn, teams, customer)?;
    let limit = usize::try_from(limit).map_err(Error::internal)?;
    figures::figures(&rows, today, params.by, limit).map_err(Error::internal)
}
