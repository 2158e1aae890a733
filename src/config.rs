//! Settings: a file, the environment and flags, each weightier than the one before.
//!
//! This is the only reader of the environment. `.env.sample` documents every setting; a test keeps
//! the two in step.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;

use crate::db::Target;
use crate::units::Probability;

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

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// Settings of an assessment run.
#[derive(Clone, Debug)]
pub struct AssessmentConfig {
    /// `horizon_weeks`: what is predicted, 1 to 104 weeks. Default 13, a quarter.
    pub horizon_weeks: u32,
    /// `window_days`: over which business is summed, 30 to 728 days. Default 365.
    pub window_days: u32,
    /// `business_basis`: `auto`, `revenue`, `weight` or `shipments`. Default `auto`: the first
    /// that links with at least 80 % of the shipments in the window have.
    pub business_basis: String,
    /// `save_effect`: by how much a retention play lowers own churn, in [0, 1]. Default 0.3.
    pub save_effect: Probability,
}

/// Settings of alerts.
#[derive(Clone, Debug)]
pub struct AlertConfig {
    /// `alert_level`: churn probability from which an account team is warned. Default 0.6.
    pub level: Probability,
    /// `alert_step`: rise between two runs that warns by itself. Default 0.15.
    pub step: Probability,
}

/// Settings of surveys.
#[derive(Clone, Copy, Debug)]
pub struct SurveyConfig {
    /// `survey_consent`: `implied` (default) asks whoever has not refused; `recorded` asks only
    /// those who have agreed.
    pub consent_recorded: bool,
    /// `survey_quota_days`: nobody is asked more often than once in so many days, over all
    /// surveys; 0 to 3650, 0: no limit. Default 90.
    pub quota_days: u32,
}

/// Settings of webhooks.
#[derive(Clone, Copy, Debug)]
pub struct WebhookConfig {
    /// `webhook_allow_private`: whether endpoints may be on private addresses and without TLS.
    /// Default false.
    pub allow_private: bool,
    /// `webhook_timeout_seconds`: how long a request may take, 1 to 30. Default 15.
    pub timeout: Duration,
    /// `webhook_retention_days`: how long events that are not waiting are kept, 1 to 3650. Default 90.
    pub retention_days: u32,
}

/// How mails are sent.
#[derive(Clone)]
pub struct SmtpConfig {
    /// `smtp_host`: name or address of the relay.
    pub host: String,
    /// `smtp_port`. Default 587, 465 for `tls`, 25 for `none`.
    pub port: u16,
    /// `smtp_security`: `starttls` (default), `tls` or `none`.
    pub security: SmtpSecurity,
    /// `smtp_user` and `smtp_password`: both or neither.
    pub credentials: Option<(String, String)>,
    /// `smtp_from`: address in From, such as `Hawser <hawser@firm.example>`.
    pub from: String,
    /// `smtp_ca_file`: PEM file of a certificate authority to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// `smtp_timeout_seconds`: 1 to 600. Default 30.
    pub timeout: Duration,
    /// `smtp_connections`: mails on their way to the relay at once, 1 to 32. Default 2.
    pub connections: u32,
    /// `smtp_rate_per_minute`: mails handed to the relay in a minute at most, evenly spread, by all
    /// instances on the database; 0 to 100000, 0: no limit. Default 600.
    pub rate_per_minute: u32,
    /// `smtp_dkim_domain`, `smtp_dkim_selector` and `smtp_dkim_key_file`: all three or none.
    pub dkim: Option<DkimConfig>,
}

/// How mails are signed.
#[derive(Clone, Debug)]
pub struct DkimConfig {
    /// `smtp_dkim_domain`: the domain that signs.
    pub domain: String,
    /// `smtp_dkim_selector`: names the key in DNS.
    pub selector: String,
    /// `smtp_dkim_key_file`: PEM file of the private key.
    pub key_file: PathBuf,
}

impl std::fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpConfig")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("credentials", &self.credentials.as_ref().map(|_| "(set)"))
            .finish_non_exhaustive()
    }
}

/// Whether and how the connection to the relay is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Plain at first, then TLS, never without.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Not at all.
    None,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value that is not allowed.
    #[error("{key}={value}: {expected}")]
    Value {
        /// The setting, as the environment names it.
        key: String,
        /// What was given; secrets are not repeated.
        value: String,
        /// What is allowed.
        expected: String,
    },
    /// A setting that needs another one.
    #[error("{key} is not set: {needed}")]
    Missing {
        /// The setting that lacks.
        key: String,
        /// Why it is needed.
        needed: &'static str,
    },
    /// A name that is no setting.
    #[error("{origin}: unknown setting {key}; did you mean {nearest}? (see .env.sample)")]
    Unknown {
        /// The file or the environment.
        origin: String,
        /// What was found.
        key: String,
        /// The setting whose name is most alike.
        nearest: &'static str,
    },
    /// The settings file cannot be read.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
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
            log: log_filter(read.text("log", "info"))?,
            log_format: read.word(
                "log_format",
                &[
                    ("auto", LogFormat::Auto),
                    ("text", LogFormat::Text),
                    ("json", LogFormat::Json),
                ],
            )?,
            body_limit: read.within("body_limit", 16 << 20, 1 << 10, 1 << 30)?,
            import_limit: read.within("import_limit", 4 << 30, 1 << 10, u64::MAX)?,
            rate_limit: read.within("rate_limit", 6000, 1, 1_000_000_000)?,
            assessment: assessment(&read)?,
            alerts: AlertConfig {
                level: read.probability("alert_level", 0.6)?,
                step: read.probability("alert_step", 0.15)?,
            },
            surveys: SurveyConfig {
                consent_recorded: read
                    .word("survey_consent", &[("implied", false), ("recorded", true)])?,
                quota_days: read.within("survey_quota_days", 90, 0, 3650)?,
            },
            webhooks: WebhookConfig {
                allow_private: read
                    .word("webhook_allow_private", &[("false", false), ("true", true)])?,
                timeout: Duration::from_secs(read.within("webhook_timeout_seconds", 15, 1, 30)?),
                retention_days: read.within("webhook_retention_days", 90, 1, 3650)?,
            },
            smtp: smtp(&read)?,
            bounce_mailbox: read.optional("bounce_mailbox").map(PathBuf::from),
        })
    }
}

fn assessment<F: Fn(&str) -> Option<String>>(
    read: &Reader<'_, F>,
) -> Result<AssessmentConfig, ConfigError> {
    let words = ["auto", "revenue", "weight", "shipments"].map(|word| (word, word));
    Ok(AssessmentConfig {
        horizon_weeks: read.within("horizon_weeks", 13, 1, 104)?,
        window_days: read.within("window_days", 365, 30, 728)?,
        business_basis: read.word("business_basis", &words)?.to_owned(),
        save_effect: read.probability("save_effect", 0.3)?,
    })
}

fn smtp<F: Fn(&str) -> Option<String>>(
    read: &Reader<'_, F>,
) -> Result<Option<SmtpConfig>, ConfigError> {
    let Some(host) = read.optional("smtp_host") else {
        return Ok(None);
    };
    let security = read.word(
        "smtp_security",
        &[
            ("starttls", SmtpSecurity::StartTls),
            ("tls", SmtpSecurity::Tls),
            ("none", SmtpSecurity::None),
        ],
    )?;
    let usual_port = match security {
        SmtpSecurity::StartTls => 587,
        SmtpSecurity::Tls => 465,
        SmtpSecurity::None => 25,
    };
    let credentials = match (read.optional("smtp_user"), read.optional("smtp_password")) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) => return Err(missing("smtp_password", "smtp_user is set")),
        (None, Some(_)) => return Err(missing("smtp_user", "smtp_password is set")),
    };
    Ok(Some(SmtpConfig {
        host,
        port: read.within("smtp_port", usual_port, 1, 65535)?,
        security,
        credentials,
        from: read
            .optional("smtp_from")
            .ok_or_else(|| missing("smtp_from", "smtp_host is set"))?,
        ca_file: read.optional("smtp_ca_file").map(PathBuf::from),
        timeout: Duration::from_secs(read.within("smtp_timeout_seconds", 30, 1, 600)?),
        connections: read.within("smtp_connections", 2, 1, 32)?,
        rate_per_minute: read.within("smtp_rate_per_minute", 600, 0, 100_000)?,
        dkim: dkim(read)?,
    }))
}

fn dkim<F: Fn(&str) -> Option<String>>(
    read: &Reader<'_, F>,
) -> Result<Option<DkimConfig>, ConfigError> {
    let keys = [
        "smtp_dkim_domain",
        "smtp_dkim_selector",
        "smtp_dkim_key_file",
    ];
    let [domain, selector, key_file] = keys.map(|key| read.optional(key));
    let lacks = |key| {
        missing(
            key,
            "the settings smtp_dkim_… are set together or not at all",
        )
    };
    match (domain, selector, key_file) {
        (None, None, None) => Ok(None),
        (Some(domain), Some(selector), Some(key_file)) => Ok(Some(DkimConfig {
            domain,
            selector,
            key_file: PathBuf::from(key_file),
        })),
        (None, ..) => Err(lacks("smtp_dkim_domain")),
        (_, None, _) => Err(lacks("smtp_dkim_selector")),
        (_, _, None) => Err(lacks("smtp_dkim_key_file")),
    }
}

/// Reads single settings; an empty value counts as not set.
struct Reader<'a, F> {
    lookup: &'a F,
}

impl<F: Fn(&str) -> Option<String>> Reader<'_, F> {
    fn optional(&self, key: &str) -> Option<String> {
        (self.lookup)(key).filter(|value| !value.is_empty())
    }

    fn text(&self, key: &str, default: &str) -> String {
        self.optional(key).unwrap_or_else(|| default.to_owned())
    }

    fn parsed<T: std::str::FromStr>(
        &self,
        key: &str,
        default: &str,
        expected: &str,
    ) -> Result<T, ConfigError> {
        let text = self.text(key, default);
        text.parse().map_err(|_| invalid(key, &text, expected))
    }

    fn within<T>(&self, key: &str, default: T, least: T, most: T) -> Result<T, ConfigError>
    where
        T: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
    {
        let Some(text) = self.optional(key) else {
            return Ok(default);
        };
        match text.parse::<T>() {
            Ok(value) if value >= least && value <= most => Ok(value),
            _ => Err(invalid(
                key,
                &text,
                &format!("expected a whole number from {least} to {most}"),
            )),
        }
    }

    fn probability(&self, key: &str, default: f64) -> Result<Probability, ConfigError> {
        let text = self.text(key, &default.to_string());
        text.parse::<f64>()
            .ok()
            .and_then(|value| Probability::new(value).ok())
            .ok_or_else(|| {
                let detail =
                    format!("{text} is not a probability: expected a number between 0 and 1");
                invalid(key, &text, &detail)
            })
    }

    /// One of several words; the first is the default.
    fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let text = self.optional(key);
        let found = match &text {
            None => words.first(),
            Some(text) => words.iter().find(|(word, _)| word == text),
        };
        found.map(|(_, value)| *value).ok_or_else(|| {
            let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            invalid(
                key,
                &text.unwrap_or_default(),
                &format!("expected one of {}", allowed.join(", ")),
            )
        })
    }
}

fn variable(key: &str) -> String {
    format!("HAWSER_{}", key.to_uppercase())
}

fn invalid(key: &str, value: &str, expected: &str) -> ConfigError {
    ConfigError::Value {
        key: variable(key),
        value: value.to_owned(),
        expected: expected.to_owned(),
    }
}

fn missing(key: &str, needed: &'static str) -> ConfigError {
    ConfigError::Missing {
        key: variable(key),
        needed,
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

fn log_filter(filter: String) -> Result<String, ConfigError> {
    match filter.parse::<tracing_subscriber::EnvFilter>() {
        Ok(_) => Ok(filter),
        Err(error) => Err(invalid(
            "log",
            &filter,
            &format!("expected a filter such as info: {error}"),
        )),
    }
}

fn read_file(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let wrong = |cause: String| ConfigError::File {
        path: path.display().to_string(),
        cause,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
    let mut settings = BTreeMap::new();
    for (key, value) in table {
        if !KEYS.contains(&key.as_str()) {
            return Err(unknown(path.display().to_string(), key));
        }
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Float(number) => number.to_string(),
            toml::Value::Boolean(word) => word.to_string(),
            _ => {
                return Err(wrong(format!(
                    "{key}: expected a text, a number, true or false"
                )));
            }
        };
        settings.insert(key, text);
    }
    Ok(settings)
}

/// A mistyped variable would otherwise be ignored in silence.
fn refuse_unknown_variables(names: impl Iterator<Item = String>) -> Result<(), ConfigError> {
    for name in names {
        let Some(key) = name.strip_prefix("HAWSER_") else {
            continue;
        };
        // Test and example variables are not settings.
        let other =
            name == FILE_VARIABLE || key.starts_with("TEST_") || key == "SHARED" || key == "KEY";
        let key = key.to_lowercase();
        if !other && !KEYS.contains(&key.as_str()) {
            return Err(unknown("environment".to_owned(), name));
        }
    }
    Ok(())
}

fn unknown(origin: String, key: String) -> ConfigError {
    let plain = key.trim_start_matches("HAWSER_").to_lowercase();
    let likeness = |known: &&&str| strsim::jaro_winkler(known, &plain);
    let nearest = KEYS
        .iter()
        .max_by(|left, right| likeness(left).total_cmp(&likeness(right)))
        .copied()
        .unwrap_or("database_url");
    ConfigError::Unknown {
        origin,
        key,
        nearest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
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
    fn a_part_of_the_signature_names_what_lacks() {
        let all = [
            ("smtp_host", "mail.example"),
            ("smtp_from", "a@b.example"),
            ("smtp_dkim_domain", "b.example"),
            ("smtp_dkim_selector", "s1"),
            ("smtp_dkim_key_file", "key.pem"),
        ];
        let smtp = config(&all).unwrap().smtp.unwrap();
        assert_eq!(smtp.dkim.unwrap().selector, "s1");
        assert_eq!((smtp.connections, smtp.rate_per_minute), (2, 600));
        for lacking in 2..5 {
            let mut some = all.to_vec();
            let (key, _) = some.remove(lacking);
            let error = config(&some).unwrap_err().to_string();
            let name = format!("HAWSER_{} is not set", key.to_uppercase());
            assert!(error.starts_with(&name), "{error}");
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
    fn a_mistyped_variable_is_refused_with_the_nearest_setting() {
        let error = refuse_unknown_variables(["HAWSER_DATABSE_URL".to_owned()].into_iter());
        assert_eq!(
            error.unwrap_err().to_string(),
            "environment: unknown setting HAWSER_DATABSE_URL; did you mean database_url? (see .env.sample)"
        );
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
