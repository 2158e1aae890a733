//! The endpoint that sends rejected rows back.

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

use super::import;
use crate::access::Caller;
use crate::error::{Answer, Error, Problem};
use crate::ids::ImportId;
use crate::imports::rejects::RejectsWriter;
use crate::imports::store;
use crate::state::AppState;

/// Rejects that are read and sent together.
const REJECTS: i64 = 1_000;

/// Adds this endpoint.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(find_rejects);
}

/// Sends back the rejected rows as CSV, to be corrected and imported again.
///
/// Two columns stand in front, the line and the reasons; the reader knows such a file by them and
/// leaves them out.
#[utoipa::path(tag = "imports", params(("id" = i64, Path, description = "The import's id")), responses((status = 200, description = "The rows, as they stood in the file", body = String, content_type = "text/csv"), (status = 404, description = "No such import", body = Problem)))]
#[get("/imports/{id}/rejects")]
async fn find_rejects(
    state: web::Data<AppState>,
    caller: Caller,
    id: web::Path<i64>,
) -> Answer<HttpResponse> {
    caller.require_all_teams()?;
    let import = import(&state, *id).await?;
    let id = import.id;
    let mut head = RejectsWriter::new(Vec::new(), &import.columns()?).map_err(Error::internal)?;
    // A first chunk at once: an error in it still has a status to go with.
    let first = read_rejects(&state, id, 0).await?;
    let after = write_rejects(&mut head, &first)?;
    let head = Bytes::from(head.finish().map_err(Error::internal)?);
    let rest = futures_util::stream::unfold((state, after), move |(state, after)| async move {
        let after = after?;
        let chunk = async {
            let rows = read_rejects(&state, id, after).await?;
            let mut csv = RejectsWriter::behind(Vec::new());
            let after = write_rejects(&mut csv, &rows)?;
            let bytes = csv.finish().map_err(Error::internal)?;
            Ok::<_, Error>((Bytes::from(bytes), after))
        };
        Some(match chunk.await {
            Ok((bytes, after)) => (Ok(bytes), (state, after)),
            Err(error) => (Err(error), (state, None)),
        })
    });
    let body = futures_util::StreamExt::chain(futures_util::stream::iter([Ok(head)]), rest);
    let name = format!("attachment; filename=\"import-{id}.rejects.csv\"");
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .streaming(body))
}

type KeptRow = (i64, String, String);

async fn read_rejects(state: &AppState, id: ImportId, after: i64) -> Answer<Vec<KeptRow>> {
    let rows = state
        .db
        .read(move |conn| store::rejects_after(conn, id, after, REJECTS));
    Ok(rows.await?)
}

/// Writes rows; the line behind which the next are, or `None` after the last.
fn write_rejects(csv: &mut RejectsWriter<Vec<u8>>, rows: &[KeptRow]) -> Answer<Option<i64>> {
    for (line, reasons, cells) in rows {
        csv.write_kept(*line, reasons, cells)
            .map_err(Error::internal)?;
    }
    let full = i64::try_from(rows.len()).is_ok_and(|count| count >= REJECTS);
    Ok(rows.last().filter(|_| full).map(|(line, ..)| *line))
}
