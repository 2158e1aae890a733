//! What a run says of churn itself, as steps.

use std::collections::BTreeMap;

use super::desk::{self, Act, Handle, Step};
use super::figures::{evidence, probability};
use super::store::alerts::{EndedRow, OpenAlert, SettledRow};
use super::store::{self, Candidate, Run};
use super::{AlertError, Desk, RuleBook};
use crate::alerts::facts::{Facts, Warning};
use crate::alerts::model::{AlertDeed, AlertReason, AlertSeverity, AlertState, Settlement};
use crate::alerts::rules::{
    Change, Limits, Reading, Settled, Standing, Subject, decide, severity, watch,
};
use crate::alerts::settings::Rule;
use crate::assessment::model::Evidence;
use crate::db::{Conn, DbError, DbResult};
use crate::ids::{AlertId, CustomerId};

/// The reasons that are about churn itself.
const CHURN: [AlertReason; 2] = [AlertReason::ChurnLevel, AlertReason::ChurnRise];

/// What the database knows of customers' alerts about churn.
struct Known {
    open: BTreeMap<CustomerId, Vec<OpenAlert>>,
    /// What open alerts about a rise say.
    rises: BTreeMap<AlertId, Facts>,
    settled: BTreeMap<CustomerId, SettledRow>,
    /// The newest that ended, where rules have a cool-down.
    ended: BTreeMap<(CustomerId, AlertReason), EndedRow>,
}

/// What is to be done about churn.
pub fn steps(
    conn: &mut Conn,
    desk: &Desk<'_>,
    run: &Run,
    book: &RuleBook,
) -> Result<Vec<Step>, AlertError> {
    let lowest = book.lowest_churn().map_err(stored)?;
    let candidates = store::candidates(conn, run, desk.before(), lowest)?;
    let known = known(conn, run, book, &candidates)?;
    let mut steps = Vec::new();
    for candidate in &candidates {
        of_customer(desk, run, (book, &known), candidate, &mut steps)?;
    }
    Ok(steps)
}

fn stored(error: impl std::fmt::Display) -> DbError {
    DbError::corrupt("alert_rules", error)
}

fn known(
    conn: &mut Conn,
    run: &Run,
    book: &RuleBook,
    candidates: &[Candidate],
) -> Result<Known, AlertError> {
    let mut open: BTreeMap<CustomerId, Vec<OpenAlert>> = BTreeMap::new();
    for alert in store::alerts::open_alerts(conn, &CHURN)? {
        if let Some(customer) = alert.customer_id {
            open.entry(customer).or_default().push(alert);
        }
    }
    let cools = |candidate: &&Candidate| {
        let days = |reason| book.rule(reason, candidate.team_id).values.cool_down_days;
        CHURN.into_iter().any(|reason| days(reason) > 0)
    };
    let cooling: Vec<_> = candidates
        .iter()
        .filter(cools)
        .map(|candidate| Some(candidate.customer_id))
        .collect();
    let mut ended = BTreeMap::new();
    for row in store::alerts::ended(conn, &CHURN, &cooling)? {
        if let (Some(customer), Some(reason)) = (row.customer_id, AlertReason::parse(&row.reason)) {
            ended.insert((customer, reason), row);
        }
    }
    Ok(Known {
        open,
        rises: store::alerts::open_facts(conn, AlertReason::ChurnRise)?,
        settled: store::alerts::settled(conn, run)?,
        ended,
    })
}

fn of_customer(
    desk: &Desk<'_>,
    run: &Run,
    (book, known): (&RuleBook, &Known),
    candidate: &Candidate,
    steps: &mut Vec<Step>,
) -> Result<(), AlertError> {
    let reading = reading(candidate)?;
    let customer = candidate.customer_id;
    let open = known.open.get(&customer).map_or(&[][..], Vec::as_slice);
    let standing: Vec<Standing> = open
        .iter()
        .map(|alert| standing(alert, &known.rises, run))
        .collect::<Result<_, _>>()?;
    let settled = known.settled.get(&customer);
    let settled = settled.map(|row| self::settled(row, run)).transpose()?;
    let mut limits = book.limits(candidate.team_id).map_err(stored)?;
    for reason in CHURN {
        let rule = book.rule(reason, candidate.team_id);
        if let Some(row) = known.ended.get(&(customer, reason))
            && is_cooling(desk, candidate, row, &rule)
        {
            match reason {
                AlertReason::ChurnLevel => limits.opens_level = false,
                _ => limits.opens_rise = false,
            }
        }
    }
    let severity = severity(&reading, &limits);
    for change in decide(&reading, &standing, settled.as_ref(), &limits) {
        let (Change::Open(subject)
        | Change::Update { subject, .. }
        | Change::Resolve { subject, .. }) = change;
        let alert = open
            .iter()
            .find(|alert| alert.reason == subject.reason().word());
        steps.extend(step(candidate, change, alert, (severity, &limits))?);
    }
    Ok(())
}

fn is_cooling(desk: &Desk<'_>, candidate: &Candidate, row: &EndedRow, rule: &Rule) -> bool {
    let (values, ended) = (&rule.values, desk.ended(row));
    let (days, step) = (values.cool_down_days, values.step);
    watch::is_cooling(candidate.churn_probability, &ended, days, step)
}

/// The step that carries a change out.
fn step(
    candidate: &Candidate,
    change: Change,
    alert: Option<&OpenAlert>,
    (severity, limits): (AlertSeverity, &Limits),
) -> Result<Option<Step>, AlertError> {
    let (Change::Open(subject) | Change::Update { subject, .. } | Change::Resolve { subject, .. }) =
        change;
    let (act, severity) = match (change, alert) {
        (Change::Open(_), _) => (Act::Open(warning(subject, limits)), severity),
        (Change::Update { severity, mail, .. }, Some(alert)) => {
            let state = desk::state(alert)?;
            let unknown = alert.measure_mailed.is_none() && state == AlertState::Open;
            let deed = if unknown {
                AlertDeed::Opened
            } else {
                AlertDeed::Worsened
            };
            let changed = alert.severity != severity.word()
                || (alert.measure - candidate.churn_probability).abs() > 0.0;
            let act = Act::Update {
                alert: Handle::of(alert)?,
                write: true,
                changed,
                warning: warning(subject, limits),
                tell: mail.then_some(deed),
            };
            (act, severity)
        }
        (Change::Resolve { ending, .. }, Some(alert)) => {
            let act = Act::End {
                alert: alert.id,
                ending,
            };
            (act, desk::severity(alert)?)
        }
        _ => return Ok(None),
    };
    Ok(Some(Step {
        customer: Some(candidate.customer_id),
        reason: subject.reason(),
        subject: "customer".to_owned(),
        measure: candidate.churn_probability,
        before: candidate.before,
        severity,
        act,
    }))
}

fn warning(subject: Subject, limits: &Limits) -> Warning {
    match subject {
        Subject::Level => Warning::ChurnLevel {
            level: limits.level.get(),
        },
        Subject::Rise { from } => Warning::ChurnRise {
            step: limits.rise.get(),
            from: from.get(),
        },
    }
}

fn reading(candidate: &Candidate) -> DbResult<Reading> {
    const WHAT: &str = "customer_risks.churn_probability";
    Ok(Reading {
        now: probability(WHAT, candidate.churn_probability)?,
        before: candidate
            .before
            .map(|before| probability(WHAT, before))
            .transpose()?,
        is_new: candidate.is_new,
        enough_evidence: evidence(candidate)? == Evidence::Enough,
        is_gone: candidate.is_gone,
    })
}

fn settled(row: &SettledRow, run: &Run) -> DbResult<Settled> {
    Ok(Settled {
        at: probability("alerts.measure", row.measure)?,
        lost: row.resolution == Settlement::Lost.word(),
        lowest_since: row
            .lowest
            .map(|lowest| probability("customer_risks.churn_probability", lowest))
            .transpose()?,
        up_to_date: row.as_of >= run.as_of,
    })
}

fn standing(alert: &OpenAlert, rises: &BTreeMap<AlertId, Facts>, run: &Run) -> DbResult<Standing> {
    let subject = match desk::reason(alert)? {
        AlertReason::ChurnRise => {
            let warning = rises.get(&alert.id).map(|facts| &facts.warning);
            let Some(&Warning::ChurnRise { from, .. }) = warning else {
                return Err(DbError::corrupt("alerts.facts", "a rise from nowhere"));
            };
            Subject::Rise {
                from: probability("alerts.facts", from)?,
            }
        }
        _ => Subject::Level,
    };
    Ok(Standing {
        subject,
        measure: probability("alerts.measure", alert.measure)?,
        severity: desk::severity(alert)?,
        state: desk::state(alert)?,
        mailed: alert
            .measure_mailed
            .map(|mailed| probability("alerts.measure_mailed", mailed))
            .transpose()?,
        by_this_run: alert.run_id == Some(run.id),
    })
}
