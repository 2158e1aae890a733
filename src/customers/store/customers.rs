//! Customers.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::Serialize;
use serde_json::Value as Json;

use super::{CHUNK, external_ids};
use crate::access::Teams;
use crate::customers::model::{CustomerDraft, CustomerInput, CustomerStatus, Role};
use crate::db::schema::{contacts, customers, departments};
use crate::db::select::{self, Collection, Kind, Listing, Statement, Value, escape_like, field};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::ids::CustomerId;
use crate::ids::ExternalId;

/// A customer: an organisation that sends goods, receives them, or both.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Customer {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: CustomerId,
    /// Its name.
    pub name: String,
    /// The name as it is searched and sorted.
    #[serde(skip)]
    pub search_name: String,
    /// Where it is: ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// What other systems call it.
    pub external_ids: Vec<ExternalId>,
    /// The customer that leads the group it belongs to.
    pub parent_id: Option<i64>,
    /// The team that looks after it.
    pub team_id: Option<i64>,
    /// How we stand with it.
    pub status: CustomerStatus,
    /// Words to find it by, in order.
    pub tags: Vec<String>,
    /// On which side of shipments it stands.
    pub role: Role,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed; its role may change without.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
}

impl Customer {
    /// What could be told to make it as it is.
    pub fn input(&self) -> CustomerInput {
        CustomerInput {
            name: self.name.clone(),
            country: self.country.clone(),
            external_ids: self.external_ids.clone(),
            parent_id: self.parent_id,
            team_id: self.team_id,
            status: self.status,
            tags: self.tags.clone(),
        }
    }
}

/// The SQL expression for a customer's role.
macro_rules! role {
    () => {
        "CASE WHEN EXISTS (SELECT 1 FROM link_months l WHERE l.shipper_id = c.id AND l.shipments > 0) \
         THEN CASE WHEN EXISTS (SELECT 1 FROM link_months l WHERE l.consignee_id = c.id AND l.shipments > 0) \
         THEN 'both' ELSE 'shipper' END \
         ELSE CASE WHEN EXISTS (SELECT 1 FROM link_months l WHERE l.consignee_id = c.id AND l.shipments > 0) \
         THEN 'consignee' ELSE 'none' END END"
    };
}

const COLUMNS: &str = concat!(
    "c.id, c.name, c.search_name, c.country, c.parent_id, c.team_id, c.status, c.tags, c.version, \
     c.created_at, c.updated_at, c.deleted_at, ",
    role!(),
    " AS role"
);

/// Lists of customers. The field `name` is compared in its normalised form.
pub const CUSTOMERS: Collection = Collection {
    columns: COLUMNS,
    from: "customers c",
    id: "c.id",
    updated: Some("c.updated_at"),
    alive: Some("c.deleted_at IS NULL"),
    fields: &[
        field("id", "c.id", Kind::Int, true),
        field("name", "c.search_name", Kind::Text, true),
        field("country", "c.country", Kind::Text, false),
        field("team_id", "c.team_id", Kind::Int, false),
        field("parent_id", "c.parent_id", Kind::Int, false),
        field(
            "status",
            "c.status",
            Kind::Words(CustomerStatus::WORDS),
            false,
        ),
        field("role", role!(), Kind::Words(Role::WORDS), false),
        field("updated_at", "c.updated_at", Kind::Time, true),
    ],
    default_sort: "id",
};

/// Conditions of a list that are no comparison of a field.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Texts that the normalised name holds, each normalised.
    pub texts: Vec<String>,
    /// Tags that the customer has, all of them.
    pub tags: Vec<String>,
    /// Whether parents are compared: then only those count that the caller may see.
    pub by_parent: bool,
}

impl Search {
    fn restrict(&self, sql: &mut Statement, teams: &Teams) {
        for text in &self.texts {
            sql.push(" AND c.search_name LIKE ")
                .bind(Value::Text(format!("%{}%", escape_like(text))))
                .push(" ESCAPE '\\'");
        }
        for tag in &self.tags {
            // A tag stands in the JSON list behind its bracket or behind a comma, and holds none
            // itself. `replace` compares alike on both databases, which `LIKE` does not.
            let word = Json::from(tag.as_str()).to_string();
            sql.push(" AND (replace(c.tags, ")
                .bind(Value::Text(format!("[{word}")))
                .push(", '') <> c.tags OR replace(c.tags, ")
                .bind(Value::Text(format!(",{word}")))
                .push(", '') <> c.tags)");
        }
        if self.by_parent && *teams != Teams::All {
            sql.push(
                " AND (c.parent_id IS NULL OR EXISTS \
                 (SELECT 1 FROM customers p WHERE p.id = c.parent_id",
            );
            teams.restrict(sql, "p.team_id");
            sql.push("))");
        }
    }
}

/// One page of customers, and one row more if there is another.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn page(
    conn: &mut Conn,
    listing: &Listing,
    teams: &Teams,
    search: &Search,
) -> DbResult<Vec<Customer>> {
    let rows = select::page(conn, &CUSTOMERS, listing, |sql| {
        teams.restrict(sql, "c.team_id");
        search.restrict(sql, teams);
    })?;
    let mut customers = complete(conn, rows)?;
    hide_parents(conn, &mut customers, teams)?;
    Ok(customers)
}

/// The customer with this id, deleted or not.
pub fn find(conn: &mut Conn, id: CustomerId) -> DbResult<Option<Customer>> {
    let mut sql = Statement::new("SELECT ");
    sql.push(COLUMNS)
        .push(" FROM customers c WHERE c.id = ")
        .bind(Value::Int(id.0));
    let rows = sql.load(conn)?;
    Ok(complete(conn, rows)?.pop())
}

/// Takes away parents that these teams may not know of.
pub fn hide_parents(conn: &mut Conn, customers: &mut [Customer], teams: &Teams) -> DbResult<()> {
    let parents: HashSet<i64> = customers.iter().filter_map(|c| c.parent_id).collect();
    if *teams == Teams::All || parents.is_empty() {
        return Ok(());
    }
    let parents: Vec<i64> = parents.into_iter().collect();
    let mut visible = HashSet::new();
    for chunk in parents.chunks(CHUNK) {
        let found: Vec<(i64, Option<i64>)> = on!(conn, |c| customers::table
            .filter(customers::id.eq_any(chunk))
            .select((customers::id, customers::team_id))
            .load(c))?;
        visible.extend(
            found
                .into_iter()
                .filter(|(_, team)| teams.allow(*team))
                .map(|(id, _)| id),
        );
    }
    for customer in customers {
        customer.parent_id = customer.parent_id.filter(|id| visible.contains(id));
    }
    Ok(())
}

/// The customer that leads the group of this one.
pub fn parent(conn: &mut Conn, id: i64) -> DbResult<Option<i64>> {
    let found: Option<Option<i64>> = on!(conn, |c| customers::table
        .filter(customers::id.eq(id))
        .select(customers::parent_id)
        .first(c)
        .optional())?;
    Ok(found.flatten())
}

/// Makes a customer, without its external ids.
pub fn insert(conn: &mut Conn, draft: &CustomerDraft, now: UtcTime) -> DbResult<CustomerId> {
    Ok(on!(conn, |c| diesel::insert_into(customers::table)
        .values((
            columns(draft),
            customers::created_at.eq(now),
            customers::updated_at.eq(now),
        ))
        .returning(customers::id)
        .get_result(c))?)
}

/// Changes a customer, without its external ids; one that was deleted comes back.
pub fn update(
    conn: &mut Conn,
    id: CustomerId,
    draft: &CustomerDraft,
    now: UtcTime,
) -> DbResult<()> {
    on!(conn, |c| diesel::update(customers::table.find(id.0))
        .set((
            columns(draft),
            customers::updated_at.eq(now),
            customers::deleted_at.eq(None::<UtcTime>),
            customers::version.eq(customers::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Marks a customer, its departments and its contacts as deleted.
pub fn delete(conn: &mut Conn, id: CustomerId, now: UtcTime) -> DbResult<()> {
    /// Marks the rows of a table that are not marked yet.
    macro_rules! mark {
        ($table:ident, $key:ident) => {
            on!(conn, |c| diesel::update($table::table)
                .filter($table::$key.eq(id))
                .filter($table::deleted_at.is_null())
                .set((
                    $table::deleted_at.eq(Some(now)),
                    $table::updated_at.eq(now),
                    $table::version.eq($table::version + 1),
                ))
                .execute(c))?
        };
    }
    mark!(customers, id);
    mark!(departments, customer_id);
    mark!(contacts, customer_id);
    Ok(())
}

/// The columns that a draft fills.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = customers, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Columns<'a> {
    name: &'a str,
    search_name: &'a str,
    match_name: &'a str,
    country: Option<String>,
    parent_id: Option<i64>,
    team_id: Option<i64>,
    status: &'static str,
    tags: String,
}

fn columns(draft: &CustomerDraft) -> Columns<'_> {
    Columns {
        name: &draft.input.name,
        search_name: &draft.search_name,
        match_name: &draft.match_name,
        country: draft.input.country.clone(),
        parent_id: draft.input.parent_id,
        team_id: draft.input.team_id,
        status: draft.input.status.word(),
        tags: Json::from(draft.input.tags.as_slice()).to_string(),
    }
}

/// A customer as it lies in its table.
#[derive(QueryableByName)]
#[diesel(table_name = customers)]
struct Row {
    id: CustomerId,
    name: String,
    search_name: String,
    country: Option<String>,
    parent_id: Option<i64>,
    team_id: Option<i64>,
    status: String,
    tags: String,
    #[diesel(sql_type = Text)]
    role: String,
    version: i64,
    created_at: UtcTime,
    updated_at: UtcTime,
    deleted_at: Option<UtcTime>,
}

impl Row {
    fn complete(self, external_ids: Vec<ExternalId>) -> DbResult<Customer> {
        Ok(Customer {
            id: self.id,
            name: self.name,
            search_name: self.search_name,
            country: self.country,
            external_ids,
            parent_id: self.parent_id,
            team_id: self.team_id,
            status: CustomerStatus::parse(&self.status)
                .ok_or_else(|| DbError::corrupt("customers.status", self.status))?,
            tags: serde_json::from_str(&self.tags)
                .map_err(|error| DbError::corrupt("customers.tags", error))?,
            role: Role::parse(&self.role)
                .ok_or_else(|| DbError::corrupt("customers.role", self.role))?,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
            deleted_at: self.deleted_at,
        })
    }
}

/// Adds the external ids, read in one statement for a page of rows.
fn complete(conn: &mut Conn, rows: Vec<Row>) -> DbResult<Vec<Customer>> {
    let ids: Vec<CustomerId> = rows.iter().map(|row| row.id).collect();
    let mut external_ids = external_ids::of(conn, &ids)?;
    rows.into_iter()
        .map(|row| {
            let ids = external_ids.remove(&row.id).unwrap_or_default();
            row.complete(ids)
        })
        .collect()
}
