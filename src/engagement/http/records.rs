//! What the endpoints of every kind of record do: list, show, make, replace, change, delete.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::no_contains;
use crate::access::audit::{self, Deed};
use crate::access::{Caller, Scope, Teams};
use crate::api::batch::{self, BatchReport, Outcome};
use crate::api::body::{self, parse_value};
use crate::api::etag::{self, IfMatch};
use crate::api::list;
use crate::api::reference::Reference;
use crate::customers::store::{Exclusive, exclude};
use crate::db::{Conn, DbResult, UtcTime};
use crate::engagement::edit::{self, Desk, Record, Writer};
use crate::engagement::store::{Listed, Row};
use crate::error::{Answer, Error};
use crate::state::AppState;

/// One JSON object a line.
const NDJSON: &str = "application/x-ndjson";

/// When somebody looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// The time.
    pub now: UtcTime,
    /// The day, in the time zone of this instance.
    pub today: NaiveDate,
}

impl Moment {
    /// Now.
    pub fn of(state: &AppState) -> Self {
        Self {
            now: state.clock.now().into(),
            today: state.today(),
        }
    }
}

/// A kind of record that is shown.
pub(crate) trait Shown: Record {
    /// What is shown of one.
    type View: Serialize + Send + 'static;

    /// What is shown of `row`.
    ///
    /// # Errors
    ///
    /// The database's, if it holds what makes no sense.
    fn view(row: Row<Self>, moment: Moment) -> DbResult<Self::View>;
}

/// A record as these teams may see it.
pub(crate) fn shown<R: Shown>(
    conn: &mut Conn,
    row: Row<R>,
    teams: &Teams,
    moment: Moment,
) -> DbResult<R::View> {
    let mut row = [row];
    Row::mask(conn, &mut row, teams)?;
    let [row] = row;
    R::view(row, moment)
}

/// One page of records.
pub(crate) async fn list<R: Shown + Listed>(
    state: &AppState,
    caller: Caller,
    request: &HttpRequest,
) -> Answer<HttpResponse> {
    let wanted = list::parse(request, R::LIST, &[])?;
    no_contains(&wanted)?;
    let (listing, moment) = (wanted.listing.clone(), Moment::of(state));
    let rows = state
        .db
        .read(move |conn| {
            let rows = Row::<R>::page(conn, &listing, &caller.teams)?;
            let shown = rows.into_iter().map(|row| {
                let key = (row.sorted_by(listing.sort.name), row.id);
                Ok((key, R::view(row, moment)?))
            });
            shown.collect::<DbResult<Vec<_>>>()
        })
        .await?;
    let page = wanted.page(rows, |(key, _), _| key.clone(), |(_, view)| view);
    Ok(list::respond(request, &page))
}

/// The record that the path names.
pub(crate) async fn find<R: Shown>(
    state: &AppState,
    caller: Caller,
    id: &str,
) -> Answer<HttpResponse> {
    let (reference, moment) = (Reference::parse(id)?, Moment::of(state));
    let (version, view) = state
        .db
        .read(move |conn| {
            let row: Row<R> = edit::visible(conn, &reference, &caller.teams)?;
            Ok::<_, Error>((row.version, shown(conn, row, &caller.teams, moment)?))
        })
        .await?;
    Ok(etag::answer(HttpResponse::Ok(), version, &view))
}

/// Does `work` in a transaction, and answers with the record whose id it returns.
pub(crate) async fn write<R: Shown>(
    state: &AppState,
    caller: Caller,
    work: impl FnOnce(&mut Conn, &Writer) -> Answer<(Outcome, i64)> + Send + 'static,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let moment = Moment::of(state);
    let writer = Writer::of(caller, moment.now);
    let (outcome, id, version, view) = state
        .db
        .write(move |conn| {
            let (outcome, id) = work(conn, &writer)?;
            let row = Row::<R>::find(conn, id)?.ok_or_else(|| Error::not_found(R::WHAT, id))?;
            let version = row.version;
            let view = shown(conn, row, &writer.teams, moment)?;
            Ok::<_, Error>((outcome, id, version, view))
        })
        .await?;
    Ok(match outcome {
        Outcome::Created => etag::answer_new(format!("/api/v1/{}/{id}", R::MANY), version, &view),
        _ => etag::answer(HttpResponse::Ok(), version, &view),
    })
}

/// As [`write`], of the record that the path names, under the condition of the request.
pub(crate) async fn change<R: Shown>(
    state: &AppState,
    caller: Caller,
    (request, id): (&HttpRequest, &str),
    work: impl FnOnce(&mut Conn, &Writer, (&Reference, &IfMatch)) -> Answer<(Outcome, i64)>
    + Send
    + 'static,
) -> Answer<HttpResponse> {
    let (reference, condition) = (Reference::parse(id)?, IfMatch::of(request));
    write::<R>(state, caller, move |conn, writer| {
        work(conn, writer, (&reference, &condition))
    })
    .await
}

/// Makes a record.
pub(crate) async fn create<R: Shown>(
    state: &AppState,
    caller: Caller,
    input: R::Input,
) -> Answer<HttpResponse> {
    write::<R>(state, caller, |conn, writer| {
        Ok((Outcome::Created, edit::create::<R>(conn, writer, input)?))
    })
    .await
}

/// Replaces the record that the path names, or makes it.
pub(crate) async fn put<R: Shown>(
    state: &AppState,
    caller: Caller,
    target: (&HttpRequest, &str),
    input: R::Input,
) -> Answer<HttpResponse> {
    change::<R>(
        state,
        caller,
        target,
        |conn, writer, (reference, condition)| {
            edit::put::<R>(conn, writer, reference, condition, input)
        },
    )
    .await
}

/// Lays a merge patch over the record that the path names.
pub(crate) async fn patch<R: Shown>(
    state: &AppState,
    caller: Caller,
    target: (&HttpRequest, &str),
    body: Json,
) -> Answer<HttpResponse> {
    change::<R>(
        state,
        caller,
        target,
        |conn, writer, (reference, condition)| {
            let id = edit::patch::<R>(conn, writer, reference, condition, body)?;
            Ok((Outcome::Updated, id))
        },
    )
    .await
}

/// Deletes the record that the path names.
pub(crate) async fn delete<R: Record>(
    state: &AppState,
    caller: Caller,
    (request, id): (&HttpRequest, &str),
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let (reference, condition) = (Reference::parse(id)?, IfMatch::of(request));
    let writer = Writer::of(caller, state.clock.now().into());
    state
        .db
        .write(move |conn| edit::delete::<R>(conn, &writer, &reference, &condition))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes or replaces the records of a body; each stands or falls by itself.
pub(crate) async fn batch<R: Record>(
    state: &AppState,
    caller: Caller,
    request: &HttpRequest,
    payload: web::Payload,
) -> Answer<HttpResponse> {
    caller.require(Scope::Write)?;
    let types = "application/json or application/x-ndjson";
    body::expect_type(request, &["application/json", NDJSON], types)?;
    let ndjson = body::expect_type(request, &[NDJSON], NDJSON).is_ok();
    let bytes = body::bytes(request, &mut payload.into_inner()).await?;
    let records = batch::records(&bytes, ndjson)?;
    let writer = Writer::of(caller, state.clock.now().into());
    let report = state
        .db
        .write(move |conn| write_all::<R>(conn, &writer, &records))
        .await?;
    Ok(HttpResponse::Ok().json(report))
}

fn write_all<R: Record>(conn: &mut Conn, writer: &Writer, records: &[Json]) -> Answer<BatchReport> {
    exclude(conn, Exclusive::Batch)?;
    let mut desk = Desk::new(writer);
    let mut results = Vec::with_capacity(records.len());
    for record in records {
        let outcome = parse_value::<R::Input>(record)
            .and_then(|input| R::checked(input).map_err(Error::Invalid))
            .and_then(|input| edit::upsert::<R>(conn, &mut desk, &IfMatch::Absent, &input));
        // A database that fails is no mistake of a record: nothing of the batch stands then.
        if let Err(Error::Internal(_) | Error::Unavailable(_)) = &outcome {
            outcome?;
        } else {
            results.push(outcome);
        }
    }
    let report = BatchReport::new(results);
    let deed = Deed {
        action: "batch",
        entity: R::WHAT,
        id: None,
        detail: Some(json!({
            "created": report.created, "updated": report.updated, "failed": report.failed,
        })),
    };
    audit::record(conn, &writer.actor, &deed, writer.now)?;
    Ok(report)
}
