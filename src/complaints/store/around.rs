//! What stands around complaints: shipments, our own people, contacts, mails.

use diesel::prelude::*;

use crate::db::schema::{contacts, mails, shipments, users};
use crate::db::{Conn, DbResult, on};
use crate::ids::{ComplaintId, ContactId, CustomerId, ExternalId, ShipmentId, UserId};
use crate::mail::model::MailKind;

/// The shipment that is named so, with its parties, unless it was deleted.
///
/// # Errors
///
/// The database's, as everywhere here.
pub fn shipment(
    conn: &mut Conn,
    id: Option<i64>,
    key: Option<&ExternalId>,
) -> DbResult<Option<(ShipmentId, CustomerId, CustomerId)>> {
    let columns = (
        shipments::id,
        shipments::shipper_id,
        shipments::consignee_id,
    );
    let found: Option<(i64, i64, i64)> = match (id, key) {
        (Some(id), None) => on!(conn, |c| shipments::table
            .find(id)
            .filter(shipments::deleted_at.is_null())
            .select(columns)
            .first(c)
            .optional())?,
        // PostgreSQL takes no NUL in a text, hence nothing is called so.
        (None, Some(key)) if !key.system.contains('\0') && !key.id.contains('\0') => {
            on!(conn, |c| shipments::table
                .filter(shipments::source.eq(&key.system))
                .filter(shipments::external_id.eq(&key.id))
                .filter(shipments::deleted_at.is_null())
                .select(columns)
                .first(c)
                .optional())?
        }
        _ => None,
    };
    Ok(found.map(|(id, shipper, consignee)| {
        (ShipmentId(id), CustomerId(shipper), CustomerId(consignee))
    }))
}

/// Whether there is such a person of ours.
pub fn user_exists(conn: &mut Conn, id: UserId) -> DbResult<bool> {
    let found: Option<i64> = on!(conn, |c| users::table
        .find(id.0)
        .filter(users::deleted_at.is_null())
        .select(users::id)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

/// As much of a person at a customer as a letter needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressee {
    /// Who.
    pub id: ContactId,
    /// By name.
    pub name: String,
    /// Where.
    pub email: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
}

/// The contact with this id, unless it was deleted.
pub fn addressee(conn: &mut Conn, id: ContactId) -> DbResult<Option<Addressee>> {
    type Found = (String, Option<String>, Option<String>);
    let found: Option<Found> = on!(conn, |c| contacts::table
        .find(id.0)
        .filter(contacts::deleted_at.is_null())
        .select((contacts::name, contacts::email, contacts::language))
        .first(c)
        .optional())?;
    Ok(found.map(|(name, email, language)| Addressee {
        id,
        name,
        email,
        language,
    }))
}

/// The first mail about a complaint to a contact: what later ones reply to.
pub fn first_mail(
    conn: &mut Conn,
    id: ComplaintId,
    contact: ContactId,
) -> DbResult<Option<String>> {
    Ok(on!(conn, |c| mails::table
        .filter(mails::kind.eq(MailKind::Complaint.word()))
        .filter(mails::about_id.eq(id.0))
        .filter(mails::contact_id.eq(contact.0))
        .order(mails::id)
        .select(mails::message_id)
        .first(c)
        .optional())?)
}
