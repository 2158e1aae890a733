//! One account: its departments, the gate, the way to green, and what changed since the run before.

use super::gather::{Gathered, Said};
use super::priors::Companys;
use super::{AccountScore, DepartmentScore, Priors, value_at, weighted};
use crate::assessment::AssessmentError;
use crate::assessment::inputs::{DepartmentOf, Observed, Previous, Targeted};
use crate::assessment::model::{
    DepartmentParts, Evidence, GreenPath, GreenStep, ScoreChanges, counted_weights, department_key,
};
use crate::ids::CustomerId;
use crate::satisfaction::account::{self, AccountSettings};
use crate::satisfaction::changes::{self, State};
use crate::satisfaction::department::{self, PRIOR_MEAN};
use crate::satisfaction::green::{self, Input, Owned, Standing, Step, ToGreen};
use crate::satisfaction::{Department, DepartmentSettings, Kpi, Member};

/// What an account is compared with.
pub struct Usual<'a> {
    /// Prior means by kind.
    pub priors: &'a Priors,
    /// How customers sound.
    pub company: &'a Companys,
    /// The run before.
    pub previous: Option<&'a Previous>,
}

/// Scores an account.
pub fn account(
    gathered: Gathered,
    kpis: Vec<Observed>,
    targets: Targeted<'_>,
    usual: &Usual<'_>,
) -> Result<AccountScore, AssessmentError> {
    let customer = gathered.customer;
    let lately: Vec<bool> = gathered
        .departments
        .iter()
        .map(|(_, said)| said.lately)
        .collect();
    let departments = gathered
        .departments
        .into_iter()
        .map(|(of, said)| department(customer, of, &said, &kpis, usual))
        .collect::<Result<Vec<_>, AssessmentError>>()?;
    let weights = counted_weights(
        departments
            .iter()
            .map(|one| (one.of.weight, one.of.required)),
    );
    let required: Vec<(&DepartmentScore, f64)> = departments
        .iter()
        .zip(&weights)
        .filter_map(|(one, weight)| Some((one, (*weight)?)))
        .collect();
    let members: Vec<Member> = required
        .iter()
        .map(|(one, weight)| Member {
            weight: *weight,
            department: one.score,
        })
        .collect();
    let settings = AccountSettings::default();
    let account = account::score(&members, &settings)?;
    let weakest = account
        .weakest
        .and_then(|at| required.get(at))
        .map(|(one, _)| one.of.name.clone())
        .unwrap_or_default();
    let to_green = to_green(&required, &kpis, targets, settings.tau)?;
    let changes = changed((customer, account.score), &required, usual.previous)?;
    let heard = lately
        .iter()
        .zip(&weights)
        .filter(|(lately, weight)| **lately && weight.is_some())
        .count();
    Ok(AccountScore {
        customer,
        weakest,
        evidence: evidence(account.coverage),
        account,
        kpis,
        heard,
        required: required.len(),
        sentiment: usual.company.customer(customer),
        dimensions: gathered.dimensions,
        to_green,
        changes,
        departments,
    })
}

fn evidence(coverage: f64) -> Evidence {
    if coverage <= 0.0 {
        Evidence::None
    } else if coverage < 0.5 {
        Evidence::Low
    } else {
        Evidence::Enough
    }
}

fn department(
    customer: CustomerId,
    of: DepartmentOf,
    said: &Said,
    kpis: &[Observed],
    usual: &Usual<'_>,
) -> Result<DepartmentScore, AssessmentError> {
    let settings = DepartmentSettings::default();
    let facts = weighted(of.kind.kpis(), kpis);
    let prior_mean = usual
        .priors
        .get(&of.kind)
        .map_or(PRIOR_MEAN, |prior| prior.mean);
    let sentiment = usual.company.department(customer, &said.words)?;
    let voice = sentiment.and_then(|found| usual.company.voice(&found));
    let score = department::score_with(&said.answers, &facts, voice, prior_mean, &settings)?;
    let parts = score.parts(prior_mean, &settings);
    Ok(DepartmentScore {
        of,
        score,
        parts: DepartmentParts {
            prior_mean,
            prior: parts.prior,
            kpis: parts.kpis,
            answers: parts.answers,
            sentiment: parts.sentiment,
            sentiment_score: voice.map(|voice| voice.score),
            sentiment_weight: voice.map_or(0.0, |voice| voice.weight),
        },
        sentiment,
        last_heard_on: said.last_on,
    })
}

fn to_green(
    required: &[(&DepartmentScore, f64)],
    kpis: &[Observed],
    targets: Targeted<'_>,
    tau: f64,
) -> Result<GreenPath, AssessmentError> {
    let standing: Vec<Standing> = required
        .iter()
        .map(|(one, _)| Standing {
            department: one.score,
            kpis: owned(one, kpis),
        })
        .collect();
    let name = |at: &usize| required.get(*at).map(|(one, _)| one.of.name.clone());
    Ok(
        match green::to_green(&standing, tau, &DepartmentSettings::default())? {
            ToGreen::Green => GreenPath {
                green: true,
                ..GreenPath::default()
            },
            ToGreen::Lacking(lacking) => GreenPath {
                lacking: lacking.iter().filter_map(name).collect(),
                ..GreenPath::default()
            },
            ToGreen::Step(step) => GreenPath {
                step: Some(told(&step, &standing, name, targets)),
                ..GreenPath::default()
            },
        },
    )
}

/// The KPIs that a department judges us by, as observed.
fn owned(one: &DepartmentScore, kpis: &[Observed]) -> Vec<Owned> {
    let all: f64 = one.of.kind.kpis().iter().map(|(_, weight)| weight).sum();
    one.of
        .kind
        .kpis()
        .iter()
        .filter_map(|(kpi, weight)| {
            let observed = kpis.iter().find(|observed| observed.kpi == *kpi)?;
            Some(Owned {
                kpi: *kpi,
                share: weight / all,
                desirability: observed.desirability,
            })
        })
        .collect()
}

fn told(
    step: &Step,
    standing: &[Standing],
    name: impl Fn(&usize) -> Option<String>,
    targets: Targeted<'_>,
) -> GreenStep {
    let owners = |kpi: Kpi| {
        (0..standing.len())
            .filter(|at| {
                let kpis = standing.get(*at).map(|one| &one.kpis);
                kpis.is_some_and(|kpis| kpis.iter().any(|owned| owned.kpi == kpi))
            })
            .filter_map(|at| name(&at))
            .collect()
    };
    let (input, kpi, departments) = match step.input {
        Input::Kpi(kpi) => ("kpi", Some(kpi), owners(kpi)),
        Input::Answers(at) => ("answers", None, name(&at).into_iter().collect()),
        Input::OneMore(at) => ("one_more_answer", None, name(&at).into_iter().collect()),
    };
    let value = |desirability| kpi.and_then(|kpi| value_at(targets, kpi, desirability));
    GreenStep {
        input: input.to_owned(),
        kpi,
        departments,
        from: step.from,
        to: step.to,
        value_from: value(step.from),
        value_to: value(step.to),
    }
}

fn changed(
    (customer, after): (CustomerId, f64),
    required: &[(&DepartmentScore, f64)],
    previous: Option<&Previous>,
) -> Result<Option<ScoreChanges>, AssessmentError> {
    let Some((previous, (before, states))) =
        previous.and_then(|run| Some((run, run.accounts.get(&customer)?)))
    else {
        return Ok(None);
    };
    if states.is_empty() {
        return Ok(None);
    }
    let now: Vec<State> = required
        .iter()
        .map(|(one, weight)| state(one, *weight))
        .collect();
    Ok(Some(ScoreChanges {
        run_id: previous.run.0,
        since: previous.as_of,
        before: *before,
        after,
        departments: changes::explain(states, &now)?,
    }))
}

fn state(one: &DepartmentScore, weight: f64) -> State {
    let score: &Department = &one.score;
    State {
        key: department_key(one.of.id, &one.of.name),
        name: one.of.name.clone(),
        weight,
        masses: score.masses(one.parts.prior_mean, &DepartmentSettings::default()),
    }
}
