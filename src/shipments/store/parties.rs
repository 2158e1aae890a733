//! Finding the customers that shipments name, and making those that do not exist yet.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use crate::db::schema::{customer_external_ids, customers, import_customers};
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, insert_all, on};
use crate::ids::ExternalId;
use crate::ids::{CustomerId, ImportId};
use crate::shipments::export::Party;

/// A customer found by name.
#[derive(Clone, Debug, Queryable)]
pub struct Named {
    /// Which one.
    pub id: CustomerId,
    /// Its name in the form names are matched by.
    pub match_name: String,
    /// Where it is, if known.
    pub country: Option<String>,
}

/// A customer to be made.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = customers, treat_none_as_default_value = false)]
pub struct NewCustomer {
    /// Its id, taken before by [`take_ids`].
    pub id: CustomerId,
    /// As the shipment writes it.
    pub name: String,
    /// For searching.
    pub search_name: String,
    /// For matching.
    pub match_name: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// `active`.
    pub status: String,
    /// `[]`.
    pub tags: String,
    /// 1.
    pub version: i64,
    /// Now.
    pub created_at: UtcTime,
    /// Now.
    pub updated_at: UtcTime,
}

/// An external id to be given to a customer.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = customer_external_ids, treat_none_as_default_value = false)]
pub struct NewExternalId {
    /// The system.
    pub system: String,
    /// Its key.
    pub external_id: String,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The import that adds it.
    pub import_id: Option<ImportId>,
}

#[derive(Insertable)]
#[diesel(table_name = import_customers, treat_none_as_default_value = false)]
struct Made {
    import_id: ImportId,
    customer_id: CustomerId,
    revived: bool,
}

#[derive(diesel::QueryableByName)]
struct Id {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    id: i64,
}

/// Rows in one statement: SQLite takes 32,766 parameters.
const CHUNK: usize = 10_000;

/// The customers behind external ids of one system: id, and whether it is deleted.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn by_external_ids(
    conn: &mut Conn,
    system: &str,
    keys: &[&str],
) -> DbResult<HashMap<String, (CustomerId, bool)>> {
    let mut found = HashMap::new();
    for keys in keys.chunks(CHUNK) {
        let rows: Vec<(String, CustomerId, Option<UtcTime>)> =
            on!(conn, |c| customer_external_ids::table
                .inner_join(
                    customers::table.on(customers::id.eq(customer_external_ids::customer_id))
                )
                .filter(customer_external_ids::system.eq(system))
                .filter(customer_external_ids::external_id.eq_any(keys))
                .select((
                    customer_external_ids::external_id,
                    customers::id,
                    customers::deleted_at,
                ))
                .load(c))?;
        found.extend(
            rows.into_iter()
                .map(|(key, id, deleted)| (key, (id, deleted.is_some()))),
        );
    }
    Ok(found)
}

/// The living customers whose matched name is one of these; with `system`, only those that have no
/// external id of that system yet.
pub fn by_names(conn: &mut Conn, names: &[&str], system: Option<&str>) -> DbResult<Vec<Named>> {
    let mut found = Vec::new();
    for names in names.chunks(CHUNK) {
        let rows: Vec<Named> = match system {
            None => on!(conn, |c| customers::table
                .filter(customers::match_name.eq_any(names))
                .filter(customers::deleted_at.is_null())
                .order(customers::id)
                .select((customers::id, customers::match_name, customers::country))
                .load(c))?,
            Some(system) => on!(conn, |c| customers::table
                .filter(customers::match_name.eq_any(names))
                .filter(customers::deleted_at.is_null())
                .filter(diesel::dsl::not(diesel::dsl::exists(
                    customer_external_ids::table
                        .filter(customer_external_ids::customer_id.eq(customers::id))
                        .filter(customer_external_ids::system.eq(system)),
                )))
                .order(customers::id)
                .select((customers::id, customers::match_name, customers::country))
                .load(c))?,
        };
        found.extend(rows);
    }
    Ok(found)
}

/// What a file says of these customers; of several keys the first by system.
pub fn shown(conn: &mut Conn, ids: &[CustomerId]) -> DbResult<HashMap<CustomerId, Party>> {
    type Row = (CustomerId, String, Option<String>);
    let mut found = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let rows: Vec<Row> = on!(conn, |c| customers::table
            .filter(customers::id.eq_any(ids))
            .select((customers::id, customers::name, customers::country))
            .load(c))?;
        found.extend(rows.into_iter().map(|(id, name, country)| {
            let external_id = None;
            (
                id,
                Party {
                    external_id,
                    name,
                    country,
                },
            )
        }));
        let keys: Vec<(CustomerId, String, String)> = on!(conn, |c| customer_external_ids::table
            .filter(customer_external_ids::customer_id.eq_any(ids))
            .order((
                customer_external_ids::system,
                customer_external_ids::external_id
            ))
            .select((
                customer_external_ids::customer_id,
                customer_external_ids::system,
                customer_external_ids::external_id,
            ))
            .load(c))?;
        for (customer, system, id) in keys {
            if let Some(party) = found.get_mut(&customer) {
                party.external_id.get_or_insert(ExternalId { system, id });
            }
        }
    }
    Ok(found)
}

/// Which of these ids belong to living customers.
pub fn living(conn: &mut Conn, ids: &[i64]) -> DbResult<BTreeSet<i64>> {
    let mut found = BTreeSet::new();
    for ids in ids.chunks(CHUNK) {
        let rows: Vec<i64> = on!(conn, |c| customers::table
            .filter(customers::id.eq_any(ids))
            .filter(customers::deleted_at.is_null())
            .select(customers::id)
            .load(c))?;
        found.extend(rows);
    }
    Ok(found)
}

/// Takes so many unused ids for customers: an insert of many rows cannot tell which it gave.
pub fn take_ids(conn: &mut Conn, count: usize) -> DbResult<Vec<CustomerId>> {
    if conn.is_postgres() {
        let mut sql = Statement::new(
            "SELECT nextval(pg_get_serial_sequence('customers', 'id')) AS id FROM generate_series(1, ",
        );
        sql.bind(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
            .push(")");
        let rows: Vec<Id> = sql.load(conn)?;
        return Ok(rows.into_iter().map(|row| CustomerId(row.id)).collect());
    }
    // One writer at a time: nobody else takes them meanwhile.
    let last: Option<i64> = on!(conn, |c| customers::table
        .select(diesel::dsl::max(customers::id))
        .first(c))?;
    let first = last.unwrap_or(0) + 1;
    Ok((first..).take(count).map(CustomerId).collect())
}

/// Makes customers.
pub fn insert(conn: &mut Conn, new: &[NewCustomer], import: Option<ImportId>) -> DbResult<()> {
    insert_all!(conn, customers::table, new)?;
    if let Some(import_id) = import {
        let made: Vec<Made> = new
            .iter()
            .map(|customer| Made {
                import_id,
                customer_id: customer.id,
                revived: false,
            })
            .collect();
        insert_all!(conn, import_customers::table, &made[..])?;
    }
    Ok(())
}

/// Gives external ids.
pub fn insert_external_ids(conn: &mut Conn, new: &[NewExternalId]) -> DbResult<()> {
    Ok(insert_all!(conn, customer_external_ids::table, new)?)
}

/// Brings a deleted customer back, because it ships again.
pub fn revive(
    conn: &mut Conn,
    id: CustomerId,
    import: Option<ImportId>,
    now: UtcTime,
) -> DbResult<()> {
    on!(conn, |c| diesel::update(customers::table.find(id.0))
        .set((
            customers::deleted_at.eq(None::<UtcTime>),
            customers::updated_at.eq(now),
            customers::version.eq(customers::version + 1),
        ))
        .execute(c))?;
    if let Some(import_id) = import {
        let made = Made {
            import_id,
            customer_id: id,
            revived: true,
        };
        on!(conn, |c| diesel::insert_into(import_customers::table)
            .values(&made)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}
