//! What people do with endpoints and deliveries, in the caller's transaction.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::address;
use super::emit::{self, NewEvent};
use super::model::{DeliveryStatus, DisabledReason, EndpointStatus, Envelope, EventType};
use super::secret::Secret;
use super::store::deliveries::{self, Delivery};
use super::store::endpoints::{self, Row, Values};
use crate::access::audit::{self, Actor, Deed};
use crate::access::{Caller, Teams, store as access};
use crate::api::body::parse_value;
use crate::api::etag::IfMatch;
use crate::api::merge;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::error::{Answer, Error};

/// Characters of a name at most.
const MAX_NAME: usize = 200;
/// Hours that an old secret goes on signing where nobody says, and at most.
const OVERLAP_HOURS: (i64, i64) = (24, 30 * 24);

crate::word_enum! {
    /// Whether a person wants an endpoint to be told.
    Wanted {
        /// It is told what it wants.
        Active = "active",
        /// It is told nothing; what waits goes on waiting, what happens meanwhile it never hears of.
        Paused = "paused",
    }
}

/// What a person says of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointInput {
    /// What people call it.
    pub name: String,
    /// Where it is: `https://…`, on a public address.
    pub url: String,
    /// The types of events it wants; absent or empty: all.
    #[serde(default)]
    pub events: Vec<EventType>,
    /// How it wants them wrapped; default `plain`.
    #[serde(default = "plain")]
    pub envelope: Envelope,
    /// The team whose customers it is told of; absent: it is told everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<i64>,
    /// Whether it is told; default `active`.
    #[serde(default = "active")]
    pub status: Wanted,
}

fn plain() -> Envelope {
    Envelope::Plain
}

fn active() -> Wanted {
    Wanted::Active
}

/// An endpoint.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Endpoint {
    /// Its id.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// Where it is; only its host for keys without the scope `admin`, as addresses may hold secrets.
    pub url: String,
    /// The types of events it wants; none: all.
    pub events: Vec<EventType>,
    /// How it wants them wrapped.
    pub envelope: Envelope,
    /// The team whose customers it is told of; `null`: it is told everything.
    pub team_id: Option<i64>,
    /// Whether it is told.
    pub status: EndpointStatus,
    /// Why it was switched off.
    pub disabled_reason: Option<DisabledReason>,
    /// Every attempt since then failed.
    pub failing_since: Option<UtcTime>,
    /// Until then the secret before signs as well.
    pub old_secret_until: Option<UtcTime>,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

impl Endpoint {
    /// Reads a row.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`].
    pub fn of(row: Row) -> DbResult<Self> {
        let status = EndpointStatus::parse(&row.status)
            .ok_or_else(|| DbError::corrupt("webhook_endpoints.status", &row.status))?;
        let envelope = Envelope::parse(&row.envelope)
            .ok_or_else(|| DbError::corrupt("webhook_endpoints.envelope", &row.envelope))?;
        Ok(Self {
            id: row.id,
            events: endpoints::types(&row.events)?,
            name: row.name,
            url: row.url,
            envelope,
            team_id: row.team_id,
            status,
            disabled_reason: row
                .disabled_reason
                .as_deref()
                .and_then(DisabledReason::parse),
            failing_since: row.failing_since,
            old_secret_until: row.old_secret_until,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        })
    }

    /// What the patch of a person is laid over.
    fn input(&self) -> EndpointInput {
        EndpointInput {
            name: self.name.clone(),
            url: self.url.clone(),
            events: self.events.clone(),
            envelope: self.envelope,
            team_id: self.team_id,
            status: match self.status {
                EndpointStatus::Paused => Wanted::Paused,
                EndpointStatus::Active | EndpointStatus::Disabled => Wanted::Active,
            },
        }
    }
}

/// Who writes, when, under which settings.
#[derive(Clone, Debug)]
pub struct Writer {
    /// Whose endpoints may be written.
    pub teams: Teams,
    /// Whom the audit log names.
    pub actor: Actor,
    /// The time of the write.
    pub now: UtcTime,
    /// Whether private addresses are allowed.
    pub allow_private: bool,
}

impl Writer {
    /// The writer behind a request.
    pub fn of(caller: Caller, now: UtcTime, allow_private: bool) -> Self {
        Self {
            actor: caller.actor(),
            teams: caller.teams,
            now,
            allow_private,
        }
    }

    fn record(&self, conn: &mut Conn, action: &str, entity: &str, id: i64) -> DbResult<()> {
        let deed = Deed {
            action,
            entity,
            id: Some(id),
            detail: None,
        };
        audit::record(conn, &self.actor, &deed, self.now)
    }
}

/// Checks an input; what is to be kept of it. Looks no name up.
///
/// # Errors
///
/// 422 names the field.
pub fn checked(input: &EndpointInput, allow_private: bool) -> Answer<Values> {
    let name = input.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let rule = format!("expected 1 to {MAX_NAME} printable characters");
        return Err(Error::invalid("name", "length", rule));
    }
    let url = address::parse(&input.url, allow_private)
        .map_err(|error| Error::invalid("url", error.code(), error.to_string()))?;
    let mut events = input.events.clone();
    events.sort_unstable();
    events.dedup();
    Ok(Values {
        name: name.to_owned(),
        url: url.to_string(),
        events: json!(events).to_string(),
        envelope: input.envelope.word(),
        team_id: input.team_id,
        status: input.status.word(),
    })
}

/// Refuses an address whose name leads to private addresses only. Asks name servers: not for
/// transactions.
///
/// # Errors
///
/// 422 names `url`. An address that is none passes: [`checked`] says so.
pub fn check_name(url: &str, allow_private: bool) -> Answer<()> {
    let Ok(url) = address::parse(url, allow_private) else {
        return Ok(());
    };
    address::check_name(&url, allow_private)
        .map_err(|error| Error::invalid("url", error.code(), error.to_string()))
}

/// The team of an endpoint: of a key with one team it is that team unless told otherwise.
fn team(conn: &mut Conn, teams: &Teams, wanted: Option<i64>) -> Answer<Option<i64>> {
    let team = match (teams, wanted) {
        (Teams::Only(own), None) => {
            let [only] = own.as_slice() else {
                let rule = "expected one of the key's teams";
                return Err(Error::invalid("team_id", "required", rule));
            };
            Some(*only)
        }
        (teams, wanted) if *teams == Teams::All || teams.allow(wanted) => wanted,
        _ => return Err(Error::Forbidden { scope: "that team" }),
    };
    if let Some(id) = team
        && access::team(conn, id)?.is_none()
    {
        return Err(Error::invalid(
            "team_id",
            "unknown",
            format!("there is no team {id}"),
        ));
    }
    Ok(team)
}

/// The endpoint with this id.
///
/// # Errors
///
/// 404 if there is none that `teams` may see.
pub fn find(conn: &mut Conn, id: i64, teams: &Teams) -> Answer<Endpoint> {
    let row = endpoints::find(conn, id, teams)?.ok_or_else(|| Error::not_found("webhook", id))?;
    Ok(Endpoint::of(row)?)
}

/// The endpoint that is about to be written: nobody else writes it meanwhile.
fn locked(conn: &mut Conn, writer: &Writer, id: i64, condition: &IfMatch) -> Answer<Endpoint> {
    endpoints::lock(conn, id)?;
    let standing = find(conn, id, &writer.teams)?;
    condition.check(standing.version)?;
    Ok(standing)
}

/// The delivery with this id.
///
/// # Errors
///
/// 404 if there is none that `teams` may see.
pub fn find_delivery(conn: &mut Conn, id: i64, teams: &Teams) -> Answer<Delivery> {
    deliveries::find(conn, id, teams)?.ok_or_else(|| Error::not_found("webhook delivery", id))
}

/// Makes an endpoint; it, and the secret that is shown this once.
///
/// # Errors
///
/// 422 names the field, 403 for a team that the writer does not have.
pub fn create(
    conn: &mut Conn,
    writer: &Writer,
    input: &EndpointInput,
) -> Answer<(Endpoint, String)> {
    let mut values = checked(input, writer.allow_private)?;
    values.team_id = team(conn, &writer.teams, values.team_id)?;
    let secret = Secret::generate().map_err(Error::internal)?.reveal();
    let id = endpoints::insert(conn, &values, &secret, writer.now)?;
    writer.record(conn, "created", "webhook", id)?;
    Ok((find(conn, id, &writer.teams)?, secret))
}

/// Lays a merge patch over an endpoint. One that was switched off stays so, see [`enable`]; what waits
/// for one that gets another team is given up, as that team may not know of it.
///
/// # Errors
///
/// As [`create`], and 404, 412, 400.
pub fn patch(
    conn: &mut Conn,
    writer: &Writer,
    id: i64,
    condition: &IfMatch,
    body: Json,
) -> Answer<Endpoint> {
    let standing = locked(conn, writer, id, condition)?;
    let input: EndpointInput = parse_value(&merge::patched(&standing.input(), body)?)?;
    if input == standing.input() {
        return Ok(standing);
    }
    let mut values = checked(&input, writer.allow_private)?;
    if standing.team_id != values.team_id {
        values.team_id = team(conn, &writer.teams, values.team_id)?;
    }
    if standing.status == EndpointStatus::Disabled {
        values.status = EndpointStatus::Disabled.word();
    }
    endpoints::update(conn, id, &values, writer.now)?;
    if values.url != standing.url || values.status != standing.status.word() {
        endpoints::forgive(conn, id)?;
    }
    if values.team_id.is_some() && standing.team_id != values.team_id {
        let words = "the endpoint was given to another team";
        deliveries::bury_all(conn, id, words, writer.now)?;
    }
    writer.record(conn, "updated", "webhook", id)?;
    find(conn, id, &writer.teams)
}

/// Deletes an endpoint and gives up what waits for it.
///
/// # Errors
///
/// 404 and 412.
pub fn delete(conn: &mut Conn, writer: &Writer, id: i64, condition: &IfMatch) -> Answer<()> {
    locked(conn, writer, id, condition)?;
    endpoints::delete(conn, id, writer.now)?;
    deliveries::bury_all(conn, id, "the endpoint was deleted", writer.now)?;
    writer.record(conn, "deleted", "webhook", id)?;
    Ok(())
}

/// Gives an endpoint a new secret, shown this once; the one before signs as well for so many hours
/// (default 24; 0: no longer). The one before that, if it still did, ends at once.
///
/// # Errors
///
/// 404, 412, 422.
pub fn rotate(
    conn: &mut Conn,
    writer: &Writer,
    (id, condition): (i64, &IfMatch),
    overlap_hours: Option<i64>,
) -> Answer<(Endpoint, String)> {
    let (usual, most) = OVERLAP_HOURS;
    let hours = overlap_hours.unwrap_or(usual);
    if !(0..=most).contains(&hours) {
        let rule = format!("expected 0 to {most} hours");
        return Err(Error::invalid("overlap_hours", "out_of_range", rule));
    }
    locked(conn, writer, id, condition)?;
    let secret = Secret::generate().map_err(Error::internal)?.reveal();
    let until = (hours > 0).then(|| UtcTime::from(writer.now.0 + TimeDelta::hours(hours)));
    endpoints::rotate(conn, id, &secret, until, writer.now)?;
    writer.record(conn, "rotated", "webhook", id)?;
    Ok((find(conn, id, &writer.teams)?, secret))
}

/// Switches an endpoint on, whatever it was, and forgets its failures.
///
/// # Errors
///
/// 404, 412.
pub fn enable(conn: &mut Conn, writer: &Writer, id: i64, condition: &IfMatch) -> Answer<Endpoint> {
    let standing = locked(conn, writer, id, condition)?;
    if standing.status == EndpointStatus::Active && standing.failing_since.is_none() {
        return Ok(standing);
    }
    endpoints::enable(conn, id, writer.now)?;
    writer.record(conn, "enabled", "webhook", id)?;
    find(conn, id, &writer.teams)
}

/// Sends an endpoint an event of type `webhook.test`, whether it wants such events or not.
///
/// # Errors
///
/// 404, 409 if it is not active.
pub fn test(conn: &mut Conn, writer: &Writer, id: i64) -> Answer<Delivery> {
    let endpoint = find(conn, id, &writer.teams)?;
    demand_active(&endpoint)?;
    let event = NewEvent {
        kind: EventType::WebhookTest,
        customer: None,
        team: endpoint.team_id,
        data: json!({"id": id, "name": endpoint.name, "actor": writer.actor.name}),
    };
    let queued = emit::queue(conn, &event, &[id], writer.now)?;
    writer.record(conn, "tested", "webhook", id)?;
    let delivery = queued.first().copied().unwrap_or_default();
    find_delivery(conn, delivery, &writer.teams)
}

/// Queues a delivery anew, be it dead or delivered.
///
/// # Errors
///
/// 404, 409 if it waits anyway, or if its endpoint is not active or may not be told of it any more.
pub fn replay(conn: &mut Conn, writer: &Writer, id: i64) -> Answer<Delivery> {
    let delivery = find_delivery(conn, id, &writer.teams)?;
    if delivery.status == DeliveryStatus::Queued.word() {
        return Err(Error::conflict(
            "queued",
            "the delivery waits for its next attempt",
        ));
    }
    demand_active(&find(conn, delivery.webhook_id, &writer.teams)?)?;
    if !deliveries::may_be_told(conn, id)? {
        let detail = "the event belongs to another team than the webhook does now";
        return Err(Error::conflict("other_team", detail));
    }
    deliveries::requeue(conn, id, writer.now)?;
    writer.record(conn, "replayed", "webhook delivery", id)?;
    find_delivery(conn, id, &writer.teams)
}

/// Queues every dead delivery of an endpoint anew whose event happened since then; how many there were.
///
/// # Errors
///
/// 404, 409 if it is not active.
pub fn replay_since(conn: &mut Conn, writer: &Writer, id: i64, since: UtcTime) -> Answer<u64> {
    demand_active(&find(conn, id, &writer.teams)?)?;
    let mut replayed = 0;
    for delivery in deliveries::dead_since(conn, id, since, &writer.teams)? {
        replayed += u64::from(deliveries::requeue(conn, delivery, writer.now)?);
    }
    let deed = Deed {
        action: "replayed",
        entity: "webhook",
        id: Some(id),
        detail: Some(json!({"since": since, "replayed": replayed})),
    };
    audit::record(conn, &writer.actor, &deed, writer.now)?;
    Ok(replayed)
}

fn demand_active(endpoint: &Endpoint) -> Answer<()> {
    if endpoint.status == EndpointStatus::Active {
        return Ok(());
    }
    Err(Error::conflict(
        "not_active",
        format!("the webhook is {}: enable it first", endpoint.status),
    ))
}
