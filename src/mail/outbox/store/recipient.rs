//! Where a mail goes, as its recipient and its cause are at the moment when it is to be sent.

use diesel::prelude::*;

use crate::access::preferences::Frequency;
use crate::db::schema::{
    alerts, complaints, contacts, customers, mails, survey_invitations, surveys, users,
};
use crate::db::{Conn, DbError, DbResult, UtcTime, on};
use crate::mail::model::MailKind;

/// To whom a mail goes, about what.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mails)]
pub struct Cause {
    /// As [`MailKind`] words it.
    pub kind: String,
    /// The customer that it is about.
    pub customer_id: Option<i64>,
    /// The alert it tells of.
    pub alert_id: Option<i64>,
    /// The person of ours that it goes to.
    pub user_id: Option<i64>,
    /// The contact that it goes to.
    pub contact_id: Option<i64>,
    /// The invitation or the complaint, by `kind`.
    pub about_id: Option<i64>,
    /// When it was written.
    #[diesel(column_name = created_at)]
    pub written_at: UtcTime,
}

/// Whether a mail can go to the person it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To this address and name, as they are today.
    At {
        /// The address.
        address: String,
        /// The name to show.
        name: String,
    },
    /// The person was removed, has no address, wants no such mails or may not see the customer any
    /// more, or what the mail is about is over.
    Nowhere,
    /// Mails to the address come back, and this is what was said about it.
    Failing(String),
}

/// Address, name, since when mails to it come back, and what was said.
type AddressRow = (Option<String>, String, Option<UtcTime>, Option<String>);

impl Reach {
    fn at(row: Option<AddressRow>) -> Self {
        match row {
            None | Some((None, ..)) => Self::Nowhere,
            Some((_, _, Some(_), why)) => Self::Failing(why.unwrap_or_default()),
            Some((Some(address), name, None, _)) => Self::At { address, name },
        }
    }
}

/// Where a mail goes by `now`.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn recipient(conn: &mut Conn, cause: &Cause, now: UtcTime) -> DbResult<Reach> {
    if let Some(user) = cause.user_id {
        return Ok(Reach::at(colleague(conn, user, cause)?));
    }
    let Some(contact) = cause.contact_id else {
        return Ok(Reach::Nowhere);
    };
    if !stands(conn, cause, contact, now)? {
        return Ok(Reach::Nowhere);
    }
    let found: Option<(AddressRow, Option<String>)> = on!(conn, |c| contacts::table
        .find(contact)
        .filter(contacts::deleted_at.is_null())
        .select((
            (
                contacts::email,
                contacts::name,
                contacts::mail_failed_at,
                contacts::mail_failure,
            ),
            contacts::survey_consent,
        ))
        .first(c)
        .optional())?;
    // Who wants no surveys is still told what became of a complaint.
    let is_survey = cause.kind != MailKind::Complaint.word();
    let wanted = found.filter(|(_, consent)| !is_survey || consent.as_deref() != Some("refused"));
    Ok(Reach::at(wanted.map(|(person, _)| person)))
}

/// How one of our own people wants to be told of alerts of high, medium and low severity.
type Wishes = (String, String, String);

/// One of our own people, who still wants such mails and may still know what this one says.
fn colleague(conn: &mut Conn, user: i64, cause: &Cause) -> DbResult<Option<AddressRow>> {
    let found: Option<(AddressRow, Option<i64>, Wishes)> = on!(conn, |c| users::table
        .find(user)
        .filter(users::deleted_at.is_null())
        .filter(users::mail_alerts.eq(true))
        .select((
            (
                users::email.nullable(),
                users::name,
                users::mail_failed_at,
                users::mail_failure,
            ),
            users::team_id,
            (users::mail_high, users::mail_medium, users::mail_low),
        ))
        .first(c)
        .optional())?;
    let Some((person, team, wishes)) = found else {
        return Ok(None);
    };
    let told = match cause.alert_id {
        Some(alert) => sees(conn, team, cause.customer_id)? && wants(conn, &wishes, alert)?,
        // Digests and roll-ups name what their reader could see when they were written.
        None => true,
    };
    Ok(told.then_some(person))
}

/// Whether people of this team may see the customer that an alert is about; without a team they see everything,
/// and they alone what is about our own data.
fn sees(conn: &mut Conn, team: Option<i64>, customer: Option<i64>) -> DbResult<bool> {
    let (Some(team), Some(customer)) = (team, customer) else {
        return Ok(team.is_none());
    };
    let of: Option<Option<i64>> = on!(conn, |c| customers::table
        .find(customer)
        .select(customers::team_id)
        .first(c)
        .optional())?;
    Ok(of.flatten() == Some(team))
}

/// Whether somebody with these wishes wants to be told of an alert as severe as this one is now.
/// Whoever wants it in digests by now is sent the mail all the same: no digest has it.
fn wants(conn: &mut Conn, (high, medium, low): &Wishes, alert: i64) -> DbResult<bool> {
    let severity: String = on!(conn, |c| alerts::table
        .find(alert)
        .select(alerts::severity)
        .first(c))?;
    let wish = match severity.as_str() {
        "high" => high,
        "medium" => medium,
        "low" => low,
        _ => return Err(DbError::corrupt("alerts.severity", severity)),
    };
    Ok(wish != Frequency::Never.word())
}

/// Whether what a mail to a contact is about still concerns that contact: an invitation that waits for
/// an answer that can be given, and whose link is the mail's; a complaint of this contact's.
fn stands(conn: &mut Conn, cause: &Cause, contact: i64, now: UtcTime) -> DbResult<bool> {
    let Some(about) = cause.about_id else {
        return Ok(false);
    };
    let found: i64 = if cause.kind == MailKind::Complaint.word() {
        on!(conn, |c| complaints::table
            .filter(complaints::id.eq(about))
            .filter(complaints::deleted_at.is_null())
            .filter(complaints::contact_id.eq(contact))
            .count()
            .get_result(c))?
    } else {
        on!(conn, |c| survey_invitations::table
            .inner_join(surveys::table.on(surveys::id.eq(survey_invitations::survey_id)))
            .filter(survey_invitations::id.eq(about))
            .filter(survey_invitations::contact_id.eq(contact))
            .filter(survey_invitations::status.eq("invited"))
            // Whoever was asked anew since has another link, and a mail with it.
            .filter(survey_invitations::invited_at.le(cause.written_at))
            .filter(surveys::status.eq("open"))
            .filter(surveys::deleted_at.is_null())
            .filter(surveys::closes_at.gt(now))
            .count()
            .get_result(c))?
    };
    Ok(found > 0)
}
