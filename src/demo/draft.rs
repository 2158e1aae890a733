//! One shipment: when, how heavy, what went wrong, what it brought and cost.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::{
    DemoWorld,
    customers::{DemoCustomer, Profile, Spell},
    dice::Dice,
    external_id,
    links::{DemoLink, tariff},
    places::Distance,
    sectors::{SECTORS, Sector},
};
use crate::shipments::model::{FreightTerms, PartyDraft, ShipmentDraft, ShipmentFacts, Status};

/// Seconds.
const HOUR: i64 = 3_600;
/// Seconds.
const DAY: i64 = 24 * HOUR;
/// By how much bad service raises every risk, once it is as bad as it gets.
const WORSENING: f64 = 4.0;
/// Days until it is.
const DECLINE: f64 = 42.0;
/// Share of orders that are cancelled.
const CANCELLED: f64 = 0.015;
/// Share of deliveries of which nobody noted whether they were complete.
const UNNOTED: f64 = 0.03;

/// An order of a link, to be made a shipment.
pub(super) struct Order<'w> {
    world: &'w DemoWorld,
    link: &'w DemoLink,
    number: usize,
    /// Day of booking, counted from the first of history.
    day: u32,
    ends: [(&'w DemoCustomer, &'w Profile); 2],
    sector: &'w Sector,
    distance: Distance,
}

/// What went wrong.
struct Mishaps {
    late: bool,
    damaged: bool,
    short: bool,
    invoice: bool,
}

/// Seconds since the first midnight of history.
struct Times {
    booked: i64,
    picked_up: i64,
    promised_from: i64,
    promised_to: i64,
    delivered: i64,
}

impl<'w> Order<'w> {
    /// The order with this number, of `link`, on `day`.
    #[expect(
        clippy::indexing_slicing,
        reason = "ends of a link are numbers of customers"
    )]
    pub fn new(world: &'w DemoWorld, link: &'w DemoLink, number: usize, day: u32) -> Self {
        let ends = [link.shipper, link.consignee].map(|end| {
            let end = end as usize;
            (&world.customers[end], &world.profiles[end])
        });
        let [(_, shipper), (_, consignee)] = ends;
        Self {
            world,
            link,
            number,
            day,
            ends,
            sector: &SECTORS[shipper.sector],
            distance: Distance::between(shipper.place, consignee.place),
        }
    }

    /// The shipment as it is known when history ends.
    pub fn draft(&self, dice: &mut Dice) -> ShipmentDraft {
        let mishaps = self.mishaps(dice);
        let times = self.times(mishaps.late, dice);
        let now = i64::from(self.world.plan.days()) * DAY;
        let status = if dice.chance(CANCELLED) {
            Status::Cancelled
        } else if times.delivered < now {
            Status::Delivered
        } else if times.picked_up < now {
            Status::InTransit
        } else {
            Status::Booked
        };
        let [(shipper, _), (consignee, _)] = self.ends;
        let payer = self.link.payer;
        ShipmentDraft {
            external_id: external_id(format!("S-{:08}", self.number)),
            shipper: party(shipper),
            consignee: party(consignee),
            payer: payer
                .and_then(|payer| self.world.customers.get(payer as usize))
                .map(party),
            facts: self.facts(status, &mishaps, &times, dice),
        }
    }

    /// Each end has its own risks; either is enough.
    fn mishaps(&self, dice: &mut Dice) -> Mishaps {
        let [(_, shipper), (_, consignee)] = self.ends;
        let worse = [shipper, consignee].map(|end| severity(end.worse, self.day));
        let mut strikes = |kind: fn(&Profile) -> f64, scale: f64| {
            let [on_shipper, on_consignee] = [(shipper, worse[0]), (consignee, worse[1])]
                .map(|(end, factor)| (scale * factor * kind(end)).min(0.6));
            dice.chance(1.0 - (1.0 - on_shipper) * (1.0 - on_consignee))
        };
        Mishaps {
            late: strikes(|end| end.errors.late, 1.0),
            damaged: strikes(|end| end.errors.damaged, self.sector.fragility),
            short: strikes(|end| end.errors.short, 1.0),
            invoice: strikes(|end| end.errors.invoice, 1.0),
        }
    }

    fn times(&self, late: bool, dice: &mut Dice) -> Times {
        let minutes = |dice: &mut Dice, from: i64, upto: i64| {
            let span = u32::try_from((upto - from) / 60).unwrap_or(0);
            from + 60 * i64::from(dice.below(span))
        };
        let booked = i64::from(self.day) * DAY + minutes(dice, 5 * HOUR, 16 * HOUR);
        let picked_up = booked + minutes(dice, 4 * HOUR, 3 * DAY);
        let (least, more) = self.distance.transit_days();
        let days = i64::from(least + dice.below(more + 1));
        // Promised until 16:00 UTC of a day, within a window of eight hours.
        let promised_to = (picked_up / DAY + days) * DAY + 16 * HOUR;
        let promised_from = promised_to - 8 * HOUR;
        let delivered = if late {
            promised_to + minutes(dice, 3 * HOUR, (1 + days / 3) * DAY)
        } else {
            minutes(dice, promised_from, promised_to)
        };
        Times {
            booked,
            picked_up,
            promised_from,
            promised_to,
            delivered: delivered.max(picked_up + HOUR),
        }
    }

    fn facts(
        &self,
        status: Status,
        mishaps: &Mishaps,
        times: &Times,
        dice: &mut Dice,
    ) -> ShipmentFacts {
        let [(shipper, _), (consignee, _)] = self.ends;
        let weight = self.link.weight_kg * (dice.unit() + dice.unit() + dice.unit()) / 1.5;
        let weight = (weight * 10.0).round().max(1.0) / 10.0;
        let value = weight * self.sector.value_per_kg * dice.between(0.8, 1.2);
        let carried = matches!(status, Status::InTransit | Status::Delivered);
        let delivered = status == Status::Delivered;
        let (revenue, cost) = self.money(weight, mishaps, dice);
        let noted = !dice.chance(UNNOTED);
        let claimed = (mishaps.damaged || mishaps.short) && dice.chance(0.7);
        let claim = minor(value * dice.between(0.03, 0.3));
        ShipmentFacts {
            freight_terms: self.link.freight_terms,
            incoterm: self.link.incoterm,
            origin_country: Some(shipper.country.to_owned()),
            origin_locode: Some(shipper.locode.to_owned()),
            destination_country: Some(consignee.country.to_owned()),
            destination_locode: Some(consignee.locode.to_owned()),
            service: self.link.service,
            booked_at: Some(self.at(times.booked)),
            promised_from: Some(self.at(times.promised_from)),
            promised_to: Some(self.at(times.promised_to)),
            picked_up_at: carried.then(|| self.at(times.picked_up)),
            delivered_at: delivered.then(|| self.at(times.delivered)),
            pieces: Some(minor(weight / self.sector.piece_kg).max(1)),
            weight_kg: Some(weight),
            goods_value: Some(minor(value)),
            revenue: carried.then_some(revenue),
            direct_cost: carried.then_some(cost),
            in_full: (delivered && noted).then_some(!mishaps.short),
            damaged: delivered.then_some(mishaps.damaged),
            invoice_correct: delivered.then_some(!mishaps.invoice),
            claim_amount: delivered.then_some(if claimed { claim } else { 0 }),
            status,
        }
    }

    /// Revenue by tariff and the price of the end that pays; cost by tariff and what went wrong.
    fn money(&self, weight_kg: f64, mishaps: &Mishaps, dice: &mut Dice) -> (i64, i64) {
        let [(_, shipper), (_, consignee)] = self.ends;
        let price = match self.link.freight_terms {
            FreightTerms::Collect => consignee.price,
            _ => shipper.price,
        };
        let tariff = tariff(self.distance, weight_kg);
        let revenue = tariff * price * dice.between(0.97, 1.03);
        let mut share = dice.between(0.72, 0.88);
        if mishaps.late {
            share += 0.06;
        }
        if mishaps.damaged || mishaps.short {
            share += 0.1;
        }
        (minor(revenue), minor(tariff * share))
    }

    /// An instant from seconds since the first midnight of history.
    fn at(&self, seconds: i64) -> DateTime<Utc> {
        let midnight = self.world.plan.from().and_time(NaiveTime::MIN).and_utc();
        midnight + TimeDelta::seconds(seconds)
    }
}

/// By which factor a spell of bad service raises risks on a day of history.
fn severity(worse: Option<Spell>, day: u32) -> f64 {
    match worse {
        Some((from, until)) if (from..until).contains(&day) => {
            1.0 + WORSENING * (f64::from(day - from) / DECLINE).min(1.0)
        }
        _ => 1.0,
    }
}

/// A customer as a shipment names it.
fn party(customer: &DemoCustomer) -> PartyDraft {
    PartyDraft {
        id: None,
        external_id: Some(external_id(customer.code.clone())),
        name: Some(customer.name.clone()),
        country: Some(customer.country.to_owned()),
    }
}

/// The nearest whole number of minor units, or of pieces.
#[expect(
    clippy::cast_possible_truncation,
    reason = "amounts here are below 2^53"
)]
fn minor(amount: f64) -> i64 {
    amount.round() as i64
}
