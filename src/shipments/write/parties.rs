//! Who the parties of drafts are: customers that stand, and those that are made.

use std::collections::BTreeMap;

use super::known::{Known, PartyKey, key_of};
use crate::db::{Conn, DbResult, UtcTime};
use crate::ids::{CustomerId, ImportId};
use crate::problem::FieldProblem;
use crate::shipments::model::{PartyDraft, ShipmentDraft};
use crate::shipments::store::Parties;

/// Finds the customers behind parties, and makes those that lack.
pub struct Resolver {
    pub(super) now: UtcTime,
    /// The import that customers are made for, if it is one.
    pub(super) import: Option<ImportId>,
    pub(super) known: Known,
    /// Keys of the last chunk that stand for nobody, and why.
    refused: BTreeMap<PartyKey, (&'static str, String)>,
    pub(super) customers_created: u64,
}

impl Resolver {
    /// One that knows nobody yet.
    pub fn new(import: Option<ImportId>, now: UtcTime) -> Self {
        Self {
            now,
            import,
            known: Known::default(),
            refused: BTreeMap::new(),
            customers_created: 0,
        }
    }

    /// Customers made so far.
    pub fn customers_created(&self) -> u64 {
        self.customers_created
    }

    /// Who the parties of each draft are.
    pub fn of(
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
}

/// Shipper, consignee and payer.
fn sides(draft: &ShipmentDraft) -> [Option<&PartyDraft>; 3] {
    [
        Some(&draft.shipper),
        Some(&draft.consignee),
        draft.payer.as_ref(),
    ]
}
