//! What can be told of a shipment, and the draft that it becomes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::db::DbResult;
use crate::error::{Answer, Error};
use crate::ids::ExternalId;
use crate::problem::FieldProblem;
use crate::shipments::model::{
    FreightTerms, Incoterm, PartyDraft, Service, ShipmentDraft, ShipmentFacts, Status,
};
use crate::shipments::store::Row;

/// A party of a shipment: by our id, by external id, or by name; made if it does not exist yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyInput {
    /// Our id; the customer must exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    /// Another system's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<ExternalId>,
    /// Name, matched without case, accents and legal form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// ISO 3166-1 alpha-2, for a customer that is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
}

/// What can be told of a shipment. Amounts are minor units of the reporting currency.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentInput {
    /// Key in the sender's system.
    pub external_id: ExternalId,
    /// First party.
    shipper: PartyInput,
    /// Second party.
    consignee: PartyInput,
    /// Who pays, if it is neither or is known.
    #[serde(default)]
    payer: Option<PartyInput>,
    /// Who pays the freight; by default what the Incoterm says, else `unknown`.
    #[serde(default)]
    freight_terms: Option<FreightTerms>,
    /// Delivery term.
    #[serde(default)]
    incoterm: Option<Incoterm>,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    origin_country: Option<String>,
    /// UN/LOCODE.
    #[serde(default)]
    origin_locode: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    destination_country: Option<String>,
    /// UN/LOCODE.
    #[serde(default)]
    destination_locode: Option<String>,
    /// What was done; default `transport`.
    #[serde(default)]
    service: Option<Service>,
    /// When it was ordered.
    #[serde(default)]
    booked_at: Option<DateTime<Utc>>,
    /// Start of the promised window.
    #[serde(default)]
    promised_from: Option<DateTime<Utc>>,
    /// End of the promised window; local midnight promises the day.
    #[serde(default)]
    promised_to: Option<DateTime<Utc>>,
    /// When it was picked up.
    #[serde(default)]
    picked_up_at: Option<DateTime<Utc>>,
    /// When it was delivered.
    #[serde(default)]
    delivered_at: Option<DateTime<Utc>>,
    /// Number of pieces.
    #[serde(default)]
    pieces: Option<i64>,
    /// Kilograms.
    #[serde(default)]
    weight_kg: Option<f64>,
    /// Value of the goods.
    #[serde(default)]
    goods_value: Option<i64>,
    /// What we billed.
    #[serde(default)]
    revenue: Option<i64>,
    /// What it cost us.
    #[serde(default)]
    direct_cost: Option<i64>,
    /// Whether the whole quantity arrived; `null`: unknown.
    #[serde(default)]
    in_full: Option<bool>,
    /// Whether goods were damaged.
    #[serde(default)]
    damaged: Option<bool>,
    /// Whether our invoice was right the first time.
    #[serde(default)]
    invoice_correct: Option<bool>,
    /// Claimed from us.
    #[serde(default)]
    claim_amount: Option<i64>,
    /// How far it has come; by default what the times say.
    #[serde(default)]
    status: Option<Status>,
}

impl PartyInput {
    fn draft(self, field: &'static str, wrong: &mut Vec<FieldProblem>) -> PartyDraft {
        let texts = [
            self.name.as_deref(),
            self.external_id.as_ref().map(|key| key.id.as_str()),
            self.external_id.as_ref().map(|key| key.system.as_str()),
        ];
        if texts.into_iter().flatten().any(|text| !is_key(text)) {
            wrong.push(FieldProblem::new(
                field,
                "length",
                "expected texts of 1 to 300 characters",
            ));
        }
        if self.country.as_deref().is_some_and(|code| {
            code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase())
        }) {
            let rule = "expected a country as an ISO 3166-1 code of two capitals";
            wrong.push(FieldProblem::new(field, "not_a_country", rule));
        }
        PartyDraft {
            id: self.id,
            external_id: self.external_id,
            name: self.name,
            country: self.country,
        }
    }
}

/// Neither empty nor endless, and nothing that PostgreSQL cannot keep.
fn is_key(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 300 && !text.contains('\0')
}

impl ShipmentInput {
    /// The draft that it stands for.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names every field that breaks a rule.
    pub fn draft(self) -> Answer<ShipmentDraft> {
        let mut wrong = Vec::new();
        if !is_key(&self.external_id.system) || !is_key(&self.external_id.id) {
            wrong.push(FieldProblem::new(
                "external_id",
                "length",
                "expected a system and an id of 1 to 300 characters",
            ));
        }
        let status = self
            .status
            .unwrap_or(match (self.picked_up_at, self.delivered_at) {
                (_, Some(_)) => Status::Delivered,
                (Some(_), None) => Status::InTransit,
                (None, None) => Status::Booked,
            });
        let by_term = self
            .incoterm
            .map_or(FreightTerms::Unknown, Incoterm::freight_terms);
        let facts = ShipmentFacts {
            freight_terms: self.freight_terms.unwrap_or(by_term),
            incoterm: self.incoterm,
            origin_country: self.origin_country,
            origin_locode: self.origin_locode,
            destination_country: self.destination_country,
            destination_locode: self.destination_locode,
            service: self.service.unwrap_or(Service::Transport),
            booked_at: self.booked_at,
            promised_from: self.promised_from,
            promised_to: self.promised_to,
            picked_up_at: self.picked_up_at,
            delivered_at: self.delivered_at,
            pieces: self.pieces,
            weight_kg: self.weight_kg,
            goods_value: self.goods_value,
            revenue: self.revenue,
            direct_cost: self.direct_cost,
            in_full: self.in_full,
            damaged: self.damaged,
            invoice_correct: self.invoice_correct,
            claim_amount: self.claim_amount,
            status,
        };
        let draft = ShipmentDraft {
            external_id: self.external_id,
            shipper: self.shipper.draft("shipper", &mut wrong),
            consignee: self.consignee.draft("consignee", &mut wrong),
            payer: self.payer.map(|payer| payer.draft("payer", &mut wrong)),
            facts,
        };
        wrong.extend(draft.facts.problems());
        if wrong.is_empty() {
            Ok(draft)
        } else {
            Err(Error::Invalid(wrong))
        }
    }

    /// What stands, in the form in which it can be told.
    ///
    /// # Errors
    ///
    /// [`crate::db::DbError::Corrupt`] if the stored words make no sense.
    pub fn standing(row: &Row) -> DbResult<Self> {
        let party = |id: i64| PartyInput {
            id: Some(id),
            ..PartyInput::default()
        };
        let (data, facts) = (&row.data, row.data.facts()?);
        Ok(Self {
            external_id: ExternalId {
                system: data.source.clone(),
                id: data.external_id.clone(),
            },
            shipper: party(data.shipper_id.0),
            consignee: party(data.consignee_id.0),
            payer: data.payer_id.map(|id| party(id.0)),
            freight_terms: Some(facts.freight_terms),
            incoterm: facts.incoterm,
            origin_country: facts.origin_country,
            origin_locode: facts.origin_locode,
            destination_country: facts.destination_country,
            destination_locode: facts.destination_locode,
            service: Some(facts.service),
            booked_at: facts.booked_at,
            promised_from: facts.promised_from,
            promised_to: facts.promised_to,
            picked_up_at: facts.picked_up_at,
            delivered_at: facts.delivered_at,
            pieces: facts.pieces,
            weight_kg: facts.weight_kg,
            goods_value: facts.goods_value,
            revenue: facts.revenue,
            direct_cost: facts.direct_cost,
            in_full: facts.in_full,
            damaged: facts.damaged,
            invoice_correct: facts.invoice_correct,
            claim_amount: facts.claim_amount,
            status: Some(facts.status),
        })
    }
}
