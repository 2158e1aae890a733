//! Endpoints for alerts and the mails that carry them.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use super::facts::Facts;
use super::life::{self, Person};
use super::model::Settlement;
use super::store::{self, Alert};
use crate::access::{Caller, Scope};
use crate::api::body;
use crate::api::etag::{self, IfMatch};
use crate::api::list::{self, ListParams, Page};
use crate::db::UtcTime;
use crate::db::select::{self, Value};
use crate::error::{Answer, Error, Problem};
use crate::mail::outbox::{self, store::Mail};
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_alerts)
        .service(acknowledge_alert)
        .service(resolve_alert)
        .service(find_alert)
        .service(list_mails)
        .service(retry_mail)
        .service(find_mail);
}

/// An alert with all it says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertDetail {
    #[serde(flatten)]
    alert: Alert,
    /// What it says. Names of partners that the key may not see are `null`.
    facts: Facts,
    /// The mails that carried it, as far as the key may see them.
    mails: Vec<Mail>,
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

/// Why an alert is resolved.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Resolution {
    /// Default `acted`.
    #[serde(default)]
    reason: Option<Settlement>,
}

/// Lists alerts. Mails that carry them wait in the outbox while no mail server is configured.
#[utoipa::path(tag = "alerts", params(ListParams), responses((status = 200, description = "A page of alerts", body = Page<Alert>)))]
#[get("/alerts")]
async fn list_alerts(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(&request, &store::ALERTS, &[])?;
    let (listing, teams) = (wanted.listing.clone(), caller.teams);
    let rows: Vec<Alert> = state
        .db
        .read(move |conn| {
            select::page(conn, &store::ALERTS, &listing, |sql| {
                teams.restrict(sql, "c.team_id");
            })
        })
        .await?;
    let key = |row: &Alert, sort: &'static str| {
        let value = match sort {
            "measure" => Value::Real(row.measure),
            "opened_at" => Value::Time(row.opened_at),
            "updated_at" => Value::Time(row.updated_at),
            _ => Value::Int(row.id.0),
        };
        (value, row.id.0)
    };
    Ok(list::respond(&request, &wanted.page(rows, key, |row| row)))
}

/// Shows an alert with its facts and its mails.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The alert's id")), responses((status = 200, description = "The alert", body = AlertDetail), (status = 404, description = "No such alert", body = Problem)))]
#[get("/alerts/{id}")]
async fn find_alert(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (id, teams) = (id.into_inner(), caller.teams);
    let detail = state
        .db
        .read(move |conn| {
            let alert =
                store::find(conn, id, &teams)?.ok_or_else(|| Error::not_found("alert", id))?;
            Ok::<_, Error>(AlertDetail {
                facts: store::facts(conn, alert.id, &teams)?,
                mails: outbox::store::of_alert(conn, alert.id, &teams)?,
                alert,
            })
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header(("etag", etag::of(detail.alert.version)))
        .json(detail))
}

fn person(caller: Caller, request: &HttpRequest) -> Person {
    Person {
        actor: caller.actor(),
        teams: caller.teams,
        condition: IfMatch::of(request),
    }
}

fn changed(alert: Alert) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("etag", etag::of(alert.version)))
        .json(alert)
}

/// Notes that somebody is at an alert.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The alert's id")), responses((status = 200, description = "The alert", body = Alert), (status = 404, description = "No such alert", body = Problem), (status = 409, description = "It is resolved: `already_resolved`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/alerts/{id}:acknowledge")]
async fn acknowledge_alert(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (id, person) = (id.into_inner(), person(caller, &request));
    let now = UtcTime::from(state.clock.now());
    let alert = state
        .db
        .write(move |conn| life::acknowledge(conn, id, &person, now))
        .await?;
    Ok(changed(alert))
}

/// Resolves an alert; runs open another only if something new happens.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The alert's id")), request_body = Option<Resolution>, responses((status = 200, description = "The alert", body = Alert), (status = 404, description = "No such alert", body = Problem), (status = 409, description = "It is resolved: `already_resolved`", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[post("/alerts/{id}:resolve")]
async fn resolve_alert(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    id: web::Path<i64>,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    let bytes = body::bytes(&request, &mut payload.into_inner()).await?;
    let resolution = if bytes.is_empty() {
        Resolution::default()
    } else {
        body::expect_type(&request, &["application/json"], "application/json")?;
        body::parse(&bytes)?
    };
    let settlement = resolution.reason.unwrap_or(Settlement::Acted);
    let (id, person) = (id.into_inner(), person(caller, &request));
    let now = UtcTime::from(state.clock.now());
    let alert = state
        .db
        .write(move |conn| life::resolve(conn, id, settlement, &person, now))
        .await?;
    Ok(changed(alert))
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
