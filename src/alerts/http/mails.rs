//! Endpoints for the mails of the outbox.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{Caller, Scope};
use crate::api::list::{self, ListParams, Page};
use crate::db::UtcTime;
use crate::db::select::{self, Value};
use crate::error::{Answer, Error, Problem};
use crate::mail::outbox::{self, store::Mail};
use crate::state::AppState;

/// Adds the endpoints of mails.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_mails)
        .service(retry_mail)
        .service(find_mail);
}

/// A mail with what it says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MailDetail {
    #[serde(flatten)]
    mail: Mail,
    /// Its subject.
    subject: String,
    /// Its plain text.
    text: String,
}

/// Lists the mails of the outbox, without what they say.
#[utoipa::path(tag = "alerts", params(ListParams), responses((status = 200, description = "A page of mails", body = Page<Mail>)))]
#[get("/mails")]
async fn list_mails(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &outbox::store::MAILS, &[])?;
    let (listing, teams) = (wanted.listing.clone(), caller.teams);
    let rows: Vec<Mail> = state
        .db
        .read(move |conn| {
            select::page(conn, &outbox::store::MAILS, &listing, |sql| {
                outbox::store::restrict(&teams, sql);
            })
        })
        .await?;
    let key = |row: &Mail, sort: &'static str| {
        let value = match sort {
            "attempts" => Value::Int(row.attempts),
            "created_at" => Value::Time(row.created_at),
            "updated_at" => Value::Time(row.updated_at),
            "next_attempt_at" => Value::Time(row.next_attempt_at),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Shows a mail with its subject and plain text.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The mail's id")), responses((status = 200, description = "The mail", body = MailDetail), (status = 404, description = "No such mail", body = Problem)))]
#[get("/mails/{id}")]
async fn find_mail(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (id, teams) = (id.into_inner(), caller.teams);
    let detail = state
        .db
        .read(move |conn| {
            let missing = || Error::not_found("mail", id);
            let mail = outbox::store::find(conn, id, &teams)?.ok_or_else(missing)?;
            let (subject, text) = outbox::store::words(conn, mail.id)?.ok_or_else(missing)?;
            Ok::<_, Error>(MailDetail {
                mail,
                subject,
                text,
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(detail))
}

/// Puts a dead letter back into the queue, to the person's address of today.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The mail's id")), responses((status = 200, description = "The mail", body = Mail), (status = 404, description = "No such mail", body = Problem), (status = 409, description = "It is no dead letter (`not_dead`), or its recipient was removed (`recipient_removed`)", body = Problem)))]
#[post("/mails/{id}:retry")]
async fn retry_mail(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    let (id, actor, teams) = (id.into_inner(), caller.actor(), caller.teams);
    let now = UtcTime::from(state.clock.now());
    let mail = state
        .db
        .write(move |conn| outbox::retry(conn, id, &teams, &actor, now))
        .await?;
    state.bell.ring();
    Ok(HttpResponse::Ok().json(mail))
}
