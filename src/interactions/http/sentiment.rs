//! Endpoints for sentiment: indices, models, scoring.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{AsOf, parameters, period};
use crate::access::{Caller, Scope};
use crate::api::body::Body;
use crate::api::reference::Reference;
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error, Problem};
use crate::interactions::index::{self, CustomerSentiment, KindSentiment, UserSentiment};
use crate::interactions::model::TEXT;
use crate::interactions::owners::visible;
use crate::interactions::scorer::{self, Sentence, TopicPolarity};
use crate::interactions::store::models::{self, Listed};
use crate::interactions::store::named;
use crate::interactions::train::{self, Figures, Training};
use crate::sentiment::company::WINDOW_DAYS;
use crate::sentiment::{NotScored, Spoken};
use crate::state::AppState;

/// Texts in one request at most.
const TEXTS: usize = 1_000;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(show_customer_sentiment)
        .service(show_user_sentiment)
        .service(list_department_sentiments)
        .service(score_texts)
        .service(list_models)
        .service(train_models)
        .service(switch_model);
}

/// Shows the sentiment of a customer, its departments and contacts, with the sentences behind it.
#[utoipa::path(tag = "sentiment", params(("id" = String, Path, description = "The customer's id, or `ext:SYSTEM:ID`"), AsOf), responses((status = 200, description = "The sentiment", body = CustomerSentiment), (status = 404, description = "No such customer", body = Problem), (status = 422, description = "A day in the future", body = Problem)))]
#[get("/customers/{id}/sentiment")]
async fn show_customer_sentiment(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
) -> Answer<HttpResponse> {
    let reference = Reference::parse(&id)?;
    let [as_of] = parameters(&request, ["as_of"])?;
    let period = period(&state, as_of, WINDOW_DAYS)?;
    let found = state
        .db
        .read(move |conn| {
            let customer = visible(conn, &reference, &caller.teams)?;
            let median = index::company(conn, period)?;
            Ok::<_, Error>(index::of_customer(conn, customer, period, &median)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Shows the sentiment of what customers say to one of our own people; for administrators.
#[utoipa::path(tag = "sentiment", params(("id" = i64, Path, description = "The user's id"), AsOf), responses((status = 200, description = "The sentiment", body = UserSentiment), (status = 404, description = "No such user", body = Problem), (status = 422, description = "A day in the future", body = Problem)))]
#[get("/users/{id}/sentiment")]
async fn show_user_sentiment(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let [as_of] = parameters(&request, ["as_of"])?;
    let period = period(&state, as_of, WINDOW_DAYS)?;
    let found = state
        .db
        .read(move |conn| index::of_user(conn, *id, period))
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Shows the sentiment of departments by kind, over the customers that the key may see.
#[utoipa::path(tag = "sentiment", params(AsOf), responses((status = 200, description = "The kinds that were heard", body = Vec<KindSentiment>), (status = 422, description = "A day in the future", body = Problem)))]
#[get("/sentiment/departments")]
async fn list_department_sentiments(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let [as_of] = parameters(&request, ["as_of"])?;
    let period = period(&state, as_of, WINDOW_DAYS)?;
    let found = state
        .db
        .read(move |conn| {
            let kinds: BTreeMap<i64, String> = named::department_kinds(conn, &caller.teams)?;
            index::by_kind(conn, &kinds, period)
        })
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Texts to be scored.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Texts {
    /// Up to 1,000 texts of up to 1 MiB each.
    texts: Vec<String>,
}

/// The feeling of a text.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ScoredText {
    /// The language as found.
    pub language: Spoken,
    /// From -1 (bad) to 1 (good); 0 if neutral; `null`: not scored.
    pub polarity: Option<f64>,
    /// How probable the sign of the polarity is, in `[0.5, 1]`.
    pub confidence: Option<f64>,
    /// Whether it only transacts.
    pub neutral: Option<bool>,
    /// Why it has no score.
    pub not_scored: Option<NotScored>,
    /// The sentences that carried the feeling, the strongest first.
    pub sentences: Vec<Sentence>,
    /// Topics that were spoken of with feeling.
    pub topics: Vec<TopicPolarity>,
    /// `lexicon`, or ids of models with `+` between.
    pub scored_with: String,
}

/// Scores texts as they stand, with what interactions are scored with; nothing is kept.
#[utoipa::path(tag = "sentiment", request_body = Texts, responses((status = 200, description = "The feeling of each text, in the order given", body = Vec<ScoredText>), (status = 422, description = "Too many texts, or too long", body = Problem)))]
#[post("/sentiment:score")]
async fn score_texts(
    state: web::Data<AppState>,
    _caller: Caller,
    body: Body<Texts>,
) -> Answer<HttpResponse> {
    let texts = body.0.texts;
    if texts.len() > TEXTS {
        let rule = format!("expected at most {TEXTS} texts, found {}", texts.len());
        return Err(Error::invalid("texts", "length", rule));
    }
    if let Some(at) = texts.iter().position(|text| text.len() > TEXT) {
        let rule = format!("text {at}: expected at most {TEXT} bytes in UTF-8");
        return Err(Error::invalid("texts", "length", rule));
    }
    let scored = state.db.read(move |conn| score(conn, &texts)).await?;
    Ok(HttpResponse::Ok().json(scored))
}

/// Scores texts with what interactions are scored with.
///
/// # Errors
///
/// The database's.
pub fn score(conn: &mut Conn, texts: &[String]) -> Answer<Vec<ScoredText>> {
    let in_use = scorer::of(conn)?;
    let one = |text: &String| {
        let scored = in_use.score(text);
        let feeling = scored.outcome.as_ref().ok();
        ScoredText {
            language: scored.language,
            polarity: feeling.map(|found| found.polarity),
            confidence: feeling.map(|found| found.confidence),
            neutral: feeling.map(|found| found.neutral),
            not_scored: scored.outcome.as_ref().err().copied(),
            sentences: feeling.map(scorer::sentences).unwrap_or_default(),
            topics: feeling.map(scorer::topics).unwrap_or_default(),
            scored_with: in_use.with(scored.language),
        }
    };
    Ok(texts.iter().map(one).collect())
}

/// A model of the language of the own texts.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SentimentModel {
    /// Its id.
    pub id: i64,
    /// `en` or `zh`.
    pub language: String,
    /// Texts of the language that were found.
    pub texts: i64,
    /// Of them beside a survey score.
    pub labels: i64,
    /// How it does on texts held out.
    pub figures: Figures,
    /// Whether texts are scored with it.
    pub in_use: bool,
    /// Who had it made.
    pub actor: String,
    /// When.
    pub created_at: UtcTime,
}

impl TryFrom<Listed> for SentimentModel {
    type Error = Error;

    fn try_from(row: Listed) -> Answer<Self> {
        Ok(Self {
            id: row.id,
            language: row.language,
            texts: row.texts,
            labels: row.labels,
            figures: serde_json::from_str(&row.figures).map_err(Error::internal)?,
            in_use: row.in_use,
            actor: row.actor,
            created_at: row.created_at,
        })
    }
}

/// Lists the models of the language of the own texts, the newest first.
#[utoipa::path(tag = "sentiment", responses((status = 200, description = "The models", body = Vec<SentimentModel>)))]
#[get("/sentiment/models")]
async fn list_models(
    state: web::Data<AppState>,
    _caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let [] = parameters(&request, [])?;
    let rows = state.db.read(models::all).await?;
    let models: Vec<SentimentModel> = rows
        .into_iter()
        .map(SentimentModel::try_from)
        .collect::<Answer<_>>()?;
    Ok(HttpResponse::Ok().json(models))
}

/// Learns a model of each language from the own texts; it is put in use if it is sound. For administrators.
#[utoipa::path(tag = "sentiment", responses((status = 200, description = "What became of each language", body = Vec<Training>)))]
#[post("/sentiment/models")]
async fn train_models(state: web::Data<AppState>, caller: Caller) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let examples = state.db.read(train::examples).await?;
    let learnt = web::block(move || train::learn_all(&examples))
        .await
        .map_err(Error::internal)?;
    let (actor, now) = (caller.actor(), state.clock.now().into());
    let trained = state
        .db
        .write(move |conn| train::keep(conn, &actor, learnt, now))
        .await?;
    Ok(HttpResponse::Ok().json(trained))
}

/// What can be changed of a model.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ModelSwitch {
    /// Whether texts are scored with it; the one in use before goes out of it.
    in_use: bool,
}

/// Puts a model in use, or out of it; texts that were scored before stay until they are scored again.
///
/// For administrators.
#[utoipa::path(tag = "sentiment", params(("id" = i64, Path, description = "The model's id")), request_body = ModelSwitch, responses((status = 200, description = "The model", body = SentimentModel), (status = 404, description = "No such model", body = Problem)))]
#[patch("/sentiment/models/{id}")]
async fn switch_model(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
    body: Body<ModelSwitch>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    caller.require_all_teams()?;
    let (actor, now) = (caller.actor(), state.clock.now().into());
    let model = state
        .db
        .write(move |conn| train::switch(conn, &actor, *id, body.0.in_use, now))
        .await?;
    Ok(HttpResponse::Ok().json(SentimentModel::try_from(model)?))
}
