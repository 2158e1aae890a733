//! Endpoints that write one shipment.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, patch, post, put, web};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::ShipmentInput;
use super::view::Shipment;
use super::{resolve, shown};
use crate::access::audit::{self, Deed};
use crate::access::{Caller, Teams};
use crate::api::batch::Outcome;
use crate::api::body::{Body, parse_value};
use crate::api::etag::IfMatch;
use crate::api::merge;
use crate::api::reference::Reference;
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::{ExternalId, ShipmentId};
use crate::shipments::model::ShipmentDraft;
use crate::shipments::store::{self, Row};
use crate::shipments::write::{Writer, id_of};
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_shipment)
        .service(put_shipment)
        .service(update_shipment)
        .service(delete_shipment);
}

/// Writes one shipment; what became of it and its row.
fn write_one(
    conn: &mut Conn,
    state: &AppState,
    draft: ShipmentDraft,
    now: UtcTime,
) -> Answer<(Outcome, Row)> {
    let key = draft.external_id.clone();
    let mut writer = Writer::new(conn, state.config.time_zone, None, now)?;
    let written = writer.write(conn, vec![draft])?.pop();
    writer.finish(conn)?;
    let done = written
        .ok_or_else(|| Error::internal("a draft was lost"))?
        .map_err(Error::Invalid)?;
    let id = id_of(conn, &key)?.ok_or_else(|| Error::internal("a shipment was lost"))?;
    let row = store::find(conn, id.0)?.ok_or_else(|| Error::internal("a shipment was lost"))?;
    Ok((done.outcome, row))
}

fn deed(action: &str, id: ShipmentId) -> Deed<'_> {
    Deed {
        action,
        entity: "shipment",
        id: Some(id.0),
        detail: None,
    }
}

/// Creates a shipment; its parties are made if they do not exist yet.
#[utoipa::path(tag = "shipments", request_body = ShipmentInput, responses((status = 201, description = "The shipment", body = Shipment), (status = 409, description = "There is a shipment with this external id: `external_id_taken`", body = crate::error::Problem)))]
#[post("/shipments")]
async fn create_shipment(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<ShipmentInput>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let draft = body.0.draft()?;
    let (now, actor, shared) = (
        UtcTime::from(state.clock.now()),
        caller.actor(),
        state.clone(),
    );
    let row = state
        .db
        .write(move |conn| {
            let key = &draft.external_id;
            let standing = store::by_external_ids(conn, &key.system, &[&key.id])?;
            if standing.values().any(|row| row.data.deleted_at.is_none()) {
                return Err(Error::conflict(
                    "external_id_taken",
                    format!(
                        "there is a shipment {}:{}; PUT replaces it",
                        key.system, key.id
                    ),
                ));
            }
            let (_, row) = write_one(conn, &shared, draft, now)?;
            audit::record(conn, &actor, &deed("created", row.id), now)?;
            Ok(row)
        })
        .await?;
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, format!("/api/v1/shipments/{}", row.id)));
    Ok(shown(response, row))
}

/// Creates or replaces the shipment with this external id.
#[utoipa::path(tag = "shipments", params(("id" = String, Path, description = "ext:SYSTEM:ID, or the id of a standing shipment")), request_body = ShipmentInput, responses((status = 200, description = "Replaced, or as it was", body = Shipment), (status = 201, description = "Created", body = Shipment), (status = 404, description = "No such shipment, and a plain id creates none", body = crate::error::Problem), (status = 412, description = "It has changed since", body = crate::error::Problem)))]
#[put("/shipments/{id}")]
async fn put_shipment(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<ShipmentInput>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (id, condition, draft) = (
        Reference::parse(&id)?,
        IfMatch::of(&request),
        body.0.draft()?,
    );
    let (now, actor, shared) = (
        UtcTime::from(state.clock.now()),
        caller.actor(),
        state.clone(),
    );
    let (outcome, row) = state
        .db
        .write(move |conn| {
            let standing = match resolve(conn, &id, &Teams::All) {
                Ok(row) => Some(row),
                Err(Error::NotFound { .. }) if matches!(id, Reference::External(_)) => None,
                Err(error) => return Err(error),
            };
            match &standing {
                Some(row) => condition.check(row.data.version)?,
                None if condition != IfMatch::Absent => {
                    return Err(Error::PreconditionFailed {
                        now: "none".to_owned(),
                    });
                }
                None => {}
            }
            let key = match &standing {
                Some(row) => ExternalId {
                    system: row.data.source.clone(),
                    id: row.data.external_id.clone(),
                },
                None => draft.external_id.clone(),
            };
            let named = match &id {
                Reference::External(named) => named.clone(),
                Reference::Id(_) => key,
            };
            if draft.external_id != named {
                return Err(Error::invalid(
                    "external_id",
                    "mismatch",
                    "expected the external id of the address",
                ));
            }
            let (outcome, row) = write_one(conn, &shared, draft, now)?;
            if outcome != Outcome::Unchanged {
                audit::record(conn, &actor, &deed(outcome.word(), row.id), now)?;
            }
            Ok((outcome, row))
        })
        .await?;
    Ok(match outcome {
        Outcome::Created => shown(HttpResponse::Created(), row),
        _ => shown(HttpResponse::Ok(), row),
    })
}

/// Changes a shipment: members that are absent stay, `null` clears.
#[utoipa::path(tag = "shipments", params(("id" = String, Path, description = "Its id, or ext:SYSTEM:ID")), request_body = ShipmentInput, responses((status = 200, description = "The shipment", body = Shipment), (status = 404, description = "No such shipment", body = crate::error::Problem), (status = 412, description = "It has changed since", body = crate::error::Problem)))]
#[patch("/shipments/{id}")]
async fn update_shipment(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (id, condition, patch) = (Reference::parse(&id)?, IfMatch::of(&request), patch.0);
    let (now, actor, shared) = (
        UtcTime::from(state.clock.now()),
        caller.actor(),
        state.clone(),
    );
    let row = state
        .db
        .write(move |conn| {
            let row = resolve(conn, &id, &Teams::All)?;
            condition.check(row.data.version)?;
            let standing = ShipmentInput::standing(&row)?;
            let key = standing.external_id.clone();
            let input: ShipmentInput = parse_value(&merge::patched(&standing, patch)?)?;
            if input.external_id != key {
                return Err(Error::invalid(
                    "external_id",
                    "fixed",
                    "an external id cannot change",
                ));
            }
            let (outcome, row) = write_one(conn, &shared, input.draft()?, now)?;
            if outcome != Outcome::Unchanged {
                audit::record(conn, &actor, &deed("updated", row.id), now)?;
            }
            Ok(row)
        })
        .await?;
    Ok(shown(HttpResponse::Ok(), row))
}

/// Deletes a shipment; it stays as a tombstone for those who pull changes.
#[utoipa::path(tag = "shipments", params(("id" = String, Path, description = "Its id, or ext:SYSTEM:ID")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such shipment", body = crate::error::Problem), (status = 412, description = "It has changed since", body = crate::error::Problem)))]
#[delete("/shipments/{id}")]
async fn delete_shipment(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let (id, condition) = (Reference::parse(&id)?, IfMatch::of(&request));
    let (now, actor, zone) = (
        UtcTime::from(state.clock.now()),
        caller.actor(),
        state.config.time_zone,
    );
    state
        .db
        .write(move |conn| {
            let row = resolve(conn, &id, &Teams::All)?;
            condition.check(row.data.version)?;
            let mut writer = Writer::new(conn, zone, None, now)?;
            writer.delete(conn, &row)?;
            writer.finish(conn)?;
            audit::record(conn, &actor, &deed("deleted", row.id), now)?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
