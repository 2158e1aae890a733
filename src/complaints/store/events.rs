//! What happened to complaints, step by step; nothing is ever taken away from it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::Serialize;

use crate::complaints::life::EventKind;
use crate::db::schema::complaint_events;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, Instant, UtcTime, on};
use crate::ids::ComplaintId;

/// Something that happened to a complaint.
#[derive(Clone, Debug, Serialize, QueryableByName, utoipa::ToSchema)]
pub struct Event {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// What happened.
    #[schema(value_type = EventKind)]
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// When.
    #[diesel(sql_type = Instant)]
    pub at: UtcTime,
    /// Who did it: `key:ID`, `cli`, or `contact:ID` for the customer's own click.
    #[diesel(sql_type = Text)]
    pub actor: String,
    /// What was said: the answer, the evidence, the reason.
    #[diesel(sql_type = Nullable<Text>)]
    pub text: Option<String>,
}

/// Notes that something happened.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn add_event(
    conn: &mut Conn,
    id: i64,
    (kind, at, text): (EventKind, UtcTime, Option<&str>),
    (actor, now): (&str, UtcTime),
) -> DbResult<()> {
    on!(conn, |c| diesel::insert_into(complaint_events::table)
        .values((
            complaint_events::complaint_id.eq(id),
            complaint_events::kind.eq(kind.word()),
            complaint_events::at.eq(at),
            complaint_events::actor.eq(actor),
            complaint_events::text.eq(text),
            complaint_events::created_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// Everything that happened to a complaint, in order.
pub fn events(conn: &mut Conn, id: ComplaintId) -> DbResult<Vec<Event>> {
    let mut sql = Statement::new(
        "SELECT id, kind, at, actor, text FROM complaint_events WHERE complaint_id = ",
    );
    sql.bind(Value::Int(id.0));
    sql.push(" ORDER BY at, id");
    sql.load(conn)
}

/// What was said when this last happened.
pub fn last_text(conn: &mut Conn, id: ComplaintId, kind: EventKind) -> DbResult<Option<String>> {
    let text: Option<Option<String>> = on!(conn, |c| complaint_events::table
        .filter(complaint_events::complaint_id.eq(id.0))
        .filter(complaint_events::kind.eq(kind.word()))
        .order((complaint_events::at.desc(), complaint_events::id.desc()))
        .select(complaint_events::text)
        .first(c)
        .optional())?;
    Ok(text.flatten())
}
