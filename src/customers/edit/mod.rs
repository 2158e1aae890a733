//! Writes of customers in the caller's transaction.
//!
//! [`rules`] says what must hold between records, [`upsert`] writes by external id.

mod rules;
mod told;
mod upsert;

pub use upsert::upsert;

use rules::{
    add_external_id, check_parent, check_team_exists, first_team, foreign_team, sees_parent,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::model::{CustomerDraft, CustomerInput};
use super::store::customers::{self, Customer};
use super::store::{self, Exclusive, external_ids};
use crate::access::audit::{self, Actor, Deed};
use crate::access::{Caller, Teams};
use crate::api::batch::Outcome;
use crate::api::body::parse_value;
use crate::api::etag::IfMatch;
use crate::api::merge;
use crate::api::reference::Reference;
use crate::db::{Conn, DbError, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::webhooks::EventType;

/// Who writes, and when.
#[derive(Clone, Debug)]
pub struct Writer {
    /// The customers that may be seen and written.
    pub teams: Teams,
    /// Whom the audit log names.
    pub actor: Actor,
    /// The time of the write.
    pub now: UtcTime,
}

impl Writer {
    /// The writer behind a request.
    pub fn of(caller: Caller, now: UtcTime) -> Self {
        Self {
            actor: caller.actor(),
            teams: caller.teams,
            now,
        }
    }

    /// Notes in the audit log what was done.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn record(
        &self,
        conn: &mut Conn,
        action: &str,
        entity: &str,
        id: i64,
    ) -> Result<(), DbError> {
        let deed = Deed {
            action,
            entity,
            id: Some(id),
            detail: None,
        };
        audit::record(conn, &self.actor, &deed, self.now)
    }
}

/// The customer that `reference` names, not deleted, locked for writing.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none that the writer may see.
pub fn standing(conn: &mut Conn, reference: &Reference, teams: &Teams) -> Answer<Customer> {
    let missing = || Error::not_found("customer", reference);
    let brief = store::resolve(conn, reference, teams)?.ok_or_else(missing)?;
    store::lock(conn, brief.id)?;
    // Read behind the lock: another may have deleted or moved it before.
    customers::find(conn, brief.id)?
        .filter(|customer| customer.deleted_at.is_none() && teams.allow(customer.team_id))
        .ok_or_else(missing)
}

/// Makes a customer.
///
/// # Errors
///
/// 403 for a team that the writer does not have, 409 `external_id_taken`, 422 for a team or parent
/// that does not exist.
pub fn create(conn: &mut Conn, writer: &Writer, mut draft: CustomerDraft) -> Answer<CustomerId> {
    let input = &mut draft.input;
    input.team_id = first_team(&writer.teams, input.team_id)?;
    if let Some(team) = input.team_id {
        check_team_exists(conn, team)?;
    }
    if let Some(parent) = input.parent_id {
        store::exclude(conn, Exclusive::Groups)?;
        check_parent(conn, writer, None, parent)?;
    }
    let id = customers::insert(conn, &draft, writer.now)?;
    for external in &draft.input.external_ids {
        add_external_id(conn, id, external)?;
    }
    writer.record(conn, "created", "customer", id.0)?;
    let (kind, of) = (EventType::CustomerCreated, (id, draft.input.team_id));
    told::tell(conn, kind, of, &draft.input.external_ids, writer.now)?;
    Ok(id)
}

/// Makes `standing` what `draft` says; one that was deleted comes back, its departments and
/// contacts do not.
///
/// # Errors
///
/// As [`create`], and 422 `circle` for a parent that belongs to this customer.
pub fn change(
    conn: &mut Conn,
    writer: &Writer,
    standing: &Customer,
    draft: &CustomerDraft,
) -> Answer<Outcome> {
    let (before, after) = (standing.input(), &draft.input);
    let revived = standing.deleted_at.is_some();
    if before == *after && !revived {
        return Ok(Outcome::Unchanged);
    }
    if before.team_id != after.team_id {
        if !writer.teams.allow(after.team_id) {
            return Err(foreign_team());
        }
        if let Some(team) = after.team_id {
            check_team_exists(conn, team)?;
        }
    }
    if let Some(parent) = after
        .parent_id
        .filter(|_| before.parent_id != after.parent_id)
    {
        check_parent(conn, writer, Some(standing.id), parent)?;
    }
    customers::update(conn, standing.id, draft, writer.now)?;
    let (old, new) = (&before.external_ids, &after.external_ids);
    for external in old.iter().filter(|external| !new.contains(external)) {
        external_ids::remove(conn, standing.id, external)?;
    }
    for external in new.iter().filter(|external| !old.contains(external)) {
        add_external_id(conn, standing.id, external)?;
    }
    let (action, kind, outcome) = if revived {
        ("revived", EventType::CustomerCreated, Outcome::Created)
    } else {
        ("updated", EventType::CustomerUpdated, Outcome::Updated)
    };
    writer.record(conn, action, "customer", standing.id.0)?;
    told::tell(conn, kind, (standing.id, after.team_id), new, writer.now)?;
    Ok(outcome)
}

/// Lays a merge patch over a customer.
///
/// # Errors
///
/// As [`change`], and 404, 412, 400.
pub fn patch(
    conn: &mut Conn,
    writer: &Writer,
    reference: &Reference,
    condition: &IfMatch,
    body: Json,
) -> Answer<CustomerId> {
    exclude_moves(conn, &body)?;
    let standing = standing(conn, reference, &writer.teams)?;
    condition.check(standing.version)?;
    let draft = overlaid(&standing.input(), body)?
        .checked()
        .map_err(Error::Invalid)?;
    change(conn, writer, &standing, &draft)?;
    Ok(standing.id)
}

/// Replaces everything that can be told of a customer.
///
/// # Errors
///
/// As [`change`], and 404, 412, 400.
pub fn replace(
    conn: &mut Conn,
    writer: &Writer,
    reference: &Reference,
    condition: &IfMatch,
    body: &Json,
) -> Answer<CustomerId> {
    exclude_moves(conn, body)?;
    let standing = standing(conn, reference, &writer.teams)?;
    condition.check(standing.version)?;
    let mut input: CustomerInput = parse_value(body)?;
    if writer.teams != Teams::All {
        // What the writer cannot leave out, or cannot see, stays as it is.
        input.team_id = input.team_id.or(standing.team_id);
        if input.parent_id.is_none() && !sees_parent(conn, writer, &standing)? {
            input.parent_id = standing.parent_id;
        }
    }
    let draft = input.checked().map_err(Error::Invalid)?;
    change(conn, writer, &standing, &draft)?;
    Ok(standing.id)
}

/// Deletes a customer with its departments and contacts; its shipments stay.
///
/// # Errors
///
/// 404 and 412.
pub fn delete(
    conn: &mut Conn,
    writer: &Writer,
    reference: &Reference,
    condition: &IfMatch,
) -> Answer<()> {
    let standing = standing(conn, reference, &writer.teams)?;
    condition.check(standing.version)?;
    customers::delete(conn, standing.id, writer.now)?;
    writer.record(conn, "deleted", "customer", standing.id.0)?;
    let (kind, of) = (EventType::CustomerDeleted, (standing.id, standing.team_id));
    told::tell(conn, kind, of, &standing.external_ids, writer.now)?;
    Ok(())
}

/// `body` laid over what stands, members of `body` that do not exist refused even if they are null.
///
/// # Errors
///
/// [`Error::Malformed`].
pub fn overlaid<T>(standing: &T, body: Json) -> Answer<T>
where
    T: Serialize + DeserializeOwned + utoipa::PartialSchema,
{
    known_members(standing, &body)?;
    parse_value(&merge::patched(standing, body)?)
}

/// Refuses members that `model` does not have: a merge forgets those that are null, unseen.
///
/// # Errors
///
/// [`Error::Malformed`] names them and those that exist.
pub fn known_members<T>(model: &T, body: &Json) -> Answer<()>
where
    T: Serialize + DeserializeOwned + utoipa::PartialSchema,
{
    let model = serde_json::to_value(model).map_err(Error::internal)?;
    let unknown = body
        .as_object()
        .is_some_and(|members| members.keys().any(|name| model.get(name).is_none()));
    if unknown {
        // Reading it alone names every unknown member.
        parse_value::<T>(body)?;
    }
    Ok(())
}

/// Taken before any row is locked, so that two writers never wait for each other.
fn exclude_moves(conn: &mut Conn, body: &Json) -> Answer<()> {
    if body
        .get("parent_id")
        .is_some_and(|parent| !parent.is_null())
    {
        store::exclude(conn, Exclusive::Groups)?;
    }
    Ok(())
}
