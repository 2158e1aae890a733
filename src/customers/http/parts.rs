//! What the endpoints of departments and contacts, the parts of a customer, have in common.

use actix_web::{HttpRequest, HttpResponse};

use super::{contains_only, visible};
use crate::access::{Caller, Teams};
use crate::api::etag::{self, IfMatch};
use crate::api::list;
use crate::api::reference::Reference;
use crate::customers::edit::{self, Writer};
use crate::customers::store;
use crate::customers::store::parts::{self, Head, Part};
use crate::db::Conn;
use crate::db::select::Value;
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::state::AppState;

/// One page of parts, of one customer or of all.
pub async fn list<P: Part>(
    state: &AppState,
    caller: Caller,
    request: &HttpRequest,
    customer: Option<Reference>,
) -> Answer<HttpResponse> {
    let wanted = list::parse(request, P::LIST, &[])?;
    contains_only(&wanted, None)?;
    let (listing, teams) = (wanted.listing.clone(), caller.teams);
    let rows = state
        .db
        .read(move |conn| {
            let customer = customer
                .map(|reference| visible(conn, &reference, &teams))
                .transpose()?;
            Ok::<_, Error>(parts::page::<P>(conn, &listing, &teams, customer)?)
        })
        .await?;
    let key = |row: &P, sort: &'static str| {
        let head = row.head();
        let value = match sort {
            "customer_id" => Value::Int(head.customer_id.0),
            "name" => Value::Text(head.name.to_owned()),
            "updated_at" => Value::Time(head.updated_at),
            _ => Value::Int(head.id),
        };
        (value, head.id)
    };
    Ok(list::respond(request, &wanted.page(rows, key, |row| row)))
}

/// Lets `make` make a part of the customer, which is locked so that nobody else changes it meanwhile.
pub async fn create<P: Part>(
    state: &AppState,
    caller: Caller,
    customer: &str,
    make: impl FnOnce(&mut Conn, &Writer, CustomerId) -> Answer<P> + Send + 'static,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(customer)?;
    let writer = Writer::of(caller, state.clock.now().into());
    let part = state
        .db
        .write(move |conn| {
            let customer = edit::standing(conn, &reference, &writer.teams)?.id;
            let part = make(conn, &writer, customer)?;
            writer.record(conn, "created", P::WHAT, part.head().id)?;
            Ok::<_, Error>(part)
        })
        .await?;
    let Head { id, version, .. } = part.head();
    let location = format!("/api/v1/{}s/{id}", P::WHAT);
    Ok(etag::answer_new(location, version, &part))
}

fn found<P: Part>(conn: &mut Conn, id: i64, teams: &Teams) -> Answer<P> {
    parts::find(conn, id, teams)?.ok_or_else(|| Error::not_found(P::WHAT, id))
}

/// The part, its customer locked so that nobody else changes it meanwhile.
fn locked<P: Part>(conn: &mut Conn, id: i64, teams: &Teams, condition: &IfMatch) -> Answer<P> {
    let customer = found::<P>(conn, id, teams)?.head().customer_id;
    store::lock(conn, customer)?;
    let part: P = found(conn, id, teams)?;
    condition.check(part.head().version)?;
    Ok(part)
}

/// The part with this id.
pub async fn find<P: Part>(state: &AppState, caller: Caller, id: i64) -> Answer<HttpResponse> {
    let part: P = state
        .db
        .read(move |conn| found(conn, id, &caller.teams))
        .await?;
    Ok(etag::answer(HttpResponse::Ok(), part.head().version, &part))
}

/// Lets `change` change the part with this id; `None` says that it is already as it is to be.
pub async fn update<P: Part>(
    state: &AppState,
    caller: Caller,
    (request, id): (&HttpRequest, i64),
    change: impl FnOnce(&mut Conn, &Writer, &P) -> Answer<Option<P>> + Send + 'static,
) -> Answer<HttpResponse> {
    let condition = IfMatch::of(request);
    let writer = Writer::of(caller, state.clock.now().into());
    let part = state
        .db
        .write(move |conn| {
            let old = locked(conn, id, &writer.teams, &condition)?;
            let Some(part) = change(conn, &writer, &old)? else {
                return Ok(old);
            };
            writer.record(conn, "updated", P::WHAT, id)?;
            Ok::<_, Error>(part)
        })
        .await?;
    Ok(etag::answer(HttpResponse::Ok(), part.head().version, &part))
}

/// Lets `delete` mark the part with this id as deleted.
pub async fn delete<P: Part>(
    state: &AppState,
    caller: Caller,
    (request, id): (&HttpRequest, i64),
    delete: impl FnOnce(&mut Conn, &Writer, &P) -> Answer<()> + Send + 'static,
) -> Answer<HttpResponse> {
    let condition = IfMatch::of(request);
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| {
            let old = locked(conn, id, &writer.teams, &condition)?;
            delete(conn, &writer, &old)?;
            Ok::<_, Error>(writer.record(conn, "deleted", P::WHAT, id)?)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
