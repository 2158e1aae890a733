//! Raising alerts from a run, and telling people of them: one transaction.
//!
//! ```text
//! customer_risks ─> rules::decide ────────┐
//!                      (pure)             ├─> steps ─> alerts, history, letters
//! signals ────────> rules::watch::decide ─┘   (desk)
//! ```
//!
//! A run whose as-of date lies before that of another run that is done fills history in: it touches
//! no alert and sends no mail. A customer that is not in the run keeps its alerts as they are.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::letters::LetterError;
use super::message::{NotAPublicUrl, PublicUrl};
use super::model::{AlertReason, Ending};
use super::rules::Limits;
use super::settings::RuleBook;
use super::signals::{self, RunContext};
use crate::access::ticket::NoRandomness;
use crate::assessment::model::BusinessBasis;
use crate::assessment::store::told;
use crate::config::Config;
use crate::db::{Conn, DbError, DbResult, UtcTime};
use crate::i18n::format::{Currency, NotACurrency};
use crate::ids::{CustomerId, RunId};

mod churn;
mod desk;
mod figures;
mod next_step;
mod remind;
pub(super) mod store;
mod watched;

pub(super) use desk::{By, Desk};
pub(super) use watched::watch;

use store::Run;

/// What raising needs of the settings.
#[derive(Clone, Debug)]
pub struct RaiseSettings {
    /// What the operator configured about churn, where nobody set anything else.
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
            limits: Limits::of(config.alerts.level, config.alerts.step),
            public_url: config.public_url.parse()?,
            zone: config.time_zone,
            currency: config.currency.parse()?,
            currency_digits: config.currency_digits,
        })
    }
}

/// What was done to the alerts of one reason.
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
pub struct Counts {
    /// Alerts that are new.
    pub opened: u64,
    /// Open alerts that took new figures.
    pub updated: u64,
    /// Alerts that ended.
    pub resolved: u64,
}

/// What a run or a check did to alerts.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
pub struct Raised {
    /// Alerts that are new.
    pub opened: u64,
    /// Open alerts that took new figures.
    pub updated: u64,
    /// Alerts that ended.
    pub resolved: u64,
    /// Snoozed alerts whose time was over.
    pub woken: u64,
    /// Mails queued.
    pub mails: u64,
    /// People who are told by their next digest.
    pub digests: u64,
    /// Whether the run fills history in, and so left all alerts alone.
    pub history: bool,
    /// The same for each reason of which anything was done.
    pub by_reason: BTreeMap<AlertReason, Counts>,
}

impl Raised {
    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.opened += other.opened;
        self.updated += other.updated;
        self.resolved += other.resolved;
        self.woken += other.woken;
        self.mails += other.mails;
        self.digests += other.digests;
        self.history |= other.history;
        for (reason, counts) in other.by_reason {
            let own = self.by_reason.entry(reason).or_default();
            own.opened += counts.opened;
            own.updated += counts.updated;
            own.resolved += counts.resolved;
        }
        self
    }

    /// Writes it to the log, with the counts of each reason.
    pub fn log(&self, what: &str) {
        let by_reason: Vec<String> = self
            .by_reason
            .iter()
            .map(|(reason, counts)| {
                format!(
                    "{reason} +{} ~{} -{}",
                    counts.opened, counts.updated, counts.resolved
                )
            })
            .collect();
        let by_reason = by_reason.join(", ");
        tracing::info!(
            opened = self.opened,
            updated = self.updated,
            resolved = self.resolved,
            woken = self.woken,
            mails = self.mails,
            digests = self.digests,
            by_reason,
            "{what}: {self} ({by_reason})"
        );
    }

    /// Whether anything was done.
    pub fn anything(&self) -> bool {
        self.opened + self.updated + self.resolved + self.woken > 0
    }
}

impl std::fmt::Display for Raised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            opened,
            updated,
            resolved,
            woken,
            mails,
            digests,
            ..
        } = self;
        write!(
            f,
            "{opened} alerts opened, {updated} updated, {resolved} resolved, {woken} woken; \
             {mails} mails, {digests} to digests"
        )
    }
}

/// Why alerts could not be raised; the transaction is then to be rolled back.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// The database failed, or holds what makes no sense.
    #[error(transparent)]
    Db(#[from] DbError),
    /// There is no such run.
    #[error("there is no run {0}")]
    NoRun(RunId),
    /// The links of a mail cannot be made safe.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// A mail could not be written.
    #[error("the mail about {}: {cause}", match customer {
        Some(customer) => format!("customer {customer}"),
        None => "our own data".to_owned(),
    })]
    Mail {
        /// The customer.
        customer: Option<CustomerId>,
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

/// Opens, updates and ends alerts by what a run says, and tells people, in the caller's transaction.
/// The run may still be marked as running; doing it again changes nothing.
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
    if store::is_outdated(conn, &run)? {
        return Ok(Raised {
            history: true,
            ..Raised::default()
        });
    }
    let book = RuleBook::load(conn, settings.limits)?;
    let mut desk = Desk::open(conn, settings, (By::Run(run_id), Some(run.clone())), now)?;
    end_what_is_over(conn, &mut desk, &book)?;
    let mut steps = churn::steps(conn, &desk, &run, &book)?;
    let context = context(&run, desk.before(), settings.zone)?;
    let readings = signals::of_run(conn, &context)?;
    steps.extend(watch(conn, &desk, &book, readings)?);
    desk.carry_out(conn, steps)?;
    Ok(desk.raised)
}

/// Ends the alerts of customers that were deleted, and of rules that were switched off.
pub(super) fn end_what_is_over(
    conn: &mut Conn,
    desk: &mut Desk<'_>,
    book: &RuleBook,
) -> Result<(), AlertError> {
    let deleted = store::alerts::of_deleted(conn)?;
    desk.end(conn, &deleted, Ending::CustomerDeleted)?;
    if book.any_off() {
        let teams = store::teams_of_all(conn)?;
        let mut switched_off = Vec::new();
        for alert in store::alerts::open_alerts(conn, AlertReason::ALL)? {
            let reason = desk::reason(&alert)?;
            let team = alert.customer_id.and_then(|id| teams.get(&id.0).copied());
            if !book.rule(reason, team.flatten()).values.enabled {
                switched_off.push(alert);
            }
        }
        desk.end(conn, &switched_off, Ending::RuleOff)?;
    }
    Ok(())
}

/// A run as the readers of signals take it.
pub(super) fn context(run: &Run, before: Option<&Run>, zone: Tz) -> DbResult<RunContext> {
    let basis = run.business_basis.as_deref().unwrap_or_default();
    Ok(RunContext {
        run: run.id,
        as_of: run.as_of,
        horizon_weeks: figures::count("runs.horizon_weeks", run.horizon_weeks)?,
        window_days: figures::count("runs.window_days", run.window_days)?,
        business_basis: BusinessBasis::parse(basis)
            .ok_or_else(|| DbError::corrupt("runs.business_basis", basis))?,
        cascade_term: told(run.cascade_term.as_deref()),
        before: before.map(|run| (run.id, run.as_of)),
        zone,
    })
}
