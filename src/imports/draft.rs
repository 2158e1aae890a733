//! From the cells of a row to a shipment, or to everything that is wrong with the row.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::country;
use super::error::Reject;
use super::mapping::{Mapping, Target};
use super::parse::{
    Read, Wrong, amount, count, key, locode, name, no_country, plain, time, truth, weight, word,
};
use super::plan::{Cell, PartyPlan, Plan};
use super::row::RawRow;
use super::values::Zones;
use crate::ids::ExternalId;
use crate::problem::FieldProblem;
use crate::shipments::model::{
    FreightTerms, Incoterm, PartyDraft, Service, ShipmentDraft, ShipmentFacts, Status,
};
use crate::text::same_name;

/// Names of countries remembered between rows.
const MAX_COUNTRIES: usize = 1000;

/// Makes drafts of the rows of one file.
#[derive(Debug)]
pub struct Drafter {
    plan: Plan,
    countries: HashMap<String, Option<String>>,
}

impl Drafter {
    /// Ties `mapping` to a file in which `column` gives the cell number of a name. `zone` is the
    /// instance's: a date alone is local midnight there.
    pub fn new(mapping: &Mapping, zone: Tz, column: impl Fn(&str) -> Option<usize>) -> Self {
        let zones = Zones {
            instance: zone,
            file: mapping.time_zone.unwrap_or(zone),
        };
        Self {
            plan: Plan::new(mapping, zones, column),
            countries: HashMap::new(),
        }
    }

    /// The shipment that `row` tells of.
    ///
    /// Freight terms that are not told follow from the Incoterm; a status that is not told from the
    /// times (delivered, else picked up, else booked); a service that is not told is transport.
    ///
    /// # Errors
    ///
    /// [`Reject`] with every problem of the row at once.
    pub fn draft(&mut self, row: &RawRow) -> Result<ShipmentDraft, Reject> {
        let mut reading = Reading {
            plan: &self.plan,
            row,
            countries: &mut self.countries,
            problems: Vec::new(),
        };
        let draft = reading.shipment();
        if reading.problems.is_empty() {
            Ok(draft)
        } else {
            Err(Reject {
                line: row.line(),
                reasons: reading.problems,
                raw: row.original(),
            })
        }
    }
}

/// One row being read.
struct Reading<'a> {
    plan: &'a Plan,
    row: &'a RawRow,
    countries: &'a mut HashMap<String, Option<String>>,
    problems: Vec<FieldProblem>,
}

impl<'a> Reading<'a> {
    fn shipment(&mut self) -> ShipmentDraft {
        let plan = self.plan;
        let external_id = self.external_id(&plan.external_id, &plan.external_system);
        if !plan.external_id.required && self.text(&plan.external_id).is_none() {
            self.wrong(Target::ExternalId, "required", "expected a value");
        }
        let shipper = self.party(&plan.shipper);
        let consignee = self.party(&plan.consignee);
        let payer = self.payer(&plan.payer);
        self.compare(&shipper, &consignee);
        let facts = self.facts();
        ShipmentDraft {
            // Missing only beside a problem, which keeps the draft from being used.
            external_id: external_id.unwrap_or_else(|| ExternalId {
                system: String::new(),
                id: String::new(),
            }),
            shipper,
            consignee,
            payer,
            facts,
        }
    }

    fn facts(&mut self) -> ShipmentFacts {
        let plan = self.plan;
        let before = self.problems.len();
        let booked_at = self.time(&plan.booked_at);
        let promised_from = self.time(&plan.promised_from);
        let promised_to = self.time(&plan.promised_to);
        let picked_up_at = self.time(&plan.picked_up_at);
        let delivered_at = self.time(&plan.delivered_at);
        let times_wrong = self.problems.len() > before;

        let incoterm = self.read(&plan.incoterm, |text, _| {
            word(&text.to_ascii_uppercase(), Incoterm::parse, Incoterm::WORDS)
        });
        let freight_terms = self
            .read(&plan.freight_terms, |text, _| {
                plain(text, FreightTerms::parse, FreightTerms::WORDS)
            })
            .or(incoterm.map(Incoterm::freight_terms));
        let status = self.read(&plan.status, |text, _| {
            plain(text, Status::parse, Status::WORDS)
        });
        let service = self.read(&plan.service, |text, _| {
            plain(text, Service::parse, Service::WORDS)
        });

        let facts = ShipmentFacts {
            freight_terms: freight_terms.unwrap_or(FreightTerms::Unknown),
            incoterm,
            origin_country: self.country(&plan.origin_country),
            origin_locode: self.read(&plan.origin_locode, |text, _| locode(text)),
            destination_country: self.country(&plan.destination_country),
            destination_locode: self.read(&plan.destination_locode, |text, _| locode(text)),
            service: service.unwrap_or(Service::Transport),
            booked_at,
            promised_from,
            promised_to,
            picked_up_at,
            delivered_at,
            pieces: self.read(&plan.pieces, |text, _| count(text, plan.numbers)),
            weight_kg: self.read(&plan.weight_kg, |text, cell| {
                weight(text, cell.kilograms, plan.numbers)
            }),
            goods_value: self.amount(&plan.goods_value),
            revenue: self.amount(&plan.revenue),
            direct_cost: self.amount(&plan.direct_cost),
            in_full: self.read(&plan.in_full, |text, _| truth(text)),
            damaged: self.read(&plan.damaged, |text, _| truth(text)),
            invoice_correct: self.read(&plan.invoice_correct, |text, _| truth(text)),
            claim_amount: self.amount(&plan.claim_amount),
            status: status.unwrap_or(match (delivered_at, picked_up_at) {
                (Some(_), _) => Status::Delivered,
                (None, Some(_)) => Status::InTransit,
                (None, None) => Status::Booked,
            }),
        };
        let broken = facts.problems().into_iter();
        // A date that cannot be read is not a date that is lacking.
        self.problems
            .extend(broken.filter(|problem| !(times_wrong && problem.code == "required")));
        facts
    }

    fn party(&mut self, plan: &'a PartyPlan) -> PartyDraft {
        let before = self.problems.len();
        let party = PartyDraft {
            id: None,
            external_id: self.external_id(&plan.external_id, &plan.external_system),
            name: self.read(&plan.name, |text, _| name(text)),
            country: self.country(&plan.country),
        };
        if party.external_id.is_none() && party.name.is_none() && self.problems.len() == before {
            let rule = format!("expected a value, or one of {}", plan.external_id.target);
            self.wrong(plan.name.target, "required", rule);
        }
        party
    }

    /// The payer, if anything is told of one.
    fn payer(&mut self, plan: &'a PartyPlan) -> Option<PartyDraft> {
        let told = [&plan.external_id, &plan.name, &plan.country];
        told.into_iter()
            .any(|cell| self.text(cell).is_some())
            .then(|| self.party(plan))
    }

    fn external_id(&mut self, id: &'a Cell, system: &'a Cell) -> Option<ExternalId> {
        let id = self.read(id, |text, _| key(text))?;
        let Some(system_name) = self.read(system, |text, _| key(text)) else {
            let rule = "expected the name of the system that gave the key";
            self.wrong(system.target, "required", rule);
            return None;
        };
        Some(ExternalId {
            system: system_name,
            id,
        })
    }

    /// Shipper and consignee must be two customers. Keys of one system decide, else names.
    fn compare(&mut self, shipper: &PartyDraft, consignee: &PartyDraft) {
        let rule = "expected another customer than the shipper";
        match (&shipper.external_id, &consignee.external_id) {
            (Some(left), Some(right)) if left == right => {
                return self.wrong(Target::ConsigneeExternalId, "same_party", rule);
            }
            (Some(left), Some(right)) if left.system == right.system => return,
            _ => {}
        }
        if let (Some(left), Some(right)) = (&shipper.name, &consignee.name)
            && same_name(left, right)
        {
            self.wrong(Target::ConsigneeName, "same_party", rule);
        }
    }

    fn text(&self, cell: &'a Cell) -> Option<Cow<'a, str>> {
        self.plan.text(cell, self.row)
    }

    /// Reads a cell with `read`; notes what is wrong.
    fn read<T>(&mut self, cell: &'a Cell, read: impl FnOnce(&str, &Cell) -> Read<T>) -> Option<T> {
        let Some(text) = self.text(cell) else {
            if cell.required {
                self.wrong(cell.target, "required", "expected a value");
            }
            return None;
        };
        match read(&text, cell) {
            Ok(value) => Some(value),
            Err(Wrong { code, rule }) => {
                self.wrong(cell.target, code, rule);
                None
            }
        }
    }

    fn time(&mut self, cell: &'a Cell) -> Option<DateTime<Utc>> {
        let zones = self.plan.zones;
        self.read(cell, |text, cell| time(text, &cell.formats, zones))
    }

    fn amount(&mut self, cell: &'a Cell) -> Option<i64> {
        let numbers = self.plan.numbers;
        self.read(cell, |text, cell| amount(text, cell.amount, numbers))
    }

    fn country(&mut self, cell: &'a Cell) -> Option<String> {
        let text = self.text(cell);
        let known = text
            .as_deref()
            .and_then(|text| self.countries.get(text).cloned());
        let code = match (&text, known) {
            (Some(_), Some(known)) => known,
            (Some(text), None) if text.len() > 2 => {
                let code = country::parse(text);
                if self.countries.len() < MAX_COUNTRIES {
                    self.countries.insert(text.to_string(), code.clone());
                }
                code
            }
            (Some(text), None) => country::parse(text),
            (None, _) => None,
        };
        self.read(cell, |text, _| code.ok_or_else(|| no_country(text)))
    }

    fn wrong(&mut self, target: Target, code: &'static str, rule: impl Into<String>) {
        self.problems
            .push(FieldProblem::new(target.word(), code, rule));
    }
}
