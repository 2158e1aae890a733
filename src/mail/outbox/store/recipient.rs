//! Where a mail goes, as its recipient and its cause are at the moment when it is to be sent.

use diesel::prelude::*;

use crate::db::schema::{complaints, contacts, mails, survey_invitations, surveys, users};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::mail::model::MailKind;

/// To whom a mail goes, about what.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mails)]
pub struct Cause {
    /// As [`MailKind`] words it.
    pub kind: String,
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
    /// The person was removed, has no address, or wants no such mails, or what the mail is about is
    /// over.
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
        let row = on!(conn, |c| users::table
            .find(user)
            .filter(users::deleted_at.is_null())
            .filter(users::mail_alerts.eq(true))
            .select((
                users::email.nullable(),
                users::name,
                users::mail_failed_at,
                users::mail_failure,
            ))
            .first(c)
            .optional())?;
        return Ok(Reach::at(row));
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
