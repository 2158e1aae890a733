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

/// The nonce of a contact: all that is read before its ticket is known to be genuine.
pub fn contact_nonce(conn: &mut Conn, contact: i64) -> DbResult<Option<String>> {
    let created_at: Option<UtcTime> = on!(conn, |c| contacts::table
        .find(contact)
        .select(contacts::created_at)
        .first(c)
        .optional())?;
    Ok(created_at.map(opt_out_nonce))
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
}

/// The contact with this id, deleted or not: who left may still want no more mails. For one that is
/// deleted stands whoever has its address at its customer now: merging two customers makes one contact
/// of those with the same address, and a word by the other's ticket is the same person's.
pub fn person(conn: &mut Conn, id: i64) -> DbResult<Option<Person>> {
    type Row = (Person, i64, Option<String>, Option<UtcTime>);
    let named: Option<Row> = on!(conn, |c| contacts::table
        .find(id)
        .select((
            Person::as_select(),
            contacts::customer_id,
            contacts::email,
            contacts::deleted_at,
        ))
        .first(c)
        .optional())?;
    let Some((named, customer, Some(email), Some(_))) = named else {
        return Ok(named.map(|(named, ..)| named));
    };
    let address = email.to_lowercase();
    let living: Vec<(Person, Option<String>)> = on!(conn, |c| contacts::table
        .filter(contacts::customer_id.eq(customer))
        .filter(contacts::deleted_at.is_null())
        .order(contacts::id)
        .select((Person::as_select(), contacts::email))
        .load(c))?;
    let same = |(_, email): &(Person, Option<String>)| {
        email.as_deref().map(str::to_lowercase).as_ref() == Some(&address)
    };
    let stands = living.into_iter().find(same);
    Ok(Some(stands.map_or(named, |(stands, _)| stands)))
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
