//! Whose mail is due, and what was mailed.

use diesel::prelude::*;

use crate::customers::model::SurveyConsent;
use crate::db::schema::{contacts, mails, survey_invitations, surveys};
use crate::db::select::Value;
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::{ContactId, InvitationId, SurveyId};
use crate::mail::model::MailKind;
use crate::surveys::model::{InvitationStatus, Source, SurveyStatus};
use crate::surveys::store::{InvitationRow, invitations_where};

/// A survey that can be answered now.
#[derive(Clone, Copy, Debug, Queryable, Selectable)]
#[diesel(table_name = surveys)]
pub struct Open {
    /// Its id.
    pub id: SurveyId,
    /// Until when.
    pub closes_at: UtcTime,
    /// Days between two mails to somebody who has not answered.
    pub reminder_days: i64,
    /// Reminders at most.
    pub reminders: i64,
}

/// The surveys that can be answered now.
pub fn open(conn: &mut Conn, now: UtcTime) -> DbResult<Vec<Open>> {
    Ok(on!(conn, |c| surveys::table
        .filter(surveys::status.eq(SurveyStatus::Open.word()))
        .filter(surveys::deleted_at.is_null())
        .filter(surveys::closes_at.gt(now))
        .order(surveys::id)
        .select(Open::as_select())
        .load(c))?)
}

/// Open surveys whose time has come.
pub fn overdue(conn: &mut Conn, now: UtcTime) -> DbResult<Vec<SurveyId>> {
    Ok(on!(conn, |c| surveys::table
        .filter(surveys::status.eq(SurveyStatus::Open.word()))
        .filter(surveys::deleted_at.is_null())
        .filter(surveys::closes_at.le(now))
        .order(surveys::id)
        .select(surveys::id)
        .load(c))?)
}

/// Closes an open survey whose time has come; `false` if it is none any more.
pub fn close(conn: &mut Conn, survey: SurveyId, now: UtcTime) -> DbResult<bool> {
    let closed = on!(conn, |c| diesel::update(surveys::table.find(survey.0))
        .filter(surveys::status.eq(SurveyStatus::Open.word()))
        .filter(surveys::closes_at.le(now))
        .set((
            surveys::status.eq(SurveyStatus::Closed.word()),
            surveys::closed_at.eq(Some(now)),
            surveys::updated_at.eq(now),
            surveys::version.eq(surveys::version + 1),
        ))
        .execute(c))?;
    Ok(closed == 1)
}

/// The invitations of a survey behind `after` to which a mail is due: the first one, or a reminder if
/// the last mail is not younger than `cutoff`; `None`: no reminders.
pub fn waiting(
    conn: &mut Conn,
    survey: &Open,
    cutoff: Option<UtcTime>,
    after: i64,
    limit: i64,
) -> DbResult<Vec<InvitationRow>> {
    let text = |word: &str| Value::Text(word.to_owned());
    invitations_where(conn, |sql| {
        sql.push("i.survey_id = ").bind(Value::Int(survey.id.0));
        sql.push(" AND i.id > ").bind(Value::Int(after));
        sql.push(" AND i.status = ")
            .bind(text(InvitationStatus::Invited.word()));
        sql.push(" AND i.source = ").bind(text(Source::Mail.word()));
        sql.push(" AND c.deleted_at IS NULL AND p.deleted_at IS NULL AND p.email IS NOT NULL");
        sql.push(" AND (p.survey_consent IS NULL OR p.survey_consent <> ");
        sql.bind(text(SurveyConsent::Refused.word()));
        sql.push(") AND (i.mails = 0");
        if let Some(cutoff) = cutoff {
            sql.push(" OR (i.mails <= ")
                .bind(Value::Int(survey.reminders));
            sql.push(" AND i.last_mailed_at <= ")
                .bind(Value::Time(cutoff))
                .push(")");
        }
        sql.push(") ORDER BY i.id LIMIT ").bind(Value::Int(limit));
    })
}

/// Counts one more mail to somebody; `false` if another process counted meanwhile, or the invitation
/// was answered or revoked.
pub fn count_mail(conn: &mut Conn, invitation: &InvitationRow, now: UtcTime) -> DbResult<bool> {
    let counted = on!(conn, |c| diesel::update(
        survey_invitations::table.find(invitation.id.0)
    )
    .filter(survey_invitations::mails.eq(invitation.mails))
    .filter(survey_invitations::status.eq(InvitationStatus::Invited.word()))
    .set((
        survey_invitations::mails.eq(survey_invitations::mails + 1),
        survey_invitations::last_mailed_at.eq(Some(now)),
        survey_invitations::updated_at.eq(now),
    ))
    .execute(c))?;
    Ok(counted == 1)
}

/// The id of the mail by which somebody was asked, the last one if that was after a revocation:
/// reminders follow in its thread.
pub fn first_mail(conn: &mut Conn, invitation: InvitationId) -> DbResult<Option<String>> {
    Ok(on!(conn, |c| mails::table
        .filter(mails::kind.eq(MailKind::Survey.word()))
        .filter(mails::about_id.eq(invitation.0))
        .order(mails::id.desc())
        .select(mails::message_id)
        .first(c)
        .optional())?)
}

/// When a contact was made.
pub fn contact_made_at(conn: &mut Conn, contact: ContactId) -> DbResult<UtcTime> {
    Ok(on!(conn, |c| contacts::table
        .find(contact.0)
        .select(contacts::created_at)
        .first(c))?)
}
