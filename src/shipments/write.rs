//! Writing shipments: the one way in for API and import.
//!
//! A chunk of drafts goes through three steps, each a handful of statements whatever the chunk's
//! size: who the parties are, which shipments stand already, what is to be written. Doing it twice
//! is doing it once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono_tz::Tz;

use super::model::{PartyDraft, ShipmentDraft};
use super::store::parties::{self, NewCustomer, NewExternalId};
use super::store::rollup::{self, Cell};
use super::store::{self, Data, Kept, Parties, Row};
use crate::api::batch::Outcome;
use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::ExternalId;
use crate::ids::{CustomerId, ImportId, ShipmentId};
use crate::problem::FieldProblem;
use crate::text;

/// Customers remembered between chunks at most; what is beyond is looked up again.
const REMEMBERED: usize = 200_000;

/// What became of a draft.
pub type Written = Result<Done, Vec<FieldProblem>>;

/// A draft that stands in the database now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Whether it was new, changed, or stood already.
    pub outcome: Outcome,
    /// Whether this writer had written the same key before: the later wins.
    pub repeated: bool,
}

/// Writes shipments in the transaction of its caller.
pub struct Writer {
    zone: Tz,
    now: UtcTime,
    import: Option<ImportId>,
    /// Shipments with a greater id were created by this writer.
    after: i64,
    known: Known,
    /// Keys of the last chunk that stand for nobody, and why.
    refused: BTreeMap<PartyKey, (&'static str, String)>,
    touched: BTreeSet<Cell>,
    /// Whether cells are noted in the database as well.
    noted: bool,
    customers_created: u64,
}

/// What a party is recognised by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum PartyKey {
    Id(i64),
    External(ExternalId),
    /// Matched name and country.
    Name(String, Option<String>),
}

/// Customers that a writer has met.
#[derive(Default)]
struct Known {
    ids: HashSet<i64>,
    /// By system, then by key.
    external: HashMap<String, HashMap<String, CustomerId>>,
    /// By matched name, then by country.
    names: HashMap<String, HashMap<Option<String>, CustomerId>>,
    count: usize,
}

impl Known {
    fn find(&self, party: &PartyDraft) -> Option<CustomerId> {
        if let Some(id) = party.id {
            return self.ids.contains(&id).then_some(CustomerId(id));
        }
        if let Some(key) = &party.external_id {
            return self.external.get(&key.system)?.get(&key.id).copied();
        }
        let name = text::match_name(party.name.as_deref()?);
        self.names.get(&name)?.get(&party.country).copied()
    }

    fn insert(&mut self, key: PartyKey, id: CustomerId) {
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

    fn forget_if_many(&mut self) {
        if self.count > REMEMBERED {
            *self = Self::default();
        }
    }
}

impl Writer {
    /// A writer for an import, or for the API where `import` is `None`.
    ///
    /// # Errors
    ///
    /// The database's, as everywhere here.
    pub fn new(
        conn: &mut Conn,
        zone: Tz,
        import: Option<ImportId>,
        now: UtcTime,
    ) -> DbResult<Self> {
        Ok(Self {
            zone,
            now,
            import,
            after: store::last_id(conn)?,
            known: Known::default(),
            refused: BTreeMap::new(),
            touched: BTreeSet::new(),
            noted: false,
            customers_created: 0,
        })
    }

    /// Customers made so far.
    pub fn customers_created(&self) -> u64 {
        self.customers_created
    }

    /// The greatest id of a shipment before this writer wrote.
    pub fn after(&self) -> i64 {
        self.after
    }

    /// Writes a chunk; what became of each draft, in the order given.
    pub fn write(&mut self, conn: &mut Conn, drafts: Vec<ShipmentDraft>) -> DbResult<Vec<Written>> {
        let mut results: Vec<Option<Written>> = drafts
            .iter()
            .map(|draft| unstorable(draft).map(|problem| Err(vec![problem])))
            .collect();
        let storable = |index: usize| matches!(results.get(index), Some(None));
        let (places, drafts): (Vec<usize>, Vec<ShipmentDraft>) = drafts
            .into_iter()
            .enumerate()
            .filter(|(index, _)| storable(*index))
            .unzip();
        let parties = self.parties(conn, &drafts)?;
        let mut entries = Vec::with_capacity(drafts.len());
        for ((draft, parties), index) in drafts.into_iter().zip(parties).zip(places) {
            match parties.and_then(|parties| self.data(draft, parties)) {
                Err(problems) => set(&mut results, index, Err(problems)),
                Ok(data) => entries.push((index, data)),
            }
        }
        let entries = last_of_each(entries, &mut results);
        self.store(conn, entries, &mut results)?;
        Ok(results
            .into_iter()
            .map(|result| result.unwrap_or_else(|| Err(Vec::new())))
            .collect())
    }

    fn data(&self, draft: ShipmentDraft, parties: Parties) -> Result<Data, Vec<FieldProblem>> {
        let problems = draft.facts.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        if parties.shipper == parties.consignee {
            return Err(vec![FieldProblem::new(
                "consignee",
                "same_party",
                "shipper and consignee are the same customer",
            )]);
        }
        let made = (self.import, self.now);
        Data::new(draft.external_id, parties, draft.facts, self.zone, made).ok_or_else(|| {
            vec![FieldProblem::new(
                "booked_at",
                "required",
                "expected at least one date",
            )]
        })
    }

    fn store(
        &mut self,
        conn: &mut Conn,
        chunk: Vec<(usize, Data)>,
        results: &mut [Option<Written>],
    ) -> DbResult<()> {
        let standing = Self::standing(conn, &chunk)?;
        let (mut new, mut before) = (Vec::with_capacity(chunk.len()), Vec::new());
        for (index, data) in chunk {
            let of_system = standing.get(&data.source);
            let Some(row) = of_system.and_then(|rows| rows.get(&data.external_id)) else {
                let done = Done {
                    outcome: Outcome::Created,
                    repeated: false,
                };
                set(results, index, Ok(done));
                new.push(data);
                continue;
            };
            let repeated = self.import.is_some() && row.data.import_id == self.import;
            let outcome = self.replace(conn, row, data, &mut before)?;
            set(results, index, Ok(Done { outcome, repeated }));
        }
        store::keep_before(conn, &before)?;
        // Imports sum up what they created once, at the end.
        if self.import.is_none() {
            self.touched.extend(new.iter().map(Data::cell));
        }
        store::insert(conn, &new)
    }

    /// What stands already, by system and key.
    fn standing(
        conn: &mut Conn,
        chunk: &[(usize, Data)],
    ) -> DbResult<HashMap<String, HashMap<String, Row>>> {
        let mut by_system: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (_, data) in chunk {
            let keys = by_system.entry(&data.source).or_default();
            keys.push(&data.external_id);
        }
        let mut standing = HashMap::new();
        for (system, keys) in by_system {
            let rows = store::by_external_ids(conn, system, &keys)?;
            standing.insert(system.to_owned(), rows);
        }
        Ok(standing)
    }

    fn replace(
        &mut self,
        conn: &mut Conn,
        row: &Row,
        data: Data,
        before: &mut Vec<Kept>,
    ) -> DbResult<Outcome> {
        if data.says_the_same_as(&row.data) {
            return Ok(Outcome::Unchanged);
        }
        let created_here = row.id.0 > self.after && self.import.is_some();
        // What this import wrote itself is nothing to go back to.
        if let Some(import) = self.import.filter(|_| row.data.import_id != self.import) {
            before.push(Kept::new(import, row)?);
        }
        // What was created here is summed up at the end, wherever it then counts.
        if !created_here {
            self.touched.insert(row.data.cell());
            self.touched.insert(data.cell());
        }
        let revived = row.data.deleted_at.is_some();
        store::update(conn, row.id, &data.replacing(&row.data))?;
        Ok(if revived {
            Outcome::Created
        } else {
            Outcome::Updated
        })
    }

    /// Deletes a shipment: it stays as a tombstone.
    pub fn delete(&mut self, conn: &mut Conn, row: &Row) -> DbResult<()> {
        let mut data = row.data.clone();
        data.version += 1;
        data.updated_at = self.now;
        data.deleted_at = Some(self.now);
        self.touched.insert(data.cell());
        store::update(conn, row.id, &data)
    }

    /// Puts a shipment back to what it was.
    pub fn restore(&mut self, conn: &mut Conn, row: &Row, before: Data) -> DbResult<()> {
        self.touched.insert(row.data.cell());
        self.touched.insert(before.cell());
        let mut data = before;
        data.version = row.data.version + 1;
        data.updated_at = self.now;
        store::update(conn, row.id, &data)
    }

    /// Deletes what an import created and nobody wrote since, ids above `after` up to `last`; how
    /// many there were. To be called once.
    pub fn delete_created(
        &mut self,
        conn: &mut Conn,
        import: ImportId,
        (after, last): (i64, i64),
    ) -> DbResult<usize> {
        rollup::touch_created(conn, import, after, last)?;
        self.noted = true;
        store::delete_created(conn, import, (after, last), self.now)
    }

    /// Brings the roll-ups in step; the last thing a writer does in its transaction.
    pub fn finish(self, conn: &mut Conn) -> DbResult<()> {
        rollup::begin(conn)?;
        if let Some(import) = self.import {
            rollup::add_created(conn, import, self.after)?;
        }
        rollup::recompute(conn, &self.touched, self.noted)
    }

    /// Who the parties of each draft are.
    fn parties(
        &mut self,
        conn: &mut Conn,
        drafts: &[ShipmentDraft],
    ) -> DbResult<Vec<Result<Parties, Vec<FieldProblem>>>> {
        self.known.forget_if_many();
        let found: Vec<[Option<CustomerId>; 3]> = drafts
            .iter()
            .map(|draft| sides(draft).map(|party| self.known.find(party?)))
            .collect();
        let mut unknown: BTreeMap<PartyKey, &PartyDraft> = BTreeMap::new();
        for (draft, found) in drafts.iter().zip(&found) {
            for (party, found) in sides(draft).into_iter().zip(found) {
                if let (Some(party), None) = (party, found)
                    && let Some(key) = key_of(party)
                {
                    unknown.entry(key).or_insert(party);
                }
            }
        }
        self.refused = if unknown.is_empty() {
            BTreeMap::new()
        } else {
            self.meet(conn, unknown)?
        };
        let resolved = drafts.iter().zip(found);
        Ok(resolved
            .map(|(draft, found)| self.resolve(draft, found))
            .collect())
    }

    /// Who the parties of a draft are, as far as they were not found before.
    fn resolve(
        &self,
        draft: &ShipmentDraft,
        found: [Option<CustomerId>; 3],
    ) -> Result<Parties, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut side = |field: &'static str, party: &PartyDraft, found: Option<CustomerId>| {
            let id = found.map_or_else(|| self.side(field, party), Ok);
            id.map_err(|problem| problems.push(problem)).ok()
        };
        let [shipper, consignee, payer] = found;
        let shipper = side("shipper", &draft.shipper, shipper);
        let consignee = side("consignee", &draft.consignee, consignee);
        let payer = draft
            .payer
            .as_ref()
            .and_then(|party| side("payer", party, payer));
        match (shipper, consignee) {
            (Some(shipper), Some(consignee)) if problems.is_empty() => Ok(Parties {
                shipper,
                consignee,
                payer,
            }),
            _ => Err(problems),
        }
    }

    fn side(&self, field: &'static str, party: &PartyDraft) -> Result<CustomerId, FieldProblem> {
        if let Some(id) = self.known.find(party) {
            return Ok(id);
        }
        let Some(key) = key_of(party) else {
            let rule = "expected an id, an external_id or a name";
            return Err(FieldProblem::new(field, "required", rule));
        };
        Err(match self.refused.get(&key) {
            Some((code, rule)) => FieldProblem::new(field, code, rule.clone()),
            None => FieldProblem::new(field, "unknown", "there is no such customer"),
        })
    }

    /// Finds or makes the customers behind keys that were not met before; why some cannot be.
    fn meet(
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

/// A text with NUL, which PostgreSQL cannot keep, would undo the whole transaction.
fn unstorable(draft: &ShipmentDraft) -> Option<FieldProblem> {
    let broken = |party: &PartyDraft| {
        let key = party.external_id.as_ref();
        [
            party.name.as_deref(),
            key.map(|key| &*key.id),
            key.map(|key| &*key.system),
        ]
        .into_iter()
        .flatten()
        .any(|text| text.contains('\0'))
    };
    let field = if draft.external_id.id.contains('\0') || draft.external_id.system.contains('\0') {
        "external_id"
    } else if broken(&draft.shipper) {
        "shipper"
    } else if broken(&draft.consignee) {
        "consignee"
    } else if draft.payer.as_ref().is_some_and(broken) {
        "payer"
    } else {
        return None;
    };
    Some(FieldProblem::new(field, "nul", "expected text without NUL"))
}

/// The last entry of each key; the others are told that they were repeated.
fn last_of_each(
    entries: Vec<(usize, Data)>,
    results: &mut [Option<Written>],
) -> Vec<(usize, Data)> {
    let mut repeated = HashSet::new();
    let mut seen = HashSet::with_capacity(entries.len());
    for (index, data) in entries.iter().rev() {
        if !seen.insert((data.source.as_str(), data.external_id.as_str())) {
            repeated.insert(*index);
        }
    }
    drop(seen);
    if repeated.is_empty() {
        return entries;
    }
    for index in &repeated {
        let done = Done {
            outcome: Outcome::Unchanged,
            repeated: true,
        };
        set(results, *index, Ok(done));
    }
    let mut entries = entries;
    entries.retain(|(index, _)| !repeated.contains(index));
    entries
}

fn set(results: &mut [Option<Written>], index: usize, result: Written) {
    if let Some(slot) = results.get_mut(index) {
        *slot = Some(result);
    }
}

/// Countries that do not contradict each other.
fn same_country(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

/// Shipper, consignee and payer.
fn sides(draft: &ShipmentDraft) -> [Option<&PartyDraft>; 3] {
    [
        Some(&draft.shipper),
        Some(&draft.consignee),
        draft.payer.as_ref(),
    ]
}

fn key_of(party: &PartyDraft) -> Option<PartyKey> {
    if let Some(id) = party.id {
        return Some(PartyKey::Id(id));
    }
    if let Some(key) = &party.external_id {
        return Some(PartyKey::External(key.clone()));
    }
    let name = text::match_name(party.name.as_deref()?);
    (!name.is_empty()).then(|| PartyKey::Name(name, party.country.clone()))
}

/// The id under which a shipment stands, after a writer wrote it.
///
/// # Errors
///
/// The database's.
pub fn id_of(conn: &mut Conn, key: &ExternalId) -> DbResult<Option<ShipmentId>> {
    let found = store::by_external_ids(conn, &key.system, &[&key.id])?;
    Ok(found.into_values().next().map(|row| row.id))
}
