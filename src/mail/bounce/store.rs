//! Mails that came back, and marked addresses, in the database.

use diesel::prelude::*;

use crate::access::Teams;
use crate::db::schema::mails;
use crate::db::select::{Statement, Value};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::MailId;
use crate::mail::mailer::MessageId;
use crate::mail::outbox::store::{MAILS, Mail, restrict};

/// The mail with this `Message-ID`, kept in brackets or not, if it was tried and `teams` may see it.
pub fn tried(conn: &mut Conn, message_id: &MessageId, teams: &Teams) -> DbResult<Option<Mail>> {
    let plain = message_id.as_str().trim_matches(['<', '>']);
    let mut sql = Statement::new("SELECT ");
    sql.push(MAILS.columns).push(" FROM ").push(MAILS.from);
    sql.push(" WHERE m.message_id IN (");
    sql.bind_list([plain.to_owned(), format!("<{plain}>")].map(Value::Text));
    sql.push(") AND (m.attempts > 0 OR m.sent_at IS NOT NULL)");
    restrict(teams, &mut sql);
    Ok(sql.load(conn)?.pop())
}

/// Writes on a mail what was said about it.
pub fn note(conn: &mut Conn, id: MailId, at: UtcTime, words: &str, now: UtcTime) -> DbResult<()> {
    on!(conn, |c| diesel::update(mails::table.find(id.0))
        .set((
            mails::bounced_at.eq(Some(at)),
            mails::bounce.eq(Some(words)),
            mails::updated_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// The people whose addresses are marked.
const PEOPLE: [&str; 2] = ["users", "contacts"];

/// Marks an address, in lower case, wherever it is not marked yet; how many people have it.
pub fn mark(conn: &mut Conn, address: &str, at: UtcTime, words: &str) -> DbResult<usize> {
    let mut people = 0;
    for table in PEOPLE {
        let mut sql = Statement::new("UPDATE ");
        sql.push(table).push(" SET mail_failed_at = ");
        sql.bind(Value::Time(at)).push(", mail_failure = ");
        sql.bind(Value::Text(words.to_owned()));
        sql.push(" WHERE LOWER(email) = ");
        sql.bind(Value::Text(address.to_owned()));
        sql.push(" AND mail_failed_at IS NULL");
        people += sql.execute(conn)?;
    }
    Ok(people)
}

/// Takes the marks of an address away; how many people had one.
pub fn clear(conn: &mut Conn, address: &str) -> DbResult<usize> {
    let mut people = 0;
    for table in PEOPLE {
        let mut sql = Statement::new("UPDATE ");
        sql.push(table);
        sql.push(" SET mail_failed_at = NULL, mail_failure = NULL WHERE LOWER(email) = ");
        sql.bind(Value::Text(address.to_owned()));
        sql.push(" AND mail_failed_at IS NOT NULL");
        people += sql.execute(conn)?;
    }
    Ok(people)
}

/// Whether somebody whom `teams` may see has this address.
pub fn is_visible(conn: &mut Conn, address: &str, teams: &Teams) -> DbResult<bool> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let mut sql = Statement::new(
        "SELECT COUNT(*) AS n FROM (SELECT u.id FROM users u WHERE LOWER(u.email) = ",
    );
    sql.bind(Value::Text(address.to_owned()));
    teams.restrict(&mut sql, "u.team_id");
    sql.push(
        " UNION ALL SELECT p.id FROM contacts p JOIN customers c ON c.id = p.customer_id \
         WHERE p.deleted_at IS NULL AND LOWER(p.email) = ",
    );
    sql.bind(Value::Text(address.to_owned()));
    teams.restrict(&mut sql, "c.team_id");
    sql.push(") people");
    let found: Vec<Found> = sql.load(conn)?;
    Ok(found.iter().any(|found| found.n > 0))
}
