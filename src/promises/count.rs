//! Counts the promises that somebody asks for.

use chrono::NaiveDate;
use serde::Deserialize;

use super::figures::{self, GroupBy, PromiseFigures};
use super::store;
use crate::access::Teams;
use crate::api::list::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::api::reference::Reference;
use crate::customers::store::resolve;
use crate::db::Conn;
use crate::error::{Answer, Error};

/// Which promises are counted.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FigureParams {
    /// Of one customer: its id, or `ext:SYSTEM:ID`.
    pub customer: Option<String>,
    /// `customer`, `department` or `employee`; not grouped if absent.
    pub by: Option<GroupBy>,
    /// Groups at most, 1 to 500; those that keep least come first.
    #[param(default = 50, minimum = 1, maximum = 500)]
    pub limit: Option<i64>,
}

/// Counts the promises that `params` name.
///
/// # Errors
///
/// 404 for a customer, 400 for a limit, and the database's.
pub fn count(
    conn: &mut Conn,
    params: &FigureParams,
    teams: &Teams,
    today: NaiveDate,
) -> Answer<PromiseFigures> {
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        let rule = format!("limit: expected a whole number from 1 to {MAX_LIMIT}");
        return Err(Error::malformed("bad_parameter", rule));
    }
    let customer = match &params.customer {
        None => None,
        Some(segment) => {
            let reference = Reference::parse(segment)?;
            let found = resolve(conn, &reference, teams)?.filter(|customer| !customer.deleted);
            let found = found.ok_or_else(|| Error::not_found("customer", &reference))?;
            Some(found.id)
        }
    };
    let rows = store::decided(conn, teams, customer)?;
    let limit = usize::try_from(limit).map_err(Error::internal)?;
    figures::figures(&rows, today, params.by, limit).map_err(Error::internal)
}
