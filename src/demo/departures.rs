//! Who leaves, why and when: the truth that the models are to find.
//!
//! Some customers leave by themselves, most after months of bad service. Partners follow by the
//! linear threshold rule: each has a tolerance, uniform on [0, 1), and leaves when the shares of its
//! business on the links that it lost, each times its strength, exceed it. Shares are those before
//! anybody left; two links between the same two customers add up.
#![expect(
    clippy::indexing_slicing,
    reason = "ends of a link are numbers of customers, and every list here has all customers"
)]

use std::{cmp::Reverse, collections::BinaryHeap};

use chrono::{Days, NaiveDate};

use super::{
    customers::Profile,
    dice::{Dice, Part},
    links::DemoLink,
    plan::DemoPlan,
};
use crate::shipments::model::FreightTerms;

/// What really happened, by positions in [`super::DemoWorld::customers`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoTruth {
    /// Left by themselves, by day.
    pub own: Vec<OwnChurn>,
    /// Left because partners had left, by day.
    pub followed: Vec<Followed>,
    /// About to leave as history ends: served badly for months, hardly ordering for weeks.
    pub fading: Vec<usize>,
}

/// A customer that left by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnChurn {
    /// Who.
    pub customer: usize,
    /// First day on which nothing is booked or picked up for it any more.
    pub on: NaiveDate,
    /// First day of the bad service that drove it away; `None` if it had another reason.
    pub served_badly_from: Option<NaiveDate>,
}

/// A customer that left because it had lost business with partners that left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Who.
    pub customer: usize,
    /// The partner whose departure was the last straw; it left earlier.
    pub partner: usize,
    /// First day on which nothing is booked or picked up for it any more.
    pub on: NaiveDate,
}

impl DemoTruth {
    /// Strength of the pull on an end of a link that controls the routing there.
    pub const STRENGTH_CONTROLLING: f64 = 0.4;
    /// Strength of the pull on any other end: we served it because of its partner.
    pub const STRENGTH_OTHER: f64 = 0.8;

    /// Strength of the pull on the shipper and on the consignee of a link with these terms.
    pub fn strengths(terms: FreightTerms) -> [f64; 2] {
        let (own, other) = (Self::STRENGTH_CONTROLLING, Self::STRENGTH_OTHER);
        match terms {
            FreightTerms::Prepaid => [own, other],
            FreightTerms::Collect => [other, own],
            FreightTerms::ThirdParty | FreightTerms::Unknown => [other, other],
        }
    }
}

/// Customers of a hundred that leave by themselves within history.
const OWN: usize = 6;
/// Customers of a hundred that are about to leave at its end.
const FADING: usize = 6;
/// Share of the others that are served badly for a while and stay.
const FORGIVING: f64 = 0.04;
/// Share of those that leave by themselves because of bad service.
const BECAUSE_OF_SERVICE: f64 = 0.75;
/// How long bad service lasts for those that forgive it, days.
const BAD_SPELL: u32 = 84;
/// For how long those that are about to leave have hardly ordered, days.
const FADING_FOR: u32 = 56;

/// Decides who leaves and notes it in the profiles.
pub(super) fn draw(plan: &DemoPlan, profiles: &mut [Profile], links: &[DemoLink]) -> DemoTruth {
    let mut dice = Dice::new(plan.seed(), Part::Departures);
    let ranking = by_orders(profiles.len(), links);
    let resolved = resolve_to_leave(plan, profiles, &ranking, &mut dice);
    let (own, followed) = let_go(plan, profiles, links, &resolved, &mut dice);
    let fading = fade(plan, profiles, &ranking, &mut dice);
    for profile in profiles {
        if profile.worse.is_none() && dice.chance(FORGIVING) {
            let from = plan.days() / 5 + dice.below(plan.days() * 7 / 10);
            profile.worse = Some((from, from + BAD_SPELL));
        }
    }
    DemoTruth {
        own,
        followed,
        fading,
    }
}

/// Customers, those with the most orders first.
fn by_orders(customers: usize, links: &[DemoLink]) -> Vec<usize> {
    let mut orders = vec![0.0; customers];
    for link in links {
        orders[link.shipper as usize] += link.pace;
        orders[link.consignee as usize] += link.pace;
    }
    let mut ranking: Vec<usize> = (0..customers).collect();
    ranking.sort_by(|&a, &b| orders[b].total_cmp(&orders[a]).then(a.cmp(&b)));
    ranking
}

/// So many different ones of `candidates`, or all if there are fewer, in the order drawn.
fn choose(candidates: &[usize], wanted: usize, dice: &mut Dice) -> Vec<usize> {
    let mut left = candidates.to_vec();
    let mut chosen = Vec::new();
    for _ in 0..wanted {
        if left.is_empty() {
            break;
        }
        let at = dice.below(u32::try_from(left.len()).unwrap_or(u32::MAX));
        chosen.push(left.swap_remove(at as usize));
    }
    chosen
}

/// Who will leave by itself, on which day. The largest stay: a world that loses them has no other
/// story to tell.
fn resolve_to_leave(
    plan: &DemoPlan,
    profiles: &mut [Profile],
    ranking: &[usize],
    dice: &mut Dice,
) -> Vec<(u32, usize)> {
    let days = plan.days();
    let largest = 1 + ranking.len() / 50;
    choose(&ranking[largest..], ranking.len() * OWN / 100, dice)
        .into_iter()
        .map(|customer| {
            // All links have begun after three tenths of history.
            let day = days * 2 / 5 + dice.below(days * 11 / 20);
            if dice.chance(BECAUSE_OF_SERVICE) {
                profiles[customer].worse = Some((day - 70 - dice.below(70), days));
            }
            (day, customer)
        })
        .collect()
}

/// Lets them leave, and everybody whose tolerance that exceeds.
fn let_go(
    plan: &DemoPlan,
    profiles: &mut [Profile],
    links: &[DemoLink],
    resolved: &[(u32, usize)],
    dice: &mut Dice,
) -> (Vec<OwnChurn>, Vec<Followed>) {
    let date = |day: u32| plan.from() + Days::new(u64::from(day));
    let (pulled, total) = pulls(profiles.len(), links);
    let tolerance: Vec<f64> = profiles.iter().map(|_| dice.unit()).collect();
    let mut lost = vec![0.0; profiles.len()];
    let mut due: BinaryHeap<_> = resolved
        .iter()
        .map(|&(day, customer)| Reverse((day, customer, None)))
        .collect();
    let (mut own, mut followed) = (Vec::new(), Vec::new());

    while let Some(Reverse((day, customer, cause))) = due.pop() {
        let profile = &mut profiles[customer];
        if profile.leaves.is_some() || day >= plan.days() {
            continue;
        }
        profile.leaves = Some(day);
        if let Some(partner) = cause {
            profile.fades = Some(day - 14);
            followed.push(Followed {
                customer,
                partner,
                on: date(day),
            });
        } else {
            profile.fades = Some(day - 35);
            own.push(OwnChurn {
                customer,
                on: date(day),
                served_badly_from: profile.worse.map(|(from, _)| date(from)),
            });
        }
        for &(other, pull) in &pulled[customer] {
            let before = lost[other] / total[other];
            lost[other] += pull;
            let crossed = (before..lost[other] / total[other]).contains(&tolerance[other]);
            if crossed && profiles[other].leaves.is_none() {
                due.push(Reverse((day + 21 + dice.below(63), other, Some(customer))));
            }
        }
    }
    (own, followed)
}

/// For every customer, whom it pulls along and how much business times strength that is; and the
/// business of every customer.
fn pulls(customers: usize, links: &[DemoLink]) -> (Vec<Vec<(usize, f64)>>, Vec<f64>) {
    let mut pulled = vec![Vec::new(); customers];
    let mut total = vec![f64::MIN_POSITIVE; customers];
    for link in links {
        let (shipper, consignee) = (link.shipper as usize, link.consignee as usize);
        let [on_shipper, on_consignee] = DemoTruth::strengths(link.freight_terms);
        pulled[consignee].push((shipper, on_shipper * link.business));
        pulled[shipper].push((consignee, on_consignee * link.business));
        total[shipper] += link.business;
        total[consignee] += link.business;
    }
    (pulled, total)
}

/// Chooses who is about to leave when history ends: customers whose silence one would notice.
fn fade(
    plan: &DemoPlan,
    profiles: &mut [Profile],
    ranking: &[usize],
    dice: &mut Dice,
) -> Vec<usize> {
    let busy = &ranking[1 + ranking.len() / 50..ranking.len() / 2];
    let stay: Vec<usize> = busy
        .iter()
        .copied()
        .filter(|&customer| profiles[customer].leaves.is_none())
        .collect();
    let mut fading = choose(&stay, ranking.len() * FADING / 100, dice);
    fading.sort_unstable();
    for &customer in &fading {
        let from = plan.days() - 84 - dice.below(56);
        profiles[customer].worse = Some((from, plan.days()));
        profiles[customer].fades = Some(plan.days() - FADING_FOR);
    }
    fading
}
