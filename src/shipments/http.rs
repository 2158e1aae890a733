//! Endpoints for shipments.

use std::borrow::Cow;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{
    FreightTerms, Incoterm, PartyDraft, Service, ShipmentDraft, ShipmentFacts, Status,
};
use super::store::{self, Row};
use super::write::{Writer, id_of};
use crate::access::audit::{self, Deed};
use crate::access::{Caller, Teams};
use crate::api::batch::{BatchReport, Outcome, records};
use crate::api::body::{self, Body, parse_value};
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::api::merge;
use crate::api::reference::Reference;
use crate::db::select::{self, Value};
use crate::db::{Conn, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::ExternalId;
use crate::ids::ShipmentId;
use crate::problem::FieldProblem;
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_shipments)
        .service(create_shipment)
        .service(batch_shipments)
        .service(find_shipment)
        .service(put_shipment)
        .service(update_shipment)
        .service(delete_shipment);
}

/// A party of a shipment: by our id, by external id, or by name; made if it does not exist yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PartyInput {
    /// Our id; the customer must exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    /// Another system's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<ExternalId>,
    /// Name, matched without case, accents and legal form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// ISO 3166-1 alpha-2, for a customer that is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

/// What can be told of a shipment. Amounts are minor units of the reporting currency.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ShipmentInput {
    /// Key in the sender's system.
    external_id: ExternalId,
    /// First party.
    shipper: PartyInput,
    /// Second party.
    consignee: PartyInput,
    /// Who pays, if it is neither or is known.
    #[serde(default)]
    payer: Option<PartyInput>,
    /// Who pays the freight; by default what the Incoterm says, else `unknown`.
    #[serde(default)]
    freight_terms: Option<FreightTerms>,
    /// Delivery term.
    #[serde(default)]
    incoterm: Option<Incoterm>,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    origin_country: Option<String>,
    /// UN/LOCODE.
    #[serde(default)]
    origin_locode: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    destination_country: Option<String>,
    /// UN/LOCODE.
    #[serde(default)]
    destination_locode: Option<String>,
    /// What was done; default `transport`.
    #[serde(default)]
    service: Option<Service>,
    /// When it was ordered.
    #[serde(default)]
    booked_at: Option<DateTime<Utc>>,
    /// Start of the promised window.
    #[serde(default)]
    promised_from: Option<DateTime<Utc>>,
    /// End of the promised window; local midnight promises the day.
    #[serde(default)]
    promised_to: Option<DateTime<Utc>>,
    /// When it was picked up.
    #[serde(default)]
    picked_up_at: Option<DateTime<Utc>>,
    /// When it was delivered.
    #[serde(default)]
    delivered_at: Option<DateTime<Utc>>,
    /// Number of pieces.
    #[serde(default)]
    pieces: Option<i64>,
    /// Kilograms.
    #[serde(default)]
    weight_kg: Option<f64>,
    /// Value of the goods.
    #[serde(default)]
    goods_value: Option<i64>,
    /// What we billed.
    #[serde(default)]
    revenue: Option<i64>,
    /// What it cost us.
    #[serde(default)]
    direct_cost: Option<i64>,
    /// Whether the whole quantity arrived; `null`: unknown.
    #[serde(default)]
    in_full: Option<bool>,
    /// Whether goods were damaged.
    #[serde(default)]
    damaged: Option<bool>,
    /// Whether our invoice was right the first time.
    #[serde(default)]
    invoice_correct: Option<bool>,
    /// Claimed from us.
    #[serde(default)]
    claim_amount: Option<i64>,
    /// How far it has come; by default what the times say.
    #[serde(default)]
    status: Option<Status>,
}

/// A shipment. Amounts are minor units of the reporting currency.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct Shipment {
    /// Its id.
    id: i64,
    /// Key in the sender's system.
    external_id: ExternalId,
    /// First party.
    shipper_id: i64,
    /// Second party.
    consignee_id: i64,
    /// Who pays, if told.
    payer_id: Option<i64>,
    /// Who pays the freight.
    freight_terms: String,
    /// Delivery term.
    incoterm: Option<String>,
    /// ISO 3166-1 alpha-2.
    origin_country: Option<String>,
    /// UN/LOCODE.
    origin_locode: Option<String>,
    /// ISO 3166-1 alpha-2.
    destination_country: Option<String>,
    /// UN/LOCODE.
    destination_locode: Option<String>,
    /// What was done.
    service: String,
    /// When it was ordered.
    booked_at: Option<UtcTime>,
    /// Start of the promised window.
    promised_from: Option<UtcTime>,
    /// End of the promised window.
    promised_to: Option<UtcTime>,
    /// When it was picked up.
    picked_up_at: Option<UtcTime>,
    /// When it was delivered.
    delivered_at: Option<UtcTime>,
    /// Number of pieces.
    pieces: Option<i64>,
    /// Kilograms.
    weight_kg: Option<f64>,
    /// Value of the goods.
    goods_value: Option<i64>,
    /// What we billed.
    revenue: Option<i64>,
    /// What it cost us.
    direct_cost: Option<i64>,
    /// Revenue less direct cost, where both are known.
    margin: Option<i64>,
    /// Whether the whole quantity arrived; `null`: unknown.
    in_full: Option<bool>,
    /// Whether goods were damaged.
    damaged: Option<bool>,
    /// Whether our invoice was right the first time.
    invoice_correct: Option<bool>,
    /// Claimed from us.
    claim_amount: Option<i64>,
    /// How far it has come.
    status: String,
    /// The day it counts as a sign of life, in the instance's zone.
    activity_on: NaiveDate,
    /// Whether it came after the promised end; `null`: not known yet.
    late: Option<bool>,
    /// The import that wrote it last.
    import_id: Option<i64>,
    /// Goes up with every change.
    version: i64,
    /// When it came.
    created_at: UtcTime,
    /// When it last changed.
    updated_at: UtcTime,
    /// When it was deleted, if it was.
    deleted_at: Option<UtcTime>,
}

impl From<Row> for Shipment {
    fn from(Row { id, data }: Row) -> Self {
        Self {
            id: id.0,
            margin: data
                .revenue
                .zip(data.direct_cost)
                .map(|(r, c)| r.saturating_sub(c)),
            external_id: ExternalId {
                system: data.source,
                id: data.external_id,
            },
            shipper_id: data.shipper_id.0,
            consignee_id: data.consignee_id.0,
            payer_id: data.payer_id.map(|id| id.0),
            freight_terms: data.freight_terms.into_owned(),
            incoterm: data.incoterm.map(Cow::into_owned),
            origin_country: data.origin_country,
            origin_locode: data.origin_locode,
            destination_country: data.destination_country,
            destination_locode: data.destination_locode,
            service: data.service.into_owned(),
            booked_at: data.booked_at,
            promised_from: data.promised_from,
            promised_to: data.promised_to,
            picked_up_at: data.picked_up_at,
            delivered_at: data.delivered_at,
            pieces: data.pieces,
            weight_kg: data.weight_kg,
            goods_value: data.goods_value,
            revenue: data.revenue,
            direct_cost: data.direct_cost,
            in_full: data.in_full,
            damaged: data.damaged,
            invoice_correct: data.invoice_correct,
            claim_amount: data.claim_amount,
            status: data.status.into_owned(),
            activity_on: data.activity_on,
            late: data.late,
            import_id: data.import_id.map(|id| id.0),
            version: data.version,
            created_at: data.created_at,
            updated_at: data.updated_at,
            deleted_at: data.deleted_at,
        }
    }
}

impl PartyInput {
    fn draft(self, field: &'static str, wrong: &mut Vec<FieldProblem>) -> PartyDraft {
        let texts = [
            self.name.as_deref(),
            self.external_id.as_ref().map(|key| key.id.as_str()),
            self.external_id.as_ref().map(|key| key.system.as_str()),
        ];
        if texts.into_iter().flatten().any(|text| !is_key(text)) {
            wrong.push(FieldProblem::new(
                field,
                "length",
                "expected texts of 1 to 300 characters",
            ));
        }
        if self.country.as_deref().is_some_and(|code| {
            code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase())
        }) {
            let rule = "expected a country as an ISO 3166-1 code of two capitals";
            wrong.push(FieldProblem::new(field, "not_a_country", rule));
        }
        PartyDraft {
            id: self.id,
            external_id: self.external_id,
            name: self.name,
            country: self.country,
        }
    }
}

/// Neither empty nor endless, and nothing that PostgreSQL cannot keep.
fn is_key(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 300 && !text.contains('\0')
}

impl ShipmentInput {
    fn draft(self) -> Answer<ShipmentDraft> {
        let mut wrong = Vec::new();
        if !is_key(&self.external_id.system) || !is_key(&self.external_id.id) {
            wrong.push(FieldProblem::new(
                "external_id",
                "length",
                "expected a system and an id of 1 to 300 characters",
            ));
        }
        let status = self
            .status
            .unwrap_or(match (self.picked_up_at, self.delivered_at) {
                (_, Some(_)) => Status::Delivered,
                (Some(_), None) => Status::InTransit,
                (None, None) => Status::Booked,
            });
        let by_term = self
            .incoterm
            .map_or(FreightTerms::Unknown, Incoterm::freight_terms);
        let facts = ShipmentFacts {
            freight_terms: self.freight_terms.unwrap_or(by_term),
            incoterm: self.incoterm,
            origin_country: self.origin_country,
            origin_locode: self.origin_locode,
            destination_country: self.destination_country,
            destination_locode: self.destination_locode,
            service: self.service.unwrap_or(Service::Transport),
            booked_at: self.booked_at,
            promised_from: self.promised_from,
            promised_to: self.promised_to,
            picked_up_at: self.picked_up_at,
            delivered_at: self.delivered_at,
            pieces: self.pieces,
            weight_kg: self.weight_kg,
            goods_value: self.goods_value,
            revenue: self.revenue,
            direct_cost: self.direct_cost,
            in_full: self.in_full,
            damaged: self.damaged,
            invoice_correct: self.invoice_correct,
            claim_amount: self.claim_amount,
            status,
        };
        let draft = ShipmentDraft {
            external_id: self.external_id,
            shipper: self.shipper.draft("shipper", &mut wrong),
            consignee: self.consignee.draft("consignee", &mut wrong),
            payer: self.payer.map(|payer| payer.draft("payer", &mut wrong)),
            facts,
        };
        wrong.extend(draft.facts.problems());
        if wrong.is_empty() {
            Ok(draft)
        } else {
            Err(Error::Invalid(wrong))
        }
    }

    /// What stands, in the form in which it can be told.
    fn standing(row: &Row) -> DbResult<Self> {
        let party = |id: i64| PartyInput {
            id: Some(id),
            ..PartyInput::default()
        };
        let (data, facts) = (&row.data, row.data.facts()?);
        Ok(Self {
            external_id: ExternalId {
                system: data.source.clone(),
                id: data.external_id.clone(),
            },
            shipper: party(data.shipper_id.0),
            consignee: party(data.consignee_id.0),
            payer: data.payer_id.map(|id| party(id.0)),
            freight_terms: Some(facts.freight_terms),
            incoterm: facts.incoterm,
            origin_country: facts.origin_country,
            origin_locode: facts.origin_locode,
            destination_country: facts.destination_country,
            destination_locode: facts.destination_locode,
            service: Some(facts.service),
            booked_at: facts.booked_at,
            promised_from: facts.promised_from,
            promised_to: facts.promised_to,
            picked_up_at: facts.picked_up_at,
            delivered_at: facts.delivered_at,
            pieces: facts.pieces,
            weight_kg: facts.weight_kg,
            goods_value: facts.goods_value,
            revenue: facts.revenue,
            direct_cost: facts.direct_cost,
            in_full: facts.in_full,
            damaged: facts.damaged,
            invoice_correct: facts.invoice_correct,
            claim_amount: facts.claim_amount,
            status: Some(facts.status),
        })
    }
}

/// The shipment behind a path's id, unless it is deleted or of others' customers.
fn resolve(conn: &mut Conn, id: &Reference, teams: &Teams) -> Answer<Row> {
    let row = match id {
        Reference::Id(id) => store::find(conn, *id)?,
        Reference::External(key) => store::by_external_ids(conn, &key.system, &[&key.id])?
            .into_values()
            .next(),
    };
    let row = row.filter(|row| row.data.deleted_at.is_none());
    let row = row.ok_or_else(|| Error::not_found("shipment", id))?;
    if *teams != Teams::All {
        let mut sql = select::Statement::new("SELECT s.* FROM shipments s WHERE s.id = ");
        sql.bind(Value::Int(row.id.0));
        store::restrict(teams, &mut sql);
        if sql.load::<Row>(conn)?.is_empty() {
            return Err(Error::not_found("shipment", id));
        }
    }
    Ok(row)
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

fn shown(mut response: actix_web::HttpResponseBuilder, row: Row) -> HttpResponse {
    response
        .insert_header((header::ETAG, etag::of(row.data.version)))
        .json(Shipment::from(row))
}

/// Lists shipments.
#[utoipa::path(tag = "shipments", params(ListParams), responses((status = 200, description = "A page of shipments", body = Page<Shipment>)))]
#[get("/shipments")]
async fn list_shipments(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &store::SHIPMENTS, &[])?;
    let listing = wanted.listing.clone();
    let rows: Vec<Row> = state
        .db
        .read(move |conn| {
            select::page(conn, &store::SHIPMENTS, &listing, |sql| {
                store::restrict(&caller.teams, sql);
            })
        })
        .await?;
    let key = |row: &Row, sort: &'static str| {
        let value = match sort {
            "activity_on" => Value::Date(row.data.activity_on),
            "updated_at" => Value::Time(row.data.updated_at),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(
        &request,
        &wanted.page(rows, key, Shipment::from),
    ))
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

/// Shows a shipment.
#[utoipa::path(tag = "shipments", params(("id" = String, Path, description = "Its id, or ext:SYSTEM:ID")), responses((status = 200, description = "The shipment", body = Shipment), (status = 304, description = "The caller has this version already"), (status = 404, description = "No such shipment", body = crate::error::Problem)))]
#[get("/shipments/{id}")]
async fn find_shipment(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let id = Reference::parse(&id)?;
    let row = state
        .db
        .read(move |conn| resolve(conn, &id, &caller.teams))
        .await?;
    if etag::not_modified(&request, row.data.version) {
        return Ok(HttpResponse::NotModified().finish());
    }
    Ok(shown(HttpResponse::Ok(), row))
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
