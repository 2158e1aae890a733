//! Endpoints for complaints as records.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::Caller;
use crate::api::batch::BatchReport;
use crate::api::body::Body;
use crate::api::etag;
use crate::api::list::{ListParams, Page};
use crate::api::reference::Reference;
use crate::complaints::model::ComplaintInput;
use crate::complaints::store::{self, Row, Values};
use crate::complaints::view::{Complaint, ComplaintDetail};
use crate::db::DbResult;
use crate::engagement::edit;
use crate::engagement::http::records::{self, Moment, Shown};
use crate::error::{Answer, Error, Problem};
use crate::ids::ComplaintId;
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

impl Shown for Values {
    type View = Complaint;

    fn view(row: Row, moment: Moment) -> DbResult<Complaint> {
        Complaint::of(&row, moment.now)
    }
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
    records::list::<Values>(&state, caller, &request).await
}

/// Makes a complaint.
#[utoipa::path(tag = "complaints", request_body = ComplaintInput, responses((status = 201, description = "The complaint", body = Complaint), (status = 409, description = "There is one with this external id: `external_id_taken`", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[post("/complaints")]
async fn create_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<ComplaintInput>,
) -> Answer<HttpResponse> {
    records::create::<Values>(&state, caller, body.0).await
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
    records::batch::<Values>(&state, caller, &request, payload).await
}

/// Shows a complaint with everything that happened to it.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The complaint", body = ComplaintDetail), (status = 404, description = "No such complaint", body = Problem)))]
#[get("/complaints/{id}")]
async fn find_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let (reference, moment) = (Reference::parse(&id)?, Moment::of(&state));
    let found = state
        .db
        .read(move |conn| {
            let row: Row = edit::visible(conn, &reference, &caller.teams)?;
            Ok::<_, Error>(ComplaintDetail {
                events: store::events(conn, ComplaintId(row.id))?,
                complaint: records::shown(conn, row, &caller.teams, moment)?,
            })
        })
        .await?;
    let version = found.complaint.version;
    Ok(etag::answer(HttpResponse::Ok(), version, &found))
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
    records::put::<Values>(&state, caller, (&request, &id), body.0).await
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
    records::patch::<Values>(&state, caller, (&request, &id), patch.0).await
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
    records::delete::<Values>(&state, caller, (&request, &id)).await
}
