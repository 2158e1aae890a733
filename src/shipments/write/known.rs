//! Customers that a writer has met, and what they are recognised by.

use std::collections::{HashMap, HashSet};

use crate::ids::{CustomerId, ExternalId};
use crate::shipments::model::PartyDraft;
use crate::text;

/// Customers remembered between chunks at most; what is beyond is looked up again.
const REMEMBERED: usize = 200_000;

/// What a party is recognised by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartyKey {
    Id(i64),
    External(ExternalId),
    /// Matched name and country.
    Name(String, Option<String>),
}

/// Customers that a writer has met.
#[derive(Default)]
pub struct Known {
    ids: HashSet<i64>,
    /// By system, then by key.
    external: HashMap<String, HashMap<String, CustomerId>>,
    /// By matched name, then by country.
    names: HashMap<String, HashMap<Option<String>, CustomerId>>,
    count: usize,
}

impl Known {
    /// The customer that a party is, if it was met.
    pub fn find(&self, party: &PartyDraft) -> Option<CustomerId> {
        if let Some(id) = party.id {
            return self.ids.contains(&id).then_some(CustomerId(id));
        }
        if let Some(key) = &party.external_id {
            return self.external.get(&key.system)?.get(&key.id).copied();
        }
        let name = text::match_name(party.name.as_deref()?);
        self.names.get(&name)?.get(&party.country).copied()
    }

    /// Remembers a customer.
    pub fn insert(&mut self, key: PartyKey, id: CustomerId) {
        self.count += 1;
        match key {
            PartyKey::Id(id) => {
                self.ids.insert(id);
            }
            PartyKey::External(key) => {
                let keys = self.external.entry(key.system).or_default();
                keys.insert(key.id, id);
            }
            PartyKey::Name(name, country) => {
                self.names.entry(name).or_default().insert(country, id);
            }
        }
    }

    /// Forgets everybody rather than grow without end.
    pub fn forget_if_many(&mut self) {
        if self.count > REMEMBERED {
            *self = Self::default();
        }
    }
}

/// What a party is recognised by: id before external id before name.
pub fn key_of(party: &PartyDraft) -> Option<PartyKey> {
    if let Some(id) = party.id {
        return Some(PartyKey::Id(id));
    }
    if let Some(key) = &party.external_id {
        return Some(PartyKey::External(key.clone()));
    }
    let name = text::match_name(party.name.as_deref()?);
    (!name.is_empty()).then(|| PartyKey::Name(name, party.country.clone()))
}
