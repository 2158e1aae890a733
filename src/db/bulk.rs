//! Many rows at once. In: `COPY` on PostgreSQL, one prepared statement again and again on SQLite.
//! Out: row by row as they arrive.
//!
//! A statement of many rows looks faster on SQLite and is not: it may have to undo its first rows
//! when a later one fails, so SQLite copies every page that it touches before it writes there. With
//! the seven indexes of `shipments` that costs more than everything else.

/// Inserts every row of a slice into a table; the fastest way each database has.
///
/// The row type must be `Insertable` with `treat_none_as_default_value = false`: otherwise a `NULL`
/// needs a statement of its own, prepared anew.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite(c) => {
                use diesel::RunQueryDsl as _;
                let mut outcome = Ok(());
                for row in $rows {
                    outcome = diesel::insert_into($table).values(row).execute(c).map(drop);
                    if outcome.is_err() {
                        break;
                    }
                }
                outcome
            }
            #[cfg(feature = "postgres")]
            $crate::db::Conn::Postgres(c) => {
                use diesel::ExecuteCopyFromDsl as _;
                if $rows.is_empty() {
                    Ok(())
                } else {
                    diesel::copy_from($table)
                        .from_insertable($rows)
                        .execute(c)
                        .map(drop)
                }
            }
        }
    };
}
pub(crate) use insert_all;

/// Runs `$body` for every row of a query as it arrives, without holding them all.
macro_rules! each_row {
    ($conn:expr, $query:expr, |$row:ident: $type:ty| $body:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite(c) => {
                for $row in $query.load_iter::<$type, diesel::connection::DefaultLoadingMode>(c)? {
                    let $row = $row?;
                    $body
                }
            }
            #[cfg(feature = "postgres")]
            $crate::db::Conn::Postgres(c) => {
                for $row in $query.load_iter::<$type, diesel::pg::PgRowByRowLoadingMode>(c)? {
                    let $row = $row?;
                    $body
                }
            }
        }
    };
}
pub(crate) use each_row;
