//! The desk that carries steps out: alerts, their history, and the letters that tell of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::json;

use super::figures::{View, value_unit};
use super::store::alerts::{About, AlertValues, EndedRow, OpenAlert};
use super::store::{self, Known, Run};
use super::{AlertError, Counts, RaiseSettings, Raised};
use crate::access::Teams;
use crate::alerts::facts::{Facts, ValueUnit, Warning};
use crate::alerts::letters::{Instance, Letters, Occasion};
use crate::alerts::model::{AlertDeed, AlertReason, AlertSeverity, AlertState, Ending, Settlement};
use crate::alerts::rules::watch::Ended;
use crate::alerts::store::{facts, fresh_nonce, history};
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::ids::{AlertId, CustomerId, RunId, UserId};
use crate::plays::{self, Effects};

/// Steps whose facts are gathered at once.
const CHUNK: usize = 500;

/// Who finds and tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An assessment run.
    Run(RunId),
    /// The check that needs no run.
    Check,
}

impl By {
    /// Its name in the history.
    fn actor(self) -> String {
        match self {
            Self::Run(run) => format!("run:{run}"),
            Self::Check => "check".to_owned(),
        }
    }

    /// The run, if it is one.
    pub fn run(self) -> Option<RunId> {
        match self {
            Self::Run(run) => Some(run),
            Self::Check => None,
        }
    }
}

/// Something to be done with an alert.
#[derive(Debug)]
pub struct Step {
    /// The customer; `None`: our own data.
    pub customer: Option<CustomerId>,
    /// The rule.
    pub reason: AlertReason,
    /// What of the customer it is about.
    pub subject: String,
    /// What the rule measures.
    pub measure: f64,
    /// What it measured before.
    pub before: Option<f64>,
    /// How urgent the alert is after it.
    pub severity: AlertSeverity,
    /// What is to be done.
    pub act: Act,
}

/// What is to be done.
#[derive(Debug)]
pub enum Act {
    /// A new alert.
    Open(Warning),
    /// An open alert takes new figures.
    Update {
        /// Which.
        alert: Handle,
        /// Whether it is written; otherwise it is only told, to people who did not know it.
        write: bool,
        /// Whether measure or severity are others than before.
        changed: bool,
        /// What was found.
        warning: Warning,
        /// Why it is told, if it is.
        tell: Option<AlertDeed>,
    },
    /// An open alert ends.
    End {
        /// Which.
        alert: AlertId,
        /// Why.
        ending: Ending,
    },
}

/// An open alert that is to be changed.
#[derive(Debug)]
pub struct Handle {
    pub(super) id: AlertId,
    pub(super) severity: AlertSeverity,
    state: AlertState,
    version: i64,
    nonce: String,
}

impl Handle {
    pub fn of(alert: &OpenAlert) -> DbResult<Self> {
        Ok(Self {
            id: alert.id,
            severity: severity(alert)?,
            state: state(alert)?,
            version: alert.version,
            nonce: alert.nonce.clone(),
        })
    }
}

/// Why an alert was opened.
pub fn reason(alert: &OpenAlert) -> DbResult<AlertReason> {
    AlertReason::parse(&alert.reason)
        .ok_or_else(|| DbError::corrupt("alerts.reason", &alert.reason))
}

/// Where it stands.
pub fn state(alert: &OpenAlert) -> DbResult<AlertState> {
    AlertState::parse(&alert.state).ok_or_else(|| DbError::corrupt("alerts.state", &alert.state))
}

/// How urgent it is.
pub fn severity(alert: &OpenAlert) -> DbResult<AlertSeverity> {
    AlertSeverity::parse(&alert.severity)
        .ok_or_else(|| DbError::corrupt("alerts.severity", &alert.severity))
}

/// Carries steps out for a run or a check.
#[derive(Debug)]
pub struct Desk<'a> {
    pub(super) settings: &'a RaiseSettings,
    /// The run that customers' risks are told from.
    pub(super) run: Option<Run>,
    pub(super) before: Option<Run>,
    pub(super) value_unit: Option<ValueUnit>,
    pub(super) course: Vec<(RunId, NaiveDate)>,
    pub(super) by: By,
    pub(super) now: UtcTime,
    letters: Letters<'a>,
    /// What plays came to; looked up with the first step.
    pub(super) effects: Option<Effects>,
    /// Of which alerts people have been told.
    pub(super) told: BTreeSet<AlertId>,
    /// What was done so far.
    pub raised: Raised,
}

/// What the steps of a chunk need.
struct Gathered {
    known: BTreeMap<i64, Known>,
    /// For each step that is told.
    facts: Vec<Option<Facts>>,
    /// The team of every customer named.
    teams: BTreeMap<i64, Option<i64>>,
    /// Who looks after the customers of alerts that open.
    owners: BTreeMap<i64, UserId>,
}

/// What is told of an alert, and why.
struct Telling<'a> {
    alert: AlertId,
    deed: AlertDeed,
    version: i64,
    nonce: &'a str,
}

impl<'a> Desk<'a> {
    /// Opens the desk; customers' risks are told from `run`, if there is one.
    pub fn open(
        conn: &mut Conn,
        settings: &'a RaiseSettings,
        (by, run): (By, Option<Run>),
        now: UtcTime,
    ) -> Result<Self, AlertError> {
        let (mut before, mut course) = (None, Vec::new());
        if let Some(run) = &run {
            before = store::run_before(conn, run)?;
            course = store::course_of_runs(conn, run)?;
        }
        let instance = Instance {
            public_url: &settings.public_url,
            zone: settings.zone,
            currency: settings.currency,
            currency_digits: settings.currency_digits,
        };
        Ok(Self {
            settings,
            value_unit: run.as_ref().map(value_unit).transpose()?,
            letters: Letters::new(conn, instance, now)?,
            effects: None,
            told: BTreeSet::new(),
            run,
            before,
            course,
            by,
            now,
            raised: Raised::default(),
        })
    }

    /// The run to compare with.
    pub fn before(&self) -> Option<&Run> {
        self.before.as_ref()
    }

    /// Today, in the zone of due dates.
    pub fn today(&self) -> NaiveDate {
        self.day(self.now)
    }

    /// The day of a time, in the zone of due dates.
    pub fn day(&self, time: UtcTime) -> NaiveDate {
        time.0.with_timezone(&self.settings.zone).date_naive()
    }

    /// An alert that ended, as the rules see it.
    pub fn ended(&self, row: &EndedRow) -> Ended {
        let by_person = Settlement::parse(&row.resolution);
        let told = row
            .measure_mailed
            .map_or(row.measure, |told| told.max(row.measure));
        Ended {
            at: if by_person.is_some() {
                row.measure
            } else {
                told
            },
            by_person: by_person.is_some(),
            lost: by_person == Some(Settlement::Lost),
            // One that was reopened by hand may have come back before it was resolved again.
            came_back: row
                .came_back_at
                .is_some_and(|back| Some(back) >= row.resolved_at),
            days: row
                .resolved_at
                .map_or(i64::MAX, |at| (self.now.0 - at.0).num_days()),
        }
    }

    /// Does everything, the most urgent first: people's mails of a month are numbered.
    pub fn carry_out(&mut self, conn: &mut Conn, mut steps: Vec<Step>) -> Result<(), AlertError> {
        if self.effects.is_none() && !steps.is_empty() {
            self.effects = Some(plays::effects(conn, self.today(), &Teams::All)?);
        }
        let values = match &self.run {
            Some(run) => store::values_at_risk(conn, run.id, &customers(&steps))?,
            None => BTreeMap::new(),
        };
        sort(&mut steps, &values);
        for chunk in steps.chunks(CHUNK) {
            let mut gathered = self.gather(conn, chunk)?;
            let facts = std::mem::take(&mut gathered.facts);
            for (step, facts) in chunk.iter().zip(facts) {
                self.act(conn, step, facts, &gathered)?;
            }
        }
        Ok(())
    }

    /// Ends alerts whatever they measure.
    pub fn end(
        &mut self,
        conn: &mut Conn,
        alerts: &[OpenAlert],
        ending: Ending,
    ) -> Result<(), AlertError> {
        for alert in alerts {
            let (reason, severity) = (reason(alert)?, severity(alert)?);
            // The run that wrote it last stays: this is no finding of the present one.
            store::alerts::end(conn, alert.id, ending, (alert.run_id, None), self.now)?;
            self.count(reason, |counts| counts.resolved += 1);
            let resolved = AlertState::Resolved;
            let mut change = self.change(alert.id, AlertDeed::Resolved, (resolved, severity));
            change.detail = Some(json!({"resolution": ending}));
            self.note(conn, change)?;
        }
        Ok(())
    }

    /// Names, teams and figures for all steps of a chunk, by a few queries.
    fn gather(&self, conn: &mut Conn, steps: &[Step]) -> Result<Gathered, AlertError> {
        let told = |step: &&Step| !matches!(step.act, Act::End { .. });
        let ids = customers(steps.iter().filter(told));
        let opened = |step: &&Step| matches!(step.act, Act::Open(_));
        let owners = store::owners(conn, &customers(steps.iter().filter(opened)))?;
        let view = View {
            known: store::known(conn, &ids)?,
            risks: match &self.run {
                Some(run) => store::risks_of(conn, run, self.before.as_ref(), &ids)?,
                None => BTreeMap::new(),
            },
            courses: store::courses(conn, &self.course, &ids)?,
            dues: dues(conn, steps)?,
        };
        let facts: Vec<Option<Facts>> = steps
            .iter()
            .map(|step| match &step.act {
                Act::Open(warning) | Act::Update { warning, .. } => {
                    self.facts(step, warning, &view).map(Some)
                }
                Act::End { .. } => Ok(None),
            })
            .collect::<Result<_, _>>()?;
        let mut partners: Vec<i64> = facts
            .iter()
            .flatten()
            .flat_map(Facts::partners_named)
            .collect();
        partners.sort_unstable();
        partners.dedup();
        let partners = store::known(conn, &partners)?;
        let teams = partners
            .iter()
            .map(|(id, one)| (*id, one.team_id))
            .collect();
        let names: BTreeMap<i64, String> = partners
            .into_iter()
            .map(|(id, one)| (id, one.name))
            .collect();
        Ok(Gathered {
            known: view.known,
            facts: facts
                .into_iter()
                .map(|facts| facts.map(|facts| facts.with_names(&names)))
                .collect(),
            teams,
            owners,
        })
    }

    fn act(
        &mut self,
        conn: &mut Conn,
        step: &Step,
        facts: Option<Facts>,
        gathered: &Gathered,
    ) -> Result<(), AlertError> {
        match (&step.act, facts) {
            (Act::Open(_), Some(facts)) => {
                let nonce = fresh_nonce()?;
                let owner = step.customer.and_then(|id| gathered.owners.get(&id.0));
                let id = self.insert(conn, step, &facts, (&nonce, owner.copied()))?;
                let telling = Telling {
                    alert: id,
                    deed: AlertDeed::Opened,
                    version: 1,
                    nonce: &nonce,
                };
                self.tell(conn, step, &telling, (&facts, gathered))
            }
            (
                Act::Update {
                    alert,
                    write,
                    changed,
                    tell,
                    ..
                },
                Some(facts),
            ) => {
                if *write {
                    self.update(conn, step, (alert, *changed, *tell), &facts)?;
                }
                let Some(deed) = *tell else {
                    return Ok(());
                };
                let telling = Telling {
                    alert: alert.id,
                    deed,
                    version: alert.version + i64::from(*write),
                    nonce: &alert.nonce,
                };
                self.tell(conn, step, &telling, (&facts, gathered))
            }
            (Act::End { alert, ending }, _) => {
                let figures = Some((step.measure, step.before));
                store::alerts::end(conn, *alert, *ending, (self.by.run(), figures), self.now)?;
                self.count(step.reason, |counts| counts.resolved += 1);
                let after = (AlertState::Resolved, step.severity);
                let mut change = self.change(*alert, AlertDeed::Resolved, after);
                change.measure = Some(step.measure);
                change.detail = Some(json!({"resolution": ending}));
                self.note(conn, change)
            }
            (Act::Open(_) | Act::Update { .. }, None) => Ok(()),
        }
    }

    fn insert(
        &mut self,
        conn: &mut Conn,
        step: &Step,
        facts: &Facts,
        (nonce, owner): (&str, Option<UserId>),
    ) -> Result<AlertId, AlertError> {
        let text = facts::written(facts)?;
        let about = About {
            customer: step.customer,
            reason: step.reason,
            subject: &step.subject,
            nonce,
            owner,
        };
        let id = store::alerts::insert(conn, &about, &self.values(step, &text), self.now)?;
        self.count(step.reason, |counts| counts.opened += 1);
        let mut change = self.change(id, AlertDeed::Opened, (AlertState::Open, step.severity));
        change.measure = Some(step.measure);
        change.detail = owner.map(|user| json!({"user_id": user}));
        self.note(conn, change)?;
        Ok(id)
    }

    fn update(
        &mut self,
        conn: &mut Conn,
        step: &Step,
        (alert, changed, tell): (&Handle, bool, Option<AlertDeed>),
        facts: &Facts,
    ) -> Result<(), AlertError> {
        let text = facts::written(facts)?;
        store::alerts::update(conn, alert.id, &self.values(step, &text), self.now)?;
        let worsened = tell == Some(AlertDeed::Worsened);
        let mut state = alert.state;
        if worsened && state != AlertState::Open {
            store::alerts::reopen(conn, alert.id)?;
            state = AlertState::Open;
        }
        self.count(step.reason, |counts| counts.updated += 1);
        let deed = match (worsened, changed) {
            (true, _) => AlertDeed::Worsened,
            (false, true) => AlertDeed::Updated,
            (false, false) => return Ok(()),
        };
        let mut change = self.change(alert.id, deed, (state, step.severity));
        change.measure = Some(step.measure);
        self.note(conn, change)
    }

    /// Tells everybody who looks after this customer.
    fn tell(
        &mut self,
        conn: &mut Conn,
        step: &Step,
        telling: &Telling<'_>,
        (facts, gathered): (&Facts, &Gathered),
    ) -> Result<(), AlertError> {
        let customer = step.customer;
        let known = customer.and_then(|customer| gathered.known.get(&customer.0));
        let occasion = Occasion {
            alert: telling.alert,
            customer,
            team: known.and_then(|known| known.team_id),
            reason: step.reason,
            severity: step.severity,
            deed: telling.deed,
            concerns: &[],
            measure: step.measure,
            run: self.by.run(),
            version: telling.version,
            nonce: telling.nonce,
            facts,
            teams: &gathered.teams,
        };
        self.send(conn, &occasion)
    }

    /// Has the letters written, and notes what was told.
    pub(super) fn send(
        &mut self,
        conn: &mut Conn,
        occasion: &Occasion<'_>,
    ) -> Result<(), AlertError> {
        let customer = occasion.customer;
        let reached = self
            .letters
            .tell(conn, occasion)
            .map_err(|cause| AlertError::Mail { customer, cause })?;
        if reached.anybody() {
            store::alerts::note_told(conn, occasion.alert, occasion.measure)?;
            self.told.insert(occasion.alert);
            self.raised.mails += reached.mails;
            self.raised.digests += reached.digests;
        }
        Ok(())
    }

    fn values<'b>(&self, step: &Step, facts: &'b str) -> AlertValues<'b> {
        AlertValues {
            severity: step.severity,
            run: self.by.run(),
            measure: step.measure,
            before: step.before,
            facts,
        }
    }

    fn count(&mut self, reason: AlertReason, add: impl Fn(&mut Counts)) {
        add(self.raised.by_reason.entry(reason).or_default());
        let mut total = Counts {
            opened: self.raised.opened,
            updated: self.raised.updated,
            resolved: self.raised.resolved,
        };
        add(&mut total);
        self.raised.opened = total.opened;
        self.raised.updated = total.updated;
        self.raised.resolved = total.resolved;
    }

    fn change(
        &self,
        alert: AlertId,
        deed: AlertDeed,
        (state, severity): (AlertState, AlertSeverity),
    ) -> history::Change<'static> {
        history::Change {
            alert,
            actor: "",
            deed,
            state,
            severity,
            measure: None,
            run: self.by.run(),
            detail: None,
        }
    }

    fn note(&self, conn: &mut Conn, change: history::Change<'_>) -> Result<(), AlertError> {
        let actor = self.by.actor();
        let change = history::Change {
            actor: &actor,
            ..change
        };
        Ok(history::note(conn, &change, self.now)?)
    }
}

/// The customers of steps, each once.
fn customers<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Vec<i64> {
    let customers = steps.into_iter().filter_map(|step| step.customer);
    let mut ids: Vec<i64> = customers.map(|customer| customer.0).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// By severity, then by value at risk; who is not in the run comes last.
fn sort(steps: &mut [Step], values: &BTreeMap<i64, f64>) {
    let value = |step: &Step| step.customer.and_then(|id| values.get(&id.0)).copied();
    steps.sort_by(|one, other| {
        let by_value = || {
            let of = |step| value(step).unwrap_or(f64::NEG_INFINITY);
            of(other).total_cmp(&of(one))
        };
        one.severity.cmp(&other.severity).then_with(by_value)
    });
}

/// By when the open alerts of these steps say that something is due.
fn dues(conn: &mut Conn, steps: &[Step]) -> DbResult<BTreeMap<AlertId, NaiveDate>> {
    let handles = steps.iter().filter_map(|step| match &step.act {
        Act::Update { alert, .. } => Some(alert.id),
        Act::Open(_) | Act::End { .. } => None,
    });
    facts::dues(conn, &handles.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use AlertSeverity::{High, Low, Medium};

    #[test]
    fn the_most_urgent_come_first_then_those_with_more_at_stake() {
        let step = |customer: Option<i64>, severity| Step {
            customer: customer.map(CustomerId),
            reason: AlertReason::ChurnLevel,
            subject: "customer".to_owned(),
            measure: 0.5,
            before: None,
            severity,
            act: Act::End {
                alert: AlertId(1),
                ending: Ending::Recovered,
            },
        };
        let mut steps = vec![
            step(Some(1), Low),
            step(None, Medium),
            step(Some(1), Medium),
            step(Some(2), Medium),
            step(Some(3), High),
            step(Some(4), High),
        ];
        sort(
            &mut steps,
            &BTreeMap::from([(1, 10.0), (2, 20.0), (4, 5.0)]),
        );
        let order: Vec<Option<i64>> = steps
            .iter()
            .map(|step| step.customer.map(|customer| customer.0))
            .collect();
        assert_eq!(order, [Some(4), Some(3), Some(2), Some(1), None, Some(1)]);
    }
}
