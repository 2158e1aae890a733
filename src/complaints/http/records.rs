//! Endpoints for complaints as records.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, patch, post, put, web,
};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{shown, written};
use crate::access::{Caller, Scope};
use crate::api::batch::{BatchReport, Outcome};
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::api::reference::Reference;
use crate::complaints::model::ComplaintInput;
use crate::complaints::store::{self, COMPLAINTS, Row};
use crate::complaints::view::{Complaint, ComplaintDetail};
use crate::db::UtcTime;
use crate::db::select::Value;
use crate::engagement::edit::{self, Writer};
use crate::engagement::http::{no_contains, write_batch};
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_complaints)
        .service(create_complaint)
        .service(write_complaints)
        .service(find_complaint)
        .service(put_complaint)
        .service(update_complaint)
        .service(delete_complaint);
}

pub(super) fn answer(mut response: HttpResponseBuilder, complaint: &Complaint) -> HttpResponse {
    response
        .insert_header(("etag", etag::of(complaint.version)))
        .json(complaint)
}

fn answer_new(complaint: &Complaint) -> HttpResponse {
    let mut response = HttpResponse::Created();
    response.insert_header(("location", format!("/api/v1/complaints/{}", complaint.id)));
    answer(response, complaint)
}

/// Lists complaints.
///
/// Filters: `id`, `customer_id`, `department_id`, `contact_id`, `partner_id`, `shipment_id`,
/// `owner_id`, `system`, `channel`, `severity`, `status`, `open`, `cause`, `justified`,
/// `received_at`, `acknowledge_due_at`, `answer_due_at`, `confirmed_at`, `updated_at`; sorts: `id`,
/// `received_at`, `acknowledge_due_at`, `answer_due_at`, `updated_at`.
#[utoipa::path(tag = "complaints", params(ListParams), responses((status = 200, description = "A page of complaints", body = Page<Complaint>)))]
#[get("/complaints")]
async fn list_complaints(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &COMPLAINTS, &[])?;
    no_contains(&wanted)?;
    let (listing, teams) = (wanted.listing.clone(), caller.teams);
    let now = UtcTime::from(state.clock.now());
    let rows = state
        .db
        .read(move |conn| {
            let rows = store::page(conn, &listing, &teams)?;
            rows.iter().map(|row| Complaint::of(row, now)).collect()
        })
        .await?;
    let rows: Vec<Complaint> = rows;
    let key = |row: &Complaint, sort: &'static str| {
        let value = match sort {
            "received_at" => Value::Time(row.received_at),
            "acknowledge_due_at" => Value::Time(row.acknowledge_due_at),
            "answer_due_at" => Value::Time(row.answer_due_at),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Makes a complaint.
#[utoipa::path(tag = "complaints", request_body = ComplaintInput, responses((status = 201, description = "The complaint", body = Complaint), (status = 409, description = "There is one with this external id: `external_id_taken`", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[post("/complaints")]
async fn create_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<ComplaintInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let writer = Writer::of(caller, state.clock.now().into());
    let made = state
        .db
        .write(move |conn| {
            let id = edit::create::<Row>(conn, &writer, body.0)?;
            written(conn, id, &writer)
        })
        .await?;
    Ok(answer_new(&made))
}

/// Makes or replaces up to 5,000 complaints by external id; each stands or falls by itself.
#[utoipa::path(tag = "complaints", request_body(description = "A JSON array, or one JSON object a line", content((Vec<ComplaintInput> = "application/json"), (ComplaintInput = "application/x-ndjson"))), responses((status = 200, description = "What became of each record", body = BatchReport)))]
#[post("/complaints:batch")]
async fn write_complaints(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let report = write_batch::<Row>(&state, caller, &request, payload).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Shows a complaint with everything that happened to it.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The complaint", body = ComplaintDetail), (status = 404, description = "No such complaint", body = Problem)))]
#[get("/complaints/{id}")]
async fn find_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(&id)?;
    let now = UtcTime::from(state.clock.now());
    let found = state
        .db
        .read(move |conn| {
            let row: Row = edit::visible(conn, &reference, &caller.teams)?;
            Ok::<_, Error>(ComplaintDetail {
                events: store::events(conn, row.id)?,
                complaint: shown(conn, row, &caller.teams, now)?,
            })
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header(("etag", etag::of(found.complaint.version)))
        .json(found))
}

/// Replaces a complaint, or makes it by external id; what happened to it stays.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "`ext:SYSTEM:ID`, or the id of one that stands; the body names the same key")), request_body = ComplaintInput, responses((status = 200, description = "Replaced, or as it was", body = Complaint), (status = 201, description = "Made, or brought back", body = Complaint), (status = 404, description = "None has this number", body = Problem), (status = 409, description = "Its life is told by actions: `life_by_actions`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[put("/complaints/{id}")]
async fn put_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<ComplaintInput>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let writer = Writer::of(caller, state.clock.now().into());
    let (outcome, row) = state
        .db
        .write(move |conn| {
            let (outcome, id) = edit::put::<Row>(conn, &writer, &reference, &condition, body.0)?;
            Ok::<_, Error>((outcome, written(conn, id, &writer)?))
        })
        .await?;
    Ok(match outcome {
        Outcome::Created => answer_new(&row),
        _ => answer(HttpResponse::Ok(), &row),
    })
}

/// Changes a complaint: members that are absent stay, `null` clears.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = ComplaintInput, responses((status = 200, description = "The complaint", body = Complaint), (status = 404, description = "No such complaint", body = Problem), (status = 409, description = "Its life is told by actions: `life_by_actions`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[patch("/complaints/{id}")]
async fn update_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let writer = Writer::of(caller, state.clock.now().into());
    let row = state
        .db
        .write(move |conn| {
            let id = edit::patch::<Row>(conn, &writer, &reference, &condition, patch.0)?;
            written(conn, id, &writer)
        })
        .await?;
    Ok(answer(HttpResponse::Ok(), &row))
}

/// Deletes a complaint that should never have been one; it stays as a tombstone.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such complaint", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/complaints/{id}")]
async fn delete_complaint(
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
