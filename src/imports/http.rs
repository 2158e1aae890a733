//! Endpoints for imports and saved mappings.
//!
//! Every one needs a key for every team: a file names customers of any.

mod begin;
mod mappings;
mod problems;
mod records;
mod rejects;

use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use super::running::{Running, Shown};
use super::store::{self, Import};
use crate::error::{Answer, Error};
use crate::state::AppState;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    begin::routes(config);
    rejects::routes(config);
    records::routes(config);
    mappings::routes(config);
}

/// An import, and how far it has come.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ImportView {
    #[serde(flatten)]
    import: Import,
    /// How far it has come; only while it runs, and in the process that runs it.
    progress: Option<Shown>,
}

impl ImportView {
    fn new(import: Import, running: &Running) -> Self {
        let progress = (import.status == "running").then(|| running.progress(import.id));
        Self {
            import,
            progress: progress.flatten(),
        }
    }
}

async fn import(state: &AppState, id: i64) -> Answer<Import> {
    state
        .db
        .read(move |conn| store::find(conn, id)?.ok_or_else(|| no_import(id)))
        .await
}

fn no_import(id: i64) -> Error {
    Error::not_found("import", id)
}
