//! The records that a complaint or a promise names: they must exist and fit.

use super::store;
use crate::access::Teams;
use crate::customers::store::contacts::Contact;
use crate::customers::store::departments::Department;
use crate::customers::store::parts::find;
use crate::db::Conn;
use crate::engagement::edit::{reference, unknown};
use crate::engagement::model::RecordKey;
use crate::error::{Answer, Error};
use crate::ids::{ContactId, CustomerId, DepartmentId, ShipmentId, UserId};

/// A department of this customer; not deleted unless it stands there already.
///
/// # Errors
///
/// 422 `unknown`, naming `department_id`; as the next three name their fields.
pub fn department(
    conn: &mut Conn,
    id: Option<i64>,
    customer: CustomerId,
    standing: Option<DepartmentId>,
) -> Answer<Option<DepartmentId>> {
    let Some(id) = id else {
        return Ok(None);
    };
    if standing == Some(DepartmentId(id)) {
        return Ok(standing);
    }
    find(conn, id, &Teams::All)?
        .filter(|found: &Department| found.customer_id == customer)
        .map(|_| Some(DepartmentId(id)))
        .ok_or_else(|| missing("department_id", "department of this customer", id))
}

/// A contact of this customer; not deleted unless it stands there already.
pub fn contact(
    conn: &mut Conn,
    id: Option<i64>,
    customer: CustomerId,
    standing: Option<ContactId>,
) -> Answer<Option<ContactId>> {
    let Some(id) = id else {
        return Ok(None);
    };
    if standing == Some(ContactId(id)) {
        return Ok(standing);
    }
    find(conn, id, &Teams::All)?
        .filter(|found: &Contact| found.customer_id == customer)
        .map(|_| Some(ContactId(id)))
        .ok_or_else(|| missing("contact_id", "contact of this customer", id))
}

/// One of our own people; not removed unless it stands there already.
pub fn user(
    conn: &mut Conn,
    field: &'static str,
    id: Option<i64>,
    standing: Option<UserId>,
) -> Answer<Option<UserId>> {
    let Some(id) = id.map(UserId) else {
        return Ok(None);
    };
    if standing == Some(id) || store::user_exists(conn, id)? {
        Ok(Some(id))
    } else {
        Err(missing(field, "user", id.0))
    }
}

/// A shipment to or from this customer.
pub(super) fn shipment(
    conn: &mut Conn,
    key: Option<&RecordKey>,
    customer: CustomerId,
    standing: Option<ShipmentId>,
) -> Answer<Option<ShipmentId>> {
    let Some(key) = key else {
        return Ok(None);
    };
    if let (Some(id), Some(stays)) = (key.id, standing)
        && id == stays.0
    {
        return Ok(standing);
    }
    store::shipment(conn, key.id, key.external_id.as_ref())?
        .filter(|(_, shipper, consignee)| [*shipper, *consignee].contains(&customer))
        .map(|(id, _, _)| Some(id))
        .ok_or_else(|| {
            let named = reference(key);
            unknown("shipment", "shipment of this customer", named.as_ref())
        })
}

/// A cause on the list, in use unless it stands there already.
pub(super) fn cause(
    conn: &mut Conn,
    code: Option<&str>,
    standing: Option<&str>,
) -> Answer<Option<String>> {
    let Some(code) = code else {
        return Ok(None);
    };
    if standing == Some(code) {
        return Ok(Some(code.to_owned()));
    }
    match store::causes::find(conn, code)? {
        Some(cause) if cause.active => Ok(Some(cause.code)),
        Some(_) => {
            let rule = format!("the cause {code} is not used any more");
            Err(Error::invalid("cause", "inactive", rule))
        }
        None => {
            let rule = format!("there is no cause {code}; PUT /complaint-causes/CODE makes one");
            Err(Error::invalid("cause", "unknown", rule))
        }
    }
}

fn missing(field: &'static str, what: &str, id: i64) -> Error {
    Error::invalid(field, "unknown", format!("there is no {what} {id}"))
}
