//! Endpoints for complaints.

mod causes;
mod figures;
mod life;
mod page;
mod records;

pub use page::routes as pages;

use utoipa_actix_web::service_config::ServiceConfig;

use super::deed::Office;
use crate::error::{Answer, Error};
use crate::mail::public_url::NotAPublicUrl;
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    figures::routes(config);
    records::routes(config);
    life::routes(config);
    causes::routes(config);
}

/// What a step needs to know of this instance.
fn office(state: &AppState) -> Answer<Office> {
    Ok(Office {
        public_url: state
            .config
            .public_url
            .parse()
            .map_err(|error: NotAPublicUrl| Error::internal(error))?,
        today: state.today(),
    })
}
