//! Imports, their rejects and saved mappings in the database.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::error::Reject;
use crate::db::schema::{
    customer_external_ids, customers, import_changes, import_customers, import_mappings,
    import_rejects, imports, shipments,
};
use crate::db::select::{Collection, Field, Kind, Statement, Value};
use crate::db::{Conn, DbError, DbResult, UtcTime, insert_all, on};
use crate::ids::{CustomerId, ImportId};
use crate::shipments::store::{Data, Row};

/// An import: what was read, and what became of it.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = imports)]
pub struct Import {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: ImportId,
    /// `shipments`.
    pub kind: String,
    /// Name of the file.
    pub file_name: String,
    /// SHA-256 of the file, hex; `null` until it was read to its end.
    pub file_sha256: Option<String>,
    /// The mapping used, TOML.
    #[serde(skip)]
    pub mapping: String,
    /// Whether nothing was to be written.
    pub dry_run: bool,
    /// `running`, `done`, `failed` or `reverted`.
    pub status: String,
    /// Rows in the file.
    pub rows_read: i64,
    /// Shipments that did not exist before.
    pub created: i64,
    /// Shipments that existed and were changed.
    pub changed: i64,
    /// Rows that changed nothing.
    pub unchanged: i64,
    /// Rows whose key came again further down: the last wins.
    pub duplicates: i64,
    /// Rows that could not be taken.
    pub rejected: i64,
    /// Customers that did not exist before.
    pub customers_created: i64,
    /// Created shipments have greater ids than this.
    #[serde(skip)]
    pub first_id: Option<i64>,
    /// Created shipments have ids up to this.
    #[serde(skip)]
    pub last_id: Option<i64>,
    /// `columns` of the file, `columns_unmapped`, `duplicate_lines` (the first hundred) and
    /// `reject_reasons`, counted; `null` until it was read to its end.
    #[serde(serialize_with = "as_object")]
    #[schema(value_type = Option<Object>)]
    pub report: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Who imported.
    pub actor: String,
    /// When it began.
    pub created_at: UtcTime,
    /// When it ended.
    pub finished_at: Option<UtcTime>,
    /// When it was reverted.
    pub reverted_at: Option<UtcTime>,
}

impl Import {
    /// The columns of its file, as far as it was read.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the report is none.
    pub fn columns(&self) -> DbResult<Vec<String>> {
        #[derive(Deserialize)]
        struct Report {
            columns: Vec<String>,
        }
        let Some(text) = &self.report else {
            return Ok(Vec::new());
        };
        serde_json::from_str(text)
            .map(|report: Report| report.columns)
            .map_err(|error| DbError::corrupt("imports.report", error))
    }
}

/// Kept as text, shown as what it is.
#[expect(clippy::ref_option, reason = "serde hands over the field as it is")]
fn as_object<S: serde::Serializer>(
    report: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let object: Option<serde_json::Value> = match report {
        None => None,
        Some(text) => Some(serde_json::from_str(text).map_err(serde::ser::Error::custom)?),
    };
    object.serialize(serializer)
}

/// A saved mapping.
#[derive(Clone, Debug, Serialize, Queryable, Selectable, QueryableByName, utoipa::ToSchema)]
#[diesel(table_name = import_mappings)]
pub struct SavedMapping {
    /// Its name.
    pub name: String,
    /// What it says.
    pub toml: String,
    /// Goes up with every change.
    pub version: i64,
    /// When it was saved first.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
}

/// Lists of imports.
pub const IMPORTS: Collection = Collection {
    columns: "i.*",
    from: "imports i",
    id: "i.id",
    updated: None,
    alive: None,
    fields: &[
        Field {
            name: "id",
            sql: "i.id",
            kind: Kind::Int,
            sortable: true,
        },
        Field {
            name: "status",
            sql: "i.status",
            kind: Kind::Words(&["running", "done", "failed", "reverted"]),
            sortable: false,
        },
        Field {
            name: "dry_run",
            sql: "i.dry_run",
            kind: Kind::Bool,
            sortable: false,
        },
        Field {
            name: "created_at",
            sql: "i.created_at",
            kind: Kind::Time,
            sortable: true,
        },
    ],
    default_sort: "-id",
};

/// Notes that an import begins.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn begin(
    conn: &mut Conn,
    (file_name, mapping, dry_run): (&str, &str, bool),
    actor: &str,
    now: UtcTime,
) -> DbResult<ImportId> {
    Ok(on!(conn, |c| diesel::insert_into(imports::table)
        .values((
            imports::kind.eq("shipments"),
            imports::file_name.eq(file_name),
            imports::mapping.eq(mapping),
            imports::dry_run.eq(dry_run),
            imports::status.eq("running"),
            imports::actor.eq(actor),
            imports::created_at.eq(now),
        ))
        .returning(imports::id)
        .get_result(c))?)
}

/// What an import did, to be written at its end.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = imports)]
pub struct Outcome {
    /// `done`.
    pub status: String,
    /// Of the file.
    pub file_sha256: Option<String>,
    /// Counts as in [`Import`].
    pub rows_read: i64,
    /// Created.
    pub created: i64,
    /// Changed.
    pub changed: i64,
    /// Unchanged.
    pub unchanged: i64,
    /// Repeated keys.
    pub duplicates: i64,
    /// Rejected.
    pub rejected: i64,
    /// New customers.
    pub customers_created: i64,
    /// Ids before.
    pub first_id: Option<i64>,
    /// Ids after.
    pub last_id: Option<i64>,
    /// JSON.
    pub report: Option<String>,
    /// The end.
    pub finished_at: Option<UtcTime>,
}

/// Writes down what an import did.
pub fn finish(conn: &mut Conn, id: ImportId, result: &Outcome) -> DbResult<()> {
    on!(conn, |c| diesel::update(imports::table.find(id.0))
        .set(result)
        .execute(c))?;
    Ok(())
}

/// Writes down that an import failed.
pub fn fail(conn: &mut Conn, id: ImportId, error: &str, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(imports::table.find(id.0))
        .set((
            imports::status.eq("failed"),
            imports::error.eq(Some(error)),
            imports::finished_at.eq(Some(now)),
        ))
        .execute(c))?;
    Ok(())
}

/// The import with this id.
pub fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Import>> {
    Ok(on!(conn, |c| imports::table
        .filter(imports::id.eq(id))
        .select(Import::as_select())
        .first(c)
        .optional())?)
}

/// Imports that say they are running, and began no later than `until`.
pub fn running(conn: &mut Conn, until: UtcTime) -> DbResult<Vec<ImportId>> {
    Ok(on!(conn, |c| imports::table
        .filter(imports::status.eq("running"))
        .filter(imports::created_at.le(until))
        .select(imports::id)
        .load(c))?)
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    locked: bool,
}

/// Takes the lock of an import until the end of the transaction; `false` if another process has
/// it, and hence is importing. On SQLite the transaction itself is the lock.
pub fn lock(conn: &mut Conn, id: ImportId) -> DbResult<bool> {
    if !conn.is_postgres() {
        return Ok(true);
    }
    let mut sql = Statement::new("SELECT pg_try_advisory_xact_lock(1229867348, CAST(");
    sql.bind(Value::Int(id.0)).push(" AS INTEGER)) AS locked");
    Ok(sql.load::<Locked>(conn)?.into_iter().any(|row| row.locked))
}

/// Waits until no other import writes: two that make the same customer at once would fail.
pub fn take_turn(conn: &mut Conn) -> DbResult<()> {
    if conn.is_postgres() {
        // Summing up sorts every row of the import once: in memory where that is enough.
        conn.batch("SELECT pg_advisory_xact_lock(1229867349); SET LOCAL work_mem = '64MB'")?;
    }
    Ok(())
}

/// A rejected row as it is kept.
#[derive(Debug, Insertable, Serialize, Deserialize)]
#[diesel(table_name = import_rejects, treat_none_as_default_value = false)]
pub struct KeptReject {
    import_id: ImportId,
    line: i64,
    reasons: String,
    cells: String,
}

impl KeptReject {
    /// What is kept of `reject`.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if it cannot be written as JSON.
    pub fn new(id: ImportId, reject: &Reject) -> DbResult<Self> {
        let json = |value: serde_json::Result<String>| {
            value.map_err(|error| DbError::corrupt("import_rejects", error))
        };
        Ok(Self {
            import_id: id,
            line: i64::try_from(reject.line).unwrap_or(i64::MAX),
            reasons: json(serde_json::to_string(&reject.reasons))?,
            cells: json(serde_json::to_string(&reject.raw))?,
        })
    }
}

/// Keeps rejected rows.
pub fn insert_rejects(conn: &mut Conn, rows: &[KeptReject]) -> DbResult<()> {
    Ok(insert_all!(conn, import_rejects::table, rows)?)
}

/// Rejected rows behind a line, in order: line, reasons and cells as JSON.
pub fn rejects_after(
    conn: &mut Conn,
    id: ImportId,
    line: i64,
    limit: i64,
) -> DbResult<Vec<(i64, String, String)>> {
    Ok(on!(conn, |c| import_rejects::table
        .filter(import_rejects::import_id.eq(id.0))
        .filter(import_rejects::line.gt(line))
        .order(import_rejects::line)
        .limit(limit)
        .select((
            import_rejects::line,
            import_rejects::reasons,
            import_rejects::cells
        ))
        .load(c))?)
}

/// Shipments that an import changed, as they are and as they were, behind an id, in order.
pub fn changed_after(
    conn: &mut Conn,
    import: ImportId,
    after: i64,
    limit: i64,
) -> DbResult<Vec<(Row, Data)>> {
    let rows: Vec<(Row, String)> = on!(conn, |c| import_changes::table
        .inner_join(shipments::table.on(shipments::id.eq(import_changes::shipment_id)))
        .filter(import_changes::import_id.eq(import.0))
        .filter(import_changes::shipment_id.gt(after))
        .order(import_changes::shipment_id)
        .limit(limit)
        .select((Row::as_select(), import_changes::before))
        .load(c))?;
    rows.into_iter()
        .map(|(row, before)| {
            let before = serde_json::from_str(&before)
                .map_err(|error| DbError::corrupt("import_changes.before", error))?;
            Ok((row, before))
        })
        .collect()
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// Shipments that an import wrote and that were written again since, or deleted.
pub fn touched_since(conn: &mut Conn, import: &Import) -> DbResult<i64> {
    let mut sql = Statement::new("SELECT COUNT(*) AS count FROM shipments s WHERE (s.id > ");
    sql.bind(Value::Int(import.first_id.unwrap_or(0)))
        .push(" AND s.id <= ");
    sql.bind(Value::Int(import.last_id.unwrap_or(0)))
        .push(" AND s.import_id = ");
    sql.bind(Value::Int(import.id.0))
        .push(" AND s.deleted_at IS NULL)");
    let created: Vec<Count> = sql.load(conn)?;
    let mut sql = Statement::new(
        "SELECT COUNT(*) AS count FROM import_changes k JOIN shipments s ON s.id = k.shipment_id \
         WHERE k.import_id = ",
    );
    sql.bind(Value::Int(import.id.0));
    sql.push(" AND s.deleted_at IS NULL AND s.import_id = ")
        .bind(Value::Int(import.id.0));
    let changed: Vec<Count> = sql.load(conn)?;
    let standing: i64 = created.iter().chain(&changed).map(|row| row.count).sum();
    Ok(import.created + import.changed - standing)
}

/// Marks an import as reverted and forgets how rows were before it.
pub fn reverted(conn: &mut Conn, id: ImportId, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::delete(
        import_changes::table.filter(import_changes::import_id.eq(id.0))
    )
    .execute(c))?;
    on!(conn, |c| diesel::update(imports::table.find(id.0))
        .set((
            imports::status.eq("reverted"),
            imports::reverted_at.eq(Some(now)),
        ))
        .execute(c))?;
    Ok(())
}

/// Takes away the customers and external ids that an import added, as far as nobody else needs
/// them: those with shipments, departments, contacts or children of others' making, and those that
/// somebody has edited, stay. Returns how many went and how many stayed.
pub fn remove_customers(conn: &mut Conn, id: ImportId, now: UtcTime) -> DbResult<(usize, usize)> {
    on!(conn, |c| diesel::delete(
        customer_external_ids::table.filter(customer_external_ids::import_id.eq(Some(id.0)))
    )
    .execute(c))?;
    let mut sql = Statement::new("UPDATE customers SET deleted_at = ");
    sql.bind(Value::Time(now))
        .push(", updated_at = ")
        .bind(Value::Time(now));
    sql.push(
        ", version = version + 1 WHERE deleted_at IS NULL AND id IN \
         (SELECT k.customer_id FROM import_customers k WHERE k.import_id = ",
    );
    sql.bind(Value::Int(id.0)).push(
        ") AND (version = 1 OR id IN (SELECT k.customer_id FROM import_customers k \
         WHERE k.revived AND k.import_id = ",
    );
    sql.bind(Value::Int(id.0)).push(
        ")) AND NOT EXISTS (SELECT 1 FROM shipments s WHERE s.shipper_id = customers.id AND s.deleted_at IS NULL) \
         AND NOT EXISTS (SELECT 1 FROM shipments s WHERE s.consignee_id = customers.id AND s.deleted_at IS NULL) \
         AND NOT EXISTS (SELECT 1 FROM shipments s WHERE s.payer_id = customers.id AND s.deleted_at IS NULL) \
         AND NOT EXISTS (SELECT 1 FROM departments d WHERE d.customer_id = customers.id AND d.deleted_at IS NULL) \
         AND NOT EXISTS (SELECT 1 FROM contacts k WHERE k.customer_id = customers.id AND k.deleted_at IS NULL) \
         AND NOT EXISTS (SELECT 1 FROM customer_external_ids e WHERE e.customer_id = customers.id)",
    );
    let gone = sql.execute(conn)?;
    let all: i64 = on!(conn, |c| import_customers::table
        .filter(import_customers::import_id.eq(id.0))
        .count()
        .get_result(c))?;
    let stayed = usize::try_from(all).unwrap_or(0).saturating_sub(gone);
    Ok((gone, stayed))
}

/// Customers that were made or brought back by an import and still stand.
pub fn standing_customers(conn: &mut Conn, id: ImportId) -> DbResult<Vec<CustomerId>> {
    Ok(on!(conn, |c| import_customers::table
        .inner_join(customers::table.on(customers::id.eq(import_customers::customer_id)))
        .filter(import_customers::import_id.eq(id.0))
        .filter(customers::deleted_at.is_null())
        .select(customers::id)
        .load(c))?)
}

/// The mapping saved under this name.
pub fn mapping(conn: &mut Conn, name: &str) -> DbResult<Option<SavedMapping>> {
    Ok(on!(conn, |c| import_mappings::table
        .find(name)
        .select(SavedMapping::as_select())
        .first(c)
        .optional())?)
}

/// Every saved mapping, by name.
pub fn mappings(conn: &mut Conn) -> DbResult<Vec<SavedMapping>> {
    Ok(on!(conn, |c| import_mappings::table
        .order(import_mappings::name)
        .select(SavedMapping::as_select())
        .load(c))?)
}

/// Saves a mapping, in place of the one of this name.
pub fn save_mapping(
    conn: &mut Conn,
    name: &str,
    toml: &str,
    now: UtcTime,
) -> DbResult<SavedMapping> {
    Ok(on!(conn, |c| diesel::insert_into(import_mappings::table)
        .values((
            import_mappings::name.eq(name),
            import_mappings::toml.eq(toml),
            import_mappings::created_at.eq(now),
            import_mappings::updated_at.eq(now),
        ))
        .on_conflict(import_mappings::name)
        .do_update()
        .set((
            import_mappings::toml.eq(toml),
            import_mappings::updated_at.eq(now),
            import_mappings::version.eq(import_mappings::version + 1),
        ))
        .returning(SavedMapping::as_returning())
        .get_result(c))?)
}

/// Forgets a mapping; `false` if there is none.
pub fn delete_mapping(conn: &mut Conn, name: &str) -> DbResult<bool> {
    Ok(
        on!(conn, |c| diesel::delete(import_mappings::table.find(name))
            .execute(c))?
            > 0,
    )
}
