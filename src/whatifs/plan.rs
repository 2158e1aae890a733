//! Whom to look after under a budget: candidates gathered, chosen, kept, shown.

mod views;

use std::collections::{BTreeSet, HashMap};

use super::changes::find_in;
use super::engine::Engine;
use super::request::{CANDIDATES, CandidateInput, PlanInput, Wrong};
use super::store::snapshot::{self, Standing};
use super::store::{self, Kept, PlanRow};
use super::views::{Names, Shift};
use super::words::Words;
use crate::access::Teams;
use crate::access::audit::{self, Actor, Deed};
use crate::assessment::read::Source;
use crate::assessment::store::view::visible_names;
use crate::cascade::{self, Candidate, PlanOptions, WorldOptions};
use crate::config::Config;
use crate::db::{Conn, UtcTime};
use crate::error::{Answer, Error};
use crate::i18n::Language;
use crate::ids::{CustomerId, PlanId};
use crate::plays::AssumedEffect;

pub use views::{ChosenView, KeptChosen, KeptPlan, Measured, PlanView};

/// Most times that the cascade is solved while choosing.
const SOLVES: u32 = 200;
/// Worlds that a plan is checked in where the caller does not say, and their seed.
const CHECK: WorldOptions = WorldOptions {
    worlds: 2_000,
    seed: 1,
};

/// Somebody whom the plan may choose.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// Who.
    pub customer: CustomerId,
    index: u32,
    /// Minor units.
    cost: i64,
    effect: f64,
    blast_radius: f64,
    gone: bool,
}

/// All whom the plan may choose.
#[derive(Clone, Debug)]
pub struct Field {
    /// They.
    pub weighed: Vec<Weighed>,
    /// Customers of the watch list that were left out because they seem to have left already.
    pub gone: u64,
    /// What was taken for the effect of a play where the request does not say; `None`: it says for all.
    pub assumed: Option<AssumedEffect>,
}

/// Gathers the candidates of a checked request, as far as these teams may see them. `setting` is the
/// effect of a play where neither the request nor plays that were measured say.
///
/// # Errors
///
/// 404 for a candidate that is not there, or not for these teams; 422 for one that comes twice.
pub fn gather(
    conn: &mut Conn,
    engine: &Engine,
    input: &PlanInput,
    teams: &Teams,
    setting: f64,
) -> Answer<Field> {
    let assumed = engine.assumed_effect(setting);
    let effect = input.effect.unwrap_or(assumed.effect);
    let mut field = match &input.candidates {
        Some(_) => named(conn, engine, input, teams, effect)?,
        None => watched(conn, engine, input, teams, effect)?,
    };
    let silent = |all: &Vec<CandidateInput>| all.iter().any(|one| one.effect.is_none());
    let used = input.effect.is_none() && input.candidates.as_ref().is_none_or(silent);
    field.assumed = used.then_some(assumed);
    Ok(field)
}

fn named(
    conn: &mut Conn,
    engine: &Engine,
    input: &PlanInput,
    teams: &Teams,
    effect: f64,
) -> Answer<Field> {
    let mut found = Vec::new();
    let mut places: HashMap<CustomerId, usize> = HashMap::new();
    let mut wrong = Wrong::default();
    for (at, candidate) in input.candidates.iter().flatten().enumerate() {
        let (customer, index) = find_in(conn, engine, &candidate.customer, teams)?;
        if let Some(first) = places.get(&customer) {
            let rule = format!("/candidates/{first} is this customer already");
            wrong.add(format!("/candidates/{at}/customer"), "duplicate", rule);
            continue;
        }
        places.insert(customer, at);
        found.push((customer, index, candidate));
    }
    wrong.finish()?;
    let ids: Vec<CustomerId> = found.iter().map(|(id, ..)| *id).collect();
    let standing = snapshot::standing(conn, engine.run().id, &ids)?;
    let weighed = found
        .into_iter()
        .map(|(customer, index, candidate)| {
            let of = standing.get(&customer);
            Weighed {
                customer,
                index,
                cost: candidate.cost,
                effect: candidate.effect.unwrap_or(effect),
                blast_radius: of.map_or(0.0, |of| of.blast_radius),
                gone: of.is_some_and(|of| of.is_gone(engine.save_effect())),
            }
        })
        .collect();
    Ok(Field {
        weighed,
        gone: 0,
        assumed: None,
    })
}

fn watched(
    conn: &mut Conn,
    engine: &Engine,
    input: &PlanInput,
    teams: &Teams,
    effect: f64,
) -> Answer<Field> {
    let run = engine.run().id;
    let (_, usual) = CANDIDATES;
    let top = input.top.map_or(usual, |top| top as usize);
    let most = i64::try_from(top).unwrap_or(i64::MAX);
    let cost = input.default_cost.unwrap_or_default();
    let weighed = snapshot::watched(conn, run, teams, most)?
        .into_iter()
        .filter_map(|standing: Standing| {
            Some(Weighed {
                customer: standing.customer_id,
                index: engine.index_of(standing.customer_id)?,
                cost,
                effect,
                blast_radius: standing.blast_radius,
                gone: false,
            })
        })
        .collect();
    let gone = if engine.save_effect() > 0.0 {
        u64::try_from(snapshot::gone(conn, run, teams)?).unwrap_or(0)
    } else {
        0
    };
    Ok(Field {
        weighed,
        gone,
        assumed: None,
    })
}

/// Chooses among the candidates and checks the choice in fresh worlds.
///
/// # Errors
///
/// The cascade's, as internal errors; 422 for a check that would take too long.
pub fn compute(engine: &Engine, input: &PlanInput, field: &Field) -> Answer<KeptPlan> {
    let worlds = check(engine, input)?;
    let candidates: Vec<Candidate> = field
        .weighed
        .iter()
        .map(|weighed| Candidate {
            customer: weighed.index,
            cost: weighed.cost as f64,
            effect: weighed.effect,
        })
        .collect();
    let options = PlanOptions {
        budget: input.budget as f64,
        solves: SOLVES,
        // Too few worlds say nothing.
        worlds: (worlds.worlds >= 2).then_some(worlds),
    };
    let network = engine.network();
    let plan = cascade::plan(network, network.own_churn(), &candidates, &options)?;
    let chosen = chosen(engine, field, &plan);
    Ok(KeptPlan {
        budget: input.budget,
        cost: chosen.iter().map(|chosen| chosen.cost).sum(),
        saved: plan.saved,
        ceiling: plan.ceiling,
        gap: plan.gap,
        expected_loss: Shift::new(plan.loss_before, plan.loss_after),
        measured: plan.measured.map(|saved| Measured {
            worlds: worlds.worlds,
            seed: worlds.seed,
            saved: saved.into(),
        }),
        chosen,
        considered: field.weighed.len() as u64,
        gone: field.gone,
        assumed: field.assumed,
    })
}

/// The worlds that a plan is checked in.
fn check(engine: &Engine, input: &PlanInput) -> Answer<WorldOptions> {
    let Some(wanted) = input.check else {
        return Ok(WorldOptions {
            worlds: CHECK.worlds.min(engine.most_worlds()),
            ..CHECK
        });
    };
    engine.check_worlds(wanted.worlds, "/check/worlds")?;
    Ok(WorldOptions {
        worlds: wanted.worlds,
        seed: wanted.seed,
    })
}

fn chosen(engine: &Engine, field: &Field, plan: &cascade::Plan) -> Vec<KeptChosen> {
    let by_index: HashMap<u32, &Weighed> = field
        .weighed
        .iter()
        .map(|weighed| (weighed.index, weighed))
        .collect();
    plan.chosen
        .iter()
        .filter_map(|chosen| {
            let weighed = by_index.get(&chosen.customer)?;
            Some(KeptChosen {
                customer: weighed.customer,
                cost: weighed.cost,
                effect: weighed.effect,
                own_churn: engine.own_churn(weighed.index),
                blast_radius: weighed.blast_radius,
                gain_alone: chosen.gain_alone,
                gain_in_plan: chosen.gain_in_plan,
                gone: weighed.gone,
            })
        })
        .collect()
}

/// Keeps a plan, with the record of who did.
///
/// # Errors
///
/// The database's.
pub fn keep(
    conn: &mut Conn,
    engine: &Engine,
    (name, field, result): (Option<&str>, &Field, &KeptPlan),
    actor: &Actor,
    now: UtcTime,
) -> Answer<PlanRow> {
    let kept = Kept {
        run: engine.run().id,
        name,
        actor: &actor.name,
        now,
    };
    let weighed: BTreeSet<CustomerId> = field.weighed.iter().map(|one| one.customer).collect();
    let row = store::insert_plan(conn, &kept, result, &weighed)?;
    let deed = Deed {
        action: "created",
        entity: "plan",
        id: Some(row.id.0),
        detail: None,
    };
    audit::record(conn, actor, &deed, now)?;
    Ok(row)
}

/// Removes a plan that these teams may see.
///
/// # Errors
///
/// 404 if there is none.
pub fn delete(conn: &mut Conn, id: i64, teams: &Teams, actor: &Actor, now: UtcTime) -> Answer<()> {
    let row = find(conn, id, teams)?;
    store::delete_plan(conn, row.id)?;
    let deed = Deed {
        action: "deleted",
        entity: "plan",
        id: Some(id),
        detail: None,
    };
    Ok(audit::record(conn, actor, &deed, now)?)
}

/// A kept plan that these teams may see.
///
/// # Errors
///
/// 404 if there is none.
pub fn find(conn: &mut Conn, id: i64, teams: &Teams) -> Answer<PlanRow> {
    store::plan(conn, PlanId(id), teams)?.ok_or_else(|| Error::not_found("plan", id))
}

/// What is shown beside the numbers of a plan.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Its id, maker and time, if it was kept.
    pub kept: Option<&'a PlanRow>,
    /// What it is called.
    pub name: Option<&'a str>,
    /// Where its numbers come from.
    pub source: Source,
}

/// A plan as a caller sees it.
///
/// # Errors
///
/// The database's.
pub fn view(
    conn: &mut Conn,
    frame: Frame<'_>,
    plan: &KeptPlan,
    teams: &Teams,
    (language, config): (Language, &Config),
) -> Answer<PlanView> {
    let wanted: Vec<i64> = plan.chosen.iter().map(|one| one.customer.0).collect();
    let names = visible_names(conn, &wanted, teams)?;
    let names = Names(&names);
    let cascade_term = frame.source.cascade_term;
    let words = Words::new(language, &frame.source, config);
    let summary = words.plan(plan)?;
    let chosen = plan
        .chosen
        .iter()
        .map(|chosen| {
            let after = chosen.own_churn * (1.0 - chosen.effect);
            Ok(ChosenView {
                customer: names.pointer(chosen.customer),
                cost: chosen.cost,
                effect: chosen.effect,
                own_churn: Shift::new(chosen.own_churn, after),
                blast_radius: chosen.blast_radius,
                gain: chosen.gain_in_plan,
                gain_alone: chosen.gain_alone,
                gone: chosen.gone,
                reason: words.reason(chosen, names)?,
            })
        })
        .collect::<Answer<_>>()?;
    Ok(PlanView {
        id: frame.kept.map(|row| row.id.0),
        name: frame.name.map(str::to_owned),
        summary,
        source: frame.source,
        budget: plan.budget,
        cost: plan.cost,
        saved: plan.saved,
        ceiling: plan.ceiling,
        gap: plan.gap,
        expected_loss: plan.expected_loss,
        measured: plan.measured,
        chosen,
        considered: plan.considered,
        left_out: plan.gone,
        assumed_effect: plan.assumed,
        cascade_term,
        actor: frame.kept.map(|row| row.actor.clone()),
        created_at: frame.kept.map(|row| row.created_at),
    })
}
