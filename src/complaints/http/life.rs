//! Endpoints for what happens to a complaint.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::office;
use crate::access::{Caller, Scope};
use crate::api::body::{Body, optional};
use crate::api::etag::{self, IfMatch};
use crate::api::reference::Reference;
use crate::complaints::deed::{Act, Evidence, perform};
use crate::complaints::model::Settlement;
use crate::complaints::store::Row;
use crate::complaints::view::Complaint;
use crate::engagement::edit::Writer;
use crate::engagement::http::records::{Moment, shown};
use crate::error::{Answer, Error, Problem};
use crate::state::AppState;

/// Adds these endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(acknowledge_complaint)
        .service(answer_complaint)
        .service(confirm_complaint)
        .service(reopen_complaint)
        .service(judge_complaint)
        .service(settle_complaint)
        .service(verify_complaint_action)
        .service(withdraw_complaint);
}

/// What was said, if anything.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Remark {
    /// Up to 20,000 characters.
    #[serde(default)]
    text: Option<String>,
}

/// An answer to the customer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerInput {
    /// What the customer reads, up to 20,000 characters.
    text: String,
    /// What is done about it; as told before if absent.
    #[serde(default)]
    remedy: Option<String>,
}

/// How it is known what the customer said.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CustomerWord {
    /// Such as "called on Monday, Ms Li", up to 20,000 characters; kept.
    evidence: String,
}

/// Why the customer is not content.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Discontent {
    /// Up to 20,000 characters.
    #[serde(default)]
    reason: Option<String>,
}

/// A judgement.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Judgement {
    /// Whether the complaint is justified.
    justified: bool,
    /// Needed to call it unjustified.
    #[serde(default)]
    evidence: Option<String>,
}

/// A complaint that was answered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Answered {
    #[serde(flatten)]
    complaint: Complaint,
    /// Whether a mail with the answer and the link was queued; without a contact who has an address
    /// nobody can be asked, and one of ours confirms with evidence.
    mailed: bool,
}

/// Carries out a step.
async fn act(
    state: &AppState,
    caller: Caller,
    (request, id): (&HttpRequest, &str),
    act: Act,
) -> Answer<(Complaint, bool)> {
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(id)?, IfMatch::of(request));
    let (office, moment) = (office(state)?, Moment::of(state));
    let writer = Writer::of(caller, moment.now);
    let done = state
        .db
        .write(move |conn| {
            let done = perform(conn, &writer, (&reference, &condition), &act, &office)?;
            let row = Row::find(conn, done.id)?;
            let row = row.ok_or_else(|| Error::not_found("complaint", done.id))?;
            let complaint = shown(conn, row, &writer.teams, moment)?;
            Ok::<_, Error>((complaint, done.mailed))
        })
        .await?;
    if done.1 {
        state.bell.ring();
    }
    Ok(done)
}

fn answer(complaint: &Complaint) -> HttpResponse {
    etag::answer(HttpResponse::Ok(), complaint.version, complaint)
}

/// Notes that the customer knows that somebody is at it.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = Option<Remark>, responses((status = 200, description = "The complaint", body = Complaint), (status = 404, description = "No such complaint", body = Problem), (status = 409, description = "`already_acknowledged`, `confirmed` or `withdrawn`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/complaints/{id}:acknowledge")]
async fn acknowledge_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let remark: Remark = optional(&request, payload).await?;
    let step = Act::Acknowledge(remark.text);
    let (complaint, _) = act(&state, caller, (&request, &id), step).await?;
    Ok(answer(&complaint))
}

/// Answers the customer, by mail with a link that confirms or reopens. An answer closes nothing.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = AnswerInput, responses((status = 200, description = "The complaint, and whether a mail goes out", body = Answered), (status = 404, description = "No such complaint", body = Problem), (status = 409, description = "`confirmed` or `withdrawn`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A text is missing or too long", body = Problem)))]
#[post("/complaints/{id}:answer")]
async fn answer_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<AnswerInput>,
) -> Answer<HttpResponse> {
    let AnswerInput { text, remedy } = body.0;
    let step = Act::Answer { text, remedy };
    let (complaint, mailed) = act(&state, caller, (&request, &id), step).await?;
    let version = complaint.version;
    let answered = Answered { complaint, mailed };
    Ok(etag::answer(HttpResponse::Ok(), version, &answered))
}

/// Notes that the customer says it is settled; the evidence is kept. Only that closes a complaint.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = CustomerWord, responses((status = 200, description = "The complaint", body = Complaint), (status = 404, description = "No such complaint", body = Problem), (status = 409, description = "`not_answered`, `already_confirmed` or `withdrawn`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "There is no evidence", body = Problem)))]
#[post("/complaints/{id}:confirm")]
async fn confirm_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<CustomerWord>,
) -> Answer<HttpResponse> {
    let step = Act::Confirm(Evidence::Told(body.0.evidence));
    let (complaint, _) = act(&state, caller, (&request, &id), step).await?;
    Ok(answer(&complaint))
}

/// Notes that the customer says it is not settled; the deadlines begin anew.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = Option<Discontent>, responses((status = 200, description = "The complaint", body = Complaint), (status = 404, description = "No such complaint", body = Problem), (status = 409, description = "`not_answered` or `withdrawn`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/complaints/{id}:reopen")]
async fn reopen_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let why: Discontent = optional(&request, payload).await?;
    let step = Act::Reopen(why.reason);
    let (complaint, _) = act(&state, caller, (&request, &id), step).await?;
    Ok(answer(&complaint))
}

/// Says whether the complaint is justified; unjustified only with evidence.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = Judgement, responses((status = 200, description = "The complaint", body = Complaint), (status = 404, description = "No such complaint", body = Problem), (status = 409, description = "`withdrawn`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "There is no evidence", body = Problem)))]
#[post("/complaints/{id}:judge")]
async fn judge_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<Judgement>,
) -> Answer<HttpResponse> {
    let Judgement {
        justified,
        evidence,
    } = body.0;
    let step = Act::Judge {
        justified,
        evidence,
    };
    let (complaint, _) = act(&state, caller, (&request, &id), step).await?;
    Ok(answer(&complaint))
}

/// Notes what was paid, and when.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = Settlement, responses((status = 200, description = "The complaint", body = Complaint), (status = 404, description = "No such complaint", body = Problem), (status = 409, description = "`withdrawn`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A negative amount, or a day before the complaint or in the future", body = Problem)))]
#[post("/complaints/{id}:settle")]
async fn settle_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<Settlement>,
) -> Answer<HttpResponse> {
    let step = Act::Settle(body.0);
    let (complaint, _) = act(&state, caller, (&request, &id), step).await?;
    Ok(answer(&complaint))
}

/// Notes that what keeps it from happening again was found to work.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = Option<Remark>, responses((status = 200, description = "The complaint", body = Complaint), (status = 404, description = "No such complaint", body = Problem), (status = 409, description = "`no_action` or `withdrawn`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/complaints/{id}:verify-action")]
async fn verify_complaint_action(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let remark: Remark = optional(&request, payload).await?;
    let step = Act::VerifyAction(remark.text);
    let (complaint, _) = act(&state, caller, (&request, &id), step).await?;
    Ok(answer(&complaint))
}

/// Notes that the customer took the complaint back; the evidence is kept.
#[utoipa::path(tag = "complaints", params(("id" = String, Path, description = "Its id, or `ext:SYSTEM:ID`")), request_body = CustomerWord, responses((status = 200, description = "The complaint", body = Complaint), (status = 404, description = "No such complaint", body = Problem), (status = 409, description = "`confirmed` or `withdrawn`", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "There is no evidence", body = Problem)))]
#[post("/complaints/{id}:withdraw")]
async fn withdraw_complaint(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<String>,
    body: Body<CustomerWord>,
) -> Answer<HttpResponse> {
    let step = Act::Withdraw(body.0.evidence);
    let (complaint, _) = act(&state, caller, (&request, &id), step).await?;
    Ok(answer(&complaint))
}
