//! Loyalty spread: who may be won next as a payer, and because of whom. A hypothesis throughout.
//!
//! The share-loss cascade run on gains: a customer that pays for nothing but trades with contented
//! payers may follow them. Nobody's advocates are known before people are asked, so that the start
//! rests on what is known: activity and satisfaction.

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::engine::Engine;
use super::store::snapshot::{self, Loyalty, Paid};
use super::views::Names;
use super::words::Words;
use crate::access::Teams;
use crate::assessment::read::{Pointer, Source};
use crate::assessment::store::view::visible_names;
use crate::cascade::{self, Prospect};
use crate::config::Config;
use crate::db::Conn;
use crate::error::Answer;
use crate::i18n::Language;
use crate::ids::CustomerId;
use crate::network::store::Visible;

/// Probability of being active from which a payer may speak for us. Default.
const ACTIVE: f64 = 0.5;
/// Days of history in which somebody may have paid before: the window of the churn statistics.
const HISTORY_DAYS: u64 = 104 * 7;
/// A probability below this shows nowhere. Default.
const NOTABLE: f64 = 0.0005;
/// Partners that are told of a customer at most.
const TOLD_SOURCES: usize = 3;

/// What the answer is computed from.
#[derive(Debug)]
pub struct Grounds {
    /// For each customer of the network: the probability that it speaks for us.
    start: Vec<f64>,
    /// For each customer of the network: whether it is known to pay for nothing.
    open: Vec<bool>,
    /// When those who pay no more paid last.
    paid_before: HashMap<CustomerId, NaiveDate>,
    known: f64,
    advocates: u64,
}

/// A partner because of whom somebody may be won.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct BecauseOf {
    /// Who.
    pub partner: Pointer,
    /// What it adds to the probability.
    pub probability: f64,
    /// Share of the customer's business that goes over it.
    pub share: f64,
}

/// Somebody who may be won as a payer.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ProspectView {
    /// Who.
    pub customer: Pointer,
    /// Probability of the hypothesis that it is won within the horizon.
    pub won_probability: f64,
    /// Business that moves on its links over the window, paid by others, in the run's business basis.
    pub potential_business: f64,
    /// The last day in the 104 weeks before the window's end on which it paid; `null`: it did not.
    pub paid_before: Option<NaiveDate>,
    /// Because of whom, the largest first: at most three.
    pub because_of: Vec<BecauseOf>,
    /// Why, for people.
    pub reason: String,
}

/// Who may be won next.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SpreadView {
    /// Where the numbers come from.
    pub source: Source,
    /// The answer for people, sentence by sentence, and what it rests on.
    pub summary: Vec<String>,
    /// Always `hypothesis`: nothing in the data confirms that loyalty spreads.
    pub term: &'static str,
    /// Share of the window's shipments of which it is known who paid.
    pub payers_known: f64,
    /// Payers from whom loyalty may spread: active, with a green or amber light.
    pub advocates: u64,
    /// Customers that trade over us and are known to pay for nothing.
    pub open: u64,
    /// Those who may be won, the likeliest first.
    pub data: Vec<ProspectView>,
    /// Those that may be won and are not among these.
    pub others: u64,
}

/// Reads who pays and how content they are.
///
/// # Errors
///
/// The database's.
pub fn read(conn: &mut Conn, engine: &Engine) -> Answer<Grounds> {
    let run = engine.run();
    let back = |days: u64| {
        run.as_of
            .checked_sub_days(Days::new(days))
            .unwrap_or(run.as_of)
    };
    let window_from = back(u64::try_from(run.window_days).unwrap_or(0));
    let paying = snapshot::payers(conn, (window_from, run.as_of))?;
    let maybe = snapshot::may_have_paid(conn, (window_from, run.as_of))?;
    let before = snapshot::payers(conn, (back(HISTORY_DAYS), window_from))?;
    let people = snapshot::loyalty(conn, run.id)?;
    Ok(grounds(engine, &people, (&paying, &maybe), &before))
}

fn grounds(
    engine: &Engine,
    people: &[Loyalty],
    (paying, maybe): (&[Paid], &HashSet<CustomerId>),
    before: &[Paid],
) -> Grounds {
    let customers = engine.network().customers();
    let payers: HashSet<CustomerId> = paying.iter().filter_map(|paid| paid.payer_id).collect();
    let (mut start, mut open) = (vec![0.0; customers], vec![false; customers]);
    let mut advocates = 0;
    for person in people {
        let Some(index) = engine.index_of(person.customer_id) else {
            continue;
        };
        let at = index as usize;
        let trades = engine.network().business(at).unwrap_or(0.0) > 0.0;
        let pays = payers.contains(&person.customer_id);
        let content = matches!(person.light.as_deref(), Some("green" | "amber"));
        if let Some(open) = open.get_mut(at) {
            let known = !pays && !maybe.contains(&person.customer_id);
            *open = trades && known && !person.deleted;
        }
        if pays && content && person.p_alive >= ACTIVE {
            advocates += 1;
            if let Some(start) = start.get_mut(at) {
                *start = (person.p_alive * person.score.unwrap_or(0.0)).clamp(0.0, 1.0);
            }
        }
    }
    let all: i64 = paying.iter().map(|paid| paid.shipments).sum();
    let unknown: i64 = paying
        .iter()
        .filter(|paid| paid.payer_id.is_none())
        .map(|paid| paid.shipments)
        .sum();
    Grounds {
        start,
        open,
        paid_before: before
            .iter()
            .filter_map(|paid| Some((paid.payer_id?, paid.last_on)))
            .collect(),
        known: if all > 0 {
            1.0 - unknown as f64 / all as f64
        } else {
            0.0
        },
        advocates,
    }
}

/// Ranks those who may be won.
///
/// # Errors
///
/// The cascade's, as internal errors.
pub fn compute(engine: &Engine, grounds: &Grounds) -> Answer<Vec<Prospect>> {
    // Where nobody is known to pay, everybody would look open.
    if grounds.known <= 0.0 {
        return Ok(Vec::new());
    }
    let mut found = cascade::spread(engine.network(), &grounds.start, &grounds.open)?;
    found.retain(|prospect| prospect.won >= NOTABLE);
    Ok(found)
}

/// Who may be won, as a caller sees it.
///
/// # Errors
///
/// The database's.
pub fn view(
    conn: &mut Conn,
    engine: &Engine,
    (grounds, prospects): (&Grounds, &[Prospect]),
    (teams, limit): (&Teams, usize),
    (language, config): (Language, &Config),
) -> Answer<SpreadView> {
    let visible = Visible::of(conn, teams)?;
    let seen: Vec<(CustomerId, &Prospect)> = prospects
        .iter()
        .filter_map(|prospect| Some((engine.customer(prospect.customer)?, prospect)))
        .filter(|(customer, _)| visible.allows(*customer))
        .take(limit)
        .collect();
    let mut wanted: HashSet<i64> = HashSet::new();
    for (customer, prospect) in &seen {
        wanted.insert(customer.0);
        let partners = prospect.sources.iter().take(TOLD_SOURCES);
        wanted.extend(partners.filter_map(|source| Some(engine.customer(source.partner)?.0)));
    }
    let wanted: Vec<i64> = wanted.into_iter().collect();
    let names = visible_names(conn, &wanted, teams)?;
    let names = Names(&names);
    let source = engine.run().source();
    let words = Words::new(language, &source, config);
    let open = grounds.open.iter().filter(|open| **open).count() as u64;
    let data = seen
        .iter()
        .map(|(customer, prospect)| {
            let paid_before = grounds.paid_before.get(customer).copied();
            told(engine, (*customer, prospect), paid_before, names, &words)
        })
        .collect::<Answer<Vec<_>>>()?;
    Ok(SpreadView {
        summary: words.spread(
            grounds.known,
            grounds.advocates,
            open,
            prospects.len() as u64,
        )?,
        term: "hypothesis",
        payers_known: grounds.known,
        advocates: grounds.advocates,
        open,
        others: (prospects.len() - data.len()) as u64,
        data,
        source,
    })
}

fn told(
    engine: &Engine,
    (customer, prospect): (CustomerId, &Prospect),
    paid_before: Option<NaiveDate>,
    names: Names<'_>,
    words: &Words<'_>,
) -> Answer<ProspectView> {
    let because_of: Vec<(CustomerId, &cascade::Source)> = prospect
        .sources
        .iter()
        .take(TOLD_SOURCES)
        .filter_map(|source| Some((engine.customer(source.partner)?, source)))
        .collect();
    let reason = words.prospect(customer, prospect, &because_of, paid_before, names)?;
    Ok(ProspectView {
        customer: names.pointer(customer),
        won_probability: prospect.won,
        potential_business: prospect.potential,
        paid_before,
        because_of: because_of
            .iter()
            .map(|(partner, source)| BecauseOf {
                partner: names.pointer(*partner),
                probability: source.contribution,
                share: source.share,
            })
            .collect(),
        reason,
    })
}
