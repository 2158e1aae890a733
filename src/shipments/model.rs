//! A shipment as it enters Hawser, checked once at the door.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::ids::ExternalId;
use crate::problem::FieldProblem;
use crate::word_enum;

word_enum! {
    /// Who pays the freight, hence who controls the routing.
    FreightTerms {
        /// The shipper pays and chooses the carrier (C and D terms).
        Prepaid = "prepaid",
        /// The consignee pays and chooses the carrier (E and F terms).
        Collect = "collect",
        /// Somebody else pays.
        ThirdParty = "third_party",
        /// Not known: a class of its own, never guessed.
        Unknown = "unknown",
    }
}

word_enum! {
    /// Incoterms 2020, and the retired ones that old shipments carry.
    Incoterm {
        /// Ex works.
        Exw = "EXW",
        /// Free carrier.
        Fca = "FCA",
        /// Free alongside ship.
        Fas = "FAS",
        /// Free on board.
        Fob = "FOB",
        /// Cost and freight.
        Cfr = "CFR",
        /// Cost, insurance and freight.
        Cif = "CIF",
        /// Carriage paid to.
        Cpt = "CPT",
        /// Carriage and insurance paid to.
        Cip = "CIP",
        /// Delivered at place.
        Dap = "DAP",
        /// Delivered at place unloaded.
        Dpu = "DPU",
        /// Delivered duty paid.
        Ddp = "DDP",
        /// Delivered at terminal (2010).
        Dat = "DAT",
        /// Delivered duty unpaid (2000).
        Ddu = "DDU",
        /// Delivered at frontier (2000).
        Daf = "DAF",
        /// Delivered ex ship (2000).
        Des = "DES",
        /// Delivered ex quay (2000).
        Deq = "DEQ",
    }
}

impl Incoterm {
    /// Who controls the routing under this term: the buyer under E and F terms, else the seller.
    pub fn freight_terms(self) -> FreightTerms {
        match self {
            Self::Exw | Self::Fca | Self::Fas | Self::Fob => FreightTerms::Collect,
            _ => FreightTerms::Prepaid,
        }
    }
}

word_enum! {
    /// What we did for the customer.
    Service {
        /// Carriage from place to place.
        Transport = "transport",
        /// Distribution to many receivers.
        Distribution = "distribution",
        /// Storage.
        Warehousing = "warehousing",
        /// Loading, unloading, transshipment.
        Handling = "handling",
        /// Packaging.
        Packaging = "packaging",
        /// Processing of goods.
        Processing = "processing",
        /// Any other value-added service.
        Other = "other",
    }
}

word_enum! {
    /// How far a shipment has come.
    Status {
        /// Ordered, not yet moving.
        Booked = "booked",
        /// Picked up, not yet delivered.
        InTransit = "in_transit",
        /// Delivered.
        Delivered = "delivered",
        /// Never carried: counts nowhere.
        Cancelled = "cancelled",
    }
}

/// A party of a shipment as a file or a request names it: by external id, by name, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyDraft {
    /// Our own id of the customer, where the sender knows it; it must exist.
    #[serde(default)]
    pub id: Option<i64>,
    /// Key of the customer in the sender's system.
    pub external_id: Option<ExternalId>,
    /// Name as written; matched in its normalised form.
    pub name: Option<String>,
    /// ISO 3166-1 alpha-2 code, upper case; used when the customer is created.
    pub country: Option<String>,
}

/// What is told of a shipment, apart from its key and its parties.
///
/// Times are instants; a source that knows only a date gives local midnight of the instance's time
/// zone. Amounts are minor units of the instance's reporting currency.
#[derive(Clone, Debug, PartialEq)]
pub struct ShipmentFacts {
    /// Who pays the freight.
    pub freight_terms: FreightTerms,
    /// Delivery term, where given.
    pub incoterm: Option<Incoterm>,
    /// Origin country, ISO 3166-1 alpha-2.
    pub origin_country: Option<String>,
    /// Origin place, UN/LOCODE.
    pub origin_locode: Option<String>,
    /// Destination country, ISO 3166-1 alpha-2.
    pub destination_country: Option<String>,
    /// Destination place, UN/LOCODE.
    pub destination_locode: Option<String>,
    /// What was done.
    pub service: Service,
    /// When it was ordered.
    pub booked_at: Option<DateTime<Utc>>,
    /// Start of the promised delivery window.
    pub promised_from: Option<DateTime<Utc>>,
    /// End of the promised delivery window.
    pub promised_to: Option<DateTime<Utc>>,
    /// When it was picked up.
    pub picked_up_at: Option<DateTime<Utc>>,
    /// When it was delivered.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Number of pieces, 0 or more.
    pub pieces: Option<i64>,
    /// Weight in kilograms, 0 or more.
    pub weight_kg: Option<f64>,
    /// Value of the goods, minor units, 0 or more.
    pub goods_value: Option<i64>,
    /// What we billed for the carriage, minor units; negative is a credit.
    pub revenue: Option<i64>,
    /// What it cost us directly, minor units.
    pub direct_cost: Option<i64>,
    /// Whether the whole quantity arrived.
    pub in_full: Option<bool>,
    /// Whether goods were damaged.
    pub damaged: Option<bool>,
    /// Whether our invoice was right the first time.
    pub invoice_correct: Option<bool>,
    /// Claimed from us, minor units, 0 or more.
    pub claim_amount: Option<i64>,
    /// How far it has come.
    pub status: Status,
}

impl Default for ShipmentFacts {
    fn default() -> Self {
        Self {
            freight_terms: FreightTerms::Unknown,
            incoterm: None,
            origin_country: None,
            origin_locode: None,
            destination_country: None,
            destination_locode: None,
            service: Service::Transport,
            booked_at: None,
            promised_from: None,
            promised_to: None,
            picked_up_at: None,
            delivered_at: None,
            pieces: None,
            weight_kg: None,
            goods_value: None,
            revenue: None,
            direct_cost: None,
            in_full: None,
            damaged: None,
            invoice_correct: None,
            claim_amount: None,
            status: Status::Booked,
        }
    }
}

/// A shipment on its way in: key, parties and facts.
#[derive(Clone, Debug, PartialEq)]
pub struct ShipmentDraft {
    /// Key in the sender's system.
    pub external_id: ExternalId,
    /// First party: hands the goods over.
    pub shipper: PartyDraft,
    /// Second party: receives the goods.
    pub consignee: PartyDraft,
    /// Who pays, where it is neither or is told.
    pub payer: Option<PartyDraft>,
    /// Everything else.
    pub facts: ShipmentFacts,
}

impl ShipmentFacts {
    /// Every rule that these facts break; empty if they are sound.
    pub fn problems(&self) -> Vec<FieldProblem> {
        let mut found = Vec::new();
        let negative = |field, rule: &str| FieldProblem::new(field, "negative", rule);
        if self.pieces.is_some_and(|pieces| pieces < 0) {
            found.push(negative("pieces", "expected 0 or more"));
        }
        if let Some(weight) = self.weight_kg {
            if !weight.is_finite() {
                found.push(FieldProblem::new(
                    "weight_kg",
                    "not_a_number",
                    "expected a number",
                ));
            } else if weight < 0.0 {
                found.push(negative("weight_kg", "expected 0 or more"));
            }
        }
        if self.goods_value.is_some_and(|value| value < 0) {
            found.push(negative("goods_value", "expected 0 or more"));
        }
        if self.claim_amount.is_some_and(|amount| amount < 0) {
            found.push(negative("claim_amount", "expected 0 or more"));
        }
        found.extend(self.place_problems());
        found.extend(self.order_problems());
        if self.activity_at().is_none() {
            found.push(FieldProblem::new(
                "booked_at",
                "required",
                "expected at least one of picked_up_at, booked_at, delivered_at, promised_to",
            ));
        }
        found
    }

    fn place_problems(&self) -> Vec<FieldProblem> {
        let country = |code: &str| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        let locode = |code: &str| {
            code.len() == 5
                && code
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        let mut found = Vec::new();
        for (field, value) in [
            ("origin_country", &self.origin_country),
            ("destination_country", &self.destination_country),
        ] {
            if value.as_deref().is_some_and(|code| !country(code)) {
                let rule = "expected an ISO 3166-1 code of two capitals, such as DE";
                found.push(FieldProblem::new(field, "not_a_country", rule));
            }
        }
        for (field, value) in [
            ("origin_locode", &self.origin_locode),
            ("destination_locode", &self.destination_locode),
        ] {
            if value.as_deref().is_some_and(|code| !locode(code)) {
                let rule = "expected a UN/LOCODE of five characters, such as DEHAM";
                found.push(FieldProblem::new(field, "not_a_locode", rule));
            }
        }
        found
    }

    fn order_problems(&self) -> Vec<FieldProblem> {
        let before = |later: Option<DateTime<Utc>>, earlier: Option<DateTime<Utc>>| matches!((later, earlier), (Some(later), Some(earlier)) if later < earlier);
        let mut found = Vec::new();
        let mut check = |wrong: bool, field, rule: &str| {
            if wrong {
                found.push(FieldProblem::new(field, "out_of_order", rule));
            }
        };
        check(
            before(self.delivered_at, self.booked_at),
            "delivered_at",
            "expected no earlier than booked_at",
        );
        check(
            before(self.delivered_at, self.picked_up_at),
            "delivered_at",
            "expected no earlier than picked_up_at",
        );
        check(
            before(self.promised_to, self.promised_from),
            "promised_to",
            "expected no earlier than promised_from",
        );
        found
    }

    /// When the shipment counts as a sign of life of both parties: picked up, else booked, else
    /// delivered, else promised.
    pub fn activity_at(&self) -> Option<DateTime<Utc>> {
        self.picked_up_at
            .or(self.booked_at)
            .or(self.delivered_at)
            .or(self.promised_to)
    }

    /// Whether it came after the promised end; `None` while either is unknown.
    ///
    /// A promise at local midnight is a promise of a day, kept until that day ends.
    pub fn late(&self, zone: Tz) -> Option<bool> {
        let (promised, delivered) = (self.promised_to?, self.delivered_at?);
        let promised_local = promised.with_timezone(&zone);
        Some(if promised_local.time() == chrono::NaiveTime::MIN {
            delivered.with_timezone(&zone).date_naive() > promised_local.date_naive()
        } else {
            delivered > promised
        })
    }

    /// The shipping day: the local date of [`activity_at`](Self::activity_at).
    pub fn activity_on(&self, zone: Tz) -> Option<NaiveDate> {
        self.activity_at()
            .map(|at| at.with_timezone(&zone).date_naive())
    }

    /// Contribution margin in minor units; `None` unless revenue and direct cost are both known.
    pub fn margin(&self) -> Option<i64> {
        Some(self.revenue?.saturating_sub(self.direct_cost?))
    }
}
