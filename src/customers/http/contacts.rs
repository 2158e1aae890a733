//! Endpoints for contacts.

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
use crate::customers::model::ContactInput;
use crate::customers::store;
use crate::customers::store::contacts::{self, CONTACTS, Contact};
use crate::customers::store::departments;
use crate::db::Conn;
use crate::db::select::Value;
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
    list_of(&state, caller, &request, None).await
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
    list_of(&state, caller, &request, Some(Reference::parse(&id)?)).await
}

async fn list_of(
    state: &AppState,
    caller: Caller,
    request: &HttpRequest,
    customer: Option<Reference>,
) -> Answer<HttpResponse> {
    let wanted = list::parse(request, &CONTACTS, &[])?;
    contains_only(&wanted, None)?;
    let (listing, teams) = (wanted.listing.clone(), caller.teams);
    let rows = state
        .db
        .read(move |conn| {
            let customer = customer
                .map(|reference| visible(conn, &reference, &teams))
                .transpose()?;
            Ok::<_, Error>(contacts::page(conn, &listing, &teams, customer)?)
        })
        .await?;
    let key = |row: &Contact, sort: &'static str| {
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
    let found = departments::find(conn, id, teams)?;
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
    let reference = Reference::parse(&id)?;
    let input = body.0.checked().map_err(Error::Invalid)?;
    let writer = Writer::of(caller, state.clock.now().into());
    let contact = state
        .db
        .write(move |conn| {
            let customer = edit::standing(conn, &reference, &writer.teams)?.id;
            check_department(conn, customer, &input, &writer.teams)?;
            let contact = contacts::insert(conn, customer, &input, writer.now)?;
            writer.record(conn, "created", "contact", contact.id.0)?;
            Ok::<_, Error>(contact)
        })
        .await?;
    Ok(HttpResponse::Created()
        .insert_header(("location", format!("/api/v1/contacts/{}", contact.id)))
        .insert_header(("etag", etag::of(contact.version)))
        .json(contact))
}

fn found(conn: &mut Conn, id: i64, teams: &Teams) -> Answer<Contact> {
    contacts::find(conn, id, teams)?.ok_or_else(|| Error::not_found("contact", id))
}

/// The contact, its customer locked so that nobody else changes it meanwhile.
fn locked(conn: &mut Conn, id: i64, teams: &Teams, condition: &IfMatch) -> Answer<Contact> {
    let customer = found(conn, id, teams)?.customer_id;
    store::lock(conn, customer)?;
    let contact = found(conn, id, teams)?;
    condition.check(contact.version)?;
    Ok(contact)
}

fn show(contact: &Contact) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("etag", etag::of(contact.version)))
        .json(contact)
}

/// Shows a contact.
#[utoipa::path(tag = "customers", params(("id" = i64, Path, description = "The contact's id")), responses((status = 200, description = "The contact", body = Contact), (status = 404, description = "No such contact", body = Problem)))]
#[get("/contacts/{id}")]
async fn find_contact(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let contact = state
        .db
        .read(move |conn| found(conn, id, &caller.teams))
        .await?;
    Ok(show(&contact))
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
    let (condition, id, patch) = (IfMatch::of(&request), id.into_inner(), patch.0);
    let writer = Writer::of(caller, state.clock.now().into());
    let contact = state
        .db
        .write(move |conn| {
            let old = locked(conn, id, &writer.teams, &condition)?;
            let before = old.input()?;
            let input = edit::overlaid(&before, patch)?
                .checked()
                .map_err(Error::Invalid)?;
            if input == before {
                return Ok(old);
            }
            check_department(conn, old.customer_id, &input, &writer.teams)?;
            let contact = contacts::update(conn, &old, &input, writer.now)?;
            writer.record(conn, "updated", "contact", id)?;
            Ok::<_, Error>(contact)
        })
        .await?;
    Ok(show(&contact))
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
    let (condition, id) = (IfMatch::of(&request), id.into_inner());
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| {
            let old = locked(conn, id, &writer.teams, &condition)?;
            contacts::delete(conn, old.id, writer.now)?;
            writer.record(conn, "deleted", "contact", id)?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
