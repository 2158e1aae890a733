//! What must hold between customers, and between a customer and those who write it.

use std::collections::BTreeSet;

use super::Writer;
use crate::access::{Teams, store as access};
use crate::api::reference::Reference;
use crate::customers::store;
use crate::customers::store::customers::{self, Customer};
use crate::customers::store::external_ids;
use crate::db::Conn;
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::ids::ExternalId;

/// Levels of groups above a customer at most; it bounds the search for circles.
const LEVELS: usize = 50;

/// The team of a new customer: of a key with one team it is that team unless told otherwise.
pub(super) fn first_team(teams: &Teams, wanted: Option<i64>) -> Answer<Option<i64>> {
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

pub(super) fn foreign_team() -> Error {
    Error::Forbidden { scope: "that team" }
}

pub(super) fn check_team_exists(conn: &mut Conn, team: i64) -> Answer<()> {
    if access::team(conn, team)?.is_none() {
        let rule = format!("there is no team {team}");
        return Err(Error::invalid("team_id", "unknown", rule));
    }
    Ok(())
}

/// Checks that `parent` exists, may be seen, and does not belong to the group of `customer`.
pub(super) fn check_parent(
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

pub(super) fn sees_parent(conn: &mut Conn, writer: &Writer, customer: &Customer) -> Answer<bool> {
    let Some(parent) = customer.parent_id else {
        return Ok(true);
    };
    let found = store::resolve(conn, &Reference::Id(parent), &writer.teams)?;
    Ok(found.is_some())
}

/// Stable word for an external id that another customer has.
pub(super) const EXTERNAL_ID_TAKEN: &str = "external_id_taken";

pub(super) fn add_external_id(
    conn: &mut Conn,
    id: CustomerId,
    external: &ExternalId,
) -> Answer<()> {
    external_ids::add(conn, id, external).map_err(|error| {
        if error.is_unique_violation() {
            external_id_taken(external)
        } else {
            error.into()
        }
    })
}

pub(super) fn external_id_taken(external: &ExternalId) -> Error {
    let ExternalId { system, id } = external;
    let detail = format!(
        "another customer, perhaps a deleted one, has the external id {id} of {system}; \
         PUT /customers/ext:{system}:{id} changes it or brings it back"
    );
    Error::conflict(EXTERNAL_ID_TAKEN, detail)
}
