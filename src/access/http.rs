//! Endpoints for keys, users, teams and the audit log; all need the scope `admin`.

mod audit;
pub mod door;
mod keys;
mod record;
mod teams;
pub mod users;

use utoipa_actix_web::service_config::ServiceConfig;

use super::audit::Deed;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    keys::routes(config);
    teams::routes(config);
    users::routes(config);
    audit::routes(config);
}

fn deed<'a>(action: &'a str, entity: &'a str, id: i64) -> Deed<'a> {
    Deed {
        action,
        entity,
        id: Some(id),
        detail: None,
    }
}
