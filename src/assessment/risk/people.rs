//! Whom an explanation names: partners that add to a risk, partners that would follow.

use rayon::prelude::*;

use super::super::AssessmentError;
use super::super::inputs::Inputs;
use super::super::model::{Follower, Part};
use super::CustomerRisk;
use crate::cascade::{self, Network, Solution};

/// Partners that an explanation names at most.
const NAMED_PARTS: usize = 5;
/// Followers that a snapshot names at most.
const NAMED_FOLLOWERS: usize = 5;
/// What adds less is not worth a name: it would show as nothing.
const NOTABLE: f64 = 0.0005;

pub(super) fn parts(inputs: &Inputs, explained: &cascade::Explanation) -> Vec<Part> {
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
pub(super) fn followers(
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
