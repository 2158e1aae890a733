//! The way out: mail server, sender, and how long one mail may take.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use super::pace::{Pace, Place};
use crate::config::{SmtpConfig, SmtpSecurity};
use crate::db::{Db, DbResult};
use crate::mail::mailer::{
    Credentials, DkimError, DkimSettings, MailAddress, MailSettings, Mailer, NotAnAddress,
    Security, SettingsError, SmtpMailer,
};
use crate::state::Clock;

/// A conversation with the server has at most so many answers to wait for, each up to the timeout.
const ANSWERS: i32 = 12;
/// What a lease has beyond that.
const LEASE_RESERVE: TimeDelta = TimeDelta::seconds(60);

/// How mails leave the house: the way, the sender, and how long one may take.
#[derive(Clone, Debug)]
pub struct Post {
    pub(super) mailer: Mailer,
    pub(super) from: MailAddress,
    pub(super) pace: Arc<Pace>,
    pub(super) connections: u32,
    lease: TimeDelta,
}

/// A setting with which no mail can be sent.
#[derive(Debug, thiserror::Error)]
pub enum BadPost {
    /// The sender.
    #[error("HAWSER_SMTP_FROM: {0}; a name may stand in front: Hawser <hawser@firm.example>")]
    From(#[from] NotAnAddress),
    /// The server.
    #[error("{variable}: {cause}")]
    Server {
        /// The setting.
        variable: &'static str,
        /// What is wrong with it.
        cause: SettingsError,
    },
}

impl From<SettingsError> for BadPost {
    fn from(cause: SettingsError) -> Self {
        let variable = match &cause {
            SettingsError::Host(_) => "HAWSER_SMTP_HOST",
            SettingsError::Timeout => "HAWSER_SMTP_TIMEOUT_SECONDS",
            SettingsError::PasswordInTheClear(_) | SettingsError::Tls(_) => "HAWSER_SMTP_SECURITY",
            SettingsError::Unreadable { .. } | SettingsError::Certificates { .. } => {
                "HAWSER_SMTP_CA_FILE"
            }
            SettingsError::Dkim(cause) => match cause {
                DkimError::Domain(_) | DkimError::Foreign { .. } => "HAWSER_SMTP_DKIM_DOMAIN",
                DkimError::Selector(_) => "HAWSER_SMTP_DKIM_SELECTOR",
                DkimError::Unreadable { .. } | DkimError::Key { .. } => "HAWSER_SMTP_DKIM_KEY_FILE",
            },
        };
        Self::Server { variable, cause }
    }
}

impl Post {
    /// Mails from `from` through `mailer`, whose answers may take up to `timeout` each; one after the
    /// other, without a limit.
    pub fn new(mailer: Mailer, from: MailAddress, timeout: Duration) -> Self {
        let timeout = TimeDelta::from_std(timeout).unwrap_or(TimeDelta::hours(1));
        Self {
            mailer,
            from,
            pace: Arc::new(Pace::unlimited()),
            connections: 1,
            // Longer than any attempt can take, or two workers would send one mail.
            lease: timeout * ANSWERS + LEASE_RESERVE,
        }
    }

    /// The post that the settings describe; does not connect yet.
    ///
    /// # Errors
    ///
    /// [`BadPost`] names the setting.
    pub fn of(smtp: &SmtpConfig) -> Result<Self, BadPost> {
        let from: MailAddress = smtp.from.parse()?;
        let mailer = SmtpMailer::new(&MailSettings {
            host: smtp.host.clone(),
            port: smtp.port,
            security: match smtp.security {
                SmtpSecurity::StartTls => Security::StartTls,
                SmtpSecurity::Tls => Security::Tls,
                SmtpSecurity::None => Security::None,
            },
            credentials: smtp
                .credentials
                .clone()
                .map(|(user, password)| Credentials::new(user, password)),
            timeout: smtp.timeout,
            from: from.clone(),
            extra_ca_file: smtp.ca_file.clone(),
            hello_name: None,
            connections: smtp.connections,
            dkim: smtp.dkim.as_ref().map(|dkim| DkimSettings {
                domain: dkim.domain.clone(),
                selector: dkim.selector.clone(),
                key_file: dkim.key_file.clone(),
            }),
        })?;
        Ok(Self {
            pace: Arc::new(Pace::new(&smtp.host, smtp.port, smtp.rate_per_minute)),
            connections: smtp.connections,
            ..Self::new(Mailer::Smtp(mailer), from, smtp.timeout)
        })
    }

    /// Takes the next place at the mail server, which all instances on this database share.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn place(&self, db: &Db, clock: &Clock) -> DbResult<Place> {
        self.pace.take(db, clock)
    }

    /// How long a worker has a mail for itself.
    pub fn lease(&self) -> TimeDelta {
        self.lease
    }
}
