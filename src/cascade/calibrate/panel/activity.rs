//! On how many days a customer was active, and on how many of them with one partner alone.

#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "links were checked to name customers that are there; offsets are built here; days of a customer are fewer than u32::MAX"
)]

use super::LinkDays;

/// Stands for several partners on one day.
const SEVERAL: u32 = u32::MAX;

/// Number of stretches of time around one boundary.
const STRETCHES: usize = 7;

/// Stretches of time around the boundary `b_k`, each from after its first day up to its second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    /// A year, and one horizon, before the exposure period.
    pub year_before: (i32, i32),
    pub shortly_before: (i32, i32),
    pub exposure: (i32, i32),
    /// A year, and one horizon, before the outcome period.
    pub year: (i32, i32),
    pub shortly: (i32, i32),
    pub outcome: (i32, i32),
    /// All that was known at the boundary.
    pub ever: (i32, i32),
}

/// Days of a shortest year.
const YEAR: i32 = 365;

impl Around {
    /// The boundary before, the one the observation stands at, and the next.
    pub fn new(before: i32, at: i32, after: i32) -> Self {
        Self {
            year_before: (before - YEAR, before),
            shortly_before: (before - (at - before), before),
            exposure: (before, at),
            year: (at - YEAR, at),
            shortly: (at - (after - at), at),
            outcome: (at, after),
            ever: (i32::MIN, at),
        }
    }

    fn all(&self) -> [(i32, i32); STRETCHES] {
        [
            self.year_before,
            self.shortly_before,
            self.exposure,
            self.year,
            self.shortly,
            self.outcome,
            self.ever,
        ]
    }
}

/// Days in each stretch of time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Days {
    pub year_before: u32,
    pub shortly_before: u32,
    pub exposure: u32,
    pub year: u32,
    pub shortly: u32,
    pub outcome: u32,
    pub ever: u32,
}

impl Days {
    fn of(counts: [u32; STRETCHES]) -> Self {
        let [
            year_before,
            shortly_before,
            exposure,
            year,
            shortly,
            outcome,
            ever,
        ] = counts;
        Self {
            year_before,
            shortly_before,
            exposure,
            year,
            shortly,
            outcome,
            ever,
        }
    }
}

/// Part of a sorted list of days that lies in a stretch of time.
pub(super) fn within<T>(list: &[T], (after, until): (i32, i32), day: impl Fn(&T) -> i32) -> &[T] {
    let start = list.partition_point(|item| day(item) <= after);
    let end = list.partition_point(|item| day(item) <= until);
    list.get(start..end).unwrap_or_default()
}

/// Links of every customer, and its days.
pub(super) struct Customers {
    /// Links of customer i are `ends[starts[i]..starts[i + 1]]`: their index, and whether it ships.
    starts: Vec<usize>,
    ends: Vec<(u32, bool)>,
    /// Distinct days of each customer, with the partner if there was but one.
    days: Vec<Vec<(i32, u32)>>,
}

impl Customers {
    pub fn new(links: &[LinkDays<'_>], customers: usize) -> Self {
        let mut starts = vec![0; customers + 1];
        for link in links {
            starts[link.shipper as usize + 1] += 1;
            starts[link.consignee as usize + 1] += 1;
        }
        for index in 0..customers {
            starts[index + 1] += starts[index];
        }
        let mut next = starts.clone();
        let mut ends = vec![(0, false); links.len() * 2];
        for (index, link) in (0_u32..).zip(links) {
            for (customer, ships) in [(link.shipper, true), (link.consignee, false)] {
                let place = &mut next[customer as usize];
                ends[*place] = (index, ships);
                *place += 1;
            }
        }
        let days = (0..customers)
            .map(|customer| distinct(links, &ends[starts[customer]..starts[customer + 1]]))
            .collect();
        Self { starts, ends, days }
    }

    pub fn len(&self) -> usize {
        self.days.len()
    }

    pub fn links(&self, customer: usize) -> &[(u32, bool)] {
        &self.ends[self.starts[customer]..self.starts[customer + 1]]
    }

    /// Distinct ascending days up to one, on all business.
    pub fn days_until(&self, customer: usize, until: i32) -> Vec<i32> {
        let known = within(&self.days[customer], (i32::MIN, until), |day| day.0);
        known.iter().map(|day| day.0).collect()
    }

    /// A customer's days around a boundary: in all, and with one partner alone.
    pub fn around(&self, customer: usize, around: &Around) -> Present {
        let mut all = [0; STRETCHES];
        let mut alone: Vec<(u32, [u32; STRETCHES])> = Vec::new();
        for (stretch, &time) in around.all().iter().enumerate() {
            let days = within(&self.days[customer], time, |day| day.0);
            all[stretch] = days.len() as u32;
            for &(_, partner) in days.iter().filter(|day| day.1 != SEVERAL) {
                let mut counts = [0; STRETCHES];
                counts[stretch] = 1;
                alone.push((partner, counts));
            }
        }
        alone.sort_unstable_by_key(|(partner, _)| *partner);
        alone.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                for (kept, next) in kept.1.iter_mut().zip(next.1) {
                    *kept += next;
                }
            }
            same
        });
        Present { all, alone }
    }
}

/// Distinct days of some links, each with the partner if there was but one.
fn distinct(links: &[LinkDays<'_>], ends: &[(u32, bool)]) -> Vec<(i32, u32)> {
    let mut days = Vec::new();
    for &(index, ships) in ends {
        let link = &links[index as usize];
        let partner = if ships { link.consignee } else { link.shipper };
        days.extend(link.days.iter().map(|day| (*day, partner)));
    }
    days.sort_unstable();
    days.dedup();
    days.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = SEVERAL;
        }
        same
    });
    days
}

/// One customer's days around a boundary.
pub(super) struct Present {
    all: [u32; STRETCHES],
    alone: Vec<(u32, [u32; STRETCHES])>,
}

impl Present {
    /// Days on any link.
    pub fn days(&self) -> Days {
        Days::of(self.all)
    }

    /// Days on links other than those with one partner.
    pub fn without(&self, partner: u32) -> Days {
        let place = self.alone.binary_search_by_key(&partner, |alone| alone.0);
        let alone = place.map_or([0; STRETCHES], |place| self.alone[place].1);
        Days::of(std::array::from_fn(|stretch| {
            self.all[stretch] - alone[stretch]
        }))
    }
}
