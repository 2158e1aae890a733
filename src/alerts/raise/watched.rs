//! What readers of signals found, as steps.

use std::collections::{BTreeMap, BTreeSet};

use super::desk::{self, Act, By, Desk, Handle, Step};
use super::store;
use super::store::alerts::{EndedRow, OpenAlert};
use super::{AlertError, RuleBook};
use crate::alerts::model::{AlertReason, Ending};
use crate::alerts::rules::ROUNDING;
use crate::alerts::rules::watch::{Change, Sight, Standing, decide};
use crate::alerts::settings::Rule;
use crate::alerts::signals::{Data, Readings, Signal};
use crate::db::{Conn, DbError};
use crate::ids::{AlertId, CustomerId};

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
    /// Customers of subjects that are not told any more and that the run knows; a customer that is
    /// not in a run keeps its alerts.
    present: BTreeSet<i64>,
}

/// Opens, updates and ends the alerts of every reason that was read. Where a reader had no data, its
/// alerts stay as they are.
pub fn watch(
    conn: &mut Conn,
    desk: &mut Desk<'_>,
    book: &RuleBook,
    readings: &[Readings],
) -> Result<(), AlertError> {
    let there = |reading: &&Readings| reading.data == Data::There;
    let readings: Vec<&Readings> = readings.iter().filter(there).collect();
    if readings.is_empty() {
        return Ok(());
    }
    let known = Known::load(conn, desk, book, &readings)?;
    let (mut steps, mut back) = (Vec::new(), Vec::new());
    for reading in readings {
        known.rule(desk, reading, (&mut steps, &mut back))?;
    }
    store::alerts::note_back(conn, &back, desk.now)?;
    desk.carry_out(conn, &steps)
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
        readings: &[&Readings],
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
            present: BTreeSet::new(),
        };
        let opening = known.opening(readings);
        let ended = store::alerts::ended(conn, &reasons, &opening)?;
        known.ended = by_reason(ended.into_iter().map(ended_key))?;
        if let By::Run(run) = desk.by {
            let missing: Vec<i64> = known.unseen(readings).into_iter().collect();
            known.present = store::in_run(conn, run, &missing)?;
        }
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
    fn opening(&self, readings: &[&Readings]) -> Vec<Option<CustomerId>> {
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
    fn unseen(&self, readings: &[&Readings]) -> BTreeSet<i64> {
        let mut found = BTreeSet::new();
        for reading in readings {
            let seen = subjects(reading);
            for (customer, subject) in self.remembered(reading.reason) {
                if let Some(customer) = customer
                    && !seen.contains_key(&(Some(*customer), subject.as_str()))
                {
                    found.insert(customer.0);
                }
            }
        }
        found
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
                None if self.is_gone(desk, customer) => Sight::Gone,
                None => Sight::Unknown,
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

    /// Whether a subject that is not told any more is over, rather than out of sight.
    fn is_gone(&self, desk: &Desk<'_>, customer: Option<CustomerId>) -> bool {
        match (desk.by, customer) {
            (By::Run(_), Some(customer)) => self.present.contains(&customer.0),
            _ => true,
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
        ) if changed || tell.is_some() || desk.by != By::Check => {
            let act = Act::Update {
                alert: Handle::of(alert)?,
                changed,
                warning: signal.warning.clone(),
                tell,
            };
            (act, severity)
        }
        (Change::Resolve, _, Some(alert)) => {
            let act = Act::End {
                alert: alert.id,
                ending: Ending::Recovered,
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
