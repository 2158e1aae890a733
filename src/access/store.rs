//! Keys, teams, users, the audit log and remembered answers in the database.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::preferences::{self, Frequency, RollUp};
use super::{Caller, Scope, Teams};
use crate::db::schema::{api_keys, audit_log, idempotency_keys, instance_secrets, teams, users};
use crate::db::select::{Collection, Field, Kind};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::ids::{KeyId, TeamId, UserId};

/// A team of our own people; customers belong to one.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = teams)]
pub struct Team {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: TeamId,
    /// Its name, unique.
    pub name: String,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

/// One of our own people.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = users)]
pub struct User {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: UserId,
    /// The person's name.
    pub name: String,
    /// Where mails go; lower case, unique.
    pub email: String,
    /// `en` or `zh`.
    pub language: String,
    /// The team; without one the person hears of every customer.
    pub team_id: Option<i64>,
    /// Whether alerts are mailed; `false`: never, whatever else is set.
    pub mail_alerts: bool,
    /// How alerts of high severity are told.
    #[schema(value_type = Frequency)]
    pub mail_high: String,
    /// How those of medium severity are.
    #[schema(value_type = Frequency)]
    pub mail_medium: String,
    /// How those of low severity are.
    #[schema(value_type = Frequency)]
    pub mail_low: String,
    /// The person's time zone; `null`: the instance's.
    pub time_zone: Option<String>,
    /// From when on no mail is sent, `HH:MM`.
    #[serde(serialize_with = "preferences::maybe_time")]
    #[schema(value_type = Option<String>)]
    pub quiet_from: Option<i64>,
    /// Until when.
    #[serde(serialize_with = "preferences::maybe_time")]
    #[schema(value_type = Option<String>)]
    pub quiet_until: Option<i64>,
    /// When digests come, `HH:MM`.
    #[serde(serialize_with = "preferences::time")]
    #[schema(value_type = String)]
    pub digest_at: i64,
    /// On which day the weekly one comes: 1 Monday to 7 Sunday.
    pub digest_weekday: i64,
    /// How many mails of their own alerts may send in a calendar month; what comes beyond waits for
    /// the daily digest. `null`: no limit.
    pub mail_budget: Option<i64>,
    /// How often the roll-up of the team's alerts comes.
    #[schema(value_type = RollUp)]
    pub roll_up: String,
    /// Since when mails to the address come back: none is written until it changes.
    pub mail_failed_at: Option<UtcTime>,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

/// What is known of a key; the key itself is nowhere.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = api_keys)]
pub struct ApiKey {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: KeyId,
    /// What it is for.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// SHA-256 of the key.
    #[serde(skip)]
    pub hash: String,
    /// What it may do: words with commas.
    pub scopes: String,
    /// JSON list of the teams it is limited to; `null`: none.
    pub team_ids: Option<String>,
    /// When it ends.
    pub expires_at: Option<UtcTime>,
    /// When it was revoked.
    pub revoked_at: Option<UtcTime>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<UtcTime>,
    /// When it was made.
    pub created_at: UtcTime,
}

impl ApiKey {
    /// Who a request with this key comes from.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored words make no sense.
    pub fn caller(&self) -> DbResult<Caller> {
        let scopes = self
            .scopes
            .split(',')
            .map(|word| Scope::parse(word).ok_or_else(|| DbError::corrupt("api_keys.scopes", word)))
            .collect::<DbResult<_>>()?;
        let teams = match &self.team_ids {
            None => Teams::All,
            Some(list) => Teams::Only(
                serde_json::from_str(list)
                    .map_err(|error| DbError::corrupt("api_keys.team_ids", error))?,
            ),
        };
        Ok(Caller {
            key: self.id,
            scopes,
            teams,
        })
    }
}

/// A line of the audit log.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = audit_log)]
pub struct AuditEntry {
    /// Its id.
    pub id: i64,
    /// When it was done.
    pub at: UtcTime,
    /// Who did it: `key:ID` or `cli`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what kind of record.
    pub entity: String,
    /// To which.
    pub entity_id: Option<i64>,
    /// In which request.
    pub request_id: Option<String>,
    /// More, as JSON.
    pub detail: Option<String>,
}

macro_rules! field {
    ($name:literal, $sql:literal, $kind:expr) => {
        Field {
            name: $name,
            sql: $sql,
            kind: $kind,
            sortable: false,
        }
    };
    ($name:literal, $sql:literal, $kind:expr, sortable) => {
        Field {
            name: $name,
            sql: $sql,
            kind: $kind,
            sortable: true,
        }
    };
}

/// Lists of teams.
pub const TEAMS: Collection = Collection {
    columns: "t.*",
    from: "teams t",
    id: "t.id",
    updated: Some("t.updated_at"),
    alive: Some("t.deleted_at IS NULL"),
    fields: &[
        field!("id", "t.id", Kind::Int, sortable),
        field!("name", "t.name", Kind::Text, sortable),
        field!("updated_at", "t.updated_at", Kind::Time, sortable),
    ],
    default_sort: "id",
};

/// Lists of users.
pub const USERS: Collection = Collection {
    columns: "u.*",
    from: "users u",
    id: "u.id",
    updated: Some("u.updated_at"),
    alive: Some("u.deleted_at IS NULL"),
    fields: &[
        field!("id", "u.id", Kind::Int, sortable),
        field!("name", "u.name", Kind::Text, sortable),
        field!("email", "u.email", Kind::Text, sortable),
        field!("team_id", "u.team_id", Kind::Int),
        field!("updated_at", "u.updated_at", Kind::Time, sortable),
    ],
    default_sort: "id",
};

/// Lists of keys.
pub const KEYS: Collection = Collection {
    columns: "k.*",
    from: "api_keys k",
    id: "k.id",
    updated: None,
    alive: None,
    fields: &[
        field!("id", "k.id", Kind::Int, sortable),
        field!("name", "k.name", Kind::Text, sortable),
        field!("prefix", "k.prefix", Kind::Text),
    ],
    default_sort: "id",
};

/// Lists of the audit log.
pub const AUDIT: Collection = Collection {
    columns: "a.*",
    from: "audit_log a",
    id: "a.id",
    updated: None,
    alive: None,
    fields: &[
        field!("id", "a.id", Kind::Int, sortable),
        field!("at", "a.at", Kind::Time, sortable),
        field!("actor", "a.actor", Kind::Text),
        field!("action", "a.action", Kind::Text),
        field!("entity", "a.entity", Kind::Text),
        field!("entity_id", "a.entity_id", Kind::Int),
    ],
    default_sort: "-id",
};

/// The team with this id, unless it was deleted.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn team(conn: &mut Conn, id: i64) -> DbResult<Option<Team>> {
    Ok(on!(conn, |c| teams::table
        .filter(teams::id.eq(id))
        .filter(teams::deleted_at.is_null())
        .select(Team::as_select())
        .first(c)
        .optional())?)
}

/// The team with this name, deleted or not.
pub fn team_by_name(conn: &mut Conn, name: &str) -> DbResult<Option<Team>> {
    Ok(on!(conn, |c| teams::table
        .filter(teams::name.eq(name))
        .select(Team::as_select())
        .first(c)
        .optional())?)
}

/// Makes a team; one that was deleted under this name comes back.
pub fn insert_team(conn: &mut Conn, name: &str, now: UtcTime) -> DbResult<Team> {
    if let Some(old) = team_by_name(conn, name)?.filter(|team| team.deleted_at.is_some()) {
        return Ok(on!(conn, |c| diesel::update(teams::table.find(old.id.0))
            .set((
                teams::deleted_at.eq(None::<UtcTime>),
                teams::updated_at.eq(now),
                teams::version.eq(teams::version + 1),
            ))
            .returning(Team::as_returning())
            .get_result(c))?);
    }
    Ok(on!(conn, |c| diesel::insert_into(teams::table)
        .values((
            teams::name.eq(name),
            teams::created_at.eq(now),
            teams::updated_at.eq(now),
        ))
        .returning(Team::as_returning())
        .get_result(c))?)
}

/// Renames a team.
pub fn update_team(conn: &mut Conn, id: TeamId, name: &str, now: UtcTime) -> DbResult<Team> {
    Ok(on!(conn, |c| diesel::update(teams::table.find(id.0))
        .set((
            teams::name.eq(name),
            teams::updated_at.eq(now),
            teams::version.eq(teams::version + 1),
        ))
        .returning(Team::as_returning())
        .get_result(c))?)
}

/// Marks a team as deleted.
pub fn delete_team(conn: &mut Conn, id: TeamId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(teams::table.find(id.0))
        .set((
            teams::deleted_at.eq(Some(now)),
            teams::updated_at.eq(now),
            teams::version.eq(teams::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// What can be told of a user.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserInput {
    /// The person's name.
    pub name: String,
    /// Where mails go.
    pub email: String,
    /// `en` (default) or `zh`.
    #[serde(default = "english")]
    pub language: String,
    /// The team; without one the person hears of every customer.
    #[serde(default)]
    pub team_id: Option<i64>,
    /// Whether alerts are mailed; default true.
    #[serde(default = "yes")]
    pub mail_alerts: bool,
    /// How alerts of high severity are told; default `real_time`.
    #[serde(default = "real_time")]
    pub mail_high: Frequency,
    /// Those of medium severity; default `real_time`.
    #[serde(default = "real_time")]
    pub mail_medium: Frequency,
    /// Those of low severity; default `daily`.
    #[serde(default = "daily")]
    pub mail_low: Frequency,
    /// IANA name of the person's time zone; without one the instance's.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// From when on no mail is sent, `HH:MM`; such quiet hours may last over midnight.
    #[serde(default)]
    pub quiet_from: Option<String>,
    /// Until when.
    #[serde(default)]
    pub quiet_until: Option<String>,
    /// When digests come, `HH:MM`; default `07:00`.
    #[serde(default = "seven")]
    pub digest_at: String,
    /// On which day the weekly one comes: 1 Monday (default) to 7 Sunday.
    #[serde(default = "monday")]
    pub digest_weekday: i64,
    /// How many mails of their own alerts may send in a calendar month; default 30, `null`: no limit.
    #[serde(default = "thirty")]
    pub mail_budget: Option<i64>,
    /// How often the roll-up of the team's alerts comes; default `never`.
    #[serde(default = "no_roll_up")]
    pub roll_up: RollUp,
}

impl UserInput {
    /// Somebody with the usual preferences.
    pub fn new(name: String, email: String) -> Self {
        Self {
            name,
            email,
            language: english(),
            team_id: None,
            mail_alerts: yes(),
            mail_high: real_time(),
            mail_medium: real_time(),
            mail_low: daily(),
            time_zone: None,
            quiet_from: None,
            quiet_until: None,
            digest_at: seven(),
            digest_weekday: monday(),
            mail_budget: thirty(),
            roll_up: no_roll_up(),
        }
    }

    /// What stands of a user, for changing a part of it.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored words make no sense.
    pub fn of(user: &User) -> DbResult<Self> {
        let frequency =
            |what, word: &str| Frequency::parse(word).ok_or_else(|| DbError::corrupt(what, word));
        let time = |minute: Option<i64>| minute.map(preferences::clock_time);
        Ok(Self {
            name: user.name.clone(),
            email: user.email.clone(),
            language: user.language.clone(),
            team_id: user.team_id,
            mail_alerts: user.mail_alerts,
            mail_high: frequency("users.mail_high", &user.mail_high)?,
            mail_medium: frequency("users.mail_medium", &user.mail_medium)?,
            mail_low: frequency("users.mail_low", &user.mail_low)?,
            time_zone: user.time_zone.clone(),
            quiet_from: time(user.quiet_from),
            quiet_until: time(user.quiet_until),
            digest_at: preferences::clock_time(user.digest_at),
            digest_weekday: user.digest_weekday,
            mail_budget: user.mail_budget,
            roll_up: RollUp::parse(&user.roll_up)
                .ok_or_else(|| DbError::corrupt("users.roll_up", &user.roll_up))?,
        })
    }

    fn row(&self) -> UserRow<'_> {
        let minute = |time: &Option<String>| time.as_deref().and_then(preferences::minute_of_day);
        UserRow {
            name: &self.name,
            email: &self.email,
            language: &self.language,
            team_id: self.team_id,
            mail_alerts: self.mail_alerts,
            mail_high: self.mail_high.word(),
            mail_medium: self.mail_medium.word(),
            mail_low: self.mail_low.word(),
            time_zone: self.time_zone.clone(),
            quiet_from: minute(&self.quiet_from),
            quiet_until: minute(&self.quiet_until),
            // Checked before it is written.
            digest_at: preferences::minute_of_day(&self.digest_at).unwrap_or(SEVEN),
            digest_weekday: self.digest_weekday,
            mail_budget: self.mail_budget,
            roll_up: self.roll_up.word(),
        }
    }
}

/// Seven o'clock, in minutes of the day.
const SEVEN: i64 = 420;

/// What is written of a user.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = users, treat_none_as_null = true, treat_none_as_default_value = false)]
struct UserRow<'a> {
    name: &'a str,
    email: &'a str,
    language: &'a str,
    team_id: Option<i64>,
    mail_alerts: bool,
    mail_high: &'static str,
    mail_medium: &'static str,
    mail_low: &'static str,
    time_zone: Option<String>,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    digest_at: i64,
    digest_weekday: i64,
    mail_budget: Option<i64>,
    roll_up: &'static str,
}

fn real_time() -> Frequency {
    Frequency::RealTime
}

fn daily() -> Frequency {
    Frequency::Daily
}

fn seven() -> String {
    preferences::clock_time(SEVEN)
}

fn monday() -> i64 {
    1
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "serde takes the default of the field's type"
)]
fn thirty() -> Option<i64> {
    Some(30)
}

fn no_roll_up() -> RollUp {
    RollUp::Never
}

fn english() -> String {
    "en".to_owned()
}

fn yes() -> bool {
    true
}

/// The user with this id, unless deleted.
pub fn user(conn: &mut Conn, id: i64) -> DbResult<Option<User>> {
    Ok(on!(conn, |c| users::table
        .filter(users::id.eq(id))
        .filter(users::deleted_at.is_null())
        .select(User::as_select())
        .first(c)
        .optional())?)
}

/// The user with this address, deleted or not.
pub fn user_by_email(conn: &mut Conn, email: &str) -> DbResult<Option<User>> {
    Ok(on!(conn, |c| users::table
        .filter(users::email.eq(email))
        .select(User::as_select())
        .first(c)
        .optional())?)
}

/// Makes a user.
pub fn insert_user(conn: &mut Conn, input: &UserInput, now: UtcTime) -> DbResult<User> {
    Ok(on!(conn, |c| diesel::insert_into(users::table)
        .values((
            input.row(),
            users::created_at.eq(now),
            users::updated_at.eq(now),
        ))
        .returning(User::as_returning())
        .get_result(c))?)
}

/// Changes a user; one that was deleted comes back.
/// Mails to another address have not failed yet.
pub fn update_user(conn: &mut Conn, id: UserId, input: &UserInput, now: UtcTime) -> DbResult<User> {
    on!(conn, |c| diesel::update(users::table.find(id.0))
        .filter(users::email.ne(&input.email))
        .set((
            users::mail_failed_at.eq(None::<UtcTime>),
            users::mail_failure.eq(None::<String>),
        ))
        .execute(c))?;
    Ok(on!(conn, |c| diesel::update(users::table.find(id.0))
        .set((
            input.row(),
            users::updated_at.eq(now),
            users::deleted_at.eq(None::<UtcTime>),
            users::version.eq(users::version + 1),
        ))
        .returning(User::as_returning())
        .get_result(c))?)
}

/// Marks a user as deleted.
pub fn delete_user(conn: &mut Conn, id: UserId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(users::table.find(id.0))
        .set((
            users::deleted_at.eq(Some(now)),
            users::updated_at.eq(now),
            users::version.eq(users::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// What is kept of a new key.
pub struct NewApiKey<'a> {
    /// What it is for.
    pub name: &'a str,
    /// Its beginning and its hash.
    pub key: &'a super::key::NewKey,
    /// What it may do.
    pub scopes: &'a [Scope],
    /// Whose customers it may see.
    pub teams: &'a Teams,
    /// When it ends.
    pub expires_at: Option<UtcTime>,
}

/// Keeps a key.
pub fn insert_key(conn: &mut Conn, new: &NewApiKey<'_>, now: UtcTime) -> DbResult<ApiKey> {
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.word()).collect();
    let team_ids = match new.teams {
        Teams::All => None,
        Teams::Only(teams) => Some(serde_json::Value::from(teams.clone()).to_string()),
    };
    Ok(on!(conn, |c| diesel::insert_into(api_keys::table)
        .values((
            api_keys::name.eq(new.name),
            api_keys::prefix.eq(&new.key.prefix),
            api_keys::hash.eq(&new.key.hash),
            api_keys::scopes.eq(scopes.join(",")),
            api_keys::team_ids.eq(&team_ids),
            api_keys::expires_at.eq(new.expires_at),
            api_keys::created_at.eq(now),
        ))
        .returning(ApiKey::as_returning())
        .get_result(c))?)
}

/// The key with this hash.
pub fn key_by_hash(conn: &mut Conn, hash: &str) -> DbResult<Option<ApiKey>> {
    Ok(on!(conn, |c| api_keys::table
        .filter(api_keys::hash.eq(hash))
        .select(ApiKey::as_select())
        .first(c)
        .optional())?)
}

/// The key with this id.
pub fn key(conn: &mut Conn, id: i64) -> DbResult<Option<ApiKey>> {
    Ok(on!(conn, |c| api_keys::table
        .filter(api_keys::id.eq(id))
        .select(ApiKey::as_select())
        .first(c)
        .optional())?)
}

/// Ends a key now, unless it was ended before; `false` if there is none.
pub fn revoke_key(conn: &mut Conn, id: KeyId, now: UtcTime) -> DbResult<bool> {
    let touched = on!(conn, |c| diesel::update(api_keys::table.find(id.0))
        .filter(api_keys::revoked_at.is_null())
        .set(api_keys::revoked_at.eq(Some(now)))
        .execute(c))?;
    Ok(touched > 0 || key(conn, id.0)?.is_some())
}

/// Ends every key of this name.
pub fn revoke_keys_named(conn: &mut Conn, name: &str, now: UtcTime) -> DbResult<usize> {
    Ok(on!(conn, |c| diesel::update(api_keys::table)
        .filter(api_keys::name.eq(name))
        .filter(api_keys::revoked_at.is_null())
        .set(api_keys::revoked_at.eq(Some(now)))
        .execute(c))?)
}

/// Notes that a key was used.
pub fn touch_key(conn: &mut Conn, id: KeyId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(api_keys::table.find(id.0))
        .set(api_keys::last_used_at.eq(Some(now)))
        .execute(c))?;
    Ok(())
}

/// An answer that is remembered under an idempotency key.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
pub struct Remembered {
    /// Of method, path and body.
    pub fingerprint: String,
    /// `None` while the first request is in flight.
    pub status: Option<i64>,
    /// Of the answer.
    pub content_type: Option<String>,
    /// Of the answer.
    pub location: Option<String>,
    /// Of the answer.
    pub body: Option<String>,
    /// When the first request came.
    pub created_at: UtcTime,
}

/// Claims an idempotency key for a request; what stands under it already, if anything does.
///
/// What is older than `forget` is forgotten first; a claim without an answer older than `abandoned`
/// belongs to a request that died.
pub fn claim_idempotency(
    conn: &mut Conn,
    caller: KeyId,
    idem_key: &str,
    fingerprint: &str,
    (now, forget, abandoned): (UtcTime, UtcTime, UtcTime),
) -> DbResult<Option<Remembered>> {
    on!(conn, |c| diesel::delete(idempotency_keys::table)
        .filter(
            idempotency_keys::created_at
                .lt(forget)
                .or(idempotency_keys::status
                    .is_null()
                    .and(idempotency_keys::created_at.lt(abandoned)))
        )
        .execute(c))?;
    let inserted = on!(conn, |c| diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::key_id.eq(caller.0),
            idempotency_keys::idem_key.eq(idem_key),
            idempotency_keys::fingerprint.eq(fingerprint),
            idempotency_keys::created_at.eq(now),
        ))
        .on_conflict((idempotency_keys::key_id, idempotency_keys::idem_key))
        .do_nothing()
        .execute(c))?;
    if inserted == 1 {
        return Ok(None);
    }
    Ok(on!(conn, |c| idempotency_keys::table
        .find((caller.0, idem_key))
        .select(Remembered::as_select())
        .first(c)
        .optional())?)
}

/// Remembers the answer to a claimed key.
pub fn remember(
    conn: &mut Conn,
    caller: KeyId,
    idem_key: &str,
    (status, content_type, location, body): (i64, Option<&str>, Option<&str>, &str),
) -> DbResult<()> {
    on!(conn, |c| diesel::update(
        idempotency_keys::table.find((caller.0, idem_key))
    )
    .set((
        idempotency_keys::status.eq(Some(status)),
        idempotency_keys::content_type.eq(content_type),
        idempotency_keys::location.eq(location),
        idempotency_keys::body.eq(Some(body)),
    ))
    .execute(c))?;
    Ok(())
}

/// Gives a claim up, so that the request can be tried again.
pub fn forget(conn: &mut Conn, caller: KeyId, idem_key: &str) -> DbResult<()> {
    on!(conn, |c| diesel::delete(
        idempotency_keys::table.find((caller.0, idem_key))
    )
    .execute(c))?;
    Ok(())
}

/// The instance's secret of this name: `fresh` (base64) if there was none before.
///
/// # Errors
///
/// The database's.
pub fn secret(conn: &mut Conn, name: &str, fresh: &str, now: UtcTime) -> DbResult<String> {
    on!(conn, |c| diesel::insert_into(instance_secrets::table)
        .values((
            instance_secrets::name.eq(name),
            instance_secrets::value.eq(fresh),
            instance_secrets::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(on!(conn, |c| instance_secrets::table
        .find(name)
        .select(instance_secrets::value)
        .first(c))?)
}

/// The secret of this name, if it was made.
pub fn known_secret(conn: &mut Conn, name: &str) -> DbResult<Option<String>> {
    Ok(on!(conn, |c| instance_secrets::table
        .find(name)
        .select(instance_secrets::value)
        .first(c)
        .optional())?)
}
