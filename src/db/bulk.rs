//! Many rows at once: `COPY` on PostgreSQL, statements of 100 rows on SQLite.

/// Inserts every row of a slice into a table; the fastest way each database has.
///
/// The row type must be `Insertable` with `treat_none_as_default_value = false`: otherwise a `NULL`
/// makes SQLite fall back to a statement per row.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite(c) => {
                use diesel::RunQueryDsl as _;
                let (chunks, rest) = $rows.as_chunks::<100>();
                let mut outcome = Ok(());
                // A fixed number of rows keeps one prepared statement for all chunks.
                for chunk in chunks {
                    outcome = diesel::insert_into($table)
                        .values(chunk)
                        .execute(c)
                        .map(drop);
                    if outcome.is_err() {
                        break;
                    }
                }
                if outcome.is_ok() && !rest.is_empty() {
                    outcome = diesel::insert_into($table)
                        .values(rest)
                        .execute(c)
                        .map(drop);
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
