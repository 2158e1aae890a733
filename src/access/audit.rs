//! The record of writes: who did what, when, to which record.

use diesel::prelude::*;
use serde_json::Value as Json;

use crate::db::schema::audit_log;
use crate::db::{Conn, DbResult, UtcTime, on};

/// Who did it.
#[derive(Clone, Debug)]
pub struct Actor {
    /// `key:ID` or `cli`.
    pub name: String,
    /// The request that it came with.
    pub request_id: Option<String>,
}

impl Actor {
    /// A person at the command line of the machine.
    pub fn cli() -> Self {
        Self {
            name: "cli".to_owned(),
            request_id: None,
        }
    }
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Deed<'a> {
    /// `created`, `updated`, `deleted`, …
    pub action: &'a str,
    /// The kind of record.
    pub entity: &'a str,
    /// Which one.
    pub id: Option<i64>,
    /// More, as far as it is needed later.
    pub detail: Option<Json>,
}

/// Writes it down, in the caller's transaction.
///
/// # Errors
///
/// The database's.
pub fn record(conn: &mut Conn, actor: &Actor, deed: &Deed<'_>, now: UtcTime) -> DbResult<()> {
    let values = (
        audit_log::at.eq(now),
        audit_log::actor.eq(&actor.name),
        audit_log::action.eq(deed.action),
        audit_log::entity.eq(deed.entity),
        audit_log::entity_id.eq(deed.id),
        audit_log::request_id.eq(actor.request_id.as_deref()),
        audit_log::detail.eq(deed.detail.as_ref().map(ToString::to_string)),
    );
    on!(conn, |c| diesel::insert_into(audit_log::table)
        .values(values)
        .execute(c))?;
    Ok(())
}
