//! Endpoints for departments.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{contains_only, visible};
use crate::access::{Caller, Teams};
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::api::reference::Reference;
use crate::customers::edit::{self, Writer};
use crate::customers::model::DepartmentInput;
use crate::customers::store;
use crate::customers::store::departments::{self, DEPARTMENTS, Department};
use crate::db::select::Value;
use crate::db::{Conn, DbError};
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
    list_of(&state, caller, &request, None).await
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
    list_of(&state, caller, &request, Some(Reference::parse(&id)?)).await
}

async fn list_of(
    state: &AppState,
    caller: Caller,
    request: &HttpRequest,
    customer: Option<Reference>,
) -> Answer<HttpResponse> {
    let wanted = list::parse(request, &DEPARTMENTS, &[])?;
    contains_only(&wanted, None)?;
    let (listing, teams) = (wanted.listing.clone(), caller.teams);
    let rows = state
        .db
        .read(move |conn| {
            let customer = customer
                .map(|reference| visible(conn, &reference, &teams))
                .transpose()?;
            Ok::<_, Error>(departments::page(conn, &listing, &teams, customer)?)
        })
        .await?;
    let key = |row: &Department, sort: &'static str| {
        let value = match sort {
            "customer_id" => Value::Int(row.customer_id.0),
            "name" => Value::Text(row.name.clone()),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(request, &wanted.page(rows, key, |row| row)))
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
    let reference = Reference::parse(&id)?;
    let draft = body.0.checked().map_err(Error::Invalid)?;
    let writer = Writer::of(caller, state.clock.now().into());
    let department = state
        .db
        .write(move |conn| {
            let customer = edit::standing(conn, &reference, &writer.teams)?.id;
            let department =
                departments::insert(conn, customer, &draft, writer.now).map_err(name_taken)?;
            writer.record(conn, "created", "department", department.id.0)?;
            Ok::<_, Error>(department)
        })
        .await?;
    Ok(HttpResponse::Created()
        .insert_header(("location", format!("/api/v1/departments/{}", department.id)))
        .insert_header(("etag", etag::of(department.version)))
        .json(department))
}

fn found(conn: &mut Conn, id: i64, teams: &Teams) -> Answer<Department> {
    departments::find(conn, id, teams)?.ok_or_else(|| Error::not_found("department", id))
}

/// The department, its customer locked so that nobody else changes it meanwhile.
fn locked(conn: &mut Conn, id: i64, teams: &Teams, condition: &IfMatch) -> Answer<Department> {
    let customer = found(conn, id, teams)?.customer_id;
    store::lock(conn, customer)?;
    let department = found(conn, id, teams)?;
    condition.check(department.version)?;
    Ok(department)
}

fn show(department: &Department) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("etag", etag::of(department.version)))
        .json(department)
}

/// Shows a department.
#[utoipa::path(tag = "customers", params(("id" = i64, Path, description = "The department's id")), responses((status = 200, description = "The department", body = Department), (status = 404, description = "No such department", body = Problem)))]
#[get("/departments/{id}")]
async fn find_department(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let department = state
        .db
        .read(move |conn| found(conn, id, &caller.teams))
        .await?;
    Ok(show(&department))
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
    let (condition, id, patch) = (IfMatch::of(&request), id.into_inner(), patch.0);
    let writer = Writer::of(caller, state.clock.now().into());
    let department = state
        .db
        .write(move |conn| {
            let old = locked(conn, id, &writer.teams, &condition)?;
            let before = old.input()?;
            let input = edit::overlaid(&before, patch)?;
            if input == before {
                return Ok(old);
            }
            let draft = input.checked().map_err(Error::Invalid)?;
            let department =
                departments::update(conn, old.id, &draft, writer.now).map_err(name_taken)?;
            writer.record(conn, "updated", "department", id)?;
            Ok::<_, Error>(department)
        })
        .await?;
    Ok(show(&department))
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
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| {
            let old = locked(conn, id, &writer.teams, &condition)?;
            departments::delete(conn, old.id, writer.now)?;
            writer.record(conn, "deleted", "department", id)?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
