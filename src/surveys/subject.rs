//! What an invitation asks about: the customer's experience, a shipment, or a link; and who may
//! speak of it.

use std::collections::HashSet;

use super::model::{About, Side, Skip};
use super::store::people;
use crate::api::reference::Reference;
use crate::customers::edit::Writer;
use crate::customers::store::resolve;
use crate::db::{Conn, DbResult};
use crate::engagement::edit::{reference, unknown};
use crate::engagement::model::RecordKey;
use crate::error::{Answer, Error};
use crate::ids::{CustomerId, ShipmentId};
use crate::shipments;

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The customer's own experience.
    Experience,
    /// A shipment.
    Shipment {
        /// Which one.
        id: ShipmentId,
        /// Its first party.
        shipper: CustomerId,
        /// Its second party.
        consignee: CustomerId,
        /// Only this end is asked.
        only: Option<Side>,
    },
    /// A link.
    Link {
        /// Which end is asked.
        side: Side,
        /// The other end.
        partner: CustomerId,
    },
}

/// What an invitation stores of its subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The shipment.
    pub shipment: Option<ShipmentId>,
    /// The other end.
    pub partner: Option<CustomerId>,
    /// Which end the customer is.
    pub side: Option<Side>,
}

impl Subject {
    /// The subject of a survey about this, from what was told.
    ///
    /// # Errors
    ///
    /// 422 for what lacks, is not asked for, does not exist or may not be seen.
    pub fn of(
        conn: &mut Conn,
        writer: &Writer,
        about: About,
        (shipment, partner, side): (Option<i64>, Option<&RecordKey>, Option<Side>),
    ) -> Answer<Self> {
        let lacks = |field| Error::invalid(field, "required", "the survey asks about it");
        match about {
            About::Experience => Ok(Self::Experience),
            About::Shipment => {
                let id = shipment.ok_or_else(|| lacks("shipment_id"))?;
                shipment_subject(conn, writer, id, side)
            }
            About::Link => {
                let key = partner.ok_or_else(|| lacks("partner"))?;
                let side = side.ok_or_else(|| lacks("side"))?;
                let partner = customer(conn, writer, "partner", key)?;
                Ok(Self::Link { side, partner })
            }
        }
    }

    /// The customers that may speak of it; `None`: all.
    pub fn parties(&self) -> Option<Vec<CustomerId>> {
        match *self {
            Self::Shipment {
                shipper,
                consignee,
                only,
                ..
            } => Some(match only {
                None => vec![shipper, consignee],
                Some(Side::Shipper) => vec![shipper],
                Some(Side::Consignee) => vec![consignee],
            }),
            Self::Experience | Self::Link { .. } => None,
        }
    }

    /// Those of these customers that have the link that is asked about.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn linked(
        &self,
        conn: &mut Conn,
        customers: HashSet<CustomerId>,
    ) -> DbResult<HashSet<CustomerId>> {
        match *self {
            Self::Link { side, partner } => people::linked(conn, &customers, side, partner),
            Self::Experience | Self::Shipment { .. } => Ok(customers),
        }
    }

    /// What an invitation of this customer stores, or why it is not asked.
    ///
    /// # Errors
    ///
    /// [`Skip::NotAParty`], [`Skip::NoLink`].
    pub fn place(&self, customer: CustomerId, linked: &HashSet<CustomerId>) -> Result<Place, Skip> {
        match *self {
            Self::Experience => Ok(Place::default()),
            Self::Shipment {
                id,
                shipper,
                consignee,
                only,
            } => {
                let side = if customer == shipper && only != Some(Side::Consignee) {
                    Side::Shipper
                } else if customer == consignee && only != Some(Side::Shipper) {
                    Side::Consignee
                } else {
                    return Err(Skip::NotAParty);
                };
                let partner = if side == Side::Shipper {
                    consignee
                } else {
                    shipper
                };
                Ok(Place {
                    shipment: Some(id),
                    // Goods that a firm sends to itself have no other end.
                    partner: (partner != customer).then_some(partner),
                    side: Some(side),
                })
            }
            Self::Link { side, partner } => {
                if customer == partner || !linked.contains(&customer) {
                    return Err(Skip::NoLink);
                }
                Ok(Place {
                    shipment: None,
                    partner: Some(partner),
                    side: Some(side),
                })
            }
        }
    }
}

fn shipment_subject(
    conn: &mut Conn,
    writer: &Writer,
    id: i64,
    only: Option<Side>,
) -> Answer<Subject> {
    let found = shipments::store::find(conn, id)?.filter(|row| row.data.deleted_at.is_none());
    if let Some(row) = found {
        let (shipper, consignee) = (row.data.shipper_id, row.data.consignee_id);
        for party in [shipper, consignee] {
            if resolve(conn, &Reference::Id(party.0), &writer.teams)?.is_some() {
                return Ok(Subject::Shipment {
                    id: row.id,
                    shipper,
                    consignee,
                    only,
                });
            }
        }
    }
    Err(unknown("shipment_id", "shipment", Some(&Reference::Id(id))))
}

/// The living customer that `key` names, if the writer may see it.
///
/// # Errors
///
/// 422 `unknown`, naming `field`.
pub fn customer(
    conn: &mut Conn,
    writer: &Writer,
    field: &'static str,
    key: &RecordKey,
) -> Answer<CustomerId> {
    let named = reference(key);
    let found = match &named {
        Some(named) => resolve(conn, named, &writer.teams)?,
        None => None,
    };
    match found.filter(|customer| !customer.deleted) {
        Some(customer) => Ok(customer.id),
        None => Err(unknown(field, "customer", named.as_ref())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILL: CustomerId = CustomerId(1);
    const BAKERY: CustomerId = CustomerId(2);
    const DAIRY: CustomerId = CustomerId(3);

    fn shipment(only: Option<Side>) -> Subject {
        Subject::Shipment {
            id: ShipmentId(9),
            shipper: MILL,
            consignee: BAKERY,
            only,
        }
    }

    #[test]
    fn the_side_follows_from_the_shipment() {
        let place = |subject: Subject, customer| subject.place(customer, &HashSet::new());
        let expected = |partner, side| {
            Ok(Place {
                shipment: Some(ShipmentId(9)),
                partner: Some(partner),
                side: Some(side),
            })
        };
        assert_eq!(place(shipment(None), MILL), expected(BAKERY, Side::Shipper));
        assert_eq!(
            place(shipment(None), BAKERY),
            expected(MILL, Side::Consignee)
        );
        assert_eq!(place(shipment(None), DAIRY), Err(Skip::NotAParty));
        assert_eq!(
            place(shipment(Some(Side::Shipper)), BAKERY),
            Err(Skip::NotAParty)
        );
        assert_eq!(
            shipment(Some(Side::Consignee)).parties(),
            Some(vec![BAKERY])
        );

        let internal = Subject::Shipment {
            id: ShipmentId(9),
            shipper: MILL,
            consignee: MILL,
            only: None,
        };
        let place = internal.place(MILL, &HashSet::new()).unwrap();
        assert_eq!((place.partner, place.side), (None, Some(Side::Shipper)));
    }

    #[test]
    fn only_an_end_of_the_link_speaks_of_it() {
        let link = Subject::Link {
            side: Side::Consignee,
            partner: MILL,
        };
        let linked = HashSet::from([MILL, BAKERY]);
        let place = link.place(BAKERY, &linked).unwrap();
        assert_eq!(
            (place.shipment, place.partner, place.side),
            (None, Some(MILL), Some(Side::Consignee))
        );
        assert_eq!(link.place(DAIRY, &linked), Err(Skip::NoLink));
        assert_eq!(link.place(MILL, &linked), Err(Skip::NoLink));
        assert_eq!(
            Subject::Experience.place(DAIRY, &HashSet::new()),
            Ok(Place::default())
        );
    }
}
