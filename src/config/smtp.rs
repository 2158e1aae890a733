//! Settings of mails and their signature.

use std::path::PathBuf;
use std::time::Duration;

use super::error::{ConfigError, missing};
use super::reader::Reader;

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

pub(super) fn read<F: Fn(&str) -> Option<String>>(
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

#[cfg(test)]
mod tests {
    use crate::config::tests::config;

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
}
