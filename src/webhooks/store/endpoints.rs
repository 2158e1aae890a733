//! Who is told.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::access::Teams;
use crate::db::schema::webhook_endpoints;
use crate::db::select::{Collection, Kind, Statement, Value, field};
use crate::db::{Conn, DbError, DbResult, Instant, UtcTime, on};
use crate::webhooks::model::{DisabledReason, EndpointStatus, EventType};

/// An endpoint, without its secrets.
#[derive(Clone, Debug, QueryableByName)]
pub struct Row {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// What people call it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Where it is.
    #[diesel(sql_type = Text)]
    pub url: String,
    /// JSON: the types of events it wants; none: all.
    #[diesel(sql_type = Text)]
    pub events: String,
    /// As [`Envelope`](crate::webhooks::model::Envelope) words it.
    #[diesel(sql_type = Text)]
    pub envelope: String,
    /// The team whose customers it is told of; `None`: it is told everything.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub team_id: Option<i64>,
    /// As [`EndpointStatus`] words it.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// As [`DisabledReason`] words it.
    #[diesel(sql_type = Nullable<Text>)]
    pub disabled_reason: Option<String>,
    /// Every attempt since then failed.
    #[diesel(sql_type = Nullable<Instant>)]
    pub failing_since: Option<UtcTime>,
    /// Until when the old secret signs as well.
    #[diesel(sql_type = Nullable<Instant>)]
    pub old_secret_until: Option<UtcTime>,
    /// Goes up with every change.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// When it was made.
    #[diesel(sql_type = Instant)]
    pub created_at: UtcTime,
    /// When it last changed.
    #[diesel(sql_type = Instant)]
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    #[diesel(sql_type = Nullable<Instant>)]
    pub deleted_at: Option<UtcTime>,
}

/// Lists of endpoints.
pub const ENDPOINTS: Collection = Collection {
    columns: "e.id, e.name, e.url, e.events, e.envelope, e.team_id, e.status, e.disabled_reason, \
              e.failing_since, e.old_secret_until, e.version, e.created_at, e.updated_at, e.deleted_at",
    from: "webhook_endpoints e",
    id: "e.id",
    updated: Some("e.updated_at"),
    alive: Some("e.deleted_at IS NULL"),
    fields: &[
        field("id", "e.id", Kind::Int, true),
        field("name", "e.name", Kind::Text, true),
        field("team_id", "e.team_id", Kind::Int, false),
        field(
            "status",
            "e.status",
            Kind::Words(EndpointStatus::WORDS),
            false,
        ),
        field("updated_at", "e.updated_at", Kind::Time, true),
    ],
    default_sort: "id",
};

/// What a person says of an endpoint.
#[derive(Clone, Debug, Insertable, AsChangeset)]
#[diesel(table_name = webhook_endpoints)]
#[diesel(treat_none_as_null = true)]
pub struct Values {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// JSON.
    pub events: String,
    /// How it wants them wrapped.
    pub envelope: &'static str,
    /// Whose customers it is told of.
    pub team_id: Option<i64>,
    /// Whether it is told.
    pub status: &'static str,
}

/// Makes an endpoint; its id.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn insert(conn: &mut Conn, values: &Values, secret: &str, now: UtcTime) -> DbResult<i64> {
    Ok(on!(conn, |c| diesel::insert_into(
        webhook_endpoints::table
    )
    .values((
        values,
        webhook_endpoints::secret.eq(secret),
        webhook_endpoints::created_at.eq(now),
        webhook_endpoints::updated_at.eq(now),
    ))
    .returning(webhook_endpoints::id)
    .get_result(c))?)
}

/// Has an endpoint for itself until the transaction ends: others who lock it wait. Nobody reads a
/// state of it that is about to change.
pub fn lock(conn: &mut Conn, id: i64) -> DbResult<()> {
    // SQLite lets one transaction write at a time anyway.
    if !conn.is_postgres() {
        return Ok(());
    }
    // Deliveries may be queued for it meanwhile: those lock its key.
    let mut sql = Statement::new("SELECT e.id AS id FROM webhook_endpoints e WHERE e.id = ");
    sql.bind(Value::Int(id)).push(" FOR NO KEY UPDATE");
    sql.execute(conn)?;
    Ok(())
}

/// Whether this is still the address of an endpoint.
pub fn is_at(conn: &mut Conn, id: i64, url: &str) -> DbResult<bool> {
    let found: i64 = on!(conn, |c| webhook_endpoints::table
        .find(id)
        .filter(webhook_endpoints::url.eq(url))
        .count()
        .get_result(c))?;
    Ok(found > 0)
}

/// Nothing that failed is held against an endpoint any more.
pub fn forgive(conn: &mut Conn, id: i64) -> DbResult<()> {
    on!(conn, |c| diesel::update(webhook_endpoints::table.find(id))
        .filter(webhook_endpoints::failing_since.is_not_null())
        .set(webhook_endpoints::failing_since.eq(None::<UtcTime>))
        .execute(c))?;
    Ok(())
}

/// Makes an endpoint what `values` say.
pub fn update(conn: &mut Conn, id: i64, values: &Values, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(webhook_endpoints::table.find(id))
        .set((
            values,
            webhook_endpoints::version.eq(webhook_endpoints::version + 1),
            webhook_endpoints::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// The endpoint with this id, unless it was deleted or `teams` may not see it.
pub fn find(conn: &mut Conn, id: i64, teams: &Teams) -> DbResult<Option<Row>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(ENDPOINTS.columns)
        .push(" FROM ")
        .push(ENDPOINTS.from);
    sql.push(" WHERE e.deleted_at IS NULL AND e.id = ")
        .bind(Value::Int(id));
    teams.restrict(&mut sql, "e.team_id");
    Ok(sql.load(conn)?.pop())
}

/// Deletes an endpoint and forgets its secrets; it stays as a tombstone.
pub fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(webhook_endpoints::table.find(id))
        .set((
            webhook_endpoints::status.eq(EndpointStatus::Disabled.word()),
            webhook_endpoints::secret.eq(""),
            webhook_endpoints::old_secret.eq(None::<String>),
            webhook_endpoints::old_secret_until.eq(None::<UtcTime>),
            webhook_endpoints::version.eq(webhook_endpoints::version + 1),
            webhook_endpoints::updated_at.eq(now),
            webhook_endpoints::deleted_at.eq(Some(now)),
        ))
        .execute(c))?;
    Ok(())
}

/// Gives an endpoint a new secret; the one it had signs as well until then, or is forgotten at once.
pub fn rotate(
    conn: &mut Conn,
    id: i64,
    secret: &str,
    old_until: Option<UtcTime>,
    now: UtcTime,
) -> DbResult<()> {
    let old: Option<String> = match old_until {
        Some(_) => Some(on!(conn, |c| webhook_endpoints::table
            .find(id)
            .select(webhook_endpoints::secret)
            .first(c))?),
        None => None,
    };
    on!(conn, |c| diesel::update(webhook_endpoints::table.find(id))
        .set((
            webhook_endpoints::old_secret.eq(&old),
            webhook_endpoints::old_secret_until.eq(old_until),
            webhook_endpoints::secret.eq(secret),
            webhook_endpoints::version.eq(webhook_endpoints::version + 1),
            webhook_endpoints::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// Forgets the secrets whose time is over; how many there were.
pub fn forget_secrets(conn: &mut Conn, now: UtcTime) -> DbResult<usize> {
    Ok(on!(conn, |c| diesel::update(webhook_endpoints::table)
        .filter(webhook_endpoints::old_secret_until.le(now))
        .set((
            webhook_endpoints::old_secret.eq(None::<String>),
            webhook_endpoints::old_secret_until.eq(None::<UtcTime>),
        ))
        .execute(c))?)
}

/// Switches an endpoint on: nothing is held against it any more.
pub fn enable(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(webhook_endpoints::table.find(id))
        .set((
            webhook_endpoints::status.eq(EndpointStatus::Active.word()),
            webhook_endpoints::disabled_reason.eq(None::<String>),
            webhook_endpoints::failing_since.eq(None::<UtcTime>),
            webhook_endpoints::version.eq(webhook_endpoints::version + 1),
            webhook_endpoints::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// Switches an endpoint off, unless it was deleted.
pub fn disable(conn: &mut Conn, id: i64, why: DisabledReason, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(webhook_endpoints::table.find(id))
        .filter(webhook_endpoints::deleted_at.is_null())
        .set((
            webhook_endpoints::status.eq(EndpointStatus::Disabled.word()),
            webhook_endpoints::disabled_reason.eq(Some(why.word())),
            webhook_endpoints::version.eq(webhook_endpoints::version + 1),
            webhook_endpoints::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// The endpoint failed at a request made at `at`; since when it does nothing else.
pub fn fails(conn: &mut Conn, id: i64, at: UtcTime) -> DbResult<Option<UtcTime>> {
    on!(conn, |c| diesel::update(webhook_endpoints::table.find(id))
        .filter(
            webhook_endpoints::failing_since
                .is_null()
                // Said while the clock was ahead.
                .or(webhook_endpoints::failing_since.gt(at))
        )
        .set(webhook_endpoints::failing_since.eq(Some(at)))
        .execute(c))?;
    Ok(on!(conn, |c| webhook_endpoints::table
        .find(id)
        .select(webhook_endpoints::failing_since)
        .first(c))?)
}

/// The active endpoints that want events of this type and may see those of this team.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn listeners(conn: &mut Conn, kind: EventType, team: Option<i64>) -> DbResult<Vec<i64>> {
    let wanting = active(conn, kind)?;
    Ok(wanting
        .into_iter()
        .filter(|(_, of)| of.is_none() || *of == team)
        .map(|(id, _)| id)
        .collect())
}

/// Whether any active endpoint wants events of this type.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn anybody_wants(conn: &mut Conn, kind: EventType) -> DbResult<bool> {
    Ok(!active(conn, kind)?.is_empty())
}

/// The active endpoints that want events of this type, with the team that each is limited to.
fn active(conn: &mut Conn, kind: EventType) -> DbResult<Vec<(i64, Option<i64>)>> {
    let rows: Vec<(i64, Option<i64>, String)> = on!(conn, |c| webhook_endpoints::table
        .filter(webhook_endpoints::status.eq(EndpointStatus::Active.word()))
        .order(webhook_endpoints::id)
        .select((
            webhook_endpoints::id,
            webhook_endpoints::team_id,
            webhook_endpoints::events,
        ))
        .load(c))?;
    let mut wanting = Vec::new();
    for (id, team, events) in rows {
        let events = types(&events)?;
        if events.is_empty() || events.contains(&kind) {
            wanting.push((id, team));
        }
    }
    Ok(wanting)
}

/// The event types that stand in the database as JSON.
///
/// # Errors
///
/// [`DbError::Corrupt`].
pub fn types(json: &str) -> DbResult<Vec<EventType>> {
    serde_json::from_str(json).map_err(|error| DbError::corrupt("webhook_endpoints.events", error))
}
