//! Lists with filters, sorting and keyset paging, built from a description of the collection.
//!
//! Field names, columns and literal SQL come from constants in the code; whatever a caller gives
//! is bound, never written into the text.

use chrono::NaiveDate;
use diesel::deserialize::QueryableByName;
use diesel::query_dsl::RunQueryDsl;
use diesel::sql_types::{BigInt, Bool, Date, Double, Text};

use super::{Conn, DbResult, Instant, UtcTime, on};

/// What values a field takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Whole numbers.
    Int,
    /// Numbers.
    Real,
    /// Text.
    Text,
    /// One of these words.
    Words(&'static [&'static str]),
    /// true or false.
    Bool,
    /// A day.
    Date,
    /// A point in time.
    Time,
}

/// A field that lists can be filtered or sorted by.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the API.
    pub name: &'static str,
    /// The SQL expression for it.
    pub sql: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// Whether lists can be sorted by it; it must then never be NULL.
    pub sortable: bool,
}

/// A field of a collection.
pub const fn field(name: &'static str, sql: &'static str, kind: Kind, sortable: bool) -> Field {
    Field {
        name,
        sql,
        kind,
        sortable,
    }
}

/// A collection that can be listed.
#[derive(Debug)]
pub struct Collection {
    /// What stands between `SELECT` and `FROM`.
    pub columns: &'static str,
    /// What stands behind `FROM`.
    pub from: &'static str,
    /// The unique integer that breaks ties.
    pub id: &'static str,
    /// The column that tells when a row changed, where clients may pull changes.
    pub updated: Option<&'static str>,
    /// The condition that holds for rows that are not deleted.
    pub alive: Option<&'static str>,
    /// What can be filtered and sorted by.
    pub fields: &'static [Field],
    /// Field to sort by where the caller does not say, `-` in front for descending.
    pub default_sort: &'static str,
}

impl Collection {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// A value to bind.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Value {
    /// A whole number.
    #[serde(rename = "i")]
    Int(i64),
    /// A number.
    #[serde(rename = "r")]
    Real(f64),
    /// A text.
    #[serde(rename = "t")]
    Text(String),
    /// true or false.
    #[serde(rename = "b")]
    Bool(bool),
    /// A day.
    #[serde(rename = "d")]
    Date(NaiveDate),
    /// A point in time.
    #[serde(rename = "m")]
    Time(UtcTime),
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// One of several.
    In,
    /// Contains the text, case and accents aside where the column is normalised.
    Contains,
}

/// One condition.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The field compared.
    pub field: &'static Field,
    /// How.
    pub op: Op,
    /// With what; several only for [`Op::In`].
    pub values: Vec<Value>,
}

/// What a caller wants of a collection.
#[derive(Clone, Debug)]
pub struct Listing {
    /// All must hold.
    pub filters: Vec<Filter>,
    /// The field sorted by.
    pub sort: &'static Field,
    /// Greatest first.
    pub descending: bool,
    /// Sort value and id of the last row of the page before.
    pub after: Option<(Value, i64)>,
    /// Rows at most.
    pub limit: i64,
    /// Only rows changed since then, deleted ones too.
    pub updated_since: Option<UtcTime>,
}

/// The statement as a diesel query of whichever database the surrounding arm is for.
macro_rules! bound {
    ($statement:expr) => {{
        let mut query = diesel::sql_query($statement.sql).into_boxed();
        for value in $statement.binds {
            query = match value {
                Value::Int(value) => query.bind::<BigInt, _>(value),
                Value::Real(value) => query.bind::<Double, _>(value),
                Value::Text(value) => query.bind::<Text, _>(value),
                Value::Bool(value) => query.bind::<Bool, _>(value),
                Value::Date(value) => query.bind::<Date, _>(value),
                Value::Time(value) => query.bind::<Instant, _>(value),
            };
        }
        query
    }};
}

/// Rows at most where everything is wanted at once.
const EVERYTHING: i64 = 1_000_000;

impl Listing {
    /// Everything that is not deleted, in the collection's own order; for short lists.
    pub fn all(collection: &'static Collection) -> Self {
        let (name, descending) = match collection.default_sort.strip_prefix('-') {
            Some(name) => (name, true),
            None => (collection.default_sort, false),
        };
        Self {
            filters: Vec::new(),
            sort: collection.field(name).unwrap_or(&UNSORTED),
            descending,
            after: None,
            limit: EVERYTHING,
            updated_since: None,
        }
    }
}

/// Stands in for a default sort that names no field; the id then decides.
const UNSORTED: Field = Field {
    name: "",
    sql: "0",
    kind: Kind::Int,
    sortable: false,
};

/// SQL text and the values bound in it, in order.
#[derive(Debug, Default)]
pub struct Statement {
    sql: String,
    binds: Vec<Value>,
}

impl Statement {
    /// Starts with SQL text from the code.
    pub fn new(sql: &str) -> Self {
        Self {
            sql: sql.to_owned(),
            binds: Vec::new(),
        }
    }

    /// Appends SQL text from the code.
    pub fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Appends a bound value.
    pub fn bind(&mut self, value: Value) -> &mut Self {
        self.binds.push(value);
        self.sql.push('$');
        self.sql.push_str(&self.binds.len().to_string());
        self
    }

    /// Appends bound values with commas between.
    pub fn bind_list(&mut self, values: impl IntoIterator<Item = Value>) -> &mut Self {
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.bind(value);
        }
        self
    }

    /// Runs it and reads the rows.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn load<T>(self, conn: &mut Conn) -> DbResult<Vec<T>>
    where
        T: QueryableByName<diesel::sqlite::Sqlite> + ForPostgres + 'static,
    {
        Ok(on!(conn, |c| bound!(self).load::<T>(c))?)
    }

    /// Runs it; returns the number of rows it touched.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn execute(self, conn: &mut Conn) -> DbResult<usize> {
        Ok(on!(conn, |c| bound!(self).execute(c))?)
    }
}

/// Rows that PostgreSQL can deliver too; empty where the binary has no PostgreSQL.
#[cfg(feature = "postgres")]
pub trait ForPostgres: QueryableByName<diesel::pg::Pg> {}
#[cfg(feature = "postgres")]
impl<T: QueryableByName<diesel::pg::Pg>> ForPostgres for T {}
/// Rows that PostgreSQL can deliver too; empty where the binary has no PostgreSQL.
#[cfg(not(feature = "postgres"))]
pub trait ForPostgres {}
#[cfg(not(feature = "postgres"))]
impl<T> ForPostgres for T {}

/// Reads one page, and one row more to know whether there is another.
///
/// `scope` is a condition from the code with its values, such as the caller's teams.
///
/// # Errors
///
/// The database's.
pub fn page<T>(
    conn: &mut Conn,
    collection: &Collection,
    listing: &Listing,
    scope: impl FnOnce(&mut Statement),
) -> DbResult<Vec<T>>
where
    T: QueryableByName<diesel::sqlite::Sqlite> + ForPostgres + 'static,
{
    statement(collection, listing, scope).load(conn)
}

fn statement(
    collection: &Collection,
    listing: &Listing,
    scope: impl FnOnce(&mut Statement),
) -> Statement {
    let mut sql = Statement::default();
    sql.push("SELECT ")
        .push(collection.columns)
        .push(" FROM ")
        .push(collection.from)
        .push(" WHERE 1 = 1");
    scope(&mut sql);
    match (listing.updated_since, collection.updated, collection.alive) {
        (Some(since), Some(updated), _) => {
            sql.push(" AND ")
                .push(updated)
                .push(" >= ")
                .bind(Value::Time(since));
        }
        (_, _, Some(alive)) => {
            sql.push(" AND ").push(alive);
        }
        _ => {}
    }
    for filter in &listing.filters {
        sql.push(" AND ");
        condition(&mut sql, filter);
    }
    keyset(&mut sql, collection, listing);
    sql
}

fn condition(sql: &mut Statement, filter: &Filter) {
    let Filter { field, op, values } = filter;
    let Some(first) = values.first().cloned() else {
        // `in` of nothing holds for no row.
        sql.push("1 = 0");
        return;
    };
    let comparison = match op {
        Op::Eq => " = ",
        Op::Ne => " <> ",
        Op::Lt => " < ",
        Op::Lte => " <= ",
        Op::Gt => " > ",
        Op::Gte => " >= ",
        Op::In => {
            sql.push(field.sql)
                .push(" IN (")
                .bind_list(values.iter().cloned())
                .push(")");
            return;
        }
        Op::Contains => {
            let Value::Text(text) = first else {
                sql.push("1 = 0");
                return;
            };
            sql.push(field.sql)
                .push(" LIKE ")
                .bind(Value::Text(format!("%{}%", escape_like(&text))))
                .push(" ESCAPE '\\'");
            return;
        }
    };
    sql.push(field.sql).push(comparison).bind(first);
}

/// Takes the meaning from `%`, `_` and `\` for `LIKE … ESCAPE '\'`.
pub fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

fn keyset(sql: &mut Statement, collection: &Collection, listing: &Listing) {
    let (sort, id) = (listing.sort.sql, collection.id);
    let (beyond, order) = if listing.descending {
        (" < ", " DESC")
    } else {
        (" > ", " ASC")
    };
    if let Some((value, after_id)) = &listing.after {
        sql.push(" AND (")
            .push(sort)
            .push(beyond)
            .bind(value.clone());
        sql.push(" OR (").push(sort).push(" = ").bind(value.clone());
        sql.push(" AND ")
            .push(id)
            .push(beyond)
            .bind(Value::Int(*after_id))
            .push("))");
    }
    sql.push(" ORDER BY ")
        .push(sort)
        .push(order)
        .push(", ")
        .push(id)
        .push(order);
    sql.push(" LIMIT ").bind(Value::Int(listing.limit + 1));
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field {
            name: "id",
            sql: "t.id",
            kind: Kind::Int,
            sortable: true,
        },
        Field {
            name: "name",
            sql: "t.name",
            kind: Kind::Text,
            sortable: true,
        },
    ];
    const THINGS: Collection = Collection {
        columns: "t.*",
        from: "things t",
        id: "t.id",
        updated: Some("t.updated_at"),
        alive: Some("t.deleted_at IS NULL"),
        fields: FIELDS,
        default_sort: "id",
    };

    #[test]
    fn values_are_bound_and_never_written_into_the_text() {
        let listing = Listing {
            filters: vec![Filter {
                field: &FIELDS[1],
                op: Op::Contains,
                values: vec![Value::Text("50%_'".into())],
            }],
            sort: &FIELDS[1],
            descending: true,
            after: Some((Value::Text("Z".into()), 7)),
            limit: 50,
            updated_since: None,
        };
        let built = statement(&THINGS, &listing, |_| {});
        assert_eq!(
            built.sql,
            "SELECT t.* FROM things t WHERE 1 = 1 AND t.deleted_at IS NULL \
             AND t.name LIKE $1 ESCAPE '\\' \
             AND (t.name < $2 OR (t.name = $3 AND t.id < $4)) \
             ORDER BY t.name DESC, t.id DESC LIMIT $5"
        );
        assert_eq!(built.binds[0], Value::Text("%50\\%\\_'%".into()));
        assert_eq!(built.binds[4], Value::Int(51));
    }
}
