//! Dead letters, and how they are sent on their way again.

use diesel::prelude::*;

use super::{Cause, Reach, recipient};
use crate::db::schema::mails;
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::MailId;
use crate::mail::model::MailStatus;

/// All dead letters, the oldest first.
pub fn dead(conn: &mut Conn) -> DbResult<Vec<MailId>> {
    Ok(on!(conn, |c| mails::table
        .filter(mails::status.eq(MailStatus::Dead.word()))
        .order(mails::id)
        .select(mails::id)
        .load::<MailId>(c))?)
}

/// Queues a dead letter anew, to the address the person has now; where that is. Nothing is queued
/// if it is no dead letter, or if it can go nowhere.
pub fn requeue(conn: &mut Conn, id: MailId, now: UtcTime) -> DbResult<Reach> {
    let cause: Option<Cause> = on!(conn, |c| mails::table
        .find(id.0)
        .filter(mails::status.eq(MailStatus::Dead.word()))
        .select(Cause::as_select())
        .first(c)
        .optional())?;
    let Some(cause) = cause else {
        return Ok(Reach::Nowhere);
    };
    let reach = recipient(conn, &cause, now)?;
    let Reach::At { address, name } = &reach else {
        return Ok(reach);
    };
    on!(conn, |c| diesel::update(mails::table.find(id.0))
        .set((
            mails::status.eq(MailStatus::Queued.word()),
            mails::to_address.eq(address),
            mails::to_name.eq(name),
            mails::attempts.eq(0_i64),
            mails::trying_since.eq(None::<UtcTime>),
            mails::next_attempt_at.eq(now),
            mails::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(reach)
}
