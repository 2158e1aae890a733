//! The list of causes.

use diesel::prelude::*;
use serde::Serialize;

use crate::complaints::model::CauseInput;
use crate::db::schema::{complaint_causes, complaints};
use crate::db::{Conn, DbResult, UtcTime, on};

/// A cause of complaints.
#[derive(Clone, Debug, PartialEq, Serialize, Queryable, utoipa::ToSchema)]
pub struct Cause {
    /// What it is called in the API.
    pub code: String,
    /// Its name in English.
    pub name_en: String,
    /// Its name in Chinese.
    pub name_zh: String,
    /// Whether new complaints may have it.
    pub active: bool,
    /// When it was made.
    pub created_at: UtcTime,
    /// When it last changed.
    pub updated_at: UtcTime,
}

/// All causes, by code.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn all(conn: &mut Conn) -> DbResult<Vec<Cause>> {
    Ok(on!(conn, |c| complaint_causes::table
        .order(complaint_causes::code)
        .load(c))?)
}

/// The cause with this code.
pub fn find(conn: &mut Conn, code: &str) -> DbResult<Option<Cause>> {
    if code.contains('\0') {
        return Ok(None);
    }
    Ok(on!(conn, |c| complaint_causes::table
        .find(code)
        .first(c)
        .optional())?)
}

/// Makes or changes a cause; whether it was made.
pub fn put(conn: &mut Conn, code: &str, cause: &CauseInput, now: UtcTime) -> DbResult<bool> {
    let changed = on!(conn, |c| diesel::update(complaint_causes::table.find(code))
        .set((
            complaint_causes::name_en.eq(&cause.name_en),
            complaint_causes::name_zh.eq(&cause.name_zh),
            complaint_causes::active.eq(cause.active),
            complaint_causes::updated_at.eq(now),
        ))
        .execute(c))?;
    if changed > 0 {
        return Ok(false);
    }
    on!(conn, |c| diesel::insert_into(complaint_causes::table)
        .values((
            complaint_causes::code.eq(code),
            complaint_causes::name_en.eq(&cause.name_en),
            complaint_causes::name_zh.eq(&cause.name_zh),
            complaint_causes::active.eq(cause.active),
            complaint_causes::created_at.eq(now),
            complaint_causes::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(true)
}

/// Takes a cause off the list: one that complaints have stays, and new ones may not have it.
pub fn remove(conn: &mut Conn, code: &str, now: UtcTime) -> DbResult<()> {
    let used: Option<i64> = on!(conn, |c| complaints::table
        .filter(complaints::cause.eq(code))
        .select(complaints::id)
        .first(c)
        .optional())?;
    if used.is_some() {
        on!(conn, |c| diesel::update(complaint_causes::table.find(code))
            .set((
                complaint_causes::active.eq(false),
                complaint_causes::updated_at.eq(now),
            ))
            .execute(c))?;
    } else {
        on!(conn, |c| diesel::delete(complaint_causes::table.find(code))
            .execute(c))?;
    }
    Ok(())
}
