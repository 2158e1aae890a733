//! Contracts.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::field;
use crate::access::Teams;
use crate::db::schema::contracts;
use crate::db::select::{self, Collection, Kind, Listing, Statement, Value};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::engagement::model::{ContractOutcome, Term};
use crate::ids::{ContractId, CustomerId, ExternalId};
use crate::shipments::model::Service;

/// What is stored of a contract, apart from its id and its times.
#[derive(Clone, Debug, PartialEq, QueryableByName, Insertable, AsChangeset)]
#[diesel(table_name = contracts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Values {
    /// The system whose key `external_id` is.
    pub system: String,
    /// Key in that system.
    pub external_id: String,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The partner, if it is about one link.
    pub partner_id: Option<CustomerId>,
    /// What the sender calls it.
    pub kind: Option<String>,
    /// A word of [`Service`].
    pub service: Option<String>,
    /// First day in force.
    pub starts_on: NaiveDate,
    /// Last day in force.
    pub ends_on: Option<NaiveDate>,
    /// Months of a term.
    pub term_months: Option<i64>,
    /// Days of notice before the end.
    pub notice_days: Option<i64>,
    /// How often it was renewed before this term.
    pub renewals: i64,
    /// Whether it goes on unless somebody gives notice.
    pub auto_renews: bool,
    /// Share of the customer's volume, in `[0, 1]`.
    pub share: Option<f64>,
    /// Minor units.
    pub value_per_year: Option<i64>,
    /// A word of [`ContractOutcome`].
    pub outcome: Option<String>,
    /// The contract of the next term.
    pub renewed_by: Option<ContractId>,
}

/// A contract, with the team of its customer.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = contracts)]
pub struct Row {
    /// Its id.
    pub id: ContractId,
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

    /// Its days and what became of it.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored outcome is none.
    pub fn term(&self) -> DbResult<Term> {
        let outcome = self.outcome.as_deref().map(outcome).transpose()?;
        Ok(Term {
            starts_on: self.starts_on,
            ends_on: self.ends_on,
            outcome,
        })
    }

    /// What is done under it.
    ///
    /// # Errors
    ///
    /// [`DbError::Corrupt`] if the stored service is none.
    pub fn service(&self) -> DbResult<Option<Service>> {
        let parse = |word: &String| {
            Service::parse(word).ok_or_else(|| DbError::corrupt("contracts.service", word))
        };
        self.service.as_ref().map(parse).transpose()
    }
}

/// The outcome that a stored word stands for.
///
/// # Errors
///
/// [`DbError::Corrupt`].
pub(super) fn outcome(word: &str) -> DbResult<ContractOutcome> {
    ContractOutcome::parse(word).ok_or_else(|| DbError::corrupt("contracts.outcome", word))
}

/// Lists of contracts.
pub const CONTRACTS: Collection = Collection {
    columns: "k.*, c.team_id",
    from: "contracts k JOIN customers c ON c.id = k.customer_id",
    id: "k.id",
    updated: Some("k.updated_at"),
    alive: Some("k.deleted_at IS NULL"),
    fields: &[
        field("id", "k.id", Kind::Int, true),
        field("customer_id", "k.customer_id", Kind::Int, false),
        field("system", "k.system", Kind::Text, false),
        field("service", "k.service", Kind::Words(Service::WORDS), false),
        field("starts_on", "k.starts_on", Kind::Date, true),
        field("ends_on", "k.ends_on", Kind::Date, false),
        field("auto_renews", "k.auto_renews", Kind::Bool, false),
        field("renewals", "k.renewals", Kind::Int, false),
        field(
            "outcome",
            "k.outcome",
            Kind::Words(ContractOutcome::WORDS),
            false,
        ),
        field("updated_at", "k.updated_at", Kind::Time, true),
    ],
    default_sort: "id",
};

/// One page of contracts, and one row more if there is another.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn page(conn: &mut Conn, listing: &Listing, teams: &Teams) -> DbResult<Vec<Row>> {
    select::page(conn, &CONTRACTS, listing, |sql| {
        teams.restrict(sql, "c.team_id");
    })
}

/// The contract with this id, deleted or not.
pub fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Row>> {
    let mut sql = chosen();
    sql.push("k.id = ").bind(Value::Int(id));
    Ok(sql.load(conn)?.pop())
}

/// The contract with this key, deleted or not.
pub fn by_key(conn: &mut Conn, key: &ExternalId) -> DbResult<Option<Row>> {
    let mut sql = chosen();
    sql.push("k.system = ")
        .bind(Value::Text(key.system.clone()));
    sql.push(" AND k.external_id = ")
        .bind(Value::Text(key.id.clone()));
    Ok(sql.load(conn)?.pop())
}

fn chosen() -> Statement {
    let mut sql = Statement::new("SELECT ");
    sql.push(CONTRACTS.columns)
        .push(" FROM ")
        .push(CONTRACTS.from);
    sql.push(" WHERE ");
    sql
}

/// Keeps others from writing it until the transaction ends.
pub fn lock(conn: &mut Conn, id: i64) -> DbResult<()> {
    super::lock(conn, "contracts", id)
}

/// Makes a contract; a unique key is violated if there is one with this key.
pub fn insert(conn: &mut Conn, values: &Values, now: UtcTime) -> DbResult<i64> {
    Ok(on!(conn, |c| diesel::insert_into(contracts::table)
        .values((
            values,
            contracts::created_at.eq(now),
            contracts::updated_at.eq(now),
        ))
        .returning(contracts::id)
        .get_result(c))?)
}

/// Changes a contract; one that was deleted comes back.
pub fn update(conn: &mut Conn, id: i64, values: &Values, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(contracts::table.find(id))
        .set((
            values,
            contracts::updated_at.eq(now),
            contracts::deleted_at.eq(None::<UtcTime>),
            contracts::version.eq(contracts::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Marks a contract as deleted.
pub fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(contracts::table.find(id))
        .set((
            contracts::deleted_at.eq(Some(now)),
            contracts::updated_at.eq(now),
            contracts::version.eq(contracts::version + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Takes away partners that these teams may not know of.
pub fn hide_partners(conn: &mut Conn, rows: &mut [Row], teams: &Teams) -> DbResult<()> {
    let partner = |row: &Row| row.values.partner_id.map(|id| id.0);
    let visible = super::visible(conn, rows.iter().filter_map(partner), teams)?;
    for row in rows {
        row.values.partner_id = row.values.partner_id.filter(|id| visible.contains(&id.0));
    }
    Ok(())
}
