//! Every route, and the server that answers them.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, get, web};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt as _, scope};

use crate::access::guard::{self, Guard};
use crate::access::ticket::KnownSigner;
use crate::alerts::{self, RaiseSettings};
use crate::api::body::BodyLimit;
use crate::api::public::FailedTickets;
use crate::api::{openapi, request_id};
use crate::assessment::AssessmentError;
use crate::assessment::http::Runner;
use crate::assessment::model::BusinessBasis;
use crate::db::Conn;
use crate::error::{Answer, Error};
use crate::ids::RunId;
use crate::network::live::LiveNetwork;
use crate::state::AppState;
use crate::telemetry;
use crate::whatifs::live::Engines;

/// Where the API lives.
pub const BASE: &str = "/api/v1";

/// The endpoints of every feature, under [`BASE`].
fn features(config: &mut ServiceConfig<'_>) {
    config.service(show_openapi);
    crate::access::http::routes(config);
    crate::webhooks::http::routes(config);
    crate::shipments::http::routes(config);
    crate::merging::http::routes(config);
    crate::customers::http::routes(config);
    crate::engagement::http::routes(config);
    crate::complaints::http::routes(config);
    crate::promises::http::routes(config);
    crate::interactions::http::routes(config);
    crate::network::http::routes(config);
    crate::surveys::http::routes(config);
    crate::surveys::mail::http::routes(config);
    crate::plays::http::routes(config);
    crate::assessment::http::routes(config);
    crate::whatifs::http::routes(config);
    crate::backtest::http::routes(config);
    crate::alerts::http::routes(config);
    crate::alerts::rules_http::routes(config);
    crate::mail::http::routes(config);
    crate::track::http::routes(config);
    crate::imports::http::routes(config);
    crate::reports::http::routes(config);
}

/// The description of the API, made from its handlers.
pub fn describe() -> OpenApi {
    let (_, described) = App::new()
        .into_utoipa_app()
        .openapi(openapi::Base::openapi())
        .service(healthz)
        .service(readyz)
        .service(metrics)
        .service(scope::scope(BASE).configure(features))
        .split_for_parts();
    openapi::complete(described)
}

/// What follows an assessment run in its transaction.
///
/// # Errors
///
/// [`AssessmentError`]: the run then counts as failed and leaves nothing behind.
pub fn after_run(state: &AppState, conn: &mut Conn, run: RunId) -> Result<(), AssessmentError> {
    let refused = |error: &dyn std::fmt::Display| AssessmentError::Alerts(error.to_string());
    let settings = RaiseSettings::of(&state.config).map_err(|error| refused(&error))?;
    let now = state.clock.now().into();
    let mut raised = alerts::raise(conn, run, &settings, now).map_err(|error| refused(&error))?;
    // A run that fills history in leaves all alerts alone.
    if !raised.history {
        let checked = alerts::check::check(conn, Some(run), &settings, now);
        raised = raised.and(checked.map_err(|error| refused(&error))?);
        raised.log(&format!("Run {run}"));
    }
    // The worker looks for mails that are committed: ringing early costs it one look.
    state.bell.ring();
    Ok(())
}

/// Starts answering on `listener`; the returned server runs when awaited.
///
/// # Errors
///
/// If the listener cannot be used.
pub fn start(state: AppState, listener: TcpListener) -> std::io::Result<Server> {
    let guard = Guard::new(state.config.rate_limit);
    let (workers, body_limit) = (state.config.workers, BodyLimit(state.config.body_limit));
    let description = web::Data::new(describe());
    let basis = BusinessBasis::parse(&state.config.assessment.business_basis);
    let live_network = web::Data::new(LiveNetwork::new(basis));
    let state = web::Data::new(state);
    let guard = web::Data::new(guard);
    let runner = web::Data::new(Runner::new(Arc::new(after_run)));
    let engines = web::Data::new(Engines::default());
    let backtests = web::Data::new(crate::backtest::http::OneAtATime::default());
    let (failed, signer) = (FailedTickets::default(), KnownSigner::default());
    let (failed, signer) = (web::Data::new(failed), web::Data::new(signer));
    let imports = web::Data::new(crate::imports::running::Running::default());
    let server =
        HttpServer::new(move || {
            App::new()
                .app_data(state.clone())
                .app_data(guard.clone())
                .app_data(imports.clone())
                .app_data(failed.clone())
                .app_data(signer.clone())
                .app_data(backtests.clone())
                .app_data(description.clone())
                .app_data(live_network.clone())
                .app_data(engines.clone())
                .app_data(runner.clone())
                .app_data(body_limit)
                .app_data(web::PathConfig::default().error_handler(|error, _| {
                    Error::malformed("bad_path", error.to_string()).into()
                }))
                .wrap(from_fn(count))
                .wrap(from_fn(request_id::middleware))
                .wrap(tracing_actix_web::TracingLogger::default())
                .into_utoipa_app()
                .service(healthz)
                .service(readyz)
                .service(
                    scope::scope(BASE)
                        .wrap(from_fn(guard::idempotency))
                        .wrap(from_fn(guard::authenticate))
                        .default_service(web::to(no_such_route))
                        .configure(features),
                )
                .into_app()
                .configure(crate::complaints::http::pages)
                .configure(crate::alerts::page::http::routes)
                .configure(crate::ui::http::routes)
                .configure(crate::surveys::page::http::routes)
                .service(
                    web::scope("/metrics")
                        .wrap(from_fn(guard::authenticate))
                        .service(web::resource("").get(show_metrics)),
                )
                .default_service(web::to(no_such_route))
        });
    Ok(server
        .workers(workers)
        .shutdown_timeout(30)
        .listen(listener)?
        .run())
}

/// Tells that the process lives.
#[utoipa::path(tag = "health", security(()), responses((status = 200, description = "It lives", body = String, content_type = "text/plain")))]
#[get("/healthz")]
async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// Tells whether requests can be answered: database reachable, schema current.
#[utoipa::path(tag = "health", security(()), responses((status = 200, description = "Ready", body = String, content_type = "text/plain"), (status = 503, description = "Not ready", body = crate::error::Problem)))]
#[get("/readyz")]
async fn readyz(state: web::Data<AppState>) -> Answer<HttpResponse> {
    let db = state.db.clone();
    let current = web::block(move || db.schema_is_current())
        .await
        .map_err(Error::internal)?;
    match current {
        Ok(true) => Ok(HttpResponse::Ok()
            .content_type("text/plain")
            .body("ready\n")),
        Ok(false) => Err(Error::Unavailable(
            "the schema is not current: run `hawser migrate`".to_owned(),
        )),
        Err(error) => {
            tracing::warn!(error.cause = %error, "not ready: {error}");
            Err(Error::Unavailable(
                "the database does not answer".to_owned(),
            ))
        }
    }
}

/// Shows counters and timings for Prometheus.
#[utoipa::path(tag = "health", responses((status = 200, description = "Metrics in Prometheus' text format", body = String, content_type = "text/plain")))]
#[get("/metrics")]
async fn metrics() -> HttpResponse {
    show_metrics().await
}

async fn show_metrics() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(telemetry::render_metrics())
}

/// Shows this description.
#[utoipa::path(tag = "health", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
#[get("/openapi.json")]
async fn show_openapi(description: web::Data<OpenApi>) -> HttpResponse {
    HttpResponse::Ok().json(description.get_ref())
}

/// Answers for paths that nobody else does: 405 where another method would do, else 404.
async fn no_such_route(
    request: HttpRequest,
    description: web::Data<OpenApi>,
) -> Result<HttpResponse, Error> {
    let allowed = openapi::methods_at(&description, request.path());
    if allowed.is_empty() || (request.method() == Method::OPTIONS) {
        return Err(Error::NoRoute {
            path: request.path().to_owned(),
        });
    }
    Err(Error::MethodNotAllowed {
        allow: allowed.join(", "),
    })
}

/// Counts requests and their duration by method, route and status.
async fn count(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let started = Instant::now();
    let method = request.method().to_string();
    let response = next.call(request).await?;
    let route = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "none".to_owned());
    telemetry::count_request(
        &method,
        &route,
        response.status().as_u16(),
        started.elapsed(),
    );
    Ok(response)
}
