//! Who is to be told of an event, and what came of it.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::Serialize;

use super::endpoints;
use crate::access::Teams;
use crate::db::schema::{webhook_attempts, webhook_deliveries, webhook_endpoints, webhook_events};
use crate::db::select::{Collection, Kind, Statement, Value, field};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::webhooks::model::{DeliveryStatus, EventType};

/// An event on its way to an endpoint.
#[derive(Clone, Debug, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct Delivery {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// The endpoint.
    #[diesel(sql_type = BigInt)]
    pub webhook_id: i64,
    /// The event's `webhook-id`, the same in every attempt.
    #[diesel(sql_type = Text)]
    pub event_id: String,
    /// What happened.
    #[schema(value_type = EventType)]
    #[serde(rename = "type")]
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The customer concerned.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub customer_id: Option<i64>,
    /// What became of it.
    #[schema(value_type = DeliveryStatus)]
    #[diesel(sql_type = Text)]
    pub status: String,
    /// Attempts since it was queued or replayed.
    #[diesel(sql_type = BigInt)]
    pub attempts: i64,
    /// When it is tried next, if it is queued.
    #[diesel(sql_type = Instant)]
    pub next_attempt_at: UtcTime,
    /// What the last attempt came to, if it failed.
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
    /// When the event happened.
    #[diesel(sql_type = Instant)]
    pub created_at: UtcTime,
    /// When it last changed.
    #[diesel(sql_type = Instant)]
    pub updated_at: UtcTime,
    /// When the endpoint took it.
    #[diesel(sql_type = Nullable<Instant>)]
    pub delivered_at: Option<UtcTime>,
}

/// One request, and what came of it.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, utoipa::ToSchema)]
#[diesel(table_name = webhook_attempts)]
pub struct Attempt {
    /// When it was made.
    pub at: UtcTime,
    /// The HTTP status; `null`: no answer came.
    pub code: Option<i64>,
    /// How long it took, in milliseconds.
    pub millis: i64,
    /// Why no answer came.
    pub error: Option<String>,
    /// The beginning of what came back.
    pub answer: Option<String>,
}

/// Lists of deliveries.
pub const DELIVERIES: Collection = Collection {
    columns: "d.id, d.endpoint_id AS webhook_id, v.uid AS event_id, v.type AS kind, v.customer_id, \
              d.status, d.attempts, d.next_attempt_at, d.last_error, d.created_at, d.updated_at, \
              d.delivered_at",
    from: "webhook_deliveries d JOIN webhook_events v ON v.id = d.event_id \
           JOIN webhook_endpoints e ON e.id = d.endpoint_id",
    id: "d.id",
    updated: Some("d.updated_at"),
    alive: None,
    fields: &[
        field("id", "d.id", Kind::Int, true),
        field(
            "status",
            "d.status",
            Kind::Words(DeliveryStatus::WORDS),
            false,
        ),
        field("type", "v.type", Kind::Words(EventType::WORDS), false),
        field("customer_id", "v.customer_id", Kind::Int, false),
        field("created_at", "d.created_at", Kind::Time, true),
        field("updated_at", "d.updated_at", Kind::Time, true),
    ],
    default_sort: "-id",
};

/// Restricts deliveries to those that teams may see: to their endpoints, of their customers. An
/// endpoint may have been another team's before.
pub fn restrict(teams: &Teams, sql: &mut Statement) {
    teams.restrict(sql, "e.team_id");
    teams.restrict(sql, "v.team_id");
}

/// Queues an event for these endpoints, due at once.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn queue(conn: &mut Conn, event: i64, endpoints: &[i64], now: UtcTime) -> DbResult<Vec<i64>> {
    let mut ids = Vec::with_capacity(endpoints.len());
    for endpoint in endpoints {
        ids.push(on!(conn, |c| diesel::insert_into(
            webhook_deliveries::table
        )
        .values((
            webhook_deliveries::event_id.eq(event),
            webhook_deliveries::endpoint_id.eq(endpoint),
            webhook_deliveries::status.eq(DeliveryStatus::Queued.word()),
            webhook_deliveries::next_attempt_at.eq(now),
            webhook_deliveries::created_at.eq(now),
            webhook_deliveries::updated_at.eq(now),
        ))
        .returning(webhook_deliveries::id)
        .get_result(c))?);
    }
    Ok(ids)
}

/// The delivery with this id, if `teams` may see it.
pub fn find(conn: &mut Conn, id: i64, teams: &Teams) -> DbResult<Option<Delivery>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(DELIVERIES.columns)
        .push(" FROM ")
        .push(DELIVERIES.from);
    sql.push(" WHERE d.id = ").bind(Value::Int(id));
    restrict(teams, &mut sql);
    Ok(sql.load(conn)?.pop())
}

/// The attempts of a delivery, the oldest first.
pub fn attempts(conn: &mut Conn, delivery: i64) -> DbResult<Vec<Attempt>> {
    Ok(on!(conn, |c| webhook_attempts::table
        .filter(webhook_attempts::delivery_id.eq(delivery))
        .order(webhook_attempts::id)
        .select(Attempt::as_select())
        .load(c))?)
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// No delivery waits longer for its next attempt: one that would was put off while the clock was ahead.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(2);
/// No lease is longer: one that is was taken while the clock was ahead.
const LONGEST_LEASE: TimeDelta = TimeDelta::minutes(10);

/// Demands of `row` that it is due, and that nobody is at its endpoint, which is to be told: an
/// endpoint that hangs then keeps one worker waiting, not all.
fn may_be_tried(sql: &mut Statement, row: &str, now: UtcTime) {
    sql.push(&format!(
        "{row}.status = 'queued' AND ({row}.next_attempt_at <= "
    ));
    sql.bind(Value::Time(now))
        .push(&format!(" OR {row}.next_attempt_at > "))
        .bind(Value::Time(UtcTime::from(now.0 + LONGEST_WAIT)))
        .push(&format!(
            ") AND EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = {row}.endpoint_id \
             AND e.status = 'active') AND NOT EXISTS (SELECT 1 FROM webhook_deliveries o \
             WHERE o.endpoint_id = {row}.endpoint_id AND o.status = 'queued' AND o.lease_until >= "
        ))
        .bind(Value::Time(now))
        .push(" AND o.lease_until <= ")
        .bind(Value::Time(UtcTime::from(now.0 + LONGEST_LEASE)))
        .push(")");
}

/// Deliveries that may be tried now, those that wait longest first.
pub fn due(conn: &mut Conn, now: UtcTime, limit: i64) -> DbResult<Vec<i64>> {
    let mut sql = Statement::new("SELECT d.id FROM webhook_deliveries d WHERE ");
    may_be_tried(&mut sql, "d", now);
    sql.push(" ORDER BY d.next_attempt_at, d.id LIMIT ")
        .bind(Value::Int(limit));
    let rows: Vec<Id> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// A delivery that a worker has for itself, with all that a request takes.
#[derive(Clone, Debug, Queryable)]
pub struct Due {
    /// Its id.
    pub id: i64,
    /// Attempts, the one about to be made included.
    pub attempts: i64,
    /// Until when the worker has it; marks the claim.
    pub lease_until: Option<UtcTime>,
    /// The endpoint.
    pub endpoint_id: i64,
    /// Where it goes.
    pub url: String,
    /// As [`Envelope`](crate::webhooks::model::Envelope) words it.
    pub envelope: String,
    /// What signs.
    pub secret: String,
    /// What signs as well until then.
    pub old_secret: Option<String>,
    /// When the old secret ends.
    pub old_secret_until: Option<UtcTime>,
    /// The event's `webhook-id`.
    pub uid: String,
    /// What happened.
    pub kind: String,
    /// JSON.
    pub data: String,
    /// When it happened.
    pub occurred_at: UtcTime,
}

/// Takes a delivery until `lease`; `None` if somebody has it or another one of its endpoint, it is not
/// due any more, or its endpoint is not to be told.
pub fn claim(conn: &mut Conn, id: i64, now: UtcTime, lease: UtcTime) -> DbResult<Option<Due>> {
    let endpoint: Option<i64> = on!(conn, |c| webhook_deliveries::table
        .find(id)
        .select(webhook_deliveries::endpoint_id)
        .first(c)
        .optional())?;
    let Some(endpoint) = endpoint else {
        return Ok(None);
    };
    // Whoever claims another delivery of this endpoint is waited for, and seen below.
    endpoints::lock(conn, endpoint)?;
    let mut sql = Statement::new("UPDATE webhook_deliveries SET attempts = attempts + 1, ");
    sql.push("lease_until = ").bind(Value::Time(lease));
    sql.push(", updated_at = ").bind(Value::Time(now));
    sql.push(", trying_since = COALESCE(trying_since, ")
        .bind(Value::Time(now))
        .push(") WHERE id = ")
        .bind(Value::Int(id))
        .push(" AND ");
    may_be_tried(&mut sql, "webhook_deliveries", now);
    if sql.execute(conn)? == 0 {
        return Ok(None);
    }
    Ok(on!(conn, |c| webhook_deliveries::table
        .inner_join(webhook_events::table.on(webhook_events::id.eq(webhook_deliveries::event_id)))
        .inner_join(
            webhook_endpoints::table.on(webhook_endpoints::id.eq(webhook_deliveries::endpoint_id))
        )
        .filter(webhook_deliveries::id.eq(id))
        .select((
            webhook_deliveries::id,
            webhook_deliveries::attempts,
            webhook_deliveries::lease_until,
            webhook_endpoints::id,
            webhook_endpoints::url,
            webhook_endpoints::envelope,
            webhook_endpoints::secret,
            webhook_endpoints::old_secret,
            webhook_endpoints::old_secret_until,
            webhook_events::uid,
            webhook_events::kind,
            webhook_events::data,
            webhook_events::occurred_at,
        ))
        .first(c)
        .optional())?)
}

/// Keeps what one request came to.
pub fn log(conn: &mut Conn, delivery: i64, attempt: &Attempt) -> DbResult<()> {
    on!(conn, |c| diesel::insert_into(webhook_attempts::table)
        .values((
            webhook_attempts::delivery_id.eq(delivery),
            webhook_attempts::at.eq(attempt.at),
            webhook_attempts::code.eq(attempt.code),
            webhook_attempts::millis.eq(attempt.millis),
            webhook_attempts::error.eq(&attempt.error),
            webhook_attempts::answer.eq(&attempt.answer),
        ))
        .execute(c))?;
    Ok(())
}

/// How many requests to an endpoint were made since then, up to `most`.
pub fn made_since(conn: &mut Conn, endpoint: i64, since: UtcTime, most: i64) -> DbResult<usize> {
    let made: Vec<i64> = on!(conn, |c| webhook_attempts::table
        .inner_join(
            webhook_deliveries::table.on(webhook_deliveries::id.eq(webhook_attempts::delivery_id))
        )
        .filter(webhook_deliveries::endpoint_id.eq(endpoint))
        .filter(webhook_attempts::at.ge(since))
        .limit(most)
        .select(webhook_attempts::id)
        .load(c))?;
    Ok(made.len())
}

/// The endpoint took it. That holds whoever has the lease meanwhile.
pub fn delivered(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(webhook_deliveries::table.find(id))
        .set((
            webhook_deliveries::status.eq(DeliveryStatus::Delivered.word()),
            webhook_deliveries::delivered_at.eq(Some(now)),
            webhook_deliveries::lease_until.eq(None::<UtcTime>),
            webhook_deliveries::last_error.eq(None::<String>),
            webhook_deliveries::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// It failed: it is to be tried again at `next`, or it is given up. Nothing happens if another worker
/// has taken it over.
pub fn failed(
    conn: &mut Conn,
    due: &Due,
    next: Option<UtcTime>,
    words: &str,
    now: UtcTime,
) -> DbResult<()> {
    let status = match next {
        Some(_) => DeliveryStatus::Queued,
        None => DeliveryStatus::Dead,
    };
    on!(conn, |c| diesel::update(
        webhook_deliveries::table.find(due.id)
    )
    .filter(webhook_deliveries::status.eq(DeliveryStatus::Queued.word()))
    .filter(webhook_deliveries::lease_until.eq(due.lease_until))
    .set((
        webhook_deliveries::status.eq(status.word()),
        webhook_deliveries::next_attempt_at.eq(next.unwrap_or(now)),
        webhook_deliveries::lease_until.eq(None::<UtcTime>),
        webhook_deliveries::last_error.eq(Some(words)),
        webhook_deliveries::updated_at.eq(now),
    ))
    .execute(c))?;
    Ok(())
}

/// Gives up everything that waits for an endpoint; how much that was.
pub fn bury_all(conn: &mut Conn, endpoint: i64, words: &str, now: UtcTime) -> DbResult<usize> {
    Ok(on!(conn, |c| diesel::update(webhook_deliveries::table)
        .filter(webhook_deliveries::endpoint_id.eq(endpoint))
        .filter(webhook_deliveries::status.eq(DeliveryStatus::Queued.word()))
        .set((
            webhook_deliveries::status.eq(DeliveryStatus::Dead.word()),
            webhook_deliveries::lease_until.eq(None::<UtcTime>),
            webhook_deliveries::last_error.eq(Some(words)),
            webhook_deliveries::updated_at.eq(now),
        ))
        .execute(c))?)
}

/// Queues a delivery anew, unless it waits anyway; whether it did not.
pub fn requeue(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<bool> {
    let changed = on!(conn, |c| diesel::update(webhook_deliveries::table.find(id))
        .filter(webhook_deliveries::status.ne(DeliveryStatus::Queued.word()))
        .set((
            webhook_deliveries::status.eq(DeliveryStatus::Queued.word()),
            webhook_deliveries::attempts.eq(0_i64),
            webhook_deliveries::trying_since.eq(None::<UtcTime>),
            webhook_deliveries::delivered_at.eq(None::<UtcTime>),
            webhook_deliveries::next_attempt_at.eq(now),
            webhook_deliveries::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(changed == 1)
}

/// The dead deliveries to an endpoint of events since then that `teams` may see, and that the endpoint
/// may still be told.
pub fn dead_since(
    conn: &mut Conn,
    endpoint: i64,
    since: UtcTime,
    teams: &Teams,
) -> DbResult<Vec<i64>> {
    let mut sql = Statement::new("SELECT d.id FROM ");
    sql.push(DELIVERIES.from)
        .push(
            " WHERE d.status = 'dead' AND (e.team_id IS NULL OR e.team_id = v.team_id) AND e.id = ",
        )
        .bind(Value::Int(endpoint))
        .push(" AND v.occurred_at >= ")
        .bind(Value::Time(since));
    restrict(teams, &mut sql);
    sql.push(" ORDER BY d.id");
    let rows: Vec<Id> = sql.load(conn)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Whether the endpoint of a delivery may still be told of its event: its team may have changed.
pub fn may_be_told(conn: &mut Conn, id: i64) -> DbResult<bool> {
    let mut sql = Statement::new("SELECT d.id FROM ");
    sql.push(DELIVERIES.from)
        .push(" WHERE (e.team_id IS NULL OR e.team_id = v.team_id) AND d.id = ")
        .bind(Value::Int(id));
    let rows: Vec<Id> = sql.load(conn)?;
    Ok(!rows.is_empty())
}
