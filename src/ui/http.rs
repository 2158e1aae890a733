//! The pages that mails link to; no key is needed, as they hold no data.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, route, web};

use super::{Subject, page};
use crate::error::{Answer, Error};
use crate::i18n::preferred_language;
use crate::state::AppState;

/// Adds the pages.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(alert).service(customer);
}

/// How an alert is read.
#[route("/alerts/{id:\\d{1,18}}", method = "GET", method = "HEAD")]
async fn alert(
    state: web::Data<AppState>,
    request: HttpRequest,
    id: web::Path<u64>,
) -> Answer<HttpResponse> {
    show(&state, &request, Subject::Alert(id.into_inner()))
}

/// How a customer is read.
#[route("/customers/{id:\\d{1,18}}", method = "GET", method = "HEAD")]
async fn customer(
    state: web::Data<AppState>,
    request: HttpRequest,
    id: web::Path<u64>,
) -> Answer<HttpResponse> {
    show(&state, &request, Subject::Customer(id.into_inner()))
}

fn show(state: &AppState, request: &HttpRequest, subject: Subject) -> Answer<HttpResponse> {
    let accept = request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let language = preferred_language(accept);
    let html = page(subject, language, &state.config.public_url).map_err(Error::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, "Accept-Language"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(html))
}
