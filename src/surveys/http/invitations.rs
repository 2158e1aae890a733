//! Endpoints for invitations.

use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Invitation, views};
use crate::access::{Caller, Teams};
use crate::api::body::Body;
use crate::api::list::{self, ListParams, Page};
use crate::customers::edit::Writer;
use crate::db::Conn;
use crate::db::select::Value;
use crate::error::{Answer, Error, Problem};
use crate::sentiment::Scorer;
use crate::state::AppState;
use crate::surveys::enter::AnswerInput;
use crate::surveys::invite::{Invited, invite, revoke};
use crate::surveys::model::{InviteInput, Rules};
use crate::surveys::store::{self, AnswerRow, InvitationRow, invitations};
use crate::surveys::{GivenAnswer, edit, questions_for, record};

/// Adds the endpoints of invitations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_invitations)
        .service(list_invitations)
        .service(revoke_invitation)
        .service(find_invitation)
        .service(put_answers);
}

/// An invitation with its answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Answered {
    #[serde(flatten)]
    invitation: Invitation,
    /// The answers it has.
    answers: Vec<AnswerRow>,
}

/// All that a person answers.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswersInput {
    /// One for each question; questions that are left out lose the answers they had.
    answers: Vec<AnswerInput>,
}

/// Asks people: an invitation for everybody chosen who may be asked, and why not for the others.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "The survey's id")), request_body = InviteInput, responses((status = 200, description = "Who is asked, and who is not and why", body = Invited), (status = 404, description = "No such survey", body = Problem), (status = 409, description = "It is not open: `survey_not_open`, `survey_closed`", body = Problem)))]
#[post("/surveys/{id}/invitations")]
async fn create_invitations(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
    body: Body<InviteInput>,
) -> Answer<HttpResponse> {
    let (id, rules) = (id.into_inner(), Rules::of(&state.config.surveys));
    let writer = Writer::of(caller, state.clock.now().into());
    let invited = state
        .db
        .write(move |conn| invite(conn, &writer, id, &body.0, rules))
        .await?;
    // Its transaction is done: those who are asked by mail can be told.
    state.bell.ring();
    Ok(HttpResponse::Ok().json(invited))
}

/// Lists the invitations of a survey.
///
/// Filters: `id`, `status`, `customer_id`, `department_id`, `contact_id`, `side`, `source`,
/// `answered_at`, `updated_at`; sorts: `id`, `updated_at`.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "The survey's id"), ListParams), responses((status = 200, description = "A page of invitations", body = Page<Invitation>), (status = 404, description = "No such survey", body = Problem)))]
#[get("/surveys/{id}/invitations")]
async fn list_invitations(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &invitations::INVITATIONS, &[])?;
    let (listing, id) = (wanted.listing.clone(), id.into_inner());
    let rows = state
        .db
        .read(move |conn| {
            let survey = edit::visible(conn, id, &caller.teams)?;
            let rows = invitations::page(conn, survey.id, &listing, &caller.teams)?;
            views(conn, rows, &caller.teams)
        })
        .await?;
    let key = |row: &Invitation, sort: &'static str| {
        let value = match sort {
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id),
        };
        (value, row.id)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// The invitation with this id, as these teams see it.
fn found(conn: &mut Conn, id: i64, teams: &Teams) -> Answer<InvitationRow> {
    let found = store::invitation(conn, id)?.filter(|row| teams.allow(row.team_id));
    found.ok_or_else(|| Error::not_found("survey invitation", id))
}

fn answered(conn: &mut Conn, id: i64, teams: &Teams) -> Answer<Answered> {
    let row = found(conn, id, teams)?;
    let answers = store::answers_of(conn, row.id)?;
    let mut views = views(conn, vec![row], teams)?;
    let invitation = views.pop();
    let invitation = invitation.ok_or_else(|| Error::not_found("survey invitation", id))?;
    Ok(Answered {
        invitation,
        answers,
    })
}

/// Shows an invitation with its answers.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), responses((status = 200, description = "The invitation", body = Answered), (status = 404, description = "No such invitation", body = Problem)))]
#[get("/survey-invitations/{id}")]
async fn find_invitation(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let shown = state
        .db
        .read(move |conn| answered(conn, id, &caller.teams))
        .await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// Enters what a person answered, such as by telephone; replaces earlier answers.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "The invitation's id")), request_body = AnswersInput, responses((status = 200, description = "The invitation", body = Answered), (status = 404, description = "No such invitation", body = Problem), (status = 409, description = "It cannot be answered: `survey_not_open`, `survey_closed`, `invitation_revoked`", body = Problem), (status = 422, description = "Answers break rules: `bad_answers` names the questions, `no_answer`", body = Problem)))]
#[put("/survey-invitations/{id}/answers")]
async fn put_answers(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
    body: Body<AnswersInput>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let writer = Writer::of(caller, state.clock.now().into());
    let shown = state
        .db
        .write(move |conn| {
            let row = found(conn, id, &writer.teams)?;
            let mut given: Vec<GivenAnswer> = body.0.answers.into_iter().map(Into::into).collect();
            for question in questions_for(&row) {
                if !given.iter().any(|answer| answer.question == question.code) {
                    given.push(GivenAnswer {
                        question: question.code,
                        ..GivenAnswer::default()
                    });
                }
            }
            let recorded = record(conn, &row, &given, &Scorer::lexicon(), writer.now)?;
            if recorded.changed {
                writer.record(conn, "answered", "survey_invitation", id)?;
            }
            answered(conn, id, &writer.teams)
        })
        .await?;
    Ok(HttpResponse::Ok().json(shown))
}

/// Revokes an invitation: its link ends, answers that it has stay.
#[utoipa::path(tag = "surveys", params(("id" = i64, Path, description = "Its id")), responses((status = 200, description = "The invitation", body = Answered), (status = 404, description = "No such invitation", body = Problem)))]
#[post("/survey-invitations/{id}:revoke")]
async fn revoke_invitation(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let id = id.into_inner();
    let writer = Writer::of(caller, state.clock.now().into());
    let shown = state
        .db
        .write(move |conn| {
            let row = found(conn, id, &writer.teams)?;
            revoke(conn, &writer, &row)?;
            answered(conn, id, &writer.teams)
        })
        .await?;
    Ok(HttpResponse::Ok().json(shown))
}
