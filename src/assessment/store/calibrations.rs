//! Strengths of the cascade as learnt from a history, for assessments that come after it.

use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::Value as Json;

use crate::cascade::Strengths;
use crate::db::schema::calibrations;
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::ids::BacktestId;

/// What a history says of the strengths.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// No outcome of this day or later was used.
    pub history_to: NaiveDate,
    /// One word: whether the history supports the cascade; see `backtest::verdict`.
    pub verdict: String,
    /// The strengths.
    pub strengths: Strengths,
    /// Figures of each class.
    pub classes: Json,
    /// The back-test that learnt it.
    pub backtest: Option<BacktestId>,
}

/// Keeps a calibration.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn insert(conn: &mut Conn, calibration: &Calibration, now: UtcTime) -> DbResult<()> {
    let strengths = serde_json::to_string(&calibration.strengths)
        .map_err(|error| DbError::corrupt("calibrations.strengths", error))?;
    on!(conn, |c| diesel::insert_into(calibrations::table)
        .values((
            calibrations::history_to.eq(calibration.history_to),
            calibrations::verdict.eq(&calibration.verdict),
            calibrations::strengths.eq(&strengths),
            calibrations::classes.eq(calibration.classes.to_string()),
            calibrations::backtest_id.eq(calibration.backtest),
            calibrations::created_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// The calibration that an assessment as of `as_of` may use: of those whose outcomes all lie before
/// it, the one with the longest history; the newest of several.
pub fn latest(conn: &mut Conn, as_of: NaiveDate) -> DbResult<Option<Calibration>> {
    type Row = (NaiveDate, String, String, String, Option<BacktestId>);
    let row: Option<Row> = on!(conn, |c| calibrations::table
        .filter(calibrations::history_to.le(as_of))
        .order((calibrations::history_to.desc(), calibrations::id.desc()))
        .select((
            calibrations::history_to,
            calibrations::verdict,
            calibrations::strengths,
            calibrations::classes,
            calibrations::backtest_id,
        ))
        .first(c)
        .optional())?;
    row.map(|(history_to, verdict, strengths, classes, backtest)| {
        let corrupt = |column, error| DbError::corrupt(column, error);
        Ok(Calibration {
            history_to,
            verdict,
            strengths: serde_json::from_str(&strengths)
                .map_err(|error| corrupt("calibrations.strengths", error))?,
            classes: serde_json::from_str(&classes)
                .map_err(|error| corrupt("calibrations.classes", error))?,
            backtest,
        })
    })
    .transpose()
}
