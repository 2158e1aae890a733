//! The stream of shipments: day by day, one link's state at a time.
//!
//! A link's orders are a renewal process with Erlang-2 intervals in business time, given their
//! number n: of 2n points strewn evenly, every second one, from the first or the second with equal
//! chances, so that no part of the time is favoured. The points are drawn in ascending order, so a
//! link needs only its last one, and a list of links for each day keeps the whole in date order at
//! constant cost a shipment.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{
    DemoWorld,
    dice::{Dice, Part},
    draft::Order,
    links::DemoLink,
    plan::DemoPlan,
};
use crate::shipments::model::ShipmentDraft;

/// Share of orders that come in while a link fades.
const FADED: f64 = 0.15;
/// Points of a link's process for each order.
const PHASES: u32 = 2;
/// Marks the end of a list of links.
const NONE: u32 = u32::MAX;

/// Business time: how much is ordered up to each day, as weeks and years go.
#[derive(Clone, Debug)]
pub(super) struct Calendar(Vec<f64>);

impl Calendar {
    pub fn new(plan: &DemoPlan) -> Self {
        let mut sum = 0.0;
        let mut upto = vec![0.0];
        upto.extend(
            plan.from()
                .iter_days()
                .take(plan.days() as usize)
                .map(|date| {
                    sum += busyness(date);
                    sum
                }),
        );
        Self(upto)
    }

    /// Business time before the day with this number.
    fn before(&self, day: u32) -> f64 {
        self.0.get(day as usize).copied().unwrap_or(f64::INFINITY)
    }

    /// Business time of a link's days, the faded ones counting less.
    pub fn length(&self, [from, fades, until]: [u32; 3]) -> f64 {
        let (full, end) = (self.before(fades), self.before(until));
        full - self.before(from) + FADED * (end - full)
    }

    /// The day on which `position` (0 to 1) of a link's business time has passed.
    fn day(&self, days: [u32; 3], position: f64) -> u32 {
        let [from, fades, until] = days;
        let (start, full) = (self.before(from), self.before(fades));
        let mut time = start + position * self.length(days);
        if time > full {
            time = full + (time - full) / FADED;
        }
        let day = self.0.partition_point(|&upto| upto <= time) - 1;
        u32::try_from(day).unwrap_or(until).clamp(from, until - 1)
    }
}

/// Orders on a day against a usual working day.
fn busyness(date: NaiveDate) -> f64 {
    let weekday = match date.weekday() {
        Weekday::Sat => 0.12,
        Weekday::Sun => 0.03,
        _ => 1.0,
    };
    let season = match date.month() {
        1 | 7 => 0.92,
        2 | 8 => 0.85,
        9 | 10 => 1.12,
        11 => 1.2,
        _ => 1.0,
    };
    weekday * season
}

/// Where a link's process stands.
#[derive(Clone, Copy, Debug)]
struct Process {
    /// The next link on the same day.
    next: u32,
    /// Orders to come, the one it is listed for included.
    left: u32,
    /// Points to come.
    points: u32,
    /// Share of the link's business time that has passed.
    position: f64,
}

/// Every shipment of a world, by day of booking.
#[derive(Clone, Debug)]
pub struct Shipments<'w> {
    world: &'w DemoWorld,
    calendar: Calendar,
    dice: Dice,
    processes: Vec<Process>,
    /// The first link on each day.
    first: Vec<u32>,
    day: u32,
    given: usize,
}

impl<'w> Shipments<'w> {
    pub(super) fn new(world: &'w DemoWorld) -> Self {
        let plan = &world.plan;
        let mut stream = Self {
            world,
            calendar: Calendar::new(plan),
            dice: Dice::new(plan.seed(), Part::Shipments),
            processes: Vec::with_capacity(world.links.len()),
            first: vec![NONE; plan.days() as usize],
            day: 0,
            given: 0,
        };
        for (number, link) in (0_u32..).zip(&world.links) {
            stream.processes.push(Process {
                next: NONE,
                left: link.shipments,
                points: PHASES * link.shipments,
                position: 0.0,
            });
            let first = 1 + stream.dice.below(PHASES);
            stream.list(number, link, first);
        }
        stream
    }

    /// Lists the link on the day of its next order, which is so many points ahead.
    #[expect(
        clippy::indexing_slicing,
        reason = "links have processes, days are in history"
    )]
    fn list(&mut self, number: u32, link: &DemoLink, ahead: u32) {
        let process = &mut self.processes[number as usize];
        for _ in 0..ahead {
            let step = self.dice.least_of(f64::from(process.points));
            process.position += (1.0 - process.position) * step;
            process.points -= 1;
        }
        let first = &mut self.first[self.calendar.day(link.days, process.position) as usize];
        process.next = std::mem::replace(first, number);
    }
}

impl Iterator for Shipments<'_> {
    type Item = ShipmentDraft;

    #[expect(clippy::indexing_slicing, reason = "only numbers of links are listed")]
    fn next(&mut self) -> Option<ShipmentDraft> {
        let number = loop {
            let first = self.first.get_mut(self.day as usize)?;
            if *first != NONE {
                break std::mem::replace(first, self.processes[*first as usize].next);
            }
            self.day += 1;
        };
        let world = self.world;
        let link = &world.links[number as usize];
        self.given += 1;
        let order = Order::new(world, link, self.given, self.day);
        let draft = order.draft(&mut self.dice);
        let process = &mut self.processes[number as usize];
        process.left -= 1;
        if process.left > 0 {
            self.list(number, link, PHASES);
        }
        Some(draft)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.world.plan.shipments() - self.given;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Shipments<'_> {}
