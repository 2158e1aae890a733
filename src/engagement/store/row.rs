//! What the tables of records have in common, and the queries that are the same for all of them.

use std::collections::HashSet;

use diesel::deserialize::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::{lock, visible};
use crate::access::Teams;
use crate::db::select::{self, Collection, Field, ForPostgres, Listing, Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime};
use crate::ids::{CustomerId, ExternalId};

/// What is read of a record, which is `v`, and of its customer, which is `c`.
const COLUMNS: &str = "v.*, c.team_id, c.name AS customer_name";

/// What is stored of a kind of record, apart from its id and its times.
///
/// [`writes!`] gives the table and its writes, for diesel knows the columns of one table only.
pub trait Stored:
    QueryableByName<Sqlite> + ForPostgres + Clone + PartialEq + Send + 'static
{
    /// Its table.
    const TABLE: &'static str;

    /// Makes the record; a unique key is violated if there is one with this key.
    ///
    /// # Errors
    ///
    /// The database's, as everywhere here.
    fn insert(&self, conn: &mut Conn, now: UtcTime) -> DbResult<i64>;

    /// Changes the record with this id; one that was deleted comes back.
    ///
    /// # Errors
    ///
    /// As above.
    fn update(&self, conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()>;

    /// Takes out of a record that is deleted what is not kept: nothing, unless a kind says otherwise.
    ///
    /// # Errors
    ///
    /// As above.
    fn erase(_conn: &mut Conn, _id: i64) -> DbResult<()> {
        Ok(())
    }

    /// The partner, of kinds that may be about one link.
    fn partner(&mut self) -> Option<&mut Option<CustomerId>> {
        None
    }
}

/// The table of a [`Stored`] and its writes.
macro_rules! writes {
    ($table:ident) => {
        const TABLE: &'static str = stringify!($table);

        fn insert(
            &self,
            conn: &mut $crate::db::Conn,
            now: $crate::db::UtcTime,
        ) -> $crate::db::DbResult<i64> {
            use $crate::db::schema::$table;
            Ok($crate::db::on!(conn, |c| diesel::insert_into(
                $table::table
            )
            .values((self, $table::created_at.eq(now), $table::updated_at.eq(now)))
            .returning($table::id)
            .get_result(c))?)
        }

        fn update(
            &self,
            conn: &mut $crate::db::Conn,
            id: i64,
            now: $crate::db::UtcTime,
        ) -> $crate::db::DbResult<()> {
            use $crate::db::schema::$table;
            $crate::db::on!(conn, |c| diesel::update($table::table.find(id))
                .set((
                    self,
                    $table::updated_at.eq(now),
                    $table::deleted_at.eq(None::<$crate::db::UtcTime>),
                    $table::version.eq($table::version + 1),
                ))
                .execute(c))?;
            Ok(())
        }
    };
}
pub(crate) use writes;

/// A kind of record of which whole rows are listed.
pub trait Listed: Stored {
    /// Its lists.
    const LIST: &'static Collection;

    /// Its value in a field that its lists are sorted by, apart from those that all kinds have.
    fn sorted_by(&self, field: &str) -> Option<Value>;
}

/// Lists of whole rows, `v` being the record and `c` its customer.
pub(crate) const fn collection(
    from: &'static str,
    fields: &'static [Field],
    default_sort: &'static str,
) -> Collection {
    Collection {
        columns: COLUMNS,
        from,
        id: "v.id",
        updated: Some("v.updated_at"),
        alive: Some("v.deleted_at IS NULL"),
        fields,
        default_sort,
    }
}

/// A record, with the team and the name of its customer.
#[derive(Clone, Debug, QueryableByName)]
pub struct Row<V> {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// What is stored of it.
    #[diesel(embed)]
    pub values: V,
    /// Goes up with every change.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// When it was made.
    #[diesel(sql_type = Instant)]
    pub created_at: UtcTime,
    /// When it last changed.
    #[diesel(sql_type = Instant)]
    pub updated_at: UtcTime,
    /// When it was deleted, if it was.
    #[diesel(sql_type = Nullable<Instant>)]
    pub deleted_at: Option<UtcTime>,
    /// The customer's team.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub team_id: Option<i64>,
    /// The customer's name.
    #[diesel(sql_type = Text)]
    pub customer_name: String,
}

impl<V: Stored> Row<V> {
    /// The record with this id, deleted or not.
    ///
    /// # Errors
    ///
    /// The database's, as everywhere here.
    pub fn find(conn: &mut Conn, id: i64) -> DbResult<Option<Self>> {
        let mut sql = Self::chosen();
        sql.push("v.id = ").bind(Value::Int(id));
        Ok(sql.load(conn)?.pop())
    }

    /// The record with this key, deleted or not.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn by_key(conn: &mut Conn, key: &ExternalId) -> DbResult<Option<Self>> {
        let mut sql = Self::chosen();
        sql.push("v.system = ")
            .bind(Value::Text(key.system.clone()));
        sql.push(" AND v.external_id = ")
            .bind(Value::Text(key.id.clone()));
        Ok(sql.load(conn)?.pop())
    }

    /// A statement that reads the records for which the condition holds that is to follow.
    pub(crate) fn chosen() -> Statement {
        let mut sql = Statement::new("SELECT ");
        sql.push(COLUMNS).push(" FROM ").push(V::TABLE);
        sql.push(" v JOIN customers c ON c.id = v.customer_id WHERE ");
        sql
    }

    /// Keeps others from writing the record until the transaction ends.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn lock(conn: &mut Conn, id: i64) -> DbResult<()> {
        lock(conn, V::TABLE, id)
    }

    /// Marks the record as deleted.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn delete(conn: &mut Conn, id: i64, now: UtcTime) -> DbResult<()> {
        V::erase(conn, id)?;
        let mut sql = Statement::new("UPDATE ");
        sql.push(V::TABLE)
            .push(" SET version = version + 1, deleted_at = ")
            .bind(Value::Time(now));
        sql.push(", updated_at = ").bind(Value::Time(now));
        sql.push(" WHERE id = ").bind(Value::Int(id));
        sql.execute(conn)?;
        Ok(())
    }

    /// Takes away partners that these teams may not know of.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn mask(conn: &mut Conn, rows: &mut [Self], teams: &Teams) -> DbResult<()> {
        let partners: HashSet<i64> = rows
            .iter_mut()
            .filter_map(|row| *row.values.partner()?)
            .map(|partner| partner.0)
            .collect();
        let seen = visible(conn, partners.into_iter(), teams)?;
        for partner in rows.iter_mut().filter_map(|row| row.values.partner()) {
            *partner = partner.filter(|id| seen.contains(&id.0));
        }
        Ok(())
    }
}

impl<V: Listed> Row<V> {
    /// One page of records, and one more if there is another.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn page(conn: &mut Conn, listing: &Listing, teams: &Teams) -> DbResult<Vec<Self>> {
        let mut rows = select::page(conn, V::LIST, listing, |sql| {
            teams.restrict(sql, "c.team_id");
        })?;
        Self::mask(conn, &mut rows, teams)?;
        Ok(rows)
    }

    /// What it is sorted by in a list, beside its id.
    pub(crate) fn sorted_by(&self, field: &str) -> Value {
        match field {
            "updated_at" => Value::Time(self.updated_at),
            _ => self.values.sorted_by(field).unwrap_or(Value::Int(self.id)),
        }
    }
}
