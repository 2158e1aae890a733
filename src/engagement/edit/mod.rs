//! Writes of records in the caller's transaction; the same for every kind.

mod contract;
mod invoice;

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::model::RecordKey;
use super::store::{Row, Stored};
use crate::access::Teams;
use crate::api::batch::Outcome;
use crate::api::body::parse_value;
use crate::api::etag::IfMatch;
use crate::api::merge;
use crate::api::reference::Reference;
pub use crate::customers::edit::Writer;
use crate::customers::edit::known_members;
use crate::customers::store::{attempt, resolve};
use crate::db::{Conn, DbResult, UtcTime};
use crate::error::{Answer, Error};
use crate::ids::{CustomerId, ExternalId};
use crate::problem::FieldProblem;

/// Stable word for an external id that another record has.
const EXTERNAL_ID_TAKEN: &str = "external_id_taken";

/// A kind of record of customers that other systems have keys for: what is stored of one.
pub trait Record: Stored {
    /// What it is called.
    const WHAT: &'static str;
    /// What several are called in addresses.
    const MANY: &'static str;
    /// Members that name another record: a patch replaces them whole.
    const KEYS: &'static [&'static str];
    /// What can be told of it.
    type Input: Serialize + DeserializeOwned + utoipa::PartialSchema + Send + 'static;

    /// Tidies what was told and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    fn checked(input: Self::Input) -> Result<Self::Input, Vec<FieldProblem>>;
    /// The key of what was told.
    fn key_of(input: &Self::Input) -> &ExternalId;
    /// What could be told to make it as it is.
    ///
    /// # Errors
    ///
    /// The database's, if it holds what makes no sense.
    fn input(&self) -> DbResult<Self::Input>;
    /// What is to be stored, once the records that it names are found.
    ///
    /// # Errors
    ///
    /// 422 for records that do not exist or do not fit.
    fn resolved(
        conn: &mut Conn,
        desk: &mut Desk<'_>,
        input: &Self::Input,
        standing: Option<&Row<Self>>,
    ) -> Answer<Self>;
    /// Writes what goes with a record that was just written, and that was `before` if it stood:
    /// nothing, unless a kind says otherwise.
    ///
    /// # Errors
    ///
    /// The database's.
    fn follow(
        &self,
        _conn: &mut Conn,
        _id: i64,
        _before: Option<&Self>,
        _now: UtcTime,
    ) -> DbResult<()> {
        Ok(())
    }
}

/// Where records are written: who writes, and the customers that were met.
#[derive(Debug)]
pub struct Desk<'a> {
    /// Who writes, and when.
    pub writer: &'a Writer,
    met: HashMap<RecordKey, CustomerId>,
}

impl<'a> Desk<'a> {
    /// A desk for this writer.
    pub fn new(writer: &'a Writer) -> Self {
        Self {
            writer,
            met: HashMap::new(),
        }
    }

    /// The customer that `key` names, if the writer may see it; not deleted unless it stands there
    /// already.
    ///
    /// # Errors
    ///
    /// 422 `unknown`, naming `field`.
    pub fn customer(
        &mut self,
        conn: &mut Conn,
        field: &'static str,
        key: &RecordKey,
        standing: Option<CustomerId>,
    ) -> Answer<CustomerId> {
        if let Some(known) = self.met.get(key) {
            return Ok(*known);
        }
        let reference = reference(key);
        let found = match &reference {
            Some(reference) => resolve(conn, reference, &self.writer.teams)?,
            None => None,
        };
        match found {
            Some(customer) if !customer.deleted => {
                self.met.insert(key.clone(), customer.id);
                Ok(customer.id)
            }
            Some(customer) if standing == Some(customer.id) => Ok(customer.id),
            _ => Err(unknown(field, "customer", reference.as_ref())),
        }
    }
}

impl Desk<'_> {
    /// The partner of a link, another one than `owner`. One that the writer may not see, and so
    /// cannot tell, stays.
    ///
    /// # Errors
    ///
    /// 422 `unknown` or `same`, naming `partner`.
    pub fn partner(
        &mut self,
        conn: &mut Conn,
        key: Option<&RecordKey>,
        standing: Option<CustomerId>,
        owner: CustomerId,
    ) -> Answer<Option<CustomerId>> {
        if let (Some(hidden), true) = (standing, self.writer.teams != Teams::All) {
            let told = key.and_then(|key| key.id);
            if (key.is_none() || told == Some(hidden.0)) && !self.sees(conn, hidden)? {
                return Ok(standing);
            }
        }
        let Some(key) = key else {
            return Ok(None);
        };
        let partner = self.customer(conn, "partner", key, standing)?;
        if partner == owner {
            let rule = "expected another customer than the one whose record it is";
            return Err(Error::invalid("partner", "same", rule));
        }
        Ok(Some(partner))
    }

    /// Whether the writer may see this customer.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn sees(&self, conn: &mut Conn, customer: CustomerId) -> DbResult<bool> {
        let reference = Reference::Id(customer.0);
        Ok(resolve(conn, &reference, &self.writer.teams)?.is_some())
    }
}

/// How a path would name what `key` names.
pub fn reference(key: &RecordKey) -> Option<Reference> {
    match (&key.id, &key.external_id) {
        (Some(id), None) => Some(Reference::Id(*id)),
        (None, Some(external)) => Some(Reference::External(external.clone())),
        _ => None,
    }
}

/// A 422 about a record that does not exist, or not for this writer.
pub fn unknown(field: &'static str, what: &str, reference: Option<&Reference>) -> Error {
    let named = reference.map(ToString::to_string).unwrap_or_default();
    Error::invalid(field, "unknown", format!("there is no {what} {named}"))
}

/// The record that `reference` names, deleted or not, whoever asks.
///
/// # Errors
///
/// The database's.
pub fn named<R: Record>(conn: &mut Conn, reference: &Reference) -> DbResult<Option<Row<R>>> {
    match reference {
        Reference::Id(id) => Row::find(conn, *id),
        // PostgreSQL takes no NUL in a text, hence nothing is called so.
        Reference::External(key) if key.system.contains('\0') || key.id.contains('\0') => Ok(None),
        Reference::External(key) => Row::by_key(conn, key),
    }
}

/// The record that `reference` names, not deleted.
///
/// # Errors
///
/// 404 if there is none that these teams may see.
pub fn visible<R: Record>(conn: &mut Conn, reference: &Reference, teams: &Teams) -> Answer<Row<R>> {
    named(conn, reference)?
        .filter(|row: &Row<R>| row.deleted_at.is_none() && teams.allow(row.team_id))
        .ok_or_else(|| Error::not_found(R::WHAT, reference))
}

/// As [`visible`], locked for writing.
///
/// # Errors
///
/// As [`visible`].
pub fn standing<R: Record>(
    conn: &mut Conn,
    reference: &Reference,
    teams: &Teams,
) -> Answer<Row<R>> {
    let id = visible::<R>(conn, reference, teams)?.id;
    Row::<R>::lock(conn, id)?;
    // Read behind the lock: another may have deleted or moved it before.
    visible(conn, &Reference::Id(id), teams)
}

/// Makes a record.
///
/// # Errors
///
/// 409 `external_id_taken`, 422 for rules that it breaks.
pub fn create<R: Record>(conn: &mut Conn, writer: &Writer, input: R::Input) -> Answer<i64> {
    let input = R::checked(input).map_err(Error::Invalid)?;
    let standing = for_key::<R>(conn, writer, R::key_of(&input))?;
    if standing
        .as_ref()
        .is_some_and(|row| row.deleted_at.is_none())
    {
        return Err(taken::<R>(R::key_of(&input)));
    }
    let (outcome, id) = write(conn, &mut Desk::new(writer), &input, standing.as_ref())?;
    note::<R>(conn, writer, outcome, id)?;
    Ok(id)
}

/// Replaces the record that `reference` names; makes it if it is named by key and not there.
///
/// # Errors
///
/// 404, 412, 422.
pub fn put<R: Record>(
    conn: &mut Conn,
    writer: &Writer,
    reference: &Reference,
    condition: &IfMatch,
    input: R::Input,
) -> Answer<(Outcome, i64)> {
    let input = R::checked(input).map_err(Error::Invalid)?;
    let written = match reference {
        Reference::Id(_) => {
            let standing = standing::<R>(conn, reference, &writer.teams)?;
            condition.check(standing.version)?;
            same_key::<R>(R::key_of(&standing.values.input()?), R::key_of(&input))?;
            write(conn, &mut Desk::new(writer), &input, Some(&standing))?
        }
        Reference::External(key) => {
            same_key::<R>(key, R::key_of(&input))?;
            upsert::<R>(conn, &mut Desk::new(writer), condition, &input)?
        }
    };
    note::<R>(conn, writer, written.0, written.1)?;
    Ok(written)
}

/// Makes or replaces the record with this key.
///
/// # Errors
///
/// 409 `external_id_taken` if it is of a customer that the writer may not see, 412, 422.
pub fn upsert<R: Record>(
    conn: &mut Conn,
    desk: &mut Desk<'_>,
    condition: &IfMatch,
    input: &R::Input,
) -> Answer<(Outcome, i64)> {
    let mut once = |conn: &mut Conn| {
        attempt(conn, |conn| {
            let standing = for_key::<R>(conn, desk.writer, R::key_of(input))?;
            match standing.as_ref().filter(|row| row.deleted_at.is_none()) {
                Some(row) => condition.check(row.version)?,
                None if *condition == IfMatch::Absent => {}
                None => {
                    return Err(Error::PreconditionFailed {
                        now: "none, for it does not exist".to_owned(),
                    });
                }
            }
            write(conn, desk, input, standing.as_ref())
        })
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

/// Lays a merge patch over a record.
///
/// # Errors
///
/// 404, 412, 400, 422.
pub fn patch<R: Record>(
    conn: &mut Conn,
    writer: &Writer,
    reference: &Reference,
    condition: &IfMatch,
    body: Json,
) -> Answer<i64> {
    let standing = standing::<R>(conn, reference, &writer.teams)?;
    condition.check(standing.version)?;
    let before = standing.values.input()?;
    known_members(&before, &body)?;
    let mut laid_under = serde_json::to_value(&before).map_err(Error::internal)?;
    for name in R::KEYS {
        // Merged with what stands, a customer would be named twice.
        if let (Some(member), Some(true)) = (
            laid_under.get_mut(name),
            body.get(name).map(Json::is_object),
        ) {
            *member = Json::Null;
        }
    }
    let input: R::Input = parse_value(&merge::patched(&laid_under, body)?)?;
    let input = R::checked(input).map_err(Error::Invalid)?;
    same_key::<R>(R::key_of(&before), R::key_of(&input))?;
    let (outcome, id) = write(conn, &mut Desk::new(writer), &input, Some(&standing))?;
    note::<R>(conn, writer, outcome, id)?;
    Ok(id)
}

/// Deletes a record; it stays as a tombstone.
///
/// # Errors
///
/// 404 and 412.
pub fn delete<R: Record>(
    conn: &mut Conn,
    writer: &Writer,
    reference: &Reference,
    condition: &IfMatch,
) -> Answer<()> {
    let standing = standing::<R>(conn, reference, &writer.teams)?;
    condition.check(standing.version)?;
    Row::<R>::delete(conn, standing.id, writer.now)?;
    Ok(writer.record(conn, "deleted", R::WHAT, standing.id)?)
}

/// The record with this key, deleted or not, locked for writing.
fn for_key<R: Record>(
    conn: &mut Conn,
    writer: &Writer,
    key: &ExternalId,
) -> Answer<Option<Row<R>>> {
    let Some(Row { id, .. }) = Row::<R>::by_key(conn, key)? else {
        return Ok(None);
    };
    Row::<R>::lock(conn, id)?;
    match Row::<R>::find(conn, id)? {
        Some(found) if !writer.teams.allow(found.team_id) => Err(taken::<R>(key)),
        found => Ok(found),
    }
}

fn write<R: Record>(
    conn: &mut Conn,
    desk: &mut Desk<'_>,
    input: &R::Input,
    standing: Option<&Row<R>>,
) -> Answer<(Outcome, i64)> {
    let values = R::resolved(conn, desk, input, standing)?;
    let now = desk.writer.now;
    let Some(standing) = standing else {
        let id = values.insert(conn, now).map_err(|error| {
            if error.is_unique_violation() {
                taken::<R>(R::key_of(input))
            } else {
                error.into()
            }
        })?;
        values.follow(conn, id, None, now)?;
        return Ok((Outcome::Created, id));
    };
    let (id, deleted) = (standing.id, standing.deleted_at.is_some());
    if !deleted && standing.values == values {
        return Ok((Outcome::Unchanged, id));
    }
    values.update(conn, id, now)?;
    values.follow(conn, id, Some(&standing.values), now)?;
    Ok(if deleted {
        (Outcome::Created, id)
    } else {
        (Outcome::Updated, id)
    })
}

fn note<R: Record>(conn: &mut Conn, writer: &Writer, outcome: Outcome, id: i64) -> DbResult<()> {
    if outcome == Outcome::Unchanged {
        return Ok(());
    }
    writer.record(conn, outcome.word(), R::WHAT, id)
}

fn same_key<R: Record>(expected: &ExternalId, given: &ExternalId) -> Answer<()> {
    if expected.system.trim() == given.system && expected.id.trim() == given.id {
        return Ok(());
    }
    let ExternalId { system, id } = expected;
    let rule = format!("expected {id} of {system}: the key of a {} stays", R::WHAT);
    Err(Error::invalid("external_id", "mismatch", rule))
}

fn taken<R: Record>(key: &ExternalId) -> Error {
    let ExternalId { system, id } = key;
    let (what, many) = (R::WHAT, R::MANY);
    Error::conflict(
        EXTERNAL_ID_TAKEN,
        format!(
            "there is a {what} {id} of {system} already; PUT /{many}/ext:{system}:{id} replaces it"
        ),
    )
}
