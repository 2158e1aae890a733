//! Everything else that names a customer.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{count, repoint, repoint_time, repoint_version};
use crate::db::schema::customer_owners;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::merging::{Moved, Pair};

/// Tables whose rows may be about the link with a partner, and have versions.
const ON_LINKS: [&str; 3] = ["contracts", "complaints", "promises"];

/// How many contracts and open promises are about the link between the two. What is over or was
/// only said about the link is about the one customer afterwards.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn between(conn: &mut Conn, pair: Pair) -> DbResult<i64> {
    let mut found = 0;
    for (table, standing) in [("contracts", ""), ("promises", " AND status = 'open'")] {
        let mut sql = Statement::new("SELECT COUNT(*) AS count FROM ");
        sql.push(table).push(" WHERE deleted_at IS NULL");
        sql.push(standing).push(" AND ");
        of_the_link(&mut sql, pair);
        found += count(conn, sql)?;
    }
    Ok(found)
}

fn of_the_link(sql: &mut Statement, pair: Pair) {
    let (from, into) = (Value::Int(pair.from.0), Value::Int(pair.into.0));
    sql.push("((customer_id = ").bind(from.clone());
    sql.push(" AND partner_id = ").bind(into.clone());
    sql.push(") OR (customer_id = ").bind(into);
    sql.push(" AND partner_id = ").bind(from).push("))");
}

/// Lets every record name the customer that stays.
pub fn repoint_all(
    conn: &mut Conn,
    pair: Pair,
    today: NaiveDate,
    now: UtcTime,
    moved: &mut Moved,
) -> DbResult<()> {
    let ends = (pair.from.0, pair.into.0);
    for table in ON_LINKS {
        let mut sql = Statement::new("UPDATE ");
        sql.push(table)
            .push(" SET partner_id = NULL, version = version + 1, updated_at = ")
            .bind(Value::Time(now));
        sql.push(" WHERE ");
        of_the_link(&mut sql, pair);
        sql.execute(conn)?;
        let touched = repoint_version(conn, (table, "customer_id"), ends, now)?
            + repoint_version(conn, (table, "partner_id"), ends, now)?;
        match table {
            "contracts" => moved.contracts = touched,
            "complaints" => moved.complaints = touched,
            _ => moved.promises = touched,
        }
    }
    moved.external_ids = repoint(conn, ("customer_external_ids", "customer_id"), ends)?;
    moved.invoices = repoint_version(conn, ("invoices", "customer_id"), ends, now)?;
    moved.interactions = repoint_version(conn, ("interactions", "customer_id"), ends, now)?;
    moved.plays = repoint_version(conn, ("plays", "customer_id"), ends, now)?;
    moved.children = repoint_version(conn, ("customers", "parent_id"), ends, now)?;
    moved.mails = repoint_time(conn, ("mails", "customer_id"), ends, now)?;
    moved.targets = targets(conn, pair, now)?;
    moved.invitations = invitations(conn, pair, now)?;
    owners(conn, pair, today)
}

/// Invitations: those about the link between the two are about the one customer afterwards.
fn invitations(conn: &mut Conn, pair: Pair, now: UtcTime) -> DbResult<usize> {
    let ends = (pair.from.0, pair.into.0);
    let mut sql = Statement::new("UPDATE survey_invitations SET partner_id = NULL, updated_at = ");
    sql.bind(Value::Time(now)).push(" WHERE ");
    of_the_link(&mut sql, pair);
    once(&mut sql, "contact_id", "0");
    // A person who was asked from both ends was asked twice about the same: the first stands for it.
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM survey_invitations o \
         WHERE o.survey_id = survey_invitations.survey_id AND o.id < survey_invitations.id \
         AND o.contact_id = survey_invitations.contact_id \
         AND COALESCE(o.shipment_id, 0) = COALESCE(survey_invitations.shipment_id, 0) \
         AND COALESCE(o.side, '') = COALESCE(survey_invitations.side, '') \
         AND ((o.customer_id = ",
    );
    let (from, into) = (Value::Int(ends.0), Value::Int(ends.1));
    sql.bind(from.clone()).push(" AND o.partner_id = ");
    sql.bind(into.clone()).push(") OR (o.customer_id = ");
    sql.bind(into).push(" AND o.partner_id = ");
    sql.bind(from).push(")))");
    sql.execute(conn)?;
    let partners = repoint_invitations(conn, "partner_id", ends, now)?;
    let mut sql = Statement::new("UPDATE survey_invitations SET customer_id = ");
    sql.bind(Value::Int(pair.into.0))
        .push(", updated_at = ")
        .bind(Value::Time(now))
        .push(" WHERE customer_id = ")
        .bind(Value::Int(pair.from.0))
        // One that could lose its partner to no other stays with its customer.
        .push(" AND (partner_id IS NULL OR partner_id <> ")
        .bind(Value::Int(pair.into.0))
        .push(")");
    Ok(sql.execute(conn)? + partners)
}

/// Lets a column of invitations name another record, where nobody is asked twice by it: a person who
/// was asked as both keeps both answers, one of them under the old name.
pub fn repoint_invitations(
    conn: &mut Conn,
    column: &'static str,
    (from, into): (i64, i64),
    now: UtcTime,
) -> DbResult<usize> {
    let mut sql = Statement::new("UPDATE survey_invitations SET ");
    sql.push(column).push(" = ").bind(Value::Int(into));
    sql.push(", updated_at = ").bind(Value::Time(now));
    sql.push(" WHERE ").push(column);
    sql.push(" = ").bind(Value::Int(from));
    // Customer and partner of an invitation differ.
    if column == "partner_id" {
        sql.push(" AND customer_id <> ").bind(Value::Int(into));
    }
    let into = into.to_string();
    if column == "contact_id" {
        once(
            &mut sql,
            &into,
            "COALESCE(survey_invitations.partner_id, 0)",
        );
    } else {
        once(&mut sql, "survey_invitations.contact_id", &into);
    }
    sql.execute(conn)
}

/// Demands that no other invitation of the survey asks the same contact about the same; both as SQL
/// from the code, or numbers.
fn once(sql: &mut Statement, contact: &str, partner: &str) {
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM survey_invitations o \
         WHERE o.survey_id = survey_invitations.survey_id AND o.id <> survey_invitations.id \
         AND o.contact_id = ",
    );
    let contact = match contact {
        "contact_id" => "survey_invitations.contact_id",
        other => other,
    };
    sql.push(contact)
        .push(
            " AND COALESCE(o.shipment_id, 0) = COALESCE(survey_invitations.shipment_id, 0) \
             AND COALESCE(o.side, '') = COALESCE(survey_invitations.side, '') \
             AND COALESCE(o.partner_id, 0) = ",
        )
        .push(partner)
        .push(")");
}

/// Targets move where the customer that stays has none of its own; the others end.
fn targets(conn: &mut Conn, pair: Pair, now: UtcTime) -> DbResult<usize> {
    let mut sql = Statement::new("UPDATE kpi_targets SET deleted_at = ");
    sql.bind(Value::Time(now))
        .push(", updated_at = ")
        .bind(Value::Time(now));
    sql.push(", version = version + 1 WHERE deleted_at IS NULL AND customer_id = ")
        .bind(Value::Int(pair.from.0));
    sql.push(
        " AND EXISTS (SELECT 1 FROM kpi_targets o WHERE o.deleted_at IS NULL \
         AND o.kpi = kpi_targets.kpi \
         AND COALESCE(o.contract_id, 0) = COALESCE(kpi_targets.contract_id, 0) \
         AND o.customer_id = ",
    )
    .bind(Value::Int(pair.into.0))
    .push(")");
    sql.execute(conn)?;
    let mut sql = Statement::new("UPDATE kpi_targets SET customer_id = ");
    sql.bind(Value::Int(pair.into.0))
        .push(", version = version + 1, updated_at = ")
        .bind(Value::Time(now));
    sql.push(" WHERE deleted_at IS NULL AND customer_id = ")
        .bind(Value::Int(pair.from.0));
    sql.execute(conn)
}

/// Who looks after the customer that stays goes on; where nobody did, whoever looked after the other.
/// Who did so before stays in the history of each.
fn owners(conn: &mut Conn, pair: Pair, today: NaiveDate) -> DbResult<()> {
    let kept: i64 = on!(conn, |c| customer_owners::table
        .filter(customer_owners::customer_id.eq(pair.into.0))
        .filter(customer_owners::until_on.is_null())
        .count()
        .get_result(c))?;
    let theirs = customer_owners::table
        .filter(customer_owners::customer_id.eq(pair.from.0))
        .filter(customer_owners::until_on.is_null());
    if kept == 0 {
        on!(conn, |c| diesel::update(theirs)
            .set(customer_owners::customer_id.eq(pair.into.0))
            .execute(c))?;
    } else {
        on!(conn, |c| diesel::update(theirs)
            .set(customer_owners::until_on.eq(Some(today)))
            .execute(c))?;
    }
    Ok(())
}
