//! Raising alerts from a run, and writing the mails that carry them: one transaction.
//!
//! ```text
//! customer_risks ─> rules::decide ─> alerts ─> message::render ─> mails (the outbox)
//!                      (pure)                      (pure)
//! ```
//!
//! A run whose as-of date lies before that of another run that is done fills history in: it touches
//! no alert and sends no mail. A customer that is not in the run keeps its alerts as they are.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::facts::{Facts, ValueUnit, Warning};
use super::letters::{Instance, LetterError, Letters, Occasion};
use super::message::{NotAPublicUrl, PublicUrl};
use super::model::{AlertDeed, AlertReason, AlertSeverity, AlertState, Ending, Settlement};
use super::rules::{Change, Limits, Reading, Settled, Standing, Subject, decide, severity};
use crate::assessment::model::Evidence;
use crate::config::Config;
use crate::db::{Conn, DbError, UtcTime};
use crate::i18n::format::{Currency, NotACurrency};
use crate::ids::{AlertId, CustomerId, RunId};

mod figures;
mod store;

use figures::{evidence, probability, value_unit};
use store::{AlertValues, Candidate, OpenAlert, Run};

/// What raising needs of the settings.
#[derive(Clone, Debug)]
pub struct RaiseSettings {
    /// Level and step.
    pub limits: Limits,
    /// Where people reach this instance.
    pub public_url: PublicUrl,
    /// The zone that due dates are in.
    pub zone: Tz,
    /// The reporting currency.
    pub currency: Currency,
    /// Decimal places of the minor unit that values are stored in.
    pub currency_digits: u32,
}

/// A setting that mails cannot be written with.
#[derive(Debug, thiserror::Error)]
pub enum BadSetting {
    /// The public address.
    #[error("HAWSER_PUBLIC_URL: {0}")]
    PublicUrl(#[from] NotAPublicUrl),
    /// The currency.
    #[error("HAWSER_CURRENCY: {0}")]
    Currency(#[from] NotACurrency),
}

impl RaiseSettings {
    /// Takes what it needs.
    ///
    /// # Errors
    ///
    /// [`BadSetting`] names the setting that mails cannot be written with.
    pub fn of(config: &Config) -> Result<Self, BadSetting> {
        Ok(Self {
            limits: Limits {
                level: config.alerts.level,
                step: config.alerts.step,
            },
            public_url: config.public_url.parse()?,
            zone: config.time_zone,
            currency: config.currency.parse()?,
            currency_digits: config.currency_digits,
        })
    }
}

/// What a run did to alerts.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
pub struct Raised {
    /// Alerts that are new.
    pub opened: u64,
    /// Open alerts that took the run's numbers.
    pub updated: u64,
    /// Alerts that ended.
    pub resolved: u64,
    /// Mails queued.
    pub mails: u64,
    /// Whether the run fills history in, and so left all alerts alone.
    pub history: bool,
}

/// Why alerts could not be raised; the run's transaction is then to be rolled back.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// The database failed, or holds what makes no sense.
    #[error(transparent)]
    Db(#[from] DbError),
    /// There is no such run.
    #[error("there is no run {0}")]
    NoRun(RunId),
    /// A mail could not be written.
    #[error("the mail about customer {customer}: {cause}")]
    Mail {
        /// The customer.
        customer: CustomerId,
        /// Why.
        cause: LetterError,
    },
}

impl From<AlertError> for crate::error::Error {
    fn from(error: AlertError) -> Self {
        match error {
            AlertError::Db(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

/// Opens, updates and ends alerts by what a run says, and queues their mails, in the caller's
/// transaction. The run may still be marked as running; doing it again changes nothing.
///
/// # Errors
///
/// [`AlertError`]; the caller must then roll back.
pub fn raise(
    conn: &mut Conn,
    run_id: RunId,
    settings: &RaiseSettings,
    now: UtcTime,
) -> Result<Raised, AlertError> {
    store::lock(conn)?;
    let run = store::run(conn, run_id)?.ok_or(AlertError::NoRun(run_id))?;
    let mut raised = Raised::default();
    if store::is_outdated(conn, &run)? {
        raised.history = true;
        return Ok(raised);
    }
    raised.resolved += store::end_of_deleted(conn, now)? as u64;
    let before = store::run_before(conn, &run)?;
    let candidates = store::candidates(conn, &run, before.as_ref(), &settings.limits)?;
    let open = store::open_alerts(conn)?;
    let settled = store::settled(conn, &run)?;
    let mut raising = Raising {
        settings,
        value_unit: value_unit(&run)?,
        letters: Letters::new(
            conn,
            Instance {
                public_url: &settings.public_url,
                zone: settings.zone,
                currency: settings.currency,
            },
            now,
        )?,
        run,
        before,
        now,
        raised,
    };
    for candidate in &candidates {
        let customer = candidate.customer_id;
        let open = open.get(&customer).map_or(&[][..], Vec::as_slice);
        let settled = settled.get(&customer);
        raising.customer(conn, candidate, open, settled)?;
    }
    Ok(raising.raised)
}

/// A run on its way through the customers.
struct Raising<'a> {
    settings: &'a RaiseSettings,
    run: Run,
    before: Option<Run>,
    value_unit: ValueUnit,
    letters: Letters<'a>,
    now: UtcTime,
    raised: Raised,
}

impl Raising<'_> {
    fn customer(
        &mut self,
        conn: &mut Conn,
        candidate: &Candidate,
        open: &[OpenAlert],
        settled: Option<&store::SettledRow>,
    ) -> Result<(), AlertError> {
        let reading = reading(candidate)?;
        let standing: Vec<Standing> = open
            .iter()
            .map(|alert| standing(alert, self.run.id))
            .collect::<Result<_, _>>()?;
        let settled = settled.map(|row| self.settled(row)).transpose()?;
        let limits = self.settings.limits;
        for change in decide(&reading, &standing, settled.as_ref(), &limits) {
            let severity = severity(&reading, &limits);
            let of = |subject: Subject| {
                open.iter()
                    .find(|alert| alert.reason == subject.reason().word())
            };
            match change {
                Change::Open(subject) => self.open(conn, candidate, subject, severity)?,
                Change::Update { subject, mail } => {
                    if let Some(alert) = of(subject) {
                        self.update(conn, candidate, alert, (subject, severity, mail))?;
                    }
                }
                Change::Resolve { subject, ending } => {
                    if let Some(alert) = of(subject) {
                        self.resolve(conn, candidate, alert.id, ending)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn settled(&self, row: &store::SettledRow) -> Result<Settled, DbError> {
        Ok(Settled {
            at: probability("alerts.measure", row.measure)?,
            lost: row.resolution == Settlement::Lost.word(),
            lowest_since: row
                .lowest
                .map(|lowest| probability("customer_risks.churn_probability", lowest))
                .transpose()?,
            up_to_date: row.as_of >= self.run.as_of,
        })
    }

    fn open(
        &mut self,
        conn: &mut Conn,
        candidate: &Candidate,
        subject: Subject,
        severity: AlertSeverity,
    ) -> Result<(), AlertError> {
        let told = self.tell(conn, candidate, subject, severity)?;
        let text = written(&told.facts)?;
        let values = self.values(candidate, severity, &text);
        let reason = subject.reason();
        let id = store::insert(conn, candidate.customer_id, reason, &values, self.now)?;
        self.raised.opened += 1;
        self.mail(conn, candidate, (id, AlertDeed::Opened, 1), &told)
    }

    fn update(
        &mut self,
        conn: &mut Conn,
        candidate: &Candidate,
        alert: &OpenAlert,
        (subject, severity, mail): (Subject, AlertSeverity, bool),
    ) -> Result<(), AlertError> {
        let told = self.tell(conn, candidate, subject, severity)?;
        let text = written(&told.facts)?;
        let values = self.values(candidate, severity, &text);
        let state = match AlertState::parse(&alert.state) {
            Some(state) if !mail => state,
            Some(_) => AlertState::Open,
            None => return Err(DbError::corrupt("alerts.state", &alert.state).into()),
        };
        store::update(conn, alert.id, &values, state, self.now)?;
        self.raised.updated += 1;
        if mail {
            let changed = (alert.id, AlertDeed::Worsened, alert.version + 1);
            self.mail(conn, candidate, changed, &told)?;
        }
        Ok(())
    }

    fn resolve(
        &mut self,
        conn: &mut Conn,
        candidate: &Candidate,
        alert: AlertId,
        ending: Ending,
    ) -> Result<(), AlertError> {
        let numbers = (self.run.id, candidate.churn_probability, candidate.before);
        store::end(conn, alert, ending, numbers, self.now)?;
        self.raised.resolved += 1;
        Ok(())
    }

    /// Tells everybody who looks after this customer.
    fn mail(
        &mut self,
        conn: &mut Conn,
        candidate: &Candidate,
        (alert, deed, version): (AlertId, AlertDeed, i64),
        told: &Told,
    ) -> Result<(), AlertError> {
        let customer = candidate.customer_id;
        let occasion = Occasion {
            alert,
            customer: Some(customer),
            team: candidate.team_id,
            reason: told.reason,
            severity: told.severity,
            deed,
            measure: candidate.churn_probability,
            run: Some(self.run.id),
            version,
            nonce: "",
            facts: &told.facts,
            teams: &told.teams,
        };
        let reached = self
            .letters
            .tell(conn, &occasion)
            .map_err(|cause| AlertError::Mail { customer, cause })?;
        if reached.anybody() {
            store::note_mailed(conn, alert, candidate.churn_probability)?;
            self.raised.mails += reached.mails;
        }
        Ok(())
    }

    fn values<'b>(
        &self,
        candidate: &Candidate,
        severity: AlertSeverity,
        facts: &'b str,
    ) -> AlertValues<'b> {
        AlertValues {
            severity,
            run: self.run.id,
            measure: candidate.churn_probability,
            before: candidate.before,
            facts,
        }
    }
}

/// What is said of a customer.
struct Told {
    /// With all names.
    facts: Facts,
    /// The team of every partner named.
    teams: BTreeMap<i64, Option<i64>>,
    /// Why it is said.
    reason: AlertReason,
    /// How urgent it is.
    severity: AlertSeverity,
}

fn reading(candidate: &Candidate) -> Result<Reading, DbError> {
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

fn standing(alert: &OpenAlert, run: RunId) -> Result<Standing, DbError> {
    let subject = match AlertReason::parse(&alert.reason) {
        Some(AlertReason::ChurnLevel) => Subject::Level,
        Some(AlertReason::ChurnRise) => {
            let facts: Facts = serde_json::from_str(&alert.facts)
                .map_err(|error| DbError::corrupt("alerts.facts", error))?;
            let Warning::ChurnRise { from, .. } = facts.warning else {
                return Err(DbError::corrupt("alerts.facts", "a rise from nowhere"));
            };
            Subject::Rise {
                from: probability("alerts.facts", from)?,
            }
        }
        _ => return Err(DbError::corrupt("alerts.reason", &alert.reason)),
    };
    Ok(Standing {
        subject,
        mailed: alert
            .measure_mailed
            .map(|mailed| probability("alerts.measure_mailed", mailed))
            .transpose()?,
        by_this_run: alert.run_id == Some(run),
    })
}

fn written(facts: &Facts) -> Result<String, DbError> {
    serde_json::to_string(facts).map_err(|error| DbError::corrupt("alerts.facts", error))
}
