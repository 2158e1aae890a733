//! Writes of contracts and invoices in the caller's transaction; the same for both.

mod contract;
mod invoice;

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::model::RecordKey;
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

/// What every kind of record tells of itself.
#[derive(Clone, Debug)]
pub struct Head {
    /// Its id.
    pub id: i64,
    /// Its customer's team.
    pub team_id: Option<i64>,
    /// Goes up with every change.
    pub version: i64,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// A kind of record of customers that other systems have keys for.
pub trait Record: Sized + Send + 'static {
    /// What it is called.
    const WHAT: &'static str;
    /// What several are called in addresses.
    const MANY: &'static str;
    /// Members that name another record: a patch replaces them whole.
    const KEYS: &'static [&'static str];
    /// What can be told of it.
    type Input: Serialize + DeserializeOwned + utoipa::PartialSchema + Send + 'static;
    /// What is stored of it.
    type Values: PartialEq;

    /// Tidies what was told and checks it.
    ///
    /// # Errors
    ///
    /// Every rule that it breaks.
    fn checked(input: Self::Input) -> Result<Self::Input, Vec<FieldProblem>>;
    /// The key of what was told.
    fn key(input: &Self::Input) -> &ExternalId;
    /// What this record tells of itself.
    fn head(&self) -> Head;
    /// What is stored of it.
    fn values(&self) -> &Self::Values;
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
        standing: Option<&Self>,
    ) -> Answer<Self::Values>;

    /// The record with this id, deleted or not.
    ///
    /// # Errors
    ///
    /// The database's, as in all that follow.
    fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Self>>;
    /// The record with this key, deleted or not.
    ///
    /// # Errors
    ///
    /// As above.
    fn by_key(conn: &mut Conn, key: &ExternalId) -> DbResult<Option<Self>>;
    /// Keeps others from writing it until the transaction ends.
    ///
    /// # Errors
    ///
    /// As above.
    fn lock(conn: &mut Conn, id: i64) -> DbResult<()>;
    /// Makes it; a unique key is violated if there is one with this key.
    ///
    /// # Errors
    ///
    /// As above.
    fn insert(conn: &mut Conn, values: &Self::Values, now: UtcTime) -> DbResult<i64>;
    /// Changes it; one that was deleted comes back.
    ///
    /// # Errors
    ///
    /// As above.
    fn update(conn: &mut Conn, id: i64, values: &Self::Values, now: UtcTime) -> DbResult<()>;
    /// Marks it as deleted.
    ///
    /// # Errors
    ///
    /// As above.
    fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()>;
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
pub fn named<R: Record>(conn: &mut Conn, reference: &Reference) -> DbResult<Option<R>> {
    match reference {
        Reference::Id(id) => R::find(conn, *id),
        // PostgreSQL takes no NUL in a text, hence nothing is called so.
        Reference::External(key) if key.system.contains('\0') || key.id.contains('\0') => Ok(None),
        Reference::External(key) => R::by_key(conn, key),
    }
}

/// The record that `reference` names, not deleted.
///
/// # Errors
///
/// 404 if there is none that these teams may see.
pub fn visible<R: Record>(conn: &mut Conn, reference: &Reference, teams: &Teams) -> Answer<R> {
    named::<R>(conn, reference)?
        .filter(|record| !record.head().deleted && teams.allow(record.head().team_id))
        .ok_or_else(|| Error::not_found(R::WHAT, reference))
}

/// As [`visible`], locked for writing.
///
/// # Errors
///
/// As [`visible`].
pub fn standing<R: Record>(conn: &mut Conn, reference: &Reference, teams: &Teams) -> Answer<R> {
    let id = visible::<R>(conn, reference, teams)?.head().id;
    R::lock(conn, id)?;
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
    let standing = for_key::<R>(conn, writer, R::key(&input))?;
    if standing.as_ref().is_some_and(|one| !one.head().deleted) {
        return Err(taken::<R>(R::key(&input)));
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
            condition.check(standing.head().version)?;
            same_key::<R>(R::key(&standing.input()?), R::key(&input))?;
            write(conn, &mut Desk::new(writer), &input, Some(&standing))?
        }
        Reference::External(key) => {
            same_key::<R>(key, R::key(&input))?;
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
            let standing = for_key::<R>(conn, desk.writer, R::key(input))?;
            match standing.as_ref().map(R::head).filter(|head| !head.deleted) {
                Some(head) => condition.check(head.version)?,
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
    condition.check(standing.head().version)?;
    let before = standing.input()?;
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
    same_key::<R>(R::key(&before), R::key(&input))?;
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
    let head = standing.head();
    condition.check(head.version)?;
    R::delete(conn, head.id, writer.now)?;
    Ok(writer.record(conn, "deleted", R::WHAT, head.id)?)
}

/// The record with this key, deleted or not, locked for writing.
fn for_key<R: Record>(conn: &mut Conn, writer: &Writer, key: &ExternalId) -> Answer<Option<R>> {
    let Some(found) = R::by_key(conn, key)? else {
        return Ok(None);
    };
    R::lock(conn, found.head().id)?;
    let found = R::find(conn, found.head().id)?;
    if found
        .as_ref()
        .is_some_and(|one| !writer.teams.allow(one.head().team_id))
    {
        return Err(taken::<R>(key));
    }
    Ok(found)
}

fn write<R: Record>(
    conn: &mut Conn,
    desk: &mut Desk<'_>,
    input: &R::Input,
    standing: Option<&R>,
) -> Answer<(Outcome, i64)> {
    let values = R::resolved(conn, desk, input, standing)?;
    let now = desk.writer.now;
    let Some(standing) = standing else {
        let made = R::insert(conn, &values, now);
        let id = made.map_err(|error| {
            if error.is_unique_violation() {
                taken::<R>(R::key(input))
            } else {
                error.into()
            }
        })?;
        return Ok((Outcome::Created, id));
    };
    let head = standing.head();
    if !head.deleted && *standing.values() == values {
        return Ok((Outcome::Unchanged, head.id));
    }
    R::update(conn, head.id, &values, now)?;
    Ok(if head.deleted {
        (Outcome::Created, head.id)
    } else {
        (Outcome::Updated, head.id)
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
