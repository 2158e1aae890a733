//! Endpoints for answers.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde_json::{Value as Json, json};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::Caller;
use crate::access::audit::{self, Deed};
use crate::api::batch::{self, BatchReport};
use crate::api::body::{self, parse_value};
use crate::api::list::{self, ListParams, Page};
use crate::customers::edit::Writer;
use crate::customers::store::{Exclusive, attempt, exclude};
use crate::db::Conn;
use crate::db::select::Value;
use crate::engagement::store::visible;
use crate::error::{Answer, Error, Problem};
use crate::sentiment::Scorer;
use crate::state::AppState;
use crate::surveys::edit;
use crate::surveys::enter::{Entry, enter};
use crate::surveys::model::Source;
use crate::surveys::store::answers::{ANSWERS, FlatAnswer, answers_page};

/// Adds the endpoints of answers.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_answers).service(enter_answers);
}

/// Lists answers to all surveys, one a row.
///
/// Filters: `id`, `survey_id`, `invitation_id`, `customer_id`, `department_id`, `contact_id`,
/// `question`, `dimension`, `scale`, `score`, `answered_at`, `updated_at`; sorts: `id`,
/// `answered_at`, `updated_at`. `updated_since` tells the answers of invitations that changed since.
#[utoipa::path(tag = "surveys", params(ListParams), responses((status = 200, description = "A page of answers", body = Page<FlatAnswer>)))]
#[get("/survey-answers")]
async fn list_answers(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &ANSWERS, &[])?;
    let listing = wanted.listing.clone();
    let rows = state
        .db
        .read(move |conn| {
            let mut rows = answers_page(conn, &listing, &caller.teams)?;
            let partners = rows.iter().filter_map(|row| row.partner_id);
            let seen = visible(conn, partners, &caller.teams)?;
            for row in &mut rows {
                row.partner_id = row.partner_id.filter(|id| seen.contains(id));
            }
            Ok::<_, Error>(rows)
        })
        .await?;
    let key = |row: &FlatAnswer, sort: &'static str| {
        let value = match sort {
            "answered_at" => Value::Time(row.answered_at),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Enters the answers of up to 5,000 people, asked elsewhere; each stands or falls by itself.
///
/// Whoever was not asked yet counts as asked by `api`, whatever consent and quota say.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "The survey's id")), request_body(description = "A JSON array, or one JSON object a line", content((Vec<Entry> = "application/json"), (Entry = "application/x-ndjson"))), responses((status = 200, description = "What became of each record; ids are those of invitations", body = BatchReport), (status = 404, description = "No such survey", body = Problem)))]
#[post("/surveys/{id}/answers:batch")]
async fn enter_answers(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    const NDJSON: &str = "application/x-ndjson";
    let types = "application/json or application/x-ndjson";
    body::expect_type(&request, &["application/json", NDJSON], types)?;
    let ndjson = body::expect_type(&request, &[NDJSON], NDJSON).is_ok();
    let bytes = body::bytes(&request, &mut payload.into_inner()).await?;
    let records = batch::records(&bytes, ndjson)?;
    let writer = Writer::of(caller, state.clock.now().into());
    let id = id.into_inner();
    let report = state
        .db
        .write(move |conn| enter_all(conn, &writer, id, &records))
        .await?;
    Ok(HttpResponse::Ok().json(report))
}

fn enter_all(
    conn: &mut Conn,
    writer: &Writer,
    survey: i64,
    records: &[Json],
) -> Answer<BatchReport> {
    exclude(conn, Exclusive::Batch)?;
    let survey = edit::visible(conn, survey, &writer.teams)?;
    let scorer = Scorer::lexicon();
    let mut results = Vec::with_capacity(records.len());
    for record in records {
        let outcome = parse_value::<Entry>(record).and_then(|entry| {
            attempt(conn, |conn| {
                enter(conn, writer, &survey, (entry, Source::Api), &scorer)
            })
        });
        match outcome {
            // A database that fails is no mistake of a record: nothing of the batch stands then.
            Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
            outcome => results.push(outcome.map(|done| (done.outcome, done.invitation.0))),
        }
    }
    let report = BatchReport::new(results);
    let deed = Deed {
        action: "answered",
        entity: "survey",
        id: Some(survey.id.0),
        detail: Some(json!({
            "created": report.created, "updated": report.updated, "failed": report.failed,
        })),
    };
    audit::record(conn, &writer.actor, &deed, writer.now)?;
    Ok(report)
}
