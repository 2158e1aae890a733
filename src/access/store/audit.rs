//! Lines of the audit log as they are listed.

use diesel::prelude::*;
use serde::Serialize;

use crate::db::UtcTime;
use crate::db::schema::audit_log;
use crate::db::select::{Collection, Field, Kind};

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
