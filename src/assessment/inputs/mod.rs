//! What a run knows: the shipping days, the links and the service counts before its as-of date.

mod departments;
mod freight;
mod handling;
mod service;
mod targets;
mod voices;

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate};

pub use departments::{DepartmentOf, STANDARD, standard_departments};
pub use handling::{Complaint, Handling};
pub use service::{Count, Delivery, Observed, Portfolio, Service};
pub use targets::{InForce, TargetFrom, TargetSet, Targeted, Targets, Yardstick};
pub use voices::{About, Place, Spoken, Text, Voices};

use crate::churn::statistics::WINDOW_WEEKS;
use crate::engagement::renewals::ContractAt;
use crate::ids::{CustomerId, InvitationId, RunId};
use crate::network::LinkMeasures;
use crate::satisfaction::changes::State;

/// One shipment as a sign of life of both parties.
#[derive(Clone, Copy, Debug)]
pub struct Sign {
    /// First party.
    pub shipper: CustomerId,
    /// Second party.
    pub consignee: CustomerId,
    /// The shipping day.
    pub on: NaiveDate,
    /// What was billed, minor units.
    pub revenue: Option<i64>,
    /// The day of delivery, if that was before the as-of date.
    pub delivered_on: Option<NaiveDate>,
    /// Whether it came after the promised end.
    pub late: Option<bool>,
    /// Whether something was claimed from us, and no complaint tells of it.
    pub claimed: bool,
}

/// What a customer did, day by day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// Distinct shipping days, ascending.
    pub days: Vec<NaiveDate>,
    /// What was billed on each of them, minor units; 0 where nothing is known.
    pub revenue: Vec<f64>,
    /// Deliveries in the order of their days: when, and whether late.
    pub punctuality: Vec<(NaiveDate, bool)>,
    /// Days of complaints, and of deliveries claimed for without a complaint, ascending.
    pub complaints: Vec<NaiveDate>,
    /// Surveys answered, ascending: when, and the mean of the answers, in `[0, 1]`.
    pub answers: Vec<(NaiveDate, f64)>,
}

/// What went over a link, day by day.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkPast {
    /// First party.
    pub shipper: CustomerId,
    /// Second party.
    pub consignee: CustomerId,
    /// Distinct shipping days, ascending.
    pub days: Vec<NaiveDate>,
}

/// Everything that a run computes from.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Customers with a shipping day in the statistics' window, ascending.
    pub customers: Vec<CustomerId>,
    /// What each of them did.
    pub pasts: Vec<Past>,
    /// What customers did whose last shipping day is before the statistics' window: models learn
    /// from their departure.
    pub former: Vec<(CustomerId, Past)>,
    /// What went over each link, ascending by shipper and consignee.
    pub link_pasts: Vec<LinkPast>,
    /// Links of the business window.
    pub links: Vec<LinkMeasures>,
    /// Service to each customer, in the order of `customers`.
    pub service: Vec<Service>,
    /// Service on each link with deliveries in the KPI window.
    pub link_service: HashMap<(CustomerId, CustomerId), Service>,
    /// How each customer's complaints were handled.
    pub handling: HashMap<CustomerId, Handling>,
    /// How complaints about a link were handled, by who complains and the other end.
    pub link_handling: HashMap<(CustomerId, CustomerId), Handling>,
    /// What was said.
    pub voices: Voices,
    /// What KPIs are measured against.
    pub targets: Targets,
    /// The run before, to tell what changed.
    pub previous: Option<Previous>,
    /// Recorded departments.
    pub departments: HashMap<CustomerId, Vec<DepartmentOf>>,
    /// Contracts and payments as known at the as-of date, and at each slice before it that models
    /// learn from.
    pub terms: Vec<Terms>,
    /// How often each chain of contracts was renewed, and whether it was then lost.
    pub renewals: Vec<(u32, bool)>,
}

/// Satisfaction of the run before.
#[derive(Clone, Debug)]
pub struct Previous {
    /// Which run.
    pub run: RunId,
    /// Its as-of date.
    pub as_of: NaiveDate,
    /// Each account's score and its required departments.
    pub accounts: HashMap<CustomerId, (f64, Vec<State>)>,
}

/// Contracts and payments as known before a day.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Contracts in force that have an end, by customer.
    pub contracts: HashMap<CustomerId, Vec<ContractAt>>,
    /// By how many days each customer pays later than it used to.
    pub payment_trends: BTreeMap<CustomerId, f64>,
}

/// Collects what is streamed from the database.
#[derive(Debug, Default)]
pub struct Collector {
    signs: Vec<Sign>,
    service: HashMap<CustomerId, Service>,
    link_service: HashMap<(CustomerId, CustomerId), Service>,
    complaints: Vec<Complaint>,
    answers: HashMap<CustomerId, Vec<Spoken>>,
}

impl Collector {
    /// Takes a sign of life.
    pub fn sign(&mut self, sign: Sign) {
        self.signs.push(sign);
    }

    /// Takes a delivery.
    pub fn delivery(&mut self, delivery: &Delivery) {
        self.service
            .entry(delivery.shipper)
            .or_default()
            .add(delivery);
        self.service
            .entry(delivery.consignee)
            .or_default()
            .add(delivery);
        self.link_service
            .entry((delivery.shipper, delivery.consignee))
            .or_default()
            .add(delivery);
        if let (Some(payer), Some(freight)) = (delivery.payer, delivery.freight) {
            self.service.entry(payer).or_default().add_freight(freight);
        }
    }

    /// Takes a complaint.
    pub fn complaint(&mut self, complaint: Complaint) {
        self.complaints.push(complaint);
    }

    /// Takes an answer.
    pub fn answer(&mut self, customer: CustomerId, spoken: Spoken) {
        self.answers.entry(customer).or_default().push(spoken);
    }

    /// Puts everything in order.
    pub fn finish(
        mut self,
        as_of: NaiveDate,
        links: Vec<LinkMeasures>,
        departments: HashMap<CustomerId, Vec<DepartmentOf>>,
    ) -> Inputs {
        self.signs
            .sort_by_key(|sign| (sign.shipper, sign.consignee, sign.on));
        let link_pasts = link_pasts(&self.signs);
        let window = as_of.checked_sub_days(Days::new(u64::from(WINDOW_WEEKS) * 7));
        let inside =
            |past: &Past| window.is_none_or(|begin| past.days.last().is_some_and(|on| *on > begin));
        let mut inputs = Inputs {
            link_pasts,
            links,
            link_service: self.link_service,
            departments,
            ..Inputs::default()
        };
        let mut pasts = pasts(self.signs);
        heard(&mut pasts, &self.complaints, &self.answers);
        for (customer, past) in pasts {
            if inside(&past) {
                inputs.customers.push(customer);
                inputs.pasts.push(past);
                let service = self.service.remove(&customer);
                inputs.service.push(service.unwrap_or_default());
            } else {
                inputs.former.push((customer, past));
            }
        }
        for complaint in &self.complaints {
            let of_customer = inputs.handling.entry(complaint.customer).or_default();
            of_customer.add(complaint);
            if let Some(partner) = complaint.partner {
                let link = (complaint.customer, partner);
                inputs.link_handling.entry(link).or_default().add(complaint);
            }
        }
        inputs.voices.answers = self.answers;
        inputs
    }
}

/// Adds complaints and answers to what customers did.
fn heard(
    pasts: &mut [(CustomerId, Past)],
    complaints: &[Complaint],
    answers: &HashMap<CustomerId, Vec<Spoken>>,
) {
    let mut days: HashMap<CustomerId, Vec<NaiveDate>> = HashMap::new();
    for complaint in complaints {
        days.entry(complaint.customer)
            .or_default()
            .push(complaint.on);
    }
    for (customer, past) in pasts {
        if let Some(days) = days.get(customer) {
            past.complaints.extend(days);
            past.complaints.sort_unstable();
        }
        if let Some(spoken) = answers.get(customer) {
            past.answers = surveys_answered(spoken);
        }
    }
}

/// One entry for each invitation: somebody who answers nine questions says one thing.
fn surveys_answered(spoken: &[Spoken]) -> Vec<(NaiveDate, f64)> {
    let mut by_invitation: BTreeMap<InvitationId, (NaiveDate, f64, f64)> = BTreeMap::new();
    for one in spoken {
        let entry = by_invitation
            .entry(one.invitation)
            .or_insert((one.on, 0.0, 0.0));
        entry.0 = entry.0.max(one.on);
        entry.1 += one.score;
        entry.2 += 1.0;
    }
    let mut answered: Vec<(NaiveDate, f64)> = by_invitation
        .into_values()
        .map(|(on, sum, n)| (on, sum / n))
        .collect();
    answered.sort_by_key(|(on, _)| *on);
    answered
}

/// The days of each link; the signs are in the order of links and days.
fn link_pasts(signs: &[Sign]) -> Vec<LinkPast> {
    signs
        .chunk_by(|left, right| (left.shipper, left.consignee) == (right.shipper, right.consignee))
        .filter_map(|chunk| {
            let first = chunk.first()?;
            let mut days: Vec<NaiveDate> = chunk.iter().map(|sign| sign.on).collect();
            days.dedup();
            Some(LinkPast {
                shipper: first.shipper,
                consignee: first.consignee,
                days,
            })
        })
        .collect()
}

/// What each customer did, as shipper or consignee, in the order of their ids.
fn pasts(mut signs: Vec<Sign>) -> Vec<(CustomerId, Past)> {
    let mut found: HashMap<CustomerId, Past> = HashMap::new();
    signs.sort_by_key(|sign| sign.on);
    for sign in &signs {
        for customer in [sign.shipper, sign.consignee] {
            found.entry(customer).or_default().add(sign);
        }
    }
    let mut found: Vec<(CustomerId, Past)> = found.into_iter().collect();
    found.sort_by_key(|(customer, _)| *customer);
    for (_, past) in &mut found {
        past.punctuality.sort_by_key(|(on, _)| *on);
        past.complaints.sort_unstable();
    }
    found
}

impl Past {
    /// Takes the signs of a customer in the order of their days.
    fn add(&mut self, sign: &Sign) {
        if self.days.last() != Some(&sign.on) {
            self.days.push(sign.on);
            self.revenue.push(0.0);
        }
        if let (Some(sum), Some(revenue)) = (self.revenue.last_mut(), sign.revenue) {
            *sum += revenue as f64;
        }
        if let Some(on) = sign.delivered_on {
            self.punctuality.extend(sign.late.map(|late| (on, late)));
            self.complaints.extend(sign.claimed.then_some(on));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 5).unwrap() + Days::new(number)
    }

    fn sign(consignee: i64, on: NaiveDate) -> Sign {
        Sign {
            shipper: CustomerId(1),
            consignee: CustomerId(consignee),
            on,
            revenue: Some(100),
            delivered_on: Some(on + Days::new(2)),
            late: Some(consignee == 3),
            claimed: consignee == 3,
        }
    }

    fn collected(signs: &[Sign], as_of: NaiveDate) -> Inputs {
        let mut collector = Collector::default();
        for sign in signs {
            collector.sign(*sign);
        }
        collector.finish(as_of, Vec::new(), HashMap::new())
    }

    #[test]
    fn several_shipments_of_a_day_are_one_sign_of_life() {
        let inputs = collected(&[2, 2, 3].map(|to| sign(to, day(0))), day(10));
        assert_eq!(
            inputs.customers,
            [CustomerId(1), CustomerId(2), CustomerId(3)]
        );
        assert!(inputs.pasts.iter().all(|past| past.days == [day(0)]));
        assert_eq!(inputs.pasts[0].revenue, [300.0]);
        assert_eq!(inputs.pasts[0].complaints, [day(2)]);
        assert_eq!(inputs.pasts[1].punctuality, [(day(2), false); 2]);
        let links: Vec<i64> = inputs
            .link_pasts
            .iter()
            .map(|link| link.consignee.0)
            .collect();
        assert_eq!(links, [2, 3]);
    }

    #[test]
    fn who_left_before_the_window_is_remembered_apart() {
        let as_of = day(104 * 7 + 1);
        let inputs = collected(&[sign(2, day(0)), sign(3, day(1)), sign(3, day(5))], as_of);
        // The window begins after day 1.
        assert_eq!(inputs.customers, [CustomerId(1), CustomerId(3)]);
        assert_eq!(inputs.former.len(), 1);
        assert_eq!(inputs.pasts[0].days, [day(0), day(1), day(5)]);
    }
}
