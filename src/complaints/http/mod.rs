//! Endpoints for complaints.

mod causes;
mod figures;
mod life;
mod page;
mod records;

pub use page::routes as pages;

use utoipa_actix_web::service_config::ServiceConfig;

use super::deed::Office;
use super::store::{self, Row};
use super::view::Complaint;
use crate::access::Teams;
use crate::db::{Conn, UtcTime};
use crate::engagement::edit::Writer;
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

/// The complaint that was just written, as its writer may see it.
fn written(conn: &mut Conn, id: i64, writer: &Writer) -> Answer<Complaint> {
    let row = store::find(conn, id)?.ok_or_else(|| Error::not_found("complaint", id))?;
    shown(conn, row, &writer.teams, writer.now)
}

/// A complaint as these teams may see it.
fn shown(conn: &mut Conn, row: Row, teams: &Teams, now: UtcTime) -> Answer<Complaint> {
    let mut row = [row];
    store::mask(conn, &mut row, teams)?;
    let [row] = row;
    Ok(Complaint::of(&row, now)?)
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
