//! Endpoints for invoices.

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
use crate::engagement::model::{InvoiceInput, InvoiceStatus, Unusable};
use crate::engagement::store::invoices::{Row, Values};
use crate::error::{Answer, Problem};
use crate::ids::ExternalId;
use crate::state::AppState;

/// Adds the endpoints of invoices.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_invoices)
        .service(create_invoice)
        .service(write_invoices)
        .service(find_invoice)
        .service(put_invoice)
        .service(update_invoice)
        .service(delete_invoice);
}

/// An invoice and its payment. Amounts are minor units of the reporting currency.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Invoice {
    /// Its id.
    id: i64,
    /// Key in the sender's system.
    external_id: ExternalId,
    /// Who pays.
    customer_id: i64,
    /// When it was issued.
    issued_on: NaiveDate,
    /// The end of the payment terms.
    due_on: NaiveDate,
    /// What is to be paid; negative: a credit note.
    amount: i64,
    /// When it was paid in full; `null`: it is open.
    paid_on: Option<NaiveDate>,
    /// Whether the customer does not accept it.
    disputed: bool,
    /// Where it stands today.
    status: InvoiceStatus,
    /// Days from the due date to the payment, or to today if it is overdue.
    days_beyond_terms: Option<i64>,
    /// Why it says nothing about how the customer pays; `null`: it does.
    unusable: Option<Unusable>,
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
    type View = Invoice;

    fn view(row: Row, Moment { today, .. }: Moment) -> DbResult<Invoice> {
        let (values, payment) = (&row.values, row.values.payment());
        Ok(Invoice {
            id: row.id,
            external_id: values.key(),
            customer_id: values.customer_id.0,
            issued_on: values.issued_on,
            due_on: values.due_on,
            amount: values.amount,
            paid_on: values.paid_on,
            disputed: values.disputed,
            status: payment.status(today),
            days_beyond_terms: payment.days_beyond_terms(today),
            unusable: payment.unusable(today),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        })
    }
}

/// Lists invoices.
///
/// Filters: `id`, `customer_id`, `system`, `issued_on`, `due_on`, `paid_on`, `paid`, `amount`,
/// `disputed`, `updated_at`; sorts: `id`, `issued_on`, `due_on`, `amount`, `updated_at`.
#[utoipa::path(tag = "engagement", params(ListParams), responses((status = 200, description = "A page of invoices", body = Page<Invoice>)))]
#[get("/invoices")]
async fn list_invoices(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    records::list::<Values>(&state, caller, &request).await
}

/// Makes an invoice.
#[utoipa::path(tag = "engagement", request_body = InvoiceInput, responses((status = 201, description = "The invoice", body = Invoice), (status = 409, description = "There is one with this external id: `external_id_taken`", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[post("/invoices")]
async fn create_invoice(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<InvoiceInput>,
) -> Answer<HttpResponse> {
    records::create::<Values>(&state, caller, body.0).await
}

/// Makes or replaces up to 5,000 invoices by external id; each stands or falls by itself.
#[utoipa::path(tag = "engagement", request_body(description = "A JSON array, or one JSON object a line", content((Vec<InvoiceInput> = "application/json"), (InvoiceInput = "application/x-ndjson"))), responses((status = 200, description = "What became of each record", body = BatchReport)))]
#[post("/invoices:batch")]
async fn write_invoices(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    records::batch::<Values>(&state, caller, &request, payload).await
}

/// Shows an invoice.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The invoice", body = Invoice), (status = 404, description = "No such invoice", body = Problem)))]
#[get("/invoices/{id}")]
async fn find_invoice(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    records::find::<Values>(&state, caller, &id).await
}

/// Replaces an invoice, or makes it by external id.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "`ext:SYSTEM:ID`, or the id of one that stands")), request_body = InvoiceInput, responses((status = 200, description = "Replaced, or as it was", body = Invoice), (status = 201, description = "Made, or brought back", body = Invoice), (status = 404, description = "None has this number", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[put("/invoices/{id}")]
async fn put_invoice(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<InvoiceInput>,
) -> Answer<HttpResponse> {
    records::put::<Values>(&state, caller, (&request, &id), body.0).await
}

/// Changes an invoice: members that are absent stay, `null` clears.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = InvoiceInput, responses((status = 200, description = "The invoice", body = Invoice), (status = 404, description = "No such invoice", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[patch("/invoices/{id}")]
async fn update_invoice(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    records::patch::<Values>(&state, caller, (&request, &id), patch.0).await
}

/// Deletes an invoice; it stays as a tombstone for those who pull changes.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such invoice", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/invoices/{id}")]
async fn delete_invoice(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    records::delete::<Values>(&state, caller, (&request, &id)).await
}
