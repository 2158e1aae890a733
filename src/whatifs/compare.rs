//! Several what-ifs of one run side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::engine::Engine;
use super::store::WhatIfRow;
use super::views::{ChangeView, Names, Shift};
use super::what_if::{find, outcome};
use super::words::Words;
use crate::access::Teams;
use crate::assessment::read::{Pointer, Source};
use crate::assessment::store::view::visible_names;
use crate::cascade::{Affected, Change};
use crate::config::Config;
use crate::db::Conn;
use crate::error::{Answer, Error, ProblemPart};
use crate::i18n::Language;
use crate::ids::CustomerId;
use crate::network::store::Visible;

/// What-ifs in one comparison, fewest and most.
pub const COMPARED: (usize, usize) = (2, 10);
/// Customers that a comparison names.
const NAMED: usize = 20;
/// Values that differ by less show alike.
const NOTABLE: f64 = 0.0005;

/// A what-if among others.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ComparedWhatIf {
    /// Its id.
    pub id: i64,
    /// What its maker calls it.
    pub name: Option<String>,
    /// What was taken to be otherwise.
    pub changes: Vec<ChangeView>,
    /// Expected loss of value in the whole network.
    pub expected_loss: Shift,
    /// What it does to the expected loss, for people.
    pub summary: String,
}

/// What becomes of a customer in one what-if.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Fate {
    /// Probability that it leaves within the horizon.
    pub churn_probability: f64,
    /// Value expected from its links over the horizon. A link counts with both its ends.
    pub expected_value: f64,
}

/// A customer for whom the what-ifs differ.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ComparedCustomer {
    /// Who.
    pub customer: Pointer,
    /// As the run has it.
    pub before: Fate,
    /// In each what-if, in the order asked for.
    pub what_ifs: Vec<Fate>,
    /// Largest expected value less smallest, over the what-ifs.
    pub spread: f64,
}

/// What-ifs side by side.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Comparison {
    /// Where the numbers come from.
    pub source: Source,
    /// The what-ifs in the order asked for.
    pub what_ifs: Vec<ComparedWhatIf>,
    /// The customers for whom they differ most: at most twenty that the caller may see.
    pub customers: Vec<ComparedCustomer>,
    /// Customers for whom they differ that are not among these.
    pub others: u64,
}

/// The what-ifs with these ids, all of the same run.
///
/// # Errors
///
/// 404 for one that is not there; 422 if they are too few, too many, repeated, or of several runs.
pub fn wanted(conn: &mut Conn, ids: &[i64], teams: &Teams) -> Answer<Vec<WhatIfRow>> {
    let distinct: BTreeSet<i64> = ids.iter().copied().collect();
    let (fewest, most) = COMPARED;
    if distinct.len() != ids.len() || !(fewest..=most).contains(&ids.len()) {
        let rule = format!("expected {fewest} to {most} different what-ifs");
        return Err(refused("bad_ids", rule));
    }
    let rows = ids
        .iter()
        .map(|id| find(conn, *id, teams))
        .collect::<Answer<Vec<_>>>()?;
    let runs: BTreeSet<i64> = rows.iter().map(|row| row.run_id.0).collect();
    if runs.len() > 1 {
        let told: Vec<String> = rows
            .iter()
            .map(|row| format!("{} of run {}", row.id, row.run_id))
            .collect();
        let rule = format!(
            "expected what-ifs of the same run: their numbers have nothing else in common; these are {}",
            told.join(", ")
        );
        return Err(refused("different_runs", rule));
    }
    Ok(rows)
}

fn refused(code: &'static str, rule: String) -> Error {
    Error::Unprocessable {
        code,
        detail: format!("ids: {rule}"),
        errors: vec![ProblemPart {
            pointer: "ids".to_owned(),
            code: code.to_owned(),
            detail: rule,
        }],
    }
}

/// What becomes of every customer that one of the what-ifs moves, one row each.
pub type Fates = BTreeMap<CustomerId, (Fate, Vec<Fate>)>;

/// Solves every what-if anew: what was kept names a few customers only.
///
/// # Errors
///
/// The cascade's, as internal errors.
pub fn fates(engine: &Engine, rows: &[WhatIfRow]) -> Answer<Fates> {
    let mut fates = Fates::new();
    for (place, row) in rows.iter().enumerate() {
        let changes: Vec<Change> = row
            .changes()?
            .iter()
            .map(|change| change.change(engine))
            .collect::<Answer<_>>()?;
        for one in outcome(engine, &changes)?.affected {
            let Some(customer) = engine.customer(one.customer) else {
                continue;
            };
            let (before, after) = ends(&one);
            // Whom a what-if does not move stays as the run has it.
            let (_, all) = fates
                .entry(customer)
                .or_insert_with(|| (before, vec![before; rows.len()]));
            if let Some(fate) = all.get_mut(place) {
                *fate = after;
            }
        }
    }
    Ok(fates)
}

fn ends(one: &Affected) -> (Fate, Fate) {
    let fate = |churn_probability, expected_value| Fate {
        churn_probability,
        expected_value,
    };
    (
        fate(one.churn_before, one.value_before),
        fate(one.churn_after, one.value_after),
    )
}

fn spread(fates: &[Fate], of: impl Fn(&Fate) -> f64) -> f64 {
    let values = || fates.iter().map(&of);
    values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min)
}

/// What-ifs side by side, as a caller sees them.
///
/// # Errors
///
/// The database's.
pub fn view(
    conn: &mut Conn,
    engine: &Engine,
    rows: &[WhatIfRow],
    fates: Fates,
    teams: &Teams,
    (language, config): (Language, &Config),
) -> Answer<Comparison> {
    let visible = Visible::of(conn, teams)?;
    let mut differing: Vec<_> = fates
        .into_iter()
        .map(|(customer, (before, all))| {
            let spread = spread(&all, |fate| fate.expected_value);
            (customer, before, all, spread)
        })
        .filter(|(_, _, all, _)| spread(all, |fate| fate.churn_probability) >= NOTABLE)
        .collect();
    differing.sort_by(|a, b| b.3.total_cmp(&a.3).then(a.0.cmp(&b.0)));
    let count = differing.len();
    differing.retain(|(customer, ..)| visible.allows(*customer));
    differing.truncate(NAMED);
    let others = (count - differing.len()) as u64;

    let changes = rows
        .iter()
        .map(WhatIfRow::changes)
        .collect::<Result<Vec<_>, _>>()?;
    let mut wanted: BTreeSet<i64> = differing.iter().map(|(id, ..)| id.0).collect();
    for change in changes.iter().flatten() {
        wanted.extend(change.customers().iter().map(|id| id.0));
    }
    let wanted: Vec<i64> = wanted.into_iter().collect();
    let names = visible_names(conn, &wanted, teams)?;
    let names = Names(&names);
    let source = engine.run().source();
    let words = Words::new(language, &source, config);
    let what_ifs = rows
        .iter()
        .zip(&changes)
        .map(|(row, changes)| {
            let expected_loss = Shift::new(row.loss_before, row.loss_after);
            Ok(ComparedWhatIf {
                id: row.id.0,
                name: row.name.clone(),
                changes: changes.iter().map(|change| names.change(change)).collect(),
                expected_loss,
                summary: words.loss(changes, expected_loss, names)?,
            })
        })
        .collect::<Answer<_>>()?;
    Ok(Comparison {
        source,
        what_ifs,
        customers: differing
            .into_iter()
            .map(|(customer, before, what_ifs, spread)| ComparedCustomer {
                customer: names.pointer(customer),
                before,
                what_ifs,
                spread,
            })
            .collect(),
        others,
    })
}
