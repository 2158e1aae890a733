//! Endpoints for contracts.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, patch, post, put, web,
};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{no_contains, write_batch};
use crate::access::{Caller, Teams};
use crate::api::batch::{BatchReport, Outcome};
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::api::reference::Reference;
use crate::db::select::Value;
use crate::db::{Conn, DbResult, UtcTime};
use crate::engagement::edit::{self, Writer};
use crate::engagement::model::{ContractInput, ContractOutcome, ContractStatus};
use crate::engagement::store::contracts::{self, CONTRACTS, Row};
use crate::error::{Answer, Error, Problem};
use crate::ids::ExternalId;
use crate::shipments::model::Service;
use crate::state::AppState;

/// Adds the endpoints of contracts.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_contracts)
        .service(create_contract)
        .service(write_contracts)
        .service(find_contract)
        .service(put_contract)
        .service(update_contract)
        .service(delete_contract);
}

/// A contract. Amounts are minor units of the reporting currency.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Contract {
    /// Its id.
    id: i64,
    /// Key in the sender's system.
    external_id: ExternalId,
    /// Whose contract it is.
    customer_id: i64,
    /// The partner, if it is about one link; `null` too if the caller may not see it.
    partner_id: Option<i64>,
    /// What the sender calls this kind of contract.
    kind: Option<String>,
    /// What is done under it; `null`: any service.
    service: Option<Service>,
    /// First day in force.
    starts_on: NaiveDate,
    /// Last day in force; `null`: open-ended.
    ends_on: Option<NaiveDate>,
    /// Months of a term.
    term_months: Option<i64>,
    /// Days before the end by which notice must be given.
    notice_days: Option<i64>,
    /// The last day on which notice can be given.
    notice_by: Option<NaiveDate>,
    /// How often it was renewed before this term.
    renewals: i64,
    /// Whether it goes on unless somebody gives notice.
    auto_renews: bool,
    /// Share of the customer's volume under it, 0 to 1.
    share: Option<f64>,
    /// Value per year.
    value_per_year: Option<i64>,
    /// What became of it at its end.
    outcome: Option<ContractOutcome>,
    /// The contract of the next term.
    renewed_by: Option<i64>,
    /// Where it stands today.
    status: ContractStatus,
    /// Goes up with every change.
    version: i64,
    /// When it was made.
    created_at: UtcTime,
    /// When it last changed.
    updated_at: UtcTime,
    /// When it was deleted, if it was.
    deleted_at: Option<UtcTime>,
}

/// The rows as these teams may see them today.
fn shown(
    conn: &mut Conn,
    mut rows: Vec<Row>,
    teams: &Teams,
    today: NaiveDate,
) -> DbResult<Vec<Contract>> {
    contracts::hide_partners(conn, &mut rows, teams)?;
    rows.into_iter().map(|row| view(row, today)).collect()
}

fn view(row: Row, today: NaiveDate) -> DbResult<Contract> {
    let (values, term) = (&row.values, row.values.term()?);
    Ok(Contract {
        id: row.id.0,
        external_id: values.key(),
        customer_id: values.customer_id.0,
        partner_id: values.partner_id.map(|id| id.0),
        service: values.service()?,
        starts_on: values.starts_on,
        ends_on: values.ends_on,
        term_months: values.term_months,
        notice_days: values.notice_days,
        notice_by: term.notice_by(values.notice_days),
        renewals: values.renewals,
        auto_renews: values.auto_renews,
        share: values.share,
        value_per_year: values.value_per_year,
        outcome: term.outcome,
        renewed_by: values.renewed_by.map(|id| id.0),
        status: term.status(today),
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        deleted_at: row.deleted_at,
        kind: row.values.kind,
    })
}

/// The contract that was just written, as its writer may see it.
fn written(conn: &mut Conn, id: i64, teams: &Teams, today: NaiveDate) -> Answer<Contract> {
    let missing = || Error::not_found("contract", id);
    let row = contracts::find(conn, id)?.ok_or_else(missing)?;
    shown(conn, vec![row], teams, today)?
        .pop()
        .ok_or_else(missing)
}

fn answer(mut response: HttpResponseBuilder, contract: &Contract) -> HttpResponse {
    response
        .insert_header(("etag", etag::of(contract.version)))
        .json(contract)
}

fn answer_new(contract: &Contract) -> HttpResponse {
    let mut response = HttpResponse::Created();
    response.insert_header(("location", format!("/api/v1/contracts/{}", contract.id)));
    answer(response, contract)
}

/// Lists contracts.
///
/// Filters: `id`, `customer_id`, `system`, `service`, `starts_on`, `ends_on`, `auto_renews`, `renewals`,
/// `outcome`, `updated_at`; sorts: `id`, `starts_on`, `updated_at`.
#[utoipa::path(tag = "engagement", params(ListParams), responses((status = 200, description = "A page of contracts", body = Page<Contract>)))]
#[get("/contracts")]
async fn list_contracts(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &CONTRACTS, &[])?;
    no_contains(&wanted)?;
    let (listing, teams, today) = (wanted.listing.clone(), caller.teams, state.today());
    let rows = state
        .db
        .read(move |conn| {
            let rows = contracts::page(conn, &listing, &teams)?;
            shown(conn, rows, &teams, today)
        })
        .await?;
    let key = |row: &Contract, sort: &'static str| {
        let value = match sort {
            "starts_on" => Value::Date(row.starts_on),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes a contract.
#[utoipa::path(tag = "engagement", request_body = ContractInput, responses((status = 201, description = "The contract", body = Contract), (status = 409, description = "There is one with this external id: `external_id_taken`", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[post("/contracts")]
async fn create_contract(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<ContractInput>,
) -> Answer<HttpResponse> {
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let made = state
        .db
        .write(move |conn| {
            let id = edit::create::<Row>(conn, &writer, body.0)?;
            written(conn, id, &writer.teams, today)
        })
        .await?;
    Ok(answer_new(&made))
}

/// Makes or replaces up to 5,000 contracts by external id; each stands or falls by itself.
#[utoipa::path(tag = "engagement", request_body(description = "A JSON array, or one JSON object a line", content((Vec<ContractInput> = "application/json"), (ContractInput = "application/x-ndjson"))), responses((status = 200, description = "What became of each record", body = BatchReport)))]
#[post("/contracts:batch")]
async fn write_contracts(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let report = write_batch::<Row>(&state, caller, &request, payload).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Shows a contract.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The contract", body = Contract), (status = 404, description = "No such contract", body = Problem)))]
#[get("/contracts/{id}")]
async fn find_contract(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let (reference, today) = (Reference::parse(&id)?, state.today());
    let found = state
        .db
        .read(move |conn| {
            let row: Row = edit::visible(conn, &reference, &caller.teams)?;
            let id = row.id.0;
            shown(conn, vec![row], &caller.teams, today)?
                .pop()
                .ok_or_else(|| Error::not_found("contract", id))
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), &found))
}

/// Replaces a contract, or makes it by external id.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "`ext:SYSTEM:ID`, or the id of one that stands")), request_body = ContractInput, responses((status = 200, description = "Replaced, or as it was", body = Contract), (status = 201, description = "Made, or brought back", body = Contract), (status = 404, description = "None has this number", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[put("/contracts/{id}")]
async fn put_contract(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<ContractInput>,
) -> Answer<HttpResponse> {
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let (outcome, row) = state
        .db
        .write(move |conn| {
            let (outcome, id) = edit::put::<Row>(conn, &writer, &reference, &condition, body.0)?;
            Ok::<_, Error>((outcome, written(conn, id, &writer.teams, today)?))
        })
        .await?;
    Ok(match outcome {
        Outcome::Created => answer_new(&row),
        _ => answer(HttpResponse::Ok(), &row),
    })
}

/// Changes a contract: members that are absent stay, `null` clears.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = ContractInput, responses((status = 200, description = "The contract", body = Contract), (status = 404, description = "No such contract", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[patch("/contracts/{id}")]
async fn update_contract(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (writer, today) = (Writer::of(caller, state.clock.now().into()), state.today());
    let row = state
        .db
        .write(move |conn| {
            let id = edit::patch::<Row>(conn, &writer, &reference, &condition, patch.0)?;
            written(conn, id, &writer.teams, today)
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), &row))
}

/// Deletes a contract; it stays as a tombstone for those who pull changes.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such contract", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/contracts/{id}")]
async fn delete_contract(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| edit::delete::<Row>(conn, &writer, &reference, &condition))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
