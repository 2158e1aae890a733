//! How customers sounded on the whole when they were last assessed.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::Value;

use crate::db::schema::runs;
use crate::db::{Conn, DbError, DbResult, on};
use crate::sentiment::Median;

/// Where a run's parameters hold the company's medians.
const PLACE: &str = "/satisfaction/note/sentiment";

/// The company's medians by the newest finished run as of a day of `[since, until]`; `None` if there
/// is none, or one that did not note them.
///
/// # Errors
///
/// The database's; [`DbError::Corrupt`] if what the run noted makes no sense.
pub fn median_of_run(
    conn: &mut Conn,
    since: NaiveDate,
    until: NaiveDate,
) -> DbResult<Option<Median>> {
    let corrupt = |error| DbError::corrupt("runs.parameters", error);
    let parameters: Option<Option<String>> = on!(conn, |c| runs::table
        .filter(runs::status.eq("done"))
        .filter(runs::as_of.between(since, until))
        .order((runs::as_of.desc(), runs::id.desc()))
        .select(runs::parameters)
        .first(c)
        .optional())?;
    let Some(text) = parameters.flatten() else {
        return Ok(None);
    };
    let parameters: Value = serde_json::from_str(&text).map_err(corrupt)?;
    let noted = parameters.pointer(PLACE);
    noted
        .map(|noted| serde_json::from_value(noted.clone()).map_err(corrupt))
        .transpose()
}
