//! Invoices and their payments.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::field;
use crate::access::Teams;
use crate::db::schema::invoices;
use crate::db::select::{self, Collection, Kind, Listing, Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::engagement::model::Payment;
use crate::ids::{CustomerId, ExternalId, InvoiceId};

/// What is stored of an invoice, apart from its id and its times.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = invoices, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Values {
    /// The system whose key `external_id` is.
    pub system: String,
    /// Key in that system.
    pub external_id: String,
    /// Who pays.
    pub customer_id: CustomerId,
    /// When it was issued.
    pub issued_on: NaiveDate,
    /// The end of the payment terms.
    pub due_on: NaiveDate,
    /// Minor units.
    pub amount: i64,
    /// When it was paid.
    pub paid_on: Option<NaiveDate>,
    /// Whether the customer does not accept it.
    pub disputed: bool,
}

/// An invoice, with the team of its customer.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = invoices)]
pub struct Row {
    /// Its id.
    pub id: InvoiceId,
    /// What was told.
    #[diesel(embed)]
    pub values: Values,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    pub deleted_at: Option<UtcTime>,
    /// The customer's team.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub team_id: Option<i64>,
}

impl Values {
    /// The key in the sender's system.
    pub fn key(&self) -> ExternalId {
        ExternalId {
            system: self.system.clone(),
            id: self.external_id.clone(),
        }
    }

    /// Its days and amount.
    pub fn payment(&self) -> Payment {
        Payment {
            issued_on: self.issued_on,
            due_on: self.due_on,
            paid_on: self.paid_on,
            amount: self.amount,
            disputed: self.disputed,
        }
    }
}

/// Lists of invoices.
pub const INVOICES: Collection = Collection {
    columns: "v.*, c.team_id",
    from: "invoices v JOIN customers c ON c.id = v.customer_id",
    id: "v.id",
    updated: Some("v.updated_at"),
    alive: Some("v.deleted_at IS NULL"),
    fields: &[
        field("id", "v.id", Kind::Int, true),
        field("customer_id", "v.customer_id", Kind::Int, false),
        field("system", "v.system", Kind::Text, false),
        field("issued_on", "v.issued_on", Kind::Date, true),
        field("due_on", "v.due_on", Kind::Date, true),
        field("paid_on", "v.paid_on", Kind::Date, false),
        field("paid", "(v.paid_on IS NOT NULL)", Kind::Bool, false),
        field("amount", "v.amount", Kind::Int, true),
        field("disputed", "v.disputed", Kind::Bool, false),
        field("updated_at", "v.updated_at", Kind::Time, true),
    ],
    default_sort: "id",
};

/// One page of invoices, and one row more if there is another.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn page(conn: &mut Conn, listing: &Listing, teams: &Teams) -> DbResult<Vec<Row>> {
    select::page(conn, &INVOICES, listing, |sql| {
        teams.restrict(sql, "c.team_id");
    })
}

/// The invoice with this id, deleted or not.
pub fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Row>> {
    let mut sql = chosen();
    sql.push("v.id = ").bind(Value::Int(id));
    Ok(sql.load(conn)?.pop())
}

/// The invoice with this key, deleted or not.
pub fn by_key(conn: &mut Conn, key: &ExternalId) -> DbResult<Option<Row>> {
    let mut sql = chosen();
    sql.push("v.system = ")
        .bind(Value::Text(key.system.clone()));
    sql.push(" AND v.external_id = ")
        .bind(Value::Text(key.id.clone()));
    Ok(sql.load(conn)?.pop())
}

fn chosen() -> Statement {
    let mut sql = Statement::new("SELECT ");
    sql.push(INVOICES.columns)
        .push(" FROM ")
        .push(INVOICES.from);
    sql.push(" WHERE ");
    sql
}

/// Keeps others from writing it until the transaction ends.
pub fn lock(conn: &mut Conn, id: i64) -> DbResult<()> {
    super::lock(conn, "invoices", id)
}

/// Makes an invoice; a unique key is violated if there is one with this key.
pub fn insert(conn: &mut Conn, values: &Values, now: UtcTime) -> DbResult<i64> {
    Ok(on!(conn, |c| diesel::insert_into(invoices::table)
        .values((
            values,
            invoices::created_at.eq(now),
            invoices::updated_at.eq(now),
        ))
        .returning(invoices::id)
        .get_result(c))?)
}

/// Changes an invoice; one that was deleted comes back.
pub fn update(conn: &mut Conn, id: i64, values: &Values, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(invoices::table.find(id))
        .set((
            values,
            invoices::updated_at.eq(now),
            invoices::deleted_at.eq(None::<UtcTime>),
            invoices::version.eq(invoices::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Marks an invoice as deleted.
pub fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(invoices::table.find(id))
        .set((
            invoices::deleted_at.eq(Some(now)),
            invoices::updated_at.eq(now),
            invoices::version.eq(invoices::version + 1),
        ))
        .execute(c))?;
    Ok(())
}
