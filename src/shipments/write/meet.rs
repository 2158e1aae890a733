//! Meeting customers: those behind keys not seen before are looked up, adopted or made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::known::PartyKey;
use super::parties::Resolver;
use crate::db::{Conn, DbResult};
use crate::ids::{CustomerId, ExternalId};
use crate::shipments::model::PartyDraft;
use crate::shipments::store::parties::{self, NewCustomer, NewExternalId};
use crate::text;

impl Resolver {
    /// Finds or makes the customers behind keys that were not met before; why some cannot be.
    pub(super) fn meet(
        &mut self,
        conn: &mut Conn,
        unknown: BTreeMap<PartyKey, &PartyDraft>,
    ) -> DbResult<BTreeMap<PartyKey, (&'static str, String)>> {
        let mut refused = BTreeMap::new();
        let (mut ids, mut external, mut named) = (Vec::new(), Vec::new(), Vec::new());
        for (key, party) in unknown {
            match key {
                PartyKey::Id(id) => ids.push(id),
                PartyKey::External(key) => external.push((key, party)),
                PartyKey::Name(name, country) => named.push((name, country, party)),
            }
        }
        for id in parties::living(conn, &ids)? {
            self.known.insert(PartyKey::Id(id), CustomerId(id));
        }
        self.meet_external(conn, external)?;
        self.meet_named(conn, named, &mut refused)?;
        Ok(refused)
    }

    fn meet_external(
        &mut self,
        conn: &mut Conn,
        wanted: Vec<(ExternalId, &PartyDraft)>,
    ) -> DbResult<()> {
        let mut by_system: BTreeMap<String, Vec<(String, &PartyDraft)>> = BTreeMap::new();
        for (key, party) in wanted {
            by_system
                .entry(key.system)
                .or_default()
                .push((key.id, party));
        }
        for (system, wanted) in by_system {
            let keys: Vec<&str> = wanted.iter().map(|(key, _)| key.as_str()).collect();
            let found = parties::by_external_ids(conn, &system, &keys)?;
            let mut missing = Vec::new();
            for (key, party) in wanted {
                match found.get(&key) {
                    None => missing.push((key, party)),
                    Some((id, deleted)) => {
                        if *deleted {
                            parties::revive(conn, *id, self.import, self.now)?;
                        }
                        let system = system.clone();
                        self.known
                            .insert(PartyKey::External(ExternalId { system, id: key }), *id);
                    }
                }
            }
            self.adopt_or_make(conn, &system, missing)?;
        }
        Ok(())
    }

    /// Gives external ids to customers known by name only, and makes the rest.
    fn adopt_or_make(
        &mut self,
        conn: &mut Conn,
        system: &str,
        missing: Vec<(String, &PartyDraft)>,
    ) -> DbResult<()> {
        let names: Vec<String> = missing
            .iter()
            .map(|(key, party)| text::match_name(party.name.as_deref().unwrap_or(key)))
            .collect();
        let wanted: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let wanted: Vec<&str> = wanted.into_iter().collect();
        let mut candidates = parties::by_names(conn, &wanted, Some(system))?;
        let (mut adopted, mut new) = (Vec::new(), Vec::new());
        for ((key, party), name) in missing.into_iter().zip(names) {
            let fits: Vec<usize> = (0..candidates.len())
                .filter(|index| {
                    candidates.get(*index).is_some_and(|candidate| {
                        candidate.match_name == name
                            && same_country(candidate.country.as_deref(), party.country.as_deref())
                    })
                })
                .collect();
            // Two of the same name: the external id tells them apart, so this is a third.
            if let ([only], true) = (&fits[..], party.name.is_some()) {
                adopted.push((key, candidates.swap_remove(*only).id));
            } else {
                new.push((key, party, name));
            }
        }
        let ids = self.make(
            conn,
            new.iter().map(|(key, party, name)| {
                (party.name.as_deref().unwrap_or(key), name.as_str(), *party)
            }),
        )?;
        adopted.extend(new.into_iter().map(|(key, ..)| key).zip(ids));
        let rows: Vec<NewExternalId> = adopted
            .iter()
            .map(|(key, id)| NewExternalId {
                system: system.to_owned(),
                external_id: key.clone(),
                customer_id: *id,
                import_id: self.import,
            })
            .collect();
        parties::insert_external_ids(conn, &rows)?;
        for (id, customer) in adopted {
            let system = system.to_owned();
            self.known
                .insert(PartyKey::External(ExternalId { system, id }), customer);
        }
        Ok(())
    }

    fn meet_named(
        &mut self,
        conn: &mut Conn,
        wanted: Vec<(String, Option<String>, &PartyDraft)>,
        refused: &mut BTreeMap<PartyKey, (&'static str, String)>,
    ) -> DbResult<()> {
        let names: BTreeSet<&str> = wanted.iter().map(|(name, ..)| name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let mut found: HashMap<String, Vec<(CustomerId, Option<String>)>> = HashMap::new();
        for named in parties::by_names(conn, &names, None)? {
            found
                .entry(named.match_name)
                .or_default()
                .push((named.id, named.country));
        }
        let mut new = Vec::new();
        for (name, country, party) in wanted {
            let fits: Vec<CustomerId> = found
                .get(&name)
                .into_iter()
                .flatten()
                .filter(|(_, known)| same_country(known.as_deref(), country.as_deref()))
                .map(|(id, _)| *id)
                .collect();
            let key = PartyKey::Name(name.clone(), country);
            match &fits[..] {
                [] => new.push((key, party, name)),
                [only] => {
                    self.known.insert(key, *only);
                }
                _ => {
                    let shown = party.name.as_deref().unwrap_or_default();
                    let rule = format!(
                        "{} customers are called {shown:?}: give an external_id",
                        fits.len()
                    );
                    refused.insert(key, ("ambiguous", rule));
                }
            }
        }
        // One customer for a name, whichever countries the rows of this chunk tell or leave out.
        let mut makers: BTreeMap<&str, (&PartyDraft, Vec<&PartyKey>)> = BTreeMap::new();
        for (key, party, name) in &new {
            let entry = makers.entry(name).or_insert((party, Vec::new()));
            if entry.0.country.is_none() && party.country.is_some() {
                entry.0 = party;
            }
            entry.1.push(key);
        }
        let ids = self.make(
            conn,
            makers
                .iter()
                .map(|(name, (party, _))| (party.name.as_deref().unwrap_or(name), *name, *party)),
        )?;
        for ((_, (_, keys)), id) in makers.into_iter().zip(ids) {
            for key in keys {
                self.known.insert(key.clone(), id);
            }
        }
        Ok(())
    }

    /// Makes customers: name as written, name to match, and the party that tells the country.
    fn make<'a>(
        &mut self,
        conn: &mut Conn,
        wanted: impl Iterator<Item = (&'a str, &'a str, &'a PartyDraft)>,
    ) -> DbResult<Vec<CustomerId>> {
        let wanted: Vec<_> = wanted.collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let ids = parties::take_ids(conn, wanted.len())?;
        let new: Vec<NewCustomer> = wanted
            .into_iter()
            .zip(&ids)
            .map(|((name, match_name, party), id)| NewCustomer {
                id: *id,
                name: name.to_owned(),
                search_name: text::normalise_name(name),
                match_name: match_name.to_owned(),
                country: party.country.clone(),
                status: "active".to_owned(),
                tags: "[]".to_owned(),
                version: 1,
                created_at: self.now,
                updated_at: self.now,
            })
            .collect();
        parties::insert(conn, &new, self.import)?;
        self.customers_created += new.len() as u64;
        Ok(ids)
    }
}

/// Countries that do not contradict each other.
fn same_country(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}
