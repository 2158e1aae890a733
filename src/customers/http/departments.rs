//! Endpoints for departments.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::parts;
use crate::access::Caller;
use crate::api::body::Body;
use crate::api::list::{ListParams, Page};
use crate::api::reference::Reference;
use crate::customers::edit;
use crate::customers::model::DepartmentInput;
use crate::customers::store::departments::{self, Department};
use crate::db::DbError;
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;

/// Adds the endpoints of departments.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_departments)
        .service(list_customer_departments)
        .service(create_department)
        .service(find_department)
        .service(update_department)
        .service(delete_department);
}

fn name_taken(error: DbError) -> Error {
    if error.is_unique_violation() {
        Error::conflict(
            "name_taken",
            "another department of the customer has this name",
        )
    } else {
        error.into()
    }
}

/// Lists departments of all customers.
///
/// Filters: `id`, `customer_id`, `kind`, `name`, `required`, `updated_at`; sorts: `id`,
/// `customer_id`, `name`, `updated_at`.
#[utoipa::path(tag = "customers", params(ListParams), responses((status = 200, description = "A page of departments", body = Page<Department>)))]
#[get("/departments")]
async fn list_departments(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    parts::list::<Department>(&state, caller, &request, None).await
}

/// Lists the departments of a customer.
#[utoipa::path(tag = "customers", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`"), ListParams), responses((status = 200, description = "A page of departments", body = Page<Department>), (status = 404, description = "No such customer", body = Problem)))]
#[get("/customers/{id}/departments")]
async fn list_customer_departments(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let customer = Some(Reference::parse(&id)?);
    parts::list::<Department>(&state, caller, &request, customer).await
}

/// Makes a department of a customer.
#[utoipa::path(tag = "customers", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`")), request_body = DepartmentInput, responses((status = 201, description = "The department", body = Department), (status = 404, description = "No such customer", body = Problem), (status = 409, description = "Another department of the customer has this name: `name_taken`", body = Problem)))]
#[post("/customers/{id}/departments")]
async fn create_department(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
    body: Body<DepartmentInput>,
) -> Answer<HttpResponse> {
    let draft = body.0.checked().map_err(Error::Invalid)?;
    parts::create(&state, caller, &id, move |conn, writer, customer| {
        departments::insert(conn, customer, &draft, writer.now).map_err(name_taken)
    })
    .await
}

/// Shows a department.
#[utoipa::path(tag = "customers", params(("id" = i64, Path, description = "The department's id")), responses((status = 200, description = "The department", body = Department), (status = 404, description = "No such department", body = Problem)))]
#[get("/departments/{id}")]
async fn find_department(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    parts::find::<Department>(&state, caller, id.into_inner()).await
}

/// Changes a department: members that are absent stay, `null` clears.
#[utoipa::path(tag = "customers", params(("id" = i64, Path, description = "The department's id")), request_body = DepartmentInput, responses((status = 200, description = "The department", body = Department), (status = 404, description = "No such department", body = Problem), (status = 409, description = "Another department of the customer has this name: `name_taken`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[patch("/departments/{id}")]
async fn update_department(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    let target = (&request, id.into_inner());
    parts::update(&state, caller, target, |conn, writer, old: &Department| {
        let before = old.input()?;
        let input = edit::overlaid(&before, patch.0)?;
        if input == before {
            return Ok(None);
        }
        let draft = input.checked().map_err(Error::Invalid)?;
        let changed = departments::update(conn, old.id, &draft, writer.now);
        changed.map(Some).map_err(name_taken)
    })
    .await
}

/// Deletes a department; its contacts stay with the customer, in no department.
#[utoipa::path(tag = "customers", params(("id" = i64, Path, description = "The department's id")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such department", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/departments/{id}")]
async fn delete_department(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let target = (&request, id.into_inner());
    parts::delete::<Department>(&state, caller, target, |conn, writer, old| {
        Ok(departments::delete(conn, old.id, writer.now)?)
    })
    .await
}
