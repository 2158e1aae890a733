//! Whose a message is: between which contact and which of our own people, and in which direction.

use super::message::Letter;
use super::{MailReason, Refusal};
use crate::access::Teams;
use crate::ids::CustomerId;
use crate::interactions::model::Direction;
use crate::interactions::store::addresses::{Known, KnownContact};

/// Where a message belongs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    /// Whose words it holds.
    pub direction: Direction,
    /// The customer.
    pub customer: CustomerId,
    /// The department that the contact is in.
    pub department: Option<i64>,
    /// The person at the customer.
    pub contact: Option<i64>,
    /// The person of ours.
    pub user: Option<i64>,
    /// What is to be known of it.
    pub notes: Vec<(MailReason, String)>,
}

/// Who has an address at a customer.
enum Whose<'a> {
    Nobody,
    One(&'a KnownContact, &'a [KnownContact]),
    Several,
}

/// Finds out whose a message is. Our own people's mail is ours even if their address is also that of
/// a contact: it is never taken for the customer's words.
///
/// # Errors
///
/// Why it belongs nowhere. Contacts of customers that `teams` may not see are nobody.
pub(super) fn place(letter: &Letter, known: &Known, teams: &Teams) -> Result<Placed, Refusal> {
    let user_of = |addresses: &[String]| {
        let mut found = addresses.iter().filter_map(|one| known.users.get(one));
        found.next().copied()
    };
    if let Some(user) = user_of(&letter.from) {
        return outbound(letter, known, teams, user);
    }
    for address in &letter.from {
        match whose(address, known, teams) {
            Whose::Nobody => {}
            Whose::Several => return Err(ambiguous(address)),
            Whose::One(contact, all) => {
                let mut placed = placed(Direction::Inbound, contact, all, address);
                placed.user = user_of(&letter.to);
                return Ok(placed);
            }
        }
    }
    Err(nobody(letter))
}

fn outbound(letter: &Letter, known: &Known, teams: &Teams, user: i64) -> Result<Placed, Refusal> {
    let mut found: Option<Placed> = None;
    let (mut others, mut doubtful) = (Vec::new(), None);
    for address in &letter.to {
        if known.users.contains_key(address) {
            continue;
        }
        match (whose(address, known, teams), &found) {
            (Whose::Nobody, _) => {}
            (Whose::Several, _) => doubtful = doubtful.or(Some(address)),
            (Whose::One(contact, all), None) => {
                let mut placed = placed(Direction::Outbound, contact, all, address);
                placed.user = Some(user);
                found = Some(placed);
            }
            (Whose::One(contact, _), Some(first)) => {
                if contact.customer != first.customer {
                    others.push(address.as_str());
                }
            }
        }
    }
    match (found, doubtful) {
        (Some(mut placed), _) => {
            if !others.is_empty() {
                let detail = format!("also to contacts of other customers: {}", others.join(", "));
                placed.notes.push((MailReason::OtherCustomers, detail));
            }
            Ok(placed)
        }
        (None, Some(address)) => Err(ambiguous(address)),
        (None, None) if !letter.to.is_empty() && only_ours(letter, known) => Err(Refusal::new(
            MailReason::AmongOurselves,
            "every address is one of our own people",
        )),
        (None, None) => Err(nobody(letter)),
    }
}

fn only_ours(letter: &Letter, known: &Known) -> bool {
    letter.to.iter().all(|one| known.users.contains_key(one))
}

fn whose<'a>(address: &str, known: &'a Known, teams: &Teams) -> Whose<'a> {
    let all = known.contacts.get(address).map_or(&[][..], Vec::as_slice);
    let Some(first) = all.first() else {
        return Whose::Nobody;
    };
    if all.iter().any(|one| !teams.allow(one.team)) {
        // It may be that of a customer that nobody here must learn of.
        return Whose::Nobody;
    }
    if all.iter().any(|one| one.customer != first.customer) {
        return Whose::Several;
    }
    Whose::One(first, all)
}

fn placed(
    direction: Direction,
    contact: &KnownContact,
    all: &[KnownContact],
    address: &str,
) -> Placed {
    let alone = all.len() == 1;
    let mut notes = Vec::new();
    if !alone {
        let detail = format!("{} contacts have the address {address}", all.len());
        notes.push((MailReason::SeveralContacts, detail));
    }
    let same = all.iter().all(|one| one.department == contact.department);
    Placed {
        direction,
        customer: contact.customer,
        department: contact.department.filter(|_| same),
        contact: alone.then_some(contact.id),
        user: None,
        notes,
    }
}

fn ambiguous(address: &str) -> Refusal {
    let detail = format!("contacts of several customers have the address {address}");
    Refusal::new(MailReason::Ambiguous, detail)
}

/// Neither end is known.
pub(super) fn nobody(letter: &Letter) -> Refusal {
    let ends = format!(
        "from {} to {}",
        letter.from.join(", "),
        letter.to.join(", ")
    );
    Refusal::new(MailReason::NobodyKnown, ends)
}
