//! Endpoints for shipments.

mod batch;
mod input;
mod read;
mod view;
mod write;

use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder};
use utoipa_actix_web::service_config::ServiceConfig;

use super::store::{self, Row};
use crate::access::Teams;
use crate::api::etag;
use crate::api::reference::Reference;
use crate::db::Conn;
use crate::db::select::{Statement, Value};
use crate::error::{Answer, Error};
use view::Shipment;

/// Adds this feature's endpoints.
pub fn routes(config: &mut ServiceConfig<'_>) {
    read::routes(config);
    write::routes(config);
    batch::routes(config);
}

/// The shipment behind a path's id, unless it is deleted or of others' customers.
fn resolve(conn: &mut Conn, id: &Reference, teams: &Teams) -> Answer<Row> {
    let row = match id {
        Reference::Id(id) => store::find(conn, *id)?,
        Reference::External(key) => store::by_external_ids(conn, &key.system, &[&key.id])?
            .into_values()
            .next(),
    };
    let row = row.filter(|row| row.data.deleted_at.is_none());
    let row = row.ok_or_else(|| Error::not_found("shipment", id))?;
    if *teams != Teams::All {
        let mut sql = Statement::new("SELECT s.* FROM shipments s WHERE s.id = ");
        sql.bind(Value::Int(row.id.0));
        store::restrict(teams, &mut sql);
        if sql.load::<Row>(conn)?.is_empty() {
            return Err(Error::not_found("shipment", id));
        }
    }
    Ok(row)
}

fn shown(mut response: HttpResponseBuilder, row: Row) -> HttpResponse {
    response
        .insert_header((header::ETAG, etag::of(row.data.version)))
        .json(Shipment::from(row))
}
