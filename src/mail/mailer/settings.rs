//! Where mail goes to and how the way there is protected.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use lettre::SmtpTransport;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::{DkimError, DkimSettings, MailAddress};

/// Everything needed to reach an SMTP server.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The server's name or IP address; its certificate must bear it.
    pub host: String,
    /// The server's port: usually 587 for STARTTLS, 465 for TLS, 25 for none.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Who we are to the server; `None` if it asks nobody.
    pub credentials: Option<Credentials>,
    /// How long connecting, and every answer of the server, may take; not zero.
    pub timeout: Duration,
    /// Who our mails come from.
    pub from: MailAddress,
    /// A PEM file of certificates to trust beside those of the system.
    pub extra_ca_file: Option<PathBuf>,
    /// The name we give the server in EHLO; `None` for the machine's own.
    pub hello_name: Option<String>,
    /// Connections kept open at most, 1 or more.
    pub connections: u32,
    /// How mails are signed; `None`: not at all.
    pub dkim: Option<DkimSettings>,
}

/// How a connection to the server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Starts in the clear and must change to TLS before anything is said.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// In the clear. Passwords are then sent to this machine itself only.
    None,
}

/// User name and password. The password is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    /// Takes both as the server expects them.
    pub fn new(user: String, password: String) -> Self {
        Self { user, password }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A name that is empty or holds characters that no host has.
    #[error("{0:?} is not a host name or IP address")]
    Host(String),
    /// A timeout of zero would mean to wait for ever.
    #[error("the timeout of mail must be longer than zero")]
    Timeout,
    /// A password without encryption.
    #[error("a password is not sent unencrypted to {0}: use STARTTLS or TLS")]
    PasswordInTheClear(String),
    /// The file of certificates cannot be read.
    #[error("cannot read the certificates in {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds no certificates, or others than PEM.
    #[error("no PEM certificates in {}: {cause}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// Nothing can be signed.
    #[error(transparent)]
    Dkim(#[from] DkimError),
    /// The TLS library refuses.
    #[error("cannot prepare TLS: {0}")]
    Tls(String),
}

impl MailSettings {
    /// The transport that these settings describe.
    pub(super) fn transport(&self) -> Result<SmtpTransport, SettingsError> {
        check_host(&self.host)?;
        if self.timeout.is_zero() {
            return Err(SettingsError::Timeout);
        }
        let mut builder = SmtpTransport::builder_dangerous(self.host.as_str())
            .port(self.port)
            .timeout(Some(self.timeout))
            .pool_config(PoolConfig::new().max_size(self.connections.max(1)))
            .tls(match self.security {
                Security::StartTls => Tls::Required(self.tls()?),
                Security::Tls => Tls::Wrapper(self.tls()?),
                Security::None => Tls::None,
            });
        if let Some(name) = &self.hello_name {
            check_host(name)?;
            builder = builder.hello_name(ClientId::Domain(name.clone()));
        }
        if let Some(Credentials { user, password }) = &self.credentials {
            if self.security == Security::None && !is_this_machine(&self.host) {
                return Err(SettingsError::PasswordInTheClear(self.host.clone()));
            }
            builder = builder.credentials(authentication::Credentials::new(
                user.clone(),
                password.clone(),
            ));
        }
        Ok(builder.build())
    }

    fn tls(&self) -> Result<TlsParameters, SettingsError> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(path) = &self.extra_ca_file {
            let unfit = |cause: &str| SettingsError::Certificates {
                path: path.clone(),
                cause: cause.to_owned(),
            };
            let pem = std::fs::read(path).map_err(|source| SettingsError::Unreadable {
                path: path.clone(),
                source,
            })?;
            // The library takes a file without any certificate for an empty list.
            let begin: &[u8] = b"-----BEGIN CERTIFICATE-----";
            if !pem.windows(begin.len()).any(|window| window == begin) {
                return Err(unfit("nothing begins with BEGIN CERTIFICATE"));
            }
            let certificates =
                Certificate::from_pem(&pem).map_err(|error| unfit(&error.to_string()))?;
            builder = builder.add_root_certificate(certificates);
        }
        builder
            .build()
            .map_err(|error| SettingsError::Tls(error.to_string()))
    }
}

/// Lets only names and addresses pass that can stand in a command.
fn check_host(host: &str) -> Result<(), SettingsError> {
    let fits = (1..=253).contains(&host.len())
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_:".contains(&b));
    if fits {
        Ok(())
    } else {
        Err(SettingsError::Host(host.chars().take(300).collect()))
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
