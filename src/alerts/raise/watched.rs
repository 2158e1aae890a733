//! What readers of signals found, as steps.

use std::collections::{BTreeMap, BTreeSet};

use super::desk::{self, Act, By, Desk, Handle, Step};
use super::store;
use super::store::alerts::{EndedRow, OpenAlert};
use super::{AlertError, RuleBook};
use crate::alerts::facts::Warning;
use crate::alerts::model::{AlertDeed, AlertReason, Ending};
use crate::alerts::rules::ROUNDING;
use crate::alerts::rules::watch::{Change, Sight, Standing, decide};
use crate::alerts::settings::Rule;
use crate::alerts::signals::department::since_fall;
use crate::alerts::signals::fate::{self, Fate};
use crate::alerts::signals::{Data, Readings, Signal};
use crate::db::{Conn, DbError};
use crate::ids::{AlertId, CustomerId, RunId};

/// What tells the subjects of a rule apart.
type Subject = (Option<CustomerId>, String);

/// What is known of the subjects of all rules at hand.
struct Known<'a> {
    book: &'a RuleBook,
    /// The team of every customer that stands.
    teams: BTreeMap<i64, Option<i64>>,
    open: BTreeMap<AlertReason, BTreeMap<Subject, OpenAlert>>,
    /// The newest that ended.
    ended: BTreeMap<AlertReason, BTreeMap<Subject, EndedRow>>,
    /// Settled by a person, and not back so far.
    settled: BTreeMap<AlertReason, BTreeMap<Subject, EndedRow>>,
    /// Customers of subjects that are not told any more and that the run knows, and whether they have
    /// left; a customer that is not in a run keeps its alerts of what runs alone know.
    present: BTreeMap<i64, bool>,
    /// What became of subjects that are not told any more and have a record.
    fates: BTreeMap<(AlertReason, String), Fate>,
}

/// What opens, changes and ends alerts of every reason that was read. Where a reader had no data, its
/// alerts stay as they are, unless no data means that all records were deleted.
pub fn watch(
    conn: &mut Conn,
    desk: &Desk<'_>,
    book: &RuleBook,
    mut readings: Vec<Readings>,
) -> Result<Vec<Step>, AlertError> {
    readings
        .retain(|reading| reading.data == Data::There || fate::is_about_records(reading.reason));
    if readings.is_empty() {
        return Ok(Vec::new());
    }
    if let By::Run(run) = desk.by {
        hold_falls(conn, run, &mut readings)?;
    }
    let known = Known::load(conn, desk, book, &readings)?;
    let (mut steps, mut back) = (Vec::new(), Vec::new());
    for reading in &readings {
        known.rule(desk, reading, (&mut steps, &mut back))?;
    }
    store::alerts::note_back(conn, &back, desk.now)?;
    Ok(steps)
}

/// Measures falls of satisfaction that are told already from what they fell from: their reader
/// compares with the run before, which knows the fall.
fn hold_falls(conn: &mut Conn, run: RunId, readings: &mut [Readings]) -> Result<(), AlertError> {
    const REASON: AlertReason = AlertReason::SatisfactionFall;
    let Some(reading) = readings.iter_mut().find(|one| one.reason == REASON) else {
        return Ok(());
    };
    let facts = store::alerts::open_facts(conn, REASON)?;
    let mut from = BTreeMap::new();
    for alert in store::alerts::open_alerts(conn, &[REASON])? {
        let (Some(customer), Some(facts)) = (alert.customer_id, facts.get(&alert.id)) else {
            continue;
        };
        if let Warning::SatisfactionFall {
            before,
            before_as_of,
            ..
        } = facts.warning
        {
            from.insert(customer, (before, before_as_of));
        }
    }
    let held = since_fall(conn, run, &from)?;
    let known: BTreeSet<_> = held.iter().map(|signal| signal.customer).collect();
    reading
        .signals
        .retain(|signal| !known.contains(&signal.customer));
    reading.signals.extend(held);
    Ok(())
}

fn by_reason<T>(
    rows: impl IntoIterator<Item = ((String, Subject), T)>,
) -> Result<BTreeMap<AlertReason, BTreeMap<Subject, T>>, DbError> {
    let mut found: BTreeMap<AlertReason, BTreeMap<Subject, T>> = BTreeMap::new();
    for ((word, subject), row) in rows {
        let reason =
            AlertReason::parse(&word).ok_or_else(|| DbError::corrupt("alerts.reason", &word))?;
        // Rows come in the order of their ids: the newest stays.
        found.entry(reason).or_default().insert(subject, row);
    }
    Ok(found)
}

fn ended_key(row: EndedRow) -> ((String, Subject), EndedRow) {
    let subject = (row.customer_id, row.subject.clone());
    ((row.reason.clone(), subject), row)
}

impl<'a> Known<'a> {
    fn load(
        conn: &mut Conn,
        desk: &Desk<'_>,
        book: &'a RuleBook,
        readings: &[Readings],
    ) -> Result<Self, AlertError> {
        let reasons: Vec<AlertReason> = readings.iter().map(|reading| reading.reason).collect();
        let open = store::alerts::open_alerts(conn, &reasons)?;
        let open = by_reason(open.into_iter().map(|alert| {
            let subject = (alert.customer_id, alert.subject.clone());
            ((alert.reason.clone(), subject), alert)
        }))?;
        let settled = store::alerts::settled_and_not_back(conn, &reasons)?;
        let mut known = Self {
            book,
            teams: store::teams_of_all(conn)?,
            open,
            ended: BTreeMap::new(),
            settled: by_reason(settled.into_iter().map(ended_key))?,
            present: BTreeMap::new(),
            fates: BTreeMap::new(),
        };
        let opening = known.opening(readings);
        let ended = store::alerts::ended(conn, &reasons, &opening)?;
        known.ended = by_reason(ended.into_iter().map(ended_key))?;
        if let By::Run(run) = desk.by {
            let missing: Vec<i64> = known.unseen(readings).into_iter().collect();
            known.present = store::in_run(conn, run, &missing)?;
        }
        let mut fates = BTreeMap::new();
        for reading in readings {
            let unseen = known.unseen_subjects(reading);
            let subjects: Vec<&str> = unseen.iter().map(|(_, subject)| subject.as_str()).collect();
            let found = fate::fates(conn, reading.reason, &subjects, desk.today())?;
            let keyed = found.into_iter();
            fates.extend(keyed.map(|(subject, fate)| ((reading.reason, subject.to_owned()), fate)));
        }
        known.fates = fates;
        Ok(known)
    }

    /// Whether a signal is about a customer that stands, or about our own data.
    fn stands(&self, customer: Option<CustomerId>) -> bool {
        customer.is_none_or(|customer| self.teams.contains_key(&customer.0))
    }

    fn rule_of(&self, reason: AlertReason, customer: Option<CustomerId>) -> Rule {
        let team = customer.and_then(|customer| self.teams.get(&customer.0).copied());
        self.book.rule(reason, team.flatten())
    }

    /// Whose alerts may open, each once.
    fn opening(&self, readings: &[Readings]) -> Vec<Option<CustomerId>> {
        let mut found = BTreeSet::new();
        for reading in readings {
            for signal in &reading.signals {
                let values = self.rule_of(reading.reason, signal.customer).values;
                if signal.measure >= values.level - ROUNDING {
                    found.insert(signal.customer);
                }
            }
        }
        found.into_iter().collect()
    }

    /// Customers with a subject that has an alert and is not told any more.
    fn unseen(&self, readings: &[Readings]) -> BTreeSet<i64> {
        readings
            .iter()
            .flat_map(|reading| self.unseen_subjects(reading))
            .filter_map(|(customer, _)| customer.map(|customer| customer.0))
            .collect()
    }

    /// Subjects with an alert that are not told any more.
    fn unseen_subjects(&self, reading: &Readings) -> Vec<&Subject> {
        let seen = subjects(reading);
        let mut remembered = self.remembered(reading.reason);
        remembered.retain(|(customer, subject)| !seen.contains_key(&(*customer, subject.as_str())));
        remembered.into_iter().collect()
    }

    /// Subjects with an alert that is open, or settled and not back.
    fn remembered(&self, reason: AlertReason) -> BTreeSet<&Subject> {
        let open = self.open.get(&reason).into_iter().flatten();
        let settled = self.settled.get(&reason).into_iter().flatten();
        open.map(|(subject, _)| subject)
            .chain(settled.map(|(subject, _)| subject))
            .collect()
    }

    /// The steps of one rule, and which settled alerts have come back.
    fn rule(
        &self,
        desk: &Desk<'_>,
        reading: &Readings,
        (steps, back): (&mut Vec<Step>, &mut Vec<AlertId>),
    ) -> Result<(), AlertError> {
        let mut seen = subjects(reading);
        for (customer, subject) in self.remembered(reading.reason) {
            seen.entry((*customer, subject.as_str())).or_insert(None);
        }
        for ((customer, subject), signal) in seen {
            let rule = self.rule_of(reading.reason, customer);
            if !rule.values.enabled || !self.stands(customer) {
                continue;
            }
            let key = (customer, subject.to_owned());
            let sight = match signal {
                Some(signal) => sight(signal)?,
                None => self.unseen_sight(desk, reading.reason, &key),
            };
            let open = self.open.get(&reading.reason).and_then(|all| all.get(&key));
            let (ended, settled) = (
                self.ended.get(&reading.reason),
                self.settled.get(&reading.reason),
            );
            let settled = settled.and_then(|all| all.get(&key));
            let ended = ended.and_then(|all| all.get(&key)).or(settled);
            let standing = open.map(|alert| standing(desk, alert)).transpose()?;
            let ended = ended.map(|row| desk.ended(row));
            let change = decide(sight, standing.as_ref(), ended.as_ref(), &rule.thresholds());
            if change == Change::CameBack {
                back.extend(settled.map(|row| row.id));
                continue;
            }
            let step = step(desk, (reading.reason, key), (change, signal), open)?;
            steps.extend(step);
        }
        Ok(())
    }

    /// What is seen of a subject that is not told any more: it is over, or out of sight.
    fn unseen_sight(
        &self,
        desk: &Desk<'_>,
        reason: AlertReason,
        (customer, subject): &Subject,
    ) -> Sight {
        let present = customer.and_then(|customer| self.present.get(&customer.0));
        let by_run = desk.by.run().is_some() && customer.is_some();
        if by_run && present.is_none() && !fate::is_beyond_runs(reason) {
            return Sight::Unknown;
        }
        match self.fates.get(&(reason, subject.clone())) {
            Some(Fate::Waits) => Sight::Unknown,
            Some(Fate::Ended(Ending::Over)) => Sight::Gone(Ending::Over),
            _ if present == Some(&true) => Sight::Gone(Ending::CustomerLeft),
            Some(Fate::Ended(ending)) => Sight::Gone(*ending),
            None => Sight::Gone(Ending::Recovered),
        }
    }
}

fn subjects(reading: &Readings) -> BTreeMap<(Option<CustomerId>, &str), Option<&Signal>> {
    let told = reading.signals.iter();
    told.map(|signal| ((signal.customer, signal.subject.as_str()), Some(signal)))
        .collect()
}

fn sight(signal: &Signal) -> Result<Sight, DbError> {
    if !signal.measure.is_finite() {
        return Err(DbError::corrupt("a rule's measure", signal.measure));
    }
    Ok(Sight::Measured {
        measure: signal.measure,
        certain: signal.certain,
    })
}

fn standing(desk: &Desk<'_>, alert: &OpenAlert) -> Result<Standing, DbError> {
    Ok(Standing {
        measure: alert.measure,
        told: alert.measure_mailed,
        severity: desk::severity(alert)?,
        state: desk::state(alert)?,
        already: match desk.by {
            By::Run(run) => alert.run_id == Some(run),
            By::Check => desk.day(alert.updated_at) == desk.today(),
        },
    })
}

/// The step that carries a change out. A check leaves an alert alone that did not change; a run
/// puts its figures in all the same.
fn step(
    desk: &Desk<'_>,
    (reason, (customer, subject)): (AlertReason, Subject),
    (change, signal): (Change, Option<&Signal>),
    open: Option<&OpenAlert>,
) -> Result<Option<Step>, AlertError> {
    let (act, severity) = match (change, signal, open) {
        (Change::Open(severity), Some(signal), _) => (Act::Open(signal.warning.clone()), severity),
        (
            Change::Update {
                severity,
                changed,
                tell,
            },
            Some(signal),
            Some(alert),
        ) => {
            let first_of_run = desk.by.run().is_some() && desk.by.run() != alert.run_id;
            let write = changed || first_of_run || tell == Some(AlertDeed::Worsened);
            if !write && tell.is_none() {
                return Ok(None);
            }
            let act = Act::Update {
                alert: Handle::of(alert)?,
                write,
                changed,
                warning: signal.warning.clone(),
                tell,
            };
            (act, severity)
        }
        (Change::Resolve(ending), _, Some(alert)) => {
            let act = Act::End {
                alert: alert.id,
                ending,
            };
            (act, desk::severity(alert)?)
        }
        _ => return Ok(None),
    };
    Ok(Some(Step {
        customer,
        reason,
        subject,
        measure: signal
            .map(|signal| signal.measure)
            .or(open.map(|alert| alert.measure))
            .unwrap_or_default(),
        before: open.map(|alert| alert.measure),
        severity,
        act,
    }))
}
