//! The models of a run, as people ask for them.

use chrono::NaiveDate;
use serde::Serialize;

use super::own::record::ModelFit;
use super::read::{self, Source};
use super::store::models;
use crate::db::Conn;
use crate::error::Answer;

/// What the numbers of a run rest on.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ModelsView {
    /// Where the numbers come from.
    pub source: Source,
    /// The models.
    pub models: Vec<ModelFit>,
}

/// The models of the wanted run.
///
/// # Errors
///
/// 404 if there is no finished run of that date.
pub fn models(conn: &mut Conn, as_of: Option<NaiveDate>) -> Answer<ModelsView> {
    let run = read::wanted_run(conn, as_of)?;
    Ok(ModelsView {
        models: models::of_run(conn, run.id)?,
        source: run.source(),
    })
}
