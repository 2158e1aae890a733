//! Endpoints for invoices.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, patch, post, put, web,
};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{no_contains, write_batch};
use crate::access::Caller;
use crate::api::batch::{BatchReport, Outcome};
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::api::reference::Reference;
use crate::db::select::Value;
use crate::db::{Conn, UtcTime};
use crate::engagement::edit::{self, Writer};
use crate::engagement::model::{InvoiceInput, InvoiceStatus, Unusable};
use crate::engagement::store::invoices::{self, INVOICES, Row};
use crate::error::{Answer, Error, Problem};
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
struct Invoice {
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

fn view(row: &Row, today: NaiveDate) -> Invoice {
    let (values, payment) = (&row.values, row.values.payment());
    Invoice {
        id: row.id.0,
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
    }
}

/// The invoice that was just written.
fn written(conn: &mut Conn, id: i64, today: NaiveDate) -> Answer<Invoice> {
    let row = invoices::find(conn, id)?.ok_or_else(|| Error::not_found("invoice", id))?;
    Ok(view(&row, today))
}

fn answer(mut response: HttpResponseBuilder, invoice: &Invoice) -> HttpResponse {
    response
        .insert_header(("etag", etag::of(invoice.version)))
        .json(invoice)
}

fn answer_new(invoice: &Invoice) -> HttpResponse {
    let mut response = HttpResponse::Created();
    response.insert_header(("location", format!("/api/v1/invoices/{}", invoice.id)));
    answer(response, invoice)
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
    let wanted = list::parse(&request, &INVOICES, &[])?;
    no_contains(&wanted)?;
    let (listing, teams, today) = (wanted.listing.clone(), caller.teams, state.today());
    let rows = state
        .db
        .read(move |conn| invoices::page(conn, &listing, &teams))
        .await?;
    let rows = rows.iter().map(|row| view(row, today)).collect();
    let key = |row: &Invoice, sort: &'static str| {
        let value = match sort {
            "issued_on" => Value::Date(row.issued_on),
            "due_on" => Value::Date(row.due_on),
            "amount" => Value::Int(row.amount),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes an invoice.
#[utoipa::path(tag = "engagement", request_body = InvoiceInput, responses((status = 201, description = "The invoice", body = Invoice), (status = 409, description = "There is one with this external id: `external_id_taken`", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[post("/invoices")]
async fn create_invoice(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<InvoiceInput>,
) -> Answer<HttpResponse> {
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

/// Makes or replaces up to 5,000 invoices by external id; each stands or falls by itself.
#[utoipa::path(tag = "engagement", request_body(description = "A JSON array, or one JSON object a line", content((Vec<InvoiceInput> = "application/json"), (InvoiceInput = "application/x-ndjson"))), responses((status = 200, description = "What became of each record", body = BatchReport)))]
#[post("/invoices:batch")]
async fn write_invoices(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let report = write_batch::<Row>(&state, caller, &request, payload).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Shows an invoice.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The invoice", body = Invoice), (status = 404, description = "No such invoice", body = Problem)))]
#[get("/invoices/{id}")]
async fn find_invoice(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let (reference, today) = (Reference::parse(&id)?, state.today());
    let found = state
        .db
        .read(move |conn| {
            let row: Row = edit::visible(conn, &reference, &caller.teams)?;
            Ok::<_, Error>(view(&row, today))
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), &found))
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

/// Deletes an invoice; it stays as a tombstone for those who pull changes.
#[utoipa::path(tag = "engagement", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such invoice", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/invoices/{id}")]
async fn delete_invoice(
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
