//! Risk of every customer and link: own churn, then the cascade over it.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use rayon::prelude::*;
use serde::Serialize;

use super::AssessmentError;
use super::inputs::Inputs;
use super::model::{BusinessBasis, Evidence, Follower, Part, Role, ValueBasis};
use crate::cascade::{self, Description, Link, Network, Options, Solution, Strengths};
use crate::churn::{self, Activity, Fit, FitOptions, History, Score};
use crate::ids::CustomerId;
use crate::network::{LinkMeasures, choose_basis};
use crate::shipments::model::FreightTerms;

/// Weeks of history behind the churn statistics.
pub const HISTORY_WEEKS: u32 = churn::statistics::WINDOW_WEEKS;
/// Entities that a segment needs for parameters of its own. Default.
const SEGMENT: usize = 30;
/// Partners that an explanation names at most.
const NAMED_PARTS: usize = 5;
/// Followers that a snapshot names at most.
const NAMED_FOLLOWERS: usize = 5;
/// Share of shipments whose amount must be known for it to be the network's measure. Default.
const KNOWN_SHARE: f64 = 0.8;
/// What adds less is not worth a name: it would show as nothing.
const NOTABLE: f64 = 0.0005;
/// Own churn from which a customer that was silent for a whole horizon has left already: a play
/// would come too late for it. Default.
const GONE: f64 = 0.9;
/// Tolerance of the solver.
const SOLVER: Options = Options {
    eps: 1e-6,
    max_sweeps: 1_000,
};

/// When, and over what time, a run looks.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What was known before this day counts.
    pub as_of: NaiveDate,
    /// Weeks ahead.
    pub horizon_weeks: u32,
    /// Days of business.
    pub window_days: u32,
    /// The measure of business, if the operator has chosen one.
    pub basis: Option<BusinessBasis>,
    /// By how much a retention play lowers own churn.
    pub save_effect: f64,
}

/// Risk of one customer.
#[derive(Clone, Debug)]
pub struct CustomerRisk {
    /// Which.
    pub customer: CustomerId,
    /// Its side in the business window, or in the statistics' window if it was silent since.
    pub role: Role,
    /// Own churn with what it rests on.
    pub score: Score,
    /// Statistics behind it.
    pub history: History,
    /// Its last shipping day.
    pub last_on: NaiveDate,
    /// How much it rests on.
    pub evidence: Evidence,
    /// Churn probability, cascade included.
    pub churn: f64,
    /// Business over the window.
    pub business: f64,
    /// Share of it expected to be lost.
    pub business_at_risk: f64,
    /// Value of its links over the horizon.
    pub value: f64,
    /// Expected loss of that value.
    pub value_at_risk: f64,
    /// Expected loss if it is lost, less expected loss if it is safe.
    pub blast_radius: f64,
    /// What a retention play would save.
    pub save_value: f64,
    /// Partners in the window.
    pub partners: usize,
    /// Those without a shipment with it in the last horizon.
    pub partners_silent: usize,
    /// What the churn probability is made of.
    pub parts: Vec<Part>,
    /// Who would follow.
    pub followers: Vec<Follower>,
}

/// Risk of one link.
#[derive(Clone, Copy, Debug)]
pub struct LinkRisk {
    /// Business over the window.
    pub business: f64,
    /// Value over the horizon.
    pub value: f64,
    /// Probability that either end is lost.
    pub loss_probability: f64,
    /// The terms under which most of its shipments went: they chose its strengths.
    pub terms: FreightTerms,
}

impl LinkRisk {
    fn of(link: &Link, loss_probability: f64) -> Self {
        Self {
            business: link.business,
            value: link.value,
            loss_probability,
            terms: link.terms,
        }
    }
}

/// Risk of the whole network.
#[derive(Debug)]
pub struct Risks {
    /// In the order of the inputs' customers.
    pub customers: Vec<CustomerRisk>,
    /// In the order of the inputs' links.
    pub links: Vec<LinkRisk>,
    /// What business is measured in.
    pub business_basis: BusinessBasis,
    /// What value is measured in.
    pub value_basis: ValueBasis,
    /// Expected loss of value.
    pub expected_loss: f64,
    /// How it was computed.
    pub parameters: Parameters,
}

/// How a run was computed, for whoever wants to do it again.
#[derive(Clone, Debug, Serialize)]
pub struct Parameters {
    /// Churn parameters by segment.
    pub churn: HashMap<&'static str, Segment>,
    /// Strengths of the cascade: defaults that no data has confirmed.
    pub strengths: Strengths,
    /// Sweeps of the solver.
    pub sweeps: u32,
    /// No churn probability is farther than this from its fixed point.
    pub error_bound: f64,
    /// Whether the solver met its tolerance.
    pub converged: bool,
    /// Assumed effect of a retention play.
    pub save_effect: f64,
}

/// Churn parameters of a segment.
#[derive(Clone, Debug, Serialize)]
pub struct Segment {
    /// The model.
    pub model: &'static str,
    /// Shape of the shipping rate.
    pub r: f64,
    /// Scale of the shipping rate, weeks.
    pub alpha: f64,
    /// Of the drop-out probability.
    pub a: f64,
    /// Of the drop-out probability.
    pub b: f64,
    /// Log-likelihood.
    pub log_likelihood: f64,
    /// Entities fitted.
    pub entities: usize,
    /// Whether the segment was too small and took the parameters of all.
    pub pooled: bool,
}

/// Own churn of every customer of the inputs.
struct OwnChurn {
    scored: Vec<(Score, History, NaiveDate)>,
    segments: HashMap<&'static str, Segment>,
}

/// Computes every risk.
///
/// # Errors
///
/// [`AssessmentError`] if a model refuses its input.
pub fn assess(inputs: &Inputs, scope: &Scope) -> Result<Risks, AssessmentError> {
    let own = own_churn(inputs, scope)?;
    let basis = choose_basis(&inputs.links, scope.basis);
    let value_basis = choose_value_basis(&inputs.links, basis);
    let index: HashMap<CustomerId, u32> = inputs.customers.iter().copied().zip(0..).collect();
    let horizon_share = f64::from(scope.horizon_weeks) * 7.0 / f64::from(scope.window_days);
    let links = compiled_links(&inputs.links, &index, (basis, value_basis), horizon_share);
    let own_churn: Vec<f64> = own
        .scored
        .iter()
        .map(|(score, ..)| score.churn.get())
        .collect();
    let nothing = vec![0.0; own_churn.len()];
    let strengths = Strengths::default();
    let network = Network::compile(&Description {
        own_churn: &own_churn,
        own_business: &nothing,
        own_value: &nothing,
        links: &links,
        strengths,
    })?;
    let solution = cascade::solve(&network, &SOLVER)?;
    let link_loss = solution.link_loss(&network);
    let blast = cascade::blast_radius(&network, &solution, &SOLVER)?;
    let report = solution.report();

    let sides = sides(&inputs.links, &links, &link_loss, own_churn.len(), scope);
    let mut customers = own
        .scored
        .into_par_iter()
        .zip(sides)
        .enumerate()
        .map(|(at, (own, side))| {
            let explained = cascade::explain_customer(&network, &solution, at)?;
            let radius = blast.values.get(at).copied().unwrap_or(0.0);
            Ok(customer(inputs, (at, own, side), &explained, radius, scope))
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    followers(&mut customers, &network, &solution)?;
    Ok(Risks {
        customers,
        links: links
            .iter()
            .zip(link_loss)
            .map(|(link, loss)| LinkRisk::of(link, loss))
            .collect(),
        business_basis: basis,
        value_basis,
        expected_loss: solution.expected_loss(),
        parameters: Parameters {
            churn: own.segments,
            strengths,
            sweeps: report.sweeps,
            error_bound: report.error_bound,
            converged: report.converged && blast.converged,
            save_effect: scope.save_effect,
        },
    })
}

/// Own churn by segment: shippers and consignees are fitted apart where there are enough of them.
fn own_churn(inputs: &Inputs, scope: &Scope) -> Result<OwnChurn, AssessmentError> {
    let histories = inputs
        .days
        .par_iter()
        .map(|days| {
            let activity = Activity::from_days(days, scope.as_of, HISTORY_WEEKS)?;
            let activity = activity.ok_or(AssessmentError::NoDays)?;
            Ok((activity.at(scope.as_of)?, activity.last()))
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    if histories.is_empty() {
        return Ok(OwnChurn {
            scored: Vec::new(),
            segments: HashMap::new(),
        });
    }
    let ships = shipping_side(inputs);
    let fit = |wanted: Option<bool>| -> Result<Option<Fit>, AssessmentError> {
        let chosen: Vec<History> = histories
            .iter()
            .zip(&ships)
            .filter(|(_, ships)| wanted.is_none_or(|wanted| wanted == **ships))
            .map(|((history, _), _)| *history)
            .collect();
        if wanted.is_some() && chosen.len() < SEGMENT {
            return Ok(None);
        }
        Ok(Some(churn::fit(&chosen, None, &FitOptions::default())?))
    };
    let all = fit(None)?.ok_or(AssessmentError::NoDays)?;
    let (shippers, consignees) = (fit(Some(true))?, fit(Some(false))?);
    let horizon = f64::from(scope.horizon_weeks);
    let scored = histories
        .into_par_iter()
        .zip(ships)
        .map(|((history, last_on), ships_more)| {
            let segment = if ships_more { shippers } else { consignees };
            let own = churn::score(&segment.unwrap_or(all), &history, horizon)?;
            Ok((own, history, last_on))
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    let segments = [
        ("all", Some(all)),
        ("shippers", shippers),
        ("consignees", consignees),
    ]
    .into_iter()
    .map(|(name, fit)| (name, segment(&fit.unwrap_or(all), fit.is_none())))
    .collect();
    Ok(OwnChurn { scored, segments })
}

fn segment(fit: &Fit, pooled: bool) -> Segment {
    let parameters = fit.model.parameters();
    Segment {
        model: "MBG/NBD",
        r: parameters.r,
        alpha: parameters.alpha,
        a: parameters.a,
        b: parameters.b,
        log_likelihood: fit.log_likelihood,
        entities: fit.entities,
        pooled,
    }
}

/// Whether each customer ships more than it receives in the business window.
fn shipping_side(inputs: &Inputs) -> Vec<bool> {
    let mut balance: HashMap<CustomerId, i64> = HashMap::new();
    for link in &inputs.links {
        *balance.entry(link.shipper).or_default() += i64::from(link.shipments);
        *balance.entry(link.consignee).or_default() -= i64::from(link.shipments);
    }
    inputs
        .customers
        .iter()
        .map(|customer| balance.get(customer).copied().unwrap_or(0) >= 0)
        .collect()
}

fn choose_value_basis(links: &[LinkMeasures], basis: BusinessBasis) -> ValueBasis {
    let sum = |count: fn(&LinkMeasures) -> u32| {
        links.iter().map(|link| f64::from(count(link))).sum::<f64>()
    };
    let shipments = sum(|link| link.shipments);
    if shipments > 0.0 && sum(|link| link.margin_known) >= KNOWN_SHARE * shipments {
        ValueBasis::Margin
    } else if basis == BusinessBasis::Revenue {
        ValueBasis::Revenue
    } else {
        ValueBasis::Business
    }
}

/// The terms under which most of a link's shipments went; a tie is unknown.
fn terms(link: &LinkMeasures) -> FreightTerms {
    let counted = [
        (link.prepaid, FreightTerms::Prepaid),
        (link.collect, FreightTerms::Collect),
        (link.third_party, FreightTerms::ThirdParty),
    ];
    let half = link.shipments / 2;
    counted
        .into_iter()
        .find(|(count, _)| *count > half)
        .map_or(FreightTerms::Unknown, |(_, terms)| terms)
}

fn compiled_links(
    links: &[LinkMeasures],
    index: &HashMap<CustomerId, u32>,
    (basis, value_basis): (BusinessBasis, ValueBasis),
    horizon_share: f64,
) -> Vec<Link> {
    links
        .iter()
        .filter_map(|link| {
            // A link inside the window makes both ends customers of the run; see `Inputs`.
            let (shipper, consignee) = (index.get(&link.shipper)?, index.get(&link.consignee)?);
            // Credits may outweigh what was billed; a share cannot be negative.
            let business = link.business(basis).max(0.0);
            let value = match value_basis {
                ValueBasis::Margin => link.margin as f64,
                ValueBasis::Revenue => link.revenue as f64,
                ValueBasis::Business => business,
            };
            Some(Link {
                shipper: *shipper,
                consignee: *consignee,
                business,
                value: value * horizon_share,
                terms: terms(link),
            })
        })
        .collect()
}

/// What the links of a customer come to.
#[derive(Clone, Debug, Default)]
struct Side {
    business: f64,
    value: f64,
    value_at_risk: f64,
    ships: bool,
    receives: bool,
    partners: Vec<(u32, bool)>,
}

fn sides(
    measures: &[LinkMeasures],
    links: &[Link],
    link_loss: &[f64],
    customers: usize,
    scope: &Scope,
) -> Vec<Side> {
    let mut sides = vec![Side::default(); customers];
    let horizon = Days::new(u64::from(scope.horizon_weeks) * 7);
    let silent_before = scope
        .as_of
        .checked_sub_days(horizon)
        .unwrap_or(NaiveDate::MIN);
    for ((measure, link), loss) in measures.iter().zip(links).zip(link_loss) {
        let silent = measure.last_on < silent_before;
        for (at, partner, ships) in [
            (link.shipper, link.consignee, true),
            (link.consignee, link.shipper, false),
        ] {
            let Some(side) = sides.get_mut(at as usize) else {
                continue;
            };
            side.business += link.business;
            side.value += link.value;
            side.value_at_risk += link.value * loss;
            side.ships |= ships;
            side.receives |= !ships;
            side.partners.push((partner, silent));
        }
    }
    sides
}

fn customer(
    inputs: &Inputs,
    (at, (own, history, last_on), side): (usize, (Score, History, NaiveDate), Side),
    explained: &cascade::Explanation,
    blast_radius: f64,
    scope: &Scope,
) -> CustomerRisk {
    let mut partners = side.partners;
    // A pair that trades both ways is one partner, silent if both ways are.
    partners.sort_unstable();
    partners.dedup_by(|later, earlier| {
        later.0 == earlier.0 && {
            earlier.1 &= later.1;
            true
        }
    });
    let low = own.evidence == churn::Evidence::Low || own.is_new;
    let silent_weeks = history.age() - history.t_x();
    let gone = own.churn.get() >= GONE && silent_weeks >= f64::from(scope.horizon_weeks);
    let effect = if gone { 0.0 } else { scope.save_effect };
    CustomerRisk {
        customer: inputs.customers.get(at).copied().unwrap_or(CustomerId(0)),
        role: match (side.ships, side.receives) {
            (true, true) => Role::Both,
            (false, true) => Role::Consignee,
            _ => Role::Shipper,
        },
        evidence: if low { Evidence::Low } else { Evidence::Enough },
        churn: explained.churn,
        business: side.business,
        business_at_risk: explained.business_at_risk.unwrap_or(explained.churn),
        value: side.value,
        value_at_risk: side.value_at_risk,
        blast_radius,
        save_value: cascade::save_value(own.churn.get(), effect, blast_radius),
        partners: partners.len(),
        partners_silent: partners.iter().filter(|(_, silent)| *silent).count(),
        parts: parts(inputs, explained),
        followers: Vec::new(),
        score: own,
        history,
        last_on,
    }
}

fn parts(inputs: &Inputs, explained: &cascade::Explanation) -> Vec<Part> {
    let mut parts = vec![Part::Own {
        probability: explained.own,
    }];
    let notable = explained
        .parts
        .iter()
        .take(NAMED_PARTS)
        .filter(|part| part.contribution >= NOTABLE)
        .count();
    let (named, others) = explained.parts.split_at(notable);
    parts.extend(named.iter().map(|part| Part::Partner {
        customer_id: id_at(inputs, part.partner),
        share: part.share,
        probability: part.contribution,
    }));
    if !others.is_empty() {
        // What is left to the total, so that the parts sum to it to the last bit that shows.
        let told: f64 = explained.own + named.iter().map(|part| part.contribution).sum::<f64>();
        parts.push(Part::Others {
            count: others.len() as u64,
            probability: (explained.churn - told).max(0.0),
        });
    }
    parts
}

fn id_at(inputs: &Inputs, index: u32) -> i64 {
    inputs
        .customers
        .get(index as usize)
        .map_or(0, |customer| customer.0)
}

/// Names for each customer the direct partners that would lose most with it.
///
/// If i is lost for certain, the message i→j rises to 1, so that j's churn rises by
/// `(1 - h_j) w_ji (1 - m[i->j])`: j's part from i, divided by m and multiplied by what m lacks.
/// Exact for direct partners where the ties form a forest.
fn followers(
    customers: &mut [CustomerRisk],
    network: &Network,
    solution: &Solution,
) -> Result<(), AssessmentError> {
    let rises = (0..customers.len())
        .into_par_iter()
        .map(|follower| {
            let explained = cascade::explain_customer(network, solution, follower)?;
            Ok(explained
                .parts
                .iter()
                .filter(|part| part.partner_loss > 0.0)
                .map(|part| {
                    let rise = part.contribution * (1.0 / part.partner_loss - 1.0);
                    (part.partner, follower, rise)
                })
                .collect::<Vec<_>>())
        })
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    let mut found: Vec<Vec<Follower>> = vec![Vec::new(); customers.len()];
    for (leader, follower, rise) in rises.into_iter().flatten() {
        let Some(risk) = customers.get(follower).filter(|_| rise >= NOTABLE) else {
            continue;
        };
        let Some(list) = found.get_mut(leader as usize) else {
            continue;
        };
        list.push(Follower {
            customer_id: risk.customer.0,
            churn_probability: risk.churn,
            churn_if_lost: (risk.churn + rise).min(1.0),
            value: risk.value,
        });
        // Sorted now and then, so that a customer with a million partners holds a few only.
        if list.len() >= NAMED_FOLLOWERS * 8 {
            keep_greatest(list);
        }
    }
    for (risk, mut list) in customers.iter_mut().zip(found) {
        keep_greatest(&mut list);
        risk.followers = list;
    }
    Ok(())
}

fn keep_greatest(list: &mut Vec<Follower>) {
    let weight = |follower: &Follower| {
        (follower.churn_if_lost - follower.churn_probability) * follower.value.max(1.0)
    };
    list.sort_by(|left, right| {
        weight(right)
            .total_cmp(&weight(left))
            .then(left.customer_id.cmp(&right.customer_id))
    });
    list.truncate(NAMED_FOLLOWERS);
}
