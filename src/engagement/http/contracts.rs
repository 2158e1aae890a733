//! Endpoints for contracts.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::records::{self, Moment, Shown};
use crate::access::Caller;
use crate::api::batch::BatchReport;
use crate::api::body::Body;
use crate::api::list::{ListParams, Page};
use crate::db::{DbResult, UtcTime};
use crate::engagement::model::{ContractInput, ContractOutcome, ContractStatus};
use crate::engagement::store::contracts::{Row, Values};
use crate::error::{Answer, Problem};
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
pub(crate) struct Contract {
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

impl Shown for Values {
    type View = Contract;

    fn view(row: Row, moment: Moment) -> DbResult<Contract> {
        let (values, term) = (&row.values, row.values.term()?);
        Ok(Contract {
            id: row.id,
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
            status: term.status(moment.today),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
            kind: row.values.kind,
        })
    }
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
    records::list::<Values>(&state, caller, &request).await
}

/// Makes a contract.
#[utoipa::path(tag = "engagement", request_body = ContractInput, responses((status = 201, description = "The contract", body = Contract), (status = 409, description = "There is one with this external id: `external_id_taken`", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[post("/contracts")]
async fn create_contract(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<ContractInput>,
) -> Answer<HttpResponse> {
    records::create::<Values>(&state, caller, body.0).await
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
    records::batch::<Values>(&state, caller, &request, payload).await
}

/// Shows a contract.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The contract", body = Contract), (status = 404, description = "No such contract", body = Problem)))]
#[get("/contracts/{id}")]
async fn find_contract(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    records::find::<Values>(&state, caller, &id).await
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
    records::put::<Values>(&state, caller, (&request, &id), body.0).await
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
    records::patch::<Values>(&state, caller, (&request, &id), patch.0).await
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
    records::delete::<Values>(&state, caller, (&request, &id)).await
}
