//! Writing shipments: the one way in for API and import.
//!
//! A chunk of drafts goes through three steps, each a handful of statements whatever the chunk's
//! size: who the parties are, which shipments stand already, what is to be written. Doing it twice
//! is doing it once.

mod known;
mod meet;
mod parties;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono_tz::Tz;

use super::model::{PartyDraft, ShipmentDraft};
use super::store::rollup::{self, Cell};
use super::store::{self, Data, Kept, Parties, Row};
use crate::api::batch::Outcome;
use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::ExternalId;
use crate::ids::{ImportId, ShipmentId};
use crate::problem::FieldProblem;
use parties::Resolver;

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
    parties: Resolver,
    touched: BTreeSet<Cell>,
    /// Whether cells are noted in the database as well.
    noted: bool,
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
            parties: Resolver::new(import, now),
            touched: BTreeSet::new(),
            noted: false,
        })
    }

    /// Customers made so far.
    pub fn customers_created(&self) -> u64 {
        self.parties.customers_created()
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
        let parties = self.parties.of(conn, &drafts)?;
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

/// The id under which a shipment stands, after a writer wrote it.
///
/// # Errors
///
/// The database's.
pub fn id_of(conn: &mut Conn, key: &ExternalId) -> DbResult<Option<ShipmentId>> {
    let found = store::by_external_ids(conn, &key.system, &[&key.id])?;
    Ok(found.into_values().next().map(|row| row.id))
}
