//! What the tables of departments and contacts, the parts of a customer, have in common.

use diesel::deserialize::QueryableByName;
use diesel::sqlite::Sqlite;
use serde::Serialize;

use crate::access::Teams;
use crate::db::select::{self, Collection, Field, ForPostgres, Listing, Statement, Value};
use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::CustomerId;

/// A part of a customer.
pub trait Part: QueryableByName<Sqlite> + ForPostgres + Serialize + Send + 'static {
    /// What it is called.
    const WHAT: &'static str;
    /// Lists of it.
    const LIST: &'static Collection;

    /// What every part tells of itself.
    fn head(&self) -> Head<'_>;
}

/// What every part of a customer tells of itself.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// What it is called.
    pub name: &'a str,
    /// Goes up with every change.
    pub version: i64,
    /// When it last changed.
    pub updated_at: UtcTime,
}

/// Lists of parts, `p` being the part and `c` its customer.
pub(super) const fn collection(from: &'static str, fields: &'static [Field]) -> Collection {
    Collection {
        columns: "p.*",
        from,
        id: "p.id",
        updated: Some("p.updated_at"),
        alive: Some("p.deleted_at IS NULL"),
        fields,
        default_sort: "id",
    }
}

/// One page of parts, of one customer or of all that these teams may see.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn page<P: Part>(
    conn: &mut Conn,
    listing: &Listing,
    teams: &Teams,
    customer: Option<CustomerId>,
) -> DbResult<Vec<P>> {
    select::page(conn, P::LIST, listing, |sql| {
        teams.restrict(sql, "c.team_id");
        if let Some(customer) = customer {
            sql.push(" AND p.customer_id = ")
                .bind(Value::Int(customer.0));
        }
    })
}

/// The part with this id, unless it was deleted or these teams may not see it.
///
/// # Errors
///
/// As above.
pub fn find<P: Part>(conn: &mut Conn, id: i64, teams: &Teams) -> DbResult<Option<P>> {
    let mut sql = Statement::new("SELECT p.* FROM ");
    sql.push(P::LIST.from)
        .push(" WHERE p.deleted_at IS NULL AND p.id = ")
        .bind(Value::Int(id));
    teams.restrict(&mut sql, "c.team_id");
    Ok(sql.load(conn)?.pop())
}
