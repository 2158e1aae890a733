//! Endpoints for customers.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{bad_parameter, contains_only, visible};
use crate::access::{Caller, Teams};
use crate::api::batch::{self, BatchReport, Outcome};
use crate::api::body::{self, Body};
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::api::reference::Reference;
use crate::customers::edit::{self, Writer};
use crate::customers::model::CustomerInput;
use crate::customers::store::customers::{self, CUSTOMERS, Customer, Search};
use crate::customers::store::{self, Exclusive};
use crate::db::Conn;
use crate::db::select::{Filter, Value};
use crate::error::{Answer, Error, Problem};
use crate::ids::CustomerId;
use crate::state::AppState;
use crate::text::normalise_name;

/// Adds the endpoints of customers.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_customers)
        .service(create_customer)
        .service(write_customers)
        .service(find_customer)
        .service(put_customer)
        .service(update_customer)
        .service(delete_customer);
}

/// Lists customers.
///
/// Filters: `id`, `name`, `country`, `team_id`, `parent_id`, `status`, `role`, `updated_at`; sorts:
/// `id`, `name`, `updated_at`. Names are compared without regard to case and accents. The role is exact:
/// `role[in]=shipper,both` finds all who send.
#[utoipa::path(tag = "customers", params(ListParams, ("q" = Option<String>, Query, description = "Part of the name, case and accents aside"), ("tag" = Option<String>, Query, description = "A tag that the customer has; may come several times")), responses((status = 200, description = "A page of customers", body = Page<Customer>)))]
#[get("/customers")]
async fn list_customers(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let mut wanted = list::parse(&request, &CUSTOMERS, &["q", "tag"])?;
    contains_only(&wanted, Some("name"))?;
    for filter in &mut wanted.listing.filters {
        normalise(filter);
    }
    let search = search(&wanted)?;
    let (listing, teams) = (wanted.listing.clone(), caller.teams);
    let rows = state
        .db
        .read(move |conn| customers::page(conn, &listing, &teams, &search))
        .await?;
    let key = |row: &Customer, sort: &'static str| {
        let value = match sort {
            "name" => Value::Text(row.search_name.clone()),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Brings what a filter compares with into the form in which the column is kept.
fn normalise(filter: &mut Filter) {
    for value in &mut filter.values {
        if let Value::Text(text) = value {
            match filter.field.name {
                "name" => *text = normalise_name(text),
                "country" => text.make_ascii_uppercase(),
                _ => {}
            }
        }
    }
}

fn search(wanted: &list::ListRequest) -> Answer<Search> {
    let filters = &wanted.listing.filters;
    let mut search = Search {
        by_parent: filters.iter().any(|f| f.field.name == "parent_id"),
        ..Search::default()
    };
    for (name, value) in &wanted.extra {
        if value.trim().is_empty() || value.contains('\0') {
            let rule = "expected text without NUL, not empty";
            return Err(bad_parameter(name.clone(), rule));
        }
        if name == "q" {
            search.texts.push(normalise_name(value));
        } else {
            search.tags.push(value.trim().to_owned());
        }
    }
    Ok(search)
}

/// Makes a customer.
#[utoipa::path(tag = "customers", request_body = CustomerInput, responses((status = 201, description = "The customer", body = Customer), (status = 409, description = "Another customer has the external id: `external_id_taken`", body = Problem)))]
#[post("/customers")]
async fn create_customer(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<CustomerInput>,
) -> Answer<HttpResponse> {
    let draft = body.0.checked().map_err(Error::Invalid)?;
    let writer = Writer::of(caller, state.clock.now().into());
    let customer = state
        .db
        .write(move |conn| {
            let id = edit::create(conn, &writer, draft)?;
            written(conn, id, &writer.teams)
        })
        .await?;
    Ok(show_new(&customer))
}

/// The customer that was just written, as its writer may see it.
fn written(conn: &mut Conn, id: CustomerId, teams: &Teams) -> Answer<Customer> {
    let mut customer =
        customers::find(conn, id)?.ok_or_else(|| Error::not_found("customer", id))?;
    customers::hide_parents(conn, std::slice::from_mut(&mut customer), teams)?;
    Ok(customer)
}

fn show(customer: &Customer) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("etag", etag::of(customer.version)))
        .json(customer)
}

fn show_new(customer: &Customer) -> HttpResponse {
    HttpResponse::Created()
        .insert_header(("location", format!("/api/v1/customers/{}", customer.id)))
        .insert_header(("etag", etag::of(customer.version)))
        .json(customer)
}

/// Makes or changes up to 5,000 customers.
///
/// A record whose external ids name a customer changes it, as `PUT` does; any other makes a new
/// one. Each record stands or falls by itself, in the order given.
#[utoipa::path(tag = "customers", request_body(description = "A JSON array of customers, or one customer a line", content((Vec<CustomerInput> = "application/json"), (CustomerInput = "application/x-ndjson"))), responses((status = 200, description = "What became of each record", body = BatchReport)))]
#[post("/customers:batch")]
async fn write_customers(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    const NDJSON: &str = "application/x-ndjson";
    let types = "application/json or application/x-ndjson";
    body::expect_type(&request, &["application/json", NDJSON], types)?;
    let ndjson = body::expect_type(&request, &[NDJSON], NDJSON).is_ok();
    let bytes = body::bytes(&request, &mut payload.into_inner()).await?;
    let records = batch::records(&bytes, ndjson)?;
    let writer = Writer::of(caller, state.clock.now().into());
    let report = state
        .db
        .write(move |conn| write_all(conn, &writer, &records))
        .await?;
    Ok(HttpResponse::Ok().json(report))
}

fn write_all(conn: &mut Conn, writer: &Writer, records: &[Json]) -> Answer<BatchReport> {
    store::exclude(conn, Exclusive::Batch)?;
    let moves = |record: &Json| record.get("parent_id").is_some_and(|id| !id.is_null());
    if records.iter().any(moves) {
        store::exclude(conn, Exclusive::Groups)?;
    }
    let mut results = Vec::with_capacity(records.len());
    for record in records {
        let outcome = edit::upsert(conn, writer, None, &IfMatch::Absent, record);
        // A database that fails is no mistake of a record: nothing of the batch stands then.
        if let Err(Error::Internal(_) | Error::Unavailable(_)) = &outcome {
            outcome?;
        } else {
            results.push(outcome.map(|(outcome, id)| (outcome, id.0)));
        }
    }
    Ok(BatchReport::new(results))
}

/// Shows a customer.
#[utoipa::path(tag = "customers", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The customer", body = Customer), (status = 404, description = "No such customer", body = Problem)))]
#[get("/customers/{id}")]
async fn find_customer(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(&id)?;
    let customer = state
        .db
        .read(move |conn| {
            let id = visible(conn, &reference, &caller.teams)?;
            written(conn, id, &caller.teams)
        })
        .await?;
    Ok(show(&customer))
}

/// Replaces a customer, or upserts it by external id.
///
/// With a number, everything that can be told of the customer is replaced. With `ext:SYSTEM:ID`,
/// the customer is made if there is none; of one that is there, members that are absent stay,
/// `null` clears, external ids are added; one that was deleted comes back.
#[utoipa::path(tag = "customers", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`")), request_body = CustomerInput, responses((status = 200, description = "The customer, changed or as it was", body = Customer), (status = 201, description = "The customer, made or brought back", body = Customer), (status = 404, description = "No customer has this number", body = Problem), (status = 409, description = "Another customer has the external id: `external_id_taken`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[put("/customers/{id}")]
async fn put_customer(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<Json>,
) -> Answer<HttpResponse> {
    let (reference, condition, body) = (Reference::parse(&id)?, IfMatch::of(&request), body.0);
    let writer = Writer::of(caller, state.clock.now().into());
    let (outcome, customer) = state
        .db
        .write(move |conn| {
            let (outcome, id) = match &reference {
                Reference::External(key) => {
                    edit::upsert(conn, &writer, Some(key), &condition, &body)?
                }
                Reference::Id(_) => {
                    let id = edit::replace(conn, &writer, &reference, &condition, &body)?;
                    (Outcome::Updated, id)
                }
            };
            Ok::<_, Error>((outcome, written(conn, id, &writer.teams)?))
        })
        .await?;
    Ok(match outcome {
        Outcome::Created => show_new(&customer),
        _ => show(&customer),
    })
}

/// Changes a customer: members that are absent stay, `null` clears.
#[utoipa::path(tag = "customers", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`")), request_body = CustomerInput, responses((status = 200, description = "The customer", body = Customer), (status = 404, description = "No such customer", body = Problem), (status = 409, description = "Another customer has the external id: `external_id_taken`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[patch("/customers/{id}")]
async fn update_customer(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    let (reference, condition, patch) = (Reference::parse(&id)?, IfMatch::of(&request), patch.0);
    let writer = Writer::of(caller, state.clock.now().into());
    let customer = state
        .db
        .write(move |conn| {
            let id = edit::patch(conn, &writer, &reference, &condition, patch)?;
            written(conn, id, &writer.teams)
        })
        .await?;
    Ok(show(&customer))
}

/// Deletes a customer with its departments and contacts; its shipments stay.
///
/// Its external ids stay taken: an upsert by one of them brings the customer back.
#[utoipa::path(tag = "customers", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such customer", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/customers/{id}")]
async fn delete_customer(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let (reference, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| edit::delete(conn, &writer, &reference, &condition))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
