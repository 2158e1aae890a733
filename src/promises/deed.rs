//! What people do with promises: decide, and renew.

use chrono::NaiveDate;
use serde_json::json;

use super::model::{Decision, PromiseInput, PromiseStatus, Renewal};
use super::store::{Row, Values};
use crate::access::audit::{self, Deed};
use crate::api::etag::IfMatch;
use crate::api::reference::Reference;
use crate::complaints::model::own_key;
use crate::customers::edit::Writer;
use crate::db::Conn;
use crate::engagement::edit::{self, Record as _};
use crate::engagement::store::Stored as _;
use crate::error::{Answer, Error};
use crate::ids::PromiseId;

/// Decides what became of an open promise.
///
/// # Errors
///
/// 404, 412, 409 `already_decided`, 422 without a reason.
pub(super) fn decide(
    conn: &mut Conn,
    writer: &Writer,
    (reference, condition): (&Reference, &IfMatch),
    decision: &Decision,
) -> Answer<i64> {
    let reason = decision.reason().map_err(Error::Invalid)?;
    let row: Row = edit::standing(conn, reference, &writer.teams)?;
    condition.check(row.version)?;
    let status = row.values.status()?;
    if status != PromiseStatus::Open {
        return Err(Error::conflict(
            "already_decided",
            format!("it is {status} already"),
        ));
    }
    let mut values = row.values.clone();
    decision.outcome.word().clone_into(&mut values.status);
    values.decided_by = Some(writer.actor.name.clone());
    values.decided_at = Some(writer.now);
    values.reason = Some(reason);
    values.update(conn, row.id, writer.now)?;
    let detail = json!({ "outcome": decision.outcome });
    record(conn, writer, ("decided", row.id), Some(detail))?;
    Ok(row.id)
}

/// Makes the next promise after one, and answers with its id. One that is open and not yet due gives
/// its place to the next; what was kept or broken stays so.
///
/// # Errors
///
/// 404, 412, 409 `already_renewed`, `withdrawn`, or `undecided` for one that is due and open, 422.
pub(super) fn renew(
    conn: &mut Conn,
    writer: &Writer,
    (reference, condition): (&Reference, &IfMatch),
    renewal: Renewal,
    today: NaiveDate,
) -> Answer<i64> {
    let row: Row = edit::standing(conn, reference, &writer.teams)?;
    condition.check(row.version)?;
    let status = row.values.status()?;
    if row.values.renewed_by.is_some() || status == PromiseStatus::Renewed {
        let detail = "there is a next one already: renew that";
        return Err(Error::conflict("already_renewed", detail));
    }
    if status == PromiseStatus::Withdrawn {
        let detail = "it was withdrawn: make a new promise";
        return Err(Error::conflict("withdrawn", detail));
    }
    if status == PromiseStatus::Open && row.values.due_on < today {
        let detail = format!("it was due on {}: decide it first", row.values.due_on);
        return Err(Error::conflict("undecided", detail));
    }
    let next = edit::create::<Values>(conn, writer, next(&row, renewal, today)?)?;
    let mut values = row.values.clone();
    values.renewed_by = Some(PromiseId(next));
    if status == PromiseStatus::Open {
        PromiseStatus::Renewed.word().clone_into(&mut values.status);
        values.decided_by = Some(writer.actor.name.clone());
        values.decided_at = Some(writer.now);
    }
    values.update(conn, row.id, writer.now)?;
    record(
        conn,
        writer,
        ("renewed", row.id),
        Some(json!({ "next": next })),
    )?;
    Ok(next)
}

fn next(row: &Row, renewal: Renewal, today: NaiveDate) -> Answer<PromiseInput> {
    let before = row.values.input()?;
    let after = before.due_on.succ_opt().unwrap_or(before.due_on);
    let early = row.values.status()? == PromiseStatus::Open;
    let from_on = if early { today } else { after.max(today) };
    Ok(PromiseInput {
        external_id: own_key(),
        text: renewal.text.unwrap_or(before.text),
        level: renewal.level.or(before.level),
        made_on: Some(today),
        from_on: renewal.from_on.or(Some(from_on)),
        due_on: renewal.due_on,
        weight: renewal.weight.unwrap_or(before.weight),
        kept: None,
        ..before
    })
}

fn record(
    conn: &mut Conn,
    writer: &Writer,
    (action, id): (&str, i64),
    detail: Option<serde_json::Value>,
) -> Answer<()> {
    let deed = Deed {
        action,
        entity: Values::WHAT,
        id: Some(id),
        detail,
    };
    Ok(audit::record(conn, &writer.actor, &deed, writer.now)?)
}
