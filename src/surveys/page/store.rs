//! What the pages read and write of invitations and contacts.

use diesel::prelude::*;

use crate::customers::model::SurveyConsent;
use crate::db::schema::{contacts, survey_invitations};
use crate::db::{Conn, DbResult, UtcTime, on};
use crate::ids::ContactId;

/// The nonce of an invitation, whatever its survey: all that is read before its ticket is known to be
/// genuine, so that forging takes as long to be refused as guessing.
pub fn nonce(conn: &mut Conn, invitation: i64) -> DbResult<Option<String>> {
    Ok(on!(conn, |c| survey_invitations::table
        .find(invitation)
        .select(survey_invitations::nonce)
        .first(c)
        .optional())?)
}

/// What the ticket of a contact is signed with beside its id: when the contact was made. It never
/// changes, as the way out of an old mail has to work for ever; another contact that came to the same
/// id, after the row was erased, would have another one.
pub fn opt_out_nonce(contact_created_at: UtcTime) -> String {
    format!("contact {}", contact_created_at.0.timestamp_micros())
}

/// Somebody who may be asked.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = contacts)]
pub struct Person {
    /// The contact.
    pub id: ContactId,
    /// Language to speak, BCP 47.
    pub language: Option<String>,
    /// What the person said about surveys.
    pub survey_consent: Option<String>,
    /// Signs the person's ticket.
    pub created_at: UtcTime,
}

/// The contact with this id, deleted or not: who left may still want no more mails.
pub fn person(conn: &mut Conn, id: i64) -> DbResult<Option<Person>> {
    Ok(on!(conn, |c| contacts::table
        .find(id)
        .select(Person::as_select())
        .first(c)
        .optional())?)
}

/// Notes what the person says about surveys; `false` if that was known.
pub fn set_consent(
    conn: &mut Conn,
    contact: ContactId,
    consent: SurveyConsent,
    now: UtcTime,
) -> DbResult<bool> {
    let word = consent.word();
    let changed = on!(conn, |c| diesel::update(contacts::table.find(contact.0))
        .filter(
            contacts::survey_consent
                .is_null()
                .or(contacts::survey_consent.ne(word))
        )
        .set((
            contacts::survey_consent.eq(Some(word)),
            contacts::survey_consent_at.eq(Some(now)),
            contacts::updated_at.eq(now),
            contacts::version.eq(contacts::version + 1),
        ))
        .execute(c))?;
    Ok(changed == 1)
}
