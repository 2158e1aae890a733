//! What follows from a set of changes: computed on the network in memory, kept, shown.

use std::collections::{BTreeSet, HashSet};

use super::changes::{Resolved, subjects};
use super::engine::Engine;
use super::request::{WhatIfInput, WorldsInput};
use super::store::{self, Kept, WhatIfRow};
use super::views::{
    KeptAffected, KeptPath, KeptWhatIf, Names, Others, Shift, Simulated, WhatIfView,
};
use super::words::Words;
use crate::access::Teams;
use crate::access::audit::{self, Actor, Deed};
use crate::assessment::store::view::visible_names;
use crate::cascade::{
    Affected, Change, Outcome, Session, WorldOptions, changed, explain_customer, paths, simulate,
};
use crate::config::Config;
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::Language;
use crate::ids::{CustomerId, WhatIfId};
use crate::network::store::Visible;

/// Changes of churn up to this are not followed any further.
const EPS: f64 = 1e-7;
/// A change of churn below this shows nowhere, and affects nobody. Default.
const NOTABLE: f64 = 0.0005;
/// Chains of dependence that are told of a customer at most.
const TOLD_PATHS: usize = 3;

/// Computes what follows from changes; names those of `visible` that matter most.
///
/// # Errors
///
/// The cascade's, as internal errors; 422 for a simulation that would take too long.
pub fn compute(
    engine: &Engine,
    changes: &[Resolved],
    input: &WhatIfInput,
    visible: &Visible,
) -> Answer<KeptWhatIf> {
    if let Some(wanted) = input.distribution {
        engine.check_worlds(wanted.worlds, "/distribution/worlds")?;
    }
    let asked: Vec<Change> = changes
        .iter()
        .map(|change| change.change(engine))
        .collect::<Answer<_>>()?;
    let outcome = outcome(engine, &asked)?;
    let simulated = input
        .distribution
        .map(|wanted| simulated(engine, &asked, wanted))
        .transpose()?;
    let about = subjects(changes);
    let affected = notable(engine, &outcome, &about);
    let moved = |up: bool| {
        let others = affected.iter().filter(|(id, _)| !about.contains(id));
        let ways = others.filter(|(_, one)| (one.churn_after > one.churn_before) == up);
        ways.count() as u64
    };
    let named = affected
        .iter()
        .filter(|(id, _)| visible.allows(*id))
        .take(input.named())
        .map(|(id, one)| told(engine, (*id, one), &about))
        .collect::<Answer<_>>()?;
    Ok(KeptWhatIf {
        expected_loss: Shift::new(outcome.expected_loss_before, outcome.expected_loss_after),
        affected: named,
        affected_count: affected.len() as u64,
        rising: moved(true),
        falling: moved(false),
        value_difference: affected
            .iter()
            .map(|(_, one)| one.value_after - one.value_before)
            .sum(),
        simulated,
    })
}

/// Solves the network with the changes, from the answer without them.
///
/// # Errors
///
/// The cascade's.
pub fn outcome(engine: &Engine, changes: &[Change]) -> Answer<Outcome> {
    let mut session = Session::new(engine.network(), engine.solution())?;
    Ok(session.what_if(changes, EPS)?)
}

/// Those whose churn probability moves so that it shows, or whom a change is about.
fn notable<'a>(
    engine: &Engine,
    outcome: &'a Outcome,
    about: &BTreeSet<CustomerId>,
) -> Vec<(CustomerId, &'a Affected)> {
    outcome
        .affected
        .iter()
        .filter_map(|one| Some((engine.customer(one.customer)?, one)))
        .filter(|(id, one)| {
            (one.churn_after - one.churn_before).abs() >= NOTABLE || about.contains(id)
        })
        .collect()
}

fn simulated(engine: &Engine, changes: &[Change], wanted: WorldsInput) -> Answer<Simulated> {
    let options = WorldOptions {
        worlds: wanted.worlds,
        seed: wanted.seed,
    };
    let network = engine.network();
    let before = simulate(network, network.own_churn(), &options)?;
    let (other, own) = changed(network, changes)?;
    let after = simulate(&other, &own, &options)?;
    Ok(Simulated {
        worlds: wanted.worlds,
        seed: wanted.seed,
        difference: after.difference(&before)?.into(),
        before: (&before).into(),
        after: (&after).into(),
    })
}

fn told(
    engine: &Engine,
    (customer, affected): (CustomerId, &Affected),
    about: &BTreeSet<CustomerId>,
) -> Answer<KeptAffected> {
    let changed = about.contains(&customer);
    Ok(KeptAffected {
        customer,
        changed,
        churn: Shift::new(affected.churn_before, affected.churn_after),
        value: Shift::new(affected.value_before, affected.value_after),
        paths: if changed {
            Vec::new()
        } else {
            chains(engine, affected.customer, about)?
        },
    })
}

/// The strongest chains of dependence from those whom changes are about.
fn chains(engine: &Engine, target: u32, about: &BTreeSet<CustomerId>) -> Answer<Vec<KeptPath>> {
    let (network, solution) = (engine.network(), engine.solution());
    let explained = explain_customer(network, solution, target as usize)?;
    let mut found = Vec::new();
    for source_id in about {
        let Some(source) = engine.index_of(*source_id) else {
            continue;
        };
        for path in paths(network, solution, source, target, TOLD_PATHS)? {
            let between = path.steps.split_last().map_or(&[][..], |(_, over)| over);
            let over: Vec<CustomerId> = between
                .iter()
                .filter_map(|step| engine.customer(step.customer))
                .collect();
            // A chain over somebody whom a change is about is told from there.
            if over.iter().any(|id| about.contains(id)) {
                continue;
            }
            let tie = explained.parts.iter().find(|part| part.partner == source);
            found.push(KeptPath {
                source: *source_id,
                share: tie.filter(|_| over.is_empty()).map(|part| part.share),
                over,
                strength: path.strength,
            });
        }
    }
    found.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    found.truncate(TOLD_PATHS);
    Ok(found)
}

/// A what-if that is to be kept.
#[derive(Debug)]
pub struct New<'a> {
    /// What to call it.
    pub name: Option<&'a str>,
    /// What was changed.
    pub changes: &'a [Resolved],
    /// What followed.
    pub result: &'a KeptWhatIf,
}

/// Keeps a what-if, with the record of who did.
///
/// # Errors
///
/// The database's.
pub fn keep(
    conn: &mut Conn,
    engine: &Engine,
    new: &New<'_>,
    actor: &Actor,
    now: UtcTime,
) -> Answer<WhatIfRow> {
    let row = store::insert_what_if(
        conn,
        &Kept {
            run: engine.run().id,
            name: new.name,
            actor: &actor.name,
            now,
        },
        (new.changes, new.result),
        &subjects(new.changes),
    )?;
    let deed = Deed {
        action: "created",
        entity: "what_if",
        id: Some(row.id.0),
        detail: None,
    };
    audit::record(conn, actor, &deed, now)?;
    Ok(row)
}

/// Removes a what-if that these teams may see.
///
/// # Errors
///
/// 404 if there is none.
pub fn delete(conn: &mut Conn, id: i64, teams: &Teams, actor: &Actor, now: UtcTime) -> Answer<()> {
    let row = find(conn, id, teams)?;
    store::delete_what_if(conn, row.id)?;
    let deed = Deed {
        action: "deleted",
        entity: "what_if",
        id: Some(id),
        detail: None,
    };
    Ok(audit::record(conn, actor, &deed, now)?)
}

/// A kept what-if that these teams may see.
///
/// # Errors
///
/// 404 if there is none.
pub fn find(conn: &mut Conn, id: i64, teams: &Teams) -> Answer<WhatIfRow> {
    store::what_if(conn, WhatIfId(id), teams)?.ok_or_else(|| Error::not_found("what-if", id))
}

/// What is shown beside the numbers of a what-if.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Its id, maker and time, if it was kept.
    pub kept: Option<&'a WhatIfRow>,
    /// What it is called.
    pub name: Option<&'a str>,
    /// Where its numbers come from.
    pub source: crate::assessment::read::Source,
}

/// A what-if as a caller sees it.
///
/// # Errors
///
/// The database's.
pub fn view(
    conn: &mut Conn,
    frame: Frame<'_>,
    (changes, result): (&[Resolved], &KeptWhatIf),
    teams: &Teams,
    (language, config): (Language, &Config),
) -> Answer<WhatIfView> {
    let mut wanted: HashSet<i64> = subjects(changes).iter().map(|id| id.0).collect();
    for affected in &result.affected {
        wanted.insert(affected.customer.0);
        for path in &affected.paths {
            wanted.insert(path.source.0);
            wanted.extend(path.over.iter().map(|id| id.0));
        }
    }
    let wanted: Vec<i64> = wanted.into_iter().collect();
    let names = visible_names(conn, &wanted, teams)?;
    let names = Names(&names);
    let seen: Vec<_> = result
        .affected
        .iter()
        .filter_map(|one| Some((one, names.affected(one)?)))
        .collect();
    let told: f64 = seen.iter().map(|(kept, _)| kept.value.difference).sum();
    let count = result.affected_count.saturating_sub(seen.len() as u64);
    let others = Others {
        count,
        // What is left of two sums of the same numbers is rounding.
        value_difference: if count == 0 {
            0.0
        } else {
            result.value_difference - told
        },
    };
    let cascade_term = frame.source.cascade_term;
    let words = Words::new(language, &frame.source, config);
    let summary = words.what_if(changes, result, names)?;
    Ok(WhatIfView {
        id: frame.kept.map(|row| row.id.0),
        name: frame.name.map(str::to_owned),
        summary,
        source: frame.source,
        changes: changes.iter().map(|change| names.change(change)).collect(),
        expected_loss: result.expected_loss,
        affected_count: result.affected_count,
        affected: seen.into_iter().map(|(_, view)| view).collect(),
        others,
        distribution: result.simulated.clone(),
        cascade_term,
        actor: frame.kept.map(|row| row.actor.clone()),
        created_at: frame.kept.map(|row| row.created_at),
    })
}
