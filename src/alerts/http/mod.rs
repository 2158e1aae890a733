//! Endpoints for alerts and the mails that carry them.

mod life;
mod mails;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::facts::Facts;
use super::store::history::{self, Event};
use super::store::{self, Alert};
use crate::access::Caller;
use crate::api::etag;
use crate::api::list::{self, ListParams, Page};
use crate::db::select::{self, Value};
use crate::error::{Answer, Error, Problem};
use crate::mail::outbox::{self, store::Mail};
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_alerts).service(show_history);
    life::routes(config);
    config.service(find_alert);
    mails::routes(config);
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
    /// Everything that was done with it, the oldest first.
    history: Vec<Event>,
}

/// Lists alerts; those about our own data only to keys that see every team. Mails that carry them wait in the outbox while no mail server is configured.
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

/// Shows an alert with its facts, its mails and its history.
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
                history: history::of(conn, alert.id)?,
                alert,
            })
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header(("etag", etag::of(detail.alert.version)))
        .json(detail))
}

/// Shows everything that was done with an alert, the oldest first.
#[utoipa::path(tag = "alerts", params(("id" = i64, Path, description = "The alert's id")), responses((status = 200, description = "The history", body = Vec<Event>), (status = 404, description = "No such alert", body = Problem)))]
#[get("/alerts/{id}/history")]
async fn show_history(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    let (id, teams) = (id.into_inner(), caller.teams);
    let events = state
        .db
        .read(move |conn| {
            let alert =
                store::find(conn, id, &teams)?.ok_or_else(|| Error::not_found("alert", id))?;
            Ok::<_, Error>(history::of(conn, alert.id)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(events))
}
