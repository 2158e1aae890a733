//! Endpoints for interactions and mailboxes.

use std::io::{BufReader, Seek as _};

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{Caller, Teams};
use crate::api::batch::BatchReport;
use crate::api::body::{Body, expect_type, parse_value};
use crate::api::list::{self, ListParams, Page};
use crate::api::reference::Reference;
use crate::db::select::Value;
use crate::db::{Conn, DbResult, UtcTime};
use crate::engagement::edit::{self, Writer, named};
use crate::engagement::http::no_contains;
use crate::engagement::http::records::{self, Moment, Shown};
use crate::error::{Answer, Error, Problem};
use crate::ids::ExternalId;
use crate::imports::upload;
use crate::interactions::index::stored;
use crate::interactions::mail::{self, Form, LARGEST, MailError, MailReport};
use crate::interactions::model::{Direction, InteractionChannel, InteractionInput, WhyNotScored};
use crate::interactions::scorer::{Sentence, TopicPolarity};
use crate::interactions::store::records::{Brief, INTERACTIONS, Row, Values, page};
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_interactions)
        .service(create_interaction)
        .service(write_interactions)
        .service(import_mail)
        .service(find_interaction)
        .service(put_interaction)
        .service(update_interaction)
        .service(delete_interaction);
}

/// What was said, without its text.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
struct InteractionBrief {
    /// Its id.
    id: i64,
    /// Key in the sender's system; of a mail its Message-ID.
    external_id: ExternalId,
    /// The customer.
    customer_id: i64,
    /// The department that the person was in.
    department_id: Option<i64>,
    /// The person at the customer.
    contact_id: Option<i64>,
    /// The person of ours.
    user_id: Option<i64>,
    /// The shipment that it was about.
    shipment_id: Option<i64>,
    /// The complaint that it was about.
    complaint_id: Option<i64>,
    /// How it was said.
    #[schema(value_type = InteractionChannel)]
    channel: String,
    /// Whose words the text holds.
    #[schema(value_type = Direction)]
    direction: String,
    /// When it was said.
    at: UtcTime,
    /// The subject.
    subject: Option<String>,
    /// The language as found: `en`, `zh`, `mixed`, `other`, `unknown`.
    language: Option<String>,
    /// The feeling, from -1 (bad) to 1 (good); `null`: not scored.
    polarity: Option<f64>,
    /// How probable the sign of the polarity is, in `[0.5, 1]`.
    confidence: Option<f64>,
    /// Whether it only transacts.
    neutral: Option<bool>,
    /// Why it has no score.
    #[schema(value_type = Option<WhyNotScored>)]
    not_scored: Option<String>,
    /// `lexicon`, or ids of models with `+` between.
    scored_with: Option<String>,
    /// Goes up with every change.
    version: i64,
    /// When it was made.
    created_at: UtcTime,
    /// When it last changed.
    updated_at: UtcTime,
    /// When it was deleted, if it was.
    deleted_at: Option<UtcTime>,
}

/// What was said, and the feeling in it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Interaction {
    #[serde(flatten)]
    brief: InteractionBrief,
    /// What was said; of mails and chats without quoted replies and signatures.
    text: Option<String>,
    /// The sentences that carried the feeling, the strongest first.
    sentences: Vec<Sentence>,
    /// Topics that were spoken of with feeling.
    topics: Vec<TopicPolarity>,
}

impl From<Brief> for InteractionBrief {
    fn from(row: Brief) -> Self {
        Self {
            id: row.id.0,
            external_id: ExternalId {
                system: row.system,
                id: row.external_id,
            },
            customer_id: row.customer_id.0,
            department_id: row.department_id,
            contact_id: row.contact_id,
            user_id: row.user_id,
            shipment_id: row.shipment_id,
            complaint_id: row.complaint_id,
            channel: row.channel,
            direction: row.direction,
            at: row.at,
            subject: row.subject,
            language: row.language,
            polarity: row.polarity,
            confidence: row.confidence,
            neutral: row.neutral,
            not_scored: row.not_scored,
            scored_with: row.scored_with,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        }
    }
}

impl Shown for Values {
    type View = Interaction;

    fn view(row: Row, _: Moment) -> DbResult<Interaction> {
        let (told, scores) = (row.values.told, row.values.scores);
        Ok(Interaction {
            sentences: stored(scores.sentences.as_deref())?,
            topics: stored(scores.topics.as_deref())?,
            brief: InteractionBrief {
                id: row.id,
                external_id: told.key(),
                customer_id: told.customer_id.0,
                department_id: told.department_id,
                contact_id: told.contact_id,
                user_id: told.user_id,
                shipment_id: told.shipment_id,
                complaint_id: told.complaint_id,
                channel: told.channel,
                direction: told.direction,
                at: told.at,
                subject: told.subject,
                language: scores.language,
                polarity: scores.polarity,
                confidence: scores.confidence,
                neutral: scores.neutral,
                not_scored: scores.not_scored,
                scored_with: scores.scored_with,
                version: row.version,
                created_at: row.created_at,
                updated_at: row.updated_at,
                deleted_at: row.deleted_at,
            },
            text: told.text,
        })
    }
}

/// Lists interactions, the newest first, without their texts.
///
/// Filters: `id`, `customer_id`, `department_id`, `contact_id`, `user_id`, `shipment_id`,
/// `complaint_id`, `system`, `channel`, `direction`, `at`, `language`, `polarity`, `neutral`,
/// `not_scored`, `scored_with`, `updated_at`; sorts: `id`, `at`, `updated_at`.
#[utoipa::path(tag = "interactions", params(ListParams), responses((status = 200, description = "A page of interactions", body = Page<InteractionBrief>)))]
#[get("/interactions")]
async fn list_interactions(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &INTERACTIONS, &[])?;
    no_contains(&wanted)?;
    let (listing, teams) = (wanted.listing.clone(), caller.teams);
    let rows = state
        .db
        .read(move |conn| page(conn, &listing, &teams))
        .await?;
    let key = |row: &Brief, sort: &'static str| {
        let value = match sort {
            "at" => Value::Time(row.at),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(
        &request,
        &wanted.page(rows, key, InteractionBrief::from),
    ))
}

/// Makes an interaction; what the customer said is scored.
#[utoipa::path(tag = "interactions", request_body = InteractionInput, responses((status = 201, description = "The interaction", body = Interaction), (status = 409, description = "There is one with this external id: `external_id_taken`", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[post("/interactions")]
async fn create_interaction(
    state: web::Data<AppState>,
    caller: Caller,
    body: Body<InteractionInput>,
) -> Answer<HttpResponse> {
    records::create::<Values>(&state, caller, body.0).await
}

/// Makes or replaces up to 5,000 interactions by external id; each stands or falls by itself.
#[utoipa::path(tag = "interactions", request_body(description = "A JSON array, or one JSON object a line", content((Vec<InteractionInput> = "application/json"), (InteractionInput = "application/x-ndjson"))), responses((status = 200, description = "What became of each record", body = BatchReport)))]
#[post("/interactions:batch")]
async fn write_interactions(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    records::batch::<Values>(&state, caller, &request, payload).await
}

/// Stores the mails of a message or a mailbox of up to 50 MB as interactions; known ones stay as they are.
#[utoipa::path(tag = "interactions", request_body(description = "A message (RFC 5322) or a mailbox (mbox)", content((String = "message/rfc822"), (String = "application/mbox"))), responses((status = 200, description = "What became of each message", body = MailReport)))]
#[post("/interactions:mail")]
async fn import_mail(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let types = ["message/rfc822", "application/mbox"];
    expect_type(&request, &types, "message/rfc822 or application/mbox")?;
    let form = if expect_type(&request, &types[..1], "message/rfc822").is_ok() {
        Form::Message
    } else {
        Form::Mailbox
    };
    let mut file = upload::receive(&request, payload, LARGEST as u64)
        .await?
        .file;
    let writer = Writer::of(caller, state.clock.now().into());
    let report = state
        .db
        .write(move |conn| {
            file.rewind().map_err(Error::internal)?;
            mail::import(conn, &writer, BufReader::new(file), form).map_err(|error| match error {
                MailError::File(error) => Error::internal(error),
                MailError::Other(error) => error,
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Shows an interaction with its text, the sentences that carried its feeling, and its topics.
#[utoipa::path(tag = "interactions", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 200, description = "The interaction", body = Interaction), (status = 404, description = "No such interaction", body = Problem)))]
#[get("/interactions/{id}")]
async fn find_interaction(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    records::find::<Values>(&state, caller, &id).await
}

/// Replaces an interaction, or makes it by external id.
///
/// The key need not be told again: it is the one of the path.
#[utoipa::path(tag = "interactions", params(("id" = String, Path, description = "`ext:SYSTEM:ID`, or the id of one that stands")), request_body = InteractionInput, responses((status = 200, description = "Replaced, or as it was", body = Interaction), (status = 201, description = "Made, or brought back", body = Interaction), (status = 404, description = "None has this number", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[put("/interactions/{id}")]
async fn put_interaction(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<Json>,
) -> Answer<HttpResponse> {
    records::change::<Values>(
        &state,
        caller,
        (&request, &id),
        move |conn, writer, target| {
            let (reference, condition) = target;
            let body = with_key(conn, body.0, reference, &writer.teams)?;
            edit::put::<Values>(conn, writer, reference, condition, parse_value(&body)?)
        },
    )
    .await
}

/// The body with the key of the path, unless it tells one.
fn with_key(conn: &mut Conn, mut body: Json, reference: &Reference, teams: &Teams) -> Answer<Json> {
    let Json::Object(members) = &mut body else {
        return Ok(body);
    };
    if members.get("external_id").is_some_and(|key| !key.is_null()) {
        return Ok(body);
    }
    let key = match reference {
        Reference::External(key) => key.clone(),
        Reference::Id(_) => {
            let standing: Option<Row> = named(conn, reference)?;
            let visible = standing.filter(|row| teams.allow(row.team_id));
            let row = visible.ok_or_else(|| Error::not_found("interaction", reference))?;
            row.values.told.key()
        }
    };
    let key = serde_json::to_value(key).map_err(Error::internal)?;
    members.insert("external_id".to_owned(), key);
    Ok(body)
}

/// Changes an interaction: members that are absent stay, `null` clears.
#[utoipa::path(tag = "interactions", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = InteractionInput, responses((status = 200, description = "The interaction", body = Interaction), (status = 404, description = "No such interaction", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A field breaks a rule, or names a record that does not exist", body = Problem)))]
#[patch("/interactions/{id}")]
async fn update_interaction(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    patch: Body<Json>,
) -> Answer<HttpResponse> {
    records::patch::<Values>(&state, caller, (&request, &id), patch.0).await
}

/// Deletes an interaction: what was said is gone, a tombstone stays for those who pull changes.
#[utoipa::path(tag = "interactions", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), responses((status = 204, description = "Deleted"), (status = 404, description = "No such interaction", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/interactions/{id}")]
async fn delete_interaction(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    records::delete::<Values>(&state, caller, (&request, &id)).await
}
