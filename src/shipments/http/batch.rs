//! The endpoint that writes many shipments at once.

use actix_web::{HttpRequest, HttpResponse, post, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::ShipmentInput;
use crate::access::Caller;
use crate::access::audit::{self, Deed};
use crate::api::batch::{BatchReport, records};
use crate::api::body::{self, parse_value};
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error};
use crate::shipments::model::ShipmentDraft;
use crate::shipments::write::{Writer, id_of};
use crate::state::AppState;

/// Adds this endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(batch_shipments);
}

/// Creates or replaces up to 5,000 shipments by external id; each stands or falls by itself.
#[utoipa::path(tag = "shipments", request_body(content((Vec<ShipmentInput> = "application/json"), (ShipmentInput = "application/x-ndjson")), description = "A JSON array, or one JSON object a line"), responses((status = 200, description = "What became of each record", body = BatchReport)))]
#[post("/shipments:batch")]
async fn batch_shipments(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let types = ["application/json", "application/x-ndjson"];
    body::expect_type(&request, &types, "application/json or application/x-ndjson")?;
    let ndjson = body::expect_type(&request, &types[1..], "").is_ok();
    let bytes = body::bytes(&request, &mut payload.into_inner()).await?;
    let parsed: Vec<Answer<ShipmentDraft>> = records(&bytes, ndjson)?
        .iter()
        .map(|record| parse_value::<ShipmentInput>(record)?.draft())
        .collect();
    let (now, actor, zone) = (
        UtcTime::from(state.clock.now()),
        caller.actor(),
        state.config.time_zone,
    );
    let report = state
        .db
        .write(move |conn| write_batch(conn, parsed, zone, (&actor, now)))
        .await?;
    Ok(HttpResponse::Ok().json(report))
}

fn write_batch(
    conn: &mut Conn,
    parsed: Vec<Answer<ShipmentDraft>>,
    zone: chrono_tz::Tz,
    (actor, now): (&audit::Actor, UtcTime),
) -> Answer<BatchReport> {
    let mut writer = Writer::new(conn, zone, None, now)?;
    let (mut drafts, mut keys) = (Vec::new(), Vec::new());
    for draft in parsed.iter().flatten() {
        keys.push(draft.external_id.clone());
        drafts.push(draft.clone());
    }
    let written = writer.write(conn, drafts)?;
    writer.finish(conn)?;
    let mut ids = std::collections::HashMap::new();
    for key in &keys {
        if !ids.contains_key(key)
            && let Some(id) = id_of(conn, key)?
        {
            ids.insert(key.clone(), id.0);
        }
    }
    let mut outcomes = written.into_iter().zip(keys);
    let report = BatchReport::new(parsed.into_iter().map(|draft| {
        draft?;
        let (written, key) = outcomes
            .next()
            .ok_or_else(|| Error::internal("a draft was lost"))?;
        let done = written.map_err(Error::Invalid)?;
        let id = ids
            .get(&key)
            .copied()
            .ok_or_else(|| Error::internal("a shipment was lost"))?;
        Ok((done.outcome, id))
    }));
    let detail = serde_json::json!({
        "created": report.created, "updated": report.updated, "failed": report.failed,
    });
    let deed = Deed {
        action: "batch",
        entity: "shipment",
        id: None,
        detail: Some(detail),
    };
    audit::record(conn, actor, &deed, now)?;
    Ok(report)
}
