//! Endpoints for plays.

mod life;
mod plays;
mod templates;

use actix_web::{HttpResponse, HttpResponseBuilder};
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::PlayDetail;
use crate::api::etag;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    templates::routes(config);
    life::routes(config);
    plays::routes(config);
}

fn answer(mut response: HttpResponseBuilder, found: &PlayDetail) -> HttpResponse {
    response
        .insert_header(("etag", etag::of(found.play.version)))
        .json(found)
}
