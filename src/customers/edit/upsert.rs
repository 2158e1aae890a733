//! Writes by external id: the customer is made if there is none.

use serde_json::Value as Json;

use super::rules::{EXTERNAL_ID_TAKEN, external_id_taken};
use super::{Writer, change, create, exclude_moves, known_members, overlaid};
use crate::api::batch::Outcome;
use crate::api::body::parse_value;
use crate::api::etag::IfMatch;
use crate::api::merge;
use crate::customers::model::{CustomerInput, trimmed};
use crate::customers::store;
use crate::customers::store::customers::{self, Customer};
use crate::customers::store::external_ids;
use crate::db::Conn;
use crate::error::{Answer, Error};
use crate::ids::CustomerId;
use crate::ids::ExternalId;

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
        if let Some(owner) = external_ids::owner(conn, external)? {
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

fn demand_existing(condition: &IfMatch, standing: Option<&Customer>) -> Answer<()> {
    match standing.filter(|customer| customer.deleted_at.is_none()) {
        Some(customer) => condition.check(customer.version),
        None if *condition == IfMatch::Absent => Ok(()),
        None => Err(Error::PreconditionFailed {
            now: "none, for it does not exist".to_owned(),
        }),
    }
}
