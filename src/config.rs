//! Settings: a file, the environment and flags, each weightier than the one before.
//!
//! This is the only reader of the environment. `.env.sample` documents every setting; a test keeps
//! the two in step.

mod alerts;
mod assessment;
mod error;
mod logging;
mod reader;
mod smtp;
mod sources;
mod surveys;
mod webhooks;

pub use alerts::AlertConfig;
pub use assessment::AssessmentConfig;
pub use error::ConfigError;
pub use logging::LogFormat;
pub use smtp::{DkimConfig, SmtpConfig, SmtpSecurity};
pub use surveys::SurveyConfig;
pub use webhooks::WebhookConfig;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use crate::db::Target;
use error::{invalid, variable};
use reader::Reader;
use sources::{read_file, refuse_unknown_variables};

/// Everything the operator can set.
#[derive(Clone, Debug)]
pub struct Config {
    /// `database_url`: `sqlite://PATH` or `postgres://…`. Default `sqlite://hawser.db`.
    pub database: Target,
    /// Whether `database_url` was left to its default.
    pub database_is_default: bool,
    /// `db_connections`: connections at most, 1 to 1000. Default 8.
    pub db_connections: u32,
    /// `bind`: address to listen on. Default `127.0.0.1:8080`.
    pub bind: SocketAddr,
    /// `public_url`: where people reach this instance; stands in mails. Default `http://BIND`.
    pub public_url: String,
    /// `workers`: threads that serve HTTP, 1 to 1024. Default: the number of cores.
    pub workers: usize,
    /// `time_zone`: IANA name of the zone that dates are in. Default `UTC`.
    pub time_zone: Tz,
    /// `currency`: ISO 4217 code of the reporting currency. Default `EUR`.
    pub currency: String,
    /// `currency_digits`: decimal places of its minor unit, 0 to 4. Default 2.
    pub currency_digits: u32,
    /// `log`: a tracing filter. Default `info`.
    pub log: String,
    /// `log_format`: `auto` (text on a terminal, JSON otherwise), `text` or `json`.
    pub log_format: LogFormat,
    /// `body_limit`: bytes of a request's body at most, imports aside. Default 16 MiB.
    pub body_limit: usize,
    /// `import_limit`: bytes of an uploaded import file at most. Default 4 GiB.
    pub import_limit: u64,
    /// `rate_limit`: requests per minute and key, 1 or more. Default 6000.
    pub rate_limit: u32,
    /// Settings of an assessment run.
    pub assessment: AssessmentConfig,
    /// Settings of alerts.
    pub alerts: AlertConfig,
    /// Settings of surveys.
    pub surveys: SurveyConfig,
    /// Settings of webhooks.
    pub webhooks: WebhookConfig,
    /// Where mails go; `None` while `smtp_host` is not set: mails then wait in the outbox.
    pub smtp: Option<SmtpConfig>,
    /// `bounce_mailbox`: a Maildir folder or an mbox file that mails which came back are looked for in.
    pub bounce_mailbox: Option<PathBuf>,
}

/// Every setting, as files name it; the environment writes `HAWSER_` in front, in capitals.
pub const KEYS: &[&str] = &[
    "database_url",
    "db_connections",
    "bind",
    "public_url",
    "workers",
    "time_zone",
    "currency",
    "currency_digits",
    "log",
    "log_format",
    "body_limit",
    "import_limit",
    "rate_limit",
    "horizon_weeks",
    "window_days",
    "business_basis",
    "save_effect",
    "alert_level",
    "alert_step",
    "survey_consent",
    "survey_quota_days",
    "webhook_allow_private",
    "webhook_timeout_seconds",
    "webhook_retention_days",
    "smtp_host",
    "smtp_port",
    "smtp_security",
    "smtp_user",
    "smtp_password",
    "smtp_from",
    "smtp_ca_file",
    "smtp_timeout_seconds",
    "smtp_connections",
    "smtp_rate_per_minute",
    "smtp_dkim_domain",
    "smtp_dkim_selector",
    "smtp_dkim_key_file",
    "bounce_mailbox",
];

/// The variable that names the settings file.
const FILE_VARIABLE: &str = "HAWSER_CONFIG";
/// The settings file that is read if it exists and no other is named.
const DEFAULT_FILE: &str = "hawser.toml";

impl Config {
    /// Reads the settings file, the environment, and `flags` (setting to value). `usual_log` is
    /// what is logged where nobody says.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that cannot be used.
    pub fn load(
        file: Option<&Path>,
        flags: &BTreeMap<&str, String>,
        usual_log: &str,
    ) -> Result<Self, ConfigError> {
        let named = file
            .map(Path::to_path_buf)
            .or_else(|| std::env::var_os(FILE_VARIABLE).map(PathBuf::from));
        let file = match named {
            Some(path) => read_file(&path)?,
            None if Path::new(DEFAULT_FILE).exists() => read_file(Path::new(DEFAULT_FILE))?,
            None => BTreeMap::new(),
        };
        refuse_unknown_variables(
            std::env::vars_os().filter_map(|(key, _)| key.into_string().ok()),
        )?;
        Self::from_lookup(|key| {
            flags
                .get(key)
                .cloned()
                .or_else(|| std::env::var(variable(key)).ok())
                .or_else(|| file.get(key).cloned())
                .or_else(|| (key == "log").then(|| usual_log.to_owned()))
        })
    }

    /// Reads settings through `lookup`, so that tests need not touch the environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first setting that cannot be used.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let read = Reader { lookup: &lookup };
        let url = read.text("database_url", "sqlite://hawser.db");
        let bind: SocketAddr = read.parsed(
            "bind",
            "127.0.0.1:8080",
            "expected an address and a port, such as 127.0.0.1:8080",
        )?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let public_url = read.text("public_url", &format!("http://{bind}"));
        Ok(Self {
            // The URL may hold a password and is not repeated.
            database: Target::parse(&url)
                .map_err(|error| invalid("database_url", "…", &error.to_string()))?,
            database_is_default: read.optional("database_url").is_none(),
            db_connections: read.within("db_connections", 8, 1, 1000)?,
            bind,
            public_url: web_address(&public_url)?,
            workers: read.within("workers", cores, 1, 1024)?,
            time_zone: read.parsed(
                "time_zone",
                "UTC",
                "expected an IANA time zone, such as Europe/Berlin",
            )?,
            currency: currency(read.text("currency", "EUR"))?,
            currency_digits: read.within("currency_digits", 2, 0, 4)?,
            log: logging::filter(read.text("log", "info"))?,
            log_format: logging::format(&read)?,
            body_limit: read.within("body_limit", 16 << 20, 1 << 10, 1 << 30)?,
            import_limit: read.within("import_limit", 4 << 30, 1 << 10, u64::MAX)?,
            rate_limit: read.within("rate_limit", 6000, 1, 1_000_000_000)?,
            assessment: assessment::read(&read)?,
            alerts: alerts::read(&read)?,
            surveys: surveys::read(&read)?,
            webhooks: webhooks::read(&read)?,
            smtp: smtp::read(&read)?,
            bounce_mailbox: read.optional("bounce_mailbox").map(PathBuf::from),
        })
    }
}

fn web_address(url: &str) -> Result<String, ConfigError> {
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains([' ', '"', '<', '>']) => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err(invalid(
            "public_url",
            url,
            "expected an address that begins with https:// or http://",
        )),
    }
}

fn currency(code: String) -> Result<String, ConfigError> {
    if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(code)
    } else {
        Err(invalid(
            "currency",
            &code,
            "expected an ISO 4217 code, such as EUR",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn config(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|key| {
            settings
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_wrong_setting_is_named_with_what_is_allowed() {
        let cases = [
            (
                "alert_level",
                "60",
                "HAWSER_ALERT_LEVEL=60: 60 is not a probability: expected a number between 0 and 1",
            ),
            (
                "bind",
                "here",
                "HAWSER_BIND=here: expected an address and a port, such as 127.0.0.1:8080",
            ),
            (
                "horizon_weeks",
                "0",
                "HAWSER_HORIZON_WEEKS=0: expected a whole number from 1 to 104",
            ),
            (
                "log_format",
                "xml",
                "HAWSER_LOG_FORMAT=xml: expected one of auto, text, json",
            ),
            (
                "survey_consent",
                "yes",
                "HAWSER_SURVEY_CONSENT=yes: expected one of implied, recorded",
            ),
            (
                "currency",
                "euro",
                "HAWSER_CURRENCY=euro: expected an ISO 4217 code, such as EUR",
            ),
            (
                "database_url",
                "mysql://u:secret@h/d",
                "HAWSER_DATABASE_URL=…: expected sqlite://PATH or postgres://USER@HOST/DATABASE",
            ),
            (
                "smtp_host",
                "mail.example",
                "HAWSER_SMTP_FROM is not set: smtp_host is set",
            ),
            (
                "time_zone",
                "Mars/Olympus",
                "HAWSER_TIME_ZONE=Mars/Olympus: expected an IANA time zone, such as Europe/Berlin",
            ),
        ];
        for (key, value, message) in cases {
            assert_eq!(config(&[(key, value)]).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let config = config(&[]).unwrap();
        assert_eq!(config.database, Target::Sqlite("hawser.db".into()));
        assert_eq!(config.public_url, "http://127.0.0.1:8080");
        assert!(config.smtp.is_none());
    }

    #[test]
    fn the_sample_file_documents_every_setting_and_no_other() {
        let sample =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.env.sample")).unwrap();
        let documented: Vec<String> = sample
            .lines()
            .filter_map(|line| line.trim_start_matches('#').strip_prefix("HAWSER_"))
            .filter_map(|line| line.split_once('=').map(|(key, _)| key.to_lowercase()))
            .collect();
        assert_eq!(documented, KEYS);
    }
}
