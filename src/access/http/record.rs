//! What teams and users have in common: administrators make, change and delete them.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::deed;
use crate::access::{Caller, audit};
use crate::api::etag::{self, IfMatch};
use crate::db::{Conn, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::state::AppState;

/// A team or a user.
pub trait Record: Serialize + Send + 'static + Sized {
    /// What the audit log and problems call it.
    const ENTITY: &str;
    /// Where it is found, below `/api/v1/`.
    const PLACE: &str;

    /// Its id.
    fn id(&self) -> i64;
    /// Goes up with every change.
    fn version(&self) -> i64;
    /// The team whose keys may see it.
    fn team(&self) -> Option<i64>;
    /// The one with this id, unless deleted.
    fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Self>>;
    /// Marks it as deleted.
    fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()>;
}

fn shown(mut response: HttpResponseBuilder, record: &impl Record) -> HttpResponse {
    response
        .insert_header(("etag", etag::of(record.version())))
        .json(record)
}

/// The one that stands, if the caller's condition holds.
fn standing<R: Record>(conn: &mut Conn, id: i64, condition: &IfMatch) -> Answer<R> {
    let old = R::find(conn, id)?.ok_or_else(|| Error::not_found(R::ENTITY, id))?;
    condition.check(old.version())?;
    Ok(old)
}

/// Makes one.
///
/// # Errors
///
/// Those of `insert` and the database's.
pub async fn create<R: Record>(
    state: &AppState,
    caller: &Caller,
    insert: impl FnOnce(&mut Conn, UtcTime) -> Answer<R> + Send + 'static,
) -> Answer<HttpResponse> {
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    let made = state
        .db
        .write(move |conn| {
            let made = insert(conn, now)?;
            audit::record(conn, &actor, &deed("created", R::ENTITY, made.id()), now)?;
            Ok::<_, Error>(made)
        })
        .await?;
    let mut response = HttpResponse::Created();
    response.insert_header(("location", format!("/api/v1/{}/{}", R::PLACE, made.id())));
    Ok(shown(response, &made))
}

/// Shows one.
///
/// # Errors
///
/// 404 if there is none that the caller may see; the database's.
pub async fn find<R: Record>(state: &AppState, caller: Caller, id: i64) -> Answer<HttpResponse> {
    let found = state.db.read(move |conn| R::find(conn, id)).await?;
    let record = found
        .filter(|record| caller.teams.allow(record.team()))
        .ok_or_else(|| Error::not_found(R::ENTITY, id))?;
    Ok(shown(HttpResponse::Ok(), &record))
}

/// Changes one.
///
/// # Errors
///
/// 404 if there is none, 412 if it has changed since, those of `change` and the database's.
pub async fn update<R: Record>(
    state: &AppState,
    caller: &Caller,
    request: &HttpRequest,
    id: i64,
    change: impl FnOnce(&mut Conn, R, UtcTime) -> Answer<R> + Send + 'static,
) -> Answer<HttpResponse> {
    let condition = IfMatch::of(request);
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    let record = state
        .db
        .write(move |conn| {
            let old = standing(conn, id, &condition)?;
            let changed = change(conn, old, now)?;
            audit::record(conn, &actor, &deed("updated", R::ENTITY, id), now)?;
            Ok::<_, Error>(changed)
        })
        .await?;
    Ok(shown(HttpResponse::Ok(), &record))
}

/// Deletes one.
///
/// # Errors
///
/// 404 if there is none, 412 if it has changed since; the database's.
pub async fn delete<R: Record>(
    state: &AppState,
    caller: &Caller,
    request: &HttpRequest,
    id: i64,
) -> Answer<HttpResponse> {
    let condition = IfMatch::of(request);
    let (now, actor) = (UtcTime::from(state.clock.now()), caller.actor());
    state
        .db
        .write(move |conn| {
            standing::<R>(conn, id, &condition)?;
            R::delete(conn, id, now)?;
            audit::record(conn, &actor, &deed("deleted", R::ENTITY, id), now)?;
            Ok::<_, Error>(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
