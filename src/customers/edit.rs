//! Writes of customers: the rules between records, in the caller's transaction.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::model::{CustomerDraft, CustomerInput, trimmed};
use super::store::customers::{self, Customer};
use super::store::{self, Exclusive};
use crate::access::audit::{self, Actor, Deed};
use crate::access::{Caller, Teams, store as access};
use crate::api::batch::Outcome;
use crate::api::body::parse_value;
use crate::api::etag::IfMatch;
use crate::api::merge;
use crate::api::reference::Reference;
use crate::db::{Conn, DbError, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::shipments::model::ExternalId;

/// Levels of groups above a customer at most; it bounds the search for circles.
const LEVELS: usize = 50;

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
        customers::remove_external_id(conn, standing.id, external)?;
    }
    for external in new.iter().filter(|external| !old.contains(external)) {
        add_external_id(conn, standing.id, external)?;
    }
    let (action, outcome) = if revived {
        ("revived", Outcome::Created)
    } else {
        ("updated", Outcome::Updated)
    };
    writer.record(conn, action, "customer", standing.id.0)?;
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

/// Makes the customer that `key` names, or that the first known of the record's external ids
/// names, what the record says; makes it anew if there is none.
///
/// Of a customer that is there, members that are absent stay, `null` clears, and external ids are
/// added, never taken away: each system tells what it knows. One that was deleted comes back.
///
/// # Errors
///
/// As [`create`] and [`change`], and 412 if the condition does not hold.
pub fn upsert(
    conn: &mut Conn,
    writer: &Writer,
    key: Option<&ExternalId>,
    condition: &IfMatch,
    body: &Json,
) -> Answer<(Outcome, CustomerId)> {
    let once = |conn: &mut Conn| {
        store::attempt(conn, |conn| upsert_once(conn, writer, key, condition, body))
    };
    match once(conn) {
        // Somebody else made it in the meantime: now it is there to be changed.
        Err(Error::Conflict {
            code: EXTERNAL_ID_TAKEN,
            ..
        }) => once(conn),
        outcome => outcome,
    }
}

fn upsert_once(
    conn: &mut Conn,
    writer: &Writer,
    key: Option<&ExternalId>,
    condition: &IfMatch,
    body: &Json,
) -> Answer<(Outcome, CustomerId)> {
    exclude_moves(conn, body)?;
    let candidates = key.map_or_else(|| external_ids_of(body), |key| vec![trimmed(key)]);
    let mut found = None;
    for external in &candidates {
        if let Some(owner) = customers::owner(conn, external)? {
            found = Some((owner, external));
            break;
        }
    }
    let Some((owner, external)) = found else {
        demand_existing(condition, None)?;
        known_members(&CustomerInput::default(), body)?;
        let mut input: CustomerInput = parse_value(&merge::patched(
            &Json::Object(serde_json::Map::new()),
            body.clone(),
        )?)?;
        input.external_ids.extend(key.cloned());
        let draft = input.checked().map_err(Error::Invalid)?;
        return Ok((Outcome::Created, create(conn, writer, draft)?));
    };
    store::lock(conn, owner)?;
    let standing = customers::find(conn, owner)?
        .filter(|customer| writer.teams.allow(customer.team_id))
        .ok_or_else(|| external_id_taken(external))?;
    demand_existing(condition, Some(&standing))?;
    let before = standing.input();
    let mut input = overlaid(&before, body.clone())?;
    input.external_ids.extend(before.external_ids);
    let draft = input.checked().map_err(Error::Invalid)?;
    let outcome = change(conn, writer, &standing, &draft)?;
    Ok((outcome, owner))
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
fn known_members<T>(model: &T, body: &Json) -> Answer<()>
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

/// The external ids of a record that is not checked yet; those that cannot be read are told later.
fn external_ids_of(body: &Json) -> Vec<ExternalId> {
    let given = body.get("external_ids").and_then(Json::as_array);
    given
        .into_iter()
        .flatten()
        .filter_map(|item| serde_json::from_value(item.clone()).ok())
        .map(|external| trimmed(&external))
        .collect()
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

fn demand_existing(condition: &IfMatch, standing: Option<&Customer>) -> Answer<()> {
    match standing.filter(|customer| customer.deleted_at.is_none()) {
        Some(customer) => condition.check(customer.version),
        None if *condition == IfMatch::Absent => Ok(()),
        None => Err(Error::PreconditionFailed {
            now: "none, for it does not exist".to_owned(),
        }),
    }
}

/// The team of a new customer: of a key with one team it is that team unless told otherwise.
fn first_team(teams: &Teams, wanted: Option<i64>) -> Answer<Option<i64>> {
    match (teams, wanted) {
        (Teams::All, wanted) => Ok(wanted),
        (Teams::Only(own), None) => match own.as_slice() {
            [only] => Ok(Some(*only)),
            _ => Err(Error::invalid(
                "team_id",
                "required",
                "expected one of the key's teams",
            )),
        },
        (Teams::Only(_), wanted) if teams.allow(wanted) => Ok(wanted),
        (Teams::Only(_), _) => Err(foreign_team()),
    }
}

fn foreign_team() -> Error {
    Error::Forbidden { scope: "that team" }
}

fn check_team_exists(conn: &mut Conn, team: i64) -> Answer<()> {
    if access::team(conn, team)?.is_none() {
        let rule = format!("there is no team {team}");
        return Err(Error::invalid("team_id", "unknown", rule));
    }
    Ok(())
}

/// Checks that `parent` exists, may be seen, and does not belong to the group of `customer`.
fn check_parent(
    conn: &mut Conn,
    writer: &Writer,
    customer: Option<CustomerId>,
    parent: i64,
) -> Answer<()> {
    let found = store::resolve(conn, &Reference::Id(parent), &writer.teams)?;
    if found.is_none_or(|parent| parent.deleted) {
        let rule = format!("there is no customer {parent}");
        return Err(Error::invalid("parent_id", "unknown", rule));
    }
    let mut seen = BTreeSet::new();
    let mut at = Some(parent);
    while let Some(above) = at {
        if customer.is_some_and(|customer| customer.0 == above) {
            let rule = "expected a customer that does not belong to this one";
            return Err(Error::invalid("parent_id", "circle", rule));
        }
        seen.insert(above);
        if seen.len() > LEVELS {
            let rule = format!("expected at most {LEVELS} levels of groups");
            return Err(Error::invalid("parent_id", "too_deep", rule));
        }
        at = customers::parent(conn, above)?.filter(|next| !seen.contains(next));
    }
    Ok(())
}

fn sees_parent(conn: &mut Conn, writer: &Writer, customer: &Customer) -> Answer<bool> {
    let Some(parent) = customer.parent_id else {
        return Ok(true);
    };
    let found = store::resolve(conn, &Reference::Id(parent), &writer.teams)?;
    Ok(found.is_some())
}

/// Stable word for an external id that another customer has.
const EXTERNAL_ID_TAKEN: &str = "external_id_taken";

fn add_external_id(conn: &mut Conn, id: CustomerId, external: &ExternalId) -> Answer<()> {
    customers::add_external_id(conn, id, external).map_err(|error| {
        if error.is_unique_violation() {
            external_id_taken(external)
        } else {
            error.into()
        }
    })
}

fn external_id_taken(external: &ExternalId) -> Error {
    let ExternalId { system, id } = external;
    let detail = format!(
        "another customer, perhaps a deleted one, has the external id {id} of {system}; \
         PUT /customers/ext:{system}:{id} changes it or brings it back"
    );
    Error::conflict(EXTERNAL_ID_TAKEN, detail)
}
