//! Endpoints for the rules that raise alerts; all need the scope `admin`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::RaiseSettings;
use super::model::AlertReason;
use super::settings::{Reader, Rule, RuleInput, RuleOrigin, RuleValues, RuleView, Setting};
use crate::access::{Caller, Scope, Teams, store as people};
use crate::api::body::Body;
use crate::api::etag::{self, IfMatch};
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error, Problem, ProblemPart};
use crate::i18n::{Language, preferred_language};
use crate::state::AppState;

/// Adds the endpoints of rules.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_alert_rules)
        .service(set_alert_rule)
        .service(reset_alert_rule);
}

/// Every rule as it holds for a team, or where no team's settings count.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertRules {
    /// In the order of the reasons.
    data: Vec<RuleView>,
}

/// A rule as it holds now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AlertRule {
    /// Which.
    reason: AlertReason,
    /// What holds.
    #[serde(flatten)]
    values: RuleValues,
    /// Where that comes from.
    origin: RuleOrigin,
    /// The version of what was set; `null` if nothing was.
    version: Option<i64>,
}

fn wrong(name: &str, detail: String) -> Error {
    Error::Malformed {
        code: "bad_parameter",
        detail: format!("{name}: {detail}"),
        errors: vec![ProblemPart {
            pointer: name.to_owned(),
            code: "bad_parameter".to_owned(),
            detail,
        }],
    }
}

/// The team asked for, if any.
fn team(request: &HttpRequest) -> Answer<Option<i64>> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|error| Error::malformed("bad_query", error.to_string()))?
        .into_inner();
    let mut team = None;
    for (name, text) in &pairs {
        if name != "team_id" {
            let expected = "unknown parameter; expected team_id".to_owned();
            return Err(wrong(name, expected));
        }
        if team.is_some() {
            return Err(wrong(name, "it is given twice".to_owned()));
        }
        let id = text.parse::<i64>();
        team = Some(id.map_err(|_| wrong(name, "expected a whole number".to_owned()))?);
    }
    Ok(team)
}

/// Checks that there is such a team, and that the caller may see it.
fn known(conn: &mut Conn, team: Option<i64>, sees: &Teams) -> Answer<()> {
    match team {
        Some(id) if !sees.allow(Some(id)) || people::team(conn, id)?.is_none() => {
            Err(Error::not_found("team", id))
        }
        _ => Ok(()),
    }
}

fn setting(caller: &Caller, request: &HttpRequest, reason: &str) -> Answer<Setting> {
    caller.require(Scope::Admin)?;
    let team = team(request)?;
    if team.is_none() {
        caller.require_all_teams()?;
    }
    let reason = AlertReason::parse(reason).ok_or_else(|| {
        let allowed = AlertReason::WORDS.join(", ");
        wrong("reason", format!("expected one of {allowed}"))
    })?;
    Ok(Setting {
        reason,
        team,
        condition: IfMatch::of(request),
        actor: caller.actor(),
    })
}

fn settings(state: &AppState) -> Answer<RaiseSettings> {
    RaiseSettings::of(&state.config).map_err(Error::internal)
}

fn answer(rule: &Rule) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(version) = rule.version {
        response.insert_header(("etag", etag::of(version)));
    }
    response.json(AlertRule {
        reason: rule.reason,
        values: rule.values,
        origin: rule.origin,
        version: rule.version,
    })
}

/// Lists what raises alerts: levels, where they come from, and what each rule lacks.
#[utoipa::path(tag = "alerts", params(("team_id" = Option<i64>, Query, description = "As it holds for customers of this team; absent: where no team's settings count")), responses((status = 200, description = "Every rule; words in the language of `Accept-Language`", body = AlertRules), (status = 404, description = "No such team", body = Problem)))]
#[get("/alert-rules")]
async fn list_alert_rules(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Answer<HttpResponse> {
    caller.require(Scope::Admin)?;
    let (team, settings) = (team(&request)?, settings(&state)?);
    let language: Language = request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map(preferred_language)
        .unwrap_or_default();
    let reader = Reader {
        team,
        sees: caller.teams,
        language,
    };
    let now = UtcTime::from(state.clock.now());
    let data = state
        .db
        .read(move |conn| {
            known(conn, team, &reader.sees)?;
            reader.rules(conn, (settings.limits, settings.zone), now)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, "Accept-Language"))
        .json(AlertRules { data }))
}

/// Sets a rule for a team, or for everybody; what is absent is as it would be without the setting.
#[utoipa::path(tag = "alerts", params(("reason" = String, Path, description = "The rule, such as `volume_drop`"), ("team_id" = Option<i64>, Query, description = "The team; absent: everybody")), request_body = RuleInput, responses((status = 200, description = "The rule as it holds now", body = AlertRule), (status = 400, description = "No such rule: the allowed ones are named", body = Problem), (status = 403, description = "The key is limited to teams and sets a rule for everybody", body = Problem), (status = 404, description = "No such team", body = Problem), (status = 412, description = "It has changed since", body = Problem), (status = 422, description = "A value makes no sense", body = Problem)))]
#[put("/alert-rules/{reason}")]
async fn set_alert_rule(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    reason: web::Path<String>,
    body: Body<RuleInput>,
) -> Answer<HttpResponse> {
    let setting = setting(&caller, &request, &reason)?;
    let (limits, now) = (settings(&state)?.limits, state.clock.now().into());
    let rule = state
        .db
        .write(move |conn| {
            known(conn, setting.team, &caller.teams)?;
            setting.write(conn, &body.0, limits, now)
        })
        .await?;
    Ok(answer(&rule))
}

/// Takes a rule's setting back: for a team to everybody's, for everybody to the default.
#[utoipa::path(tag = "alerts", params(("reason" = String, Path, description = "The rule"), ("team_id" = Option<i64>, Query, description = "The team; absent: everybody")), responses((status = 200, description = "The rule as it holds now", body = AlertRule), (status = 400, description = "No such rule: the allowed ones are named", body = Problem), (status = 403, description = "The key is limited to teams and sets a rule for everybody", body = Problem), (status = 404, description = "No such team", body = Problem), (status = 412, description = "It has changed since", body = Problem)))]
#[delete("/alert-rules/{reason}")]
async fn reset_alert_rule(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
    reason: web::Path<String>,
) -> Answer<HttpResponse> {
    let setting = setting(&caller, &request, &reason)?;
    let (limits, now) = (settings(&state)?.limits, state.clock.now().into());
    let rule = state
        .db
        .write(move |conn| {
            known(conn, setting.team, &caller.teams)?;
            setting.reset(conn, limits, now)
        })
        .await?;
    Ok(answer(&rule))
}
