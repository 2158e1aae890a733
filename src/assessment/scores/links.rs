//! Links: what both parties feel about what goes between them.

use crate::assessment::AssessmentError;
use crate::assessment::inputs::{About, Handling, Inputs, Portfolio, Service, Spoken};
use crate::ids::CustomerId;
use crate::satisfaction::answers::Answer;
use crate::satisfaction::department::PRIOR_MEAN;
use crate::satisfaction::kpi::WeightedKpi;
use crate::satisfaction::link::{self, LinkScore, Party};
use crate::satisfaction::{DepartmentSettings, Kpi, Z90};
use crate::surveys::model::Side;

/// The KPIs that a party judges a link by, weighed alike. Default.
const LINK_KPIS: [Kpi; 5] = [
    Kpi::Otif,
    Kpi::DamageRate,
    Kpi::InvoiceAccuracy,
    Kpi::ClaimsPer100,
    Kpi::LeadTimeVariation,
];
/// Those that count beside them where the party complained often enough: who never complains is not
/// short of facts.
const COMPLAINT_KPIS: [Kpi; 2] = [Kpi::ClaimSettlementDays, Kpi::ComplaintResponseHours];

/// One party's side of a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartySide {
    /// Its satisfaction with the link, in `[0, 1]`.
    pub score: f64,
    /// Lower end of the 90 % interval.
    pub low: f64,
    /// Upper end of the 90 % interval.
    pub high: f64,
    /// Effective number of answers about the link.
    pub answers: f64,
}

/// Satisfaction of a link and of both its parties.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkSides {
    /// Joint satisfaction.
    pub joint: LinkScore,
    /// The shipper's side.
    pub shipper: PartySide,
    /// The consignee's side.
    pub consignee: PartySide,
}

impl LinkSides {
    /// Both ends of the joint score's 90 % interval.
    pub fn interval(&self) -> (f64, f64) {
        let reach = Z90 * self.joint.var.sqrt();
        (
            (self.joint.score - reach).max(0.0),
            (self.joint.score + reach).min(1.0),
        )
    }
}

/// Scores a link; `node` tells the satisfaction of an account of ours.
pub fn link(
    inputs: &Inputs,
    portfolio: &Portfolio,
    (shipper, consignee): (CustomerId, CustomerId),
    node: &(impl Fn(CustomerId) -> Option<f64> + Sync),
) -> Result<LinkSides, AssessmentError> {
    let side = |customer, partner, side| -> Result<(Party, PartySide), AssessmentError> {
        let facts = facts(inputs, portfolio, (shipper, consignee), (customer, partner))?;
        let answers = answers(
            inputs,
            customer,
            About {
                partner,
                side: Some(side),
            },
        );
        let known = node(customer);
        let prior = known.unwrap_or(PRIOR_MEAN);
        let score = link::party(&answers, &facts, prior, &DepartmentSettings::default())?;
        Ok((
            Party {
                score: score.theta,
                var: score.var,
                known: known.is_some(),
            },
            PartySide {
                score: score.theta,
                low: score.lo,
                high: score.hi,
                answers: score.n_eff,
            },
        ))
    };
    let (shipping, shipper_side) = side(shipper, consignee, Side::Shipper)?;
    let (receiving, consignee_side) = side(consignee, shipper, Side::Consignee)?;
    Ok(LinkSides {
        joint: link::score(&shipping, &receiving)?,
        shipper: shipper_side,
        consignee: consignee_side,
    })
}

/// The facts of a link as one party judges them: by its own targets, with its own complaints.
fn facts(
    inputs: &Inputs,
    portfolio: &Portfolio,
    link: (CustomerId, CustomerId),
    (customer, partner): (CustomerId, CustomerId),
) -> Result<Vec<WeightedKpi>, AssessmentError> {
    let (no_service, no_handling) = (Service::default(), Handling::default());
    let handling = inputs.link_handling.get(&(customer, partner));
    let service = inputs.link_service.get(&link).unwrap_or(&no_service);
    let targets = inputs.targets.of(customer, Some(partner));
    let observed = service.kpis(handling.unwrap_or(&no_handling), portfolio, targets)?;
    let mut kpis = LINK_KPIS.to_vec();
    let told = |kpi: &&Kpi| observed.iter().any(|one| one.kpi == **kpi);
    kpis.extend(COMPLAINT_KPIS.iter().filter(told));
    let alike: Vec<(Kpi, f64)> = kpis.into_iter().map(|kpi| (kpi, 1.0)).collect();
    Ok(super::weighted(&alike, &observed))
}

/// What a customer answered about a link; an answer that names no side is about both directions.
fn answers(inputs: &Inputs, customer: CustomerId, wanted: About) -> Vec<Answer> {
    inputs
        .voices
        .answers
        .get(&customer)
        .into_iter()
        .flatten()
        .filter(|spoken| {
            spoken.about.is_some_and(|about| {
                about.partner == wanted.partner
                    && about.side.is_none_or(|side| Some(side) == wanted.side)
            })
        })
        .map(Spoken::answer)
        .collect()
}
