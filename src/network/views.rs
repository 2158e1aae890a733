//! What the network's endpoints answer with.

use chrono::NaiveDate;
use serde::Serialize;

use super::concentration::Concentration;
use super::graph::Partner;
use super::live::Compiled;
use super::measures::LinkMeasures;
use crate::ids::CustomerId;
use crate::network::measures::BusinessBasis;

/// Which days count, and what business is measured in.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Frame {
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// The first day that counts.
    pub from: NaiveDate,
    /// The first day that does not count any more.
    pub to: NaiveDate,
    /// What every `business` in this answer is measured in: minor units of billed freight,
    /// kilograms, or shipments; the same for the whole network.
    pub basis: BusinessBasis,
}

impl Frame {
    /// Of a compiled network.
    pub fn of(copy: &Compiled) -> Self {
        Self {
            as_of: copy.window.to(),
            from: copy.window.from(),
            to: copy.window.to(),
            basis: copy.basis,
        }
    }
}

/// A customer by id and name.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Named {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: CustomerId,
    /// Its name.
    pub name: String,
}

/// Which way goods go between a customer and its partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TradeDirection {
    /// From the customer to the partner.
    ShipsTo,
    /// From the partner to the customer.
    ReceivesFrom,
}

/// Shipments by who pays the freight.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct TermsMix {
    /// The shipper.
    prepaid: u64,
    /// The consignee.
    collect: u64,
    /// Somebody else.
    third_party: u64,
    /// Not known.
    unknown: u64,
}

/// Somebody that the customer trades with.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PartnerView {
    /// The partner.
    #[schema(value_type = i64)]
    partner_id: CustomerId,
    /// Its name.
    name: String,
    /// Which way goods go; both for a pair that trades both ways.
    directions: Vec<TradeDirection>,
    /// Shipments, both ways.
    shipments: u64,
    /// Business, both ways.
    business: f64,
    /// Share of the customer's business that goes over this partner, in `[0, 1]`.
    share_of_customer: f64,
    /// Share of the partner's business that goes over the customer, in `[0, 1]`.
    share_of_partner: f64,
    /// Who pays the freight.
    terms: TermsMix,
    /// Day of the last shipment that counts.
    last_on: Option<NaiveDate>,
}

impl PartnerView {
    /// Shows a partner under its name.
    pub fn of(partner: &Partner<'_>, name: String) -> Self {
        let mut terms = TermsMix::default();
        for link in partner.links() {
            terms.prepaid += u64::from(link.prepaid);
            terms.collect += u64::from(link.collect);
            terms.third_party += u64::from(link.third_party);
            terms.unknown += u64::from(link.terms_unknown());
        }
        let ships = partner.shipped.map(|_| TradeDirection::ShipsTo);
        let receives = partner.received.map(|_| TradeDirection::ReceivesFrom);
        Self {
            partner_id: partner.customer,
            name,
            directions: ships.into_iter().chain(receives).collect(),
            shipments: shipments_of(partner),
            business: partner.business,
            share_of_customer: partner.share_of_customer,
            share_of_partner: partner.share_of_partner,
            terms,
            last_on: last_on(partner),
        }
    }
}

/// Shipments of a tie, both ways.
pub fn shipments_of(partner: &Partner<'_>) -> u64 {
    partner.links().map(|link| u64::from(link.shipments)).sum()
}

/// Day of the last shipment of a tie.
pub fn last_on(partner: &Partner<'_>) -> Option<NaiveDate> {
    partner.links().map(|link| link.last_on).max()
}

/// Partners that the key may not see, together.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct HiddenPartners {
    /// How many they are.
    count: usize,
    /// Their shipments.
    shipments: u64,
    /// The business with them.
    business: f64,
    /// Its share of the customer's, in `[0, 1]`.
    share_of_customer: f64,
}

impl HiddenPartners {
    /// Adds one to them.
    pub fn add(&mut self, partner: &Partner<'_>) {
        self.count += 1;
        self.shipments += shipments_of(partner);
        self.business += partner.business;
        self.share_of_customer = (self.share_of_customer + partner.share_of_customer).min(1.0);
    }
}

/// A page of a customer's partners.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PartnerPage {
    #[serde(flatten)]
    pub frame: Frame,
    /// The customer asked for.
    #[schema(value_type = i64)]
    pub customer_id: CustomerId,
    /// Its business with all partners, hidden ones included.
    pub business: f64,
    /// The partners.
    pub data: Vec<PartnerView>,
    /// Those that the key may not see, whatever the page and the filters.
    pub hidden: HiddenPartners,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// A link with what went over it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkView {
    #[serde(flatten)]
    pub measures: LinkMeasures,
    /// Who hands the goods over, by name.
    pub shipper_name: String,
    /// Who receives them, by name.
    pub consignee_name: String,
    /// Its business.
    pub business: f64,
}

/// A page of links.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkPage {
    #[serde(flatten)]
    pub frame: Frame,
    /// The links.
    pub data: Vec<LinkView>,
    /// How many links lead from customers that the key may see, and that pass the filters, to
    /// ones that it may not see.
    pub hidden: usize,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// A month of a link.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkMonth {
    /// Its first day. Of a month that the window cuts, the days within count.
    pub month: NaiveDate,
    #[serde(flatten)]
    pub measures: LinkMeasures,
}

/// A link with its months.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkDetail {
    #[serde(flatten)]
    pub frame: Frame,
    #[serde(flatten)]
    pub link: LinkView,
    /// Share of the shipper's business that goes over the link, in `[0, 1]`.
    pub share_of_shipper: f64,
    /// Share of the consignee's business that goes over the link, in `[0, 1]`.
    pub share_of_consignee: f64,
    /// The months with traffic.
    pub months: Vec<LinkMonth>,
}

/// A customer in a neighbourhood.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Neighbour {
    /// Its id.
    #[schema(value_type = i64)]
    pub id: CustomerId,
    /// Its name.
    pub name: String,
    /// How many ties away it is.
    pub distance: u32,
    /// Its business with all its partners, in the neighbourhood or not.
    pub business: f64,
}

/// A link in a neighbourhood.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NeighbourLink {
    /// Who hands the goods over.
    #[schema(value_type = i64)]
    pub shipper_id: CustomerId,
    /// Who receives them.
    #[schema(value_type = i64)]
    pub consignee_id: CustomerId,
    /// Shipments.
    pub shipments: u32,
    /// Its business.
    pub business: f64,
    /// Day of the last shipment that counts.
    pub last_on: NaiveDate,
}

/// What lies around a customer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NeighbourhoodView {
    #[serde(flatten)]
    pub frame: Frame,
    /// The customer asked for.
    #[schema(value_type = i64)]
    pub customer_id: CustomerId,
    /// Ties away at most.
    pub depth: u32,
    /// The customers: nearest first, then those with the most business.
    pub customers: Vec<Neighbour>,
    /// The links among them.
    pub links: Vec<NeighbourLink>,
    /// Whether customers within the depth were left out because of `limit`.
    pub truncated: bool,
    /// How many customers next to those listed the key may not see; no way leads over them.
    pub hidden: usize,
}

/// Customers that hang together.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ComponentView {
    /// The lowest id among them.
    #[schema(value_type = i64)]
    pub first_customer_id: CustomerId,
    /// How many customers.
    pub customers: usize,
    /// How many links run among them.
    pub links: usize,
    /// The business of those links.
    pub business: f64,
    /// Its share of all business, in `[0, 1]`.
    pub share_of_business: f64,
    /// Those with the most business, as many as were asked for.
    pub members: Vec<Named>,
}

/// A page of components.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ComponentPage {
    #[serde(flatten)]
    pub frame: Frame,
    /// How many components the network has.
    pub components: usize,
    /// The components.
    pub data: Vec<ComponentView>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// How much a customer's business hangs on few partners.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CustomerConcentration {
    #[serde(flatten)]
    pub frame: Frame,
    /// The customer asked for.
    #[schema(value_type = i64)]
    pub customer_id: CustomerId,
    /// Its business with all partners.
    pub business: f64,
    /// Over its partners; `null` without business.
    pub concentration: Option<Concentration>,
    /// The partner with the most business; `null` where the key may not see it.
    pub top_partner: Option<Named>,
}

/// How much our own business hangs on few customers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NetworkConcentration {
    #[serde(flatten)]
    pub frame: Frame,
    /// How many customers trade.
    pub customers: usize,
    /// Over how many links.
    pub links: usize,
    /// Their business, each link's once.
    pub business: f64,
    /// Over customers; the business of a link counts for both its ends, half each.
    pub concentration: Option<Concentration>,
    /// The customer with the most business.
    pub top_customer: Option<Named>,
}
