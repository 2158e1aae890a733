//! One request to one endpoint: the only place that speaks HTTP to the outside.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error as HttpError, Timeout};

use super::address::{self, is_public};
use crate::config::WebhookConfig;

/// Bytes of an answer that are read.
const READ: u64 = 4 << 10;
/// Characters of an answer that are kept.
const KEPT: usize = 500;
/// Connecting may take so long, if the whole request may.
const CONNECT: Duration = Duration::from_secs(10);

/// A request to be made.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Where it goes.
    pub url: &'a str,
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`: seconds since 1970.
    pub timestamp: i64,
    /// `webhook-signature`.
    pub signature: &'a str,
    /// `content-type`.
    pub content_type: &'static str,
    /// The body that was signed.
    pub body: &'a str,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub code: u16,
    /// `Retry-After`, if it was there.
    pub retry_after: Option<String>,
    /// The beginning of the body, in printable characters.
    pub text: String,
}

/// Why nothing came back, in words for the delivery log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoReply(pub String);

/// Makes requests. Redirects are not followed, proxies of the environment not used, addresses looked
/// up anew for every request and refused unless they are public or private ones are allowed.
#[derive(Clone, Debug)]
pub struct Sender {
    agent: Agent,
    allow_private: bool,
    timeout: Duration,
}

impl Sender {
    /// A sender with these settings; trusts the system's certificate authorities.
    pub fn new(settings: &WebhookConfig) -> Self {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(error.cause = %error, "A certificate authority cannot be read: {error}");
        }
        let trusted: Vec<Certificate<'static>> = found
            .certs
            .iter()
            .map(|certificate| Certificate::from_der(certificate).to_owned())
            .collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(trusted)))
            .build();
        let timeout = settings.timeout;
        let config = Config::builder()
            .http_status_as_error(false)
            .https_only(!settings.allow_private)
            .max_redirects(0)
            .proxy(None)
            .max_idle_connections(0)
            .user_agent(concat!("Hawser/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(timeout))
            .timeout_connect(Some(CONNECT.min(timeout)))
            .tls_config(tls)
            .build();
        let resolver = PublicOnly {
            inner: DefaultResolver::default(),
            allow_private: settings.allow_private,
        };
        Self {
            agent: Agent::with_parts(config, DefaultConnector::default(), resolver),
            allow_private: settings.allow_private,
            timeout,
        }
    }

    /// How long a request may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Posts.
    ///
    /// # Errors
    ///
    /// [`NoReply`] if the address is refused or no answer came.
    pub fn send(&self, request: &Request<'_>) -> Result<Reply, NoReply> {
        // The settings may have become stricter since the endpoint was made.
        let url = address::parse(request.url, self.allow_private)
            .map_err(|error| NoReply(error.to_string()))?;
        let mut response = self
            .agent
            .post(url.as_str())
            .header("content-type", request.content_type)
            .header("webhook-id", request.id)
            .header("webhook-timestamp", request.timestamp.to_string())
            .header("webhook-signature", request.signature)
            .send(request.body)
            .map_err(|error| NoReply(self.words(&error)))?;
        let mut bytes = Vec::new();
        // The status decides; a body that breaks off is kept as far as it came.
        let _ = response
            .body_mut()
            .as_reader()
            .take(READ)
            .read_to_end(&mut bytes);
        Ok(Reply {
            code: response.status().as_u16(),
            retry_after: response
                .headers()
                .get("retry-after")
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            text: printable(&bytes),
        })
    }

    fn words(&self, error: &HttpError) -> String {
        match error {
            HttpError::Timeout(Timeout::Connect) => "no connection in time".to_owned(),
            HttpError::Timeout(Timeout::Resolve) => "the name was not found in time".to_owned(),
            HttpError::Timeout(_) => {
                format!("no answer within {} s", self.timeout.as_secs_f64())
            }
            HttpError::HostNotFound => "the name is not known".to_owned(),
            HttpError::Other(cause) => cause.to_string(),
            other => printable(other.to_string().as_bytes()),
        }
    }
}

/// The text without what a database or a terminal stumbles over, cut to what is kept.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let shown = text.chars().map(|letter| match letter {
        '\n' | '\t' => letter,
        letter if letter.is_control() => ' ',
        letter => letter,
    });
    shown.take(KEPT).collect()
}

/// A name led to private addresses only.
#[derive(Debug, thiserror::Error)]
#[error("refused: {0} is no public address")]
struct Refused(String);

/// Looks names up and gives out public addresses only. The connection goes to the very address that
/// was looked at, so a name that changes its answer gains nothing.
#[derive(Debug)]
struct PublicOnly {
    inner: DefaultResolver,
    allow_private: bool,
}

impl Resolver for PublicOnly {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, HttpError> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if self.allow_private {
            return Ok(found);
        }
        let mut public = self.empty();
        for address in found.iter().filter(|address| is_public(address.ip())) {
            public.push(*address);
        }
        if public.is_empty() {
            let host = uri.host().unwrap_or_default().to_owned();
            return Err(HttpError::Other(Box::new(Refused(host))));
        }
        Ok(public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_home_is_refused_when_it_is_looked_up() {
        // The address itself passes the check of names: only looking it up tells.
        let resolver = PublicOnly {
            inner: DefaultResolver::default(),
            allow_private: false,
        };
        let agent = Agent::with_parts(
            Config::builder().proxy(None).build(),
            DefaultConnector::default(),
            resolver,
        );
        for host in ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f.1"] {
            let error = agent
                .post(format!("http://{host}:9/"))
                .send("")
                .unwrap_err();
            assert!(
                error.to_string().contains("no public address"),
                "{host}: {error}"
            );
        }
    }

    #[test]
    fn what_is_kept_of_an_answer_is_short_and_printable() {
        assert_eq!(printable(b"a\0b\x1b[2J\n\xff"), "a b [2J\n\u{fffd}");
        assert_eq!(printable(&[b'x'; 4096]).chars().count(), 500);
    }
}
