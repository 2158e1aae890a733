//! Endpoints for contacts.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::parts;
use crate::access::{Caller, Teams};
use crate::api::body::Body;
use crate::api::list::{ListParams, Page};
use crate::api::reference::Reference;
use crate::customers::edit;
use crate::customers::model::ContactInput;
use crate::customers::store::contacts::{self, Contact};
use crate::customers::store::departments::Department;
use crate::customers::store::parts::find;
use crate::db::Conn;
use crate::error::{Answer, Error, Problem};
use crate::ids::CustomerId;
use crate::state::AppState;

/// Adds the endpoints of contacts.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_contacts)
        .service(list_customer_contacts)
        .service(create_contact)
        .service(find_contact)
        .service(update_contact)
        .service(delete_contact);
}

/// Lists contacts of all customers.
///
/// Filters: `id`, `customer_id`, `department_id`, `name`, `email`, `language`, `buying_role`,
/// `survey_consent`, `updated_at`; sorts: `id`, `customer_id`, `name`, `updated_at`.
#[utoipa::path(tag = "customers", params(ListParams), responses((status = 200, description = "A page of contacts", body = Page<Contact>)))]
#[get("/contacts")]
async fn list_contacts(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    parts::list::<Contact>(&state, caller, &request, None).await
}

/// Lists the contacts of a customer.
#[utoipa::path(tag = "customers", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`"), ListParams), responses((status = 200, description = "A page of contacts", body = Page<Contact>), (status = 404, description = "No such customer", body = Problem)))]
#[get("/customers/{id}/contacts")]
async fn list_customer_contacts(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let customer = Some(Reference::parse(&id)?);
    parts::list::<Contact>(&state, caller, &request, customer).await
}

/// Demands that the contact's department, if it has one, is one of the customer's.
fn check_department(
    conn: &mut Conn,
    customer: CustomerId,
    input: &ContactInput,
    teams: &Teams,
) -> Answer<()> {
    let Some(id) = input.department_id else {
        return Ok(());
    };
    let found: Option<Department> = find(conn, id, teams)?;
    if found.is_none_or(|department| department.customer_id != customer) {
        let rule = format!("the customer has no department {id}");
        return Err(Error::invalid("department_id", "unknown", rule));
    }
    Ok(())
}

/// Makes a contact of a customer.
#[utoipa::path(tag = "customers", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`")), request_body = ContactInput, responses((status = 201, description = "The contact", body = Contact), (status = 404, description = "No such customer", body = Problem)))]
#[post("/customers/{id}/contacts")]
async fn create_contact(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
    body: Body<ContactInput>,
) -> Answer<HttpResponse> {
    let input = body.0.checked().map_err(Error::Invalid)?;
    parts::create(&state, caller, &id, move |conn, writer, customer| {
        check_department(conn, customer, &input, &writer.teams)?;
        Ok(contacts::insert(conn, customer, &input, writer.now)?)
    })
    .await
}

/// Shows a contact.
#[utoipa::path(tag = "customers", params(("id" = i64, Path, description = "The contact's id")), responses((status = 200, description = "The contact", body = Contact), (status = 404, description = "No such contact", body = Problem)))]
#[get("/contacts/{id}")]
async fn find_contact(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    parts::find::<Contact>(&state, caller, id.into_inner()).await
}

/// Changes a contact: members that are absent stay, `null` clears.
#[utoipa::path(tag = "customers", params(("id" = i64, Path, description = "The contact's id")), request_body = ContactInput, responses((status = 200, description = "The contact", body = Contact), (status = 404, description = "No such contact", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[patch("/contacts/{id}")]
async fn update_contact(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    let target = (&request, id.into_inner());
    parts::update(&state, caller, target, |conn, writer, old: &Contact| {
        let before = old.input()?;
        let input = edit::overlaid(&before, patch.0)?
            .checked()
            .map_err(Error::Invalid)?;
        if input == before {
            return Ok(None);
        }
        check_department(conn, old.customer_id, &input, &writer.teams)?;
        Ok(Some(contacts::update(conn, old, &input, writer.now)?))
    })
    .await
}

/// Deletes a contact.
#[utoipa::path(tag = "customers", params(("id" = i64, Path, description = "The contact's id")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such contact", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/contacts/{id}")]
async fn delete_contact(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let target = (&request, id.into_inner());
    parts::delete::<Contact>(&state, caller, target, |conn, writer, old| {
        Ok(contacts::delete(conn, old.id, writer.now)?)
    })
    .await
}
