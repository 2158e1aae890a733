//! API keys in the database: their hashes, never the keys.

use diesel::prelude::*;
use serde::Serialize;

use crate::access::key::NewKey;
use crate::access::{Caller, Scope, Teams};
use crate::db::schema::api_keys;
use crate::db::select::{Collection, Field, Kind};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::ids::KeyId;

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

/// What is kept of a new key.
pub struct NewApiKey<'a> {
    /// What it is for.
    pub name: &'a str,
    /// Its beginning and its hash.
    pub key: &'a NewKey,
    /// What it may do.
    pub scopes: &'a [Scope],
    /// Whose customers it may see.
    pub teams: &'a Teams,
    /// When it ends.
    pub expires_at: Option<UtcTime>,
}

/// Keeps a key.
///
/// # Errors
///
/// The database's, as everywhere here.
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
